//! Predicted processor time of a plan, stage by stage, from sizes alone. The
//! constants are nanoseconds on the machine `engine/docs/budgets.md` names,
//! fitted to what `bench-report costs` measured there; how much faster or slower
//! another machine is, a [`Speed`] learns from real work.

use std::time::Duration;

use crate::{
    decode, encode,
    plan::{Action, Plan},
    request::Filter,
    stages::Stage,
};

/// Predicted processor time of one image on the reference machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    spent: [Duration; Stage::ALL.len()],
}

impl Cost {
    /// Time predicted for `stage`; waiting for bytes is not predicted.
    #[must_use]
    pub fn of(&self, stage: Stage) -> Duration {
        self.spent[stage as usize]
    }

    /// All stages together.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.spent.iter().sum()
    }

    /// Everything before the encoder.
    pub(crate) fn before_encoding(&self) -> Duration {
        self.total() - self.of(Stage::Encode)
    }

    /// The time of a plan whose other fields are complete.
    pub(crate) fn predict(plan: &Plan) -> Self {
        let mut cost = Self::default();
        if plan.action == Action::Keep {
            return cost;
        }
        let mut set = |stage: Stage, time: Nanoseconds| {
            cost.spent[stage as usize] = time.into();
        };
        set(Stage::Decode, decode::cost(plan));
        set(Stage::Resize, resize(plan));
        set(Stage::Colour, colour(plan));
        set(Stage::Encode, encode::cost(plan));
        if plan.action == Action::Animate {
            for stage in [Stage::Resize, Stage::Colour] {
                cost.spent[stage as usize] *= plan.source.frames;
            }
        }
        if let Some(overlay) = &plan.overlay {
            // Made by the same stages, but for the encoder, and then blended.
            let own = overlay.plan.cost;
            for stage in [Stage::Decode, Stage::Resize, Stage::Colour] {
                cost.spent[stage as usize] += own.of(stage);
            }
            let blended = Nanoseconds::fixed(0.0).and(overlay.size.pixels(), BLEND);
            cost.spent[Stage::Colour as usize] += Duration::from(blended);
        }
        cost
    }
}

/// A sum of work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Nanoseconds(f64);

impl Nanoseconds {
    /// What is spent whatever the size, in microseconds.
    pub(crate) const fn fixed(microseconds: f64) -> Self {
        Self(microseconds * 1e3)
    }

    /// And so much for each of `count`.
    #[must_use]
    pub(crate) fn and(self, count: u64, each: f64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a prediction")]
        Self(self.0 + count as f64 * each)
    }

    /// All of it `factor` times.
    #[must_use]
    pub(crate) fn times(self, factor: f64) -> Self {
        Self(self.0 * factor)
    }
}

impl From<Nanoseconds> for Duration {
    fn from(time: Nanoseconds) -> Self {
        // Beyond any deadline anyway.
        const MOST: f64 = 1e18;
        Self::from_secs_f64(time.0.clamp(0.0, MOST) / 1e9)
    }
}

/// How much longer an encoder takes for what a plan makes than for a photograph as it
/// is: by `power` of how much there is to see, and `denser` of how much the image is
/// reduced, which brings it closer together. What a lossless file's size says of that
/// counts little for a lossy encoder: its edges are few, but sharp.
pub(crate) fn effect_of_detail(plan: &Plan, power: f64, denser: f64) -> f64 {
    let power = if !plan.lossless && decode::is_lossless(&plan.source) {
        power * 0.3
    } else {
        power
    };
    #[expect(clippy::cast_precision_loss, reason = "a prediction")]
    let reduction = plan.source.dimensions.pixels() as f64 / plan.output.pixels() as f64;
    decode::detail(&plan.source).powf(power) * reduction.clamp(1.0, 64.0).powf(denser)
}

/// How much longer a lossy encoder takes at a plan's quality than at the usual one.
pub(crate) fn effect_of_quality(plan: &Plan) -> f64 {
    let quality = f64::from(plan.quality.unwrap_or(plan.native_quality));
    match quality {
        ..=40.0 => 0.8,
        ..=80.0 => 0.8 + (quality - 40.0) / 40.0 * 0.2,
        _ => 1.0 + (quality - 80.0) / 15.0 * 0.45,
    }
}

