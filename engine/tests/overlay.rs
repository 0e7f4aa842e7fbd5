//! Overlays: where they lie, how large they are, and what they do to pixels.

mod support;

use edgepix_corpus::{
    synth::{self, Picture},
    write::{self, JpegOptions},
};
use edgepix_engine::{
    Chroma, Dimensions, Error, Fit, Limits, OutputFormat, Overlay, Place, Request, Target, plan,
};
use support::{header, jpeg_planes, mean_difference, run, run_to_png, to, to_png, try_run};

/// A result of 80 by 60 pixels, on which the usual overlay is 16 pixels wide.
const SIZE: (u32, u32) = (80, 60);

/// A logo of 16 by 12 pixels, no two alike, which is not resampled.
fn logo() -> Picture {
    synth::noise(16, 12, 3, 7)
}

fn over(overlay: Overlay) -> Request {
    Request {
        overlay: Some(overlay),
        ..to_png()
    }
}

fn photo() -> Picture {
    synth::photo(SIZE.0, SIZE.1, 3)
}

fn at(x: f64, y: f64) -> Overlay {
    Overlay {
        position: Place { x, y },
        margin: 0.0,
        ..Overlay::new(write::png(&logo()))
    }
}

/// Asserts each pixel of `out`: what `expected` makes of the photograph's pixel and, where
/// the logo lies, of the logo's.
fn assert_pixels(
    (out, below, logo): (&Picture, &Picture, &Picture),
    (left, top): (u32, u32),
    expected: impl Fn(&[u8], &[u8]) -> Vec<u8>,
) {
    assert_eq!((out.width, out.height), (below.width, below.height));
    for y in 0..out.height {
        for x in 0..out.width {
            let inside =
                (left..left + logo.width).contains(&x) && (top..top + logo.height).contains(&y);
            let below = below.pixel(x, y);
            if inside {
                let expected = expected(below, logo.pixel(x - left, y - top));
                assert_eq!(out.pixel(x, y), expected, "at {x}, {y}");
            } else {
                assert_eq!(out.pixel(x, y), below, "at {x}, {y}, beside the logo");
            }
        }
    }
}

/// `above` over an opaque level, rounded.
fn blended(below: u8, above: u8, alpha: u32) -> u8 {
    let sum = u32::from(below) * (255 - alpha) + u32::from(above) * alpha;
    u8::try_from((sum + 127) / 255).expect("a level")
}

#[test]
fn an_opaque_overlay_hides_what_is_below_it_at_each_of_nine_places() {
    let file = write::png(&photo());
    for (y, top) in [(0.0, 0), (0.5, 24), (1.0, 48)] {
        for (x, left) in [(0.0, 0), (0.5, 32), (1.0, 64)] {
            let out = run_to_png(&over(at(x, y)), &file);
            assert_pixels((&out, &photo(), &logo()), (left, top), |_, logo| {
                logo.to_vec()
            });
        }
    }
    // Odd places too.
    let out = run_to_png(&over(at(5.0 / 64.0, 7.0 / 48.0)), &file);
    assert_pixels((&out, &photo(), &logo()), (5, 7), |_, logo| logo.to_vec());
}

#[test]
fn opacity_and_transparency_mix_the_two() {
    let file = write::png(&photo());
    let half = Overlay {
        opacity: 0.5,
        ..at(1.0, 1.0)
    };
    let out = run_to_png(&over(half), &file);
    assert_pixels((&out, &photo(), &logo()), (64, 48), |below, logo| {
        (0..3).map(|c| blended(below[c], logo[c], 128)).collect()
    });
    let sheer = logo().with_alpha(|x, y| u8::try_from((x * 16 + y * 3) % 256).expect("a byte"));
    for (opacity, share) in [(1.0, 1.0), (0.25, 0.25)] {
        let overlay = Overlay {
            image: write::png(&sheer).into(),
            opacity,
            ..at(1.0, 1.0)
        };
        let out = run_to_png(&over(overlay), &file);
        assert_pixels((&out, &photo(), &sheer), (64, 48), |below, logo| {
            let alpha = (f64::from(logo[3]) * share).round();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0 to 255"
            )]
            let alpha = alpha as u32;
            (0..3).map(|c| blended(below[c], logo[c], alpha)).collect()
        });
    }
}

