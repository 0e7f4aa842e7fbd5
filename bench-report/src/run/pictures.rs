//! What was made, one file for each distinct result, in a folder beside the run's file.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use anyhow::{Context, Result};

use crate::{
    case::{Case, Rival},
    sample::{Looks, Made, Record},
    whole,
};

/// The results of a run. They are small: what Lambda@Edge may answer has less than a megabyte.
pub(super) struct Pictures {
    folder: PathBuf,
    /// By case first, so that all results of an image are looked at together.
    kept: BTreeMap<(Case, Rival, String), Vec<u8>>,
}

impl Pictures {
    /// The folder of the run whose file this is.
    pub(super) fn beside(run: &Path) -> Self {
        Self {
            folder: crate::store::pictures(run),
            kept: BTreeMap::new(),
        }
    }

    /// Keeps a result, once.
    pub(super) fn keep(&mut self, case: &Case, rival: Rival, sha256: String, bytes: Vec<u8>) {
        let key = (case.clone(), rival, sha256);
        self.kept.entry(key).or_insert(bytes);
    }

    /// Writes them all and looks at them by `look`, until `stop`. What goes wrong is added to
    /// `troubles`.
    pub(super) fn look(
        self,
        mut look: impl FnMut(&Case, &[u8]) -> Result<Looks>,
        stop: &AtomicBool,
        troubles: &mut Vec<String>,
    ) -> Vec<Record> {
        let mut records = Vec::new();
        for ((case, rival, sha256), bytes) in &self.kept {
            if stop.load(Ordering::SeqCst) {
                troubles.push("not all that was made was looked at".to_owned());
                break;
            }
            let name = format!("{}.{}", &sha256[..sha256.len().min(16)], case.format.name());
            let picture = match self.write(&name, bytes) {
                Ok(()) => Some(name),
                Err(why) => {
                    troubles.push(format!("a picture is not kept: {why:#}"));
                    None
                }
            };
            records.push(Record::Result(Made {
                case: case.clone(),
                rival: *rival,
                sha256: sha256.clone(),
                bytes: bytes.len() as u64,
                looks: look(case, bytes).map_err(|why| format!("{why:#}")),
                picture,
            }));
        }
        records
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        fs::create_dir_all(&self.folder)
            .with_context(|| format!("making {}", self.folder.display()))?;
        whole::write(&self.folder.join(name), bytes)
    }
}
