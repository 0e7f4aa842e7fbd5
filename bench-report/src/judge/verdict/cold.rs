//! Cold starts: initialisation, and the first answer with it.

use std::collections::{BTreeMap, BTreeSet};

use super::{misfortune, say, tone};
use crate::{
    case::{Case, Pace, Rival},
    judge::{
        Seen,
        pool::Pool,
        report::{Fate, Launch, OURS_MB, Sentence, Source, THEIRS_MB, Tone},
        shared_cases::shared_cases,
        words,
    },
};

/// Each rival with its memory, in the order they are told.
const RIVALS: [(Rival, u32); 3] = [
    (Rival::EDGEPIX, OURS_MB),
    (Rival::EDGEPIX_AT_EDGE, OURS_MB),
    (Rival::SHARP, THEIRS_MB),
];

/// Those who do the whole suite.
const SUITE: [(Rival, u32); 2] = [RIVALS[0], RIVALS[2]];

/// One sentence for initialisation, one for the first answer, one for the launcher's case.
pub(crate) fn starts(seen: &Seen<'_>, launch: Option<&Launch>) -> Vec<Sentence> {
    let all = [inits(seen), answers(seen), launch.and_then(launched)];
    all.into_iter().flatten().collect()
}

/// Median initialisations. Quota or not makes no difference: none has begun by then. Still, those
/// at full speed are taken if there are any.
fn inits(seen: &Seen<'_>) -> Option<Sentence> {
    let mut times = BTreeMap::new();
    for (rival, _) in RIVALS {
        let at = |pace| {
            let starts = seen.history.starts.iter();
            let here = starts.filter(|start| (start.rival, start.setting.pace) == (rival, pace));
            let inits: Vec<f64> = here.filter_map(|s| Some(s.init?.wall_ms)).collect();
            Pool::of([inits.as_slice()]).median()
        };
        if let Some(ms) = at(Pace::Full).or_else(|| at(Pace::Quota)) {
            times.insert(rival, ms);
        }
    }
    sentence("A cold start initialises in ", &times, "", |rival, _| {
        rival.to_string()
    })
}

/// Cold starts up to the first answer: over the same cases, from one source.
fn answers(seen: &Seen<'_>) -> Option<Sentence> {
    [Source::Emulated, Source::Model]
        .into_iter()
        .find_map(|source| {
            let mut sets: BTreeMap<(Rival, u32), BTreeSet<&Case>> = BTreeMap::new();
            for (key, cell) in &seen.cells {
                let place = (key.rival, key.memory_mb);
                if key.source == source && SUITE.contains(&place) && !cell.cold_ms.is_empty() {
                    sets.entry(place).or_default().insert(key.case);
                }
            }
            let (places, cases) = shared_cases(&sets);
            let is_tried = |rival| seen.cells.keys().any(|key| key.rival == rival);
            let has_both = SUITE
                .iter()
                .all(|place| places.contains(place) || !is_tried(place.0));
            let is_last = source == Source::Model;
            if cases.is_empty() || !has_both && !is_last {
                return None;
            }
            let times: BTreeMap<Rival, f64> = places
                .into_iter()
                .filter_map(|place| {
                    let cells = seen.cells.iter().filter(|(key, _)| {
                        key.source == source
                            && (key.rival, key.memory_mb) == place
                            && cases.contains(key.case)
                    });
                    let pool = Pool::of(cells.map(|(_, cell)| cell.cold_ms.as_slice()));
                    Some((place.0, pool.median()?))
                })
                .collect();
            let over = format!(" over {}, {}", words::cases(cases.len()), source.name());
            let start = "With its first answer a cold start takes ";
            sentence(start, &times, &over, |rival, memory_mb| {
                format!("{rival} at {memory_mb} MB")
            })
        })
}

