//! PNG of every colour type and bit depth, interlaced or not: the samples are those that
//! the png crate decodes, rounded to 8 bits.

mod support;

use std::io::{Cursor, Write};

use edgepix_corpus::synth::Picture;
use edgepix_corpus::{synth, write};
use edgepix_engine::{Error, Input, Limits, Resource, plan, probe};
use support::{to_png, try_run};

/// Colour type, bit depth and samples of a pixel.
const KINDS: [(u8, u8, usize); 15] = [
    (0, 1, 1),
    (0, 2, 1),
    (0, 4, 1),
    (0, 8, 1),
    (0, 16, 1),
    (2, 8, 3),
    (2, 16, 3),
    (3, 1, 1),
    (3, 2, 1),
    (3, 4, 1),
    (3, 8, 1),
    (4, 8, 2),
    (4, 16, 2),
    (6, 8, 4),
    (6, 16, 4),
];

/// First column and row, then step across and down, of Adam7's passes.
const ADAM7: [[usize; 4]; 7] = [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
];

#[derive(Clone, Copy, Debug)]
struct Case {
    kind: u8,
    depth: u8,
    samples: usize,
    keyed: bool,
    interlaced: bool,
    width: usize,
    height: usize,
}

fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("small").to_be_bytes();
    let mut crc = crc32fast::Hasher::new();
    crc.update(name);
    crc.update(body);
    [&length, &name[..], body, &crc.finalize().to_be_bytes()].concat()
}

/// A file of noise: any bytes under any filter are some picture. Its data is cut into
/// chunks of 40 bytes, with an empty one before them.
fn file(case: Case) -> Vec<u8> {
    let side = |side: usize| u32::try_from(side).expect("small").to_be_bytes();
    let interlace = u8::from(case.interlaced);
    let mut header = [side(case.width), side(case.height)].concat();
    header.extend([case.depth, case.kind, 0, 0, interlace]);
    let passes = if case.interlaced {
        &ADAM7[..]
    } else {
        &[[0, 0, 1, 1]]
    };
    let mut noise = synth::noise(256, 256, 4, 9).samples.into_iter().cycle();
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut filter = 0;
    for [left, top, across, down] in passes {
        let columns = case.width.saturating_sub(*left).div_ceil(*across);
        let rows = case.height.saturating_sub(*top).div_ceil(*down);
        let bytes = (columns * case.samples * usize::from(case.depth)).div_ceil(8);
        for _ in 0..if columns > 0 { rows } else { 0 } {
            let line: Vec<u8> = noise.by_ref().take(bytes).collect();
            zlib.write_all(&[filter]).expect("memory takes it");
            zlib.write_all(&line).expect("memory takes it");
            // Every filter, and Paeth below Paeth.
            filter = if line[0] < 128 { 4 } else { line[0] % 5 };
        }
    }
    let data = zlib.finish().expect("memory takes it");
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    file.extend(chunk(b"IHDR", &header));
    if case.kind == 3 {
        let colours = 1usize << case.depth;
        // Short of a few colours: indices beyond them are black.
        let colours = if colours > 16 { colours - 9 } else { colours };
        let palette: Vec<u8> = noise.by_ref().take(3 * colours).collect();
        file.extend(chunk(b"PLTE", &palette));
    }
    if case.keyed {
        let key: &[u8] = match case.kind {
            0 => &[0, 1],
            2 => &[0, 7, 0, 8, 0, 9],
            _ => &[9, 200],
        };
        file.extend(chunk(b"tRNS", key));
    }
    file.extend(chunk(b"IDAT", &[]));
    for part in data.chunks(40) {
        file.extend(chunk(b"IDAT", part));
    }
    file.extend(chunk(b"IEND", &[]));
    file
}

/// The same by the png crate: size, channels and samples.
fn expected(file: &[u8]) -> (u32, u32, usize, Vec<u8>) {
    let mut decoder = png::Decoder::new(Cursor::new(file));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().expect("a sound file");
    let mut samples = vec![0; reader.output_buffer_size().expect("small")];
    let shape = reader.next_frame(&mut samples).expect("a sound file");
    if shape.bit_depth == png::BitDepth::Sixteen {
        let pairs = samples.as_chunks().0.iter();
        let rounded =
            pairs.map(|&pair| (u32::from(u16::from_be_bytes(pair)) * 255 + 32_767) / 65_535);
        samples = rounded
            .map(|level| u8::try_from(level).expect("a byte"))
            .collect();
    }
    (
        shape.width,
        shape.height,
        shape.color_type.samples(),
        samples,
    )
}

