//! The file around what libwebp makes, where more than the image is to be in it:
//! the extended format (RFC 9649, 2.7).

use std::io::{self, Write};

use crate::pixels::Dimensions;

/// The kinds of chunk that say what the file has in which bit of VP8X.
const EXIF_FLAG: u8 = 1 << 3;
const ALPHA_FLAG: u8 = 1 << 4;

/// Bytes of `RIFF`, the length and `WEBP`; of a chunk's name and length; of VP8X.
const HEAD: usize = 12;
const CHUNK_HEAD: usize = 8;
const VP8X: usize = 10;

/// Writes `file`, a WebP of an image of `size`, with the Exif block `exif`.
///
/// # Errors
///
/// Whatever `output` returns, and [`io::ErrorKind::InvalidData`] if `file` is not a
/// WebP or too long for one.
pub(super) fn write(
    file: &[u8],
    size: Dimensions,
    exif: &[u8],
    output: &mut dyn Write,
) -> io::Result<()> {
    let no_webp = || io::Error::from(io::ErrorKind::InvalidData);
    let chunks = file.get(HEAD..).ok_or_else(no_webp)?;
    // libwebp begins with VP8X itself where a lossy picture has alpha.
    let (flags, image) = match chunks.strip_prefix(b"VP8X\x0a\0\0\0") {
        Some(rest) => {
            let (head, image) = rest.split_first_chunk::<VP8X>().ok_or_else(no_webp)?;
            (head[0], image)
        }
        None => (alpha_of_lossless(chunks), chunks),
    };
    let exif_bytes = exif.len().next_multiple_of(2);
    let length = 4 + (CHUNK_HEAD + VP8X) + image.len() + (CHUNK_HEAD + exif_bytes);
    let number = |value: usize| u32::try_from(value).map(u32::to_le_bytes);
    output.write_all(b"RIFF")?;
    output.write_all(&number(length).map_err(|_| no_webp())?)?;
    output.write_all(b"WEBPVP8X\x0a\0\0\0")?;
    output.write_all(&[flags | EXIF_FLAG, 0, 0, 0])?;
    for side in [size.width, size.height] {
        // 24 bits, counted from 1.
        output.write_all(&(side - 1).to_le_bytes()[..3])?;
    }
    output.write_all(image)?;
    output.write_all(b"EXIF")?;
    output.write_all(&number(exif.len()).map_err(|_| no_webp())?)?;
    output.write_all(exif)?;
    output.write_all(&[0][..exif_bytes - exif.len()])
}

/// The flag of alpha if `chunks` begin with a lossless picture that says it has some:
/// after the chunk's head and a byte of signature, the highest but three of 32 bits
/// (RFC 9649, 3.4).
fn alpha_of_lossless(chunks: &[u8]) -> u8 {
    match chunks.strip_prefix(b"VP8L") {
        // The bit has the same place in its byte as the flag.
        Some([_, _, _, _, 0x2f, _, _, _, last, ..]) => last & ALPHA_FLAG,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Dimensions = Dimensions {
        width: 300,
        height: 2,
    };

    fn written(file: &[u8], exif: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        write(file, SIZE, exif, &mut out).expect("memory takes every write");
        out
    }

    #[test]
    fn a_simple_file_becomes_an_extended_one() {
        let expected = [
            &b"RIFF\x2c\0\0\0WEBP"[..],
            b"VP8X\x0a\0\0\0\x08\0\0\0\x2b\x01\0\x01\0\0",
            b"VP8 \x03\0\0\0abc\0",
            b"EXIF\x02\0\0\0II",
        ];
        let file = b"RIFF\x10\0\0\0WEBPVP8 \x03\0\0\0abc\0";
        assert_eq!(written(file, b"II"), expected.concat());
    }

    #[test]
    fn an_extended_file_keeps_its_flags() {
        let expected = [
            &b"RIFF\x36\0\0\0WEBP"[..],
            b"VP8X\x0a\0\0\0\x18\0\0\0\x2b\x01\0\x01\0\0",
            b"ALPH\x01\0\0\0a\0VP8 \x02\0\0\0ab",
            b"EXIF\x03\0\0\0III\0",
        ];
        let file = b"RIFF\x2a\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0\x2b\x01\0\x01\0\0\
            ALPH\x01\0\0\0a\0VP8 \x02\0\0\0ab";
        assert_eq!(written(file, b"III"), expected.concat());
    }

    #[test]
    fn a_lossless_picture_says_itself_whether_it_has_alpha() {
        for (last, flags) in [(0x10, 0x18), (0x00, 0x08)] {
            let picture = [b"VP8L\x06\0\0\0\x2f\x2b\x41\0", &[last, 0x88][..]].concat();
            let expected = [
                &b"RIFF\x2e\0\0\0WEBPVP8X\x0a\0\0\0"[..],
                &[flags, 0, 0, 0, 0x2b, 1, 0, 1, 0, 0],
                &picture,
                b"EXIF\x02\0\0\0II",
            ];
            let file = [b"RIFF\x12\0\0\0WEBP", &picture[..]].concat();
            assert_eq!(written(&file, b"II"), expected.concat());
        }
    }

    #[test]
    fn what_is_no_webp_is_refused() {
        let cut = b"RIFF\x2a\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0\x2b\x01";
        for file in [&b""[..], b"RIFF", &cut[..20], cut] {
            assert!(write(file, SIZE, b"II", &mut Vec::new()).is_err());
        }
    }
}
