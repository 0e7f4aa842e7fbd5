//! WebP stills, decoded: against image-webp, scaled and not, with all that a container
//! says about them; and written without loss.

mod support;

use edgepix_corpus::{
    synth::{self, Picture},
    write::{self, JpegOptions},
};
use edgepix_engine::{
    Decode, Error, Input, Limits, Lossless, OutputFormat, Request, Resource, Target, plan, probe,
    transform,
};
use support::{
    header, largest_difference, mean_difference, run, run_to_png, to, to_png, try_run, webp,
};

/// Sides that are odd, below a macroblock, and around the rows of a strip.
const SIZES: [(u32, u32); 8] = [
    (1, 1),
    (2, 3),
    (15, 17),
    (16, 16),
    (33, 31),
    (64, 48),
    (131, 97),
    (200, 257),
];

#[test]
fn lossless_pixels_are_exactly_those_that_were_stored() {
    for (width, height) in SIZES {
        let photo = synth::photo(width, height, 3);
        for picture in [photo.clone(), photo.with_vignette()] {
            let made = run_to_png(&to_png(), &write::webp_lossless(&picture));
            let alpha = picture.channels == 4;
            assert_eq!(made.channels, picture.channels);
            // Nothing is resampled, but alpha is multiplied in and divided out.
            assert!(
                largest_difference(&seen(&made), &seen(&picture)) <= u8::from(alpha),
                "{width}x{height}, alpha {alpha}"
            );
        }
    }
}

#[test]
fn a_file_by_another_encoder_is_read_as_image_webp_reads_it() {
    let name = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../corpus/images/libwebp-lossless.webp"
    );
    let file = std::fs::read(name).expect("it is committed");
    let expected = webp(&file);
    let made = run_to_png(&to_png(), &file);
    assert!(largest_difference(&seen(&made), &seen(&expected)) <= 1);
}

#[test]
fn lossy_pixels_are_those_of_image_webp_but_for_how_chroma_is_spread() {
    for (width, height) in SIZES {
        let photo = synth::photo(width, height, 4);
        for picture in [photo.clone(), photo.with_vignette()] {
            let file = write::webp_lossy(&picture, 80);
            let (made, expected) = (run_to_png(&to_png(), &file), webp(&file));
            // Ours resamples chroma with the picture's filter, image-webp with a triangle,
            // which is 4 levels apart where colours change at every pixel. With alpha both
            // are libwebp's own.
            let mean = mean_difference(&seen(&made), &seen(&expected));
            assert!(mean < 5.0, "{width}x{height}: {mean:.2} levels");
        }
    }
}

#[test]
fn luma_is_decoded_to_the_bit() {
    // Grey has no chroma to spread: only the rounding of the range is left.
    let picture = synth::photo(131, 97, 5).grey();
    let file = write::webp_lossy(&picture, 80);
    let (made, expected) = (run_to_png(&to_png(), &file), webp(&file));
    assert!(largest_difference(&made, &expected) <= 2);
}

/// What is seen of a picture: nothing of it where alpha is 0.
fn seen(picture: &Picture) -> Picture {
    let mut picture = picture.clone();
    if picture.channels == 4 {
        for pixel in picture.samples.as_chunks_mut::<4>().0 {
            let alpha = u32::from(pixel[3]);
            for sample in &mut pixel[..3] {
                *sample = u8::try_from(u32::from(*sample) * alpha / 255).expect("a byte");
            }
        }
    }
    picture
}

/// A width of the result, and how the source is decoded for it.
fn sized(width: u32, decode: Decode) -> Request {
    Request {
        width: Some(width),
        decode,
        ..to_png()
    }
}

fn scale_names(request: &Request, file: &[u8]) -> Vec<&'static str> {
    let plan = plan(request, &header(file), &Limits::default()).expect("within the limits");
    plan.scales.iter().map(|scale| scale.name()).collect()
}

#[cfg(feature = "libwebp")]
#[test]
fn a_lossless_picture_is_scaled_where_two_samples_are_left_for_each_wanted() {
    let photo = synth::photo(1600, 1200, 1);
    let (lossy, lossless) = (write::webp_lossy(&photo, 80), write::webp_lossless(&photo));
    for (width, scale) in [
        (1600, "1/1"),
        (400, "1/1"),
        (201, "1/1"),
        (200, "1/4"),
        (101, "1/4"),
        (100, "1/8"),
    ] {
        let request = sized(width, Decode::Scaled);
        assert_eq!(scale_names(&request, &lossy), ["1/1"; 3], "{width}");
        assert_eq!(scale_names(&request, &lossless), [scale], "{width}");
    }
    let at_least = |samples| scale_names(&sized(400, Decode::AtLeast(samples)), &lossy);
    assert_eq!(at_least(1.0), ["1/4"; 3]);
    assert_eq!(at_least(2.0), ["1/2"; 3]);
    assert_eq!(at_least(2.5), ["1/1"; 3]);
    assert_eq!(scale_names(&sized(50, Decode::Full), &lossy), ["1/1"; 3]);
}

