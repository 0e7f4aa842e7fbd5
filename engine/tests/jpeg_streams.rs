//! JPEG in pieces, cut and broken: where the pieces end changes nothing, what is missing is said,
//! and nothing that a file holds makes the decoder panic.

mod support;

use std::io::{self, Read};

use edgepix_corpus::{
    synth::{self, Picture},
    write::{self, JpegOptions, Sampling},
};
use edgepix_engine::{
    Damage, Error, Input, Result,
    jpeg::{Decoder, Scale},
};
use support::planes::{decoded, planes, segment};

/// Each way to read scans, of one picture.
fn kinds(picture: &Picture, quality: u8) -> Vec<(&'static str, Vec<u8>)> {
    let usual = JpegOptions {
        quality,
        sampling: Sampling::S420,
        ..JpegOptions::default()
    };
    let with = |progressive, restart_interval| {
        let options = JpegOptions {
            progressive,
            restart_interval,
            ..usual
        };
        write::jpeg(picture, &options)
    };
    let restarts = JpegOptions {
        restart_interval: 2,
        ..usual
    };
    vec![
        ("baseline", with(false, 0)),
        ("restarts", with(false, 1)),
        ("progressive", with(true, 0)),
        ("progressive with restarts", with(true, 2)),
        ("by component", write::jpeg_by_component(picture, &restarts)),
    ]
}

/// Hands out a file in pieces of the given sizes, and the rest in one.
struct Pieces<'a, I> {
    rest: &'a [u8],
    sizes: I,
}

impl<I: Iterator<Item = usize>> Read for Pieces<'_, I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self.sizes.next().unwrap_or(usize::MAX).max(1);
        let count = most.min(buffer.len()).min(self.rest.len());
        let (piece, rest) = self.rest.split_at(count);
        buffer[..count].copy_from_slice(piece);
        self.rest = rest;
        Ok(count)
    }
}

fn in_pieces(file: &[u8], scale: Scale, sizes: impl Iterator<Item = usize>) -> Vec<Picture> {
    let mut reader = Pieces { rest: file, sizes };
    let done = decoded(&mut reader, [scale; 4], Damage::Refuse);
    done.expect("a sound file").0
}

#[test]
fn pieces_of_any_size_give_the_same_planes_at_every_scale() {
    // The second is longer than a window, several times.
    let pictures = [synth::photo(131, 97, 6), synth::noise(330, 230, 3, 6)];
    for picture in pictures {
        for (kind, file) in kinds(&picture, 95) {
            for scale in Scale::ALL {
                let whole = planes(&file, scale).expect("a sound file");
                for size in [1, 2, 7, 4097] {
                    let actual = in_pieces(&file, scale, std::iter::repeat(size));
                    assert!(actual == whole, "{kind} {scale:?} in pieces of {size}");
                }
                for (seed, unit) in [(0, 1), (1, 16), (2, 128), (3, 512)] {
                    let noise = synth::noise(4096, 1, 1, seed).samples;
                    let sizes = noise.into_iter().map(|size| usize::from(size) * unit);
                    let actual = in_pieces(&file, scale, sizes);
                    assert!(actual == whole, "{kind} {scale:?}, seed {seed}");
                }
            }
        }
    }
}

#[test]
fn every_split_in_two_gives_the_same_planes() {
    for (kind, file) in kinds(&synth::photo(21, 17, 6), 60) {
        let whole = planes(&file, Scale::Half).expect("a sound file");
        for at in 1..file.len() {
            let actual = in_pieces(&file, Scale::Half, std::iter::once(at));
            assert!(actual == whole, "{kind} split at {at}");
        }
    }
}

/// A picture of several rows of MCUs.
fn tall() -> Picture {
    synth::photo(24, 75, 3)
}

#[test]
fn a_file_cut_anywhere_is_refused_unless_only_its_last_marker_is_missing() {
    for (kind, file) in kinds(&tall(), 50) {
        for scale in Scale::ALL {
            let whole = planes(&file, scale).expect("a sound file");
            for at in 0..file.len() {
                let name = format!("{kind} {scale:?} of {} bytes cut at {at}", file.len());
                match planes(&file[..at], scale) {
                    Ok(planes) => {
                        assert!(planes == whole, "{name}");
                        assert!(at + 2 >= file.len(), "{name}");
                        assert!(!kind.starts_with("progressive"), "{name}");
                    }
                    Err(Error::Malformed { offset, .. }) => {
                        assert!(offset <= at as u64, "{name}: {offset}");
                    }
                    Err(Error::Unsupported(_)) if at < 3 => {}
                    Err(error) => panic!("{name}: {error:?}"),
                }
            }
        }
    }
}

