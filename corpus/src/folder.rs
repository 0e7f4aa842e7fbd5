//! Where the files of the corpus lie, and which of them are there.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::manifest::{Entry, Kind, Manifest};
use crate::{Error, Result, decode};

/// Returns the crate's own folder. Photographs from packages lie in `fetched` below it,
/// generated and transcoded files in `generated`; neither is in the repository.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Returns where the file of an entry lies, or will lie once it is made.
pub fn path(entry: &Entry) -> PathBuf {
    match &entry.kind {
        Kind::Committed { path } => folder().join(path),
        Kind::Package { .. } => folder().join("fetched").join(&entry.name),
        Kind::Generated(_) | Kind::Transcoded(_) => folder().join("generated").join(&entry.name),
        Kind::Own => PathBuf::from(&entry.name),
    }
}

/// Lists the entries whose file is there, in the order of the manifest, and after them the
/// images in `corpus_dir`, a folder of the user's own, by name.
///
/// A file of the wrong length counts as absent; hashes are not checked (`verify` does).
/// Files of the user's that are no JPEG, PNG, WebP or GIF are passed over, and folders in the
/// folder too.
pub fn available(manifest: &Manifest, corpus_dir: Option<&Path>) -> Vec<(Entry, PathBuf)> {
    let mut found: Vec<_> = manifest
        .entries
        .iter()
        .map(|entry| (entry.clone(), path(entry)))
        .filter(|(entry, path)| fs::metadata(path).is_ok_and(|file| file.len() == entry.bytes))
        .collect();
    let own = corpus_dir.and_then(|dir| fs::read_dir(dir).ok());
    let mut own: Vec<_> = own
        .into_iter()
        .flatten()
        .flatten()
        .map(|file| file.path())
        .collect();
    own.sort();
    found.extend(
        own.into_iter()
            .filter_map(|path| Some((own_entry(&path)?, path))),
    );
    found
}

fn own_entry(path: &Path) -> Option<Entry> {
    if !path.is_file() {
        return None;
    }
    let file = fs::read(path).ok()?;
    let (format, width, height) = decode::header(&file).ok()?;
    Some(Entry {
        name: path.to_string_lossy().into_owned(),
        format,
        width,
        height,
        bytes: file.len() as u64,
        sha256: String::new(),
        licence: "the user's own".to_owned(),
        credit: String::new(),
        reason: "the user asked for it".to_owned(),
        kind: Kind::Own,
    })
}

/// Whether the file of an entry is there with the right hash.
pub(crate) fn is_right(entry: &Entry) -> bool {
    fs::read(path(entry)).is_ok_and(|file| sha256(&file) == entry.sha256)
}

/// Puts the file of an entry in its place, whole or not at all.
///
/// # Errors
///
/// [`Error::WrongHash`], and nothing is written, if these are not the bytes the manifest
/// wants; [`Error::Io`].
pub(crate) fn store(entry: &Entry, file: &[u8]) -> Result<()> {
    check(&entry.name, &entry.sha256, file)?;
    let path = path(entry);
    let parent = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(Error::at(parent))?;
    let partial = path.with_extension("partial");
    fs::write(&partial, file).map_err(Error::at(&partial))?;
    fs::rename(&partial, &path).map_err(Error::at(&path))
}

/// Compares a file with its hash.
///
/// # Errors
///
/// [`Error::WrongHash`].
pub(crate) fn check(name: &str, expected: &str, file: &[u8]) -> Result<()> {
    let found = sha256(file);
    if found == expected {
        return Ok(());
    }
    Err(Error::WrongHash {
        name: name.to_owned(),
        expected: expected.to_owned(),
        found,
        bytes: file.len(),
    })
}

/// Returns the SHA-256 of `file` in lower-case hexadecimal.
pub fn sha256(file: &[u8]) -> String {
    Sha256::digest(file)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{path, store};
    use crate::manifest::Manifest;

    #[test]
    fn bytes_with_another_hash_are_not_kept() {
        let mut entry = Manifest::embedded().entries.swap_remove(0);
        entry.name = "never-written.jpg".to_owned();
        let error = store(&entry, b"not the photograph").expect_err("another hash");
        assert!(error.to_string().contains("(18 bytes)"), "{error}");
        assert!(!path(&entry).exists());
    }
}
