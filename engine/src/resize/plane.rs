//! One plane through both passes.

use std::rc::Rc;

use super::{
    Axis, Tables,
    kernel::{Band, GROUP, PairWeights, Vertical, scalar::premultiply_each},
    schedule::PlaneSizes,
    weights::{TAP_ALIGN, Weights},
};
use crate::{
    budget::zeroed,
    error::Result,
    pixels::{Plane, PlaneShape},
    plan::Plan,
    simd::Backend,
};

/// Fractional bits between the passes.
const BETWEEN_BITS: u32 = 6;

/// Fractional bits of a premultiplied sample: 255 is 32,640.
const WIDE_BITS: u32 = 7;

/// Most bits of a weight that meets a byte: 255 * 1.5 * 2^22 is below 2^31.
const BYTE_WEIGHT_BITS: u32 = 22;

/// Most bits of a weight that meets 15 bits and a sign.
const WORD_WEIGHT_BITS: u32 = 15;

/// Resamples one plane; interleaved channels come out as planes of their own.
pub(super) struct PlaneResizer {
    vertical: Rc<Weights>,
    horizontal: Rc<Weights>,
    backend: Backend,
    sizes: PlaneSizes,
    channels: usize,
    /// Whether the last channel is alpha, which the others are multiplied by.
    alpha: bool,
    /// First byte of a row that is used, and how many are.
    columns: (usize, usize),
    /// Rows of the plane seen.
    seen: usize,
    /// First output row that is not finished.
    unfinished: usize,
    /// First output row that is not begun.
    unbegun: usize,
    /// Sums of the open output rows: row `i` is row `i % ring_rows` of it.
    sums: Vec<i32>,
    weights: Vec<PairWeights>,
    premultiplied: Vec<i16>,
    between: Vec<i16>,
    channel: Vec<i16>,
    dots: Vec<Vec<i32>>,
    /// Finished rows, one buffer a channel.
    finished: Vec<Vec<u8>>,
    finished_rows: usize,
    handed_total: usize,
}

/// Bytes of a [`PlaneResizer`]'s buffers.
pub(super) struct Buffers {
    pub(super) sums: u64,
    pub(super) strips: u64,
}

/// Adds up what [`PlaneResizer::new`] takes.
pub(super) fn buffers(shape: &PlaneShape, across: Axis, sizes: PlaneSizes, plan: &Plan) -> Buffers {
    let channels = usize::from(shape.channels);
    let used = (across.end - across.first) as usize;
    let outputs = across.samples as usize;
    let alpha = plan.decoded.alpha;
    let premultiplied = if alpha {
        sizes.fed_rows * used * channels
    } else {
        0
    };
    let taps = across.rebased().taps(plan.filter);
    let words = premultiplied + used * channels + used + taps;
    let dots = outputs * if alpha { channels } else { 1 };
    Buffers {
        sums: (ring_rows(sizes) * used * channels * 4 + words * 2 + dots * 4) as u64,
        strips: (sizes.finished_rows * outputs * channels) as u64,
    }
}

impl PlaneResizer {
    pub(super) fn new(
        shape: &PlaneShape,
        (across, down): (Axis, Axis),
        sizes: PlaneSizes,
        plan: &Plan,
        tables: &mut Tables,
    ) -> Result<Self> {
        let alpha = plan.decoded.alpha;
        let vertical_bits = if alpha {
            WORD_WEIGHT_BITS
        } else {
            BYTE_WEIGHT_BITS
        };
        let vertical = tables.get(down, plan, vertical_bits)?;
        let horizontal = tables.get(across.rebased(), plan, WORD_WEIGHT_BITS)?;
        let channels = usize::from(shape.channels);
        let used = (across.end - across.first) as usize;
        let row = used * channels;
        let outputs = across.samples as usize;
        let padded = used + horizontal.taps().max(TAP_ALIGN);
        Ok(Self {
            backend: plan.backend,
            channels,
            alpha,
            columns: (across.first as usize * channels, row),
            seen: 0,
            unfinished: 0,
            unbegun: 0,
            sums: zeroed(ring_rows(sizes) * row)?,
            weights: Vec::with_capacity(sizes.fed_rows.div_ceil(2)),
            premultiplied: zeroed(if alpha { sizes.fed_rows * row } else { 0 })?,
            between: zeroed(if channels > 1 { row } else { 0 })?,
            channel: zeroed(padded)?,
            dots: buffers_of(if alpha { channels } else { 1 }, outputs)?,
            finished: buffers_of(channels, sizes.finished_rows * outputs)?,
            finished_rows: 0,
            handed_total: 0,
            sizes,
            vertical,
            horizontal,
        })
    }

