//! AVX2: a vector is one coefficient of all sixteen blocks.
//!
//! Two coefficients are interleaved so that one multiply-add weighs both;
//! narrowing puts the blocks back in order.

use std::arch::x86_64::{
    __m256i, _mm_packus_epi16, _mm_storeu_si128, _mm256_add_epi32, _mm256_adds_epi16,
    _mm256_castsi256_si128, _mm256_extracti128_si256, _mm256_loadu_si256, _mm256_madd_epi16,
    _mm256_max_epi16, _mm256_min_epi16, _mm256_or_si256, _mm256_packs_epi32, _mm256_set1_epi16,
    _mm256_set1_epi32, _mm256_setzero_si256, _mm256_slli_epi16, _mm256_srai_epi16,
    _mm256_srai_epi32, _mm256_storeu_si256, _mm256_sub_epi32, _mm256_subs_epi16,
    _mm256_unpackhi_epi16, _mm256_unpackhi_epi32, _mm256_unpacklo_epi16, _mm256_unpacklo_epi32,
};

use super::{BETWEEN_BITS, DROPPED_BITS, LANES, ONE, Scale, WEIGHT_BITS, weight};

#[target_feature(enable = "avx2")]
pub(super) fn inverse_dct(scale: Scale, group: &[i16], out: &mut [u8], stride: usize) {
    match scale {
        Scale::Eighth => eighth(group, out),
        Scale::Quarter => quarter(group, out, stride),
        Scale::Half => {
            let mut between = [[_mm256_setzero_si256(); 4]; 4];
            #[expect(clippy::needless_range_loop, reason = "rows and columns alike")]
            for x in 0..4 {
                let column = std::array::from_fn(|y| load(group, y * 4 + x));
                let column = four::<BETWEEN>(column);
                for y in 0..4 {
                    between[y][x] = column[y];
                }
            }
            for (y, row) in between.into_iter().enumerate() {
                let row = four::<DROPPED>(row);
                store_four(row, &mut out[y * stride..][..4 * LANES]);
            }
        }
        Scale::Full => {
            let mut between = [[_mm256_setzero_si256(); 8]; 8];
            #[expect(clippy::needless_range_loop, reason = "rows and columns alike")]
            for x in 0..8 {
                let column = std::array::from_fn(|y| load(group, y * 8 + x));
                let column = eight::<BETWEEN>(column);
                for y in 0..8 {
                    between[y][x] = column[y];
                }
            }
            for (y, row) in between.into_iter().enumerate() {
                let row = eight::<DROPPED>(row);
                store_eight(row, &mut out[y * stride..][..8 * LANES]);
            }
        }
    }
}

/// Bits that the first pass drops.
const BETWEEN: i32 = (WEIGHT_BITS - BETWEEN_BITS).cast_signed();

/// Bits that the second pass drops.
const DROPPED: i32 = DROPPED_BITS.cast_signed();

#[target_feature(enable = "avx2")]
#[inline]
fn load(group: &[i16], slot: usize) -> __m256i {
    let block = &group[slot * LANES..][..LANES];
    // SAFETY: sixteen values of two bytes, in any alignment.
    unsafe { _mm256_loadu_si256(block.as_ptr().cast()) }
}

/// A pair of weights, one for each of two interleaved coefficients.
#[target_feature(enable = "avx2")]
#[inline]
fn weights(a: i16, b: i16) -> __m256i {
    _mm256_set1_epi32(i32::from(b) << 16 | i32::from(a) & 0xffff)
}

/// Two coefficients side by side: blocks 0-3 and 8-11, then the others.
#[target_feature(enable = "avx2")]
#[inline]
fn interleave(a: __m256i, b: __m256i) -> [__m256i; 2] {
    [_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)]
}

#[target_feature(enable = "avx2")]
#[inline]
fn round<const BITS: i32>(low: __m256i, high: __m256i) -> __m256i {
    _mm256_packs_epi32(
        _mm256_srai_epi32::<BITS>(low),
        _mm256_srai_epi32::<BITS>(high),
    )
}

