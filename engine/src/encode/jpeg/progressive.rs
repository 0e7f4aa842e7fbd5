//! A coarse image first, finer ones after it: ten scans, or six of a grey image,
//! those of libjpeg. All coefficients are held.

use std::io::Write;

use super::{
    bits::BitWriter,
    frame::{Component, Frame, SIDE},
    huffman::{Counts, Table},
    kernel::Block,
    markers::{self, Coding, Scan},
    mcu_rows::McuRows,
    refine::{self, Corrections},
    tables::{self, Divisors},
    tokens::{extra_bits, size_of_value},
};
use crate::{budget::zeroed, decode::Source, error::Result, plan::Plan};

const fn scan(component: Option<usize>, [first, last]: [u8; 2], [high, low]: [u8; 2]) -> Scan {
    Scan {
        component,
        first,
        last,
        high,
        low,
    }
}

/// Grey: what is seen first, and then one bit after another.
const GREY: [Scan; 6] = [
    scan(None, [0, 0], [0, 1]),
    scan(Some(0), [1, 5], [0, 2]),
    scan(Some(0), [6, 63], [0, 2]),
    scan(Some(0), [1, 63], [2, 1]),
    scan(None, [0, 0], [1, 0]),
    scan(Some(0), [1, 63], [1, 0]),
];

/// Chroma is too small to be worth many scans; luma's last is the largest.
const COLOUR: [Scan; 10] = [
    scan(None, [0, 0], [0, 1]),
    scan(Some(0), [1, 5], [0, 2]),
    scan(Some(2), [1, 63], [0, 1]),
    scan(Some(1), [1, 63], [0, 1]),
    scan(Some(0), [6, 63], [0, 2]),
    scan(Some(0), [1, 63], [2, 1]),
    scan(None, [0, 0], [1, 0]),
    scan(Some(2), [1, 63], [1, 0]),
    scan(Some(1), [1, 63], [1, 0]),
    scan(Some(0), [1, 63], [1, 0]),
];

pub(super) fn encode(
    plan: &Plan,
    frame: &Frame,
    source: &mut dyn Source,
    output: &mut impl Write,
) -> Result<()> {
    let steps = tables::steps(plan.native_quality);
    let planes = collect(plan, frame, source, &steps)?;
    let mut bits = BitWriter::new(output)?;
    bits.marker(&markers::head(
        frame,
        Coding::Progressive,
        &steps,
        &plan.copyright,
    ))?;
    let scans = if planes.len() > 1 { &COLOUR[..] } else { &GREY };
    for &scan in scans {
        write_scan(frame, &planes, scan, &mut bits)?;
    }
    bits.marker(&markers::EOI)
}

/// The memory of [`encode`].
pub(super) fn bytes(frame: &Frame) -> usize {
    let blocks = frame.across * frame.down * frame.mcu_blocks();
    // What collects rows is gone when bits are written.
    let work = McuRows::bytes(frame).max(BitWriter::<Vec<u8>>::BYTES);
    blocks * (size_of::<Block>() + size_of::<u64>()) + work
}

/// The coefficients of a component, row by row of whole MCUs.
struct Plane {
    component: Component,
    /// Blocks from one row to the next.
    stride: usize,
    coefficients: Vec<i16>,
    nonzero: Vec<u64>,
}

impl Plane {
    fn block(&self, x: usize, y: usize) -> (&Block, u64) {
        let at = y * self.stride + x;
        (&self.coefficients.as_chunks().0[at], self.nonzero[at])
    }

    /// The blocks that hold any of the image, in the order of a scan of their own.
    fn own_blocks(&self) -> impl Iterator<Item = (&Block, u64)> {
        let (across, down) = self.component.own_blocks();
        (0..down).flat_map(move |y| (0..across).map(move |x| self.block(x, y)))
    }
}

