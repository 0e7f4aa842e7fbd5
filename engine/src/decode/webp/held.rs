//! A WebP's picture and alpha, read piece by piece into a container of their own
//! (RFC 9649, 2.4 to 2.7) that holds nothing else.

use std::{io::Read, ops::Range, time::Duration};

use crate::{
    budget::out_of_memory,
    error::{Error, Result},
    header::WebpCoding,
    input::Input,
};

/// The bytes of the picture as they arrive.
pub(super) struct Held<'a> {
    input: Input<'a>,
    /// Made at its final size, so that it never moves.
    bytes: Vec<u8>,
    /// What is still to come, the next last.
    parts: Vec<Part>,
    /// Bytes of the file that were read.
    position: u64,
    /// Where the lossless data in `bytes` begins: the picture, or its alpha.
    lossless: Option<usize>,
}

/// A chunk that is taken over.
struct Part {
    name: &'static [u8; 4],
    /// What of its payload is still to come, in the file.
    rest: Range<u64>,
    begun: bool,
}

/// Bytes of a chunk's name and size, and of an extended header's payload.
const CHUNK_HEADER: u64 = 8;
const EXTENDED: u64 = 10;

/// Bytes of the container that holds all of the picture.
pub(super) fn bytes(coding: &WebpCoding) -> u64 {
    let chunk = |payload: u64| CHUNK_HEADER + payload.next_multiple_of(2);
    let alpha = coding.alpha.as_ref();
    let extended = alpha.map_or(0, |alpha| chunk(EXTENDED) + chunk(length(alpha)));
    chunk(4) + extended + chunk(length(&coding.image))
}

fn length(range: &Range<u64>) -> u64 {
    range.end - range.start
}

impl<'a> Held<'a> {
    /// Makes room; reads nothing.
    pub(super) fn new(
        (width, height): (u32, u32),
        coding: &WebpCoding,
        input: Input<'a>,
    ) -> Result<Self> {
        const ALPHA: u8 = 0x10;
        let all = bytes(coding);
        let room = usize::try_from(all).map_err(|_| out_of_memory(usize::MAX))?;
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(room)
            .map_err(|_| out_of_memory(room))?;
        bytes.extend(b"RIFF");
        bytes.extend(little(all - CHUNK_HEADER));
        bytes.extend(b"WEBP");
        let part = |name, range: &Range<u64>| Part {
            name,
            rest: range.clone(),
            begun: false,
        };
        let name = if coding.lossless { b"VP8L" } else { b"VP8 " };
        let mut parts = vec![part(name, &coding.image)];
        if let Some(alpha) = &coding.alpha {
            bytes.extend(b"VP8X");
            bytes.extend(little(EXTENDED));
            bytes.extend([ALPHA, 0, 0, 0]);
            bytes.extend(&(width - 1).to_le_bytes()[..3]);
            bytes.extend(&(height - 1).to_le_bytes()[..3]);
            parts.push(part(b"ALPH", alpha));
        }
        Ok(Self {
            input,
            bytes,
            parts,
            position: 0,
            lossless: None,
        })
    }

    /// What has been read.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What has been read of lossless data, from its transforms on: the picture's, or
    /// its alpha's. None if there is none, or none yet.
    pub(super) fn lossless(&self) -> Option<&[u8]> {
        /// A picture has its size before it (RFC 9649, 3.4); alpha, how it is coded (2.7.1.2).
        const SIZE: usize = 5;
        const METHOD: usize = 1;
        let data = self.bytes.get(self.lossless?..)?;
        match data.first()? {
            0x2f if self.bytes.get(12..16) == Some(b"VP8L") => data.get(SIZE..),
            method if method & 3 == 1 => data.get(METHOD..),
            _ => None,
        }
    }

    /// Whether that is all.
    pub(super) fn is_whole(&self) -> bool {
        self.parts.is_empty()
    }

    /// Bytes of the file that were read.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Ends a job that has no time left for a step like the last.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`].
    #[cfg_attr(
        not(feature = "libwebp"),
        expect(dead_code, reason = "only libwebp decodes in long steps")
    )]
    pub(super) fn admit(&self, step: Duration) -> Result<()> {
        self.input.admit(step)
    }

    /// Reads on by at most `most` bytes of the file, beside what is passed over.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if the file ends before, [`Error::Read`].
    pub(super) fn read(&mut self, most: usize) -> Result<()> {
        let Some(mut part) = self.parts.pop() else {
            return Ok(());
        };
        if !part.begun {
            self.pass_over(part.rest.start.saturating_sub(self.position))?;
            self.bytes.extend(part.name);
            self.bytes.extend(little(length(&part.rest)));
            part.begun = true;
            if part.name != b"VP8 " {
                self.lossless = Some(self.bytes.len());
            }
        }
        let count = usize::try_from(length(&part.rest)).map_or(most, |rest| rest.min(most));
        let start = self.bytes.len();
        self.bytes.resize(start + count, 0);
        let read = fill(&mut self.input, &mut self.bytes[start..])?;
        self.position += read as u64;
        if read < count {
            return Err(self.cut());
        }
        part.rest.start += count as u64;
        if !part.rest.is_empty() {
            self.parts.push(part);
        } else if self.bytes.len() % 2 == 1 {
            self.bytes.push(0);
        }
        Ok(())
    }

    fn pass_over(&mut self, mut count: u64) -> Result<()> {
        let mut buffer = [0; 4096];
        while count > 0 {
            let most = usize::try_from(count).map_or(buffer.len(), |count| count.min(buffer.len()));
            let read = fill(&mut self.input, &mut buffer[..most])?;
            self.position += read as u64;
            if read < most {
                return Err(self.cut());
            }
            count -= most as u64;
        }
        Ok(())
    }

    /// The error of a file that ends here.
    pub(super) fn cut(&self) -> Error {
        Error::Malformed {
            offset: self.position,
            rule: "the image data lasts to the end of the image",
        }
    }
}

/// Reads until the buffer is full or the input ends.
fn fill(input: &mut Input<'_>, buffer: &mut [u8]) -> Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]).map_err(Error::Read)? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

/// A size as chunks have it. What does not fit was refused with the header.
fn little(size: u64) -> [u8; 4] {
    u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes()
}