#[cfg(feature = "libwebp")]
#[test]
fn what_is_decoded_smaller_lies_where_it_does_at_full_size() {
    // No multiple of any scale, odd and even: a wrong step would shift every edge.
    for (width, height) in [(1003, 701), (1000, 702), (997, 1400)] {
        let photo = synth::photo(width, height, 2);
        for file in [write::webp_lossy(&photo, 90), write::webp_lossless(&photo)] {
            for wanted in [width / 17, width / 9] {
                let full = run_to_png(&sized(wanted, Decode::Full), &file);
                let scaled = run_to_png(&sized(wanted, Decode::AtLeast(2.0)), &file);
                let mean = mean_difference(&full, &scaled);
                assert!(
                    mean > 0.0 && mean < 2.0,
                    "{width}x{height} to {wanted}: {mean:.2} levels"
                );
            }
        }
    }
}

#[cfg(feature = "libwebp")]
#[test]
fn the_loop_filter_is_left_out_only_where_the_picture_gets_much_smaller() {
    let file = write::webp_lossy(&synth::photo(640, 480, 2), 20);
    for (wanted, is_left_out) in [(640, false), (320, false), (200, true), (80, true)] {
        let full = run_to_png(&sized(wanted, Decode::Full), &file);
        let usual = run_to_png(&sized(wanted, Decode::Scaled), &file);
        let mean = mean_difference(&full, &usual);
        assert_eq!(mean > 0.0, is_left_out, "{wanted}: {mean:.2} levels");
        assert!(mean < 2.0, "{wanted}: {mean:.2} levels");
    }
}

#[test]
fn pictures_with_alpha_are_decoded_at_full_size() {
    let faded = synth::photo(400, 300, 1).with_vignette();
    for file in [write::webp_lossy(&faded, 80), write::webp_lossless(&faded)] {
        assert_eq!(scale_names(&sized(20, Decode::Scaled), &file), ["1/1"]);
    }
}

#[test]
fn colours_that_are_hidden_do_not_show() {
    // Red that nobody should see, in columns between grey ones.
    let (width, height) = (320, 240);
    let colour = |x: u32| {
        if (x / 16).is_multiple_of(2) {
            [255, 0, 0]
        } else {
            [128; 3]
        }
    };
    let alpha = |x: u32| if (x / 16).is_multiple_of(2) { 0 } else { 255 };
    let opaque = Picture::from_fn(width, height, |x, _| colour(x));
    let hidden = Picture::from_fn(width, height, |x, _| {
        let [red, green, blue] = colour(x);
        [red, green, blue, alpha(x)]
    });
    let mask: Vec<u8> = (0..width * height).map(|at| alpha(at % width)).collect();
    let lossy = write::webp_with_alpha(&write::webp_lossy(&opaque, 100), &mask);
    for (name, file, most) in [
        ("lossless", write::webp_lossless(&hidden), 1),
        // A chroma sample is shared across the edge.
        ("lossy", lossy, 80),
    ] {
        for wanted in [10, 20, 40, 107] {
            let made = run_to_png(&sized(wanted, Decode::Scaled), &file);
            let shown = made.samples.as_chunks::<4>().0;
            let off = shown
                .iter()
                .filter(|pixel| pixel[3] > 8)
                .map(|pixel| pixel[0].abs_diff(128))
                .max();
            assert!(off <= Some(most), "{name} to {wanted}: {off:?} levels");
        }
    }
}

#[test]
fn the_orientation_behind_the_picture_is_applied() {
    let photo = synth::photo(120, 80, 6);
    for file in [write::webp_lossy(&photo, 90), write::webp_lossless(&photo)] {
        let upright = run_to_png(&to_png(), &file);
        for orientation in 1..=8 {
            let turned = write::webp_with_orientation(&file, orientation);
            assert_eq!(header(&turned).orientation.exif(), u16::from(orientation));
            let made = run_to_png(&to_png(), &turned);
            let expected = support::turned::seen(&upright, orientation);
            let mean = mean_difference(&made, &expected);
            assert!(mean < 1.0, "{orientation}: {mean:.2} levels");
        }
    }
}

