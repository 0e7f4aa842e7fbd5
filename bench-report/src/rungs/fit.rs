//! A cost as a line over the size of the result: pure arithmetic.

/// Milliseconds for a result of some megapixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fit {
    pub(crate) fixed_ms: f64,
    pub(crate) per_megapixel_ms: f64,
}

impl Fit {
    /// The line through (megapixels, milliseconds) that is off by the least, in squares
    /// of parts of each: a small image's milliseconds count as much as a large one's.
    /// It never starts below zero.
    pub(crate) fn through(points: &[(f64, f64)]) -> Self {
        // Weighted by 1 / y^2; the sums of the normal equations.
        let mut sums = [0.0; 5];
        for (x, y) in points {
            let weight = 1.0 / (y * y);
            let terms = [1.0, *x, x * x, *y, x * y];
            for (sum, term) in sums.iter_mut().zip(terms) {
                *sum += weight * term;
            }
        }
        let [w, wx, wxx, wy, wxy] = sums;
        let fixed = (wxx * wy - wx * wxy) / (w * wxx - wx * wx);
        if fixed > 0.0 {
            Self {
                fixed_ms: fixed,
                per_megapixel_ms: (wxy - wx * fixed) / wxx,
            }
        } else {
            Self {
                fixed_ms: 0.0,
                per_megapixel_ms: wxy / wxx,
            }
        }
    }

    /// What the line says of `megapixels`.
    pub(crate) fn at(self, megapixels: f64) -> f64 {
        self.fixed_ms + self.per_megapixel_ms * megapixels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_on_a_line_give_the_line() {
        let fit = Fit::through(&[(0.1, 3.0), (1.0, 12.0), (2.0, 22.0)]);
        assert!((fit.fixed_ms - 2.0).abs() < 1e-9);
        assert!((fit.per_megapixel_ms - 10.0).abs() < 1e-9);
        assert!((fit.at(3.0) - 32.0).abs() < 1e-9);
    }

    #[test]
    fn a_line_never_starts_below_zero() {
        let fit = Fit::through(&[(1.0, 1.0), (2.0, 4.0)]);
        assert_eq!(fit.fixed_ms, 0.0);
        assert!(fit.per_megapixel_ms > 1.0);
    }
}
