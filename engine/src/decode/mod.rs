//! Bytes to rows. A format takes one file here, one arm in [`open`] and one in
//! [`layout`].

use std::{cell::Cell, rc::Rc};

mod arithmetic;
mod gif;
pub(crate) mod jpeg;
pub(crate) mod lzw;
mod png;

use crate::{
    animation,
    error::{Error, Result},
    header::{Coding, Header},
    input::Input,
    peak::{Held, Part},
    pixels::{Colour, Layout, Rows, Ycc},
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
        Coding::Png { .. } => Box::new(png::Decoder::new(header, input, clock)?),
        Coding::Gif { .. } => Box::new(gif::Decoder::new(header, input, clock)?),
        Coding::WebpAnimation { .. } => Box::new(animation::first_frame(header, input, allowed)?),
    })
}

/// Refuses what a header shows that no decoder here reads.
///
/// # Errors
///
/// [`Error::Unsupported`].
pub(crate) fn check(header: &Header) -> Result<()> {
    match header.coding {
        Coding::Png {
            interlaced: true, ..
        } => Err(Error::Unsupported(
            "it is an interlaced PNG, which is not read yet",
        )),
        _ if matches!(header.colour, Colour::Cmyk | Colour::Ycck) => Err(Error::Unsupported(
            "it is a CMYK JPEG, which is not read yet",
        )),
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
        Coding::Png { .. } => false,
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
    matches!(&header.coding, Coding::Jpeg(coding) if !coding.arithmetic)
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
    }
}

/// The memory that [`open`] will use.
pub(crate) fn peak(plan: &Plan) -> Vec<Part> {
    match &plan.source.coding {
        Coding::Jpeg(coding) if coding.arithmetic => arithmetic::peak(&plan.source, coding),
        Coding::Jpeg(coding) => jpeg::peak(&plan.source, coding, &plan.scales),
        Coding::Png { .. } => png::peak(&plan.source),
        Coding::Gif { interlaced } if plan.action == Action::Encode => {
            gif::peak(&plan.source, *interlaced)
        }
        Coding::Gif { .. } | Coding::WebpAnimation { .. } => animation::peak(&plan.source),
    }
}

/// Image rows in a strip as the decoder yields it, at most.
pub(crate) fn strip_rows(header: &Header) -> u32 {
    match &header.coding {
        Coding::Jpeg(coding) => 8 * u32::from(coding.max_sampling().1),
        Coding::Png { .. } => png::STRIP_ROWS,
        Coding::Gif { .. } | Coding::WebpAnimation { .. } => STRIP_ROWS,
    }
}
