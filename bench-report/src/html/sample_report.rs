//! A made-up report with numbers as they might be, for whoever shows one.

use crate::{
    case::{Case, Rival, share},
    format::Format,
    judge::report::{
        About, Agreement, Bar, CaseDetail, Curve, Distribution, Duel, Fate, Lane, Line, Mark, Peak,
        Point, Recommendation, Report, Sentence, SideDetail, Source, Summary, Tone, Trade,
        Waterfall,
    },
    prices::Offer,
    sample::{Image, Looks, Part},
};

/// The settings of the memory curve.
pub(crate) const MEMORIES: [u32; 6] = [128, 256, 384, 512, 1024, 1769];
const RIVALS: [Rival; 3] = [Rival::EDGEPIX, Rival::EDGEPIX_AT_EDGE, Rival::SHARP];
/// What an origin takes, in ms of waiting.
const WAIT_MS: f64 = 27.0;

/// An original, and what a result of it costs sharp in ms of a whole processor by format (jpeg, webp,
/// avif, png), how much less it costs us, and the memory that each takes in MB.
struct Subject {
    name: &'static str,
    size: (u32, u32),
    kind: &'static str,
    sharp_ms: [f64; 4],
    gain: f64,
    ours_mb: f64,
    theirs_mb: f64,
}

