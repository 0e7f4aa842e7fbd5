//! Files that are broken or lie: an error that says whose fault it is, or a whole image;
//! never a panic, never more memory than allowed, never more work than the file is worth.

mod support;

use std::{
    io::{self, Read},
    panic::{AssertUnwindSafe, catch_unwind},
};

use edgepix_corpus::{
    hostile,
    synth::{self, Picture},
    write::{self, JpegOptions},
};
use edgepix_engine::{Encoded, Error, Input, Limits, Request, Resource, Result, Speed, transform};
use support::{
    memory::{Counting, peak_of},
    run, to_png, try_run,
};

#[global_allocator]
static MEMORY: Counting = Counting;

const LIMITS: Limits = Limits {
    peak_bytes: 64 << 20,
    source_pixels: 120_000_000,
    animation_pixels: 100_000_000,
    deadline: None,
    cpu_share: 1.0,
    speed: Speed::REFERENCE,
};

/// Files that hold a whole picture, with the size it is seen at.
const SOUND: [(&str, (u32, u32)); 49] = [
    ("png-inside.jpg", (64, 48)),
    ("jpeg-inside.png", (64, 48)),
    ("jpeg-shorter-than-scan.jpg", (64, 16)),
    ("jpeg-many-segments.jpg", (64, 48)),
    ("jpeg-fill-bytes.jpg", (64, 48)),
    ("jpeg-junk-after.jpg", (64, 48)),
    ("exif-orientation-0.jpg", (64, 48)),
    ("exif-orientation-9.jpg", (64, 48)),
    ("exif-empty.jpg", (64, 48)),
    ("exif-cut.jpg", (64, 48)),
    ("exif-byte-order.jpg", (64, 48)),
    ("exif-directory-on-itself.jpg", (64, 48)),
    ("exif-directory-far-away.jpg", (64, 48)),
    ("exif-loop.jpg", (48, 64)),
    ("exif-entries-65535.jpg", (48, 64)),
    ("exif-count-4294967295.jpg", (48, 64)),
    ("exif-count-0.jpg", (48, 64)),
    ("exif-type-99.jpg", (64, 48)),
    ("exif-twice.jpg", (48, 64)),
    ("icc-part-missing.jpg", (64, 48)),
    ("icc-counts-differ.jpg", (64, 48)),
    ("icc-same-part.jpg", (64, 48)),
    ("icc-empty.jpg", (64, 48)),
    ("icc-size-lies.jpg", (64, 48)),
    ("png-junk-after.png", (64, 48)),
    ("png-data-long.png", (16, 16)),
    ("png-bomb.png", (64, 64)),
    ("png-palette-not-thirds.png", (16, 16)),
    ("png-transparency-too-long.png", (16, 16)),
    ("png-text-huge.png", (16, 16)),
    ("png-text-bomb.png", (16, 16)),
    ("png-profile-bomb.png", (16, 16)),
    ("png-profile-overlapping.png", (16, 16)),
    ("png-many-chunks.png", (16, 16)),
    ("png-orientation-9.png", (64, 48)),
    ("png-exif-late.png", (16, 16)),
    ("png-animation-0-frames.png", (16, 16)),
    // What is shown is not a part of the animation.
    ("png-animation-frame-outside.png", (16, 16)),
    ("webp-container-size-largest.webp", (64, 48)),
    ("webp-many-chunks.webp", (64, 48)),
    ("gif-no-trailer.gif", (64, 48)),
    ("gif-junk-after.gif", (64, 48)),
    ("gif-screen-0.gif", (16, 16)),
    ("gif-image-outside.gif", (64, 34)),
    ("gif-data-long.gif", (16, 16)),
    ("gif-lzw-bomb.gif", (64, 64)),
    ("gif-80000-frames.gif", (1, 1)),
    ("gif-frames-bomb.gif", (64, 64)),
    ("gif-many-extensions.gif", (16, 16)),
];

/// Files whose samples are broken but can be read as a picture of the right size, and files
/// that are cut or broken after their last sample. Reading them is as good as refusing them.
const EITHER: [&str; 14] = [
    "icc-part-0.jpg",
    "icc-part-9-of-2.jpg",
    "jpeg-adobe-transform-9.jpg",
    "jpeg-arithmetic.jpg",
    "jpeg-cut-before-end.jpg",
    "jpeg-cut-in-marker.jpg",
    "jpeg-progressive-refines-first.jpg",
    "jpeg-quantisation-0.jpg",
    "jpeg-sampling-3-to-2.jpg",
    "jpeg-scan-zeros.jpg",
    "png-crc-data.png",
    "png-cut-before-end.png",
    "png-palette-index-out.png",
    "png-zlib-checksum.png",
];

