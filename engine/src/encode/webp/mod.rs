//! WebP: lossy by libwebp from planes, or lossless by image-webp in builds
//! without C.

#[cfg(feature = "libwebp")]
mod lossy;
#[cfg(feature = "libwebp")]
pub(super) use lossy::{encode, peak};

#[cfg(not(feature = "libwebp"))]
mod lossless;
#[cfg(not(feature = "libwebp"))]
pub(super) use lossless::{encode, peak};

use super::Codec;
use crate::quality::Loss;

/// Whether this build writes lossy WebP.
pub(super) const IS_LOSSY: bool = cfg!(feature = "libwebp");

#[cfg(feature = "libwebp")]
pub(super) const CODEC: Codec = Codec {
    largest_side: LARGEST_SIDE,
    loss: Loss::Measured(crate::quality::LIBWEBP),
    efforts: 0..=6,
    usual_effort: 4,
    effort_rule: "must be 0 to 6 for a webp",
};

#[cfg(not(feature = "libwebp"))]
pub(super) const CODEC: Codec = Codec {
    largest_side: LARGEST_SIDE,
    loss: Loss::None,
    efforts: 0..=0,
    usual_effort: 0,
    effort_rule: "must be left out, or 0, for a lossless webp",
};

/// RFC 9649, 2.6: 14 bits.
const LARGEST_SIDE: u32 = 16_383;
