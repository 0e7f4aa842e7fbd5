//! The frames of an animated WebP, drawn one on another.
//!
//! image-webp decodes each frame's picture by itself. Its own compositing is not
//! used: it disposes of frames only with a background colour set, and then of the
//! wrong pixels under lossy frames (0.2.4).

use std::io::Cursor;

use image_webp::{DecodingError, WebPDecoder};

use super::{
    Frames,
    canvas::{Canvas, Rectangle},
};
use crate::{
    budget::zeroed,
    decode::webp::code_table_bytes,
    error::{Error, Resource, Result},
    header::webp_animation::{Frame, picture_size},
    pixels::Dimensions,
};

/// Draws the frames of a file that is held.
pub(super) struct WebpFrames<'a> {
    bytes: &'a [u8],
    /// Where the next chunk begins.
    position: usize,
    canvas: Canvas,
    /// What becomes transparent before the next frame.
    clear: Option<Rectangle>,
    loops: u16,
    background: u32,
}

/// A chunk of a file.
struct Chunk<'a> {
    name: [u8; 4],
    data: &'a [u8],
    /// Where its data begin in the file.
    offset: usize,
}

/// The chunk at `position`, and where the next begins; `None` where there is none.
/// The header was read, so every chunk of the file is complete.
fn chunk(bytes: &[u8], position: usize) -> Option<(Chunk<'_>, usize)> {
    let head: &[u8; 8] = bytes.get(position..)?.first_chunk()?;
    let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
    let offset = position + 8;
    let data = bytes.get(offset..offset.checked_add(length)?)?;
    let name = [head[0], head[1], head[2], head[3]];
    Some((Chunk { name, data, offset }, offset + length + length % 2))
}

impl<'a> WebpFrames<'a> {
    pub(super) fn new(bytes: &'a [u8], size: Dimensions) -> Result<Self> {
        let mut position = 12;
        let (mut loops, mut background) = (0, 0);
        while let Some((chunk, next)) = chunk(bytes, position) {
            if let (b"ANIM", &[b0, b1, b2, b3, low, high, ..]) = (&chunk.name, chunk.data) {
                background = u32::from_le_bytes([b0, b1, b2, b3]);
                loops = u16::from_le_bytes([low, high]);
                break;
            }
            position = next;
        }
        Ok(Self {
            bytes,
            position: 12,
            canvas: Canvas::new(size)?,
            clear: None,
            loops,
            background,
        })
    }

    pub(super) fn into_canvas(self) -> Canvas {
        self.canvas
    }
}

impl Frames for WebpFrames<'_> {
    fn advance(&mut self) -> Result<Option<u32>> {
        let frame = loop {
            let Some((chunk, next)) = chunk(self.bytes, self.position) else {
                return Ok(None);
            };
            self.position = next;
            if chunk.name == *b"ANMF" {
                break chunk;
            }
        };
        let offset = frame.offset as u64;
        let (head, data) = frame.data.split_first_chunk().ok_or(Error::Malformed {
            offset,
            rule: "a frame's chunk has at least 16 bytes",
        })?;
        let size = self.canvas.size();
        let frame = Frame::new(head, size, offset)?;
        if let Some(rectangle) = self.clear.take() {
            self.canvas.clear(rectangle);
        }
        let (pixels, channels) = picture(data, frame.size, offset + 16)?;
        let rectangle = Rectangle::on(size, (frame.left, frame.top), frame.size);
        self.canvas
            .draw(rectangle, (&pixels, channels), frame.replaces);
        self.clear = frame.clears.then_some(rectangle);
        Ok(Some(frame.milliseconds))
    }

    fn canvas(&self) -> &Canvas {
        &self.canvas
    }

    fn loops(&self) -> u16 {
        self.loops
    }

    fn background(&self) -> u32 {
        self.background
    }
}

/// Decodes the picture of one frame; returns its samples and how many channels
/// they have.
fn picture(data: &[u8], size: Dimensions, offset: u64) -> Result<(Vec<u8>, usize)> {
    let broken = |rule| Error::Malformed { offset, rule };
    let mut position = 0;
    let mut alpha = None;
    let picture = loop {
        let (chunk, next) =
            chunk(data, position).ok_or_else(|| broken("a frame holds a picture"))?;
        position = next;
        match &chunk.name {
            b"ALPH" => alpha = Some(chunk),
            b"VP8 " | b"VP8L" => break chunk,
            _ => {}
        }
    };
    // The decoder allocates by what the picture says.
    if picture_size(picture.name, picture.data) != Some(size) {
        return Err(broken("a picture is as large as its frame"));
    }
    let alpha = alpha.filter(|_| picture.name == *b"VP8 ");
    check_codes(&picture, alpha.as_ref(), size)?;
    let file = still(size, alpha.map(|alpha| alpha.data), &picture)?;
    let undecodable = |error| match error {
        DecodingError::UnsupportedFeature(_) => {
            Error::Unsupported("a frame uses a feature of WebP that is not read")
        }
        _ => broken("a frame's picture is as its format says"),
    };
    let mut decoder = WebPDecoder::new(Cursor::new(file)).map_err(undecodable)?;
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let mut pixels = zeroed(size.width as usize * size.height as usize * channels)?;
    decoder.read_image(&mut pixels).map_err(undecodable)?;
    Ok((pixels, channels))
}

/// Refuses a picture whose prefix codes take more memory than was planned for: a few
/// kilobytes of them can ask for a gigabyte.
fn check_codes(picture: &Chunk<'_>, alpha: Option<&Chunk<'_>>, size: Dimensions) -> Result<()> {
    // After the signature and the sizes; after the byte that says how alpha is coded.
    let lossless = match (picture.name, alpha) {
        (name, _) if name == *b"VP8L" => picture.data.get(5..),
        (_, Some(alpha)) if alpha.data.first().is_some_and(|how| how & 3 == 1) => {
            alpha.data.get(1..)
        }
        _ => None,
    };
    // image-webp takes up to twice what libwebp does. Measured.
    let needed = 2 * lossless.map_or(0, |data| code_table_bytes(data, size));
    if needed > super::CODES_BYTES {
        return Err(Error::TooLarge {
            resource: Resource::Memory,
            needed,
            allowed: super::CODES_BYTES,
        });
    }
    Ok(())
}

/// A file of one frame's picture.
fn still(size: Dimensions, alpha: Option<&[u8]>, picture: &Chunk<'_>) -> Result<Vec<u8>> {
    let bytes = 64 + alpha.map_or(0, <[u8]>::len) + picture.data.len();
    let mut file = Vec::new();
    file.try_reserve_exact(bytes)
        .map_err(|_| crate::budget::out_of_memory(bytes))?;
    file.extend_from_slice(b"RIFF\0\0\0\0WEBP");
    if let Some(alpha) = alpha {
        let [w0, w1, w2, _] = (size.width - 1).to_le_bytes();
        let [h0, h1, h2, _] = (size.height - 1).to_le_bytes();
        put(
            &mut file,
            *b"VP8X",
            &[0x10, 0, 0, 0, w0, w1, w2, h0, h1, h2],
        );
        put(&mut file, *b"ALPH", alpha);
    }
    put(&mut file, picture.name, picture.data);
    let length = u32::try_from(file.len() - 8).unwrap_or(u32::MAX);
    file[4..8].copy_from_slice(&length.to_le_bytes());
    Ok(file)
}

fn put(file: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    file.extend_from_slice(&name);
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    file.extend_from_slice(&length.to_le_bytes());
    file.extend_from_slice(data);
    if data.len() % 2 == 1 {
        file.push(0);
    }
}
