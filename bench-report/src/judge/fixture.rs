//! Made-up runs for the tests of judging and telling: every number in them is chosen, none measured.

use std::collections::BTreeMap;

use super::{history::History, judge_by, report::Report};
use crate::{
    case::{Case, Pace, Rival, Setting, WHOLE_MB, share},
    format::{Format, Side},
    prices::Prices,
    sample::{
        Answer, Artefact, Emulation, End, Ending, Fingerprint, Image, Init, Invocation, Looks,
        Made, Part, Run, SCHEMA, Segment, Start,
    },
};

/// A way to live: by whom, with what, for how long.
#[derive(Clone, Copy)]
pub(crate) struct Life {
    pub(crate) rival: Rival,
    pub(crate) setting: Setting,
    /// Warm misses; odd, so that the middle one takes what is asked.
    pub(crate) warm: u32,
}

impl Life {
    pub(crate) fn full(rival: Rival) -> Self {
        Self::with(rival, WHOLE_MB, Pace::Full)
    }

    pub(crate) fn quota(rival: Rival, memory_mb: u32) -> Self {
        Self::with(rival, memory_mb, Pace::Quota)
    }

    fn with(rival: Rival, memory_mb: u32, pace: Pace) -> Self {
        Self {
            rival,
            setting: Setting { memory_mb, pace },
            warm: 7,
        }
    }
}

/// A judgement by a law that is easy to reckon with: waits stay, processor time is divided by the
/// share.
pub(crate) fn report(runs: &[History]) -> Report {
    let law = |segments: &[Segment], memory_mb, _: f64| {
        let times = segments.iter();
        times
            .map(|s| s.wall_ms - s.cpu_ms + s.cpu_ms / share(memory_mb))
            .sum()
    };
    judge_by(runs, &Prices::load(None).expect("it is built in"), law)
}

/// A run without starts, which came to its end.
pub(crate) fn history(id: &str) -> History {
    let artefact = |name: &str, version: &str| Artefact {
        name: name.to_owned(),
        version: version.to_owned(),
        sha256: None,
        bytes: None,
    };
    History {
        run: Run {
            schema: SCHEMA,
            id: id.to_owned(),
            began: "2026-11-21T00:15:00Z".to_owned(),
            commit: "3dd30d9".to_owned(),
            machine: machine("A Processor"),
            artefacts: vec![
                artefact("edgepix", "0.1.0"),
                artefact("sharp", "0.35.5, node 24.19.0"),
            ],
            emulation: Emulation {
                groups: "control groups v1".to_owned(),
                period_ms: 20.0,
                overhead_mb: 12,
                core: Some(1),
            },
            ..Default::default()
        },
        end: Some(End {
            is_cut_short: false,
            starts: 0,
            seconds: 60,
        }),
        ..Default::default()
    }
}

pub(crate) fn machine(cpu: &str) -> Fingerprint {
    Fingerprint {
        cpu: cpu.to_owned(),
        cores: 2,
        memory_mb: 8000,
        system: "linux x86_64".to_owned(),
        kernel: "6.1".to_owned(),
        features: Vec::new(),
    }
}

/// A photograph to 400 pixels; its format is WebP, unless its name says that it came as PNG.
pub(crate) fn case(image: &str) -> Case {
    Case {
        image: image.to_owned(),
        width: 400,
        format: if image.ends_with(".png") {
            Format::Png
        } else {
            Format::Webp
        },
    }
}

/// Adds a start that answered every time, its middle warm miss in `wall_ms`, of which nine tenths
/// are processor time at full speed.
pub(crate) fn answer(history: &mut History, image: &str, life: Life, wall_ms: f64) {
    let mut start = start(image, life);
    let sha256 = format!("{} by {}", start.case, life.rival.side);
    let answer = Answer::Image {
        sha256: sha256.clone(),
        bytes: 20_000,
    };
    let middle = f64::from(life.warm / 2);
    start.invocations = (0..=life.warm)
        .map(|index| match index {
            0 => invocation(wall_ms * 1.5, life, &answer),
            _ => {
                let off = (f64::from(index - 1) - middle) / f64::from(life.warm);
                invocation(wall_ms * (1.0 + 0.1 * off), life, &answer)
            }
        })
        .collect();
    start.peak_bytes = Some(match life.rival.side {
        Side::Edgepix => 40 << 20,
        Side::Sharp => 90 << 20,
    });
    look(history, &start.case, life.rival, &sha256, None);
    add(history, start);
}

