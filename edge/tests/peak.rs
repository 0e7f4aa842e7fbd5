//! The promise of memory: no image takes more than its plan says, and the plan
//! does not ask for much more than is used.
//!
//! Each case runs in a process of its own and makes the same image four times.
//! What is measured is the high-water mark (`VmHWM`) over the resident set
//! before, C libraries included: the first time it lacks code that first ran
//! after the peak, later what the allocator kept, and Linux counts it in steps of
//! some dozens of pages. The largest counts.

#![cfg(target_os = "linux")]

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use edgepix_corpus::{
    synth::{self, Picture},
    write::{self, Inks, JpegOptions, Sampling},
};
use serde_json::Value;

/// A plan may be larger than what is used by a quarter, or by this.
const SLACK: u64 = 768 << 10;

/// What Linux may not have counted yet: 32 pages for each kind of page and core.
const UNCOUNTED: u64 = 256 << 10;

struct Peak {
    planned: u64,
    measured: u64,
}

impl Peak {
    fn holds(&self) -> bool {
        self.measured <= self.planned
    }

    fn is_close(&self) -> bool {
        let used = self.measured + UNCOUNTED;
        self.planned <= (used * 5 / 4).max(used + SLACK)
    }
}

/// A new folder for each call.
fn empty_folder() -> PathBuf {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("peak-{call}"));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("the target folder can be written");
    path
}

/// `format` may be followed by more options.
fn run(file: &[u8], width: u32, format: &str) -> Peak {
    let folder = empty_folder();
    let sources = ["a", "b", "c", "d"].map(|name| {
        let path = folder.join(name);
        fs::write(&path, file).expect("room for a file");
        path
    });
    let out = folder.join("out");
    fs::create_dir(&out).expect("room for a folder");
    let result = Command::new(env!("CARGO_BIN_EXE_edgepix"))
        .arg("resize")
        .args(sources)
        .args([
            "--json",
            "--enlarge",
            "--width",
            &width.to_string(),
            "--format",
        ])
        .args(format.split(' '))
        .arg("-o")
        .arg(&out)
        .output()
        .expect("the program starts");
    let text = String::from_utf8(result.stdout).expect("JSON is UTF-8");
    fs::remove_dir_all(&folder).expect("it is ours");
    let records = text.lines().map(|line| {
        let record: Value = serde_json::from_str(line).expect("a record is JSON");
        let bytes = |name: &str| record["peak"][name].as_u64().expect(line);
        (bytes("planned_bytes"), bytes("measured_bytes"))
    });
    let (planned, measured) = records.fold((0, 0), |most, record| {
        (most.0.max(record.0), most.1.max(record.1))
    });
    Peak { planned, measured }
}

