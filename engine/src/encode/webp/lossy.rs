//! Lossy WebP by libwebp, from YUV planes: no trip through RGB.

use std::{ffi::c_int, io::Write};

use super::{
    LARGEST_SIDE,
    libwebp::{self, Samples},
};
use crate::{
    cost::{Nanoseconds, effect_of_detail, effect_of_quality},
    encode::{Codec, whole::Whole},
    error::Result,
    peak::Part,
    pixels::Range,
    plan::Plan,
    quality::{LIBWEBP, Loss},
};

pub(super) const CODEC: Codec = Codec {
    largest_side: LARGEST_SIDE,
    loss: Loss::Measured(LIBWEBP),
    efforts: 0..=6,
    // 2 takes half of 4's time for an eighth more bytes, 0 a fifth for a quarter to a
    // third more (`engine/docs/budgets.md`).
    rungs: &[4, 2, 0],
    effort_rule: "must be 0 to 6 for a webp",
};

/// Encodes; `is_late` is asked now and then, and ends it.
pub(in crate::encode) fn encode(
    plan: &Plan,
    image: &mut Whole,
    output: &mut dyn Write,
    is_late: &dyn Fn() -> bool,
) -> Result<()> {
    // The range that WebP prescribes (BT.601, RFC 9649, 2.5).
    let ([luma, cb, cr], alpha) = image.planes(Range::Limited) else {
        return Err(libwebp::failed(0));
    };
    let samples = Samples::Ycbcr([luma, cb, cr], alpha.map(Vec::as_mut_slice));
    let configure = |config: &mut libwebp_sys::WebPConfig| {
        config.quality = f32::from(plan.native_quality);
        config.method = c_int::from(plan.effort);
    };
    libwebp::encode(plan, configure, samples, output, is_late)
}

/// libwebp's macroblocks and tokens, which grow with every bit of the result:
/// this is what noise takes, several times what a photograph does. Alpha is coded
/// losslessly, and takes most where it is noise enlarged 2 to 4 times. Measured
/// with libwebp 1.6 up to 1600x1200, qualities 50 to 100.
fn encoder_bytes(plan: &Plan) -> u64 {
    let quality = u64::from(plan.native_quality);
    // In tenths of a byte a pixel. Up to effort 2 there are none, only the result, at
    // most three times while it is handed on; from quality 99 on it is thrice as long.
    let tokens = match (plan.effort, quality) {
        (..=2, ..=98) => 36,
        (..=2, _) => 100,
        _ => 120 + quality + 5 * quality.saturating_sub(80),
    };
    // Colour goes by macroblocks of 16, alpha by tiles of up to 64. Its efforts 5 and 6
    // keep what they tried.
    let (tables, tokens, tile) = match (plan.encoded.alpha, plan.effort) {
        (false, _) => (320 << 10, tokens, 16),
        (true, ..=4) => (768 << 10, tokens.max(475), 64),
        (true, 5) => (768 << 10, tokens.max(750), 64),
        (true, _) => (768 << 10, tokens.max(3600), 64),
    };
    let tiled = |side: u32| u64::from(side.next_multiple_of(tile));
    tables + tiled(plan.output.width) * tiled(plan.output.height) * tokens / 10
}

pub(in crate::encode) fn peak(plan: &Plan) -> Part {
    Part::new("WebP encoder", encoder_bytes(plan))
}

/// Modes are tried, as many as the effort says. Alpha is coded losslessly.
pub(in crate::encode) fn cost(plan: &Plan) -> Nanoseconds {
    let effort = match plan.effort {
        0 => 0.22,
        1 => 0.3,
        2 => 0.42,
        3 => 0.6,
        4 => 1.0,
        5 => 1.6,
        _ => 2.3,
    };
    let pixel = if plan.encoded.alpha { 150.0 } else { 88.0 };
    Nanoseconds::fixed(100.0)
        .and(plan.output.pixels(), pixel)
        .times(effort * effect_of_quality(plan) * effect_of_detail(plan, 0.25, 0.08))
}
