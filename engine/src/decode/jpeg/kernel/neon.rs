//! NEON: a vector is one coefficient of eight blocks, so a group is two halves.

use std::arch::aarch64::{
    int16x8_t, int32x4_t, uint16x8x2_t, uint16x8x4_t, vaddq_s32, vcombine_s16, vdupq_n_s16,
    vdupq_n_s32, vget_low_s16, vld1q_s16, vmaxq_s16, vminq_s16, vmlal_high_n_s16, vmlal_n_s16,
    vmull_high_n_s16, vmull_n_s16, vorrq_s16, vqaddq_s16, vqmovn_s32, vqmovun_s16, vqsubq_s16,
    vreinterpretq_u16_s16, vshlq_n_s16, vshrq_n_s16, vshrq_n_s32, vst1_u8, vst1q_u16, vst2q_u16,
    vst4q_u16, vsubq_s32,
};

use super::{BETWEEN_BITS, DROPPED_BITS, LANES, ONE, Scale, WEIGHT_BITS, weight};

/// Blocks of a vector.
const HALF: usize = LANES / 2;

#[target_feature(enable = "neon")]
pub(super) fn inverse_dct(scale: Scale, group: &[i16], out: &mut [u8], stride: usize) {
    for half in 0..2 {
        let left = half * HALF * scale.samples() as usize;
        let load = |slot: usize| {
            let values = &group[slot * LANES + half * HALF..][..HALF];
            // SAFETY: eight values.
            unsafe { vld1q_s16(values.as_ptr()) }
        };
        match scale {
            Scale::Eighth => {
                let value = vqaddq_s16(load(0), vdupq_n_s16(4));
                let value = vqaddq_s16(vshrq_n_s16::<3>(value), vdupq_n_s16(128));
                let out = &mut out[left..][..HALF];
                // SAFETY: eight bytes.
                unsafe { vst1_u8(out.as_mut_ptr(), vqmovun_s16(value)) };
            }
            Scale::Quarter => {
                let a = vqaddq_s16(load(0), vdupq_n_s16(4));
                let (b, c, d) = (load(1), load(2), load(3));
                let lefts = [vqaddq_s16(a, c), vqsubq_s16(a, c)];
                let rights = [vqaddq_s16(b, d), vqsubq_s16(b, d)];
                for y in 0..2 {
                    let row = join(
                        vshrq_n_s16::<3>(vqaddq_s16(lefts[y], rights[y])),
                        vshrq_n_s16::<3>(vqsubq_s16(lefts[y], rights[y])),
                    );
                    let out = &mut out[y * stride + left..][..2 * HALF];
                    // SAFETY: sixteen bytes, in any alignment.
                    unsafe { vst1q_u16(out.as_mut_ptr().cast(), vreinterpretq_u16_s16(row)) };
                }
            }
            Scale::Half => {
                let mut between = [[vdupq_n_s16(0); 4]; 4];
                for x in 0..4 {
                    let column = four::<BETWEEN>(std::array::from_fn(|y| load(y * 4 + x)));
                    for y in 0..4 {
                        between[y][x] = column[y];
                    }
                }
                for (y, row) in between.into_iter().enumerate() {
                    let [a, b, c, d] = four::<DROPPED>(row);
                    let pairs = uint16x8x2_t(
                        vreinterpretq_u16_s16(join(a, b)),
                        vreinterpretq_u16_s16(join(c, d)),
                    );
                    let out = &mut out[y * stride + left..][..4 * HALF];
                    // SAFETY: thirty-two bytes, in any alignment.
                    unsafe { vst2q_u16(out.as_mut_ptr().cast(), pairs) };
                }
            }
            Scale::Full => {
                let mut between = [[vdupq_n_s16(0); 8]; 8];
                for x in 0..8 {
                    let column = eight::<BETWEEN>(std::array::from_fn(|y| load(y * 8 + x)));
                    for y in 0..8 {
                        between[y][x] = column[y];
                    }
                }
                for (y, row) in between.into_iter().enumerate() {
                    let [a, b, c, d, e, f, g, h] = eight::<DROPPED>(row);
                    let pairs = uint16x8x4_t(
                        vreinterpretq_u16_s16(join(a, b)),
                        vreinterpretq_u16_s16(join(c, d)),
                        vreinterpretq_u16_s16(join(e, f)),
                        vreinterpretq_u16_s16(join(g, h)),
                    );
                    let out = &mut out[y * stride + left..][..8 * HALF];
                    // SAFETY: sixty-four bytes, in any alignment.
                    unsafe { vst4q_u16(out.as_mut_ptr().cast(), pairs) };
                }
            }
        }
    }
}

/// Bits that the first pass drops.
const BETWEEN: i32 = (WEIGHT_BITS - BETWEEN_BITS).cast_signed();

