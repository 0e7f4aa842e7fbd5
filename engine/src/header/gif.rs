//! GIF blocks (specification of version 89a, 1990), for the header and for
//! the decoders. Where files stray from the specification, browsers decide.

use std::io::Read;

use super::{Coding, Cursor, Header, SourceFormat, dimensions};
use crate::{
    copyright::Copyright,
    error::{Error, Result},
    input::{HEAD_BYTES, Input},
    pixels::{Colour, Dimensions},
    turn::Turn,
};

/// What the blocks of a GIF are read from.
pub(crate) trait Bytes {
    /// Takes the next byte; `None` at the end.
    fn next_byte(&mut self) -> Result<Option<u8>>;

    /// Takes the next `len` bytes, at most 768; `rule` says what is broken if they
    /// are missing.
    fn take(&mut self, len: usize, rule: &'static str) -> Result<&[u8]>;

    /// Bytes taken so far.
    fn position(&self) -> u64;
}

impl Bytes for Cursor<'_, '_> {
    fn next_byte(&mut self) -> Result<Option<u8>> {
        let byte = self.input.peek(self.position + 1)?.get(self.position);
        self.position += usize::from(byte.is_some());
        Ok(byte.copied())
    }

    fn take(&mut self, len: usize, rule: &'static str) -> Result<&[u8]> {
        Cursor::take(self, len, rule)
    }

    fn position(&self) -> u64 {
        self.position as u64
    }
}

/// Bytes as a reader yields them.
pub(crate) struct Stream<R> {
    reader: R,
    buffer: [u8; 768],
    position: u64,
}

impl<R: Read> Stream<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            reader,
            buffer: [0; 768],
            position: 0,
        }
    }

    /// Reads into the buffer; returns how many bytes there were.
    fn fill(&mut self, len: usize) -> Result<usize> {
        let mut filled = 0;
        while filled < len {
            let count = self.reader.read(&mut self.buffer[filled..len]);
            match count.map_err(Error::Read)? {
                0 => break,
                count => filled += count,
            }
        }
        self.position += filled as u64;
        Ok(filled)
    }
}

impl<R: Read> Bytes for Stream<R> {
    fn next_byte(&mut self) -> Result<Option<u8>> {
        Ok((self.fill(1)? == 1).then_some(self.buffer[0]))
    }

    fn take(&mut self, len: usize, rule: &'static str) -> Result<&[u8]> {
        if self.fill(len)? < len {
            return Err(Error::Malformed {
                offset: self.position,
                rule,
            });
        }
        Ok(&self.buffer[..len])
    }

    fn position(&self) -> u64 {
        self.position
    }
}

/// A colour table.
#[derive(Clone, Debug)]
pub(crate) struct Palette {
    colours: Vec<[u8; 3]>,
}

impl Palette {
    /// Every index as RGBA. Indices that have no colour are transparent, as in
    /// browsers.
    pub(crate) fn rgba(&self, transparent: Option<u8>) -> [[u8; 4]; 256] {
        let mut table = [[0; 4]; 256];
        for (entry, &[red, green, blue]) in table.iter_mut().zip(&self.colours) {
            *entry = [red, green, blue, 255];
        }
        if let Some(index) = transparent {
            table[usize::from(index)] = [0; 4];
        }
        table
    }
}

/// What becomes of a frame when its time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disposal {
    /// It stays.
    Keep,
    /// Its rectangle becomes transparent: no browser paints the background colour.
    Clear,
    /// What was there before comes back.
    Restore,
}

/// One image, before its data.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// Columns left of it.
    pub(crate) left: u32,
    /// Rows above it.
    pub(crate) top: u32,
    pub(crate) size: Dimensions,
    /// Whether its rows come in four passes.
    pub(crate) interlaced: bool,
    /// Every index as RGBA.
    pub(crate) colours: Box<[[u8; 4]; 256]>,
    /// Whether an index may mean no colour.
    pub(crate) transparent: bool,
    pub(crate) disposal: Disposal,
    /// How long it is seen.
    pub(crate) milliseconds: u32,
    /// Bits of an index in its data: 1 to 8.
    pub(crate) code_size: u8,
}

