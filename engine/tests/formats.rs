//! Every kind of source to every format, read back by decoders that are not ours.

mod support;

use edgepix_corpus::{
    synth::{self, Picture},
    write::{self, JpegOptions, Sampling},
};
use edgepix_engine::{Background, Chroma, Error, Fit, OutputFormat, Request};
use support::{
    jpeg_planes, largest_difference, mean_difference, run, run_to_png,
    sources::{SIZE, requests, sources},
    to, to_png,
};

/// The picture as it is seen on white.
fn on_white(picture: &Picture) -> Picture {
    let rgba = picture.rgba();
    Picture {
        channels: 3,
        samples: rgba
            .samples
            .as_chunks::<4>()
            .0
            .iter()
            .flat_map(|&[r, g, b, alpha]| [r, g, b].map(|c| over_white(c, alpha)))
            .collect(),
        ..rgba
    }
}

fn over_white(colour: u8, alpha: u8) -> u8 {
    let sum = u32::from(colour) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
    u8::try_from((sum + 127) / 255).expect("at most 255")
}

/// The PNG made of a source, in all its colours: one of a palette has 256 at most, so it
/// is made of what the palette stands for.
fn exact_png(request: &Request, name: &str, file: &[u8]) -> Picture {
    if !name.contains("palette") {
        return run_to_png(request, file);
    }
    run_to_png(request, &write::png(&run_to_png(&to_png(), file)))
}

/// Runs every source to `format` and compares it, as seen on white, with the PNG made of it.
fn assert_looks_like_the_png(format: OutputFormat, read: impl Fn(&[u8]) -> Picture, most: f64) {
    for (name, file) in sources() {
        for request in requests(format) {
            let expected = on_white(&exact_png(&request, name, &file));
            let actual = on_white(&read(&run(&request, &file)));
            assert_eq!(
                (actual.width, actual.height),
                (expected.width, expected.height),
                "{name}"
            );
            let mean = mean_difference(&actual, &expected);
            assert!(
                mean < most,
                "{name} {:?} {:?}: {mean:.2} levels",
                request.width,
                request.fit
            );
        }
    }
}

#[test]
fn png_looks_like_what_the_source_was_made_of() {
    let (width, height) = SIZE;
    let photo = synth::photo(width, height, 8);
    for (name, file) in sources() {
        let actual = run_to_png(&to_png(), &file);
        let expected = match (name.contains("alpha"), name.contains("grey")) {
            (true, true) => photo.with_vignette().grey(),
            (true, false) => photo.with_vignette(),
            (false, true) => photo.grey(),
            (false, false) => photo.clone(),
        };
        assert_eq!(actual.channels, expected.channels, "{name}");
        let mean = mean_difference(&on_white(&actual), &on_white(&expected));
        // A palette has 2 or 3 bits of each colour; shared chroma blurs hard edges.
        let most = if name.contains("palette") { 40.0 } else { 8.0 };
        assert!(mean < most, "{name}: {mean:.2} levels");
        if name.contains("PNG") && !name.contains("palette") {
            // Nothing is resampled. What cannot be seen may change.
            let most = largest_difference(&on_white(&actual), &on_white(&expected));
            assert!(most <= u8::from(name.contains("alpha")), "{name}: {most}");
        }
    }
}

#[test]
fn jpeg_looks_like_the_png() {
    assert_looks_like_the_png(OutputFormat::Jpeg, support::jpeg, 8.0);
}

#[test]
fn webp_looks_like_the_png() {
    assert_looks_like_the_png(OutputFormat::Webp, support::webp, 8.0);
}

#[test]
fn ramps_keep_their_range_and_colours() {
    // Smooth, so that shared chroma loses nothing: a wrong range or matrix shows at once.
    let picture = synth::gradient(128, 96);
    for file in [
        write::png(&picture),
        write::jpeg(
            &picture,
            &JpegOptions {
                quality: 100,
                ..JpegOptions::default()
            },
        ),
    ] {
        for width in [128, 47] {
            let request = |format| Request {
                width: Some(width),
                quality: Some(100),
                ..to(format)
            };
            let png = run_to_png(&to_png_of(width), &file);
            let jpeg = support::jpeg(&run(&request(OutputFormat::Jpeg), &file));
            let webp = support::webp(&run(&request(OutputFormat::Webp), &file));
            let (jpeg, webp) = (mean_difference(&jpeg, &png), mean_difference(&webp, &png));
            assert!(
                jpeg < 1.5 && webp < 2.5,
                "{width}: {jpeg:.2} {webp:.2} levels"
            );
        }
    }
}

fn to_png_of(width: u32) -> Request {
    Request {
        width: Some(width),
        ..to_png()
    }
}

