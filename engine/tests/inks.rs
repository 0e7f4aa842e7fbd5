//! JPEG of four inks: CMYK and YCCK, with a profile and without.

mod support;

use edgepix_corpus::{
    synth::{self, Picture},
    write::{self, Inks, JpegOptions, Sampling},
};
use edgepix_engine::{Colour, OutputFormat, Profile, Request};
use support::{header, jpeg_planes, mean_difference, run, run_to_png, to, to_png, try_run};

const SIDE: u32 = 48;

/// A JPEG of four flat planes as they are stored, without an Adobe segment: what is flat is
/// exact at quality 100.
fn stored(values: [u8; 4]) -> Vec<u8> {
    let planes = values.map(|value| (Picture::from_fn(SIDE, SIDE, |_, _| [value]), (1, 1)));
    let options = JpegOptions {
        quality: 100,
        ..JpegOptions::default()
    };
    write::jpeg_of_planes((SIDE, SIDE), &planes, &[&[0, 1, 2, 3]], &options)
}

/// The same with an Adobe segment of a transform.
fn by_adobe(file: &[u8], transform: u8) -> Vec<u8> {
    let segment = [b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0", &[transform][..]].concat();
    [&file[..2], &segment, &file[2..]].concat()
}

/// The colour of a flat image, which is the same everywhere.
fn colour(file: &[u8]) -> [u8; 3] {
    let out = run_to_png(&to_png(), file);
    assert_eq!(out.channels, 3);
    let [first, ..] = out.samples.as_chunks::<3>().0 else {
        panic!("an image has pixels")
    };
    assert_eq!(out.samples, first.repeat((SIDE * SIDE) as usize));
    *first
}

fn assert_near(actual: [u8; 3], expected: [f64; 3], most: f64) {
    for (actual, expected) in actual.into_iter().zip(expected) {
        let difference = (f64::from(actual) - expected).abs();
        assert!(difference <= most, "{actual:?}, not {expected:.1?}");
    }
}

/// Stored light of cyan, magenta, yellow and key.
const INKS: [[u8; 4]; 7] = [
    [255, 255, 255, 255],
    [0, 255, 255, 255],
    [255, 0, 0, 255],
    [255, 255, 255, 0],
    [0, 0, 0, 255],
    [200, 100, 50, 128],
    [77, 33, 211, 199],
];

#[test]
fn without_a_profile_light_is_multiplied() {
    for inks in INKS {
        let [c, m, y, key] = inks.map(u32::from);
        let expected =
            [c, m, y].map(|light| u8::try_from((light * key + 127) / 255).expect("a level"));
        let file = stored(inks);
        assert_eq!(header(&file).colour, Colour::Cmyk);
        assert_eq!(colour(&file), expected, "{inks:?}");
        // Photoshop's files say that they are by Adobe, others do not: both hold light.
        assert_eq!(colour(&by_adobe(&file, 0)), expected, "{inks:?}");
    }
}

#[test]
fn ycck_holds_the_ycbcr_of_the_inks_and_the_light_of_the_key() {
    // Luma, Cb and Cr of ITU-T T.871, and what light the inks leave.
    for (values, [c, m, y, key]) in [
        ([0, 128, 128, 255], [255, 255, 255, 255]),
        ([255, 128, 128, 255], [0, 0, 0, 255]),
        ([0, 128, 128, 100], [255, 255, 255, 100]),
        // Much cyan: 255, 0, 0.
        ([76, 85, 255, 255], [1, 255, 255, 255]),
        ([76, 85, 255, 51], [1, 255, 255, 51]),
        // Some of each: 155, 90, 20.
        ([101, 82, 166, 204], [100, 165, 235, 204]),
    ] {
        let file = by_adobe(&stored(values), 2);
        assert_eq!(header(&file).colour, Colour::Ycck);
        let expected = [c, m, y].map(|light| f64::from(light * key) / 255.0);
        assert_near(colour(&file), expected, 2.0);
    }
}

#[test]
fn a_transform_that_no_one_has_heard_of_is_ycck_as_libjpeg_has_it() {
    assert_eq!(header(&by_adobe(&stored([9; 4]), 1)).colour, Colour::Ycck);
    assert_eq!(header(&by_adobe(&stored([9; 4]), 77)).colour, Colour::Ycck);
}

/// A photograph of many inks, in every way that JPEG has.
fn files(photo: &Picture) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for inks in [Inks::Cmyk, Inks::Ycck] {
        for sampling in [Sampling::S444, Sampling::S422, Sampling::S420] {
            for progressive in [false, true] {
                let options = JpegOptions {
                    quality: 97,
                    sampling,
                    progressive,
                    ..JpegOptions::default()
                };
                let name = format!("{inks:?} {sampling:?}, progressive: {progressive}");
                files.push((name, write::jpeg_inks(photo, inks, &options)));
            }
        }
    }
    files
}

