//! Cold starts: initialisation, and the first answer with it.

use std::collections::{BTreeMap, BTreeSet};

use super::{say, tone};
use crate::{
    case::{Case, Pace, Rival},
    judge::{
        Seen,
        pool::Pool,
        report::{OURS_MB, Sentence, Source, THEIRS_MB, Tone},
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

/// One sentence for initialisation, one for the first answer.
pub(crate) fn starts(seen: &Seen<'_>) -> Vec<Sentence> {
    [inits(seen), answers(seen)].into_iter().flatten().collect()
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
                if key.source == source && RIVALS.contains(&place) && !cell.cold_ms.is_empty() {
                    sets.entry(place).or_default().insert(key.case);
                }
            }
            let (places, cases) = shared_cases(&sets);
            let is_tried = |rival| seen.cells.keys().any(|key| key.rival == rival);
            let has_both = [RIVALS[0], RIVALS[2]]
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
        assert!(
            told[1].ends_with("(sharp at 384 MB); medians over 1 case, model."),
            "{told:?}"
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