#[test]
fn exif_with_the_name_of_a_jpeg_segment_is_read_and_broken_exif_is_upright() {
    let file = write::webp_lossy(&synth::photo(40, 30, 6), 90);
    let turned = write::webp_with_orientation(&file, 6);
    let block = &turned[turned.len() - 26..];
    let named = write::webp_with_exif(&file, &[b"Exif\0\0", block].concat());
    assert_eq!(header(&named).orientation.exif(), 6);
    for broken in [&b""[..], b"Exif\0\0", &block[..10]] {
        let file = write::webp_with_exif(&file, broken);
        assert_eq!(header(&file).orientation.exif(), 1);
        assert!(try_run(&to_png(), &file).is_ok());
    }
}

#[test]
fn a_profile_is_converted_as_in_a_png() {
    let photo = synth::photo(64, 48, 7);
    let p3 = write::icc_display_p3();
    for (file, most) in [
        (write::webp_lossless(&photo), 0.001),
        // By how chroma is spread, as above.
        (write::webp_lossy(&photo, 100), 4.0),
    ] {
        let png = write::png_with_icc(&write::png(&webp(&file)), &p3);
        let expected = run_to_png(&to_png(), &png);
        let file = write::webp_with_icc(&file, &p3);
        assert_eq!(header(&file).icc_bytes as usize, p3.len());
        let made = run_to_png(&to_png(), &file);
        let mean = mean_difference(&made, &expected);
        assert!(mean < most, "{mean:.2} levels, at most {most}");
    }
}

#[test]
fn a_container_that_lies_about_its_length_matters_only_where_it_is_too_short() {
    let file = write::webp_lossy(&synth::photo(64, 48, 1), 80);
    let sized = |size: u32| {
        let mut file = file.clone();
        file[4..8].copy_from_slice(&size.to_le_bytes());
        file
    };
    let expected = run(&to_png(), &file);
    let length = u32::try_from(file.len()).expect("small") - 8;
    for size in [length, length + 1, length + 1000, u32::MAX] {
        assert_eq!(run(&to_png(), &sized(size)), expected, "{size}");
    }
    for size in [0, 4, length - 2] {
        let done = try_run(&to_png(), &sized(size));
        assert!(matches!(done, Err(Error::Malformed { .. })), "{size}");
    }
    let behind = [&file[..], &[0x55; 5000]].concat();
    assert_eq!(run(&to_png(), &behind), expected);
}

#[test]
fn a_canvas_of_another_size_is_refused() {
    let mut file = write::webp_with_orientation(&write::webp_lossless(&synth::photo(9, 9, 1)), 1);
    // The canvas's width less 1.
    file[24] += 1;
    let done = try_run(&to_png(), &file);
    assert!(matches!(done, Err(Error::Malformed { .. })));
}

