//! What files say about themselves: EXIF orientation and ICC profiles, put into finished
//! JPEG and PNG files.

use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

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

fn after_header(png: &[u8], chunks: &[u8]) -> Vec<u8> {
    // Signature, then IHDR: length, name, 13 bytes, checksum.
    let (header, rest) = png
        .split_at_checked(8 + 25)
        .expect("a PNG begins with 33 fixed bytes");
    [header, chunks, rest].concat()
}

/// Returns an ICC profile (version 2, matrix and curves) that is sRGB with red and green
/// exchanged: whoever ignores the profile shows red where green should be.
pub fn icc_swapped() -> Vec<u8> {
    // sRGB's primaries adapted to D50, in 1/65536 (s15Fixed16).
    const RED: [i32; 3] = [0x6fa2, 0x38f5, 0x0390];
    const GREEN: [i32; 3] = [0x6299, 0xb785, 0x18da];
    const BLUE: [i32; 3] = [0x24a0, 0x0f84, 0xb6cf];
    const D50: [i32; 3] = [0xf6d6, 0x1_0000, 0xd32d];
    let xyz = |[x, y, z]: [i32; 3]| {
        let numbers = [x, y, z].into_iter().flat_map(i32::to_be_bytes);
        b"XYZ \0\0\0\0"
            .iter()
            .copied()
            .chain(numbers)
            .collect::<Vec<u8>>()
    };
    // A single number is a gamma in 1/256: 2.2, close enough to sRGB's own curve.
    let curve = [
        b"curv\0\0\0\0",
        &1u32.to_be_bytes()[..],
        &0x0233u16.to_be_bytes(),
        &[0; 2],
    ]
    .concat();
    let text = [b"text\0\0\0\0", &b"Public domain\0"[..], &[0; 2]].concat();
    let name = [
        b"desc\0\0\0\0",
        &14u32.to_be_bytes()[..],
        b"Red and green\0",
        &[0; 78 + 4],
    ]
    .concat();
    let tags: [(&[u8; 4], Vec<u8>); 9] = [
        (b"desc", name),
        (b"cprt", text),
        (b"wtpt", xyz(D50)),
        (b"rXYZ", xyz(GREEN)),
        (b"gXYZ", xyz(RED)),
        (b"bXYZ", xyz(BLUE)),
        (b"rTRC", curve.clone()),
        (b"gTRC", curve.clone()),
        (b"bTRC", curve),
    ];

    let mut table = number(tags.len()).to_vec();
    let mut body = Vec::new();
    let start = 128 + 4 + 12 * tags.len();
    for (tag, value) in tags {
        table.extend(tag);
        table.extend(number(start + body.len()));
        table.extend(number(value.len()));
        body.extend(value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let mut header = vec![0; 128];
    header[0..4].copy_from_slice(&number(start + body.len()));
    header[8] = 2;
    header[9] = 0x10;
    header[12..24].copy_from_slice(b"mntrRGB XYZ ");
    // 1 January 2026, then the signature every profile carries.
    header[24..36].copy_from_slice(&[7, 0xea, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
    header[36..40].copy_from_slice(b"acsp");
    header[68..80].copy_from_slice(&xyz(D50)[8..]);
    [header, table, body].concat()
}

fn number(value: usize) -> [u8; 4] {
    let value = u32::try_from(value).expect("a profile of half a kilobyte");
    value.to_be_bytes()
}
