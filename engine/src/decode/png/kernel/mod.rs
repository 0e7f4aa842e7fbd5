//! Undoing the filters of rows, the inner loops of reading a PNG.
//!
//! `scalar.rs` is the definition (PNG specification, section 9.2); `avx2.rs` equals it
//! bit for bit. Of the five filters, Average and Paeth are chains: a pixel needs the one
//! before it, so what counts is how many instructions lie between the two. On photographs
//! nearly all rows are Paeth, mostly one below the other. Two such rows are undone at
//! once, the lower a pixel behind the upper, as lanes of the same vectors.
//!
//! There is no file for NEON: the scalar loops compile to vectors of one pixel there, and
//! there was no such machine to measure better ones on.

#![cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "kernels need the CPU's vector instructions, which its type proves are there"
    )
)]

#[cfg(target_arch = "x86_64")]
mod avx2;
mod backend;
#[cfg(test)]
mod parity;
pub(super) mod scalar;

/// A row, the row above it and where it comes out, all of a length.
pub(super) struct Row<'a> {
    /// As stored, without the filter's byte.
    pub(super) raw: &'a [u8],
    /// The row above, or zeros.
    pub(super) above: &'a [u8],
    /// The samples.
    pub(super) out: &'a mut [u8],
}

/// How a row was filtered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    /// Stored as it is.
    None,
    /// Less the pixel to the left.
    Sub,
    /// Less the pixel above.
    Up,
    /// Less the mean of both, rounded down.
    Average,
    /// Less what of left, above and above left is nearest to left + above - above left.
    Paeth,
}

impl Filter {
    /// The filter of a row that begins with `byte`.
    pub(super) fn of(byte: u8) -> Option<Self> {
        [Self::None, Self::Sub, Self::Up, Self::Average, Self::Paeth]
            .get(usize::from(byte))
            .copied()
    }
}
