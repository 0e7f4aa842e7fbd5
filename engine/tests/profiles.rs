//! Colour profiles: what is converted to sRGB, what needs no conversion, and what is ignored.

mod support;

use edgepix_corpus::{
    synth::{self, Picture},
    write::{self, JpegOptions, Sampling},
};
use edgepix_engine::{
    Background, Crop, Error, Fit, Input, Limits, OutputFormat, Profile, Request, Resource, plan,
    transform,
};
use support::{
    header, largest_difference,
    memory::{Counting, peak_of},
    run, run_to_png, to, to_png, try_run,
};

#[global_allocator]
static MEMORY: Counting = Counting;

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
fn a_grey_curve_may_be_of_lightness() {
    let ramp = Picture::from_fn(256, 8, |x, _| [u8::try_from(x).expect("256 columns")]);
    // A curve that does nothing: levels are lightness, as in scans for print.
    let profile = write::icc_grey_lightness(0x0100);
    let out = run_to_png(
        &to_png(),
        &write::png_with_icc(&write::png(&ramp), &profile),
    );
    for x in 0..256 {
        let root = (100.0 * f64::from(x) / 255.0 + 16.0) / 116.0;
        let light = if root > 6.0 / 29.0 {
            root.powi(3)
        } else {
            (root - 4.0 / 29.0) * 108.0 / 841.0
        };
        let difference = (f64::from(out.pixel(x, 4)[0]) - level(light)).abs();
        assert!(difference <= 1.0, "{x}: {difference}");
    }
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

/// The profile with `body` for each of the named tags, each begun `apart` bytes after
/// the one before.
fn with_tags(profile: &[u8], names: &[&[u8; 4]], body: &[u8], apart: usize) -> Vec<u8> {
    let mut out = profile.to_vec();
    let start = out.len();
    let number = |value: usize| u32::try_from(value).expect("4 MiB").to_be_bytes();
    for (i, name) in names.iter().enumerate() {
        let entries = out[132..].chunks(12);
        let entry = 132 + 12 * entries.take_while(|entry| entry[..4] != name[..]).count();
        out[entry + 4..entry + 8].copy_from_slice(&number(start + i * apart));
        out[entry + 8..entry + 12].copy_from_slice(&number(body.len()));
        if i * apart + body.len() > out.len() - start {
            out.resize(start + i * apart, 0);
            out.extend(body);
        }
        out[start + i * apart..][..body.len()].copy_from_slice(body);
    }
    let size = number(out.len());
    out[..4].copy_from_slice(&size);
    out
}

const CURVES: [&[u8; 4]; 3] = [b"rTRC", b"gTRC", b"bTRC"];

/// A curve of so many points, rising.
fn long_curve(points: u32) -> Vec<u8> {
    let rising = (0..points).flat_map(|i| {
        u16::try_from(u64::from(i) * 65_535 / u64::from(points - 1))
            .expect("16 bits")
            .to_be_bytes()
    });
    let count = points.to_be_bytes();
    b"curv\0\0\0\0"
        .iter()
        .copied()
        .chain(count)
        .chain(rising)
        .collect()
}

/// Tables of bytes (lut8Type, ICC.1:2022, 10.11).
fn tables_of_bytes(channels: u8, side: u8) -> Vec<u8> {
    let identity = [1u32, 0, 0, 0, 1, 0, 0, 0, 1].map(|number| (number << 16).to_be_bytes());
    let ramp: Vec<u8> = (0..=255).collect();
    let grid = vec![100; 3 * usize::from(side).pow(channels.into())];
    let head = [
        b"mft1\0\0\0\0",
        &[channels, 3, side, 0][..],
        identity.as_flattened(),
    ]
    .concat();
    [head, ramp.repeat(channels.into()), grid, ramp.repeat(3)].concat()
}

/// Tables whose curves and grid all lie in one place (lutAToBType, ICC.1:2022, 10.12).
fn tables_of_parts(channels: u8, side: u8, sample_bytes: u8, points: u32) -> Vec<u8> {
    let curve = long_curve(points);
    let curve_bytes = u32::try_from(curve.len().next_multiple_of(4)).expect("small");
    let grid_at = 32 + u32::from(channels) * curve_bytes;
    // B, matrix, M, grid, A.
    let places = [32, 0, 32, grid_at, 32].map(u32::to_be_bytes);
    let mut out = [
        b"mAB \0\0\0\0",
        &[channels, 3, 0, 0][..],
        places.as_flattened(),
    ]
    .concat();
    for _ in 0..channels {
        out.extend(&curve);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    out.extend((0..16).map(|i| if i < channels { side } else { 0 }));
    out.extend([sample_bytes, 0, 0, 0]);
    let samples = 3 * usize::from(side).pow(channels.into());
    out.extend(vec![100; samples * usize::from(sample_bytes)]);
    out
}

/// Every tag of a profile of `size` bytes reaches to its end.
fn overlapping(profile: &[u8], size: u32) -> Vec<u8> {
    let mut out = profile.to_vec();
    out.resize(size as usize, 0);
    out[..4].copy_from_slice(&size.to_be_bytes());
    let count = u32::from_be_bytes(out[128..132].try_into().expect("four bytes")) as usize;
    for entry in out[132..132 + 12 * count].as_chunks_mut::<12>().0 {
        let start = u32::from_be_bytes(entry[4..8].try_into().expect("four bytes"));
        entry[8..].copy_from_slice(&(size - start).to_be_bytes());
    }
    out
}

#[test]
fn reading_a_profile_keeps_to_the_plan() {
    let picture = synth::photo(64, 48, 1);
    let p3 = write::icc_display_p3();
    let tables = write::icc_display_p3_tables(2);
    let of = |body: &[u8]| with_tags(&tables, &[b"A2B0"], body, 0);
    let cut = |mut profile: Vec<u8>| {
        // The grid ends before its last sample: what came before was read.
        profile.truncate(profile.len() - 4);
        let size = u32::try_from(profile.len()).expect("4 MiB").to_be_bytes();
        profile[..4].copy_from_slice(&size);
        let table = profile[132..].windows(4).position(|name| name == b"A2B0");
        let at = 132 + table.expect("tables") + 8;
        let length = u32::from_be_bytes(profile[at..at + 4].try_into().expect("four bytes"));
        profile[at..at + 4].copy_from_slice(&(length - 4).to_be_bytes());
        profile
    };
    let full = (4 << 20) - 16;
    for (name, profile) in [
        ("matrix", p3.clone()),
        ("overlapping 1 MB", overlapping(&p3, 1 << 20)),
        ("overlapping 4 MB", overlapping(&p3, full)),
        ("overlapping tables", overlapping(&tables, full)),
        (
            "overlapping grey",
            overlapping(&write::icc_grey(0x0180), full),
        ),
        (
            "one long curve",
            with_tags(&p3, &CURVES, &long_curve(40_000), 0),
        ),
        (
            "long curves",
            with_tags(&p3, &CURVES, &long_curve(40_000), 80_012),
        ),
        (
            "longer curves",
            with_tags(&p3, &CURVES, &long_curve(60_000), 0),
        ),
        ("16-bit tables", write::icc_display_p3_tables(80)),
        ("16-bit tables cut", cut(write::icc_display_p3_tables(80))),
        ("8-bit tables", of(&tables_of_bytes(3, 110))),
        ("8-bit tables, small", of(&tables_of_bytes(3, 9))),
        ("8-bit tables cut", cut(of(&tables_of_bytes(3, 110)))),
        ("8-bit parts", of(&tables_of_parts(3, 108, 1, 40_000))),
        ("16-bit parts", of(&tables_of_parts(3, 84, 2, 40_000))),
        (
            "16-bit parts cut",
            cut(of(&tables_of_parts(3, 84, 2, 40_000))),
        ),
    ] {
        let png = write::png_with_icc(&write::png(&picture), &profile);
        let jpeg = write::with_icc(&write::jpeg(&picture, &JpegOptions::default()), &profile);
        for (kind, file) in [("PNG", png), ("JPEG", jpeg)] {
            assert_reading_keeps_to_the_plan(&format!("{name} {kind}"), &file);
        }
    }
}

fn assert_reading_keeps_to_the_plan(name: &str, file: &[u8]) {
    let request = to(OutputFormat::Jpeg);
    let header = header(file);
    let (planned, planning) = peak_of(|| plan(&request, &header, &Limits::default()));
    let planned = planned.expect("a plan");
    let part = |name| planned.peak.parts().iter().find(|part| part.name == name);
    let bytes = |name| part(name).map_or(0, |part| part.bytes);
    let reading = bytes("reading the profile") + bytes("colour conversion");
    println!(
        "{name}: {:?}, planned {reading}, took {planning}",
        planned.profile
    );
    let reading = reading - header.head_bytes.min(reading);
    assert!(planning <= reading, "{name}: {planning} of {reading}");
    // What is refused is refused before it takes everything.
    let close = (planning * 4 / 3).max(planning + (512 << 10));
    let is_close = reading <= close || planned.profile != Profile::Converted;
    assert!(is_close, "{name}: {reading} for {planning}");

    let mut out = Vec::new();
    let mut rest = file;
    let input = Input::new(&mut rest).with_length(file.len() as u64);
    let limits = Limits::default();
    let (done, whole) = peak_of(|| transform(&request, &limits, input, &mut out));
    done.expect("the image is sound");
    // Room beyond a JPEG's end was asked for, and never becomes memory.
    let unused = if name.ends_with("JPEG") {
        header.head_bytes / 2
    } else {
        0
    };
    let allowed = planned.peak.bytes() + out.capacity() as u64 + unused;
    assert!(whole <= allowed, "{name}: {whole} of {allowed}");
}

#[test]
fn a_profile_that_takes_more_memory_than_there_may_be_is_not_read() {
    let plain = write::png(&synth::photo(64, 48, 1));
    let file = write::png_with_icc(&plain, &write::icc_display_p3_tables(60));
    let header = header(&file);
    let limits = |peak_bytes| Limits {
        peak_bytes,
        ..Limits::default()
    };
    let (refused, took) = peak_of(|| plan(&to_png(), &header, &limits(4 << 20)));
    let Err(Error::TooLarge {
        resource, needed, ..
    }) = refused
    else {
        panic!("{refused:?}")
    };
    assert_eq!(resource, Resource::Memory);
    assert!(took < 64 << 10, "{took}");
    // What was said to be needed is no more than the whole plan.
    let planned = plan(&to_png(), &header, &Limits::default()).expect("a plan");
    assert!(needed <= planned.peak.bytes(), "{needed}");
}

#[test]
fn reading_a_profile_of_inks_keeps_to_the_plan() {
    let photo = synth::photo(64, 48, 1);
    let plain = write::jpeg_inks(&photo, write::Inks::Cmyk, &JpegOptions::default());
    let press = write::icc_press(2);
    let of = |body: &[u8]| with_tags(&press, &[b"A2B0"], body, 0);
    for (name, profile) in [
        ("16-bit tables, small", press.clone()),
        ("16-bit tables", write::icc_press(17)),
        ("16-bit tables, most", write::icc_press(28)),
        ("8-bit tables, small", of(&tables_of_bytes(4, 9))),
        ("8-bit tables, most", of(&tables_of_bytes(4, 33))),
        ("8-bit parts", of(&tables_of_parts(4, 32, 1, 40_000))),
        ("16-bit parts", of(&tables_of_parts(4, 27, 2, 40_000))),
        ("16-bit parts, small", of(&tables_of_parts(4, 9, 2, 256))),
        ("overlapping", overlapping(&press, (4 << 20) - 16)),
    ] {
        let file = write::with_icc(&plain, &profile);
        assert_reading_keeps_to_the_plan(&format!("{name} JPEG"), &file);
    }
}

const P3_BY_NUMBERS: [u8; 4] = [12, 13, 0, 1];

#[test]
fn code_points_in_png_say_what_colours_are() {
    let plain = write::png(&tiles());
    let file = write::png_with_chunk(&plain, b"cICP", &P3_BY_NUMBERS);
    assert_eq!(profile_of(&file), Profile::Converted);
    // They go before a profile, in whatever order the two come.
    let both = [
        write::png_with_icc(&file, &write::icc_swapped()),
        write::png_with_chunk(
            &write::png_with_icc(&plain, &write::icc_swapped()),
            b"cICP",
            &P3_BY_NUMBERS,
        ),
    ];
    for file in [&file, &both[0], &both[1]] {
        let out = run_to_png(&to_png(), file);
        for (i, colour) in (0..).zip(COLOURS) {
            assert_near(tile(&out, i), p3_to_srgb(colour), 1.0);
        }
        assert_eq!(warnings(file), [""; 0]);
    }
    // sRGB, the camera's curve that is shown as sRGB, and what is not specified.
    for [primaries, transfer] in [[1, 13], [1, 1], [2, 2]] {
        let file = write::png_with_chunk(&plain, b"cICP", &[primaries, transfer, 0, 1]);
        assert_eq!(profile_of(&file), Profile::Srgb);
        assert_eq!(run(&to_png(), &file), run(&to_png(), &plain));
    }
}

#[test]
fn code_points_that_are_not_understood_leave_it_to_the_profile() {
    let plain = write::png(&tiles());
    for ([primaries, transfer], word) in [
        ([9, 16], "HDR"),
        ([9, 18], "HDR"),
        ([3, 13], "not known"),
        ([1, 77], "not known"),
    ] {
        let file = write::png_with_chunk(&plain, b"cICP", &[primaries, transfer, 0, 1]);
        let Profile::Ignored(why) = profile_of(&file) else {
            panic!("{primaries}, {transfer} mean something")
        };
        assert!(why.contains(word), "{why}");
        assert_eq!(run(&to_png(), &file), run(&to_png(), &plain));
        let p3 = write::icc_display_p3();
        assert_eq!(
            run(&to_png(), &write::png_with_icc(&file, &p3)),
            run(&to_png(), &write::png_with_icc(&plain, &p3))
        );
    }
    // YCbCr or limited range in a PNG is none that anyone reads.
    for odd in [[12, 13, 1, 1], [12, 13, 0, 0]] {
        let file = write::png_with_chunk(&plain, b"cICP", &odd);
        assert_eq!(profile_of(&file), Profile::Absent);
    }
}

/// White, red, green and blue of Display P3, in 1/100000.
const P3_CHROMATICITIES: [u32; 8] = [
    31_270, 32_900, 68_000, 32_000, 26_500, 69_000, 15_000, 6_000,
];

fn with_numbers(png: &[u8], kind: &[u8; 4], numbers: &[u32]) -> Vec<u8> {
    let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_be_bytes()).collect();
    write::png_with_chunk(png, kind, &bytes)
}

#[test]
fn an_exponent_and_chromaticities_count_where_nothing_else_is_said() {
    let plain = write::png(&tiles());
    let wide = with_numbers(&plain, b"cHRM", &P3_CHROMATICITIES);
    for file in [&wide, &with_numbers(&wide, b"gAMA", &[45_455])] {
        let out = run_to_png(&to_png(), file);
        for (i, colour) in (0..).zip(COLOURS) {
            assert_near(tile(&out, i), p3_to_srgb(colour), 1.0);
        }
    }
    // Linear light.
    let linear = with_numbers(&plain, b"gAMA", &[100_000]);
    let out = run_to_png(&to_png(), &linear);
    for (i, colour) in (0..).zip(COLOURS) {
        let expected = colour.map(|value| level(f64::from(value) / 255.0));
        assert_near(tile(&out, i), expected, 1.0);
    }
    // Near enough to sRGB, or said to be sRGB, or by a profile.
    let near = with_numbers(&plain, b"gAMA", &[45_000]);
    assert_eq!(profile_of(&near), Profile::Srgb);
    let said = write::png_with_chunk(&linear, b"sRGB", &[0]);
    assert_eq!(profile_of(&said), Profile::Absent);
    let tagged = write::png_with_icc(&linear, &write::icc_srgb());
    assert_eq!(profile_of(&tagged), Profile::Srgb);
    // Grey by the curve alone.
    let ramp = Picture::from_fn(256, 8, |x, _| [u8::try_from(x).expect("256 columns")]);
    let grey = with_numbers(&write::png(&ramp), b"gAMA", &[100_000]);
    let out = run_to_png(&to_png(), &grey);
    assert_eq!(out.channels, 1);
    assert_near([out.pixel(128, 4)[0]; 3], [level(128.0 / 255.0); 3], 1.0);
}

#[test]
fn numbers_that_describe_no_colours_are_ignored() {
    let plain = write::png(&synth::photo(16, 12, 1));
    for chromaticities in [
        [0; 8],
        [u32::MAX; 8],
        [33_333; 8],
        [31_270, 0, 1, 0, 1, 0, 1, 0],
    ] {
        let file = with_numbers(&plain, b"cHRM", &chromaticities);
        assert!(matches!(profile_of(&file), Profile::Ignored(_)));
        assert_eq!(run(&to_png(), &file), run(&to_png(), &plain));
    }
    for gamma in [1, u32::MAX] {
        run(&to_png(), &with_numbers(&plain, b"gAMA", &[gamma]));
    }
    // An exponent of 0, and chunks that are cut.
    let mut cut = with_numbers(&plain, b"gAMA", &[0]);
    for kind in [b"gAMA", b"cHRM", b"cICP"] {
        cut = write::png_with_chunk(&cut, kind, &[12, 13]);
    }
    assert_eq!(profile_of(&cut), Profile::Absent);
}

#[test]
fn reading_numbers_keeps_to_the_plan() {
    let photo = synth::photo(64, 48, 1);
    for plain in [write::png(&photo), write::png(&photo.grey())] {
        for transfer in [4, 7, 8, 9, 11, 13, 17] {
            let file = write::png_with_chunk(&plain, b"cICP", &[12, transfer, 0, 1]);
            assert_reading_keeps_to_the_plan(&format!("transfer {transfer}"), &file);
        }
    }
}

#[test]
fn curves_that_are_stored_once_count_once() {
    // As the sRGB of most photographs: three curves are one, longer than all else.
    let shared = with_tags(&write::icc_display_p3(), &CURVES, &long_curve(1024), 0);
    let plain = write::png(&synth::photo(8, 6, 1));
    assert_eq!(
        profile_of(&write::png_with_icc(&plain, &shared)),
        Profile::Converted
    );
    // Three that only overlap say more than the profile has room for.
    let woven = with_tags(&write::icc_display_p3(), &CURVES, &long_curve(1024), 4);
    let Profile::Ignored(why) = profile_of(&write::png_with_icc(&plain, &woven)) else {
        panic!("it is broken")
    };
    assert!(why.contains("broken"), "{why}");
}
