//! Quality and effort, from the request to the encoder.

mod support;

use edgepix_corpus::{synth, write};
use edgepix_engine::{
    Error, Input, Limits, OutputFormat, Plan, Request, Result, plan, probe, transform,
};
use support::to;

/// The encoders of this build that have more than one effort, fastest effort first.
fn encoders() -> Vec<(OutputFormat, [u8; 2])> {
    vec![
        #[cfg(feature = "libwebp")]
        (OutputFormat::Webp, [0, 6]),
        #[cfg(feature = "libaom")]
        (OutputFormat::Avif, [9, 4]),
        #[cfg(all(feature = "rav1e", not(feature = "libaom")))]
        (OutputFormat::Avif, [10, 6]),
    ]
}

fn file() -> Vec<u8> {
    write::png(&synth::photo(96, 64, 3))
}

fn planned(request: &Request) -> Result<Plan> {
    let file = file();
    let mut bytes = &file[..];
    let mut input = Input::new(&mut bytes);
    plan(request, &probe(&mut input)?, &Limits::default())
}

fn made(request: &Request) -> Vec<u8> {
    let (file, mut result) = (file(), Vec::new());
    let mut bytes = &file[..];
    let input = Input::new(&mut bytes);
    transform(request, &Limits::default(), input, &mut result).expect("a valid request");
    result
}

fn refused(request: &Request) -> Option<&'static str> {
    match planned(request) {
        Err(Error::Request { option, .. }) => Some(option),
        _ => None,
    }
}

#[test]
fn the_usual_quality_is_the_same_in_every_lossy_format() {
    assert_eq!(
        planned(&to(OutputFormat::Jpeg)).map(|p| p.quality).ok(),
        Some(Some(80))
    );
    for (format, _) in encoders() {
        let plan = planned(&to(format)).expect("it is built in");
        assert_eq!(plan.quality, Some(80), "{format:?}");
    }
}

#[test]
fn jpegs_own_quality_is_the_common_one() {
    for quality in 1..=100 {
        let request = Request {
            quality: Some(quality),
            ..to(OutputFormat::Jpeg)
        };
        let plan = planned(&request).expect("a quality");
        assert_eq!(
            (plan.quality, plan.native_quality),
            (Some(quality), quality)
        );
    }
}

#[test]
fn a_common_quality_gives_what_its_native_one_gives() {
    for (format, _) in encoders() {
        let common = Request {
            quality: Some(60),
            ..to(format)
        };
        let native = Request {
            quality: planned(&common).ok().map(|plan| plan.native_quality),
            native_quality: true,
            ..to(format)
        };
        assert_eq!(planned(&native).expect("a quality").quality, None);
        assert!(made(&common) == made(&native), "{format:?}");
    }
}

#[test]
fn a_native_quality_is_handed_on_as_it_is() {
    for (format, _) in encoders() {
        for quality in [1, 37, 100] {
            let request = Request {
                quality: Some(quality),
                native_quality: true,
                ..to(format)
            };
            let plan = planned(&request).expect("a quality");
            assert_eq!((plan.quality, plan.native_quality), (None, quality));
        }
    }
}

#[test]
fn a_native_quality_without_a_number_is_refused() {
    let request = Request {
        native_quality: true,
        ..to(OutputFormat::Jpeg)
    };
    assert_eq!(refused(&request), Some("native-quality"));
}

#[test]
fn png_takes_any_quality_and_has_none() {
    let with = |quality| Request {
        quality,
        ..to(OutputFormat::Png)
    };
    assert_eq!(planned(&with(Some(10))).expect("a PNG").quality, None);
    assert!(made(&with(Some(10))) == made(&with(None)));
}

#[test]
fn an_effort_reaches_the_encoder() {
    for (format, [fast, slow]) in encoders() {
        let with = |effort| Request {
            effort: Some(effort),
            // The same native quality, or that alone would differ.
            quality: Some(60),
            native_quality: true,
            ..to(format)
        };
        assert_eq!(planned(&with(slow)).expect("an effort").effort, slow);
        assert!(made(&with(fast)) != made(&with(slow)), "{format:?}");
    }
}

#[test]
fn an_effort_that_the_encoder_does_not_have_is_refused() {
    let with = |format, effort| Request {
        effort: Some(effort),
        ..to(format)
    };
    for (format, ends) in encoders() {
        let (least, most) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
        let allowed = |effort| planned(&with(format, effort)).is_ok();
        assert!((least..=most).all(allowed), "{format:?}");
        assert_eq!(refused(&with(format, most + 1)), Some("effort"));
        if least > 0 {
            assert_eq!(refused(&with(format, least - 1)), Some("effort"));
        }
    }
    for format in [OutputFormat::Jpeg, OutputFormat::Png] {
        assert_eq!(refused(&with(format, 3)), Some("effort"), "{format:?}");
    }
}
