//! Request, header and limits in, every decision out. This is the only file
//! with geometry, rounding or policy in it.

use crate::{
    budget::Limits,
    encode,
    error::{Error, Resource, Result},
    header::Header,
    peak::{self, Peak},
    pixels::{Dimensions, Layout},
    request::{Background, Enlarge, Filter, Fit, Orientation, OutputFormat, Request, Target},
    resize::{Axis, Backend},
    turn::Turn,
};

/// Everything that was decided about one image.
///
/// Once it exists, running it reads no option and holds no more memory than
/// [`Plan::peak`] says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// What is known of the source.
    pub source: Header,
    /// Size of the result.
    pub output: Dimensions,
    /// Format of the result.
    pub format: OutputFormat,
    /// Quality handed to the encoder, 1-100.
    pub quality: u8,
    /// Effort handed to the encoder, on its own scale.
    pub effort: u8,
    /// The part of the source that is used, in its stored pixels.
    pub region: Region,
    /// Size after resampling, before turning and padding.
    pub resized: Dimensions,
    /// How the resampled image is turned.
    pub turn: Turn,
    /// Background around the image, if the result is larger than the image.
    pub padding: Option<Padding>,
    /// Colour of the padding, and behind transparency the format cannot hold.
    pub background: Background,
    /// Resampling filter.
    pub filter: Filter,
    /// Peak memory, part by part.
    pub peak: Peak,
    /// Planes as they leave the decoder.
    pub(crate) decoded: Layout,
    /// Planes as they leave the resampler.
    pub(crate) resampled: Layout,
    /// Planes as the encoder takes them, at the size of the result.
    pub(crate) encoded: Layout,
    /// How each decoded plane is sampled: across and down.
    pub(crate) axes: Vec<(Axis, Axis)>,
    /// Vector instructions to use.
    pub(crate) backend: Backend,
}

/// A part of the stored source, in its pixels; edges may lie within a pixel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// Pixels left of it.
    pub left: f64,
    /// Pixels above it.
    pub top: f64,
    /// Its width, in pixels.
    pub width: f64,
    /// Its height, in pixels.
    pub height: f64,
}

/// Where the image lies on a larger result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Padding {
    /// Columns of background left of the image.
    pub left: u32,
    /// Rows of background above it.
    pub top: u32,
    /// Size of the image on it.
    pub image: Dimensions,
}

/// Rows in the strips that stages hand on: one MCU row of a 4:2:0 JPEG.
pub(crate) const STRIP_ROWS: u32 = 16;

/// Most pixels along a side of any result.
const LARGEST_SIDE: u16 = u16::MAX;

/// Decides how `request` is to be met for the source that `header` describes.
///
/// # Errors
///
/// [`Error::Request`] if the request makes no sense, alone or for this source;
/// [`Error::TooLarge`] if the job would pass `limits`; [`Error::Unsupported`] if
/// the build has no encoder for the format. Nothing has been decoded by then.
pub fn plan(request: &Request, header: &Header, limits: &Limits) -> Result<Plan> {
    check_numbers(request)?;
    if header.dimensions.pixels() > limits.source_pixels {
        return Err(Error::TooLarge {
            resource: Resource::SourcePixels,
            needed: header.dimensions.pixels(),
            allowed: limits.source_pixels,
        });
    }
    let format = match request.format {
        Target::Keep => encode::same_format(header.format)?,
        Target::Format(format) => format,
    };
    let codec = encode::codec(format)?;
    let geometry = Geometry::new(request, header)?;
    let longest = geometry.output.width.max(geometry.output.height);
    if longest > codec.largest_side {
        return Err(Error::TooLarge {
            resource: Resource::OutputSide,
            needed: longest.into(),
            allowed: codec.largest_side.into(),
        });
    }
    let decoded = crate::decode::layout(header);
    let bare = header.alpha && !encode::holds_alpha(format);
    let coloured = (bare || geometry.padding.is_some()) && !request.background.is_grey();
    let encoded = encode::layout(format, &decoded, geometry.output, coloured);
    let resampled = resampled_layout(&decoded, &encoded, geometry.resized);
    let mut plan = Plan {
        source: header.clone(),
        output: geometry.output,
        format,
        quality: request.quality.unwrap_or(codec.usual_quality),
        effort: codec.effort,
        region: geometry.region,
        resized: geometry.resized,
        turn: geometry.turn,
        padding: geometry.padding,
        background: request.background,
        filter: request.filter,
        peak: Peak::default(),
        axes: decoded
            .planes
            .iter()
            .zip(input_planes(&decoded, &resampled))
            .map(|(from, to)| geometry.axes(from, to))
            .collect(),
        decoded,
        resampled,
        encoded,
        backend: Backend::best(),
    };
    plan.peak = peak::of(&plan)?;
    if plan.peak.bytes() > limits.peak_bytes {
        return Err(Error::TooLarge {
            resource: Resource::Memory,
            needed: plan.peak.bytes(),
            allowed: limits.peak_bytes,
        });
    }
    Ok(plan)
}

