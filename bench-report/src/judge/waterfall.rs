//! Where the time of a miss goes.
//!
//! At full speed and under emulation the parts are as they were measured. By the model, at a memory's share of a processor, they are
//! arithmetic: it knows how long a whole invocation takes, not its parts, since what a part leaves
//! of a period's share is used by the next. So each part is modelled as if it stood alone, and the
//! whole is divided in proportion to that.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Seen,
    cells::{Key, segments},
    report::{Bar, HEADLINE_MB, Source, Waterfall},
};
use crate::{
    case::{Case, Pace, Rival, WHOLE_MB},
    format::Format,
    sample::{Init, Invocation, Part, Segment},
    stats::median,
};

/// Wall and processor time by part; none is the initialisation.
type Parts = BTreeMap<Option<Part>, (f64, f64)>;

/// For one case of each format, the first that was emulated if any was, and each rival: cold and warm,
/// at the headline's memories by the model and as emulated, and at full speed.
pub(crate) fn waterfalls(seen: &Seen<'_>) -> Vec<Waterfall> {
    let mut waterfalls = Vec::new();
    for format in Format::ALL {
        let of_format = || seen.cases.iter().filter(|case| case.format == format);
        let Some(&case) = of_format()
            .find(|case| is_emulated(seen, case))
            .or_else(|| of_format().next())
        else {
            continue;
        };
        let here = seen.cells.keys().filter(|key| key.case == case);
        let rivals: BTreeSet<Rival> = here.map(|key| key.rival).collect();
        for rival in rivals {
            for memory_mb in HEADLINE_MB.into_iter().chain([WHOLE_MB]) {
                for source in [Source::Model, Source::Emulated] {
                    if source == Source::Emulated && memory_mb == WHOLE_MB {
                        continue;
                    }
                    let key = Key {
                        case,
                        rival,
                        source,
                        memory_mb,
                    };
                    let both = [true, false].map(|is_cold| waterfall(seen, key, is_cold));
                    waterfalls.extend(both.into_iter().flatten());
                }
            }
        }
    }
    waterfalls
}

/// Whether a case was answered under emulation in a setting that is shown.
fn is_emulated(seen: &Seen<'_>, case: &Case) -> bool {
    seen.cells.iter().any(|(key, cell)| {
        key.case == case
            && key.source == Source::Emulated
            && HEADLINE_MB.contains(&key.memory_mb)
            && cell.is_answered()
    })
}

fn waterfall(seen: &Seen<'_>, key: Key<'_>, is_cold: bool) -> Option<Waterfall> {
    let Key {
        case,
        rival,
        source,
        memory_mb,
    } = key;
    let starts = seen.history.starts.iter().filter(|start| {
        let is_of_source = match source {
            Source::Model => start.setting.pace == Pace::Full,
            Source::Emulated => {
                start.setting.pace == Pace::Quota && start.setting.memory_mb == memory_mb
            }
        };
        (&start.case, start.rival) == (case, rival) && is_of_source
    });
    let mut samples: Vec<Parts> = Vec::new();
    for start in starts {
        for (index, invocation) in start.invocations.iter().enumerate() {
            let init = start.init.filter(|_| is_cold);
            let is_wanted = (index == 0) == is_cold && init.is_some() == is_cold;
            if is_wanted && seen.looked.is_right(start, &invocation.answer) {
                samples.push(parts(seen, invocation, init, source, memory_mb));
            }
        }
    }
    let mut names: Vec<Option<Part>> = samples.iter().flat_map(|p| p.keys().copied()).collect();
    names.sort_unstable();
    names.dedup();
    let bar = |part| {
        let of_part = |time: fn(&(f64, f64)) -> f64| {
            let times: Vec<f64> = samples
                .iter()
                .map(|s| s.get(&part).map_or(0.0, time))
                .collect();
            median(&times)
        };
        Some(Bar {
            part,
            wall_ms: of_part(|(wall_ms, _)| *wall_ms)?,
            cpu_ms: of_part(|(_, cpu_ms)| *cpu_ms)?,
        })
    };
    (!samples.is_empty()).then(|| Waterfall {
        case: case.clone(),
        rival,
        source,
        memory_mb,
        is_cold,
        bars: names.into_iter().filter_map(bar).collect(),
        samples: samples.len(),
    })
}

