//! From the planes that were resampled to the planes an encoder takes: a
//! profile's colours to sRGB, transparency onto a background, RGB to YCbCr and
//! back, channels interleaved.

mod cicp;
mod conversion;
mod inks;
mod matrix;
mod profile;
mod range;
mod tags;

use crate::{
    budget::zeroed,
    decode::Source,
    error::Result,
    peak::Part,
    pixels::{Colour, Layout, Plane, PlaneShape, Rows},
    plan::{Plan, STRIP_ROWS},
    request::Background,
    stages::{Clock, Stage},
};
pub(crate) use conversion::Conversion;
pub(crate) use matrix::ToRgb;
pub use profile::Profile;
pub(crate) use profile::{check_memory, decide};
pub(crate) use range::Expand;
pub(crate) use tags::name;

/// Converts what a source yields, strip by strip. Strips begin at even rows.
pub(crate) struct Convert<S> {
    source: S,
    from: Colour,
    from_alpha: bool,
    to_rgb: ToRgb,
    to: Layout,
    conversion: Option<conversion::Rows>,
    background: Background,
    width: usize,
    /// Two rows of red, green, blue and alpha, or of four inks before that.
    pair: [[Vec<u8>; 4]; 2],
    strips: Vec<Vec<u8>>,
    rows: usize,
    clock: Clock,
}

/// Puts the stage that a plan needs around `rows`.
pub(crate) fn convert<'a>(
    rows: Box<dyn Source + 'a>,
    plan: &Plan,
    clock: &Clock,
) -> Result<Box<dyn Source + 'a>> {
    Ok(if is_needed(plan) {
        Box::new(Convert::new(rows, plan, clock)?)
    } else if expands(plan) {
        Box::new(Expand::new(rows, plan, clock)?)
    } else {
        rows
    })
}

/// Whether a plan needs [`Convert`]: its planes change.
fn is_needed(plan: &Plan) -> bool {
    let (from, to) = (&plan.resampled, &plan.encoded);
    plan.profile == Profile::Converted
        || from.colour != to.colour
        || from.ycc.matrix != to.ycc.matrix
        || from.alpha != to.alpha
        || from.planes.len() != to.planes.len()
}

/// Whether a plan needs [`Expand`]: its planes stay, and their levels do not.
fn expands(plan: &Plan) -> bool {
    plan.resampled.ycc.range != plan.encoded.ycc.range && !is_needed(plan)
}

impl<S: Source> Convert<S> {
    pub(crate) fn new(source: S, plan: &Plan, clock: &Clock) -> Result<Self> {
        let to = at_image_size(plan);
        let width = image(plan).width as usize;
        let row = || -> Result<[Vec<u8>; 4]> {
            Ok([
                zeroed(width)?,
                zeroed(width)?,
                zeroed(width)?,
                vec![255; width],
            ])
        };
        Ok(Self {
            source,
            from: plan.resampled.colour,
            from_alpha: plan.resampled.alpha,
            to_rgb: ToRgb::new(plan.resampled.ycc),
            conversion: match &plan.conversion {
                Some(conversion) => Some(conversion.rows(width)?),
                None => None,
            },
            background: plan.background,
            width,
            pair: [row()?, row()?],
            strips: to
                .planes
                .iter()
                .map(|shape| zeroed(strip_bytes(shape)))
                .collect::<Result<_>>()?,
            to,
            rows: 0,
            clock: clock.clone(),
        })
    }

