//! Blocks as tokens of 16 bits: what the one scan of a baseline file says,
//! before it is known by which codes.
//!
//! The low 9 bits of a token are a symbol and which table it is of, so that one
//! lookup finds its code; the high 7 are the bits that follow the code. A
//! coefficient with more than 7 bits takes a second token for the last 7 of
//! them, which has no code. Tokens of 32 bits would need no second one; but
//! twice the memory costs more than it, since few coefficients are that large.

use super::{huffman::Counts, kernel::Block};

/// Bits of a token that say which code to write.
pub(super) const INDEX_BITS: u32 = 9;

/// Codes there may be.
pub(super) const INDICES: usize = 1 << INDEX_BITS;

/// Most bits that follow the code of a token.
const MOST_EXTRA: u32 = 16 - INDEX_BITS;

/// Bit of an index that says chroma.
const CHROMA: u16 = 1 << 8;

/// The index of the second token of a large coefficient. No AC symbol has this
/// number: coefficients have at most 10 bits.
const NO_CODE: u16 = 0x0e;

/// Added to a DC category moved up four bits, for the same reason.
const DC: u16 = 0x0f;

/// End of block, and a run of 16 zeros.
const END: u16 = 0x00;
const ZEROS: u16 = 0xf0;

/// Most tokens that one block takes: two for each coefficient.
pub(super) const BLOCK_TOKENS: usize = 128;

/// The token of each value, as yet without run and table, at the value's low 12
/// bits; of those with more than 7 bits, the first one.
static VALUES: [u16; 4096] = {
    let mut values = [0; 4096];
    let mut low = 0_u16;
    while low < 4096 {
        let value = ((low << 4).cast_signed() >> 4) as i32;
        let size = size_of_value(value);
        let extra = extra_bits(value, size);
        let first = if size > MOST_EXTRA {
            extra >> MOST_EXTRA
        } else {
            extra
        };
        #[expect(clippy::cast_possible_truncation, reason = "7 bits above 9")]
        let token = (first << INDEX_BITS | size) as u16;
        values[low as usize] = token;
        low += 1;
    }
    values
};

/// Bits of a value without its sign.
pub(super) const fn size_of_value(value: i32) -> u32 {
    32 - value.unsigned_abs().leading_zeros()
}

/// The bits after a code: negative values are one less.
pub(super) const fn extra_bits(value: i32, size: u32) -> u32 {
    (value - (value < 0) as i32).cast_unsigned() & ((1 << size) - 1)
}

/// Tokens, and how often each index occurs among them.
pub(super) struct Tokens {
    /// Of a fixed size, some tokens longer than may be filled.
    buffer: Vec<u16>,
    len: usize,
    counts: [u32; INDICES],
}

/// What one component's blocks are written with.
pub(super) struct Component {
    table: u16,
    /// The DC coefficient of the block before.
    before: i16,
}

impl Component {
    pub(super) fn new(is_chroma: bool) -> Self {
        Self {
            table: if is_chroma { CHROMA } else { 0 },
            before: 0,
        }
    }
}

impl Tokens {
    /// Takes over `buffer`, which must have room for some blocks.
    pub(super) fn new(buffer: Vec<u16>) -> Self {
        Self {
            buffer,
            len: 0,
            counts: [0; INDICES],
        }
    }

    /// Whether there is room for `blocks` more, whatever they hold.
    pub(super) fn has_room(&self, blocks: usize) -> bool {
        self.len + blocks * BLOCK_TOKENS <= self.buffer.len()
    }

    /// The tokens so far.
    pub(super) fn all(&self) -> &[u16] {
        &self.buffer[..self.len]
    }

    /// Forgets the tokens so far; their counts stay.
    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    /// Adds a block. Bit `k` of `nonzero` says whether coefficient `k` is not 0.
    pub(super) fn push(&mut self, block: &Block, nonzero: u64, component: &mut Component) {
        let tokens = self.buffer[self.len..]
            .first_chunk_mut()
            .expect("there is room");
        self.len += block_tokens(block, nonzero, component, tokens, &mut self.counts);
    }

    /// Adds a block that nobody sees: it is cheapest as flat as the one before.
    pub(super) fn push_same(&mut self, component: &Component) {
        for token in [DC | component.table, END | component.table] {
            self.buffer[self.len] = token;
            self.len += 1;
            self.counts[usize::from(token)] += 1;
        }
    }

