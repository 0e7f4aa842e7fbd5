//! The definition of the kernel, written to be read.
//!
//! The transform is that of Loeffler, Ligtenberg and Moschytz (1989) with 12
//! multiplications, in the precision of libjpeg's `islow`: constants have 13
//! fractional bits, and 2 are kept between the passes. Columns come first and
//! rows second, unlike libjpeg: vector code then turns the block over once
//! instead of twice, and works on it turned.

use super::{
    super::tables::{Divisors, TURNED_ZIGZAG},
    Band, Block,
};

/// Fractional bits of the constants.
pub(super) const CONST_BITS: i32 = 13;

/// Fractional bits between the passes.
pub(super) const PASS_BITS: i32 = 2;

/// The constants, named by their values.
pub(super) mod fix {
    pub(in super::super) const F0_298: i16 = 2446;
    pub(in super::super) const F0_390: i16 = 3196;
    pub(in super::super) const F0_541: i16 = 4433;
    pub(in super::super) const F0_765: i16 = 6270;
    pub(in super::super) const F0_899: i16 = 7373;
    pub(in super::super) const F1_175: i16 = 9633;
    pub(in super::super) const F1_501: i16 = 12_299;
    pub(in super::super) const F1_847: i16 = 15_137;
    pub(in super::super) const F1_961: i16 = 16_069;
    pub(in super::super) const F2_053: i16 = 16_819;
    pub(in super::super) const F2_562: i16 = 20_995;
    pub(in super::super) const F3_072: i16 = 25_172;
}

pub(super) fn quantise(
    band: Band<'_>,
    divisors: &Divisors,
    blocks: &mut [Block],
    nonzero: &mut [u64],
) {
    for (i, (block, nonzero)) in blocks.iter_mut().zip(nonzero).enumerate() {
        let turned = transform(band.right_from(8 * i));
        *nonzero = 0;
        for (k, (out, at)) in block.iter_mut().zip(TURNED_ZIGZAG).enumerate() {
            *out = divisors.divide(turned[at], at);
            *nonzero |= u64::from(*out != 0) << k;
        }
    }
}

/// Eight times the transform of one block, turned over: horizontal frequency
/// `v` and vertical frequency `u` are at `8 * v + u`.
pub(super) fn transform(band: Band<'_>) -> [i16; 64] {
    let mut columns = [[0; 8]; 8];
    for (x, column) in columns.iter_mut().enumerate() {
        let samples: [u8; 8] = std::array::from_fn(|y| band.samples[y * band.stride + x]);
        *column = first_pass(samples.map(|sample| i32::from(sample) - 128));
    }
    let mut turned = [0; 64];
    for u in 0..8 {
        let row = second_pass(columns.map(|column| column[u]));
        for (v, value) in row.into_iter().enumerate() {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "at most 8,192: see `backend`"
            )]
            let value = value as i16;
            turned[8 * v + u] = value;
        }
    }
    turned
}

fn first_pass(samples: [i32; 8]) -> [i32; 8] {
    let [x0, x4, others @ ..] = pass(samples);
    let [x0, x4] = [x0, x4].map(|x| x << PASS_BITS);
    ordered(
        x0,
        x4,
        others.map(|x| round_shift(x, CONST_BITS - PASS_BITS)),
    )
}

fn second_pass(samples: [i32; 8]) -> [i32; 8] {
    let [x0, x4, others @ ..] = pass(samples);
    let [x0, x4] = [x0, x4].map(|x| round_shift(x, PASS_BITS));
    ordered(
        x0,
        x4,
        others.map(|x| round_shift(x, CONST_BITS + PASS_BITS)),
    )
}

fn ordered(x0: i32, x4: i32, [x2, x6, x1, x3, x5, x7]: [i32; 6]) -> [i32; 8] {
    [x0, x1, x2, x3, x4, x5, x6, x7]
}

/// Frequencies 0 and 4 as they are; 2, 6, 1, 3, 5 and 7 with `CONST_BITS`
/// fractional bits more.
fn pass(x: [i32; 8]) -> [i32; 8] {
    use fix::*;
    let sum = |i: usize| x[i] + x[7 - i];
    let difference = |i: usize| x[i] - x[7 - i];
    let times = |x: i32, factor: i16| x * i32::from(factor);

    let (outer, inner) = (sum(0) + sum(3), sum(1) + sum(2));
    let (p, q) = (sum(0) - sum(3), sum(1) - sum(2));
    let z = times(p + q, F0_541);
    let even = [z + times(p, F0_765), z - times(q, F1_847)];

    let [t4, t5, t6, t7] = [3, 2, 1, 0].map(difference);
    let z5 = times(t4 + t6 + t5 + t7, F1_175);
    let z1 = -times(t4 + t7, F0_899);
    let z2 = -times(t5 + t6, F2_562);
    let z3 = z5 - times(t4 + t6, F1_961);
    let z4 = z5 - times(t5 + t7, F0_390);
    let odd = [
        times(t7, F1_501) + z1 + z4,
        times(t6, F3_072) + z2 + z3,
        times(t5, F2_053) + z2 + z4,
        times(t4, F0_298) + z1 + z3,
    ];
    let [x2, x6] = even;
    let [x1, x3, x5, x7] = odd;
    [outer + inner, outer - inner, x2, x6, x1, x3, x5, x7]
}

fn round_shift(value: i32, bits: i32) -> i32 {
    (value + (1 << (bits - 1))) >> bits
}
