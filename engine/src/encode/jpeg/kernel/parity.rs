//! Every backend equals the scalar one, bit for bit.

use super::{Band, Block, scalar};
use crate::{
    encode::jpeg::tables::{self, Divisors},
    simd::Backend,
};

/// Deterministic noise (xorshift).
struct Noise(u64);

impl Noise {
    fn byte(&mut self) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.to_le_bytes()[3]
    }
}

fn run(backend: Backend, band: Band<'_>, divisors: &Divisors, count: usize) -> Vec<(Block, u64)> {
    let mut blocks = vec![[7; 64]; count];
    let mut nonzero = vec![7; count];
    backend.quantise(band, divisors, &mut blocks, &mut nonzero);
    blocks.into_iter().zip(nonzero).collect()
}

/// Compares all backends on samples made of noise, over widths and qualities.
fn check(sample: impl Fn(u8) -> u8) {
    let mut noise = Noise(1);
    for quality in [1, 25, 50, 80, 95, 100] {
        for steps in tables::steps(quality) {
            let divisors = Divisors::new(&steps);
            for count in (0..20).chain([101]) {
                let stride = 8 * count + 3;
                let samples: Vec<_> = (0..8 * stride + 1).map(|_| sample(noise.byte())).collect();
                let band = Band {
                    samples: &samples[1..],
                    stride,
                };
                let mut backends = Backend::available();
                let scalar = backends.next().expect("scalar runs anywhere");
                let expected = run(scalar, band, &divisors, count);
                for backend in backends {
                    let ours = run(backend, band, &divisors, count);
                    assert!(ours == expected, "{} {count} at {quality}", backend.name());
                }
            }
        }
    }
}

#[test]
fn blocks_of_noise_are_equal() {
    check(|noise| noise);
}

#[test]
fn blocks_of_the_hardest_contrast_are_equal() {
    check(|noise| if noise > 127 { 255 } else { 0 });
}

#[test]
fn blocks_that_are_nearly_flat_are_equal() {
    check(|noise| 120 + noise % 3);
}

#[test]
fn waves_of_every_frequency_at_full_strength_are_equal() {
    for (phase, invert) in [(0, 0_u8), (1, 0), (0, 255), (1, 255)] {
        for frequency in 0..64 {
            let samples: Vec<u8> = (0..64)
                .map(|at| {
                    let along = |at: usize, n: usize| (2 * at + 1 + 8 * phase) * n;
                    let steps = |at, n| along(at, n) / 8 % 4;
                    // The sign of the cosine of each direction.
                    let is_low = |at, n| matches!(steps(at, n), 1 | 2);
                    let low = is_low(at / 8, frequency / 8) != is_low(at % 8, frequency % 8);
                    if low { invert } else { 255 - invert }
                })
                .collect();
            let band = Band {
                samples: &samples,
                stride: 8,
            };
            let divisors = Divisors::new(&[1; 64]);
            let mut backends = Backend::available();
            let scalar = backends.next().expect("scalar runs anywhere");
            let expected = run(scalar, band, &divisors, 1);
            for backend in backends {
                let ours = run(backend, band, &divisors, 1);
                assert!(ours == expected, "{} {frequency}", backend.name());
            }
        }
    }
}

#[test]
fn the_transform_is_that_of_the_standard() {
    let mut noise = Noise(2);
    let (mut sum, mut largest) = (0.0, 0.0_f64);
    for _ in 0..200 {
        let samples: [u8; 64] = std::array::from_fn(|_| noise.byte());
        let band = Band {
            samples: &samples,
            stride: 8,
        };
        let turned = scalar::transform(band);
        for (at, &ours) in turned.iter().enumerate() {
            let (u, v) = (at % 8, at / 8);
            let error = f64::from(ours) / 8.0 - exact(&samples, u, v);
            sum += error * error;
            largest = largest.max(error.abs());
        }
    }
    let mean = (sum / f64::from(200 * 64)).sqrt();
    assert!(largest < 0.3 && mean < 0.07, "{largest} {mean}");
}

/// T.81 A.3.3.
fn exact(samples: &[u8; 64], u: usize, v: usize) -> f64 {
    use std::f64::consts::{FRAC_1_SQRT_2, PI};
    let scale = |n: usize| if n == 0 { FRAC_1_SQRT_2 } else { 1.0 };
    let cosine = |at: usize, n: usize| ((2 * at + 1) as f64 * n as f64 * PI / 16.0).cos();
    let sum: f64 = samples
        .iter()
        .enumerate()
        .map(|(at, &sample)| (f64::from(sample) - 128.0) * cosine(at / 8, u) * cosine(at % 8, v))
        .sum();
    sum * scale(u) * scale(v) / 4.0
}