    /// How often each symbol occurs: of DC and AC, luma and chroma.
    pub(super) fn counts(&self) -> [Counts; 4] {
        let [luma, chroma] = [0, usize::from(CHROMA)].map(|table| {
            let dc = |symbol: usize| match symbol {
                0..=11 => self.counts[table + dc_index(symbol)],
                _ => 0,
            };
            let ac = |symbol: usize| match is_ac_symbol(symbol) {
                true => self.counts[table + symbol],
                false => 0,
            };
            [std::array::from_fn(dc), std::array::from_fn(ac)]
        });
        let ([luma_dc, luma_ac], [chroma_dc, chroma_ac]) = (luma, chroma);
        [luma_dc, luma_ac, chroma_dc, chroma_ac]
    }

    /// Counts every symbol that can occur once more.
    pub(super) fn count_everything(&mut self) {
        for table in [0, usize::from(CHROMA)] {
            for symbol in (0..256).filter(|&symbol| is_ac_symbol(symbol)) {
                self.counts[table + symbol] += 1;
            }
            for category in 0..=11 {
                self.counts[table + dc_index(category)] += 1;
            }
        }
    }
}

fn dc_index(category: usize) -> usize {
    category << 4 | usize::from(DC)
}

/// Runs of up to 15 zeros before values of 1 to 10 bits, and the two others.
fn is_ac_symbol(symbol: usize) -> bool {
    matches!(symbol & 15, 1..=10) || symbol == usize::from(END) || symbol == usize::from(ZEROS)
}

/// What is written for an index: a code, and how many bits of the token after it.
pub(super) fn code_of(index: usize, codes: &[[(u16, u8); 256]; 4]) -> (u16, u8, u8) {
    let [dc, ac] = [&codes[index >> 8 << 1], &codes[(index >> 8 << 1) + 1]];
    let symbol = index & 255;
    let (size, (code, bits)) = if symbol & 15 == usize::from(DC) {
        (symbol >> 4, dc[symbol >> 4])
    } else if symbol == usize::from(NO_CODE) {
        (MOST_EXTRA as usize, (0, 0))
    } else {
        (symbol & 15, ac[symbol])
    };
    let most = MOST_EXTRA as usize;
    let extra = if size > most { size - most } else { size };
    (code, bits, u8::try_from(extra).expect("at most 8"))
}

/// Writes the tokens of a block, counts them, and returns how many there are.
fn block_tokens(
    block: &Block,
    nonzero: u64,
    component: &mut Component,
    tokens: &mut [u16; BLOCK_TOKENS],
    counts: &mut [u32; INDICES],
) -> usize {
    let table = component.table;
    let mut len = 0;
    // The remainders say to the compiler that no index is out of bounds.
    let mut push = |token: u16| {
        tokens[len % BLOCK_TOKENS] = token;
        counts[usize::from(token) % INDICES] += 1;
        len += 1;
    };
    let first_of = |value: i16| VALUES[usize::from(value.cast_unsigned()) % VALUES.len()];
    let rest_of = |value: i16| {
        let extra = extra_bits(value.into(), MOST_EXTRA).to_le_bytes()[0];
        u16::from(extra) << INDEX_BITS | NO_CODE
    };

    let difference = block[0] - component.before;
    component.before = block[0];
    let token = first_of(difference);
    push((token & !15) | (token & 15) << 4 | DC | table);
    if is_large(difference) {
        push(rest_of(difference));
    }

    let mut left = nonzero & !1;
    let mut next = 1;
    while left != 0 {
        let k = left.trailing_zeros();
        left &= left - 1;
        let mut run = k - next;
        next = k + 1;
        while run > 15 {
            push(ZEROS | table);
            run -= 16;
        }
        let value = block[k as usize % 64];
        #[expect(clippy::cast_possible_truncation, reason = "at most 15")]
        let run = (run as u16) << 4;
        push(first_of(value) | run | table);
        if is_large(value) {
            push(rest_of(value));
        }
    }
    if next < 64 {
        push(END | table);
    }
    len
}

/// Whether a value has more than 7 bits.
fn is_large(value: i16) -> bool {
    !(-127..=127).contains(&value)
}
