//! One more bit of coefficients that were sent before, T.81 G.1.2.3: new ones
//! with the run of zeros before them, and a correction for each that a run passes.

use super::{
    kernel::Block,
    progressive::{Band, MOST_ENDED, Sink, byte},
};
use crate::error::Result;

/// Most corrections that wait for blocks to end: libjpeg's number.
const MOST_WAITING: usize = 1000;

/// Corrections that are sent after the symbol that comes next.
#[derive(Default)]
pub(super) struct Corrections {
    bits: [u64; MOST_WAITING.div_ceil(64)],
    len: usize,
}

impl Corrections {
    fn push(&mut self, bit: bool) {
        self.bits[self.len / 64] |= u64::from(bit) << (self.len % 64);
        self.len += 1;
    }

    fn append(&mut self, others: &mut Self) {
        for i in 0..others.len {
            self.push(others.bits[i / 64] >> (i % 64) & 1 == 1);
        }
        others.clear();
    }

    fn clear(&mut self) {
        self.bits[..self.len.div_ceil(64)].fill(0);
        self.len = 0;
    }

    /// Sends all, in their order.
    pub(super) fn send(&mut self, sink: &mut impl Sink) -> Result<()> {
        for i in 0..self.len {
            let bit = self.bits[i / 64] >> (i % 64) & 1;
            sink.bits(u32::from(bit == 1), 1)?;
        }
        self.clear();
        Ok(())
    }
}

/// Sends the next bit of a block's coefficients.
pub(super) fn block(
    band: &mut Band,
    block: &Block,
    nonzero: u64,
    sink: &mut impl Sink,
) -> Result<()> {
    let ours = band.ours(nonzero);
    let magnitude = |k: u32| block[k as usize].unsigned_abs() >> band.scan.low;
    // Runs of 16 zeros are sent only if something new comes after them.
    let last_new = bits_of(ours).filter(|&k| magnitude(k) == 1).last();
    let (last, low) = (u32::from(band.scan.last), band.scan.low);
    let mut waiting = Corrections::default();
    let mut run = 0;
    let mut next = u32::from(band.scan.first);
    for k in bits_of(ours) {
        let value = block[k as usize];
        let magnitude = value.unsigned_abs() >> low;
        run += k - next + u32::from(magnitude == 0);
        next = k + 1;
        if magnitude == 0 {
            continue;
        }
        while run > 15 && last_new.is_some_and(|last| k <= last) {
            band.end_blocks(sink)?;
            sink.symbol(band.table, 0xf0, 0, 0)?;
            run -= 16;
            waiting.send(sink)?;
        }
        if magnitude > 1 {
            waiting.push(magnitude & 1 == 1);
            continue;
        }
        band.end_blocks(sink)?;
        let is_positive = u32::from(value > 0);
        sink.symbol(band.table, byte(run << 4 | 1), is_positive, 1)?;
        waiting.send(sink)?;
        run = 0;
    }
    run += last + 1 - next;
    if run > 0 || waiting.len > 0 {
        band.ended += 1;
        band.corrections.append(&mut waiting);
        if band.ended == MOST_ENDED || band.corrections.len > MOST_WAITING - 64 {
            band.end_blocks(sink)?;
        }
    }
    Ok(())
}

/// The numbers of the bits that are set, from the lowest.
fn bits_of(mut mask: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = (mask != 0).then(|| mask.trailing_zeros())?;
        mask &= mask - 1;
        Some(bit)
    })
}
