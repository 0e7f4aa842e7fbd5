//! Writing codes: bits into bytes, and a zero after each byte of all ones
//! (T.81 B.1.1.5).

use std::io::Write;

use super::tokens::{INDEX_BITS, INDICES};
use crate::{
    budget::zeroed,
    error::{Error, Result},
};

/// Bytes that are collected before they are looked through and handed on.
const COLLECTED: usize = 8 << 10;

/// Bytes that one step may write past the last whole one.
const SLACK: usize = 8;

/// Tokens written between two looks at the room left: of at most 23 bits each.
const TOKENS_AT_ONCE: usize = 1024;

/// Collects bits and hands on bytes.
pub(super) struct BitWriter<W> {
    output: W,
    /// The last bits that were put in, the newest lowest.
    accumulator: u64,
    /// How many of them were not yet collected: at most 7 between calls.
    pending: u32,
    collected: Vec<u8>,
    len: usize,
    stuffed: Vec<u8>,
}

/// A code with room for the bits that follow it, below the number of both.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Code(u32);

const LENGTH_SHIFT: u32 = 27;

impl Code {
    /// `code` of `bits`, to be followed by `extra` bits.
    pub(super) fn new(code: u16, bits: u8, extra: u8) -> Self {
        let length = u32::from(bits) + u32::from(extra);
        assert!(length < LENGTH_SHIFT, "16 bits of code and 7 more");
        Self(length << LENGTH_SHIFT | u32::from(code) << extra)
    }

    fn length(self) -> u32 {
        self.0 >> LENGTH_SHIFT
    }

    fn code(self) -> u64 {
        u64::from(self.0 & ((1 << LENGTH_SHIFT) - 1))
    }
}

impl<W: Write> BitWriter<W> {
    pub(super) fn new(output: W) -> Result<Self> {
        Ok(Self {
            output,
            accumulator: 0,
            pending: 0,
            collected: zeroed(COLLECTED + SLACK)?,
            len: 0,
            stuffed: zeroed(2 * COLLECTED)?,
        })
    }

    /// The memory of [`BitWriter::new`].
    pub(super) const BYTES: usize = 3 * COLLECTED + SLACK;

    /// Writes bytes as they are. What was collected must be finished.
    pub(super) fn marker(&mut self, bytes: &[u8]) -> Result<()> {
        self.output.write_all(bytes).map_err(Error::Write)
    }

    /// Writes the code of each token, and its bits.
    pub(super) fn tokens(&mut self, tokens: &[u16], codes: &[Code; INDICES]) -> Result<()> {
        for tokens in tokens.chunks(TOKENS_AT_ONCE) {
            if self.len + TOKENS_AT_ONCE * 23 / 8 + SLACK > COLLECTED {
                self.hand_on()?;
            }
            let (pairs, last) = tokens.as_chunks::<2>();
            // In registers while it lasts.
            let (mut accumulator, mut pending, mut len) =
                (self.accumulator, self.pending, self.len);
            let bits_of = |token: u16| {
                let code = codes[usize::from(token) % INDICES];
                (code.code() | u64::from(token >> INDEX_BITS), code.length())
            };
            for &[first, second] in pairs {
                let (first, first_length) = bits_of(first);
                let (second, length) = bits_of(second);
                let both = first << length | second;
                let length = first_length + length;
                accumulator = accumulator << length | both;
                pending += length;
                // At most 7 + 2 * 23 bits. Shifting by 64 if there are none does no harm:
                // nothing is counted then.
                let bytes = accumulator.wrapping_shl(64 - pending).to_be_bytes();
                self.collected[len..len + 8].copy_from_slice(&bytes);
                len += pending as usize / 8;
                pending %= 8;
            }
            (self.accumulator, self.pending, self.len) = (accumulator, pending, len);
            for &token in last {
                let (bits, length) = bits_of(token);
                self.put(bits, length);
            }
        }
        Ok(())
    }

