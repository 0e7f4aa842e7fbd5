//! From samples to quantised coefficients: colour conversion, chroma averaging, DCT.
//! Everything is integer arithmetic in a fixed order.

use super::tables::ZIGZAG;

/// Quantised coefficients in zigzag order.
pub(super) type Block = [i16; 64];

/// One component of a picture at full size.
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) samples: Vec<u8>,
}

/// One component as blocks, padded to whole MCUs of the interleaved scan.
pub(super) struct Component {
    /// Blocks of this component across and down one MCU.
    pub(super) across: usize,
    pub(super) down: usize,
    /// 0 for luma and key, 1 for chroma: which quantisation and Huffman tables.
    pub(super) table: usize,
    /// Blocks in a padded row.
    pub(super) stride: usize,
    /// Blocks that hold part of the picture, which is what a scan of this component alone codes.
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) blocks: Vec<Block>,
}

impl Plane {
    /// Averages boxes of `across` by `down` samples; boxes at the edge repeat the last sample.
    #[expect(clippy::cast_possible_truncation, reason = "a mean of bytes is a byte")]
    pub(super) fn shrunk(self, across: usize, down: usize) -> Self {
        if across * down == 1 {
            return self;
        }
        let (width, height) = (self.width.div_ceil(across), self.height.div_ceil(down));
        let count = across * down;
        let mut samples = Vec::with_capacity(width * height);
        let mut sums = vec![0usize; width];
        for y in 0..height {
            sums.fill(0);
            for dy in 0..down {
                let row = (y * down + dy).min(self.height - 1);
                let row = &self.samples[row * self.width..][..self.width];
                let (whole, rest) = row.split_at(self.width / across * across);
                for (sum, samples) in sums.iter_mut().zip(whole.chunks_exact(across)) {
                    *sum += samples.iter().map(|&s| usize::from(s)).sum::<usize>();
                }
                if let (Some(sum), Some(&last)) = (sums.last_mut(), rest.last()) {
                    let missing = across - rest.len();
                    *sum += rest.iter().map(|&s| usize::from(s)).sum::<usize>()
                        + missing * usize::from(last);
                }
            }
            samples.extend(sums.iter().map(|sum| ((sum + count / 2) / count) as u8));
        }
        Self {
            width,
            height,
            samples,
        }
    }
}

impl Component {
    /// Transforms `plane`, of which an MCU holds `across` by `down` blocks, and quantises by
    /// `quant`. The picture has `mcus` MCUs across and down.
    pub(super) fn new(
        plane: &Plane,
        (across, down): (usize, usize),
        (mcus_wide, mcus_high): (usize, usize),
        table: usize,
        quant: &[u8; 64],
    ) -> Self {
        let (stride, padded_rows) = (mcus_wide * across, mcus_high * down);
        let mut blocks = Vec::with_capacity(stride * padded_rows);
        let mut strip = vec![0u8; stride * 64];
        for row in 0..padded_rows {
            for (dy, line) in strip.chunks_exact_mut(stride * 8).enumerate() {
                let y = (row * 8 + dy).min(plane.height - 1);
                let samples = &plane.samples[y * plane.width..][..plane.width];
                line[..plane.width].copy_from_slice(samples);
                line[plane.width..].fill(samples[plane.width - 1]);
            }
            for column in 0..stride {
                let mut block = [0i32; 64];
                for (dy, line) in block.chunks_exact_mut(8).enumerate() {
                    let samples = &strip[dy * stride * 8 + column * 8..][..8];
                    for (value, &sample) in line.iter_mut().zip(samples) {
                        *value = i32::from(sample) - 128;
                    }
                }
                forward_dct(&mut block);
                blocks.push(quantised(&block, quant));
            }
        }
        Self {
            across,
            down,
            table,
            stride,
            columns: plane.width.div_ceil(8),
            rows: plane.height.div_ceil(8),
            blocks,
        }
    }
}

/// Divides by the table and rounds half away from zero. The DCT leaves its results eight
/// times too large.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a coefficient of an 8-bit block has at most 11 bits and a sign"
)]
fn quantised(block: &[i32; 64], quant: &[u8; 64]) -> Block {
    std::array::from_fn(|n| {
        let at = usize::from(ZIGZAG[n]);
        let step = i32::from(quant[at]) * 8;
        let size = (block[at].abs() + step / 2) / step;
        // At most 1024 after the shift by eight: an 8-bit DCT coefficient.
        (size * block[at].signum()) as i16
    })
}

/// Fractional bits of the rotation constants.
const SCALE: i32 = 13;
/// Extra bits kept between the two passes.
const EXTRA: i32 = 2;

/// The separable DCT of Loeffler, Ligtenberg and Moschytz with 13-bit constants, as the
/// Independent JPEG Group's slow integer DCT does it. Results are eight times the DCT's.
fn forward_dct(block: &mut [i32; 64]) {
    for row in block.as_chunks_mut::<8>().0 {
        let (even, odd) = eight_points(*row);
        row[0] = even[0] << EXTRA;
        row[4] = even[1] << EXTRA;
        row[2] = rounded(even[2], SCALE - EXTRA);
        row[6] = rounded(even[3], SCALE - EXTRA);
        for (n, value) in odd.into_iter().enumerate() {
            row[2 * n + 1] = rounded(value, SCALE - EXTRA);
        }
    }
    for x in 0..8 {
        let (even, odd) = eight_points(std::array::from_fn(|y| block[y * 8 + x]));
        block[x] = rounded(even[0], EXTRA);
        block[4 * 8 + x] = rounded(even[1], EXTRA);
        block[2 * 8 + x] = rounded(even[2], SCALE + EXTRA);
        block[6 * 8 + x] = rounded(even[3], SCALE + EXTRA);
        for (n, value) in odd.into_iter().enumerate() {
            block[(2 * n + 1) * 8 + x] = rounded(value, SCALE + EXTRA);
        }
    }
}

/// One eight-point DCT: the even coefficients 0, 4 (unscaled), 2, 6 (scaled), and the odd
/// ones 1, 3, 5, 7 (scaled).
fn eight_points(v: [i32; 8]) -> ([i32; 4], [i32; 4]) {
    let (sum0, sum1, sum2, sum3) = (v[0] + v[7], v[1] + v[6], v[2] + v[5], v[3] + v[4]);
    let (d4, d5, d6, d7) = (v[3] - v[4], v[2] - v[5], v[1] - v[6], v[0] - v[7]);

    let (outer, inner) = (sum0 + sum3, sum1 + sum2);
    let (tilt, bend) = (sum0 - sum3, sum1 - sum2);
    let turn = (tilt + bend) * 4433;
    let even = [
        outer + inner,
        outer - inner,
        turn + tilt * 6270,
        turn - bend * 15137,
    ];

    let z5 = (d4 + d6 + d5 + d7) * 9633;
    let z1 = (d4 + d7) * -7373;
    let z2 = (d5 + d6) * -20995;
    let z3 = (d4 + d6) * -16069 + z5;
    let z4 = (d5 + d7) * -3196 + z5;
    let odd = [
        d7 * 12299 + z1 + z4,
        d6 * 25172 + z2 + z3,
        d5 * 16819 + z2 + z4,
        d4 * 2446 + z1 + z3,
    ];
    (even, odd)
}

fn rounded(value: i32, bits: i32) -> i32 {
    (value + (1 << (bits - 1))) >> bits
}
