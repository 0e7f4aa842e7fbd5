//! AVIF in: every kind of file against another decoder, containers written in every way,
//! and files that are broken or lie.

#![cfg(feature = "libaom")]

mod support;

use std::fs;

use edgepix_corpus::{
    synth,
    write::{self},
};
use edgepix_engine::{
    Coding, Colour, Dimensions, Error, Input, Limits, OutputFormat, Profile, Request, Resource,
    Result, SourceFormat, Target, Turn, plan, probe,
};
use support::{
    header,
    heif::{Container, Place, boxed, claimed_stream, stream},
    mean_difference, run, run_to_png, to_png, try_run,
};

/// A file of `tests/data/avif`.
fn data(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/data/avif/{name}.avif", env!("CARGO_MANIFEST_DIR"));
    fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn try_probe(file: &[u8]) -> Result<edgepix_engine::Header> {
    let mut bytes = file;
    probe(&mut Input::new(&mut bytes))
}

/// Why a file is not an image for us.
fn unsupported(file: &[u8]) -> &'static str {
    match try_run(&to_png(), file) {
        Err(Error::Unsupported(why)) => why,
        other => panic!("{:?}", other.map(|(encoded, _)| encoded)),
    }
}

/// Which rule a file breaks.
fn malformed(file: &[u8]) -> &'static str {
    match try_run(&to_png(), file) {
        Err(Error::Malformed { rule, .. }) => rule,
        other => panic!("{:?}", other.map(|(encoded, _)| encoded)),
    }
}

#[test]
fn every_kind_of_file_looks_as_another_decoder_shows_it() {
    let expected = include_str!("data/avif/expected.txt");
    for line in expected.lines() {
        let mut words = line.split(' ');
        let name = words.next().expect("a name");
        let size = words.next().expect("a size");
        let picture = run_to_png(&to_png(), &data(name));
        assert_eq!(
            format!("{}x{}", picture.width, picture.height),
            size,
            "{name}"
        );
        let points = (0..4).flat_map(|j| (0..5).map(move |i| (i, j)));
        for ((i, j), pixel) in points.zip(words) {
            let (x, y) = (
                picture.width * (2 * i + 1) / 10,
                picture.height * (2 * j + 1) / 8,
            );
            let ours = picture.pixel(x, y);
            let ours: Vec<u8> = match ours {
                [grey] => vec![*grey; 3],
                _ => ours.to_vec(),
            };
            let theirs: Vec<u8> = (0..pixel.len() / 2)
                .map(|c| u8::from_str_radix(&pixel[2 * c..][..2], 16).expect("two digits"))
                .collect();
            assert_eq!(ours.len(), theirs.len(), "{name}");
            // Chroma is repeated where there is alpha, and not blended.
            let near = if name == "alpha-420" { 5 } else { 3 };
            let is_near = |(a, b): (&u8, &u8)| a.abs_diff(*b) <= near;
            assert!(
                ours.iter().zip(&theirs).all(is_near),
                "{name} at {x},{y}: {ours:?} and {theirs:?}"
            );
        }
    }
}

#[test]
fn a_header_says_how_the_samples_are_coded() {
    for (name, depth, chroma, colour) in [
        ("420", 8, Some((2, 2)), Colour::Ycbcr),
        ("422-10", 10, Some((2, 1)), Colour::Ycbcr),
        ("444-12", 12, Some((1, 1)), Colour::Ycbcr),
        ("grey-10", 10, None, Colour::Grey),
        ("identity", 8, Some((1, 1)), Colour::Rgb),
    ] {
        let header = header(&data(name));
        let Coding::Avif(coding) = &header.coding else {
            panic!("{name}: {:?}", header.coding);
        };
        assert_eq!(header.format, SourceFormat::Avif, "{name}");
        assert_eq!((header.bit_depth, header.colour), (depth, colour), "{name}");
        assert_eq!((coding.chroma, coding.grid), (chroma, (1, 1)), "{name}");
        assert!(!header.alpha && header.frames == 1, "{name}");
    }
    let Coding::Avif(coding) = header(&data("grid")).coding else {
        panic!("an AVIF");
    };
    assert_eq!(coding.grid, (2, 2));
}

#[test]
fn rotation_and_mirroring_are_the_orientation_and_exif_is_not_asked() {
    for (name, exif) in [
        ("444", 1),
        ("turned", 8),
        ("mirrored", 4),
        ("turned-mirrored", 5),
    ] {
        let turn = Turn::from_exif(exif).expect("1 to 8");
        assert_eq!(header(&data(name)).orientation, turn, "{name}");
    }
}

#[test]
fn a_sequence_with_a_still_is_that_still() {
    let header = header(&data("sequence"));
    assert_eq!(header.frames, 1);
    let picture = run_to_png(&to_png(), &data("sequence"));
    // Dark at the top left; the second image is upside down.
    assert!(picture.pixel(2, 2)[..2].iter().all(|&level| level < 60));
    assert!(picture.pixel(61, 45)[..2].iter().all(|&level| level > 190));
}