#[test]
fn an_overlay_that_hides_nothing_changes_no_byte() {
    let photo = photo();
    let clear = write::png(&logo().with_alpha(|_, _| 0));
    for format in [OutputFormat::Jpeg, OutputFormat::Png, OutputFormat::Webp] {
        for file in [write::png(&photo), write::png(&photo.with_vignette())] {
            let invisible = [
                Overlay {
                    opacity: 0.0,
                    ..at(0.3, 0.4)
                },
                Overlay {
                    image: clear.clone().into(),
                    ..at(0.3, 0.4)
                },
            ];
            for overlay in invisible {
                let request = Request {
                    overlay: Some(overlay),
                    ..to(format)
                };
                assert_eq!(run(&request, &file), run(&to(format), &file));
            }
        }
    }
}

#[test]
fn over_transparency_both_count_by_what_they_cover() {
    let below = photo().with_alpha(|x, y| u8::try_from((x * 5 + y * 7) % 256).expect("a byte"));
    let above = logo().with_alpha(|x, y| {
        if x < 4 {
            0
        } else {
            u8::try_from(y * 20).expect("a byte")
        }
    });
    let overlay = Overlay {
        image: write::png(&above).into(),
        ..at(0.0, 1.0)
    };
    let file = write::png(&below);
    let out = run_to_png(&over(overlay), &file);
    // What cannot be seen has no colour any more.
    let below = run_to_png(&to_png(), &file);
    assert_pixels((&out, &below, &above), (0, 48), |below, above| {
        let (a, b) = (f64::from(above[3]) / 255.0, f64::from(below[3]) / 255.0);
        let alpha = a + b * (1.0 - a);
        let colour = |c: usize| {
            if alpha == 0.0 {
                return below[c];
            }
            let sum = f64::from(above[c]) * a + f64::from(below[c]) * b * (1.0 - a);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0 to 255"
            )]
            let level = (sum / alpha + 0.5 + 1e-9).floor() as u8;
            level
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 255"
        )]
        let alpha = (255.0 * alpha + 0.5 - 1e-9).floor() as u8;
        vec![colour(0), colour(1), colour(2), alpha]
    });
}

#[test]
fn where_strips_are_cut_does_not_show() {
    // 16 rows each: the overlay begins and ends within one and crosses nine.
    let tall = synth::photo(40, 331, 3);
    let above = synth::noise(40, 151, 3, 9);
    let overlay = Overlay {
        image: write::png(&above).into(),
        size: 1.0,
        ..at(0.0, 37.0 / 180.0)
    };
    let out = run_to_png(&over(overlay), &write::png(&tall));
    assert_pixels((&out, &tall, &above), (0, 37), |_, above| above.to_vec());
}

#[test]
fn coarse_chroma_gets_what_the_four_pixels_under_it_get() {
    // Flat, so that quality 100 is exact to a level.
    let blue = Picture::from_fn(81, 61, |_, _| [30, 60, 200]);
    let red = Picture::from_fn(16, 12, |_, _| [220, 40, 50]);
    let cb = |[r, g, b]: [f64; 3]| 128.0 - 0.168_736 * r - 0.331_264 * g + 0.5 * b;
    let (below, above) = (cb([30.0, 60.0, 200.0]), cb([220.0, 40.0, 50.0]));
    for (left, top) in [(0, 0), (8, 16), (5, 7), (8, 7), (5, 16), (65, 49)] {
        let overlay = Overlay {
            image: write::png(&red).into(),
            size: 16.0 / 81.0,
            ..at(f64::from(left) / 65.0, f64::from(top) / 49.0)
        };
        let request = Request {
            overlay: Some(overlay),
            quality: Some(100),
            ..to(OutputFormat::Jpeg)
        };
        let planes = jpeg_planes(&run(&request, &write::png(&blue)));
        let covers = |x: u32, y: u32| {
            let (x, y) = (x.min(80), y.min(60));
            (left..left + 16).contains(&x) && (top..top + 12).contains(&y)
        };
        for y in 0..31 {
            for x in 0..41 {
                let covered = [(0, 0), (1, 0), (0, 1), (1, 1)]
                    .iter()
                    .filter(|(dx, dy)| covers(2 * x + dx, 2 * y + dy))
                    .count();
                let share = [0.0, 0.25, 0.5, 0.75, 1.0][covered];
                let expected = below + (above - below) * share;
                let actual = f64::from(planes[1].pixel(x, y)[0]);
                assert!(
                    (actual - expected).abs() <= 2.5,
                    "at {x}, {y} of {left}, {top}: {actual}, not {expected:.1}"
                );
            }
        }
    }
}

