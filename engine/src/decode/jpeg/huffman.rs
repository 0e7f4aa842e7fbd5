//! Huffman tables in the three forms that the block loops read (T.81, F.2.2).

use std::cell::OnceCell;

/// Bits looked up at once where the value is wanted.
pub(super) const LOOKUP_BITS: u32 = 10;

/// Bits looked up at once where it is not. 8,192 entries of two bytes: one bit less
/// costs 5-15 % of a thumbnail's decoding, one more brings 2-8 % and twice the cache.
pub(super) const SKIP_BITS: u32 = 13;

/// Set in an advance whose last symbol ends the block.
pub(super) const END: u32 = 128;

/// The run that stands for an end of block: past any coefficient.
pub(super) const END_RUN: u32 = 64;

/// What a table's symbols mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// A symbol is the size of a difference.
    Dc,
    /// A symbol is a run of zeros and the size of the coefficient after it.
    Ac,
}

/// One table of a DHT segment.
pub(super) struct Table {
    /// Length of the code in the low byte, symbol above it; 0 where the code is
    /// longer than the lookup.
    symbols: Box<[u16; 1 << LOOKUP_BITS]>,
    /// Where code and extra bits fit the lookup, else 0: bits in the low 6, run
    /// in the 8 bits from 8 on, value in the high half.
    values: Box<[i32; 1 << LOOKUP_BITS]>,
    /// All whole symbols that fit the lookup: bits in the low 6, coefficients
    /// passed above them, with [`END`]. Made when first asked for.
    skips: OnceCell<Box<[u16; 1 << SKIP_BITS]>>,
    /// First code past each length, left-aligned in 16 bits.
    limits: [u32; 17],
    /// Index of a length's first symbol, less its first code.
    offsets: [i32; 17],
    list: [u8; 256],
}

impl Table {
    /// Builds a table from how many codes there are of each length and their
    /// symbols (T.81, annex C); `None` if there is no such code.
    pub(super) fn new(class: Class, counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut list = [0; 256];
        list.get_mut(..symbols.len())?.copy_from_slice(symbols);
        let mut table = Self {
            symbols: Box::new([0; 1 << LOOKUP_BITS]),
            values: Box::new([0; 1 << LOOKUP_BITS]),
            skips: OnceCell::new(),
            limits: [0; 17],
            offsets: [0; 17],
            list,
        };
        let (mut code, mut index) = (0u32, 0u32);
        for length in 1..=16u32 {
            let slot = length as usize;
            table.offsets[slot] = index.cast_signed() - code.cast_signed();
            for _ in 0..counts[slot - 1] {
                if code >= 1 << length {
                    return None;
                }
                let symbol = *symbols.get(index as usize)?;
                if length <= LOOKUP_BITS {
                    let spare = LOOKUP_BITS - length;
                    let first = (code << spare) as usize;
                    #[expect(clippy::cast_possible_truncation, reason = "at most 16")]
                    let entry = u16::from(symbol) << 8 | length as u16;
                    table.symbols[first..first + (1 << spare)].fill(entry);
                }
                code += 1;
                index += 1;
            }
            table.limits[slot] = code << (16 - length);
            code <<= 1;
        }
        table.fill_values(class);
        Some(table)
    }

    fn fill_values(&mut self, class: Class) {
        for (bits, value) in (0u32..).zip(self.values.iter_mut()) {
            let (length, symbol) = split(self.symbols[bits as usize]);
            let (run, size) = match class {
                Class::Dc => (0, symbol),
                // Every other zero size ends the block, or, in a progressive
                // scan, 1 << run blocks.
                Class::Ac if symbol & 15 == 0 && symbol != ZERO_RUN => (END_RUN + (symbol >> 4), 0),
                Class::Ac => (symbol >> 4, symbol & 15),
            };
            if length == 0 || length + size > LOOKUP_BITS {
                continue;
            }
            let extra = bits >> (LOOKUP_BITS - length - size) & ((1 << size) - 1);
            *value = extend(extra, size) << 16 | (run << 8 | (length + size)).cast_signed();
        }
    }

    /// All whole symbols at the head of the next [`SKIP_BITS`] bits: bits in the
    /// low 6, coefficients passed above; 0 if not even one fits.
    #[inline(always)]
    pub(super) fn skips(&self) -> &[u16; 1 << SKIP_BITS] {
        self.skips.get_or_init(|| self.make_skips())
    }

    #[cold]
    fn make_skips(&self) -> Box<[u16; 1 << SKIP_BITS]> {
        let mut skips = Box::new([0; 1 << SKIP_BITS]);
        for (bits, entry) in (0u32..).zip(skips.iter_mut()) {
            let (mut used, mut advance) = (0, 0);
            while advance < END {
                let rest = (bits << used) & ((1 << SKIP_BITS) - 1);
                let (length, symbol) =
                    split(self.symbols[(rest >> (SKIP_BITS - LOOKUP_BITS)) as usize]);
                let size = symbol & 15;
                if length == 0 || used + length + size > SKIP_BITS {
                    break;
                }
                let passed = if size == 0 && symbol != ZERO_RUN {
                    END
                } else {
                    (symbol >> 4) + 1
                };
                if passed < END && advance + passed > 63 {
                    break;
                }
                used += length + size;
                advance += passed;
            }
            #[expect(clippy::cast_possible_truncation, reason = "14 bits")]
            let packed = (advance << 6 | used) as u16;
            *entry = packed;
        }
        skips
    }