    /// Output rows of the next strip: a whole strip, or what is left.
    pub(super) fn wanted(&self) -> usize {
        self.sizes
            .strip_rows
            .min(self.vertical.outputs() - self.handed_total)
    }

    pub(super) fn is_ready(&self) -> bool {
        self.finished_rows >= self.wanted()
    }

    /// Forgets the first `rows` finished rows.
    pub(super) fn drop_rows(&mut self, rows: usize) {
        let width = self.horizontal.outputs();
        for finished in &mut self.finished {
            finished.copy_within(rows * width..self.finished_rows * width, 0);
        }
        self.finished_rows -= rows;
        self.handed_total += rows;
    }

    /// The first `height` finished rows, a plane for each channel.
    pub(super) fn outputs(&self, height: usize) -> impl Iterator<Item = Plane<'_>> {
        let width = self.horizontal.outputs();
        self.finished.iter().map(move |finished| Plane {
            data: &finished[..height * width],
            stride: width,
            row_bytes: width,
            height,
        })
    }

    /// Takes the rows of `strip` before plane row `upto` that were not taken yet.
    /// The strip's rows are those that follow the rows taken before it began.
    pub(super) fn feed(&mut self, strip: &Plane<'_>, strip_first: usize, upto: usize) {
        while self.seen < upto {
            let count = (upto - self.seen).min(self.sizes.fed_rows);
            self.feed_some(strip, self.seen - strip_first, count);
        }
    }

    fn feed_some(&mut self, strip: &Plane<'_>, y: usize, count: usize) {
        let end = self.seen + count;
        let last = self.vertical.outputs();
        let first_needed = match self.unfinished {
            done if done == last => end,
            next => self.vertical.window(next).first as usize,
        };
        if first_needed < end {
            while self.unbegun < last && (self.vertical.window(self.unbegun).first as usize) < end {
                let slot = self.slot(self.unbegun);
                self.sums[slot].fill(0);
                self.unbegun += 1;
            }
            self.accumulate(strip, y, count);
        }
        self.seen = end;
        while self.unfinished < self.unbegun
            && self.vertical.window(self.unfinished).end as usize <= end
        {
            self.finish_row(self.unfinished);
            self.unfinished += 1;
        }
    }

    /// Where the sums of output row `output` are.
    fn slot(&self, output: usize) -> std::ops::Range<usize> {
        let width = self.columns.1;
        let slot = output % ring_rows(self.sizes) * width;
        slot..slot + width
    }

    /// Adds rows `y..y + count` of the strip to every open sum.
    fn accumulate(&mut self, strip: &Plane<'_>, y: usize, count: usize) {
        let (from, width) = self.columns;
        if self.alpha {
            for i in 0..count {
                let row = &strip.row(y + i)[from..from + width];
                let out = &mut self.premultiplied[i * width..][..width];
                match self.channels {
                    4 => self.backend.premultiply(row, out),
                    _ => premultiply_each::<2>(row, out),
                }
            }
        }
        let mut output = self.unfinished;
        while output < self.unbegun {
            let group = (self.unbegun - output).min(GROUP);
            // Only the rows that some output of the group uses.
            let used_from = self.vertical.window(output).first as usize;
            let used_to = self.vertical.window(output + group - 1).end as usize;
            let skip = used_from.saturating_sub(self.seen).min(count);
            let rows = used_to
                .saturating_sub(self.seen)
                .min(count)
                .saturating_sub(skip);
            if rows > 0 {
                self.load_weights(output, group, self.seen + skip, rows);
                if self.alpha {
                    let band = Band {
                        samples: &self.premultiplied[skip * width..],
                        stride: width,
                        width,
                        height: rows,
                    };
                    run_group(self.backend, band, &self.weights, &mut self.sums, output);
                } else {
                    let band = Band {
                        samples: &strip.data[(y + skip) * strip.stride + from..],
                        stride: strip.stride,
                        width,
                        height: rows,
                    };
                    run_group(self.backend, band, &self.weights, &mut self.sums, output);
                }
            }
            output += group;
        }
    }

    /// Collects the weights of `rows` rows from `first` on for a group of outputs.
    fn load_weights(&mut self, output: usize, group: usize, first: usize, rows: usize) {
        self.weights.clear();
        for pair in 0..rows.div_ceil(2) {
            let mut weights = [[0; 2]; GROUP];
            for (g, weights) in weights.iter_mut().enumerate().take(group) {
                for (half, weight) in weights.iter_mut().enumerate() {
                    let row = 2 * pair + half;
                    if row < rows {
                        *weight = self.vertical.weight(output + g, first + row);
                    }
                }
            }
            self.weights.push(weights);
        }
    }

    /// The horizontal pass over one finished row of sums.
    fn finish_row(&mut self, output: usize) {
        let sample_bits = if self.alpha { WIDE_BITS } else { 0 };
        let shift = self.vertical.bits() + sample_bits - BETWEEN_BITS;
        let sums = &self.sums[self.slot(output)];
        let used = self.columns.1 / self.channels;
        if self.channels == 1 {
            self.backend.narrow(sums, shift, &mut self.channel[..used]);
        } else {
            self.backend.narrow(sums, shift, &mut self.between);
        }
        let width = self.horizontal.outputs();
        let row = self.finished_rows * width..(self.finished_rows + 1) * width;
        let shift = self.horizontal.bits() + BETWEEN_BITS;
        for c in 0..self.channels {
            if self.channels > 1 {
                let samples = self.between[c..].iter().step_by(self.channels);
                for (sample, &value) in self.channel.iter_mut().zip(samples) {
                    *sample = value;
                }
            }
            let dots = &mut self.dots[if self.alpha { c } else { 0 }];
            self.backend.dot(&self.channel, &self.horizontal, dots);
            if !self.alpha {
                self.backend
                    .to_bytes(dots, shift, &mut self.finished[c][row.clone()]);
            }
        }
        if self.alpha {
            let (alpha, colours) = self.dots.split_last().expect("alpha is a channel");
            for (dots, finished) in colours.iter().zip(&mut self.finished) {
                unpremultiply(dots, alpha, &mut finished[row.clone()]);
            }
            let finished = &mut self.finished[self.channels - 1][row];
            self.backend.to_bytes(alpha, shift, finished);
        }
        self.finished_rows += 1;
    }
}