/// What comes next in a file.
#[derive(Clone, Debug)]
pub(crate) enum Block {
    /// An image, whose data must be read next.
    Frame(Frame),
    /// How often the animation is repeated after it was shown once; 0 is for ever.
    Repeat(u16),
}

/// What an extension said of the image after it.
#[derive(Clone, Copy, Debug)]
struct Control {
    disposal: Disposal,
    centiseconds: u16,
    transparent: Option<u8>,
}

impl Default for Control {
    fn default() -> Self {
        Self {
            disposal: Disposal::Keep,
            centiseconds: 0,
            transparent: None,
        }
    }
}

/// Reads a file block by block.
pub(crate) struct Blocks<B> {
    bytes: B,
    /// The screen as the file says; either side may be 0.
    screen: (u32, u32),
    palette: Option<Palette>,
    control: Control,
    frames: u32,
}

const CUT: &str = "a file holds every block it begins";
const CUT_DATA: &str = "a frame's data runs to its end";

impl<B: Bytes> Blocks<B> {
    /// Reads up to the first block.
    pub(crate) fn new(mut bytes: B) -> Result<Self> {
        let start = bytes.take(13, "a logical screen follows the signature")?;
        let (width, height) = (number(start, 6), number(start, 8));
        let packed = start[10];
        let palette = palette(&mut bytes, packed)?;
        Ok(Self {
            bytes,
            screen: (width, height),
            palette,
            control: Control::default(),
            frames: 0,
        })
    }

    pub(crate) fn malformed(&self, rule: &'static str) -> Error {
        Error::Malformed {
            offset: self.bytes.position(),
            rule,
        }
    }

    /// Moves to the next image or loop count; `None` at the end. That is the
    /// trailer or, after an image, the file's end or bytes that begin no block.
    pub(crate) fn next(&mut self) -> Result<Option<Block>> {
        loop {
            match self.bytes.next_byte()? {
                Some(0x2c) => return Ok(Some(Block::Frame(self.frame()?))),
                Some(0x21) => {
                    if let Some(repeat) = self.extension()? {
                        return Ok(Some(Block::Repeat(repeat)));
                    }
                }
                _ if self.frames > 0 => return Ok(None),
                _ => return Err(self.malformed("blocks run up to an image")),
            }
        }
    }

    /// Takes the next part of the image's data, 1 to 255 bytes; empty at its end.
    pub(crate) fn data(&mut self) -> Result<&[u8]> {
        let len = self.bytes.take(1, CUT_DATA)?[0];
        self.bytes.take(len.into(), CUT_DATA)
    }

    fn frame(&mut self) -> Result<Frame> {
        let image = self.bytes.take(9, CUT)?;
        let [left, top, width, height] = [0, 2, 4, 6].map(|at| number(image, at));
        let packed = image[8];
        let size = dimensions(width, height, self.bytes.position() - 5)?;
        let own = palette(&mut self.bytes, packed)?;
        let Some(palette) = own.as_ref().or(self.palette.as_ref()) else {
            return Err(self.malformed("a frame has a colour table, or the screen has one"));
        };
        let control = std::mem::take(&mut self.control);
        let colours = Box::new(palette.rgba(control.transparent));
        let code_size = self.bytes.take(1, CUT)?[0];
        if !(1..=8).contains(&code_size) {
            return Err(self.malformed("a frame's indices have 2 to 8 bits"));
        }
        if self.frames == 0 {
            // Browsers enlarge the screen for its first image and no other.
            self.screen.0 = self.screen.0.max(left + width);
            self.screen.1 = self.screen.1.max(top + height);
        }
        self.frames += 1;
        let codes = &colours[..1 << code_size];
        Ok(Frame {
            left,
            top,
            size,
            interlaced: packed & 0x40 != 0,
            transparent: codes.iter().any(|colour| colour[3] == 0),
            colours,
            disposal: control.disposal,
            // Browsers show a frame that is over at once for a tenth of a second.
            milliseconds: match control.centiseconds {
                0 | 1 => 100,
                centiseconds => u32::from(centiseconds) * 10,
            },
            code_size,
        })
    }

