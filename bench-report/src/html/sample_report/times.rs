//! Made-up parts and distributions of times.

use super::{
    rivals,
    subject::{Subject, cpu_ms},
};
use crate::{
    case::{Case, Rival, share},
    format::Format,
    judge::report::{Bar, Distribution, Source, Summary, Waterfall},
    sample::Part,
};

pub(super) fn waterfalls(cases: &[(Case, &Subject)]) -> Vec<Waterfall> {
    let mut waterfalls = Vec::new();
    for (at, (case, subject)) in cases.iter().enumerate() {
        for &rival in rivals(at) {
            let memory_mb = if rival == Rival::SHARP { 384 } else { 128 };
            for is_cold in [true, false] {
                let cpu = cpu_ms(case, subject, rival);
                let throttled = |cpu: f64| cpu / share(memory_mb);
                let bar = |part, cpu_ms: f64, wait_ms: f64| Bar {
                    part,
                    wall_ms: throttled(cpu_ms) + wait_ms,
                    cpu_ms,
                };
                let init_ms = match rival {
                    Rival::SHARP => 310.0,
                    Rival::EDGEPIX => 14.0,
                    _ => 82.0,
                };
                let init = Bar {
                    part: None,
                    wall_ms: init_ms,
                    cpu_ms: init_ms * 0.9,
                };
                let ask = if is_cold { 3.0 } else { 0.4 };
                let invocation = [
                    bar(Some(Part::Ask), ask, 1.0),
                    bar(Some(Part::Wait), 0.1, 25.0),
                    bar(Some(Part::Body), cpu * 0.6, 8.0),
                    bar(Some(Part::Finish), cpu * 0.4, 0.0),
                ];
                waterfalls.push(Waterfall {
                    case: case.clone(),
                    rival,
                    source: Source::Emulated,
                    memory_mb,
                    is_cold,
                    bars: is_cold
                        .then_some(init)
                        .into_iter()
                        .chain(invocation)
                        .collect(),
                    samples: 12,
                });
            }
        }
    }
    waterfalls
}

pub(super) fn distributions() -> Vec<Distribution> {
    let mut all = Vec::new();
    for (at, format) in (0_u8..).zip(Format::ALL) {
        for (rival, memory_mb) in [
            (Rival::EDGEPIX, 128),
            (Rival::EDGEPIX_AT_EDGE, 128),
            (Rival::SHARP, 384),
        ] {
            // The launcher's one case is the first, of the first format.
            if rival == Rival::EDGEPIX_AT_EDGE && at > 0 {
                continue;
            }
            for source in [Source::Model, Source::Emulated] {
                let is_sharp = rival == Rival::SHARP;
                let avif = if format == Format::Avif && is_sharp {
                    9.0
                } else {
                    1.0
                };
                let middle = if is_sharp { 130.0 } else { 95.0 } * avif + 12.0 * f64::from(at);
                let off = if source == Source::Model { 0.97 } else { 1.0 };
                let quantile = |rank: u32| {
                    let share = f64::from(rank) / 100.0;
                    middle * off * (0.45 + share * 1.1 + share.powi(12) * 4.0)
                };
                let samples = if source == Source::Emulated { 310 } else { 240 };
                all.push(Distribution {
                    format,
                    rival,
                    source,
                    memory_mb,
                    summary: Summary {
                        samples,
                        p50_ms: quantile(50),
                        p95_ms: quantile(95),
                        p99_ms: (samples >= 300).then(|| quantile(99)),
                    },
                    quantiles_ms: (0..=100).map(quantile).collect(),
                });
            }
        }
    }
    all
}