    /// The symbol at the head of the next [`LOOKUP_BITS`] bits together with its
    /// extra bits: see the field; 0 if they do not fit.
    #[inline(always)]
    pub(super) fn values(&self) -> &[i32; 1 << LOOKUP_BITS] {
        &self.values
    }

    /// Length and symbol of the code at the head of 16 bits; `None` if there is
    /// no such code.
    #[inline]
    pub(super) fn symbol(&self, bits: u32) -> Option<(u32, u32)> {
        let short = self.symbols[(bits >> (16 - LOOKUP_BITS)) as usize];
        if short != 0 {
            return Some(split(short));
        }
        self.long_symbol(bits)
    }

    #[cold]
    fn long_symbol(&self, bits: u32) -> Option<(u32, u32)> {
        (LOOKUP_BITS + 1..=16)
            .find(|&length| bits < self.limits[length as usize])
            .map(|length| {
                let code = bits >> (16 - length);
                let index = code.cast_signed() + self.offsets[length as usize];
                let symbol = self.list[index.cast_unsigned() as usize & 255];
                (length, u32::from(symbol))
            })
    }

    /// Bytes that a table takes without its skips.
    pub(super) const BYTES: usize = (2 + 4) * (1 << LOOKUP_BITS) + size_of::<Self>();

    /// Bytes of a table's skips.
    pub(super) const SKIP_BYTES: usize = 2 * (1 << SKIP_BITS);
}

/// The symbol that stands for sixteen zeros (T.81, F.1.2.2.1).
pub(super) const ZERO_RUN: u32 = 0xf0;

fn split(entry: u16) -> (u32, u32) {
    (u32::from(entry & 255), u32::from(entry >> 8))
}

/// The value of `size` extra bits (T.81, F.2.2.1, EXTEND).
#[inline(always)]
pub(super) fn extend(bits: u32, size: u32) -> i32 {
    let value = bits.cast_signed();
    // All ones below `size` where the first bit is 0: a negative value.
    let negative = (1 << size >> 1) > bits;
    value - if negative { (1 << size) - 1 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes 0, 10, 110 and one of 16 bits for end of block, value 1, a run of
    /// two before value 1-bit, and a long one.
    fn table() -> Table {
        let mut counts = [0; 16];
        (counts[0], counts[1], counts[2], counts[15]) = (1, 1, 1, 1);
        Table::new(Class::Ac, &counts, &[0x00, 0x01, 0x21, 0x53]).expect("a code")
    }

    #[test]
    fn extra_bits_extend_to_both_signs() {
        let values: Vec<_> = (0..8).map(|bits| extend(bits, 3)).collect();
        assert_eq!(values, [-7, -6, -5, -4, 4, 5, 6, 7]);
        assert_eq!(extend(0, 0), 0);
    }

    #[test]
    fn short_codes_come_with_their_value() {
        let table = table();
        // 10 1: the value 1 after no zeros, in three bits.
        let entry = table.values()[0b101 << 7];
        assert_eq!((entry & 63, entry >> 8 & 255, entry >> 16), (3, 0, 1));
        // 110 0: the value -1 after two zeros, in four bits.
        let entry = table.values()[0b1100 << 6];
        assert_eq!((entry & 63, entry >> 8 & 255, entry >> 16), (4, 2, -1));
        // 0: the end of the block.
        let entry = table.values()[0];
        assert_eq!((entry & 63, entry >> 8 & 255), (1, 64));
    }

    #[test]
    fn codes_longer_than_the_lookup_are_found() {
        assert_eq!(table().symbol(0b1110_0000_0000_0000), Some((16, 0x53)));
        assert_eq!(table().symbol(0b1110_0000_0000_0001), None);
    }

    #[test]
    fn a_skip_takes_whole_symbols_up_to_the_end_of_the_block() {
        let table = table();
        // 10 1, 110 0, 0, then bits of the next block.
        let entry = u32::from(table.skips()[0b1_0111_0001_0100]);
        assert_eq!((entry & 63, entry >> 6), (8, 1 + 3 + END));
        // 110 0 three times, all that fits.
        let entry = u32::from(table.skips()[0b1_1001_1001_1001]);
        assert_eq!((entry & 63, entry >> 6), (12, 9));
        // Nothing fits: the long code.
        assert_eq!(table.skips()[0b1_1100_0000_0000], 0);
    }

    #[test]
    fn more_codes_than_a_length_has_are_refused() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(Table::new(Class::Dc, &counts, &[0, 1, 2]).is_none());
    }
}