    /// Reads an extension; returns the loop count if it is one.
    fn extension(&mut self) -> Result<Option<u16>> {
        let label = self.bytes.take(1, CUT)?[0];
        let mut repeat = None;
        let mut loops = false;
        for index in 0.. {
            let len = self.bytes.take(1, CUT)?[0];
            if len == 0 {
                break;
            }
            let data = self.bytes.take(len.into(), CUT)?;
            match (label, index, data) {
                (0xf9, 0, &[packed, low, high, index, ..]) => {
                    self.control = Control {
                        disposal: match packed >> 2 & 7 {
                            2 => Disposal::Clear,
                            // 4 by writers who counted bits.
                            3 | 4 => Disposal::Restore,
                            _ => Disposal::Keep,
                        },
                        centiseconds: u16::from_le_bytes([low, high]),
                        transparent: (packed & 1 == 1).then_some(index),
                    };
                }
                (0xff, 0, b"NETSCAPE2.0" | b"ANIMEXTS1.0") => loops = true,
                (0xff, 1, &[1, low, high, ..]) if loops => {
                    repeat = Some(u16::from_le_bytes([low, high]));
                }
                _ => {}
            }
        }
        Ok(repeat)
    }
}

fn number(bytes: &[u8], at: usize) -> u32 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]]).into()
}

/// Reads the colour table that `packed` announces.
fn palette(bytes: &mut impl Bytes, packed: u8) -> Result<Option<Palette>> {
    if packed & 0x80 == 0 {
        return Ok(None);
    }
    let colours = 2 << (packed & 7);
    let table = bytes.take(3 * colours, "a colour table is complete")?;
    Ok(Some(Palette {
        colours: table.as_chunks::<3>().0.to_vec(),
    }))
}

/// Reads up to the second image, if there is one.
pub(super) fn read(input: &mut Input<'_>) -> Result<Header> {
    walk(input, 2)
}

/// Reads all of a file that is held.
pub(super) fn read_whole(input: &mut Input<'_>) -> Result<Header> {
    walk(input, u32::MAX)
}

fn walk(input: &mut Input<'_>, most_frames: u32) -> Result<Header> {
    // Where looking ends: a first image of more data than this is taken for a still.
    let most = HEAD_BYTES.max(input.head_bytes().try_into().unwrap_or(usize::MAX)) as u64;
    let mut blocks = Blocks::new(Cursor::new(input, 0))?;
    let mut first: Option<(Frame, u64)> = None;
    'file: while let Some(block) = blocks.next()? {
        let Block::Frame(frame) = block else { continue };
        first.get_or_insert((frame, blocks.bytes.position()));
        if blocks.frames == most_frames {
            break;
        }
        while !blocks.data()?.is_empty() {
            if blocks.bytes.position() + 1024 > most {
                break 'file;
            }
        }
    }
    let Some((frame, metadata_bytes)) = first else {
        return Err(blocks.malformed("a file holds an image"));
    };
    let size = dimensions(blocks.screen.0, blocks.screen.1, 6)?;
    // An animation may leave parts of its screen bare at any time.
    let alpha = frame.transparent || frame.size != size || blocks.frames > 1;
    Ok(Header {
        format: SourceFormat::Gif,
        dimensions: size,
        orientation: Turn::NONE,
        colour: Colour::Rgb,
        alpha,
        bit_depth: 8,
        icc_bytes: 0,
        icc: None,
        frames: blocks.frames,
        copyright: Copyright::default(),
        coding: Coding::Gif {
            interlaced: frame.interlaced,
        },
        length: None,
        metadata_bytes,
        head_bytes: 0,
    })
}
