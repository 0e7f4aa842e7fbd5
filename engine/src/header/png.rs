//! PNG chunks up to the image data (PNG specification, third edition, section 5).

use super::{Coding, Cursor, Described, Header, SourceFormat, dimensions, exif, icc::Icc};
use crate::{
    copyright::{self, Copyright},
    error::{Error, Result},
    input::Input,
    pixels::Colour,
    turn::Turn,
};

pub(super) fn read(input: &mut Input<'_>) -> Result<Header> {
    const CUT: &str = "chunks run up to the image data";
    let mut cursor = Cursor::new(input, 8);
    let ihdr = cursor.take(25, "the first chunk is IHDR")?;
    let (Some(b"\0\0\0\x0dIHDR"), [depth, kind, 0, 0, interlace @ (0 | 1)]) =
        (ihdr.first_chunk::<8>(), &ihdr[16..21])
    else {
        return Err(Error::Malformed {
            offset: 8,
            rule: "the first chunk is IHDR, with known methods",
        });
    };
    let number =
        |at: usize| u32::from_be_bytes([ihdr[at], ihdr[at + 1], ihdr[at + 2], ihdr[at + 3]]);
    let (width, height) = (number(8), number(12));
    let (bit_depth, interlaced) = (*depth, *interlace == 1);
    let (colour, mut alpha, palette) = match (*kind, bit_depth) {
        (0, 1 | 2 | 4 | 8 | 16) => (Colour::Grey, false, false),
        (2, 8 | 16) => (Colour::Rgb, false, false),
        (3, 1 | 2 | 4 | 8) => (Colour::Rgb, false, true),
        (4, 8 | 16) => (Colour::Grey, true, false),
        (6, 8 | 16) => (Colour::Rgb, true, false),
        _ => {
            return Err(Error::Malformed {
                offset: 24,
                rule: "colour type and bit depth are one of fifteen pairs",
            });
        }
    };
    let mut orientation = Turn::NONE;
    let (mut icc_bytes, mut icc) = (0, None);
    let mut copyright = Copyright::default();
    let stores_alpha = alpha;
    let mut numbers = Numbers::default();
    loop {
        let start = cursor.take(8, CUT)?;
        let length = u32::from_be_bytes([start[0], start[1], start[2], start[3]]);
        let name = [start[4], start[5], start[6], start[7]];
        match &name {
            b"IDAT" => break,
            b"IEND" => return Err(cursor.malformed("image data comes before IEND")),
            _ => {}
        }
        if length > i32::MAX.unsigned_abs() {
            return Err(cursor.malformed("a chunk's length is below 2^31"));
        }
        let body = cursor.take(length as usize, CUT)?;
        match &name {
            b"tRNS" => alpha = true,
            b"eXIf" => {
                orientation = exif::orientation(body);
                copyright.or(exif::copyright(body));
            }
            b"tEXt" | b"iTXt" => copyright.or(said(name, body)),
            b"iCCP" => (icc_bytes, icc) = (length, Some(Icc::of_png(body))),
            _ => numbers.read(name, body),
        }
        cursor.take(4, CUT)?;
    }
    let described = numbers.described(icc.is_some());
    Ok(Header {
        format: SourceFormat::Png,
        dimensions: dimensions(width, height, 16)?,
        orientation,
        colour,
        alpha,
        bit_depth,
        icc_bytes,
        icc,
        frames: 1,
        copyright,
        coding: Coding::Png {
            interlaced,
            palette,
            keyed: alpha && !stores_alpha,
            described,
        },
        length: None,
        metadata_bytes: cursor.position as u64,
        head_bytes: 0,
    })
}

/// What a tEXt or iTXt chunk says of an image's makers (PNG, third edition, 11.3.3.2
/// and 11.3.3.4): a keyword, a NUL and a text. One that is compressed is passed over.
fn said(name: [u8; 4], body: &[u8]) -> Copyright {
    let text = |keyword: &[u8]| {
        let mut text = body.strip_prefix(keyword)?.strip_prefix(b"\0")?;
        if name == *b"iTXt" {
            // Not compressed; a language and the keyword in it, each ending in a NUL.
            text = text.strip_prefix(b"\0\0")?;
            text = text.splitn(3, |&byte| byte == 0).nth(2)?;
        }
        copyright::text(text)
    };
    Copyright {
        notice: text(b"Copyright"),
        artist: text(b"Author"),
    }
}

/// The chunks that say in numbers what the colours are (11.3.2).
#[derive(Default)]
struct Numbers {
    cicp: Option<Described>,
    is_srgb: bool,
    gamma: Option<u32>,
    chromaticities: Option<[[u32; 2]; 4]>,
}

impl Numbers {
    fn read(&mut self, name: [u8; 4], body: &[u8]) {
        let number = |bytes: &[u8; 4]| u32::from_be_bytes(*bytes);
        match (&name, body) {
            // RGB, in full range: nothing else is of use in PNG.
            (b"cICP", &[primaries, transfer, 0, 1]) => {
                self.cicp = Some(Described::Cicp {
                    primaries,
                    transfer,
                });
            }
            (b"sRGB", _) => self.is_srgb = true,
            (b"gAMA", body) => {
                let gamma = body.first_chunk().map(number);
                self.gamma = gamma.filter(|&gamma| gamma > 0);
            }
            (b"cHRM", body) => {
                if let [white, red, green, blue] = body.as_chunks::<8>().0 {
                    let point = |bytes: &[u8; 8]| {
                        let [x, y, ..] = bytes.as_chunks::<4>().0 else {
                            return [0; 2];
                        };
                        [number(x), number(y)]
                    };
                    self.chromaticities = Some([white, red, green, blue].map(point));
                }
            }
            _ => {}
        }
    }

    /// What counts of them: cICP before a profile, that before sRGB, and that before
    /// the rest (4.3).
    fn described(self, has_profile: bool) -> Option<Described> {
        let is_told = has_profile || self.is_srgb;
        let says_more = self.gamma.is_some() || self.chromaticities.is_some();
        self.cicp.or(
            (says_more && !is_told).then_some(Described::Chromaticities {
                gamma: self.gamma,
                chromaticities: self.chromaticities,
            }),
        )
    }
}
