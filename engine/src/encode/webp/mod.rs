//! WebP by libwebp: lossy from planes, lossless from pixels. Without it, lossless by
//! image-webp.

#[cfg(feature = "libwebp")]
pub(super) mod animated;
#[cfg(feature = "libwebp")]
mod container;
#[cfg(feature = "libwebp")]
mod libwebp;
#[cfg(not(feature = "libwebp"))]
mod lossless;
#[cfg(feature = "libwebp")]
mod lossless_libwebp;
#[cfg(feature = "libwebp")]
mod lossy;

use std::io::Write;

use super::Codec;
use super::whole::Whole;
use crate::{cost::Nanoseconds, error::Result, peak::Part, plan::Plan};
#[cfg(feature = "libwebp")]
use lossless_libwebp as lossless;

/// Whether this build writes lossy WebP.
pub(crate) const CAN_BE_LOSSY: bool = cfg!(feature = "libwebp");

/// RFC 9649, 2.6: 14 bits.
const LARGEST_SIDE: u32 = 16_383;

pub(super) fn codec(lossless: bool) -> Codec {
    #[cfg(feature = "libwebp")]
    if !lossless {
        return lossy::CODEC;
    }
    let _ = lossless;
    lossless::CODEC
}

pub(super) fn encode(
    plan: &Plan,
    image: &mut Whole,
    output: &mut dyn Write,
    is_late: &dyn Fn() -> bool,
) -> Result<()> {
    #[cfg(feature = "libwebp")]
    if !plan.lossless {
        return lossy::encode(plan, image, output, is_late);
    }
    lossless::encode(plan, image, output, is_late)
}

pub(super) fn peak(plan: &Plan) -> Part {
    #[cfg(feature = "libwebp")]
    if !plan.lossless {
        return lossy::peak(plan);
    }
    lossless::peak(plan)
}

pub(super) fn cost(plan: &Plan) -> Nanoseconds {
    #[cfg(feature = "libwebp")]
    if !plan.lossless {
        return lossy::cost(plan);
    }
    lossless::cost(plan)
}
