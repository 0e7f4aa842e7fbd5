//! NEON. Samples are widened to words and multiplied by one weight at a time,
//! into sums in their natural order.

use std::arch::aarch64::{
    int16x8_t, int16x8x4_t, int32x4_t, uint8x8x4_t, vaddq_s32, vaddvq_s32, vcombine_u16, vdup_n_u8,
    vdup_n_u16, vdupq_n_s32, vget_high_u16, vget_low_s16, vget_low_u16, vld1_u8, vld1q_s16,
    vld1q_s32, vld4_u8, vmlal_high_n_s16, vmlal_high_s16, vmlal_n_s16, vmlal_s16, vmovl_u8,
    vmull_u8, vmull_u16, vqmovn_high_s32, vqmovn_s32, vqmovun_s16, vreinterpretq_s16_u16,
    vshlq_s32, vshrn_n_u32, vst1_u8, vst1q_s16, vst1q_s32, vst4q_s16,
};

use super::{Band, GROUP, PairWeights, scalar};
use crate::resize::weights::Weights;

/// Samples that one step of the vertical kernels takes.
const STEP: usize = 8;

#[target_feature(enable = "neon")]
pub(super) fn premultiply(row: &[u8], out: &mut [i16]) {
    let (row, row_rest) = row.as_chunks::<32>();
    let (out, out_rest) = out.as_chunks_mut::<32>();
    for (row, out) in row.iter().zip(out) {
        // SAFETY: the array holds 32 bytes: eight pixels, taken apart by channel.
        let [red, green, blue, alpha] = {
            let uint8x8x4_t(r, g, b, a) = unsafe { vld4_u8(row.as_ptr()) };
            [r, g, b, a]
        };
        let scaled = |samples| {
            let product = vmull_u8(samples, alpha);
            let scale = vdup_n_u16(32_897);
            let low = vshrn_n_u32::<16>(vmull_u16(vget_low_u16(product), scale));
            let high = vshrn_n_u32::<16>(vmull_u16(vget_high_u16(product), scale));
            vreinterpretq_s16_u16(vcombine_u16(low, high))
        };
        let pixels = int16x8x4_t(
            scaled(red),
            scaled(green),
            scaled(blue),
            scaled(vdup_n_u8(255)),
        );
        // SAFETY: the array holds 64 bytes: eight pixels of four words.
        unsafe { vst4q_s16(out.as_mut_ptr(), pixels) }
    }
    scalar::premultiply(row_rest, out_rest);
}

#[target_feature(enable = "neon")]
pub(super) fn accumulate_bytes(
    band: Band<'_, u8>,
    weights: &[PairWeights],
    sums: &mut [&mut [i32]; GROUP],
) {
    vertical(band, weights, sums, |bytes| load_bytes(bytes));
}

#[target_feature(enable = "neon")]
pub(super) fn accumulate_wide(
    band: Band<'_, i16>,
    weights: &[PairWeights],
    sums: &mut [&mut [i32]; GROUP],
) {
    vertical(band, weights, sums, |words| load_words(words));
}

/// The vertical pass over columns of 8: `load` yields 8 samples as words.
#[inline]
#[target_feature(enable = "neon")]
fn vertical<T: scalar::Sample>(
    band: Band<'_, T>,
    weights: &[PairWeights],
    sums: &mut [&mut [i32]; GROUP],
    load: impl Fn(&[T]) -> int16x8_t,
) {
    let whole = band.width / STEP * STEP;
    for x in (0..whole).step_by(STEP) {
        let mut low = [vdupq_n_s32(0); GROUP];
        let mut high = [vdupq_n_s32(0); GROUP];
        for g in 0..GROUP {
            low[g] = load_sums(&sums[g][x..x + 4]);
            high[g] = load_sums(&sums[g][x + 4..x + STEP]);
        }
        for y in 0..band.height {
            let samples = load(&band.row(y)[x..x + STEP]);
            for g in 0..GROUP {
                let weight = weights[y / 2][g][y % 2];
                low[g] = vmlal_n_s16(low[g], vget_low_s16(samples), weight);
                high[g] = vmlal_high_n_s16(high[g], samples, weight);
            }
        }
        for g in 0..GROUP {
            store_sums(&mut sums[g][x..x + 4], low[g]);
            store_sums(&mut sums[g][x + 4..x + STEP], high[g]);
        }
    }
    scalar::accumulate_from(whole, band, weights, sums);
}

