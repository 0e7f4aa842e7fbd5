//! One scan of everything, with Huffman tables made for the image, in memory
//! that does not grow with it.
//!
//! Blocks become tokens, which are counted; at the end the tables are made and
//! the tokens written. When the room for tokens runs out before, the tables are
//! made from what was seen so far, with a place for every symbol, and the rest of
//! the image follows in the same scan: photographs look much the same all over.

use std::io::Write;

use super::{
    bits::{BitWriter, Code},
    frame::{Component, Frame, SIDE},
    huffman::Table,
    kernel::{Band, Block},
    markers::{self, Coding, Scan},
    mcu_rows::McuRows,
    tables::{self, Divisors},
    tokens::{self, BLOCK_TOKENS, INDICES, Tokens},
};
use crate::{budget::zeroed, decode::Source, error::Result, plan::Plan, simd::Backend};

/// MCUs that go through all steps together, to stay in the first-level cache.
const PIECE: usize = 16;

/// Most tokens kept, of two bytes each: those of photographs of some 4 megapixels
/// at the usual quality. Tables made of half an image cost about 1 % of its bytes.
const MOST_TOKENS: usize = 1 << 20;

/// Tokens that each block of a smaller image is given room for. Photographs at
/// the usual quality take 5 to 12, at quality 95 up to 20.
const USUAL_BLOCK_TOKENS: usize = 16;

/// Everything: all components, all coefficients, all bits.
const SCAN: Scan = Scan {
    component: None,
    first: 0,
    last: 63,
    high: 0,
    low: 0,
};

pub(super) fn encode(
    plan: &Plan,
    frame: &Frame,
    source: &mut dyn Source,
    output: &mut impl Write,
) -> Result<()> {
    let steps = tables::steps(plan.native_quality);
    let mut pieces = frame
        .components
        .iter()
        .map(|component| Piece::new(component, &steps))
        .collect::<Result<Vec<_>>>()?;
    let mut scan = OneScan {
        frame,
        bits: BitWriter::new(output)?,
        tokens: Tokens::new(zeroed(token_room(frame))?),
        codes: None,
    };
    let mut rows = McuRows::new(frame, source)?;
    scan.bits.marker(&markers::head(
        frame,
        Coding::Baseline,
        &steps,
        &plan.copyright,
    ))?;
    let mut down = 0;
    while rows.advance()? {
        for first in (0..frame.across).step_by(PIECE) {
            let count = PIECE.min(frame.across - first);
            for (piece, band) in pieces.iter_mut().zip(rows.bands()) {
                piece.quantise(plan.backend, band, first, count);
            }
            if !scan.tokens.has_room(count * frame.mcu_blocks()) {
                scan.write_tokens(true)?;
            }
            for mcu in 0..count {
                for piece in &mut pieces {
                    let own = piece.component.own_in_mcu(first + mcu, down);
                    piece.push_mcu(mcu, own, &mut scan.tokens);
                }
            }
        }
        down += 1;
    }
    scan.write_tokens(false)?;
    scan.bits.finish()?;
    scan.bits.marker(&markers::EOI)
}

/// Tokens to make room for: those of a piece at least.
fn token_room(frame: &Frame) -> usize {
    let blocks = frame.across * frame.down * frame.mcu_blocks();
    let least = PIECE * frame.mcu_blocks() * BLOCK_TOKENS;
    (blocks * USUAL_BLOCK_TOKENS).clamp(least, MOST_TOKENS)
}

/// The memory of [`encode`].
pub(super) fn bytes(frame: &Frame) -> usize {
    let block = size_of::<Block>() + size_of::<u64>();
    PIECE * frame.mcu_blocks() * block
        + token_room(frame) * size_of::<u16>()
        + McuRows::bytes(frame)
        + BitWriter::<Vec<u8>>::BYTES
}

/// The blocks of one component in some MCUs side by side.
struct Piece {
    component: Component,
    divisors: Divisors,
    /// Row by row, each of `PIECE` MCUs.
    coefficients: Vec<i16>,
    nonzero: Vec<u64>,
    state: tokens::Component,
}

impl Piece {
    fn new(component: &Component, steps: &[[u8; 64]; 2]) -> Result<Self> {
        let blocks = PIECE * component.mcu_blocks();
        Ok(Self {
            component: *component,
            divisors: Divisors::new(&steps[usize::from(component.is_chroma)]),
            coefficients: zeroed(64 * blocks)?,
            nonzero: zeroed(blocks)?,
            state: tokens::Component::new(component.is_chroma),
        })
    }

    /// Blocks in a row of the whole piece.
    fn stride(&self) -> usize {
        PIECE * self.component.mcu_width
    }

    /// Takes `count` MCUs of a row, from MCU `first` on.
    fn quantise(&mut self, backend: Backend, band: Band<'_>, first: usize, count: usize) {
        let (stride, width) = (self.stride(), self.component.mcu_width);
        let blocks = self.coefficients.as_chunks_mut().0;
        let rows = blocks
            .chunks_mut(stride)
            .zip(self.nonzero.chunks_mut(stride));
        for (y, (blocks, nonzero)) in rows.enumerate() {
            backend.quantise(
                band.down_from(SIDE * y).right_from(SIDE * width * first),
                &self.divisors,
                &mut blocks[..count * width],
                &mut nonzero[..count * width],
            );
        }
    }

    /// Adds MCU `mcu` of the piece, of which the leftmost and topmost `own` blocks
    /// hold any of the image.
    fn push_mcu(&mut self, mcu: usize, own: (usize, usize), tokens: &mut Tokens) {
        let (stride, width) = (self.stride(), self.component.mcu_width);
        let blocks = self.coefficients.as_chunks().0;
        for y in 0..self.component.mcu_height {
            for x in 0..width {
                if x < own.0 && y < own.1 {
                    let at = y * stride + mcu * width + x;
                    tokens.push(&blocks[at], self.nonzero[at], &mut self.state);
                } else {
                    tokens.push_same(&self.state);
                }
            }
        }
    }
}

/// The scan: tokens until its tables are made, and its bits.
struct OneScan<'a, W> {
    frame: &'a Frame,
    bits: BitWriter<W>,
    tokens: Tokens,
    codes: Option<Box<[Code; INDICES]>>,
}

impl<W: Write> OneScan<'_, W> {
    /// Writes the tokens so far, before them the tables if there are none yet. Says
    /// whether more of the image follows, and with it symbols not seen so far.
    fn write_tokens(&mut self, is_more: bool) -> Result<()> {
        let codes = match self.codes.take() {
            Some(codes) => codes,
            None => self.start(is_more)?,
        };
        self.bits.tokens(self.tokens.all(), &codes)?;
        self.tokens.clear();
        self.codes = Some(codes);
        Ok(())
    }

    /// Makes the tables and writes them and the scan's header.
    fn start(&mut self, is_more: bool) -> Result<Box<[Code; INDICES]>> {
        if is_more {
            self.tokens.count_everything();
        }
        let tables = self.tokens.counts().map(|counts| Table::new(&counts));
        let used = if self.frame.components.len() > 1 {
            4
        } else {
            2
        };
        let numbered = (0..).zip(&tables[..used]);
        let segment = markers::huffman(numbered.map(|(i, table)| (i % 2, i / 2, table)));
        self.bits.marker(&segment)?;
        self.bits.marker(&markers::scan(self.frame, SCAN))?;
        let codes = tables.each_ref().map(Table::codes);
        Ok(Box::new(std::array::from_fn(|index| {
            let (code, bits, extra) = tokens::code_of(index, &codes);
            Code::new(code, bits, extra)
        })))
    }
}
