//! edgepix against sharp: the headline, at equal memory, and where edgepix is slowest.

use std::collections::BTreeMap;

use super::{misfortune, say, tone};
use crate::{
    format::Side,
    judge::{
        Seen,
        duels::duels,
        report::{Duel, Fate, OURS_MB, Sentence, Source, THEIRS_MB, Tone},
        words,
    },
    stats::geometric_mean,
};

/// edgepix at 128 MB against sharp at 384 MB, for each source apart.
pub(crate) fn headlines(duels: &[Duel]) -> Vec<Sentence> {
    if duels.iter().all(|duel| duel.theirs == Fate::Unknown) {
        let text = "sharp was not measured: how edgepix stands against it is unknown.";
        return vec![say(Tone::Neutral, text.to_owned())];
    }
    let mut sentences: Vec<Sentence> = Vec::new();
    for source in [Source::Emulated, Source::Model] {
        let of_source: Vec<&Duel> = duels.iter().filter(|duel| duel.source == source).collect();
        let Some((short, long)) = headline(&of_source, source) else {
            continue;
        };
        if sentences.is_empty() {
            sentences.extend([short, long]);
        } else {
            let text = format!("{} {}", short.text, long.text);
            sentences.push(say(short.tone, text));
        }
    }
    sentences
}

/// In one breath, and what is behind it.
fn headline(duels: &[&Duel], source: Source) -> Option<(Sentence, Sentence)> {
    let first = duels.first()?;
    let pair = format!("edgepix at {} MB", first.ours_mb);
    let rival = format!("sharp at {} MB", first.theirs_mb);
    let source = source.name();
    let mut ratios: Vec<(f64, &Duel)> = duels
        .iter()
        .filter_map(|duel| Some((duel.ratio?, *duel)))
        .collect();
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    let values: Vec<f64> = ratios.iter().map(|(ratio, _)| *ratio).collect();
    let apart = without_ratio(duels);
    let all = words::cases(duels.len());
    let (Some(mean), Some((worst, case))) = (geometric_mean(&values), ratios.first()) else {
        return Some((
            say(
                Tone::Neutral,
                format!("{pair} and {rival} have no answer in common."),
            ),
            say(
                Tone::Neutral,
                format!("None of {all} ({source}) was answered by both.{apart}"),
            ),
        ));
    };
    let ahead = values.iter().filter(|&&ratio| ratio > 1.0).count();
    Some((
        say(
            tone_of_all(mean, ahead, values.len()),
            format!("{pair} is {mean:.2} times as fast as {rival}."),
        ),
        say(
            Tone::Neutral,
            format!(
                "That is the geometric mean over warm misses of {} ({source}). edgepix is ahead in \
                 {ahead} of {}; the worst is {} at {worst:.2}.{apart}",
                words::cases(values.len()),
                values.len(),
                case.case
            ),
        ),
    ))
}

/// The tone of a mean. One case that is very fast does not make up for many that are slow.
fn tone_of_all(mean: f64, ahead: usize, all: usize) -> Tone {
    match tone(mean) {
        Tone::Good if ahead * 2 < all => Tone::Neutral,
        Tone::Bad if ahead * 2 > all => Tone::Neutral,
        tone => tone,
    }
}

/// The same by format and by kind of source, where there are several: a mean over all depends on how
/// many of each the suite happens to hold. Of one source, emulation if there is any.
pub(crate) fn by_group(duels: &[Duel]) -> Option<Sentence> {
    let with_ratio = || duels.iter().filter(|duel| duel.ratio.is_some());
    let source = with_ratio().map(|duel| duel.source).max()?;
    let told = |name: &dyn Fn(&Duel) -> String| {
        let mut groups: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for duel in with_ratio().filter(|duel| duel.source == source) {
            groups.entry(name(duel)).or_default().extend(duel.ratio);
        }
        let told: Vec<String> = groups
            .iter()
            .filter_map(|(name, ratios)| {
                Some(format!(
                    "{name} {:.2} ({})",
                    geometric_mean(ratios)?,
                    ratios.len()
                ))
            })
            .collect();
        (told.len() > 1).then(|| told.join(", "))
    };
    let formats = told(&|duel| duel.case.format.name().to_owned());
    let kinds = told(&|duel| duel.kind.clone());
    let parts: Vec<String> = [("to", formats), ("from", kinds)]
        .into_iter()
        .filter_map(|(way, told)| Some(format!("{way} {}", told?)))
        .collect();
    (!parts.is_empty()).then(|| {
        let text = format!(
            "How many times as fast ({}): {}.",
            source.name(),
            parts.join("; ")
        );
        say(Tone::Neutral, text)
    })
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
    format!(
        " No ratio in {}: {}.",
        words::cases(apart),
        reasons.join(", ")
    )
}

