//! The chunks of an animated WebP (RFC 9649, section 2.7), for the header and
//! for the decoder.

use super::{Coding, Cursor, Header, SourceFormat, dimensions, icc::Icc};
use crate::{
    copyright::Copyright,
    error::{Error, Result},
    input::{HEAD_BYTES, Input},
    pixels::{Colour, Dimensions},
    turn::Turn,
};

const CUT: &str = "a file holds every chunk it begins";

/// One frame, before its data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// Columns left of it.
    pub(crate) left: u32,
    /// Rows above it.
    pub(crate) top: u32,
    pub(crate) size: Dimensions,
    pub(crate) milliseconds: u32,
    /// Whether it replaces what is under it, or is laid over that.
    pub(crate) replaces: bool,
    /// Whether its rectangle becomes transparent when its time is over.
    pub(crate) clears: bool,
}

impl Frame {
    /// Reads the first 16 bytes of a frame's chunk, which lies at `offset`.
    pub(crate) fn new(bytes: &[u8; 16], canvas: Dimensions, offset: u64) -> Result<Self> {
        let number = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], 0]);
        let frame = Self {
            left: 2 * number(0),
            top: 2 * number(3),
            size: Dimensions {
                width: number(6) + 1,
                height: number(9) + 1,
            },
            milliseconds: number(12),
            replaces: bytes[15] & 2 != 0,
            clears: bytes[15] & 1 != 0,
        };
        if frame.left + frame.size.width > canvas.width
            || frame.top + frame.size.height > canvas.height
        {
            return Err(Error::Malformed {
                offset,
                rule: "a frame lies on its canvas",
            });
        }
        Ok(frame)
    }
}

/// The size that a lossy or lossless picture's own chunk says; `None` if it is
/// neither.
pub(crate) fn picture_size(name: [u8; 4], data: &[u8]) -> Option<Dimensions> {
    let (width, height) = match (&name, data) {
        (b"VP8 ", &[tag, _, _, 0x9d, 1, 0x2a, w0, w1, h0, h1, ..]) if tag & 1 == 0 => (
            u32::from(u16::from_le_bytes([w0, w1]) & 0x3fff),
            u32::from(u16::from_le_bytes([h0, h1]) & 0x3fff),
        ),
        (b"VP8L", &[0x2f, b0, b1, b2, b3, ..]) => {
            let bits = u32::from_le_bytes([b0, b1, b2, b3]);
            ((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1)
        }
        _ => return None,
    };
    Some(Dimensions { width, height })
}

/// Whether a WebP says that it is animated.
pub(super) fn is_animated(input: &mut Input<'_>) -> Result<bool> {
    let head = input.peek(21)?;
    Ok(head.get(12..16) == Some(b"VP8X") && head.get(20).is_some_and(|flags| flags & 2 != 0))
}

/// Reads up to the second frame.
pub(super) fn read(input: &mut Input<'_>) -> Result<Header> {
    walk(input, 2)
}

/// Reads all of a file that is held.
pub(super) fn read_whole(input: &mut Input<'_>) -> Result<Header> {
    walk(input, u32::MAX)
}

fn walk(input: &mut Input<'_>, most_frames: u32) -> Result<Header> {
    // Where looking ends: a first frame of more data than this is taken for the only one.
    let most = HEAD_BYTES.max(input.head_bytes().try_into().unwrap_or(usize::MAX));
    let mut cursor = Cursor::new(input, 4);
    let size = cursor.take(4, CUT)?;
    let size = u32::from_le_bytes([size[0], size[1], size[2], size[3]]);
    let end = 8 + size as usize;
    cursor.position = 12;
    let (_, length) = chunk(&mut cursor, end)?;
    if length < 10 {
        return Err(cursor.malformed("the extended header has 10 bytes"));
    }
    let extended = cursor.take(length, CUT)?;
    let side =
        |at: usize| u32::from_le_bytes([extended[at], extended[at + 1], extended[at + 2], 0]) + 1;
    let canvas = dimensions(side(4), side(7), 24)?;
    let (mut frames, mut animated, mut metadata_bytes, mut frame_bytes) = (0, false, 0, 0);
    let (mut icc, mut icc_bytes) = (None, 0);
    loop {
        cursor.position += cursor.position % 2;
        let start = cursor.position;
        // A writer may leave out the last padding.
        if start >= end || cursor.input.peek(start + 1)?.len() <= start {
            break;
        }
        let (name, length) = chunk(&mut cursor, end)?;
        animated |= name == *b"ANIM";
        if name == *b"ANMF" {
            let head =
                *cursor
                    .take(length.min(16), CUT)?
                    .first_chunk()
                    .ok_or(Error::Malformed {
                        offset: start as u64,
                        rule: "a frame's chunk has at least 16 bytes",
                    })?;
            Frame::new(&head, canvas, start as u64)?;
            cursor.position = start + 8;
            if frames == 0 {
                metadata_bytes = start as u64;
            }
            frames += 1;
            frame_bytes = frame_bytes.max(u32::try_from(length).unwrap_or(u32::MAX));
            if frames == most_frames {
                break;
            }
        }
        if name == *b"ICCP" && icc.is_none() {
            let body = cursor.take(length, CUT)?;
            icc = Some(Icc::of_webp(body));
            icc_bytes = u32::try_from(length).unwrap_or(u32::MAX);
            continue;
        }
        if frames > 0 && cursor.position.saturating_add(length) > most {
            break;
        }
        cursor.take(length, CUT)?;
    }
    if !animated || frames == 0 {
        return Err(cursor.malformed("an animation has parameters and a frame"));
    }
    Ok(Header {
        format: SourceFormat::Webp,
        dimensions: canvas,
        orientation: Turn::NONE,
        colour: Colour::Rgb,
        // Frames may leave parts of the canvas bare at any time.
        alpha: true,
        bit_depth: 8,
        icc_bytes,
        icc,
        frames,
        copyright: Copyright::default(),
        coding: Coding::WebpAnimation { frame_bytes },
        length: None,
        metadata_bytes,
        head_bytes: 0,
    })
}

/// Reads a chunk's name and length, and that it lies before `end`.
fn chunk(cursor: &mut Cursor<'_, '_>, end: usize) -> Result<([u8; 4], usize)> {
    let head = cursor.take(8, CUT)?;
    let name = [head[0], head[1], head[2], head[3]];
    let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
    if cursor.position.saturating_add(length) > end {
        return Err(cursor.malformed("a chunk lies in its container"));
    }
    Ok((name, length))
}
