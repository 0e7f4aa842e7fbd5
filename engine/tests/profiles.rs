//! Colour profiles: what is converted to sRGB, what needs no conversion, and what is ignored.

mod support;

use edgepix_corpus::{
    synth::{self, Picture},
    write::{self, JpegOptions, Sampling},
};
use edgepix_engine::{Background, Crop, Fit, OutputFormat, Profile, Request};
use support::{header, largest_difference, run, run_to_png, to, to_png, try_run};

/// Linear light of a level; Display P3 and sRGB share the curve (IEC 61966-2-1).
fn light(level: u8) -> f64 {
    let level = f64::from(level) / 255.0;
    if level <= 0.04045 {
        level / 12.92
    } else {
        ((level + 0.055) / 1.055).powf(2.4)
    }
}

fn level(light: f64) -> f64 {
    let light = light.clamp(0.0, 1.0);
    255.0
        * if light <= 0.003_130_8 {
            light * 12.92
        } else {
            1.055 * light.powf(1.0 / 2.4) - 0.055
        }
}

/// Linear Display P3 to linear sRGB: the product of the inverse of sRGB's matrix to XYZ and
/// Display P3's, both for the same white, D65 (CSS Color 4, section 10.9 and its sample code).
const P3_TO_SRGB: [[f64; 3]; 3] = [
    [1.224_940, -0.224_940, 0.0],
    [-0.042_057, 1.042_057, 0.0],
    [-0.019_638, -0.078_636, 1.098_274],
];

fn p3_to_srgb(pixel: [u8; 3]) -> [f64; 3] {
    let [r, g, b] = pixel.map(light);
    P3_TO_SRGB.map(|row| level(row[0] * r + row[1] * g + row[2] * b))
}

/// Saturated colours, colours inside sRGB, greys.
const COLOURS: [[u8; 3]; 12] = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [255, 255, 0],
    [0, 255, 255],
    [255, 0, 255],
    [200, 80, 60],
    [60, 160, 90],
    [12, 30, 200],
    [10, 9, 8],
    [128, 128, 128],
    [255, 255, 255],
];

/// Tiles of 16 by 16 pixels, one for each colour.
fn tiles() -> Picture {
    Picture::from_fn(16 * 12, 16, |x, _| COLOURS[x as usize / 16])
}

/// The middle of each tile.
fn tile(picture: &Picture, i: u32) -> [u8; 3] {
    *picture.pixel(16 * i + 8, 8).first_chunk().expect("RGB")
}

fn assert_near(actual: [u8; 3], expected: [f64; 3], most: f64) {
    for (actual, expected) in actual.into_iter().zip(expected) {
        let difference = (f64::from(actual) - expected).abs();
        assert!(difference <= most, "{actual:?}, not {expected:.1?}");
    }
}

/// A JPEG of 4:4:4 whose colours are nearly those of the picture.
fn fine_jpeg(picture: &Picture) -> Vec<u8> {
    let options = JpegOptions {
        quality: 100,
        sampling: Sampling::S444,
        ..JpegOptions::default()
    };
    write::jpeg(picture, &options)
}

fn profile_of(file: &[u8]) -> Profile {
    header(file).profile()
}

fn warnings(file: &[u8]) -> Vec<&'static str> {
    try_run(&to_png(), file).expect("a sound image").0.warnings
}

#[test]
fn display_p3_in_png_comes_out_as_the_srgb_of_the_same_colour() {
    let file = write::png_with_icc(&write::png(&tiles()), &write::icc_display_p3());
    assert_eq!(profile_of(&file), Profile::Converted);
    let out = run_to_png(&to_png(), &file);
    for (i, colour) in (0..).zip(COLOURS) {
        assert_near(tile(&out, i), p3_to_srgb(colour), 1.0);
    }
    assert_eq!(warnings(&file), [""; 0]);
}

