//! Request, header and limits in, every decision out. Geometry, rounding and
//! policy are here and in `geometry` below it, and nowhere else.

pub(crate) mod animation;
mod geometry;

use std::time::Duration;

use crate::{
    accept::{self, Choice},
    budget::{Limits, MARGIN},
    colour::{self, Conversion, Profile},
    copyright::Copyright,
    cost::Cost,
    decode::{self, jpeg::Scale},
    encode,
    error::{Error, Resource, Result},
    header::Header,
    ladder::{self, Because, Degraded, Lost, Rung},
    overlay::Overlaid,
    peak::{self, Peak},
    pipeline::check_bytes,
    pixels::{Colour, Dimensions, Layout},
    request::{
        Background, Chroma, Damage, Decode, Filter, Lossless, Metadata, OutputFormat, Request,
    },
    resize::Axis,
    simd::Backend,
    stages::Stage,
    turn::Turn,
};
pub use animation::Action;
use geometry::Geometry;

/// Everything that was decided about one image.
///
/// Once it exists, running it reads no option and holds no more memory than
/// [`Plan::peak`] says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// Whether an image or an animation is made, or the source kept as it is.
    pub action: Action,
    /// What is known of the source.
    pub source: Header,
    /// Size of the result.
    pub output: Dimensions,
    /// Format of the result.
    pub format: OutputFormat,
    /// How the format was chosen, if an Accept header chose it.
    pub choice: Option<Choice>,
    /// How good the result looks, 1-100, the same in every format; none if the
    /// encoder's own number was asked for, or nothing is lost.
    pub quality: Option<u8>,
    /// The same on the encoder's own scale, 1-100: what it is handed.
    pub native_quality: u8,
    /// Effort handed to the encoder, on its own scale.
    pub effort: u8,
    /// Whether the result is a progressive JPEG.
    pub progressive: bool,
    /// Whether the result is a lossless WebP.
    pub lossless: bool,
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
    /// What is laid over the result.
    pub overlay: Option<Overlaid>,
    /// Resampling filter.
    pub filter: Filter,
    /// How much smaller than stored each plane is decoded.
    pub scales: Vec<Scale>,
    /// What is done about a source whose data ends early or is broken.
    pub damage: Damage,
    /// What the result says of its makers; empty unless it was asked for.
    pub copyright: Copyright,
    /// What is done about the source's colour profile.
    pub profile: Profile,
    /// The most bytes the result may have; quality is lowered for it.
    pub max_bytes: Option<u64>,
    /// What the job may turn to when time or bytes turn out short, best first.
    pub fallbacks: Vec<Rung>,
    /// What is not as it was asked for.
    pub degraded: Vec<Degraded>,
    /// Peak memory, part by part.
    pub peak: Peak,
    /// Predicted processor time, stage by stage, on the reference machine.
    pub cost: Cost,
    /// Predicted wall time by the speed and the share of a processor it was planned for.
    pub wall: Duration,
    /// Planes as they leave the decoder.
    pub(crate) decoded: Layout,
    /// Planes as they leave the resampler.
    pub(crate) resampled: Layout,
    /// Planes as the encoder takes them, at the size of the result.
    pub(crate) encoded: Layout,
    /// Whether a decoder may leave out what evens the edges of its blocks.
    pub(crate) unfiltered: bool,
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

