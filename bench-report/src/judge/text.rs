//! The whole report for a terminal.

use super::{
    report::{Curve, Fate, Report, Tone},
    words,
};
use crate::{
    sample::Part,
    table::{Style, Table, numbers, words as column},
};

mod parts;

/// Everything the report holds but pictures, in the order of the page.
pub(crate) fn text(report: &Report) -> String {
    let sections = [
        head(report),
        verdict(report),
        doubts(report),
        curve(&report.curve),
        section("Where the time goes", "", &waterfalls(report)),
        section("Warm misses by format", "", &parts::distributions(report)),
        duels(report),
        section(
            "Bytes, looks and processor time",
            "SSIMULACRA2 against the whole source reduced by Lanczos3; 100 is identical. Processor \
             time is a warm miss's at full speed.\n",
            &parts::trades(report),
        ),
        section("Most memory", "", &parts::peaks(report)),
        section(
            "History by machine",
            "Geometric mean of warm misses' processor time over the cases that all runs have.\n",
            &parts::history(report),
        ),
        section("Model and emulation", "", &parts::agreement(report)),
        section("Cases", "", &parts::cases(report)),
        assumptions(report),
    ];
    let sections = sections.into_iter().filter(|section| !section.is_empty());
    sections.collect::<Vec<_>>().join("\n")
}

