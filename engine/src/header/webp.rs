//! WebP chunks up to the image data, and behind it only where there is EXIF
//! (RFC 9649, sections 2.3 to 2.7).

use std::ops::Range;

use super::{Coding, Cursor, Header, SourceFormat, dimensions, exif, icc::Icc};
use crate::{
    copyright::Copyright,
    error::{Error, Result},
    input::{HEAD_BYTES, Input},
    pixels::{Colour, Dimensions},
    turn::Turn,
};

/// How a WebP is coded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebpCoding {
    /// Whether it is VP8L; else it is VP8.
    pub lossless: bool,
    /// Where the ALPH chunk's payload lies in the file.
    pub(crate) alpha: Option<Range<u64>>,
    /// Where the payload of the VP8 or VP8L chunk lies; empty in an animation.
    pub(crate) image: Range<u64>,
}

/// Bytes of a chunk's name and size.
const CHUNK_HEADER: usize = 8;

/// Flags of the extended header (2.7.1).
const EXIF: u8 = 0x08;

const CUT: &str = "chunks run up to the image data";

/// A chunk's name and where its payload lies.
struct Chunk {
    name: [u8; 4],
    payload: Range<usize>,
}

impl Chunk {
    /// Where the next chunk begins: payloads of odd length are padded.
    fn next(&self) -> usize {
        self.payload.end + self.payload.len() % 2
    }
}

/// What the image chunk says.
struct Image {
    size: Dimensions,
    alpha: bool,
}

pub(super) fn read(input: &mut Input<'_>) -> Result<Header> {
    let mut cursor = Cursor::new(input, 4);
    let size = number(cursor.take(8, CUT)?);
    // The name WEBP is counted, and was looked at before.
    let end = (size as usize).saturating_add(8);
    let mut chunk = next_chunk(&mut cursor, end)?;
    let mut canvas = None;
    let (mut icc_bytes, mut icc) = (0, None);
    let mut alpha = None;
    if &chunk.name == b"VP8X" {
        let body = cursor.take(chunk.payload.len().max(10), CUT)?;
        let side = |at: usize| 1 + u32::from_le_bytes([body[at], body[at + 1], body[at + 2], 0]);
        let (flags, width, height) = (body[0], side(4), side(7));
        let size = Dimensions { width, height };
        canvas = Some((size, flags));
        cursor.position = chunk.next();
        chunk = next_chunk(&mut cursor, end)?;
        while !matches!(&chunk.name, b"VP8 " | b"VP8L") {
            let body = cursor.take(chunk.payload.len(), CUT)?;
            match &chunk.name {
                b"ICCP" if icc.is_none() => {
                    (icc_bytes, icc) = (len(&chunk.payload), Some(Icc::of_webp(body)));
                }
                b"ALPH" if alpha.is_none() => alpha = Some(chunk.payload.clone()),
                _ => {}
            }
            cursor.position = chunk.next();
            chunk = next_chunk(&mut cursor, end)?;
        }
    }
    let lossless = match &chunk.name {
        b"VP8 " => false,
        b"VP8L" => true,
        _ => return Err(cursor.malformed("the first chunk is VP8, VP8L or VP8X")),
    };
    // A lossless picture has its own alpha.
    alpha = alpha.filter(|_| !lossless);
    let image = image(&mut cursor, lossless, chunk.payload.len())?;
    let (mut orientation, mut copyright) = (Turn::NONE, Copyright::default());
    if let Some((canvas, flags)) = canvas {
        if canvas != image.size {
            return Err(cursor.malformed("the picture is as large as its canvas"));
        }
        if flags & EXIF != 0 {
            (orientation, copyright) = exif_behind(cursor.input, chunk.next(), end)?;
        }
    }
    let place = |range: &Range<usize>| range.start as u64..range.end as u64;
    Ok(Header {
        format: SourceFormat::Webp,
        dimensions: image.size,
        orientation,
        colour: if lossless { Colour::Rgb } else { Colour::Ycbcr },
        alpha: image.alpha || alpha.is_some(),
        bit_depth: 8,
        icc_bytes,
        icc,
        frames: 1,
        copyright,
        metadata_bytes: chunk.payload.start as u64,
        coding: Coding::Webp(WebpCoding {
            lossless,
            alpha: alpha.as_ref().map(place),
            image: place(&chunk.payload),
        }),
        length: None,
        head_bytes: 0,
    })
}