fn check_numbers(request: &Request) -> Result<()> {
    let rule = |option, rule| Err(Error::Request { option, rule });
    if request.width == Some(0) {
        return rule("width", "must be at least 1");
    }
    if request.height == Some(0) {
        return rule("height", "must be at least 1");
    }
    // Negated so that NaN is refused too.
    if !(request.percent > 0.0 && request.percent <= 1000.0) {
        return rule("percent", "must be above 0 and at most 1000");
    }
    if !(request.dpr > 0.0 && request.dpr <= 10.0) {
        return rule("dpr", "must be above 0 and at most 10");
    }
    if !(0.0..=1.0).contains(&request.focus.x) || !(0.0..=1.0).contains(&request.focus.y) {
        return rule("focus", "must be a point with both fractions from 0 to 1");
    }
    if !matches!(request.quality, None | Some(1..=100)) {
        return rule("quality", "must be 1 to 100");
    }
    // What follows from the source's shape is refused later, as too large.
    let zoom = request.percent / 100.0 * request.dpr;
    for (option, side) in [("width", request.width), ("height", request.height)] {
        if side.is_some_and(|side| f64::from(side) * zoom > f64::from(LARGEST_SIDE)) {
            return rule(option, "must not ask for more than 65535 pixels");
        }
    }
    Ok(())
}

/// The planes that the resampler writes for each plane it reads: interleaved
/// channels come out apart, all of the first one's shape.
fn input_planes<'a>(
    decoded: &Layout,
    resampled: &'a Layout,
) -> impl Iterator<Item = &'a crate::pixels::PlaneShape> {
    let one_plane = decoded.planes.len() == 1;
    resampled
        .planes
        .iter()
        .take(if one_plane { 1 } else { usize::MAX })
}

/// A YCbCr source stays in the encoder's own planes if that is what it takes;
/// else every channel is resampled to full size.
fn resampled_layout(decoded: &Layout, encoded: &Layout, size: Dimensions) -> Layout {
    let subsampled = encoded.planes.len() > 1 && encoded.planes[1].x_step > 1.0;
    if decoded.colour == encoded.colour && decoded.planes.len() > 1 && subsampled {
        Layout::ycbcr420(false, size)
    } else {
        Layout::planar(decoded.colour, decoded.alpha, size)
    }
}

/// The geometry of one request for one source.
struct Geometry {
    region: Region,
    resized: Dimensions,
    turn: Turn,
    padding: Option<Padding>,
    output: Dimensions,
}

