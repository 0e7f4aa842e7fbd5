//! The ways of answering that are compared: a program, its arguments and where it runs.

use std::{
    env, fs,
    io::Cursor,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use edgepix::package::{Compression, Files, Launcher, Target, package};

use super::job::Reads;

/// All that AWS's Python runtime does before the first poll, but for its own imports.
const IMPORT: &str = "import lambda_function";

/// A way of answering.
pub(crate) struct Way {
    /// For the table.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) reads: Reads,
    /// What Lambda starts.
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    /// The package as it was unpacked.
    pub(crate) task: PathBuf,
    /// Its folder for temporary files.
    pub(crate) temporary: PathBuf,
}

/// Who makes the image.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Edgepix,
    Sharp,
}

/// Every way whose tools are there; the others are named on standard error.
pub(crate) fn all(binary: &Path, folder: &Path) -> Result<Vec<Way>, String> {
    let peer = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bench-report/peers/sharp");
    let runtime = peer.join("runtime.mjs").display().to_string();
    let mut ways = vec![alone(binary, folder)?];

    let python = tool("python/bin/python3");
    let task = unpack(Launcher::Python, binary, folder)?;
    if let Some(python) = &python {
        let client = ["-m", "awslambdaric", "lambda_function.handler"];
        ways.push(way("Python launcher, awslambdaric", python, &client, &task));
    } else {
        missing("AWS's Python runtime", "bash .ci/tools");
    }
    let python = python.unwrap_or_else(|| "python3".into());
    ways.push(way(
        "Python launcher, import alone",
        &python,
        &["-c", IMPORT],
        &task,
    ));

    let task = unpack(Launcher::Node, binary, folder)?;
    let handler = task.join("index.mjs").display().to_string();
    for (node, does) in [("node-24", "execve"), ("node-20", "child process")] {
        if let Some(program) = tool(&format!("{node}/bin/node")) {
            let name = format!("Node.js launcher, {}, {does}", version(&program)?);
            ways.push(way(&name, &program, &[&runtime, &handler], &task));
        } else {
            missing(node, "bash .ci/tools");
        }
    }

    let node = tool("node-24/bin/node").unwrap_or_else(|| "node".into());
    for (name, handler, package, reads) in [
        (
            "sharp with the AWS SDK",
            "handler-sdk.mjs",
            "@aws-sdk/client-s3",
            Reads::S3,
        ),
        ("sharp with fetch", "handler.mjs", "sharp", Reads::Http),
    ] {
        if !peer.join("node_modules").join(package).exists() {
            missing(name, "npm ci --prefix bench-report/peers/sharp");
            continue;
        }
        let handler = peer.join(handler).display().to_string();
        let name = format!("{name}, {}", version(&node)?);
        ways.push(Way {
            kind: Kind::Sharp,
            reads,
            ..way(&name, &node, &[&runtime, &handler], &peer)
        });
    }
    for (number, way) in ways.iter_mut().enumerate() {
        way.temporary = folder.join(format!("tmp-{number}"));
        make(&way.temporary)?;
    }
    Ok(ways)
}

/// One of edgepix.
fn way(name: &str, program: &Path, arguments: &[&str], task: &Path) -> Way {
    Way {
        name: name.to_owned(),
        kind: Kind::Edgepix,
        reads: Reads::S3,
        program: program.to_owned(),
        arguments: arguments
            .iter()
            .map(|&argument| argument.to_owned())
            .collect(),
        task: task.to_owned(),
        temporary: PathBuf::new(),
    }
}

/// As `provided.al2023` starts it: a program called bootstrap, without arguments.
fn alone(binary: &Path, folder: &Path) -> Result<Way, String> {
    let task = folder.join("alone");
    make(&task)?;
    let (program, whole) = (task.join("bootstrap"), binary.canonicalize());
    whole
        .and_then(|whole| symlink(whole, &program))
        .map_err(|error| format!("{}: {error}", binary.display()))?;
    Ok(way("edgepix alone", &program, &[], &task))
}

/// The package for Lambda@Edge, unpacked.
fn unpack(launcher: Launcher, binary: &Path, folder: &Path) -> Result<PathBuf, String> {
    let task = folder.join(match launcher {
        Launcher::Python => "python",
        Launcher::Node => "node",
    });
    let bytes = fs::read(binary).map_err(|error| format!("{}: {error}", binary.display()))?;
    let zip = package(
        Target::Edge(launcher),
        &bytes,
        &Files::default(),
        Compression::Usual,
    )
    .map_err(|error| error.to_string())?;
    zip::ZipArchive::new(Cursor::new(zip.bytes))
        .and_then(|mut zip| zip.extract(&task))
        .map_err(|error| error.to_string())?;
    Ok(task)
}

/// What `.ci/tools` has installed, if it has.
fn tool(path: &str) -> Option<PathBuf> {
    // Not where a link leads: a virtual environment is known by its own.
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../target/tools")
        .join(path);
    path.exists().then_some(path)
}

fn missing(what: &str, how: &str) {
    eprintln!("first_image: left out, for want of {what}: {how}");
}

/// Such as "node v24.19.0".
fn version(node: &Path) -> Result<String, String> {
    let output = Command::new(node).arg("--version").output();
    let output = output.map_err(|error| format!("{}: {error}", node.display()))?;
    Ok(format!(
        "node {}",
        String::from_utf8_lossy(&output.stdout).trim()
    ))
}

fn make(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}
