//! PNG by rows, through the `png` crate's streaming decoder.
//!
//! Palettes, transparent colours and low bit depths come out as 8-bit channels;
//! 16-bit channels are rounded to 8.

use std::{
    cell::Cell,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    rc::Rc,
};

use png::{DecodingError, Limits, Transformations};

use super::Source;
use crate::{
    budget::zeroed,
    cost::Nanoseconds,
    error::{Error, Result},
    header::Header,
    input::Input,
    peak::Part,
    pixels::{Layout, Plane, Rows},
    stages::{Clock, Stage},
};

/// Rows handed on together.
pub(super) const STRIP_ROWS: u32 = 16;

/// Bytes read from the input at a time.
const READ_BYTES: usize = 32 << 10;

/// Decodes a PNG strip by strip.
pub(super) struct Decoder<'a> {
    reader: png::Reader<Forward<BufReader<Input<'a>>>>,
    strip: Vec<u8>,
    /// One row of 16-bit samples, as stored; empty for other depths.
    wide: Vec<u8>,
    row_bytes: usize,
    rows: usize,
    left: u32,
    /// Bytes of the file that were decoded.
    position: Rc<Cell<u64>>,
    clock: Clock,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(header: &Header, mut input: Input<'a>, clock: &Clock) -> Result<Self> {
        input.set_clock(clock.clone());
        let _timed = clock.enter(Stage::Decode);
        let size = header.dimensions;
        // The limit is for what chunks allocate; sizes have been planned for.
        let layout = Layout::interleaved(header.colour, header.alpha, size);
        let row_bytes = layout.planes[0].row_bytes();
        let limits = Limits {
            bytes: CHUNK_BYTES + 4 * row_bytes,
        };
        let position = Rc::new(Cell::new(0));
        let input = Forward {
            inner: BufReader::with_capacity(READ_BYTES, input),
            position: position.clone(),
        };
        let mut decoder = png::Decoder::new_with_limits(input, limits);
        decoder.set_ignore_text_chunk(true);
        decoder.set_ignore_iccp_chunk(true);
        decoder.set_transformations(Transformations::EXPAND);
        let reader = decoder
            .read_info()
            .map_err(|error| broken(error, position.get()))?;
        let decoded = reader.output_line_size(size.width).unwrap_or(usize::MAX);
        let depth = if header.bit_depth == 16 { 2 } else { 1 };
        // The header was read twice, by us and by the decoder; they must agree.
        if decoded != row_bytes * depth {
            return Err(Error::Malformed {
                offset: 8,
                rule: "colour type, palette and transparency fit together",
            });
        }
        Ok(Self {
            strip: zeroed(row_bytes * (STRIP_ROWS.min(size.height) as usize))?,
            wide: zeroed(if depth == 2 { decoded } else { 0 })?,
            row_bytes,
            rows: 0,
            left: size.height,
            position,
            clock: clock.clone(),
            reader,
        })
    }

    fn read_row(&mut self, y: usize) -> Result<()> {
        let row = &mut self.strip[y * self.row_bytes..][..self.row_bytes];
        let wide = !self.wide.is_empty();
        let target = if wide { &mut self.wide[..] } else { &mut *row };
        let more = self.reader.read_row(target);
        if more
            .map_err(|error| broken(error, self.position.get()))?
            .is_none()
        {
            return Err(Error::Malformed {
                offset: self.position.get(),
                rule: "the image data holds every row",
            });
        }
        if wide {
            for (narrow, pair) in row.iter_mut().zip(self.wide.as_chunks::<2>().0) {
                *narrow = round_to_byte(u16::from_be_bytes(*pair));
            }
        }
        Ok(())
    }
}

impl Source for Decoder<'_> {
    fn advance(&mut self) -> Result<bool> {
        let clock = self.clock.clone();
        let _timed = clock.enter(Stage::Decode);
        let count = self.left.min(STRIP_ROWS);
        for y in 0..count as usize {
            self.read_row(y)?;
        }
        self.left -= count;
        self.rows = count as usize;
        Ok(count > 0)
    }

    fn rows(&self) -> Rows<'_> {
        Rows::new([Plane {
            data: &self.strip,
            stride: self.row_bytes,
            row_bytes: self.row_bytes,
            height: self.rows,
        }])
    }
}

/// Rounds a 16-bit sample to the nearest 8-bit one: 65535 is 255.
fn round_to_byte(sample: u16) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "65535 * 255 / 65535 is at most 255"
    )]
    let byte = ((u32::from(sample) * 255 + 32_767) / 65_535) as u8;
    byte
}

fn broken(error: DecodingError, offset: u64) -> Error {
    let rule = match error {
        DecodingError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            "the file holds all its chunks"
        }
        DecodingError::IoError(error) => return Error::Read(error),
        DecodingError::Format(_) => "its chunks and their data are as the PNG specification says",
        DecodingError::Parameter(_) => "its rows are as the header says",
        DecodingError::LimitsExceeded => {
            return Error::Unsupported("its metadata chunks are larger than 1 MiB");
        }
    };
    Error::Malformed { offset, rule }
}

/// The `png` crate asks for [`Seek`] but reads forward only.
struct Forward<R> {
    inner: R,
    position: Rc<Cell<u64>>,
}

impl<R: Read> Read for Forward<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.position.set(self.position.get() + count as u64);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Forward<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.position.set(self.position.get() + amount as u64);
        self.inner.consume(amount);
    }
}

impl<R> Seek for Forward<R> {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// The most that metadata chunks may make the decoder allocate.
const CHUNK_BYTES: usize = 1 << 20;

/// The `png` crate's state and inflate window. Measured.
const PNG_BYTES: u64 = 256 << 10;

pub(super) fn peak(header: &Header) -> Vec<Part> {
    let layout = super::layout(header, &[]);
    let row = layout.planes[0].row_bytes() as u64;
    let strip = u64::from(STRIP_ROWS.min(header.dimensions.height));
    let wide = if header.bit_depth == 16 { 2 * row } else { 0 };
    vec![
        // Held twice while it grows.
        Part::new("peeked header", 2 * header.head_bytes),
        Part::new("decoded strip", row * strip),
        Part::new("PNG decoder", PNG_BYTES + 2 * row + 2 * wide),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_bits_round_to_the_nearest_byte() {
        for (sample, byte) in [(0, 0), (128, 0), (129, 1), (257, 1), (65_535, 255)] {
            assert_eq!(round_to_byte(sample), byte, "{sample}");
        }
    }
}

/// Inflating goes by what comes out, filters too.
pub(super) fn cost(header: &Header) -> Nanoseconds {
    let layout = super::layout(header, &[]);
    let wide = if header.bit_depth == 16 { 2 } else { 1 };
    Nanoseconds::fixed(50.0).and(layout.bytes() * wide, 2.5)
}
