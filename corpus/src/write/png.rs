//! PNG in the layouts the web holds.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use png::{BitDepth, ColorType, Encoder};

use super::metadata::png_chunk;
use crate::synth::Picture;

/// Writes the picture as it is: 8 bits, adaptive filters, deflate at its usual level.
///
/// # Panics
///
/// If a side is 0.
pub fn png(picture: &Picture) -> Vec<u8> {
    encoded(
        picture,
        colour(picture.channels),
        BitDepth::Eight,
        None,
        &picture.samples,
    )
}

/// Writes the picture with 16 bits per sample, each the 8-bit level times 257, so that an
/// exact reduction gives the picture back.
///
/// # Panics
///
/// As [`png()`].
pub fn png_sixteen_bit(picture: &Picture) -> Vec<u8> {
    let samples: Vec<u8> = picture
        .samples
        .iter()
        .flat_map(|&sample| [sample; 2])
        .collect();
    encoded(
        picture,
        colour(picture.channels),
        BitDepth::Sixteen,
        None,
        &samples,
    )
}

/// Writes the picture with a palette of 256 colours: 3, 3 and 2 bits of red, green and
/// blue, or with alpha 2 bits of each of the four (a tRNS chunk). Colours are cut down, not
/// dithered.
///
/// # Panics
///
/// As [`png()`].
pub fn png_palette(picture: &Picture) -> Vec<u8> {
    let has_alpha = matches!(picture.channels, 2 | 4);
    let bits: [u8; 4] = if has_alpha {
        [2, 2, 2, 2]
    } else {
        [3, 3, 2, 0]
    };
    let indices: Vec<u8> = picture
        .samples
        .chunks_exact(usize::from(picture.channels))
        .map(|pixel| {
            let rgba = match *pixel {
                [v] => [v, v, v, 255],
                [v, a] => [v, v, v, a],
                [r, g, b] => [r, g, b, 255],
                [r, g, b, a] => [r, g, b, a],
                _ => unreachable!("one to four channels"),
            };
            rgba.into_iter()
                .zip(bits)
                .fold(0, |index, (value, bits)| match bits {
                    0 => index,
                    bits => index << bits | value >> (8 - bits),
                })
        })
        .collect();
    let (mut palette, mut alphas) = (Vec::new(), Vec::new());
    for index in 0..=255 {
        let mut shift = 8;
        for bits in bits.into_iter().filter(|&bits| bits > 0) {
            shift -= bits;
            let value = stretched(index >> shift, bits);
            if has_alpha && shift == 0 {
                alphas.push(value);
            } else {
                palette.push(value);
            }
        }
    }
    encoded(
        picture,
        ColorType::Indexed,
        BitDepth::Eight,
        Some((palette, alphas)),
        &indices,
    )
}

/// The low `bits` of `value` as a level: all ones are white.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a part of most, times 255 / most"
)]
fn stretched(value: u8, bits: u8) -> u8 {
    let most = (1u16 << bits) - 1;
    ((u16::from(value) & most) * 255 / most) as u8
}

fn colour(channels: u8) -> ColorType {
    match channels {
        1 => ColorType::Grayscale,
        2 => ColorType::GrayscaleAlpha,
        3 => ColorType::Rgb,
        _ => ColorType::Rgba,
    }
}

fn encoded(
    picture: &Picture,
    colour: ColorType,
    depth: BitDepth,
    palette: Option<(Vec<u8>, Vec<u8>)>,
    samples: &[u8],
) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, picture.width, picture.height);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    if let Some((palette, alphas)) = palette {
        encoder.set_palette(palette);
        if !alphas.is_empty() {
            encoder.set_trns(alphas);
        }
    }
    encoder
        .write_header()
        .and_then(|mut writer| {
            writer.write_image_data(samples)?;
            writer.finish()
        })
        .expect("a picture fills its header, and memory takes every write");
    out
}

/// First column and row, then step across and down, of Adam7's seven passes.
const ADAM7: [(u32, u32, u32, u32); 7] = [
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
];

/// Writes the picture interlaced (Adam7), unfiltered. The png crate cannot.
///
/// # Panics
///
/// As [`png()`].
pub fn png_interlaced(picture: &Picture) -> Vec<u8> {
    assert!(
        picture.width > 0 && picture.height > 0,
        "a picture with pixels"
    );
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::new(6));
    let mut line = Vec::new();
    for (left, top, across, down) in ADAM7 {
        for y in (top..picture.height).step_by(down as usize) {
            line.clear();
            for x in (left..picture.width).step_by(across as usize) {
                line.extend_from_slice(picture.pixel(x, y));
            }
            // A pass without pixels has no lines at all, not empty ones.
            if !line.is_empty() {
                line.insert(0, 0);
                zlib.write_all(&line).expect("memory takes every write");
            }
        }
    }
    let mut header = Vec::new();
    header.extend(picture.width.to_be_bytes());
    header.extend(picture.height.to_be_bytes());
    header.extend([8, colour(picture.channels) as u8, 0, 0, 1]);

    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    out.extend(png_chunk(b"IHDR", &header));
    out.extend(png_chunk(
        b"IDAT",
        &zlib.finish().expect("memory takes every write"),
    ));
    out.extend(png_chunk(b"IEND", &[]));
    out
}
