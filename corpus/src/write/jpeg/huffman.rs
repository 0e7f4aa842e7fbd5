//! Huffman codes and the bits they become.

use super::tables::Table;

/// Where a scan sends its symbols: counted on the first pass, written on the second.
pub(super) trait Sink {
    /// A Huffman-coded symbol of table `table` (0 or 1) of the scan's class.
    fn symbol(&mut self, class: Class, table: usize, symbol: u8);
    /// The low `count` bits of `value`, plain.
    fn bits(&mut self, value: u32, count: u8);
    /// A restart marker, after padding to a byte.
    fn restart(&mut self, number: u8);
}

/// Whether a table codes DC differences or AC coefficients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Dc,
    Ac,
}

/// How often each symbol occurs, by class and table.
pub(super) struct Counts(pub(super) [[[u32; 256]; 2]; 2]);

impl Sink for Counts {
    fn symbol(&mut self, class: Class, table: usize, symbol: u8) {
        self.0[class as usize][table][usize::from(symbol)] += 1;
    }

    fn bits(&mut self, _: u32, _: u8) {}

    fn restart(&mut self, _: u8) {}
}

/// A table that owns its numbers.
#[derive(Clone)]
pub(super) struct OwnTable {
    lengths: [u8; 16],
    symbols: Vec<u8>,
}

impl OwnTable {
    pub(super) fn as_table(&self) -> Table<'_> {
        Table {
            lengths: &self.lengths,
            symbols: &self.symbols,
        }
    }

    /// Builds the shortest code for `counts` with no code over 16 bits and none of all ones
    /// (T.81 annex K.2).
    pub(super) fn shortest(counts: &[u32; 256]) -> Self {
        // Symbol 256 takes the all-ones code and is dropped at the end.
        let mut weights: Vec<u64> = counts.iter().map(|&n| u64::from(n)).chain([1]).collect();
        let mut sizes = [0usize; 257];
        let mut members: Vec<Vec<usize>> = (0..257).map(|n| vec![n]).collect();
        loop {
            // The lightest two, the higher symbol first among equals, as K.2 has it.
            let lightest = |weights: &[u64], but: Option<usize>| {
                (0..257)
                    .rev()
                    .filter(|&n| weights[n] > 0 && Some(n) != but)
                    .min_by_key(|&n| weights[n])
            };
            let Some(first) = lightest(&weights, None) else {
                break;
            };
            let Some(second) = lightest(&weights, Some(first)) else {
                break;
            };
            weights[first] += weights[second];
            weights[second] = 0;
            let joined = std::mem::take(&mut members[second]);
            members[first].extend(joined);
            for &symbol in &members[first] {
                sizes[symbol] += 1;
            }
        }
        let longest = sizes.iter().copied().max().unwrap_or(0).max(16);
        let mut of_length = vec![0usize; longest + 1];
        for &size in sizes.iter().filter(|&&size| size > 0) {
            of_length[size] += 1;
        }
        // Figure K.3: move pairs of too long codes under a shorter one.
        for long in (17..=longest).rev() {
            while of_length[long] > 0 {
                let short = (1..long - 1)
                    .rev()
                    .find(|&n| of_length[n] > 0)
                    .expect("a full code has a shorter one");
                of_length[long] -= 2;
                of_length[long - 1] += 1;
                of_length[short + 1] += 2;
                of_length[short] -= 1;
            }
        }
        if let Some(last) = (1..=16).rev().find(|&n| of_length[n] > 0) {
            of_length[last] -= 1;
        }
        let mut symbols: Vec<u8> = (0..=255)
            .filter(|&symbol| sizes[usize::from(symbol)] > 0)
            .collect();
        symbols.sort_by_key(|&symbol| sizes[usize::from(symbol)]);
        let lengths = std::array::from_fn(|n| {
            u8::try_from(of_length[n + 1])
                .expect("256 symbols never share a length: one was dropped")
        });
        Self { lengths, symbols }
    }
}

/// Code and length of each symbol; length 0 where the table has none.
pub(super) struct Codes([(u16, u8); 256]);

impl Codes {
    pub(super) fn new(table: Table<'_>) -> Self {
        let mut codes = [(0, 0); 256];
        let mut symbols = table.symbols.iter();
        let mut code = 0u16;
        for (length, &count) in (1..).zip(table.lengths) {
            for &symbol in symbols.by_ref().take(usize::from(count)) {
                codes[usize::from(symbol)] = (code, length);
                code += 1;
            }
            code <<= 1;
        }
        Self(codes)
    }
}

/// Packs codes into entropy-coded bytes, stuffing a zero after each 0xFF.
pub(super) struct BitWriter<'a> {
    /// By class, then table.
    pub(super) codes: [[Codes; 2]; 2],
    pub(super) out: &'a mut Vec<u8>,
    pub(super) pending: u64,
    pub(super) count: u8,
}

impl BitWriter<'_> {
    /// Pads the last byte with ones.
    pub(super) fn finish(&mut self) {
        let missing = (8 - self.count % 8) % 8;
        self.bits((1 << missing) - 1, missing);
    }
}

impl Sink for BitWriter<'_> {
    fn symbol(&mut self, class: Class, table: usize, symbol: u8) {
        let (code, length) = self.codes[class as usize][table].0[usize::from(symbol)];
        debug_assert!(length > 0, "symbol {symbol:#04x} has a code");
        self.bits(u32::from(code), length);
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the byte wanted is the lowest after the shift"
    )]
    fn bits(&mut self, value: u32, count: u8) {
        self.pending = self.pending << count | u64::from(value) & ((1 << count) - 1);
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.pending >> self.count) as u8;
            self.out.push(byte);
            if byte == 0xff {
                self.out.push(0);
            }
        }
    }

    fn restart(&mut self, number: u8) {
        self.finish();
        self.out.extend([0xff, 0xd0 | (number % 8)]);
    }
}
