//! Samples of several cases as one distribution in which every case weighs the same.
//!
//! Fast cases are measured more often than slow ones. Were each sample to weigh the same, a rival
//! would look the better the fewer samples of slow cases it came to.

use super::report::Summary;

/// From how many samples on a p99 is told: below, it is hardly more than the largest three.
const P99_FROM: usize = 300;

/// Values with their weights, rising.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Pool {
    sorted: Vec<(f64, f64)>,
}

impl Pool {
    /// Pools the samples of cases, each of which has the same weight. Cases without samples have
    /// none.
    pub(crate) fn of<'a>(cases: impl IntoIterator<Item = &'a [f64]>) -> Self {
        let mut sorted = Vec::new();
        for samples in cases {
            let weight = 1.0 / count(samples.len());
            sorted.extend(samples.iter().map(|&value| (value, weight)));
        }
        sorted.sort_by(|a: &(f64, f64), b| a.0.total_cmp(&b.0));
        Self { sorted }
    }

    /// How many samples there are.
    pub(crate) fn len(&self) -> usize {
        self.sorted.len()
    }

    /// The mean, or `None` of nothing.
    pub(crate) fn mean(&self) -> Option<f64> {
        let weight: f64 = self.sorted.iter().map(|(_, weight)| weight).sum();
        let sum: f64 = self
            .sorted
            .iter()
            .map(|(value, weight)| value * weight)
            .sum();
        (!self.sorted.is_empty()).then(|| sum / weight)
    }

    /// The values at these shares, each from 0 to 1, rising; nothing of nothing.
    ///
    /// Linear between the two nearest samples, which stand at the weighted form of `(i - 1) / (n -
    /// 1)`: equal weights give the same as [`crate::stats`].
    pub(crate) fn quantiles(&self, shares: &[f64]) -> Vec<f64> {
        let Some(&(last, _)) = self.sorted.last() else {
            return Vec::new();
        };
        let others = count(self.sorted.len() - 1);
        let mut before = 0.0;
        let mut places: Vec<f64> = Vec::with_capacity(self.sorted.len());
        for (index, (_, weight)) in self.sorted.iter().enumerate() {
            places.push(count(index) * weight + others * before);
            before += weight;
        }
        let whole = places[places.len() - 1];
        shares
            .iter()
            .map(|share| {
                let at = share * whole;
                let above = places.partition_point(|&place| place < at);
                match above.checked_sub(1) {
                    None => self.sorted[0].0,
                    Some(_) if above == places.len() => last,
                    Some(below) => {
                        let (low, high) = (self.sorted[below].0, self.sorted[above].0);
                        let way = (at - places[below]) / (places[above] - places[below]);
                        low + (high - low) * way
                    }
                }
            })
            .collect()
    }

    /// The middle, or `None` of nothing.
    pub(crate) fn median(&self) -> Option<f64> {
        self.quantiles(&[0.5]).first().copied()
    }

    /// The distribution in three numbers, or `None` of nothing.
    pub(crate) fn summary(&self) -> Option<Summary> {
        let quantiles = self.quantiles(&[0.5, 0.95, 0.99]);
        let &[p50_ms, p95_ms, p99_ms] = quantiles.as_slice() else {
            return None;
        };
        Some(Summary {
            samples: self.len(),
            p50_ms,
            p95_ms,
            p99_ms: (self.len() >= P99_FROM).then_some(p99_ms),
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 samples")]
fn count(samples: usize) -> f64 {
    samples as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats;

    #[test]
    fn one_case_has_the_quantiles_that_statistics_know() {
        let samples = [4.0, 1.0, 3.0, 2.0];
        let pool = Pool::of([samples.as_slice()]);
        assert_eq!(pool.median(), stats::median(&samples));
        assert_eq!(pool.quantiles(&[0.0, 1.0]), [1.0, 4.0]);
        assert_eq!(pool.mean(), Some(2.5));
    }

    #[test]
    fn a_case_measured_often_weighs_no_more_than_one_measured_seldom() {
        let (fast, slow) = ([10.0; 98], [100.0; 2]);
        let pool = Pool::of([fast.as_slice(), slow.as_slice()]);
        assert_eq!(pool.len(), 100);
        assert!((pool.mean().expect("samples") - 55.0).abs() < 1e-9);
        assert!(pool.quantiles(&[0.51])[0] > 10.0);
    }

    #[test]
    fn a_case_without_samples_changes_nothing() {
        let pool = Pool::of([[5.0].as_slice(), [].as_slice()]);
        assert_eq!(pool.summary().map(|summary| summary.p95_ms), Some(5.0));
    }

    #[test]
    fn nothing_has_no_summary_and_no_mean() {
        let pool = Pool::of([]);
        assert_eq!(pool.summary(), None);
        assert_eq!(pool.mean(), None);
    }

    #[test]
    fn p99_is_told_from_300_samples_on() {
        let p99 = |samples: usize| {
            let summary = Pool::of([vec![1.0; samples].as_slice()]).summary();
            summary.expect("samples").p99_ms
        };
        assert_eq!(p99(299), None);
        assert_eq!(p99(300), Some(1.0));
    }

    #[test]
    fn quantiles_rise() {
        let pool = Pool::of([[1.0, 2.0, 9.0].as_slice(), [2.0, 2.5].as_slice()]);
        let quantiles = pool.quantiles(&[0.0, 0.25, 0.5, 0.75, 1.0]);
        assert!(quantiles.is_sorted(), "{quantiles:?}");
        assert_eq!((quantiles[0], quantiles[4]), (1.0, 9.0));
    }
}
