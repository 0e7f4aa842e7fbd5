//! Every vector kernel against the scalar one, bit for bit; and that against the
//! transform's own definition.

use std::f64::consts::PI;

use super::{LANES, Scale};
use crate::simd::Backend;

/// Pseudo-random numbers (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A value of either sign, of at most `bits` bits.
    #[expect(clippy::cast_possible_truncation, reason = "16 bits are wanted")]
    fn value(&mut self, bits: u32) -> i16 {
        (self.next() as i16) >> (16 - bits)
    }
}

fn run(backend: Backend, scale: Scale, group: &[i16]) -> Vec<u8> {
    let side = scale.samples() as usize;
    let stride = side * LANES + 5;
    let mut out = vec![7; stride * side];
    backend.inverse_dct(scale, group, &mut out, stride);
    out
}

fn scalar() -> Backend {
    Backend::available().next().expect("scalar runs anywhere")
}

#[test]
fn every_backend_transforms_to_the_same_samples() {
    let mut random = Random(99);
    for round in 0..3_000 {
        for scale in Scale::ALL {
            // From gentle blocks to any 16 bits at all.
            let bits = 4 + round % 13;
            let group: Vec<_> = (0..scale.slots() * LANES)
                .map(|_| random.value(bits))
                .collect();
            let expected = run(scalar(), scale, &group);
            for backend in Backend::available().skip(1) {
                assert_eq!(
                    run(backend, scale, &group),
                    expected,
                    "{} at {scale:?}",
                    backend.name()
                );
            }
        }
    }
}

#[test]
fn extreme_coefficients_overflow_nowhere() {
    for scale in Scale::ALL {
        for signs in 0..64u64 {
            let group: Vec<_> = (0..scale.slots() * LANES)
                .map(|i| {
                    let slot = (i / LANES) as u64;
                    if (signs.wrapping_mul(slot * slot + 7 * slot) >> 3) & 1 == 0 {
                        i16::MAX
                    } else {
                        i16::MIN
                    }
                })
                .collect();
            let expected = run(scalar(), scale, &group);
            for backend in Backend::available().skip(1) {
                assert_eq!(run(backend, scale, &group), expected);
            }
        }
    }
}

/// The N-point inverse DCT of a corner, in double precision (T.81, A.3.3, with
/// N for 8).
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn exact(scale: Scale, block: &[i16]) -> Vec<f64> {
    let n = scale.samples() as usize;
    let factor = |u: usize| if u == 0 { 0.5f64.sqrt() } else { 1.0 };
    let cosine = |x: usize, u: usize| ((2 * x + 1) as f64 * u as f64 * PI / (2 * n) as f64).cos();
    (0..n * n)
        .map(|at| {
            let (y, x) = (at / n, at % n);
            let sum: f64 = (0..n * n)
                .map(|slot| {
                    let (v, u) = (slot / n, slot % n);
                    let weight = factor(u) * factor(v) * cosine(x, u) * cosine(y, v);
                    f64::from(block[slot]) * weight
                })
                .sum();
            // 2 / N for both ways, and N / 8 for the smaller picture.
            128.0 + sum / 4.0
        })
        .collect()
}

#[test]
fn samples_are_within_one_of_the_exact_transform() {
    let mut random = Random(5);
    for scale in Scale::ALL {
        let side = scale.samples() as usize;
        for _ in 0..200 {
            let group: Vec<_> = (0..scale.slots() * LANES)
                .map(|i| random.value(if i < LANES { 10 } else { 7 }))
                .collect();
            let samples = run(scalar(), scale, &group);
            for lane in 0..LANES {
                let block: Vec<_> = (0..scale.slots())
                    .map(|slot| group[slot * LANES + lane])
                    .collect();
                for (at, exact) in exact(scale, &block).into_iter().enumerate() {
                    let stride = side * LANES + 5;
                    let sample = samples[at / side * stride + lane * side + at % side];
                    let error = (f64::from(sample) - exact.clamp(0.0, 255.0)).abs();
                    assert!(error < 1.0, "{sample} for {exact} at {scale:?}");
                }
            }
        }
    }
}
