//! Where a number is on a drawing.

/// A range of numbers laid out over a range of places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    kind: Kind,
    low: f64,
    high: f64,
    /// The places of `low` and `high`; the second may be less.
    places: (f64, f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Linear,
    Log,
}

impl Scale {
    /// From `low` to `high`, equal differences being equal distances. Without any room between the
    /// two, some is made.
    pub(super) fn linear(low: f64, high: f64, places: (f64, f64)) -> Self {
        let (low, high) = if low.is_finite() && high.is_finite() && low < high {
            (low, high)
        } else if low.is_finite() {
            (low, low + 1.0)
        } else {
            (0.0, 1.0)
        };
        Self {
            kind: Kind::Linear,
            low,
            high,
            places,
        }
    }

    /// From `low` to `high`, both above 0, equal ratios being equal distances. Without any room
    /// between the two, some is made.
    pub(super) fn log(low: f64, high: f64, places: (f64, f64)) -> Self {
        let is_sound = |value: f64| value.is_finite() && value > 0.0;
        let (low, high) = match (is_sound(low), is_sound(high)) {
            (true, true) if low < high => (low, high),
            (true, _) => (low / 2.0, low * 2.0),
            _ => (1.0, 10.0),
        };
        Self {
            kind: Kind::Log,
            low,
            high,
            places,
        }
    }

    /// Holds all of `values`, on round numbers and from 0.
    pub(super) fn linear_over(values: impl Iterator<Item = f64>, places: (f64, f64)) -> Self {
        let high = values.filter(|value| value.is_finite()).fold(0.0, f64::max);
        let high = if high > 0.0 { high } else { 1.0 };
        let step = step(high / 4.0);
        Self::linear(0.0, (high / step).ceil() * step, places)
    }

    /// Holds all of `values` that are above 0, on round numbers.
    pub(super) fn log_over(values: impl Iterator<Item = f64>, places: (f64, f64)) -> Self {
        let (low, high) = values
            .filter(|value| value.is_finite() && *value > 0.0)
            .fold((f64::INFINITY, 0.0_f64), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        if high == 0.0 {
            return Self::log(1.0, 10.0, places);
        }
        let (below, above) = (round_below(low), round_above(high));
        if below < above {
            Self::log(below, above, places)
        } else {
            Self::log(below / 2.0, above * 2.0, places)
        }
    }

    /// The place of `value`; none for what is no number, or has no logarithm.
    pub(super) fn at(&self, value: f64) -> Option<f64> {
        let share = match self.kind {
            Kind::Linear => (value - self.low) / (self.high - self.low),
            Kind::Log => (value / self.low).ln() / (self.high / self.low).ln(),
        };
        let place = self.places.0 + share * (self.places.1 - self.places.0);
        place.is_finite().then_some(place)
    }

    /// As [`Self::at`], at the nearest edge if it is outside.
    pub(super) fn within(&self, value: f64) -> Option<f64> {
        self.at(value.clamp(self.low, self.high))
    }

    /// Round numbers on it, rising: about four on a linear scale; on a logarithmic one 1, 2 and 5
    /// times the powers of ten, or those alone if that were more than eight.
    pub(super) fn ticks(&self) -> Vec<f64> {
        match self.kind {
            Kind::Linear => {
                let step = step((self.high - self.low) / 4.0);
                let first = (self.low / step - 1e-9).ceil();
                (0..20)
                    .map(|at| (first + f64::from(at)) * step)
                    .take_while(|tick| *tick <= self.high + step * 1e-9)
                    .collect()
            }
            Kind::Log => {
                let fine = self.log_ticks(&[1.0, 2.0, 5.0]);
                if fine.len() <= 8 {
                    return fine;
                }
                let coarse = self.log_ticks(&[1.0]);
                if coarse.len() <= 8 {
                    return coarse;
                }
                let each = coarse.len().div_ceil(8);
                coarse.into_iter().step_by(each).collect()
            }
        }
    }

    fn log_ticks(&self, factors: &[f64]) -> Vec<f64> {
        let first = decade(self.low);
        let last = decade(self.high);
        (first..=last)
            .flat_map(|power| {
                factors
                    .iter()
                    .map(move |factor| factor * 10_f64.powi(power))
            })
            .filter(|tick| *tick >= self.low * (1.0 - 1e-9) && *tick <= self.high * (1.0 + 1e-9))
            .collect()
    }
}

/// The power of ten at or below a number above 0.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float's power of ten is below 309"
)]
fn decade(value: f64) -> i32 {
    // Division is inexact: the logarithm of 1000 may be a hair below 3.
    (value.log10() + 1e-9).floor() as i32
}

