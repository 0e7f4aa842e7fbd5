//! What was made: each distinct result once, as a file in a folder beside the run's, and looked at.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::{looks::Looker, suite::Suite};
use crate::{
    case::{Case, Rival},
    sample::{Made, Record},
    store, whole,
};

/// The results of a run.
pub(super) struct Results {
    folder: PathBuf,
    seen: BTreeSet<(Case, Rival, String)>,
    /// Not looked at yet. They are small: what Lambda@Edge may answer has less than a megabyte.
    new: Vec<New>,
    /// What went wrong with them, in sentences, each once.
    troubles: BTreeSet<String>,
}

/// A result that nobody has looked at.
struct New {
    case: Case,
    rival: Rival,
    sha256: String,
    bytes: Vec<u8>,
}

impl Results {
    /// Of the run whose file this is.
    pub(super) fn beside(run: &Path) -> Self {
        Self {
            folder: store::pictures(run),
            seen: BTreeSet::new(),
            new: Vec::new(),
            troubles: BTreeSet::new(),
        }
    }

    /// Takes a result, if it is the first of its bytes.
    pub(super) fn take(&mut self, case: &Case, rival: Rival, sha256: &str, bytes: Vec<u8>) {
        if self.seen.insert((case.clone(), rival, sha256.to_owned())) {
            self.new.push(New {
                case: case.clone(),
                rival,
                sha256: sha256.to_owned(),
                bytes,
            });
        }
    }

    /// Writes those that are new to their folder and looks at them. What cannot be looked at is nobody's
    /// fault, and makes no record.
    pub(super) fn look(&mut self, looker: &mut Looker, suite: &Suite) -> Vec<Record> {
        let mut records = Vec::new();
        for new in std::mem::take(&mut self.new) {
            let mut sources = suite.sources.iter();
            let source = sources.find(|source| source.image.name == new.case.image);
            let Some(source) = source else { continue };
            let picture = self.write(&new);
            match looker.look(&new.case, &source.path, &new.bytes) {
                Ok(looks) => records.push(Record::Result(Made {
                    case: new.case,
                    rival: new.rival,
                    sha256: new.sha256,
                    bytes: new.bytes.len() as u64,
                    looks,
                    picture,
                })),
                Err(why) => {
                    let case = new.case;
                    self.troubles
                        .insert(format!("{case} was not looked at: {why:#}"));
                }
            }
        }
        records
    }

    /// What went wrong, in sentences.
    pub(super) fn troubles(self) -> impl Iterator<Item = String> {
        self.troubles.into_iter()
    }

    /// The name of its file, if there is room for one.
    fn write(&mut self, new: &New) -> Option<String> {
        let digits = new.sha256.get(..16)?;
        let name = format!("{digits}.{}", new.case.format.name());
        let written = std::fs::create_dir_all(&self.folder)
            .map_err(anyhow::Error::from)
            .and_then(|()| whole::write(&self.folder.join(&name), &new.bytes));
        match written {
            Ok(()) => Some(name),
            Err(why) => {
                let folder = self.folder.display();
                self.troubles
                    .insert(format!("pictures are not kept in {folder}: {why:#}"));
                None
            }
        }
    }
}
