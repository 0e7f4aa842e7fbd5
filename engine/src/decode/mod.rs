//! Bytes to rows. A format takes one file here, one arm in [`open`] and one in
//! [`layout`].

use std::{cell::Cell, rc::Rc};

mod arithmetic;
#[cfg(feature = "libaom")]
mod avif;
pub(crate) mod jpeg;
mod png;

use crate::{
    error::{Error, Result},
    header::{Coding, Header},
    input::Input,
    peak::Part,
    pixels::{Colour, Layout, Rows, Ycc},
    plan::Plan,
    stages::Clock,
};
use jpeg::Scale;

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
        #[cfg(feature = "libaom")]
        Coding::Avif(_) => Box::new(avif::Decoder::new(header, input, clock)?),
        #[cfg(not(feature = "libaom"))]
        Coding::Avif(_) => return check(header).and(Err(Error::Unsupported(NO_AVIF))),
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
        Coding::Png {
            interlaced: true, ..
        } => Err(Error::Unsupported(
            "it is an interlaced PNG, which is not read yet",
        )),
        #[cfg(not(feature = "libaom"))]
        Coding::Avif(_) => Err(Error::Unsupported(NO_AVIF)),
        _ if matches!(header.colour, Colour::Cmyk | Colour::Ycck) => Err(Error::Unsupported(
            "it is a CMYK JPEG, which is not read yet",
        )),
        _ => Ok(()),
    }
}

/// Whether the decoder holds the whole file.
pub(crate) fn holds_source(header: &Header) -> bool {
    matches!(&header.coding, Coding::Jpeg(coding) if coding.arithmetic)
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
        Coding::Png { .. } => Layout::interleaved(header.colour, header.alpha, header.dimensions),
        Coding::Avif(coding) => coding.layout(header.dimensions, header.colour),
    }
}

/// The memory that [`open`] will use.
pub(crate) fn peak(plan: &Plan) -> Vec<Part> {
    match &plan.source.coding {
        Coding::Jpeg(coding) if coding.arithmetic => arithmetic::peak(&plan.source, coding),
        Coding::Jpeg(coding) => jpeg::peak(&plan.source, coding, &plan.scales),
        Coding::Png { .. } => png::peak(&plan.source),
        #[cfg(feature = "libaom")]
        Coding::Avif(coding) => avif::peak(&plan.source, coding),
        #[cfg(not(feature = "libaom"))]
        Coding::Avif(_) => Vec::new(),
    }
}

/// Image rows in a strip as the decoder yields it, at most.
pub(crate) fn strip_rows(header: &Header) -> u32 {
    match &header.coding {
        Coding::Jpeg(coding) => 8 * u32::from(coding.max_sampling().1),
        Coding::Png { .. } => png::STRIP_ROWS,
        #[cfg(feature = "libaom")]
        Coding::Avif(_) => avif::STRIP_ROWS,
        #[cfg(not(feature = "libaom"))]
        Coding::Avif(_) => 1,
    }
}
