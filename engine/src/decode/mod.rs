//! Bytes to rows. A format takes one file here, one arm in [`open`] and one in
//! [`layout`].

use std::{cell::Cell, rc::Rc};

mod arithmetic;
#[cfg(feature = "libaom")]
mod avif;
mod gif;
pub(crate) mod jpeg;
pub(crate) mod lzw;
mod png;
pub(crate) mod webp;

use crate::{
    animation,
    cost::Nanoseconds,
    error::Result,
    header::{Coding, Header},
    input::Input,
    peak::{Held, Part},
    pixels::{Layout, Rows, Ycc},
    plan::{Action, Plan, STRIP_ROWS},
    stages::Clock,
};
use jpeg::Scale;
pub(crate) use lzw::LZW_BYTES;

/// Anything that yields an image from top to bottom: a decoder, or a stage
/// wrapped around one.
///
/// Moving and looking are apart, so that a stage may stop in the middle of a
/// strip and look at it again later without copying it.
pub(crate) trait Source {
    /// Moves to the next strip; false after the last.
    ///
    /// # Errors
    ///
    /// Whatever stopped the image. It must not be called again then.
    fn advance(&mut self) -> Result<bool>;

    /// The strip that [`advance`](Self::advance) moved to.
    fn rows(&self) -> Rows<'_>;
}

impl<S: Source + ?Sized> Source for Box<S> {
    fn advance(&mut self) -> Result<bool> {
        (**self).advance()
    }

    fn rows(&self) -> Rows<'_> {
        (**self).rows()
    }
}

/// Opens the decoder that `plan` is for on the input it was probed from. It sets
/// `damaged` if it passes over damage.
pub(crate) fn open<'a>(
    plan: &Plan,
    input: Input<'a>,
    allowed: u64,
    damaged: Rc<Cell<bool>>,
    clock: &Clock,
) -> Result<Box<dyn Source + 'a>> {
    let header = &plan.source;
    Ok(match &header.coding {
        Coding::Jpeg(coding) if coding.arithmetic => {
            Box::new(arithmetic::Decoder::new(header, input, allowed, clock)?)
        }
        Coding::Jpeg(coding) => Box::new(jpeg::Decoder::new(
            header,
            coding,
            &plan.scales,
            (plan.damage, damaged),
            input,
            clock,
        )?),
        Coding::Png { .. } => Box::new(png::Decoder::new(header, plan.backend, input, clock)?),
        Coding::Webp(coding) => Box::new(webp::Decoder::new(
            header,
            coding,
            (&plan.scales, plan.unfiltered),
            (input, allowed.saturating_sub(header.length.unwrap_or(0))),
            clock,
        )?),
        #[cfg(feature = "libaom")]
        Coding::Avif(_) => Box::new(avif::Decoder::new(header, input, clock)?),
        #[cfg(not(feature = "libaom"))]
        Coding::Avif(_) => return check(header).and(Err(crate::Error::Unsupported(NO_AVIF))),
        Coding::Gif { .. } => Box::new(gif::Decoder::new(header, input, clock)?),
        Coding::WebpAnimation { .. } => Box::new(animation::first_frame(header, input, allowed)?),
    })
}

#[cfg(not(feature = "libaom"))]
const NO_AVIF: &str = "this build reads no AVIF";

/// Refuses what a header shows that no decoder here reads.
///
/// # Errors
///
/// [`Error::Unsupported`].
pub(crate) fn check(header: &Header) -> Result<()> {
    match &header.coding {
        #[cfg(not(feature = "libaom"))]
        Coding::Avif(_) => Err(crate::Error::Unsupported(NO_AVIF)),
        _ => Ok(()),
    }
}

/// Whether the decoder holds the whole file.
pub(crate) fn holds_source(header: &Header) -> bool {
    match &header.coding {
        Coding::Jpeg(coding) => coding.arithmetic,
        // Its frames are counted before they are decoded, and an animation may be
        // returned as it is.
        Coding::Gif { .. } => header.frames > 1,
        Coding::WebpAnimation { .. } => true,
        _ => false,
    }
}

/// The memory of a source that is held whole. A buffer that grows is held twice
/// while it is moved.
pub(crate) fn held_source(header: &Header) -> [Part; 2] {
    let held = header.length.unwrap_or(0).max(header.head_bytes);
    [
        Part::new("source being read", held).held(Held::Planning),
        Part::new("source file", held).held(Held::Throughout),
    ]
}

/// Whether planes can be decoded smaller than they are stored.
pub(crate) fn can_scale(header: &Header) -> bool {
    match &header.coding {
        Coding::Jpeg(coding) => !coding.arithmetic,
        Coding::Webp(_) => webp::can_scale(header),
        _ => false,
    }
}

/// Whether decoding at a scale suits what `wanted` stored samples for each sampled
/// one are for, unless the request says otherwise.
pub(crate) fn suits(header: &Header, scale: Scale, wanted: f64) -> bool {
    match &header.coding {
        Coding::Webp(coding) => webp::suits(coding, scale, wanted),
        _ => f64::from(scale.reduction()) + 1.0 <= wanted,
    }
}

