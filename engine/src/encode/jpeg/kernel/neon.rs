//! NEON. One block at a time, its rows as they lie; the zigzag order is looked up
//! in the whole block at once.

use std::arch::aarch64::{
    int16x8_t, int32x4_t, uint8x16_t, uint8x16x4_t, vabsq_s16, vaddq_s16, vaddq_s32, vaddq_u16,
    vaddv_u8, vand_u8, vbslq_s16, vcltzq_s16, vcombine_s16, vcombine_u16, vdupq_n_s16, vdupq_n_s32,
    vget_high_s16, vget_high_u16, vget_low_s16, vget_low_u16, vld1_u8, vld1q_u8, vld1q_u16,
    vmlal_n_s16, vmovl_u8, vmovn_u16, vmull_u16, vnegq_s16, vqtbl4q_u8, vqtbx4q_u8,
    vreinterpretq_s16_s32, vreinterpretq_s16_u8, vreinterpretq_s16_u16, vreinterpretq_s32_s16,
    vreinterpretq_s32_s64, vreinterpretq_s64_s32, vreinterpretq_u8_s16, vreinterpretq_u16_s16,
    vshlq_n_s16, vshrn_n_s32, vshrn_n_u32, vshrq_n_s16, vst1q_s16, vsubq_s16, vtrn1q_s16,
    vtrn1q_s32, vtrn1q_s64, vtrn2q_s16, vtrn2q_s32, vtrn2q_s64, vtstq_s16,
};

use super::{
    super::tables::{Divisors, TURNED_ZIGZAG},
    Band, Block,
    scalar::{CONST_BITS, PASS_BITS, fix},
};

#[target_feature(enable = "neon")]
pub(super) fn quantise(
    band: Band<'_>,
    divisors: &Divisors,
    blocks: &mut [Block],
    nonzero: &mut [u64],
) {
    for (i, (block, nonzero)) in blocks.iter_mut().zip(nonzero).enumerate() {
        let rows: [int16x8_t; 8] = std::array::from_fn(|y| {
            let row = band.samples[y * band.stride + 8 * i..].first_chunk();
            load_samples(row.expect("eight samples"))
        });
        let mut turned = second_pass(transpose(first_pass(rows)));
        for (i, row) in turned.iter_mut().enumerate() {
            *row = divide(*row, divisors, i);
        }
        *nonzero = 0;
        for (i, (row, out)) in to_zigzag(turned)
            .into_iter()
            .zip(block.as_chunks_mut::<8>().0)
            .enumerate()
        {
            *nonzero |= u64::from(mask(row)) << (8 * i);
            // SAFETY: the array holds 16 bytes; the store needs no alignment.
            unsafe { vst1q_s16(out.as_mut_ptr(), row) }
        }
    }
}

/// Divides row `i` of a turned block.
#[inline]
#[target_feature(enable = "neon")]
fn divide(row: int16x8_t, divisors: &Divisors, i: usize) -> int16x8_t {
    let load = |words: &[u16; 64]| {
        let words = &words.as_chunks::<8>().0[i];
        // SAFETY: the array holds 16 bytes; the load needs no alignment.
        unsafe { vld1q_u16(words.as_ptr()) }
    };
    let high = |a, b| {
        let low = vshrn_n_u32::<16>(vmull_u16(vget_low_u16(a), vget_low_u16(b)));
        let high = vshrn_n_u32::<16>(vmull_u16(vget_high_u16(a), vget_high_u16(b)));
        vcombine_u16(low, high)
    };
    let magnitude = vaddq_u16(vreinterpretq_u16_s16(vabsq_s16(row)), load(&divisors.half));
    let product = high(magnitude, load(&divisors.reciprocal));
    let quotient = vreinterpretq_s16_u16(high(product, load(&divisors.scale)));
    vbslq_s16(vcltzq_s16(row), vnegq_s16(quotient), quotient)
}

/// Which of eight coefficients are not 0, the first lowest.
#[inline]
#[target_feature(enable = "neon")]
fn mask(row: int16x8_t) -> u8 {
    // SAFETY: the array holds the 8 bytes loaded.
    let bits = unsafe { vld1_u8([1, 2, 4, 8, 16, 32, 64, 128].as_ptr()) };
    vaddv_u8(vand_u8(vmovn_u16(vtstq_s16(row, row)), bits))
}

