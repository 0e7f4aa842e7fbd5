//! AVX2. Two blocks side by side, one in each half of every vector: rows of 16
//! samples are loaded as they lie, and no step crosses the halves.

use std::arch::x86_64::{
    __m128i, __m256i, _mm_loadu_si128, _mm_storeu_si128, _mm256_abs_epi16, _mm256_add_epi16,
    _mm256_add_epi32, _mm256_broadcastsi128_si256, _mm256_castsi256_si128, _mm256_cmpeq_epi8,
    _mm256_cvtepu8_epi16, _mm256_extracti128_si256, _mm256_madd_epi16, _mm256_movemask_epi8,
    _mm256_mulhi_epu16, _mm256_or_si256, _mm256_packs_epi16, _mm256_packs_epi32, _mm256_set1_epi16,
    _mm256_set1_epi32, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_sign_epi16,
    _mm256_slli_epi16, _mm256_srai_epi16, _mm256_srai_epi32, _mm256_sub_epi16,
    _mm256_unpackhi_epi16, _mm256_unpackhi_epi32, _mm256_unpackhi_epi64, _mm256_unpacklo_epi16,
    _mm256_unpacklo_epi32, _mm256_unpacklo_epi64,
};

use super::{
    super::tables::{Divisors, TURNED_ZIGZAG},
    Band, Block,
    scalar::{CONST_BITS, PASS_BITS, fix},
};

#[target_feature(enable = "avx2")]
pub(super) fn quantise(
    band: Band<'_>,
    divisors: &Divisors,
    blocks: &mut [Block],
    nonzero: &mut [u64],
) {
    let (pairs, last) = blocks.as_chunks_mut::<2>();
    let (masks, last_mask) = nonzero.as_chunks_mut::<2>();
    let done = 16 * pairs.len();
    for (i, (blocks, masks)) in pairs.iter_mut().zip(masks).enumerate() {
        let rows: [__m256i; 8] = std::array::from_fn(|y| {
            let row = band.samples[y * band.stride + 16 * i..].first_chunk();
            load_sixteen_bytes(row.expect("sixteen samples"))
        });
        let coefficients = two_blocks(rows, divisors);
        *masks = two_masks(coefficients);
        let [left, right] = blocks;
        for ((row, left), right) in coefficients
            .into_iter()
            .zip(left.as_chunks_mut().0)
            .zip(right.as_chunks_mut().0)
        {
            store(left, _mm256_castsi256_si128(row));
            store(right, _mm256_extracti128_si256::<1>(row));
        }
    }
    if let ([block], [mask]) = (last, last_mask) {
        // An odd one, with anything beside it.
        let mut samples = [0; 128];
        for (y, row) in samples.as_chunks_mut::<16>().0.iter_mut().enumerate() {
            row[..8].copy_from_slice(&band.samples[y * band.stride + done..][..8]);
        }
        let beside = Band {
            samples: &samples,
            stride: 16,
        };
        let (mut blocks, mut masks) = ([[0; 64]; 2], [0; 2]);
        quantise(beside, divisors, &mut blocks, &mut masks);
        (*block, *mask) = (blocks[0], masks[0]);
    }
}

/// Quantised coefficients of two blocks, in zigzag order.
#[inline]
#[target_feature(enable = "avx2")]
fn two_blocks(rows: [__m256i; 8], divisors: &Divisors) -> [__m256i; 8] {
    let columns = first_pass(rows);
    let mut turned = second_pass(transpose(columns));
    let halves = divisors.half.as_chunks().0;
    let reciprocals = divisors.reciprocal.as_chunks().0;
    let scales = divisors.scale.as_chunks().0;
    for (i, row) in turned.iter_mut().enumerate() {
        let magnitude = _mm256_add_epi16(_mm256_abs_epi16(*row), load_twice(&halves[i]));
        let product = _mm256_mulhi_epu16(magnitude, load_twice(&reciprocals[i]));
        let quotient = _mm256_mulhi_epu16(product, load_twice(&scales[i]));
        *row = _mm256_sign_epi16(quotient, *row);
    }
    to_zigzag(turned)
}

/// The nonzero coefficients of two blocks.
#[inline]
#[target_feature(enable = "avx2")]
fn two_masks(rows: [__m256i; 8]) -> [u64; 2] {
    let zeros = |i: usize| {
        // Saturation keeps what is not 0 from becoming it.
        let bytes = _mm256_packs_epi16(rows[i], rows[i + 1]);
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_setzero_si256())).cast_unsigned()
    };
    let zeros = [zeros(0), zeros(2), zeros(4), zeros(6)];
    let half = |shift: u32| {
        zeros.iter().rev().fold(0, |mask: u64, word| {
            mask << 16 | u64::from(word >> shift & 0xffff)
        })
    };
    [!half(0), !half(16)]
}

