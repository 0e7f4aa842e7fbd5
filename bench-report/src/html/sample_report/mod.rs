//! A made-up report with numbers as they might be, for whoever shows one.

mod curve;
mod results;
mod subject;
mod times;
mod words;

use curve::curve;
use results::{detail, peak, trade};
use subject::{SUBJECTS, Subject, cpu_ms, fate, is_killed, megapixels, warm_ms};
use times::{distributions, waterfalls};
use words::{about, history, verdict};

use crate::{
    case::{Case, Rival},
    format::Format,
    judge::report::{Agreement, Duel, Fate, Report, Source},
};

/// The settings of the memory curve.
pub(crate) const MEMORIES: [u32; 6] = [128, 256, 384, 512, 1024, 1769];
/// Who does the first case, and of them who does the others: the launcher does the first alone.
const RIVALS: [Rival; 3] = [Rival::EDGEPIX, Rival::SHARP, Rival::EDGEPIX_AT_EDGE];

fn rivals(case: usize) -> &'static [Rival] {
    if case == 0 { &RIVALS } else { &RIVALS[..2] }
}

/// A report of five originals in four formats.
pub(crate) fn sample_report() -> Report {
    made_of(&subjects(SUBJECTS.len()))
}

/// A report as large as one of 5,000 samples: 60 cases in six settings, emulated and
/// by the model, with everything in it that there is room for.
pub(crate) fn large_report() -> Report {
    made_of(&subjects(15))
}

/// A report as large as another of 5,000 samples: 120 cases, emulated in two settings.
pub(crate) fn wide_report() -> Report {
    let mut report = made_of(&subjects(30));
    for side in report.cases.iter_mut().flat_map(|it| &mut it.sides) {
        side.fates
            .retain(|it| it.1 == Source::Model || [128, 384].contains(&it.0));
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
            .enumerate()
            .flat_map(|(at, (case, subject))| agreement(case, subject, rivals(at)))
            .collect(),
        cases: cases
            .iter()
            .enumerate()
            .map(|(at, (case, subject))| detail(case, subject, rivals(at)))
            .collect(),
    }
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

fn by_rival<T>(cases: &[(Case, &Subject)], of: impl Fn(&Case, &Subject, Rival) -> T) -> Vec<T> {
    let of = &of;
    let all = cases.iter().enumerate().flat_map(|(at, (case, subject))| {
        let rivals = rivals(at).iter();
        rivals.map(move |rival| of(case, subject, *rival))
    });
    all.collect()
}

fn agreement(case: &Case, subject: &Subject, rivals: &[Rival]) -> Vec<Agreement> {
    let mut all = Vec::new();
    for &rival in rivals {
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
