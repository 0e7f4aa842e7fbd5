//! Handing rows to the kernels of a backend, and checking what they rely on.

use super::{Filter, Row, scalar};
use crate::simd::Backend;
#[cfg(target_arch = "x86_64")]
use crate::simd::Isa;

impl Backend {
    /// Undoes the filter of a row of pixels of `bytes` bytes (1 where samples are
    /// smaller).
    ///
    /// # Panics
    ///
    /// If the lengths differ or are not whole pixels, or pixels are larger than 8 bytes.
    pub(in crate::decode::png) fn undo(self, filter: Filter, bytes: usize, row: Row<'_>) {
        assert!(
            row.raw.len() == row.out.len() && row.above.len() == row.out.len(),
            "rows of a length"
        );
        assert!(row.out.len().is_multiple_of(bytes), "whole pixels");
        match bytes {
            1 => scalar::undo::<1>(filter, row),
            2 => scalar::undo::<2>(filter, row),
            3 => self.undo_vectors::<3>(filter, row),
            4 => self.undo_vectors::<4>(filter, row),
            6 => self.undo_vectors::<6>(filter, row),
            8 => self.undo_vectors::<8>(filter, row),
            _ => panic!("pixels of {bytes} bytes"),
        }
    }

    fn undo_vectors<const B: usize>(self, filter: Filter, row: Row<'_>) {
        #[cfg(target_arch = "x86_64")]
        if self.isa() == Isa::Avx2 {
            match filter {
                // SAFETY: a backend of AVX2 is only built after the CPU reported it.
                Filter::Sub => return unsafe { super::avx2::sub::<B>(row) },
                // SAFETY: as above.
                Filter::Average => return unsafe { super::avx2::average::<B>(row) },
                // SAFETY: as above.
                Filter::Paeth => return unsafe { super::avx2::paeth::<B>(row) },
                // The compiler's own vectors are as good.
                Filter::None | Filter::Up => {}
            }
        }
        scalar::undo::<B>(filter, row);
    }

    /// Undoes Paeth in a row and in the one below it, which is stored as `raw` and comes
    /// out in `out`.
    ///
    /// # Panics
    ///
    /// As [`undo`](Self::undo).
    pub(in crate::decode::png) fn undo_paeth_pair(
        self,
        bytes: usize,
        upper: Row<'_>,
        raw: &[u8],
        out: &mut [u8],
    ) {
        #[cfg(target_arch = "x86_64")]
        if self.isa() == Isa::Avx2 && matches!(bytes, 3 | 4) {
            let len = out.len();
            assert!(len.is_multiple_of(bytes), "whole pixels");
            for row in [raw, upper.raw, upper.above, upper.out] {
                assert_eq!(row.len(), len, "rows of a length");
            }
            // SAFETY: a backend of AVX2 is only built after the CPU reported it.
            return unsafe {
                match bytes {
                    3 => super::avx2::paeth_pair::<3>(upper, raw, out),
                    _ => super::avx2::paeth_pair::<4>(upper, raw, out),
                }
            };
        }
        let above = &mut *upper.out;
        self.undo(
            Filter::Paeth,
            bytes,
            Row {
                raw: upper.raw,
                above: upper.above,
                out: &mut *above,
            },
        );
        self.undo(Filter::Paeth, bytes, Row { raw, above, out });
    }
}