#[test]
fn display_p3_by_tables_comes_out_as_by_its_matrix() {
    for side in [2, 9, 33] {
        let profile = write::icc_display_p3_tables(side);
        let file = write::png_with_icc(&write::png(&tiles()), &profile);
        assert_eq!(profile_of(&file), Profile::Converted);
        let out = run_to_png(&to_png(), &file);
        for (i, colour) in (0..).zip(COLOURS) {
            assert_near(tile(&out, i), p3_to_srgb(colour), 2.0);
        }
    }
}

#[test]
fn display_p3_in_jpeg_comes_out_as_the_srgb_of_the_same_colour() {
    let plain = fine_jpeg(&tiles());
    let file = write::with_icc(&plain, &write::icc_display_p3());
    // What the JPEG holds is a level or two off the tiles.
    let stored = run_to_png(&to_png(), &plain);
    let out = run_to_png(&to_png(), &file);
    for i in 0..12 {
        assert_near(tile(&out, i), p3_to_srgb(tile(&stored, i)), 2.0);
    }
}

#[test]
fn every_format_gets_the_same_colours() {
    let file = write::with_icc(&fine_jpeg(&tiles()), &write::icc_display_p3());
    let best = |format| Request {
        quality: Some(100),
        ..to(format)
    };
    let png = run_to_png(&to_png(), &file);
    let jpeg = support::jpeg(&run(&best(OutputFormat::Jpeg), &file));
    let webp = support::webp(&run(&best(OutputFormat::Webp), &file));
    for i in 0..12 {
        let expected = tile(&png, i).map(f64::from);
        assert_near(tile(&jpeg, i), expected, 3.0);
        assert_near(tile(&webp, i), expected, 8.0);
    }
}

#[test]
fn subsampled_chroma_is_converted_at_full_size() {
    let photo = synth::photo(131, 97, 5);
    let plain = write::jpeg(&photo, &JpegOptions::default());
    let file = write::with_icc(&plain, &write::icc_display_p3());
    for request in [
        Request {
            width: Some(45),
            ..to_png()
        },
        Request {
            crop: Some(Crop {
                left: 13,
                top: 7,
                width: 81,
                height: 67,
            }),
            ..to_png()
        },
        Request {
            width: Some(61),
            height: Some(41),
            fit: Fit::Contain,
            ..to_png()
        },
    ] {
        let stored = run_to_png(&request, &plain);
        let out = run_to_png(&request, &file);
        let pixels = stored.samples.as_chunks::<3>().0;
        for (before, after) in pixels.iter().zip(out.samples.as_chunks::<3>().0) {
            assert_near(*after, p3_to_srgb(*before), 1.0);
        }
    }
}

#[test]
fn what_is_srgb_in_effect_changes_no_byte() {
    let photo = synth::photo(97, 65, 1);
    let (jpeg, png) = (
        write::jpeg(&photo, &JpegOptions::default()),
        write::png(&photo),
    );
    for profile in [write::icc_srgb(), write::icc_srgb_tiny()] {
        for (plain, tagged) in [
            (&jpeg, write::with_icc(&jpeg, &profile)),
            (&png, write::png_with_icc(&png, &profile)),
        ] {
            assert_eq!(profile_of(&tagged), Profile::Srgb);
            for format in [OutputFormat::Jpeg, OutputFormat::Png, OutputFormat::Webp] {
                let request = Request {
                    width: Some(40),
                    ..to(format)
                };
                assert_eq!(run(&request, &tagged), run(&request, plain));
            }
            assert_eq!(warnings(&tagged), [""; 0]);
        }
    }
}

#[test]
fn red_and_green_exchanged_are_exchanged_back() {
    let file = write::png_with_icc(&write::png(&tiles()), &write::icc_swapped());
    let out = run_to_png(&to_png(), &file);
    let [red, green] = [0, 1].map(|i| tile(&out, i));
    assert_near(red, [0.0, 255.0, 0.0], 1.0);
    assert_near(green, [255.0, 0.0, 0.0], 1.0);
}

