//! WebP: lossy by libwebp from planes, or lossless by image-webp in builds
//! without C.

#[cfg(feature = "libwebp")]
pub(super) mod animated;
#[cfg(feature = "libwebp")]
mod lossy;
#[cfg(feature = "libwebp")]
pub(super) use lossy::{encode, peak};

#[cfg(not(feature = "libwebp"))]
mod lossless;
#[cfg(not(feature = "libwebp"))]
pub(super) use lossless::{encode, peak};

use super::Codec;

/// Whether this build writes lossy WebP.
pub(super) const IS_LOSSY: bool = cfg!(feature = "libwebp");

pub(super) const CODEC: Codec = Codec {
    // RFC 9649, 2.6: 14 bits.
    largest_side: 16_383,
    usual_quality: 80,
    effort: if IS_LOSSY { 4 } else { 0 },
};
