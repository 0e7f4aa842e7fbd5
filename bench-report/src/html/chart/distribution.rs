//! How warm misses are distributed, by format: the share that was answered within a time.

use crate::{
    format::Format,
    html::{
        axis,
        figure::{note, nothing, section},
        key::{format_class, legend, rival_class, short, source_class},
        markup::{Element, element, text},
        number::{NONE, digits, ms, tick},
        scale::Scale,
        sheet::{Cell, Sheet},
        svg::{ACROSS, Frame, drawing, label, line, mark, steps},
    },
    judge::report::Distribution,
};

const HEIGHT: f64 = 220.0;
/// Lines of one drawing; the table has all.
const DRAWN_LINES: usize = 8;

/// The section.
pub(in crate::html) fn draw(all: &[Distribution]) -> Element {
    let section = section(
        "distribution",
        "How often is it how slow?",
        "The share of warm cache misses that were answered within a time, by format. Further left \
         is faster; steeper is steadier. The mark is the median.",
    );
    let drawable = || all.iter().filter(|it| !it.quantiles_ms.is_empty());
    if drawable().next().is_none() {
        return section.add(nothing("No warm cache miss was answered."));
    }
    let across = Scale::log_over(
        drawable().flat_map(|it| it.quantiles_ms.iter().copied()),
        ACROSS,
    );
    let entries: Vec<_> = drawable().map(|it| (it.rival, Some(it.source))).collect();
    let mut left_out = 0;
    let panels: Vec<Element> = Format::ALL
        .into_iter()
        .filter_map(|format| {
            let lines: Vec<&Distribution> = drawable().filter(|it| it.format == format).collect();
            left_out += lines.len().saturating_sub(DRAWN_LINES);
            let drawn = &lines[..lines.len().min(DRAWN_LINES)];
            (!drawn.is_empty()).then(|| panel(format, drawn, &across))
        })
        .collect();
    let section = section
        .add(legend(&entries))
        .add(element("div").class("panels two").all(panels))
        .add(table(all).behind());
    if left_out > 0 {
        section.add(note(&format!(
            "{left_out} more lines are in the table alone."
        )))
    } else {
        section
    }
}

fn panel(format: Format, lines: &[&Distribution], across: &Scale) -> Element {
    let share = Scale::linear(0.0, 100.0, (HEIGHT, 0.0));
    let findings: Vec<String> = lines
        .iter()
        .map(|it| format!("{}: half within {}.", who(it), ms(it.summary.p50_ms)))
        .collect();
    let frame = Frame {
        id: &format!("ecdf-{}", format.name()),
        height: HEIGHT,
        title: &format!("Share of {} answered within a time", format.name()),
        finding: &findings.join(" "),
    };
    let ticks = across.ticks();
    let axes = [
        axis::left(&share, "% answered", tick),
        axis::bottom(across, HEIGHT, &ticks, "ms, warm cache miss", tick),
    ];
    let drawn = lines
        .iter()
        .enumerate()
        .flat_map(|(at, it)| curve(it, at, across, &share));
    element("figure")
        .class(format_class(format))
        .add(text("h3", format.name()))
        .add(drawing(frame, axes.into_iter().chain(drawn)))
}

fn curve(it: &Distribution, at: usize, across: &Scale, share: &Scale) -> Vec<Element> {
    let class = format!("{} {}", rival_class(it.rival), source_class(it.source));
    let last = it.quantiles_ms.len().saturating_sub(1).max(1);
    let places: Vec<(f64, f64)> = it
        .quantiles_ms
        .iter()
        .enumerate()
        .filter_map(|(rank, &ms)| Some((across.at(ms)?, share.at(percentage(rank, last))?)))
        .collect();
    let mut parts = vec![steps(&class, HEIGHT, &places)];
    if let (Some(x), Some(y)) = (across.within(it.summary.p50_ms), share.at(50.0)) {
        let words = format!("{}: {}", who(it), numbers(it));
        parts.push(mark(&class, it.rival, (x, y), &words));
        // The names of several lines go down in steps, each led to from its line.
        let down = y + 24.0 + 15.0 * f64::from(u8::try_from(at).unwrap_or(u8::MAX));
        if down < HEIGHT {
            parts.push(line(
                &format!("leader {class}"),
                (x, y + 7.0),
                (x, down - 9.0),
            ));
            let words = format!("{} {} MB", short(it.rival), it.memory_mb);
            // Towards the middle, so that the words stay inside.
            let (side, shift) = if x > 60.0 {
                ("direct before", -4.0)
            } else {
                ("direct", 4.0)
            };
            parts.push(label(
                &format!("{side} {class}"),
                (x, down),
                (shift, 0.0),
                &words,
            ));
        }
    }
    parts
}

/// The percentage of a rank of several; both are below 2^32 by far.
fn percentage(rank: usize, last: usize) -> f64 {
    let of = |rank| f64::from(u32::try_from(rank).unwrap_or(u32::MAX));
    100.0 * of(rank) / of(last)
}

fn who(it: &Distribution) -> String {
    format!("{}, {} MB, {}", it.rival, it.memory_mb, it.source.name())
}

fn numbers(it: &Distribution) -> String {
    let Some(p99) = it.summary.p99_ms else {
        return format!(
            "p50 {}, p95 {}",
            ms(it.summary.p50_ms),
            ms(it.summary.p95_ms)
        );
    };
    format!(
        "p50 {}, p95 {}, p99 {}",
        ms(it.summary.p50_ms),
        ms(it.summary.p95_ms),
        ms(p99)
    )
}

fn table(all: &[Distribution]) -> Sheet {
    let mut sheet = Sheet::new(
        "Warm cache misses by format. The 99th percentile is blank under 300 samples",
        &[
            "Format",
            "By",
            "Memory, MB",
            "p50, ms",
            "p95, ms",
            "p99, ms",
            "Samples",
        ],
    );
    for it in all {
        let cells = [
            Cell::Words(format!("{}, {}", it.rival, it.source.name())),
            Cell::Number(it.memory_mb.to_string()),
            Cell::Number(digits(it.summary.p50_ms)),
            Cell::Number(digits(it.summary.p95_ms)),
            Cell::Number(it.summary.p99_ms.map_or_else(|| NONE.to_owned(), digits)),
            Cell::Number(it.summary.samples.to_string()),
        ];
        let classes = format!(
            "{} {} {}",
            format_class(it.format),
            rival_class(it.rival),
            source_class(it.source)
        );
        sheet.push(text("span", it.format.name()), cells, &classes);
    }
    sheet
}
