//! Where one result goes, whole or not at all.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::PathBuf,
};

use super::part::Part;

/// Where a result is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// Standard output.
    Stdout,
    /// A pipe or device, which is written to as it is and never replaced.
    Stream(PathBuf),
    /// A file, there already or not.
    File(PathBuf),
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("-"),
            Self::Stream(path) | Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// A result on its way. Nothing is seen of it before [`finish`](Self::finish).
#[derive(Debug)]
pub(super) struct Output<'a> {
    to: &'a Destination,
    /// The file, from the first byte on: a source that fails before leaves no trace.
    part: Option<Part>,
    /// What streams get at the end: a file without a name, because memory is
    /// planned for.
    spool: Option<File>,
}

impl<'a> Output<'a> {
    /// Begins a result. Nothing is made yet.
    pub(super) fn new(to: &'a Destination) -> Self {
        Self {
            to,
            part: None,
            spool: None,
        }
    }

    /// Names a result by what it turned out to be, not what it was planned to be.
    pub(super) fn rename(&mut self, extension: &str) -> Option<Destination> {
        let part = self.part.as_mut()?;
        part.rename(extension);
        Some(Destination::File(part.becomes().to_path_buf()))
    }

    /// Makes the result appear.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from appearing; a file is then as it was before.
    pub(super) fn finish(self) -> io::Result<()> {
        match (self.to, self.part) {
            (_, Some(part)) => part.finish(),
            (Destination::File(path), None) => Part::new(path)?.finish(),
            (Destination::Stdout, None) => {
                let mut stdout = io::stdout().lock();
                copy(self.spool, &mut stdout)?;
                stdout.flush()
            }
            (Destination::Stream(path), None) => {
                copy(self.spool, &mut OpenOptions::new().write(true).open(path)?)
            }
        }
    }
}

/// Copies a spool from its beginning.
fn copy(spool: Option<File>, to: &mut impl Write) -> io::Result<()> {
    if let Some(mut spool) = spool {
        spool.seek(SeekFrom::Start(0))?;
        io::copy(&mut spool, to)?;
    }
    Ok(())
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match (self.to, &mut self.part) {
            (_, Some(part)) => part.write(bytes),
            (Destination::File(path), part @ None) => part.insert(Part::new(path)?).write(bytes),
            (Destination::Stdout | Destination::Stream(_), None) => {
                let spool = match &mut self.spool {
                    Some(spool) => spool,
                    none => none.insert(tempfile::tempfile()?),
                };
                spool.write(bytes)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
