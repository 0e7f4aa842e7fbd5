//! WebP: lossy by libwebp from planes, lossless by image-webp.

#[cfg(feature = "libwebp")]
pub(super) mod animated;
#[cfg(feature = "libwebp")]
mod container;
mod lossless;
#[cfg(feature = "libwebp")]
mod lossy;

use std::io::Write;

use super::Codec;
use super::whole::Whole;
use crate::{cost::Nanoseconds, error::Result, peak::Part, plan::Plan, quality::Loss};

/// Whether this build writes lossy WebP.
pub(crate) const CAN_BE_LOSSY: bool = cfg!(feature = "libwebp");

pub(super) fn codec(lossless: bool) -> Codec {
    // RFC 9649, 2.6: 14 bits.
    let largest_side = 16_383;
    #[cfg(feature = "libwebp")]
    if !lossless {
        return Codec {
            largest_side,
            loss: Loss::Measured(crate::quality::LIBWEBP),
            efforts: 0..=6,
            // 2 takes half of 4's time for an eighth more bytes, 0 a fifth for a quarter to
            // a third more (`engine/docs/budgets.md`).
            rungs: &[4, 2, 0],
            effort_rule: "must be 0 to 6 for a webp",
        };
    }
    let _ = lossless;
    Codec {
        largest_side,
        loss: Loss::None,
        efforts: 0..=0,
        rungs: &[0],
        effort_rule: "must be left out, or 0, for a lossless webp",
    }
}

pub(super) fn encode(
    plan: &Plan,
    image: &mut Whole,
    output: &mut dyn Write,
    #[cfg_attr(not(feature = "libwebp"), expect(unused_variables))] is_late: &dyn Fn() -> bool,
) -> Result<()> {
    #[cfg(feature = "libwebp")]
    if !plan.lossless {
        return lossy::encode(plan, image, output, is_late);
    }
    lossless::encode(plan, image, output)
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
