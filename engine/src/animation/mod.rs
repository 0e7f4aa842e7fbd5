//! Animations: every frame is drawn on a canvas, the whole canvas goes the way
//! of a still image, and what comes out of it is a frame of the result.

mod canvas;
mod gif;
#[cfg(test)]
mod tests;
mod webp;

use std::io::{Read, Write};

pub(crate) use canvas::{Canvas, CanvasRows};

use crate::{
    budget::zeroed,
    cost::Nanoseconds,
    decode::{self, LZW_BYTES},
    error::{Error, Result},
    header::{Coding, Header},
    input::Input,
    peak::{Held, Part},
    pixels::Dimensions,
    plan::{Action, Plan},
    request::Request,
};

/// Yields the canvas after each frame.
pub(crate) trait Frames {
    /// Draws the next frame; returns for how many milliseconds it is seen, or
    /// `None` after the last.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`], [`Error::Unsupported`] or [`Error::TooLarge`]. It must
    /// not be called again then.
    fn advance(&mut self) -> Result<Option<u32>>;

    /// The canvas as the last frame left it.
    fn canvas(&self) -> &Canvas;

    /// How often the animation is shown; 0 is for ever.
    fn loops(&self) -> u16;

    /// Blue, green, red and alpha of the canvas's background: a hint that browsers
    /// do not follow.
    fn background(&self) -> u32;
}

/// Begins to draw the animation that `bytes`, a whole file, holds.
pub(crate) fn frames<'a>(header: &Header, bytes: &'a [u8]) -> Result<Box<dyn Frames + 'a>> {
    Ok(match header.coding {
        Coding::Gif { .. } => Box::new(gif::GifFrames::new(bytes, header.dimensions)?),
        Coding::WebpAnimation { .. } => Box::new(webp::WebpFrames::new(bytes, header.dimensions)?),
        _ => return Err(Error::Unsupported("it is not an animation")),
    })
}

/// The canvas after the first frame of an animated WebP, as a source of rows.
pub(crate) fn first_frame(
    header: &Header,
    input: Input<'_>,
    allowed: u64,
) -> Result<CanvasRows<Canvas>> {
    let bytes = input.into_whole(allowed)?;
    let mut frames = webp::WebpFrames::new(&bytes, header.dimensions)?;
    frames.advance()?;
    Ok(frames.into_canvas().into_rows())
}

/// Whether a request asks for the size that a source has.
pub(crate) fn leaves_size(request: &Request) -> bool {
    let plain = Request {
        background: request.background,
        damage: request.damage,
        decode: request.decode,
        filter: request.filter,
        focus: request.focus,
        format: request.format,
        quality: request.quality,
        ..Request::default()
    };
    let asked = Request {
        fit: plain.fit,
        enlarge: plain.enlarge,
        orientation: plain.orientation,
        dpr: plain.dpr,
        ..request.clone()
    };
    asked == plain
}

/// Passes a source on as it is.
///
/// # Errors
///
/// [`Error::Read`], [`Error::Write`].
pub(crate) fn copy(mut input: Input<'_>, output: &mut dyn Write) -> Result<u64> {
    let mut buffer = zeroed(COPY_BYTES)?;
    let mut bytes = 0;
    loop {
        let count = input.read(&mut buffer).map_err(Error::Read)?;
        if count == 0 {
            output.flush().map_err(Error::Write)?;
            return Ok(bytes);
        }
        output.write_all(&buffer[..count]).map_err(Error::Write)?;
        bytes += count as u64;
    }
}

const COPY_BYTES: usize = 64 << 10;

/// The memory of [`copy`].
pub(crate) fn copy_peak(header: &Header) -> Vec<Part> {
    vec![
        // Held twice while it grows.
        Part::new("peeked header", 2 * header.head_bytes),
        Part::new("copied bytes", COPY_BYTES as u64),
    ]
}

/// The memory of the source and of [`frames`], or of [`first_frame`].
pub(crate) fn peak(header: &Header) -> Vec<Part> {
    let Dimensions { width, height } = header.dimensions;
    let pixels = header.dimensions.pixels();
    let mut parts = Vec::from(decode::held_source(header));
    match header.coding {
        Coding::WebpAnimation { frame_bytes } => {
            parts.push(Part::new("canvas", 4 * pixels).held(Held::Throughout));
            // Four channels that become three are the most, 7 bytes a pixel; lossy
            // pictures come in blocks of 16. And its bytes as a file of its own.
            let blocks = |side: u32| u64::from(side.next_multiple_of(16));
            let pictures = 8 * blocks(width) * blocks(height);
            let picture = FRAME_BYTES + CODES_BYTES + pictures + u64::from(frame_bytes);
            parts.push(Part::new("frame's picture", picture));
        }
        _ => {
            parts.push(Part::new("canvas", 4 * pixels).held(Held::Throughout));
            parts.push(Part::new("canvas under a frame", 4 * pixels).held(Held::Throughout));
            let row = LZW_BYTES + u64::from(width);
            parts.push(Part::new("LZW decoder", row));
        }
    }
    parts
}

/// The time of [`frames`], or of the first; resizing each is counted apart.
pub(crate) fn cost(plan: &Plan) -> Nanoseconds {
    let header = &plan.source;
    let bytes = header.length.unwrap_or(header.dimensions.pixels() / 2);
    let frames = u64::from(header.frames.max(1));
    let (frames, bytes) = match plan.action {
        Action::Animate => (frames, bytes),
        _ => (1, bytes / frames),
    };
    Nanoseconds::fixed(100.0)
        .and(bytes, 15.0)
        .and(frames * header.dimensions.pixels(), 4.0)
}

/// What the prefix codes of a frame may take, **strict**.
const CODES_BYTES: u64 = 1 << 20;

/// image-webp's other tables. Measured.
const FRAME_BYTES: u64 = 512 << 10;
