//! Transparency on its way to each format.

mod support;

use edgepix_corpus::{
    synth::{self, Picture},
    write,
};
use edgepix_engine::{Background, Fit, OutputFormat, Request};
use support::{run, run_to_png, to, to_png};

/// One channel of a picture.
fn channel(picture: &Picture, c: usize) -> Vec<u8> {
    let step = usize::from(picture.channels);
    picture.samples[c..].iter().step_by(step).copied().collect()
}

fn best(format: OutputFormat) -> Request {
    Request {
        quality: Some(100),
        ..to(format)
    }
}

#[test]
fn alpha_is_the_same_in_webp_as_in_png() {
    for picture in [
        synth::sprite(96, 64),
        synth::photo(97, 65, 1).with_vignette(),
        synth::photo(97, 65, 1).grey().with_vignette(),
    ] {
        let file = write::png(&picture);
        for width in [97, 40] {
            let request = Request {
                width: Some(width),
                ..best(OutputFormat::Webp)
            };
            let png = run_to_png(&request, &file);
            let webp = support::webp(&run(&request, &file));
            assert_eq!(webp.channels, 4);
            let last = usize::from(png.channels) - 1;
            assert_eq!(channel(&webp, 3), channel(&png, last), "{width}");
        }
    }
}

#[test]
fn jpeg_shows_white_behind_transparency() {
    let file = write::png(&synth::photo(64, 48, 1).with_alpha(|_, _| 0));
    let jpeg = support::jpeg(&run(&best(OutputFormat::Jpeg), &file));
    assert!(jpeg.samples.iter().all(|&sample| sample >= 254));
}

#[test]
fn jpeg_shows_the_background_behind_transparency_in_proportion() {
    let background = Background {
        red: 0,
        green: 100,
        blue: 250,
    };
    for (alpha, expected) in [
        (0, [0, 100, 250]),
        (51, [40, 100, 208]),
        (128, [100, 100, 145]),
        (255, [200, 100, 40]),
    ] {
        let picture = Picture::from_fn(32, 32, |_, _| [200, 100, 40, alpha]);
        let request = Request {
            background,
            ..best(OutputFormat::Jpeg)
        };
        let jpeg = support::jpeg(&run(&request, &write::png(&picture)));
        for (actual, expected) in jpeg.pixel(16, 16).iter().zip(expected) {
            assert!(
                actual.abs_diff(expected) <= 2,
                "{alpha}: {:?}",
                jpeg.pixel(16, 16)
            );
        }
    }
}

#[test]
fn grey_with_alpha_stays_grey_in_jpeg_unless_the_background_has_a_hue() {
    let file = write::png(&Picture::from_fn(32, 32, |_, _| [90u8, 0]));
    let planes = |background| {
        let request = Request {
            background,
            ..best(OutputFormat::Jpeg)
        };
        support::jpeg_planes(&run(&request, &file))
    };
    let grey = planes(Background::WHITE);
    assert_eq!(grey.len(), 1);
    assert!(grey[0].samples.iter().all(|&sample| sample >= 254));
    let coloured = planes(Background {
        red: 255,
        green: 0,
        blue: 0,
    });
    assert_eq!(coloured.len(), 3);
    // Red is 76, 85, 255 (T.871).
    let centre = [0, 1, 2].map(|i| coloured[i].pixel(4, 4)[0]);
    for (actual, expected) in centre.into_iter().zip([76u8, 85, 255]) {
        assert!(actual.abs_diff(expected) <= 2, "{centre:?}");
    }
}

/// Half opaque grey, half transparent magenta, the border inside a pixel of the result.
fn hidden_magenta() -> Vec<u8> {
    write::png(&Picture::from_fn(90, 60, |x, _| {
        if x < 47 {
            [120, 120, 120, 255]
        } else {
            [255, 0, 255, 0]
        }
    }))
}

/// How far the most coloured visible pixel is from grey; alpha last, if any.
fn most_colour(picture: &Picture) -> u8 {
    let pixels = picture.samples.chunks_exact(usize::from(picture.channels));
    pixels
        .filter(|pixel| pixel.len() < 4 || pixel[3] >= 16)
        .map(|pixel| {
            let colours = &pixel[..3];
            let most = colours.iter().max().expect("three");
            most - colours.iter().min().expect("three")
        })
        .max()
        .unwrap_or(0)
}

