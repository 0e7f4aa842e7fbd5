//! Where the time of a miss goes: its parts one after another, cold and warm.

use crate::{
    case::Case,
    html::{
        axis,
        figure::{Cases, name, note, nothing, section, thinned},
        key::{rival_class, short, source_class},
        markup::{Element, element, text},
        number::{digits, ms, tick},
        scale::Scale,
        sheet::{Cell, Sheet},
        svg::{ACROSS, Frame, drawing, label, rectangle},
    },
    judge::report::{Bar, Report, Source, Waterfall},
    sample::Part,
};

/// Cases that are drawn; the table has more.
const DRAWN_CASES: usize = 3;
/// Bars of one drawing.
const DRAWN_BARS: usize = 9;
/// Rows of the table.
const TABLE_ROWS: usize = 60;
/// From one bar to the next, in pixels: its name, itself, and air.
const ROW_HEIGHT: f64 = 50.0;
const BAR_HEIGHT: f64 = 20.0;

/// The parts in order, none being the initialisation.
const PARTS: [Option<Part>; 5] = [
    None,
    Some(Part::Ask),
    Some(Part::Wait),
    Some(Part::Body),
    Some(Part::Finish),
];

fn part_name(part: Option<Part>) -> &'static str {
    match part {
        None => "init",
        Some(Part::Ask) => "ask",
        Some(Part::Wait) => "wait",
        Some(Part::Body) => "body",
        Some(Part::Finish) => "finish",
    }
}

fn part_meaning(part: Option<Part>) -> &'static str {
    match part {
        None => "the program starts, with a whole processor",
        Some(Part::Ask) => "until the origin has the request: parsing, connecting, TLS, signing",
        Some(Part::Wait) => "until the original\u{2019}s first byte",
        Some(Part::Body) => "until its last byte: arriving, and decoding what has arrived",
        Some(Part::Finish) => "until the answer\u{2019}s last byte: the rest of decoding, encoding",
    }
}

/// The section.
pub(in crate::html) fn draw(report: &Report, cases: &Cases<'_>) -> Element {
    let section = section(
        "phases",
        "Where do the milliseconds go?",
        "One cache miss from left to right, the median of each part, always in this order. The dark foot of a part is \
         how much of it was processor time; the rest was waiting for the origin or for the next \
         share of the processor.",
    );
    let all = &report.waterfalls;
    if all.iter().all(|waterfall| waterfall.bars.is_empty()) {
        return section.add(nothing("No invocation was seen in parts."));
    }
    let mut known: Vec<&Case> = Vec::new();
    for waterfall in all {
        if !known.contains(&&waterfall.case) {
            known.push(&waterfall.case);
        }
    }
    // Evenly from all, so that not one image's formats are all there is to see.
    let drawn = thinned(&known, DRAWN_CASES);
    let groups = drawn
        .iter()
        .enumerate()
        .map(|(at, case)| group(all, case, at, cases));
    let section = section
        .add(key())
        .all(groups)
        .add(table(all, cases).behind());
    if drawn.len() < known.len() || all.len() > TABLE_ROWS {
        section.add(note(&format!(
            "Drawn are {} of {} cases; the table has {} of {} lines.",
            drawn.len(),
            known.len(),
            all.len().min(TABLE_ROWS),
            all.len()
        )))
    } else {
        section
    }
}

fn key() -> Element {
    element("ul").class("legend parts").all(PARTS.map(|part| {
        element("li")
            .add(
                element("svg")
                    .with("aria-hidden", "true")
                    .with("width", 22)
                    .with("height", 14)
                    .add(rectangle(
                        &format!("part p-{}", part_name(part)),
                        (0.0, 0.0),
                        100.0,
                        14.0,
                    )),
            )
            .add(
                element("span")
                    .add(text("b", part_name(part)))
                    .text(format!(" {}", part_meaning(part))),
            )
    }))
}

/// A case's drawings: cold beside warm, each on a scale of its own.
fn group(all: &[Waterfall], case: &Case, at: usize, cases: &Cases<'_>) -> Element {
    let panel = |is_cold: bool| {
        let own = || {
            let own = all
                .iter()
                .filter(|it| it.case == *case && it.is_cold == is_cold);
            own.filter(|it| !it.bars.is_empty())
        };
        // What was emulated needs no model beside it; the table has both.
        let is_emulated = |it: &&Waterfall| {
            it.source == Source::Emulated
                || !own().any(|other| {
                    (other.source, other.rival, other.memory_mb)
                        == (Source::Emulated, it.rival, it.memory_mb)
                })
        };
        let bars: Vec<&Waterfall> = own().filter(is_emulated).take(DRAWN_BARS).collect();
        let word = if is_cold { "Cold start" } else { "Warm" };
        (!bars.is_empty()).then(|| {
            element("figure").add(text("h4", word)).add(panel(
                &bars,
                &format!("phases-{at}-{is_cold}"),
                word,
            ))
        })
    };
    element("div")
        .class(super::super::key::format_class(case.format))
        .add(element("h3").add(cases.leading(case, text("span", name(case)))))
        .add(
            element("div")
                .class("pair")
                .all([panel(true), panel(false)].into_iter().flatten()),
        )
}

