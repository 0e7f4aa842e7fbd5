//! The JPEG decoder against libjpeg-turbo on every photograph of the corpus that is there.
//! `--nocapture` prints the differences.
#![cfg(target_arch = "x86_64")]

mod support;

use std::fs;

use edgepix_corpus::{manifest::Manifest, synth::Picture};
use edgepix_engine::jpeg::Scale;
use support::{
    largest_difference, mean_difference,
    planes::{boxed, planes, turbo},
};

/// Pixels of the files that are looked at, at most: the rest would be more of the same, and
/// the test is to take seconds.
const MOST_PIXELS: u32 = 10_000_000;

/// Not photographs: detail to the last pixel everywhere, of which the lowest frequencies and
/// the mean of boxes make different pictures.
const DETAILED: [&str; 2] = ["noise.jpg", "text-420.jpg"];

/// The largest difference of any plane, and the largest mean.
fn worst(actual: &[Picture], expected: &[Picture]) -> (u8, f64) {
    assert_eq!(actual.len(), expected.len());
    let pairs = || actual.iter().zip(expected);
    (
        pairs()
            .map(|(a, b)| largest_difference(a, b))
            .max()
            .unwrap_or(0),
        pairs()
            .map(|(a, b)| mean_difference(a, b))
            .fold(0.0, f64::max),
    )
}

#[test]
fn photographs_are_decoded_as_libjpeg_turbo_does_and_made_smaller_as_boxes_do() {
    for (entry, path) in edgepix_corpus::available(&Manifest::embedded(), None) {
        let file = fs::read(path).expect("it is there");
        if !file.starts_with(b"\xff\xd8")
            || entry.name.contains("arithmetic")
            || entry.width * entry.height > MOST_PIXELS
        {
            continue;
        }
        // A sampling that libjpeg-turbo does not name, such as that of inks.
        let Some(whole) = turbo(&file, Scale::Full) else {
            continue;
        };
        let eighths = turbo(&file, Scale::Eighth).expect("as the whole one");
        let at = |scale| planes(&file, scale).expect("a sound file");
        let full = worst(&at(Scale::Full), &whole);
        let eighth = worst(&at(Scale::Eighth), &eighths);
        let [half, quarter] = [Scale::Half, Scale::Quarter].map(|scale| {
            let boxes: Vec<_> = whole
                .iter()
                .map(|plane| boxed(plane, scale.reduction(), (0, 0)))
                .collect();
            worst(&at(scale), &boxes)
        });
        let name = &entry.name;
        println!(
            "{name:40} 8/8 {:2} {:.3}  4/8 {:3} {:.3}  2/8 {:3} {:.3}  1/8 {:2} {:.3}",
            full.0, full.1, half.0, half.1, quarter.0, quarter.1, eighth.0, eighth.1
        );
        assert!(full.0 <= 3 && full.1 <= 0.5, "{name} whole: {full:?}");
        assert!(
            eighth.0 <= 3 && eighth.1 <= 0.6,
            "{name} at 1/8: {eighth:?}"
        );
        // The frequencies of dense foliage: 1.6 and 1.9 levels, measured.
        if !DETAILED.contains(&&name[..]) {
            assert!(
                half.1 <= 2.0 && quarter.1 <= 2.0,
                "{name}: {half:?}, {quarter:?}"
            );
        }
    }
}
