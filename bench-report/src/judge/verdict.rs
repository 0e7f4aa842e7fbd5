//! The verdict in words, whichever way it comes out: what is said and in which tone follows from
//! the numbers alone.

use std::collections::BTreeMap;

use super::{
    Seen,
    duels::{OURS_MB, THEIRS_MB, duels},
    report::{Duel, Fate, Report, Sentence, Source, Tone},
    words,
};
use crate::{case::Rival, format::Side, stats::geometric_mean};

mod cold;
mod looks;

/// How far a ratio may be from 1 and still be neither good nor bad.
const EVEN: f64 = 0.02;

/// All sentences, the most important first.
pub(crate) fn verdict(seen: &Seen<'_>, report: &Report) -> Vec<Sentence> {
    let mut sentences = headlines(&report.duels);
    sentences.push(reliability(seen, Rival::EDGEPIX, OURS_MB));
    sentences.extend(at_equal_memory(seen));
    sentences.extend(looks::bytes(report));
    sentences.extend(cold::starts(seen));
    sentences.push(recommendation(report));
    sentences.extend(slowest(&report.duels));
    sentences
}

pub(crate) fn say(tone: Tone, text: String) -> Sentence {
    Sentence { text, tone }
}

/// The tone of a ratio of theirs by ours.
pub(crate) fn tone(ratio: f64) -> Tone {
    if ratio > 1.0 + EVEN {
        Tone::Good
    } else if ratio < 1.0 - EVEN {
        Tone::Bad
    } else {
        Tone::Neutral
    }
}

/// edgepix at 128 MB against sharp at 384 MB, for each source apart.
fn headlines(duels: &[Duel]) -> Vec<Sentence> {
    if duels.iter().all(|duel| duel.theirs == Fate::Unknown) {
        let text = "sharp was not measured: how edgepix stands against it is unknown.";
        return vec![say(Tone::Neutral, text.to_owned())];
    }
    [Source::Emulated, Source::Model]
        .into_iter()
        .filter_map(|source| {
            let of_source = duels.iter().filter(|duel| duel.source == source);
            headline(&of_source.collect::<Vec<_>>(), source)
        })
        .collect()
}

fn headline(duels: &[&Duel], source: Source) -> Option<Sentence> {
    let first = duels.first()?;
    let pair = format!("edgepix at {} MB", first.ours_mb);
    let rival = format!("sharp at {} MB", first.theirs_mb);
    let mut ratios: Vec<(f64, &Duel)> = duels
        .iter()
        .filter_map(|duel| Some((duel.ratio?, *duel)))
        .collect();
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    let values: Vec<f64> = ratios.iter().map(|(ratio, _)| *ratio).collect();
    let apart = without_ratio(duels);
    let (Some(mean), Some((worst, case))) = (geometric_mean(&values), ratios.first()) else {
        return Some(say(
            Tone::Neutral,
            format!(
                "{pair} and {rival} have no case in common ({}).{apart}",
                source.name()
            ),
        ));
    };
    let ahead = values.iter().filter(|&&ratio| ratio > 1.0).count();
    Some(say(
        tone(mean),
        format!(
            "{pair} is {mean:.2} times as fast as {rival}: {} (geometric mean over {}, warm misses, \
             {}). It is ahead in {ahead} of {}; the worst is {} at {worst:.2}.{apart}",
            outcome(mean),
            words::cases(values.len()),
            source.name(),
            values.len(),
            case.case
        ),
    ))
}

/// What a ratio means, for who skips the numbers.
fn outcome(ratio: f64) -> &'static str {
    match tone(ratio) {
        Tone::Good => "we are ahead",
        Tone::Bad => "we are behind",
        Tone::Neutral => "a draw",
    }
}

/// Who failed in the duels that have no ratio, so that no failure is hidden by a mean.
fn without_ratio(duels: &[&Duel]) -> String {
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for duel in duels.iter().filter(|duel| duel.ratio.is_none()) {
        for (side, fate) in [(Side::Edgepix, &duel.ours), (Side::Sharp, &duel.theirs)] {
            if let Some(what) = misfortune(fate) {
                *reasons.entry(format!("{side} {what}")).or_default() += 1;
            }
        }
    }
    let apart: usize = duels.iter().filter(|duel| duel.ratio.is_none()).count();
    if apart == 0 {
        return String::new();
    }
    let reasons: Vec<String> = reasons
        .into_iter()
        .map(|(what, times)| format!("{what} in {times}"))
        .collect();
    let verb = if apart == 1 { "has" } else { "have" };
    format!(
        " {} more {verb} no ratio: {}.",
        words::cases(apart),
        reasons.join(", ")
    )
}