#[inline]
#[target_feature(enable = "avx2")]
fn first_pass(rows: [__m256i; 8]) -> [__m256i; 8] {
    const SHIFT: i32 = CONST_BITS - PASS_BITS;
    let [outer, inner, others @ ..] = pass::<SHIFT>(rows);
    let x0 = _mm256_slli_epi16::<PASS_BITS>(_mm256_add_epi16(outer, inner));
    let x4 = _mm256_slli_epi16::<PASS_BITS>(_mm256_sub_epi16(outer, inner));
    ordered(x0, x4, others)
}

#[inline]
#[target_feature(enable = "avx2")]
fn second_pass(rows: [__m256i; 8]) -> [__m256i; 8] {
    const SHIFT: i32 = CONST_BITS + PASS_BITS;
    let [outer, inner, others @ ..] = pass::<SHIFT>(rows);
    let half = _mm256_set1_epi16(1 << (PASS_BITS - 1));
    let outer = _mm256_add_epi16(outer, half);
    let x0 = _mm256_srai_epi16::<PASS_BITS>(_mm256_add_epi16(outer, inner));
    let x4 = _mm256_srai_epi16::<PASS_BITS>(_mm256_sub_epi16(outer, inner));
    ordered(x0, x4, others)
}

fn ordered(x0: __m256i, x4: __m256i, [x2, x6, x1, x3, x5, x7]: [__m256i; 6]) -> [__m256i; 8] {
    [x0, x1, x2, x3, x4, x5, x6, x7]
}

/// What frequencies 0 and 4 are the sum and the difference of; then 2, 6, 1, 3,
/// 5 and 7, rounded to drop `SHIFT` bits.
///
/// The definition's factors are multiplied out so that each output is a sum of
/// two products of two words, which is one multiply-add each.
#[inline]
#[target_feature(enable = "avx2")]
fn pass<const SHIFT: i32>(x: [__m256i; 8]) -> [__m256i; 8] {
    use fix::*;
    let sum = |i: usize| _mm256_add_epi16(x[i], x[7 - i]);
    let difference = |i: usize| _mm256_sub_epi16(x[i], x[7 - i]);

    let [s0, s1, s2, s3] = [sum(0), sum(1), sum(2), sum(3)];
    let (outer, inner) = (_mm256_add_epi16(s0, s3), _mm256_add_epi16(s1, s2));
    let even = interleave(_mm256_sub_epi16(s0, s3), _mm256_sub_epi16(s1, s2));
    let zero = [_mm256_setzero_si256(); 2];
    let x2 = weigh::<SHIFT>(even, [F0_541 + F0_765, F0_541], zero);
    let x6 = weigh::<SHIFT>(even, [F0_541, F0_541 - F1_847], zero);

    let [t7, t6, t5, t4] = [difference(0), difference(1), difference(2), difference(3)];
    let both = interleave(_mm256_add_epi16(t4, t6), _mm256_add_epi16(t5, t7));
    let z3 = multiply(both, [F1_175 - F1_961, F1_175]);
    let z4 = multiply(both, [F1_175, F1_175 - F0_390]);
    let outside = interleave(t4, t7);
    let inside = interleave(t5, t6);
    let x1 = weigh::<SHIFT>(outside, [-F0_899, F1_501 - F0_899], z4);
    let x3 = weigh::<SHIFT>(inside, [-F2_562, F3_072 - F2_562], z3);
    let x5 = weigh::<SHIFT>(inside, [F2_053 - F2_562, -F2_562], z4);
    let x7 = weigh::<SHIFT>(outside, [F0_298 - F0_899, -F0_899], z3);
    [outer, inner, x2, x6, x1, x3, x5, x7]
}

#[inline]
#[target_feature(enable = "avx2")]
fn interleave(a: __m256i, b: __m256i) -> [__m256i; 2] {
    [_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)]
}

#[inline]
#[target_feature(enable = "avx2")]
fn multiply(pairs: [__m256i; 2], [a, b]: [i16; 2]) -> [__m256i; 2] {
    let factors = _mm256_set1_epi32(i32::from(b) << 16 | i32::from(a.cast_unsigned()));
    pairs.map(|pairs| _mm256_madd_epi16(pairs, factors))
}

