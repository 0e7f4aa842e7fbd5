//! Who made an image and who holds the rights to it: all that is ever kept of a
//! source's metadata, and only on request.

use std::sync::Arc;

/// Bytes of UTF-8 that are kept of each text, **strict**; the rest is cut off.
const MOST_BYTES: usize = 2048;

/// Exif tags (Exif 2.32, 4.6.4).
pub(crate) const ARTIST: u16 = 0x013b;
pub(crate) const NOTICE: u16 = 0x8298;

/// What an image says of its makers. Clones share the texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Copyright {
    /// Who holds the rights: at most 2 KiB. As Exif has it, a NUL may part the
    /// photographer from the editor.
    pub notice: Option<Arc<str>>,
    /// Who made it: at most 2 KiB.
    pub artist: Option<Arc<str>>,
}

impl Copyright {
    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.notice.is_none() && self.artist.is_none()
    }

    /// Adds what `other` says where nothing was said yet.
    pub(crate) fn or(&mut self, other: Self) {
        self.notice = self.notice.take().or(other.notice);
        self.artist = self.artist.take().or(other.artist);
    }

    /// The least Exif block that says it, if anything is said: a TIFF structure of one directory (TIFF
    /// 6.0, section 2), its texts in UTF-8 as cameras and editors write them.
    pub(crate) fn exif(&self) -> Option<Vec<u8>> {
        if self.is_empty() {
            return None;
        }
        const ASCII: u16 = 2;
        // A directory is sorted by tag.
        let texts: Vec<_> = [(ARTIST, &self.artist), (NOTICE, &self.notice)]
            .into_iter()
            .filter_map(|(tag, text)| Some((tag, text.as_deref()?)))
            .collect();
        let mut tiff = b"MM\0*\0\0\0\x08".to_vec();
        tiff.extend([0, u8::try_from(texts.len()).expect("two at most")]);
        // Texts begin after the entries and the offset of a next directory, 0.
        let mut values = Vec::new();
        let start = tiff.len() + 12 * texts.len() + 4;
        let number = |value: usize| {
            let value = u32::try_from(value).expect("texts are short");
            value.to_be_bytes()
        };
        for (tag, text) in texts {
            tiff.extend(tag.to_be_bytes());
            tiff.extend(ASCII.to_be_bytes());
            // With its NUL; up to four bytes stand where the offset would.
            tiff.extend(number(text.len() + 1));
            if text.len() < 4 {
                let mut short = [0; 4];
                short[..text.len()].copy_from_slice(text.as_bytes());
                tiff.extend(short);
            } else {
                tiff.extend(number(start + values.len()));
                values.extend(text.as_bytes());
                values.push(0);
                // Values begin at even offsets.
                values.resize(values.len().next_multiple_of(2), 0);
            }
        }
        tiff.extend([0; 4]);
        tiff.extend(values);
        Some(tiff)
    }
}

/// A text as it stands in a file: UTF-8 if it can be, else Latin-1. `None` if it is
/// blank, which is how some cameras say nothing.
pub(crate) fn text(bytes: &[u8]) -> Option<Arc<str>> {
    // What lies beyond is not looked at; the cut may part a character's bytes.
    let looked_at = bytes.get(..MOST_BYTES + 4).unwrap_or(bytes);
    let text = match str::from_utf8(looked_at) {
        Ok(text) => text.to_owned(),
        Err(error) if error.error_len().is_none() && looked_at.len() < bytes.len() => {
            String::from_utf8_lossy(&looked_at[..error.valid_up_to()]).into_owned()
        }
        Err(_) => looked_at.iter().copied().map(char::from).collect(),
    };
    let text = &text[..text.floor_char_boundary(MOST_BYTES)];
    let text = text.trim_end_matches(|c: char| c == '\0' || c.is_whitespace());
    let blank = text.chars().all(|c| c == '\0' || c.is_whitespace());
    (!blank).then(|| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_as_tiff_says() {
        let copyright = Copyright {
            notice: text(b"(c) Ada"),
            artist: text(b"Ada"),
        };
        let expected = [
            &b"MM\0*\0\0\0\x08\0\x02"[..],
            b"\x01\x3b\0\x02\0\0\0\x04Ada\0",
            b"\x82\x98\0\x02\0\0\0\x08\0\0\0\x26",
            b"\0\0\0\0(c) Ada\0",
        ];
        assert_eq!(copyright.exif(), Some(expected.concat()));
    }

    #[test]
    fn texts_begin_at_even_offsets() {
        let copyright = Copyright {
            notice: text(b"2026 Lovelace"),
            artist: text(b"Lady"),
        };
        let expected = [
            &b"MM\0*\0\0\0\x08\0\x02"[..],
            b"\x01\x3b\0\x02\0\0\0\x05\0\0\0\x26",
            b"\x82\x98\0\x02\0\0\0\x0e\0\0\0\x2c",
            b"\0\0\0\0Lady\0\0",
            b"2026 Lovelace\0",
        ];
        assert_eq!(copyright.exif(), Some(expected.concat()));
    }

    #[test]
    fn blanks_say_nothing() {
        for blank in [&b""[..], b"\0", b"   \0\0", b" \0 \0"] {
            assert_eq!(text(blank), None);
        }
        assert_eq!(text(b"Ada \0\0").as_deref(), Some("Ada"));
        // No photographer, but an editor.
        assert_eq!(text(b" \0Ed\0").as_deref(), Some(" \0Ed"));
    }

    #[test]
    fn latin_1_becomes_utf_8_and_utf_8_stays() {
        assert_eq!(text(b"\xa9 Zo\xeb").as_deref(), Some("© Zoë"));
        assert_eq!(text(b"Zo\xeb").as_deref(), Some("Zoë"));
        assert_eq!(text("© Zoë".as_bytes()).as_deref(), Some("© Zoë"));
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        for (long, most) in [
            ("é".repeat(5000), 2048),
            (format!("a{}", "é".repeat(5000)), 2047),
        ] {
            let kept = text(long.as_bytes()).expect("not blank");
            assert_eq!(kept.len(), most);
            assert!(long.starts_with(&*kept));
        }
        assert_eq!(text(&[0xa9; 5000]).expect("not blank").len(), 2048);
    }
}
