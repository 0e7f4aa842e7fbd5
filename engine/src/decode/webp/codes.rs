//! How much memory the prefix codes of a lossless picture take, read from its first
//! bits (RFC 9649, 3.7).
//!
//! A picture may have up to 65,536 groups of five codes, told apart by an image of
//! which group is used where. libwebp makes 10 to 20 KB of tables for each, so that a
//! file of some KB can take a gigabyte; and nothing in a header bounds it. What
//! libwebp reads until it allocates them is read here before, and no more of it
//! than how many groups there are: no picture is made, because what copies and the
//! colour cache repeat is what literals have said before.

use std::collections::BTreeSet;

/// Why the number of groups is not known.
#[derive(Debug, PartialEq)]
pub(super) enum Unknown {
    /// More bytes are needed.
    Cut,
    /// The bits are wrong; whoever decodes them will say so.
    Broken,
}

type Result<T> = std::result::Result<T, Unknown>;

/// Bytes of libwebp's tables for the codes of a picture whose transforms begin at
/// `data`, **strict**.
pub(super) fn table_bytes(data: &[u8], width: u32, height: u32) -> Result<u64> {
    // Sizes as in libwebp: `HTreeGroup`, `kTableSize` of 4-byte entries for all
    // codes but green's colour cache, and the map of groups to those in use.
    const GROUP: u64 = 600;
    const ENTRIES: u64 = 2300 + 656;
    let mut bits = Bits { data, position: 0 };
    let width = transforms(&mut bits, width, height)?;
    let cache = cache(&mut bits)?;
    if bits.read(1)? == 0 {
        return Ok(GROUP + 4 * (ENTRIES + u64::from(cache)));
    }
    let tile = bits.read(3)? + 2;
    let groups = image(&mut bits, subsampled(width, tile), subsampled(height, tile))?;
    let highest = groups.last().copied().unwrap_or(0) + 1;
    let pixels = u64::from(width) * u64::from(height);
    // Few numbers are not checked for whether they are used.
    let is_mapped = highest > 1000 || u64::from(highest) > pixels;
    let count = if is_mapped {
        groups.len() as u64
    } else {
        u64::from(highest)
    };
    Ok(count * (GROUP + 4 * (ENTRIES + u64::from(cache))) + 4 * u64::from(highest))
}

/// Passes over the transforms; returns the width of what is coded after them.
fn transforms(bits: &mut Bits<'_>, mut width: u32, height: u32) -> Result<u32> {
    let mut seen = [false; 4];
    while bits.read(1)? == 1 {
        let kind = bits.read(2)?;
        if std::mem::replace(&mut seen[kind as usize], true) {
            return Err(Unknown::Broken);
        }
        match kind {
            // Predictors and colours, by tiles.
            0 | 1 => {
                let tile = bits.read(3)? + 2;
                image(bits, subsampled(width, tile), subsampled(height, tile))?;
            }
            2 => {}
            // A palette; several indices make one pixel if there are few.
            _ => {
                let colours = bits.read(8)? + 1;
                image(bits, colours, 1)?;
                width = subsampled(
                    width,
                    match colours {
                        0..=2 => 3,
                        3..=4 => 2,
                        5..=16 => 1,
                        _ => 0,
                    },
                );
            }
        }
    }
    Ok(width)
}

fn subsampled(side: u32, bits: u32) -> u32 {
    side.div_ceil(1 << bits)
}

/// Entries of the colour cache.
fn cache(bits: &mut Bits<'_>) -> Result<u32> {
    if bits.read(1)? == 0 {
        return Ok(0);
    }
    match bits.read(4)? {
        size @ 1..=11 => Ok(1 << size),
        _ => Err(Unknown::Broken),
    }
}