/// Every sample is added to as many rows of sums as the filter reaches over, and
/// every sum to as many columns; turning and padding copy the result.
fn resize(plan: &Plan) -> Nanoseconds {
    let lobes = match plan.filter {
        Filter::Box => 1,
        Filter::Bilinear => 2,
        Filter::CatmullRom | Filter::Mitchell => 4,
        Filter::Lanczos3 => 6,
    };
    let mut time = Nanoseconds::fixed(RESIZE_FIXED);
    let shapes = plan.decoded.planes.iter().zip(&plan.axes);
    for (shape, (across, down)) in shapes {
        let used = |axis: &crate::resize::Axis| u64::from(axis.end - axis.first);
        let wanted = |axis: &crate::resize::Axis| u64::from(axis.samples);
        let channels = u64::from(shape.channels);
        let (columns, rows) = (used(across), used(down));
        let sums = columns * rows.max(wanted(down)) * channels;
        let dots = columns.max(wanted(across)) * wanted(down) * channels;
        let premultiplied = plan.decoded.alpha && shape.channels > 1;
        time = time
            .and(sums * lobes, RESIZE_DOWN)
            .and(dots * lobes, RESIZE_ACROSS)
            .and(if premultiplied { columns * rows } else { 0 }, PREMULTIPLY);
    }
    time.and(plan.output.pixels(), RESIZE_COPY)
}

fn colour(plan: &Plan) -> Nanoseconds {
    let pixels = plan.output.pixels();
    let (from, to) = (&plan.resampled, &plan.encoded);
    let each = if from.colour == to.colour && from.planes.len() == to.planes.len() {
        if from.ycc.range == to.ycc.range {
            0.0
        } else {
            EXPAND
        }
    } else if to.planes.len() > 1 {
        CONVERT
    } else {
        INTERLEAVE
    };
    let profile = plan.conversion.as_ref().map_or(Nanoseconds(0.0), |_| {
        Nanoseconds::fixed(PROFILE_FIXED).and(pixels, PROFILE)
    });
    Nanoseconds(profile.0).and(pixels, each)
}

/// Weight tables and the like, in microseconds.
const RESIZE_FIXED: f64 = 150.0;
/// A sample into one row of sums.
const RESIZE_DOWN: f64 = 0.038;
/// A sum into one column.
const RESIZE_ACROSS: f64 = 0.184;
/// A pixel by its alpha.
const PREMULTIPLY: f64 = 0.56;
/// A pixel of the result through rounding, turning and padding.
const RESIZE_COPY: f64 = 1.6;
/// A pixel from RGB to YCbCr; to interleaved channels; from limited range to full.
const CONVERT: f64 = 1.6;
const INTERLEAVE: f64 = 2.8;
const EXPAND: f64 = 0.6;
/// A pixel of an overlay onto the result.
const BLEND: f64 = 8.0;
/// Reading a profile, in microseconds, and a pixel through it.
const PROFILE_FIXED: f64 = 60.0;
const PROFILE: f64 = 5.0;

/// How fast a machine is: 1 is the one that costs were measured on, 2 does the
/// same in half the time.
///
/// It is learned inside real work and nowhere else: no time is spent on finding
/// out. Whoever keeps it between images makes the next prediction better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed(f64);

impl Speed {
    /// The machine that costs were measured on.
    pub const REFERENCE: Self = Self(1.0);

    /// No machine is believed to be further from the reference than this, each way.
    const FARTHEST: f64 = 8.0;

    /// Times as fast as the reference.
    #[must_use]
    pub fn factor(self) -> f64 {
        self.0
    }

    /// The time on this machine of what took `cpu` on the reference.
    pub(crate) fn scaled(self, cpu: Duration) -> Duration {
        cpu.div_f64(self.0)
    }

    /// Learns from an image that was predicted to take `predicted` with this speed
    /// and took `measured`, waiting for bytes left out of both: moves a quarter of
    /// the way, and not at all for what is too short to measure.
    #[must_use]
    pub(crate) fn learned(self, predicted: Duration, measured: Duration) -> Self {
        const LEAST: Duration = Duration::from_millis(2);
        if predicted < LEAST || measured < LEAST {
            return self;
        }
        let ratio = predicted.as_secs_f64() / measured.as_secs_f64();
        let factor = self.0 * ratio.powf(0.25);
        Self(factor.clamp(1.0 / Self::FARTHEST, Self::FARTHEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_learned_to_be_slow_by_and_by() {
        let second = Duration::from_secs(1);
        let mut speed = Speed::REFERENCE;
        for _ in 0..40 {
            let predicted = speed.scaled(second);
            speed = speed.learned(predicted, 3 * second);
        }
        assert!((speed.factor() - 1.0 / 3.0).abs() < 0.01, "{speed:?}");
    }

    #[test]
    fn what_is_too_short_teaches_nothing() {
        let short = Duration::from_micros(100);
        let speed = Speed::REFERENCE.learned(short, 5 * short);
        assert_eq!(speed, Speed::REFERENCE);
    }

    #[test]
    fn no_machine_is_believed_to_be_endlessly_slow() {
        let mut speed = Speed::REFERENCE;
        for _ in 0..100 {
            speed = speed.learned(Duration::from_millis(10), Duration::from_secs(10));
        }
        assert_eq!(speed.factor(), 1.0 / 8.0);
    }
}
