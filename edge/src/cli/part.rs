//! A file that appears complete or not at all: it is written under another name
//! beside its own and renamed when it is done.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The file being written, for [`remove_on_interrupt`]. There is one at most,
/// because images are made one after another.
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

fn unfinished() -> MutexGuard<'static, Option<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the file being written and ends the process when the user or the
/// system interrupts it. Without a handler the file would stay behind.
pub(super) fn remove_on_interrupt() {
    // A second handler is refused; then the first one is still there.
    let _ = ctrlc::set_handler(|| {
        // Held until the end, so that nothing is renamed or made meanwhile.
        let mut unfinished = unfinished();
        if let Some(path) = unfinished.take() {
            let _ = fs::remove_file(path);
        }
        // 128 and the number of SIGINT, as shells report it.
        process::exit(130);
    });
}

/// An unfinished file. Dropping it removes it.
#[derive(Debug)]
pub(super) struct Part {
    writer: BufWriter<File>,
    path: PathBuf,
    becomes: PathBuf,
}

impl Part {
    /// Begins the file that will be at `becomes`, and its folders. What is there
    /// already stays until [`finish`](Self::finish); a link is followed.
    ///
    /// # Errors
    ///
    /// If a folder or the file cannot be made.
    pub(super) fn new(becomes: &Path) -> io::Result<Self> {
        let becomes = becomes
            .canonicalize()
            .unwrap_or_else(|_| becomes.to_path_buf());
        let folder = match becomes.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder)?;
        let mut number = 0;
        loop {
            let path = folder.join(format!(".edgepix-{}-{number}.part", process::id()));
            let mut unfinished = unfinished();
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    *unfinished = Some(path.clone());
                    return Ok(Self {
                        writer: BufWriter::new(file),
                        path,
                        becomes,
                    });
                }
                // Left behind by a killed process that had our number.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Gives the file another extension, unless a file of that name is there already.
    pub(super) fn rename(&mut self, extension: &str) {
        let renamed = self.becomes.with_extension(extension);
        if !renamed.exists() {
            self.becomes = renamed;
        }
    }

    /// Where the file will be.
    pub(super) fn becomes(&self) -> &Path {
        &self.becomes
    }

    /// Puts the file in its place, with the permissions of the one it replaces.
    ///
    /// It is not forced to the disk first: that costs more than a small image,
    /// and file systems in use order a rename after the data it names.
    ///
    /// # Errors
    ///
    /// If the last bytes cannot be written or the file cannot be renamed.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.writer.flush()?;
        if let Ok(replaced) = fs::metadata(&self.becomes) {
            self.writer
                .get_ref()
                .set_permissions(replaced.permissions())?;
        }
        let mut unfinished = unfinished();
        fs::rename(&self.path, &self.becomes)?;
        *unfinished = None;
        Ok(())
    }
}

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let mut unfinished = unfinished();
        // Finished files have been taken off the record.
        if unfinished.as_ref() == Some(&self.path) {
            let _ = fs::remove_file(&self.path);
            *unfinished = None;
        }
    }
}
