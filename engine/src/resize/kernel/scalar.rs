//! The definition of every kernel, written to be read.

use super::{Band, GROUP, PairWeights};
use crate::resize::weights::Weights;

/// A sample as it enters the vertical pass: a byte, or a wider premultiplied one.
pub(crate) trait Sample: Copy + Into<i32> {}

impl Sample for u8 {}
impl Sample for i16 {}

/// Multiplies the first three of every four channels by the fourth, and that by
/// 255: 255 times 255 becomes 32,640, which is 255 with 7 fractional bits.
pub(in crate::resize) fn premultiply(row: &[u8], out: &mut [i16]) {
    premultiply_each::<4>(row, out);
}

/// The same for any number of channels, the last of which is alpha.
pub(in crate::resize) fn premultiply_each<const N: usize>(row: &[u8], out: &mut [i16]) {
    let (pixels, out) = (row.as_chunks::<N>().0, out.as_chunks_mut::<N>().0);
    for (pixel, out) in pixels.iter().zip(out) {
        let alpha = u32::from(pixel[N - 1]);
        let mut opaque = *pixel;
        opaque[N - 1] = 255;
        for (sample, out) in opaque.into_iter().zip(out) {
            // 32,897 / 65,536 is 128 / 255; for 255 times anything it is exact.
            *out = ((u32::from(sample) * alpha * 32_897) >> 16) as i16;
        }
    }
}

/// Adds to `sums[g][x]` the sum over all rows of `row[x] * weights[row][g]`.
pub(in crate::resize) fn accumulate<T: Sample>(
    band: Band<'_, T>,
    weights: &[PairWeights],
    sums: &mut [&mut [i32]; GROUP],
) {
    accumulate_from(0, band, weights, sums);
}

/// The same for the columns from `from` on.
pub(super) fn accumulate_from<T: Sample>(
    from: usize,
    band: Band<'_, T>,
    weights: &[PairWeights],
    sums: &mut [&mut [i32]; GROUP],
) {
    for y in 0..band.height {
        let row = &band.row(y)[from..];
        for (g, sums) in sums.iter_mut().enumerate() {
            let weight = i32::from(weights[y / 2][g][y % 2]);
            for (sum, &sample) in sums[from..].iter_mut().zip(row) {
                let sample: i32 = sample.into();
                *sum += sample * weight;
            }
        }
    }
}

/// Rounds sums to `i16`, dropping `shift` bits; what does not fit is clamped.
pub(in crate::resize) fn narrow(sums: &[i32], shift: u32, out: &mut [i16]) {
    for (out, &sum) in out.iter_mut().zip(sums) {
        *out = clamp_i16(round_shift(sum, shift));
    }
}

/// Sets `out[x]` to the sum over the taps of `x` of sample times weight.
pub(in crate::resize) fn dot(row: &[i16], weights: &Weights, out: &mut [i32]) {
    for (x, out) in out.iter_mut().enumerate() {
        *out = dot_one(row, weights, x);
    }
}

/// Output sample `x` of [`dot`].
pub(super) fn dot_one(row: &[i16], weights: &Weights, x: usize) -> i32 {
    let (first, weights) = weights.row(x);
    row[first..]
        .iter()
        .zip(weights)
        .map(|(&sample, &weight)| i32::from(sample) * i32::from(weight))
        .sum()
}

/// Rounds sums to bytes, dropping `shift` bits; what does not fit is clamped.
pub(in crate::resize) fn to_bytes(sums: &[i32], shift: u32, out: &mut [u8]) {
    for (out, &sum) in out.iter_mut().zip(sums) {
        *out = clamp_u8(round_shift(sum, shift));
    }
}

fn round_shift(sum: i32, shift: u32) -> i32 {
    (sum + (1 << (shift - 1))) >> shift
}

#[expect(clippy::cast_possible_truncation, reason = "clamped")]
fn clamp_i16(value: i32) -> i16 {
    value.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

#[expect(clippy::cast_sign_loss, reason = "clamped")]
fn clamp_u8(value: i32) -> u8 {
    value.clamp(0, 255) as u8
}
