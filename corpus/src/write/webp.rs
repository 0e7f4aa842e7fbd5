//! WebP, lossless in Rust and lossy by libwebp. The only file that calls C.

use image_webp::{ColorType, WebPEncoder};

use super::exif_orientation;
use crate::synth::Picture;

/// Writes the picture losslessly.
///
/// # Panics
///
/// If a side is 0 or above 16,383.
pub fn webp_lossless(picture: &Picture) -> Vec<u8> {
    let colour = match picture.channels {
        1 => ColorType::L8,
        2 => ColorType::La8,
        3 => ColorType::Rgb8,
        _ => ColorType::Rgba8,
    };
    let mut out = Vec::new();
    WebPEncoder::new(&mut out)
        .encode(&picture.samples, picture.width, picture.height, colour)
        .expect("a side WebP can state, and memory takes every write");
    out
}

/// Writes the picture lossily with libwebp's default settings: method 4, one thread. Alpha
/// stays exact; colour under full transparency does not.
///
/// # Panics
///
/// If a side is 0 or above 16,383, or memory runs out.
#[expect(unsafe_code, reason = "libwebp is C")]
pub fn webp_lossy(picture: &Picture, quality: u8) -> Vec<u8> {
    const MOST: u32 = 16_383;
    let colour = if picture.channels.is_multiple_of(2) {
        picture.rgba()
    } else {
        picture.rgb()
    };
    let sides = [picture.width, picture.height];
    assert!(
        sides.iter().all(|side| (1..=MOST).contains(side)),
        "a side WebP can state"
    );
    let stride = colour.width * u32::from(colour.channels);
    assert_eq!(
        colour.samples.len(),
        stride as usize * colour.height as usize,
        "one sample for each channel of each pixel"
    );

    let encode = if colour.channels == 4 {
        libwebp_sys::WebPEncodeRGBA
    } else {
        libwebp_sys::WebPEncodeRGB
    };
    let mut out = std::ptr::null_mut();
    // SAFETY: the samples are `height` rows of `stride` bytes, asserted above, no side so
    // large that a product overflows, and `out` is a place for one pointer.
    let size = unsafe {
        encode(
            colour.samples.as_ptr(),
            colour.width.cast_signed(),
            colour.height.cast_signed(),
            stride.cast_signed(),
            f32::from(quality),
            &mut out,
        )
    };
    assert!(
        size > 0 && !out.is_null(),
        "libwebp has the memory it needs"
    );
    // SAFETY: libwebp answered with `size` bytes at `out`, which are ours until freed.
    let file = unsafe { std::slice::from_raw_parts(out, size) }.to_vec();
    // SAFETY: `out` came from libwebp, is freed once, and is not used again.
    unsafe { libwebp_sys::WebPFree(out.cast()) };
    file
}

/// Flags of an extended header (RFC 9649, 2.7.1).
const PROFILE: u8 = 0x20;
const ALPHA: u8 = 0x10;
const EXIF: u8 = 0x08;

/// Returns `webp`, a still, with the profile in an ICCP chunk before the picture.
///
/// # Panics
///
/// If `webp` is not one that this module writes.
pub fn webp_with_icc(webp: &[u8], profile: &[u8]) -> Vec<u8> {
    let (extended, rest) = extended(webp, PROFILE);
    riff(&[extended, chunk(b"ICCP", profile), rest].concat())
}

/// Returns `webp`, a still, with an EXIF chunk behind the picture that gives the orientation.
///
/// # Panics
///
/// If `webp` is not one that this module writes.
pub fn webp_with_orientation(webp: &[u8], orientation: u8) -> Vec<u8> {
    webp_with_exif(webp, &exif_orientation(orientation))
}

/// Returns `webp`, a still, with an EXIF chunk behind the picture.
///
/// # Panics
///
/// If `webp` is not one that this module writes.
pub fn webp_with_exif(webp: &[u8], exif: &[u8]) -> Vec<u8> {
    let (extended, rest) = extended(webp, EXIF);
    riff(&[extended, rest, chunk(b"EXIF", exif)].concat())
}

/// Returns the opaque picture of `webp`, a lossy still, under alpha that is stored as it is,
/// a byte for each pixel.
///
/// # Panics
///
/// If `webp` is not one that this module writes, or has an extended header.
pub fn webp_with_alpha(webp: &[u8], alpha: &[u8]) -> Vec<u8> {
    let (extended, rest) = extended(webp, ALPHA);
    let plain = [&[0], alpha].concat();
    riff(&[extended, chunk(b"ALPH", &plain), rest].concat())
}

/// The extended header with one flag more, and the chunks after it.
fn extended(webp: &[u8], flag: u8) -> (Vec<u8>, Vec<u8>) {
    let chunks = webp.get(12..).expect("a container has a picture");
    if chunks.starts_with(b"VP8X") {
        let (header, rest) = chunks.split_at(18);
        let mut header = header.to_vec();
        header[8] |= flag;
        return (header, rest.to_vec());
    }
    let number = |at: usize| u32::from_le_bytes(*chunks[at..].first_chunk().expect("a header"));
    // As each kind of picture says it; a lossless one says too whether it has alpha.
    let (width, height, alpha) = if chunks.starts_with(b"VP8L") {
        let bits = number(9);
        let alpha = bits >> 28 & 1 == 1;
        ((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1, alpha)
    } else {
        let sides = number(14);
        (sides & 0x3fff, sides >> 16 & 0x3fff, false)
    };
    let flags = flag | if alpha { ALPHA } else { 0 };
    let [w0, w1, w2, _] = (width - 1).to_le_bytes();
    let [h0, h1, h2, _] = (height - 1).to_le_bytes();
    let header = chunk(b"VP8X", &[flags, 0, 0, 0, w0, w1, w2, h0, h1, h2]);
    (header, chunks.to_vec())
}

fn riff(chunks: &[u8]) -> Vec<u8> {
    [b"RIFF", &length(chunks.len() + 4)[..], b"WEBP", chunks].concat()
}

fn chunk(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let padding = vec![0; payload.len() % 2];
    [kind, &length(payload.len())[..], payload, &padding].concat()
}

fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).expect("far below 4 GiB").to_le_bytes()
}
