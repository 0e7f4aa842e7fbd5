//! The README's figures: a table of what people ask first, ours and sharp's.

use super::{
    report::{Fate, HEADLINE_MB, Launch, Line, Point, Report, Source, Toll},
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
/// Every row is from one source: emulation where both sides were emulated, or one of them failed;
/// a side that failed has no figure, but how often it did, of how many cases. "-" is what was not
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
        table.push(pooled(report, name, memory_mb, &|point| {
            point.cold_ms.map(words::ms)
        }));
    }
    if let Some(launch) = &report.launch {
        for memory_mb in HEADLINE_MB {
            let name = format!("the same in {} alone, {memory_mb} MB", launch.case);
            table.push(launched(launch, name, memory_mb, Rival::EDGEPIX));
            let name = format!("and behind the Python launcher, {memory_mb} MB");
            table.push(launched(launch, name, memory_mb, Rival::EDGEPIX_AT_EDGE));
        }
    }
    for memory_mb in HEADLINE_MB {
        let name = format!("cache miss, {memory_mb} MB");
        table.push(pooled(report, name, memory_mb, &|point| {
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
            table.push(pooled(report, name, memory_mb, &|point| {
                let dollars = point.costs.get(index)?;
                Some(format!("${dollars:.2}"))
            }));
        }
    }
    let table = table.write(Style::Markdown);
    let is_whole = !table.contains("| - |");
    format!("{table}\n{}", provenance(report, command, is_whole))
}

/// What a row says of one side.
enum Said {
    Figure(String),
    /// In place of a figure.
    Failure(String),
}

/// A row of the curve's points at one memory.
fn pooled(
    report: &Report,
    name: String,
    memory_mb: u32,
    figure: &dyn Fn(&Point) -> Option<String>,
) -> Vec<String> {
    row(name, Rival::EDGEPIX, |source, rival| {
        let mut tolls = report.curve.tolls.iter();
        let toll = tolls.find(|toll| (toll.rival, toll.memory_mb) == (rival, memory_mb));
        match toll.and_then(told) {
            Some(toll) if source == Source::Emulated => return Some(Said::Failure(toll)),
            _ => {}
        }
        let is_it = |line: &&Line| line.source == source && line.rival == rival;
        let line = report.curve.lines.iter().find(is_it)?;
        let mut points = line.points.iter();
        let point = points.find(|point| point.memory_mb == memory_mb)?;
        figure(point).map(Said::Figure)
    })
}

/// A row of cold starts of the launcher's case.
fn launched(launch: &Launch, name: String, memory_mb: u32, ours: Rival) -> Vec<String> {
    row(name, ours, |source, rival| {
        let failure = |what: &str| Some(Said::Failure(what.to_owned()));
        match launch.fate(rival, source, memory_mb) {
            Fate::Answered { p50_ms, .. } => Some(Said::Figure(words::ms(*p50_ms))),
            Fate::Killed => failure("killed"),
            Fate::Late => failure("late"),
            Fate::Failed(_) => failure("failed"),
            Fate::Unknown => None,
        }
    })
}

/// A row of one source: emulation, if a side failed there or it says as much as the model.
fn row(name: String, ours: Rival, say: impl Fn(Source, Rival) -> Option<Said>) -> Vec<String> {
    let both = |source| [ours, Rival::SHARP].map(|rival| say(source, rival));
    let (emulated, modelled) = (both(Source::Emulated), both(Source::Model));
    let count = |both: &[Option<Said>; 2]| both.iter().flatten().count();
    let has_failed = emulated
        .iter()
        .any(|said| matches!(said, Some(Said::Failure(_))));
    let is_as_full = count(&emulated) > 0 && count(&emulated) >= count(&modelled);
    let (source, both) = if has_failed || is_as_full {
        (Source::Emulated, emulated)
    } else {
        (Source::Model, modelled)
    };
    let [ours, theirs] = both.map(|said| match said {
        Some(Said::Figure(text) | Said::Failure(text)) => text,
        None => "-".to_owned(),
    });
    vec![name, ours, theirs, source.name().to_owned()]
}

/// What failed: "killed in 1, late in 2 of 5"; none if nothing did.
fn told(toll: &Toll) -> Option<String> {
    let all = [
        ("killed", toll.killed),
        ("late", toll.late),
        ("failed", toll.failed),
    ];
    let some: Vec<String> = all
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(what, count)| format!("{what} in {count}"))
        .collect();
    (!some.is_empty()).then(|| format!("{} of {}", some.join(", "), toll.tried))
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
    fn a_setting_in_which_a_side_failed_says_so_in_place_of_its_figures() {
        let mut history = fixture::history("a");
        for image in ["a.jpg", "b.jpg", "c.jpg"] {
            for (rival, ms) in [(Rival::EDGEPIX, 20.0), (Rival::SHARP, 60.0)] {
                fixture::answer(&mut history, image, Life::full(rival), ms);
            }
            fixture::answer(&mut history, image, Life::quota(Rival::EDGEPIX, 128), 200.0);
        }
        let theirs = Life::quota(Rival::SHARP, 128);
        fixture::kill(&mut history, "a.jpg", theirs);
        fixture::late(&mut history, "b.jpg", theirs);
        fixture::answer(&mut history, "c.jpg", theirs, 600.0);
        let text = headline(&fixture::report(&[history]), "bench-report readme");
        for line in [
            "| cache miss, 128 MB | 200 ms | killed in 1, late in 1 of 3 | emulated |",
            "| cold start with its first answer, 128 MB | 316 ms | killed in 1, late in 1 of 3 | \
             emulated |",
        ] {
            assert!(text.contains(line), "{line}\nin\n{text}");
        }
        let at_128_mb = |line: &&str| line.contains(", 128 MB |") && line.contains("cost");
        let costs: Vec<&str> = text.lines().filter(at_128_mb).collect();
        assert!(!costs.is_empty());
        for cost in costs {
            assert!(cost.contains(" | killed in 1, late in 1 of 3 |"), "{cost}");
        }
    }

    #[test]
    fn the_launcher_is_compared_in_its_one_case() {
        let mut history = fixture::history("a");
        for (image, ms) in [("a.jpg", 20.0), ("b.jpg", 200.0), ("c.jpg", 200.0)] {
            for rival in [Rival::EDGEPIX, Rival::SHARP] {
                fixture::answer(&mut history, image, Life::quota(rival, 128), ms);
            }
        }
        let launcher = Life::quota(Rival::EDGEPIX_AT_EDGE, 128);
        fixture::answer(&mut history, "a.jpg", launcher, 20.0);
        let text = headline(&fixture::report(&[history]), "bench-report readme");
        for line in [
            "| the same in a.jpg -> 400 webp alone, 128 MB | 46 ms | 270 ms | emulated |",
            "| and behind the Python launcher, 128 MB | 90 ms | 270 ms | emulated |",
        ] {
            assert!(text.contains(line), "{line}\nin\n{text}");
        }
    }

    #[test]
    fn without_a_rival_its_column_is_empty() {
        let mut history = fixture::history("a");
        fixture::answer(&mut history, "a.jpg", Life::full(Rival::EDGEPIX), 20.0);
        let text = headline(&fixture::report(&[history]), "bench-report readme");
        assert!(text.contains(" | - | model |"), "{text}");
    }
}
