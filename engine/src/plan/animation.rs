//! What becomes of an animation: it is made anew, kept as it is, or shown by its
//! first frame.

use std::time::Duration;

use super::{Plan, Region};
use crate::{
    accept::Subject,
    budget::Limits,
    colour::Profile,
    copyright::Copyright,
    cost::Cost,
    decode, encode,
    error::{Error, Resource, Result},
    header::{Header, SourceFormat},
    jpeg::Scale,
    peak::Peak,
    request::{OutputFormat, Request, Target},
    simd::Backend,
    turn::Turn,
};

/// What is done with a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// One image is made of it: of an animation, of its first frame.
    Encode,
    /// Every frame is made anew. If the result has the source's own format and size
    /// and is no smaller, the source's bytes are the result.
    Animate,
    /// Its bytes are the result, whatever size was asked for: an animated GIF that
    /// is to stay a GIF, which is not written.
    Keep,
}

impl Action {
    /// Its name, as printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Encode => "encode",
            Self::Animate => "animate",
            Self::Keep => "keep",
        }
    }
}

/// Whether a source stays as it is, which is known from [`probe`](crate::probe).
pub(crate) fn is_kept(request: &Request, header: &Header) -> bool {
    let stays = match request.format {
        Target::Keep | Target::Format(OutputFormat::Gif) => true,
        Target::Format(_) => false,
        Target::Auto(accept) => accept.choice(Subject::of(header)).format == OutputFormat::Gif,
    };
    header.format == SourceFormat::Gif && header.frames > 1 && stays
}

/// Decides between an image and an animation.
///
/// # Errors
///
/// [`Error::TooLarge`] if all frames together have more pixels than `limits` allow.
pub(super) fn action(header: &Header, format: OutputFormat, limits: &Limits) -> Result<Action> {
    if header.frames < 2 || format != OutputFormat::Webp || !encode::WRITES_ANIMATIONS {
        return Ok(Action::Encode);
    }
    let pixels = header
        .dimensions
        .pixels()
        .saturating_mul(header.frames.into());
    if pixels > limits.animation_pixels {
        return Err(Error::TooLarge {
            resource: Resource::AnimationPixels,
            needed: pixels,
            allowed: limits.animation_pixels,
        });
    }
    Ok(Action::Animate)
}

/// The plan of a source that stays as it is.
///
/// # Errors
///
/// None; it is one of the ways of planning.
pub(super) fn keep(request: &Request, header: &Header) -> Result<Plan> {
    let size = header.dimensions;
    let layout = decode::layout(header, &[Scale::Full; 4]);
    Ok(Plan {
        action: Action::Keep,
        source: header.clone(),
        output: size,
        format: OutputFormat::Gif,
        quality: None,
        native_quality: 100,
        effort: 0,
        progressive: false,
        lossless: false,
        choice: match request.format {
            Target::Auto(accept) => Some(accept.choice(Subject::of(header))),
            _ => None,
        },
        copyright: Copyright::default(),
        overlay: None,
        unfiltered: false,
        max_bytes: request.max_bytes,
        fallbacks: Vec::new(),
        degraded: Vec::new(),
        cost: Cost::default(),
        wall: Duration::ZERO,
        region: Region {
            left: 0.0,
            top: 0.0,
            width: size.width.into(),
            height: size.height.into(),
        },
        resized: size,
        turn: Turn::NONE,
        padding: None,
        background: request.background,
        filter: request.filter,
        scales: Vec::new(),
        damage: request.damage,
        profile: Profile::Absent,
        peak: Peak::default(),
        decoded: layout.clone(),
        resampled: layout.clone(),
        encoded: layout,
        axes: Vec::new(),
        conversion: None,
        backend: Backend::best(),
    })
}

/// Whether the source's own bytes are as good a result as one of more bytes: its
/// format is the one asked for, and no pixel would move.
#[cfg(feature = "libwebp")]
pub(crate) fn may_return_source(plan: &Plan) -> bool {
    plan.source.format == SourceFormat::Webp
        && plan.format == OutputFormat::Webp
        && plan.output == plan.source.dimensions
        && plan.resized == plan.output
        && plan.turn == Turn::NONE
        && plan.padding.is_none()
        && plan.overlay.is_none()
        && (plan.region.width, plan.region.height)
            == (f64::from(plan.output.width), f64::from(plan.output.height))
}
