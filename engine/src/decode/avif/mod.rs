//! AVIF by strips: the compressed items are read as the file streams past, each AV1
//! still is decoded in one call, and its rows are handed on with 8 bits.
//!
//! Without alpha the planes go on as they are coded, chroma at its own size. With
//! alpha they become red, green, blue and alpha pixel by pixel, because colours must
//! be weighed by alpha where they are resized; chroma is repeated for that.

mod aom;
mod gather;
mod narrow;

use std::sync::Arc;

use aom::{Frame, Samples};
use gather::Gathered;
use narrow::Narrow;

use super::Source;
use crate::{
    budget::zeroed,
    colour::ToRgb,
    cost::Nanoseconds,
    error::{Error, Result},
    header::{
        Coding, Header,
        avif::{AvifCoding, Model, Picture},
    },
    input::Input,
    peak::{self, Part},
    pixels::{Colour, Layout, Plane, Range, Rows, Ycc},
    stages::{Clock, Stage},
};

/// Rows handed on together.
pub(super) const STRIP_ROWS: u32 = 16;

/// Decodes an AVIF strip by strip.
pub(super) struct Decoder {
    coding: Arc<AvifCoding>,
    layout: Layout,
    bytes: Gathered,
    colour: Layer,
    alpha: Option<Layer>,
    /// How planes become red, green and blue, if they do.
    to_rgb: Option<ToRgb>,
    /// Expands alpha of limited range.
    to_alpha: ToRgb,
    /// A row of each channel, if channels are interleaved.
    channels: [Vec<u8>; 4],
    strips: Vec<Vec<u8>>,
    /// Image rows that were handed on, and those in the present strip.
    top: u32,
    rows: u32,
    height: u32,
    clock: Clock,
}

impl Decoder {
    pub(super) fn new(header: &Header, mut input: Input<'_>, clock: &Clock) -> Result<Self> {
        input.set_clock(clock.clone());
        let Coding::Avif(coding) = &header.coding else {
            return Err(Error::Unsupported("it is not an AVIF"));
        };
        let bytes = Gathered::read(input, coding)?;
        let layout = super::layout(header, &[]);
        let size = header.dimensions;
        let strip = STRIP_ROWS.min(size.height);
        let is_interleaved = coding.alpha.is_some();
        let width = if is_interleaved {
            size.width as usize
        } else {
            0
        };
        Ok(Self {
            strips: layout
                .planes
                .iter()
                .map(|shape| zeroed(shape.row_bytes() * rows_of(shape.y_step, strip) as usize))
                .collect::<Result<_>>()?,
            layout,
            bytes,
            colour: Layer::new(&coding.colour, coding.range)?,
            alpha: match &coding.alpha {
                Some(alpha) => Some(Layer::new(alpha, alpha_range(alpha))?),
                None => None,
            },
            to_rgb: match coding.model {
                Model::Ycc(ycc) if is_interleaved => Some(ToRgb::new(ycc)),
                _ => None,
            },
            to_alpha: ToRgb::new(Ycc {
                range: coding.alpha.as_ref().map_or(Range::Full, alpha_range),
                ..Ycc::default()
            }),
            channels: [
                zeroed(width)?,
                zeroed(width)?,
                zeroed(width)?,
                zeroed(width)?,
            ],
            coding: coding.clone(),
            top: 0,
            rows: 0,
            height: size.height,
            clock: clock.clone(),
        })
    }

    /// Fills the strip with planes as they are.
    fn fill_planes(&mut self) {
        let (left, top) = self.coding.crop;
        let order = plane_order(self.coding.model);
        for (i, (strip, shape)) in self.strips.iter_mut().zip(&self.layout.planes).enumerate() {
            let (across, down) = self.colour.steps(order[i]);
            let first = (top + self.top) / down;
            let rows = strip.chunks_exact_mut(shape.row_bytes());
            for (y, row) in rows
                .take(rows_of(shape.y_step, self.rows) as usize)
                .enumerate()
            {
                let y = first as usize + y;
                self.colour.copy(order[i], (left / across) as usize, y, row);
            }
        }
    }

    /// Fills the strip with red, green, blue (or grey) and alpha.
    fn fill_pixels(&mut self) {
        let (left, top) = self.coding.crop;
        let is_grey = self.layout.colour == Colour::Grey;
        let row_bytes = self.layout.planes[0].row_bytes();
        let order = plane_order(self.coding.model);
        let (across, down) = self.colour.steps(1);
        for y in 0..self.rows {
            let from = top + self.top + y;
            let [first, second, third, alpha] = &mut self.channels;
            let colours = if is_grey { 1 } else { 3 };
            for (i, channel) in [&mut *first, second, third]
                .into_iter()
                .take(colours)
                .enumerate()
            {
                if i == 0 || (across, down) == (1, 1) {
                    self.colour
                        .copy(order[i], left as usize, from as usize, channel);
                } else {
                    let half = channel.len().div_ceil(across as usize);
                    let (x, y) = ((left / across) as usize, (from / down) as usize);
                    self.colour.copy(order[i], x, y, &mut channel[..half]);
                    repeat(channel, across as usize);
                }
            }
            if let Some(layer) = &mut self.alpha {
                layer.copy(0, left as usize, from as usize, alpha);
                self.to_alpha.expand(alpha);
            }
            let row = &mut self.strips[0][y as usize * row_bytes..][..row_bytes];
            match &self.to_rgb {
                Some(to_rgb) if is_grey => to_rgb.expand(first),
                Some(to_rgb) => to_rgb.convert_in_place([first, second, third]),
                None => {}
            }
            let channels: &[&[u8]] = if is_grey {
                &[first, alpha]
            } else {
                &[first, second, third, alpha]
            };
            interleave(channels, row, self.coding.is_premultiplied);
        }
    }
}

