//! Photographs out of published packages, brought by the package client of the system.
//! Nothing is believed before its hash is right, and nothing fetched is ever committed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::PackageProblem;
use crate::folder::{check, is_right, store};
use crate::manifest::{Client, Entry, Kind, Manifest, Package};
use crate::{Error, Result};

/// Brings every file of `package` that is not there yet; returns how many came.
///
/// # Errors
///
/// [`Error::Package`] without the client, the network, or a file in the package;
/// [`Error::WrongHash`] for other bytes than the manifest's; [`Error::Io`].
pub fn fetch(manifest: &Manifest, package: &Package) -> Result<usize> {
    let wanted: Vec<(&Entry, &str)> = manifest
        .entries
        .iter()
        .filter_map(|entry| match &entry.kind {
            Kind::Package {
                package: name,
                member,
            } if *name == package.name => Some((entry, member.as_str())),
            _ => None,
        })
        .filter(|(entry, _)| !is_right(entry))
        .collect();
    if wanted.is_empty() {
        return Ok(0);
    }
    let scratch = Scratch::new()?;
    let unpacked = match package.client {
        Client::Apt => by_apt(package, &scratch.0)?,
        Client::Cargo => by_cargo(package, &scratch.0)?,
    };
    for (entry, member) in &wanted {
        let file = match fs::read(unpacked.join(member)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(package.failed(PackageProblem::NoSuchMember((*member).to_owned())));
            }
            file => file.map_err(Error::at(Path::new(member)))?,
        };
        store(entry, &file)?;
    }
    Ok(wanted.len())
}

/// Downloads and unpacks a Debian package. If the archive has moved on to another version,
/// that one will do: the hashes of the photographs decide.
fn by_apt(package: &Package, scratch: &Path) -> Result<PathBuf> {
    let Package { name, version, .. } = package;
    let download = |what: &str| run(package, "apt-get", &["download", what], scratch);
    let pinned = download(&format!("{name}={version}"));
    let is_pinned = pinned.is_ok();
    match pinned {
        Err(Error::Package {
            problem: PackageProblem::ClientFailed { .. },
            ..
        }) => download(name)?,
        other => other?,
    }
    let deb = fs::read_dir(scratch)
        .map_err(Error::at(scratch))?
        .flatten()
        .map(|file| file.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .ok_or_else(|| package.failed(PackageProblem::NoSuchMember("*.deb".to_owned())))?;
    if is_pinned {
        let file = fs::read(&deb).map_err(Error::at(&deb))?;
        check(name, &package.sha256, &file)?;
    }
    let unpacked = scratch.join("unpacked");
    run(
        package,
        "dpkg",
        &["-x", &deb.to_string_lossy(), &unpacked.to_string_lossy()],
        scratch,
    )?;
    Ok(unpacked)
}

/// Lets cargo vendor a crate into a project made for the purpose. Cargo checks the crate
/// against its index; we check that the index has not changed its mind.
fn by_cargo(package: &Package, scratch: &Path) -> Result<PathBuf> {
    let Package { name, version, .. } = package;
    // The empty workspace table keeps cargo from looking for one further up.
    let project = format!(
        "[package]\nname = \"scratch\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [lib]\npath = \"lib.rs\"\n\n[dependencies]\n{name} = {{ version = \"={version}\", default-features = false }}\n"
    );
    for (file, text) in [("Cargo.toml", project.as_str()), ("lib.rs", "")] {
        let path = scratch.join(file);
        fs::write(&path, text).map_err(Error::at(&path))?;
    }
    run(package, "cargo", &["vendor", "--quiet"], scratch)?;
    let unpacked = scratch.join("vendor").join(name);
    let sums = unpacked.join(".cargo-checksum.json");
    let sums = fs::read_to_string(&sums).map_err(Error::at(&sums))?;
    match sums
        .split_once("\"package\":\"")
        .and_then(|(_, rest)| rest.split_once('"'))
    {
        Some((found, _)) if found == package.sha256 => Ok(unpacked),
        Some((found, _)) => Err(Error::WrongHash {
            name: name.clone(),
            expected: package.sha256.clone(),
            found: found.to_owned(),
            bytes: 0,
        }),
        None => Err(package.failed(PackageProblem::NoSuchMember("checksum".to_owned()))),
    }
}

fn run(package: &Package, client: &'static str, arguments: &[&str], folder: &Path) -> Result<()> {
    let status = Command::new(client)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .map_err(|_| package.failed(PackageProblem::NoClient(client)))?;
    if status.success() {
        return Ok(());
    }
    Err(package.failed(PackageProblem::ClientFailed {
        client,
        code: status.code(),
    }))
}

impl Package {
    fn failed(&self, problem: PackageProblem) -> Error {
        Error::Package {
            package: self.name.clone(),
            problem,
        }
    }
}

/// A folder of our own under the system's temporary one, removed when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("edgepix-corpus-{}", std::process::id()));
        fs::create_dir(&path).map_err(Error::at(&path))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nobody can act on a failure here, and the system clears the folder in time.
        let _ = fs::remove_dir_all(&self.0);
    }
}
