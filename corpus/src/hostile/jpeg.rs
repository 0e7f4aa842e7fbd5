//! JPEG files whose structure is broken or lies.

use super::{Hostile, hostile};
use crate::write::JpegOptions;
use crate::{synth, write};

pub(super) const DQT: u8 = 0xdb;
pub(super) const DHT: u8 = 0xc4;
const SOF: u8 = 0xc0;
const SOF_PROGRESSIVE: u8 = 0xc2;
pub(super) const SOS: u8 = 0xda;

/// A sound file of 64 by 48 pixels to break.
pub(super) fn sound() -> Vec<u8> {
    write::jpeg(&synth::photo(64, 48, 1), &JpegOptions::default())
}

pub(super) fn sound_progressive() -> Vec<u8> {
    write::jpeg(
        &synth::photo(64, 48, 1),
        &JpegOptions {
            progressive: true,
            ..JpegOptions::default()
        },
    )
}

/// Start, marker position, and end of each segment of the header, in order.
fn segments(jpeg: &[u8]) -> Vec<(u8, std::ops::Range<usize>)> {
    let mut found = Vec::new();
    let mut at = 2;
    loop {
        let length = usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        found.push((jpeg[at + 1], at..at + 2 + length));
        if jpeg[at + 1] == SOS {
            return found;
        }
        at += 2 + length;
    }
}

/// Where the first segment with `marker` lies.
pub(super) fn segment(jpeg: &[u8], marker: u8) -> std::ops::Range<usize> {
    let (_, range) = segments(jpeg)
        .into_iter()
        .find(|(found, _)| *found == marker)
        .expect("our own files have it");
    range
}

/// Changes the payload of the first segment with `marker`; its length is set anew.
pub(super) fn edited(mut jpeg: Vec<u8>, marker: u8, edit: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let range = segment(&jpeg, marker);
    let mut payload = jpeg[range.start + 4..range.end].to_vec();
    edit(&mut payload);
    let length = u16::try_from(payload.len() + 2).expect("a header segment stays short");
    jpeg.splice(
        range.start + 2..range.end,
        length.to_be_bytes().into_iter().chain(payload),
    );
    jpeg
}

/// Removes every segment with `marker`.
pub(super) fn without(mut jpeg: Vec<u8>, marker: u8) -> Vec<u8> {
    for (found, range) in segments(&jpeg).into_iter().rev() {
        if found == marker {
            jpeg.drain(range);
        }
    }
    jpeg
}

fn with_size(jpeg: Vec<u8>, width: u16, height: u16) -> Vec<u8> {
    let is_progressive = segments(&jpeg)
        .iter()
        .any(|(marker, _)| *marker == SOF_PROGRESSIVE);
    let frame = if is_progressive { SOF_PROGRESSIVE } else { SOF };
    edited(jpeg, frame, |frame| {
        frame[1..3].copy_from_slice(&height.to_be_bytes());
        frame[3..5].copy_from_slice(&width.to_be_bytes());
    })
}

/// Puts `bytes` right after the start of image.
pub(super) fn after_start(bytes: &[u8]) -> Vec<u8> {
    [b"\xff\xd8", bytes, &sound()[2..]].concat()
}

pub(super) fn files() -> Vec<Hostile> {
    [truncated(), sizes(), components(), kinds(), markers()].concat()
}

fn truncated() -> Vec<Hostile> {
    let jpeg = sound();
    let scan = segment(&jpeg, SOS).end;
    let cut = |at: usize| jpeg[..at].to_vec();
    vec![
        hostile(
            "jpeg-cut-in-length.jpg",
            "ends inside a segment's length",
            cut(5),
        ),
        hostile(
            "jpeg-cut-in-table.jpg",
            "ends inside a quantisation table",
            cut(segment(&jpeg, DQT).start + 30),
        ),
        hostile(
            "jpeg-cut-after-frame.jpg",
            "ends after the frame header",
            cut(segment(&jpeg, SOF).end),
        ),
        hostile(
            "jpeg-cut-before-scan.jpg",
            "ends where the scan should begin",
            cut(scan),
        ),
        hostile(
            "jpeg-cut-in-scan.jpg",
            "ends in the middle of the scan",
            cut(scan + (jpeg.len() - scan) / 2),
        ),
        hostile(
            "jpeg-cut-before-end.jpg",
            "all there but the end of image",
            cut(jpeg.len() - 2),
        ),
        hostile(
            "jpeg-cut-in-marker.jpg",
            "ends between the bytes of the end of image",
            cut(jpeg.len() - 1),
        ),
        hostile(
            "jpeg-cut-progressive.jpg",
            "ends in the middle of a progressive file",
            {
                let jpeg = sound_progressive();
                jpeg[..jpeg.len() / 2].to_vec()
            },
        ),
    ]
}

/// The sound file with its frame header changed.
fn with_frame(edit: fn(&mut Vec<u8>)) -> Vec<u8> {
    edited(sound(), SOF, edit)
}

