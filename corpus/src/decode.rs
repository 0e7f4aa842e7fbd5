//! Reading files back: whole photographs for transcoding, headers for everything else.

use std::io::Cursor;

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::manifest::Format;
use crate::synth::Picture;
use crate::{Error, Result};

/// Widest and highest photograph decoded; above any size in the manifest.
const MOST: usize = 20_000;

/// Decodes a JPEG to RGB.
///
/// # Errors
///
/// [`Error::Unreadable`] if the file is not a JPEG this crate can decode.
pub(crate) fn jpeg(file: &[u8]) -> Result<Picture> {
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        .set_max_width(MOST)
        .set_max_height(MOST);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    let samples = decoder.decode().map_err(|_| Error::Unreadable("jpeg"))?;
    let (width, height) = jpeg_sides(file).ok_or(Error::Unreadable("jpeg"))?;
    Ok(Picture {
        width,
        height,
        channels: 3,
        samples,
    })
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
    } else if file.starts_with(b"RIFF") {
        let unreadable = |_| Error::Unreadable("webp");
        let decoder = image_webp::WebPDecoder::new(Cursor::new(file)).map_err(unreadable)?;
        let (width, height) = decoder.dimensions();
        Ok((Format::Webp, width, height))
    } else if let Some([_, b'7' | b'9', b'a', w0, w1, h0, h1, ..]) = file.strip_prefix(b"GIF") {
        let side = |low, high| u32::from(u16::from_le_bytes([low, high]));
        Ok((Format::Gif, side(*w0, *w1), side(*h0, *h1)))
    } else {
        let (width, height) = jpeg_sides(file).ok_or(Error::Unreadable("jpeg"))?;
        Ok((Format::Jpeg, width, height))
    }
}

/// Width and height from the first frame header of any kind, even one nothing here decodes.
fn jpeg_sides(file: &[u8]) -> Option<(u32, u32)> {
    let mut rest = file.strip_prefix(b"\xff\xd8")?;
    loop {
        rest = rest.strip_prefix(b"\xff")?;
        let (&marker, after) = rest.split_first()?;
        if marker == 0xff {
            // A fill byte: the next one may begin the marker.
            continue;
        }
        let (length, segment) = after.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length)).checked_sub(2)?;
        let payload = segment.get(..length)?;
        // SOF0 to SOF15 but for DHT, JPG and DAC, which share their range.
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            let &[_, h1, h0, w1, w0, ..] = payload else {
                return None;
            };
            let side = |high, low| u32::from(u16::from_be_bytes([high, low]));
            return Some((side(w1, w0), side(h1, h0)));
        }
        rest = &segment[length..];
    }
}

#[cfg(test)]
mod tests {
    use super::header;
    use crate::hostile;

    #[test]
    fn no_hostile_file_makes_the_header_reader_panic() {
        for file in hostile::all() {
            let _ = header(&file.bytes);
        }
    }
}