/// Prints every case and fails with those that break the promise.
fn check(cases: &[(&str, Vec<u8>)], widths: &[u32], formats: &[&str], close: bool) {
    let mut broken = Vec::new();
    for (name, file) in cases {
        for &width in widths {
            for format in formats {
                let peak = run(file, width, format);
                let line = format!(
                    "{name} to {width} px {format}: planned {} kB, measured {} kB",
                    peak.planned >> 10,
                    peak.measured >> 10
                );
                println!("{line}");
                if !peak.holds() || close && !peak.is_close() {
                    broken.push(line);
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn jpeg(picture: &Picture, sampling: Sampling, progressive: bool) -> Vec<u8> {
    let options = JpegOptions {
        sampling,
        progressive,
        ..JpegOptions::default()
    };
    write::jpeg(picture, &options)
}

/// Formats whose memory does not depend on what the image shows.
#[cfg(feature = "libaom")]
const STEADY: &[&str] = &["jpeg", "png", "avif"];
#[cfg(not(feature = "libaom"))]
const STEADY: &[&str] = &["jpeg", "png"];

#[cfg(any(feature = "libaom", feature = "rav1e"))]
const ALL: &[&str] = &["jpeg", "png", "webp", "avif"];
#[cfg(not(any(feature = "libaom", feature = "rav1e")))]
const ALL: &[&str] = &["jpeg", "png", "webp"];

#[test]
fn large_png_sources_keep_to_their_plan() {
    let photo = synth::photo(3464, 2310, 1);
    let cases = [
        ("8 MP RGB PNG", write::png(&photo)),
        ("24 MP RGB PNG", write::png(&synth::photo(6000, 4000, 2))),
        ("8 MP RGBA PNG", write::png(&photo.with_vignette())),
        ("8 MP grey PNG", write::png(&photo.grey())),
        ("8 MP 16-bit PNG", write::png_sixteen_bit(&photo)),
    ];
    check(&cases, &[400], STEADY, true);
    check(&cases, &[1600], &["jpeg", "png"], true);
    for (name, file) in &cases {
        let peak = run(file, 400, "jpeg");
        assert!(peak.measured < 24 << 20, "{name}: {}", peak.measured);
    }
}

#[test]
fn interlaced_and_expanded_png_sources_keep_to_their_plan() {
    let photo = synth::photo(2400, 1600, 1);
    let cases = [
        ("4 MP interlaced PNG", write::png_interlaced(&photo)),
        (
            "4 MP interlaced RGBA PNG",
            write::png_interlaced(&photo.with_vignette()),
        ),
    ];
    check(&cases, &[400], &["jpeg", "png"], true);
    let palettes = [
        ("4 MP palette PNG", write::png_palette(&photo)),
        (
            "4 MP palette PNG with alpha",
            write::png_palette(&photo.with_vignette()),
        ),
    ];
    check(&palettes, &[400], &["jpeg"], true);
    // A palette is planned for with as many colours as pixels.
    check(&palettes, &[400], &["png"], false);
}

#[test]
fn jpeg_sources_keep_to_their_plan() {
    let photo = synth::photo(3000, 2000, 3);
    let cases = [
        ("6 MP 4:2:0 JPEG", jpeg(&photo, Sampling::S420, false)),
        ("6 MP 4:4:4 JPEG", jpeg(&photo, Sampling::S444, false)),
        ("6 MP 4:2:2 JPEG", jpeg(&photo, Sampling::S422, false)),
        ("6 MP progressive JPEG", jpeg(&photo, Sampling::S420, true)),
        ("6 MP grey JPEG", jpeg(&photo.grey(), Sampling::S444, false)),
        (
            "6 MP YCCK JPEG",
            write::jpeg_inks(&photo, Inks::Ycck, &JpegOptions::default()),
        ),
        (
            "6 MP 4:2:0 JPEG of Display P3",
            write::as_by_phone(&jpeg(&photo, Sampling::S420, false), &photo),
        ),
    ];
    check(&cases, &[400, 1600], &["jpeg", "png"], true);
}

#[test]
fn webp_sources_keep_to_their_plan() {
    let photo = synth::photo(2401, 1603, 3);
    let noise = synth::noise(1201, 803, 4, 4);
    let cases = [
        ("4 MP lossy WebP", write::webp_lossy(&photo, 80)),
        ("lossy noise", write::webp_lossy(&noise.rgb(), 100)),
    ];
    let formats = ["jpeg", "png", "jpeg --full-decode"];
    check(&cases, &[100, 400, 1600], &formats, true);
    let cases = [
        ("4 MP lossless WebP", write::webp_lossless(&photo)),
        ("lossless noise", write::webp_lossless(&noise)),
        (
            "turned lossy WebP",
            write::webp_with_orientation(&write::webp_lossy(&photo, 80), 6),
        ),
        ("small lossless WebP", libwebp_lossless()),
    ];
    // image-webp's share is planned for roughly.
    check(&cases, &[100, 400], &formats, cfg!(feature = "libwebp"));
    // Alpha may be coded by one byte a pixel or by four: the plan is for four.
    let cases = [
        (
            "4 MP lossy WebP with alpha",
            write::webp_lossy(&photo.with_vignette(), 80),
        ),
        ("lossy noise with alpha", write::webp_lossy(&noise, 80)),
    ];
    check(&cases, &[400], &["jpeg", "png"], false);
}

/// A file by cwebp.
fn libwebp_lossless() -> Vec<u8> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../corpus/images/libwebp-lossless.webp"
    );
    fs::read(path).expect("it is committed")
}

#[test]
fn lossless_webp_results_keep_to_their_plan() {
    let cases = [
        ("photo", write::png(&synth::photo(1200, 900, 5))),
        ("noise", write::png(&synth::noise(1200, 900, 4, 6))),
        ("palette", write::png_palette(&synth::sprite(900, 700))),
    ];
    let formats = ["webp --lossless", "webp --lossless --effort 0"];
    check(&cases, &[100, 900], &formats, false);
}

/// Thin pictures have more tiles to a pixel.
#[test]
#[cfg(feature = "libwebp")]
fn thin_lossless_webp_results_keep_to_their_plan() {
    let formats = ["webp --lossless", "webp --lossless --effort 0"];
    for (width, height) in [(1, 9000), (3, 16_000), (5000, 17)] {
        let noise = write::png(&synth::noise(width, height, 4, 7));
        check(&[("thin noise", noise)], &[width], &formats, false);
    }
}

#[test]
fn progressive_and_full_chroma_results_keep_to_their_plan() {
    let photo = synth::photo(3000, 2000, 3);
    let cases = [
        ("6 MP 4:2:0 JPEG", jpeg(&photo, Sampling::S420, false)),
        ("6 MP RGB PNG", write::png(&photo)),
        ("6 MP noise", write::png(&synth::noise(3000, 2000, 3, 4))),
    ];
    let formats = [
        "jpeg --chroma 444",
        "jpeg --progressive",
        "jpeg --progressive --chroma 444",
        "jpeg --quality 100",
    ];
    check(&cases, &[400, 1600], &formats, true);
}

#[test]
fn turned_and_small_images_keep_to_their_plan() {
    let photo = jpeg(&synth::photo(3000, 2000, 4), Sampling::S420, false);
    let small = jpeg(&synth::photo(320, 240, 5), Sampling::S420, false);
    let cases = [
        ("turned JPEG", write::with_exif_orientation(&photo, 6)),
        ("small JPEG", small),
        ("sprite", write::png(&synth::sprite(500, 400))),
    ];
    check(&cases, &[100, 1200], &["jpeg", "png"], true);
}

#[test]
fn profiles_keep_to_their_plan() {
    let photo = synth::photo(320, 240, 5);
    let file = jpeg(&photo, Sampling::S420, false);
    let grey = jpeg(&photo.grey(), Sampling::S444, false);
    let by_tables = |side| write::with_icc(&file, &write::icc_display_p3_tables(side));
    let inks = write::jpeg_inks(&photo, Inks::Cmyk, &JpegOptions::default());
    let in_inks = |side| write::with_icc(&inks, &write::icc_press(side));
    let cases = [
        (
            "grey JPEG of its own curve",
            write::with_icc(&grey, &write::icc_grey(0x0180)),
        ),
        ("JPEG of 2 KB of tables", by_tables(5)),
        ("JPEG of 216 KB of tables", by_tables(33)),
        ("JPEG of 3 MB of tables", by_tables(80)),
        ("CMYK JPEG of 39 KB of tables", in_inks(9)),
        ("CMYK JPEG of 500 KB of tables", in_inks(17)),
        ("CMYK JPEG of 3.7 MB of tables", in_inks(28)),
    ];
    check(&cases, &[100, 1200], &["jpeg", "png"], true);
}

/// GIFs: a still one by rows and as indices, and its palette; kept ones.
#[test]
fn gifs_keep_to_their_plan() {
    let noise = synth::noise(1600, 1200, 3, 3);
    let sprite = synth::sprite(1600, 1200);
    let cases = [
        ("2 MP GIF", write::gif(&noise)),
        ("2 MP GIF of few colours", write::gif(&sprite)),
        (
            "animated GIF",
            write::gif_animation(&vec![synth::noise(400, 300, 3, 4); 6], 5),
        ),
    ];
    // A file that is looked at may be held twice while its buffer grows; here the system
    // moved its pages instead.
    check(&cases, &[64], &["jpeg"], false);
    // What counting colours takes depends on how many there are: most where the table
    // of them has just been doubled, after 229,376.
    let colours = [
        ("palette PNG", write::png_palette(&noise)),
        ("GIF", write::gif(&noise)),
    ];
    check(&colours, &[340, 555, 1000], &["png"], false);
    check(&cases, &[64, 400, 1600], &["png", "webp"], false);
}

/// Animations: what is small by then, and noise, which takes the encoder the most.
#[test]
fn animations_keep_to_their_plan() {
    let webp = |pictures: &[Picture], lossy: bool| {
        let frames: Vec<_> = pictures
            .iter()
            .map(|picture| write::WebpFrame {
                still: if lossy {
                    write::webp_lossy(picture, 90)
                } else {
                    write::webp_lossless(picture)
                },
                width: picture.width,
                height: picture.height,
                left: 0,
                top: 0,
                milliseconds: 50,
                replaces: true,
                clears: false,
            })
            .collect();
        write::webp_animation((pictures[0].width, pictures[0].height), 0, [0; 4], &frames)
    };
    let noise =
        [3, 4].map(|channels| [1, 2, 3, 4].map(|seed| synth::noise(640, 400, channels, seed)));
    let cases = [
        ("GIF of noise", write::gif_animation(&noise[0], 5)),
        ("lossless WebP of noise", webp(&noise[0], false)),
        ("lossy WebP of noise", webp(&noise[0], true)),
        ("lossless WebP of noise with alpha", webp(&noise[1], false)),
        ("lossy WebP of noise with alpha", webp(&noise[1], true)),
        (
            "GIF of photographs",
            write::gif_animation(&[1, 2, 3, 4].map(|seed| synth::photo(640, 400, seed)), 5),
        ),
    ];
    check(&cases, &[64, 200, 640], &["webp", "jpeg"], false);
    check(&cases, &[640], &["webp --quality 100"], false);
    check(&cases, &[200, 640], &["webp --lossless"], false);
    // Alpha that is noise enlarged takes libwebp the most.
    let coarse = [1, 2, 3].map(|seed| synth::noise(320, 200, 4, seed));
    let coarse = [("coarse noise with alpha", webp(&coarse, false))];
    check(
        &coarse,
        &[960],
        &["webp", "webp --quality 100", "webp --lossless"],
        false,
    );
}

#[test]
fn overlays_keep_to_their_plan() {
    let folder = empty_folder();
    let kept = |name: &str, file: Vec<u8>| {
        let path = folder.join(name);
        fs::write(&path, file).expect("room for a file");
        path.display().to_string()
    };
    let logo = kept("logo.png", write::png(&synth::sprite(400, 300)));
    // Larger than what it is laid over, and needing a conversion.
    let photo = synth::photo(3000, 2000, 4);
    let large = write::with_icc(
        &jpeg(&photo, Sampling::S420, false),
        &write::icc_display_p3(),
    );
    let large = kept("large.jpg", large);
    let cases = [
        (
            "JPEG",
            jpeg(&synth::photo(1500, 1000, 5), Sampling::S420, false),
        ),
        ("RGBA PNG", write::png(&synth::sprite(900, 700))),
    ];
    let formats = [
        format!("jpeg --overlay {logo}"),
        format!("png --overlay {logo} --overlay-size 1"),
        format!("jpeg --overlay {large}"),
        format!("png --overlay {large} --overlay-size 0.9"),
    ];
    let formats: Vec<_> = formats.iter().map(String::as_str).collect();
    check(&cases, &[300, 1200], &formats, true);
}

#[test]
fn components_in_scans_of_their_own_are_planned_for() {
    let photo = synth::photo(3000, 2000, 8);
    let file = write::jpeg_by_component(&photo, &JpegOptions::default());
    check(&[("6 MP JPEG by component", file)], &[400], &["jpeg"], true);
}

#[test]
fn a_source_of_unknown_length_keeps_to_its_plan() {
    let file = jpeg(&synth::photo(3000, 2000, 9), Sampling::S420, false);
    let run = |command: &str, more: &[&str]| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_edgepix"))
            .args([command, "-", "--json", "--width", "400"])
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut input = child.stdin.take().expect("it is piped");
        // A plan needs no more than the header, and then the pipe is closed.
        let _ = input.write_all(&file);
        drop(input);
        let result = child.wait_with_output().expect("the program ends");
        // The record is where the image is not.
        let text = if more.is_empty() {
            result.stdout
        } else {
            result.stderr
        };
        serde_json::from_slice::<Value>(&text).expect("a record is JSON")
    };
    let made = run("resize", &["-o", "-"]);
    let planned = run("plan", &[]);
    let bytes = |record: &Value, name: &str| record["peak"][name].as_u64();
    assert_eq!(
        bytes(&made, "planned_bytes"),
        bytes(&planned, "planned_bytes")
    );
    assert!(
        bytes(&made, "measured_bytes") <= bytes(&made, "planned_bytes"),
        "{made}"
    );
}

/// Converts an image by the program itself.
#[cfg(feature = "libaom")]
fn avif(file: &[u8]) -> Vec<u8> {
    let folder = empty_folder();
    let (from, to) = (folder.join("a.png"), folder.join("a.avif"));
    fs::write(&from, file).expect("room for a file");
    let done = Command::new(env!("CARGO_BIN_EXE_edgepix"))
        .arg("resize")
        .arg(&from)
        .arg("-o")
        .arg(&to)
        .status()
        .expect("the program starts");
    assert!(done.success());
    fs::read(&to).expect("it was made")
}

#[test]
#[cfg(feature = "libaom")]
fn avif_sources_keep_to_their_plan() {
    let photo = synth::photo(2000, 1500, 3);
    let noise = synth::noise(1200, 900, 3, 4);
    let data = |name: &str| {
        let path = format!(
            "{}/../engine/tests/data/avif/{name}",
            env!("CARGO_MANIFEST_DIR")
        );
        fs::read(path).expect("it is committed")
    };
    let cases = [
        ("3 MP AVIF", avif(&write::png(&photo))),
        (
            "3 MP AVIF with alpha",
            avif(&write::png(&photo.with_vignette())),
        ),
        ("1 MP AVIF of noise", avif(&write::png(&noise))),
        ("3 MP 4:4:4 10-bit AVIF", data("large-444-10.avif")),
        ("3 MP 4:2:2 12-bit AVIF", data("large-422-12.avif")),
        ("3 MP AVIF with grain", data("large-grain.avif")),
        ("3 MP AVIF of tiles", data("large-grid.avif")),
        ("small AVIF", data("alpha-10.avif")),
    ];
    check(&cases, &[400], &["jpeg", "png"], true);
}

#[test]
fn thin_results_keep_to_their_plan() {
    for (width, height) in [(1, 9000), (9000, 1), (17, 5000)] {
        let cases = [
            ("thin noise", write::png(&synth::noise(width, height, 3, 6))),
            (
                "thin noise with alpha",
                write::png(&synth::noise(width, height, 4, 7)),
            ),
        ];
        check(&cases, &[width], ALL, false);
    }
}

/// libwebp's memory grows with every bit of its result, and libaom's a little:
/// the plan holds for what compresses least.
#[test]
fn noise_keeps_to_its_plan() {
    let mut noise = [3, 4].map(|channels| synth::noise(1200, 900, channels, 6));
    // Colours at their ends are harder still; alpha at its ends is not.
    for picture in &mut noise {
        for pixel in picture.samples.chunks_exact_mut(picture.channels.into()) {
            for sample in &mut pixel[..3] {
                *sample = if *sample > 127 { 255 } else { 0 };
            }
        }
    }
    let cases = [
        ("noise", write::png(&noise[0])),
        ("noise with alpha", write::png(&noise[1])),
    ];
    let lossy = cfg!(feature = "libwebp");
    check(&cases, &[1200], STEADY, true);
    check(&cases[..1], &[1200], &["webp"], lossy);
    check(&cases[1..], &[1200], &["webp"], false);
    check(&cases, &[100, 400], ALL, false);
    // Alpha that is noise enlarged takes libwebp the most.
    let coarse = write::png(&synth::noise(400, 300, 2, 6));
    check(&[("coarse noise", coarse)], &[1000], &["webp"], lossy);
}

/// Slower efforts keep what they tried, and libwebp's faster ones do not.
#[test]
#[cfg(feature = "libwebp")]
fn every_effort_of_webp_keeps_to_its_plan() {
    let noise = [3, 4].map(|channels| write::png(&synth::noise(240, 180, channels, 6)));
    let [noise, transparent] = noise;
    let formats = ["webp --effort 0", "webp --effort 2", "webp --effort 3"];
    let slow = ["webp --effort 5", "webp --effort 6"];
    check(&[("noise", noise)], &[64, 900], &formats, false);
    check(
        &[("noise with alpha", transparent)],
        &[64, 200],
        &slow,
        false,
    );
}

#[test]
#[cfg(feature = "libaom")]
fn every_effort_of_avif_keeps_to_its_plan() {
    let cases = [
        ("photo", write::png(&synth::photo(320, 240, 5))),
        ("noise", write::png(&synth::noise(320, 240, 4, 6))),
    ];
    for effort in [8, 7, 6, 5, 4] {
        let formats = [40, 95].map(|quality| format!("avif --effort {effort} --quality {quality}"));
        let formats = formats.each_ref().map(String::as_str);
        check(&cases, &[64, 300], &formats, false);
    }
}

#[test]
fn the_plan_names_what_it_holds() {
    let path = empty_folder().join("a.png");
    fs::write(&path, write::png(&synth::photo(300, 200, 1))).expect("room for a file");
    let record = plan(&path);
    let parts = record["peak"]["parts"].as_array().expect("parts");
    assert!(parts.len() > 3, "{record}");
    assert!(parts.iter().all(|part| part["bytes"].as_u64() > Some(0)));
}

fn plan(path: &Path) -> Value {
    let result = Command::new(env!("CARGO_BIN_EXE_edgepix"))
        .args(["plan", "--json", "--width", "100"])
        .arg(path)
        .output()
        .expect("the program starts");
    serde_json::from_slice(&result.stdout).expect("a plan is JSON")
}
