//! Bytes to rows. A format takes one file here, one arm in [`open`] and one in
//! [`layout`].

mod jpeg;
mod png;

use crate::{
    error::{Error, Result},
    header::{Coding, Header},
    input::Input,
    peak::Part,
    pixels::{Layout, PlaneShape, Rows},
    stages::Clock,
};

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

/// Opens the decoder for `header` on the input it was probed from.
pub(crate) fn open<'a>(
    header: &Header,
    input: Input<'a>,
    allowed: u64,
    clock: &Clock,
) -> Result<Box<dyn Source + 'a>> {
    Ok(match &header.coding {
        Coding::Jpeg(_) => Box::new(jpeg::Decoder::new(header, input, allowed, clock)?),
        Coding::Png { .. } => Box::new(png::Decoder::new(header, input, clock)?),
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
        _ => Ok(()),
    }
}

/// Whether the decoder holds the whole file.
pub(crate) fn holds_source(header: &Header) -> bool {
    matches!(header.coding, Coding::Jpeg(_))
}

/// The planes that [`open`] will yield.
pub(crate) fn layout(header: &Header) -> Layout {
    match &header.coding {
        Coding::Jpeg(coding) => {
            let (across, down) = coding.max_sampling();
            let size = header.dimensions;
            let planes = coding
                .components
                .iter()
                .map(|component| PlaneShape {
                    // T.81, A.1.1.
                    width: share(size.width, component.horizontal, across),
                    height: share(size.height, component.vertical, down),
                    channels: 1,
                    x_step: f64::from(across) / f64::from(component.horizontal),
                    y_step: f64::from(down) / f64::from(component.vertical),
                })
                .collect();
            Layout {
                colour: header.colour,
                alpha: false,
                planes,
            }
        }
        Coding::Png { .. } => Layout::interleaved(header.colour, header.alpha, header.dimensions),
    }
}

fn share(length: u32, factor: u8, largest: u8) -> u32 {
    (length * u32::from(factor)).div_ceil(u32::from(largest))
}

/// The memory that [`open`] will use.
pub(crate) fn peak(header: &Header) -> Vec<Part> {
    match &header.coding {
        Coding::Jpeg(coding) => jpeg::peak(header, coding),
        Coding::Png { .. } => png::peak(header),
    }
}

/// Image rows in a strip as the decoder yields it, at most.
pub(crate) fn strip_rows(header: &Header) -> u32 {
    match &header.coding {
        Coding::Jpeg(coding) => 8 * u32::from(coding.max_sampling().1),
        Coding::Png { .. } => png::STRIP_ROWS,
    }
}
