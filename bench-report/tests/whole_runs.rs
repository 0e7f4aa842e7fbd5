//! Whole runs by the program itself, of a drawn photograph: measured, kept, judged, drawn, stopped.
//! They need edgepix beside the program, which `cargo test --workspace` builds.
#![cfg(target_os = "linux")]

use std::{
    env, fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

use edgepix_corpus::{synth, write};
use flate2::read::MultiGzDecoder;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

const BENCH_REPORT: &str = env!("CARGO_BIN_EXE_bench-report");

/// The program that is measured; none, and a word about it, where it was not built.
fn edgepix() -> Option<PathBuf> {
    let edgepix = Path::new(BENCH_REPORT).with_file_name("edgepix");
    if edgepix.exists() {
        return Some(edgepix);
    }
    assert!(
        env::var_os("REQUIRE_TOOLS").is_none(),
        "there is no {}",
        edgepix.display()
    );
    eprintln!("passed over: there is no edgepix; `cargo test --workspace` builds it");
    None
}

/// A folder with a photograph in `images`.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let images = folder.path().join("images");
    fs::create_dir(&images).expect("a new folder");
    let photo = synth::photo(1280, 960, 1);
    fs::write(images.join("a.png"), write::png(&photo)).expect("a new file");
    folder
}

/// `bench-report run` of that photograph to JPEG alone, from an origin that is near.
fn run(folder: &Path, edgepix: &Path, minutes: &str) -> Command {
    let mut run = Command::new(BENCH_REPORT);
    run.args(["run", "--as-is", "--filter", "-> 400 jpeg"])
        .args(["--first-byte-ms", "1", "--minutes", minutes])
        .arg("--corpus")
        .arg(folder.join("images"))
        .arg("--edgepix")
        .arg(edgepix)
        .arg("--store")
        .arg(folder.join("runs"));
    run
}

fn report(folder: &Path) -> Output {
    Command::new(BENCH_REPORT)
        .args(["report", "-o"])
        .arg(folder.join("page.html"))
        .arg("--store")
        .arg(folder.join("runs"))
        .output()
        .expect("it starts")
}

/// What a run's file holds, by the names of the records.
fn records(folder: &Path) -> Vec<(String, Value)> {
    let runs = fs::read_dir(folder.join("runs")).expect("there are runs");
    let file = runs
        .map(|entry| entry.expect("it can be listed").path())
        .find(|path| path.to_string_lossy().ends_with(".jsonl.gz"))
        .expect("a run");
    let mut text = String::new();
    // What is being written may not be whole yet.
    let _ =
        MultiGzDecoder::new(fs::File::open(file).expect("it is there")).read_to_string(&mut text);
    let record = |line: &str| {
        let record: Value = serde_json::from_str(line).ok()?;
        Some((record["record"].as_str()?.to_owned(), record))
    };
    text.lines().filter_map(record).collect()
}

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn a_run_is_measured_kept_judged_and_drawn() {
    let Some(edgepix) = edgepix() else { return };
    let folder = folder();
    let folder = folder.path();
    let done = run(folder, &edgepix, "0.25").output().expect("it starts");
    assert!(done.status.success(), "{}", said(&done));

    let records = records(folder);
    let of = |name: &str| records.iter().filter(|(of, _)| of == name).count();
    assert_eq!((of("run"), of("image"), of("end")), (1, 1, 1));
    let start = |(name, record): &&(String, Value)| {
        name == "start"
            && record["rival"]["boot"] == "native"
            && record["setting"]["pace"] == "full"
    };
    let (_, start) = records.iter().find(start).expect("edgepix was started");
    let answers = start["invocations"].as_array().expect("a list");
    assert!(answers.len() >= 2, "a cold one and a warm one: {start}");
    for answer in answers {
        assert_eq!(answer["answer"]["is"], "image", "{start}");
        assert!(answer["cpu_ms"].as_f64() > Some(0.0), "{start}");
    }
    let (_, made) = records
        .iter()
        .find(|(name, _)| name == "result")
        .expect("a result");
    assert_eq!(made["looks"]["Ok"]["width"], 400, "{made}");

    let drawn = report(folder);
    assert!(drawn.status.success(), "{}", said(&drawn));
    let text = String::from_utf8_lossy(&drawn.stdout);
    assert!(text.contains("a.png -> 400 jpeg"), "{text}");
    let page = fs::read_to_string(folder.join("page.html")).expect("a page");
    assert!(page.contains("a.png"));
    let pictures = fs::read_dir(folder.join("page-pictures")).expect("its pictures");
    assert!(pictures.count() >= 1);
}

#[test]
fn what_was_measured_before_ctrl_c_is_kept() {
    let Some(edgepix) = edgepix() else { return };
    let folder = folder();
    let folder = folder.path();
    let mut running = run(folder, &edgepix, "10")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let has_a_start =
        || folder.join("runs").exists() && records(folder).iter().any(|(name, _)| name == "start");
    while !has_a_start() {
        assert_eq!(running.try_wait().expect("it is ours"), None, "it goes on");
        thread::sleep(Duration::from_millis(50));
    }
    let process = Pid::from_raw(running.id().try_into().expect("a process's number"));
    kill(process, Signal::SIGINT).expect("it runs");
    let stopped = running.wait_with_output().expect("it ends");
    assert!(stopped.status.success(), "{}", said(&stopped));
    let records = records(folder);
    let (_, end) = records.last().expect("records");
    assert_eq!(
        (&end["record"], &end["is_cut_short"]),
        (&"end".into(), &true.into())
    );
    assert!(
        records.iter().any(|(name, _)| name == "result"),
        "it was looked at"
    );
    assert!(report(folder).status.success());
}

#[test]
fn broken_runs_are_said_and_passed_over() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    fs::create_dir(folder.join("runs")).expect("a new folder");
    fs::write(folder.join("runs/0.jsonl.gz"), "no gzip").expect("a new file");
    let none = report(folder);
    assert!(!none.status.success());
    let said = said(&none);
    assert!(
        said.contains("0.jsonl.gz") && said.contains("bench-report run"),
        "{said}"
    );
    assert!(!folder.join("page.html").exists());
}
