//! The planes of a JPEG: as the engine's decoder yields them, as libjpeg-turbo does, and the
//! markers between which their bytes lie.

use std::{io::Read, ops::Range};

use edgepix_corpus::synth::Picture;
use edgepix_engine::{
    Damage, Input, Plan, Result,
    jpeg::{Decoder, Scale},
};

/// Decodes a file whole, every component at one scale.
pub(crate) fn planes(file: &[u8], scale: Scale) -> Result<Vec<Picture>> {
    decoded(&mut { file }, [scale; 4], Damage::Refuse).map(|(planes, _)| planes)
}

/// Decodes a file whole, each component at the scale that a plan decided on.
pub(crate) fn planned(plan: &Plan, file: &[u8]) -> Result<Vec<Picture>> {
    let scale = |i| plan.scales.get(i).copied().unwrap_or(Scale::Full);
    decoded(&mut { file }, std::array::from_fn(scale), Damage::Refuse).map(|(planes, _)| planes)
}

/// Decodes what `reader` holds and tells whether damage was passed over.
pub(crate) fn decoded(
    reader: &mut dyn Read,
    scales: [Scale; 4],
    damage: Damage,
) -> Result<(Vec<Picture>, bool)> {
    let mut decoder = Decoder::open(Input::new(reader), scales, damage)?;
    let mut planes: Vec<_> = decoder
        .plane_sizes()
        .into_iter()
        .map(|(width, height)| Picture {
            width,
            height,
            channels: 1,
            samples: Vec::new(),
        })
        .collect();
    while decoder.advance()? {
        for (plane, strip) in planes.iter_mut().zip(decoder.rows().planes()) {
            for y in 0..strip.height {
                plane.samples.extend_from_slice(strip.row(y));
            }
        }
    }
    for plane in &planes {
        let size = plane.width as usize * plane.height as usize;
        assert_eq!(plane.samples.len(), size, "the strips make the plane");
    }
    Ok((planes, decoder.is_damaged()))
}

/// The planes as libjpeg-turbo decodes them at its own scale, which is ours at 1/8 and whole;
/// `None` for a sampling that it does not name.
#[cfg(target_arch = "x86_64")]
pub(crate) fn turbo(file: &[u8], scale: Scale) -> Option<Vec<Picture>> {
    use turbojpeg::{Decompressor, ScalingFactor, Subsamp, YuvImage};
    let factor = ScalingFactor::new(scale.samples() as usize, 8);
    let mut decoder = Decompressor::new().expect("memory");
    decoder.set_scaling_factor(factor).expect("a factor it has");
    let header = decoder.read_header(file).ok()?.scaled(factor);
    let length = turbojpeg::yuv_pixels_len(header.width, 1, header.height, header.subsamp).ok()?;
    let mut image = YuvImage {
        pixels: vec![0; length],
        width: header.width,
        align: 1,
        height: header.height,
        subsamp: header.subsamp,
    };
    decoder.decompress_to_yuv(file, image.as_deref_mut()).ok()?;
    let chroma = (
        header.width.div_ceil(header.subsamp.width()),
        header.height.div_ceil(header.subsamp.height()),
    );
    // Luma is padded to whole chroma samples.
    let luma = (
        chroma.0 * header.subsamp.width(),
        chroma.1 * header.subsamp.height(),
    );
    let mut rest = &image.pixels[..];
    let mut plane = |stored: (usize, usize), seen: (usize, usize)| {
        let (plane, after) = rest.split_at(stored.0 * stored.1);
        rest = after;
        let rows = plane.chunks(stored.0).take(seen.1);
        Picture {
            width: u32::try_from(seen.0).expect("16 bits"),
            height: u32::try_from(seen.1).expect("16 bits"),
            channels: 1,
            samples: rows.flat_map(|row| &row[..seen.0]).copied().collect(),
        }
    };
    let size = (header.width, header.height);
    if header.subsamp == Subsamp::Gray {
        return Some(vec![plane(size, size)]);
    }
    Some(vec![
        plane(luma, size),
        plane(chroma, chroma),
        plane(chroma, chroma),
    ])
}

/// A plane made smaller by the mean of boxes, those at the edge of what there is, moved
/// `shift` samples.
pub(crate) fn boxed(plane: &Picture, reduction: u32, shift: (i32, i32)) -> Picture {
    let mean = |x: u32, y: u32| {
        let inside = |at: u32, by: i32, length: u32| at.saturating_add_signed(by).min(length - 1);
        let (mut sum, mut count) = (0, 0);
        for down in y * reduction..((y + 1) * reduction).min(plane.height) {
            for across in x * reduction..((x + 1) * reduction).min(plane.width) {
                let (across, down) = (
                    inside(across, shift.0, plane.width),
                    inside(down, shift.1, plane.height),
                );
                sum += u32::from(plane.pixel(across, down)[0]);
                count += 1;
            }
        }
        u8::try_from((sum + count / 2) / count).expect("a mean of bytes")
    };
    Picture::from_fn(
        plane.width.div_ceil(reduction),
        plane.height.div_ceil(reduction),
        |x, y| [mean(x, y)],
    )
}

/// Every segment of a file with its marker, from one scan to the next and to the end.
pub(crate) fn segments(file: &[u8]) -> Vec<(u8, Range<usize>)> {
    let mut found = Vec::new();
    let mut at = 2;
    while at + 4 <= file.len() {
        let is_marker = file[at] == 0xff && !matches!(file[at + 1], 0 | 0xff | 0xd0..=0xd9);
        if !is_marker {
            // Scan data, or the end.
            at += 1;
            continue;
        }
        let length = usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]]));
        found.push((file[at + 1], at..at + 2 + length));
        at += 2 + length;
    }
    found
}

/// Where the first segment with `marker` lies.
pub(crate) fn segment(file: &[u8], marker: u8) -> Range<usize> {
    let mut segments = segments(file).into_iter();
    let found = segments.find(|&(found, _)| found == marker);
    found.expect("our own files have it").1
}

/// The file with `bytes` before position `at`.
pub(crate) fn with(file: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    [&file[..at], bytes, &file[at..]].concat()
}