#[inline]
#[target_feature(enable = "neon")]
fn first_pass(rows: [int16x8_t; 8]) -> [int16x8_t; 8] {
    const SHIFT: i32 = CONST_BITS - PASS_BITS;
    let [outer, inner, others @ ..] = pass::<SHIFT>(rows);
    let x0 = vshlq_n_s16::<PASS_BITS>(vaddq_s16(outer, inner));
    let x4 = vshlq_n_s16::<PASS_BITS>(vsubq_s16(outer, inner));
    ordered(x0, x4, others)
}

#[inline]
#[target_feature(enable = "neon")]
fn second_pass(rows: [int16x8_t; 8]) -> [int16x8_t; 8] {
    const SHIFT: i32 = CONST_BITS + PASS_BITS;
    let [outer, inner, others @ ..] = pass::<SHIFT>(rows);
    let outer = vaddq_s16(outer, vdupq_n_s16(1 << (PASS_BITS - 1)));
    let x0 = vshrq_n_s16::<PASS_BITS>(vaddq_s16(outer, inner));
    let x4 = vshrq_n_s16::<PASS_BITS>(vsubq_s16(outer, inner));
    ordered(x0, x4, others)
}

fn ordered(
    x0: int16x8_t,
    x4: int16x8_t,
    [x2, x6, x1, x3, x5, x7]: [int16x8_t; 6],
) -> [int16x8_t; 8] {
    [x0, x1, x2, x3, x4, x5, x6, x7]
}

/// What frequencies 0 and 4 are the sum and the difference of; then 2, 6, 1, 3,
/// 5 and 7, rounded to drop `SHIFT` bits.
#[inline]
#[target_feature(enable = "neon")]
fn pass<const SHIFT: i32>(x: [int16x8_t; 8]) -> [int16x8_t; 8] {
    use fix::*;
    let sum = |i: usize| vaddq_s16(x[i], x[7 - i]);
    let difference = |i: usize| vsubq_s16(x[i], x[7 - i]);

    let [s0, s1, s2, s3] = [sum(0), sum(1), sum(2), sum(3)];
    let (outer, inner) = (vaddq_s16(s0, s3), vaddq_s16(s1, s2));
    let (p, q) = (vsubq_s16(s0, s3), vsubq_s16(s1, s2));
    let zero = [vdupq_n_s32(0); 2];
    let x2 = weigh::<SHIFT>([p, q], [F0_541 + F0_765, F0_541], zero);
    let x6 = weigh::<SHIFT>([p, q], [F0_541, F0_541 - F1_847], zero);

    let [t7, t6, t5, t4] = [difference(0), difference(1), difference(2), difference(3)];
    let both = [vaddq_s16(t4, t6), vaddq_s16(t5, t7)];
    let z3 = multiply(both, [F1_175 - F1_961, F1_175], zero);
    let z4 = multiply(both, [F1_175, F1_175 - F0_390], zero);
    let x1 = weigh::<SHIFT>([t4, t7], [-F0_899, F1_501 - F0_899], z4);
    let x3 = weigh::<SHIFT>([t5, t6], [-F2_562, F3_072 - F2_562], z3);
    let x5 = weigh::<SHIFT>([t5, t6], [F2_053 - F2_562, -F2_562], z4);
    let x7 = weigh::<SHIFT>([t4, t7], [F0_298 - F0_899, -F0_899], z3);
    [outer, inner, x2, x6, x1, x3, x5, x7]
}

/// `plus` and the sum of two products, in two halves.
#[inline]
#[target_feature(enable = "neon")]
fn multiply(
    [a, b]: [int16x8_t; 2],
    [by_a, by_b]: [i16; 2],
    [low, high]: [int32x4_t; 2],
) -> [int32x4_t; 2] {
    let low = vmlal_n_s16(low, vget_low_s16(a), by_a);
    let high = vmlal_n_s16(high, vget_high_s16(a), by_a);
    [
        vmlal_n_s16(low, vget_low_s16(b), by_b),
        vmlal_n_s16(high, vget_high_s16(b), by_b),
    ]
}

