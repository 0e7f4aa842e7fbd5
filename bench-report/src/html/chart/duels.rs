//! edgepix against sharp, case by case: how many times as long sharp takes.

use std::cmp::Ordering;

use crate::{
    case::Rival,
    html::{
        axis,
        figure::{Cases, name, note, nothing, section, thinned},
        key::{format_class, rival_class, source_class},
        markup::{Element, element, text},
        number::{ms, tick, times},
        scale::Scale,
        sheet::{Cell, Sheet},
        svg::{ACROSS, Frame, cross, drawing, label, line, mark},
    },
    judge::report::{Duel, Fate, Report},
};

/// From one duel to the next, in pixels.
const ROW_HEIGHT: f64 = 36.0;
/// Duels drawn; the table has all.
const DRAWN: usize = 60;

/// The section.
pub(in crate::html) fn draw(report: &Report, cases: &Cases<'_>) -> Element {
    let mut duels: Vec<&Duel> = report.duels.iter().collect();
    let Some(first) = duels.first() else {
        return section("duels", "edgepix against sharp", "").add(nothing(
            "sharp was not measured: there is nobody to compare with.",
        ));
    };
    let (ours_mb, theirs_mb) = (first.ours_mb, first.theirs_mb);
    let section = section(
        "duels",
        &format!("edgepix at {ours_mb} MB against sharp at {theirs_mb} MB"),
        &format!(
            "How many times edgepix\u{2019}s time sharp takes for a warm cache miss. Right of the \
             line, edgepix at {ours_mb} MB is faster than sharp at {theirs_mb} MB; left of it, \
             sharp is. A cross is a duel that has no ratio, and says why. \
             Each leads to its case."
        ),
    );
    duels.sort_by(|a, b| order(a, b));
    let (ahead, behind, without) = tally(&duels);
    let finding = format!(
        "edgepix is faster in {ahead} of {} duels, sharp in {behind}; without a ratio: {without}.",
        duels.len()
    );
    let drawn = thinned(&duels, DRAWN);
    let section = section
        .add(text("p", &finding).class("finding"))
        .add(chart(&drawn, &finding, cases));
    let section = if drawn.len() < duels.len() {
        section.add(note(&format!(
            "Drawn are {} of {} duels, evenly from the best to the worst.",
            drawn.len(),
            duels.len()
        )))
    } else {
        section
    };
    section.add(table(&duels, cases).behind())
}

/// The greatest ratio first; those without one last.
fn order(a: &Duel, b: &Duel) -> Ordering {
    let rank = |duel: &Duel| sound(duel).unwrap_or(f64::NEG_INFINITY);
    rank(b)
        .total_cmp(&rank(a))
        .then_with(|| a.case.cmp(&b.case))
}

/// The ratio, if it can be drawn.
fn sound(duel: &Duel) -> Option<f64> {
    duel.ratio.filter(|ratio| ratio.is_finite() && *ratio > 0.0)
}

fn chart(duels: &[&Duel], finding: &str, cases: &Cases<'_>) -> Element {
    // As far to both sides as the greatest difference, so that distance means the same on both.
    let furthest = duels
        .iter()
        .filter_map(|duel| sound(duel))
        .map(|ratio| ratio.max(1.0 / ratio))
        .fold(2.0, f64::max)
        .min(1000.0);
    let across = Scale::log_over([1.0 / furthest, furthest].into_iter(), ACROSS);
    let rows = u16::try_from(duels.len()).unwrap_or(u16::MAX);
    let height = ROW_HEIGHT * f64::from(rows);
    let frame = Frame {
        id: "duel-chart",
        height,
        title: "sharp\u{2019}s time by edgepix\u{2019}s, case by case",
        finding,
        leads: true,
    };
    let ticks = across.ticks();
    let ticks: Vec<f64> = if ticks.contains(&1.0) {
        ticks
    } else {
        vec![1.0]
    };
    let mut parts = vec![axis::bottom(
        &across,
        height,
        &ticks,
        "\u{2190} sharp faster \u{b7} times as long \u{b7} edgepix faster \u{2192}",
        |ratio| format!("{}\u{d7}", tick(ratio)),
    )];
    if let Some(one) = across.at(1.0) {
        parts.push(line("one", (one, 0.0), (one, height)));
    }
    parts.extend((0..rows).zip(duels).map(|(row, duel)| {
        let top = ROW_HEIGHT * f64::from(row);
        self::row(duel, top, &across, cases)
    }));
    drawing(frame, parts)
}

