//! Adds to a run's file.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use flate2::{Compression, write::GzEncoder};

use super::ENDING;
use crate::sample::{Record, Run};

/// A run's file that is being written.
pub(crate) struct Writer<F = File> {
    file: F,
    path: PathBuf,
    /// Bytes of it that are whole members.
    whole: u64,
    /// Records that could not be written yet.
    waiting: Vec<Record>,
}

/// What a run is written to.
pub(crate) trait Sink: Write {
    /// Takes back what was written beyond `bytes`.
    fn cut(&mut self, bytes: u64) -> std::io::Result<()>;
    /// Waits until all of it is on the disk.
    fn settle(&mut self) -> std::io::Result<()>;
}

impl Sink for File {
    fn cut(&mut self, bytes: u64) -> std::io::Result<()> {
        self.set_len(bytes)
    }

    fn settle(&mut self) -> std::io::Result<()> {
        self.sync_data()
    }
}

impl Writer {
    /// Begins a run's file in `folder`, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// If there is such a file, or it cannot be written.
    pub(crate) fn create(folder: &Path, run: Run) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let path = folder.join(format!("{}{ENDING}", run.id));
        let file = File::options()
            .append(true)
            .create_new(true)
            .open(&path)
            .with_context(|| format!("making {}", path.display()))?;
        let mut writer = Self::on(file, path);
        writer.add(vec![Record::Run(run)])?;
        Ok(writer)
    }
}

impl<F: Sink> Writer<F> {
    pub(super) fn on(file: F, path: PathBuf) -> Self {
        Self {
            file,
            path,
            whole: 0,
            waiting: Vec::new(),
        }
    }

    /// Adds records. What cannot be written now is kept, and tried again with the next.
    ///
    /// # Errors
    ///
    /// If not all of them, and of those before, are on the disk now.
    pub(crate) fn add(&mut self, records: Vec<Record>) -> Result<()> {
        self.waiting.extend(records);
        let member = member(&self.waiting)?;
        let written = self
            .file
            .write_all(&member)
            .and_then(|()| self.file.settle());
        if let Err(error) = written {
            // Half a member would hide all that follow it.
            let _ = self.file.cut(self.whole);
            let waiting = self.waiting.len();
            return Err(error).with_context(|| {
                format!(
                    "writing {} ({waiting} records wait for the next try)",
                    self.path.display()
                )
            });
        }
        self.whole += member.len() as u64;
        self.waiting.clear();
        Ok(())
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

fn member(records: &[Record]) -> Result<Vec<u8>> {
    let mut member = GzEncoder::new(Vec::new(), Compression::best());
    for record in records {
        serde_json::to_writer(&mut member, record).context("a record as JSON")?;
        member.write_all(b"\n").context("compressing into memory")?;
    }
    member.finish().context("compressing into memory")
}