/// Counts how often it is asked, and fails if that is without reason.
struct Patient<'a> {
    file: &'a [u8],
    asked: usize,
}

impl Read for Patient<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.asked += 1;
        self.file.read(buffer)
    }
}

/// What came of a file, or its panic; checks memory and the number of reads.
fn tried(name: &str, request: &Request, file: &[u8]) -> (Result<Encoded>, Vec<u8>) {
    let mut reader = Patient { file, asked: 0 };
    let mut out = Vec::new();
    let work = || {
        let input = Input::new(&mut reader);
        transform(request, &LIMITS, input, &mut out)
    };
    let (done, peak) = peak_of(|| catch_unwind(AssertUnwindSafe(work)));
    let done = done.unwrap_or_else(|_| panic!("{name} makes the engine panic"));
    assert!(peak <= LIMITS.peak_bytes, "{name} took {peak} bytes");
    let most = file.len() / 1024 + 64;
    assert!(reader.asked <= most, "{name}: {} reads", reader.asked);
    (done, out)
}

/// At most 64 pixels wide.
fn small() -> Request {
    Request {
        width: Some(64),
        ..to_png()
    }
}

#[test]
fn every_hostile_file_is_refused_or_gives_the_picture_it_holds() {
    let files = hostile::all();
    for file in &files {
        let (done, out) = tried(file.name, &small(), &file.bytes);
        let sound = SOUND.iter().find(|(name, _)| *name == file.name);
        match (sound, done) {
            (Some((_, size)), Ok(_)) => {
                let picture = support::png(&out);
                assert_eq!((picture.width, picture.height), *size, "{}", file.name);
            }
            (Some(_), Err(error)) => panic!("{} is sound: {error}", file.name),
            (None, Ok(_)) => assert!(
                EITHER.contains(&file.name),
                "{} gave a picture: {}",
                file.name,
                file.reason
            ),
            (None, Err(error)) => assert!(
                matches!(
                    error,
                    Error::Malformed { .. } | Error::Unsupported(_) | Error::TooLarge { .. }
                ),
                "{}: {error:?}",
                file.name
            ),
        }
    }
    let known = |name: &str| files.iter().any(|file| file.name == name);
    assert!(SOUND.iter().all(|(name, _)| known(name)));
    assert!(EITHER.iter().all(|name| known(name)));
}

#[test]
fn two_thousand_scans_are_given_up_early() {
    let files = hostile::all();
    let bomb = files.iter().find(|file| file.name == "jpeg-scan-bomb.jpg");
    let bomb = bomb.expect("a hostile file");
    // Each scan takes 40 bytes of the file, and may take the work of the whole picture.
    for request in [small(), to_png()] {
        match try_run(&request, &bomb.bytes) {
            Err(Error::Malformed { offset, .. }) => assert!(offset < 510 * 40, "{offset}"),
            other => panic!("{:?}", other.map(|(encoded, _)| encoded)),
        }
    }
}

/// A PNG or JPEG that ends where its samples should begin.
fn claims(width: u16, height: u16) -> [Vec<u8>; 2] {
    let png = [
        b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR",
        &u32::from(width).to_be_bytes()[..],
        &u32::from(height).to_be_bytes(),
        &[8, 6, 0, 0, 0],
        &[0; 8],
        b"IDAT",
    ];
    let jpeg = [
        b"\xff\xd8\xff\xc2\0\x11\x08",
        &height.to_be_bytes()[..],
        &width.to_be_bytes(),
        b"\x03\x01\x22\0\x02\x11\0\x03\x11\0",
        b"\xff\xda\0\x0c\x03\x01\0\x02\0\x03\0\0\0\0",
    ];
    [png.concat(), jpeg.concat()]
}

#[test]
fn a_claim_of_too_many_pixels_is_refused_before_anything_is_decoded() {
    for file in claims(65_535, 65_535) {
        let (done, out) = tried("a claim", &small(), &file);
        assert!(matches!(
            done,
            Err(Error::TooLarge {
                resource: Resource::SourcePixels,
                needed: 4_294_836_225,
                ..
            })
        ));
        assert!(out.is_empty());
    }
}

