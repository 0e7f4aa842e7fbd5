//! From samples to quantised coefficients, once in every instruction set.
//!
//! `scalar` is the definition; every other file equals it bit for bit. All of
//! them are integer, and nothing overflows: see `backend`.

#![expect(unsafe_code, reason = "vector loads, stores and their dispatch")]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;

mod backend;
#[cfg(test)]
mod parity;

pub(super) use backend::{Band, Block};
