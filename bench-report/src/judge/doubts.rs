//! What stands in the way of trusting a run's numbers.

use std::collections::BTreeMap;

use super::{
    Seen,
    cells::Key,
    report::{Fate, Report, Source},
    words,
};
use crate::{
    case::{Pace, Rival, share},
    format::Side,
    sample::{Answer, Invocation, Start},
};

/// Fewer warm misses than this make no median to rely on.
const FEW: usize = 5;
/// Time held back that is about none.
const HARDLY_THROTTLED_MS: f64 = 1.0;

/// All doubts, in sentences.
pub(crate) fn doubts(seen: &Seen<'_>, report: &Report) -> Vec<String> {
    let run = &seen.history.run;
    let mut doubts: Vec<String> = run.missing.iter().map(|why| words::sentence(why)).collect();
    doubts.extend(seen.history.notes.iter().map(|note| words::sentence(note)));
    doubts.extend(end(seen));
    let troubles = seen.history.end.iter().flat_map(|end| &end.troubles);
    doubts.extend(troubles.map(|trouble| words::sentence(trouble)));
    if run.commit.ends_with("-dirty") {
        doubts.push("The source tree had changes that are in no commit.".to_owned());
    }
    doubts.extend(linkage(seen));
    doubts.extend(emulation(seen));
    doubts.extend(failures(seen));
    doubts.extend(warm_files(seen));
    doubts.extend(idle_quota(seen));
    doubts.extend(disagreement(report));
    doubts.extend(few_samples(seen));
    doubts.extend(unseen(seen));
    doubts.extend(left_out(seen, report));
    doubts.extend(left_out_points(seen, report));
    doubts
}

/// A run that did not come to its end.
fn end(seen: &Seen<'_>) -> Option<String> {
    match &seen.history.end {
        Some(end) if !end.is_cut_short => None,
        Some(end) => Some(format!(
            "The run was stopped after {}: what comes late in the suite is missing.",
            words::counted(end.starts as usize, "start")
        )),
        None => Some("The run's file has no end: it was stopped while it was written.".to_owned()),
    }
}

/// A program of ours that is not what people deploy. Which words its version ends in,
/// `lambda/programs/edgepix.rs` says.
fn linkage(seen: &Seen<'_>) -> Option<String> {
    let is_dynamic = |version: &str| version.rsplit(", ").any(|part| part == "dynamic");
    let mut artefacts = seen.history.run.artefacts.iter();
    let is_ours = artefacts.any(|it| it.name == Side::Edgepix.name() && is_dynamic(&it.version));
    is_ours.then(|| {
        "The edgepix that was measured is linked dynamically; edge/deploy/package.sh ships a static \
         one, optimised as one: its cold starts and its speed are others."
            .to_owned()
    })
}

fn emulation(seen: &Seen<'_>) -> Option<String> {
    let is_emulated = seen.cells.keys().any(|key| key.source == Source::Emulated);
    (!is_emulated).then(|| {
        let groups = &seen.history.run.emulation.groups;
        format!("Nothing was emulated ({groups}): all times are the model's, and kills unknown.")
    })
}

/// Wrong images, originals and errors: by rival and reason, with the cases. Kills and lateness are
/// in the verdict.
fn failures(seen: &Seen<'_>) -> Vec<String> {
    let mut reasons: BTreeMap<(Rival, String), Vec<String>> = BTreeMap::new();
    for (key, cell) in &seen.cells {
        if let Fate::Failed(why) = cell.fate() {
            let cases = reasons.entry((key.rival, why)).or_default();
            let case = key.case.to_string();
            if !cases.contains(&case) {
                cases.push(case);
            }
        }
    }
    reasons
        .into_iter()
        .map(|((rival, why), cases)| {
            words::sentence(&format!("{rival} failed in {}: {why}", words::some(&cases)))
        })
        .collect()
}

/// Starts that read nothing from the disk.
fn warm_files(seen: &Seen<'_>) -> Vec<String> {
    let mut counts: BTreeMap<Rival, (usize, usize)> = BTreeMap::new();
    for start in &seen.history.starts {
        if let Some(init) = start.init {
            let (warm, all) = counts.entry(start.rival).or_default();
            *all += 1;
            *warm += usize::from(init.major_faults == 0);
        }
    }
    counts
        .into_iter()
        .filter(|(_, (warm, _))| *warm > 0)
        .map(|(rival, (warm, all))| {
            format!(
                "{warm} of {} of {rival} read nothing from the disk: the page cache was warm, and \
                 their cold starts are shorter than on Lambda.",
                words::counted(all, "start")
            )
        })
        .collect()
}