/// Whether it hardly shows where the edges of blocks were not evened, when `wanted`
/// stored samples become one.
pub(crate) fn filter_is_lost(wanted: f64) -> bool {
    webp::filter_is_lost(wanted)
}

/// Whether all planes are decoded at the scale of the first.
pub(crate) fn scales_as_one(header: &Header) -> bool {
    matches!(&header.coding, Coding::Webp(_))
}

/// The planes that [`open`] will yield if each is decoded at its scale.
pub(crate) fn layout(header: &Header, scales: &[Scale]) -> Layout {
    match &header.coding {
        Coding::Jpeg(coding) => Layout {
            colour: header.colour,
            ycc: Ycc::default(),
            alpha: false,
            planes: jpeg::planes(header.dimensions, coding, scales),
        },
        Coding::Png { .. } | Coding::Gif { .. } | Coding::WebpAnimation { .. } => {
            Layout::interleaved(header.colour, header.alpha, header.dimensions)
        }
        Coding::Webp(coding) => {
            let scale = scales.first().copied().unwrap_or(Scale::Full);
            webp::layout(header, coding, scale)
        }
        Coding::Avif(coding) => coding.layout(header.dimensions, header.colour),
    }
}

/// The memory that [`open`] will use.
pub(crate) fn peak(plan: &Plan) -> Vec<Part> {
    match &plan.source.coding {
        Coding::Jpeg(coding) if coding.arithmetic => arithmetic::peak(&plan.source, coding),
        Coding::Jpeg(coding) => jpeg::peak(&plan.source, coding, &plan.scales),
        Coding::Png { .. } => png::peak(&plan.source),
        Coding::Webp(coding) => webp::peak(&plan.source, coding, &plan.scales),
        #[cfg(feature = "libaom")]
        Coding::Avif(coding) => avif::peak(&plan.source, coding),
        #[cfg(not(feature = "libaom"))]
        Coding::Avif(_) => Vec::new(),
        Coding::Gif { interlaced } if plan.action == Action::Encode => {
            gif::peak(&plan.source, *interlaced)
        }
        Coding::Gif { .. } | Coding::WebpAnimation { .. } => animation::peak(&plan.source),
    }
}

/// The time that [`open`] will take for all rows.
pub(crate) fn cost(plan: &Plan) -> Nanoseconds {
    match &plan.source.coding {
        Coding::Jpeg(coding) if coding.arithmetic => arithmetic::cost(&plan.source),
        Coding::Jpeg(coding) => jpeg::cost(plan, coding),
        Coding::Png { .. } => png::cost(&plan.source),
        Coding::Webp(coding) => webp::cost(plan, coding),
        Coding::Gif { .. } | Coding::WebpAnimation { .. } => animation::cost(plan),
        #[cfg(feature = "libaom")]
        Coding::Avif(_) => avif::cost(&plan.source),
        #[cfg(not(feature = "libaom"))]
        Coding::Avif(_) => Nanoseconds::fixed(0.0),
    }
}

/// Bytes of image data in a file: as many as were said, or as usual.
fn coded_bytes(header: &Header) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a guess"
    )]
    let usual = (header.dimensions.pixels() as f64 * usual_bytes(header)) as u64;
    header
        .length
        .map_or(usual, |length| length.saturating_sub(header.metadata_bytes))
}

/// Bytes a pixel of photographs as people keep them.
fn usual_bytes(header: &Header) -> f64 {
    match &header.coding {
        Coding::Jpeg(_) => 0.2,
        Coding::Png { .. } => 1.25,
        Coding::Webp(coding) if coding.lossless => 1.0,
        Coding::Webp(_) => 0.11,
        Coding::Avif(_) => 0.075,
        Coding::Gif { .. } | Coding::WebpAnimation { .. } => 0.5,
    }
}

/// Whether a source's coding lost nothing.
pub(crate) fn is_lossless(header: &Header) -> bool {
    match &header.coding {
        Coding::Png { .. } | Coding::Gif { .. } => true,
        Coding::Webp(coding) => coding.lossless,
        Coding::Jpeg(_) | Coding::Avif(_) | Coding::WebpAnimation { .. } => false,
    }
}

/// How much there is to see in a source, by the bytes that its own encoder needed for a
/// pixel: 1 is usual, flat drawings have less. Other encoders take their time by it.
pub(crate) fn detail(header: &Header) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a guess")]
    let bytes = coded_bytes(header) as f64 / header.dimensions.pixels() as f64;
    (bytes / usual_bytes(header)).clamp(0.1, 4.0)
}

/// Image rows in a strip as the decoder yields it, at most.
pub(crate) fn strip_rows(header: &Header) -> u32 {
    match &header.coding {
        Coding::Jpeg(coding) => 8 * u32::from(coding.max_sampling().1),
        Coding::Png { .. } => png::STRIP_ROWS,
        Coding::Webp(_) => webp::STRIP_ROWS,
        #[cfg(feature = "libaom")]
        Coding::Avif(_) => avif::STRIP_ROWS,
        #[cfg(not(feature = "libaom"))]
        Coding::Avif(_) => 1,
        Coding::Gif { .. } | Coding::WebpAnimation { .. } => STRIP_ROWS,
    }
}