#[test]
fn a_photograph_in_inks_looks_as_it_does_in_rgb() {
    // Of a ninth and less a JPEG is decoded at 1/8.
    for (size, width, most) in [
        ((97, 65), 97, 5.0),
        ((97, 65), 40, 3.5),
        ((803, 601), 80, 3.5),
    ] {
        let photo = synth::photo(size.0, size.1, 3);
        let request = Request {
            width: Some(width),
            ..to_png()
        };
        let expected = run_to_png(&request, &write::png(&photo));
        for (name, file) in files(&photo) {
            let difference = mean_difference(&run_to_png(&request, &file), &expected);
            assert!(difference <= most, "{name} to {width}: {difference:.2}");
        }
    }
}

#[test]
fn inks_are_turned_cropped_and_padded_like_any_other_colour() {
    let photo = synth::photo(96, 64, 3);
    let options = JpegOptions {
        quality: 97,
        ..JpegOptions::default()
    };
    let request = Request {
        width: Some(80),
        height: Some(80),
        fit: edgepix_engine::Fit::Contain,
        ..to_png()
    };
    let upright = write::jpeg_inks(&photo, Inks::Ycck, &options);
    for orientation in 1..=8 {
        let png = write::png_with_orientation(&write::png(&photo), orientation);
        let inks = write::with_exif_orientation(&upright, orientation);
        let difference = mean_difference(&run_to_png(&request, &inks), &run_to_png(&request, &png));
        assert!(difference <= 3.0, "{orientation}: {difference:.2}");
    }
}

#[test]
fn every_format_gets_the_same_colours() {
    let photo = synth::photo(320, 240, 3);
    let rgb = write::png(&photo);
    let best = |format| Request {
        width: Some(96),
        quality: Some(100),
        ..to(format)
    };
    for (name, file) in files(&photo) {
        let jpeg = run(&best(OutputFormat::Jpeg), &file);
        assert_eq!(jpeg_planes(&jpeg).len(), 3);
        let expected = support::jpeg(&run(&best(OutputFormat::Jpeg), &rgb));
        let difference = mean_difference(&support::jpeg(&jpeg), &expected);
        assert!(difference <= 2.0, "{name} as JPEG: {difference:.2}");
        let webp = |file| support::webp(&run(&best(OutputFormat::Webp), file));
        let difference = mean_difference(&webp(&file), &webp(&rgb));
        assert!(difference <= 2.5, "{name} as WebP: {difference:.2}");
        #[cfg(any(feature = "libaom", feature = "rav1e"))]
        {
            let request = Request {
                width: Some(24),
                ..to(OutputFormat::Avif)
            };
            assert!(!run(&request, &file).is_empty());
        }
    }
}

/// sRGB's level of linear light (IEC 61966-2-1).
fn level(light: f64) -> f64 {
    255.0
        * if light <= 0.003_130_8 {
            light * 12.92
        } else {
            1.055 * light.powf(1.0 / 2.4) - 0.055
        }
}

#[test]
fn with_a_profile_inks_are_what_it_says() {
    for side in [2, 5, 17] {
        let profile = write::icc_press(side);
        for inks in INKS {
            let [c, m, y, key] = inks.map(|light| f64::from(light) / 255.0);
            // In light and not in levels: far from what there is without a profile.
            let expected = [c, m, y].map(|light| level(light * key));
            let file = write::with_icc(&stored(inks), &profile);
            assert_eq!(header(&file).profile(), Profile::Converted);
            assert_near(colour(&file), expected, 2.0);
        }
    }
}