#[test]
fn memory_is_planned_from_the_header_and_kept_from_both_sides() {
    let photo = synth::photo(640, 480, 1);
    for file in [
        write::webp_lossy(&photo, 80),
        write::webp_lossy(&photo.with_vignette(), 80),
        write::webp_lossless(&photo),
    ] {
        let request = sized(100, Decode::Full);
        let with = |peak_bytes| {
            let limits = Limits {
                peak_bytes,
                ..Limits::default()
            };
            let mut bytes = &file[..];
            transform(&request, &limits, Input::new(&mut bytes), &mut Vec::new())
        };
        let peak = with(u64::MAX).expect("a sound file").plan.peak.bytes();
        assert!(with(peak).is_ok());
        match with(peak - 1) {
            Err(Error::TooLarge {
                resource, needed, ..
            }) => assert_eq!((resource, needed), (Resource::Memory, peak)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_largest_claims_are_refused_from_their_first_bytes() {
    let lossless = b"RIFF\x1e\0\0\0WEBPVP8L\x12\0\0\0\x2f\xfe\xbf\xff\x0f";
    let lossy = b"RIFF\x1e\0\0\0WEBPVP8 \x12\0\0\0\x10\0\0\x9d\x01\x2a\xff\x3f\xff\x3f";
    for claim in [&lossless[..], lossy] {
        let claim = [claim, &[0; 20]].concat();
        let header = probe(&mut Input::new(&mut &claim[..])).expect("a header");
        assert_eq!(
            (header.dimensions.width, header.dimensions.height),
            (16_383, 16_383)
        );
        let limits = Limits {
            peak_bytes: 256 << 20,
            ..Limits::default()
        };
        let refused = plan(&sized(16_383, Decode::Full), &header, &limits);
        assert!(matches!(
            refused,
            Err(Error::TooLarge {
                resource: Resource::Memory,
                ..
            })
        ));
    }
}

fn asked(lossless: Lossless, format: OutputFormat) -> Request {
    Request {
        lossless,
        ..to(format)
    }
}

/// Whether a WebP is lossless, by the name of its chunk.
fn is_lossless(file: &[u8]) -> bool {
    file.get(12..16) == Some(b"VP8L")
}

#[test]
fn a_webp_is_lossless_where_its_source_is_flat_or_it_is_asked() {
    let photo = synth::photo(40, 30, 1);
    let has_lossy = cfg!(feature = "libwebp");
    for (file, is_flat) in [
        (write::png_palette(&photo), true),
        (write::webp_lossless(&photo), true),
        (write::png(&photo), false),
        (write::webp_lossy(&photo, 80), false),
        (write::jpeg(&photo, &JpegOptions::default()), false),
    ] {
        assert_eq!(header(&file).is_flat(), is_flat);
        let made = |lossless| run(&asked(lossless, OutputFormat::Webp), &file);
        assert_eq!(
            is_lossless(&made(Lossless::WhenFlat)),
            is_flat || !has_lossy
        );
        assert!(is_lossless(&made(Lossless::Always)));
        if has_lossy {
            assert!(!is_lossless(&made(Lossless::Never)));
        }
    }
}

/// A picture as RGBA, without the colours that alpha of 0 hides, which may be changed.
fn shown(picture: &Picture) -> Picture {
    let mut picture = picture.rgba();
    for pixel in picture.samples.chunks_exact_mut(4) {
        if pixel[3] == 0 {
            pixel.fill(0);
        }
    }
    picture
}

#[test]
fn a_lossless_webp_has_the_pixels_of_a_png() {
    let faded = synth::photo(97, 61, 1).with_vignette();
    for file in [
        write::png(&faded),
        write::png(&faded.rgb()),
        write::png(&faded.grey()),
    ] {
        for width in [97, 40] {
            let request = Request {
                width: Some(width),
                ..asked(Lossless::Always, OutputFormat::Webp)
            };
            let made = webp(&run(&request, &file));
            let png = run_to_png(&sized(width, Decode::Scaled), &file);
            assert!(shown(&made) == shown(&png), "{width}");
        }
    }
}

#[test]
fn a_lossless_webp_shows_exactly_what_was_there() {
    for (width, height) in [(1, 1), (1, 7), (33, 2), (97, 61)] {
        for channels in 1..=4 {
            let mut noise = synth::noise(width, height, channels, 5);
            if channels % 2 == 0 {
                noise.samples[usize::from(channels) - 1] = 0;
            }
            let file = write::png(&noise);
            let made = run(&asked(Lossless::Always, OutputFormat::Webp), &file);
            assert!(is_lossless(&made));
            let png = run_to_png(&to_png(), &file);
            assert!(
                shown(&webp(&made)) == shown(&png),
                "{width} {height} {channels}"
            );
        }
    }
}

#[cfg(feature = "libwebp")]
#[test]
fn both_efforts_of_a_lossless_webp_have_the_same_pixels() {
    let file = write::png(&synth::photo(97, 61, 2));
    let with = |effort| Request {
        effort: Some(effort),
        ..asked(Lossless::Always, OutputFormat::Webp)
    };
    let [quick, thorough] = [0, 1].map(|effort| run(&with(effort), &file));
    assert!(webp(&quick) == webp(&thorough));
    assert!(thorough.len() < quick.len());
    assert!(try_run(&with(2), &file).is_err());
}

#[test]
fn what_cannot_be_had_is_refused() {
    let file = write::png(&synth::photo(8, 8, 1));
    for request in [
        asked(Lossless::Always, OutputFormat::Jpeg),
        asked(Lossless::Never, OutputFormat::Png),
        #[cfg(any(feature = "libaom", feature = "rav1e"))]
        asked(Lossless::Always, OutputFormat::Avif),
        #[cfg(not(feature = "libwebp"))]
        asked(Lossless::Never, OutputFormat::Webp),
    ] {
        let done = try_run(&request, &file);
        assert!(
            matches!(
                done,
                Err(Error::Request {
                    option: "lossless",
                    ..
                })
            ),
            "{request:?}"
        );
    }
    assert!(try_run(&asked(Lossless::Always, OutputFormat::Png), &file).is_ok());
}

#[test]
fn the_source_s_own_format_is_webp() {
    let file = write::webp_lossy(&synth::photo(40, 30, 1), 80);
    let request = Request {
        format: Target::Keep,
        ..Request::default()
    };
    assert!(run(&request, &file).starts_with(b"RIFF"));
}