#[test]
fn a_rotation_counts_and_the_exif_beside_it_does_not() {
    // It says 6.
    assert_eq!(header(&data("exif")).orientation.exif(), 8);
}

#[test]
fn what_we_write_we_read() {
    let photo = synth::photo(131, 97, 3);
    for picture in [
        photo.clone(),
        photo.with_vignette(),
        photo.grey(),
        photo.grey().with_vignette(),
    ] {
        let request = Request {
            quality: Some(95),
            ..support::to(OutputFormat::Avif)
        };
        let file = write::png(&picture);
        let back = run_to_png(&to_png(), &run(&request, &file));
        // What is transparent has no colour any more.
        let shown = run_to_png(&to_png(), &file);
        let wanted = if picture.channels.is_multiple_of(2) {
            shown.rgba()
        } else {
            shown.rgb()
        };
        let difference = mean_difference(&back, &wanted);
        assert!(
            difference < 6.0,
            "{} channels: {difference}",
            picture.channels
        );
    }
}

#[test]
fn an_avif_stays_an_avif_if_nothing_else_is_asked() {
    let request = Request {
        format: Target::Keep,
        width: Some(32),
        ..Request::default()
    };
    let (encoded, bytes) = try_run(&request, &data("420-10")).expect("an image");
    assert_eq!(encoded.plan.format, OutputFormat::Avif);
    assert_eq!(
        header(&bytes).dimensions,
        Dimensions {
            width: 32,
            height: 24
        }
    );
}

#[test]
fn colours_by_numbers_are_converted_and_those_of_hdr_are_not() {
    assert_eq!(header(&data("444")).profile(), Profile::Absent);
    assert_eq!(header(&data("p3")).profile(), Profile::Converted);
    let (encoded, _) = try_run(&to_png(), &data("pq-10")).expect("an image");
    assert!(
        encoded.warnings[0].contains("HDR"),
        "{:?}",
        encoded.warnings
    );
}

#[test]
fn a_profile_goes_before_numbers() {
    let file = data("p3");
    let colr = |body: &[&[u8]]| (boxed(b"colr", &body.concat()), false);
    let numbers = colr(&[b"nclx", &[0, 12, 0, 13, 0, 6, 0x80]]);
    let profile = colr(&[b"prof", &write::icc_srgb()]);
    for properties in [
        vec![numbers.clone(), profile.clone()],
        vec![profile, numbers],
    ] {
        let file = Container {
            properties,
            ..Container::new(stream(&file), (64, 48))
        };
        assert_eq!(header(&file.write()).profile(), Profile::Srgb);
    }
}

#[test]
fn where_the_container_says_nothing_of_colours_the_stream_does() {
    let file = data("limited-709");
    let bare = Container::new(stream(&file), (64, 48)).write();
    assert_eq!(run_to_png(&to_png(), &bare), run_to_png(&to_png(), &file));
    // And where it does, it counts.
    let numbers = boxed(
        b"colr",
        &[&b"nclx"[..], &[0, 1, 0, 13, 0, 6, 0x80]].concat(),
    );
    let other = Container {
        properties: vec![(numbers, false)],
        ..Container::new(stream(&file), (64, 48))
    };
    assert_ne!(
        run_to_png(&to_png(), &other.write()),
        run_to_png(&to_png(), &file)
    );
}

#[test]
fn boxes_may_be_written_in_every_way_there_is() {
    let file = data("444");
    let expected = run_to_png(&to_png(), &file);
    for place in [Place::Behind, Place::Before, Place::Inside] {
        for pieces in [1, 2, 7] {
            for is_long in [false, true] {
                for is_open in [false, true] {
                    let file = Container {
                        place,
                        pieces,
                        is_long,
                        is_open,
                        ..Container::new(stream(&file), (64, 48))
                    };
                    assert_eq!(run_to_png(&to_png(), &file.write()), expected, "{pieces}");
                }
            }
        }
    }
}

#[test]
fn brands_decide_what_a_file_is() {
    let file = data("444");
    let brands = |brands| Container {
        brands,
        ..Container::new(stream(&file), (64, 48))
    };
    for avif in [
        vec![b"avif"],
        vec![b"mif1", b"avif"],
        vec![b"miaf", b"mif1", b"avif"],
    ] {
        assert_eq!(header(&brands(avif).write()).format, SourceFormat::Avif);
    }
    for heic in [vec![b"heic", b"mif1", b"avif"], vec![b"mif1", b"heic"]] {
        assert!(unsupported(&brands(heic).write()).contains("HEIC"));
    }
}

#[test]
fn what_is_essential_must_be_known() {
    let file = data("444");
    let with = |kind, is_essential| {
        let property = (boxed(kind, b"\0\0\0\0"), is_essential);
        let container = Container {
            properties: vec![property],
            ..Container::new(stream(&file), (64, 48))
        };
        container.write()
    };
    assert!(try_run(&to_png(), &with(b"what", false)).is_ok());
    assert!(unsupported(&with(b"what", true)).contains("essential"));
    assert!(unsupported(&with(b"lsel", true)).contains("layers"));
}

