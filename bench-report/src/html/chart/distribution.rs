//! How warm misses are distributed, by format: the share that was answered within a time.

use crate::{
    case::Rival,
    format::Format,
    html::{
        axis,
        figure::{note, nothing, section},
        key::{format_class, legend, rival_class, short, source_class},
        markup::{Element, element, text},
        number::{NONE, digits, ms, tick},
        scale::Scale,
        sheet::{Cell, Name, Sheet},
        svg::{ACROSS, Frame, drawing, label, line, mark, steps},
    },
    judge::report::{Distribution, Source},
};

const HEIGHT: f64 = 220.0;
/// The settings that are drawn, in MB; the table has all.
const DRAWN_MB: [u32; 2] = [128, 384];
/// From one name to the next above it, in pixels.
const NAME_HEIGHT: f64 = 15.0;

/// The section.
pub(in crate::html) fn draw(all: &[Distribution]) -> Element {
    let section = section(
        "distribution",
        "How often is it how slow?",
        "The share of warm cache misses that were answered within a time, by format. Further left \
         is faster; steeper is steadier. The mark is the median.",
    );
    if all.iter().all(|it| it.quantiles_ms.is_empty()) {
        return section.add(nothing("No warm cache miss was answered."));
    }
    let drawn: Vec<(Format, Vec<&Distribution>)> = Format::ALL
        .into_iter()
        .map(|format| (format, drawn(all, format)))
        .filter(|(_, lines)| !lines.is_empty())
        .collect();
    let lines = || drawn.iter().flat_map(|(_, lines)| lines);
    let times = || lines().flat_map(|it| it.quantiles_ms.iter().copied());
    // Some room at the left, for the name of the fastest.
    let across = Scale::log_over(times().chain(times().map(|ms| ms / 4.0)), ACROSS);
    let entries: Vec<_> = lines().map(|it| (it.rival, Some(it.source))).collect();
    let left_out = all.len() - lines().count();
    let panels: Vec<Element> = drawn
        .iter()
        .map(|(format, lines)| panel(*format, lines, &across))
        .collect();
    let section = section
        .add(legend(&entries))
        .add(element("div").class("panels two").all(panels))
        .add(table(all).behind());
    if left_out > 0 {
        section.add(note(&format!(
            "The table has {left_out} more: other settings, the model where there is an emulation, \
             and the launcher, behind which only the start differs."
        )))
    } else {
        section
    }
}

/// What is drawn of a format: what was emulated, or the model if nothing was. Behind the launcher a
/// warm miss is the same, so it would only be in the way.
fn drawn(all: &[Distribution], format: Format) -> Vec<&Distribution> {
    let of_source = |source: Source| -> Vec<&Distribution> {
        let lines = all.iter().filter(|it| {
            (it.format, it.source) == (format, source)
                && it.rival != Rival::EDGEPIX_AT_EDGE
                && DRAWN_MB.contains(&it.memory_mb)
                && !it.quantiles_ms.is_empty()
        });
        lines.collect()
    };
    let emulated = of_source(Source::Emulated);
    if emulated.is_empty() {
        of_source(Source::Model)
    } else {
        emulated
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
        leads: false,
    };
    let ticks = across.ticks();
    let axes = [
        axis::left(&share, "% answered", tick),
        axis::bottom(across, HEIGHT, &ticks, "ms, warm cache miss", tick),
    ];
    let drawn = lines.iter().flat_map(|it| curve(it, across, &share));
    let parts = axes.into_iter().chain(drawn).chain(names(lines, across));
    element("figure")
        .class(format_class(format))
        .add(text("h3", format.name()))
        .add(drawing(frame, parts))
}

fn curve(it: &Distribution, across: &Scale, share: &Scale) -> Vec<Element> {
    let class = format!("{} {}", rival_class(it.rival), source_class(it.source));
    let last = it.quantiles_ms.len().saturating_sub(1).max(1);
    let ranks = it.quantiles_ms.iter().enumerate();
    let places: Vec<(f64, f64)> = ranks
        .filter_map(|(rank, &ms)| Some((across.at(ms)?, share.at(percentage(rank, last))?)))
        .collect();
    let median = across.within(it.summary.p50_ms).zip(share.at(50.0));
    let words = format!("{}: {}", who(it), numbers(it));
    let median = median.map(|place| mark(&class, it.rival, place, &words));
    [steps(&class, HEIGHT, &places)]
        .into_iter()
        .chain(median)
        .collect()
}

/// A name for each line, above its upper end and tied to it. Those further right are higher, so that
/// no tie crosses a name.
fn names(lines: &[&Distribution], across: &Scale) -> Vec<Element> {
    let mut ends: Vec<(f64, &Distribution)> = lines
        .iter()
        .filter_map(|it| Some((across.at(*it.quantiles_ms.last()?)?, *it)))
        .collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let names = (0_u8..).zip(ends).map(|(at, (x, it))| {
        let y = -8.0 - NAME_HEIGHT * f64::from(at);
        let words = format!("{} {} MB", short(it.rival), it.memory_mb);
        element("g")
            .class(format!(
                "{} {}",
                rival_class(it.rival),
                source_class(it.source)
            ))
            .add(line("tie", (x, y - 8.0), (x, 0.0)))
            .add(label("direct before", (x, y), (-5.0, 0.0), &words))
    });
    names.collect()
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
        sheet.push(Name::plain(it.format.name()), cells, &classes);
    }
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::sample_report::sample_report;

    #[test]
    fn what_was_emulated_is_drawn_and_the_model_only_where_nothing_was() {
        let mut all = sample_report().distributions;
        let drawn_of = |all: &[Distribution]| -> Vec<(Rival, Source)> {
            let lines = drawn(all, Format::Jpeg);
            lines.iter().map(|it| (it.rival, it.source)).collect()
        };
        let by = |source| [(Rival::EDGEPIX, source), (Rival::SHARP, source)];
        assert_eq!(drawn_of(&all), by(Source::Emulated));
        all.retain(|it| it.source == Source::Model);
        assert_eq!(drawn_of(&all), by(Source::Model));
    }
}