const SUBJECTS: [Subject; 5] = [
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

/// A report of five originals in four formats.
pub(crate) fn sample_report() -> Report {
    made_of(&subjects(SUBJECTS.len()))
}

/// A report as large as one of 5,000 samples: 60 cases by three rivals in six settings, emulated and
/// by the model, with everything in it that there is room for.
pub(crate) fn large_report() -> Report {
    made_of(&subjects(15))
}

/// A report as large as another of 5,000 samples: 120 cases by two rivals, emulated in two settings.
pub(crate) fn wide_report() -> Report {
    let mut report = made_of(&subjects(30));
    let is_launcher = |rival: Rival| rival == Rival::EDGEPIX_AT_EDGE;
    report.curve.lines.retain(|it| !is_launcher(it.rival));
    report.waterfalls.retain(|it| !is_launcher(it.rival));
    report.trades.retain(|it| !is_launcher(it.rival));
    report.peaks.retain(|it| !is_launcher(it.rival));
    report.agreement.retain(|it| !is_launcher(it.rival));
    for detail in &mut report.cases {
        detail.sides.retain(|it| !is_launcher(it.rival));
        for side in &mut detail.sides {
            side.fates
                .retain(|it| it.1 == Source::Model || [128, 384].contains(&it.0));
        }
    }
    report
}

/// So many originals, the five over and over under other names.
fn subjects(count: usize) -> Vec<(String, &'static Subject)> {
    let all = SUBJECTS.iter().cycle().take(count).enumerate();
    all.map(|(at, subject)| {
        let name = match at / SUBJECTS.len() {
            0 => subject.name.to_owned(),
            round => format!("{round}-{}", subject.name),
        };
        (name, subject)
    })
    .collect()
}

fn made_of(subjects: &[(String, &'static Subject)]) -> Report {
    let cases: Vec<(Case, &Subject)> = subjects
        .iter()
        .flat_map(|(name, subject)| {
            Format::ALL.map(|format| {
                let case = Case {
                    image: name.clone(),
                    width: 400,
                    format,
                };
                (case, *subject)
            })
        })
        .collect();
    Report {
        about: about(),
        verdict: verdict(),
        doubts: vec![
            "The origin and the function shared two cores with other work; the quota held all the \
             same."
                .to_owned(),
        ],
        curve: curve(cases.len()),
        launch: None,
        waterfalls: waterfalls(&cases),
        distributions: distributions(),
        duels: cases
            .iter()
            .map(|(case, subject)| duel(case, subject))
            .collect(),
        trades: by_rival(&cases, trade),
        peaks: by_rival(&cases, peak),
        history: history(),
        agreement: cases
            .iter()
            .flat_map(|(case, subject)| agreement(case, subject))
            .collect(),
        cases: cases
            .iter()
            .map(|(case, subject)| detail(case, subject))
            .collect(),
    }
}

/// Processor time of a warm miss in ms.
fn cpu_ms(case: &Case, subject: &Subject, rival: Rival) -> f64 {
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
fn warm_ms(cpu_ms: f64, memory_mb: u32) -> f64 {
    WAIT_MS + cpu_ms / share(memory_mb)
}

fn is_killed(subject: &Subject, rival: Rival, memory_mb: u32) -> bool {
    rival == Rival::SHARP && subject.theirs_mb + 12.0 > f64::from(memory_mb)
}

fn fate(case: &Case, subject: &Subject, rival: Rival, memory_mb: u32) -> Fate {
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

fn about() -> About {
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

fn verdict() -> Vec<Sentence> {
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

fn curve(cases: usize) -> Curve {
    let line = |rival: Rival, source: Source| {
        let cpu = if rival == Rival::SHARP { 96.0 } else { 21.0 };
        let memories: &[u32] = match source {
            Source::Model => &MEMORIES,
            Source::Emulated => &[128, 384],
        };
        let point = |&memory_mb: &u32| {
            let off = if source == Source::Emulated {
                1.03
            } else {
                1.0
            };
            let p50_ms = warm_ms(cpu, memory_mb) * off;
            let samples = if source == Source::Emulated { 480 } else { 240 };
            let mean_ms = p50_ms * 1.4;
            let init_ms = match rival {
                Rival::EDGEPIX => 14.0,
                Rival::EDGEPIX_AT_EDGE => 82.0,
                _ => 310.0,
            };
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
                costs: offers()
                    .iter()
                    .map(|offer| {
                        let gb_seconds = f64::from(memory_mb) / 1024.0 * mean_ms / 1e3;
                        offer.dollars_per_million + gb_seconds * offer.dollars_per_gb_second * 1e6
                    })
                    .collect(),
                tried: cases,
                failed: usize::from(rival == Rival::SHARP && memory_mb == 128) * 4,
            }
        };
        Line {
            rival,
            source,
            points: memories.iter().map(point).collect(),
        }
    };
    let lines =
        [Source::Model, Source::Emulated].map(|source| RIVALS.map(|rival| line(rival, source)));
    Curve {
        lines: lines.concat(),
        offers: offers(),
        recommendations: (0..3)
            .map(|offer| Recommendation {
                offer,
                cheapest_mb: 128,
                fastest_mb: 1769,
                balanced_mb: 256,
                sentence: "128 MB is cheapest; 256 MB halves the latency for 1.1 times the money."
                    .to_owned(),
            })
            .collect(),
        cases,
        tolls: Vec::new(),
    }
}

fn waterfalls(cases: &[(Case, &Subject)]) -> Vec<Waterfall> {
    let mut waterfalls = Vec::new();
    for (case, subject) in cases {
        for (rival, memory_mb) in [(RIVALS[0], 128), (RIVALS[1], 128), (RIVALS[2], 384)] {
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

fn distributions() -> Vec<Distribution> {
    let mut all = Vec::new();
    for (at, format) in (0_u8..).zip(Format::ALL) {
        for (rival, memory_mb) in [(RIVALS[0], 128), (RIVALS[2], 384)] {
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

fn duel(case: &Case, subject: &Subject) -> Duel {
    let ours = fate(case, subject, Rival::EDGEPIX, 128);
    // One that shows what an error looks like.
    let fails = case.format == Format::Png && subject.kind.contains("progressive");
    let theirs = if fails {
        Fate::Failed("the original came back".to_owned())
    } else {
        fate(case, subject, Rival::SHARP, 384)
    };
    let ratio = match (&ours, &theirs) {
        (Fate::Answered { p50_ms: ours, .. }, Fate::Answered { p50_ms: theirs, .. }) => {
            Some(theirs / ours)
        }
        _ => None,
    };
    Duel {
        case: case.clone(),
        kind: subject.kind.to_owned(),
        megapixels: megapixels(subject),
        source: Source::Emulated,
        ours,
        ours_mb: 128,
        theirs,
        theirs_mb: 384,
        ratio,
    }
}

fn megapixels(subject: &Subject) -> f64 {
    f64::from(subject.size.0) * f64::from(subject.size.1) / 1e6
}

fn by_rival<T>(cases: &[(Case, &Subject)], of: impl Fn(&Case, &Subject, Rival) -> T) -> Vec<T> {
    let of = &of;
    cases
        .iter()
        .flat_map(|(case, subject)| RIVALS.map(|rival| of(case, subject, rival)))
        .collect()
}

fn trade(case: &Case, subject: &Subject, rival: Rival) -> Trade {
    let (bytes, looks) = made(case, subject, rival);
    Trade {
        case: case.clone(),
        rival,
        bytes,
        score: looks.score,
        cpu_ms: cpu_ms(case, subject, rival),
    }
}

fn made(case: &Case, subject: &Subject, rival: Rival) -> (u64, Looks) {
    let (bytes, score) = match case.format {
        Format::Jpeg => (34_000, 79.5),
        Format::Webp => (25_000, 77.0),
        Format::Avif => (19_500, 78.2),
        Format::Png => (210_000, 99.1),
    };
    // Some are harder than others.
    let hard = u64::from(subject.size.1 % 7);
    let is_sharp = rival == Rival::SHARP;
    let looks = Looks {
        width: 400,
        height: 267,
        score: score - if is_sharp { 2.5 } else { 0.0 } - megapixels(subject) % 3.0,
    };
    (bytes * (10 + hard) / if is_sharp { 9 } else { 10 }, looks)
}

fn peak(case: &Case, subject: &Subject, rival: Rival) -> Peak {
    let mb = if rival == Rival::SHARP {
        subject.theirs_mb
    } else {
        subject.ours_mb
    };
    let is_avif = case.format == Format::Avif;
    let mb = if is_avif { mb + 14.0 } else { mb };
    let is_over = mb + 12.0 > 128.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few MB, above 0"
    )]
    let bytes = (mb * 1_048_576.0) as u64;
    Peak {
        case: case.clone(),
        rival,
        megapixels: megapixels(subject),
        bytes: (!is_over).then_some(bytes),
        memory_mb: 128,
    }
}

fn history() -> Vec<Lane> {
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

fn agreement(case: &Case, subject: &Subject) -> Vec<Agreement> {
    let mut all = Vec::new();
    for rival in RIVALS {
        for memory_mb in [128, 384] {
            if is_killed(subject, rival, memory_mb) {
                continue;
            }
            let model_ms = warm_ms(cpu_ms(case, subject, rival), memory_mb);
            let off = if subject.gain < 1.5 { 1.12 } else { 1.02 };
            let emulated_ms = model_ms * off;
            all.push(Agreement {
                case: case.clone(),
                rival,
                memory_mb,
                model_ms,
                emulated_ms,
                allowed_ms: (emulated_ms * 0.05).max(10.0),
                samples: 12,
            });
        }
    }
    all
}

fn detail(case: &Case, subject: &Subject) -> CaseDetail {
    let side = |rival: Rival| {
        let mut fates = Vec::new();
        for memory_mb in MEMORIES {
            for source in [Source::Model, Source::Emulated] {
                fates.push((memory_mb, source, fate(case, subject, rival, memory_mb)));
            }
        }
        let cpu_ms = cpu_ms(case, subject, rival);
        let (bytes, looks) = made(case, subject, rival);
        let stages = [("decode", 0.55), ("resize", 0.15), ("encode", 0.3)];
        SideDetail {
            rival,
            made: Some((bytes, Ok(looks))),
            picture: (rival != Rival::EDGEPIX_AT_EDGE).then(|| {
                format!(
                    "report-pictures/{}/{}.{}",
                    rival.side,
                    case.image,
                    case.format.name()
                )
            }),
            fates,
            cpu_ms: Some(cpu_ms),
            peak_bytes: peak(case, subject, rival).bytes,
            stages_ms: if rival == Rival::SHARP {
                Vec::new()
            } else {
                stages
                    .map(|(name, share)| (name.to_owned(), cpu_ms * share))
                    .to_vec()
            },
        }
    };
    CaseDetail {
        case: case.clone(),
        image: Image {
            name: case.image.clone(),
            width: subject.size.0,
            height: subject.size.1,
            bytes: 3_400_000,
            kind: subject.kind.to_owned(),
            credit: "A. Photographer, CC BY 4.0".to_owned(),
        },
        sides: RIVALS.map(side).to_vec(),
    }
}
