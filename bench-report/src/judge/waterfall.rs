//! Where the time of a miss goes.
//!
//! At full speed the parts are as they were measured. At a memory's share of a processor, they are
//! the model's: it knows how long a whole invocation takes, not its parts, since what a part leaves
//! of a period's share is used by the next. So each part is modelled as if it stood alone, and the
//! whole is divided in proportion to that.

use std::collections::BTreeMap;

use super::{
    Seen,
    cells::segments,
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

/// For the first case of each format and each rival: cold and warm, at the headline's memories and
/// at full speed.
pub(crate) fn waterfalls(seen: &Seen<'_>) -> Vec<Waterfall> {
    let mut waterfalls = Vec::new();
    for format in Format::ALL {
        let Some(&case) = seen.cases.iter().find(|case| case.format == format) else {
            continue;
        };
        for &(other, rival) in seen.full.keys() {
            if other == case {
                for memory_mb in HEADLINE_MB.into_iter().chain([WHOLE_MB]) {
                    let both = [true, false]
                        .map(|is_cold| waterfall(seen, case, rival, memory_mb, is_cold));
                    waterfalls.extend(both.into_iter().flatten());
                }
            }
        }
    }
    waterfalls
}

fn waterfall(
    seen: &Seen<'_>,
    case: &Case,
    rival: Rival,
    memory_mb: u32,
    is_cold: bool,
) -> Option<Waterfall> {
    let starts = seen.history.starts.iter().filter(|start| {
        (&start.case, start.rival, start.setting.pace) == (case, rival, Pace::Full)
    });
    let mut samples: Vec<Parts> = Vec::new();
    for start in starts {
        for (index, invocation) in start.invocations.iter().enumerate() {
            let init = start.init.filter(|_| is_cold);
            let is_wanted = (index == 0) == is_cold && init.is_some() == is_cold;
            if is_wanted && seen.looked.is_right(start, &invocation.answer) {
                samples.push(parts(seen, invocation, init, memory_mb));
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
        source: Source::Model,
        memory_mb,
        is_cold,
        bars: names.into_iter().filter_map(bar).collect(),
        samples: samples.len(),
    })
}

/// One sample's parts at a memory.
fn parts(seen: &Seen<'_>, made: &Invocation, init: Option<Init>, memory_mb: u32) -> Parts {
    let period_ms = seen.history.run.emulation.period_ms;
    let latency = |segments: &[Segment]| match memory_mb {
        WHOLE_MB => segments.iter().map(|segment| segment.wall_ms).sum(),
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
