//! Bytes against looks against processor time.

use std::collections::{BTreeMap, BTreeSet};

use super::cases;
use crate::{
    case::Case,
    format::Format,
    html::{
        axis,
        figure::{Cases, name, nothing, section, thinned},
        key::{format_class, legend, rival_class, short},
        markup::{Element, element, text},
        number::{digits, kilobytes, ms, score, tick},
        scale::Scale,
        sheet::Sheet,
        svg::{ACROSS, Frame, drawing, line, sized_mark},
    },
    judge::report::{Report, Trade},
};

const HEIGHT: f64 = 260.0;
/// Cases of one drawing; the table has all.
const DRAWN_CASES: usize = 24;

/// The section.
pub(in crate::html) fn draw(report: &Report, known: &Cases<'_>) -> Element {
    let lead = format!(
        "Bytes against SSIMULACRA2 (100 is identical, 90 hard to tell apart, 70 good). Up and to \
         the left is better; a larger mark took more processor time. A thin line joins what the \
         rivals made of the same case, to which each mark leads. At most {DRAWN_CASES} cases of a \
         format are drawn."
    );
    let section = section("quality", "What do the bytes buy?", &lead);
    // The case's own table, which has these numbers and more: they are on the page once.
    let table = (!report.cases.is_empty()).then(|| cases::numbers(&report.cases, known));
    let trades = &report.trades;
    let drawable = || {
        trades
            .iter()
            .filter(|it| it.bytes > 0 && it.score.is_finite())
    };
    if drawable().next().is_none() {
        let section = section.add(nothing(
            "No result was scored: without a score, bytes alone say nothing.",
        ));
        return section.all(table.map(Sheet::behind));
    }
    let most_cpu = drawable()
        .map(|it| it.cpu_ms)
        .filter(|ms| ms.is_finite())
        .fold(0.0, f64::max);
    let entries: Vec<_> = drawable().map(|it| (it.rival, None)).collect();
    let panels = Format::ALL.into_iter().filter_map(|format| {
        let trades: Vec<&Trade> = drawable().filter(|it| it.case.format == format).collect();
        (!trades.is_empty()).then(|| panel(format, &some(&trades), most_cpu, known))
    });
    section
        .add(legend(&entries))
        .add(element("div").class("panels two").all(panels))
        .all(table.map(Sheet::behind))
}

/// All trades of as many cases as are drawn.
fn some<'a>(trades: &[&'a Trade]) -> Vec<&'a Trade> {
    let cases: BTreeSet<&Case> = trades.iter().map(|it| &it.case).collect();
    let cases: Vec<&Case> = cases.into_iter().collect();
    let cases: BTreeSet<&Case> = thinned(&cases, DRAWN_CASES).into_iter().collect();
    let is_drawn = |it: &&'a Trade| cases.contains(&it.case);
    trades.iter().copied().filter(is_drawn).collect()
}

fn panel(format: Format, trades: &[&Trade], most_cpu: f64, known: &Cases<'_>) -> Element {
    let across = Scale::log_over(trades.iter().map(|it| kb(it)), ACROSS);
    let (least, most) = ends(trades.iter().map(|it| it.score));
    // There is no score above 100.
    let down = Scale::linear(
        (least / 5.0 - 0.4).floor() * 5.0,
        ((most / 5.0 + 0.2).ceil() * 5.0).min(100.0),
        (HEIGHT, 0.0),
    );
    let place = |it: &Trade| Some((across.at(kb(it))?, down.at(it.score)?));
    let (fewest, many) = ends(trades.iter().map(|it| kb(it)));
    let finding = format!(
        "{} results: {} to {} kB, scores {} to {}.",
        trades.len(),
        digits(fewest),
        digits(many),
        score(least),
        score(most)
    );
    let frame = Frame {
        id: &format!("trade-{}", format.name()),
        height: HEIGHT,
        title: &format!("Bytes against SSIMULACRA2, {}", format.name()),
        finding: &finding,
        leads: true,
    };
    let axes = [
        axis::left(&down, "SSIMULACRA2", tick),
        axis::bottom(&across, HEIGHT, &across.ticks(), "kB", tick),
    ];
    // The largest at the back, where they hide nothing.
    let mut behind_first = trades.to_vec();
    behind_first.sort_by(|a, b| {
        let by_size = b.cpu_ms.total_cmp(&a.cpu_ms);
        by_size.then_with(|| b.rival.cmp(&a.rival))
    });
    let marks = behind_first.iter().filter_map(|it| {
        let mark = trade_mark(it, place(it)?, size(it.cpu_ms, most_cpu));
        Some(known.leading(&it.case, mark))
    });
    let parts = axes.into_iter().chain(joins(trades, place)).chain(marks);
    element("figure")
        .class(format_class(format))
        .add(text("h3", format.name()))
        .add(drawing(frame, parts))
}

/// The least and the most.
fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), it| {
        (least.min(it), most.max(it))
    })
}

/// Thin lines between what is of the same case.
fn joins(trades: &[&Trade], place: impl Fn(&Trade) -> Option<(f64, f64)>) -> Vec<Element> {
    let mut pairs: BTreeMap<&Case, Vec<(f64, f64)>> = BTreeMap::new();
    for trade in trades {
        pairs.entry(&trade.case).or_default().extend(place(trade));
    }
    let joins = pairs
        .values()
        .flat_map(|places| places.windows(2).map(|two| line("join", two[0], two[1])));
    joins.collect()
}

fn trade_mark(it: &Trade, place: (f64, f64), size: f64) -> Element {
    let words = format!(
        "{}, {}: {}, score {}, {}",
        name(&it.case),
        short(it.rival),
        kilobytes(it.bytes),
        score(it.score),
        ms(it.cpu_ms)
    );
    sized_mark(rival_class(it.rival), it.rival, place, size, &words)
}

/// How large a mark is: its area grows with processor time, from what can just be seen.
fn size(cpu_ms: f64, most: f64) -> f64 {
    let share = cpu_ms / most;
    if share.is_finite() {
        0.6 + 1.6 * share.clamp(0.0, 1.0).sqrt()
    } else {
        0.6
    }
}

/// Bytes in thousands; results are far smaller than 4 GB.
fn kb(trade: &Trade) -> f64 {
    f64::from(u32::try_from(trade.bytes).unwrap_or(u32::MAX)) / 1e3
}
