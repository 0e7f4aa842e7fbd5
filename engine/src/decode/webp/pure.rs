//! WebP through image-webp, whole, in builds without C.

use std::io::Cursor;

use image_webp::{DecodingError, WebPDecoder};

use super::{STRIP_ROWS, codes, held::Held};
use crate::{
    budget::zeroed,
    decode::{Source, jpeg::Scale},
    error::{Error, Resource, Result},
    header::{Header, WebpCoding},
    input::Input,
    pixels::{Layout, Plane, Rows},
    stages::{Clock, Stage},
};

/// Bytes read at a time.
const READ_BYTES: usize = 64 << 10;

/// Decodes a WebP at the first strip, and hands it on strip by strip.
pub(in crate::decode) struct Decoder<'a> {
    /// Gone when it is decoded.
    held: Option<Held<'a>>,
    size: (u32, u32),
    layout: Layout,
    pixels: Vec<u8>,
    handed: usize,
    strip: usize,
    /// Bytes that prefix codes may take.
    allowed: u64,
    clock: Clock,
}

impl<'a> Decoder<'a> {
    pub(in crate::decode) fn new(
        header: &Header,
        coding: &WebpCoding,
        _: (&[Scale], bool),
        (mut input, left): (Input<'a>, u64),
        clock: &Clock,
    ) -> Result<Self> {
        input.set_clock(clock.clone());
        let layout = super::layout(header, coding, Scale::Full);
        let size = (header.dimensions.width, header.dimensions.height);
        Ok(Self {
            held: Some(Held::new(size, coding, input)?),
            size,
            pixels: zeroed(layout.planes[0].row_bytes() * size.1 as usize)?,
            layout,
            handed: 0,
            strip: 0,
            allowed: left.saturating_add(CODES_BYTES),
            clock: clock.clone(),
        })
    }

    fn decode(&mut self, mut held: Held<'_>) -> Result<()> {
        while !held.is_whole() {
            held.read(READ_BYTES)?;
        }
        // image-webp's tables of prefix codes are smaller than libwebp's.
        let needed = held
            .lossless()
            .and_then(|data| codes::table_bytes(data, self.size.0, self.size.1).ok());
        if let Some(needed) = needed.filter(|&needed| needed > self.allowed) {
            return Err(Error::TooLarge {
                resource: Resource::Memory,
                needed,
                allowed: self.allowed,
            });
        }
        let broken = |error| broken(&error, held.position());
        let mut decoder = WebPDecoder::new(Cursor::new(held.bytes())).map_err(broken)?;
        // The header was read twice, by us and by the decoder; they must agree.
        if decoder.dimensions() != self.size
            || decoder.output_buffer_size() != Some(self.pixels.len())
        {
            return Err(broken(DecodingError::InconsistentImageSizes));
        }
        decoder.read_image(&mut self.pixels).map_err(broken)
    }
}

impl Source for Decoder<'_> {
    fn advance(&mut self) -> Result<bool> {
        let clock = self.clock.clone();
        let _timed = clock.enter(Stage::Decode);
        if let Some(held) = self.held.take() {
            self.decode(held)?;
        }
        let left = self.size.1 as usize - self.handed;
        self.strip = left.min(STRIP_ROWS as usize);
        self.handed += self.strip;
        Ok(self.strip > 0)
    }

    fn rows(&self) -> Rows<'_> {
        let row_bytes = self.layout.planes[0].row_bytes();
        let rows = (self.handed - self.strip) * row_bytes..self.handed * row_bytes;
        Rows::new([Plane {
            data: &self.pixels[rows],
            stride: row_bytes,
            row_bytes,
            height: self.strip,
        }])
    }
}

fn broken(error: &DecodingError, offset: u64) -> Error {
    match error {
        DecodingError::UnsupportedFeature(_) => {
            Error::Unsupported("it uses a rare variant of WebP")
        }
        DecodingError::IoError(_) => Error::Malformed {
            offset,
            rule: "the image data lasts to the end of the image",
        },
        _ => Error::Malformed {
            offset,
            rule: "its picture is as RFC 6386 and RFC 9649 say",
        },
    }
}

/// What is planned for tables of prefix codes, and what else is small.
const CODES_BYTES: u64 = 512 << 10;

impl Decoder<'_> {
    /// What is inside image-webp.
    pub(super) fn bytes(header: &Header, coding: &WebpCoding, _: Scale) -> u64 {
        let size = header.dimensions;
        let pixels = size.pixels();
        let lossless = 4 * pixels + 3 * pixels / 4 + CODES_BYTES;
        if coding.lossless {
            return lossless;
        }
        let tiled = |side: u32| u64::from(side.next_multiple_of(16));
        let planes = tiled(size.width) * tiled(size.height) * 3 / 2;
        let alpha = if header.alpha { pixels + lossless } else { 0 };
        // It takes the coefficients' bytes out of the file, all at once.
        let coded = coding.image.end.saturating_sub(coding.image.start);
        planes + alpha + coded + u64::from(size.width) * 64 + (256 << 10)
    }
}
