//! JPEG files whose tables and scans are broken, or cost more than they show.

use super::jpeg::{DHT, DQT, SOS, edited, segment, sound, sound_progressive, without};
use super::{Hostile, hostile};
use crate::write::{JpegOptions, Sampling};
use crate::{synth, write};

pub(super) fn files() -> Vec<Hostile> {
    [tables(), scans()].concat()
}

fn tables() -> Vec<Hostile> {
    let huffman = |edit: fn(&mut Vec<u8>)| edited(sound(), DHT, edit);
    vec![
        hostile(
            "jpeg-no-quantisation.jpg",
            "no quantisation tables",
            without(sound(), DQT),
        ),
        hostile(
            "jpeg-no-huffman.jpg",
            "no Huffman tables; decoders of video frames assume the standard's",
            without(sound(), DHT),
        ),
        hostile(
            "jpeg-quantisation-0.jpg",
            "a quantisation step of zero",
            edited(sound(), DQT, |q| q[1..].fill(0)),
        ),
        hostile(
            "jpeg-quantisation-short.jpg",
            "a quantisation table of 32 steps",
            edited(sound(), DQT, |q| q.truncate(33)),
        ),
        hostile(
            "jpeg-quantisation-number.jpg",
            "a quantisation table numbered 15",
            edited(sound(), DQT, |q| q[0] = 15),
        ),
        hostile(
            "jpeg-huffman-over-full.jpg",
            "three codes of one bit",
            huffman(|h| h[1] = 3),
        ),
        hostile(
            "jpeg-huffman-counts-lie.jpg",
            "counts 4,080 symbols and lists twelve",
            huffman(|h| h[1..17].fill(255)),
        ),
        hostile(
            "jpeg-huffman-empty.jpg",
            "a table without codes",
            huffman(|h| {
                h[1..17].fill(0);
                h.truncate(17);
            }),
        ),
        hostile(
            "jpeg-huffman-number.jpg",
            "a table of class 9, numbered 15",
            huffman(|h| h[0] = 0x9f),
        ),
        hostile(
            "jpeg-huffman-dc-64.jpg",
            "DC differences of up to 255 bits",
            huffman(|h| h[17..].fill(255)),
        ),
    ]
}

fn scans() -> Vec<Hostile> {
    let scan = |edit: fn(&mut Vec<u8>)| edited(sound(), SOS, edit);
    let with_data = |fill: fn(&mut [u8])| {
        let mut jpeg = sound();
        let (start, end) = (segment(&jpeg, SOS).end, jpeg.len() - 2);
        fill(&mut jpeg[start..end]);
        jpeg
    };
    let progressive = |edit: fn(&mut Vec<u8>)| edited(sound_progressive(), SOS, edit);
    let restarts = || {
        let options = JpegOptions {
            restart_interval: 2,
            sampling: Sampling::S420,
            ..JpegOptions::default()
        };
        write::jpeg(&synth::photo(64, 48, 1), &options)
    };
    vec![
        hostile(
            "jpeg-scan-0-components.jpg",
            "a scan of nothing",
            scan(|s| {
                s[0] = 0;
                s.drain(1..7);
            }),
        ),
        hostile(
            "jpeg-scan-unknown-component.jpg",
            "a scan of a component the frame lacks",
            scan(|s| s[1] = 77),
        ),
        hostile(
            "jpeg-scan-same-component.jpg",
            "a scan of the same component three times",
            scan(|s| {
                s[3] = s[1];
                s[5] = s[1];
            }),
        ),
        hostile(
            "jpeg-scan-table-3.jpg",
            "a scan with Huffman tables that were never defined",
            scan(|s| s[2] = 0x33),
        ),
        hostile(
            "jpeg-scan-ones.jpg",
            "a scan of nothing but ones, which is no code",
            with_data(|d| d.fill(0xfe)),
        ),
        hostile(
            "jpeg-scan-zeros.jpg",
            "a scan of zeros: the shortest codes for ever",
            with_data(|d| d.fill(0)),
        ),
        hostile(
            "jpeg-scan-noise.jpg",
            "a scan of noise",
            with_data(|d| {
                let noise = synth::noise(100, 100, 1, 5).samples;
                d.copy_from_slice(&noise[..d.len()]);
            }),
        ),
        hostile(
            "jpeg-restarts-missing.jpg",
            "announces restart markers and has none",
            {
                let mut jpeg = sound();
                let at = segment(&jpeg, SOS).start;
                jpeg.splice(at..at, *b"\xff\xdd\0\x04\0\x01");
                jpeg
            },
        ),
        hostile(
            "jpeg-restarts-shuffled.jpg",
            "restart markers out of order",
            {
                let mut jpeg = restarts();
                for at in segment(&jpeg, SOS).end..jpeg.len() - 1 {
                    if jpeg[at] == 0xff && jpeg[at + 1] & 0xf8 == 0xd0 {
                        jpeg[at + 1] ^= 5;
                    }
                }
                jpeg
            },
        ),
        hostile(
            "jpeg-progressive-band-64.jpg",
            "a progressive scan of coefficient 64",
            progressive(|s| {
                let band = s.len() - 3;
                s[band..].copy_from_slice(&[1, 64, 0]);
            }),
        ),
        hostile(
            "jpeg-progressive-backwards.jpg",
            "a progressive band that ends before it begins",
            progressive(|s| {
                let band = s.len() - 3;
                s[band..].copy_from_slice(&[9, 3, 0]);
            }),
        ),
        hostile(
            "jpeg-progressive-shift-15.jpg",
            "successive approximation by 15 bits",
            progressive(|s| {
                let band = s.len() - 3;
                s[band + 2] = 0x0f;
            }),
        ),
        hostile(
            "jpeg-progressive-refines-first.jpg",
            "refines coefficients that were never sent",
            progressive(|s| {
                let band = s.len() - 3;
                s[band + 2] = 0x10;
            }),
        ),
        hostile(
            "jpeg-scan-bomb.jpg",
            "2,000 scans of a 16-megapixel picture in 80 KB: seconds of work for nothing",
            scan_bomb(),
        ),
    ]
}

/// A progressive grey picture of 4,096 square whose every scan says "nothing new" in sixteen
/// end-of-band runs.
fn scan_bomb() -> Vec<u8> {
    let mut jpeg = b"\xff\xd8".to_vec();
    jpeg.extend(b"\xff\xdb\0\x43\0");
    jpeg.extend([1; 64]);
    jpeg.extend(b"\xff\xc2\0\x0b\x08\x10\0\x10\0\x01\x01\x11\0");
    // One DC code, for no difference, and one AC code, for a run of 16,384 and more.
    jpeg.extend(b"\xff\xc4\0\x14\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    jpeg.extend(b"\xff\xc4\0\x14\x10\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xe0");
    for _ in 0..2000 {
        jpeg.extend(b"\xff\xda\0\x08\x01\x01\0\x01\x3f\0");
        // Sixteen runs of 16,384 blocks: a code of one zero bit, then 14 zeros for the rest.
        jpeg.extend([0; 30]);
    }
    jpeg.extend(b"\xff\xd9");
    jpeg
}
