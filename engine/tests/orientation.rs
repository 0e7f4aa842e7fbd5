//! EXIF orientations and asked turns: the same pixels as the upright result, elsewhere.

mod support;

use edgepix_corpus::{
    synth::{self, Picture},
    write::{self, JpegOptions},
};
use edgepix_engine::{Crop, Fit, Flip, Focus, Orientation, OutputFormat, Request, Rotate};
use support::{
    largest_difference, mean_difference, run, run_to_png, to, to_png,
    turned::{is_on_its_side, rearranged, seen, stored},
};

const ORIENTATIONS: std::ops::RangeInclusive<u8> = 1..=8;

/// Even and odd sides, each way.
const SIZES: [(u32, u32); 4] = [(64, 48), (63, 48), (64, 47), (63, 47)];

/// Asks for a result of which one side is `side`: the one that is the width once a picture
/// stored with `orientation` is upright.
fn seen_width(side: u32, orientation: u8) -> Request {
    if is_on_its_side(orientation) {
        Request {
            height: Some(side),
            ..to_png()
        }
    } else {
        Request {
            width: Some(side),
            ..to_png()
        }
    }
}

fn jpeg(picture: &Picture) -> Vec<u8> {
    write::jpeg(picture, &JpegOptions::default())
}

#[test]
fn a_png_s_orientation_turns_the_pixels_of_the_upright_result() {
    for (width, height) in SIZES {
        let file = write::png(&synth::arrow(width, height));
        for orientation in ORIENTATIONS {
            for side in [17, 24] {
                let upright = run_to_png(&seen_width(side, orientation), &file);
                let tagged = write::png_with_orientation(&file, orientation);
                let request = Request {
                    width: Some(side),
                    ..to_png()
                };
                assert_eq!(
                    run_to_png(&request, &tagged),
                    seen(&upright, orientation),
                    "orientation {orientation} of {width}x{height} to {side}"
                );
            }
        }
    }
}

#[test]
fn a_jpeg_s_orientation_turns_the_pixels_of_the_upright_result() {
    for (width, height) in SIZES {
        let file = jpeg(&synth::photo(width, height, 4));
        for orientation in ORIENTATIONS {
            for side in [17, 24] {
                let upright = run_to_png(&seen_width(side, orientation), &file);
                let tagged = write::with_exif_orientation(&file, orientation);
                let request = Request {
                    width: Some(side),
                    ..to_png()
                };
                assert_eq!(
                    run_to_png(&request, &tagged),
                    seen(&upright, orientation),
                    "orientation {orientation} of {width}x{height} to {side}"
                );
            }
        }
    }
}

#[test]
fn every_orientation_shows_the_same_picture() {
    for (width, height) in SIZES {
        let upright = synth::sprite(width, height);
        for request in [
            Request {
                width: Some(25),
                ..to_png()
            },
            Request {
                width: Some(20),
                height: Some(30),
                fit: Fit::Cover,
                focus: Focus { x: 0.2, y: 0.9 },
                ..to_png()
            },
            Request {
                width: Some(40),
                height: Some(20),
                fit: Fit::Contain,
                ..to_png()
            },
        ] {
            let expected = run_to_png(&request, &write::png(&upright));
            for orientation in ORIENTATIONS {
                let file = write::png(&stored(&upright, orientation));
                let tagged = write::png_with_orientation(&file, orientation);
                let actual = run_to_png(&request, &tagged);
                // Weights of a mirrored axis may be rounded the other way; where alpha is
                // low that is more than a level of a colour that can hardly be seen.
                assert!(
                    largest_difference(&visible(&actual), &visible(&expected)) <= 1,
                    "orientation {orientation} of {width}x{height}: {request:?}"
                );
            }
        }
    }
}

/// The picture laid over black.
fn visible(picture: &Picture) -> Picture {
    let mut picture = picture.clone();
    for [colour @ .., alpha] in picture.samples.as_chunks_mut::<4>().0 {
        for sample in colour {
            let product = u16::from(*sample) * u16::from(*alpha);
            *sample = u8::try_from((product + 127) / 255).expect("at most 255");
        }
    }
    picture
}

#[test]
fn a_quarter_turn_exchanges_width_and_height() {
    let file = jpeg(&synth::arrow(64, 48));
    for orientation in ORIENTATIONS {
        let tagged = write::with_exif_orientation(&file, orientation);
        let result = run_to_png(&to_png(), &tagged);
        let expected = if is_on_its_side(orientation) {
            (48, 64)
        } else {
            (64, 48)
        };
        assert_eq!((result.width, result.height), expected, "{orientation}");
    }
}

#[test]
fn width_means_the_width_of_the_result() {
    let file = write::with_exif_orientation(&jpeg(&synth::arrow(64, 48)), 6);
    let request = Request {
        width: Some(24),
        ..to_png()
    };
    let result = run_to_png(&request, &file);
    assert_eq!((result.width, result.height), (24, 32));
    let turned_back = Request {
        rotate: Rotate::ThreeQuarters,
        ..request
    };
    let result = run_to_png(&turned_back, &file);
    assert_eq!((result.width, result.height), (24, 18));
}