fn panel(waterfalls: &[&Waterfall], id: &str, word: &str) -> Element {
    let across = Scale::linear_over(waterfalls.iter().map(|it| total(it)), ACROSS);
    let rows = u8::try_from(waterfalls.len()).unwrap_or(u8::MAX);
    let height = ROW_HEIGHT * f64::from(rows);
    let findings: Vec<String> = waterfalls
        .iter()
        .map(|it| format!("{}: {}.", who(it), ms(total(it))))
        .collect();
    let frame = Frame {
        id,
        height,
        title: &format!("{word}: parts of a cache miss"),
        finding: &findings.join(" "),
        leads: false,
    };
    let ticks = across.ticks();
    let axis = axis::bottom(&across, height, &ticks, "ms", tick);
    let bars = (0..rows).zip(waterfalls).map(|(row, waterfall)| {
        let top = ROW_HEIGHT * f64::from(row);
        bar(waterfall, top, &across)
    });
    drawing(frame, [axis].into_iter().chain(bars))
}

/// One invocation, its name above it.
fn bar(waterfall: &Waterfall, top: f64, across: &Scale) -> Element {
    let class = format!(
        "{} {}",
        rival_class(waterfall.rival),
        source_class(waterfall.source)
    );
    let words = format!("{} \u{b7} {}", who(waterfall), ms(total(waterfall)));
    let mut row = element("g")
        .class(class)
        .add(label("row", (0.0, top), (0.0, 16.0), &words));
    let mut begin = 0.0;
    for part in &waterfall.bars {
        let end = begin + sound(part.wall_ms);
        if let (Some(from), Some(to)) = (across.at(begin), across.at(end)) {
            row = row.add(segment(part, (from, to), top + 23.0));
        }
        begin = end;
    }
    row
}

/// A part, from one place to another.
fn segment(part: &Bar, (from, to): (f64, f64), top: f64) -> Element {
    let name = part_name(part.part);
    let width = to - from;
    let words = format!(
        "{name}: {}, of which {} processor time",
        ms(part.wall_ms),
        ms(part.cpu_ms)
    );
    let share = if part.wall_ms > 0.0 {
        (sound(part.cpu_ms) / part.wall_ms).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let segment = element("g")
        .class("mark")
        .add(text("title", words))
        .add(rectangle(
            &format!("part p-{name}"),
            (from, top),
            width,
            BAR_HEIGHT,
        ))
        .add(rectangle(
            "cpu",
            (from, top + BAR_HEIGHT - 4.0),
            width * share,
            4.0,
        ));
    // Narrower than this, the word would not fit on a telephone.
    if width >= 14.0 {
        segment.add(label("inside", (from, top), (5.0, 13.0), name))
    } else {
        segment
    }
}

fn who(waterfall: &Waterfall) -> String {
    format!(
        "{}, {} MB, {}",
        short(waterfall.rival),
        waterfall.memory_mb,
        waterfall.source.name()
    )
}

fn total(waterfall: &Waterfall) -> f64 {
    waterfall.bars.iter().map(|bar| sound(bar.wall_ms)).sum()
}

/// A time that can be drawn.
fn sound(ms: f64) -> f64 {
    if ms.is_finite() { ms.max(0.0) } else { 0.0 }
}

fn table(waterfalls: &[Waterfall], cases: &Cases<'_>) -> Sheet {
    let mut sheet = Sheet::new(
        "Parts of a cache miss: time on the wall / processor time, ms",
        &[
            "Case",
            "By",
            "Memory, MB",
            "Start",
            "init",
            "ask",
            "wait",
            "body",
            "finish",
            "Samples",
        ],
    );
    for it in waterfalls.iter().take(TABLE_ROWS) {
        let mut cells = vec![
            Cell::Words(format!("{}, {}", it.rival, it.source.name())),
            Cell::Number(it.memory_mb.to_string()),
            Cell::Words(if it.is_cold { "cold" } else { "warm" }.to_owned()),
        ];
        cells.extend(PARTS.map(|part| {
            let bar = it.bars.iter().find(|bar| bar.part == part);
            Cell::Number(bar.map_or_else(String::new, |bar| {
                format!("{} / {}", digits(bar.wall_ms), digits(bar.cpu_ms))
            }))
        }));
        cells.push(Cell::Number(it.samples.to_string()));
        let classes = format!(
            "{} {} {}",
            super::super::key::format_class(it.case.format),
            rival_class(it.rival),
            source_class(it.source)
        );
        sheet.push(cases.link(&it.case), cells, &classes);
    }
    sheet
}
