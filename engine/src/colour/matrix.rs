//! Between RGB and YCbCr, in fixed point with 16 fractional bits, rounded: into
//! the YCbCr of ITU-T T.871 (JFIF), which is full-range BT.601, out of any.

use crate::pixels::{Matrix, Range, Ycc};

const LUMA: [i32; 3] = [19_595, 38_470, 7_471];
const CB: [i32; 3] = [-11_059, -21_709, 32_768];
const CR: [i32; 3] = [32_768, -27_439, -5_329];

/// Luma of one row; `rows` begins with red, green, blue.
pub(super) fn luma(rows: &[Vec<u8>; 4], out: &mut [u8]) {
    let [red, green, blue, _] = rows;
    for (((out, &r), &g), &b) in out.iter_mut().zip(red).zip(green).zip(blue) {
        let sum = LUMA[0] * i32::from(r) + LUMA[1] * i32::from(g) + LUMA[2] * i32::from(b);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the weights are positive and add up to 65,536"
        )]
        let byte = ((sum + 32_768) >> 16) as u8;
        *out = byte;
    }
}

/// Chroma of two rows, averaged over two by two pixels; an odd last column
/// stands for two.
pub(super) fn chroma(above: &[Vec<u8>; 4], below: &[Vec<u8>; 4], cb: &mut [u8], cr: &mut [u8]) {
    let width = above[0].len();
    for (x, (cb, cr)) in cb.iter_mut().zip(cr).enumerate() {
        let (left, right) = (2 * x, (2 * x + 1).min(width - 1));
        let sum = |c: usize| {
            let (above, below) = (&above[c], &below[c]);
            i32::from(above[left])
                + i32::from(above[right])
                + i32::from(below[left])
                + i32::from(below[right])
        };
        let sums = [sum(0), sum(1), sum(2)];
        *cb = from_sums(sums, CB);
        *cr = from_sums(sums, CR);
    }
}

/// Chroma of one row, for each pixel.
pub(super) fn full_chroma(rows: &[Vec<u8>; 4], cb: &mut [u8], cr: &mut [u8]) {
    for (x, (cb, cr)) in cb.iter_mut().zip(cr).enumerate() {
        let sums = [0, 1, 2].map(|c| 4 * i32::from(rows[c][x]));
        *cb = from_sums(sums, CB);
        *cr = from_sums(sums, CR);
    }
}

/// One chroma sample from the sums of four pixels.
fn from_sums(sums: [i32; 3], weights: [i32; 3]) -> u8 {
    let sum: i32 = sums.iter().zip(weights).map(|(s, w)| s * w).sum();
    // Just under a half, so that the largest is 255 and not 256.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the weights add up to 0 and reach half of 65,536 each way"
    )]
    let byte = ((sum + (128 << 18) + (1 << 17) - 1) >> 18) as u8;
    byte
}

/// From one meaning of YCbCr to red, green, blue (H.273, 8.3).
pub(crate) struct ToRgb {
    /// Luma's black, and what multiplies the rest.
    black: i32,
    luma: i32,
    /// What chroma adds to red, takes from green (Cb, Cr) and adds to blue.
    red: i32,
    green: [i32; 2],
    blue: i32,
}

impl ToRgb {
    pub(crate) fn new(Ycc { matrix, range }: Ycc) -> Self {
        // Luma's shares of red and blue.
        let (kr, kb) = match matrix {
            Matrix::Bt601 => (0.299, 0.114),
            Matrix::Bt709 => (0.2126, 0.0722),
            Matrix::Bt2020 => (0.2627, 0.0593),
        };
        let kg = 1.0 - kr - kb;
        let (black, luma, chroma) = match range {
            Range::Full => (0, 1.0, 1.0),
            Range::Limited => (16, 255.0 / 219.0, 255.0 / 224.0),
        };
        Self {
            black,
            luma: fixed(luma),
            red: fixed(chroma * 2.0 * (1.0 - kr)),
            green: [
                fixed(chroma * 2.0 * (1.0 - kb) * kb / kg),
                fixed(chroma * 2.0 * (1.0 - kr) * kr / kg),
            ],
            blue: fixed(chroma * 2.0 * (1.0 - kb)),
        }
    }

    /// One row of YCbCr, all channels at full size.
    pub(super) fn convert(&self, row: [&[u8]; 3], out: [&mut [u8]; 3]) {
        let [y, cb, cr] = row;
        let [red, green, blue] = out;
        for (x, ((&y, &cb), &cr)) in y.iter().zip(cb).zip(cr).enumerate() {
            let luma = self.luma * (i32::from(y) - self.black) + 32_768;
            let (cb, cr) = (i32::from(cb) - 128, i32::from(cr) - 128);
            red[x] = clamp((luma + self.red * cr) >> 16);
            green[x] = clamp((luma - self.green[0] * cb - self.green[1] * cr) >> 16);
            blue[x] = clamp((luma + self.blue * cb) >> 16);
        }
    }

