//! The page cache: a start on Lambda finds the program's files on a disk, not in memory.

use std::{
    fs::{self, File},
    path::Path,
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result};
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};

/// Older files are on the disk: Linux writes pages back after 30 s (`vm.dirty_expire_centisecs`),
/// looking every 5.
const UNWRITTEN: Duration = Duration::from_secs(60);

/// Drops what the page cache has of a file, or of every file in a folder, wherever symbolic links
/// lead from its top. Pages that some process has mapped stay (`posix_fadvise(2)`): whether enough
/// went shows in the major faults of the start.
///
/// # Errors
///
/// If it cannot be read.
pub(super) fn forget(path: &Path) -> Result<()> {
    let kind = fs::metadata(path).with_context(|| format!("looking at {}", path.display()))?;
    if kind.is_file() {
        return drop_file(path);
    }
    let reading = || format!("reading the folder {}", path.display());
    for entry in fs::read_dir(path).with_context(reading)? {
        let entry = entry.with_context(reading)?;
        let kind = entry.file_type().with_context(reading)?;
        // What a link leads to is in the folder too, or the caller's to name: links can go round.
        if kind.is_dir() {
            forget(&entry.path())?;
        } else if kind.is_file() {
            drop_file(&entry.path())?;
        }
    }
    Ok(())
}

fn drop_file(path: &Path) -> Result<()> {
    let dropping = || format!("dropping {} from the page cache", path.display());
    let file = File::open(path).with_context(dropping)?;
    let changed = file.metadata().and_then(|file| file.modified());
    let age = changed.map(|changed| {
        SystemTime::now()
            .duration_since(changed)
            .unwrap_or_default()
    });
    if age.is_ok_and(|age| age < UNWRITTEN) {
        // Pages that are not on the disk yet are not dropped.
        file.sync_data().with_context(dropping)?;
    }
    posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED).with_context(dropping)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn folders_are_walked_and_links_that_go_round_are_not_followed() {
        let folder = tempfile::tempdir().expect("room");
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).expect("room");
        fs::write(inner.join("file"), "text").expect("room");
        symlink(folder.path(), inner.join("round")).expect("room");
        symlink("nowhere", inner.join("broken")).expect("room");
        forget(folder.path()).expect("all of it can be read");
    }

    #[test]
    fn what_is_not_there_is_named() {
        let error = forget(Path::new("/no/such/file")).expect_err("there is none");
        assert!(format!("{error:#}").contains("/no/such/file"));
    }
}
