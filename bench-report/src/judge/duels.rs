//! edgepix against its rival case by case, and the model against emulation.

use super::{
    Seen,
    cells::Key,
    curve::is_modelled,
    report::{Agreement, Duel, Fate, OURS_MB, Source, THEIRS_MB},
};
use crate::{
    case::{Case, Rival},
    sample::Image,
};

/// The headline's duels, in the order of the suite.
pub(crate) fn headline(seen: &Seen<'_>) -> Vec<Duel> {
    duels(seen, THEIRS_MB)
}

/// edgepix at [`OURS_MB`] against sharp at `theirs_mb`. A duel is emulated if both sides were, else
/// modelled: never one of each. Without a rival, each of our cases stands alone.
pub(crate) fn duels(seen: &Seen<'_>, theirs_mb: u32) -> Vec<Duel> {
    let is_tried = |side: Rival| seen.cells.keys().any(|key| key.rival == side);
    let is_alone = !is_tried(Rival::SHARP);
    let mut duels = Vec::new();
    for &case in &seen.cases {
        let ours = |source| fate(seen, case, Rival::EDGEPIX, source, OURS_MB);
        let theirs = |source| fate(seen, case, Rival::SHARP, source, theirs_mb);
        let is_known =
            |source| ours(source) != Fate::Unknown && (is_alone || theirs(source) != Fate::Unknown);
        let source = if is_known(Source::Emulated) {
            Source::Emulated
        } else {
            Source::Model
        };
        let (ours, theirs) = (ours(source), theirs(source));
        if ours == Fate::Unknown && theirs == Fate::Unknown {
            continue;
        }
        let image = image(seen, case);
        duels.push(Duel {
            case: case.clone(),
            kind: image.map_or_else(String::new, |image| image.kind.clone()),
            megapixels: image.map_or(0.0, Image::megapixels),
            source,
            ratio: ratio(&ours, &theirs),
            ours,
            ours_mb: OURS_MB,
            theirs,
            theirs_mb,
        });
    }
    duels
}

/// A case's source.
pub(crate) fn image<'a>(seen: &Seen<'a>, case: &Case) -> Option<&'a Image> {
    let images = &seen.history.images;
    images.iter().find(|image| image.name == case.image)
}

fn fate(seen: &Seen<'_>, case: &Case, rival: Rival, source: Source, memory_mb: u32) -> Fate {
    let key = Key {
        case,
        rival,
        source,
        memory_mb,
    };
    let cell = seen.cells.get(&key);
    cell.map_or(Fate::Unknown, |cell| cell.fate())
}

/// Theirs by ours.
fn ratio(ours: &Fate, theirs: &Fate) -> Option<f64> {
    match (ours, theirs) {
        (Fate::Answered { p50_ms: ours, .. }, Fate::Answered { p50_ms: theirs, .. })
            if *ours > 0.0 =>
        {
            Some(theirs / ours)
        }
        _ => None,
    }
}

/// The model beside emulation, wherever a case was answered in both.
pub(crate) fn agreement(seen: &Seen<'_>) -> Vec<Agreement> {
    let half_period_ms = seen.history.run.emulation.period_ms / 2.0;
    let mut all = Vec::new();
    for &case in &seen.cases {
        for (key, cell) in &seen.cells {
            if key.case != case || key.source != Source::Emulated || !is_modelled(key.memory_mb) {
                continue;
            }
            let model = fate(seen, case, key.rival, Source::Model, key.memory_mb);
            if let (
                Fate::Answered {
                    p50_ms: emulated_ms,
                    samples,
                },
                Fate::Answered {
                    p50_ms: model_ms, ..
                },
            ) = (cell.fate(), model)
            {
                all.push(Agreement {
                    case: case.clone(),
                    rival: key.rival,
                    memory_mb: key.memory_mb,
                    model_ms,
                    emulated_ms,
                    allowed_ms: (emulated_ms * 0.05).max(half_period_ms),
                    samples,
                });
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::fixture::{self, Life};

    #[test]
    fn a_duel_is_emulated_only_if_both_sides_were() {
        let mut history = fixture::history("a");
        for rival in [Rival::EDGEPIX, Rival::SHARP] {
            fixture::answer(&mut history, "a.jpg", Life::full(rival), 100.0);
        }
        fixture::answer(
            &mut history,
            "a.jpg",
            Life::quota(Rival::EDGEPIX, 128),
            900.0,
        );
        let duels = |history| fixture::report(&[history]).duels;
        let one = &duels(history.clone())[0];
        assert_eq!(one.source, Source::Model);
        assert!(one.ratio.is_some_and(|ratio| ratio < 0.5), "{one:?}");
        fixture::kill(&mut history, "a.jpg", Life::quota(Rival::SHARP, 384));
        let one = &duels(history)[0];
        assert_eq!((one.source, &one.theirs), (Source::Emulated, &Fate::Killed));
        assert_eq!(one.ratio, None);
    }

    #[test]
    fn one_kill_among_answers_is_what_became_of_the_case() {
        let mut history = fixture::history("a");
        fixture::answer(
            &mut history,
            "a.jpg",
            Life::quota(Rival::EDGEPIX, 128),
            900.0,
        );
        fixture::kill(&mut history, "a.jpg", Life::quota(Rival::EDGEPIX, 128));
        fixture::late(&mut history, "a.jpg", Life::quota(Rival::EDGEPIX, 128));
        assert_eq!(fixture::report(&[history]).duels[0].ours, Fate::Killed);
    }

    #[test]
    fn model_and_emulation_may_differ_by_5_percent_or_half_a_period() {
        let mut history = fixture::history("a");
        for (image, ms) in [("fast.jpg", 1.0), ("slow.jpg", 100.0)] {
            fixture::answer(&mut history, image, Life::full(Rival::EDGEPIX), ms);
            fixture::answer(
                &mut history,
                image,
                Life::quota(Rival::EDGEPIX, 128),
                ms * 12.6,
            );
        }
        let agreement = fixture::report(&[history]).agreement;
        assert_eq!(agreement[0].allowed_ms, 10.0);
        assert!((agreement[1].allowed_ms - 63.0).abs() < 1e-9);
        assert!(agreement.iter().all(Agreement::holds), "{agreement:?}");
    }
}
