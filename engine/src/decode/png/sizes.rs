//! What a header makes of the decoder's buffers. All are planned with before any is made.

use super::{STRIP_ROWS, interlace::passes, lines::window_bytes};
use crate::{
    header::{Coding, Header},
    pixels::Dimensions,
};

/// The shape of an image, as stored and as decoded.
#[derive(Clone, Debug)]
pub(super) struct Sizes {
    pub(super) image: Dimensions,
    pub(super) interlaced: bool,
    /// Samples of a stored pixel: without what a palette or a transparent colour adds.
    pub(super) samples: usize,
    /// Channels of a decoded pixel, a byte each.
    pub(super) channels: usize,
    /// Bits of a stored sample.
    depth: usize,
}

impl Sizes {
    pub(super) fn of(header: &Header) -> Self {
        let Coding::Png {
            interlaced,
            palette,
            keyed,
            ..
        } = header.coding
        else {
            unreachable!("the decoder of PNG is opened on PNG");
        };
        let colours = usize::from(header.colour.channels());
        let channels = colours + usize::from(header.alpha);
        Self {
            image: header.dimensions,
            interlaced,
            samples: match (palette, keyed) {
                (true, _) => 1,
                (false, true) => colours,
                (false, false) => channels,
            },
            channels,
            depth: usize::from(header.bit_depth),
        }
    }

    /// Bytes of a stored pixel; 1 if it is smaller.
    pub(super) fn pixel_bytes(&self) -> usize {
        (self.samples * self.depth).div_ceil(8)
    }

    /// Bytes of a stored row of `width` pixels, without its filter.
    pub(super) fn row_bytes(&self, width: u32) -> u64 {
        (u64::from(width) * (self.samples * self.depth) as u64).div_ceil(8)
    }

    /// Bytes of a decoded row.
    pub(super) fn out_bytes(&self) -> usize {
        self.image.width as usize * self.channels
    }

    /// Bytes of all lines.
    pub(super) fn inflated(&self) -> u64 {
        passes(self.image, self.interlaced)
            .map(|(_, size)| (1 + self.row_bytes(size.width)).saturating_mul(size.height.into()))
            .fold(0, u64::saturating_add)
    }

    /// Bytes of the inflater's window.
    pub(super) fn window(&self) -> u64 {
        window_bytes(1 + self.row_bytes(self.image.width), self.inflated())
    }

    /// Bytes of a strip of stored rows and the one above it.
    pub(super) fn unfiltered(&self) -> u64 {
        self.row_bytes(self.image.width) * u64::from(1 + STRIP_ROWS.min(self.image.height))
    }

    /// Bytes of what rows are expanded into, if they are: a strip; or if the image is
    /// interlaced, all of it and a row of a pass.
    pub(super) fn expanded(&self) -> u64 {
        let rows = if self.interlaced {
            1 + u64::from(self.image.height)
        } else if self.samples < self.channels || self.depth != 8 {
            STRIP_ROWS.min(self.image.height).into()
        } else {
            0
        };
        rows.saturating_mul(self.out_bytes() as u64)
    }
}
