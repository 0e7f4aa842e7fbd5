//! Writes a run and its verdicts for people.

use std::collections::BTreeMap;

use super::{
    curve::EqualScore,
    judge::{Comparison, Group, Summary, Verdict, groups, judge},
    run::{Measured, Run},
};
use crate::{
    format::{Format, Side},
    stats::median,
    table::{Style, Table, numbers, words},
};

/// The whole report: whose numbers, per case, what went wrong, per group, how to read it.
pub(crate) fn report(run: &Run, style: Style) -> String {
    let mut judged: Vec<(&Measured, Verdict)> =
        run.cases.iter().map(|case| (case, judge(case))).collect();
    judged.sort_by(|(a, _), (b, _)| {
        let key = |m: &Measured| (m.case.kind.clone(), m.case.width, m.case.format);
        key(a)
            .cmp(&key(b))
            .then(b.case.megapixels.total_cmp(&a.case.megapixels))
            .then(a.case.image.cmp(&b.case.image))
    });
    let groups = groups(judged.iter().map(|(m, verdict)| (&m.case, verdict)));
    [
        heading(run),
        cases(&judged).write(style),
        faults(&judged),
        summaries(&groups).write(style),
        legend(&groups),
    ]
    .into_iter()
    .filter(|part| !part.is_empty())
    .collect::<Vec<_>>()
    .join("\n")
}

fn heading(run: &Run) -> String {
    let [ours, theirs] = &run.versions;
    let machine = &run.machine;
    format!(
        "{ours} against {theirs}\n{}, {} cores, {}, load {} at the start\n{} alternating runs per case; {}\n",
        machine.cpu, machine.cores, machine.system, machine.load, run.runs, run.command
    )
}

fn cases(judged: &[(&Measured, Verdict)]) -> Table {
    let mut table = Table::new(&[
        words("", "image"),
        numbers("source", "MP"),
        words("", "kind"),
        words("", "target"),
        numbers("CPU ms", "edgepix"),
        numbers("CPU ms", "sharp"),
        numbers("CPU", "ratio"),
        numbers("", "±"),
        numbers("wall", "ratio"),
        numbers("bytes", "edgepix"),
        numbers("bytes", "sharp"),
        numbers("score", "edgepix"),
        numbers("score", "sharp"),
        numbers("bytes ratio", "equal score"),
        numbers("at", "score"),
    ]);
    for (measured, verdict) in judged {
        table.push(case_row(measured, verdict));
    }
    table
}

fn case_row(measured: &Measured, verdict: &Verdict) -> Vec<String> {
    let case = &measured.case;
    let cpu = |side| {
        let samples = &measured.side(side).samples;
        let times: Vec<f64> = samples.iter().map(|sample| sample.cpu_ms).collect();
        median(&times).map(|ms| format!("{ms:.1}"))
    };
    let bytes = |side| measured.side(side).made.map(|made| made.bytes.to_string());
    let score = |side| {
        measured
            .timed_score(side)
            .map(|score| format!("{score:.1}"))
    };
    let compared = match verdict {
        Verdict::Compared(comparison) => Some(comparison),
        Verdict::Fault(_) => None,
    };
    let ratio = |part: fn(&Comparison) -> f64| compared.map(|c| format!("{:.2}", part(c)));
    let (bytes_ratio, at) = match compared.map(|comparison| comparison.bytes) {
        Some(EqualScore::At { score, ratio }) => {
            (Some(format!("{ratio:.3}")), Some(format!("{score:.1}")))
        }
        Some(EqualScore::NoOverlap) => (Some("no overlap".to_owned()), None),
        Some(EqualScore::TooFewPoints) | None => (None, None),
    };
    let mut row = vec![
        case.image.clone(),
        format!("{:.1}", case.megapixels),
        case.kind.clone(),
        target(case.width, case.format),
    ];
    row.extend(
        [
            cpu(Side::Edgepix),
            cpu(Side::Sharp),
            ratio(|c| c.cpu.median),
            ratio(|c| c.cpu.spread),
            ratio(|c| c.wall.median),
            bytes(Side::Edgepix),
            bytes(Side::Sharp),
            score(Side::Edgepix),
            score(Side::Sharp),
            bytes_ratio,
            at,
        ]
        .map(|cell| cell.unwrap_or_else(|| "-".to_owned())),
    );
    row
}

fn target(width: u32, format: Format) -> String {
    format!("{width}w {}", format.name())
}

/// One line per image and reason for which it could not be compared, or nothing.
fn faults(judged: &[(&Measured, Verdict)]) -> String {
    let mut targets: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for (measured, verdict) in judged {
        if let Verdict::Fault(why) = verdict {
            let case = &measured.case;
            let reason = (case.image.as_str(), why.as_str());
            let target = target(case.width, case.format);
            targets.entry(reason).or_default().push(target);
        }
    }
    targets
        .into_iter()
        .map(|((image, why), targets)| {
            format!("not compared: {image} -> {}: {why}\n", targets.join(", "))
        })
        .collect()
}

