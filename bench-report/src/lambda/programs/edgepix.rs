//! edgepix, as a Region runs it and as Lambda@Edge does.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::Value;

use super::{copy, in_tree, of_file, printed, role, variables};
use crate::{
    case::Rival,
    lambda::{Program, origin::Origin},
    sample::Artefact,
};

const BUILD: [&str; 5] = ["build", "--release", "--locked", "-p", "edgepix"];

/// The binary: the one that was named; else the one that cargo makes of the source tree, or finds
/// made; else, where there is no tree or it does not build, the one beside this program. With it
/// comes a sentence if it should have been built and was not: then it may be of another commit.
///
/// # Errors
///
/// If there is none by any of these ways.
pub(crate) fn find(named: Option<&Path>, may_build: bool) -> Result<(PathBuf, Option<String>)> {
    if let Some(named) = named {
        ensure!(is_program(named), "{} is no program", named.display());
        return Ok((named.to_owned(), None));
    }
    let own = env::current_exe().context("finding this program")?;
    let beside = own.with_file_name("edgepix");
    if may_build {
        eprintln!("cargo {}", BUILD.join(" "));
        return match build() {
            Ok(binary) => Ok((binary, None)),
            Err(why) => instead(why, &beside).map(|(binary, sentence)| (binary, Some(sentence))),
        };
    }
    let (binary, sentence) = instead(anyhow!("it was not to be built"), &beside)?;
    eprintln!("{sentence}");
    Ok((binary, None))
}

/// The one beside this program, which is measured for want of one that was built, and a sentence
/// with the reason.
fn instead(why: anyhow::Error, beside: &Path) -> Result<(PathBuf, String)> {
    if is_program(beside) {
        let path = beside.display();
        let sentence = format!("{path} is measured, of whichever commit it is: {why:#}");
        return Ok((beside.to_owned(), sentence));
    }
    Err(why.context(format!(
        "there is no edgepix to measure; `cargo {}` makes it, or --edgepix PATH names it",
        BUILD.join(" ")
    )))
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

fn build() -> Result<PathBuf> {
    let tree = in_tree("Cargo.toml");
    // What cargo says of its progress goes to who waits for it.
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(BUILD)
        .args([
            "--message-format",
            "json-render-diagnostics",
            "--manifest-path",
        ])
        .arg(&tree)
        .stderr(Stdio::inherit())
        .output()
        .context("starting cargo")?;
    ensure!(output.status.success(), "cargo did not build edgepix");
    built(&String::from_utf8_lossy(&output.stdout)).context("cargo did not say where edgepix is")
}

/// Where the program is, by cargo's messages (The Cargo Book, "External tools").
fn built(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "edgepix")
        .find_map(|message| Some(message["executable"].as_str()?.into()))
}

/// What it is.
///
/// # Errors
///
/// If it does not say its version.
pub(crate) fn artefact(binary: &Path) -> Result<Artefact> {
    let version = printed(Command::new(binary).arg("--version"))?;
    let bytes = fs::read(binary).with_context(|| format!("reading {}", binary.display()))?;
    let linkage = if asks_for_a_loader(&bytes) {
        "dynamic"
    } else {
        "static"
    };
    Ok(of_file("edgepix", format!("{version}, {linkage}"), &bytes))
}

/// Whether another program has to load a binary's libraries (System V ABI, "Program Header":
/// `PT_INTERP`), as far as it is an ELF file of 64 bits and little-endian.
fn asks_for_a_loader(binary: &[u8]) -> bool {
    const PT_INTERP: u32 = 3;
    let number = |at: usize| Some(u16::from_le_bytes(*binary.get(at..)?.first_chunk()?));
    let headers = || {
        let first = u64::from_le_bytes(*binary.get(32..)?.first_chunk()?);
        let (size, count) = (number(54)?, number(56)?);
        Some((
            usize::try_from(first).ok()?,
            usize::from(size),
            usize::from(count),
        ))
    };
    let Some((first, size, count)) = headers() else {
        return false;
    };
    (0..count).any(|index| {
        let kind = binary
            .get(first.saturating_add(index * size)..)
            .and_then(|header| header.first_chunk());
        kind.is_some_and(|kind| u32::from_le_bytes(*kind) == PT_INTERP)
    })
}

/// As `provided.al2023` starts it: a program called bootstrap, without arguments.
///
/// # Errors
///
/// If it cannot be copied.
pub(crate) fn native(binary: &Path, folder: &Path, origin: &Origin) -> Result<Program> {
    let task = folder.join("native");
    fs::create_dir(&task).with_context(|| format!("making {}", task.display()))?;
    let program = task.join("bootstrap");
    copy(binary, &program)?;
    Ok(Program {
        rival: Rival::EDGEPIX,
        program,
        arguments: Vec::new(),
        reads: vec![task.clone()],
        task,
        variables: reads_from(origin),
    })
}