#[test]
fn what_is_no_still_image_is_named() {
    let file = data("444");
    let usual = Container::new(stream(&file), (64, 48));
    let handler = Container {
        handler: b"vide",
        ..usual.clone()
    };
    assert!(unsupported(&handler.write()).contains("still"));
    let sequence = [boxed(b"ftyp", b"avis\0\0\0\0avis"), boxed(b"moov", b"")].concat();
    assert!(unsupported(&sequence).contains("still"));
    let derived = Container {
        kind: b"iovl",
        ..usual.clone()
    };
    assert!(unsupported(&derived.write()).contains("other images"));
    let twice = [usual.stream, usual.stream].concat();
    let layers = Container {
        stream: &twice,
        ..usual
    };
    assert!(unsupported(&layers.write()).contains("layers"));
    assert!(unsupported(&data("ycgco")).contains("YCgCo"));
}

#[test]
fn a_clean_aperture_is_whole_pixels_within_the_image() {
    let file = data("444");
    let cropped = |numbers: [i32; 8]| {
        let fields: Vec<u8> = numbers.iter().flat_map(|n| n.to_be_bytes()).collect();
        let container = Container {
            properties: vec![(boxed(b"clap", &fields), true)],
            ..Container::new(stream(&file), (64, 48))
        };
        container.write()
    };
    let size = |file: &[u8]| {
        let size = header(file).dimensions;
        (size.width, size.height)
    };
    assert_eq!(size(&cropped([64, 1, 48, 1, 0, 1, 0, 1])), (64, 48));
    assert_eq!(size(&cropped([62, 2, 30, 3, -33, 2, 2, 2])), (31, 10));
    assert!(unsupported(&cropped([63, 1, 48, 1, 0, 1, 0, 1])).contains("pixels"));
    assert!(unsupported(&cropped([63, 2, 48, 1, 1, 2, 0, 1])).contains("pixels"));
    assert!(malformed(&cropped([66, 1, 48, 1, 0, 1, 0, 1])).contains("within"));
    assert!(malformed(&cropped([32, 1, 48, 1, 17, 1, 0, 1])).contains("within"));
    assert!(malformed(&cropped([0, 1, 48, 1, 0, 1, 0, 1])).contains("within"));
    assert!(malformed(&cropped([32, 0, 48, 1, 0, 1, 0, 1])).contains("divisor"));
}

#[test]
fn a_size_that_the_stream_has_not_is_refused_before_it_is_decoded() {
    let file = data("444");
    for size in [(50_000, 50_000), (64, 47), (65, 48), (1, 1)] {
        let lie = Container::new(stream(&file), size).write();
        match try_probe(&lie) {
            Err(Error::Malformed { rule, .. }) => assert!(rule.contains("as large"), "{rule}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_bomb_is_refused_by_its_header() {
    let stream = claimed_stream(50_000, 50_000);
    let bomb = Container::new(&stream, (50_000, 50_000)).write();
    let header = header(&bomb);
    let refused = |limits: &Limits| match plan(&to_png(), &header, limits) {
        Err(Error::TooLarge { resource, .. }) => resource,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&Limits::default()), Resource::SourcePixels);
    let limits = Limits {
        source_pixels: u64::MAX,
        ..Limits::default()
    };
    assert_eq!(refused(&limits), Resource::Memory);
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    for name in ["444", "alpha", "grid"] {
        let file = data(name);
        for length in 0..file.len() {
            match try_run(&to_png(), &file[..length]) {
                Err(Error::Malformed { .. } | Error::Unsupported(_)) => {}
                other => panic!("{name}, {length}: {:?}", other.map(|(encoded, _)| encoded)),
            }
        }
    }
}

/// The same numbers on every machine (a linear congruential generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }
}

#[test]
fn broken_boxes_and_streams_never_panic_and_never_hold_more_than_allowed() {
    let limits = Limits {
        peak_bytes: 16 << 20,
        source_pixels: 1 << 20,
        ..Limits::default()
    };
    let mut numbers = Numbers(7);
    for name in ["444", "alpha", "grid", "cropped", "420-10"] {
        let file = data(name);
        for _ in 0..800 {
            let mut broken = file.clone();
            for _ in 0..=numbers.below(4) {
                let place = numbers.below(broken.len());
                match numbers.below(4) {
                    0 => broken[place] = [0, 1, 0x7f, 0xff][numbers.below(4)],
                    1 => broken[place] ^= 1 << numbers.below(8),
                    2 => drop(broken.remove(place)),
                    _ => broken.insert(place, broken[place]),
                }
            }
            let mut bytes = &broken[..];
            let mut out = Vec::new();
            let result =
                edgepix_engine::transform(&to_png(), &limits, Input::new(&mut bytes), &mut out);
            if let Ok(encoded) = result {
                assert!(encoded.plan.peak.bytes() <= limits.peak_bytes);
            }
        }
    }
}