    /// Reads row `y` of the source's strip as red, green, blue and alpha.
    fn load(&mut self, slot: usize, y: usize) {
        let rows = self.source.rows();
        let planes = rows.planes();
        let [red, green, blue, alpha] = &mut self.pair[slot];
        match self.from {
            Colour::Grey => {
                for channel in [&mut *red, green, blue] {
                    channel.copy_from_slice(planes[0].row(y));
                    self.to_rgb.expand(channel);
                }
            }
            Colour::Rgb => {
                for (channel, plane) in [&mut *red, green, blue].into_iter().zip(planes) {
                    channel.copy_from_slice(plane.row(y));
                }
            }
            Colour::Ycbcr => {
                let row = [planes[0].row(y), planes[1].row(y), planes[2].row(y)];
                self.to_rgb.convert(row, [red, green, blue]);
            }
            // No JPEG has transparency: the key ink takes its place.
            Colour::Cmyk => {
                for (channel, plane) in [&mut *red, green, blue, alpha].into_iter().zip(planes) {
                    channel.copy_from_slice(plane.row(y));
                }
            }
            Colour::Ycck => {
                let row = [planes[0].row(y), planes[1].row(y), planes[2].row(y)];
                self.to_rgb.convert(row, [red, green, blue]);
                // YCbCr is made of ink, where the key plane holds light.
                [&mut *red, green, blue]
                    .into_iter()
                    .for_each(|row| inks::invert(row));
                alpha.copy_from_slice(planes[3].row(y));
            }
        }
        match &mut self.conversion {
            Some(conversion) => conversion.convert([red, green, blue], alpha),
            None if self.from.is_of_inks() => inks::multiply([red, green, blue], alpha),
            None => {}
        }
        if self.from_alpha {
            alpha.copy_from_slice(planes[planes.len() - 1].row(y));
            if !self.to.alpha {
                let Background {
                    red: r,
                    green: g,
                    blue: b,
                } = self.background;
                for (channel, behind) in [(red, r), (green, g), (blue, b)] {
                    flatten(channel, alpha, behind);
                }
            }
        }
    }

    /// Writes the loaded rows as rows `y` and, if there are two, `y + 1`.
    fn store(&mut self, y: usize, count: usize) {
        let alpha = self.to.alpha;
        if self.to.planes.len() == 1 {
            for slot in 0..count {
                let channels = usize::from(self.to.planes[0].channels);
                let bytes = self.width * channels;
                let row = &mut self.strips[0][(y + slot) * bytes..][..bytes];
                interleave(&self.pair[slot], self.to.colour, alpha, row);
            }
            return;
        }
        for slot in 0..count {
            let row = (y + slot) * self.width..(y + slot + 1) * self.width;
            if alpha {
                let last = self.strips.len() - 1;
                self.strips[last][row.clone()].copy_from_slice(&self.pair[slot][3]);
            }
            if self.to.colour == Colour::Grey || self.from == Colour::Grey && !self.tints() {
                self.strips[0][row].copy_from_slice(&self.pair[slot][0]);
            } else {
                matrix::luma(&self.pair[slot], &mut self.strips[0][row]);
            }
        }
        if self.to.colour == Colour::Ycbcr {
            let [_, cb, cr, ..] = &mut self.strips[..] else {
                unreachable!("YCbCr has three planes")
            };
            if self.to.planes[1].y_step == 1.0 {
                for slot in 0..count {
                    let row = (y + slot) * self.width..(y + slot + 1) * self.width;
                    matrix::full_chroma(&self.pair[slot], &mut cb[row.clone()], &mut cr[row]);
                }
                return;
            }
            let half = self.width.div_ceil(2);
            let row = y / 2 * half..(y / 2 + 1) * half;
            let [first, second] = &self.pair;
            let below = if count == 2 { second } else { first };
            matrix::chroma(first, below, &mut cb[row.clone()], &mut cr[row]);
        }
    }

    /// Whether grey may have become coloured by what is behind it.
    fn tints(&self) -> bool {
        self.from_alpha && !self.to.alpha
    }
}

impl<S: Source> Source for Convert<S> {
    fn advance(&mut self) -> Result<bool> {
        let clock = self.clock.clone();
        let _timed = clock.enter(Stage::Colour);
        if !self.source.advance()? {
            return Ok(false);
        }
        self.rows = self.source.rows().planes()[0].height;
        for y in (0..self.rows).step_by(2) {
            let count = (self.rows - y).min(2);
            for slot in 0..count {
                self.load(slot, y + slot);
            }
            self.store(y, count);
        }
        Ok(true)
    }

    fn rows(&self) -> Rows<'_> {
        Rows::new(
            self.strips
                .iter()
                .zip(&self.to.planes)
                .map(|(strip, shape)| Plane {
                    data: strip,
                    stride: shape.row_bytes(),
                    row_bytes: shape.row_bytes(),
                    height: if shape.y_step > 1.0 {
                        self.rows.div_ceil(2)
                    } else {
                        self.rows
                    },
                }),
        )
    }
}