#[inline]
#[target_feature(enable = "avx2")]
fn weigh<const SHIFT: i32>(pairs: [__m256i; 2], factors: [i16; 2], plus: [__m256i; 2]) -> __m256i {
    let half = _mm256_set1_epi32(1 << (SHIFT - 1));
    let [low, high] = multiply(pairs, factors);
    let round = |sum, plus| {
        let sum = _mm256_add_epi32(sum, _mm256_add_epi32(plus, half));
        _mm256_srai_epi32::<SHIFT>(sum)
    };
    _mm256_packs_epi32(round(low, plus[0]), round(high, plus[1]))
}

/// Turns two blocks over.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose(r: [__m256i; 8]) -> [__m256i; 8] {
    let words = |i: usize, j: usize| interleave(r[i], r[j]);
    let [[a0, a1], [a2, a3], [a4, a5], [a6, a7]] =
        [words(0, 1), words(2, 3), words(4, 5), words(6, 7)];
    let pairs = |a, b| [_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b)];
    let [[b0, b1], [b2, b3], [b4, b5], [b6, b7]] =
        [pairs(a0, a2), pairs(a1, a3), pairs(a4, a6), pairs(a5, a7)];
    let fours = |a, b| [_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b)];
    let [[c0, c1], [c2, c3], [c4, c5], [c6, c7]] =
        [fours(b0, b4), fours(b1, b5), fours(b2, b6), fours(b3, b7)];
    [c0, c1, c2, c3, c4, c5, c6, c7]
}

/// For each row of the zigzag order and each row of a turned block: which bytes
/// of the latter go where; those with bit 7 set come from another.
#[expect(clippy::cast_possible_truncation, reason = "at most 14")]
const SHUFFLES: [[[u8; 16]; 8]; 8] = {
    let mut shuffles = [[[0x80; 16]; 8]; 8];
    let mut k = 0;
    while k < 64 {
        let from = TURNED_ZIGZAG[k];
        let byte = 2 * (from % 8) as u8;
        let shuffle = &mut shuffles[k / 8][from / 8];
        shuffle[k % 8 * 2] = byte;
        shuffle[k % 8 * 2 + 1] = byte + 1;
        k += 1;
    }
    shuffles
};

/// Orders two turned blocks. Of the 64 shuffles, 40 have anything to move.
#[inline]
#[target_feature(enable = "avx2")]
fn to_zigzag(rows: [__m256i; 8]) -> [__m256i; 8] {
    macro_rules! gather {
        ($to:literal: $first:literal $($from:literal)*) => {{
            let moved = shuffle(rows[$first], &const { SHUFFLES[$to][$first] });
            $(let moved = _mm256_or_si256(
                moved,
                shuffle(rows[$from], &const { SHUFFLES[$to][$from] }),
            );)*
            moved
        }};
    }
    [
        gather!(0: 0 1 2 3),
        gather!(1: 0 1 2 3 4 5),
        gather!(2: 0 1 2 3 4),
        gather!(3: 3 4 5 6 7),
        gather!(4: 0 1 2 3 4),
        gather!(5: 3 4 5 6 7),
        gather!(6: 2 3 4 5 6 7),
        gather!(7: 4 5 6 7),
    ]
}

#[inline]
#[target_feature(enable = "avx2")]
fn shuffle(row: __m256i, order: &[u8; 16]) -> __m256i {
    // SAFETY: the array holds 16 bytes; the load needs no alignment.
    let order = unsafe { _mm_loadu_si128(order.as_ptr().cast()) };
    _mm256_shuffle_epi8(row, _mm256_broadcastsi128_si256(order))
}

/// Sixteen samples less 128.
#[inline]
#[target_feature(enable = "avx2")]
fn load_sixteen_bytes(bytes: &[u8; 16]) -> __m256i {
    // SAFETY: the array holds 16 bytes; the load needs no alignment.
    let bytes = unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) };
    _mm256_sub_epi16(_mm256_cvtepu8_epi16(bytes), _mm256_set1_epi16(128))
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_twice(words: &[u16; 8]) -> __m256i {
    // SAFETY: the array holds 16 bytes; the load needs no alignment.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(words.as_ptr().cast()) })
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(words: &mut [i16; 8], value: __m128i) {
    // SAFETY: the array holds 16 bytes; the store needs no alignment.
    unsafe { _mm_storeu_si128(words.as_mut_ptr().cast(), value) }
}
