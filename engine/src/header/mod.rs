//! What a file claims about itself, read from its first bytes without decoding.
//! The magic bytes decide the format, never a name or a media type.

mod exif;
pub(crate) mod gif;
mod icc;
mod jpeg;
mod png;
pub(crate) mod webp_animation;

use crate::{
    colour::{self, Profile},
    error::{Error, Result},
    input::Input,
    pixels::{Colour, Dimensions},
    turn::Turn,
};

pub use icc::Icc;
pub use jpeg::{Component, JpegCoding};

/// Formats recognised by their first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SourceFormat {
    /// JPEG (ITU T.81).
    Jpeg,
    /// PNG (ISO/IEC 15948).
    Png,
    /// WebP (RFC 9649).
    Webp,
    /// GIF.
    Gif,
    /// AVIF.
    Avif,
    /// HEIC.
    Heic,
    /// TIFF.
    Tiff,
    /// Windows bitmap.
    Bmp,
    /// SVG.
    Svg,
    /// JPEG XL.
    Jxl,
}

impl SourceFormat {
    /// Its name, as printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Gif => "gif",
            Self::Avif => "avif",
            Self::Heic => "heic",
            Self::Tiff => "tiff",
            Self::Bmp => "bmp",
            Self::Svg => "svg",
            Self::Jxl => "jxl",
        }
    }

    /// Recognises a format by its first bytes (32 are enough for all but SVG,
    /// which is recognised by `<svg` or an XML declaration at its start).
    #[must_use]
    pub fn sniff(head: &[u8]) -> Option<Self> {
        let brand = (head.get(4..8) == Some(b"ftyp"))
            .then(|| head.get(8..12))
            .flatten();
        match brand {
            Some(b"avif" | b"avis") => return Some(Self::Avif),
            Some(b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1") => {
                return Some(Self::Heic);
            }
            _ => {}
        }
        if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
            return Some(Self::Webp);
        }
        let text = head.trim_ascii_start();
        [
            (&b"\xff\xd8\xff"[..], Self::Jpeg),
            (b"\x89PNG\r\n\x1a\n", Self::Png),
            (b"GIF8", Self::Gif),
            (b"II*\0", Self::Tiff),
            (b"MM\0*", Self::Tiff),
            (b"BM", Self::Bmp),
            (b"\xff\x0a", Self::Jxl),
            (b"\0\0\0\x0cJXL \r\n\x87\n", Self::Jxl),
        ]
        .into_iter()
        .find(|(magic, _)| head.starts_with(magic))
        .map(|(_, format)| format)
        .or_else(|| (text.starts_with(b"<svg") || text.starts_with(b"<?xml")).then_some(Self::Svg))
    }
}

/// What a file claims about itself. Nothing is allocated on its word alone:
/// [`plan`](crate::plan()) compares it with [`Limits`](crate::Limits) first.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Header {
    /// Format, from the magic bytes.
    pub format: SourceFormat,
    /// Size as stored, before any orientation is applied.
    pub dimensions: Dimensions,
    /// The turn that shows the image as its camera was held.
    pub orientation: Turn,
    /// Colour model of the decoded samples.
    pub colour: Colour,
    /// Whether there is an alpha channel; of an animation always, because its frames
    /// may leave parts of it bare.
    pub alpha: bool,
    /// Bits of a channel: 1, 2, 4, 8 or 16.
    pub bit_depth: u8,
    /// Bytes of an embedded ICC profile; 0 if there is none.
    pub icc_bytes: u32,
    /// The ICC profile itself.
    pub icc: Option<Icc>,
    /// Images in the file: 1, or those of an animation among the bytes looked at,
    /// which are all of them after [`probe_within`](crate::probe_within).
    pub frames: u32,
    /// What only this format has.
    pub coding: Coding,
    /// Bytes of the whole file, where the caller said so.
    pub length: Option<u64>,
    /// Bytes before the image's own data: thumbnails, profiles, descriptions.
    pub metadata_bytes: u64,
    /// Bytes looked at to learn all this; they stay in memory until decoded.
    pub head_bytes: u64,
}

/// How the samples are coded.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Coding {
    /// JPEG.
    Jpeg(JpegCoding),
    /// PNG.
    Png {
        /// Whether rows come in seven passes (Adam7).
        interlaced: bool,
        /// Whether samples are indices into a palette.
        palette: bool,
    },
    /// GIF.
    Gif {
        /// Whether the rows of the first image come in four passes.
        interlaced: bool,
    },
    /// An animated WebP.
    WebpAnimation {
        /// Bytes of the largest frame that was counted.
        frame_bytes: u32,
    },
}

impl Header {
    /// What would be done about the colour profile. Reads it: some 50 µs for one
    /// of a matrix, 10 ms for one of tables.
    #[must_use]
    pub fn profile(&self) -> Profile {
        colour::decide(self).0
    }
}

