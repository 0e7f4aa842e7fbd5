//! WebP, lossless in Rust and lossy by libwebp. The only file that calls C.

use image_webp::{ColorType, WebPEncoder};

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
