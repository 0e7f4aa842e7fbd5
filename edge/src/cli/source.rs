//! Where images come from: files, folders of them, standard input. Finding them
//! is all that happens here; only their first bytes are read.

use std::{
    collections::BTreeSet,
    fmt,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use edgepix_engine::{Error, Input, SourceFormat, probe};

use super::{caught::caught, failure::Failure};

/// One image to read.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// The file, or `None` for standard input.
    pub(super) path: Option<PathBuf>,
    /// The file's name below the folder that was asked for; its bare name if a
    /// file was.
    pub(super) name: PathBuf,
    /// What its first bytes say. `None` for streams, whose bytes come only once,
    /// and for files that are no image or could not be read.
    pub(super) format: Option<SourceFormat>,
    /// Whether it is known to be an animation.
    pub(super) animated: bool,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{}", path.display()),
            None => f.write_str("-"),
        }
    }
}

impl Source {
    fn file(path: PathBuf, name: PathBuf, format: Option<SourceFormat>) -> Self {
        Self {
            // Only a GIF's name depends on it.
            animated: format == Some(SourceFormat::Gif) && is_animated(&path),
            path: Some(path),
            name,
            format,
        }
    }

    /// Opens it for reading.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] if it cannot be opened.
    pub(super) fn open(&self) -> Result<Opened, Error> {
        let Some(path) = &self.path else {
            return Ok(Opened {
                reader: Box::new(io::stdin()),
                length: None,
                count: 0,
            });
        };
        let file = File::open(path).map_err(Error::Read)?;
        let metadata = file.metadata().map_err(Error::Read)?;
        Ok(Opened {
            reader: Box::new(file),
            length: metadata.is_file().then_some(metadata.len()),
            count: 0,
        })
    }
}

/// A source being read.
pub(super) struct Opened {
    reader: Box<dyn Read>,
    /// Bytes of the file; not known of streams.
    length: Option<u64>,
    /// Bytes read so far.
    count: u64,
}

impl Opened {
    /// What the engine reads.
    pub(super) fn input(&mut self) -> Input<'_> {
        let length = self.length;
        let input = Input::new(self);
        match length {
            Some(length) => input.with_length(length),
            None => input,
        }
    }

    /// Bytes of the file, or those that were read of a stream.
    pub(super) fn bytes(&self) -> u64 {
        self.length.unwrap_or(self.count)
    }
}

impl Read for Opened {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.count += count as u64;
        Ok(count)
    }
}

/// Everything that was found where the command line said to look.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The images, in the order of the command line, folders sorted by name.
    pub(super) sources: Vec<Source>,
    /// Files in folders that are not images made of pixels.
    pub(super) other_files: usize,
    /// What could not be looked at, or had no images.
    pub(super) failures: Vec<(PathBuf, Failure)>,
    /// Whether any of it was a folder.
    pub(super) folders: bool,
}

/// Finds the images at `paths`: files, folders with all that is below them, and
/// `-` for standard input. Folders are searched except for `apart`, where the
/// results go; links to folders are not followed, so that the search ends.
pub(super) fn find(paths: &[PathBuf], apart: Option<&Path>) -> Found {
    let mut found = Found::default();
    let apart = apart.and_then(|path| path.canonicalize().ok());
    for path in paths {
        if path == Path::new("-") {
            found.sources.push(Source {
                path: None,
                name: PathBuf::from("-"),
                format: None,
                animated: false,
            });
        } else if path.is_dir() {
            found.folders = true;
            let before = (found.sources.len(), found.failures.len());
            let other_files = search(path, path, apart.as_deref(), &mut found);
            found.other_files += other_files;
            if before == (found.sources.len(), found.failures.len()) {
                found
                    .failures
                    .push((path.clone(), Failure::NoImages { other_files }));
            }
        } else {
            let name = path.file_name().map_or_else(|| path.clone(), PathBuf::from);
            // What cannot be read is reported when its turn comes.
            let format = format_of(path).ok().flatten();
            found.sources.push(Source::file(path.clone(), name, format));
        }
    }
    found
}

/// Searches one folder, and returns how many files in it are not images.
fn search(root: &Path, folder: &Path, apart: Option<&Path>, found: &mut Found) -> usize {
    let unreadable = |error| Failure::Engine(Error::Read(error));
    let entries = fs::read_dir(folder).and_then(|entries| {
        entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<BTreeSet<PathBuf>>>()
    });
    let entries = match entries {
        Ok(entries) => entries,
        Err(error) => {
            found
                .failures
                .push((folder.to_path_buf(), unreadable(error)));
            return 0;
        }
    };
    let mut other_files = 0;
    for path in entries {
        if path.is_dir() {
            let results = apart.is_some() && path.canonicalize().ok().as_deref() == apart;
            if !path.is_symlink() && !results {
                other_files += search(root, &path, apart, found);
            }
            continue;
        }
        match format_of(&path) {
            // Any XML may be SVG by its first bytes, and no SVG has pixels.
            Ok(None | Some(SourceFormat::Svg)) => other_files += 1,
            Ok(Some(format)) => {
                let name = path.strip_prefix(root).unwrap_or(&path).to_path_buf();
                found.sources.push(Source::file(path, name, Some(format)));
            }
            Err(error) => found.failures.push((path, unreadable(error))),
        }
    }
    other_files
}

/// Whether a file's header shows a second frame.
fn is_animated(path: &Path) -> bool {
    File::open(path).is_ok_and(|mut file| {
        caught(|| probe(&mut Input::new(&mut file)))
            .is_ok_and(|header| header.is_ok_and(|header| header.frames > 1))
    })
}

/// What a file's first bytes say it is. A pipe is not looked into: its bytes
/// would be gone, and none may ever come.
fn format_of(path: &Path) -> io::Result<Option<SourceFormat>> {
    if !fs::metadata(path)?.is_file() {
        return Ok(None);
    }
    let mut head = Vec::new();
    File::open(path)?.take(64).read_to_end(&mut head)?;
    Ok(SourceFormat::sniff(&head))
}
