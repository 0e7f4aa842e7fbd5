//! Handing work to the kernels of a backend, and checking what they rely on.

use super::scalar::{self, Sample};
use crate::{
    resize::weights::{TAP_ALIGN, Weights},
    simd::{Backend, Isa},
};

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

/// The kernels of resampling. Sums stay inside `i32`: weights of one output add
/// up to `1 << bits` and, with Lanczos3's negative lobes, to less than 1.5 times
/// that in absolute value. Bytes are taken at up to 22 bits and 15-bit samples at
/// up to 15.
impl Backend {
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
        match self.isa() {
            Isa::Scalar => scalar::premultiply(row, out),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a backend of AVX2 is only built after the CPU reported it.
            Isa::Avx2 => unsafe { super::avx2::premultiply(row, out) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: a backend of NEON is only built after the CPU reported it.
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
        match self.isa() {
            Isa::Scalar => scalar::narrow(sums, shift, out),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a backend of AVX2 is only built after the CPU reported it.
            Isa::Avx2 => unsafe { super::avx2::narrow(sums, shift, out) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: a backend of NEON is only built after the CPU reported it.
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
        match self.isa() {
            Isa::Scalar => scalar::dot(row, weights, out),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a backend of AVX2 is only built after the CPU reported it.
            Isa::Avx2 => unsafe { super::avx2::dot(row, weights, out) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: a backend of NEON is only built after the CPU reported it.
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
        match self.isa() {
            Isa::Scalar => scalar::to_bytes(sums, shift, out),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a backend of AVX2 is only built after the CPU reported it.
            Isa::Avx2 => unsafe { super::avx2::to_bytes(sums, shift, out) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: a backend of NEON is only built after the CPU reported it.
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
                match backend.isa() {
                    Isa::Scalar => scalar::accumulate(band, weights, sums),
                    #[cfg(target_arch = "x86_64")]
                    // SAFETY: a backend of AVX2 is only built after the CPU reported it.
                    Isa::Avx2 => unsafe { super::avx2::$kernel(band, weights, sums) },
                    #[cfg(target_arch = "aarch64")]
                    // SAFETY: a backend of NEON is only built after the CPU reported it.
                    Isa::Neon => unsafe { super::neon::$kernel(band, weights, sums) },
                }
            }
        }
    };
}

vertical!(u8, accumulate_bytes);
vertical!(i16, accumulate_wide);
