//! Which samples make each output sample, and how much of each: built once for
//! an axis, in fixed point.

use super::Axis;
use crate::{
    budget::{out_of_memory, zeroed},
    error::Result,
    request::Filter,
};

/// Weight tables are padded with zeros to a multiple of this many taps, which
/// is what the horizontal kernels take at a time.
pub(crate) const TAP_ALIGN: usize = 8;

/// The samples `first..end` that make one output sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) first: u32,
    pub(super) end: u32,
}

impl Axis {
    /// The filter's stretch: above 1 when reducing.
    fn stretch(&self) -> f64 {
        self.step.abs().max(1.0)
    }

    fn centre(&self, output: u32) -> f64 {
        self.start + (f64::from(output) + 0.5) * self.step
    }

    /// The window of output sample `output`; never empty, never outside the axis.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the axis, whose ends are u32"
    )]
    pub(super) fn window(&self, filter: Filter, output: u32) -> Window {
        let centre = self.centre(output);
        let reach = filter.support() * self.stretch();
        let (first, end) = (f64::from(self.first), f64::from(self.end));
        // Sample i lies at i + 0.5 and counts if it is nearer than `reach`.
        let from = (centre - reach - 0.5).floor() + 1.0;
        let to = (centre + reach - 0.5).ceil();
        let from = from.clamp(first, end - 1.0);
        Window {
            first: from as u32,
            end: to.clamp(from + 1.0, end) as u32,
        }
    }

    /// Taps of the widest window, padded to [`TAP_ALIGN`].
    pub(super) fn taps(&self, filter: Filter) -> usize {
        // Windows are widest away from the ends.
        let most = 2.0 * filter.support() * self.stretch() + 1.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to the axis, whose length is u32"
        )]
        let most = most.min(f64::from(self.end - self.first)) as usize;
        most.next_multiple_of(TAP_ALIGN)
    }

    /// Fractional bits with which every weight fits an `i16`.
    ///
    /// A weight is about 1 / stretch in the middle of the axis and twice that at
    /// its ends, where half of the window is missing; fewer samples than the
    /// stretch share 1 among them.
    fn bits(&self, filter: Filter) -> u32 {
        let length = f64::from(self.end - self.first);
        // A box stretched to nearly 3 samples can end on one alone. The others
        // reach 2.02.
        let edge = if filter == Filter::Box { 3.0 } else { 2.5 };
        let largest = edge / self.stretch().min(length);
        let mut bits = 0;
        while largest * f64::from(2u32 << bits) <= f64::from(i16::MAX) && bits < 30 {
            bits += 1;
        }
        bits
    }

    /// Writes the weights of the samples from `first` on, adding up to 1.
    fn fill(&self, filter: Filter, output: u32, first: u32, weights: &mut [f64]) {
        let centre = self.centre(output);
        let inverse = 1.0 / self.stretch();
        for (sample, weight) in (first..).zip(&mut *weights) {
            *weight = filter.at((f64::from(sample) + 0.5 - centre) * inverse);
        }
        let sum: f64 = weights.iter().sum();
        if sum.abs() < 1e-3 {
            // A box narrower than a sample can fall between two: take the nearest.
            weights.fill(0.0);
            weights[0] = 1.0;
            return;
        }
        for weight in weights {
            *weight /= sum;
        }
    }

    /// Bytes of the table for this axis.
    pub(super) fn table_bytes(&self, filter: Filter) -> u64 {
        u64::from(self.samples) * (self.taps(filter) * 2 + size_of::<Window>()) as u64
    }
}

/// The weights of every output sample of an axis.
#[derive(Debug)]
pub(crate) struct Weights {
    windows: Vec<Window>,
    values: Vec<i16>,
    taps: usize,
    bits: u32,
}

impl Weights {
    /// Builds the table. Each output's weights add up to exactly `1 << bits`,
    /// so that a flat area keeps its level; `bits` is at most `most_bits`.
    pub(super) fn new(axis: &Axis, filter: Filter, most_bits: u32) -> Result<Self> {
        let taps = axis.taps(filter);
        let outputs = axis.samples as usize;
        let bits = axis.bits(filter).min(most_bits);
        let mut windows = Vec::new();
        windows
            .try_reserve_exact(outputs)
            .map_err(|_| out_of_memory(outputs * size_of::<Window>()))?;
        windows.extend((0..axis.samples).map(|output| axis.window(filter, output)));
        let mut values = zeroed(outputs * taps)?;
        let mut exact = zeroed(taps)?;
        for ((output, window), row) in (0..).zip(&windows).zip(values.chunks_exact_mut(taps)) {
            let exact = &mut exact[..(window.end - window.first) as usize];
            axis.fill(filter, output, window.first, exact);
            quantise(exact, bits, row);
        }
        Ok(Self {
            windows,
            values,
            taps,
            bits,
        })
    }