impl Geometry {
    fn new(request: &Request, header: &Header) -> Result<Self> {
        let exif = match request.orientation {
            Orientation::Exif => header.orientation,
            Orientation::Ignore => Turn::NONE,
        };
        let upright = turned(header.dimensions, exif);
        let crop = cropped(request, upright)?;
        let asked = Turn::asked(request.rotate, request.flip);
        let view = if asked.transpose {
            Region {
                width: crop.height,
                height: crop.width,
                ..crop
            }
        } else {
            crop
        };
        let Fitted {
            size,
            canvas,
            visible,
        } = fit(request, view.width, view.height)?;
        // From the view back through both turns to the stored pixels.
        let within = turn_region(visible, asked.inverse(), view.width, view.height);
        let placed = Region {
            left: crop.left + within.left,
            top: crop.top + within.top,
            ..within
        };
        let region = turn_region(
            placed,
            exif.inverse(),
            f64::from(upright.width),
            f64::from(upright.height),
        );
        let turn = exif.then(asked);
        Ok(Self {
            region,
            resized: turned(size, turn.inverse()),
            turn,
            // Even, so that no chroma sample lies half on the background.
            padding: (canvas != size).then(|| Padding {
                left: ((canvas.width - size.width) / 2) & !1,
                top: ((canvas.height - size.height) / 2) & !1,
                image: size,
            }),
            output: canvas,
        })
    }

    /// How to sample one decoded plane so that it becomes one resampled plane.
    fn axes(
        &self,
        from: &crate::pixels::PlaneShape,
        to: &crate::pixels::PlaneShape,
    ) -> (Axis, Axis) {
        // A later mirroring turns the last sample into the first, which must
        // then begin at the edge: when an odd size is halved, the sample that
        // reaches past the edge has to be the other one.
        let (mirrored_across, mirrored_down) = if self.turn.transpose {
            (self.turn.mirror_y, self.turn.mirror_x)
        } else {
            (self.turn.mirror_x, self.turn.mirror_y)
        };
        (
            axis(
                (self.region.left, self.region.width, self.resized.width),
                (from.width, from.x_step),
                (to.width, to.x_step),
                mirrored_across,
            ),
            axis(
                (self.region.top, self.region.height, self.resized.height),
                (from.height, from.y_step),
                (to.height, to.y_step),
                mirrored_down,
            ),
        )
    }
}

/// One axis of one plane, from the same axis of the image.
fn axis(
    (start, length, resized): (f64, f64, u32),
    (from_length, from_step): (u32, f64),
    (to_length, to_step): (u32, f64),
    mirrored: bool,
) -> Axis {
    let scale = length / f64::from(resized);
    let past_edge = f64::from(to_length) * to_step - f64::from(resized);
    let shift = if mirrored { past_edge * scale } else { 0.0 };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a region lies inside its source, whose sides are below 2^31"
    )]
    let (first, end) = (
        (start / from_step + 1e-9).floor().max(0.0) as u32,
        ((start + length) / from_step - 1e-9).ceil() as u32,
    );
    let end = end.clamp(1, from_length);
    Axis {
        first: first.min(end - 1),
        end,
        start: (start - shift) / from_step,
        step: scale * to_step / from_step,
        samples: to_length,
    }
}

fn turned(size: Dimensions, turn: Turn) -> Dimensions {
    if turn.transpose {
        size.transposed()
    } else {
        size
    }
}

/// Where a region of a `width` x `height` image lies after `turn`.
fn turn_region(region: Region, turn: Turn, width: f64, height: f64) -> Region {
    let (mut out, width, height) = if turn.transpose {
        let transposed = Region {
            left: region.top,
            top: region.left,
            width: region.height,
            height: region.width,
        };
        (transposed, height, width)
    } else {
        (region, width, height)
    };
    if turn.mirror_x {
        out.left = width - out.left - out.width;
    }
    if turn.mirror_y {
        out.top = height - out.top - out.height;
    }
    out
}

fn cropped(request: &Request, upright: Dimensions) -> Result<Region> {
    let Some(crop) = request.crop else {
        return Ok(Region {
            left: 0.0,
            top: 0.0,
            width: upright.width.into(),
            height: upright.height.into(),
        });
    };
    let inside = |start: u32, length: u32, all: u32| {
        length > 0 && u64::from(start) + u64::from(length) <= u64::from(all)
    };
    if !inside(crop.left, crop.width, upright.width)
        || !inside(crop.top, crop.height, upright.height)
    {
        return Err(Error::Request {
            option: "crop",
            rule: "must lie inside the upright source and not be empty",
        });
    }
    Ok(Region {
        left: crop.left.into(),
        top: crop.top.into(),
        width: crop.width.into(),
        height: crop.height.into(),
    })
}