/// A fate that is no answer, after a side's name.
pub(crate) fn misfortune(fate: &Fate) -> Option<&'static str> {
    match fate {
        Fate::Answered { .. } => None,
        Fate::Killed => Some("was killed"),
        Fate::Late => Some("was late"),
        Fate::Failed(_) => Some("failed"),
        Fate::Unknown => Some("was not measured"),
    }
}

/// How many emulated cases a rival answered in a setting, and which it did not.
fn reliability(seen: &Seen<'_>, rival: Rival, memory_mb: u32) -> Sentence {
    let mut tried = 0;
    let mut failed = Vec::new();
    for (key, cell) in &seen.cells {
        if (key.rival, key.source, key.memory_mb) == (rival, Source::Emulated, memory_mb) {
            let fate = cell.fate();
            if fate == Fate::Unknown {
                continue;
            }
            tried += 1;
            if let Some(what) = misfortune(&fate) {
                failed.push(format!("it {what} in {}", key.case));
            }
        }
    }
    match (tried, failed.len()) {
        (0, _) => say(
            Tone::Neutral,
            format!("Whether {rival} at {memory_mb} MB is ever killed is unknown: no emulation."),
        ),
        (_, 0) => say(
            Tone::Good,
            format!(
                "{rival} at {memory_mb} MB was never killed, late or wrong in {} (emulated).",
                words::cases(tried)
            ),
        ),
        (_, bad) => say(
            Tone::Bad,
            format!(
                "{rival} at {memory_mb} MB answered {} of {} (emulated): {}.",
                tried - bad,
                words::cases(tried),
                words::some(&failed)
            ),
        ),
    }
}

/// Both at our memory.
fn at_equal_memory(seen: &Seen<'_>) -> Option<Sentence> {
    let duels = duels(seen, OURS_MB);
    let source = duels.iter().map(|duel| duel.source).max()?;
    let duels: Vec<&Duel> = duels
        .iter()
        .filter(|duel| duel.source == source && duel.theirs != Fate::Unknown)
        .collect();
    if duels.is_empty() {
        return None;
    }
    let ratios: Vec<f64> = duels.iter().filter_map(|duel| duel.ratio).collect();
    let apart = without_ratio(&duels);
    let at = format!("At {OURS_MB} MB both");
    Some(match geometric_mean(&ratios) {
        Some(mean) => say(
            tone(mean),
            format!(
                "{at}, edgepix is {mean:.2} times as fast as sharp (geometric mean over {}, {}).{apart}",
                words::cases(ratios.len()),
                source.name()
            ),
        ),
        None => say(
            Tone::Neutral,
            format!(
                "{at}, there is no case that both answered ({}).{apart}",
                source.name()
            ),
        ),
    })
}

/// Which memory to pay for.
fn recommendation(report: &Report) -> Sentence {
    let sentences = report.curve.recommendations.iter();
    let sentences: Vec<&str> = sentences.map(|one| one.sentence.as_str()).collect();
    if sentences.is_empty() {
        let text = "No memory can be recommended: edgepix has no setting that was measured and in \
                    which nothing failed.";
        return say(Tone::Neutral, text.to_owned());
    }
    say(Tone::Neutral, sentences.join(" "))
}

