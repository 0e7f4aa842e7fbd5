//! The verdict in words, whichever way it comes out: what is said and in which tone follows from
//! the numbers alone.

use std::collections::BTreeSet;

use super::{
    Seen,
    report::{Fate, OURS_MB, Recommendation, Report, Sentence, Source, Tone},
    words,
};
use crate::case::Rival;

mod against;
mod cold;
mod looks;

/// How far a ratio may be from 1 and still be neither good nor bad.
const EVEN: f64 = 0.02;

/// All sentences, the most important first.
pub(crate) fn verdict(seen: &Seen<'_>, report: &Report) -> Vec<Sentence> {
    let mut sentences = against::headlines(&report.duels);
    sentences.extend(against::by_group(&report.duels));
    sentences.push(reliability(seen, Rival::EDGEPIX, OURS_MB));
    let more = failed_mb(seen, Rival::EDGEPIX)
        .into_iter()
        .filter(|&mb| mb != OURS_MB);
    sentences.extend(more.map(|memory_mb| reliability(seen, Rival::EDGEPIX, memory_mb)));
    sentences.extend(against::at_equal_memory(seen));
    sentences.extend(looks::bytes(report));
    sentences.extend(cold::starts(seen, report.launch.as_ref()));
    sentences.push(recommendation(report));
    sentences.extend(against::slowest(&report.duels));
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

/// Emulated settings in which a rival failed at something.
fn failed_mb(seen: &Seen<'_>, rival: Rival) -> BTreeSet<u32> {
    let failed = seen.cells.iter().filter(|(key, cell)| {
        (key.rival, key.source) == (rival, Source::Emulated) && cell.is_failed()
    });
    failed.map(|(key, _)| key.memory_mb).collect()
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

/// Which memory to pay for.
fn recommendation(report: &Report) -> Sentence {
    let curve = &report.curve;
    let Some((first, others)) = curve.recommendations.split_first() else {
        let text = "No memory can be recommended: edgepix was not measured, or failed with the most \
                    that it was tried with.";
        return say(Tone::Neutral, text.to_owned());
    };
    let sizes = |one: &Recommendation| (one.cheapest_mb, one.fastest_mb, one.balanced_mb);
    let mut text = first.sentence.clone();
    let mut alike = Vec::new();
    for other in others {
        match curve.offers.get(other.offer) {
            Some(offer) if sizes(other) == sizes(first) => alike.push(offer.name.clone()),
            _ => text += &format!(" {}", other.sentence),
        }
    }
    if !alike.is_empty() {
        text += &format!(" The same sizes hold for: {}.", alike.join("; "));
    }
    say(Tone::Neutral, text)
}