/// Transforms and quantises the whole image.
fn collect(
    plan: &Plan,
    frame: &Frame,
    source: &mut dyn Source,
    steps: &[[u8; 64]; 2],
) -> Result<Vec<Plane>> {
    let plane = |component: &Component| {
        let blocks = frame.across * frame.down * component.mcu_blocks();
        Ok(Plane {
            component: *component,
            stride: frame.across * component.mcu_width,
            coefficients: zeroed(64 * blocks)?,
            nonzero: zeroed(blocks)?,
        })
    };
    let mut planes = frame
        .components
        .iter()
        .map(plane)
        .collect::<Result<Vec<_>>>()?;
    let divisors = steps.each_ref().map(Divisors::new);
    let mut rows = McuRows::new(frame, source)?;
    let mut row = 0;
    while rows.advance()? {
        for (plane, band) in planes.iter_mut().zip(rows.bands()) {
            let stride = plane.stride;
            let blocks = plane.coefficients.as_chunks_mut().0;
            let divisors = &divisors[usize::from(plane.component.is_chroma)];
            for y in 0..plane.component.mcu_height {
                let start = (row * plane.component.mcu_height + y) * stride;
                plan.backend.quantise(
                    band.down_from(SIDE * y),
                    divisors,
                    &mut blocks[start..start + stride],
                    &mut plane.nonzero[start..start + stride],
                );
            }
        }
        row += 1;
    }
    Ok(planes)
}

/// What a scan's symbols and bits go to: a count first, the file after.
pub(super) trait Sink {
    /// Takes a symbol and the `length` bits that follow its code.
    fn symbol(&mut self, table: usize, symbol: u8, bits: u32, length: u32) -> Result<()>;

    /// Takes up to 32 bits that follow no code.
    fn bits(&mut self, bits: u32, length: u32) -> Result<()>;
}

struct Counting([Counts; 2]);

impl Sink for Counting {
    fn symbol(&mut self, table: usize, symbol: u8, _: u32, _: u32) -> Result<()> {
        self.0[table][usize::from(symbol)] += 1;
        Ok(())
    }

    fn bits(&mut self, _: u32, _: u32) -> Result<()> {
        Ok(())
    }
}

struct Writing<'a, W> {
    codes: [[(u16, u8); 256]; 2],
    output: &'a mut BitWriter<W>,
}

impl<W: Write> Sink for Writing<'_, W> {
    fn symbol(&mut self, table: usize, symbol: u8, bits: u32, length: u32) -> Result<()> {
        let (code, code_length) = self.codes[table][usize::from(symbol)];
        let both = u32::from(code) << length | bits;
        self.output.bits(both, u32::from(code_length) + length)
    }

    fn bits(&mut self, bits: u32, length: u32) -> Result<()> {
        self.output.bits(bits, length)
    }
}

fn write_scan<W: Write>(
    frame: &Frame,
    planes: &[Plane],
    scan: Scan,
    output: &mut BitWriter<W>,
) -> Result<()> {
    let mut counting = Counting([[0; 256]; 2]);
    run(frame, planes, scan, &mut counting)?;
    let tables = counting.0.map(|counts| Table::new(&counts));
    let used = (0..)
        .zip(&tables)
        .filter(|(_, table)| !table.symbols.is_empty());
    let class = u8::from(scan.last > 0);
    output.marker(&markers::huffman(used.map(|(i, table)| (class, i, table))))?;
    output.marker(&markers::scan(frame, scan))?;
    let codes = tables.each_ref().map(Table::codes);
    run(frame, planes, scan, &mut Writing { codes, output })?;
    output.finish()
}

/// Sends everything of one scan to `sink`.
fn run(frame: &Frame, planes: &[Plane], scan: Scan, sink: &mut impl Sink) -> Result<()> {
    match scan.component {
        None if scan.high == 0 => first_dc(frame, planes, scan, sink),
        None => mcu_blocks(frame, planes).try_for_each(|(_, block)| {
            let bit = block.map_or(0, |block| block[0] >> scan.low & 1);
            sink.bits((bit == 1).into(), 1)
        }),
        Some(only) => {
            let plane = &planes[only];
            let table = usize::from(plane.component.is_chroma);
            let mut band = Band::new(scan, table);
            for (block, nonzero) in plane.own_blocks() {
                if scan.high == 0 {
                    band.first(block, nonzero, sink)?;
                } else {
                    refine::block(&mut band, block, nonzero, sink)?;
                }
            }
            band.end_blocks(sink)
        }
    }
}

