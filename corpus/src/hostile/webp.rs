//! WebP files whose chunks are broken or lie.

use super::{Hostile, hostile};
use crate::{synth, write};

/// Flags of an extended header.
const ALPHA: u8 = 0x10;
const ANIMATION: u8 = 0x02;

fn riff(chunks: &[u8]) -> Vec<u8> {
    let size = length(chunks.len() + 4);
    [b"RIFF", &size[..], b"WEBP", chunks].concat()
}

fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).expect("far below 4 GiB").to_le_bytes()
}

fn chunk(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let size = length(payload.len());
    let padding: &[u8] = if payload.len().is_multiple_of(2) {
        &[]
    } else {
        &[0]
    };
    [kind, &size[..], payload, padding].concat()
}

fn extended(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let [w0, w1, w2, _] = (width - 1).to_le_bytes();
    let [h0, h1, h2, _] = (height - 1).to_le_bytes();
    chunk(b"VP8X", &[flags, 0, 0, 0, w0, w1, w2, h0, h1, h2])
}

/// A lossy picture's own chunk, without the container.
fn lossy() -> Vec<u8> {
    write::webp_lossy(&synth::photo(64, 48, 1), 80)[12..].to_vec()
}

pub(super) fn files() -> Vec<Hostile> {
    let lossy_file = riff(&lossy());
    let lossless_file = write::webp_lossless(&synth::photo(64, 48, 1));
    let cut = |file: &[u8]| file[..file.len() / 2].to_vec();
    let patched = |at: usize, bytes: &[u8]| {
        let mut file = lossy_file.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        file
    };
    // In the lossy file: 4 container size, 16 chunk size, 20 frame tag, 23 start code,
    // 26 width, 28 height.
    vec![
        hostile(
            "webp-cut-lossy.webp",
            "ends in the middle of a lossy picture",
            cut(&lossy_file),
        ),
        hostile(
            "webp-cut-lossless.webp",
            "ends in the middle of a lossless picture",
            cut(&lossless_file),
        ),
        hostile(
            "webp-cut-in-chunk-header.webp",
            "ends inside a chunk's size",
            lossy_file[..18].to_vec(),
        ),
        hostile(
            "webp-container-size-0.webp",
            "a container that says it is empty",
            patched(4, &[0; 4]),
        ),
        hostile(
            "webp-container-size-largest.webp",
            "a container of 4 GB",
            patched(4, &[0xff; 4]),
        ),
        hostile(
            "webp-chunk-size-0.webp",
            "a picture of no bytes",
            patched(16, &[0; 4]),
        ),
        hostile(
            "webp-chunk-size-largest.webp",
            "a chunk of 4 GB",
            patched(16, &[0xff; 4]),
        ),
        hostile(
            "webp-start-code.webp",
            "a lossy picture with a wrong start code",
            patched(23, &[0; 3]),
        ),
        hostile(
            "webp-not-key-frame.webp",
            "a picture that needs the one before it",
            patched(20, &[lossy_file[20] | 1]),
        ),
        hostile(
            "webp-partition-past-end.webp",
            "a first partition longer than the file",
            patched(20, &[lossy_file[20], 0xff, 0xff]),
        ),
        hostile(
            "webp-width-0.webp",
            "a picture without columns",
            patched(26, &[0; 2]),
        ),
        hostile(
            "webp-16383-square.webp",
            "claims 268 megapixels and holds 3,072",
            patched(26, &[0xff, 0x3f, 0xff, 0x3f]),
        ),
        hostile(
            "webp-lossless-signature.webp",
            "a lossless picture with a wrong signature",
            {
                let mut file = lossless_file.clone();
                file[20] = 0;
                file
            },
        ),
        hostile(
            "webp-lossless-16384-square.webp",
            "claims 268 megapixels of RGBA in a few hundred bytes",
            {
                let mut file = lossless_file.clone();
                file[21..25].copy_from_slice(&[0xff, 0xff, 0xff, 0x1f]);
                file
            },
        ),
        hostile(
            "webp-canvas-16777216-square.webp",
            "a canvas of 281 terapixels without a picture",
            riff(&extended(0, 1 << 24, 1 << 24)),
        ),
        hostile(
            "webp-canvas-differs.webp",
            "a canvas of another size than the picture on it",
            riff(&[extended(0, 640, 480), lossy()].concat()),
        ),
        hostile(
            "webp-alpha-garbage.webp",
            "an alpha plane that is no picture",
            {
                riff(
                    &[
                        extended(ALPHA, 64, 48),
                        chunk(b"ALPH", &[0x01; 20]),
                        lossy(),
                    ]
                    .concat(),
                )
            },
        ),
        hostile(
            "webp-animation-0-frames.webp",
            "an animation of no frames",
            riff(&[extended(ANIMATION, 64, 48), chunk(b"ANIM", &[0; 6])].concat()),
        ),
        hostile(
            "webp-animation-frame-outside.webp",
            "an animation whose frame lies outside the canvas",
            {
                let place = [
                    0xff, 0xff, 0, 0xff, 0xff, 0, 63, 0, 0, 47, 0, 0, 100, 0, 0, 0,
                ];
                let frame = chunk(b"ANMF", &[&place[..], &lossy()].concat());
                riff(&[extended(ANIMATION, 64, 48), chunk(b"ANIM", &[0; 6]), frame].concat())
            },
        ),
        hostile(
            "webp-animation-65000-frames.webp",
            "an animation of 65,000 frames that hold no picture",
            {
                let frame = chunk(b"ANMF", &[0; 16]);
                let frames = frame.repeat(65_000);
                riff(&[extended(ANIMATION, 1, 1), chunk(b"ANIM", &[0; 6]), frames].concat())
            },
        ),
        hostile(
            "webp-animation-picture-differs.webp",
            "an animation whose picture is larger than its frame",
            {
                let place = [0, 0, 0, 0, 0, 0, 7, 0, 0, 7, 0, 0, 100, 0, 0, 0];
                let frame = chunk(b"ANMF", &[&place[..], &lossy()].concat());
                riff(&[extended(ANIMATION, 64, 48), chunk(b"ANIM", &[0; 6]), frame].concat())
            },
        ),
        hostile(
            "webp-many-chunks.webp",
            "50,000 unknown chunks before the picture",
            {
                riff(
                    &[
                        extended(0, 64, 48),
                        chunk(b"XYZW", &[]).repeat(50_000),
                        lossy(),
                    ]
                    .concat(),
                )
            },
        ),
        hostile(
            "webp-no-picture.webp",
            "a container with only a colour profile",
            riff(&[extended(0x20, 64, 48), chunk(b"ICCP", &[0; 128])].concat()),
        ),
    ]
}
