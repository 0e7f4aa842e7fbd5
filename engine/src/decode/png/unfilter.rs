//! Lines to rows: each line's filter undone, into the strip.

use super::{
    kernel::{Filter, Row},
    lines::Lines,
};
use crate::{error::Result, simd::Backend};

/// Lines with their filters undone.
pub(super) struct Unfiltered<'a> {
    lines: Lines<'a>,
    backend: Backend,
    /// Bytes of a stored pixel; 1 if it is smaller.
    pixel_bytes: usize,
    /// The row before, which is zeros at first, and up to a strip of rows.
    rows: Vec<u8>,
    row_bytes: usize,
    count: usize,
}

impl<'a> Unfiltered<'a> {
    /// `rows` has room for the longest row a strip and one time.
    pub(super) fn new(
        lines: Lines<'a>,
        backend: Backend,
        pixel_bytes: usize,
        rows: Vec<u8>,
    ) -> Self {
        Self {
            lines,
            backend,
            pixel_bytes,
            rows,
            row_bytes: 0,
            count: 0,
        }
    }

    /// Begins an image, or a pass of one, with rows of `row_bytes`.
    pub(super) fn begin(&mut self, row_bytes: usize) {
        self.row_bytes = row_bytes;
        self.count = 0;
        self.rows[..row_bytes].fill(0);
    }

    /// Moves to the next `count` rows.
    pub(super) fn advance(&mut self, count: usize) -> Result<()> {
        let len = self.row_bytes;
        self.rows
            .copy_within(self.count * len..(self.count + 1) * len, 0);
        self.count = count;
        let mut done = 0;
        while done < count {
            let lines = self.lines.next(1 + len, count - done)?;
            let rows = &mut self.rows[done * len..];
            done += lines.len() / (1 + len);
            if undo(self.backend, self.pixel_bytes, lines, rows, len).is_none() {
                return Err(self.lines.malformed("a row's filter is one of five"));
            }
        }
        Ok(())
    }

    /// The rows moved to.
    pub(super) fn rows(&self) -> &[u8] {
        &self.rows[self.row_bytes..]
    }

    pub(super) fn row(&self, y: usize) -> &[u8] {
        &self.rows()[y * self.row_bytes..][..self.row_bytes]
    }
}

/// Undoes the filters of whole lines. Rows of `len` bytes come out after the first, which
/// is the one above them; none if a filter is unknown.
fn undo(
    backend: Backend,
    pixel_bytes: usize,
    lines: &[u8],
    rows: &mut [u8],
    len: usize,
) -> Option<()> {
    let mut lines = lines.chunks_exact(1 + len).map(|line| {
        let (&filter, raw) = line.split_first().expect("a line has a filter");
        (Filter::of(filter), raw)
    });
    let mut rows = rows.chunks_exact_mut(len);
    let mut above: &[u8] = rows.next()?;
    let mut waiting = lines.next();
    while let Some((filter, raw)) = waiting {
        let out = rows.next()?;
        let row = Row {
            raw,
            above,
            out: &mut *out,
        };
        waiting = lines.next();
        match (filter?, waiting) {
            (Filter::Paeth, Some((Some(Filter::Paeth), raw))) => {
                let lower = rows.next()?;
                backend.undo_paeth_pair(pixel_bytes, row, raw, lower);
                waiting = lines.next();
                above = lower;
            }
            (filter, _) => {
                backend.undo(filter, pixel_bytes, row);
                above = out;
            }
        }
    }
    Some(())
}
