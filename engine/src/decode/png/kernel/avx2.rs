//! AVX2 for pixels of 3, 4, 6 and 8 bytes; of 128-bit vectors, which hold one or two.
//!
//! Paeth is chosen by comparison, not by distance: with `t = 3 * corner - left - above`,
//! the prediction is the larger of left and above where `t` is at most the smaller, the
//! smaller where `t` is at least the larger, and else corner. From one pixel to the next
//! these are 6 instructions in a row, by distances 9.

use std::arch::x86_64::{
    __m128i, _mm_add_epi8, _mm_add_epi16, _mm_and_si128, _mm_andnot_si128, _mm_avg_epu8,
    _mm_cmpgt_epi16, _mm_cvtepu8_epi16, _mm_cvtsi32_si128, _mm_cvtsi64_si128, _mm_cvtsi128_si32,
    _mm_cvtsi128_si64, _mm_extract_epi32, _mm_max_epi16, _mm_min_epi16, _mm_or_si128,
    _mm_packus_epi16, _mm_set1_epi8, _mm_setzero_si128, _mm_sub_epi8, _mm_sub_epi16,
    _mm_unpacklo_epi32, _mm_unpacklo_epi64, _mm_xor_si128,
};

use super::{Row, scalar};

/// Bytes that are loaded for a pixel of `B`.
const fn loaded(bytes: usize) -> usize {
    if bytes <= 4 { 4 } else { 8 }
}

/// Pixels that can be loaded and stored without leaving a row of `len` bytes.
fn whole<const B: usize>(len: usize) -> usize {
    (len + B).saturating_sub(loaded(B)) / B
}

#[target_feature(enable = "avx2")]
pub(super) fn sub<const B: usize>(row: Row<'_>) {
    let whole = whole::<B>(row.out.len());
    let mut left = _mm_setzero_si128();
    for at in (0..whole).map(|x| x * B) {
        left = _mm_add_epi8(left, load::<B>(row.raw, at));
        store::<B>(row.out, at, left);
    }
    scalar::undo_from::<B>(whole, row, |left, _, _| left);
}

/// With every sample inverted, rounding down becomes rounding up, for which there is an
/// instruction, and the inverted pixel is that mean less the stored one.
#[target_feature(enable = "avx2")]
pub(super) fn average<const B: usize>(row: Row<'_>) {
    let whole = whole::<B>(row.out.len());
    let ones = _mm_set1_epi8(-1);
    let mut left = ones;
    for at in (0..whole).map(|x| x * B) {
        let above = _mm_xor_si128(load::<B>(row.above, at), ones);
        left = _mm_sub_epi8(_mm_avg_epu8(left, above), load::<B>(row.raw, at));
        store::<B>(row.out, at, _mm_xor_si128(left, ones));
    }
    scalar::undo_from::<B>(whole, row, scalar::average);
}

#[target_feature(enable = "avx2")]
pub(super) fn paeth<const B: usize>(row: Row<'_>) {
    let whole = whole::<B>(row.out.len());
    let (mut left, mut corner) = (_mm_setzero_si128(), _mm_setzero_si128());
    for at in (0..whole).map(|x| x * B) {
        let above = _mm_cvtepu8_epi16(load::<B>(row.above, at));
        let raw = _mm_cvtepu8_epi16(load::<B>(row.raw, at));
        left = _mm_add_epi8(raw, nearest(left, above, corner));
        corner = above;
        store::<B>(row.out, at, _mm_packus_epi16(left, left));
    }
    scalar::undo_from::<B>(whole, row, scalar::paeth);
}