/// Compares what becomes of a case at its own size. Where nothing shows, any colour is right.
fn check(case: Case) {
    let file = file(case);
    let (width, height, channels, samples) = expected(&file);
    let (_, out) = try_run(&to_png(), &file).unwrap_or_else(|error| panic!("{case:?}: {error}"));
    let ours = support::png(&out);
    assert_eq!((ours.width, ours.height), (width, height), "{case:?}");
    // A palette says nothing of alpha where all of it is opaque.
    let opaque = case.kind == 3 && usize::from(ours.channels) + 1 == channels;
    let ours = if opaque {
        let pixels = ours.samples.chunks(channels - 1);
        let pixels = pixels.map(|pixel| [pixel, &[255]].concat());
        Picture {
            samples: pixels.collect::<Vec<_>>().concat(),
            channels: ours.channels + 1,
            ..ours
        }
    } else {
        ours
    };
    assert_eq!(usize::from(ours.channels), channels, "{case:?}");
    let alpha = matches!(channels, 2 | 4);
    let pairs = samples.chunks(channels).zip(ours.samples.chunks(channels));
    for (index, (expected, ours)) in pairs.enumerate() {
        let shown = !alpha || expected[channels - 1] > 0;
        let close = !alpha && expected == ours
            || alpha && expected.last() == ours.last() && is_near(expected, ours);
        assert!(
            !shown || close,
            "{case:?} {index}: {ours:?}, not {expected:?}"
        );
    }
}

/// Colours lose what a small alpha cannot hold on the way through premultiplication.
fn is_near(expected: &[u8], ours: &[u8]) -> bool {
    let alpha = i32::from(*expected.last().expect("a pixel has channels"));
    let most = 1 + 128 / alpha.max(1);
    expected
        .iter()
        .zip(ours)
        .all(|(a, b)| i32::from(a.abs_diff(*b)) <= most)
}

fn cases(sizes: &[(usize, usize)]) -> impl Iterator<Item = Case> {
    let sizes = sizes.to_vec();
    KINDS.into_iter().flat_map(move |(kind, depth, samples)| {
        let sizes = sizes.clone();
        sizes.into_iter().flat_map(move |(width, height)| {
            [(false, false), (false, true), (true, false), (true, true)]
                .into_iter()
                .filter(move |&(keyed, _)| !keyed || matches!(kind, 0 | 2 | 3))
                .map(move |(keyed, interlaced)| Case {
                    kind,
                    depth,
                    samples,
                    keyed,
                    interlaced,
                    width,
                    height,
                })
        })
    })
}

#[test]
fn every_kind_of_sample_is_what_the_png_crate_reads() {
    cases(&[(61, 45), (700, 3)]).for_each(check);
}

#[test]
fn tiny_interlaced_images_have_empty_passes() {
    let sizes: Vec<_> = (1..=9).flat_map(|w| (1..=9).map(move |h| (w, h))).collect();
    cases(&sizes).filter(|case| case.interlaced).for_each(check);
}

/// Rows longer than the inflater's window at its smallest.
#[test]
fn very_long_interlaced_rows_are_read() {
    for (width, height) in [(50_000, 3), (3, 50_000)] {
        check(Case {
            kind: 2,
            depth: 8,
            samples: 3,
            keyed: false,
            interlaced: true,
            width,
            height,
        });
    }
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    for interlaced in [false, true] {
        let file = file(Case {
            kind: 3,
            depth: 4,
            samples: 1,
            keyed: true,
            interlaced,
            width: 9,
            height: 7,
        });
        // Without IEND and the end of the last chunk, no sample is missing: CRC, Adler-32.
        let whole = file.len() - 12 - 4 - 4;
        for end in 0..whole - 1 {
            let done = try_run(&to_png(), &file[..end]);
            assert!(done.is_err(), "{end} of {}", file.len());
        }
    }
}

#[test]
fn an_interlaced_bomb_is_refused_by_its_header() {
    let mut file = write::png_interlaced(&synth::photo(8, 8, 1));
    let side = 16_000u32.to_be_bytes();
    file[16..24].copy_from_slice(&[side, side].concat());
    let header = probe(&mut Input::new(&mut &file[..])).expect("the header is sound");
    let refused = plan(&to_png(), &header, &Limits::default());
    assert!(matches!(
        refused,
        Err(Error::TooLarge {
            resource: Resource::Memory,
            needed: 768_000_000..,
            ..
        })
    ));
}

/// A palette of no colours, a transparent colour cut short, a wrong CRC: what a file must
/// say to be read.
#[test]
fn palettes_and_transparency_must_be_sound() {
    let case = Case {
        kind: 2,
        depth: 8,
        samples: 3,
        keyed: true,
        interlaced: false,
        width: 5,
        height: 5,
    };
    let sound = file(case);
    let at = sound
        .windows(4)
        .position(|name| name == b"tRNS")
        .expect("it has one");
    let with = |new: &[u8]| [&sound[..at - 4], new, &sound[at + 4 + 6 + 4..]].concat();
    assert!(try_run(&to_png(), &with(&chunk(b"tRNS", &[0, 1, 0, 2, 0, 3]))).is_ok());
    let mut wrong = chunk(b"tRNS", &[0, 1, 0, 2, 0, 3]);
    wrong[9] ^= 1;
    for broken in [
        chunk(b"tRNS", &[0, 1, 0]),
        chunk(b"tRNS", &[0; 300]),
        chunk(b"tRNS", &[]),
        wrong,
    ] {
        let done = try_run(&to_png(), &with(&broken));
        assert!(matches!(done, Err(Error::Malformed { .. })), "{broken:?}");
    }
}