/// The number of every block's component in the order of an interleaved scan, and
/// the block, if it holds any of the image.
fn mcu_blocks<'a>(
    frame: &'a Frame,
    planes: &'a [Plane],
) -> impl Iterator<Item = (usize, Option<&'a Block>)> {
    let mcus = (0..frame.down).flat_map(|y| (0..frame.across).map(move |x| (x, y)));
    mcus.flat_map(move |(across, down)| {
        planes.iter().enumerate().flat_map(move |(i, plane)| {
            let Component {
                mcu_width,
                mcu_height,
                ..
            } = plane.component;
            let (own_width, own_height) = plane.component.own_in_mcu(across, down);
            let places = (0..mcu_height).flat_map(move |y| (0..mcu_width).map(move |x| (x, y)));
            places.map(move |(x, y)| {
                let is_own = x < own_width && y < own_height;
                let (x, y) = (across * mcu_width + x, down * mcu_height + y);
                (i, is_own.then(|| plane.block(x, y).0))
            })
        })
    })
}

fn first_dc(frame: &Frame, planes: &[Plane], scan: Scan, sink: &mut impl Sink) -> Result<()> {
    let mut before = [0; 3];
    mcu_blocks(frame, planes).try_for_each(|(i, block)| {
        // What nobody sees is cheapest as it was before.
        let value = block.map_or(before[i], |block| i32::from(block[0] >> scan.low));
        let difference = value - before[i];
        before[i] = value;
        let size = size_of_value(difference);
        let table = usize::from(planes[i].component.is_chroma);
        sink.symbol(table, byte(size), extra_bits(difference, size), size)
    })
}

pub(super) fn byte(value: u32) -> u8 {
    u8::try_from(value).expect("a symbol has two numbers below 16")
}

/// The state of a scan of some AC coefficients of one component.
pub(super) struct Band {
    pub(super) scan: Scan,
    pub(super) table: usize,
    /// Blocks in a row that have nothing more to say.
    pub(super) ended: u32,
    /// What they correct nevertheless.
    pub(super) corrections: Corrections,
}

/// Most blocks that one symbol can end.
pub(super) const MOST_ENDED: u32 = 0x7fff;

impl Band {
    fn new(scan: Scan, table: usize) -> Self {
        Self {
            scan,
            table,
            ended: 0,
            corrections: Corrections::default(),
        }
    }

    /// The coefficients of a block that this scan may have to send.
    pub(super) fn ours(&self, nonzero: u64) -> u64 {
        nonzero & (u64::MAX << self.scan.first) & (u64::MAX >> (63 - self.scan.last))
    }

    /// Sends the highest bits of a block's coefficients.
    fn first(&mut self, block: &Block, nonzero: u64, sink: &mut impl Sink) -> Result<()> {
        let mut left = self.ours(nonzero);
        let mut next = u32::from(self.scan.first);
        while left != 0 {
            let k = left.trailing_zeros();
            left &= left - 1;
            let value = i32::from(block[k as usize]);
            // Towards zero, and without dividing.
            let magnitude = value.abs() >> self.scan.low;
            if magnitude == 0 {
                continue;
            }
            let value = if value < 0 { -magnitude } else { magnitude };
            self.end_blocks(sink)?;
            let mut run = k - next;
            next = k + 1;
            while run > 15 {
                sink.symbol(self.table, 0xf0, 0, 0)?;
                run -= 16;
            }
            let size = size_of_value(value);
            let bits = extra_bits(value, size);
            sink.symbol(self.table, byte(run << 4 | size), bits, size)?;
        }
        if next <= u32::from(self.scan.last) {
            self.ended += 1;
            if self.ended == MOST_ENDED {
                self.end_blocks(sink)?;
            }
        }
        Ok(())
    }

    /// Sends how many blocks have ended, and their corrections.
    pub(super) fn end_blocks(&mut self, sink: &mut impl Sink) -> Result<()> {
        if self.ended > 0 {
            let size = self.ended.ilog2();
            let bits = self.ended & ((1 << size) - 1);
            sink.symbol(self.table, byte(size << 4), bits, size)?;
            self.ended = 0;
            self.corrections.send(sink)?;
        }
        Ok(())
    }
}
