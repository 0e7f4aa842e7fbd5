//! Choosing instructions at run time, and checking what kernels rely on.

use super::scalar::{self, Sample};
use crate::resize::weights::{TAP_ALIGN, Weights};

/// Rows of samples, `stride` samples apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Band<'a, T> {
    /// The rows; the last may end early.
    pub(crate) samples: &'a [T],
    /// Samples from one row to the next.
    pub(crate) stride: usize,
    /// Samples in a row.
    pub(crate) width: usize,
    /// Rows.
    pub(crate) height: usize,
}

impl<'a, T> Band<'a, T> {
    pub(crate) fn row(&self, y: usize) -> &'a [T] {
        &self.samples[y * self.stride..][..self.width]
    }
}

/// Output rows that one run of the vertical kernel makes: with more, the sums
/// do not fit the 16 registers of AVX2.
pub(crate) const GROUP: usize = 4;

/// The weights of two neighbouring rows for each output row of a group.
pub(crate) type PairWeights = [[i16; 2]; GROUP];

/// A set of vector instructions known to be safe to run on this CPU.
///
/// Sums stay inside `i32`: weights of one output add up to `1 << bits` and, with
/// Lanczos3's negative lobes, to less than 1.5 times that in absolute value.
/// Bytes are taken at up to 22 bits and 15-bit samples at up to 15.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backend(Isa); // `Isa` is private, so holding a `Backend` is the proof.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Isa {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Backend {
    /// Every backend this CPU can run, slowest first.
    pub(crate) fn available() -> impl DoubleEndedIterator<Item = Self> {
        [
            Some(Isa::Scalar),
            #[cfg(target_arch = "x86_64")]
            is_x86_feature_detected!("avx2").then_some(Isa::Avx2),
            #[cfg(target_arch = "aarch64")]
            std::arch::is_aarch64_feature_detected!("neon").then_some(Isa::Neon),
        ]
        .into_iter()
        .flatten()
        .map(Self)
    }

    /// The fastest backend this CPU can run.
    pub(crate) fn best() -> Self {
        Self::available().next_back().unwrap_or(Self(Isa::Scalar))
    }

    /// Its name, as tests list it.
    #[cfg(test)]
    pub(crate) fn name(self) -> &'static str {
        match self.0 {
            Isa::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => "avx2",
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => "neon",
        }
    }

    /// Adds weighted rows to a group of sums: `sums[g][x] += row[x] * weights[row][g]`,
    /// over all rows. Weights come in pairs of rows; the one after an odd last
    /// row must be 0.
    ///
    /// # Panics
    ///
    /// If there are too few weights, or a row of sums is not as long as a row.
    pub(crate) fn accumulate<T: Vertical>(
        self,
        band: Band<'_, T>,
        weights: &[PairWeights],
        sums: &mut [&mut [i32]; GROUP],
    ) {
        assert!(
            weights.len() == band.height.div_ceil(2),
            "a pair for two rows"
        );
        assert!(
            sums.iter().all(|sums| sums.len() == band.width),
            "sums as long as rows"
        );
        T::accumulate(self, band, weights, sums);
    }

    /// Multiplies the first three of every four channels by the fourth, and that
    /// by 255: 255 times 255 becomes 32,640, which is 255 with 7 fractional bits.
    ///
    /// # Panics
    ///
    /// If the lengths differ or are not whole pixels.
    pub(crate) fn premultiply(self, row: &[u8], out: &mut [i16]) {
        assert_eq!(row.len(), out.len(), "one result a sample");
        assert!(row.len().is_multiple_of(4), "whole pixels");
        match self.0 {
            Isa::Scalar => scalar::premultiply(row, out),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Isa::Avx2` is only built after the CPU reported AVX2.
            Isa::Avx2 => unsafe { super::avx2::premultiply(row, out) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: `Isa::Neon` is only built after the CPU reported NEON.
            Isa::Neon => unsafe { super::neon::premultiply(row, out) },
        }
    }

    /// Rounds sums to `i16`, dropping `shift` bits; what does not fit is clamped.
    ///
    /// # Panics
    ///
    /// If the lengths differ, or `shift` is not 1 to 30.
    pub(crate) fn narrow(self, sums: &[i32], shift: u32, out: &mut [i16]) {
        assert_eq!(sums.len(), out.len(), "one result a sum");
        assert!((1..=30).contains(&shift), "rounding needs a bit to drop");
        match self.0 {
            Isa::Scalar => scalar::narrow(sums, shift, out),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Isa::Avx2` is only built after the CPU reported AVX2.
            Isa::Avx2 => unsafe { super::avx2::narrow(sums, shift, out) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: `Isa::Neon` is only built after the CPU reported NEON.
            Isa::Neon => unsafe { super::neon::narrow(sums, shift, out) },
        }
    }

    /// Sets `out[x]` to the weighted sum of the samples that make output `x`.
    ///
    /// # Panics
    ///
    /// If there is not one output a row of `weights`, or `row` is not
    /// [`TAP_ALIGN`] samples longer than its last window needs.
    pub(crate) fn dot(self, row: &[i16], weights: &Weights, out: &mut [i32]) {
        assert_eq!(weights.outputs(), out.len(), "one output a row of weights");
        assert!(weights.taps().is_multiple_of(TAP_ALIGN), "whole vectors");
        match self.0 {
            Isa::Scalar => scalar::dot(row, weights, out),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Isa::Avx2` is only built after the CPU reported AVX2.
            Isa::Avx2 => unsafe { super::avx2::dot(row, weights, out) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: `Isa::Neon` is only built after the CPU reported NEON.
            Isa::Neon => unsafe { super::neon::dot(row, weights, out) },
        }
    }

    /// Rounds sums to bytes, dropping `shift` bits; what does not fit is clamped.
    ///
    /// # Panics
    ///
    /// If the lengths differ, or `shift` is not 1 to 30.
    pub(crate) fn to_bytes(self, sums: &[i32], shift: u32, out: &mut [u8]) {
        assert_eq!(sums.len(), out.len(), "one byte a sum");
        assert!((1..=30).contains(&shift), "rounding needs a bit to drop");
        match self.0 {
            Isa::Scalar => scalar::to_bytes(sums, shift, out),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Isa::Avx2` is only built after the CPU reported AVX2.
            Isa::Avx2 => unsafe { super::avx2::to_bytes(sums, shift, out) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: `Isa::Neon` is only built after the CPU reported NEON.
            Isa::Neon => unsafe { super::neon::to_bytes(sums, shift, out) },
        }
    }
}

/// A sample that has a vertical kernel in every backend.
pub(crate) trait Vertical: Sample {
    /// Runs the kernel of `backend`.
    fn accumulate(
        backend: Backend,
        band: Band<'_, Self>,
        weights: &[PairWeights],
        sums: &mut [&mut [i32]; GROUP],
    );
}

macro_rules! vertical {
    ($sample:ty, $kernel:ident) => {
        impl Vertical for $sample {
            fn accumulate(
                backend: Backend,
                band: Band<'_, Self>,
                weights: &[PairWeights],
                sums: &mut [&mut [i32]; GROUP],
            ) {
                match backend.0 {
                    Isa::Scalar => scalar::accumulate(band, weights, sums),
                    #[cfg(target_arch = "x86_64")]
                    // SAFETY: `Isa::Avx2` is only built after the CPU reported AVX2.
                    Isa::Avx2 => unsafe { super::avx2::$kernel(band, weights, sums) },
                    #[cfg(target_arch = "aarch64")]
                    // SAFETY: `Isa::Neon` is only built after the CPU reported NEON.
                    Isa::Neon => unsafe { super::neon::$kernel(band, weights, sums) },
                }
            }
        }
    };
}

vertical!(u8, accumulate_bytes);
vertical!(i16, accumulate_wide);
