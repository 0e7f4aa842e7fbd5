//! `check`: whether the model says what emulation measured.

use std::{collections::BTreeSet, path::PathBuf};

use anyhow::{Result, ensure};

use crate::{
    case::Rival,
    history::{self, STORE},
    judge::{judge, report::Agreement, text},
    prices::Prices,
    stats::median,
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
/// If nothing has, or they disagree by more than is allowed in the median of a rival's comparisons.
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
    let off: Vec<String> = report
        .agreement
        .iter()
        .map(|one| one.rival)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .filter_map(|rival| {
            let apart = median_apart(&report.agreement, rival)?;
            println!("{rival}: half of the comparisons are within {apart:.2} of what is allowed");
            (apart > 1.0).then(|| rival.to_string())
        })
        .collect();
    ensure!(
        off.is_empty(),
        "model and emulation disagree by more than that in the median: {}",
        off.join(", ")
    );
    Ok(())
}

/// How far model and emulation of a rival are apart in the median of its comparisons, 1 being all that
/// is allowed. One comparison may be off by the noise of a few samples, and on a busy machine some are.
fn median_apart(agreement: &[Agreement], rival: Rival) -> Option<f64> {
    let of_rival = agreement.iter().filter(|one| one.rival == rival);
    median(&of_rival.map(Agreement::apart).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{case::Case, format::Format};

    fn compared(rival: Rival, model_ms: f64) -> Agreement {
        Agreement {
            case: Case {
                image: "a.jpg".to_owned(),
                width: 400,
                format: Format::Webp,
            },
            rival,
            memory_mb: 128,
            model_ms,
            emulated_ms: 1000.0,
            allowed_ms: 50.0,
            samples: 5,
        }
    }

    #[test]
    fn one_comparison_that_is_off_does_not_decide_and_half_of_them_do() {
        let ours = |model_ms| compared(Rival::EDGEPIX, model_ms);
        let theirs = compared(Rival::SHARP, 2000.0);
        let mostly_right = [ours(1010.0), ours(1020.0), ours(2000.0), theirs];
        assert_eq!(median_apart(&mostly_right, Rival::EDGEPIX), Some(0.4));
        assert_eq!(median_apart(&mostly_right, Rival::SHARP), Some(20.0));
        assert_eq!(median_apart(&mostly_right, Rival::EDGEPIX_AT_EDGE), None);
    }
}