/// One sample's parts at a memory: as measured where it was emulated, or had a whole processor.
fn parts(
    seen: &Seen<'_>,
    made: &Invocation,
    init: Option<Init>,
    source: Source,
    memory_mb: u32,
) -> Parts {
    let period_ms = seen.history.run.emulation.period_ms;
    let latency = |segments: &[Segment]| match (source, memory_mb) {
        (Source::Emulated, _) | (_, WHOLE_MB) => {
            segments.iter().map(|segment| segment.wall_ms).sum()
        }
        _ => (seen.latency)(segments, memory_mb, period_ms),
    };
    let segments = segments(made);
    let alone: Vec<f64> = segments.iter().map(|&part| latency(&[part])).collect();
    let sum: f64 = alone.iter().sum();
    let scale = if sum > 0.0 {
        latency(&segments) / sum
    } else {
        0.0
    };
    let mut parts = Parts::new();
    if let Some(init) = init {
        parts.insert(None, (init.wall_ms, init.cpu_ms));
    }
    for (segment, alone) in segments.iter().zip(alone) {
        let (wall_ms, cpu_ms) = parts.entry(Some(segment.part)).or_default();
        *wall_ms += alone * scale;
        *cpu_ms += segment.cpu_ms;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::fixture::{self, Life};

    fn walls(memory_mb: u32, is_cold: bool) -> Vec<(Option<Part>, f64)> {
        let mut history = fixture::history("a");
        fixture::answer(&mut history, "a.jpg", Life::full(Rival::EDGEPIX), 100.0);
        let waterfalls = fixture::report(&[history]).waterfalls;
        let mut waterfalls = waterfalls.into_iter();
        let wanted = waterfalls.find(|w| (w.memory_mb, w.is_cold) == (memory_mb, is_cold));
        let bars = wanted.expect("it was measured").bars;
        bars.iter()
            .map(|bar| (bar.part, bar.wall_ms.round()))
            .collect()
    }

    #[test]
    fn at_full_speed_the_parts_are_as_measured() {
        let parts = [
            (Some(Part::Ask), 10.0),
            (Some(Part::Wait), 10.0),
            (Some(Part::Body), 50.0),
            (Some(Part::Finish), 30.0),
        ];
        assert_eq!(walls(WHOLE_MB, false), parts);
    }

    #[test]
    fn an_emulated_case_has_its_measured_parts_beside_the_models() {
        let mut history = fixture::history("a");
        for image in ["a.jpg", "b.jpg"] {
            fixture::answer(&mut history, image, Life::full(Rival::EDGEPIX), 100.0);
        }
        fixture::answer(
            &mut history,
            "b.jpg",
            Life::quota(Rival::EDGEPIX, 384),
            500.0,
        );
        let waterfalls = fixture::report(&[history]).waterfalls;
        assert!(waterfalls.iter().all(|it| it.case.image == "b.jpg"));
        let mut emulated = waterfalls.iter().filter(|it| it.source == Source::Emulated);
        let warm = emulated.find(|it| !it.is_cold).expect("it was measured");
        assert_eq!((warm.memory_mb, warm.samples), (384, 7));
        let walls: Vec<f64> = warm.bars.iter().map(|bar| bar.wall_ms.round()).collect();
        assert_eq!(walls, [50.0, 50.0, 250.0, 150.0]);
        let at_384_mb = waterfalls.iter().filter(|it| it.memory_mb == 384);
        assert_eq!(at_384_mb.count(), 4);
    }

    #[test]
    fn a_share_stretches_work_but_neither_waits_nor_initialisation() {
        let cold = walls(128, true);
        assert_eq!(cold[0], (None, 16.0));
        assert_eq!(cold[2], (Some(Part::Wait), 15.0));
        assert_eq!(
            cold[3],
            (Some(Part::Body), (75.0_f64 * 1769.0 / 128.0).round())
        );
    }
}