#[test]
fn black_and_white_are_exactly_black_and_white() {
    for level in [0, 255] {
        let file = write::png(&Picture::from_fn(32, 32, |_, _| [level; 3]));
        let jpeg = support::jpeg(&run(&to(OutputFormat::Jpeg), &file));
        assert!(jpeg.samples.iter().all(|&sample| sample == level));
        let webp = support::webp(&run(&to(OutputFormat::Webp), &file));
        assert!(webp.samples.iter().all(|&sample| sample == level));
    }
}

#[test]
fn what_is_written_has_the_signature_and_length_that_are_reported() {
    for (format, signature, at) in [
        (OutputFormat::Jpeg, &b"\xff\xd8\xff"[..], 0),
        (OutputFormat::Png, b"\x89PNG\r\n\x1a\n", 0),
        (OutputFormat::Webp, b"WEBP", 8),
        #[cfg(any(feature = "libaom", feature = "rav1e"))]
        (OutputFormat::Avif, b"ftypavif", 4),
    ] {
        for (name, file) in sources() {
            let (encoded, out) = support::try_run(&to(format), &file).expect("a sound file");
            assert!(out[at..].starts_with(signature), "{name} to {format:?}");
            assert_eq!(encoded.bytes, out.len() as u64, "{name} to {format:?}");
            assert_eq!(encoded.plan.format, format);
        }
    }
}

#[test]
fn the_source_s_own_format_is_the_usual_one() {
    let photo = synth::photo(40, 30, 1);
    let request = Request::default();
    let jpeg = write::jpeg(&photo, &JpegOptions::default());
    assert!(run(&request, &jpeg).starts_with(b"\xff\xd8"));
    assert!(run(&request, &write::png(&photo)).starts_with(b"\x89PNG"));
}

#[test]
fn grey_stays_one_channel_in_jpeg_and_png() {
    for (name, file) in sources() {
        let is_grey = name.contains("grey");
        let planes = jpeg_planes(&run(&to(OutputFormat::Jpeg), &file));
        assert_eq!(planes.len(), if is_grey { 1 } else { 3 }, "{name}");
        let png = run_to_png(&to_png(), &file);
        assert_eq!(png.channels < 3, is_grey, "{name}");
    }
}

#[test]
fn grey_on_a_coloured_canvas_becomes_coloured() {
    let file = write::jpeg(&synth::photo(64, 48, 1).grey(), &JpegOptions::default());
    let request = |format| Request {
        width: Some(64),
        height: Some(64),
        fit: Fit::Contain,
        background: RED,
        quality: Some(95),
        ..to(format)
    };
    let png = run_to_png(&request(OutputFormat::Png), &file);
    assert_eq!(png.pixel(0, 0), [200, 30, 40]);
    let [r, g, b] = *png.pixel(32, 32) else {
        panic!("{} channels", png.channels)
    };
    assert!(r == g && g == b, "the image itself stays grey");
    let jpeg = support::jpeg(&run(&request(OutputFormat::Jpeg), &file));
    assert_close(jpeg.pixel(0, 0), [200, 30, 40], 6);
}

const RED: Background = Background {
    red: 200,
    green: 30,
    blue: 40,
};

fn assert_close(pixel: &[u8], expected: [u8; 3], most: u8) {
    for (actual, expected) in pixel.iter().zip(expected) {
        assert!(actual.abs_diff(expected) <= most, "{pixel:?} {expected:?}");
    }
}

#[test]
fn contain_shows_the_background_all_around_the_image() {
    // An image of one colour on a canvas of another, at odd offsets if it could be.
    let blue = write::png(&Picture::from_fn(50, 30, |_, _| [20u8, 60, 220]));
    for (width, height) in [(61, 41), (60, 40), (30, 31)] {
        let request = |format| Request {
            width: Some(width),
            height: Some(height),
            fit: Fit::Contain,
            background: RED,
            quality: Some(100),
            ..to(format)
        };
        let (encoded, out) =
            support::try_run(&request(OutputFormat::Png), &blue).expect("a sound file");
        let padding = encoded.plan.padding.expect("a canvas");
        let is_image = |x: u32, y: u32| {
            (padding.left..padding.left + padding.image.width).contains(&x)
                && (padding.top..padding.top + padding.image.height).contains(&y)
        };
        let expected = Picture::from_fn(width, height, |x, y| match is_image(x, y) {
            true => [20, 60, 220],
            false => [200, 30, 40],
        });
        assert_eq!(support::png(&out), expected);
        let jpeg = support::jpeg(&run(&request(OutputFormat::Jpeg), &blue));
        let mean = mean_difference(&jpeg, &expected);
        assert!(mean < 6.0, "{width}x{height}: {mean:.2}");
    }
}