#[test]
fn every_format_shows_the_same_overlay() {
    let photo = synth::photo(160, 120, 3);
    let overlay = Overlay {
        opacity: 0.6,
        ..Overlay::new(write::png(&synth::sprite(64, 48)))
    };
    for below in [
        photo.clone(),
        photo.with_alpha(|x, _| if x < 80 { 255 } else { 90 }),
    ] {
        let file = write::png(&below);
        let request = |format| Request {
            overlay: Some(overlay.clone()),
            quality: Some(100),
            format: Target::Format(format),
            ..Request::default()
        };
        let png = run_to_png(&request(OutputFormat::Png), &file);
        let webp = support::webp(&run(&request(OutputFormat::Webp), &file));
        assert_eq!(webp.channels, png.channels);
        assert!(mean_difference(&webp, &png) < 6.0);
        if below.channels == 3 {
            for chroma in [Chroma::Half, Chroma::Full] {
                let request = Request {
                    chroma,
                    ..request(OutputFormat::Jpeg)
                };
                let jpeg = support::jpeg(&run(&request, &file));
                assert!(mean_difference(&jpeg, &png) < 5.0);
            }
        }
        #[cfg(any(feature = "libaom", feature = "rav1e"))]
        assert!(!run(&request(OutputFormat::Avif), &file).is_empty());
    }
}

#[test]
fn a_coloured_overlay_makes_a_grey_image_coloured_and_a_grey_one_does_not() {
    let grey = photo().grey();
    let file = write::png(&grey);
    let out = run_to_png(&over(at(1.0, 1.0)), &file);
    let thrice = Picture::from_fn(SIZE.0, SIZE.1, |x, y| [grey.pixel(x, y)[0]; 3]);
    assert_pixels((&out, &thrice, &logo()), (64, 48), |_, logo| logo.to_vec());
    let mark = logo().grey();
    let overlay = Overlay {
        image: write::png(&mark).into(),
        ..at(1.0, 1.0)
    };
    let out = run_to_png(&over(overlay.clone()), &file);
    assert_pixels((&out, &grey, &mark), (64, 48), |_, mark| mark.to_vec());
    // And grey over colour is grey in three channels.
    let out = run_to_png(&over(overlay), &write::png(&photo()));
    assert_pixels((&out, &photo(), &mark), (64, 48), |_, mark| mark.repeat(3));
    let jpeg = Request {
        overlay: Some(at(1.0, 1.0)),
        ..to(OutputFormat::Jpeg)
    };
    assert_eq!(jpeg_planes(&run(&jpeg, &file)).len(), 3);
}

/// Where an overlay of a size lies on a result of another: left, top, width, height.
fn lies(overlay: (u32, u32), output: (u32, u32), change: impl Fn(&mut Overlay)) -> [u32; 4] {
    let image = write::png(&Picture::from_fn(overlay.0, overlay.1, |_, _| [9]));
    let mut overlay = Overlay::new(image);
    change(&mut overlay);
    let request = Request {
        width: Some(output.0),
        height: Some(output.1),
        fit: Fit::Contain,
        ..over(overlay)
    };
    let file = support::png_header(1000, 1000);
    let plan = plan(&request, &header(&file), &Limits::default()).expect("a plan");
    let laid = plan.overlay.expect("an overlay");
    let Dimensions { width, height } = laid.size;
    [laid.left, laid.top, width, height]
}

#[test]
fn size_and_margin_are_parts_of_the_result() {
    let usual = |_: &mut Overlay| {};
    // A fifth of the width, and 3 in 100 of the smaller side free.
    assert_eq!(lies((200, 100), (1000, 500), usual), [785, 385, 200, 100]);
    assert_eq!(lies((50, 25), (1000, 500), usual), [785, 385, 200, 100]);
    assert_eq!(lies((200, 100), (100, 500), usual), [77, 487, 20, 10]);
    let middle = |overlay: &mut Overlay| overlay.position = Place { x: 0.5, y: 0.5 };
    assert_eq!(lies((200, 100), (1000, 500), middle), [400, 200, 200, 100]);
    // Never into the margin, whatever its proportions.
    let whole = |overlay: &mut Overlay| {
        overlay.size = 1.0;
        overlay.margin = 0.1;
    };
    assert_eq!(lies((200, 100), (1000, 500), whole), [150, 50, 800, 400]);
    assert_eq!(lies((100, 400), (1000, 500), whole), [850, 50, 100, 400]);
    // However small the result is, there is a pixel of it.
    assert_eq!(lies((200, 100), (1, 1), usual), [0, 0, 1, 1]);
    assert_eq!(lies((1000, 1), (40, 40), usual)[2..], [8, 1]);
}

