//! Starts the processes a comparison needs, or says what is missing.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{self, Command},
};

use anyhow::{Context, Result, anyhow, bail, ensure};

use crate::{
    machine::{self, last_core},
    process::Peer,
    protocol::{Job, Version},
    score::Decoder,
};

/// The one command that brings sharp.
const INSTALL: &str = "npm ci --prefix bench-report/peers/sharp";

/// Both sides, and who decodes for them.
pub(crate) struct Peers {
    pub(crate) edgepix: Peer,
    pub(crate) sharp: Peer,
    pub(crate) decoder: Decoder,
}

/// A folder for results and samples, gone at the end.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Makes the folder.
    ///
    /// # Errors
    ///
    /// If the system's temporary folder is not writable.
    pub(crate) fn new() -> Result<Self> {
        let path = env::temp_dir().join(format!("bench-report-{}", process::id()));
        fs::create_dir_all(&path).with_context(|| format!("making {}", path.display()))?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Starts both sides on `core`, by default the last, and the decoder anywhere, and asks the sides
/// who they are.
///
/// # Errors
///
/// If one of them does not start.
pub(crate) fn start(core: Option<u32>, scratch: &Scratch) -> Result<(Peers, [String; 2])> {
    if cfg!(debug_assertions) {
        eprintln!("this is a build with checks: edgepix is slower than it ships. Use --release.");
    }
    let core = core.unwrap_or_else(last_core);
    let sharp = sharp_command()?;
    let ours = own()?;
    ensure!(
        answers("taskset", "--version"),
        "taskset was not found: bench-report pins both sides to one core, which needs Linux and util-linux"
    );
    let mut peers = Peers {
        edgepix: Peer::pinned(core, ours),
        sharp: Peer::pinned(core, sharp.clone()),
        decoder: Decoder {
            peer: Peer::new(sharp),
            samples: scratch.0.join("samples"),
        },
    };
    let ours =
        version(&mut peers.edgepix).with_context(|| format!("starting edgepix on core {core}"))?;
    let theirs = version(&mut peers.sharp)
        .with_context(|| format!("starting sharp; if it is not installed: {INSTALL}"))?;
    eprintln!("{ours} against {theirs}, both on core {core}");
    Ok((peers, [ours + &tree(), theirs]))
}

/// The command that answers for edgepix.
///
/// # Errors
///
/// If this program does not know where it lies.
pub(crate) fn own() -> Result<Vec<OsString>> {
    let program = env::current_exe().context("finding this program")?;
    Ok(vec![program.into(), OsString::from("peer")])
}

/// Starts only who decodes, and asks who that is.
///
/// # Errors
///
/// If it does not start.
pub(crate) fn decoder(scratch: &Scratch) -> Result<(Decoder, String)> {
    let mut peer = Peer::new(sharp_command()?);
    let version = version(&mut peer)
        .with_context(|| format!("starting sharp; if it is not installed: {INSTALL}"))?;
    let samples = scratch.0.join("samples");
    Ok((Decoder { peer, samples }, version))
}

fn version(peer: &mut Peer) -> Result<String> {
    let answer: Version = peer.ask(&Job::Version)?.map_err(|why| anyhow!(why))?;
    Ok(answer.version)
}

fn sharp_command() -> Result<Vec<OsString>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/sharp");
    if !answers("node", "--version") {
        bail!("node was not found: install Node.js 20.9 or later, then run {INSTALL}");
    }
    if !folder.join("node_modules/sharp").is_dir() {
        bail!("sharp is not installed: run {INSTALL}");
    }
    Ok(vec!["node".into(), folder.join("peer.mjs").into()])
}

/// Whether `program` is there to be asked.
fn answers(program: &str, question: &str) -> bool {
    Command::new(program).arg(question).output().is_ok()
}

/// " (commit)" of the source tree, or nothing where there is none.
fn tree() -> String {
    match machine::commit().as_str() {
        "unknown" => String::new(),
        commit => format!(" ({commit})"),
    }
}