#[test]
fn colour_hidden_under_transparency_never_bleeds() {
    for filter in support::FILTERS {
        for width in [31, 90] {
            let request = |format| Request {
                width: Some(width),
                filter,
                ..best(format)
            };
            let file = hidden_magenta();
            let png = run_to_png(&request(OutputFormat::Png), &file);
            assert!(most_colour(&png) <= 1, "PNG, {filter:?} to {width}");
            let jpeg = support::jpeg(&run(&request(OutputFormat::Jpeg), &file));
            assert!(most_colour(&jpeg) <= 4, "JPEG, {filter:?} to {width}");
            let webp = support::webp(&run(&request(OutputFormat::Webp), &file));
            assert!(
                most_colour(&webp) <= 12,
                "WebP, {filter:?} to {width}: {}",
                most_colour(&webp)
            );
        }
    }
}

#[test]
fn an_alpha_that_hides_nothing_is_left_out() {
    let file = write::png(&synth::photo(64, 48, 1).with_alpha(|_, _| 255));
    for width in [64, 31] {
        let request = |format| Request {
            width: Some(width),
            ..best(format)
        };
        let webp = support::webp(&run(&request(OutputFormat::Webp), &file));
        assert!(webp.channels == 3 || cfg!(not(feature = "libwebp")));
        #[cfg(any(feature = "libaom", feature = "rav1e"))]
        {
            let avif = support::avif::read(&run(&request(OutputFormat::Avif), &file));
            assert!(!avif.has_alpha);
            assert_eq!(avif.sequences.len(), 1);
        }
    }
}

#[test]
fn a_single_transparent_pixel_keeps_the_alpha() {
    let picture = synth::photo(64, 48, 1);
    let file = write::png(&picture.with_alpha(|x, y| if (x, y) == (63, 47) { 0 } else { 255 }));
    let webp = support::webp(&run(&best(OutputFormat::Webp), &file));
    assert_eq!((webp.channels, webp.pixel(63, 47)[3]), (4, 0));
    #[cfg(any(feature = "libaom", feature = "rav1e"))]
    {
        let avif = support::avif::read(&run(&best(OutputFormat::Avif), &file));
        assert!(avif.has_alpha);
    }
}

#[test]
fn opaque_stays_exactly_opaque_and_transparent_exactly_transparent() {
    for alpha in [0, 255] {
        let file = write::png(&synth::text(131, 97).with_alpha(|_, _| alpha));
        for filter in support::FILTERS {
            for width in [10, 45, 131] {
                let request = Request {
                    width: Some(width),
                    filter,
                    ..to_png()
                };
                let png = run_to_png(&request, &file);
                assert!(
                    channel(&png, 3).iter().all(|&a| a == alpha),
                    "{filter:?} {width}"
                );
            }
        }
    }
}

#[test]
fn an_opaque_picture_is_resized_as_if_it_had_no_alpha() {
    let picture = synth::text(131, 97);
    for filter in support::FILTERS {
        let request = Request {
            width: Some(45),
            filter,
            ..to_png()
        };
        let plain = run_to_png(&request, &write::png(&picture));
        let opaque = run_to_png(&request, &write::png(&picture.rgba()));
        assert!(
            support::largest_difference(&opaque.rgb(), &plain) <= 1,
            "{filter:?}"
        );
    }
}

#[test]
fn the_canvas_of_a_transparent_picture_is_opaque() {
    let file = write::png(&synth::sprite(60, 30));
    let request = Request {
        width: Some(40),
        height: Some(40),
        fit: Fit::Contain,
        ..to_png()
    };
    let png = run_to_png(&request, &file);
    assert_eq!(png.pixel(0, 0), [255, 255, 255, 255]);
    assert_eq!(png.pixel(39, 39), [255, 255, 255, 255]);
}

#[test]
fn a_palette_s_transparency_and_a_transparent_colour_become_alpha() {
    let faded = synth::photo(64, 48, 1).with_vignette();
    let png = run_to_png(&to_png(), &write::png_palette(&faded));
    assert_eq!(png.channels, 4);
    assert_eq!(png.pixel(0, 0)[3], 0, "a corner of the vignette");
    assert_eq!(png.pixel(32, 24)[3], 255, "its middle");
}
