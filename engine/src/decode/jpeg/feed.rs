//! The file's bytes: markers and segments, as they arrive.

use std::io::Read;

use crate::{
    budget::zeroed,
    error::{Error, Result},
    input::Input,
};

/// Bytes read at a time.
pub(super) const BUFFER_BYTES: usize = 32 << 10;

/// Reads a file front to back through a small buffer.
pub(super) struct Feed<'a> {
    input: Input<'a>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes of the file before the buffer's first.
    before: u64,
}

impl<'a> Feed<'a> {
    pub(super) fn new(input: Input<'a>) -> Result<Self> {
        Ok(Self {
            input,
            buffer: zeroed(BUFFER_BYTES)?,
            start: 0,
            end: 0,
            before: 0,
        })
    }

    /// Where in the file the next byte is.
    pub(super) fn offset(&self) -> u64 {
        self.before + self.start as u64
    }

    pub(super) fn malformed(&self, rule: &'static str) -> Error {
        Error::Malformed {
            offset: self.offset(),
            rule,
        }
    }

    /// The bytes at hand, after reading some if there were none; empty at the
    /// file's end.
    pub(super) fn available(&mut self) -> Result<&[u8]> {
        if self.start == self.end {
            self.before += self.end as u64;
            self.start = 0;
            self.end = 0;
            self.end = self.input.read(&mut self.buffer).map_err(Error::Read)?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    /// Takes the first `count` of the bytes at hand.
    pub(super) fn consume(&mut self, count: usize) {
        self.start += count;
        debug_assert!(self.start <= self.end, "only what is at hand");
    }

    /// The next byte, `None` at the file's end.
    pub(super) fn byte(&mut self) -> Result<Option<u8>> {
        let byte = self.available()?.first().copied();
        self.consume(usize::from(byte.is_some()));
        Ok(byte)
    }

    /// The code of the next marker, `None` at the file's end. Bytes before it are
    /// passed over, as every decoder does, and so are fill bytes (T.81, B.1.1.2).
    pub(super) fn marker(&mut self) -> Result<Option<u8>> {
        loop {
            let available = self.available()?;
            if available.is_empty() {
                return Ok(None);
            }
            match memchr::memchr(0xff, available) {
                None => {
                    let count = available.len();
                    self.consume(count);
                }
                Some(at) => {
                    self.consume(at + 1);
                    if let Some(code) = self.code()? {
                        return Ok(Some(code));
                    }
                }
            }
        }
    }

    /// The code after a 0xFF; `None` if that was a stuffed byte or the file ends.
    pub(super) fn code(&mut self) -> Result<Option<u8>> {
        loop {
            match self.byte()? {
                Some(0xff) => {}
                Some(0) | None => return Ok(None),
                code => return Ok(code),
            }
        }
    }

    /// Reads the body of the segment whose marker was just read.
    pub(super) fn segment(&mut self, body: &mut Vec<u8>) -> Result<()> {
        let mut left = self.segment_length()?;
        body.clear();
        body.reserve_exact(left);
        while left > 0 {
            let available = self.available()?;
            let count = available.len().min(left);
            body.extend_from_slice(&available[..count]);
            self.take_of_segment(count, &mut left)?;
        }
        Ok(())
    }

    /// Passes over the segment whose marker was just read.
    pub(super) fn skip_segment(&mut self) -> Result<()> {
        let mut left = self.segment_length()?;
        while left > 0 {
            let count = self.available()?.len().min(left);
            self.take_of_segment(count, &mut left)?;
        }
        Ok(())
    }

    fn take_of_segment(&mut self, count: usize, left: &mut usize) -> Result<()> {
        if count == 0 {
            return Err(self.malformed("a segment is as long as it says"));
        }
        self.consume(count);
        *left -= count;
        Ok(())
    }

    fn segment_length(&mut self) -> Result<usize> {
        let mut length = 0;
        for _ in 0..2 {
            let byte = self.byte()?;
            let byte = byte.ok_or_else(|| self.malformed("a segment is as long as it says"))?;
            length = length << 8 | usize::from(byte);
        }
        length
            .checked_sub(2)
            .ok_or_else(|| self.malformed("a segment's length counts its own two bytes"))
    }
}