fn sizes() -> Vec<Hostile> {
    let mut huge = with_size(sound(), 65_535, 65_535);
    huge.truncate(segment(&huge, SOS).end);
    vec![
        hostile(
            "jpeg-65535-square.jpg",
            "claims 4.3 gigapixels and holds none",
            huge,
        ),
        hostile(
            "jpeg-65535-square-progressive.jpg",
            "claims 12.9 GB of coefficients in a small file",
            with_size(sound_progressive(), 65_535, 65_535),
        ),
        hostile(
            "jpeg-taller-than-scan.jpg",
            "claims four times the rows its scan holds",
            with_size(sound(), 64, 192),
        ),
        hostile(
            "jpeg-shorter-than-scan.jpg",
            "its scan holds more rows than it claims",
            with_size(sound(), 64, 16),
        ),
        hostile(
            "jpeg-width-0.jpg",
            "a picture without columns",
            with_size(sound(), 0, 48),
        ),
        hostile(
            "jpeg-height-0.jpg",
            "no rows, and no DNL marker to give their number",
            with_size(sound(), 64, 0),
        ),
    ]
}

fn components() -> Vec<Hostile> {
    vec![
        hostile(
            "jpeg-0-components.jpg",
            "a frame of nothing",
            with_frame(|f| {
                f[5] = 0;
                f.truncate(6);
            }),
        ),
        hostile(
            "jpeg-2-components.jpg",
            "two components, which mean no colour",
            with_frame(|f| {
                f[5] = 2;
                f.truncate(12);
            }),
        ),
        hostile(
            "jpeg-5-components.jpg",
            "more components than a scan can interleave",
            with_frame(|f| {
                f[5] = 5;
                f.extend([4, 0x11, 0, 5, 0x11, 0]);
            }),
        ),
        hostile(
            "jpeg-component-count-lies.jpg",
            "counts 200 components in a frame of three",
            with_frame(|f| f[5] = 200),
        ),
        hostile(
            "jpeg-same-component-twice.jpg",
            "two components share an identifier",
            with_frame(|f| f[9] = f[6]),
        ),
        hostile(
            "jpeg-sampling-0.jpg",
            "a sampling factor of 0 to divide by",
            with_frame(|f| f[7] = 0x00),
        ),
        hostile(
            "jpeg-sampling-5.jpg",
            "a sampling factor above 4",
            with_frame(|f| f[7] = 0x55),
        ),
        hostile(
            "jpeg-sampling-too-many-blocks.jpg",
            "more than ten blocks in an MCU",
            with_frame(|f| {
                f[7] = 0x44;
                f[10] = 0x44;
            }),
        ),
        hostile(
            "jpeg-sampling-3-to-2.jpg",
            "factors that do not divide each other; legal, rarely handled",
            with_frame(|f| {
                f[7] = 0x31;
                f[10] = 0x21;
            }),
        ),
    ]
}

fn kinds() -> Vec<Hostile> {
    let marked = |marker| {
        let mut jpeg = sound();
        let at = segment(&jpeg, SOF).start + 1;
        jpeg[at] = marker;
        jpeg
    };
    vec![
        hostile(
            "jpeg-12-bit.jpg",
            "12 bits per sample",
            with_frame(|f| f[0] = 12),
        ),
        hostile(
            "jpeg-table-99.jpg",
            "a component that names quantisation table 99",
            with_frame(|f| f[8] = 99),
        ),
        hostile("jpeg-lossless.jpg", "a lossless frame, SOF3", marked(0xc3)),
        hostile(
            "jpeg-hierarchical.jpg",
            "a differential frame, SOF5",
            marked(0xc5),
        ),
        hostile(
            "jpeg-arithmetic.jpg",
            "an arithmetic-coded frame, SOF9",
            marked(0xc9),
        ),
        hostile(
            "jpeg-two-frames.jpg",
            "a second frame header of another size",
            {
                let jpeg = sound();
                let mut second = with_size(sound(), 8, 8);
                second = second[segment(&second, SOF)].to_vec();
                let at = segment(&jpeg, SOF).end;
                [&jpeg[..at], &second, &jpeg[at..]].concat()
            },
        ),
        hostile(
            "jpeg-no-frame.jpg",
            "a scan without a frame header",
            without(sound(), SOF),
        ),
    ]
}

fn markers() -> Vec<Hostile> {
    let length =
        |value: u16| after_start(&[&[0xff, 0xe5], &value.to_be_bytes()[..], &[0; 8]].concat());
    vec![
        hostile(
            "jpeg-length-0.jpg",
            "a segment that says it is 0 bytes long: stepping over it stands still",
            length(0),
        ),
        hostile(
            "jpeg-length-1.jpg",
            "a segment shorter than its own length field",
            length(1),
        ),
        hostile(
            "jpeg-segment-past-end.jpg",
            "a segment that runs past the end of the file",
            length(65_535),
        ),
        hostile(
            "jpeg-many-segments.jpg",
            "60,000 empty application segments before the picture",
            after_start(&b"\xff\xe7\0\x02".repeat(60_000)),
        ),
        hostile(
            "jpeg-fill-bytes.jpg",
            "200,000 fill bytes before a marker, as the standard allows",
            after_start(&[0xff; 200_000]),
        ),
        hostile(
            "jpeg-junk-between.jpg",
            "junk between segments",
            after_start(&[0x12; 100]),
        ),
        hostile(
            "jpeg-junk-after.jpg",
            "100 KB of junk after the end; decodes",
            [sound(), synth::noise(1000, 100, 1, 9).samples].concat(),
        ),
        hostile(
            "jpeg-two-starts.jpg",
            "two starts of image",
            after_start(b"\xff\xd8"),
        ),
        hostile(
            "jpeg-ends-first.jpg",
            "ends before it begins",
            *b"\xff\xd8\xff\xd9",
        ),
        hostile(
            "jpeg-adobe-transform-9.jpg",
            "an Adobe marker with a colour transform that does not exist",
            after_start(b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\x09"),
        ),
    ]
}
