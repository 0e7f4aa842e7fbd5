//! The inverse DCT at every scale, once in every instruction set.
//!
//! A group is sixteen blocks side by side: for each coefficient its value in
//! each block, so that vectors run over blocks and nothing is transposed before
//! the samples are. `scalar` is the definition; every other file equals it bit
//! for bit.

#![expect(unsafe_code, reason = "vector loads, stores and their dispatch")]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;

#[cfg(test)]
mod parity;

use super::{frame::LANES, scale::Scale};
use crate::simd::{Backend, Isa};

/// Fractional bits of a weight.
const WEIGHT_BITS: u32 = 13;

/// Fractional bits between the passes.
const BETWEEN_BITS: u32 = 2;

/// Bits by which the second pass leaves a sample too large: its weights', those
/// between the passes, and a factor of 8 that is in the definition (T.81, A.3.3).
const DROPPED_BITS: u32 = WEIGHT_BITS + BETWEEN_BITS + 3;

/// cos(n pi / 16) times the square root of 2, in [`WEIGHT_BITS`]. With these a
/// constant block keeps its value.
const fn weight(n: usize) -> i16 {
    [11_585, 11_363, 10_703, 9_633, 8_192, 6_436, 4_433, 2_260][n]
}

/// 1 in [`WEIGHT_BITS`].
const ONE: i16 = weight(4);

impl Backend {
    /// Turns a group's coefficients at `scale` into rows of samples, `stride`
    /// bytes apart: sixteen blocks side by side.
    ///
    /// # Panics
    ///
    /// If the group has not sixteen blocks, or `out` no room for them.
    pub(in crate::decode) fn inverse_dct(
        self,
        scale: Scale,
        group: &[i16],
        out: &mut [u8],
        stride: usize,
    ) {
        let side = scale.samples() as usize;
        assert_eq!(group.len(), scale.slots() * LANES, "sixteen blocks");
        assert!(
            stride >= side * LANES && out.len() >= (side - 1) * stride + side * LANES,
            "room for the samples"
        );
        match self.isa() {
            Isa::Scalar => scalar::inverse_dct(scale, group, out, stride),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a backend of AVX2 is only built after the CPU reported it.
            Isa::Avx2 => unsafe { avx2::inverse_dct(scale, group, out, stride) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: a backend of NEON is only built after the CPU reported it.
            Isa::Neon => unsafe { neon::inverse_dct(scale, group, out, stride) },
        }
    }
}
