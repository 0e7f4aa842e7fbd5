//! Adam7 (PNG specification, section 8.2): seven passes, each a smaller image of its own.

use crate::pixels::Dimensions;

/// The pixels of one pass: from `left` and `top` on, every `across` and `down`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pass {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) across: u32,
    pub(super) down: u32,
}

impl Pass {
    const fn new(left: u32, top: u32, across: u32, down: u32) -> Self {
        Self {
            left,
            top,
            across,
            down,
        }
    }

    /// Its own size, or none if it has no pixels of an image of `size`.
    pub(super) fn size(self, size: Dimensions) -> Option<Dimensions> {
        let width = size.width.saturating_sub(self.left).div_ceil(self.across);
        let height = size.height.saturating_sub(self.top).div_ceil(self.down);
        (width > 0 && height > 0).then_some(Dimensions { width, height })
    }
}

/// All of an image that is not interlaced.
const WHOLE: [Pass; 1] = [Pass::new(0, 0, 1, 1)];

const ADAM7: [Pass; 7] = [
    Pass::new(0, 0, 8, 8),
    Pass::new(4, 0, 8, 8),
    Pass::new(0, 4, 4, 8),
    Pass::new(2, 0, 4, 4),
    Pass::new(0, 2, 2, 4),
    Pass::new(1, 0, 2, 2),
    Pass::new(0, 1, 1, 2),
];

/// The passes of an image, and their sizes; those without pixels are not in the file.
pub(super) fn passes(
    size: Dimensions,
    interlaced: bool,
) -> impl Iterator<Item = (Pass, Dimensions)> {
    let passes = if interlaced { &ADAM7[..] } else { &WHOLE };
    let sized = move |pass: &Pass| Some((*pass, pass.size(size)?));
    passes.iter().filter_map(sized)
}

/// Puts the pixels of a pass's row where they belong in a row of the image.
pub(super) fn scatter(pixels: &[u8], channels: usize, pass: Pass, row: &mut [u8]) {
    let places = row[pass.left as usize * channels..].chunks_mut(pass.across as usize * channels);
    for (place, pixel) in places.zip(pixels.chunks_exact(channels)) {
        place[..channels].copy_from_slice(pixel);
    }
}