/// What comes first of it, and the comparison case by case: what fits a screen.
pub(crate) fn brief(report: &Report) -> String {
    [head(report), verdict(report), doubts(report), duels(report)]
        .into_iter()
        .filter(|section| !section.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Model and emulation, side by side.
pub(crate) fn agreement(report: &Report) -> String {
    parts::agreement(report).write(Style::Text)
}

fn duels(report: &Report) -> String {
    section(
        "edgepix against sharp",
        "Medians of warm misses; the ratio is theirs by ours: above 1, edgepix is faster.\n",
        &parts::duels(report),
    )
}

fn section(title: &str, legend: &str, table: &Table) -> String {
    if table.is_empty() {
        return String::new();
    }
    let table = table.write(Style::Text);
    // The first line of the headings is empty if no column has one.
    format!("{title}\n\n{legend}{}", table.trim_start_matches('\n'))
}

fn head(report: &Report) -> String {
    let about = &report.about;
    format!(
        "Run {}, {}, commit {}\n{}\n{}\n{}, {}\n",
        about.run,
        about.date,
        about.commit,
        about.machine,
        about.artefacts.join("; "),
        words::counted(about.starts, "start"),
        words::counted(about.invocations, "invocation")
    )
}

fn verdict(report: &Report) -> String {
    let told = report.verdict.iter().map(|sentence| {
        let mark = match sentence.tone {
            Tone::Good => '+',
            Tone::Bad => '-',
            Tone::Neutral => ' ',
        };
        format!("{mark} {}\n", sentence.text)
    });
    format!(
        "Verdict (+ good for edgepix, - bad)\n\n{}",
        told.collect::<String>()
    )
}

fn doubts(report: &Report) -> String {
    list("Doubts", &report.doubts)
}

fn assumptions(report: &Report) -> String {
    list("Assumed", &report.about.assumptions)
}

fn list(title: &str, sentences: &[String]) -> String {
    if sentences.is_empty() {
        return String::new();
    }
    let lines: String = sentences.iter().map(|one| format!("  {one}\n")).collect();
    format!("{title}\n\n{lines}")
}

fn curve(curve: &Curve) -> String {
    let mut table = Table::new(&[
        column("", "rival"),
        column("", "source"),
        numbers("", "MB"),
        numbers("warm", "p50"),
        numbers("warm", "p95"),
        numbers("warm", "p99"),
        numbers("warm", "mean"),
        numbers("cold with", "answer"),
        column("$ per million", "by offer"),
        numbers("", "samples"),
        numbers("", "failed"),
    ]);
    for line in &curve.lines {
        for point in &line.points {
            let costs = point.costs.iter().map(|dollars| format!("{dollars:.2}"));
            table.push(vec![
                line.rival.to_string(),
                line.source.name().to_owned(),
                point.memory_mb.to_string(),
                words::ms(point.warm.p50_ms),
                words::ms(point.warm.p95_ms),
                optional(point.warm.p99_ms),
                words::ms(point.mean_ms),
                optional(point.cold_ms),
                costs.collect::<Vec<_>>().join(" / "),
                point.warm.samples.to_string(),
                format!("{} of {}", point.failed, point.tried),
            ]);
        }
    }
    let offers = curve.offers.iter().map(|offer| offer.name.as_str());
    let legend = format!(
        "Over {}; offers: {}.\n",
        words::cases(curve.cases),
        offers.collect::<Vec<_>>().join(" / ")
    );
    section("Latency and cost by memory", &legend, &table)
}

fn waterfalls(report: &Report) -> Table {
    let mut table = Table::new(&[
        column("", "case"),
        column("", "rival"),
        column("", "source"),
        numbers("", "MB"),
        column("", "start"),
        numbers("", "init"),
        numbers("", "ask"),
        numbers("", "wait"),
        numbers("", "body"),
        numbers("", "finish"),
        numbers("", "samples"),
    ]);
    let parts = [
        None,
        Some(Part::Ask),
        Some(Part::Wait),
        Some(Part::Body),
        Some(Part::Finish),
    ];
    for waterfall in &report.waterfalls {
        let mut row = vec![
            waterfall.case.to_string(),
            waterfall.rival.to_string(),
            waterfall.source.name().to_owned(),
            waterfall.memory_mb.to_string(),
            if waterfall.is_cold { "cold" } else { "warm" }.to_owned(),
        ];
        row.extend(parts.map(|part| {
            let bar = waterfall.bars.iter().find(|bar| bar.part == part);
            optional(bar.map(|bar| bar.wall_ms))
        }));
        row.push(waterfall.samples.to_string());
        table.push(row);
    }
    table
}

/// Milliseconds, or "-".
fn optional(ms: Option<f64>) -> String {
    ms.map_or_else(|| "-".to_owned(), words::ms)
}

/// A fate in a cell.
fn fate(fate: &Fate) -> String {
    match fate {
        Fate::Answered { p50_ms, .. } => words::ms(*p50_ms),
        Fate::Killed => "killed".to_owned(),
        Fate::Late => "late".to_owned(),
        Fate::Failed(_) => "failed".to_owned(),
        Fate::Unknown => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::{env, fs, path::Path};

    use super::*;
    use crate::{
        case::Rival,
        judge::{
            fixture::{self, Life},
            history::History,
        },
        sample::{Ending, Init},
    };

    /// Compares a text with the one that somebody read and found right; `BLESS=1` makes it so.
    fn golden(name: &str, actual: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src/judge/golden")
            .join(name);
        if env::var_os("BLESS").is_some() {
            fs::write(&path, actual).expect("the golden folder");
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            actual == expected,
            "{name} is not as it was; now it is\n{actual}"
        );
    }

    /// Everything that can happen: see the names.
    fn eventful() -> History {
        let mut history = fixture::history("20261121T001500Z-3dd30d9");
        let (ours, edge, theirs) = (Rival::EDGEPIX, Rival::EDGEPIX_AT_EDGE, Rival::SHARP);
        for (image, scale) in [("often.jpg", 1.0), ("large.png", 4.0), ("even.jpg", 2.0)] {
            for (rival, ms) in [(ours, 20.0), (edge, 20.0), (theirs, 50.0)] {
                let mut life = Life::full(rival);
                if image == "often.jpg" && rival == ours {
                    life.warm = 301;
                }
                fixture::answer(&mut history, image, life, ms * scale);
            }
            fixture::answer(&mut history, image, Life::quota(ours, 128), 250.0 * scale);
            fixture::answer(&mut history, image, Life::quota(theirs, 384), 210.0 * scale);
        }
        fixture::answer(&mut history, "often.jpg", Life::quota(theirs, 128), 630.0);
        fixture::kill(&mut history, "large.png", Life::quota(theirs, 128));
        fixture::late(&mut history, "even.jpg", Life::quota(theirs, 128));
        let why = "it is 400x301, not 400x300";
        fixture::mistake(&mut history, "wrong.jpg", Life::full(theirs), why);
        fixture::answer(&mut history, "wrong.jpg", Life::full(ours), 20.0);
        let mut warm = fixture::start("often.jpg", Life::quota(ours, 128));
        warm.init = Some(Init::default());
        warm.ending = Ending::Died {
            why: "exit status 1".to_owned(),
        };
        fixture::add(&mut history, warm);
        history.run.missing.push("valgrind is not here".to_owned());
        history
            .notes
            .push("Line 7 of its file is broken and was left out.".to_owned());
        history
    }

    #[test]
    fn the_report_of_an_eventful_run_reads_like_this() {
        let mut before = fixture::history("before");
        fixture::answer(&mut before, "often.jpg", Life::full(Rival::EDGEPIX), 25.0);
        fixture::answer(&mut before, "even.jpg", Life::full(Rival::EDGEPIX), 50.0);
        let mut elsewhere = fixture::history("elsewhere");
        elsewhere.run.machine = fixture::machine("Another");
        fixture::answer(
            &mut elsewhere,
            "often.jpg",
            Life::full(Rival::EDGEPIX),
            10.0,
        );
        let runs = [before, elsewhere, eventful()];
        golden("eventful.txt", &text(&fixture::report(&runs)));
    }

    #[test]
    fn the_report_of_a_run_without_rival_and_emulation_reads_like_this() {
        let mut history = fixture::history("alone");
        history.run.emulation.groups = "none: not root".to_owned();
        history.end = None;
        fixture::answer(&mut history, "only.jpg", Life::full(Rival::EDGEPIX), 20.0);
        golden("alone.txt", &text(&fixture::report(&[history])));
    }

    #[test]
    fn the_report_of_a_run_without_starts_is_still_a_report() {
        let text = text(&fixture::report(&[fixture::history("empty")]));
        assert!(text.contains("0 starts, 0 invocations"), "{text}");
        assert!(text.contains("sharp was not measured"), "{text}");
    }
}
