//! Results, memory, and everything about one case.

use std::collections::BTreeSet;

use super::{
    Seen,
    cells::Key,
    duels::image,
    report::{CaseDetail, Fate, Peak, SideDetail, Source, Trade},
};
use crate::{
    case::{Case, Pace, Rival},
    sample::Image,
    stats::median,
};

/// Bytes, looks and processor time of each case's usual result, where it is right.
pub(crate) fn trades(seen: &Seen<'_>) -> Vec<Trade> {
    let trade = |(case, rival): (&Case, Rival)| {
        let full = seen.full.get(&(case, rival))?;
        let made = full.made()?;
        let looks = made.looks.as_ref().ok()?;
        Some(Trade {
            case: case.clone(),
            rival,
            bytes: made.bytes,
            score: looks.score,
            cpu_ms: median(&full.cpu_ms)?,
        })
    };
    pairs(seen).into_iter().filter_map(trade).collect()
}

/// The most memory each case took, and each emulated setting in which it was killed.
pub(crate) fn peaks(seen: &Seen<'_>) -> Vec<Peak> {
    let mut peaks = Vec::new();
    for (case, rival) in pairs(seen) {
        let megapixels = image(seen, case).map_or(0.0, Image::megapixels);
        let mut add = |bytes, memory_mb| {
            peaks.push(Peak {
                case: case.clone(),
                rival,
                megapixels,
                bytes,
                memory_mb,
            });
        };
        if let Some((bytes, memory_mb)) = peak(seen, case, rival) {
            add(Some(bytes), memory_mb);
        }
        for (memory_mb, source, fate) in fates(seen, case, rival) {
            if source == Source::Emulated && fate == Fate::Killed {
                add(None, memory_mb);
            }
        }
    }
    peaks
}

/// The highest peak of a case's starts at full speed, where nothing was short, or else of those under
/// a quota; with the memory that the function had been given.
fn peak(seen: &Seen<'_>, case: &Case, rival: Rival) -> Option<(u64, u32)> {
    let highest = |pace| {
        let starts =
            seen.history.starts.iter().filter(|start| {
                (&start.case, start.rival, start.setting.pace) == (case, rival, pace)
            });
        starts
            .filter_map(|start| Some((start.peak_bytes?, start.setting.memory_mb)))
            .max()
    };
    highest(Pace::Full).or_else(|| highest(Pace::Quota))
}

/// Everything about each case whose source is known.
pub(crate) fn cases(seen: &Seen<'_>) -> Vec<CaseDetail> {
    let pairs = pairs(seen);
    let detail = |&case: &&Case| {
        let sides = pairs.iter().filter(|(other, _)| *other == case);
        Some(CaseDetail {
            case: case.clone(),
            image: image(seen, case)?.clone(),
            sides: sides
                .map(|&(case, rival)| side(seen, case, rival))
                .collect(),
        })
    };
    seen.cases.iter().filter_map(detail).collect()
}

fn side(seen: &Seen<'_>, case: &Case, rival: Rival) -> SideDetail {
    let full = seen.full.get(&(case, rival));
    let made = full.and_then(|full| full.made());
    SideDetail {
        rival,
        made: made.map(|made| (made.bytes, made.looks.clone())),
        picture: made.and_then(|made| made.picture.clone()),
        fates: fates(seen, case, rival),
        cpu_ms: full.and_then(|full| median(&full.cpu_ms)),
        peak_bytes: peak(seen, case, rival).map(|(bytes, _)| bytes),
        stages_ms: full.map_or_else(Vec::new, |full| {
            let stages = full.stages_ms.iter();
            let medians = stages.map(|(name, times)| Some(((*name).to_owned(), median(times)?)));
            medians.flatten().collect()
        }),
    }
}

/// What became of a case, by memory and source.
fn fates(seen: &Seen<'_>, case: &Case, rival: Rival) -> Vec<(u32, Source, Fate)> {
    let is_here = |key: &Key<'_>| key.case == case && key.rival == rival;
    let cells = seen.cells.iter().filter(|(key, _)| is_here(key));
    let mut fates: Vec<_> = cells
        .map(|(key, cell)| (key.memory_mb, key.source, cell.fate()))
        .collect();
    fates.sort_by_key(|(memory_mb, source, _)| (*memory_mb, *source));
    fates
}

/// All cases with the rivals that were given them, in the order of the suite.
fn pairs<'a>(seen: &Seen<'a>) -> Vec<(&'a Case, Rival)> {
    let known: BTreeSet<(&Case, Rival)> =
        seen.cells.keys().map(|key| (key.case, key.rival)).collect();
    let of_case = |&case: &&'a Case| {
        let known = known.iter().filter(move |(other, _)| *other == case);
        known
            .map(move |(_, rival)| (case, *rival))
            .collect::<Vec<_>>()
    };
    seen.cases.iter().flat_map(of_case).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::fixture::{self, Life};

    #[test]
    fn a_kill_is_a_peak_without_bytes_in_its_setting() {
        let mut history = fixture::history("a");
        fixture::answer(&mut history, "a.jpg", Life::full(Rival::SHARP), 10.0);
        fixture::kill(&mut history, "a.jpg", Life::quota(Rival::SHARP, 128));
        let peaks = fixture::report(&[history]).peaks;
        let peaks: Vec<_> = peaks
            .iter()
            .map(|peak| (peak.bytes, peak.memory_mb))
            .collect();
        assert_eq!(peaks, [(Some(90 << 20), 1769), (None, 128)]);
    }

    #[test]
    fn without_full_speed_the_peak_is_that_under_a_quota() {
        let mut history = fixture::history("a");
        fixture::answer(
            &mut history,
            "a.jpg",
            Life::quota(Rival::EDGEPIX, 128),
            10.0,
        );
        let peaks = fixture::report(&[history]).peaks;
        assert_eq!((peaks[0].bytes, peaks[0].memory_mb), (Some(40 << 20), 128));
    }

    #[test]
    fn a_wrong_image_is_no_trade_but_its_reason_is_shown() {
        let mut history = fixture::history("a");
        fixture::mistake(
            &mut history,
            "a.jpg",
            Life::full(Rival::SHARP),
            "it is upside down",
        );
        let report = fixture::report(&[history]);
        assert_eq!(report.trades, []);
        let made = &report.cases[0].sides[0].made;
        assert_eq!(made, &Some((22_000, Err("it is upside down".to_owned()))));
    }

    #[test]
    fn stages_are_medians_of_warm_misses() {
        let mut history = fixture::history("a");
        fixture::answer(&mut history, "a.jpg", Life::full(Rival::EDGEPIX), 40.0);
        let side = &fixture::report(&[history]).cases[0].sides[0];
        let stages = [("decode".to_owned(), 20.0), ("encode".to_owned(), 10.0)];
        assert_eq!(side.stages_ms, stages);
    }
}
