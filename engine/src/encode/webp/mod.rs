//! WebP: lossy by libwebp from planes, lossless by image-webp.

mod lossless;
#[cfg(feature = "libwebp")]
mod lossy;

use std::io::Write;

use super::Codec;
use crate::{decode::Source, error::Result, peak::Part, plan::Plan};

/// Whether this build writes lossy WebP.
pub(crate) const CAN_BE_LOSSY: bool = cfg!(feature = "libwebp");

/// Effort of the lossy encoder, libwebp's usual one.
const LOSSY_EFFORT: u8 = 4;

pub(super) fn codec(lossless: bool) -> Codec {
    Codec {
        // RFC 9649, 2.6: 14 bits.
        largest_side: 16_383,
        usual_quality: if lossless { 100 } else { 80 },
        effort: if lossless { 0 } else { LOSSY_EFFORT },
    }
}

pub(super) fn encode(
    plan: &Plan,
    rows: Box<dyn Source + '_>,
    output: &mut impl Write,
) -> Result<()> {
    #[cfg(feature = "libwebp")]
    if !plan.lossless {
        return lossy::encode(plan, rows, output);
    }
    lossless::encode(plan, rows, output)
}

pub(super) fn peak(plan: &Plan) -> Vec<Part> {
    #[cfg(feature = "libwebp")]
    if !plan.lossless {
        return lossy::peak(plan);
    }
    lossless::peak(plan)
}
