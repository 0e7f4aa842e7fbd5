//! The streaming resize against a slow one: every sample within one level of a whole-image
//! pipeline in double precision.

mod support;

use edgepix_corpus::{
    synth::{self, Picture},
    write,
};
use edgepix_engine::{Crop, Enlarge, Fit, Focus, Request};
use support::{
    FILTERS,
    reference::{self, Plane},
    to_png, try_run,
};

/// Where a picture made by the engine is farther from the exact planes than `tolerance`
/// levels; the tolerance may depend on the exact alpha of the pixel (255 without alpha).
fn compare(
    actual: &Picture,
    exact: &[Plane],
    tolerance: impl Fn(f64) -> f64,
) -> Result<(), String> {
    assert_eq!(usize::from(actual.channels), exact.len());
    let has_alpha = exact.len().is_multiple_of(2);
    for (at, pixel) in actual.samples.chunks_exact(exact.len()).enumerate() {
        for (c, (&sample, plane)) in pixel.iter().zip(exact).enumerate() {
            let is_colour = !has_alpha || c + 1 < exact.len();
            let alpha = match exact.last() {
                Some(alpha) if has_alpha && is_colour => alpha.samples[at],
                _ => 255.0,
            };
            let exact = plane.samples[at].clamp(0.0, 255.0);
            let difference = (f64::from(sample) - exact).abs();
            // A pixel that nobody can see has no colour.
            if alpha >= 0.5 && difference > tolerance(alpha) {
                let (x, y) = (at % plane.width, at / plane.width);
                return Err(format!(
                    "channel {c} of pixel ({x}, {y}) is {sample}, exactly {exact:.3} at alpha {alpha:.1}"
                ));
            }
        }
    }
    Ok(())
}

/// One level, for all that is visible. Premultiplied colour and alpha each carry an error of
/// up to 1/32 of a level (7 and 6 fractional bits), and dividing one by the other magnifies
/// both by 255 / alpha: 16 / alpha more below an alpha of 16.
fn one_level(alpha: f64) -> f64 {
    if alpha < 16.0 {
        1.0 + 16.0 / alpha
    } else {
        1.0
    }
}

/// Runs a request with every filter, from PNG to PNG, and compares.
fn assert_within_one_level(picture: &Picture, request: &Request) {
    let file = write::png(picture);
    for filter in FILTERS {
        let request = Request {
            filter,
            ..request.clone()
        };
        let (encoded, out) = try_run(&request, &file).expect("a sound file");
        let exact = reference::picture(&encoded.plan, picture);
        if let Err(difference) = compare(&support::png(&out), &exact, one_level) {
            panic!("{filter:?} to {}: {difference}", encoded.plan.output);
        }
    }
}

/// Reduces by 3, 15 and 100 and by no whole number, and enlarges.
fn assert_resizes_within_one_level(draw: impl Fn(u32, u32) -> Picture) {
    for (width, height, to) in [
        (150, 99, 50),
        (300, 210, 20),
        (1000, 700, 10),
        (131, 97, 61),
        (131, 97, 131),
        (37, 29, 111),
        (37, 29, 100),
    ] {
        let request = Request {
            width: Some(to),
            enlarge: Enlarge::Allow,
            ..to_png()
        };
        assert_within_one_level(&draw(width, height), &request);
    }
}

#[test]
fn a_photograph_is_within_one_level() {
    assert_resizes_within_one_level(|width, height| synth::photo(width, height, 1));
}

#[test]
fn text_is_within_one_level() {
    assert_resizes_within_one_level(synth::text);
}

#[test]
fn a_grey_photograph_is_within_one_level() {
    assert_resizes_within_one_level(|width, height| synth::photo(width, height, 2).grey());
}

#[test]
fn a_sprite_with_colours_hidden_under_transparency_is_within_one_level() {
    assert_resizes_within_one_level(synth::sprite);
}

#[test]
fn noise_of_one_to_four_channels_is_within_one_level() {
    for channels in 1..=4 {
        assert_resizes_within_one_level(|width, height| synth::noise(width, height, channels, 3));
    }
}

#[test]
fn black_and_white_columns_a_pixel_wide_are_within_one_level() {
    assert_resizes_within_one_level(|width, height| {
        Picture::from_fn(width, height, |x, _| [if x % 2 == 0 { 255 } else { 0 }])
    });
}

#[test]
fn every_way_to_cut_and_stretch_is_within_one_level() {
    let boxed = |fit| Request {
        width: Some(45),
        height: Some(91),
        fit,
        ..to_png()
    };
    for request in [
        boxed(Fit::Fill),
        Request {
            focus: Focus { x: 0.1, y: 0.9 },
            ..boxed(Fit::Cover)
        },
        Request {
            crop: Some(Crop {
                left: 31,
                top: 7,
                width: 77,
                height: 81,
            }),
            ..boxed(Fit::Cover)
        },
        Request {
            crop: Some(Crop {
                left: 129,
                top: 95,
                width: 2,
                height: 2,
            }),
            enlarge: Enlarge::Allow,
            ..boxed(Fit::Fill)
        },
    ] {
        assert_within_one_level(&synth::text(131, 97), &request);
        assert_within_one_level(&synth::sprite(131, 97), &request);
    }
}

#[test]
fn a_reduction_by_a_thousand_is_within_one_level() {
    let request = Request {
        width: Some(30),
        height: Some(1),
        fit: Fit::Fill,
        ..to_png()
    };
    assert_within_one_level(&synth::text(30_000, 3), &request);
    let request = Request {
        width: Some(1),
        height: Some(30),
        fit: Fit::Fill,
        ..to_png()
    };
    assert_within_one_level(&synth::noise(3, 30_000, 4, 1), &request);
}

#[test]
fn a_box_reduction_counts_a_pixel_between_two_outputs_in_both() {
    // Five columns become two: the middle one belongs to both by half.
    let picture = Picture::from_fn(5, 1, |x, _| [if x == 2 { 250 } else { 0 }]);
    let request = Request {
        width: Some(2),
        height: Some(1),
        fit: Fit::Fill,
        filter: edgepix_engine::Filter::Box,
        ..to_png()
    };
    assert_eq!(
        support::run_to_png(&request, &write::png(&picture)).samples,
        [50, 50]
    );
}
