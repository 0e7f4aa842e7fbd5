//! Boxes (ISO/IEC 14496-12, 4.2): lengths, kinds and fields, read within bounds.
//!
//! Nothing here trusts a number: a box ends within its parent, a field within its
//! box, and whoever breaks that is told where.

use crate::error::{Error, Result};

/// A box's four letters.
pub(super) type Kind = [u8; 4];

/// The fields of a box, taken from the front.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a> {
    bytes: &'a [u8],
    /// Where in the file they begin.
    offset: u64,
}

impl<'a> Fields<'a> {
    /// Fields in `bytes`, which begin at `offset` of the file.
    pub(super) fn new(bytes: &'a [u8], offset: u64) -> Self {
        Self { bytes, offset }
    }

    /// Where in the file the next field begins.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn malformed(&self, rule: &'static str) -> Error {
        Error::Malformed {
            offset: self.offset,
            rule,
        }
    }

    /// Everything that is left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let Some((taken, rest)) = self.bytes.split_at_checked(len) else {
            return Err(self.malformed("a box holds all its fields"));
        };
        self.bytes = rest;
        self.offset += len as u64;
        Ok(taken)
    }

    /// An unsigned number of 0 to 8 bytes.
    pub(super) fn number(&mut self, bytes: usize) -> Result<u64> {
        let taken = self.take(bytes)?;
        Ok(taken
            .iter()
            .fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
    }

    pub(super) fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn short(&mut self) -> Result<u16> {
        let bytes = self.take(2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    pub(super) fn long(&mut self) -> Result<u32> {
        let bytes = self.take(4)?;
        Ok(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// The four letters of a kind.
    pub(super) fn kind(&mut self) -> Result<Kind> {
        let bytes = self.take(4)?;
        Ok([bytes[0], bytes[1], bytes[2], bytes[3]])
    }

    /// The version and flags of a full box (14496-12, 4.2.2).
    pub(super) fn version(&mut self) -> Result<(u8, u32)> {
        let both = self.long()?;
        Ok((both.to_be_bytes()[0], both & 0xff_ffff))
    }

    /// The number of an item or of items, which is longer from some version on.
    pub(super) fn count(&mut self, is_long: bool) -> Result<u32> {
        if is_long {
            self.long()
        } else {
            Ok(self.short()?.into())
        }
    }

    /// The next of the boxes that these fields are; `None` after the last.
    pub(super) fn next_box(&mut self) -> Result<Option<(Kind, Self)>> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let parent = *self;
        let head = BoxHead::read(self)?;
        let length = match head.length {
            // To the end of what holds it; at the end of a file, really.
            None => self.bytes.len(),
            Some(length) => usize::try_from(length).unwrap_or(usize::MAX),
        };
        let start = self.offset;
        if length > self.bytes.len() {
            return Err(parent.malformed("a box ends within what holds it"));
        }
        Ok(Some((head.kind, Self::new(self.take(length)?, start))))
    }
}

/// What precedes the fields of a box.
pub(super) struct BoxHead {
    pub(super) kind: Kind,
    /// Bytes of its fields; `None` for a box that lasts as long as what holds it.
    pub(super) length: Option<u64>,
}

impl BoxHead {
    /// The most bytes that it takes.
    pub(super) const MOST_BYTES: usize = 16;

    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self> {
        const RULE: &str = "a box is as long as its own head at least";
        let start = *fields;
        let length = fields.long()?;
        let kind = fields.kind()?;
        let length = match length {
            0 => None,
            1 => Some(fields.number(8)?.checked_sub(16)),
            short => Some(u64::from(short).checked_sub(8)),
        };
        match length {
            None => Ok(Self { kind, length: None }),
            Some(None) => Err(start.malformed(RULE)),
            Some(length) => Ok(Self { kind, length }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_follow_one_another_and_the_last_may_leave_its_length_open() {
        let bytes = b"\0\0\0\x0aabcd12\0\0\0\x01long\0\0\0\0\0\0\0\x113\0\0\0\0open45";
        let mut fields = Fields::new(bytes, 100);
        for (kind, body, offset) in [
            (b"abcd", &b"12"[..], 108),
            (b"long", b"3", 126),
            (b"open", b"45", 135),
        ] {
            let (found, inner) = fields.next_box().expect("sound").expect("a box");
            assert_eq!((&found, inner.rest(), inner.offset()), (kind, body, offset));
        }
        assert!(fields.next_box().expect("sound").is_none());
    }

    #[test]
    fn a_box_that_is_shorter_than_its_head_or_longer_than_its_parent_is_refused() {
        for bytes in [
            &b"\0\0\0\x07abcd"[..],
            b"\0\0\0\x09abcd",
            b"\0\0\0\x01abcd\0\0\0\0\0\0\0\x0f",
            b"\0\0\0\x01abcd\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\0\0\0",
        ] {
            assert!(matches!(
                Fields::new(bytes, 0).next_box(),
                Err(Error::Malformed { .. })
            ));
        }
    }
}
