//! The way of a JPEG's planes, luma and chroma each at its own size and scale, against the same
//! planes resampled in double precision.

mod support;

use edgepix_corpus::{
    synth::{self, Picture},
    write::{self, JpegOptions, Sampling},
};
use edgepix_engine::{Crop, Enlarge, OutputFormat, Plan, Request, Target, jpeg::Scale};
use support::{
    FILTERS, planes,
    reference::{self, Plane},
    to_png, try_run,
};

/// Each sampling with the image pixels that a chroma sample spans.
const SAMPLINGS: [(Sampling, (f64, f64)); 5] = [
    (Sampling::S444, (1.0, 1.0)),
    (Sampling::S422, (2.0, 1.0)),
    (Sampling::S440, (1.0, 2.0)),
    (Sampling::S420, (2.0, 2.0)),
    (Sampling::S411, (4.0, 1.0)),
];

/// The engine rounds each plane to 8 bits before the matrix, the reference does not. Half a
/// level of luma and half a level of Cb times 1.772, the matrix's largest factor, and the
/// last rounding are 1.89 levels; with the kernels' own errors, up to a tenth of a level in
/// each plane: 2.2.
const LEVELS: f64 = 2.2;

/// The planes that a plan resamples, with the image pixels that a sample of each spans. Luma
/// is stored whole, and a chroma sample spans `chroma`.
fn sources(plan: &Plan, file: &[u8], chroma: (f64, f64)) -> Vec<(Plane, (f64, f64))> {
    let planes = planes::planned(plan, file).expect("a sound file");
    let scales = plan.scales.iter().enumerate();
    scales
        .zip(&planes)
        .map(|((i, scale), plane)| {
            let (across, down) = if i == 0 { (1.0, 1.0) } else { chroma };
            let reduction = f64::from(scale.reduction());
            (Plane::of(plane, 0), (across * reduction, down * reduction))
        })
        .collect()
}

/// The largest difference from red, green and blue that a JPEG's planes make exactly, with
/// chroma moved by `shift` samples.
fn largest_difference(file: &[u8], steps: (f64, f64), request: &Request, shift: (f64, f64)) -> f64 {
    let (encoded, out) = try_run(request, file).expect("a sound file");
    let actual = support::png(&out);
    let planes: Vec<_> = sources(&encoded.plan, file, steps)
        .iter()
        .enumerate()
        .map(|(i, (plane, steps))| {
            let shift = if i == 0 { (0.0, 0.0) } else { shift };
            reference::shifted(&encoded.plan, plane, *steps, shift).samples
        })
        .collect();
    let pixels = actual.samples.as_chunks::<3>().0;
    assert_eq!(pixels.len(), planes[0].len());
    pixels
        .iter()
        .enumerate()
        .flat_map(|(at, pixel)| {
            let [y, cb, cr] = [0, 1, 2].map(|i| planes[i][at].clamp(0.0, 255.0));
            let exact = rgb(y, cb - 128.0, cr - 128.0);
            pixel.map(f64::from).into_iter().zip(exact)
        })
        .map(|(actual, exact)| (actual - exact.clamp(0.0, 255.0)).abs())
        .fold(0.0, f64::max)
}

/// ITU-T T.871, section 7.
fn rgb(y: f64, cb: f64, cr: f64) -> [f64; 3] {
    [
        y + 1.402 * cr,
        y - 0.344_136 * cb - 0.714_136 * cr,
        y + 1.772 * cb,
    ]
}

/// A crop whose edges all lie between two chroma samples.
const ODD_CROP: Crop = Crop {
    left: 13,
    top: 7,
    width: 81,
    height: 67,
};

fn requests() -> Vec<Request> {
    let width = |width| Request {
        width: Some(width),
        ..to_png()
    };
    let crop = Some(ODD_CROP);
    vec![
        width(35),
        width(25),
        width(13),
        Request { crop, ..width(31) },
        Request {
            crop,
            enlarge: Enlarge::Allow,
            ..width(150)
        },
        Request { crop, ..to_png() },
    ]
}

fn file(picture: &Picture, sampling: Sampling) -> Vec<u8> {
    write::jpeg(
        picture,
        &JpegOptions {
            sampling,
            quality: 95,
            ..JpegOptions::default()
        },
    )
}

#[test]
fn grey_is_within_one_level() {
    let file = write::jpeg(&synth::text(131, 97).grey(), &JpegOptions::default());
    for filter in FILTERS {
        for request in requests() {
            let request = Request { filter, ..request };
            let (encoded, out) = try_run(&request, &file).expect("a sound file");
            let (plane, steps) = sources(&encoded.plan, &file, (1.0, 1.0)).swap_remove(0);
            let exact = reference::planned(&encoded.plan, &plane, steps);
            let actual = support::png(&out);
            assert_eq!(actual.channels, 1, "grey stays grey");
            for (at, (&sample, exact)) in actual.samples.iter().zip(&exact.samples).enumerate() {
                let difference = (f64::from(sample) - exact.clamp(0.0, 255.0)).abs();
                assert!(difference <= 1.0, "{filter:?} {request:?} sample {at}");
            }
        }
    }
}