#[test]
fn an_overlay_stands_upright() {
    let file = write::png(&photo());
    let turned = |orientation| {
        let logo = write::png_with_orientation(&write::png(&logo()), orientation);
        let overlay = Overlay {
            image: logo.into(),
            ..at(0.0, 0.0)
        };
        run_to_png(&over(overlay), &file)
    };
    let (upright, half) = (turned(1), turned(3));
    for (x, y) in [(0, 0), (3, 9), (15, 11)] {
        assert_eq!(half.pixel(x, y), upright.pixel(15 - x, 11 - y));
    }
    // A quarter turn: it is 12 wide for 16 high, and then as wide as was asked.
    let image = write::png_with_orientation(&write::png(&logo()), 6);
    let request = over(Overlay {
        image: image.into(),
        ..at(0.0, 0.0)
    });
    let plan = plan(&request, &header(&file), &Limits::default()).expect("a plan");
    let size = plan.overlay.expect("an overlay").size;
    assert_eq!((size.width, size.height), (16, 21));
}

#[test]
fn an_overlay_lies_on_the_padding_and_on_a_turned_image_upright() {
    let request = Request {
        width: Some(80),
        height: Some(100),
        fit: Fit::Contain,
        ..over(at(0.0, 0.0))
    };
    let file = write::png_with_orientation(&write::png(&photo()), 3);
    let out = run_to_png(&request, &file);
    let plain = run_to_png(
        &Request {
            overlay: None,
            ..request
        },
        &file,
    );
    assert_pixels((&out, &plain, &logo()), (0, 0), |_, logo| logo.to_vec());
}

#[test]
fn a_profile_of_the_overlay_is_converted() {
    let file = write::png(&photo());
    let plain = write::png(&logo());
    let tagged = write::png_with_icc(&plain, &write::icc_display_p3());
    let overlay = Overlay {
        image: tagged.clone().into(),
        ..at(0.0, 0.0)
    };
    let out = run_to_png(&over(overlay), &file);
    let converted = run_to_png(&to_png(), &tagged);
    assert!(converted != logo());
    assert_pixels((&out, &photo(), &converted), (0, 0), |_, logo| {
        logo.to_vec()
    });
}

/// The option that a request is refused for.
fn refused(overlay: Overlay) -> &'static str {
    match try_run(&over(overlay), &write::png(&photo())) {
        Err(Error::Request { option, .. }) => option,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_overlay_that_is_broken_is_the_request_s_fault() {
    let image = write::jpeg(&synth::noise(64, 64, 3, 1), &JpegOptions::default());
    for broken in [
        &image[..image.len() / 2],
        &image[..20],
        b"no image",
        b"",
        b"II*\0, a TIFF",
    ] {
        assert_eq!(refused(Overlay::new(broken)), "overlay");
    }
    let sound = try_run(&over(Overlay::new(image)), &write::png(&photo()));
    assert!(sound.is_ok());
}

#[test]
fn numbers_that_make_no_sense_are_refused_by_name() {
    let overlay = || at(0.0, 0.0);
    for (overlay, option) in [
        (at(1.1, 0.0), "overlay-position"),
        (at(0.0, f64::NAN), "overlay-position"),
        (
            Overlay {
                margin: 0.5,
                ..overlay()
            },
            "overlay-margin",
        ),
        (
            Overlay {
                margin: -0.1,
                ..overlay()
            },
            "overlay-margin",
        ),
        (
            Overlay {
                size: 0.0,
                ..overlay()
            },
            "overlay-size",
        ),
        (
            Overlay {
                size: 1.01,
                ..overlay()
            },
            "overlay-size",
        ),
        (
            Overlay {
                opacity: 1.1,
                ..overlay()
            },
            "overlay-opacity",
        ),
        (
            Overlay {
                opacity: f64::NAN,
                ..overlay()
            },
            "overlay-opacity",
        ),
    ] {
        assert_eq!(refused(overlay), option);
    }
}