/// Starts whose quota held nothing back though it should have.
fn idle_quota(seen: &Seen<'_>) -> Option<String> {
    let period_ms = seen.history.run.emulation.period_ms;
    let is_idle = |start: &&Start| {
        let share = share(start.setting.memory_mb);
        // What the periods give that it lasted, and two more: it begins and ends in one.
        let allowed = |made: &Invocation| share * (made.wall_ms + 2.0 * period_ms);
        let due = |made: &Invocation| share < 1.0 && made.cpu_ms > allowed(made);
        let throttled_ms = start.throttled_ms.unwrap_or(0.0);
        start.setting.pace == Pace::Quota
            && throttled_ms < HARDLY_THROTTLED_MS
            && start.invocations.iter().any(due)
    };
    let idle = seen.history.starts.iter().filter(is_idle).count();
    (idle > 0).then(|| {
        format!(
            "The quota was not active in {}: more processor time was used than it allows, and none \
             held back.",
            words::counted(idle, "emulated start")
        )
    })
}

fn disagreement(report: &Report) -> Option<String> {
    let broken = report.agreement.iter().filter(|one| !one.holds());
    let worst = broken
        .clone()
        .max_by(|a, b| a.apart().total_cmp(&b.apart()))?;
    Some(format!(
        "Model and emulation differ by more than 5 % or half a period in {} of {}; most in {} by {} \
         at {} MB: {} modelled, {} emulated.",
        broken.count(),
        words::counted(report.agreement.len(), "comparison"),
        worst.case,
        worst.rival,
        worst.memory_mb,
        words::ms(worst.model_ms),
        words::ms(worst.emulated_ms)
    ))
}

fn few_samples(seen: &Seen<'_>) -> Option<String> {
    let few = |source| {
        let answered = seen.cells.iter().filter(|(key, cell)| {
            // The model's samples are the same at every memory.
            let is_first =
                source == Source::Emulated || key.memory_mb == super::cells::MODELLED_MB[0];
            key.source == source && is_first && cell.is_answered()
        });
        let answered: Vec<usize> = answered.map(|(_, cell)| cell.warm_ms.len()).collect();
        let few = answered.iter().filter(|&&samples| samples < FEW).count();
        (few > 0).then(|| format!("{few} of {} {}", answered.len(), source.name()))
    };
    let few: Vec<String> = [few(Source::Model), few(Source::Emulated)]
        .into_iter()
        .flatten()
        .collect();
    (!few.is_empty()).then(|| {
        let few = few.join(" and ");
        format!("Fewer than {FEW} warm misses are behind the medians of {few} results.")
    })
}

/// Answers whose image nobody looked at, so that no one can say whether it was right.
fn unseen(seen: &Seen<'_>) -> Option<String> {
    let mut unseen = 0;
    for start in &seen.history.starts {
        let answers = start.invocations.iter().map(|made| &made.answer);
        unseen += answers
            .filter(|answer| matches!(answer, Answer::Image { .. }))
            .filter(|answer| seen.looked.made(start, answer).is_none())
            .count();
    }
    (unseen > 0).then(|| {
        format!(
            "{} were never looked at: their times count, though nobody knows whether they are what was \
             asked for.",
            words::counted(unseen, "image")
        )
    })
}

/// Points that the curve does not have, though something was tried there.
fn left_out_points(seen: &Seen<'_>, report: &Report) -> Vec<String> {
    let mut tried: BTreeMap<(Source, Rival, u32), (usize, usize)> = BTreeMap::new();
    // Behind the launcher only the start differs, so it has no line.
    let has_line = |key: &Key<'_>| key.rival != Rival::EDGEPIX_AT_EDGE;
    for (key, cell) in seen.cells.iter().filter(|(key, _)| has_line(key)) {
        let place = (key.source, key.rival, key.memory_mb);
        let (answered, all) = tried.entry(place).or_default();
        *answered += usize::from(cell.is_answered());
        *all += 1;
    }
    let has = |source, rival, memory_mb| {
        let mut lines = report.curve.lines.iter();
        let line = lines.find(|line| line.source == source && line.rival == rival);
        line.is_some_and(|line| line.points.iter().any(|point| point.memory_mb == memory_mb))
    };
    tried
        .into_iter()
        .filter(|((source, rival, memory_mb), _)| !has(*source, *rival, *memory_mb))
        .map(|((source, rival, memory_mb), (answered, all))| {
            format!(
                "The curve lacks {rival} at {memory_mb} MB ({}): it answered {answered} of {} there.",
                source.name(),
                words::cases(all)
            )
        })
        .collect()
}

