//! Brings what a clean clone lacks: the photographs, sharp and edgepix. Each is one command that anybody may
//! run instead; it is printed, and what it cannot bring is left out of the run, which says so.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{Options, suite};

const CORPUS: [&str; 7] = [
    "run",
    "--release",
    "--locked",
    "-p",
    "edgepix-corpus",
    "--",
    "all",
];
const EDGEPIX: [&str; 5] = ["build", "--release", "--locked", "-p", "edgepix"];
const SHARP: [&str; 3] = ["ci", "--prefix", "bench-report/peers/sharp"];

/// Fills the corpus if the suite's images are not all there, installs sharp if it is not there, and
/// builds edgepix, while this process still has all the cores.
pub(super) fn prepare(options: &Options) {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    if options.corpus.is_none() && !suite::is_complete() {
        list_packages();
        bring(&cargo, &CORPUS);
    }
    let sharp = tree().join("bench-report/peers/sharp/node_modules/@aws-sdk");
    if !sharp.is_dir() {
        bring("npm", &SHARP);
    }
    if options.edgepix.is_none() {
        bring(&cargo, &EDGEPIX);
    }
}

/// Photographs come out of Debian's packages, which cannot be found without lists of them.
fn list_packages() {
    let lists = std::fs::read_dir("/var/lib/apt/lists");
    let is_listed = lists.is_ok_and(|lists| {
        let names = lists.flatten().map(|entry| entry.file_name());
        names
            .into_iter()
            .any(|name| name.to_string_lossy().contains("_Packages"))
    });
    if !is_listed && Path::new("/usr/bin/apt-get").exists() {
        bring("apt-get", &["update", "-qq"]);
    }
}

/// Runs a command in the source tree. If it fails, what it should have brought is missed later, where
/// that is said.
fn bring(program: &str, arguments: &[&str]) {
    let name = Path::new(program).file_name().unwrap_or_default();
    let words = format!("{} {}", name.to_string_lossy(), arguments.join(" "));
    eprintln!("{words}");
    // What it prints is no result of ours.
    let done = Command::new(program)
        .args(arguments)
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
