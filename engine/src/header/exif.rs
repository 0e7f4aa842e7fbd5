//! The orientation and the copyright out of an EXIF block, and nothing else of it.
//! Metadata never spoils an image: what is missing or broken says nothing.

use crate::{
    copyright::{self, Copyright},
    turn::Turn,
};

/// Finds the orientation in a TIFF structure (Exif 2.32, 4.5 and 4.6).
pub(super) fn orientation(tiff: &[u8]) -> Turn {
    const ORIENTATION: u16 = 274;
    const SHORT: u16 = 3;
    let found = Tiff::new(tiff).and_then(|tiff| {
        let entry = tiff.entry(ORIENTATION, |kind| kind == SHORT)?;
        Turn::from_exif(tiff.short(entry + 8)?)
    });
    found.unwrap_or(Turn::NONE)
}

/// Finds who made the image and who holds its rights.
pub(super) fn copyright(tiff: &[u8]) -> Copyright {
    let text = |tag| copyright::text(Tiff::new(tiff)?.text(tag)?);
    Copyright {
        notice: text(copyright::NOTICE),
        artist: text(copyright::ARTIST),
    }
}

/// A TIFF structure, of which only the first directory is looked at.
struct Tiff<'a> {
    bytes: &'a [u8],
    little: bool,
}

impl<'a> Tiff<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let little = match bytes.get(..4)? {
            b"II*\0" => true,
            b"MM\0*" => false,
            _ => return None,
        };
        Some(Self { bytes, little })
    }

    fn short(&self, at: usize) -> Option<u16> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.little {
            u16::from_le_bytes(bytes)
        } else {
            u16::from_be_bytes(bytes)
        })
    }

    fn long(&self, at: usize) -> Option<usize> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        let value = if self.little {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        };
        usize::try_from(value).ok()
    }

    /// Where the first entry of this tag and a fitting type is.
    fn entry(&self, tag: u16, fits: impl Fn(u16) -> bool) -> Option<usize> {
        let directory = self.long(4)?;
        // The count is 16 bits, so the walk is bounded; entries are 12 bytes.
        (0..usize::from(self.short(directory)?))
            .filter_map(|i| directory.checked_add(2 + 12 * i))
            .find(|&entry| {
                self.short(entry) == Some(tag) && self.short(entry + 2).is_some_and(&fits)
            })
    }

    /// The bytes of a text.
    fn text(&self, tag: u16) -> Option<&'a [u8]> {
        // ASCII, which all sorts of text are called, and UTF-8 since Exif 3.0.
        let entry = self.entry(tag, |kind| matches!(kind, 2 | 129))?;
        let length = self.long(entry + 4)?;
        // Up to four bytes stand where the offset would.
        let start = if length <= 4 {
            entry + 8
        } else {
            self.long(entry + 8)?
        };
        self.bytes.get(start..)?.get(..length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(tag: u16, value: u16) -> Vec<u8> {
        let mut tiff = b"MM\0*\0\0\0\x08\0\x01".to_vec();
        tiff.extend(tag.to_be_bytes());
        tiff.extend([0, 3, 0, 0, 0, 1]);
        tiff.extend(value.to_be_bytes());
        tiff.extend([0; 6]);
        tiff
    }

    #[test]
    fn the_orientation_tag_is_found() {
        assert_eq!(orientation(&block(274, 6)).exif(), 6);
    }

    #[test]
    fn other_tags_and_values_mean_upright() {
        for tiff in [block(275, 6), block(274, 0), block(274, 9)] {
            assert_eq!(orientation(&tiff), Turn::NONE);
        }
    }

    #[test]
    fn texts_are_found_in_either_byte_order() {
        let big = b"MM\0*\0\0\0\x08\0\x02\
            \x01\x3b\0\x02\0\0\0\x04Ada\0\
            \x82\x98\0\x02\0\0\0\x08\0\0\0\x26\0\0\0\0(c) Ada\0";
        let little = b"II*\0\x08\0\0\0\x02\0\
            \x3b\x01\x81\0\x04\0\0\0Ada\0\
            \x98\x82\x02\0\x08\0\0\0\x26\0\0\0\0\0\0\0(c) Ada\0";
        for tiff in [big, little] {
            let found = copyright(tiff);
            assert_eq!(found.artist.as_deref(), Some("Ada"));
            assert_eq!(found.notice.as_deref(), Some("(c) Ada"));
        }
    }

    #[test]
    fn a_text_beyond_the_block_says_nothing() {
        for place in [*b"\0\0\0\x1b", [0xff; 4]] {
            let start = b"MM\0*\0\0\0\x08\0\x01\x82\x98\0\x02\0\0\0\x08";
            let tiff = [&start[..], &place, b"\0\0\0\0(c) Ada\0"].concat();
            assert!(copyright(&tiff).is_empty());
        }
    }

    #[test]
    fn a_block_cut_anywhere_never_panics() {
        let whole = block(274, 6);
        for len in 0..whole.len() {
            let _ = orientation(&whole[..len]);
            let _ = copyright(&whole[..len]);
        }
        // A directory beyond the end of any address.
        assert_eq!(orientation(b"II*\0\xff\xff\xff\xff"), Turn::NONE);
        assert!(copyright(b"II*\0\xff\xff\xff\xff").is_empty());
    }
}