/// Reads what a file claims about itself. Nothing is consumed, so the same
/// input can be transformed afterwards.
///
/// # Errors
///
/// [`Error::Unsupported`] if it is no image, or none we decode;
/// [`Error::Malformed`] if the header breaks its format; [`Error::Read`].
pub fn probe(input: &mut Input<'_>) -> Result<Header> {
    let mut header = match SourceFormat::sniff(input.peek(64)?) {
        Some(SourceFormat::Jpeg) => jpeg::read(input)?,
        Some(SourceFormat::Png) => png::read(input)?,
        Some(SourceFormat::Webp) if webp_animation::is_animated(input)? => {
            webp_animation::read(input)?
        }
        Some(SourceFormat::Webp) => {
            return Err(Error::Unsupported("it is WebP, which is not read yet"));
        }
        Some(SourceFormat::Gif) => gif::read(input)?,
        Some(SourceFormat::Avif) => {
            return Err(Error::Unsupported("it is AVIF, which is not read yet"));
        }
        Some(SourceFormat::Heic) => {
            return Err(Error::Unsupported("it is HEIC, which is not read"));
        }
        Some(SourceFormat::Tiff) => {
            return Err(Error::Unsupported("it is TIFF, which is not read"));
        }
        Some(SourceFormat::Bmp) => {
            return Err(Error::Unsupported(
                "it is a bitmap (BMP), which is not read",
            ));
        }
        Some(SourceFormat::Svg) => return Err(Error::Unsupported("it is SVG, which is not read")),
        Some(SourceFormat::Jxl) => {
            return Err(Error::Unsupported("it is JPEG XL, which is not read"));
        }
        None if input.peek(1)?.is_empty() => {
            return Err(Error::Malformed {
                offset: 0,
                rule: "a file has bytes",
            });
        }
        None => return Err(Error::Unsupported("it is not an image of a known format")),
    };
    header.length = input.length();
    header.head_bytes = input.head_bytes();
    Ok(header)
}

/// Counts the frames of an animation that is held whole.
///
/// # Errors
///
/// As [`probe`].
pub(crate) fn count_frames(input: &mut Input<'_>, header: &mut Header) -> Result<()> {
    let whole = match header.coding {
        Coding::Gif { .. } => gif::read_whole(input)?,
        Coding::WebpAnimation { .. } => webp_animation::read_whole(input)?,
        _ => return Ok(()),
    };
    (header.frames, header.coding) = (whole.frames, whole.coding);
    Ok(())
}

/// A cursor over an input's first bytes that fetches more as it goes.
struct Cursor<'i, 'a> {
    input: &'i mut Input<'a>,
    position: usize,
}

impl<'i, 'a> Cursor<'i, 'a> {
    fn new(input: &'i mut Input<'a>, position: usize) -> Self {
        Self { input, position }
    }

    fn malformed(&self, rule: &'static str) -> Error {
        Error::Malformed {
            offset: self.position as u64,
            rule,
        }
    }

    /// Takes the next `len` bytes; `rule` says what is broken if they are missing.
    fn take(&mut self, len: usize, rule: &'static str) -> Result<&[u8]> {
        let start = self.position;
        let available = self.input.peek(start + len)?.len();
        if available < start + len {
            return Err(Error::Malformed {
                offset: available as u64,
                rule,
            });
        }
        self.position += len;
        Ok(&self.input.peek(start + len)?[start..])
    }
}

fn dimensions(width: u32, height: u32, offset: u64) -> Result<Dimensions> {
    if width == 0 || height == 0 {
        return Err(Error::Malformed {
            offset,
            rule: "width and height are at least 1",
        });
    }
    Ok(Dimensions { width, height })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magic_bytes_name_every_format() {
        for (head, format) in [
            (&b"\xff\xd8\xff\xe0"[..], SourceFormat::Jpeg),
            (b"\x89PNG\r\n\x1a\n", SourceFormat::Png),
            (b"RIFF\x10\0\0\0WEBPVP8 ", SourceFormat::Webp),
            (b"GIF89a", SourceFormat::Gif),
            (b"\0\0\0\x1cftypavif", SourceFormat::Avif),
            (b"\0\0\0\x1cftypheic", SourceFormat::Heic),
            (b"II*\0", SourceFormat::Tiff),
            (b"BM", SourceFormat::Bmp),
            (b"\n<svg xmlns", SourceFormat::Svg),
            (b"\xff\x0a", SourceFormat::Jxl),
        ] {
            assert_eq!(SourceFormat::sniff(head), Some(format));
        }
        assert_eq!(SourceFormat::sniff(b"hello, this is text"), None);
    }
}
