//! What comes out is a file that a decoder which is not ours reads as what went in.

mod support;

use std::io::{self, Write};

use super::{encode, peak};
use crate::{error::Error, plan::Plan, simd::Backend};
use support::{KINDS, Kind, Strips, difference, picture, planes_of, planned, read, written};

fn assert_is_read_back(plan: &Plan, planes: &[Vec<u8>], most: (f64, u8)) -> Vec<u8> {
    let file = written(plan, planes, &[16]);
    let (size, read) = read(&file);
    assert_eq!(size, plan.output);
    let (mean, largest) = difference(planes, &read);
    let what = format!(
        "{} {} planes, progressive: {}",
        plan.output,
        planes.len(),
        plan.progressive
    );
    assert!(
        mean <= most.0 && largest <= most.1,
        "{what}: {mean} {largest}"
    );
    file
}

#[test]
fn every_size_up_to_some_mcus_is_read_back() {
    for kind in KINDS {
        for (width, height) in (1..=35)
            .flat_map(|width| [1, 2, 8, 9, 15, 16, 17, 31, 33].map(|height| (width, height)))
        {
            for progressive in [false, true] {
                let plan = planned(width, height, kind, 100, progressive);
                assert_is_read_back(&plan, &picture(&plan), (1.0, 4));
            }
        }
    }
}

#[test]
fn qualities_are_read_back_as_well_as_they_promise() {
    for kind in KINDS {
        for (quality, mean) in [(1, 40.0), (50, 8.0), (80, 5.0), (95, 2.0), (100, 0.7)] {
            let plan = planned(203, 131, kind, quality, false);
            assert_is_read_back(&plan, &picture(&plan), (mean, 255));
        }
    }
}

#[test]
fn a_progressive_file_holds_the_same_coefficients() {
    for kind in KINDS {
        for (width, height) in [(1, 1), (7, 9), (130, 97), (257, 40)] {
            for quality in [1, 30, 80, 100] {
                let [baseline, progressive] = [false, true].map(|progressive| {
                    let plan = planned(width, height, kind, quality, progressive);
                    read(&written(&plan, &picture(&plan), &[16]))
                });
                assert!(
                    baseline == progressive,
                    "{width}x{height} {kind:?} {quality}"
                );
            }
        }
    }
}

#[test]
fn noise_of_the_hardest_contrast_is_read_back_in_both_codings() {
    for kind in KINDS {
        for quality in [75, 100] {
            let [baseline, progressive] = [false, true].map(|progressive| {
                let plan = planned(200, 120, kind, quality, progressive);
                let planes = planes_of(&plan, |_, _, noise| if noise > 127 { 255 } else { 0 });
                read(&assert_is_read_back(&plan, &planes, (24.0, 255)))
            });
            assert!(baseline == progressive, "{kind:?} {quality}");
        }
    }
}

#[test]
fn an_image_of_more_tokens_than_are_kept_is_right() {
    // Flat at first, so that the noise below it comes as a surprise to the tables.
    let plan = planned(1024, 512, Kind::Full, 100, false);
    let planes = planes_of(&plan, |_, y, noise| if y < 200 { 90 } else { noise });
    let file = assert_is_read_back(&plan, &planes, (0.6, 3));
    assert!(file.len() > 1_000_000, "{} bytes", file.len());
}

#[test]
fn the_longest_sides_are_read_back() {
    for (width, height) in [(65_535, 1), (1, 65_535), (65_535, 17)] {
        for progressive in [false, true] {
            let plan = planned(width, height, Kind::Half, 90, progressive);
            assert_is_read_back(&plan, &picture(&plan), (3.0, 255));
        }
    }
}

#[test]
fn every_backend_writes_the_same_bytes() {
    for kind in KINDS {
        for progressive in [false, true] {
            let mut plan = planned(301, 77, kind, 85, progressive);
            let planes = picture(&plan);
            let expected = written(&plan, &planes, &[16]);
            for backend in Backend::available() {
                plan.backend = backend;
                assert!(
                    written(&plan, &planes, &[16]) == expected,
                    "{}",
                    backend.name()
                );
            }
        }
    }
}

#[test]
fn strips_cut_anywhere_give_the_same_bytes() {
    for kind in KINDS {
        for width in [32, 77] {
            let plan = planned(width, 53, kind, 85, false);
            let planes = picture(&plan);
            let expected = written(&plan, &planes, &[53]);
            for first in 1..53 {
                for then in [1, 2, 5, 8, 16, 24] {
                    let actual = written(&plan, &planes, &[first, then]);
                    assert!(actual == expected, "{kind:?} {width} {first} {then}");
                }
            }
        }
    }
}

#[test]
fn a_grey_file_has_one_component_and_a_coloured_one_says_how_its_chroma_lies() {
    for (kind, factors) in [
        (Kind::Grey, &[0x11][..]),
        (Kind::Half, &[0x22, 0x11, 0x11]),
        (Kind::Full, &[0x11, 0x11, 0x11]),
    ] {
        for (progressive, marker) in [(false, 0xc0), (true, 0xc2)] {
            let plan = planned(40, 30, kind, 80, progressive);
            let file = written(&plan, &picture(&plan), &[16]);
            assert!(file.starts_with(b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"));
            assert!(file.ends_with(b"\xff\xd9"));
            let frame = file.windows(2).position(|pair| pair == [0xff, marker]);
            let frame = &file[frame.expect("a frame") + 4..];
            assert_eq!(
                frame[..6],
                [8, 0, 30, 0, 40, factors.len().to_le_bytes()[0]]
            );
            let components = frame[6..].chunks(3).take(factors.len());
            assert!(components.map(|component| &component[1]).eq(factors));
        }
    }
}

#[test]
fn a_source_that_ends_early_is_an_error() {
    let plan = planned(40, 40, Kind::Half, 80, false);
    let planes = picture(&plan);
    let mut short = Strips::new(&plan, &planes, &[16, 0]);
    let done = encode(&plan, &mut short, &mut Vec::new());
    assert!(
        matches!(done, Err(Error::Encoder { codec: "JPEG", .. })),
        "{done:?}"
    );
}

/// Takes some bytes and no more.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(self.0);
        self.0 -= count;
        match count {
            0 => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(count),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_output_that_is_full_is_an_error_of_writing_wherever_it_ends() {
    for progressive in [false, true] {
        let plan = planned(40, 30, Kind::Half, 80, progressive);
        let planes = picture(&plan);
        let file = written(&plan, &planes, &[16]);
        for room in 0..file.len() {
            let mut strips = Strips::new(&plan, &planes, &[16]);
            let done = encode(&plan, &mut strips, &mut Full(room));
            assert!(
                matches!(done, Err(Error::Write(_))),
                "{room} bytes of {}",
                file.len()
            );
        }
    }
}

#[test]
fn baseline_memory_stays_small_and_progressive_memory_is_that_of_all_coefficients() {
    let bytes = |side, progressive| {
        let plan = planned(side, side, Kind::Half, 80, progressive);
        peak(&plan).bytes
    };
    assert!(bytes(1, false) < 100 << 10);
    assert!(bytes(8000, false) < 5 << 19);
    let coefficients = 1600 * 1600 * 3 / 2 * 2;
    let progressive = bytes(1600, true);
    assert!(
        (coefficients..coefficients * 9 / 8).contains(&progressive),
        "{progressive}"
    );
}
