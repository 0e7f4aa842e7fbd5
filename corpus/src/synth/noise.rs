//! Hashes in place of chance: every random-looking number here is a function of where it
//! stands and of a seed.

use super::Picture;

/// Scrambles 64 bits into 64 others (the finaliser of splitmix64).
pub(super) fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Returns a number below `limit` for the `n`-th choice made under `seed`.
pub(super) fn pick(seed: u64, n: u64, limit: u32) -> u32 {
    let high = mix(seed ^ mix(n)) >> 32;
    ((high * u64::from(limit)) >> 32) as u32
}

/// Returns white noise: every sample independent and equally likely, alpha included.
///
/// # Panics
///
/// If `channels` is not 1 to 4.
pub fn noise(width: u32, height: u32, channels: u8, seed: u64) -> Picture {
    assert!((1..=4).contains(&channels), "one to four channels");
    let length = width as usize * height as usize * usize::from(channels);
    let mut samples = Vec::with_capacity(length + 7);
    let key = mix(seed);
    for at in 0..length.div_ceil(8) as u64 {
        samples.extend_from_slice(&mix(key ^ at).to_le_bytes());
    }
    samples.truncate(length);
    Picture {
        width,
        height,
        channels,
        samples,
    }
}

/// Smooth noise with detail at every scale, yielded row by row.
///
/// Each octave is a lattice of hashed heights twice as fine as the one before, blended by a
/// smoothstep; amplitudes fall by `keep`/256 per octave.
pub(super) struct Octaves {
    octaves: Vec<Octave>,
    width: usize,
}

struct Octave {
    seed: u64,
    /// Log2 of the cell size in pixels.
    cell: u32,
    amplitude: i32,
    /// Smoothstep at each position inside a cell, in 1/32768.
    blend: Vec<i32>,
    /// Lattice row under the current pixel row, and the one after it.
    above: Vec<i32>,
    below: Vec<i32>,
    /// Which lattice row `above` is.
    row: Option<u32>,
    /// The two blended vertically.
    nodes: Vec<i32>,
}

impl Octaves {
    /// Cells from `coarsest` down to `finest` (both log2 of pixels). The coarsest octave
    /// spans `amplitude` to either side of zero.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a smoothstep is at most 32,768"
    )]
    pub(super) fn new(
        width: u32,
        seed: u64,
        coarsest: u32,
        finest: u32,
        amplitude: i32,
        keep: i32,
    ) -> Self {
        let mut octaves = Vec::new();
        let mut amplitude = amplitude << 8;
        for cell in (finest..=coarsest.max(finest)).rev() {
            let nodes = (width as usize >> cell) + 2;
            let size = 1i64 << cell;
            octaves.push(Octave {
                seed: mix(seed ^ u64::from(cell)),
                cell,
                amplitude,
                blend: (0..size)
                    .map(|at| {
                        (at * at * (3 * size - 2 * at) * 32_768 / (size * size * size)) as i32
                    })
                    .collect(),
                above: vec![0; nodes],
                below: vec![0; nodes],
                row: None,
                nodes: vec![0; nodes],
            });
            amplitude = (amplitude * keep) >> 8;
        }
        Self {
            octaves,
            width: width as usize,
        }
    }

    /// Adds row `y` of the noise to `sum`, in 1/256 of a level. Rows come in rising order;
    /// any other order is correct but slower.
    pub(super) fn add_row(&mut self, y: u32, sum: &mut [i32]) {
        let sum = &mut sum[..self.width];
        for octave in &mut self.octaves {
            octave.step_to(y);
            let size = 1usize << octave.cell;
            for (cells, nodes) in sum.chunks_mut(size).zip(octave.nodes.windows(2)) {
                let (from, change) = (nodes[0], nodes[1] - nodes[0]);
                for (value, &blend) in cells.iter_mut().zip(&octave.blend) {
                    // 17 bits of difference by 15 of blend: fits.
                    *value += from + (((change >> 2) * blend) >> 13);
                }
            }
        }
    }
}

impl Octave {
    fn step_to(&mut self, y: u32) {
        let row = y >> self.cell;
        if self.row != Some(row) {
            if row > 0 && self.row == Some(row - 1) {
                std::mem::swap(&mut self.above, &mut self.below);
            } else {
                fill(self.seed, row, self.amplitude, &mut self.above);
            }
            fill(self.seed, row + 1, self.amplitude, &mut self.below);
            self.row = Some(row);
        }
        let blend = self.blend[(y & ((1 << self.cell) - 1)) as usize];
        for ((node, &above), &below) in self.nodes.iter_mut().zip(&self.above).zip(&self.below) {
            *node = above + ((((below - above) >> 2) * blend) >> 13);
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "16 bits of hash, and an amplitude that fits 16 bits"
)]
fn fill(seed: u64, row: u32, amplitude: i32, lattice: &mut [i32]) {
    let key = seed ^ (u64::from(row) << 32);
    for (at, node) in (0u64..).zip(lattice) {
        // -32768..=32767 scaled to the amplitude.
        let height = (mix(key ^ at) >> 48).cast_signed() - 32_768;
        *node = ((height * i64::from(amplitude)) >> 15) as i32;
    }
}
