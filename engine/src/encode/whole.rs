//! Collecting an image for encoders that take it whole.

use crate::{budget::zeroed, decode::Source, error::Result, pixels::Layout};

/// The planes of a whole image, each without padding.
pub(super) struct Whole {
    pub(super) planes: Vec<Vec<u8>>,
}

impl Whole {
    /// Pulls every strip out of `rows`, which is gone afterwards: the encoder
    /// gets its memory.
    pub(super) fn collect(mut rows: Box<dyn Source + '_>, layout: &Layout) -> Result<Self> {
        let mut planes: Vec<Vec<u8>> = layout
            .planes
            .iter()
            .map(|shape| zeroed(shape.row_bytes() * shape.height as usize))
            .collect::<Result<_>>()?;
        let mut filled = vec![0; planes.len()];
        while rows.advance()? {
            let strip = rows.rows();
            for ((plane, filled), from) in planes.iter_mut().zip(&mut filled).zip(strip.planes()) {
                for y in 0..from.height {
                    let row = from.row(y);
                    plane[*filled..][..row.len()].copy_from_slice(row);
                    *filled += row.len();
                }
            }
        }
        Ok(Self { planes })
    }

    /// Takes out an alpha plane that is last, unless all of it is opaque.
    #[cfg(any(feature = "libwebp", feature = "libaom", feature = "rav1e"))]
    pub(super) fn take_alpha(&mut self, layout: &Layout) -> Option<Vec<u8>> {
        let alpha = if layout.alpha {
            self.planes.pop()?
        } else {
            return None;
        };
        (!alpha.iter().all(|&value| value == 255)).then_some(alpha)
    }
}