/// Two rows, the second below the first: pixel `x` of the upper and pixel `x - 1` of the
/// lower are the halves of a vector. What is above the lower was made a step before.
#[target_feature(enable = "avx2")]
pub(super) fn paeth_pair<const B: usize>(upper: Row<'_>, raw: &[u8], out: &mut [u8]) {
    let whole = whole::<B>(out.len());
    let (mut left, mut corner) = (_mm_setzero_si128(), _mm_setzero_si128());
    let rows = raw.len().min(out.len()).min(upper.raw.len());
    assert!(upper.above.len() >= rows && upper.out.len() >= rows);
    if whole > 0 {
        let above = _mm_cvtepu8_epi16(load::<B>(upper.above, 0));
        left = _mm_add_epi8(
            _mm_cvtepu8_epi16(load::<B>(upper.raw, 0)),
            nearest(left, above, corner),
        );
        // The lower half stays empty: the lower row has not begun.
        left = _mm_unpacklo_epi64(left, _mm_setzero_si128());
        corner = _mm_unpacklo_epi64(above, _mm_setzero_si128());
        store::<B>(upper.out, 0, _mm_packus_epi16(left, left));
    }
    for at in (1..whole).map(|x| x * B) {
        let above = _mm_cvtepu8_epi16(load::<B>(upper.above, at));
        let above = _mm_unpacklo_epi64(above, left);
        let stored = _mm_unpacklo_epi32(load::<B>(upper.raw, at), load::<B>(raw, at - B));
        left = _mm_add_epi8(_mm_cvtepu8_epi16(stored), nearest(left, above, corner));
        corner = above;
        let pixels = _mm_packus_epi16(left, left);
        store::<B>(upper.out, at, pixels);
        out[at - B..at - B + 4].copy_from_slice(&_mm_extract_epi32::<1>(pixels).to_le_bytes());
    }
    scalar::undo_from::<B>(
        whole,
        Row {
            raw: upper.raw,
            above: upper.above,
            out: &mut *upper.out,
        },
        scalar::paeth,
    );
    let lower = Row {
        raw,
        above: upper.out,
        out,
    };
    scalar::undo_from::<B>(whole.saturating_sub(1), lower, scalar::paeth);
}

/// The Paeth predictor of eight samples, as words.
#[inline]
#[target_feature(enable = "avx2")]
fn nearest(left: __m128i, above: __m128i, corner: __m128i) -> __m128i {
    let thrice = _mm_add_epi16(_mm_add_epi16(corner, corner), corner);
    let threshold = _mm_sub_epi16(_mm_sub_epi16(thrice, left), above);
    let smaller = _mm_min_epi16(left, above);
    let larger = _mm_max_epi16(left, above);
    let not_larger = _mm_cmpgt_epi16(threshold, smaller);
    let not_smaller = _mm_cmpgt_epi16(larger, threshold);
    // Where both are chosen they are the same.
    let one = _mm_or_si128(
        _mm_andnot_si128(not_larger, larger),
        _mm_andnot_si128(not_smaller, smaller),
    );
    let neither = _mm_and_si128(not_larger, not_smaller);
    _mm_or_si128(one, _mm_and_si128(neither, corner))
}

/// A pixel, and with 3 or 6 bytes what follows it, in the lowest bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn load<const B: usize>(samples: &[u8], at: usize) -> __m128i {
    if loaded(B) == 4 {
        let bytes: [u8; 4] = samples[at..at + 4].try_into().expect("four bytes");
        _mm_cvtsi32_si128(i32::from_le_bytes(bytes))
    } else {
        let bytes: [u8; 8] = samples[at..at + 8].try_into().expect("eight bytes");
        _mm_cvtsi64_si128(i64::from_le_bytes(bytes))
    }
}

/// Stores as many bytes as [`load`] reads; those too many are written again by the next.
#[inline]
#[target_feature(enable = "avx2")]
fn store<const B: usize>(samples: &mut [u8], at: usize, pixel: __m128i) {
    if loaded(B) == 4 {
        samples[at..at + 4].copy_from_slice(&_mm_cvtsi128_si32(pixel).to_le_bytes());
    } else {
        samples[at..at + 8].copy_from_slice(&_mm_cvtsi128_si64(pixel).to_le_bytes());
    }
}