fn summaries(groups: &[Group]) -> Table {
    let mut table = Table::new(&[
        words("", "kind"),
        words("", "target"),
        numbers("", "cases"),
        numbers("not", "compared"),
        numbers("CPU", "mean"),
        numbers("CPU", "worst"),
        numbers("wall", "mean"),
        numbers("wall", "worst"),
        numbers("bytes", "mean"),
        numbers("bytes", "worst"),
        numbers("", "of"),
        words("", "worst CPU"),
    ]);
    for group in groups {
        let mean = |part: &Option<Summary>, digits| {
            let summary = part.as_ref();
            summary.map_or("-".to_owned(), |s| format!("{:.digits$}", s.geometric_mean))
        };
        let worst = |part: &Option<Summary>, digits| {
            let summary = part.as_ref();
            summary.map_or("-".to_owned(), |s| format!("{:.digits$}", s.worst))
        };
        table.push(vec![
            group.kind.clone(),
            target(group.width, group.format),
            group.cases.to_string(),
            group.faults.to_string(),
            mean(&group.cpu, 2),
            worst(&group.cpu, 2),
            mean(&group.wall, 2),
            worst(&group.wall, 2),
            mean(&group.bytes, 3),
            worst(&group.bytes, 3),
            group.bytes.as_ref().map_or(0, |b| b.of).to_string(),
            group
                .cpu
                .as_ref()
                .map_or(String::new(), |cpu| cpu.worst_image.clone()),
        ]);
    }
    table
}

fn legend(groups: &[Group]) -> String {
    let mut formats: Vec<Format> = groups.iter().map(|group| group.format).collect();
    formats.sort_unstable();
    formats.dedup();
    let settings: Vec<String> = formats
        .into_iter()
        .filter(|&format| format != Format::Png)
        .map(|format| {
            let ours = format.timed_quality(Side::Edgepix);
            let theirs = format.timed_quality(Side::Sharp);
            format!("{} edgepix q{ours}, sharp q{theirs}", format.name())
        })
        .collect();
    format!(
        "Every ratio is sharp / edgepix: above 1, edgepix is faster or smaller. CPU and wall ratio: median of\n\
         the paired runs'; ±: half their interquartile range. Times, bytes and scores (SSIMULACRA2, 100 is\n\
         identical) are at one quality: {}.\n\
         Bytes ratio: at equal score, interpolated over three qualities of each side; of: cases where both\n\
         reach one score. mean: geometric; worst: for edgepix. One thread and one core each.\n",
        settings.join("; ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        machine::Machine,
        versus::fixture::{measured, points},
    };

    fn run(cases: Vec<Measured>) -> Run {
        Run {
            command: "bench-report versus".to_owned(),
            versions: ["edgepix 0.1.0".to_owned(), "sharp 0.35.5".to_owned()],
            machine: Machine {
                cpu: "A Processor".to_owned(),
                cores: 2,
                system: "linux x86_64".to_owned(),
                load: "0.10".to_owned(),
            },
            runs: 3,
            cases,
        }
    }

    #[test]
    fn a_whole_report_reads_like_this() {
        let mut apart = measured("apart.jpg", &[20.0], &[10.0]);
        apart.sharp.points = points(&[(1000, 10.0), (2000, 20.0), (3000, 30.0)]);
        let mut broken = measured("broken.jpg", &[10.0], &[30.0]);
        broken.edgepix = crate::versus::run::SideRun {
            failure: Some("needs 9 bytes of memory, 8 allowed".to_owned()),
            ..Default::default()
        };
        let good = measured("photo.jpg", &[10.0, 12.0, 11.0], &[30.0, 36.0, 22.0]);
        let expected = include_str!("report.txt");
        let actual = report(&run(vec![apart, broken, good]), Style::Text);
        assert_eq!(actual, expected, "\n{actual}");
    }

    #[test]
    fn one_reason_is_told_once_for_all_targets_of_an_image() {
        let mut narrow = measured("a.jpg", &[1.0], &[1.0]);
        narrow.edgepix.failure = Some("no".to_owned());
        let mut wide = narrow.clone();
        wide.case.width = 1600;
        let text = report(&run(vec![narrow, wide]), Style::Text);
        assert!(
            text.contains("not compared: a.jpg -> 400w jpeg, 1600w jpeg: edgepix failed: no\n"),
            "{text}"
        );
    }

    #[test]
    fn larger_sources_come_first_within_their_group() {
        let mut small = measured("a-small.jpg", &[1.0], &[1.0]);
        small.case.megapixels = 2.0;
        let text = report(
            &run(vec![small, measured("b-large.jpg", &[1.0], &[1.0])]),
            Style::Text,
        );
        assert!(text.find("b-large") < text.find("a-small"));
    }
}