#[test]
fn a_profile_that_cannot_be_used_is_ignored_with_a_warning() {
    let photo = synth::photo(64, 48, 1);
    let plain = write::jpeg(&photo, &JpegOptions::default());
    let expected = run(&to_png(), &plain);
    let p3 = write::icc_display_p3();
    let changed = |at: usize, bytes: &[u8]| {
        let mut profile = p3.clone();
        profile[at..at + bytes.len()].copy_from_slice(bytes);
        profile
    };
    for (profile, word) in [
        (vec![b'x'; 600], "larger"),
        (p3[..300].to_vec(), "complete"),
        (changed(36, b"psca"), "broken"),
        (changed(8, &[9]), "broken"),
        // All tags point beyond the end.
        (changed(132, &[0xff; 120]), "broken"),
        (changed(12, b"link"), "no device"),
        (changed(12, b"nmcl"), "no device"),
        (changed(16, b"CMYK"), "not for such an image"),
        (changed(16, b"Lab "), "not for such an image"),
        (write::icc_grey(0x0200), "not for such an image"),
    ] {
        let file = write::with_icc(&plain, &profile);
        let (encoded, out) = try_run(&to_png(), &file).expect("the image is sound");
        assert_eq!(out, expected, "{word}");
        let [warning] = encoded.warnings[..] else {
            panic!("{word}: {:?}", encoded.warnings)
        };
        assert!(warning.contains(word), "{word}: {warning}");
        assert_eq!(encoded.plan.profile, Profile::Ignored(warning));
    }
}

#[test]
fn a_profile_cut_anywhere_or_changed_anywhere_never_spoils_the_image() {
    let plain = write::png(&synth::photo(8, 6, 1));
    let p3 = write::icc_display_p3();
    for at in 0..p3.len() {
        for value in [0, 1, 0x7f, 0xff] {
            let mut profile = p3.clone();
            profile[at] = value;
            assert!(!run(&to_png(), &write::png_with_icc(&plain, &profile)).is_empty());
        }
        let cut = write::png_with_icc(&plain, &p3[..at]);
        assert!(matches!(profile_of(&cut), Profile::Ignored(_)), "{at}");
    }
}

#[test]
fn grey_is_converted_by_its_own_curve_and_stays_grey() {
    let ramp = Picture::from_fn(256, 8, |x, _| [u8::try_from(x).expect("256 columns")]);
    let expected = |x: u32| level((f64::from(x) / 255.0).powf(1.5));
    // A gamma of 1.5, far from sRGB's 2.2 or so.
    let profile = write::icc_grey(0x0180);
    let file = write::png_with_icc(&write::png(&ramp), &profile);
    let out = run_to_png(&to_png(), &file);
    assert_eq!(out.channels, 1);
    for x in 0..256 {
        let difference = (f64::from(out.pixel(x, 4)[0]) - expected(x)).abs();
        assert!(difference <= 1.0, "{x}: {difference}");
    }
    let jpeg = write::with_icc(&fine_jpeg(&ramp), &profile);
    let planes = support::jpeg_planes(&run(&to(OutputFormat::Jpeg), &jpeg));
    assert_eq!(planes.len(), 1);
    assert!((f64::from(planes[0].pixel(128, 4)[0]) - expected(128)).abs() <= 3.0);
}

#[test]
fn a_grey_image_with_the_srgb_of_its_coloured_past_is_grey_as_it_is() {
    let plain = write::jpeg(&synth::photo(64, 48, 1).grey(), &JpegOptions::default());
    let tagged = write::with_icc(&plain, &write::icc_srgb());
    assert_eq!(profile_of(&tagged), Profile::Srgb);
    assert_eq!(run(&to_png(), &tagged), run(&to_png(), &plain));
    let other = write::with_icc(&plain, &write::icc_swapped());
    assert!(matches!(profile_of(&other), Profile::Ignored(_)));
}