/// How often we are faster, they are, and nobody can tell.
fn tally(duels: &[&Duel]) -> (usize, usize, usize) {
    let count = |is: fn(f64) -> bool| {
        let ratios = duels.iter().filter_map(|duel| sound(duel));
        ratios.filter(|ratio| is(*ratio)).count()
    };
    let (ahead, behind) = (count(|ratio| ratio > 1.0), count(|ratio| ratio <= 1.0));
    (ahead, behind, duels.len() - ahead - behind)
}

fn row(duel: &Duel, top: f64, across: &Scale, cases: &Cases<'_>) -> Element {
    let middle = top + 26.0;
    let case = name(&duel.case);
    let words = format!(
        "{case}: edgepix at {} MB {}, sharp at {} MB {} ({})",
        duel.ours_mb,
        fate(&duel.ours),
        duel.theirs_mb,
        fate(&duel.theirs),
        duel.source.name()
    );
    let (format, source) = (format_class(duel.case.format), source_class(duel.source));
    let one = across.at(1.0).unwrap_or(50.0);
    let row = |winner: &str, shown: Vec<Element>| {
        let words = label("row", (0.0, top), (0.0, 13.0), &case);
        let row = element("g")
            .class(format!("duel {winner} {format} {source}"))
            .add(words)
            .all(shown);
        cases.leading(&duel.case, row)
    };
    let placed = sound(duel).and_then(|ratio| Some((ratio, across.within(ratio)?)));
    let Some((ratio, x)) = placed else {
        let mark = cross("lost", (one, middle), &words);
        let why = label("value", (one, middle), (11.0, 4.0), &why(duel));
        return row("", vec![mark, why]);
    };
    let (winner, side, shift) = if ratio > 1.0 {
        (Rival::EDGEPIX, "value", 11.0)
    } else {
        (Rival::SHARP, "value before", -11.0)
    };
    let shown = vec![
        line("stem", (one, middle), (x, middle)),
        mark(source, winner, (x, middle), &words),
        label(side, (x, middle), (shift, 4.0), &times(ratio)),
    ];
    row(rival_class(winner), shown)
}

/// Why there is no ratio, in a few words.
fn why(duel: &Duel) -> String {
    let side = |who: &str, what: &Fate| match what {
        Fate::Answered { .. } => None,
        Fate::Killed => Some(format!("{who} killed")),
        Fate::Late => Some(format!("{who} late")),
        Fate::Failed(_) => Some(format!("{who} failed")),
        Fate::Unknown => Some(format!("{who} not measured")),
    };
    let sides = [side("edgepix", &duel.ours), side("sharp", &duel.theirs)];
    let sides: Vec<String> = sides.into_iter().flatten().collect();
    if sides.is_empty() {
        "no ratio".to_owned()
    } else {
        sides.join(", ")
    }
}

/// What became of a case, for people: the median, or a cross and a word.
pub(in crate::html) fn fate(fate: &Fate) -> String {
    match fate {
        Fate::Answered { p50_ms, .. } => ms(*p50_ms),
        Fate::Killed => "\u{2715} killed".to_owned(),
        Fate::Late => "\u{29d6} late".to_owned(),
        Fate::Failed(why) => format!("! failed: {why}"),
        Fate::Unknown => "\u{2013}".to_owned(),
    }
}

fn table(duels: &[&Duel], cases: &Cases<'_>) -> Sheet {
    let mut sheet = Sheet::new(
        "edgepix against sharp, warm cache miss, median",
        &[
            "Case",
            "Source\u{2019}s kind",
            "Megapixels",
            "By",
            "edgepix",
            "sharp",
            "sharp / edgepix",
        ],
    );
    for duel in duels {
        let cells = [
            Cell::Words(duel.kind.clone()),
            Cell::Number(crate::html::number::digits(duel.megapixels)),
            Cell::Words(duel.source.name().to_owned()),
            Cell::Number(fate(&duel.ours)),
            Cell::Number(fate(&duel.theirs)),
            Cell::Number(sound(duel).map_or_else(|| why(duel), times)),
        ];
        let classes = format!(
            "{} {}",
            format_class(duel.case.format),
            source_class(duel.source)
        );
        sheet.push(cases.link(&duel.case), cells, &classes);
    }
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::sample_report::sample_report;

    #[test]
    fn the_greatest_ratio_is_first_and_those_without_one_are_last() {
        let report = sample_report();
        let mut duels: Vec<&Duel> = report.duels.iter().collect();
        duels.sort_by(|a, b| order(a, b));
        let ratios: Vec<f64> = duels.iter().filter_map(|duel| sound(duel)).collect();
        assert!(ratios.is_sorted_by(|a, b| a >= b), "{ratios:?}");
        assert!(duels.last().is_some_and(|duel| duel.ratio.is_none()));
    }
}