/// Rows of the first plane that a decoder hands on before it fails.
fn rows_before_the_end(file: &[u8], scale: Scale) -> usize {
    let mut bytes = file;
    let input = Input::new(&mut bytes);
    let mut decoder = Decoder::open(input, [scale; 4], Damage::Refuse).expect("a sound header");
    let mut rows = 0;
    while let Ok(true) = decoder.advance() {
        rows += decoder.rows().planes()[0].height;
    }
    rows
}

#[test]
fn what_was_complete_before_a_cut_is_shown_as_it_is() {
    for (kind, file) in kinds(&tall(), 50) {
        let data = segment(&file, 0xda).end;
        for scale in Scale::ALL {
            let whole = planes(&file, scale).expect("a sound file");
            let mut most = 0;
            for at in data..file.len() {
                let name = format!("{kind} {scale:?} of {} bytes cut at {at}", file.len());
                let mut cut = &file[..at];
                let shown = decoded(&mut cut, [scale; 4], Damage::Show);
                let (shown, is_damaged) = shown.unwrap_or_else(|error| panic!("{name}: {error}"));
                assert!(is_damaged || shown == whole, "{name} says nothing");
                assert!(is_damaged || at + 2 >= file.len(), "{name} says nothing");
                // Without the end marker more scans might have come.
                assert!(is_damaged || !kind.starts_with("progressive"), "{name}");
                let rows = rows_before_the_end(&file[..at], scale);
                most = most.max(rows);
                let samples = rows * whole[0].width as usize;
                assert!(
                    shown[0].samples[..samples] == whole[0].samples[..samples],
                    "{name} changes one of {rows} rows that were complete"
                );
            }
            let streams = kind == "baseline" || kind == "restarts";
            assert!(
                !streams || most > 4,
                "{kind}: {most} rows were ever complete"
            );
        }
    }
}

#[test]
fn what_a_cut_leaves_out_is_grey() {
    for (kind, file) in kinds(&tall(), 50) {
        let data = segment(&file, 0xda).end;
        for scale in Scale::ALL {
            let shown = decoded(&mut &file[..data], [scale; 4], Damage::Show);
            let (shown, is_damaged) = shown.expect("it may show");
            assert!(is_damaged);
            let last = |plane: &Picture| plane.samples.last().copied();
            // The first MCU may hold what zeros decode to; the last row cannot.
            let rows: Vec<_> = shown.iter().map(last).collect();
            assert!(
                rows == [Some(128); 3],
                "{kind} at {scale:?} ends with {rows:?}"
            );
        }
    }
}

/// Tries a broken file at each of the scales, strictly and to be shown.
fn tried(name: &str, file: &[u8], scales: &[Scale]) -> Vec<bool> {
    scales
        .iter()
        .map(|&scale| {
            let done: Result<_> = planes(file, scale);
            if let Err(error) = &done {
                assert!(
                    matches!(error, Error::Malformed { .. } | Error::Unsupported(_)),
                    "{name}: {error:?}"
                );
                // Shown or, before the first scan, refused; never a panic.
                let shown = decoded(&mut { file }, [scale; 4], Damage::Show);
                assert!(shown.is_ok_and(|(_, is_damaged)| is_damaged), "{name}");
            }
            done.is_ok()
        })
        .collect()
}

#[test]
fn bits_flipped_in_scans_are_refused_or_read_alike_at_every_scale() {
    for (kind, file) in kinds(&synth::photo(29, 19, 3), 50) {
        let data = segment(&file, 0xda).end;
        for at in data..file.len() - 2 {
            for bit in 0..8 {
                let mut changed = file.clone();
                changed[at] ^= 1 << bit;
                let name = format!("{kind} with bit {bit} at {at} flipped");
                if kind.starts_with("progressive") {
                    // At 1/8 most scans are passed over.
                    tried(&name, &changed, &[Scale::ALL[(at + bit) % 4]]);
                } else if at % 4 == bit % 4 {
                    let done = tried(&name, &changed, &Scale::ALL);
                    assert!(done.iter().all(|&ok| ok == done[0]), "{name}: {done:?}");
                } else {
                    tried(&name, &changed, &[Scale::ALL[(at + bit) % 4]]);
                }
            }
        }
    }
}

#[test]
fn bytes_set_in_scans_never_panic() {
    for (kind, file) in kinds(&synth::photo(29, 19, 3), 50) {
        let data = segment(&file, 0xda).end;
        for at in data..file.len() - 2 {
            for byte in [0x00, 0xff, 0xd0, 0xd9, 0xda] {
                let mut changed = file.clone();
                changed[at] = byte;
                let scale = Scale::ALL[(at + usize::from(byte)) % 4];
                tried(
                    &format!("{kind} with {byte:#x} at {at}"),
                    &changed,
                    &[scale],
                );
            }
        }
    }
}
