//! Brings what a clean clone lacks: the photographs, and sharp. Each is one command that anybody may
//! run instead; it is printed, and what it cannot bring is left out of the run, which says so.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use edgepix_corpus::{
    available,
    manifest::{Kind, Manifest},
};

/// Fills the corpus if it is wanted and there is no photograph in it, and installs sharp if it is not
/// there.
pub(super) fn prepare(is_corpus_wanted: bool) {
    if is_corpus_wanted && !has_photographs() {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        bring(
            Command::new(cargo).args([
                "run",
                "--release",
                "--locked",
                "-p",
                "edgepix-corpus",
                "--",
                "all",
            ]),
            "cargo run --release --locked -p edgepix-corpus -- all",
        );
    }
    if !tree()
        .join("bench-report/peers/sharp/node_modules/sharp")
        .is_dir()
    {
        bring(
            Command::new("npm").args(["ci", "--prefix", "bench-report/peers/sharp"]),
            "npm ci --prefix bench-report/peers/sharp",
        );
    }
}

fn has_photographs() -> bool {
    let all = available(&Manifest::embedded(), None);
    all.iter()
        .any(|(entry, _)| matches!(entry.kind, Kind::Package { .. }))
}

/// Runs a command in the source tree. If it fails, what it should have brought is missed later, where
/// that is said.
fn bring(command: &mut Command, words: &str) {
    eprintln!("once: {words}");
    // What it prints is no result of ours.
    let done = command
        .current_dir(tree())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    match done {
        Ok(status) if status.success() => {}
        Ok(status) => eprintln!("{words}: {status}"),
        Err(why) => eprintln!("{words}: {why}"),
    }
}

fn tree() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
