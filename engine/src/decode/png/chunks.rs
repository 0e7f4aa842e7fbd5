//! The chunks of a file (PNG specification, section 5), up to and through the image data.
//!
//! Critical chunks and transparency are checked by their CRC; what else there is, an
//! animation included, is passed over unread. Bytes of image data are handed on as they
//! lie in the reader's buffer.

use std::io::{self, BufRead, BufReader, Read};

use crate::{
    error::{Error, Result},
    input::Input,
};

/// Bytes read from the input at a time.
pub(super) const READ_BYTES: usize = 32 << 10;

const SIGNATURE_BYTES: u64 = 8;

/// What the chunks before the image data say.
#[derive(Default)]
pub(super) struct Head {
    /// Colour type: 0, 2, 3, 4 or 6.
    pub(super) kind: u8,
    /// PLTE: three bytes a colour, at most 768.
    pub(super) palette: Option<Vec<u8>>,
    /// tRNS, at most 256 bytes; none if it cannot be right.
    pub(super) transparency: Option<Vec<u8>>,
}

/// The image data of a file, in pieces.
pub(super) struct Data<'a> {
    input: BufReader<Input<'a>>,
    position: u64,
    crc: crc32fast::Hasher,
    /// Bytes left of the current chunk.
    left: u32,
    over: bool,
}

impl<'a> Data<'a> {
    /// Reads the chunks before the image data.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`], [`Error::Read`].
    pub(super) fn open(input: Input<'a>) -> Result<(Head, Self)> {
        let mut data = Self {
            input: BufReader::with_capacity(READ_BYTES, input),
            position: 0,
            crc: crc32fast::Hasher::new(),
            left: 0,
            over: false,
        };
        data.skip(SIGNATURE_BYTES)?;
        let mut head = Head::default();
        for index in 0u64.. {
            let name = data.begin()?;
            match &name {
                b"IHDR" if index == 0 => head.kind = data.body(13..=13)?[9],
                _ if index == 0 => return Err(data.malformed("the first chunk is IHDR")),
                b"IDAT" => break,
                b"IEND" => return Err(data.malformed("image data comes before IEND")),
                b"PLTE" if head.palette.is_none() => head.palette = Some(data.body(3..=768)?),
                b"tRNS" if matches!(data.left, 1..=256) && head.transparency.is_none() => {
                    let follows = head.kind != 3 || head.palette.is_some();
                    head.transparency = Some(data.body(1..=256)?).filter(|_| follows);
                }
                // A small first letter says that it may be passed over.
                [first, ..] if first & 0x20 != 0 => data.skip(u64::from(data.left) + 4)?,
                _ => return Err(data.malformed("a critical chunk is known and comes once")),
            }
        }
        Ok((head, data))
    }

    /// The next bytes of image data, at least one; none after the last.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`], [`Error::Read`].
    pub(super) fn peek(&mut self) -> Result<&[u8]> {
        while self.left == 0 && !self.over {
            self.check()?;
            self.over = &self.begin()? != b"IDAT";
        }
        if self.over {
            return Ok(&[]);
        }
        let left = self.left as usize;
        let position = self.position;
        let bytes = self.input.fill_buf().map_err(Error::Read)?;
        if bytes.is_empty() {
            return Err(cut(position));
        }
        Ok(&bytes[..left.min(bytes.len())])
    }

    /// Takes the first `count` bytes of those that [`peek`](Self::peek) showed.
    pub(super) fn take(&mut self, count: usize) {
        self.crc.update(&self.input.buffer()[..count]);
        self.input.consume(count);
        self.position += count as u64;
        self.left -= u32::try_from(count).expect("no more than was left of a chunk");
    }

    /// An error here.
    pub(super) fn malformed(&self, rule: &'static str) -> Error {
        Error::Malformed {
            offset: self.position,
            rule,
        }
    }

    /// Begins a chunk: its name.
    fn begin(&mut self) -> Result<[u8; 4]> {
        self.left = u32::from_be_bytes(self.bytes()?);
        let name = self.bytes()?;
        self.crc = crc32fast::Hasher::new();
        self.crc.update(&name);
        Ok(name)
    }

    /// The rest of a chunk of a length in `lengths`.
    fn body(&mut self, lengths: std::ops::RangeInclusive<u32>) -> Result<Vec<u8>> {
        if !lengths.contains(&self.left) {
            return Err(self.malformed("a chunk is as long as its kind says"));
        }
        let mut body = vec![0; self.left as usize];
        self.fill(&mut body)?;
        self.crc.update(&body);
        self.check()?;
        Ok(body)
    }

    /// Ends a chunk whose bytes were taken.
    fn check(&mut self) -> Result<()> {
        let stored = u32::from_be_bytes(self.bytes()?);
        if self.crc.clone().finalize() != stored {
            return Err(self.malformed("a chunk's CRC is that of its bytes"));
        }
        Ok(())
    }

    fn skip(&mut self, count: u64) -> Result<()> {
        let skipped = io::copy(&mut (&mut self.input).take(count), &mut io::sink());
        let skipped = skipped.map_err(Error::Read)?;
        self.position += skipped;
        if skipped < count {
            return Err(cut(self.position));
        }
        Ok(())
    }

    fn bytes(&mut self) -> Result<[u8; 4]> {
        let mut bytes = [0; 4];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        match self.input.read_exact(bytes) {
            Ok(()) => {
                self.position += bytes.len() as u64;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(cut(self.position)),
            Err(error) => Err(Error::Read(error)),
        }
    }
}

fn cut(offset: u64) -> Error {
    Error::Malformed {
        offset,
        rule: "the file holds all its chunks",
    }
}
