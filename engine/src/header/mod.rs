//! What a file claims about itself, read from its first bytes without decoding.
//! The magic bytes decide the format, never a name or a media type.

pub(crate) mod avif;
mod exif;
pub(crate) mod gif;
mod icc;
mod isobmff;
mod jpeg;
mod png;
mod webp;
pub(crate) mod webp_animation;

use std::sync::Arc;

use crate::{
    colour::{self, Profile},
    copyright::Copyright,
    error::{Error, Result},
    input::Input,
    pixels::{Colour, Dimensions},
    turn::Turn,
};

pub use avif::AvifCoding;
pub use icc::Icc;
pub use jpeg::{Component, JpegCoding};
pub use webp::WebpCoding;

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

    /// Recognises a format by its first bytes: 32 are enough for all but SVG, which
    /// is recognised by `<svg` or an XML declaration at its start, and 64 for an
    /// AVIF that calls itself a general image file first.
    #[must_use]
    pub fn sniff(head: &[u8]) -> Option<Self> {
        if let Some(format) = Self::of_brands(head) {
            return Some(format);
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

    /// The format that an `ftyp` box names: the major brand decides, unless it says
    /// only that there are images; then the compatible ones do (23008-12, 10.2).
    fn of_brands(head: &[u8]) -> Option<Self> {
        let (length, rest) = head.split_first_chunk::<4>()?;
        let brands = rest.strip_prefix(b"ftyp")?;
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let brands = &brands[..brands.len().min(length.saturating_sub(8))];
        let (brands, _) = brands.as_chunks::<4>();
        match brands.first()? {
            b"avif" | b"avis" => Some(Self::Avif),
            b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" => Some(Self::Heic),
            // After the major brand comes its version.
            b"mif1" | b"msf1" | b"miaf" => {
                Some(match brands.iter().skip(2).any(|brand| brand == b"avif") {
                    true => Self::Avif,
                    false => Self::Heic,
                })
            }
            _ => None,
        }
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
    /// Bits of a channel: 1, 2, 4, 8, 10, 12 or 16.
    pub bit_depth: u8,
    /// Bytes of an embedded ICC profile; 0 if there is none.
    pub icc_bytes: u32,
    /// The ICC profile itself.
    pub icc: Option<Icc>,
    /// Images in the file: 1, or those of an animation among the bytes looked at,
    /// which are all of them after [`probe_within`](crate::probe_within).
    pub frames: u32,
    /// Who made it and who holds its rights, as far as it says before its image data.
    pub copyright: Copyright,
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
        /// Whether transparency is kept beside the samples (tRNS), not among them.
        keyed: bool,
        /// What it says of its colours where that is no profile: a cICP chunk, or
        /// gAMA and cHRM chunks without any other.
        described: Option<Described>,
    },
    /// WebP.
    Webp(WebpCoding),
    /// AVIF. Clones share it.
    Avif(Arc<AvifCoding>),
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

/// What numbers say of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Described {
    /// Code points (ITU-T H.273, tables 2 and 3).
    Cicp {
        /// Which red, green, blue and white are meant.
        primaries: u8,
        /// Which curve.
        transfer: u8,
    },
    /// An exponent and places in CIE's diagram, as PNG has them; what is missing is
    /// sRGB's.
    Chromaticities {
        /// The exponent from light to levels, in 1/100000.
        gamma: Option<u32>,
        /// x and y of white, red, green and blue, in 1/100000.
        chromaticities: Option<[[u32; 2]; 4]>,
    },
}

impl Header {
    /// Whether it says that the image is drawn and has flat parts: PNG with a palette,
    /// GIF, and lossless WebP, which a photograph may be too.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        match &self.coding {
            Coding::Png { palette, .. } => *palette,
            Coding::Webp(coding) => coding.lossless,
            Coding::Gif { .. } => true,
            Coding::Jpeg(_) | Coding::Avif(_) | Coding::WebpAnimation { .. } => false,
        }
    }

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
        Some(SourceFormat::Webp) => webp::read(input)?,
        Some(SourceFormat::Gif) => gif::read(input)?,
        Some(SourceFormat::Avif) => avif::read(input)?,
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