#[test]
fn chroma_is_resampled_on_luma_s_exact_crop() {
    for (sampling, steps) in SAMPLINGS {
        for (width, height) in [(131, 97), (128, 96), (127, 96), (128, 95)] {
            let file = file(&synth::photo(width, height, 5), sampling);
            for request in requests() {
                let most = largest_difference(&file, steps, &request, (0.0, 0.0));
                assert!(
                    most <= LEVELS,
                    "{sampling:?} {width}x{height} {request:?}: {most:.2} levels"
                );
            }
        }
    }
}

#[test]
fn these_requests_decode_at_every_scale() {
    let file = file(&synth::photo(131, 97, 5), Sampling::S420);
    let scales: Vec<_> = requests()
        .iter()
        .map(|request| try_run(request, &file).expect("a sound file").0.plan.scales)
        .collect();
    for scale in Scale::ALL {
        assert!(scales.iter().any(|scales| scales[0] == scale), "{scale:?}");
    }
    assert!(scales.iter().any(|scales| scales[0] != scales[1]));
}

#[test]
fn every_filter_resamples_chroma_on_luma_s_exact_crop() {
    let file = file(&synth::text(131, 97), Sampling::S420);
    for filter in FILTERS {
        for request in requests() {
            let request = Request { filter, ..request };
            let most = largest_difference(&file, (2.0, 2.0), &request, (0.0, 0.0));
            assert!(most <= LEVELS, "{request:?}: {most:.2} levels");
        }
    }
}

/// The largest difference of a JPEG's planes from those of the JPEG it was made of.
fn largest_difference_of_planes(file: &[u8], steps: (f64, f64), request: &Request) -> [f64; 3] {
    let (encoded, out) = try_run(request, file).expect("a sound file");
    let sources = sources(&encoded.plan, file, steps);
    let results = support::jpeg_planes(&out);
    std::array::from_fn(|i| {
        let (source, steps) = &sources[i];
        let exact = if i == 0 {
            reference::planned(&encoded.plan, source, *steps)
        } else {
            reference::halved(&encoded.plan, source, *steps)
        };
        assert_eq!(exact.samples.len(), results[i].samples.len());
        let pairs = results[i].samples.iter().zip(&exact.samples);
        pairs
            .map(|(&sample, exact)| (f64::from(sample) - exact.clamp(0.0, 255.0)).abs())
            .fold(0.0, f64::max)
    })
}

#[test]
fn a_jpeg_s_planes_reach_a_jpeg_without_a_detour() {
    for (sampling, steps) in SAMPLINGS {
        for (width, height) in [(131, 97), (128, 96)] {
            let file = file(&synth::photo(width, height, 5), sampling);
            for request in requests() {
                let request = Request {
                    format: Target::Format(OutputFormat::Jpeg),
                    quality: Some(100),
                    ..request
                };
                let most = largest_difference_of_planes(&file, steps, &request);
                // At quality 100 every coefficient is rounded to a whole: 64 errors of up
                // to a half add up to less than 2.5 levels in any of these files. Through
                // RGB and back, saturated colours would be cut by 20 and more.
                assert!(
                    most.iter().all(|&levels| levels < 3.5),
                    "{sampling:?} {width}x{height} {request:?}: {most:.1?} levels"
                );
            }
        }
    }
}

#[test]
fn chroma_half_a_sample_off_would_be_noticed() {
    for (sampling, steps) in SAMPLINGS {
        let file = file(&synth::photo(131, 97, 5), sampling);
        for request in requests() {
            for shift in [(0.5, 0.0), (0.0, 0.5), (-0.5, 0.0), (0.0, -0.5)] {
                let most = largest_difference(&file, steps, &request, shift);
                assert!(
                    most > LEVELS,
                    "{sampling:?} {request:?} {shift:?}: {most:.2} levels"
                );
            }
        }
    }
}

#[test]
fn red_green_and_blue_stored_as_they_are_come_out_as_they_are() {
    // An Adobe segment that says "no transform" makes the three planes red, green and blue.
    let jpeg = file(&synth::photo(64, 48, 5), Sampling::S444);
    let end_of_jfif = 2 + 18;
    let file = [
        &jpeg[..2],
        b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0",
        &jpeg[end_of_jfif..],
    ]
    .concat();
    let actual = support::run_to_png(&to_png(), &file);
    let planes = planes::planes(&file, Scale::Full).expect("a sound file");
    for (c, plane) in planes.iter().enumerate() {
        let channel: Vec<u8> = actual.samples[c..].iter().step_by(3).copied().collect();
        assert_eq!(channel, plane.samples, "channel {c}");
    }
}
