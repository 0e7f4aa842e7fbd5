//! From raw samples to what is said of them. Pure: no files, no clock, no machine.
//!
//! `cells.rs` holds what came of each case, `full.rs` what was seen at full speed; every part of the
//! report is made from these two, and `verdict.rs` from the report's other parts.

mod about;
mod cells;
mod curve;
mod details;
mod doubts;
mod duels;
#[cfg(test)]
mod fixture;
mod full;
pub(crate) mod headline;
pub(crate) mod history;
mod lanes;
mod launch;
mod pool;
pub(crate) mod report;
mod shared_cases;
pub(crate) mod text;
mod verdict;
mod waterfall;
mod words;

use std::collections::BTreeMap;

use self::{
    cells::{Cells, Looked, cells},
    full::{Full, full},
    history::History,
    report::Report,
};
use crate::{
    case::{Case, Rival},
    model,
    prices::Prices,
    sample::Segment,
};

/// An invocation's latency from its segments, at a memory in MB and a period in ms.
type Latency = fn(&[Segment], u32, f64) -> f64;

/// What the parts of the report are made from.
struct Seen<'a> {
    history: &'a History,
    looked: Looked<'a>,
    /// In the order of the suite, which is that of the starts.
    cases: Vec<&'a Case>,
    cells: Cells<'a>,
    full: BTreeMap<(&'a Case, Rival), Full<'a>>,
    latency: Latency,
}

impl<'a> Seen<'a> {
    fn of(history: &'a History, latency: Latency) -> Self {
        let looked = Looked::of(history);
        let mut cases: Vec<&Case> = Vec::new();
        for start in &history.starts {
            if !cases.contains(&&start.case) {
                cases.push(&start.case);
            }
        }
        Self {
            history,
            cases,
            cells: cells(history, &looked, latency),
            full: full(history, &looked),
            looked,
            latency,
        }
    }
}

/// Judges the last of `runs`; those before it are its history. Of no runs there is nothing to say.
pub(crate) fn judge(runs: &[History], prices: &Prices) -> Report {
    judge_by(runs, prices, model::latency_ms)
}

/// The same by any law of latency.
fn judge_by(runs: &[History], prices: &Prices, latency: Latency) -> Report {
    let Some(last) = runs.last() else {
        return Report::default();
    };
    let seen = Seen::of(last, latency);
    let curve = curve::curve(&seen, prices);
    let mut report = Report {
        about: about::about(last, prices),
        verdict: Vec::new(),
        doubts: Vec::new(),
        waterfalls: waterfall::waterfalls(&seen),
        distributions: curve::distributions(&seen),
        launch: launch::launch(&seen),
        duels: duels::headline(&seen),
        trades: details::trades(&seen),
        peaks: details::peaks(&seen),
        history: lanes::lanes(runs),
        agreement: duels::agreement(&seen),
        cases: details::cases(&seen),
        curve,
    };
    report.verdict = verdict::verdict(&seen, &report);
    report.doubts = doubts::doubts(&seen, &report);
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_no_runs_there_is_nothing_to_say() {
        let prices = Prices::load(None).expect("it is built in");
        assert_eq!(judge(&[], &prices), Report::default());
    }
}