impl Source for Decoder {
    fn advance(&mut self) -> Result<bool> {
        let clock = self.clock.clone();
        let _timed = clock.enter(Stage::Decode);
        self.top += self.rows;
        let left = self.height - self.top;
        let y = self.coding.crop.1 + self.top;
        self.rows = STRIP_ROWS.min(left);
        if left == 0 {
            return Ok(false);
        }
        let mut end = self.colour.reach(&self.coding.colour, y, &self.bytes)?;
        if let (Some(layer), Some(picture)) = (&mut self.alpha, &self.coding.alpha) {
            end = end.min(layer.reach(picture, y, &self.bytes)?);
        }
        if end >= self.coding.crop.1 + self.height {
            // Every stream has been decoded.
            self.bytes.clear();
        }
        self.rows = self.rows.min(end - y);
        if self.alpha.is_some() {
            self.fill_pixels();
        } else {
            self.fill_planes();
        }
        Ok(true)
    }

    fn rows(&self) -> Rows<'_> {
        let planes = self.strips.iter().zip(&self.layout.planes);
        Rows::new(planes.map(|(strip, shape)| Plane {
            data: strip,
            stride: shape.row_bytes(),
            row_bytes: shape.row_bytes(),
            height: rows_of(shape.y_step, self.rows) as usize,
        }))
    }
}

/// Rows of a plane in a strip of so many image rows; the last may be cut.
fn rows_of(y_step: f64, rows: u32) -> u32 {
    if y_step > 1.0 { rows.div_ceil(2) } else { rows }
}

/// Which plane of AV1 each plane handed on is: red, green, blue are coded as green,
/// blue, red.
fn plane_order(model: Model) -> [usize; 3] {
    match model {
        Model::Ycc(_) => [0, 1, 2],
        Model::Gbr => [2, 0, 1],
    }
}

/// AV1 Image File Format 4.1 asks for full range; early writers had the other.
fn alpha_range(alpha: &Picture) -> Range {
    if alpha.sequence.is_full_range {
        Range::Full
    } else {
        Range::Limited
    }
}

/// Spreads the first samples of a row so that each stands `times` times.
fn repeat(row: &mut [u8], times: usize) {
    for x in (0..row.len()).rev() {
        row[x] = row[x / times];
    }
}

/// Interleaves channels, the last of them alpha; colours that were multiplied by
/// it are divided again.
fn interleave(channels: &[&[u8]], row: &mut [u8], is_premultiplied: bool) {
    let count = channels.len();
    for (x, pixel) in row.chunks_exact_mut(count).enumerate() {
        for (sample, channel) in pixel.iter_mut().zip(channels) {
            *sample = channel[x];
        }
        if is_premultiplied && let [colours @ .., alpha] = pixel {
            let alpha = u32::from(*alpha);
            for colour in colours {
                let full = (u32::from(*colour) * 255 + alpha / 2).checked_div(alpha);
                *colour = u8::try_from(full.unwrap_or(0)).unwrap_or(255);
            }
        }
    }
}

/// The rows of one picture: a single frame as it lies in the decoder, or a row of
/// tiles put together.
struct Layer {
    narrow: Narrow,
    held: Held,
    /// First image row that is held, and the first after it.
    span: (u32, u32),
    steps: (u32, u32),
}

enum Held {
    Nothing,
    Frame(Frame),
    /// Planes of 8 bits, as wide as the tiles are together.
    Band(Vec<(Vec<u8>, usize)>),
}

impl Layer {
    fn new(picture: &Picture, range: Range) -> Result<Self> {
        let (across, down) = picture.sequence.chroma.unwrap_or((1, 1));
        Ok(Self {
            narrow: Narrow::new(picture.sequence.depth, range)?,
            held: Held::Nothing,
            span: (0, 0),
            steps: (across.into(), down.into()),
        })
    }

    /// Image pixels that a sample of a plane spans, across and down.
    fn steps(&self, plane: usize) -> (u32, u32) {
        if plane == 0 { (1, 1) } else { self.steps }
    }