/// Adds a start that was killed at its first question.
pub(crate) fn kill(history: &mut History, image: &str, life: Life) {
    end(history, image, life, Ending::Killed);
}

/// Adds a start that did not give its first answer in time.
pub(crate) fn late(history: &mut History, image: &str, life: Life) {
    end(history, image, life, Ending::Late { limit_ms: 30_000.0 });
}

/// Adds a start that answered with another image than was asked for.
pub(crate) fn mistake(history: &mut History, image: &str, life: Life, why: &str) {
    let mut start = start(image, life);
    let sha256 = format!("not {}", start.case);
    let answer = Answer::Image {
        sha256: sha256.clone(),
        bytes: 500,
    };
    start.invocations = vec![invocation(5.0, life, &answer)];
    look(history, &start.case, life.rival, &sha256, Some(why));
    add(history, start);
}

fn end(history: &mut History, image: &str, life: Life, ending: Ending) {
    let mut start = start(image, life);
    start.ending = ending;
    add(history, start);
}

/// Adds a start, and its source if that is new.
pub(crate) fn add(history: &mut History, start: Start) {
    let name = &start.case.image;
    if history.images.iter().all(|image| image.name != *name) {
        history.images.push(Image {
            name: name.clone(),
            width: 4000,
            height: 3000,
            bytes: 3_000_000,
            kind: "jpeg 4:2:0".to_owned(),
            credit: "nobody".to_owned(),
        });
    }
    history.starts.push(start);
}

/// A start without invocations.
pub(crate) fn start(image: &str, life: Life) -> Start {
    let init_ms = match life.rival {
        Rival::EDGEPIX => 16.0,
        Rival::EDGEPIX_AT_EDGE => 60.0,
        _ => 240.0,
    };
    Start {
        case: case(image),
        rival: life.rival,
        setting: life.setting,
        round: 0,
        init: Some(Init {
            wall_ms: init_ms,
            cpu_ms: init_ms / 2.0,
            major_faults: 40,
        }),
        invocations: Vec::new(),
        ending: Ending::Asked,
        peak_bytes: None,
        group_peak_bytes: None,
        throttled_ms: (life.setting.pace == Pace::Quota).then_some(100.0),
    }
}

fn invocation(wall_ms: f64, life: Life, answer: &Answer) -> Invocation {
    let share = match life.setting.pace {
        Pace::Full => 1.0,
        Pace::Quota => share(life.setting.memory_mb),
    };
    let part = |part, of: f64, is_wait: bool| Segment {
        part,
        wall_ms: wall_ms * of,
        cpu_ms: if is_wait { 0.0 } else { wall_ms * of * share },
    };
    let segments = vec![
        part(Part::Ask, 0.1, false),
        part(Part::Wait, 0.1, true),
        part(Part::Body, 0.5, false),
        part(Part::Finish, 0.3, false),
    ];
    let stages = [("decode", 0.5), ("encode", 0.25)];
    Invocation {
        wall_ms,
        cpu_ms: segments.iter().map(|segment| segment.cpu_ms).sum(),
        segments,
        answer: answer.clone(),
        stages_ms: match life.rival.side {
            Side::Edgepix => stages
                .map(|(name, of)| (name.to_owned(), wall_ms * of))
                .into(),
            Side::Sharp => BTreeMap::new(),
        },
    }
}

fn look(history: &mut History, case: &Case, rival: Rival, sha256: &str, fault: Option<&str>) {
    if history.made.iter().any(|made| made.sha256 == sha256) {
        return;
    }
    let (bytes, score) = match rival.side {
        Side::Edgepix => (20_000, 76.0),
        Side::Sharp => (22_000, 75.0),
    };
    history.made.push(Made {
        case: case.clone(),
        rival,
        sha256: sha256.to_owned(),
        bytes,
        looks: match fault {
            Some(why) => Err(why.to_owned()),
            None => Ok(Looks {
                width: 400,
                height: 300,
                score,
            }),
        },
        picture: None,
    });
}