#[test]
fn a_better_quality_makes_a_larger_file() {
    let file = write::png(&synth::photo(130, 97, 8));
    for format in [OutputFormat::Jpeg, OutputFormat::Webp] {
        let size = |quality| {
            let request = Request {
                quality: Some(quality),
                ..to(format)
            };
            run(&request, &file).len()
        };
        let is_lossless = format == OutputFormat::Webp && cfg!(not(feature = "libwebp"));
        assert!(is_lossless || size(10) < size(50) && size(50) < size(90));
    }
}

#[test]
fn full_chroma_keeps_the_colours_of_single_pixels() {
    // Stripes of one pixel: shared chroma makes them one colour.
    let stripes = Picture::from_fn(64, 48, |x, _| match x % 2 {
        0 => [220_u8, 30, 30],
        _ => [30, 30, 220],
    });
    let full = Request {
        chroma: Chroma::Full,
        quality: Some(95),
        ..to(OutputFormat::Jpeg)
    };
    let as_jpeg = JpegOptions {
        sampling: Sampling::S444,
        quality: 95,
        ..JpegOptions::default()
    };
    for file in [write::png(&stripes), write::jpeg(&stripes, &as_jpeg)] {
        let mean = |request| mean_difference(&support::jpeg(&run(&request, &file)), &stripes);
        let half = Request {
            chroma: Chroma::Half,
            ..full.clone()
        };
        assert!(mean(full.clone()) < 6.0, "{}", mean(full.clone()));
        assert!(mean(half.clone()) > 30.0, "{}", mean(half));
        let planes = jpeg_planes(&run(&full, &file));
        assert!(planes.iter().all(|plane| plane.width == 64));
    }
}

#[test]
fn full_chroma_and_progressive_jpegs_look_like_the_png() {
    for (name, file) in sources() {
        for request in requests(OutputFormat::Jpeg) {
            for (chroma, progressive) in [(Chroma::Full, false), (Chroma::Half, true)] {
                let request = Request {
                    chroma,
                    progressive,
                    quality: Some(95),
                    ..request.clone()
                };
                let png = Request {
                    chroma: Chroma::Half,
                    progressive: false,
                    ..request.clone()
                };
                let expected = on_white(&exact_png(&png, name, &file));
                let actual = support::jpeg(&run(&request, &file));
                let mean = mean_difference(&actual, &expected);
                let most = if chroma == Chroma::Full { 3.0 } else { 8.0 };
                assert!(mean < most, "{name} {request:?}: {mean:.2} levels");
            }
        }
    }
}

#[test]
fn what_only_a_jpeg_has_is_refused_for_other_formats() {
    let file = write::png(&synth::photo(40, 30, 1));
    for format in [OutputFormat::Png, OutputFormat::Webp] {
        let full = Request {
            chroma: Chroma::Full,
            ..to(format)
        };
        let progressive = Request {
            progressive: true,
            ..to(format)
        };
        for (request, named) in [(full, "chroma"), (progressive, "progressive")] {
            let done = support::try_run(&request, &file);
            assert!(
                matches!(done, Err(Error::Request { option, .. }) if option == named),
                "{format:?} {named}"
            );
        }
    }
}

#[test]
fn a_grey_jpeg_s_sampling_factors_mean_nothing() {
    let file = write::jpeg(&synth::photo(61, 43, 9).grey(), &JpegOptions::default());
    let frame = file
        .windows(2)
        .position(|marker| marker == [0xff, 0xc0])
        .expect("a baseline frame");
    let expected = run(&to_png(), &file);
    for factors in [0x22, 0x21, 0x12, 0x44] {
        let mut other = file.clone();
        other[frame + 11] = factors;
        assert_eq!(run(&to_png(), &other), expected, "{factors:#x}");
    }
}

#[test]
fn a_png_of_very_long_rows_is_read() {
    let wide = write::png(&synth::noise(400_000, 2, 3, 1));
    let request = Request {
        width: Some(100),
        ..to_png()
    };
    assert!(!run(&request, &wide).is_empty());
}

#[test]
fn a_progressive_jpeg_says_the_same_however_many_blocks_bring_nothing() {
    // More than the 32,767 that one symbol ends.
    let flat = Picture::from_fn(1600, 1500, |_, _| [90, 100, 110]);
    let speck = Picture::from_fn(1600, 1500, |x, y| {
        if x > 1590 && y > 1490 {
            [0, 255, 7]
        } else {
            [90, 100, 110]
        }
    });
    for picture in [flat, speck] {
        let source = write::png(&picture);
        let made = |progressive| {
            let request = Request {
                progressive,
                chroma: Chroma::Full,
                ..to(OutputFormat::Jpeg)
            };
            jpeg_planes(&run(&request, &source))
        };
        assert!(made(false) == made(true), "other planes");
    }
}