/// How a view meets the box that was asked for.
struct Fitted {
    /// Size of the resampled image as it will be seen.
    size: Dimensions,
    /// Size of the result.
    canvas: Dimensions,
    /// The part of the view that is resampled.
    visible: Region,
}

/// Fits a view of `width` x `height` pixels into the box that was asked for.
fn fit(request: &Request, width: f64, height: f64) -> Result<Fitted> {
    let enlarge = request.enlarge == Enlarge::Allow;
    let whole = Region {
        left: 0.0,
        top: 0.0,
        width,
        height,
    };
    let image = |size| Fitted {
        size,
        canvas: size,
        visible: whole,
    };
    let zoom = request.percent / 100.0;
    let target = |side: Option<u32>| side.map(|side| f64::from(side) * zoom * request.dpr);
    let (box_width, box_height) = match (target(request.width), target(request.height)) {
        (None, None) => {
            let scale = if enlarge { zoom } else { zoom.min(1.0) };
            return Ok(image(rounded(width * scale, height * scale)?));
        }
        (Some(across), None) => return one_side(across / width, enlarge, whole),
        (None, Some(down)) => return one_side(down / height, enlarge, whole),
        (Some(across), Some(down)) => (across, down),
    };
    let (across, down) = (box_width / width, box_height / height);
    let most = if enlarge { f64::INFINITY } else { 1.0 };
    let scaled = |scale: f64| rounded(width * scale, height * scale);
    Ok(match request.fit {
        Fit::Inside => image(scaled(across.min(down).min(most))?),
        Fit::Outside => image(scaled(across.max(down).min(most))?),
        Fit::Fill => image(rounded(width * across.min(most), height * down.min(most))?),
        Fit::Contain => Fitted {
            canvas: rounded(box_width, box_height)?,
            ..image(scaled(across.min(down).min(most))?)
        },
        Fit::Cover => {
            let scale = across.max(down);
            let visible_width = (box_width / scale).min(width);
            let visible_height = (box_height / scale).min(height);
            let scale = scale.min(most);
            Fitted {
                visible: Region {
                    left: placed(request.focus.x, visible_width, width),
                    top: placed(request.focus.y, visible_height, height),
                    width: visible_width,
                    height: visible_height,
                },
                ..image(rounded(visible_width * scale, visible_height * scale)?)
            }
        }
    })
}

/// One side was asked for; the other follows. No box, so every fit is the same.
fn one_side(scale: f64, enlarge: bool, whole: Region) -> Result<Fitted> {
    let scale = if enlarge { scale } else { scale.min(1.0) };
    let size = rounded(whole.width * scale, whole.height * scale)?;
    Ok(Fitted {
        size,
        canvas: size,
        visible: whole,
    })
}

/// Where a window of `length` begins so that `focus` of `all` is at its middle,
/// as nearly as the edges let it.
fn placed(focus: f64, length: f64, all: f64) -> f64 {
    (focus * all - length / 2.0).clamp(0.0, all - length)
}

/// Rounds a size to whole pixels, halves up, and to at least one.
fn rounded(width: f64, height: f64) -> Result<Dimensions> {
    // So that 400.00000000000006 and 399.99999999999994 are both 400, and a
    // half that lost its last bit in a division still rounds up.
    let round = |length: f64| {
        let length = (length + 0.5 + 1e-9).floor().max(1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole, at least 1, and the cast clamps"
        )]
        let whole = length as u64;
        match u16::try_from(whole) {
            Ok(side) => Ok(u32::from(side)),
            Err(_) => Err(Error::TooLarge {
                resource: Resource::OutputSide,
                needed: whole,
                allowed: LARGEST_SIDE.into(),
            }),
        }
    };
    Ok(Dimensions {
        width: round(width)?,
        height: round(height)?,
    })
}