/// Our slowest cases, and how the rival does there.
fn slowest(duels: &[Duel]) -> Option<Sentence> {
    let time = |duel: &Duel| match duel.ours {
        Fate::Answered { p50_ms, .. } => Some(p50_ms),
        _ => None,
    };
    let mut slow: Vec<(f64, &Duel)> = duels
        .iter()
        .filter_map(|duel| Some((time(duel)?, duel)))
        .collect();
    slow.sort_by(|a, b| b.0.total_cmp(&a.0));
    slow.truncate(3);
    let told: Vec<String> = slow
        .iter()
        .map(|(ms, duel)| {
            let beside = match (&duel.theirs, misfortune(&duel.theirs)) {
                (Fate::Answered { p50_ms, .. }, _) => format!("sharp {}", words::ms(*p50_ms)),
                (Fate::Unknown, _) | (_, None) => {
                    return format!("{} {}", duel.case, words::ms(*ms));
                }
                (_, Some(what)) => format!("sharp {what}"),
            };
            format!(
                "{} {} ({beside}; {})",
                duel.case,
                words::ms(*ms),
                duel.source.name()
            )
        })
        .collect();
    (!told.is_empty()).then(|| {
        let beside = if duels.iter().any(|duel| duel.ratio.is_some()) {
            format!(", beside sharp at {THEIRS_MB} MB")
        } else {
            String::new()
        };
        say(
            Tone::Neutral,
            format!(
                "edgepix is slowest at {OURS_MB} MB{beside} in {}.",
                told.join(", ")
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::fixture::{self, Life};

    fn verdict(ours_ms: f64, theirs_ms: f64) -> Sentence {
        let mut history = fixture::history("a");
        fixture::answer(
            &mut history,
            "a.jpg",
            Life::quota(Rival::EDGEPIX, 128),
            ours_ms,
        );
        fixture::answer(
            &mut history,
            "a.jpg",
            Life::quota(Rival::SHARP, 384),
            theirs_ms,
        );
        fixture::report(&[history]).verdict.swap_remove(0)
    }

    #[test]
    fn the_headline_is_good_when_we_are_ahead_and_bad_when_we_are_behind() {
        let ahead = verdict(100.0, 200.0);
        assert_eq!(ahead.tone, Tone::Good);
        assert!(ahead.text.contains("2.00 times as fast"), "{}", ahead.text);
        let behind = verdict(200.0, 100.0);
        assert_eq!(behind.tone, Tone::Bad);
        assert!(behind.text.contains("we are behind"), "{}", behind.text);
        assert_eq!(verdict(100.0, 101.0).tone, Tone::Neutral);
    }

    #[test]
    fn a_case_in_which_we_are_killed_is_told_beside_the_mean() {
        let mut history = fixture::history("a");
        for image in ["a.jpg", "b.jpg"] {
            fixture::answer(&mut history, image, Life::quota(Rival::SHARP, 384), 300.0);
        }
        fixture::answer(
            &mut history,
            "a.jpg",
            Life::quota(Rival::EDGEPIX, 128),
            100.0,
        );
        fixture::kill(&mut history, "b.jpg", Life::quota(Rival::EDGEPIX, 128));
        let verdict = fixture::report(&[history]).verdict;
        let apart = "1 case more has no ratio: edgepix was killed in 1.";
        assert!(verdict[0].text.ends_with(apart), "{}", verdict[0].text);
        assert_eq!(verdict[1].tone, Tone::Bad);
        assert!(
            verdict[1].text.contains("it was killed in b.jpg"),
            "{}",
            verdict[1].text
        );
    }

    #[test]
    fn without_a_rival_nothing_is_claimed() {
        let mut history = fixture::history("a");
        fixture::answer(&mut history, "a.jpg", Life::full(Rival::EDGEPIX), 100.0);
        let verdict = fixture::report(&[history]).verdict;
        assert_eq!(verdict[0].tone, Tone::Neutral);
        assert!(verdict[0].text.starts_with("sharp was not measured"));
    }

    #[test]
    fn a_mean_never_mixes_the_model_with_emulation() {
        let mut history = fixture::history("a");
        for (image, ours, theirs) in [("a.jpg", 100.0, 200.0), ("b.jpg", 100.0, 400.0)] {
            fixture::answer(&mut history, image, Life::full(Rival::EDGEPIX), ours);
            fixture::answer(&mut history, image, Life::full(Rival::SHARP), theirs);
        }
        fixture::answer(
            &mut history,
            "a.jpg",
            Life::quota(Rival::EDGEPIX, 128),
            100.0,
        );
        fixture::answer(&mut history, "a.jpg", Life::quota(Rival::SHARP, 384), 100.0);
        let report = fixture::report(&[history]);
        let sources: Vec<Source> = report.duels.iter().map(|duel| duel.source).collect();
        assert_eq!(sources, [Source::Emulated, Source::Model]);
        assert!(
            report.verdict[0]
                .text
                .contains("over 1 case, warm misses, emulated")
        );
        assert!(
            report.verdict[1]
                .text
                .contains("over 1 case, warm misses, model")
        );
    }
}