/// Bits that the second pass drops.
const DROPPED: i32 = DROPPED_BITS.cast_signed();

/// Two weighted coefficients: of the lower four blocks, then of the others.
#[target_feature(enable = "neon")]
#[inline]
fn pair(a: int16x8_t, weight_a: i16, b: int16x8_t, weight_b: i16) -> [int32x4_t; 2] {
    [
        vmlal_n_s16(
            vmull_n_s16(vget_low_s16(a), weight_a),
            vget_low_s16(b),
            weight_b,
        ),
        vmlal_high_n_s16(vmull_high_n_s16(a, weight_a), b, weight_b),
    ]
}

#[target_feature(enable = "neon")]
#[inline]
fn add(a: [int32x4_t; 2], b: [int32x4_t; 2]) -> [int32x4_t; 2] {
    [vaddq_s32(a[0], b[0]), vaddq_s32(a[1], b[1])]
}

#[target_feature(enable = "neon")]
#[inline]
fn subtract(a: [int32x4_t; 2], b: [int32x4_t; 2]) -> [int32x4_t; 2] {
    [vsubq_s32(a[0], b[0]), vsubq_s32(a[1], b[1])]
}

#[target_feature(enable = "neon")]
#[inline]
fn round<const BITS: i32>(sums: [int32x4_t; 2]) -> int16x8_t {
    let half = vdupq_n_s32(1 << (BITS - 1));
    vcombine_s16(
        vqmovn_s32(vshrq_n_s32::<BITS>(vaddq_s32(sums[0], half))),
        vqmovn_s32(vshrq_n_s32::<BITS>(vaddq_s32(sums[1], half))),
    )
}

/// Four frequencies to four samples, rounded.
#[target_feature(enable = "neon")]
#[inline]
fn four<const BITS: i32>([a, b, c, d]: [int16x8_t; 4]) -> [int16x8_t; 4] {
    let even = [pair(a, ONE, c, ONE), pair(a, ONE, c, -ONE)];
    let odd = [
        pair(b, weight(2), d, weight(6)),
        pair(b, weight(6), d, -weight(2)),
    ];
    [
        round::<BITS>(add(even[0], odd[0])),
        round::<BITS>(add(even[1], odd[1])),
        round::<BITS>(subtract(even[1], odd[1])),
        round::<BITS>(subtract(even[0], odd[0])),
    ]
}

/// Eight frequencies to eight samples, rounded.
#[target_feature(enable = "neon")]
#[inline]
fn eight<const BITS: i32>([a, b, c, d, e, f, g, h]: [int16x8_t; 8]) -> [int16x8_t; 8] {
    let middle = [pair(a, ONE, e, ONE), pair(a, ONE, e, -ONE)];
    let outer = [
        pair(c, weight(2), g, weight(6)),
        pair(c, weight(6), g, -weight(2)),
    ];
    let even = [
        add(middle[0], outer[0]),
        add(middle[1], outer[1]),
        subtract(middle[1], outer[1]),
        subtract(middle[0], outer[0]),
    ];
    let odd = [
        add(
            pair(b, weight(1), d, weight(3)),
            pair(f, weight(5), h, weight(7)),
        ),
        add(
            pair(b, weight(3), d, -weight(7)),
            pair(f, -weight(1), h, -weight(5)),
        ),
        add(
            pair(b, weight(5), d, -weight(1)),
            pair(f, weight(7), h, weight(3)),
        ),
        add(
            pair(b, weight(7), d, -weight(5)),
            pair(f, weight(3), h, -weight(1)),
        ),
    ];
    [
        round::<BITS>(add(even[0], odd[0])),
        round::<BITS>(add(even[1], odd[1])),
        round::<BITS>(add(even[2], odd[2])),
        round::<BITS>(add(even[3], odd[3])),
        round::<BITS>(subtract(even[3], odd[3])),
        round::<BITS>(subtract(even[2], odd[2])),
        round::<BITS>(subtract(even[1], odd[1])),
        round::<BITS>(subtract(even[0], odd[0])),
    ]
}

/// Samples are around 128.
#[target_feature(enable = "neon")]
#[inline]
fn samples(values: int16x8_t) -> int16x8_t {
    let values = vqaddq_s16(values, vdupq_n_s16(128));
    vminq_s16(vmaxq_s16(values, vdupq_n_s16(0)), vdupq_n_s16(255))
}

/// Neighbouring samples of each block as the two bytes of a word.
#[target_feature(enable = "neon")]
#[inline]
fn join(left: int16x8_t, right: int16x8_t) -> int16x8_t {
    vorrq_s16(samples(left), vshlq_n_s16::<8>(samples(right)))
}