    /// Collects up to 32 bits; there must be room.
    fn put(&mut self, bits: u64, length: u32) {
        self.accumulator = self.accumulator << length | bits;
        self.pending += length;
        let bytes = self
            .accumulator
            .wrapping_shl(64 - self.pending)
            .to_be_bytes();
        self.collected[self.len..self.len + 8].copy_from_slice(&bytes);
        self.len += self.pending as usize / 8;
        self.pending %= 8;
    }

    /// Writes up to 32 bits.
    pub(super) fn bits(&mut self, bits: u32, length: u32) -> Result<()> {
        if self.len + 2 * SLACK > COLLECTED {
            self.hand_on()?;
        }
        self.put(bits.into(), length);
        Ok(())
    }

    /// Fills the last byte with ones and hands everything on.
    pub(super) fn finish(&mut self) -> Result<()> {
        let missing = (8 - self.pending) % 8;
        self.bits((1 << missing) - 1, missing)?;
        self.hand_on()
    }

    /// Hands on what was collected, stuffed.
    fn hand_on(&mut self) -> Result<()> {
        let mut len = 0;
        let (eights, rest) = self.collected[..self.len].as_chunks::<8>();
        for eight in eights {
            if has_ones(*eight) {
                stuff(eight, &mut self.stuffed, &mut len);
            } else {
                self.stuffed[len..len + 8].copy_from_slice(eight);
                len += 8;
            }
        }
        stuff(rest, &mut self.stuffed, &mut len);
        self.len = 0;
        self.output
            .write_all(&self.stuffed[..len])
            .map_err(Error::Write)
    }
}

/// Whether any byte is all ones: adding one to each carries out of those alone.
fn has_ones(bytes: [u8; 8]) -> bool {
    const LOW: u64 = 0x0101_0101_0101_0101;
    let word = u64::from_ne_bytes(bytes);
    word & (!word).wrapping_sub(LOW) & (LOW << 7) != 0
}

fn stuff(bytes: &[u8], stuffed: &mut [u8], len: &mut usize) {
    for &byte in bytes {
        stuffed[*len] = byte;
        *len += 1;
        if byte == 0xff {
            stuffed[*len] = 0;
            *len += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_follows_each_byte_of_ones_wherever_it_lies() {
        for ones in 0..=255_u8 {
            let mut written = Vec::new();
            let mut writer = BitWriter::new(&mut written).expect("memory");
            let bytes: Vec<u8> = (0..8)
                .map(|i| if ones >> i & 1 == 1 { 0xff } else { 0x80 + i })
                .collect();
            for &byte in bytes.iter().chain(&bytes[..3]) {
                writer.bits(byte.into(), 8).expect("a vector takes all");
            }
            writer.finish().expect("a vector takes all");
            let expected: Vec<u8> = bytes
                .iter()
                .chain(&bytes[..3])
                .flat_map(|&byte| {
                    if byte == 0xff {
                        vec![0xff, 0]
                    } else {
                        vec![byte]
                    }
                })
                .collect();
            assert_eq!(written, expected);
        }
    }

    #[test]
    fn bits_come_out_in_their_order_and_ones_fill_the_last_byte() {
        let mut written = Vec::new();
        let mut writer = BitWriter::new(&mut written).expect("memory");
        let (mut expected, mut text) = (Vec::new(), String::new());
        for i in 0..20_000_u32 {
            let length = i % 33;
            let noise = i.wrapping_mul(2_654_435_761);
            let bits = noise.checked_shr(32 - length).unwrap_or(0);
            writer.bits(bits, length).expect("a vector takes all");
            if length > 0 {
                text += &format!("{bits:0width$b}", width = length as usize);
            }
        }
        writer.finish().expect("a vector takes all");
        while text.len() % 8 != 0 {
            text.push('1');
        }
        for byte in text.as_bytes().chunks(8) {
            let byte = std::str::from_utf8(byte).expect("ASCII");
            let byte = u8::from_str_radix(byte, 2).expect("eight digits");
            expected.push(byte);
            if byte == 0xff {
                expected.push(0);
            }
        }
        assert!(written == expected);
    }
}