/// As Lambda@Edge starts it: AWS's Python runtime imports the launcher, which becomes the binary.
///
/// # Errors
///
/// If AWS's Python runtime is not there, or the binary cannot be copied.
pub(crate) fn behind_python(
    binary: &Path,
    folder: &Path,
    origin: &Origin,
) -> Result<(Program, Artefact)> {
    // By the way through the virtual environment, which is how Python knows that it is in one.
    let python = in_tree("target/tools/python/bin/python3");
    if !python.exists() {
        bail!("AWS's Python runtime is not there");
    }
    let task = folder.join("python");
    fs::create_dir(&task).with_context(|| format!("making {}", task.display()))?;
    copy(binary, &task.join("edgepix"))?;
    copy(
        &in_tree("edge/deploy/launcher/lambda_function.py"),
        &task.join("lambda_function.py"),
    )?;
    let told = printed(Command::new(&python).args(["-c", ASK]))?;
    let (version, files) = told
        .split_once('\n')
        .context("Python does not say what it reads")?;
    let mut reads = vec![task.clone()];
    reads.extend(files.lines().map(PathBuf::from));
    let program = Program {
        rival: Rival::EDGEPIX_AT_EDGE,
        program: python,
        arguments: ["-m", "awslambdaric", "lambda_function.handler"]
            .map(str::to_owned)
            .into(),
        task,
        variables: reads_from(origin),
        reads,
    };
    let artefact = Artefact {
        name: "Python launcher".to_owned(),
        version: version.to_owned(),
        ..Artefact::default()
    };
    Ok((program, artefact))
}

/// Has Python say, in lines, what AWS's runtime is, and what it reads of the disk to start.
const ASK: &str = "\
import importlib.metadata, os, platform, sys
import awslambdaric.__main__, awslambdaric.bootstrap
files = {os.path.realpath(sys.executable)}
for module in list(sys.modules.values()):
    files.update((getattr(module, '__file__', None), getattr(module, '__cached__', None)))
print(f\"awslambdaric {importlib.metadata.version('awslambdaric')}, Python {platform.python_version()}\")
print(*(file for file in files if file and os.path.isfile(file)), sep='\\n')";

/// The variables of edgepix.
fn reads_from(origin: &Origin) -> Vec<(String, String)> {
    let certificate = origin.certificate();
    let mut all = role();
    all.extend(variables([
        ("EDGEPIX_STORE_ENDPOINT", origin.endpoint()),
        ("AWS_CA_BUNDLE", &certificate.to_string_lossy()),
    ]));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_that_was_built_is_the_one_cargo_names() {
        let messages = "\
{\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"edgepix-engine\"},\"executable\":null}
{\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"edgepix\",\"kind\":[\"lib\"]},\"executable\":null}
warning: something else
{\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"edgepix\",\"kind\":[\"bin\"]},\"executable\":\"/a/release/edgepix\"}
{\"reason\":\"build-finished\",\"success\":true}";
        assert_eq!(built(messages), Some("/a/release/edgepix".into()));
        assert_eq!(built("{\"reason\":\"build-finished\"}"), None);
    }

    /// An ELF file with one program header of this kind.
    fn elf(kind: u32) -> Vec<u8> {
        let mut file = vec![0; 64];
        file[..4].copy_from_slice(b"\x7fELF");
        file[32] = 64;
        file[54] = 56;
        file[56] = 1;
        file.extend(kind.to_le_bytes());
        file.resize(64 + 56, 0);
        file
    }

    #[test]
    fn a_binary_that_names_a_loader_is_dynamic() {
        assert!(asks_for_a_loader(&elf(3)));
        assert!(!asks_for_a_loader(&elf(1)));
    }

    #[test]
    fn a_file_cut_anywhere_is_looked_at_without_harm() {
        let file = elf(3);
        for end in 0..68 {
            assert!(!asks_for_a_loader(&file[..end]), "{end}");
        }
    }

    #[test]
    fn a_named_binary_that_is_none_is_refused() {
        let why = find(Some(Path::new("/nowhere/edgepix")), false).unwrap_err();
        assert_eq!(why.to_string(), "/nowhere/edgepix is no program");
    }

    #[test]
    fn a_binary_that_was_not_built_is_measured_and_told() {
        let folder = tempfile::tempdir().unwrap();
        let beside = folder.path().join("edgepix");
        let why = || anyhow!("no compiler").context("cargo did not build edgepix");
        let none = instead(why(), &beside).unwrap_err().to_string();
        assert!(
            none.starts_with("there is no edgepix to measure; "),
            "{none}"
        );
        fs::write(&beside, "").unwrap();
        fs::set_permissions(&beside, fs::Permissions::from_mode(0o755)).unwrap();
        let (binary, sentence) = instead(why(), &beside).unwrap();
        assert_eq!(binary, beside);
        let reason = ": cargo did not build edgepix: no compiler";
        assert!(sentence.ends_with(reason), "{sentence}");
    }
}
