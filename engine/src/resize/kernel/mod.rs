//! The inner loops of resampling, each once in every instruction set.
//!
//! `scalar` is the definition; every other file equals it bit for bit. All of
//! them are integer, and no sum overflows: see `backend`.

#![expect(unsafe_code, reason = "vector loads, stores and their dispatch")]

#[cfg(target_arch = "x86_64")]
pub(super) mod avx2;
#[cfg(target_arch = "aarch64")]
pub(super) mod neon;
pub(super) mod scalar;

mod backend;
#[cfg(test)]
mod parity;

pub(crate) use backend::{Band, GROUP, PairWeights, Vertical};
