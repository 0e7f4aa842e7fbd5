//! `check`: whether the model says what emulation measured.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::{
    history::{self, STORE},
    judge::{judge, text},
    prices::Prices,
};

/// Options of `check`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) store: PathBuf,
    /// The beginning of a run's id; the last run if none.
    pub(crate) run: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            store: STORE.into(),
            run: None,
        }
    }
}

/// Prints what both say of every case that has both.
///
/// # Errors
///
/// If nothing has, or they disagree in one.
pub(crate) fn check(options: &Options) -> Result<()> {
    let runs = history::read(&options.store, options.run.as_deref())?;
    for doubt in &runs.doubts {
        eprintln!("{doubt}");
    }
    let report = judge(&runs.histories, &Prices::load(None)?);
    ensure!(
        !report.agreement.is_empty(),
        "the run has nothing that was both modelled and emulated"
    );
    print!("{}", text::agreement(&report));
    let off = report.agreement.iter().filter(|cell| !cell.holds()).count();
    ensure!(
        off == 0,
        "model and emulation disagree in {off} of {} medians",
        report.agreement.len()
    );
    Ok(())
}
