//! Handing blocks to the kernel of a backend, and checking what it relies on.

use super::super::tables::Divisors;
use crate::simd::{Backend, Isa};

/// The quantised coefficients of 8 by 8 samples, in zigzag order.
pub(crate) type Block = [i16; 64];

/// Eight rows of samples, `stride` apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Band<'a> {
    /// The rows; the last may end early.
    pub(crate) samples: &'a [u8],
    /// Samples from one row to the next.
    pub(crate) stride: usize,
}

impl Band<'_> {
    /// The same rows from column `x` on.
    pub(crate) fn right_from(self, x: usize) -> Self {
        Self {
            samples: &self.samples[x..],
            ..self
        }
    }

    /// The rows from `y` on.
    pub(crate) fn down_from(self, y: usize) -> Self {
        Self {
            samples: &self.samples[y * self.stride..],
            ..self
        }
    }
}

/// The kernel of JPEG. No sum overflows: the transform's output is eight times
/// the true one, so at most 8,192 in absolute value, and what comes between its
/// two passes is at most 4,096; sums of four of either fit 16 bits.
impl Backend {
    /// Makes blocks of the leftmost `8 * blocks.len()` columns: transforms, divides
    /// and orders them. Bit `k` of `nonzero` says whether coefficient `k` is not 0.
    ///
    /// # Panics
    ///
    /// If there is not one mask a block, or too few samples.
    pub(crate) fn quantise(
        self,
        band: Band<'_>,
        divisors: &Divisors,
        blocks: &mut [Block],
        nonzero: &mut [u64],
    ) {
        assert_eq!(blocks.len(), nonzero.len(), "one mask a block");
        assert!(
            band.stride >= 8 * blocks.len()
                && band.samples.len() >= 7 * band.stride + 8 * blocks.len(),
            "eight rows under every block"
        );
        match self.isa() {
            Isa::Scalar => super::scalar::quantise(band, divisors, blocks, nonzero),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a backend of AVX2 is only built after the CPU reported it.
            Isa::Avx2 => unsafe { super::avx2::quantise(band, divisors, blocks, nonzero) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: a backend of NEON is only built after the CPU reported it.
            Isa::Neon => unsafe { super::neon::quantise(band, divisors, blocks, nonzero) },
        }
    }
}
