//! Lossless WebP by libwebp.

use std::{ffi::c_int, io::Write};

use super::{
    LARGEST_SIDE,
    libwebp::{self, Samples},
};
use crate::{
    budget::zeroed,
    cost::{Nanoseconds, effect_of_detail},
    encode::{Codec, whole::Whole},
    error::Result,
    peak::Part,
    pixels::Colour,
    plan::Plan,
    quality::Loss,
};

/// Efforts are libwebp's methods 0 and 1. Over a photograph and drawings, 400 and 1600 px
/// wide, 1 takes TODO % fewer bytes than 0 and four to seven times the time, 300 ns a
/// pixel. 2 takes another 2 % off for half as much again, and 3 and 4 another 2 % each
/// at 400 px (of drawn text 8 %) for two and four times the time of 1, nothing at 1600.
pub(super) const CODEC: Codec = Codec {
    largest_side: LARGEST_SIDE,
    loss: Loss::None,
    efforts: 0..=1,
    rungs: &[1, 0],
    effort_rule: "must be 0 or 1 for a lossless webp",
};

/// Encodes; `is_late` is asked now and then, and ends it.
pub(in crate::encode) fn encode(
    plan: &Plan,
    image: &mut Whole,
    output: &mut dyn Write,
    is_late: &dyn Fn() -> bool,
) -> Result<()> {
    let mut pixels = pixels(plan, image.interleaved())?;
    let configure = |config: &mut libwebp_sys::WebPConfig| {
        config.lossless = 1;
        config.exact = 0;
        config.method = c_int::from(plan.effort);
        config.quality = SEARCH;
    };
    libwebp::encode(plan, configure, Samples::Argb(&mut pixels), output, is_late)
}

/// How long libwebp looks for what repeats, which is what its quality means here. At
/// effort 1 it takes 5 % fewer bytes than 75 does at 1600 px, in the same time.
const SEARCH: f32 = 90.0;

/// Interleaved samples as libwebp wants them: alpha, red, green and blue from the
/// highest bits down.
fn pixels(plan: &Plan, samples: &[u8]) -> Result<Vec<u32>> {
    let mut pixels = zeroed(plan.output.width as usize * plan.output.height as usize)?;
    match (plan.encoded.colour, plan.encoded.alpha) {
        (Colour::Grey, false) => fill(&mut pixels, samples, |[y]| [255, y, y, y]),
        (Colour::Grey, true) => fill(&mut pixels, samples, |[y, a]| [a, y, y, y]),
        (_, false) => fill(&mut pixels, samples, |[r, g, b]| [255, r, g, b]),
        (_, true) => fill(&mut pixels, samples, |[r, g, b, a]| [a, r, g, b]),
    }
    Ok(pixels)
}

fn fill<const N: usize>(pixels: &mut [u32], samples: &[u8], argb: impl Fn([u8; N]) -> [u8; 4]) {
    for (pixel, &channels) in pixels.iter_mut().zip(samples.as_chunks().0) {
        *pixel = u32::from_be_bytes(argb(channels));
    }
}

/// The pixels of four bytes, and libwebp's own copy of them, its chain of what repeats,
/// the references it tries, and the result, as large as the picture if that is noise and
/// at most three times while it is handed on. Measured with libwebp 1.6 over noise in up
/// to four channels, noise enlarged and of one bit, a photograph and drawings, 64 to 1600
/// px wide, and noise 1 to 17 px thin. Up from effort 2 on it would be 169 bytes a pixel
/// at 400 px, for the histograms.
pub(super) fn peak(plan: &Plan) -> Part {
    let pixel = if plan.effort == 0 { 25 } else { 40 };
    Part::new("WebP encoder", plan.output.pixels() * pixel + (768 << 10))
}

/// Fitted by the corpus at 400 and 1600 px: TODO.
pub(super) fn cost(plan: &Plan) -> Nanoseconds {
    let pixel = if plan.effort == 0 { 55.0 } else { 330.0 };
    Nanoseconds::fixed(1000.0)
        .and(plan.output.pixels(), pixel)
        .times(effect_of_detail(plan, 0.0, 0.0))
}