#[test]
fn an_ignored_orientation_leaves_the_rows_as_they_are_stored() {
    let file = jpeg(&synth::arrow(64, 48));
    let tagged = write::with_exif_orientation(&file, 6);
    let request = Request {
        orientation: Orientation::Ignore,
        ..to_png()
    };
    assert_eq!(
        run_to_png(&request, &tagged),
        run_to_png(&to_png(), &file),
        "as if there were no orientation"
    );
}

#[test]
fn a_rotation_comes_after_the_orientation_and_before_the_flip() {
    let picture = synth::arrow(41, 30);
    let file = write::png(&picture);
    for orientation in ORIENTATIONS {
        let upright = seen(&picture, orientation);
        let tagged = write::png_with_orientation(&file, orientation);
        // A clockwise quarter turn is what orientation 6 asks for, and so on.
        for (rotate, rotated) in [
            (Rotate::None, 1),
            (Rotate::Quarter, 6),
            (Rotate::Half, 3),
            (Rotate::ThreeQuarters, 8),
        ] {
            for (flip, flipped) in [
                (Flip::None, 1),
                (Flip::Horizontal, 2),
                (Flip::Vertical, 4),
                (Flip::Both, 3),
            ] {
                let request = Request {
                    rotate,
                    flip,
                    ..to_png()
                };
                assert_eq!(
                    run_to_png(&request, &tagged),
                    seen(&seen(&upright, rotated), flipped),
                    "{orientation} {rotate:?} {flip:?}"
                );
            }
        }
    }
}

#[test]
fn a_crop_is_cut_from_the_upright_picture_before_it_is_rotated() {
    let picture = synth::arrow(41, 30);
    let file = write::png(&picture);
    let crop = Crop {
        left: 3,
        top: 5,
        width: 11,
        height: 20,
    };
    for orientation in ORIENTATIONS {
        let upright = seen(&picture, orientation);
        let cut = rearranged(&upright, crop.width, crop.height, |x, y| {
            (x + crop.left, y + crop.top)
        });
        let request = Request {
            crop: Some(crop),
            rotate: Rotate::Quarter,
            ..to_png()
        };
        let tagged = write::png_with_orientation(&file, orientation);
        assert_eq!(
            run_to_png(&request, &tagged),
            seen(&cut, 6),
            "orientation {orientation}"
        );
    }
}

/// Chroma as a 4:2:0 file should hold it: the mean of two by two pixels, fewer at an edge.
fn halved_chroma(picture: &Picture) -> [Picture; 2] {
    let (width, height) = (picture.width.div_ceil(2), picture.height.div_ceil(2));
    [[-0.168_736, -0.331_264, 0.5], [0.5, -0.418_688, -0.081_312]].map(|weights| {
        Picture::from_fn(width, height, |x, y| {
            let (mut sum, mut count) = (0.0, 0.0);
            for y in [2 * y, 2 * y + 1] {
                for x in [2 * x, 2 * x + 1] {
                    if x < picture.width && y < picture.height {
                        let pixel = picture.pixel(x, y);
                        let terms = pixel.iter().zip(weights);
                        sum += terms.map(|(&c, w)| f64::from(c) * w).sum::<f64>();
                        count += 1.0;
                    }
                }
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the cast clamps to 0 to 255"
            )]
            let level = (sum / count + 128.5) as u8;
            [level]
        })
    })
}

/// Ramps of 4 levels a pixel: half a chroma sample off, an image pixel, shows everywhere.
fn ramps(width: u32, height: u32) -> Picture {
    let ramp = |at: u32| u8::try_from(at * 4).expect("at most 63 pixels");
    Picture::from_fn(width, height, |x, y| [ramp(x), 128, ramp(y)])
}

/// The chroma of a file, and what the same file's colours as PNG say it should be.
fn chroma_and_expected(stored: &Picture, orientation: u8) -> ([Picture; 2], Picture) {
    let options = JpegOptions {
        quality: 100,
        ..JpegOptions::default()
    };
    let file = write::with_exif_orientation(&write::jpeg(stored, &options), orientation);
    let request = Request {
        quality: Some(100),
        ..to(OutputFormat::Jpeg)
    };
    let [_, cb, cr] = <[Picture; 3]>::try_from(support::jpeg_planes(&run(&request, &file)))
        .expect("three planes");
    ([cb, cr], run_to_png(&request, &file))
}

#[test]
fn a_turned_jpeg_s_chroma_lies_where_its_colours_are() {
    for (width, height) in SIZES {
        let stored = ramps(width.min(63), height);
        for orientation in ORIENTATIONS {
            let (chroma, colours) = chroma_and_expected(&stored, orientation);
            for (plane, expected) in chroma.iter().zip(&halved_chroma(&colours)) {
                let mean = mean_difference(plane, expected);
                assert!(
                    mean < 0.8,
                    "orientation {orientation} of {width}x{height}: {mean:.2} levels"
                );
            }
        }
    }
}

#[test]
fn chroma_half_a_sample_off_would_be_noticed() {
    for (across, down) in [(1, 0), (0, 1)] {
        let (chroma, colours) = chroma_and_expected(&ramps(63, 47), 1);
        let moved = rearranged(&colours, 63, 47, |x, y| {
            ((x + across).min(62), (y + down).min(46))
        });
        let most = chroma
            .iter()
            .zip(&halved_chroma(&moved))
            .map(|(plane, expected)| mean_difference(plane, expected))
            .fold(0.0, f64::max);
        assert!(most > 1.5, "{across} {down}: {most:.2} levels");
    }
}
