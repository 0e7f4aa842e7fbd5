//! What the Python launcher of Lambda@Edge costs at a cold start.
//!
//! Behind it only the start differs, so it does one case and has no line in the curve. That case is
//! compared, by itself, with the same by the others.

use super::{
    Seen,
    report::{Cold, HEADLINE_MB, Launch},
};
use crate::case::Rival;

/// The launcher's first case, in the order of the suite; none without the launcher.
pub(crate) fn launch(seen: &Seen<'_>) -> Option<Launch> {
    let launched = |case| {
        let mut keys = seen.cells.keys();
        keys.any(|key| key.case == case && key.rival == Rival::EDGEPIX_AT_EDGE)
    };
    let &case = seen.cases.iter().find(|&&case| launched(case))?;
    let here = seen
        .cells
        .iter()
        .filter(|(key, _)| key.case == case && HEADLINE_MB.contains(&key.memory_mb));
    Some(Launch {
        case: case.clone(),
        colds: here
            .map(|(key, cell)| Cold {
                rival: key.rival,
                source: key.source,
                memory_mb: key.memory_mb,
                fate: cell.cold_fate(),
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{
        fixture::{self, Life},
        report::{Fate, Source},
    };

    #[test]
    fn the_launchers_case_is_compared_with_the_same_by_the_others() {
        let mut history = fixture::history("a");
        for (image, ms) in [("a.jpg", 10.0), ("b.jpg", 1000.0), ("c.jpg", 1000.0)] {
            for rival in [Rival::EDGEPIX, Rival::SHARP] {
                fixture::answer(&mut history, image, Life::quota(rival, 128), ms);
            }
        }
        let launcher = Life::quota(Rival::EDGEPIX_AT_EDGE, 128);
        fixture::answer(&mut history, "a.jpg", launcher, 10.0);
        let launch = fixture::report(&[history]).launch.expect("it was launched");
        assert_eq!(launch.case.image, "a.jpg");
        let ms = |rival| launch.fate(rival, Source::Emulated, 128).clone();
        let answered = |p50_ms| Fate::Answered { p50_ms, samples: 1 };
        assert_eq!(ms(Rival::EDGEPIX), answered(16.0 + 15.0));
        assert_eq!(ms(Rival::EDGEPIX_AT_EDGE), answered(60.0 + 15.0));
        assert_eq!(ms(Rival::SHARP), answered(240.0 + 15.0));
    }

    #[test]
    fn without_the_launcher_there_is_nothing_to_compare() {
        let mut history = fixture::history("a");
        fixture::answer(&mut history, "a.jpg", Life::full(Rival::EDGEPIX), 10.0);
        assert_eq!(fixture::report(&[history]).launch, None);
    }
}