#[test]
fn a_claim_that_needs_too_much_memory_is_refused_before_it_is_taken() {
    // Sixteen rows of 65,535 are kept as they are; a progressive JPEG as coefficients.
    let limits = Limits {
        peak_bytes: 1 << 20,
        ..LIMITS
    };
    for file in claims(65_535, 1000) {
        let mut bytes = &file[..];
        let mut out = Vec::new();
        let (done, peak) =
            peak_of(|| transform(&to_png(), &limits, Input::new(&mut bytes), &mut out));
        assert!(
            matches!(
                done,
                Err(Error::TooLarge {
                    resource: Resource::Memory,
                    allowed: 1_048_576,
                    ..
                })
            ),
            "{done:?}"
        );
        // Planning computes no table of weights and opens no decoder.
        assert!(peak < 1 << 20, "{peak} bytes");
        assert!(out.is_empty());
    }
}

/// Small files whose every byte can be tried.
fn small_files() -> Vec<(&'static str, Vec<u8>)> {
    let photo = synth::photo(29, 19, 3);
    let jpeg = |picture: &Picture, progressive, restart_interval| {
        let options = JpegOptions {
            progressive,
            restart_interval,
            quality: 50,
            ..JpegOptions::default()
        };
        write::jpeg(picture, &options)
    };
    let faded = photo.with_vignette();
    vec![
        ("baseline", jpeg(&photo, false, 0)),
        ("progressive", jpeg(&photo, true, 0)),
        ("restarts", jpeg(&photo, false, 1)),
        ("grey", jpeg(&photo.grey(), false, 0)),
        (
            "turned",
            write::with_exif_orientation(&jpeg(&photo, false, 0), 6),
        ),
        ("PNG", write::png(&photo)),
        ("PNG with alpha", write::png(&faded)),
        ("palette", write::png_palette(&faded)),
        ("16 bit", write::png_sixteen_bit(&photo.grey())),
        ("lossy WebP", write::webp_lossy(&photo, 70)),
        ("lossy WebP with alpha", write::webp_lossy(&faded, 70)),
        ("lossless WebP", write::webp_lossless(&photo)),
    ]
}

#[test]
fn a_file_cut_anywhere_is_refused_unless_the_image_was_complete() {
    for (name, file) in small_files() {
        let whole = run(&small(), &file);
        for at in 0..file.len() {
            let name = format!("{name} of {} bytes cut at {at}", file.len());
            match tried(&name, &small(), &file[..at]) {
                (Ok(_), out) => {
                    assert!(
                        out == whole,
                        "{name}: part of an image is passed off as all"
                    );
                    // Behind the last sample: a JPEG's end marker, or the two checksums,
                    // the last bits of deflate and the end chunk of a PNG.
                    let after = if file.starts_with(b"\x89PNG") { 24 } else { 2 };
                    assert!(at + after >= file.len(), "{name}");
                }
                (Err(Error::Malformed { .. } | Error::Unsupported(_)), _) => {}
                (Err(error), _) => panic!("{name}: {error:?}"),
            }
        }
    }
}

#[test]
fn a_cut_file_says_where_it_ends() {
    for (name, file) in small_files() {
        let half = file.len() / 2;
        match try_run(&small(), &file[..half]) {
            Err(Error::Malformed { offset, .. }) => {
                assert!(offset > 0 && offset <= half as u64, "{name}: {offset}");
            }
            other => panic!("{name}: {:?}", other.map(|(encoded, _)| encoded)),
        }
    }
}

#[test]
fn a_byte_changed_in_a_header_never_panics() {
    for (name, file) in small_files() {
        for at in 0..file.len().min(200) {
            for change in [0x01, 0x10, 0x80, 0xff, file[at], !file[at]] {
                let mut changed = file.clone();
                changed[at] ^= change;
                let name = format!("{name} with {:#04x} at {at}", changed[at]);
                if let (Err(error), _) = tried(&name, &small(), &changed) {
                    assert!(
                        matches!(
                            error,
                            Error::Malformed { .. }
                                | Error::Unsupported(_)
                                | Error::TooLarge { .. }
                        ),
                        "{name}: {error:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn bytes_changed_in_the_samples_never_panic() {
    for (name, file) in small_files() {
        let noise = synth::noise(200, 1, 2, 11).samples;
        for (seed, choice) in noise.as_chunks::<2>().0.iter().enumerate() {
            let mut changed = file.clone();
            let at = usize::from(u16::from_le_bytes(*choice)) % file.len();
            changed[at] = choice[0] ^ choice[1];
            let (_, _) = tried(
                &format!("{name}, change {seed} at {at}"),
                &small(),
                &changed,
            );
        }
    }
}