/// Decides how `request` is to be met for the source that `header` describes: by
/// the best rung of the ladder that fits.
///
/// # Errors
///
/// [`Error::Request`] if the request makes no sense, alone or for this source;
/// [`Error::TooLarge`] if the job would pass `limits` by any rung;
/// [`Error::Unsupported`] if the source cannot be decoded. Nothing has been decoded
/// by then.
pub fn plan(request: &Request, header: &Header, limits: &Limits) -> Result<Plan> {
    check_numbers(request)?;
    // Negated so that NaN is refused too.
    if !(0.001..=1.0).contains(&limits.cpu_share) {
        return Err(Error::Request {
            option: "cpu-share",
            rule: "must be 0.001 to 1",
        });
    }
    if header.dimensions.pixels() > limits.source_pixels {
        return Err(Error::TooLarge {
            resource: Resource::SourcePixels,
            needed: header.dimensions.pixels(),
            allowed: limits.source_pixels,
        });
    }
    decode::check(header)?;
    if animation::is_kept(request, header) {
        let plan = animation::keep(request, header)?;
        check_bytes(&plan, header.length.unwrap_or(0))?;
        return plan.within(limits);
    }
    let geometry = Geometry::new(request, header)?;
    colour::check_memory(header, limits)?;
    let (profile, conversion) = colour::decide(header);
    let overlay = match &request.overlay {
        Some(overlay) => Some(Overlaid::new(overlay, geometry.output, limits)?),
        None => None,
    };
    let settled = Settled {
        geometry,
        profile,
        conversion,
        overlay,
    };
    let (formats, choice) = accept::formats(request.format, header)?;
    // What is asked of JPEG is moot if the client is better served.
    if choice.is_none() {
        formats
            .iter()
            .try_for_each(|&format| check_jpeg_options(request, format))?;
    }
    let mut degraded = Vec::new();
    let mut refused = None;
    let ladder = ladder(request, header, &formats, choice.is_some())?;
    for (i, &rung) in ladder.iter().enumerate() {
        let planned =
            resolve(request, header, &settled, (rung, limits)).and_then(|plan| plan.within(limits));
        match planned {
            Ok(plan) => {
                let plan = Plan {
                    degraded,
                    choice,
                    ..plan
                };
                return plan.with_fallbacks(&ladder[i + 1..], limits);
            }
            Err(
                error @ Error::TooLarge {
                    resource: Resource::Memory | Resource::Milliseconds | Resource::AnimationPixels,
                    ..
                },
            ) => {
                degraded.push(Degraded {
                    lost: Lost::Rung(rung),
                    because: because(&error),
                });
                refused = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    Err(refused.unwrap_or(Error::Request {
        option: "format",
        rule: "must be one that can be written",
    }))
}

/// The rungs for `formats`. Of those that were `chosen` for the client, what does not
/// go with the request is passed over.
fn ladder(
    request: &Request,
    header: &Header,
    formats: &[OutputFormat],
    chosen: bool,
) -> Result<Vec<Rung>> {
    let mut rungs = Vec::new();
    let mut refused = Ok(());
    for &format in formats {
        if format == OutputFormat::Gif && header.frames > 1 {
            rungs.push(Rung::KEPT);
            continue;
        }
        match lossless(request.lossless, format, header) {
            Ok(lossless) => {
                // Efforts of one encoder mean nothing to another.
                let asked = ladder::rungs(format, lossless, request.effort);
                let own = match asked {
                    Err(_) if chosen => ladder::rungs(format, lossless, None)?,
                    asked => asked?,
                };
                rungs.extend(own);
            }
            Err(error) if chosen => refused = Err(error),
            Err(error) => return Err(error),
        }
    }
    if rungs.is_empty() {
        refused?;
    }
    // A hurried WebP has more bytes than a JPEG that looks the same, and takes longer.
    let ends_in_jpeg = rungs.last().map(|last| last.format) == Some(OutputFormat::Jpeg);
    if ends_in_jpeg && request.effort.is_none() {
        rungs.retain(|rung| rung.format != OutputFormat::Webp || rung.effort >= 4);
    }
    Ok(rungs)
}

/// What a rung was refused for.
fn because(error: &Error) -> Because {
    match error {
        Error::TooLarge {
            resource: Resource::Memory,
            ..
        } => Because::Memory,
        Error::TooLarge {
            resource: Resource::AnimationPixels,
            ..
        } => Because::Frames,
        _ => Because::Time,
    }
}

/// What is decided before the rung.
struct Settled {
    geometry: Geometry,
    profile: Profile,
    conversion: Option<Conversion>,
    overlay: Option<Overlaid>,
}

/// Decides everything for one rung, limits aside.
fn resolve(
    request: &Request,
    header: &Header,
    settled: &Settled,
    (rung, limits): (Rung, &Limits),
) -> Result<Plan> {
    if rung.format == OutputFormat::Gif {
        return animation::keep(request, header);
    }
    let action = animation::action(header, rung.format, limits)?;
    let Settled {
        geometry,
        profile,
        conversion,
        overlay,
    } = settled;
    let format = rung.format;
    let codec = encode::codec(format, rung.lossless)?;
    let (quality, native_quality) = codec.quality(request, rung.effort);
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
    let coloured = (bare || geometry.padding.is_some()) && !request.background.is_grey()
        || overlay.as_ref().is_some_and(Overlaid::is_coloured);
    let encoded = if action == Action::Animate || encode::indexes(header, format) {
        Layout::interleaved(Colour::Rgb, true, geometry.output)
    } else {
        let coding = (format, rung.lossless, request.chroma);
        encode::layout(coding, &stored, geometry.output, coloured)
    };
    let resampled = resampled_layout(&stored, &encoded, geometry.resized, *profile);
    let axes = |decoded: &Layout| -> Vec<_> {
        decoded
            .planes
            .iter()
            .zip(input_planes(decoded, &resampled))
            .map(|(from, to)| geometry.axes(from, to))
            .collect()
    };
    let mut scales: Vec<_> = axes(&stored)
        .iter()
        .map(|axes| decode_scale((request.decode, request.filter), header, axes))
        .collect();
    if decode::scales_as_one(header) {
        let first = scales[0];
        scales.fill(first);
    }
    let unfiltered =
        request.decode == Decode::Scaled && decode::filter_is_lost(wanted(&axes(&stored)[0]));
    let decoded = decode::layout(header, &scales);
    Ok(Plan {
        action,
        source: header.clone(),
        output: geometry.output,
        format,
        choice: None,
        quality,
        native_quality,
        effort: rung.effort,
        progressive: request.progressive && format == OutputFormat::Jpeg,
        lossless: rung.lossless,
        region: geometry.region,
        resized: geometry.resized,
        turn: geometry.turn,
        padding: geometry.padding,
        background: request.background,
        overlay: overlay.clone(),
        filter: request.filter,
        profile: *profile,
        max_bytes: request.max_bytes,
        fallbacks: Vec::new(),
        degraded: Vec::new(),
        peak: Peak::default(),
        cost: Cost::default(),
        wall: Duration::ZERO,
        axes: axes(&decoded),
        scales,
        damage: request.damage,
        copyright: match request.metadata {
            Metadata::Drop => Copyright::default(),
            Metadata::Copyright => header.copyright.clone(),
        },
        unfiltered,
        decoded,
        resampled,
        encoded,
        conversion: conversion.clone(),
        backend: Backend::best(),
    })
}

impl Plan {
    /// The rung of the ladder that it takes.
    #[must_use]
    pub fn rung(&self) -> Rung {
        Rung {
            format: self.format,
            effort: self.effort,
            lossless: self.lossless,
        }
    }

    /// The same by another rung, whose encoder takes the same planes.
    pub(crate) fn at(&self, rung: Rung) -> Self {
        let own = Self {
            format: rung.format,
            effort: rung.effort,
            lossless: rung.lossless,
            ..self.clone()
        };
        match self.quality {
            Some(quality) => own.with_quality(quality),
            None => own,
        }
    }

    /// The same with another quality, on the scale that its own was asked on.
    pub(crate) fn with_quality(&self, quality: u8) -> Self {
        let codec = encode::codec(self.format, self.lossless);
        let native_quality = match (self.quality, codec) {
            (Some(_), Ok(codec)) => codec.native(quality, self.effort),
            _ => quality,
        };
        Self {
            quality: self.quality.map(|_| quality),
            native_quality,
            ..self.clone()
        }
    }

    /// Adds up memory and time.
    fn within(mut self, limits: &Limits) -> Result<Self> {
        self.peak = peak::of(&self)?;
        if self.peak.bytes() > limits.peak_bytes {
            return Err(Error::TooLarge {
                resource: Resource::Memory,
                needed: self.peak.bytes(),
                allowed: limits.peak_bytes,
            });
        }
        self.cost = Cost::predict(&self);
        self.wall = limits.wall(self.cost.total());
        let time = if encode::takes_whole(&self) {
            // As it will be asked for when the image is there.
            let encoding = self.cost.of(Stage::Encode);
            self.cost.before_encoding() + encoding.mul_f64(MARGIN)
        } else {
            self.cost.total()
        };
        limits.admit(time)?;
        Ok(self)
    }

    /// Adds the rungs below that can take over when the image is there: those whose
    /// encoder takes the same planes and fits the limits. An image that streams
    /// into its encoder has none.
    fn with_fallbacks(self, below: &[Rung], limits: &Limits) -> Result<Self> {
        if !encode::takes_whole(&self) {
            return Ok(self);
        }
        let takes_over = |rung: &&Rung| {
            encode::takes_same(&self, **rung) && self.at(**rung).within(limits).is_ok()
        };
        let fallbacks = below.iter().filter(takes_over).copied().collect();
        let plan = Self {
            fallbacks,
            ..self.clone()
        };
        let peak = peak::of(&plan)?;
        // Beside the collected image an encoder below may take more than the plan's own.
        Ok(if peak.bytes() <= limits.peak_bytes {
            Self { peak, ..plan }
        } else {
            self
        })
    }
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
    if request.max_bytes == Some(0) {
        return rule("max-bytes", "must be at least 1");
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

/// Decoded samples for each one wanted, along the side that has fewer of them.
fn wanted((across, down): &(Axis, Axis)) -> f64 {
    // A third is a third, whichever way the other side was rounded.
    let wanted = |axis: &Axis| {
        let samples = f64::from(axis.samples);
        axis.step.abs() * samples / (samples - 0.5) + 1e-9
    };
    wanted(across).min(wanted(down))
}

/// How small a plane may be decoded for what is sampled from it: the smallest scale
/// that suits its decoder. A JPEG component's reduces by a whole sample less than is
/// wanted, so 1/2 from a third on, 1/4 from a fifth and 1/8 from a ninth.
///
/// So such a plane has at least 1.5, 1.25 or 1.125 decoded samples for each wanted. With
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
fn decode_scale((decode, filter): (Decode, Filter), header: &Header, axes: &(Axis, Axis)) -> Scale {
    // A box over hardly more than one sample takes now one and now two of them.
    if !decode::can_scale(header) || filter == Filter::Box {
        return Scale::Full;
    }
    let wanted = wanted(axes);
    let is_enough = |scale: &Scale| match decode {
        Decode::Scaled => decode::suits(header, *scale, wanted),
        Decode::AtLeast(samples) => f64::from(scale.reduction()) * samples <= wanted,
        Decode::Full => false,
    };
    Scale::ALL
        .into_iter()
        .find(is_enough)
        .unwrap_or(Scale::Full)
}

/// Whether the result is a lossless WebP. What cannot be had is refused.
fn lossless(asked: Lossless, format: OutputFormat, header: &Header) -> Result<bool> {
    let rule = |rule| {
        Err(Error::Request {
            option: "lossless",
            rule,
        })
    };
    match (asked, format) {
        // Each frame is written as suits it.
        (Lossless::WhenFlat, OutputFormat::Webp)
            if header.frames > 1 && encode::WRITES_ANIMATIONS =>
        {
            Ok(false)
        }
        (Lossless::Always, OutputFormat::Jpeg | OutputFormat::Avif) => {
            rule("must be asked only of webp and png")
        }
        (Lossless::Never, OutputFormat::Png) => rule("cannot be refused: a png always is"),
        (Lossless::Never, OutputFormat::Webp) if !encode::WEBP_CAN_BE_LOSSY => {
            rule("cannot be refused: this build has no encoder of lossy webp")
        }
        (Lossless::WhenFlat, OutputFormat::Webp) => {
            Ok(header.is_flat() || !encode::WEBP_CAN_BE_LOSSY)
        }
        (asked, OutputFormat::Webp) => Ok(asked == Lossless::Always),
        _ => Ok(false),
    }
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
/// What luma and chroma mean, resampling does not change.
fn resampled_layout(
    decoded: &Layout,
    encoded: &Layout,
    size: Dimensions,
    profile: Profile,
) -> Layout {
    let subsampled = encoded.planes.len() > 1 && encoded.planes[1].x_step > 1.0;
    let stays = decoded.colour == encoded.colour
        && decoded.planes.len() > 1
        && decoded.ycc.matrix == encoded.ycc.matrix;
    let layout = if profile != Profile::Converted && stays && subsampled {
        Layout::ycbcr420(false, size)
    } else {
        Layout::planar(decoded.colour, decoded.alpha, size)
    };
    layout.meaning(decoded.ycc)
}
