//! The README's figures: a table of what people ask first, ours and sharp's.

use super::{
    report::{HEADLINE_MB, Line, Point, Report, Source},
    words,
};
use crate::{
    case::Rival,
    stats::median,
    table::{Style, Table, numbers, words as column},
};

/// The figures as Markdown: the table, and under it where it comes from. `command` is what made
/// it.
///
/// Every row is from one source, emulation if both sides have it there. "-" is what was not
/// measured, or what a side did not answer often enough to have a figure.
pub(crate) fn headline(report: &Report, command: &str) -> String {
    let mut table = Table::new(&[
        column("", "figure"),
        numbers("", "edgepix"),
        numbers("", "sharp"),
        column("", "source"),
    ]);
    for memory_mb in HEADLINE_MB {
        let name = format!("cold start with its first answer, {memory_mb} MB");
        let cold = |point: &Point| point.cold_ms.map(words::ms);
        table.push(row(report, name, Rival::EDGEPIX, memory_mb, &cold));
        let lines = &report.curve.lines;
        if lines
            .iter()
            .any(|line| line.rival == Rival::EDGEPIX_AT_EDGE)
        {
            let name = format!("the same behind the Python launcher, {memory_mb} MB");
            table.push(row(report, name, Rival::EDGEPIX_AT_EDGE, memory_mb, &cold));
        }
    }
    for memory_mb in HEADLINE_MB {
        let name = format!("cache miss, {memory_mb} MB");
        table.push(row(report, name, Rival::EDGEPIX, memory_mb, &|point| {
            Some(words::ms(point.warm.p50_ms))
        }));
    }
    table.push(vec![
        "peak memory, median and most".to_owned(),
        peak(report, Rival::EDGEPIX),
        peak(report, Rival::SHARP),
        "measured at full speed".to_owned(),
    ]);
    for (index, offer) in report.curve.offers.iter().enumerate() {
        for memory_mb in HEADLINE_MB {
            let name = format!("cost of a million misses, {}, {memory_mb} MB", offer.name);
            table.push(row(report, name, Rival::EDGEPIX, memory_mb, &|point| {
                point
                    .costs
                    .get(index)
                    .map(|dollars| format!("${dollars:.2}"))
            }));
        }
    }
    let table = table.write(Style::Markdown);
    let is_whole = !table.contains("| - |");
    format!("{table}\n{}", provenance(report, command, is_whole))
}

/// A row of the curve's points at one memory.
fn row(
    report: &Report,
    name: String,
    ours: Rival,
    memory_mb: u32,
    figure: &dyn Fn(&Point) -> Option<String>,
) -> Vec<String> {
    let at = |source, rival| {
        let is_it = |line: &&Line| line.source == source && line.rival == rival;
        let line = report.curve.lines.iter().find(is_it)?;
        let point = line
            .points
            .iter()
            .find(|point| point.memory_mb == memory_mb)?;
        figure(point)
    };
    let both = |source| [ours, Rival::SHARP].map(|rival| at(source, rival));
    let has_emulated = both(Source::Emulated).iter().all(Option::is_some);
    let source = if has_emulated {
        Source::Emulated
    } else {
        Source::Model
    };
    let [ours, theirs] = both(source).map(|figure| figure.unwrap_or_else(|| "-".to_owned()));
    vec![name, ours, theirs, source.name().to_owned()]
}

/// The median over cases of the most memory, and the most of all.
fn peak(report: &Report, rival: Rival) -> String {
    let peaks = report.peaks.iter().filter(|peak| peak.rival == rival);
    let bytes: Vec<u64> = peaks.filter_map(|peak| peak.bytes).collect();
    #[expect(
        clippy::cast_precision_loss,
        reason = "memory of far fewer than 2^52 bytes"
    )]
    let sizes: Vec<f64> = bytes.iter().map(|&bytes| bytes as f64).collect();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between two sizes of memory"
    )]
    let middle = median(&sizes).map(|bytes| bytes as u64);
    match (middle, bytes.iter().max()) {
        (Some(middle), Some(&most)) => format!("{}, {}", words::mb(middle), words::mb(most)),
        _ => "-".to_owned(),
    }
}

fn provenance(report: &Report, command: &str, is_whole: bool) -> String {
    let about = &report.about;
    let first = format!(
        "Medians over {}, every case weighing the same, costs from means; {}.",
        words::cases(report.curve.cases),
        about.artefacts.join("; ")
    );
    let second = format!(
        "{}, commit {}, {}; `{command}`.",
        about.date, about.commit, about.machine
    );
    let third = "\"-\": not measured, or hardly ever answered.\n";
    let third = if is_whole { "" } else { third };
    format!("{first}\n{second}\n{third}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::fixture::{self, Life};

    #[test]
    fn the_figures_are_a_table_with_where_they_come_from() {
        let mut history = fixture::history("a");
        for rival in [Rival::EDGEPIX, Rival::SHARP] {
            let ms = if rival == Rival::SHARP { 60.0 } else { 20.0 };
            fixture::answer(&mut history, "a.jpg", Life::full(rival), ms);
            fixture::answer(&mut history, "a.jpg", Life::quota(rival, 128), ms * 10.0);
        }
        let text = headline(&fixture::report(&[history]), "bench-report readme");
        for line in [
            "| cache miss, 128 MB | 200 ms | 600 ms | emulated |",
            "| peak memory, median and most | 40 MB, 40 MB | 90 MB, 90 MB | measured at full speed |",
            "2026-11-21 00:15 UTC, commit 3dd30d9, A Processor, 2 cores, 8000 MB, linux x86_64, kernel \
             6.1; `bench-report readme`.",
        ] {
            assert!(text.contains(line), "{line}\nin\n{text}");
        }
        assert!(
            text.contains("| cache miss, 384 MB |") && text.contains("| model |"),
            "{text}"
        );
    }

    #[test]
    fn without_a_rival_its_column_is_empty() {
        let mut history = fixture::history("a");
        fixture::answer(&mut history, "a.jpg", Life::full(Rival::EDGEPIX), 20.0);
        let text = headline(&fixture::report(&[history]), "bench-report readme");
        assert!(text.contains(" | - | model |"), "{text}");
    }
}
