//! Made-up originals, and what a result of one takes.

use crate::{
    case::{Case, Rival, share},
    format::Format,
    judge::report::Fate,
};

/// What an origin takes, in ms of waiting.
pub(super) const WAIT_MS: f64 = 27.0;

/// An original, and what a result of it costs sharp in ms of a whole processor by format (jpeg, webp,
/// avif, png), how much less it costs us, and the memory that each takes in MB.
pub(super) struct Subject {
    pub(super) name: &'static str,
    pub(super) size: (u32, u32),
    pub(super) kind: &'static str,
    pub(super) sharp_ms: [f64; 4],
    pub(super) gain: f64,
    pub(super) ours_mb: f64,
    pub(super) theirs_mb: f64,
}

pub(super) const SUBJECTS: [Subject; 5] = [
    Subject {
        name: "lake-2400x1600.jpg",
        size: (2400, 1600),
        kind: "jpeg 4:2:0 baseline",
        sharp_ms: [14.0, 20.0, 450.0, 31.0],
        gain: 2.4,
        ours_mb: 21.0,
        theirs_mb: 92.0,
    },
    Subject {
        name: "dragonfly-4864x3200.jpg",
        size: (4864, 3200),
        kind: "jpeg 4:2:0 baseline",
        sharp_ms: [54.0, 61.0, 480.0, 66.0],
        gain: 2.5,
        ours_mb: 24.0,
        theirs_mb: 107.0,
    },
    Subject {
        name: "calla-4700x3200.png",
        size: (4700, 3200),
        kind: "png rgba",
        sharp_ms: [520.0, 528.0, 930.0, 530.0],
        gain: 5.1,
        ours_mb: 38.0,
        theirs_mb: 118.0,
    },
    Subject {
        name: "bridge-4864x3100-progressive.jpg",
        size: (4864, 3100),
        kind: "jpeg 4:2:0 progressive",
        sharp_ms: [300.0, 306.0, 720.0, 310.0],
        gain: 4.2,
        ours_mb: 71.0,
        theirs_mb: 171.0,
    },
    Subject {
        name: "umang-1200x800.jpg",
        size: (1200, 800),
        kind: "jpeg 4:4:4 baseline",
        sharp_ms: [6.0, 10.5, 402.0, 12.0],
        gain: 1.4,
        ours_mb: 18.0,
        theirs_mb: 84.0,
    },
];

/// Processor time of a warm miss in ms.
pub(super) fn cpu_ms(case: &Case, subject: &Subject, rival: Rival) -> f64 {
    let at = Format::ALL
        .iter()
        .position(|it| *it == case.format)
        .unwrap_or(0);
    let sharp = subject.sharp_ms[at];
    match rival {
        Rival::SHARP => sharp,
        _ if case.format == Format::Avif => sharp / 13.0,
        _ => sharp / subject.gain,
    }
}

/// A warm miss in ms at a setting.
pub(super) fn warm_ms(cpu_ms: f64, memory_mb: u32) -> f64 {
    WAIT_MS + cpu_ms / share(memory_mb)
}

pub(super) fn is_killed(subject: &Subject, rival: Rival, memory_mb: u32) -> bool {
    rival == Rival::SHARP && subject.theirs_mb + 12.0 > f64::from(memory_mb)
}

pub(super) fn fate(case: &Case, subject: &Subject, rival: Rival, memory_mb: u32) -> Fate {
    let p50_ms = warm_ms(cpu_ms(case, subject, rival), memory_mb);
    if is_killed(subject, rival, memory_mb) {
        Fate::Killed
    } else if p50_ms > 9000.0 {
        Fate::Late
    } else {
        Fate::Answered {
            p50_ms,
            samples: 24,
        }
    }
}

pub(super) fn megapixels(subject: &Subject) -> f64 {
    f64::from(subject.size.0) * f64::from(subject.size.1) / 1e6
}