/// Reads a chunk's name and size; it must lie within the container.
fn next_chunk(cursor: &mut Cursor<'_, '_>, end: usize) -> Result<Chunk> {
    let at = cursor.position;
    let header = cursor.take(CHUNK_HEADER, CUT)?;
    let chunk = chunk(at, header);
    if chunk.payload.end > end {
        return Err(Error::Malformed {
            offset: at as u64 + 4,
            rule: "a chunk lies within its container",
        });
    }
    Ok(chunk)
}

fn chunk(at: usize, header: &[u8]) -> Chunk {
    let start = at + CHUNK_HEADER;
    Chunk {
        name: [header[0], header[1], header[2], header[3]],
        payload: start..start.saturating_add(number(&header[4..]) as usize),
    }
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

fn len(payload: &Range<usize>) -> u32 {
    u32::try_from(payload.len()).unwrap_or(u32::MAX)
}

/// Reads the header of a VP8 frame (RFC 6386, 9.1) or of a VP8L image (RFC 9649, 3.4).
fn image(cursor: &mut Cursor<'_, '_>, lossless: bool, payload: usize) -> Result<Image> {
    let at = cursor.position as u64;
    let malformed = |offset, rule| Err(Error::Malformed { offset, rule });
    if lossless {
        const SIGNATURE: u8 = 0x2f;
        const SHORT: &str = "an image header has 5 bytes";
        if payload < 5 {
            return malformed(at, SHORT);
        }
        let head = cursor.take(5, SHORT)?;
        let bits = number(&head[1..]);
        if head[0] != SIGNATURE || bits >> 29 != 0 {
            return malformed(at, "a lossless picture begins with 2F, and is of version 0");
        }
        return Ok(Image {
            size: dimensions(1 + (bits & 0x3fff), 1 + (bits >> 14 & 0x3fff), at + 1)?,
            alpha: bits >> 28 & 1 == 1,
        });
    }
    const SHORT: &str = "a frame header has 10 bytes";
    if payload < 10 {
        return malformed(at, SHORT);
    }
    let head = cursor.take(10, SHORT)?;
    if head[0] & 1 != 0 {
        return malformed(at, "the picture is a key frame");
    }
    if head[3..6] != [0x9d, 0x01, 0x2a] {
        return malformed(at + 3, "a key frame's start code is 9D 01 2A");
    }
    // The two highest bits ask for a scale that nobody applies.
    let side = |at: usize| u32::from(u16::from_le_bytes([head[at], head[at + 1]]) & 0x3fff);
    Ok(Image {
        size: dimensions(side(6), side(8), at + 6)?,
        alpha: false,
    })
}

/// Looks for EXIF from the chunk at `at` on. What is missing, broken, or farther
/// than may be looked means upright.
fn exif_behind(input: &mut Input<'_>, mut at: usize, end: usize) -> Result<(Turn, Copyright)> {
    let end = end.min(HEAD_BYTES);
    while at.saturating_add(CHUNK_HEADER) <= end {
        let Some(header) = input.peek(at + CHUNK_HEADER)?.get(at..) else {
            break;
        };
        if header.len() < CHUNK_HEADER {
            break;
        }
        let chunk = chunk(at, header);
        if &chunk.name == b"EXIF" && chunk.payload.end <= end {
            let body = input.peek(chunk.payload.end)?.get(chunk.payload);
            // Some writers copy a JPEG's segment, name and all.
            let body = body.map(|body| body.strip_prefix(b"Exif\0\0").unwrap_or(body));
            let body = body.unwrap_or(&[]);
            return Ok((exif::orientation(body), exif::copyright(body)));
        }
        at = chunk.next();
    }
    Ok((Turn::NONE, Copyright::default()))
}
