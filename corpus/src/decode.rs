//! Reading files back: whole photographs for transcoding, headers for a folder of the user's.

use std::io::Cursor;

use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::manifest::Format;
use crate::synth::Picture;
use crate::{Error, Result};

/// Widest and highest picture read; above any size in the manifest.
const MOST: usize = 20_000;

/// Decodes a JPEG to RGB.
///
/// # Errors
///
/// [`Error::Unreadable`] if the file is not a JPEG this crate can decode.
pub(crate) fn jpeg(file: &[u8]) -> Result<Picture> {
    let mut decoder = jpeg_decoder(file);
    let unreadable = |_| Error::Unreadable("jpeg");
    let samples = decoder.decode().map_err(unreadable)?;
    let (width, height) = jpeg_size(&decoder)?;
    Ok(Picture {
        width,
        height,
        channels: 3,
        samples,
    })
}

fn jpeg_decoder(file: &[u8]) -> JpegDecoder<Cursor<&[u8]>> {
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        .set_max_width(MOST)
        .set_max_height(MOST);
    JpegDecoder::new_with_options(Cursor::new(file), options)
}

fn jpeg_size(decoder: &JpegDecoder<Cursor<&[u8]>>) -> Result<(u32, u32)> {
    let side = |side| u32::try_from(side).map_err(|_| Error::Unreadable("jpeg"));
    let (width, height) = decoder.dimensions().ok_or(Error::Unreadable("jpeg"))?;
    Ok((side(width)?, side(height)?))
}

/// Reads format, width and height from the head of a file, as stored: an EXIF orientation
/// does not turn them.
///
/// # Errors
///
/// [`Error::Unreadable`] if it is none of JPEG, PNG, WebP and GIF, or its header is broken.
pub fn header(file: &[u8]) -> Result<(Format, u32, u32)> {
    if file.starts_with(b"\x89PNG\r\n\x1a\n") {
        let unreadable = |_| Error::Unreadable("png");
        let reader = png::Decoder::new(Cursor::new(file))
            .read_info()
            .map_err(unreadable)?;
        Ok((Format::Png, reader.info().width, reader.info().height))
    } else if let Some([w0, w1, h0, h1, ..]) = file
        .strip_prefix(b"GIF89a")
        .or(file.strip_prefix(b"GIF87a"))
    {
        let side = |low, high| u32::from(u16::from_le_bytes([low, high]));
        Ok((Format::Gif, side(*w0, *w1), side(*h0, *h1)))
    } else if file.starts_with(b"RIFF") {
        let unreadable = |_| Error::Unreadable("webp");
        let (width, height) = image_webp::WebPDecoder::new(Cursor::new(file))
            .map_err(unreadable)?
            .dimensions();
        Ok((Format::Webp, width, height))
    } else {
        let mut decoder = jpeg_decoder(file);
        decoder
            .decode_headers()
            .map_err(|_| Error::Unreadable("jpeg"))?;
        let (width, height) = jpeg_size(&decoder)?;
        Ok((Format::Jpeg, width, height))
    }
}
