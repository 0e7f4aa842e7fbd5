//! The entropy-coded data of a scan, a piece at a time, without its stuffing.
//!
//! A window holds at most 64 KB of it. Where less than the longest MCU is left,
//! the rest moves to the front and more is read; after the last byte before a
//! marker come zeros, so that a reader need not look for the end at every bit.

use super::{
    bits::{Bits, PADDING, Position},
    feed::Feed,
};
use crate::{
    budget::zeroed,
    error::{Error, Result},
};

/// Bytes of data a window holds.
const WINDOW_BYTES: usize = 64 << 10;

/// No MCU is longer: 10 blocks of 64 coefficients, each with a code of 16 bits
/// and 15 bits of its value (T.81, B.2.3 and F.1.2).
const LONGEST_MCU: usize = 10 * 64 * 31 / 8 + PADDING;

/// Zeros after the last byte: an MCU may begin up to a refill past it.
const TAIL: usize = LONGEST_MCU + 2 * PADDING;

/// What followed the data in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// More of it.
    None,
    /// A marker.
    Marker(u8),
    /// The file's end.
    File,
}

/// Data of one entropy-coded segment: between two markers.
pub(super) struct Window {
    data: Vec<u8>,
    length: usize,
    /// A reader past this byte has to come back.
    limit: usize,
    end: End,
    position: Position,
}

impl Window {
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            data: zeroed(WINDOW_BYTES + TAIL)?,
            length: 0,
            limit: 0,
            end: End::None,
            position: Position::default(),
        })
    }

    /// Bytes that it takes.
    pub(super) const BYTES: usize = WINDOW_BYTES + TAIL;

    /// Begins with the data that comes next in the file.
    pub(super) fn begin(&mut self, feed: &mut Feed<'_>) -> Result<()> {
        self.length = 0;
        self.end = End::None;
        self.position = Position::default();
        self.fill(feed)
    }

    /// A reader where the last one stopped.
    #[inline(always)]
    pub(super) fn bits(&self) -> Bits<'_> {
        Bits::new(&self.data, self.position)
    }

    /// Whether a reader may decode another MCU before coming back.
    #[inline(always)]
    pub(super) fn has_mcu(&self, bits: &Bits<'_>) -> bool {
        bits.at() <= self.limit
    }

    /// Notes where a reader stopped.
    pub(super) fn set_position(&mut self, position: Position) {
        self.position = position;
    }

    /// Makes another MCU ready after [`has_mcu`](Self::has_mcu) said no.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if there is no more.
    pub(super) fn more(&mut self, feed: &mut Feed<'_>) -> Result<()> {
        if self.end != End::None {
            return Err(cut(feed));
        }
        self.data.copy_within(self.position.at..self.length, 0);
        self.length -= self.position.at;
        self.position.at = 0;
        self.fill(feed)
    }

    /// Whether no more was read than there was.
    pub(super) fn check_end(&self, feed: &Feed<'_>) -> Result<()> {
        if self.end != End::None && self.position.consumed() > 8 * self.length {
            return Err(cut(feed));
        }
        Ok(())
    }

    /// Passes over what is left of the segment and returns the marker after it;
    /// `None` at the file's end.
    pub(super) fn finish(&mut self, feed: &mut Feed<'_>) -> Result<Option<u8>> {
        match self.end {
            End::None => feed.marker(),
            End::Marker(code) => Ok(Some(code)),
            End::File => Ok(None),
        }
    }

    /// The marker that ended the last segment, if it has not been taken.
    pub(super) fn take_marker(&mut self) -> Option<u8> {
        match std::mem::replace(&mut self.end, End::None) {
            End::Marker(code) => Some(code),
            End::None | End::File => None,
        }
    }

    /// Appends data until the window is full or the segment ends.
    fn fill(&mut self, feed: &mut Feed<'_>) -> Result<()> {
        while self.end == End::None && self.length < WINDOW_BYTES {
            let room = WINDOW_BYTES - self.length;
            let available = feed.available()?;
            if available.is_empty() {
                self.end = End::File;
                break;
            }
            let available = &available[..available.len().min(room)];
            let stuffed = memchr::memchr(0xff, available);
            let run = &available[..stuffed.unwrap_or(available.len())];
            self.data[self.length..self.length + run.len()].copy_from_slice(run);
            self.length += run.len();
            let run = run.len();
            feed.consume(run);
            if stuffed.is_some() {
                feed.consume(1);
                self.stuffed(feed)?;
            }
        }
        if self.end == End::None {
            self.limit = self.length - LONGEST_MCU;
        } else {
            // A reader is up to a refill ahead; past that it has read too much.
            self.limit = self.length + PADDING;
            self.data[self.length..self.length + TAIL].fill(0);
        }
        Ok(())
    }

    /// Decides what a 0xFF in the data means: itself, if 0 follows (T.81, F.1.2.3),
    /// else the end of the segment. Fill bytes may come before either.
    fn stuffed(&mut self, feed: &mut Feed<'_>) -> Result<()> {
        self.end = loop {
            match feed.byte()? {
                Some(0xff) => {}
                Some(0) => {
                    self.data[self.length] = 0xff;
                    self.length += 1;
                    break End::None;
                }
                Some(code) => break End::Marker(code),
                None => break End::File,
            }
        };
        Ok(())
    }
}

/// The error of a scan that ends too early.
pub(super) fn cut(feed: &Feed<'_>) -> Error {
    feed.malformed("the scan data lasts to the end of the image")
}
