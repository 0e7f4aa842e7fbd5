//! Small results kept as images in `golden/`: every pixel must stay as it was looked at.
//!
//! When a case fails, `target/golden-failures/` shows expected, actual and difference side
//! by side. `BLESS=1 cargo test --test golden` makes the present results the expected ones;
//! look at them before committing.

mod support;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use edgepix_corpus::{
    synth::{self, Picture},
    write::{self, JpegOptions, Sampling},
};
use edgepix_engine::{
    Background, Crop, Enlarge, Filter, Fit, Flip, Focus, OutputFormat, Request, Rotate,
};
use support::{run, to, to_png};

/// One image that is kept.
struct Case {
    name: &'static str,
    file: Vec<u8>,
    request: Request,
    /// Levels by which a sample may differ. 0 for our own arithmetic, which is the same on
    /// every machine. Codecs' transforms differ a little between instruction sets.
    tolerance: u8,
}

fn case(name: &'static str, file: Vec<u8>, request: Request) -> Case {
    Case {
        name,
        file,
        request,
        tolerance: 0,
    }
}

fn width(width: u32) -> Request {
    Request {
        width: Some(width),
        ..to_png()
    }
}

fn boxed(width: u32, height: u32, fit: Fit) -> Request {
    Request {
        width: Some(width),
        height: Some(height),
        fit,
        ..to_png()
    }
}

fn cases() -> Vec<Case> {
    [filters(), geometry(), sources(), encoders()]
        .into_iter()
        .flatten()
        .collect()
}

fn filters() -> Vec<Case> {
    let text = write::png(&synth::text(192, 144));
    [
        ("text-lanczos3", Filter::Lanczos3),
        ("text-catmull-rom", Filter::CatmullRom),
        ("text-mitchell", Filter::Mitchell),
        ("text-bilinear", Filter::Bilinear),
        ("text-box", Filter::Box),
    ]
    .map(|(name, filter)| {
        let request = Request {
            filter,
            ..width(64)
        };
        case(name, text.clone(), request)
    })
    .into()
}

fn geometry() -> Vec<Case> {
    let arrow = write::png(&synth::arrow(160, 120));
    let cover = Request {
        focus: Focus { x: 1.0, y: 0.5 },
        ..boxed(40, 64, Fit::Cover)
    };
    let contain = Request {
        background: Background {
            red: 40,
            green: 90,
            blue: 160,
        },
        ..boxed(64, 64, Fit::Contain)
    };
    let crop = Request {
        crop: Some(Crop {
            left: 81,
            top: 33,
            width: 71,
            height: 77,
        }),
        ..width(48)
    };
    let turned = Request {
        rotate: Rotate::Quarter,
        flip: Flip::Horizontal,
        ..width(48)
    };
    let enlarged = Request {
        enlarge: Enlarge::Allow,
        crop: Some(Crop {
            left: 100,
            top: 60,
            width: 24,
            height: 24,
        }),
        ..width(96)
    };
    vec![
        case("arrow-inside", arrow.clone(), width(64)),
        case("arrow-cover-right", arrow.clone(), cover),
        case("arrow-contain", arrow.clone(), contain),
        case("arrow-fill", arrow.clone(), boxed(96, 32, Fit::Fill)),
        case("arrow-crop", arrow.clone(), crop),
        case("arrow-turned", arrow.clone(), turned),
        case("arrow-enlarged", arrow.clone(), enlarged),
        case(
            "arrow-orientation-6",
            write::png_with_orientation(&arrow, 6),
            width(48),
        ),
    ]
}

fn sources() -> Vec<Case> {
    let photo = synth::photo(320, 240, 1);
    let sprite = synth::sprite(160, 160);
    let jpeg = |options| write::jpeg(&photo, &options);
    let usual = JpegOptions::default();
    let progressive = JpegOptions {
        progressive: true,
        ..usual
    };
    let beside = JpegOptions {
        sampling: Sampling::S422,
        ..usual
    };
    let grey = write::jpeg(&photo.grey(), &usual);
    let p3 = write::as_by_phone(&jpeg(usual), &photo);
    vec![
        case("photo-png", write::png(&photo), width(80)),
        case("photo-palette", write::png_palette(&photo), width(64)),
        case("photo-16-bit", write::png_sixteen_bit(&photo), width(64)),
        case("sprite", write::png(&sprite), width(64)),
        case("sprite-grey", write::png(&sprite.grey()), width(64)),
        case("photo-420", jpeg(usual), width(80)),
        case("photo-progressive", jpeg(progressive), width(64)),
        case("photo-422", jpeg(beside), width(64)),
        case("photo-grey", grey, width(64)),
        case("photo-p3", p3, width(80)),
        case(
            "noise",
            write::png(&synth::noise(150, 150, 3, 1)),
            width(30),
        ),
    ]
}

