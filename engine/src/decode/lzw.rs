//! The indices of a GIF frame out of its data (appendix F of the specification of 1990).

use weezl::{BitOrder, LzwStatus, decode::Configuration};

use crate::{
    error::Result,
    header::gif::{Blocks, Bytes},
};

/// Decodes one frame.
pub(crate) struct Indices {
    decoder: weezl::decode::Decoder,
    /// A part of the data, and which bytes of it are not decoded yet.
    part: [u8; 255],
    left: (usize, usize),
    /// Whether the data's last part was read.
    ended: bool,
}

/// How often the decoder may yield nothing when the data are over: it holds 64 bits,
/// which may be 21 codes that clear its tables, and stops at each.
const MOST_IDLE: u32 = 32;

/// The decoder's tables. Measured.
pub(crate) const LZW_BYTES: u64 = 96 << 10;

impl Indices {
    /// Begins a frame whose indices have `code_size` bits, 1 to 8.
    pub(crate) fn new(code_size: u8) -> Self {
        Self {
            decoder: Configuration::new(BitOrder::Lsb, code_size)
                .with_yield_on_full_buffer(true)
                .build(),
            part: [0; 255],
            left: (0, 0),
            ended: false,
        }
    }

    /// Decodes the next indices, as many as `out` takes.
    pub(crate) fn read<B: Bytes>(
        &mut self,
        blocks: &mut Blocks<B>,
        mut out: &mut [u8],
    ) -> Result<()> {
        let mut idle = 0;
        while !out.is_empty() && idle < MOST_IDLE {
            if self.left.0 == self.left.1 && !self.ended {
                let part = blocks.data()?;
                self.part[..part.len()].copy_from_slice(part);
                self.left = (0, part.len());
                self.ended = part.is_empty();
            }
            let part = &self.part[self.left.0..self.left.1];
            let done = self.decoder.decode_bytes(part, out);
            self.left.0 += done.consumed_in;
            out = &mut out[done.consumed_out..];
            match done.status {
                Err(_) => return Err(blocks.malformed("a frame's data are LZW codes")),
                Ok(LzwStatus::Done) => break,
                Ok(_) if self.ended && done.consumed_out == 0 => idle += 1,
                Ok(_) => idle = 0,
            }
        }
        if out.is_empty() {
            return Ok(());
        }
        Err(blocks.malformed("a frame's data hold every pixel"))
    }

    /// Passes over the data that are left.
    pub(crate) fn skip<B: Bytes>(self, blocks: &mut Blocks<B>) -> Result<()> {
        if !self.ended {
            while !blocks.data()?.is_empty() {}
        }
        Ok(())
    }
}

/// The rows of an image in the order they are stored.
pub(crate) fn row_order(height: u32, interlaced: bool) -> impl Iterator<Item = u32> {
    // GIF89a, appendix E.
    let passes: &[(u32, usize)] = if interlaced {
        &[(0, 8), (4, 8), (2, 4), (1, 2)]
    } else {
        &[(0, 1)]
    };
    passes
        .iter()
        .flat_map(move |&(first, step)| (first..height).step_by(step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interlaced_rows_come_in_four_passes() {
        let rows: Vec<_> = row_order(11, true).collect();
        assert_eq!(rows, [0, 8, 4, 2, 6, 10, 1, 3, 5, 7, 9]);
        let few: Vec<_> = row_order(2, true).collect();
        assert_eq!(few, [0, 1]);
    }
}
