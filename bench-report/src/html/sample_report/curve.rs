//! A made-up curve.

use super::{MEMORIES, subject::warm_ms};
use crate::{
    case::{Rival, share},
    judge::report::{Curve, Line, Point, Recommendation, Source, Summary},
    prices::Offer,
};

fn offers() -> Vec<Offer> {
    [
        ("Lambda@Edge", 0.6, 5.001e-5),
        ("Lambda, x86_64", 0.2, 1.666_67e-5),
        ("Lambda, arm64", 0.2, 1.333_34e-5),
    ]
    .map(|(name, dollars_per_million, dollars_per_gb_second)| Offer {
        name: name.to_owned(),
        dollars_per_million,
        dollars_per_gb_second,
    })
    .to_vec()
}

/// A point of a line; off by a few percent where it was emulated.
fn point(rival: Rival, source: Source, memory_mb: u32) -> Point {
    let (cpu_ms, init_ms) = if rival == Rival::SHARP {
        (96.0, 310.0)
    } else {
        (21.0, 14.0)
    };
    let (off, samples) = match source {
        Source::Emulated => (1.03, 480),
        Source::Model => (1.0, 240),
    };
    let p50_ms = warm_ms(cpu_ms, memory_mb) * off;
    let mean_ms = p50_ms * 1.4;
    let costs = offers().into_iter().map(|offer| {
        let gb_seconds = f64::from(memory_mb) / 1024.0 * mean_ms / 1e3;
        offer.dollars_per_million + gb_seconds * offer.dollars_per_gb_second * 1e6
    });
    Point {
        memory_mb,
        warm: Summary {
            samples,
            p50_ms,
            p95_ms: p50_ms * 4.2,
            p99_ms: (samples >= 300).then_some(p50_ms * 7.0),
        },
        mean_ms,
        cold_ms: Some(init_ms + p50_ms + 60.0 / share(memory_mb) / 8.0),
        costs: costs.collect(),
        failed: usize::from(rival == Rival::SHARP && memory_mb == 128) * 4,
        tried: 12,
    }
}

/// Lines of the two that have one: behind the launcher only the start differs.
pub(super) fn curve(cases: usize) -> Curve {
    let line = |rival: Rival, source: Source| {
        let memories: &[u32] = match source {
            Source::Model => &MEMORIES,
            Source::Emulated => &[128, 384],
        };
        let points = memories.iter();
        Line {
            rival,
            source,
            points: points.map(|mb| point(rival, source, *mb)).collect(),
        }
    };
    let lines = [Source::Model, Source::Emulated]
        .map(|source| [Rival::EDGEPIX, Rival::SHARP].map(|rival| line(rival, source)));
    let sentence = "128 MB is cheapest; 256 MB halves the latency for 1.1 times the money.";
    let recommendations = (0..3).map(|offer| Recommendation {
        offer,
        cheapest_mb: 128,
        fastest_mb: 1769,
        balanced_mb: 256,
        sentence: sentence.to_owned(),
    });
    Curve {
        lines: lines.concat(),
        offers: offers(),
        recommendations: recommendations.collect(),
        tolls: Vec::new(),
        cases,
    }
}
