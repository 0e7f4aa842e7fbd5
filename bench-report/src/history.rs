//! The runs that are kept, as far as they can be read.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::{judge::history::History, store};

/// Where runs are kept if nobody says.
pub(crate) const STORE: &str = "bench-results";

/// Runs up to the one that is reported, the oldest first.
pub(crate) struct Runs {
    /// Never empty; the last is the one that is reported.
    pub(crate) histories: Vec<History>,
    /// The file of the last.
    pub(crate) file: PathBuf,
    /// What could not be read, in sentences.
    pub(crate) doubts: Vec<String>,
}

/// Reads the runs in `folder` up to the one whose id begins with `id`, or the last. Files that cannot
/// be read are passed over and said.
///
/// # Errors
///
/// If there is no run, or none of that name.
pub(crate) fn read(folder: &Path, id: Option<&str>) -> Result<Runs> {
    let mut doubts = Vec::new();
    let mut runs = Vec::new();
    for file in store::files(folder)? {
        let read = store::read(&file).and_then(|kept| {
            let history = History::of(kept.records);
            let history = history.with_context(|| format!("{} has no run", file.display()))?;
            Ok((history, kept.doubts))
        });
        match read {
            Ok((history, own)) => {
                doubts.extend(own);
                runs.push((history, file));
            }
            Err(why) => doubts.push(format!("{why:#}")),
        }
    }
    ensure!(
        !runs.is_empty(),
        "no run can be read in {}; `bench-report run` makes one{}",
        folder.display(),
        doubts
            .iter()
            .map(|doubt| format!("\n{doubt}"))
            .collect::<String>()
    );
    if let Some(id) = id {
        let at = runs
            .iter()
            .rposition(|(history, _)| history.run.id.starts_with(id));
        let at = at.with_context(|| {
            let ids = runs
                .iter()
                .map(|(history, _)| format!("\n{}", history.run.id));
            format!(
                "no run is called {id}; there are{}",
                ids.collect::<String>()
            )
        })?;
        runs.truncate(at + 1);
    }
    let (histories, mut files): (Vec<_>, Vec<_>) = runs.into_iter().unzip();
    let file = files.pop().context("there is a run")?;
    Ok(Runs {
        histories,
        file,
        doubts,
    })
}
