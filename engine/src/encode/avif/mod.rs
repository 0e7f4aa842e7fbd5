//! AVIF: AV1 intra frames by libaom or rav1e in an AVIF container, colour and
//! alpha each a frame of its own.

#[cfg(feature = "libaom")]
mod aom;
#[cfg(not(feature = "libaom"))]
mod rav1e;

use std::{io::Write, slice, time::Duration};

#[cfg(feature = "libaom")]
use aom as av1;
use avif_serialize::{
    Aviffy,
    constants::{ColorPrimaries, MatrixCoefficients, TransferCharacteristics},
};
#[cfg(not(feature = "libaom"))]
use rav1e as av1;

use super::{Codec, whole::Whole};
use crate::{
    cost::{Nanoseconds, effect_of_detail, effect_of_quality},
    error::{Error, Result},
    peak::Part,
    pixels::{Dimensions, Range},
    plan::Plan,
    quality::Loss,
};

pub(super) const CODEC: Codec = Codec {
    largest_side: 65_535,
    loss: Loss::Measured(av1::QUALITY),
    efforts: av1::EFFORTS,
    rungs: av1::RUNGS,
    effort_rule: av1::EFFORT_RULE,
};

/// One AV1 frame to make: 8 bit, full range.
struct Frame<'a> {
    size: Dimensions,
    /// Luma and chroma at half size, or alpha alone.
    planes: &'a [Vec<u8>],
    /// Of this encoder, 1-100.
    quality: u8,
    effort: u8,
}

/// Encodes; `is_late` is asked after each frame, which nothing can stop before.
pub(super) fn encode(
    plan: &Plan,
    image: &mut Whole,
    output: &mut dyn Write,
    is_late: &dyn Fn() -> bool,
) -> Result<()> {
    let (colour, alpha) = image.planes(Range::Full);
    let frame = |planes, quality| {
        av1::encode(&Frame {
            size: plan.output,
            planes,
            quality,
            effort: plan.effort,
        })
    };
    let colour = frame(colour, plan.native_quality)?;
    let in_time = || {
        if is_late() {
            Err(Error::TimedOut {
                late_by: Duration::ZERO,
            })
        } else {
            Ok(())
        }
    };
    in_time()?;
    // Alpha is looked at through every edge: give it more.
    let alpha = match alpha {
        Some(alpha) => Some(frame(
            slice::from_ref(alpha),
            plan.native_quality.midpoint(100),
        )?),
        None => None,
    };
    in_time()?;
    let mut file = Aviffy::new();
    if let Some(exif) = plan.copyright.exif() {
        file.set_exif(exif);
    }
    file.set_color_primaries(ColorPrimaries::Bt709)
        .set_transfer_characteristics(TransferCharacteristics::Srgb)
        .set_matrix_coefficients(MatrixCoefficients::Bt601)
        .set_full_color_range(true)
        .set_chroma_subsampling((true, true))
        // 8-bit 4:2:0 is the main profile; its default is 1 (4:4:4).
        .set_seq_profile(0)
        .set_width(plan.output.width)
        .set_height(plan.output.height)
        .set_bit_depth(8)
        .write_slice(output, &colour, alpha.as_deref())
        .map_err(Error::Write)
}

pub(super) fn peak(plan: &Plan) -> Part {
    Part::new(
        "AV1 encoder",
        av1::peak_bytes(plan.output, plan.native_quality, plan.effort),
    )
}

/// The colour's frame, and that of alpha.
pub(super) fn cost(plan: &Plan) -> Nanoseconds {
    let alpha = if plan.encoded.alpha { 1.6 } else { 1.0 };
    av1::cost(plan.output.pixels(), plan.effort)
        .times(alpha * effect_of_quality(plan) * effect_of_detail(plan, 0.5, 0.12))
}
