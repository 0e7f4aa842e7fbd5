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

/// Efforts are libwebp's methods 0 and 1. Over a photograph and four drawings together
/// (400, 1600 px wide), 1 takes 16 and 25 % fewer bytes than 0 and four times the time.
/// 2 takes another 2 and 4 % off (the mean of single images: 1 and 2 %) for half as much
/// time again. With a search of 75, 3 and 4 buy 2 and 3 % more a step at 400 px, drawn
/// text 8 %, for 1.3 and 1.8 times the time and, there, four times the memory; at 1600 px
/// nothing.
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

/// How long libwebp looks for what repeats, which is what its quality means here: at
/// effort 1 and 1600 px 5 % fewer bytes than 75, in the same time; 100 takes 10 % more
/// time for 0.2 %.
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
/// the references it tries, the result, as large as the picture if that is noise and at
/// most three times while it is handed on, and counts of symbols for each tile. Measured
/// with libwebp 1.6 over noise of one to four channels, enlarged, and of one bit, a
/// photograph and drawings, 64 to 1600 px wide, and noise 1 to 17 px thin. Efforts of
/// smaller tiles would take 169 bytes a pixel at 400 px.
fn encoder_bytes(plan: &Plan) -> u64 {
    let (pixel, tile, counts) = match plan.effort {
        0 => (23, 128, 9 << 10),
        _ => (34, 64, 19 << 10),
    };
    let tiles = |side: u32| u64::from(side.div_ceil(tile));
    let tiles = tiles(plan.output.width) * tiles(plan.output.height);
    // libwebp takes larger tiles rather than more.
    let tiles = tiles.min(2600);
    (768 << 10) + plan.output.pixels() * pixel + tiles * counts
}

pub(super) fn peak(plan: &Plan) -> Part {
    Part::new("WebP encoder", encoder_bytes(plan))
}

/// 170 ns a pixel of noise, 240 to 350 of flat drawings, and up to 570 of photographs:
/// what a source's bytes say of it is little.
pub(super) fn cost(plan: &Plan) -> Nanoseconds {
    let (pixel, power) = match plan.effort {
        0 => (150.0, 0.3),
        _ => (450.0, 0.1),
    };
    Nanoseconds::fixed(300.0)
        .and(plan.output.pixels(), pixel)
        .times(effect_of_detail(plan, power, 0.0))
}