/// Cases that the curve does not have, so that nobody takes it for the whole suite.
fn left_out(seen: &Seen<'_>, report: &Report) -> Option<String> {
    let missing = seen.cases.len().saturating_sub(report.curve.cases);
    (missing > 0).then(|| {
        format!(
            "The curve is over {} of {}: those that every rival was asked for in every way.",
            report.curve.cases,
            words::cases(seen.cases.len())
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{
        fixture::{self, Life},
        history::History,
    };

    /// A run of one emulated case.
    fn run() -> History {
        let mut history = fixture::history("a");
        fixture::answer(&mut history, "a.jpg", Life::full(Rival::EDGEPIX), 20.0);
        fixture::answer(
            &mut history,
            "a.jpg",
            Life::quota(Rival::EDGEPIX, 128),
            250.0,
        );
        history
    }

    fn told(history: History) -> Vec<String> {
        fixture::report(&[history]).doubts
    }

    #[test]
    fn a_run_as_it_should_be_has_no_doubts() {
        assert_eq!(told(run()), Vec::<String>::new());
    }

    #[test]
    fn a_run_that_was_stopped_says_so() {
        let mut history = run();
        history.end = history.end.map(|end| crate::sample::End {
            is_cut_short: true,
            starts: 2,
            ..end
        });
        assert!(told(history)[0].starts_with("The run was stopped after 2 starts"));
    }

    #[test]
    fn a_program_that_is_not_as_it_is_shipped_is_noticed() {
        let mut history = run();
        history.run.artefacts[0].version = "edgepix 0.1.0, dynamic".to_owned();
        let doubts = told(history.clone());
        assert!(doubts[0].contains("linked dynamically"), "{doubts:?}");
        history.run.artefacts[0].version = "edgepix 0.1.0, static".to_owned();
        assert_eq!(told(history), Vec::<String>::new());
    }

    #[test]
    fn a_warm_page_cache_is_noticed() {
        let mut history = run();
        if let Some(init) = &mut history.starts[0].init {
            init.major_faults = 0;
        }
        assert!(told(history)[0].starts_with("1 of 2 starts of edgepix read nothing"));
    }

    #[test]
    fn a_quota_that_held_nothing_back_is_noticed() {
        let mut history = run();
        history.starts[1].throttled_ms = Some(0.0);
        for made in &mut history.starts[1].invocations {
            made.wall_ms = made.cpu_ms;
        }
        assert!(told(history)[0].starts_with("The quota was not active in 1 emulated start"));
    }

    #[test]
    fn a_model_that_is_off_is_noticed() {
        let mut history = fixture::history("a");
        fixture::answer(&mut history, "a.jpg", Life::full(Rival::EDGEPIX), 20.0);
        fixture::answer(
            &mut history,
            "a.jpg",
            Life::quota(Rival::EDGEPIX, 128),
            300.0,
        );
        let doubts = told(history);
        assert!(
            doubts[0].contains("in 1 of 1 comparison; most in a.jpg -> 400 webp"),
            "{doubts:?}"
        );
    }

    #[test]
    fn few_samples_are_noticed() {
        let mut history = run();
        let mut life = Life::quota(Rival::EDGEPIX, 384);
        life.warm = 1;
        fixture::answer(&mut history, "a.jpg", life, 85.0);
        let doubts = told(history);
        assert!(
            doubts[0].contains("the medians of 1 of 2 emulated results"),
            "{doubts:?}"
        );
    }

    #[test]
    fn an_image_that_nobody_looked_at_counts_with_a_doubt() {
        let mut history = run();
        history.made.clear();
        let report = fixture::report(&[history]);
        assert_eq!(report.curve.cases, 1);
        assert_eq!(report.doubts.len(), 1);
        let doubt = "16 images were never looked at: their times count";
        assert!(report.doubts[0].starts_with(doubt), "{:?}", report.doubts);
    }
}