/// Passes over an image of one group of codes; returns the red and green of its
/// pixels, and 0, which is what the cache holds before anything else.
fn image(bits: &mut Bits<'_>, width: u32, height: u32) -> Result<BTreeSet<u32>> {
    const LITERALS: u32 = 256;
    const LENGTHS: u32 = 24;
    let cache = cache(bits)?;
    let green = Code::read(bits, LITERALS + LENGTHS + cache)?;
    let red = Code::read(bits, LITERALS)?;
    let blue = Code::read(bits, LITERALS)?;
    let alpha = Code::read(bits, LITERALS)?;
    let distance = Code::read(bits, 40)?;
    let mut values = BTreeSet::from([0]);
    let mut left = u64::from(width) * u64::from(height);
    while left > 0 {
        let symbol = green.symbol(bits)?;
        let count = if symbol < LITERALS {
            values.insert(red.symbol(bits)? << 8 | symbol);
            blue.symbol(bits)?;
            alpha.symbol(bits)?;
            1
        } else if symbol < LITERALS + LENGTHS {
            let length = prefixed(bits, symbol - LITERALS)?;
            let symbol = distance.symbol(bits)?;
            prefixed(bits, symbol)?;
            length
        } else {
            1
        };
        left = left.saturating_sub(count.into());
    }
    Ok(values)
}

/// A length or distance: the prefix says how many bits follow (5.2.2).
fn prefixed(bits: &mut Bits<'_>, prefix: u32) -> Result<u32> {
    if prefix < 4 {
        return Ok(prefix + 1);
    }
    let extra = (prefix - 2) >> 1;
    Ok(((2 + (prefix & 1)) << extra) + bits.read(extra)? + 1)
}

/// Bits, the lowest of each byte first.
struct Bits<'a> {
    data: &'a [u8],
    position: usize,
}

impl Bits<'_> {
    /// Reads up to 24 bits.
    fn read(&mut self, count: u32) -> Result<u32> {
        let mut value = 0;
        for i in 0..count {
            value |= self.bit()? << i;
        }
        Ok(value)
    }

    fn bit(&mut self) -> Result<u32> {
        let byte = self.data.get(self.position / 8).ok_or(Unknown::Cut)?;
        let bit = byte >> (self.position % 8) & 1;
        self.position += 1;
        Ok(bit.into())
    }
}

/// Most bits of a code.
const MOST_BITS: usize = 15;

/// A prefix code: how many symbols have each length, and they in order.
struct Code {
    counts: [u32; MOST_BITS + 1],
    symbols: Vec<u32>,
}

impl Code {
    /// Reads a code of so many symbols (RFC 9649, 3.7.2.1).
    fn read(bits: &mut Bits<'_>, symbols: u32) -> Result<Self> {
        let mut lengths = vec![0; symbols as usize];
        if bits.read(1)? == 1 {
            let two = bits.read(1)? == 1;
            let wide = bits.read(1)? == 1;
            let first = bits.read(if wide { 8 } else { 1 })?;
            let second = if two { bits.read(8)? } else { first };
            for symbol in [first, second] {
                *lengths.get_mut(symbol as usize).ok_or(Unknown::Broken)? = 1;
            }
        } else {
            read_lengths(bits, &mut lengths)?;
        }
        Self::new(&lengths)
    }

    fn new(lengths: &[u32]) -> Result<Self> {
        let mut counts = [0; MOST_BITS + 1];
        let mut symbols = Vec::new();
        for length in 1..=15 {
            for (symbol, _) in (0..).zip(lengths).filter(|(_, other)| **other == length) {
                counts[length as usize] += 1;
                symbols.push(symbol);
            }
        }
        if symbols.is_empty() {
            return Err(Unknown::Broken);
        }
        Ok(Self { counts, symbols })
    }

