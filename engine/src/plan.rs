//! Request, header and limits in, every decision out. Geometry, rounding and
//! policy are here and in `geometry` below it, and nowhere else.

mod geometry;

use crate::{
    budget::Limits,
    colour::{self, Conversion, Profile},
    decode::{self, jpeg::Scale},
    encode,
    error::{Error, Resource, Result},
    header::Header,
    peak::{self, Peak},
    pixels::{Dimensions, Layout},
    request::{Background, Chroma, Damage, Decode, Filter, OutputFormat, Request, Target},
    resize::Axis,
    simd::Backend,
    turn::Turn,
};
use geometry::Geometry;

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
    /// How good the result looks, 1-100, the same in every format; none if the
    /// encoder's own number was asked for, or nothing is lost.
    pub quality: Option<u8>,
    /// The same on the encoder's own scale, 1-100: what it is handed.
    pub native_quality: u8,
    /// Effort handed to the encoder, on its own scale.
    pub effort: u8,
    /// Whether the result is a progressive JPEG.
    pub progressive: bool,
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
    /// How much smaller than stored each plane is decoded.
    pub scales: Vec<Scale>,
    /// What is done about a source whose data ends early or is broken.
    pub damage: Damage,
    /// What is done about the source's colour profile.
    pub profile: Profile,
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
    /// How colours are converted, if they are.
    pub(crate) conversion: Option<Conversion>,
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
/// the source cannot be decoded. Nothing has been decoded by then.
pub fn plan(request: &Request, header: &Header, limits: &Limits) -> Result<Plan> {
    check_numbers(request)?;
    if header.dimensions.pixels() > limits.source_pixels {
        return Err(Error::TooLarge {
            resource: Resource::SourcePixels,
            needed: header.dimensions.pixels(),
            allowed: limits.source_pixels,
        });
    }
    decode::check(header)?;
    let format = match request.format {
        Target::Keep => encode::same_format(header.format)?,
        Target::Format(format) => format,
    };
    let codec = encode::codec(format)?;
    check_jpeg_options(request, format)?;
    let effort = codec.effort(request.effort)?;
    let (quality, native_quality) = codec.quality(request, effort);
    let geometry = Geometry::new(request, header)?;
    let longest = geometry.output.width.max(geometry.output.height);
    if longest > codec.largest_side {
        return Err(Error::TooLarge {
            resource: Resource::OutputSide,
            needed: longest.into(),
            allowed: codec.largest_side.into(),
        });
    }
    let stored = decode::layout(header, &[Scale::Full; 4]);
    let bare = header.alpha && !encode::holds_alpha(format);
    let coloured = (bare || geometry.padding.is_some()) && !request.background.is_grey();
    let encoded = encode::layout(format, request.chroma, &stored, geometry.output, coloured);
    let (profile, conversion) = colour::decide(header);
    let resampled = resampled_layout(&stored, &encoded, geometry.resized, profile);
    let axes = |decoded: &Layout| -> Vec<_> {
        decoded
            .planes
            .iter()
            .zip(input_planes(decoded, &resampled))
            .map(|(from, to)| geometry.axes(from, to))
            .collect()
    };
    let scales: Vec<_> = axes(&stored)
        .iter()
        .map(|axes| decode_scale((request.decode, request.filter), header, axes))
        .collect();
    let decoded = decode::layout(header, &scales);
    let mut plan = Plan {
        source: header.clone(),
        output: geometry.output,
        format,
        quality,
        native_quality,
        effort,
        progressive: request.progressive,
        region: geometry.region,
        resized: geometry.resized,
        turn: geometry.turn,
        padding: geometry.padding,
        background: request.background,
        filter: request.filter,
        profile,
        peak: Peak::default(),
        axes: axes(&decoded),
        scales,
        damage: request.damage,
        decoded,
        resampled,
        encoded,
        conversion,
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
    if !matches!(
        request.decode,
        Decode::Scaled | Decode::Full | Decode::AtLeast(1.0..)
    ) {
        return rule("decode", "must be at least 1 sample for each one wanted");
    }
    if !matches!(request.quality, None | Some(1..=100)) {
        return rule("quality", "must be 1 to 100");
    }
    if request.native_quality && request.quality.is_none() {
        return rule("native-quality", "must come with a quality");
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

/// How small a JPEG component may be decoded for what is sampled from it: the
/// smallest scale that reduces by a whole sample less than is wanted, so 1/2 from
/// a third on, 1/4 from a fifth and 1/8 from a ninth.
///
/// So a plane has at least 1.5, 1.25 or 1.125 decoded samples for each wanted. With
/// hardly more than one the picture is soft: against a full decode it scores 88
/// (SSIMULACRA2, `bench-report scales`) reduced 2.04 times from 1/2, 85 reduced 4.1
/// times from 1/4 and 84 reduced 8.2 times from 1/8, where this rule scores 100, 96
/// and 95 for 3 to 8 % more CPU time of the whole job, PNG encoder included. Over
/// photographs of 6 to 24 megapixels at 400 to 2000 px it scores 89 to 100, the
/// least where it uses 1/8 at little more than nine. sharp has the same rule and
/// scores 83 to 95 against the same pictures, where it does not decode at full size.
///
/// For chroma alone, one sample for each wanted would save 2 to 5 % of that time and
/// cost up to 0.8 points. Weakening the coefficients as averaging full samples would
/// have done was tried on one photograph: 0.6 points less at 1/2, and from 0.4 less
/// to 0.2 more at 1/4.
fn decode_scale(
    (decode, filter): (Decode, Filter),
    header: &Header,
    (across, down): &(Axis, Axis),
) -> Scale {
    // A box over hardly more than one sample takes now one and now two of them.
    if !decode::can_scale(header) || filter == Filter::Box {
        return Scale::Full;
    }
    // A third is a third, whichever way the other side was rounded.
    let wanted = |axis: &Axis| {
        let samples = f64::from(axis.samples);
        axis.step.abs() * samples / (samples - 0.5) + 1e-9
    };
    let wanted = wanted(across).min(wanted(down));
    let is_enough = |reduction: f64| match decode {
        Decode::Scaled => reduction + 1.0 <= wanted,
        Decode::AtLeast(samples) => reduction * samples <= wanted,
        Decode::Full => false,
    };
    Scale::ALL
        .into_iter()
        .find(|scale| is_enough(scale.reduction().into()))
        .unwrap_or(Scale::Full)
}

/// What is asked of JPEG is refused for what has no such choice.
fn check_jpeg_options(request: &Request, format: OutputFormat) -> Result<()> {
    let rule = |option, rule| Err(Error::Request { option, rule });
    if format == OutputFormat::Jpeg {
        return Ok(());
    }
    if request.chroma != Chroma::Half {
        return rule("chroma", "must be 420 unless the result is a jpeg");
    }
    if request.progressive {
        return rule(
            "progressive",
            "must be left out unless the result is a jpeg",
        );
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
/// else, and where colours are converted, every channel is resampled to full size.
fn resampled_layout(
    decoded: &Layout,
    encoded: &Layout,
    size: Dimensions,
    profile: Profile,
) -> Layout {
    let subsampled = encoded.planes.len() > 1 && encoded.planes[1].x_step > 1.0;
    if profile == Profile::Converted {
        Layout::planar(decoded.colour, decoded.alpha, size)
    } else if decoded.colour == encoded.colour && decoded.planes.len() > 1 && subsampled {
        Layout::ycbcr420(false, size)
    } else {
        Layout::planar(decoded.colour, decoded.alpha, size)
    }
}