/// 1, 2 or 5 times a power of ten, at least `least`.
fn step(least: f64) -> f64 {
    round_above(least.max(f64::MIN_POSITIVE))
}

fn round_above(value: f64) -> f64 {
    let power = 10_f64.powi(decade(value));
    [1.0, 2.0, 5.0, 10.0]
        .map(|factor| factor * power)
        .into_iter()
        .find(|round| *round >= value * (1.0 - 1e-9))
        .unwrap_or(value)
}

fn round_below(value: f64) -> f64 {
    let power = 10_f64.powi(decade(value));
    [5.0, 2.0, 1.0]
        .map(|factor| factor * power)
        .into_iter()
        .find(|round| *round <= value * (1.0 + 1e-9))
        .unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(place: Option<f64>, expected: f64) -> bool {
        place.is_some_and(|place| (place - expected).abs() < 1e-9)
    }

    #[test]
    fn equal_differences_are_equal_distances_on_a_linear_scale() {
        let scale = Scale::linear(10.0, 30.0, (100.0, 0.0));
        assert!(near(scale.at(10.0), 100.0) && near(scale.at(20.0), 50.0));
        assert!(near(scale.at(30.0), 0.0));
    }

    #[test]
    fn equal_ratios_are_equal_distances_on_a_logarithmic_scale() {
        let scale = Scale::log(1.0, 100.0, (0.0, 50.0));
        assert!(near(scale.at(1.0), 0.0) && near(scale.at(10.0), 25.0));
        assert!(near(scale.at(100.0), 50.0));
    }

    #[test]
    fn what_cannot_be_placed_has_no_place() {
        let scale = Scale::log(1.0, 100.0, (0.0, 50.0));
        for value in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
            assert_eq!(scale.at(value), None);
        }
        assert_eq!(Scale::linear(0.0, 1.0, (0.0, 1.0)).at(f64::NAN), None);
    }

    #[test]
    fn a_scale_without_room_makes_some() {
        for scale in [
            Scale::linear(5.0, 5.0, (0.0, 1.0)),
            Scale::linear(f64::NAN, f64::NAN, (0.0, 1.0)),
            Scale::log(5.0, 5.0, (0.0, 1.0)),
            Scale::log(0.0, -1.0, (0.0, 1.0)),
            Scale::log_over([].into_iter(), (0.0, 1.0)),
            Scale::log_over([100.0].into_iter(), (0.0, 1.0)),
            Scale::linear_over([0.0].into_iter(), (0.0, 1.0)),
        ] {
            assert!(scale.low < scale.high, "{scale:?}");
            assert!(!scale.ticks().is_empty(), "{scale:?}");
        }
    }

    #[test]
    fn a_scale_over_values_ends_on_round_numbers() {
        let log = Scale::log_over([42.0, 6880.0, f64::NAN].into_iter(), (0.0, 1.0));
        assert_eq!((log.low, log.high), (20.0, 10_000.0));
        let linear = Scale::linear_over([1.1, 3.3].into_iter(), (0.0, 1.0));
        assert_eq!((linear.low, linear.high), (0.0, 4.0));
    }

    #[test]
    fn ticks_are_round_and_few() {
        let wide = Scale::log(1.0, 1e6, (0.0, 1.0)).ticks();
        assert_eq!(wide, [1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6]);
        let narrow = Scale::log(20.0, 1000.0, (0.0, 1.0)).ticks();
        assert_eq!(narrow, [20.0, 50.0, 100.0, 200.0, 500.0, 1000.0]);
        let linear = Scale::linear(0.0, 4.0, (0.0, 1.0)).ticks();
        assert_eq!(linear, [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert!(Scale::log(1e-300, 1e300, (0.0, 1.0)).ticks().len() <= 8);
    }
}