/// Both at our memory.
pub(crate) fn at_equal_memory(seen: &Seen<'_>) -> Option<Sentence> {
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
    let at = format!("With {OURS_MB} MB each");
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

/// Our slowest cases, and how the rival does there.
pub(crate) fn slowest(duels: &[Duel]) -> Option<Sentence> {
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
    use crate::{
        case::Rival,
        judge::fixture::{self, Life},
    };

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
        assert!(
            ahead
                .text
                .contains("is 2.00 times as fast as sharp at 384 MB"),
            "{}",
            ahead.text
        );
        let behind = verdict(200.0, 100.0);
        assert_eq!(behind.tone, Tone::Bad);
        assert!(
            behind
                .text
                .contains("is 0.50 times as fast as sharp at 384 MB"),
            "{}",
            behind.text
        );
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
        let apart = " No ratio in 1 case: edgepix was killed in 1.";
        assert!(verdict[1].text.ends_with(apart), "{}", verdict[1].text);
        assert_eq!(verdict[2].tone, Tone::Bad);
        assert!(
            verdict[2].text.contains("it was killed in b.jpg"),
            "{}",
            verdict[2].text
        );
    }

    #[test]
    fn a_mean_that_one_case_makes_is_neither_good_nor_bad() {
        assert_eq!(tone_of_all(2.0, 1, 6), Tone::Neutral);
        assert_eq!(tone_of_all(2.0, 3, 6), Tone::Good);
        assert_eq!(tone_of_all(0.5, 5, 6), Tone::Neutral);
        assert_eq!(tone_of_all(0.5, 3, 6), Tone::Bad);
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
            report.verdict[1]
                .text
                .contains("over warm misses of 1 case (emulated)")
        );
        assert!(
            report.verdict[2]
                .text
                .contains("over warm misses of 1 case (model)")
        );
    }

    #[test]
    fn at_equal_memory_the_killed_are_told_beside_the_mean() {
        let mut history = fixture::history("a");
        for image in ["a.jpg", "b.jpg"] {
            fixture::answer(&mut history, image, Life::quota(Rival::EDGEPIX, 128), 100.0);
        }
        fixture::answer(&mut history, "a.jpg", Life::quota(Rival::SHARP, 128), 300.0);
        fixture::kill(&mut history, "b.jpg", Life::quota(Rival::SHARP, 128));
        let sentence = &fixture::report(&[history]).verdict[2];
        assert_eq!(
            sentence.text,
            "With 128 MB each, edgepix is 3.00 times as fast as sharp (geometric mean over 1 case, \
             emulated). No ratio in 1 case: sharp was killed in 1."
        );
    }

    #[test]
    fn each_format_has_its_own_mean() {
        let mut history = fixture::history("a");
        for (image, theirs) in [("a.jpg", 300.0), ("b.png", 50.0)] {
            fixture::answer(&mut history, image, Life::quota(Rival::EDGEPIX, 128), 100.0);
            fixture::answer(&mut history, image, Life::quota(Rival::SHARP, 384), theirs);
        }
        let sentence = &fixture::report(&[history]).verdict[2];
        let told = "How many times as fast (emulated): to png 0.50 (1), webp 3.00 (1).";
        assert_eq!(sentence.text, told);
    }
}