    /// Fractional bits of the weights.
    pub(super) fn bits(&self) -> u32 {
        self.bits
    }

    /// Output samples.
    pub(crate) fn outputs(&self) -> usize {
        self.windows.len()
    }

    /// Taps in a row of the table, zeros included.
    pub(crate) fn taps(&self) -> usize {
        self.taps
    }

    pub(super) fn window(&self, output: usize) -> Window {
        self.windows[output]
    }

    /// First sample of `output`, and its weights with the padding.
    pub(crate) fn row(&self, output: usize) -> (usize, &[i16]) {
        (
            self.windows[output].first as usize,
            &self.values[output * self.taps..][..self.taps],
        )
    }

    /// Weight of source sample `sample` in `output`; 0 outside its window.
    pub(super) fn weight(&self, output: usize, sample: usize) -> i16 {
        let window = self.windows[output];
        let inside = (window.first as usize..window.end as usize).contains(&sample);
        if inside {
            self.values[output * self.taps + sample - window.first as usize]
        } else {
            0
        }
    }
}

/// Rounds running sums instead of weights: the sum stays exact, and the errors
/// of neighbours cancel where the image is smooth.
fn quantise(exact: &[f64], bits: u32, row: &mut [i16]) {
    let one = f64::from(1u32 << bits);
    let (mut sum, mut before) = (0.0, 0);
    for (weight, value) in exact.iter().zip(row) {
        sum += weight;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "sums of weights are near 0 to 1, and bits at most 30"
        )]
        let after = (sum * one).round() as i64;
        let clamped = (after - before).clamp(i16::MIN.into(), i16::MAX.into());
        debug_assert_eq!(after - before, clamped, "a weight does not fit");
        #[expect(clippy::cast_possible_truncation, reason = "clamped to i16")]
        let narrow = clamped as i16;
        *value = narrow;
        before = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(length: u32, samples: u32) -> Axis {
        Axis {
            first: 0,
            end: length,
            start: 0.0,
            step: f64::from(length) / f64::from(samples),
            samples,
        }
    }

    const FILTERS: [Filter; 5] = [
        Filter::Lanczos3,
        Filter::CatmullRom,
        Filter::Mitchell,
        Filter::Bilinear,
        Filter::Box,
    ];

    #[test]
    fn every_output_adds_up_to_exactly_one() {
        for (length, samples) in [(6000, 400), (400, 6000), (7, 7), (1, 5), (5, 1), (3, 2)] {
            for filter in FILTERS {
                let weights = Weights::new(&axis(length, samples), filter, 22).expect("small");
                for output in 0..weights.outputs() {
                    let sum: i64 = weights.row(output).1.iter().map(|&w| i64::from(w)).sum();
                    assert_eq!(sum, 1 << weights.bits(), "{filter:?} {length} {samples}");
                }
            }
        }
    }

    #[test]
    fn a_box_that_ends_on_a_single_sample_keeps_its_sum() {
        let axis = Axis {
            step: 8.0 / 3.0,
            ..axis(4, 2)
        };
        let weights = Weights::new(&axis, Filter::Box, 22).expect("small");
        for output in 0..2 {
            let sum: i64 = weights.row(output).1.iter().map(|&w| i64::from(w)).sum();
            assert_eq!(sum, 1 << weights.bits());
        }
    }

    #[test]
    fn windows_stay_on_the_axis_and_move_forward() {
        for filter in FILTERS {
            let axis = axis(1000, 37);
            let mut before = Window { first: 0, end: 0 };
            for output in 0..axis.samples {
                let window = axis.window(filter, output);
                assert!(window.first < window.end && window.end <= 1000);
                assert!(window.first >= before.first && window.end >= before.end);
                assert!((window.end - window.first) as usize <= axis.taps(filter));
                before = window;
            }
        }
    }

    #[test]
    fn an_axis_left_as_it_is_takes_each_sample_alone() {
        let weights = Weights::new(&axis(20, 20), Filter::Lanczos3, 22).expect("small");
        for output in 0..20 {
            for sample in 0..20 {
                let whole = i32::from(weights.weight(output, sample)) == 1 << weights.bits();
                assert_eq!(whole, sample == output);
            }
        }
    }

    #[test]
    fn a_mirrored_axis_has_the_same_weights_backwards() {
        let forward = axis(100, 30);
        let backward = Axis {
            start: 100.0,
            step: -forward.step,
            ..forward
        };
        let forward = Weights::new(&forward, Filter::Lanczos3, 22).expect("small");
        let backward = Weights::new(&backward, Filter::Lanczos3, 22).expect("small");
        for output in 0..30 {
            for sample in 0..100 {
                let (a, b) = (
                    forward.weight(output, sample),
                    backward.weight(29 - output, sample),
                );
                assert!((a - b).abs() <= 1, "{a} {b}");
            }
        }
    }
}