    /// Decodes until image row `y` is held; returns the first row that is not.
    fn reach(&mut self, picture: &Picture, y: u32, bytes: &Gathered) -> Result<u32> {
        if (self.span.0..self.span.1).contains(&y) {
            return Ok(self.span.1);
        }
        let band = y / picture.tile.height;
        let top = band * picture.tile.height;
        self.span = (top, (top + picture.tile.height).min(picture.size.height));
        let columns = usize::from(picture.columns);
        let tiles = &picture.tiles[band as usize * columns..][..columns];
        if picture.tiles.len() == 1 {
            let stream = bytes.item(&tiles[0])?;
            let frame = Frame::decode(&stream, &picture.sequence, tiles[0][0].offset)?;
            self.held = Held::Frame(frame);
            return Ok(self.span.1);
        }
        let mut planes = match std::mem::replace(&mut self.held, Held::Nothing) {
            Held::Band(planes) => planes,
            _ => band_planes(picture)
                .map(|(stride, rows)| Ok((zeroed(stride * rows)?, stride)))
                .collect::<Result<_>>()?,
        };
        for (column, tile) in tiles.iter().enumerate() {
            let stream = bytes.item(tile)?;
            let frame = Frame::decode(&stream, &picture.sequence, tile[0].offset)?;
            for (i, (plane, stride)) in planes.iter_mut().enumerate() {
                let width = *stride / columns;
                for (y, row) in plane.chunks_exact_mut(*stride).enumerate() {
                    let row = &mut row[column * width..][..width];
                    self.narrow.row(i, frame.row(i, y), 0, row);
                }
            }
        }
        self.held = Held::Band(planes);
        Ok(self.span.1)
    }

    /// Copies a row of a plane from sample `x` on, as 8 bits; `y` counts from the
    /// picture's first row of that plane.
    fn copy(&self, plane: usize, x: usize, y: usize, row: &mut [u8]) {
        let (_, down) = self.steps(plane);
        let y = y - (self.span.0 / down) as usize;
        match &self.held {
            Held::Nothing => unreachable!("rows are reached before they are copied"),
            Held::Frame(frame) => self.narrow.row(plane, frame.row(plane, y), x, row),
            Held::Band(planes) => {
                let (plane, stride) = &planes[plane];
                row.copy_from_slice(&plane[y * stride + x..][..row.len()]);
            }
        }
    }
}

/// The stride and the rows of each plane of a row of tiles.
fn band_planes(picture: &Picture) -> impl Iterator<Item = (usize, usize)> {
    let (across, down) = picture.sequence.chroma.unwrap_or((1, 1));
    let count = if picture.sequence.chroma.is_some() {
        3
    } else {
        1
    };
    let (tile, columns) = (picture.tile, usize::from(picture.columns));
    (0..count).map(move |plane| {
        let (across, down) = if plane == 0 {
            (1, 1)
        } else {
            (across.into(), down.into())
        };
        let width = tile.width.div_ceil(across) as usize;
        (width * columns, tile.height.div_ceil(down) as usize)
    })
}

/// The memory of [`Decoder`].
pub(super) fn peak(header: &Header, coding: &AvifCoding) -> Vec<Part> {
    let layout = super::layout(header, &[]);
    let strip = STRIP_ROWS.min(header.dimensions.height);
    let strips: u64 = layout
        .planes
        .iter()
        .map(|shape| shape.row_bytes() as u64 * u64::from(rows_of(shape.y_step, strip)))
        .sum();
    let channels = if coding.alpha.is_some() {
        4 * u64::from(header.dimensions.width)
    } else {
        0
    };
    let pictures = [Some(&coding.colour), coding.alpha.as_ref()];
    let pictures = || pictures.into_iter().flatten();
    // Frames stay until the image is done; tiles are let go one by one.
    let frames: u64 = pictures()
        .filter(|picture| picture.tiles.len() == 1)
        .map(|picture| aom::peak_bytes(&picture.sequence))
        .sum();
    let tiles = pictures()
        .filter(|picture| picture.tiles.len() > 1)
        .map(|picture| aom::peak_bytes(&picture.sequence))
        .fold(0, u64::max);
    let bands: usize = pictures()
        .filter(|picture| picture.tiles.len() > 1)
        .flat_map(band_planes)
        .map(|(stride, rows)| stride * rows)
        .sum();
    let tables: u64 = pictures()
        .map(|picture| narrow::table_bytes(picture.sequence.depth))
        .sum();
    vec![
        // Held twice while it grows.
        Part::new("peeked header", 2 * header.head_bytes),
        Part::new("AV1 streams", gather::bytes(coding)),
        Part::new("places of tiles", gather::list_bytes(coding)).held(peak::Held::Throughout),
        Part::new("AV1 decoder", frames + tiles),
        Part::new("row of tiles", bands as u64),
        Part::new("decoded strip", strips + channels + tables),
    ]
}

/// Symbols are decoded one by one; then pixels are predicted, transformed and filtered.
pub(super) fn cost(header: &Header) -> Nanoseconds {
    Nanoseconds::fixed(300.0)
        .and(super::coded_bytes(header), 110.0)
        .and(header.dimensions.pixels(), 20.0)
}