    /// Reads a symbol. The only one there is takes no bits.
    fn symbol(&self, bits: &mut Bits<'_>) -> Result<u32> {
        if let [only] = self.symbols[..] {
            return Ok(only);
        }
        let (mut code, mut first, mut index) = (0, 0, 0);
        for count in &self.counts[1..] {
            code |= bits.bit()?;
            if code < first + count {
                let at = (index + code - first) as usize;
                return self.symbols.get(at).copied().ok_or(Unknown::Broken);
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        Err(Unknown::Broken)
    }
}

/// Reads lengths that are coded themselves (RFC 9649, 3.7.2.1.2).
fn read_lengths(bits: &mut Bits<'_>, lengths: &mut [u32]) -> Result<()> {
    const ORDER: [usize; 19] = [
        17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    ];
    let mut own = [0; 19];
    let count = bits.read(4)? as usize + 4;
    for &symbol in ORDER.get(..count).ok_or(Unknown::Broken)? {
        own[symbol] = bits.read(3)?;
    }
    let code = Code::new(&own)?;
    let mut left = lengths.len();
    if bits.read(1)? == 1 {
        let width = 2 + 2 * bits.read(3)?;
        left = 2 + bits.read(width)? as usize;
    }
    let (mut at, mut previous) = (0, 8);
    while at < lengths.len() && left > 0 {
        left -= 1;
        let (length, repeat) = match code.symbol(bits)? {
            16 => (previous, 3 + bits.read(2)?),
            17 => (0, 3 + bits.read(3)?),
            18 => (0, 11 + bits.read(7)?),
            length => {
                if length > 0 {
                    previous = length;
                }
                (length, 1)
            }
        };
        let end = at + repeat as usize;
        lengths
            .get_mut(at..end)
            .ok_or(Unknown::Broken)?
            .fill(length);
        at = end;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use edgepix_corpus::{synth, write};

    use super::*;

    /// Bits as a writer of the format puts them.
    #[derive(Default)]
    struct Written(Vec<bool>);

    impl Written {
        fn put(&mut self, value: u32, count: u32) -> &mut Self {
            self.0.extend((0..count).map(|i| value >> i & 1 == 1));
            self
        }

        /// A code of the one symbol 0.
        fn zero(&mut self) -> &mut Self {
            self.put(1, 1).put(0, 1).put(0, 1).put(0, 1)
        }

        /// A code of all 256 bytes, each 8 bits long.
        fn bytes(&mut self, symbols: u32) -> &mut Self {
            // Only lengths of 8 and 0: 8 is the 12th in their order, 0 the third.
            self.put(0, 1).put(8, 4);
            for i in 0..12 {
                self.put(u32::from(i == 2 || i == 11), 3);
            }
            self.put(0, 1);
            for symbol in 0..symbols {
                self.put(u32::from(symbol < 256), 1);
            }
            self
        }

        fn done(&self) -> Vec<u8> {
            let byte = |bits: &[bool]| {
                let bits = bits.iter().enumerate();
                bits.fold(0, |byte, (i, &bit)| byte | u8::from(bit) << i)
            };
            self.0.chunks(8).map(byte).collect()
        }
    }

    /// A picture of 4 x 4 tiles, each of a group of its own, up to where the codes begin.
    fn tiles(across: u32, down: u32) -> Vec<u8> {
        let mut bits = Written::default();
        // No transform, no cache, groups by tiles of 4, themselves without cache.
        bits.put(0, 1).put(0, 1).put(1, 1).put(0, 3).put(0, 1);
        bits.bytes(280).bytes(256).zero().zero().zero();
        for tile in 0..across * down {
            // Codes are read from their highest bit on.
            let reversed = |byte: u32| byte.reverse_bits() >> 24;
            bits.put(reversed(tile & 255), 8)
                .put(reversed(tile >> 8), 8);
        }
        bits.put(0, 32).done()
    }

    #[test]
    fn every_group_is_counted() {
        let one = table_bytes(&Written::default().put(0, 16).done(), 8, 8).expect("no groups");
        for (across, down) in [(2, 2), (30, 10), (60, 60)] {
            let groups = u64::from(across * down);
            let bytes = table_bytes(&tiles(across, down), 4 * across, 4 * down);
            assert_eq!(bytes, Ok(groups * one + 4 * groups));
        }
    }

    #[test]
    fn bits_that_end_early_are_known_as_such() {
        let whole = tiles(6, 6);
        for len in 0..whole.len() - 4 {
            assert_eq!(
                table_bytes(&whole[..len], 24, 24),
                Err(Unknown::Cut),
                "{len}"
            );
        }
    }

    #[test]
    fn files_by_two_encoders_are_followed() {
        let by_image_webp = write::webp_lossless(&synth::photo(64, 48, 1));
        let name = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../corpus/images/libwebp-lossless.webp"
        );
        let by_libwebp = std::fs::read(name).expect("it is committed");
        for (file, width, height) in [(by_image_webp, 64, 48), (by_libwebp, 320, 240)] {
            let bytes = table_bytes(&file[25..], width, height).expect("a sound file");
            assert!((10_000..2_000_000).contains(&bytes), "{bytes}");
        }
    }
}
