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
    write::{self, JpegOptions, Sampling},
};
use serde_json::Value;

/// A plan may be larger than what is used by a quarter, or by this.
const SLACK: u64 = 512 << 10;

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
fn jpeg_sources_keep_to_their_plan() {
    let photo = synth::photo(3000, 2000, 3);
    let cases = [
        ("6 MP 4:2:0 JPEG", jpeg(&photo, Sampling::S420, false)),
        ("6 MP 4:4:4 JPEG", jpeg(&photo, Sampling::S444, false)),
        ("6 MP 4:2:2 JPEG", jpeg(&photo, Sampling::S422, false)),
        ("6 MP progressive JPEG", jpeg(&photo, Sampling::S420, true)),
        ("6 MP grey JPEG", jpeg(&photo.grey(), Sampling::S444, false)),
        (
            "6 MP 4:2:0 JPEG of Display P3",
            write::as_by_phone(&jpeg(&photo, Sampling::S420, false), &photo),
        ),
    ];
    check(&cases, &[400, 1600], &["jpeg", "png"], true);
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
    let cases = [
        (
            "grey JPEG of its own curve",
            write::with_icc(&grey, &write::icc_grey(0x0180)),
        ),
        ("JPEG of 2 KB of tables", by_tables(5)),
        ("JPEG of 216 KB of tables", by_tables(33)),
        ("JPEG of 3 MB of tables", by_tables(80)),
    ];
    check(&cases, &[100, 1200], &["jpeg", "png"], true);
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
