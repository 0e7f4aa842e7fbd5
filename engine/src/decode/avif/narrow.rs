//! From samples of 10 or 12 bits to 8, rounded.

use super::Samples;
use crate::{budget::zeroed, error::Result, pixels::Range};

/// How samples become bytes.
pub(super) struct Narrow {
    /// The byte of each sample of luma (or a colour, or alpha), and of chroma;
    /// empty for 8 bits.
    luma: Vec<u8>,
    chroma: Vec<u8>,
}

impl Narrow {
    pub(super) fn new(depth: u8, range: Range) -> Result<Self> {
        let count = if depth > 8 { 1 << depth } else { 0 };
        let (mut luma, mut chroma) = (zeroed(count)?, zeroed(count)?);
        for (sample, (luma, chroma)) in (0..).zip(luma.iter_mut().zip(&mut chroma)) {
            *luma = byte(sample, depth, range, 0);
            *chroma = byte(sample, depth, range, 128);
        }
        Ok(Self { luma, chroma })
    }

    /// Converts a row of a plane from sample `x` on.
    pub(super) fn row(&self, plane: usize, from: Samples<'_>, x: usize, to: &mut [u8]) {
        match from {
            Samples::Bytes(from) => to.copy_from_slice(&from[x..][..to.len()]),
            Samples::Words(from) => {
                let bytes = if plane == 0 { &self.luma } else { &self.chroma };
                let last = bytes.len() - 1;
                for (to, &from) in to.iter_mut().zip(&from[x..]) {
                    *to = bytes[usize::from(from).min(last)];
                }
            }
        }
    }
}

/// The byte that is nearest to a sample, both counted from their own zero: black,
/// or no colour, which is half of all levels (H.273, 8.3: limited range has as many
/// times the levels as there are, full range one less).
fn byte(sample: u32, depth: u8, range: Range, zero: i64) -> u8 {
    let times = 1 << (depth - 8);
    let (levels, bytes) = match range {
        Range::Limited => (times, 1),
        Range::Full => (256 * times - 1, 255),
    };
    let level = i64::from(sample) - zero * times;
    let rounded = (2 * level * bytes + levels).div_euclid(2 * levels);
    u8::try_from((rounded + zero).clamp(0, 255)).unwrap_or(255)
}

/// The memory of [`Narrow`].
pub(super) fn table_bytes(depth: u8) -> u64 {
    if depth > 8 { 2 << depth } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_white_and_no_colour_stay_what_they_are() {
        for depth in [10, 12] {
            let most = (1 << depth) - 1;
            let times = 1 << (depth - 8);
            let full = |sample, zero| byte(sample, depth, Range::Full, zero);
            let limited = |sample, zero| byte(sample, depth, Range::Limited, zero);
            assert_eq!([full(0, 0), full(most, 0)], [0, 255]);
            assert_eq!([full(0, 128), full(128 * times, 128)], [0, 128]);
            assert_eq!(full(most, 128), 255);
            assert_eq!([limited(16 * times, 0), limited(235 * times, 0)], [16, 235]);
            assert_eq!(
                [limited(128 * times, 128), limited(240 * times, 128)],
                [128, 240]
            );
            assert_eq!([limited(0, 0), limited(most, 0)], [0, 255]);
        }
    }

    #[test]
    fn samples_round_to_the_nearest_byte() {
        for sample in 0..1024 {
            let exact = f64::from(sample) * 255.0 / 1023.0;
            let byte = byte(sample, 10, Range::Full, 0);
            assert!((f64::from(byte) - exact).abs() <= 0.5, "{sample}");
        }
    }
}