#[inline]
#[target_feature(enable = "neon")]
fn weigh<const SHIFT: i32>(
    samples: [int16x8_t; 2],
    factors: [i16; 2],
    plus: [int32x4_t; 2],
) -> int16x8_t {
    let half = vdupq_n_s32(1 << (SHIFT - 1));
    let [low, high] = multiply(samples, factors, plus).map(|sum| vaddq_s32(sum, half));
    vcombine_s16(vshrn_n_s32::<SHIFT>(low), vshrn_n_s32::<SHIFT>(high))
}

/// Turns a block over.
#[inline]
#[target_feature(enable = "neon")]
fn transpose(r: [int16x8_t; 8]) -> [int16x8_t; 8] {
    let words = |i: usize, j: usize| {
        [vtrn1q_s16(r[i], r[j]), vtrn2q_s16(r[i], r[j])].map(|row| vreinterpretq_s32_s16(row))
    };
    let [[a0, a1], [a2, a3], [a4, a5], [a6, a7]] =
        [words(0, 1), words(2, 3), words(4, 5), words(6, 7)];
    let pairs = |a, b| [vtrn1q_s32(a, b), vtrn2q_s32(a, b)].map(|row| vreinterpretq_s64_s32(row));
    // Columns 0 and 4, 2 and 6, 1 and 5, 3 and 7, of the upper half and of the lower.
    let [[b04, b26], [b15, b37]] = [pairs(a0, a2), pairs(a1, a3)];
    let [[c04, c26], [c15, c37]] = [pairs(a4, a6), pairs(a5, a7)];
    let whole = |a, b| {
        [vtrn1q_s64(a, b), vtrn2q_s64(a, b)]
            .map(|row| vreinterpretq_s16_s32(vreinterpretq_s32_s64(row)))
    };
    let [[d0, d4], [d2, d6]] = [whole(b04, c04), whole(b26, c26)];
    let [[d1, d5], [d3, d7]] = [whole(b15, c15), whole(b37, c37)];
    [d0, d1, d2, d3, d4, d5, d6, d7]
}

/// The byte of a turned block at each byte of the zigzag order.
#[expect(clippy::cast_possible_truncation, reason = "at most 126")]
const ORDER: [[u8; 16]; 8] = {
    let mut order = [[0; 16]; 8];
    let mut k = 0;
    while k < 64 {
        let byte = 2 * TURNED_ZIGZAG[k] as u8;
        order[k / 8][k % 8 * 2] = byte;
        order[k / 8][k % 8 * 2 + 1] = byte + 1;
        k += 1;
    }
    order
};

/// The same less 64, for the lower half of the block: what wraps is out of range.
const LOWER_ORDER: [[u8; 16]; 8] = {
    let mut order = ORDER;
    let mut at = 0;
    while at < 128 {
        order[at / 16][at % 16] = order[at / 16][at % 16].wrapping_sub(64);
        at += 1;
    }
    order
};

/// Orders a turned block. A lookup yields 0 where it is out of range, and an
/// extending one keeps what there is.
#[inline]
#[target_feature(enable = "neon")]
fn to_zigzag(rows: [int16x8_t; 8]) -> [int16x8_t; 8] {
    let [r0, r1, r2, r3, r4, r5, r6, r7] = rows.map(|row| vreinterpretq_u8_s16(row));
    let upper = uint8x16x4_t(r0, r1, r2, r3);
    let lower = uint8x16x4_t(r4, r5, r6, r7);
    std::array::from_fn(|i| {
        let found = vqtbl4q_u8(upper, load_order(&ORDER[i]));
        vreinterpretq_s16_u8(vqtbx4q_u8(found, lower, load_order(&LOWER_ORDER[i])))
    })
}

#[inline]
#[target_feature(enable = "neon")]
fn load_order(order: &[u8; 16]) -> uint8x16_t {
    // SAFETY: the array holds 16 bytes; the load needs no alignment.
    unsafe { vld1q_u8(order.as_ptr()) }
}

/// Eight samples less 128.
#[inline]
#[target_feature(enable = "neon")]
fn load_samples(bytes: &[u8; 8]) -> int16x8_t {
    // SAFETY: the array holds 8 bytes; the load needs no alignment.
    let bytes = unsafe { vld1_u8(bytes.as_ptr()) };
    vsubq_s16(vreinterpretq_s16_u16(vmovl_u8(bytes)), vdupq_n_s16(128))
}
