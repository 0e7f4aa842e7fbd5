//! How small the planes of a JPEG are decoded: plans only, but for one pair of
//! results that must differ.

use edgepix_corpus::{
    synth,
    write::{self, JpegOptions, Sampling},
};
use edgepix_engine::{
    Decode, Error, Filter, Fit, Input, Limits, OutputFormat, Request, Target, jpeg::Scale, plan,
    probe, transform,
};

/// Divisible by every reduction that is asked for here.
const SIDE: u32 = 720;

fn photo(sampling: Sampling) -> Vec<u8> {
    let options = JpegOptions {
        sampling,
        ..JpegOptions::default()
    };
    write::jpeg(&synth::photo(SIDE, SIDE, 1), &options)
}

fn request(width: u32, decode: Decode) -> Request {
    Request {
        width: Some(width),
        format: Target::Format(OutputFormat::Png),
        decode,
        ..Request::default()
    }
}

fn scales(photo: &[u8], request: &Request) -> Vec<Scale> {
    let header = probe(&mut Input::new(&mut &photo[..])).expect("a JPEG");
    let plan = plan(request, &header, &Limits::default()).expect("within the limits");
    plan.scales
}

#[test]
fn a_scale_is_used_from_one_above_its_reduction_on() {
    let photo = photo(Sampling::S444);
    for (width, scale) in [
        (720, Scale::Full),
        (360, Scale::Full),
        (241, Scale::Full),
        (240, Scale::Half),
        (180, Scale::Half),
        (145, Scale::Half),
        (144, Scale::Quarter),
        (90, Scale::Quarter),
        (81, Scale::Quarter),
        (80, Scale::Eighth),
        (7, Scale::Eighth),
    ] {
        let scales = scales(&photo, &request(width, Decode::Scaled));
        assert_eq!(scales, [scale; 3], "{width}");
    }
}

#[test]
fn a_third_is_a_third_however_the_other_side_is_rounded() {
    let options = JpegOptions::default();
    // 67 rows out of 200 are a little more than a third.
    let photo = write::jpeg(&synth::photo(300, 200, 1), &options);
    assert_eq!(
        scales(&photo, &request(100, Decode::Scaled))[0],
        Scale::Half
    );
}

#[test]
fn a_box_filter_gets_every_sample() {
    let request = Request {
        filter: Filter::Box,
        ..request(80, Decode::Scaled)
    };
    assert_eq!(scales(&photo(Sampling::S444), &request), [Scale::Full; 3]);
}

#[test]
fn a_plane_that_is_stored_smaller_is_decoded_larger() {
    let scales = scales(&photo(Sampling::S420), &request(80, Decode::Scaled));
    assert_eq!(scales, [Scale::Eighth, Scale::Half, Scale::Half]);
}

#[test]
fn chroma_that_stays_halved_is_decoded_as_small_as_luma() {
    let request = Request {
        format: Target::Format(OutputFormat::Jpeg),
        ..request(80, Decode::Scaled)
    };
    let scales = scales(&photo(Sampling::S420), &request);
    assert_eq!(scales, [Scale::Eighth; 3]);
}

#[test]
fn the_side_that_is_reduced_less_decides() {
    let request = Request {
        height: Some(300),
        fit: Fit::Fill,
        ..request(80, Decode::Scaled)
    };
    assert_eq!(scales(&photo(Sampling::S444), &request), [Scale::Full; 3]);
}

#[test]
fn samples_can_be_asked_for() {
    let photo = photo(Sampling::S444);
    for (samples, scale) in [
        (1.0, Scale::Eighth),
        (1.25, Scale::Quarter),
        (2.0, Scale::Quarter),
        (2.5, Scale::Half),
        (f64::INFINITY, Scale::Full),
    ] {
        let scales = scales(&photo, &request(90, Decode::AtLeast(samples)));
        assert_eq!(scales, [scale; 3], "{samples}");
    }
}

#[test]
fn fewer_samples_than_wanted_are_refused() {
    let photo = photo(Sampling::S444);
    let header = probe(&mut Input::new(&mut &photo[..])).expect("a JPEG");
    for samples in [0.99, 0.0, -1.0, f64::NAN] {
        let request = request(90, Decode::AtLeast(samples));
        let refused = plan(&request, &header, &Limits::default());
        assert!(
            matches!(
                refused,
                Err(Error::Request {
                    option: "decode",
                    ..
                })
            ),
            "{samples}"
        );
    }
}

#[test]
fn a_full_decode_is_of_every_plane_and_makes_another_picture() {
    let photo = photo(Sampling::S420);
    let made = |decode| {
        let mut result = Vec::new();
        let mut bytes = &photo[..];
        let input = Input::new(&mut bytes);
        let request = request(80, decode);
        let encoded = transform(&request, &Limits::default(), input, &mut result);
        (encoded.expect("a sound JPEG").plan.scales, result)
    };
    let (scales, full) = made(Decode::Full);
    assert_eq!(scales, [Scale::Full; 3]);
    assert_ne!(full, made(Decode::Scaled).1);
}
