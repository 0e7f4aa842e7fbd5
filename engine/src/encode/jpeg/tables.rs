//! Quantisation: the tables of T.81 Annex K, scaled by quality as libjpeg does,
//! and division by them through exact reciprocals.

use crate::zigzag::ZIGZAG;

/// [`ZIGZAG`] in a block that is turned over: `8 * v + u`.
pub(super) const TURNED_ZIGZAG: [usize; 64] = turned(ZIGZAG);

const fn turned(mut order: [usize; 64]) -> [usize; 64] {
    let mut k = 0;
    while k < 64 {
        order[k] = order[k] % 8 * 8 + order[k] / 8;
        k += 1;
    }
    order
}

/// Annex K.1, luminance, row by row.
#[rustfmt::skip]
const LUMA: [u8; 64] = [
    16, 11, 10, 16,  24,  40,  51,  61,
    12, 12, 14, 19,  26,  58,  60,  55,
    14, 13, 16, 24,  40,  57,  69,  56,
    14, 17, 22, 29,  51,  87,  80,  62,
    18, 22, 37, 56,  68, 109, 103,  77,
    24, 35, 55, 64,  81, 104, 113,  92,
    49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103,  99,
];

/// Annex K.2, chrominance, row by row.
#[rustfmt::skip]
const CHROMA: [u8; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99,
    18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
];

/// The steps of each coefficient, row by row: of luma, then of chroma.
pub(super) fn steps(quality: u8) -> [[u8; 64]; 2] {
    let quality = u32::from(quality.clamp(1, 100));
    let percent = if quality < 50 {
        5000 / quality
    } else {
        200 - 2 * quality
    };
    [LUMA, CHROMA].map(|table| {
        table.map(|step| {
            let scaled = (u32::from(step) * percent + 50) / 100;
            u8::try_from(scaled.clamp(1, 255)).expect("clamped")
        })
    })
}

/// Divides coefficients by their steps, rounding halves away from zero.
///
/// A quotient `n / d` is `n * m >> (16 + s)` with `m` the reciprocal of `d`, rounded
/// up to 16 bits. It is exact: `m` is too large by less than `d / 2^(16 + s)`, and
/// `n * d` stays below `2^(16 + s)`. As no vector unit shifts each word by its own
/// amount, the last shift is another multiplication, by `2^(16 - s)`.
///
/// In the order of a block that is turned over, as vector code meets it.
#[derive(Clone, Debug)]
pub(crate) struct Divisors {
    pub(super) half: [u16; 64],
    pub(super) reciprocal: [u16; 64],
    pub(super) scale: [u16; 64],
}

impl Divisors {
    /// For steps that are row by row, of coefficients that are eight times too large.
    pub(super) fn new(steps: &[u8; 64]) -> Self {
        let of = |part: fn(u32) -> u16| {
            std::array::from_fn(|at| part(8 * u32::from(steps[at % 8 * 8 + at / 8])))
        };
        Self {
            half: of(|divisor| word(divisor / 2)),
            reciprocal: of(|divisor| word((1_u32 << (16 + shift(divisor))).div_ceil(divisor))),
            scale: of(|divisor| word(1 << (16 - shift(divisor)))),
        }
    }

    /// Divides what is at `at` in a block that is turned over.
    pub(super) fn divide(&self, coefficient: i16, at: usize) -> i16 {
        let magnitude = u32::from(coefficient.unsigned_abs() + self.half[at]);
        let product = (magnitude * u32::from(self.reciprocal[at])) >> 16;
        let quotient = word((product * u32::from(self.scale[at])) >> 16).cast_signed();
        if coefficient < 0 { -quotient } else { quotient }
    }
}

/// Bits to shift by, so that the reciprocal takes all 16 bits and no more.
fn shift(divisor: u32) -> u32 {
    (divisor - 1).ilog2()
}

fn word(value: u32) -> u16 {
    u16::try_from(value).expect("divisors are 8 to 2,040, shifts 2 to 10")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quotient_of_every_step_is_exact() {
        for step in 1..=255 {
            let divisors = Divisors::new(&[step; 64]);
            let divisor = i32::from(step) * 8;
            for coefficient in -9000..=9000_i16 {
                let magnitude = (i32::from(coefficient).abs() + divisor / 2) / divisor;
                let expected = magnitude * i32::from(coefficient).signum();
                let ours = i32::from(divisors.divide(coefficient, 0));
                assert_eq!(ours, expected, "{coefficient} / {divisor}");
            }
        }
    }

    #[test]
    fn qualities_scale_as_those_of_libjpeg() {
        assert_eq!(steps(50), [LUMA, CHROMA]);
        assert_eq!(steps(100), [[1; 64]; 2]);
        assert_eq!(steps(80)[0][..4], [6, 4, 4, 6]);
        assert_eq!(steps(25)[1][..4], [34, 36, 48, 94]);
        assert_eq!(steps(1)[0][0], 255);
    }
}
