//! Resampling filters as functions. Only additions, multiplications and
//! divisions are used, so weights are the same on every machine.

use std::f64::consts::PI;

use crate::request::Filter;

/// How near to a border of [`Filter::Box`] counts as on it.
const TIE: f64 = 1e-9;

impl Filter {
    /// Half the width of the filter, in output samples.
    pub(super) fn support(self) -> f64 {
        match self {
            Self::Lanczos3 => 3.0,
            Self::CatmullRom | Self::Mitchell => 2.0,
            Self::Bilinear => 1.0,
            Self::Box => 0.5 + TIE,
        }
    }

    /// The filter's value at `x` output samples from its middle, not normalised.
    pub(super) fn at(self, x: f64) -> f64 {
        let x = x.abs();
        match self {
            _ if x >= self.support() => 0.0,
            Self::Lanczos3 => lanczos3(x),
            Self::CatmullRom => cubic(x, 0.0, 0.5),
            Self::Mitchell => cubic(x, 1.0 / 3.0, 1.0 / 3.0),
            Self::Bilinear => 1.0 - x,
            // On the border of two outputs a sample belongs to both by half: with
            // 2.5 samples to an output every fifth one lies there.
            Self::Box if x > 0.5 - TIE => 0.5,
            Self::Box => 1.0,
        }
    }
}

/// sinc(x) sinc(x / 3), for 0 <= x < 3.
fn lanczos3(x: f64) -> f64 {
    if x < 1e-9 {
        return 1.0;
    }
    let angle = PI * x / 3.0;
    let third = sine(angle);
    // sin 3a = 3 sin a - 4 sin^3 a
    let whole = third * (3.0 - 4.0 * third * third);
    whole * third / (3.0 * angle * angle)
}

/// The sine of an angle from 0 to pi, by its Taylor series about 0; within
/// 1e-15. The standard library's differs between platforms in the last place.
fn sine(angle: f64) -> f64 {
    let a = if angle > PI / 2.0 { PI - angle } else { angle };
    let square = a * a;
    let (mut term, mut sum) = (a, a);
    for n in [2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0] {
        term *= -square / (n * (n + 1.0));
        sum += term;
    }
    sum
}

/// Mitchell and Netravali, "Reconstruction filters in computer graphics",
/// SIGGRAPH 1988, equation 8; for 0 <= x < 2.
fn cubic(x: f64, b: f64, c: f64) -> f64 {
    let sixth = if x < 1.0 {
        ((12.0 - 9.0 * b - 6.0 * c) * x + (-18.0 + 12.0 * b + 6.0 * c)) * x * x + (6.0 - 2.0 * b)
    } else {
        (((-b - 6.0 * c) * x + (6.0 * b + 30.0 * c)) * x + (-12.0 * b - 48.0 * c)) * x
            + (8.0 * b + 24.0 * c)
    };
    sixth / 6.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sine_is_the_sine() {
        for i in 0..=1000 {
            let angle = PI * f64::from(i) / 1000.0;
            assert!((sine(angle) - angle.sin()).abs() < 2e-15, "{angle}");
        }
    }

    #[test]
    fn every_filter_ends_at_its_support() {
        for filter in [
            Filter::Lanczos3,
            Filter::CatmullRom,
            Filter::Mitchell,
            Filter::Bilinear,
            Filter::Box,
        ] {
            assert_eq!(filter.at(filter.support()), 0.0, "{filter:?}");
            assert!(filter.at(0.0) > 0.5, "{filter:?}");
        }
    }

    #[test]
    fn interpolating_filters_are_one_at_their_middle_and_zero_at_other_samples() {
        for filter in [Filter::Lanczos3, Filter::CatmullRom] {
            for (x, value) in [(0.0, 1.0), (1.0, 0.0), (2.0, 0.0)] {
                assert!((filter.at(x) - value).abs() < 1e-12, "{filter:?} at {x}");
            }
        }
    }
}