fn encoders() -> Vec<Case> {
    let photo = write::png(&synth::photo(320, 240, 1));
    let sprite = write::png(&synth::sprite(160, 160));
    let lossy = |name, file: &[u8], format| Case {
        tolerance: 4,
        ..case(
            name,
            file.to_vec(),
            Request {
                width: Some(64),
                // What is looked at is not the calibration.
                quality: Some(80),
                native_quality: true,
                ..to(format)
            },
        )
    };
    let mut cases = vec![
        lossy("photo-to-jpeg", &photo, OutputFormat::Jpeg),
        lossy("sprite-to-jpeg", &sprite, OutputFormat::Jpeg),
    ];
    if cfg!(feature = "libwebp") {
        cases.push(lossy("photo-to-webp", &photo, OutputFormat::Webp));
        cases.push(lossy("sprite-to-webp", &sprite, OutputFormat::Webp));
    }
    cases
}

fn result(case: &Case) -> Picture {
    let out = run(&case.request, &case.file);
    match &out[..4] {
        b"\x89PNG" => support::png(&out),
        b"RIFF" => support::webp(&out),
        _ => support::jpeg(&out),
    }
}

fn golden(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    folder.join(name).with_extension("png")
}

/// The largest difference of two pictures, or 255 if they are not of one shape.
fn difference(expected: &Picture, actual: &Picture) -> u8 {
    let shape = |picture: &Picture| (picture.width, picture.height, picture.channels);
    if shape(expected) == shape(actual) {
        support::largest_difference(expected, actual)
    } else {
        u8::MAX
    }
}

/// Writes expected, actual and four times their difference, from left to right.
fn show(name: &str, expected: &Picture, actual: &Picture) -> PathBuf {
    let (expected, actual) = (expected.rgba(), actual.rgba());
    let (width, height) = (
        expected.width.max(actual.width),
        expected.height.max(actual.height),
    );
    let at = |picture: &Picture, x, y| match x < picture.width && y < picture.height {
        true => *picture.pixel(x, y).first_chunk().expect("RGBA"),
        false => [0; 4],
    };
    let picture = Picture::from_fn(3 * width, height, |x, y| {
        let (left, right) = (at(&expected, x % width, y), at(&actual, x % width, y));
        match x / width {
            0 => left,
            1 => right,
            _ => {
                let [r, g, b, a] =
                    [0, 1, 2, 3].map(|c: usize| left[c].abs_diff(right[c]).saturating_mul(4));
                [r.max(a), g.max(a), b.max(a), 255]
            }
        }
    });
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("golden-failures");
    fs::create_dir_all(&folder).expect("a folder to write to");
    let path = folder.join(name).with_extension("png");
    fs::write(&path, write::png(&picture)).expect("a folder to write to");
    path
}

#[test]
fn results_are_as_they_were_when_somebody_looked_at_them() {
    let bless = env::var_os("BLESS").is_some();
    let mut failures = Vec::new();
    for case in cases() {
        let actual = result(&case);
        let path = golden(case.name);
        let expected = fs::read(&path).map(|file| support::png(&file));
        match expected {
            Ok(expected) if difference(&expected, &actual) <= case.tolerance => {}
            _ if bless => fs::write(&path, write::png(&actual)).expect("the golden folder"),
            Ok(expected) => {
                let shown = show(case.name, &expected, &actual);
                failures.push(format!("{}: see {}", case.name, shown.display()));
            }
            Err(error) => failures.push(format!("{}: {error}", case.name)),
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn every_golden_image_belongs_to_a_case_and_they_stay_small() {
    let names: Vec<_> = cases().iter().map(|case| golden(case.name)).collect();
    let mut bytes = 0;
    for entry in fs::read_dir(golden("any").with_file_name("")).expect("the golden folder") {
        let entry = entry.expect("the golden folder");
        bytes += entry.metadata().expect("the golden folder").len();
        let is_webp = entry.path().to_string_lossy().contains("to-webp");
        assert!(
            names.contains(&entry.path()) || is_webp && cfg!(not(feature = "libwebp")),
            "{} belongs to no case",
            entry.path().display()
        );
    }
    assert!(bytes < 300_000, "{bytes} bytes");
}

#[test]
fn a_row_that_slipped_by_a_pixel_would_be_noticed() {
    for case in cases() {
        let picture = result(&case);
        let row = picture.width as usize * usize::from(picture.channels);
        let mut slipped = picture.clone();
        let middle = picture.height as usize / 2 * row;
        slipped.samples[middle..middle + row].rotate_right(usize::from(picture.channels));
        assert!(
            difference(&picture, &slipped) > case.tolerance,
            "{}",
            case.name
        );
    }
}

#[test]
fn a_lost_row_would_be_noticed() {
    for case in cases() {
        let picture = result(&case);
        let row = picture.width as usize * usize::from(picture.channels);
        let mut lost = picture.clone();
        let middle = picture.height as usize / 2 * row;
        lost.samples.copy_within(middle + row.., middle);
        assert!(
            difference(&picture, &lost) > case.tolerance,
            "{}",
            case.name
        );
    }
}
