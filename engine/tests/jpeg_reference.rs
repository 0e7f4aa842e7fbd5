//! The JPEG decoder against two others, and its smaller scales against their definition.

mod support;

use std::f64::consts::PI;

use edgepix_corpus::{
    synth::{self, Picture},
    write::{self, Inks, JpegOptions, Sampling},
};
use edgepix_engine::jpeg::Scale;
use support::{
    jpeg_planes, largest_difference, mean_difference,
    planes::{boxed, planes, segments},
};

const SAMPLINGS: [Sampling; 5] = [
    Sampling::S444,
    Sampling::S422,
    Sampling::S440,
    Sampling::S420,
    Sampling::S411,
];

/// Smaller than a block, whole blocks, and parts of MCUs and of groups of them.
const SIZES: [(u32, u32); 7] = [
    (1, 1),
    (7, 9),
    (8, 8),
    (17, 33),
    (131, 97),
    (256, 16),
    (529, 23),
];

/// One of every way to divide a picture into scans and intervals, for a picture and sampling.
fn kinds(picture: &Picture, sampling: Sampling) -> Vec<(&'static str, Vec<u8>)> {
    let usual = JpegOptions {
        sampling,
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
    let mut kinds = vec![
        ("baseline", with(false, 0)),
        ("baseline with restarts", with(false, 3)),
        ("progressive", with(true, 0)),
        ("progressive with restarts", with(true, 2)),
    ];
    if picture.channels == 3 {
        kinds.push(("by component", write::jpeg_by_component(picture, &usual)));
    }
    kinds
}

/// Every kind of file there is, small.
fn files() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for (width, height) in SIZES {
        let photo = synth::photo(width, height, 4);
        for sampling in SAMPLINGS {
            for (kind, file) in kinds(&photo, sampling) {
                files.push((format!("{kind} {sampling:?} {width}x{height}"), file));
            }
        }
        for (kind, file) in kinds(&photo.grey(), Sampling::S444) {
            files.push((format!("grey {kind} {width}x{height}"), file));
        }
    }
    files
}

/// Asserts that planes differ from others by 3 levels at most and hardly on the whole.
fn assert_close(name: &str, actual: &[Picture], expected: &[Picture], most_mean: f64) {
    assert_eq!(actual.len(), expected.len(), "{name}");
    for (plane, (actual, expected)) in actual.iter().zip(expected).enumerate() {
        let most = largest_difference(actual, expected);
        let mean = mean_difference(actual, expected);
        assert!(
            most <= 3 && mean <= most_mean,
            "{name}, plane {plane}: {most} levels, {mean:.3} in the mean"
        );
    }
}