#[target_feature(enable = "neon")]
pub(super) fn narrow(sums: &[i32], shift: u32, out: &mut [i16]) {
    let (sums, sums_rest) = sums.as_chunks::<8>();
    let (out, out_rest) = out.as_chunks_mut::<8>();
    for (sums, out) in sums.iter().zip(out) {
        let words = round_to_words(sums, shift);
        // SAFETY: the array holds 16 bytes; the store needs no alignment.
        unsafe { vst1q_s16(out.as_mut_ptr(), words) }
    }
    scalar::narrow(sums_rest, shift, out_rest);
}

#[target_feature(enable = "neon")]
pub(super) fn to_bytes(sums: &[i32], shift: u32, out: &mut [u8]) {
    let (sums, sums_rest) = sums.as_chunks::<8>();
    let (out, out_rest) = out.as_chunks_mut::<8>();
    for (sums, out) in sums.iter().zip(out) {
        let bytes = vqmovun_s16(round_to_words(sums, shift));
        // SAFETY: the array holds 8 bytes; the store needs no alignment.
        unsafe { vst1_u8(out.as_mut_ptr(), bytes) }
    }
    scalar::to_bytes(sums_rest, shift, out_rest);
}

#[target_feature(enable = "neon")]
pub(super) fn dot(row: &[i16], weights: &Weights, out: &mut [i32]) {
    for (x, out) in out.iter_mut().enumerate() {
        let (first, weights) = weights.row(x);
        let row = &row[first..first + weights.len()];
        let mut sums = vdupq_n_s32(0);
        for (samples, weights) in row.chunks_exact(8).zip(weights.chunks_exact(8)) {
            let (samples, weights) = (load_words(samples), load_words(weights));
            sums = vmlal_s16(sums, vget_low_s16(samples), vget_low_s16(weights));
            sums = vmlal_high_s16(sums, samples, weights);
        }
        *out = vaddvq_s32(sums);
    }
}

/// Rounds eight sums to words, clamped.
#[inline]
#[target_feature(enable = "neon")]
fn round_to_words(sums: &[i32; 8], shift: u32) -> int16x8_t {
    let half = vdupq_n_s32(1 << (shift - 1));
    let right = vdupq_n_s32(-shift.cast_signed());
    // A rounding shift would not wrap where the definition's addition does, but
    // neither overflows: see `backend`.
    let round = |sums: &[i32]| vshlq_s32(vaddq_s32(load_sums(sums), half), right);
    vqmovn_high_s32(vqmovn_s32(round(&sums[..4])), round(&sums[4..]))
}

#[inline]
#[target_feature(enable = "neon")]
fn load_bytes(bytes: &[u8]) -> int16x8_t {
    assert!(bytes.len() >= 8, "eight bytes");
    // SAFETY: the slice holds 8 bytes; the load needs no alignment.
    let bytes = unsafe { vld1_u8(bytes.as_ptr()) };
    vreinterpretq_s16_u16(vmovl_u8(bytes))
}

#[inline]
#[target_feature(enable = "neon")]
fn load_words(words: &[i16]) -> int16x8_t {
    assert!(words.len() >= 8, "eight words");
    // SAFETY: the slice holds 16 bytes; the load needs no alignment.
    unsafe { vld1q_s16(words.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon")]
fn load_sums(sums: &[i32]) -> int32x4_t {
    assert!(sums.len() >= 4, "four sums");
    // SAFETY: the slice holds 16 bytes; the load needs no alignment.
    unsafe { vld1q_s32(sums.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon")]
fn store_sums(sums: &mut [i32], value: int32x4_t) {
    assert!(sums.len() >= 4, "four sums");
    // SAFETY: the slice holds 16 bytes; the store needs no alignment.
    unsafe { vst1q_s32(sums.as_mut_ptr(), value) }
}
