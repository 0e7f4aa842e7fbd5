//! Every backend equals the scalar one, bit for bit.

use super::{Band, GROUP, PairWeights, Vertical};
use crate::simd::Backend;
use crate::{
    request::Filter,
    resize::{Axis, weights::Weights},
};

/// Widths below, at and past every vector, and two large primes.
fn widths() -> impl Iterator<Item = usize> {
    (0..70).chain([1009, 2003])
}

/// Deterministic noise (xorshift).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn fill<T>(&mut self, len: usize, cut: impl Fn(u64) -> T) -> Vec<T> {
        (0..len).map(|_| cut(self.next() >> 16)).collect()
    }
}

fn vectors() -> impl Iterator<Item = Backend> {
    Backend::available().skip(1)
}

fn scalar() -> Backend {
    Backend::available().next().expect("scalar runs anywhere")
}

#[expect(clippy::cast_possible_truncation, reason = "noise")]
fn word(noise: u64) -> i16 {
    noise as i16
}

#[expect(clippy::cast_possible_truncation, reason = "noise")]
fn sum(noise: u64) -> i32 {
    noise as i32 / 4
}

fn accumulated<T: Vertical>(
    backend: Backend,
    band: Band<'_, T>,
    weights: &[PairWeights],
) -> Vec<Vec<i32>> {
    let mut sums = vec![vec![7; band.width]; GROUP];
    let mut rows = sums.each_mut_slice();
    backend.accumulate(band, weights, &mut rows);
    sums
}

/// Four rows of sums as the kernels take them.
trait Rows {
    fn each_mut_slice(&mut self) -> [&mut [i32]; GROUP];
}

impl Rows for Vec<Vec<i32>> {
    fn each_mut_slice(&mut self) -> [&mut [i32]; GROUP] {
        self.get_disjoint_mut([0, 1, 2, 3])
            .expect("four rows")
            .map(Vec::as_mut_slice)
    }
}

fn check_vertical<T: Vertical>(sample: impl Fn(u64) -> T + Copy, most_weight: i16) {
    let mut noise = Noise(1);
    for width in widths() {
        for height in [1, 2, 3, 13, 16] {
            let stride = width + 3;
            let samples = noise.fill(stride * height, sample);
            let band = Band {
                samples: &samples,
                stride,
                width,
                height,
            };
            let mut weights: Vec<PairWeights> = (0..height.div_ceil(2))
                .map(|_| std::array::from_fn(|_| [0, 1].map(|_| word(noise.next()) % most_weight)))
                .collect();
            if height % 2 == 1 {
                let last = weights.last_mut().expect("at least one row");
                last.iter_mut().for_each(|pair| pair[1] = 0);
            }
            let expected = accumulated(scalar(), band, &weights);
            for backend in vectors() {
                let ours = accumulated(backend, band, &weights);
                assert_eq!(ours, expected, "{} {width}x{height}", backend.name());
            }
        }
    }
}

#[test]
fn the_backends_that_ran_are_listed_and_include_this_cpus_vectors() {
    let names: Vec<_> = Backend::available().map(Backend::name).collect();
    println!("backends: {}", names.join(" "));
    #[cfg(target_arch = "x86_64")]
    assert!(
        !is_x86_feature_detected!("avx2") || names.contains(&"avx2"),
        "{names:?}"
    );
    #[cfg(target_arch = "aarch64")]
    assert!(names.contains(&"neon"), "{names:?}");
}

#[test]
fn vertical_sums_of_bytes_are_equal() {
    check_vertical(|noise| noise.to_le_bytes()[0], i16::MAX);
}

#[test]
fn vertical_sums_of_words_are_equal() {
    check_vertical(|noise| word(noise) & i16::MAX, 4000);
}

#[test]
fn premultiplied_rows_are_equal() {
    let mut noise = Noise(5);
    for width in widths() {
        let row = noise.fill(4 * width, |noise| noise.to_le_bytes()[0]);
        let run = |backend: Backend| {
            let mut out = vec![0; row.len()];
            backend.premultiply(&row, &mut out);
            out
        };
        for backend in vectors() {
            assert_eq!(run(backend), run(scalar()), "{} {width}", backend.name());
        }
    }
}

#[test]
fn narrowed_sums_are_equal() {
    let mut noise = Noise(2);
    for width in widths() {
        let sums = noise.fill(width, sum);
        for shift in [1, 8, 16, 30] {
            let run = |backend: Backend| {
                let mut out = vec![0; width];
                backend.narrow(&sums, shift, &mut out);
                out
            };
            for backend in vectors() {
                assert_eq!(run(backend), run(scalar()), "{}", backend.name());
            }
        }
    }
}

#[test]
fn bytes_from_sums_are_equal() {
    let mut noise = Noise(3);
    for width in widths() {
        let sums = noise.fill(width, sum);
        for shift in [1, 14, 22, 30] {
            let run = |backend: Backend| {
                let mut out = vec![0; width];
                backend.to_bytes(&sums, shift, &mut out);
                out
            };
            for backend in vectors() {
                assert_eq!(run(backend), run(scalar()), "{}", backend.name());
            }
        }
    }
}

#[test]
fn horizontal_sums_are_equal() {
    let mut noise = Noise(4);
    for outputs in widths().filter(|&width| width > 0) {
        // From enlarging (few taps) to reducing by 13 (many).
        for length in [outputs.div_ceil(3), outputs, outputs * 2 + 1, outputs * 13] {
            let axis = Axis {
                first: 0,
                end: u32::try_from(length).expect("small"),
                start: 0.0,
                step: length as f64 / outputs as f64,
                samples: u32::try_from(outputs).expect("small"),
            };
            let weights = Weights::new(&axis, Filter::Lanczos3, 15).expect("small");
            let row = noise.fill(length + weights.taps(), |noise| word(noise) / 2);
            let run = |backend: Backend| {
                let mut out = vec![0; outputs];
                backend.dot(&row, &weights, &mut out);
                out
            };
            for backend in vectors() {
                assert_eq!(run(backend), run(scalar()), "{} {outputs}", backend.name());
            }
        }
    }
}
