//! What files say about themselves: EXIF blocks and ICC profiles, put into finished JPEG and
//! PNG files.

use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

use super::{JpegOptions, icc_display_p3, jpeg};
use crate::synth::Picture;

/// A TIFF structure whose one directory has one entry, the orientation.
///
/// `orientation` is 1 to 8 in a true file; others are written as they are.
pub(crate) fn exif_orientation(orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    tiff.extend(1u16.to_le_bytes());
    tiff.extend(0x0112u16.to_le_bytes());
    tiff.extend(3u16.to_le_bytes());
    tiff.extend(1u32.to_le_bytes());
    tiff.extend([orientation, 0, 0, 0]);
    tiff.extend([0; 4]);
    tiff
}

/// An application segment of a JPEG with its length.
///
/// # Panics
///
/// If the payload is longer than a segment can be.
pub(crate) fn app_segment(number: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 2).expect("a segment holds up to 65,533 bytes");
    let mut segment = vec![0xff, 0xe0 | number];
    segment.extend(length.to_be_bytes());
    segment.extend(payload);
    segment
}

/// A PNG chunk with its length and checksum.
pub(crate) fn png_chunk(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(payload);
    let length = u32::try_from(payload.len()).expect("a chunk holds less than 4 GiB");
    let mut chunk = length.to_be_bytes().to_vec();
    chunk.extend(kind);
    chunk.extend(payload);
    chunk.extend(crc.sum().to_be_bytes());
    chunk
}

/// Returns `jpeg` with an EXIF segment right after its start that gives the orientation.
///
/// # Panics
///
/// If `jpeg` does not begin with a start of image.
pub fn with_exif_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let payload = [b"Exif\0\0", &exif_orientation(orientation)[..]].concat();
    after_start(jpeg, &app_segment(1, &payload))
}

/// Returns `jpeg` with an ICC profile right after its start, in as many segments as it takes.
///
/// # Panics
///
/// If `jpeg` does not begin with a start of image, or the profile is empty or longer than
/// the 255 segments that can be numbered (16 MB).
pub fn with_icc(jpeg: &[u8], profile: &[u8]) -> Vec<u8> {
    const MOST: usize = 65_533 - 14;
    let parts = profile.chunks(MOST);
    let count = u8::try_from(parts.len())
        .ok()
        .filter(|&n| n > 0)
        .expect("1 to 255 segments");
    let segments: Vec<u8> = (1..=count)
        .zip(parts)
        .flat_map(|(number, part)| {
            app_segment(2, &[b"ICC_PROFILE\0", &[number, count][..], part].concat())
        })
        .collect();
    after_start(jpeg, &segments)
}

/// Returns `file`, a JPEG of `picture`, with what a phone puts before the image: an EXIF
/// block with a thumbnail, upright, and Display P3. The samples stay what they are, so the
/// picture is more colourful than it was.
///
/// # Panics
///
/// If `file` does not begin with a start of image.
pub fn as_by_phone(file: &[u8], picture: &Picture) -> Vec<u8> {
    let with_profile = with_icc(file, &icc_display_p3());
    let block = [b"Exif\0\0", &exif_of_phone(&thumbnail(picture))[..]].concat();
    after_start(&with_profile, &app_segment(1, &block))
}

/// A JPEG of at most 160 by 160 pixels, each one of the picture's.
fn thumbnail(picture: &Picture) -> Vec<u8> {
    let step = picture.width.max(picture.height).div_ceil(160);
    let picture = picture.rgb();
    let (width, height) = (picture.width / step, picture.height / step);
    let small = Picture::from_fn(width.max(1), height.max(1), |x, y| -> [u8; 3] {
        let pixel = picture.pixel(x * step, y * step);
        [pixel[0], pixel[1], pixel[2]]
    });
    jpeg(&small, &JpegOptions::default())
}

/// A TIFF structure of two directories: the camera and the orientation, 1; the thumbnail.
fn exif_of_phone(thumbnail: &[u8]) -> Vec<u8> {
    const ASCII: u16 = 2;
    const SHORT: u16 = 3;
    const LONG: u16 = 4;
    let length = u32::try_from(thumbnail.len()).expect("a thumbnail is small");
    let camera = b"edgepix\0";
    let (first, second) = (8, 8 + 2 + 3 * 12 + 4);
    let texts = second + 2 + 3 * 12 + 4;
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        let (tag, kind) = (tag.to_le_bytes(), kind.to_le_bytes());
        [&tag[..], &kind, &count.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    let directory = |entries: [Vec<u8>; 3], next: u32| {
        [
            &3u16.to_le_bytes()[..],
            &entries.concat(),
            &next.to_le_bytes(),
        ]
        .concat()
    };
    let camera_length = 8;
    [
        b"II*\0".to_vec(),
        u32::to_le_bytes(first).to_vec(),
        directory(
            [
                entry(0x010f, ASCII, camera_length, texts),
                entry(0x0110, ASCII, camera_length, texts),
                entry(0x0112, SHORT, 1, 1),
            ],
            second,
        ),
        directory(
            [
                entry(0x0103, SHORT, 1, 6),
                entry(0x0201, LONG, 1, texts + camera_length),
                entry(0x0202, LONG, 1, length),
            ],
            0,
        ),
        camera.to_vec(),
        thumbnail.to_vec(),
    ]
    .concat()
}

fn after_start(jpeg: &[u8], segments: &[u8]) -> Vec<u8> {
    let rest = jpeg
        .strip_prefix(b"\xff\xd8")
        .expect("a JPEG begins with FF D8");
    [b"\xff\xd8", segments, rest].concat()
}

/// Returns `png` with an eXIf chunk before the image data that gives the orientation.
///
/// # Panics
///
/// If `png` is too short to hold a signature and an IHDR chunk.
pub fn png_with_orientation(png: &[u8], orientation: u8) -> Vec<u8> {
    after_header(png, &png_chunk(b"eXIf", &exif_orientation(orientation)))
}

/// Returns `png` with the profile in an iCCP chunk before the image data.
///
/// # Panics
///
/// If `png` is too short to hold a signature and an IHDR chunk.
pub fn png_with_icc(png: &[u8], profile: &[u8]) -> Vec<u8> {
    let mut zlib = ZlibEncoder::new(b"icc\0\0".to_vec(), Compression::new(6));
    zlib.write_all(profile).expect("memory takes every write");
    let payload = zlib.finish().expect("memory takes every write");
    after_header(png, &png_chunk(b"iCCP", &payload))
}

/// Returns `png` with a chunk of this kind before the image data.
///
/// # Panics
///
/// If `png` is too short to hold a signature and an IHDR chunk.
pub fn png_with_chunk(png: &[u8], kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    after_header(png, &png_chunk(kind, payload))
}

fn after_header(png: &[u8], chunks: &[u8]) -> Vec<u8> {
    // Signature, then IHDR: length, name, 13 bytes, checksum.
    let (header, rest) = png
        .split_at_checked(8 + 25)
        .expect("a PNG begins with 33 fixed bytes");
    [header, chunks, rest].concat()
}