#[test]
fn whole_planes_are_those_of_zune_jpeg() {
    for (name, file) in files() {
        let actual = planes(&file, Scale::Full).expect("a sound file");
        assert_close(&name, &actual, &jpeg_planes(&file), 0.5);
    }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn whole_planes_and_eighths_are_those_of_libjpeg_turbo() {
    for (name, file) in files() {
        for (scale, most_mean) in [(Scale::Full, 0.5), (Scale::Eighth, 0.6)] {
            let actual = planes(&file, scale).expect("a sound file");
            let expected = support::planes::turbo(&file, scale).expect("a usual sampling");
            assert_close(&format!("{name} {scale:?}"), &actual, &expected, most_mean);
        }
    }
}

#[test]
fn the_longest_rows_and_columns_are_those_of_zune_jpeg() {
    for (width, height) in [(65_535, 1), (1, 65_535)] {
        let photo = synth::noise(width, height, 3, 3);
        for (kind, file) in kinds(&photo, Sampling::S420) {
            let actual = planes(&file, Scale::Full).expect("a sound file");
            assert_close(kind, &actual, &jpeg_planes(&file), 0.5);
            for scale in Scale::ALL {
                assert!(planes(&file, scale).is_ok(), "{kind} at {scale:?}");
            }
        }
    }
}

#[test]
fn four_inks_are_those_of_zune_jpeg() {
    let photo = synth::photo(61, 43, 4);
    for inks in [Inks::Cmyk, Inks::Ycck] {
        for progressive in [false, true] {
            let options = JpegOptions {
                progressive,
                ..JpegOptions::default()
            };
            let file = write::jpeg_inks(&photo, inks, &options);
            let actual = planes(&file, Scale::Full).expect("a sound file");
            assert_eq!(actual.len(), 4);
            assert_close(&format!("{inks:?}"), &actual, &jpeg_planes(&file), 0.5);
        }
    }
}

/// The same coefficients in one scan and in ten, by two encoders.
fn pairs() -> Vec<(String, Vec<u8>, Vec<u8>)> {
    let mut pairs = Vec::new();
    for (width, height) in SIZES {
        for (name, photo) in [
            ("photo", synth::photo(width, height, 4)),
            ("noise", synth::noise(width, height, 3, 4)),
            ("text", synth::text(width, height)),
        ] {
            for sampling in SAMPLINGS {
                let options = |progressive| JpegOptions {
                    sampling,
                    progressive,
                    quality: 93,
                    restart_interval: 0,
                };
                let name = format!("{name} {sampling:?} {width}x{height}");
                let file = |progressive| write::jpeg(&photo, &options(progressive));
                pairs.push((name.clone(), file(false), file(true)));
            }
            #[cfg(target_arch = "x86_64")]
            pairs.push((
                format!("libjpeg-turbo {name} {width}x{height}"),
                turbo_file(&photo, false),
                turbo_file(&photo, true),
            ));
        }
    }
    pairs
}

#[cfg(target_arch = "x86_64")]
fn turbo_file(picture: &Picture, progressive: bool) -> Vec<u8> {
    let mut compressor = turbojpeg::Compressor::new().expect("memory");
    compressor.set_quality(60).expect("a quality");
    compressor.set_progressive(progressive).expect("a choice");
    let image = turbojpeg::Image {
        pixels: &picture.samples[..],
        width: picture.width as usize,
        pitch: picture.width as usize * 3,
        height: picture.height as usize,
        format: turbojpeg::PixelFormat::RGB,
    };
    compressor.compress_to_vec(image).expect("a sound picture")
}

#[test]
fn the_same_coefficients_in_many_scans_give_the_same_planes_at_every_scale() {
    for (name, baseline, progressive) in pairs() {
        let scans = segments(&progressive)
            .iter()
            .filter(|(marker, _)| *marker == 0xda)
            .count();
        assert!(scans > 5, "{name}: {scans} scans");
        for scale in Scale::ALL {
            let expected = planes(&baseline, scale).expect("a sound file");
            let actual = planes(&progressive, scale).expect("a sound file");
            assert!(actual == expected, "{name} at {scale:?}");
        }
    }
}

/// The N-point inverse DCT of the N by N lowest frequencies of an 8 by 8 block.
fn corner(block: &[[f64; 8]; 8], n: usize) -> Vec<f64> {
    let real = |n: usize| f64::from(u32::try_from(n).expect("small"));
    let basis = |points: usize, x: usize, u: usize| {
        let scale = if u == 0 { 0.5f64.sqrt() } else { 1.0 };
        scale * (real(2 * x + 1) * real(u) * PI / real(2 * points)).cos()
    };
    let frequency = |u: usize, v: usize| {
        let mut sum = 0.0;
        for (y, row) in block.iter().enumerate() {
            for (x, sample) in row.iter().enumerate() {
                sum += sample * basis(8, x, u) * basis(8, y, v);
            }
        }
        sum / 4.0
    };
    let frequencies: Vec<_> = (0..n * n).map(|at| frequency(at % n, at / n)).collect();
    (0..n * n)
        .map(|at| {
            let sum: f64 = (0..n * n)
                .map(|f| frequencies[f] * basis(n, at % n, f % n) * basis(n, at / n, f / n))
                .sum();
            // 2 / N of the transform, times N / 8 that keep the mean.
            sum / 4.0
        })
        .collect()
}

#[test]
fn smaller_planes_are_the_lowest_frequencies_of_the_whole_one() {
    // Levels that no rounding clips: then the whole plane tells its frequencies.
    let photo = synth::photo(64, 48, 4);
    let samples = photo.samples.iter().map(|&level| 64 + level / 2).collect();
    let photo = Picture { samples, ..photo };
    for (kind, file) in kinds(&photo, Sampling::S420) {
        let whole = jpeg_planes(&file);
        for scale in [Scale::Eighth, Scale::Quarter, Scale::Half] {
            let n = scale.samples();
            let small = planes(&file, scale).expect("a sound file");
            for (plane, (whole, small)) in whole.iter().zip(&small).enumerate() {
                let (mut sum, mut count) = (0.0, 0.0);
                for (top, left) in (0..whole.height / 8)
                    .flat_map(|top| (0..whole.width / 8).map(move |left| (top, left)))
                {
                    let at = |y: usize, x: usize| {
                        let (x, y) = (u32::try_from(x), u32::try_from(y));
                        let (x, y) = (x.expect("small"), y.expect("small"));
                        f64::from(whole.pixel(8 * left + x, 8 * top + y)[0])
                    };
                    let block = std::array::from_fn(|y| std::array::from_fn(|x| at(y, x)));
                    for (i, exact) in (0..).zip(corner(&block, n as usize)) {
                        let sample = small.pixel(n * left + i % n, n * top + i / n)[0];
                        let error = (f64::from(sample) - exact).abs();
                        assert!(
                            error < 1.6,
                            "{kind} {scale:?} plane {plane}: {sample} for {exact:.2}"
                        );
                        sum += error;
                        count += 1.0;
                    }
                }
                assert!(sum / count < 0.5, "{kind} {scale:?}: {:.3}", sum / count);
            }
        }
    }
}

#[test]
fn smaller_planes_lie_where_the_whole_ones_do() {
    let shifts = [(1, 0), (-1, 0), (0, 1), (0, -1)];
    for sampling in SAMPLINGS {
        for (kind, file) in kinds(&synth::photo(256, 192, 4), sampling) {
            let whole = planes(&file, Scale::Full).expect("a sound file");
            for scale in [Scale::Eighth, Scale::Quarter, Scale::Half] {
                let small = planes(&file, scale).expect("a sound file");
                for (plane, (whole, small)) in whole.iter().zip(&small).enumerate() {
                    let difference =
                        |shift| mean_difference(small, &boxed(whole, scale.reduction(), shift));
                    let right = difference((0, 0));
                    for shift in shifts {
                        assert!(
                            right < difference(shift),
                            "{kind} {sampling:?} {scale:?} plane {plane} fits better {shift:?} off"
                        );
                    }
                }
            }
        }
    }
}