fn buffers_of<T: Clone + Default>(count: usize, len: usize) -> Result<Vec<Vec<T>>> {
    (0..count).map(|_| zeroed(len)).collect()
}

/// Rows of sums that are kept: a group needs as many different ones as it has.
fn ring_rows(sizes: PlaneSizes) -> usize {
    sizes.open_rows.max(GROUP)
}

/// Runs the vertical kernel for the outputs from `output` on. Where fewer than a
/// group are open, the rest have weights of 0, which leaves their sums alone.
fn run_group<T: Vertical>(
    backend: Backend,
    band: Band<'_, T>,
    weights: &[PairWeights],
    sums: &mut [i32],
    output: usize,
) {
    let ring = sums.len() / band.width;
    let slots = std::array::from_fn(|g| {
        let slot = (output + g) % ring * band.width;
        slot..slot + band.width
    });
    let mut rows = sums
        .get_disjoint_mut(slots)
        .expect("a ring is at least a group long");
    backend.accumulate(band, weights, &mut rows);
}

/// Divides alpha out again. IEEE single precision, so the same everywhere.
#[expect(clippy::cast_precision_loss, reason = "24 bits are enough for 8")]
fn unpremultiply(colour: &[i32], alpha: &[i32], out: &mut [u8]) {
    for ((&colour, &alpha), out) in colour.iter().zip(alpha).zip(out) {
        let value = colour.max(0) as f32 * 255.0 / alpha.max(1) as f32 + 0.5;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the cast clamps, which is what is wanted"
        )]
        let byte = value as u8;
        *out = byte;
    }
}
