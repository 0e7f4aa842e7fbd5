//! What a folder adds to `object_store`'s files: keys stay inside it, and names that
//! cannot be told from an unfinished file's are refused.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path as FilePath, PathBuf},
};

use object_store::{local::LocalFileSystem, path::Path};

use edgepix_engine::SourceFormat;

use super::{StoreError, media};

/// A folder whose files are objects.
#[derive(Debug)]
pub(super) struct Folder {
    /// Without symlinks in it.
    root: PathBuf,
    files: LocalFileSystem,
}

impl Folder {
    /// The folder at `path`, and the files in it.
    pub(super) fn open(path: &FilePath) -> io::Result<(Self, LocalFileSystem)> {
        let root = path.canonicalize()?;
        if !root.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let files = LocalFileSystem::new_with_prefix(&root).map_err(io::Error::other)?;
        let folder = Self {
            root,
            files: files.clone(),
        };
        Ok((folder, files))
    }

    /// Whether `path` is inside, links followed. Who can make links in the folder while it
    /// is asked can still get around it: this keeps honest folders closed.
    ///
    /// # Errors
    ///
    /// [`StoreError::Forbidden`] if not; [`StoreError::Unsupported`] if it cannot be a
    /// file's name here.
    pub(super) fn admit(&self, path: &Path) -> Result<(), StoreError> {
        let unsupported = StoreError::Unsupported("keep a file of that name");
        let expected = self.root.join(path.as_ref());
        match self.files.path_to_filesystem(path) {
            Ok(file) if file == expected => {}
            _ => return Err(unsupported),
        }
        // What is not there yet is where its folder is.
        for part in expected.ancestors() {
            match part.canonicalize() {
                Ok(real) if real.starts_with(&self.root) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) if error.kind() == io::ErrorKind::NotADirectory => {}
                Err(error) if error.kind() == io::ErrorKind::InvalidFilename => {
                    return Err(unsupported);
                }
                Ok(_) | Err(_) => return Err(StoreError::Forbidden),
            }
        }
        Err(StoreError::Forbidden)
    }

    /// The media type of a file by its first bytes, if they are an image's: names of
    /// derivatives do not always say it.
    pub(super) fn sniffed(&self, path: &Path) -> Option<&'static str> {
        let mut head = [0; 64];
        let mut file = File::open(self.files.path_to_filesystem(path).ok()?).ok()?;
        let read = file.read(&mut head).ok()?;
        media::of_format(SourceFormat::sniff(&head[..read])?)
    }

    /// Whether `path` is listed: it has no part that begins with a dot.
    pub(super) fn shows(&self, path: &Path) -> bool {
        !path.as_ref().split('/').any(|part| part.starts_with('.')) && self.admit(path).is_ok()
    }
}

/// A file as it was when it was opened: one that has become shorter is cut.
#[derive(Debug)]
pub(super) struct FileBody<R> {
    file: R,
    at: u64,
    bytes: u64,
}

impl<R> FileBody<R> {
    pub(super) const fn new(file: R, bytes: u64) -> Self {
        Self { file, at: 0, bytes }
    }
}

impl<R: Read> Read for FileBody<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.bytes - self.at;
        let most = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let came = self.file.read(&mut buffer[..most])?;
        if came == 0 {
            return Err(io::Error::other(StoreError::Cut { at: self.at }));
        }
        self.at += came as u64;
        Ok(came)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_became_shorter_is_cut() {
        let mut body = FileBody::new(&b"abc"[..], 5);
        let mut read = Vec::new();
        let error = body.read_to_end(&mut read).unwrap_err();
        assert_eq!(
            (read.as_slice(), error.to_string().as_str()),
            (&b"abc"[..], "the object broke off after 3 bytes")
        );
    }

    #[test]
    fn a_file_that_became_longer_is_not() {
        let mut read = Vec::new();
        FileBody::new(&b"abcde"[..], 3)
            .read_to_end(&mut read)
            .unwrap();
        assert_eq!(read, b"abc");
    }
}