    /// The same in place: luma becomes red, and chroma green and blue.
    #[cfg(feature = "libaom")]
    pub(crate) fn convert_in_place(&self, [first, second, third]: [&mut [u8]; 3]) {
        for ((first, second), third) in first.iter_mut().zip(second).zip(third) {
            let (mut red, mut green, mut blue) = ([0], [0], [0]);
            self.convert(
                [&[*first], &[*second], &[*third]],
                [&mut red, &mut green, &mut blue],
            );
            (*first, *second, *third) = (red[0], green[0], blue[0]);
        }
    }

    /// A row of grey in place.
    pub(crate) fn expand(&self, row: &mut [u8]) {
        if self.black == 0 {
            return;
        }
        for sample in row {
            *sample = clamp((self.luma * (i32::from(*sample) - self.black) + 32_768) >> 16);
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "factors are a little above 2 at most"
)]
fn fixed(factor: f64) -> i32 {
    (factor * 65_536.0).round() as i32
}

#[expect(clippy::cast_sign_loss, reason = "clamped")]
fn clamp(value: i32) -> u8 {
    value.clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixel([r, g, b]: [u8; 3]) -> [Vec<u8>; 4] {
        [vec![r], vec![g], vec![b], vec![255]]
    }

    fn to_ycbcr(rgb: [u8; 3]) -> [u8; 3] {
        let rows = pixel(rgb);
        let (mut y, mut cb, mut cr) = ([0], [0], [0]);
        luma(&rows, &mut y);
        chroma(&rows, &rows, &mut cb, &mut cr);
        [y[0], cb[0], cr[0]]
    }

    #[test]
    fn greys_have_no_chroma() {
        for level in 0..=255 {
            assert_eq!(to_ycbcr([level; 3]), [level, 128, 128]);
        }
    }

    #[test]
    fn conversion_is_within_one_level_of_the_standard() {
        for rgb in [
            [255, 0, 0],
            [0, 255, 0],
            [0, 0, 255],
            [12, 200, 77],
            [255, 255, 0],
        ] {
            let [r, g, b] = rgb.map(f64::from);
            let exact = [
                0.299 * r + 0.587 * g + 0.114 * b,
                128.0 - 0.168_736 * r - 0.331_264 * g + 0.5 * b,
                128.0 + 0.5 * r - 0.418_688 * g - 0.081_312 * b,
            ];
            for (ours, exact) in to_ycbcr(rgb).into_iter().zip(exact) {
                assert!((f64::from(ours) - exact.min(255.0)).abs() <= 0.6, "{rgb:?}");
            }
        }
    }

    #[test]
    fn there_and_back_is_within_two_levels() {
        for rgb in [[255, 0, 0], [1, 2, 3], [200, 100, 50], [0, 255, 255]] {
            let [y, cb, cr] = to_ycbcr(rgb);
            let (mut r, mut g, mut b) = ([0], [0], [0]);
            ToRgb::new(Ycc::default()).convert([&[y], &[cb], &[cr]], [&mut r, &mut g, &mut b]);
            for (ours, original) in [r[0], g[0], b[0]].into_iter().zip(rgb) {
                assert!(ours.abs_diff(original) <= 2, "{rgb:?}");
            }
        }
    }

    #[test]
    fn white_and_black_of_limited_range_are_white_and_black() {
        for matrix in [Matrix::Bt601, Matrix::Bt709, Matrix::Bt2020] {
            let to_rgb = ToRgb::new(Ycc {
                matrix,
                range: Range::Limited,
            });
            let (mut r, mut g, mut b) = ([0; 2], [0; 2], [0; 2]);
            to_rgb.convert([&[16, 235], &[128; 2], &[128; 2]], [&mut r, &mut g, &mut b]);
            assert_eq!([r, g, b], [[0, 255]; 3], "{matrix:?}");
        }
    }

    #[test]
    fn each_matrix_gives_back_the_red_it_was_made_of() {
        for (matrix, [kr, kb]) in [
            (Matrix::Bt601, [0.299, 0.114]),
            (Matrix::Bt709, [0.2126, 0.0722]),
            (Matrix::Bt2020, [0.2627, 0.0593]),
        ] {
            let [y, cb, cr] = [kr, -kr / (2.0 * (1.0 - kb)), 0.5_f64];
            let limited = |offset: f64, span: f64, value: f64| {
                u8::try_from(fixed(offset + span * value) >> 16).expect("in range")
            };
            let row = [
                &[limited(16.5, 219.0, y)][..],
                &[limited(128.5, 224.0, cb)],
                &[limited(128.5, 224.0, cr)],
            ];
            let (mut r, mut g, mut b) = ([0], [0], [0]);
            ToRgb::new(Ycc {
                matrix,
                range: Range::Limited,
            })
            .convert(row, [&mut r, &mut g, &mut b]);
            assert!(r[0] >= 253 && g[0] <= 2 && b[0] <= 2, "{matrix:?}");
        }
    }
}
