//! AVX2. Two rows are interleaved so that one multiply-add takes both.
//!
//! Results keep their natural order throughout: unpacking 128 bits before
//! widening costs no more than widening first and leaves nothing to permute.

use std::arch::x86_64::{
    __m128i, __m256i, _mm_add_epi32, _mm_cvtsi32_si128, _mm_loadu_si128, _mm_madd_epi16,
    _mm_packs_epi32, _mm_packus_epi16, _mm_storel_epi64, _mm_storeu_si128, _mm_unpackhi_epi8,
    _mm_unpackhi_epi16, _mm_unpacklo_epi8, _mm_unpacklo_epi16, _mm256_add_epi8, _mm256_add_epi32,
    _mm256_blend_epi16, _mm256_castsi256_si128, _mm256_cvtepu8_epi16, _mm256_extracti128_si256,
    _mm256_hadd_epi32, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_mulhi_epu16,
    _mm256_mullo_epi16, _mm256_set_epi64x, _mm256_set_m128i, _mm256_set1_epi16, _mm256_set1_epi32,
    _mm256_set1_epi64x, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_sra_epi32,
    _mm256_storeu_si256, _mm256_zextsi128_si256,
};

use super::{Band, GROUP, PairWeights, scalar};
use crate::resize::weights::Weights;

/// Samples that one step of the vertical kernels takes.
const STEP: usize = 16;

#[target_feature(enable = "avx2")]
pub(super) fn premultiply(row: &[u8], out: &mut [i16]) {
    let (row, row_rest) = row.as_chunks::<16>();
    let (out, out_rest) = out.as_chunks_mut::<16>();
    // Alpha's word over all four words of its pixel.
    let spread = _mm256_set1_epi64x(0x0706_0706_0706_0706);
    let spread = _mm256_add_epi8(spread, _mm256_set_epi64x(EIGHT, 0, EIGHT, 0));
    let opaque = _mm256_set1_epi16(255);
    let scale = _mm256_set1_epi16(32_897u16.cast_signed());
    for (row, out) in row.iter().zip(out) {
        let samples = _mm256_cvtepu8_epi16(load_bytes(row));
        let alpha = _mm256_shuffle_epi8(samples, spread);
        let samples = _mm256_blend_epi16::<0b1000_1000>(samples, opaque);
        let product = _mm256_mullo_epi16(samples, alpha);
        store_sixteen(out, _mm256_mulhi_epu16(product, scale));
    }
    scalar::premultiply(row_rest, out_rest);
}

/// Eight in every byte: moves a shuffle to the second pixel of a lane.
const EIGHT: i64 = 0x0808_0808_0808_0808;

#[target_feature(enable = "avx2")]
pub(super) fn accumulate_bytes(
    band: Band<'_, u8>,
    weights: &[PairWeights],
    sums: &mut [&mut [i32]; GROUP],
) {
    vertical(band, weights, sums, |above, below, x| {
        let a = load_bytes(&above[x..x + STEP]);
        let b = load_bytes(&below[x..x + STEP]);
        [
            _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(a, b)),
            _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(a, b)),
        ]
    });
}

#[target_feature(enable = "avx2")]
pub(super) fn accumulate_wide(
    band: Band<'_, i16>,
    weights: &[PairWeights],
    sums: &mut [&mut [i32]; GROUP],
) {
    vertical(band, weights, sums, |above, below, x| {
        let pairs = |x: usize| {
            let a = load_words(&above[x..x + 8]);
            let b = load_words(&below[x..x + 8]);
            _mm256_set_m128i(_mm_unpackhi_epi16(a, b), _mm_unpacklo_epi16(a, b))
        };
        [pairs(x), pairs(x + 8)]
    });
}

/// The vertical pass over columns of 16: `interleave(above, below, x)` yields
/// samples x..x+16 of two rows as pairs of words.
#[inline]
#[target_feature(enable = "avx2")]
fn vertical<T: scalar::Sample>(
    band: Band<'_, T>,
    weights: &[PairWeights],
    sums: &mut [&mut [i32]; GROUP],
    interleave: impl Fn(&[T], &[T], usize) -> [__m256i; 2],
) {
    let whole = band.width / STEP * STEP;
    for x in (0..whole).step_by(STEP) {
        let mut low = [_mm256_setzero_si256(); GROUP];
        let mut high = [_mm256_setzero_si256(); GROUP];
        for g in 0..GROUP {
            low[g] = load_sums(&sums[g][x..x + 8]);
            high[g] = load_sums(&sums[g][x + 8..x + STEP]);
        }
        for (pair, weights) in weights.iter().enumerate() {
            let above = band.row(2 * pair);
            // An odd last row is paired with itself; its second weight is 0.
            let below = band.row((2 * pair + 1).min(band.height - 1));
            let [left, right] = interleave(above, below, x);
            for g in 0..GROUP {
                let weight = _mm256_set1_epi32(pack(weights[g]));
                low[g] = _mm256_add_epi32(low[g], _mm256_madd_epi16(left, weight));
                high[g] = _mm256_add_epi32(high[g], _mm256_madd_epi16(right, weight));
            }
        }
        for g in 0..GROUP {
            store_sums(&mut sums[g][x..x + 8], low[g]);
            store_sums(&mut sums[g][x + 8..x + STEP], high[g]);
        }
    }
    scalar::accumulate_from(whole, band, weights, sums);
}

