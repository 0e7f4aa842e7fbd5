//! Bits out of a window, 64 at a time and without a branch.

/// Bytes that must follow any position that is read from: a refill takes 8.
pub(super) const PADDING: usize = 8;

/// Where a reader is in its window. Kept while the window is refilled.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Position {
    /// Bits not yet consumed, from the highest; those below `count` may be
    /// anything that the bytes at `at` also say.
    bits: u64,
    count: u32,
    /// First byte that `count` does not cover.
    pub(super) at: usize,
}

impl Position {
    /// Bits consumed since the window's first byte.
    pub(super) fn consumed(&self) -> usize {
        8 * self.at - self.count as usize
    }
}

/// Reads bits, the highest of each byte first.
pub(super) struct Bits<'w> {
    data: &'w [u8],
    bits: u64,
    count: u32,
    at: usize,
}

impl<'w> Bits<'w> {
    #[inline(always)]
    pub(super) fn new(data: &'w [u8], position: Position) -> Self {
        Self {
            data,
            bits: position.bits,
            count: position.count,
            at: position.at,
        }
    }

    #[inline(always)]
    pub(super) fn position(&self) -> Position {
        Position {
            bits: self.bits,
            count: self.count,
            at: self.at,
        }
    }

    /// First byte that is not loaded.
    #[inline(always)]
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Makes at least 56 bits ready. Bytes that fit only in part are loaded and
    /// not counted, and loaded again by the next refill to the same bits.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        let word: [u8; 8] = self.data[self.at..self.at + 8]
            .try_into()
            .expect("eight bytes");
        self.bits |= u64::from_be_bytes(word) >> self.count;
        self.at += ((63 - self.count) >> 3) as usize;
        self.count |= 56;
    }

    /// The next `count` bits, 1 to 32, without consuming them.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "at most 32 bits are kept")]
    pub(super) fn peek(&self, count: u32) -> u32 {
        (self.bits >> (64 - count)) as u32
    }

    /// Consumes as many bits as the low six bits of `count` say.
    #[inline(always)]
    pub(super) fn consume(&mut self, count: u32) {
        self.bits <<= count & 63;
        self.count -= count & 63;
    }

    /// The next `count` bits, 0 to 16, which must be ready.
    #[inline(always)]
    pub(super) fn take(&mut self, count: u32) -> u32 {
        if count == 0 {
            return 0;
        }
        let bits = self.peek(count);
        self.consume(count);
        bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_in_order_whatever_is_taken_between_refills() {
        let data: Vec<u8> = (0..64u8)
            .map(|i| i.wrapping_mul(73).wrapping_add(5))
            .collect();
        let all: Vec<u32> = data
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |bit| u32::from(byte >> bit) & 1))
            .collect();
        for step in 1..=16u32 {
            let mut bits = Bits::new(&data, Position::default());
            let mut at = 0;
            while at + 16 < 8 * (data.len() - 2 * PADDING) {
                bits.refill();
                let expected = all[at..at + step as usize]
                    .iter()
                    .fold(0, |value, bit| value << 1 | bit);
                assert_eq!(bits.take(step), expected, "{step} bits at {at}");
                at += step as usize;
                assert_eq!(bits.position().consumed(), at);
            }
        }
    }
}