/// Four frequencies to four samples, rounded.
#[target_feature(enable = "avx2")]
#[inline]
fn four<const BITS: i32>([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    let half = _mm256_set1_epi32(1 << (BITS - 1));
    let (even, odd) = (interleave(a, c), interleave(b, d));
    let mut sums = [[_mm256_setzero_si256(); 2]; 4];
    for i in 0..2 {
        let even = [
            _mm256_add_epi32(_mm256_madd_epi16(even[i], weights(ONE, ONE)), half),
            _mm256_add_epi32(_mm256_madd_epi16(even[i], weights(ONE, -ONE)), half),
        ];
        let odd = [
            _mm256_madd_epi16(odd[i], weights(weight(2), weight(6))),
            _mm256_madd_epi16(odd[i], weights(weight(6), -weight(2))),
        ];
        sums[0][i] = _mm256_add_epi32(even[0], odd[0]);
        sums[1][i] = _mm256_add_epi32(even[1], odd[1]);
        sums[2][i] = _mm256_sub_epi32(even[1], odd[1]);
        sums[3][i] = _mm256_sub_epi32(even[0], odd[0]);
    }
    sums.map(|[low, high]| round::<BITS>(low, high))
}

/// Eight frequencies to eight samples, rounded.
#[target_feature(enable = "avx2")]
#[inline]
fn eight<const BITS: i32>([a, b, c, d, e, f, g, h]: [__m256i; 8]) -> [__m256i; 8] {
    let half = _mm256_set1_epi32(1 << (BITS - 1));
    let (middle, outer) = (interleave(a, e), interleave(c, g));
    let (low, high) = (interleave(b, d), interleave(f, h));
    let mut sums = [[_mm256_setzero_si256(); 2]; 8];
    for i in 0..2 {
        let middle = [
            _mm256_add_epi32(_mm256_madd_epi16(middle[i], weights(ONE, ONE)), half),
            _mm256_add_epi32(_mm256_madd_epi16(middle[i], weights(ONE, -ONE)), half),
        ];
        let outer = [
            _mm256_madd_epi16(outer[i], weights(weight(2), weight(6))),
            _mm256_madd_epi16(outer[i], weights(weight(6), -weight(2))),
        ];
        let even = [
            _mm256_add_epi32(middle[0], outer[0]),
            _mm256_add_epi32(middle[1], outer[1]),
            _mm256_sub_epi32(middle[1], outer[1]),
            _mm256_sub_epi32(middle[0], outer[0]),
        ];
        let odd = [
            (weights(weight(1), weight(3)), weights(weight(5), weight(7))),
            (
                weights(weight(3), -weight(7)),
                weights(-weight(1), -weight(5)),
            ),
            (
                weights(weight(5), -weight(1)),
                weights(weight(7), weight(3)),
            ),
            (
                weights(weight(7), -weight(5)),
                weights(weight(3), -weight(1)),
            ),
        ];
        for (x, (first, second)) in odd.into_iter().enumerate() {
            let odd = _mm256_add_epi32(
                _mm256_madd_epi16(low[i], first),
                _mm256_madd_epi16(high[i], second),
            );
            sums[x][i] = _mm256_add_epi32(even[x], odd);
            sums[7 - x][i] = _mm256_sub_epi32(even[x], odd);
        }
    }
    sums.map(|[low, high]| round::<BITS>(low, high))
}

#[target_feature(enable = "avx2")]
#[inline]
fn eighth(group: &[i16], out: &mut [u8]) {
    let value = _mm256_adds_epi16(load(group, 0), _mm256_set1_epi16(4));
    let sample = samples(_mm256_srai_epi16::<3>(value));
    let bytes = _mm_packus_epi16(
        _mm256_castsi256_si128(sample),
        _mm256_extracti128_si256::<1>(sample),
    );
    let out = &mut out[..LANES];
    // SAFETY: sixteen bytes, in any alignment.
    unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), bytes) };
}

#[target_feature(enable = "avx2")]
#[inline]
fn quarter(group: &[i16], out: &mut [u8], stride: usize) {
    let a = _mm256_adds_epi16(load(group, 0), _mm256_set1_epi16(4));
    let (b, c, d) = (load(group, 1), load(group, 2), load(group, 3));
    let left = [_mm256_adds_epi16(a, c), _mm256_subs_epi16(a, c)];
    let right = [_mm256_adds_epi16(b, d), _mm256_subs_epi16(b, d)];
    for y in 0..2 {
        let row = [
            _mm256_srai_epi16::<3>(_mm256_adds_epi16(left[y], right[y])),
            _mm256_srai_epi16::<3>(_mm256_subs_epi16(left[y], right[y])),
        ];
        let out = &mut out[y * stride..][..2 * LANES];
        // SAFETY: thirty-two bytes, in any alignment.
        unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), join(row[0], row[1])) };
    }
}

/// Samples are around 128.
#[target_feature(enable = "avx2")]
#[inline]
fn samples(values: __m256i) -> __m256i {
    let values = _mm256_adds_epi16(values, _mm256_set1_epi16(128));
    let values = _mm256_max_epi16(values, _mm256_setzero_si256());
    _mm256_min_epi16(values, _mm256_set1_epi16(255))
}

/// Neighbouring samples of each block as the two bytes of a word.
#[target_feature(enable = "avx2")]
#[inline]
fn join(left: __m256i, right: __m256i) -> __m256i {
    _mm256_or_si256(samples(left), _mm256_slli_epi16::<8>(samples(right)))
}

#[target_feature(enable = "avx2")]
#[inline]
fn store_four([a, b, c, d]: [__m256i; 4], out: &mut [u8]) {
    let (left, right) = (join(a, b), join(c, d));
    store_halves(
        [
            // Blocks 0-3 and 8-11, then 4-7 and 12-15.
            _mm256_unpacklo_epi16(left, right),
            _mm256_unpackhi_epi16(left, right),
        ],
        out,
    );
}

#[target_feature(enable = "avx2")]
#[inline]
fn store_eight([a, b, c, d, e, f, g, h]: [__m256i; 8], out: &mut [u8]) {
    let (left, right) = ([join(a, b), join(c, d)], [join(e, f), join(g, h)]);
    let left = interleave(left[0], left[1]);
    let right = interleave(right[0], right[1]);
    store_halves(
        [
            _mm256_unpacklo_epi32(left[0], right[0]),
            _mm256_unpackhi_epi32(left[0], right[0]),
            _mm256_unpacklo_epi32(left[1], right[1]),
            _mm256_unpackhi_epi32(left[1], right[1]),
        ],
        out,
    );
}

/// Stores all lower halves, then all upper ones: the order of the blocks.
#[target_feature(enable = "avx2")]
#[inline]
fn store_halves<const N: usize>(vectors: [__m256i; N], out: &mut [u8]) {
    let (lower, upper) = out.split_at_mut(16 * N);
    for (i, vector) in vectors.into_iter().enumerate() {
        let lower = &mut lower[16 * i..][..16];
        let upper = &mut upper[16 * i..][..16];
        // SAFETY: sixteen bytes each, in any alignment.
        unsafe {
            _mm_storeu_si128(lower.as_mut_ptr().cast(), _mm256_castsi256_si128(vector));
            _mm_storeu_si128(
                upper.as_mut_ptr().cast(),
                _mm256_extracti128_si256::<1>(vector),
            );
        }
    }
}