#[target_feature(enable = "avx2")]
pub(super) fn narrow(sums: &[i32], shift: u32, out: &mut [i16]) {
    let (sums, sums_rest) = sums.as_chunks::<8>();
    let (out, out_rest) = out.as_chunks_mut::<8>();
    for (sums, out) in sums.iter().zip(out) {
        store_words(out, round_to_words(sums, shift));
    }
    scalar::narrow(sums_rest, shift, out_rest);
}

#[target_feature(enable = "avx2")]
pub(super) fn to_bytes(sums: &[i32], shift: u32, out: &mut [u8]) {
    let (sums, sums_rest) = sums.as_chunks::<8>();
    let (out, out_rest) = out.as_chunks_mut::<8>();
    for (sums, out) in sums.iter().zip(out) {
        let words = round_to_words(sums, shift);
        store_bytes(out, _mm_packus_epi16(words, words));
    }
    scalar::to_bytes(sums_rest, shift, out_rest);
}

#[target_feature(enable = "avx2")]
pub(super) fn dot(row: &[i16], weights: &Weights, out: &mut [i32]) {
    let (fours, rest) = out.as_chunks_mut::<4>();
    let done = fours.len() * 4;
    for (i, out) in fours.iter_mut().enumerate() {
        let x = 4 * i;
        let pairs = _mm256_hadd_epi32(dot_sums(row, weights, x), dot_sums(row, weights, x + 1));
        let more = _mm256_hadd_epi32(dot_sums(row, weights, x + 2), dot_sums(row, weights, x + 3));
        let all = _mm256_hadd_epi32(pairs, more);
        let sums = _mm_add_epi32(
            _mm256_castsi256_si128(all),
            _mm256_extracti128_si256::<1>(all),
        );
        store_four(out, sums);
    }
    for (i, out) in rest.iter_mut().enumerate() {
        *out = scalar::dot_one(row, weights, done + i);
    }
}

/// Partial sums of output `x`: their total is the output.
#[inline]
#[target_feature(enable = "avx2")]
fn dot_sums(row: &[i16], weights: &Weights, x: usize) -> __m256i {
    let (first, weights) = weights.row(x);
    let row = &row[first..first + weights.len()];
    let (weights, last_weights) = weights.as_chunks::<16>();
    let (row, last_row) = row.as_chunks::<16>();
    let mut sums = if last_weights.is_empty() {
        _mm256_setzero_si256()
    } else {
        _mm256_zextsi128_si256(_mm_madd_epi16(
            load_words(last_row),
            load_words(last_weights),
        ))
    };
    for (samples, weights) in row.iter().zip(weights) {
        let products = _mm256_madd_epi16(load_sixteen(samples), load_sixteen(weights));
        sums = _mm256_add_epi32(sums, products);
    }
    sums
}

/// Rounds eight sums to words, clamped.
#[inline]
#[target_feature(enable = "avx2")]
fn round_to_words(sums: &[i32; 8], shift: u32) -> __m128i {
    let half = _mm256_set1_epi32(1 << (shift - 1));
    let shift = _mm_cvtsi32_si128(shift.cast_signed());
    let rounded = _mm256_sra_epi32(_mm256_add_epi32(load_sums(sums), half), shift);
    _mm_packs_epi32(
        _mm256_castsi256_si128(rounded),
        _mm256_extracti128_si256::<1>(rounded),
    )
}

/// Two weights as the halves of one lane, the first below.
fn pack([first, second]: [i16; 2]) -> i32 {
    let [a, b] = first.to_le_bytes();
    let [c, d] = second.to_le_bytes();
    i32::from_le_bytes([a, b, c, d])
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_bytes(bytes: &[u8]) -> __m128i {
    assert!(bytes.len() >= 16, "sixteen bytes");
    // SAFETY: the slice holds 16 bytes; the load needs no alignment.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_words(words: &[i16]) -> __m128i {
    assert!(words.len() >= 8, "eight words");
    // SAFETY: the slice holds 16 bytes; the load needs no alignment.
    unsafe { _mm_loadu_si128(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_sixteen(words: &[i16; 16]) -> __m256i {
    // SAFETY: the array holds 32 bytes; the load needs no alignment.
    unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_sums(sums: &[i32]) -> __m256i {
    assert!(sums.len() >= 8, "eight sums");
    // SAFETY: the slice holds 32 bytes; the load needs no alignment.
    unsafe { _mm256_loadu_si256(sums.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store_sums(sums: &mut [i32], value: __m256i) {
    assert!(sums.len() >= 8, "eight sums");
    // SAFETY: the slice holds 32 bytes; the store needs no alignment.
    unsafe { _mm256_storeu_si256(sums.as_mut_ptr().cast(), value) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store_four(sums: &mut [i32; 4], value: __m128i) {
    // SAFETY: the array holds 16 bytes; the store needs no alignment.
    unsafe { _mm_storeu_si128(sums.as_mut_ptr().cast(), value) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store_sixteen(words: &mut [i16; 16], value: __m256i) {
    // SAFETY: the array holds 32 bytes; the store needs no alignment.
    unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), value) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store_words(words: &mut [i16; 8], value: __m128i) {
    // SAFETY: the array holds 16 bytes; the store needs no alignment.
    unsafe { _mm_storeu_si128(words.as_mut_ptr().cast(), value) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store_bytes(bytes: &mut [u8; 8], value: __m128i) {
    // SAFETY: the array holds the 8 bytes stored; the store needs no alignment.
    unsafe { _mm_storel_epi64(bytes.as_mut_ptr().cast(), value) }
}
