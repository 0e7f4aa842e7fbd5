//! What a job may use. `Limits` is plain data; every buffer sized by an image
//! is made here, so that running out of memory is an error and not an abort.

use crate::error::{Error, Resource, Result};

/// What one image may use. All limits are **strict**: a job that would pass
/// them is refused from the source's header, before anything is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of memory at any moment, over an idle process. Default: 512 MiB.
    pub peak_bytes: u64,
    /// Pixels of the source. Default: 268,402,689 (16,383 squared).
    pub source_pixels: u64,
    /// Pixels of all frames of an animation that is made anew: frames times the
    /// pixels of its canvas. Default: 100,000,000.
    pub animation_pixels: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            peak_bytes: 512 << 20,
            source_pixels: 16_383 * 16_383,
            animation_pixels: 100_000_000,
        }
    }
}

/// Makes a zeroed buffer, or says how much was missing.
///
/// # Errors
///
/// [`Error::TooLarge`] if the allocator refuses; `allowed` is then 0, because
/// how much it would have given is not known.
pub(crate) fn zeroed<T: Clone + Default>(len: usize) -> Result<Vec<T>> {
    let mut buffer = Vec::new();
    buffer
        .try_reserve_exact(len)
        .map_err(|_| out_of_memory(len.saturating_mul(size_of::<T>())))?;
    buffer.resize(len, T::default());
    Ok(buffer)
}

/// The error of an allocator that refused `bytes`. How much it would have
/// given is not known, so `allowed` is 0.
pub(crate) fn out_of_memory(bytes: usize) -> Error {
    Error::TooLarge {
        resource: Resource::Memory,
        needed: bytes as u64,
        allowed: 0,
    }
}
