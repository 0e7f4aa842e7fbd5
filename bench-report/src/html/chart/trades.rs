//! Bytes against looks against processor time.

use std::collections::BTreeMap;

use super::beside::beside;
use crate::{
    case::{Case, Rival},
    format::Format,
    html::{
        axis,
        figure::{Cases, name, nothing, section},
        key::{format_class, legend, rival_class, short},
        markup::{Element, element, text},
        number::{digits, kilobytes, ms, score, tick},
        scale::Scale,
        sheet::Sheet,
        svg::{ACROSS, Frame, drawing, polyline, sized_mark},
    },
    judge::report::{Report, Trade},
};

const HEIGHT: f64 = 260.0;

/// The section.
pub(in crate::html) fn draw(report: &Report, cases: &Cases<'_>) -> Element {
    let section = section(
        "quality",
        "What do the bytes buy?",
        "Bytes against SSIMULACRA2 (100 is identical, 90 hard to tell apart, 70 good). Up and to \
         the left is better; a larger mark took more processor time. A thin line joins what the \
         rivals made of the same case.",
    );
    let trades = &report.trades;
    let drawable = || {
        trades
            .iter()
            .filter(|it| it.bytes > 0 && it.score.is_finite())
    };
    if drawable().next().is_none() {
        return section.add(nothing(
            "No result was scored: without a score, bytes alone say nothing.",
        ));
    }
    let most_cpu = drawable()
        .map(|it| it.cpu_ms)
        .filter(|ms| ms.is_finite())
        .fold(0.0, f64::max);
    let entries: Vec<_> = drawable().map(|it| (it.rival, None)).collect();
    let panels = Format::ALL.into_iter().filter_map(|format| {
        let trades: Vec<&Trade> = drawable().filter(|it| it.case.format == format).collect();
        (!trades.is_empty()).then(|| panel(format, &trades, most_cpu))
    });
    section
        .add(legend(&entries))
        .add(element("div").class("panels two").all(panels))
        .add(table(trades, cases).behind())
}

fn panel(format: Format, trades: &[&Trade], most_cpu: f64) -> Element {
    let across = Scale::log_over(trades.iter().map(|it| kb(it)), ACROSS);
    let scores = || trades.iter().map(|it| it.score);
    let (least, most) = (
        scores().fold(f64::INFINITY, f64::min),
        scores().fold(f64::NEG_INFINITY, f64::max),
    );
    // There is no score above 100.
    let down = Scale::linear(
        (least / 5.0 - 0.4).floor() * 5.0,
        ((most / 5.0 + 0.2).ceil() * 5.0).min(100.0),
        (HEIGHT, 0.0),
    );
    let place = |it: &Trade| Some((across.at(kb(it))?, down.at(it.score)?));
    let finding = format!(
        "{} results: {} to {} kB, scores {} to {}.",
        trades.len(),
        digits(trades.iter().map(|it| kb(it)).fold(f64::INFINITY, f64::min)),
        digits(trades.iter().map(|it| kb(it)).fold(0.0, f64::max)),
        score(least),
        score(most)
    );
    let frame = Frame {
        id: &format!("trade-{}", format.name()),
        height: HEIGHT,
        title: &format!("Bytes against SSIMULACRA2, {}", format.name()),
        finding: &finding,
    };
    let mut parts = vec![
        axis::left(&down, "SSIMULACRA2", tick),
        axis::bottom(&across, HEIGHT, &across.ticks(), "kB", tick),
    ];
    let mut pairs: BTreeMap<&Case, Vec<(f64, f64)>> = BTreeMap::new();
    for trade in trades {
        pairs.entry(&trade.case).or_default().extend(place(trade));
    }
    let joined = pairs.values().filter(|places| places.len() > 1);
    parts.extend(joined.map(|places| polyline("join", HEIGHT, places)));
    // The largest at the back, where they hide nothing.
    let mut behind_first = trades.to_vec();
    behind_first.sort_by(|a, b| {
        let by_size = b.cpu_ms.total_cmp(&a.cpu_ms);
        by_size.then_with(|| b.rival.cmp(&a.rival))
    });
    parts.extend(behind_first.iter().filter_map(|it| {
        let words = format!(
            "{}, {}: {}, score {}, {} processor time",
            name(&it.case),
            short(it.rival),
            kilobytes(it.bytes),
            score(it.score),
            ms(it.cpu_ms)
        );
        let class = rival_class(it.rival);
        Some(sized_mark(
            class,
            it.rival,
            place(it)?,
            size(it.cpu_ms, most_cpu),
            &words,
        ))
    }));
    element("figure")
        .class(format_class(format))
        .add(text("h3", format.name()))
        .add(drawing(frame, parts))
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

/// What is known of a result.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Measure {
    Kilobytes,
    Score,
    Cpu,
}

fn table(trades: &[Trade], cases: &Cases<'_>) -> Sheet {
    let cells = trades.iter().flat_map(|it| {
        [
            (&it.case, (it.rival, Measure::Kilobytes), digits(kb(it))),
            (&it.case, (it.rival, Measure::Score), score(it.score)),
            (&it.case, (it.rival, Measure::Cpu), digits(it.cpu_ms)),
        ]
    });
    let heading = |(rival, measure): (Rival, Measure)| {
        let measure = match measure {
            Measure::Kilobytes => "kB",
            Measure::Score => "SSIMULACRA2",
            Measure::Cpu => "processor time, ms",
        };
        format!("{}: {measure}", short(rival))
    };
    beside(
        "Bytes, SSIMULACRA2 and processor time, by who",
        cells,
        heading,
        cases,
    )
}