/// Lays a channel over an opaque colour: exact, rounded.
fn flatten(channel: &mut [u8], alpha: &[u8], behind: u8) {
    for (sample, &alpha) in channel.iter_mut().zip(alpha) {
        let alpha = u32::from(alpha);
        let sum = u32::from(*sample) * alpha + u32::from(behind) * (255 - alpha);
        #[expect(clippy::cast_possible_truncation, reason = "at most 255")]
        let byte = ((sum + 127) / 255) as u8;
        *sample = byte;
    }
}

fn interleave(
    [red, green, blue, alpha]: &[Vec<u8>; 4],
    colour: Colour,
    has_alpha: bool,
    row: &mut [u8],
) {
    let channels: &[&Vec<u8>] = match (colour, has_alpha) {
        (Colour::Grey, false) => &[red],
        (Colour::Grey, true) => &[red, alpha],
        (_, false) => &[red, green, blue],
        (_, true) => &[red, green, blue, alpha],
    };
    for (c, channel) in channels.iter().enumerate() {
        for (to, &from) in row[c..].iter_mut().step_by(channels.len()).zip(*channel) {
            *to = from;
        }
    }
}

/// Writes rows of red, green and blue as the channels of an encoder's colour model,
/// all at full size; grey is the first of them alone.
pub(crate) fn from_rgb(
    colour: Colour,
    rows: &[Vec<u8>; 4],
    [first, second, third]: [&mut [u8]; 3],
) {
    match colour {
        Colour::Rgb => {
            for (to, from) in [first, second, third].into_iter().zip(rows) {
                to.copy_from_slice(from);
            }
        }
        Colour::Grey => matrix::luma(rows, first),
        Colour::Ycbcr => {
            matrix::luma(rows, first);
            matrix::full_chroma(rows, second, third);
        }
        Colour::Cmyk | Colour::Ycck => unreachable!("no encoder takes it"),
    }
}

/// The value of a background in each channel of each plane of `layout`.
pub(crate) fn background(layout: &Layout, colour: Background) -> Vec<Vec<u8>> {
    let Background { red, green, blue } = colour;
    let rgb = [vec![red], vec![green], vec![blue], vec![255]];
    let mut channels = match layout.colour {
        Colour::Rgb => vec![red, green, blue],
        Colour::Grey | Colour::Ycbcr => {
            let (mut y, mut cb, mut cr) = ([0], [0], [0]);
            matrix::luma(&rgb, &mut y);
            matrix::chroma(&rgb, &rgb, &mut cb, &mut cr);
            if layout.colour == Colour::Grey {
                vec![y[0]]
            } else {
                vec![y[0], cb[0], cr[0]]
            }
        }
        Colour::Cmyk | Colour::Ycck => unreachable!("no encoder takes it"),
    };
    if layout.alpha {
        channels.push(255);
    }
    if layout.planes.len() == 1 {
        vec![channels]
    } else {
        channels.into_iter().map(|value| vec![value]).collect()
    }
}

/// The image's size on the canvas.
fn image(plan: &Plan) -> crate::pixels::Dimensions {
    plan.padding.map_or(plan.output, |padding| padding.image)
}

/// The encoder's layout at the size of the image without its padding.
fn at_image_size(plan: &Plan) -> Layout {
    let (size, to) = (image(plan), &plan.encoded);
    match to.planes.len() {
        1 => Layout::interleaved(to.colour, to.alpha, size),
        _ if to.planes[1].x_step > 1.0 => Layout::ycbcr420(to.alpha, size),
        _ => Layout::planar(to.colour, to.alpha, size),
    }
}

fn strip_bytes(shape: &PlaneShape) -> usize {
    let rows = if shape.y_step > 1.0 {
        STRIP_ROWS / 2
    } else {
        STRIP_ROWS
    };
    shape.row_bytes() * rows as usize
}

/// The memory of [`decide`], and of [`Convert::new`] if it is needed.
pub(crate) fn peak(plan: &Plan) -> Vec<Part> {
    let mut parts = Vec::from_iter(profile::peak(&plan.source, plan.conversion.as_ref()));
    if expands(plan) {
        parts.push(range::peak(plan));
    }
    if !is_needed(plan) {
        return parts;
    }
    let strips: usize = at_image_size(plan).planes.iter().map(strip_bytes).sum();
    let pair = image(plan).width as usize * 8;
    parts.push(Part::new("converted strip", (strips + pair) as u64));
    if let Some(conversion) = &plan.conversion {
        parts.extend(conversion.peak(image(plan).width));
    }
    parts
}
