//! The definition.

use super::{BETWEEN_BITS, DROPPED_BITS, LANES, ONE, Scale, WEIGHT_BITS, weight};

pub(super) fn inverse_dct(scale: Scale, group: &[i16], out: &mut [u8], stride: usize) {
    for lane in 0..LANES {
        let at = |row: usize, column: usize| {
            group[(row * scale.samples() as usize + column) * LANES + lane]
        };
        match scale {
            Scale::Eighth => out[lane] = eighth(at(0, 0)),
            Scale::Quarter => {
                let block = [[at(0, 0), at(0, 1)], [at(1, 0), at(1, 1)]];
                store(&quarter(block), &mut out[lane * 2..], stride);
            }
            Scale::Half => {
                let block = std::array::from_fn(|y| std::array::from_fn(|x| at(y, x)));
                store(&both_ways(block, four), &mut out[lane * 4..], stride);
            }
            Scale::Full => {
                let block = std::array::from_fn(|y| std::array::from_fn(|x| at(y, x)));
                store(&both_ways(block, eight), &mut out[lane * 8..], stride);
            }
        }
    }
}

fn store<const N: usize>(block: &[[u8; N]; N], out: &mut [u8], stride: usize) {
    for (y, row) in block.iter().enumerate() {
        out[y * stride..][..N].copy_from_slice(row);
    }
}

/// A mean is an eighth of the coefficient.
fn eighth(dc: i16) -> u8 {
    sample(dc.saturating_add(4) >> 3)
}

fn quarter([[a, b], [c, d]]: [[i16; 2]; 2]) -> [[u8; 2]; 2] {
    // The rounding goes in with the first pass.
    let (a, c) = (a.saturating_add(4), c);
    let (left, right) = (
        [a.saturating_add(c), a.saturating_sub(c)],
        [b.saturating_add(d), b.saturating_sub(d)],
    );
    std::array::from_fn(|y| {
        [
            sample(left[y].saturating_add(right[y]) >> 3),
            sample(left[y].saturating_sub(right[y]) >> 3),
        ]
    })
}

/// Columns, rounded to [`BETWEEN_BITS`] and clamped to 16 bits, then rows.
fn both_ways<const N: usize>(
    block: [[i16; N]; N],
    transform: impl Fn([i16; N]) -> [i32; N],
) -> [[u8; N]; N] {
    let mut between = [[0; N]; N];
    for x in 0..N {
        let column = transform(std::array::from_fn(|y| block[y][x]));
        for y in 0..N {
            between[y][x] = round(column[y], WEIGHT_BITS - BETWEEN_BITS);
        }
    }
    between.map(|row| transform(row).map(|sum| sample(round(sum, DROPPED_BITS))))
}

/// Drops bits, rounded, and clamps to 16.
fn round(sum: i32, bits: u32) -> i16 {
    let rounded = (sum + (1 << (bits - 1))) >> bits;
    #[expect(clippy::cast_possible_truncation, reason = "clamped")]
    let clamped = rounded.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
    clamped
}

/// Samples are around 128 (T.81, A.3.1).
fn sample(value: i16) -> u8 {
    #[expect(clippy::cast_sign_loss, reason = "clamped")]
    let clamped = value.saturating_add(128).clamp(0, 255) as u8;
    clamped
}

/// Four frequencies to four samples.
fn four([a, b, c, d]: [i16; 4]) -> [i32; 4] {
    let even = [pair(a, ONE, c, ONE), pair(a, ONE, c, -ONE)];
    let odd = [
        pair(b, weight(2), d, weight(6)),
        pair(b, weight(6), d, -weight(2)),
    ];
    [
        even[0] + odd[0],
        even[1] + odd[1],
        even[1] - odd[1],
        even[0] - odd[0],
    ]
}

/// Eight frequencies to eight samples (T.81, A.3.3, one dimension).
fn eight([a, b, c, d, e, f, g, h]: [i16; 8]) -> [i32; 8] {
    let middle = [pair(a, ONE, e, ONE), pair(a, ONE, e, -ONE)];
    let outer = [
        pair(c, weight(2), g, weight(6)),
        pair(c, weight(6), g, -weight(2)),
    ];
    let even = [
        middle[0] + outer[0],
        middle[1] + outer[1],
        middle[1] - outer[1],
        middle[0] - outer[0],
    ];
    let odd = [
        pair(b, weight(1), d, weight(3)) + pair(f, weight(5), h, weight(7)),
        pair(b, weight(3), d, -weight(7)) + pair(f, -weight(1), h, -weight(5)),
        pair(b, weight(5), d, -weight(1)) + pair(f, weight(7), h, weight(3)),
        pair(b, weight(7), d, -weight(5)) + pair(f, weight(3), h, -weight(1)),
    ];
    std::array::from_fn(|x| {
        if x < 4 {
            even[x] + odd[x]
        } else {
            even[7 - x] - odd[7 - x]
        }
    })
}

fn pair(a: i16, weight_a: i16, b: i16, weight_b: i16) -> i32 {
    i32::from(a) * i32::from(weight_a) + i32::from(b) * i32::from(weight_b)
}
