//! The lines of a PNG as they were filtered: its image data inflated, some lines at a time.
//!
//! Inflating looks back over 32 KiB of what it made. Its window holds that and as much
//! again several times, so that moving to the window's front costs little.

use fdeflate::Decompressor;

use super::chunks::Data;
use crate::{
    budget::zeroed,
    error::{Error, Result},
};

/// How far back deflate refers (RFC 1951, section 2).
const LOOK_BACK: usize = 32 << 10;

/// What is inflated before the window moves, at least. With 128 KiB it moves a quarter of
/// the bytes, and stays in a core's own cache.
const FRESH_BYTES: usize = 128 << 10;

/// Inflated lines.
pub(super) struct Lines<'a> {
    data: Data<'a>,
    inflater: Box<Decompressor>,
    window: Vec<u8>,
    /// Bytes of the window that were handed on, and that are inflated.
    taken: usize,
    filled: usize,
    /// Bytes of the image still to be inflated. What the file holds beyond is not looked at.
    left: u64,
}

/// Bytes of the window for an image of `bytes`, its longest line of `longest`, all with
/// the filters' bytes.
pub(super) fn window_bytes(longest: u64, bytes: u64) -> u64 {
    let fresh = (FRESH_BYTES as u64).max(2 * longest);
    (LOOK_BACK as u64 + fresh).min(bytes)
}

impl<'a> Lines<'a> {
    /// Lines of `bytes` in all, through a window of [`window_bytes`].
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] if there is no memory for the window.
    pub(super) fn new(data: Data<'a>, window: u64, bytes: u64) -> Result<Self> {
        let window = usize::try_from(window).unwrap_or(usize::MAX);
        let mut inflater = Box::new(Decompressor::new());
        // The CRC covers the same bytes; other decoders pass over a wrong one too.
        inflater.ignore_adler32();
        Ok(Self {
            data,
            inflater,
            window: zeroed(window)?,
            taken: 0,
            filled: 0,
            left: bytes,
        })
    }

    /// The next lines of `len` bytes: at least one, at most `most`.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if they are not there, [`Error::Read`].
    pub(super) fn next(&mut self, len: usize, most: usize) -> Result<&[u8]> {
        if self.filled - self.taken < len * most.min(2) {
            self.inflate()?;
        }
        let count = ((self.filled - self.taken) / len).min(most);
        if count == 0 {
            return Err(self.data.malformed("the image data holds every row"));
        }
        let start = self.taken;
        self.taken += count * len;
        Ok(&self.window[start..self.taken])
    }

    /// An error here.
    pub(super) fn malformed(&self, rule: &'static str) -> Error {
        self.data.malformed(rule)
    }

    /// Fills the window, or inflates all there is.
    fn inflate(&mut self) -> Result<()> {
        let kept = self.taken.min(self.filled.saturating_sub(LOOK_BACK));
        self.window.copy_within(kept..self.filled, 0);
        self.taken -= kept;
        self.filled -= kept;
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let end = self.window.len().min(self.filled.saturating_add(left));
        let start = self.filled;
        while self.filled < end && !self.inflater.is_done() {
            let bytes = self.data.peek()?;
            let none = bytes.is_empty();
            let window = &mut self.window[..end];
            let done = self.inflater.read(bytes, window, self.filled, false);
            let Ok((read, made)) = done else {
                return Err(self.data.malformed("the image data is a zlib stream"));
            };
            self.data.take(read);
            self.filled += made;
            if none && made == 0 {
                break;
            }
        }
        self.left -= (self.filled - start) as u64;
        Ok(())
    }
}
