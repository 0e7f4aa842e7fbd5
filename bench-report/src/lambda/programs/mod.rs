//! The functions that are measured, found and laid out as they are deployed: edgepix as it is and
//! behind the launcher that Lambda@Edge needs, and sharp in the handler that people write.

mod edgepix;
mod event;
mod sharp;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use super::{Program, origin, origin::Origin};
use crate::sample::Artefact;
pub(crate) use event::event;

/// What is there to be measured.
#[derive(Debug, Default)]
pub(crate) struct Programs {
    pub(crate) programs: Vec<Program>,
    /// What they are made of.
    pub(crate) artefacts: Vec<Artefact>,
    /// What is left out and how to get it, or is not what it should be, in sentences.
    pub(crate) missing: Vec<String>,
    /// Where they are laid out; it is gone with this.
    _folder: Option<tempfile::TempDir>,
}

/// Finds and lays out all of them, to read from `origin`. `edgepix` is the binary of that name;
/// else it is built, if it may be, or looked for.
///
/// # Errors
///
/// If there is no edgepix, which all else is compared with, or no room for a copy of it.
pub(crate) fn lay_out(
    edgepix: Option<&Path>,
    may_build: bool,
    origin: &Origin,
) -> Result<Programs> {
    let (binary, not_built) = edgepix::find(edgepix, may_build)?;
    // Beside the binary: what lies in memory, as /tmp often does, cannot be dropped from it.
    let beside = binary.parent().unwrap_or(Path::new("."));
    let mut folder = tempfile::Builder::new();
    let folder = folder.prefix("functions-");
    let folder = folder
        .tempdir_in(beside)
        .or_else(|_| folder.tempdir())
        .context("making a folder for the functions")?;
    let mut laid = Programs::default();
    laid.missing.extend(not_built);
    laid.artefacts.push(edgepix::artefact(&binary)?);
    laid.programs
        .push(edgepix::native(&binary, folder.path(), origin)?);
    let python = edgepix::behind_python(&binary, folder.path(), origin);
    laid.add(
        "edgepix behind the Python launcher",
        "bash .ci/tools",
        python,
    );
    let install = "npm ci --prefix bench-report/peers/sharp";
    laid.add("sharp", install, sharp::in_node(origin));
    laid._folder = Some(folder);
    Ok(laid)
}

impl Programs {
    /// Adds one that may be missing.
    fn add(&mut self, name: &str, install: &str, found: Result<(Program, Artefact)>) {
        match found {
            Ok((program, artefact)) => {
                self.programs.push(program);
                self.artefacts.push(artefact);
            }
            Err(why) => self.missing.push(format!(
                "{name} is left out: {why:#}; `{install}` installs it"
            )),
        }
    }
}

/// The source tree's folder `path`.
fn in_tree(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The variables by which S3 is reached with a role's credentials.
fn role() -> Vec<(String, String)> {
    variables([
        ("AWS_REGION", origin::REGION),
        ("AWS_DEFAULT_REGION", origin::REGION),
        ("AWS_ACCESS_KEY_ID", origin::ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", origin::SECRET),
        // As long as a role's is.
        ("AWS_SESSION_TOKEN", &"A".repeat(700)),
    ])
}

fn variables<const N: usize>(variables: [(&str, &str); N]) -> Vec<(String, String)> {
    variables
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// Copies a program to where it is started, down to the disk: pages that wait to be written cannot
/// be dropped from memory.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to)
        .and_then(|_| File::open(to)?.sync_all())
        .with_context(|| format!("copying {} to {}", from.display(), to.display()))
}

/// What a program prints.
///
/// # Errors
///
/// If it does not start, or ends with an error: then what it said.
fn printed(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("starting {program}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.trim().lines().last().unwrap_or("nothing");
    ensure!(
        output.status.success(),
        "{program} ended with {} and said: {last}",
        output.status
    );
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A program that is one file.
fn of_file(name: &str, version: String, bytes: &[u8]) -> Artefact {
    let hash = Sha256::digest(bytes);
    Artefact {
        name: name.to_owned(),
        version,
        sha256: Some(hash.iter().map(|byte| format!("{byte:02x}")).collect()),
        bytes: Some(bytes.len() as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_says_why_and_how_to_get_it() {
        let mut laid = Programs::default();
        laid.add(
            "sharp",
            "npm ci",
            Err(anyhow::anyhow!("there is no Node.js")),
        );
        assert_eq!(
            laid.missing,
            ["sharp is left out: there is no Node.js; `npm ci` installs it"]
        );
    }

    #[test]
    fn a_program_that_fails_is_quoted() {
        let failed =
            printed(Command::new("sh").args(["-c", "echo first >&2; echo why >&2; exit 3"]));
        let said = failed.unwrap_err().to_string();
        assert_eq!(said, "sh ended with exit status: 3 and said: why");
    }

    #[test]
    fn a_file_is_known_by_its_hash_and_size() {
        let artefact = of_file("edgepix", "edgepix 0.1.0".to_owned(), b"abc");
        // FIPS 180-2, appendix B.1.
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(artefact.sha256.as_deref(), Some(hash));
        assert_eq!(artefact.bytes, Some(3));
    }
}
