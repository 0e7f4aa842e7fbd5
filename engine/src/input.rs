//! The source's bytes as they arrive: a reader whose first bytes can be looked
//! at, as often as needed, before they are taken.

use std::{
    io::{self, Read},
    time::Duration,
};

use crate::{
    budget::{Budget, out_of_memory},
    error::{Error, Resource, Result},
    stages::{Clock, Stage},
};

/// The most bytes [`Input::peek`] holds: a header that has not said how large
/// the image is by then is refused. Phones write some 100 KB before it; retouched
/// photographs with 7 MB of extended XMP exist.
pub(crate) const HEAD_BYTES: usize = 16 << 20;

/// A source of bytes, in any pieces.
pub struct Input<'a> {
    reader: &'a mut dyn Read,
    length: Option<u64>,
    head: Vec<u8>,
    taken: usize,
    clock: Clock,
    budget: Option<Budget>,
}

impl<'a> Input<'a> {
    /// Wraps a reader. Its length is not known.
    pub fn new(reader: &'a mut dyn Read) -> Self {
        Self {
            reader,
            length: None,
            head: Vec::new(),
            taken: 0,
            clock: Clock::default(),
            budget: None,
        }
    }

    /// Says how many bytes the reader holds (a file's size, a Content-Length).
    ///
    /// Only planning uses it: an arithmetic-coded JPEG and an animation are held whole, and
    /// read before they are planned. A file that is longer than was said
    /// is read as long as it fits the limits.
    #[must_use]
    pub fn with_length(mut self, bytes: u64) -> Self {
        self.length = Some(bytes);
        self
    }

    pub(crate) fn length(&self) -> Option<u64> {
        self.length
    }

    /// Bytes looked at and not yet taken.
    pub(crate) fn head_bytes(&self) -> u64 {
        self.head.len() as u64
    }

    /// Reads everything, so that the length is known; `allowed` is the most.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] if there is more, [`Error::Read`].
    pub(crate) fn hold_whole(&mut self, allowed: u64) -> Result<u64> {
        let _timed = self.clock.enter(Stage::Read);
        let missing = self.length.unwrap_or(0).min(allowed);
        let missing = missing.saturating_sub(self.head_bytes());
        let missing = usize::try_from(missing).unwrap_or(usize::MAX);
        self.head
            .try_reserve_exact(missing)
            .map_err(|_| out_of_memory(missing))?;
        let left = allowed.saturating_sub(self.head_bytes());
        (&mut *self.reader)
            .take(left.saturating_add(1))
            .read_to_end(&mut self.head)
            .map_err(Error::Read)?;
        let length = self.head_bytes();
        if length > allowed {
            return Err(Error::TooLarge {
                resource: Resource::Memory,
                needed: length,
                allowed,
            });
        }
        Ok(length)
    }

    /// Takes everything that is left.
    ///
    /// # Errors
    ///
    /// As [`hold_whole`](Self::hold_whole).
    pub(crate) fn into_whole(mut self, allowed: u64) -> Result<Vec<u8>> {
        self.hold_whole(allowed)?;
        Ok(self.head)
    }

    pub(crate) fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
    }

    /// Makes reading fail once the time is up.
    pub(crate) fn set_budget(&mut self, budget: Budget) {
        self.budget = Some(budget);
    }

    /// Ends a job that has not as much time left as its next step will take.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`].
    pub(crate) fn admit(&self, step: Duration) -> Result<()> {
        match &self.budget {
            Some(budget) if budget.left().is_some_and(|left| left < step) => Err(Error::TimedOut {
                late_by: Duration::ZERO,
            }),
            _ => Ok(()),
        }
    }

    /// Returns the first `len` bytes, or all there are if they are fewer.
    /// Nothing is consumed.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] if the reader fails, [`Error::Unsupported`] beyond [`HEAD_BYTES`]
    /// unless more is held.
    pub(crate) fn peek(&mut self, len: usize) -> Result<&[u8]> {
        if len > HEAD_BYTES.max(self.head.len()) {
            return Err(Error::Unsupported(
                "more than 16 MiB of metadata before the image",
            ));
        }
        if self.head.len() < len {
            let _timed = self.clock.enter(Stage::Read);
            // Half as much again, so that a parser that asks for a few bytes
            // more does not cost a system call and a copy each time.
            let want = len.max(self.head.len() * 3 / 2).next_multiple_of(4096);
            let missing = want.min(HEAD_BYTES) - self.head.len();
            self.head
                .try_reserve_exact(missing)
                .map_err(|_| out_of_memory(missing))?;
            (&mut *self.reader)
                .take(missing as u64)
                .read_to_end(&mut self.head)
                .map_err(Error::Read)?;
        }
        Ok(&self.head[..len.min(self.head.len())])
    }
}

impl Read for Input<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let waiting = &self.head[self.taken..];
        let count = if waiting.is_empty() {
            self.head = Vec::new();
            self.taken = 0;
            let _timed = self.clock.enter(Stage::Read);
            if let Some(budget) = &self.budget
                && budget.check().is_err()
            {
                return Err(io::ErrorKind::TimedOut.into());
            }
            loop {
                match self.reader.read(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    // A decoder would take it for the file's own end.
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                        return Err(io::Error::other(error));
                    }
                    done => break done?,
                }
            }
        } else {
            let count = waiting.len().min(buffer.len());
            buffer[..count].copy_from_slice(&waiting[..count]);
            self.taken += count;
            count
        };
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peeked_bytes_are_read_again() {
        let mut bytes: &[u8] = b"abcdef";
        let mut input = Input::new(&mut bytes);
        assert_eq!(input.peek(3).expect("in memory"), b"abc");
        let mut all = String::new();
        input.read_to_string(&mut all).expect("in memory");
        assert_eq!(all, "abcdef");
    }

    #[test]
    fn peeking_past_the_end_returns_what_there_is() {
        let mut bytes: &[u8] = b"abc";
        assert_eq!(Input::new(&mut bytes).peek(10).expect("in memory"), b"abc");
    }

    #[test]
    fn a_header_without_end_is_refused() {
        let mut endless = io::repeat(0);
        let mut input = Input::new(&mut endless);
        assert!(matches!(
            input.peek(HEAD_BYTES + 1),
            Err(Error::Unsupported(_))
        ));
    }
}
