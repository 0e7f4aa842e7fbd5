//! What a made-up report says of itself, and those before it.

use crate::{
    case::Rival,
    judge::report::{About, Lane, Mark, Sentence, Tone},
};

pub(super) fn about() -> About {
    About {
        run: "20261121T001500Z-3dd30d9".to_owned(),
        date: "21 November 2026, 00:15 UTC".to_owned(),
        commit: "3dd30d9".to_owned(),
        machine: "Example CPU 3000, 2 cores, linux x86_64".to_owned(),
        artefacts: vec![
            "edgepix 0.1.0".to_owned(),
            "sharp 0.35.5, node 24.19.0".to_owned(),
        ],
        assumptions: vec![
            "A share of the processor is given out every 20 ms.".to_owned(),
            "The origin answers after 25 ms and sends 40 MB a second.".to_owned(),
            "Prices are those of 2026-11-20.".to_owned(),
        ],
        starts: 1080,
        invocations: 5000,
    }
}

pub(super) fn verdict() -> Vec<Sentence> {
    let sentence = |text: &str, tone| Sentence {
        text: text.to_owned(),
        tone,
    };
    vec![
        sentence(
            "edgepix at 128 MB answers a cache miss in 0.62 times the time of sharp at 384 MB, for \
             0.28 times the money.",
            Tone::Good,
        ),
        sentence(
            "edgepix was never killed; sharp was at 128 MB in 4 of 20 cases.",
            Tone::Good,
        ),
        sentence(
            "sharp at 384 MB is faster for baseline JPEG to JPEG: edgepix at 128 MB takes 1.2 times \
             as long.",
            Tone::Bad,
        ),
        sentence(
            "The model and the emulation agree in 108 of 120 settings.",
            Tone::Neutral,
        ),
    ]
}

pub(super) fn history() -> Vec<Lane> {
    let mark = |at: u8, rival: Rival, cpu_ms: f64| Mark {
        run: format!("202611{:02}T000000Z-{at:07x}", at + 1),
        commit: format!("{at:07x}"),
        date: format!("{} November 2026", at + 1),
        rival,
        cpu_ms,
        cases: 20,
    };
    let runs = (0..12).flat_map(|at| {
        let drift = f64::from(at);
        [
            mark(at, Rival::EDGEPIX, 34.0 - drift * 0.9),
            mark(at, Rival::SHARP, 96.0 + (drift * 1.7).sin() * 2.0),
        ]
    });
    vec![
        Lane {
            machine: "Example CPU 3000, 2 cores, linux x86_64".to_owned(),
            marks: runs.collect(),
        },
        Lane {
            machine: "Another, with one run".to_owned(),
            marks: vec![mark(3, Rival::EDGEPIX, 20.0)],
        },
    ]
}