/// Cold starts in the one case that was started behind the launcher: the launcher between the
/// others, from one source.
fn launched(launch: &Launch) -> Option<Sentence> {
    let fate = |source, (rival, memory_mb)| launch.fate(rival, source, memory_mb);
    let known = |source| {
        let known = RIVALS
            .into_iter()
            .filter(|&place| *fate(source, place) != Fate::Unknown);
        known.count()
    };
    let source = if known(Source::Emulated) >= known(Source::Model) {
        Source::Emulated
    } else {
        Source::Model
    };
    let ms = |place| match fate(source, place) {
        Fate::Answered { p50_ms, .. } => Some(*p50_ms),
        _ => None,
    };
    let name = |place: (Rival, u32)| format!("{} at {} MB", place.0, place.1);
    let times: Vec<String> = RIVALS
        .into_iter()
        .filter_map(|place| Some(format!("{} ({})", words::ms(ms(place)?), name(place))))
        .collect();
    let failures: String = RIVALS
        .into_iter()
        .filter(|&place| *fate(source, place) != Fate::Unknown)
        .filter_map(|place| {
            let what = misfortune(fate(source, place))?;
            Some(format!("; {} {what}", name(place)))
        })
        .collect();
    let tone = match (ms(RIVALS[1]), ms(RIVALS[2])) {
        (Some(ours), Some(theirs)) if ours > 0.0 => tone(theirs / ours),
        _ => Tone::Neutral,
    };
    (!times.is_empty()).then(|| {
        let text = format!(
            "With its first answer a cold start in {}, the one case behind the launcher, takes \
             {}{failures}; medians, {}.",
            launch.case,
            times.join(", "),
            source.name()
        );
        say(tone, text)
    })
}

fn sentence(
    start: &str,
    times: &BTreeMap<Rival, f64>,
    over: &str,
    name: impl Fn(Rival, u32) -> String,
) -> Option<Sentence> {
    let told: Vec<String> = RIVALS
        .into_iter()
        .filter_map(|(rival, memory_mb)| {
            let ms = words::ms(*times.get(&rival)?);
            Some(format!("{ms} ({})", name(rival, memory_mb)))
        })
        .collect();
    let tone = match (times.get(&Rival::EDGEPIX), times.get(&Rival::SHARP)) {
        (Some(ours), Some(theirs)) if *ours > 0.0 => tone(theirs / ours),
        _ => Tone::Neutral,
    };
    (!told.is_empty()).then(|| say(tone, format!("{start}{}; medians{over}.", told.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::fixture::{self, Life};

    fn told(history: crate::judge::history::History) -> Vec<String> {
        let verdict = fixture::report(&[history]).verdict;
        let sentences = verdict.into_iter().map(|sentence| sentence.text);
        sentences
            .filter(|text| text.contains("cold start"))
            .collect()
    }

    #[test]
    fn a_cold_start_is_told_for_each_way_to_boot() {
        let mut history = fixture::history("a");
        for rival in [Rival::EDGEPIX, Rival::EDGEPIX_AT_EDGE, Rival::SHARP] {
            fixture::answer(&mut history, "a.jpg", Life::full(rival), 10.0);
        }
        let told = told(history);
        assert_eq!(
            told[0],
            "A cold start initialises in 16 ms (edgepix), 60 ms (edgepix behind the Python launcher), \
             240 ms (sharp); medians."
        );
        let ends = [
            "(sharp at 384 MB); medians over 1 case, model.",
            "(sharp at 384 MB); medians, model.",
        ];
        for (told, end) in told[1..].iter().zip(ends) {
            assert!(told.ends_with(end), "{told}");
        }
        assert_eq!(told.len(), 3);
    }

    #[test]
    fn the_launcher_is_told_of_its_one_case() {
        let mut history = fixture::history("a");
        for (image, ms) in [("a.jpg", 100.0), ("b.jpg", 900.0), ("c.jpg", 900.0)] {
            fixture::answer(&mut history, image, Life::quota(Rival::EDGEPIX, 128), ms);
        }
        let launcher = Life::quota(Rival::EDGEPIX_AT_EDGE, 128);
        fixture::answer(&mut history, "a.jpg", launcher, 100.0);
        fixture::kill(&mut history, "a.jpg", Life::quota(Rival::SHARP, 384));
        let told = told(history);
        assert_eq!(
            told.last().map(String::as_str),
            Some(
                "With its first answer a cold start in a.jpg -> 400 webp, the one case behind the \
                 launcher, takes 166 ms (edgepix at 128 MB), 210 ms (edgepix behind the Python \
                 launcher at 128 MB); sharp at 384 MB was killed; medians, emulated."
            )
        );
    }

    #[test]
    fn without_a_rival_the_emulated_start_is_told() {
        let mut history = fixture::history("a");
        fixture::answer(&mut history, "a.jpg", Life::full(Rival::EDGEPIX), 10.0);
        fixture::answer(
            &mut history,
            "a.jpg",
            Life::quota(Rival::EDGEPIX, 128),
            100.0,
        );
        let told = told(history);
        assert_eq!(
            told[1],
            "With its first answer a cold start takes 166 ms (edgepix at 128 MB); medians over 1 \
             case, emulated."
        );
    }
}