#[test]
fn parts_of_a_profile_may_come_in_any_order_and_twice() {
    let plain = fine_jpeg(&tiles());
    let profile = write::icc_display_p3();
    let expected = run(&to_png(), &write::with_icc(&plain, &profile));
    let (a, rest) = profile.split_at(200);
    let (b, c) = rest.split_at(50);
    let segment = |number: u8, part: &[u8]| {
        let body = [b"ICC_PROFILE\0", &[number, 3][..], part].concat();
        let length = u16::try_from(body.len() + 2).expect("a small part");
        [b"\xff\xe2", &length.to_be_bytes()[..], &body].concat()
    };
    // zune-jpeg refuses files whose parts are numbered from 0, so those are tried at the
    // header only.
    for parts in [
        vec![(1, a), (2, b), (3, c)],
        vec![(3, c), (1, a), (2, b)],
        vec![(2, b), (2, b), (1, a), (3, c), (1, a)],
    ] {
        let parts: Vec<u8> = parts
            .iter()
            .flat_map(|(number, part)| segment(*number, part))
            .collect();
        let file = [&plain[..2], &parts, &plain[2..]].concat();
        assert_eq!(run(&to_png(), &file), expected);
    }
    // Without its second part it is not complete.
    let file = [&plain[..2], &segment(1, a), &segment(3, c), &plain[2..]].concat();
    assert!(matches!(profile_of(&file), Profile::Ignored(_)));
    assert_eq!(run(&to_png(), &file), run(&to_png(), &plain));
}

#[test]
fn alpha_is_left_as_it_is_and_laid_on_a_background_of_srgb() {
    let tiles = tiles();
    let picture = tiles.with_alpha(|x, _| if x % 2 == 0 { 255 } else { 0 });
    let plain = write::png(&picture);
    let file = write::png_with_icc(&plain, &write::icc_display_p3());
    let alpha = |file: &[u8]| -> Vec<u8> {
        let out = run_to_png(&to_png(), file);
        assert_eq!(out.channels, 4);
        out.samples.iter().skip(3).step_by(4).copied().collect()
    };
    assert_eq!(alpha(&file), alpha(&plain));
    let out = run_to_png(&to_png(), &file);
    for (i, colour) in (0..).zip(COLOURS) {
        assert_near(tile(&out, i), p3_to_srgb(colour), 1.0);
    }

    // The background is the request's, and no profile's.
    let red = Background {
        red: 200,
        green: 30,
        blue: 40,
    };
    let clear = write::png(&tiles.with_alpha(|_, _| 0));
    let request = Request {
        background: red,
        quality: Some(100),
        ..to(OutputFormat::Jpeg)
    };
    let tagged = write::png_with_icc(&clear, &write::icc_display_p3());
    let out = support::jpeg(&run(&request, &tagged));
    assert_near(tile(&out, 5), [200.0, 30.0, 40.0], 2.0);
    assert_eq!(run(&request, &tagged), run(&request, &clear));
}

#[test]
fn a_turned_image_is_converted_too() {
    let file = fine_jpeg(&tiles());
    let tagged = write::with_icc(&file, &write::icc_display_p3());
    let upright = run_to_png(&to_png(), &tagged);
    let turned = run_to_png(&to_png(), &write::with_exif_orientation(&tagged, 3));
    assert_eq!(
        turned.pixel(191 - 8, 15 - 8),
        upright.pixel(8, 8),
        "half a turn"
    );
    assert!(largest_difference(&turned, &upright) > 100);
}

#[test]
fn a_profile_that_says_how_it_is_called_is_called_so() {
    let plain = write::png(&synth::photo(8, 6, 1));
    let name = |profile: &[u8]| {
        let icc = header(&write::png_with_icc(&plain, profile)).icc;
        icc.and_then(|icc| icc.name())
    };
    assert_eq!(
        name(&write::icc_display_p3()).as_deref(),
        Some("Display P3")
    );
    assert_eq!(
        name(&write::icc_swapped()).as_deref(),
        Some("Red and green")
    );
    assert_eq!(name(b"no profile"), None);
}