#[test]
fn tables_of_bytes_to_lab_leave_greys_without_a_hue() {
    let profile = write::icc_press_in_black();
    for key in [0, 17, 64, 128, 200, 254, 255] {
        let file = write::with_icc(&stored([255, 255, 255, key]), &profile);
        let lightness = (100.0 * f64::from(key) / 255.0 + 16.0) / 116.0;
        let light = if lightness > 6.0 / 29.0 {
            lightness.powi(3)
        } else {
            (lightness - 4.0 / 29.0) * 108.0 / 841.0
        };
        let [r, g, b] = colour(&file);
        assert!(r == g && g == b, "{key}: {:?}", [r, g, b]);
        assert_near([r, g, b], [level(light); 3], 1.5);
    }
}

#[test]
fn a_profile_works_on_ycck_and_after_the_resize_too() {
    let photo = synth::photo(320, 240, 3);
    let request = Request {
        width: Some(31),
        ..to_png()
    };
    let cmyk = write::jpeg_inks(
        &photo,
        Inks::Cmyk,
        &JpegOptions {
            quality: 97,
            ..JpegOptions::default()
        },
    );
    let expected = run_to_png(&request, &write::with_icc(&cmyk, &write::icc_press(9)));
    for (name, file) in files(&photo) {
        let out = run_to_png(&request, &write::with_icc(&file, &write::icc_press(9)));
        let difference = mean_difference(&out, &expected);
        assert!(difference <= 2.0, "{name}: {difference:.2}");
    }
}

#[test]
fn a_profile_that_cannot_be_used_is_ignored_with_a_warning() {
    let plain = stored([200, 100, 50, 128]);
    let expected = colour(&plain);
    let press = write::icc_press(2);
    let changed = |at: usize, bytes: &[u8]| {
        let mut profile = press.clone();
        profile[at..at + bytes.len()].copy_from_slice(bytes);
        profile
    };
    for (profile, word) in [
        (press[..300].to_vec(), "complete"),
        (changed(36, b"psca"), "broken"),
        // All tags point beyond the end.
        (changed(132, &[0xff; 48]), "broken"),
        (changed(20, b"RGB "), "broken"),
        (changed(12, b"link"), "no device"),
        (changed(16, b"RGB "), "not for such an image"),
        (write::icc_display_p3(), "not for such an image"),
        (write::icc_srgb(), "not for such an image"),
        (write::icc_grey(0x0200), "not for such an image"),
    ] {
        let file = write::with_icc(&plain, &profile);
        let (encoded, _) = try_run(&to_png(), &file).expect("the image is sound");
        let [warning] = encoded.warnings[..] else {
            panic!("{word}: {:?}", encoded.warnings)
        };
        assert!(warning.contains(word), "{word}: {warning}");
        assert_eq!(encoded.plan.profile, Profile::Ignored(warning));
        assert_eq!(colour(&file), expected, "{word}");
    }
}

#[test]
fn a_profile_of_inks_is_ignored_where_there_are_none() {
    let photo = synth::photo(64, 48, 1);
    for plain in [
        write::jpeg(&photo, &JpegOptions::default()),
        write::jpeg(&photo.grey(), &JpegOptions::default()),
    ] {
        let tagged = write::with_icc(&plain, &write::icc_press(2));
        let Profile::Ignored(why) = header(&tagged).profile() else {
            panic!("it is not for such an image")
        };
        assert!(why.contains("not for such an image"), "{why}");
        assert_eq!(run(&to_png(), &tagged), run(&to_png(), &plain));
    }
}

#[test]
fn a_profile_cut_anywhere_or_changed_anywhere_never_spoils_the_image() {
    let plain = stored([200, 100, 50, 128]);
    for profile in [write::icc_press(2), write::icc_press_in_black()] {
        // What comes after the grid's first points are more of them.
        for at in (1..profile.len().min(600)).step_by(7) {
            let mut changed = profile.clone();
            changed[at] ^= 0xff;
            colour(&write::with_icc(&plain, &changed));
            let cut = write::with_icc(&plain, &profile[..at]);
            assert!(
                matches!(header(&cut).profile(), Profile::Ignored(_)),
                "{at}"
            );
        }
    }
}
