//! Cold starts: initialisation, and the first answer with it.

use std::collections::{BTreeMap, BTreeSet};

use super::{OURS_MB, THEIRS_MB, say, tone};
use crate::{
    case::{Case, Pace, Rival},
    judge::{
        Seen,
        common::common,
        pool::Pool,
        report::{Sentence, Source, Tone},
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
    sentence("A cold start initialises in ", &times, |rival, _| {
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
            let (places, cases) = common(&sets);
            let has_both = [RIVALS[0], RIVALS[2]]
                .iter()
                .all(|rival| places.contains(rival));
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
            let start = format!(
                "With its first answer, a cold start takes ({}, {}) ",
                words::cases(cases.len()),
                source.name()
            );
            sentence(&start, &times, |rival, memory_mb| {
                format!("{rival} at {memory_mb} MB")
            })
        })
}

fn sentence(
    start: &str,
    times: &BTreeMap<Rival, f64>,
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
    (!told.is_empty()).then(|| say(tone, format!("{start}{}.", told.join(", "))))
}
