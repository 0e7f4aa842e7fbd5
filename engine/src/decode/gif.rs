//! The first image of a GIF by rows, on its screen. Only an interlaced one is
//! held whole, as indices.

use std::io::BufReader;

use super::{
    Source,
    lzw::{Indices, LZW_BYTES, row_order},
};
use crate::{
    budget::zeroed,
    error::Result,
    header::{
        Header,
        gif::{Block, Blocks, Frame, Stream},
    },
    input::Input,
    peak::Part,
    pixels::{Plane, Rows},
    plan::STRIP_ROWS,
    stages::{Clock, Stage},
};

/// Bytes read from the input at a time.
const READ_BYTES: usize = 16 << 10;

/// Decodes a GIF strip by strip.
pub(super) struct Decoder<'a> {
    blocks: Blocks<Stream<BufReader<Input<'a>>>>,
    frame: Frame,
    indices: Indices,
    /// All rows of an interlaced image, else room for one.
    stored: Vec<u8>,
    strip: Vec<u8>,
    channels: usize,
    row_bytes: usize,
    /// Rows of the present strip: from, to.
    rows: (u32, u32),
    height: u32,
    clock: Clock,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(header: &Header, mut input: Input<'a>, clock: &Clock) -> Result<Self> {
        input.set_clock(clock.clone());
        let _timed = clock.enter(Stage::Decode);
        let mut blocks = Blocks::new(Stream::new(BufReader::with_capacity(READ_BYTES, input)))?;
        let frame = loop {
            match blocks.next()? {
                Some(Block::Frame(frame)) => break frame,
                Some(Block::Repeat(_)) => {}
                None => return Err(blocks.malformed("a file holds an image")),
            }
        };
        let size = header.dimensions;
        let width = frame.size.width as usize;
        let mut indices = Indices::new(frame.code_size);
        let stored = if frame.interlaced {
            let mut stored = zeroed(width * frame.size.height as usize)?;
            for y in row_order(frame.size.height, true) {
                let row = &mut stored[y as usize * width..][..width];
                indices.read(&mut blocks, row)?;
            }
            stored
        } else {
            zeroed(width)?
        };
        let channels = if header.alpha { 4 } else { 3 };
        let row_bytes = size.width as usize * channels;
        Ok(Self {
            blocks,
            frame,
            indices,
            stored,
            strip: zeroed(row_bytes * STRIP_ROWS.min(size.height) as usize)?,
            channels,
            row_bytes,
            rows: (0, 0),
            height: size.height,
            clock: clock.clone(),
        })
    }

    /// Makes row `y` of the screen.
    fn read_row(&mut self, y: u32) -> Result<()> {
        let row = &mut self.strip[(y - self.rows.0) as usize * self.row_bytes..][..self.row_bytes];
        row.fill(0);
        let Some(y) = y
            .checked_sub(self.frame.top)
            .filter(|&y| y < self.frame.size.height)
        else {
            return Ok(());
        };
        let width = self.frame.size.width as usize;
        let indices = if self.frame.interlaced {
            &self.stored[y as usize * width..][..width]
        } else {
            self.indices.read(&mut self.blocks, &mut self.stored)?;
            &self.stored
        };
        let row = &mut row[self.frame.left as usize * self.channels..];
        for (pixel, &index) in row.chunks_exact_mut(self.channels).zip(indices) {
            pixel.copy_from_slice(&self.frame.colours[usize::from(index)][..self.channels]);
        }
        Ok(())
    }
}

impl Source for Decoder<'_> {
    fn advance(&mut self) -> Result<bool> {
        let clock = self.clock.clone();
        let _timed = clock.enter(Stage::Decode);
        let start = self.rows.1;
        self.rows = (start, (start + STRIP_ROWS).min(self.height));
        for y in start..self.rows.1 {
            self.read_row(y)?;
        }
        Ok(start < self.height)
    }

    fn rows(&self) -> Rows<'_> {
        Rows::new([Plane {
            data: &self.strip,
            stride: self.row_bytes,
            row_bytes: self.row_bytes,
            height: (self.rows.1 - self.rows.0) as usize,
        }])
    }
}

pub(super) fn peak(header: &Header, interlaced: bool) -> Vec<Part> {
    let layout = super::layout(header, &[]);
    let row = layout.planes[0].row_bytes() as u64;
    let strip = u64::from(STRIP_ROWS.min(header.dimensions.height));
    let stored = if interlaced {
        header.dimensions.pixels()
    } else {
        header.dimensions.width.into()
    };
    let mut parts = if super::holds_source(header) {
        Vec::from(super::held_source(header))
    } else {
        // Held twice while it grows.
        vec![Part::new("peeked header", 2 * header.head_bytes)]
    };
    parts.extend([
        Part::new("decoded strip", row * strip),
        Part::new("indices", stored),
        Part::new("LZW decoder", LZW_BYTES + READ_BYTES as u64),
    ]);
    parts
}
