//! A resampler to compare with: the whole image at once, in double precision, nothing
//! rounded before the end. Slow, and written from the definitions alone.

use std::f64::consts::PI;

use edgepix_corpus::synth::Picture;
use edgepix_engine::{Filter, Plan};

/// One channel of an image.
#[derive(Clone, Debug)]
pub(crate) struct Plane {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) samples: Vec<f64>,
}

impl Plane {
    /// One channel of a picture.
    pub(crate) fn of(picture: &Picture, channel: usize) -> Self {
        let channels = usize::from(picture.channels);
        Self {
            width: picture.width as usize,
            height: picture.height as usize,
            samples: picture.samples[channel..]
                .iter()
                .step_by(channels)
                .map(|&sample| f64::from(sample))
                .collect(),
        }
    }

    /// Combines two planes of one size, sample by sample.
    pub(crate) fn with(&self, other: &Self, combine: impl Fn(f64, f64) -> f64) -> Self {
        assert_eq!((self.width, self.height), (other.width, other.height));
        let pairs = self.samples.iter().zip(&other.samples);
        Self {
            samples: pairs.map(|(&a, &b)| combine(a, b)).collect(),
            ..*self
        }
    }

    fn transposed(&self) -> Self {
        let columns = (0..self.width).flat_map(|x| (0..self.height).map(move |y| (x, y)));
        Self {
            width: self.height,
            height: self.width,
            samples: columns
                .map(|(x, y)| self.samples[y * self.width + x])
                .collect(),
        }
    }

    /// Resamples every row.
    fn across(&self, filter: Filter, span: Span) -> Self {
        let rows = self.samples.chunks(self.width);
        Self {
            width: span.outputs as usize,
            height: self.height,
            samples: rows
                .flat_map(|row| {
                    (0..span.outputs).map(move |output| span.sample(filter, row, output))
                })
                .collect(),
        }
    }
}

/// A part of an axis, in samples, and what is to be made of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) start: f64,
    pub(crate) length: f64,
    /// Samples to an output.
    pub(crate) step: f64,
    pub(crate) outputs: u32,
}

impl Span {
    /// One output sample of a row: the weighted mean of the samples that the part touches.
    fn sample(self, filter: Filter, row: &[f64], output: u32) -> f64 {
        let centre = self.start + (f64::from(output) + 0.5) * self.step;
        let end = self.start + self.length;
        let (mut sum, mut total) = (0.0, 0.0);
        for (left, sample) in (0u32..).map(f64::from).zip(row) {
            if left + 1.0 > self.start + 1e-9 && left < end - 1e-9 {
                let weight = weight(filter, (left + 0.5 - centre) / self.step.max(1.0));
                sum += weight * sample;
                total += weight;
            }
        }
        sum / total
    }
}

/// The filters, `x` output samples from their middle.
fn weight(filter: Filter, x: f64) -> f64 {
    let x = x.abs();
    match filter {
        Filter::Lanczos3 if x < 3.0 => sinc(x) * sinc(x / 3.0),
        Filter::CatmullRom if x < 1.0 => 1.5 * x.powi(3) - 2.5 * x.powi(2) + 1.0,
        Filter::CatmullRom if x < 2.0 => -0.5 * x.powi(3) + 2.5 * x.powi(2) - 4.0 * x + 2.0,
        Filter::Mitchell if x < 1.0 => (21.0 * x.powi(3) - 36.0 * x.powi(2) + 16.0) / 18.0,
        Filter::Mitchell if x < 2.0 => {
            (-7.0 * x.powi(3) + 36.0 * x.powi(2) - 60.0 * x + 32.0) / 18.0
        }
        Filter::Bilinear if x < 1.0 => 1.0 - x,
        // A sample on the border of two outputs belongs to both by half.
        Filter::Box if (x - 0.5).abs() < 1e-9 => 0.5,
        Filter::Box if x < 0.5 => 1.0,
        _ => 0.0,
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        1.0
    } else {
        (PI * x).sin() / (PI * x)
    }
}

/// Resamples one plane.
pub(crate) fn resampled(plane: &Plane, filter: Filter, across: Span, down: Span) -> Plane {
    plane
        .across(filter, across)
        .transposed()
        .across(filter, down)
        .transposed()
}

/// The plane that `plan` should make of `plane`, one of whose samples spans `steps` image
/// pixels across and down. Not turned.
pub(crate) fn planned(plan: &Plan, plane: &Plane, steps: (f64, f64)) -> Plane {
    shifted(plan, plane, steps, (0.0, 0.0))
}

/// What [`planned`] would be if the plane lay `shift` samples from where it does.
pub(crate) fn shifted(plan: &Plan, plane: &Plane, steps: (f64, f64), shift: (f64, f64)) -> Plane {
    let (region, size) = (plan.region, plan.resized);
    let across = Span {
        start: region.left / steps.0 + shift.0,
        length: region.width / steps.0,
        step: region.width / steps.0 / f64::from(size.width),
        outputs: size.width,
    };
    let down = Span {
        start: region.top / steps.1 + shift.1,
        length: region.height / steps.1,
        step: region.height / steps.1 / f64::from(size.height),
        outputs: size.height,
    };
    resampled(plane, plan.filter, across, down)
}

/// The plane as chroma of a 4:2:0 result: each sample covers two by two pixels of it, and
/// the last may reach past its edge.
pub(crate) fn halved(plan: &Plan, plane: &Plane, steps: (f64, f64)) -> Plane {
    let (region, size) = (plan.region, plan.resized);
    let across = Span {
        start: region.left / steps.0,
        length: region.width / steps.0,
        step: 2.0 * region.width / steps.0 / f64::from(size.width),
        outputs: size.width.div_ceil(2),
    };
    let down = Span {
        start: region.top / steps.1,
        length: region.height / steps.1,
        step: 2.0 * region.height / steps.1 / f64::from(size.height),
        outputs: size.height.div_ceil(2),
    };
    resampled(plane, plan.filter, across, down)
}

/// A picture by `plan`, channel by channel; colour is weighted by alpha, and
/// the last plane is alpha itself if there is any.
pub(crate) fn picture(plan: &Plan, picture: &Picture) -> Vec<Plane> {
    let channels = usize::from(picture.channels);
    let has_alpha = channels.is_multiple_of(2);
    let resample = |plane: &Plane| planned(plan, plane, (1.0, 1.0));
    if !has_alpha {
        return (0..channels)
            .map(|c| resample(&Plane::of(picture, c)))
            .collect();
    }
    let opacity = Plane::of(picture, channels - 1);
    let alpha = resample(&opacity);
    (0..channels - 1)
        .map(|c| {
            let weighted = Plane::of(picture, c).with(&opacity, |colour, alpha| colour * alpha);
            resample(&weighted).with(&alpha, |sum, alpha| sum / alpha)
        })
        .chain([alpha.clone()])
        .collect()
}
