//! The headline: each rival at the memory it is compared at, in large figures.

use crate::{
    case::Rival,
    format::Side,
    html::{
        key::{rival_class, short, source_class},
        markup::{Element, element, text},
        number::{dollars, ms, ms_or_none},
        scale::Scale,
        svg::{ACROSS, line, rectangle},
    },
    judge::report::{Line, OURS_MB, Point, Report, Source, THEIRS_MB},
};

/// A rival at its memory.
struct Contender<'a> {
    line: &'a Line,
    point: &'a Point,
}

/// What is compared: its name, a point's number, and the number in words.
type Column = (&'static str, fn(&Point) -> Option<f64>, fn(f64) -> String);

/// The comparison in large figures; none without a curve that has the settings compared.
pub(in crate::html) fn draw(report: &Report) -> Option<Element> {
    // What the duels were fought at, if there were any.
    let (ours_mb, theirs_mb) = report
        .duels
        .first()
        .map_or((OURS_MB, THEIRS_MB), |duel| (duel.ours_mb, duel.theirs_mb));
    let contenders = contenders(report, Source::Emulated, ours_mb, theirs_mb)
        .or_else(|| contenders(report, Source::Model, ours_mb, theirs_mb))?;
    let source = contenders.first()?.line.source;
    let columns: [Column; 3] = [
        (
            "Warm cache miss, median",
            |point| Some(point.warm.p50_ms),
            ms,
        ),
        ("Cold start with its first image", |point| point.cold_ms, ms),
        (
            "A million warm cache misses",
            |point| point.costs.first().copied(),
            dollars,
        ),
    ];
    let offer = report.curve.offers.first().map(|offer| offer.name.as_str());
    let panels = columns.iter().map(|(name, value, words)| {
        let values = contenders.iter().filter_map(|it| value(it.point));
        let scale = Scale::linear_over(values, ACROSS);
        let rows = contenders
            .iter()
            .map(|it| row(it, value(it.point), words, &scale));
        element("div")
            .class("panel")
            .add(text("h3", name))
            .add(element("ul").all(rows))
    });
    let pooled = format!(
        "{}, over {} cases that every line has{}.",
        match source {
            Source::Model => "By the model",
            Source::Emulated => "Emulated: measured under Lambda's quota and memory limit",
        },
        report.curve.cases,
        offer.map_or_else(String::new, |offer| format!("; cost on {offer}")),
    );
    Some(
        element("div")
            .class("headline")
            .add(element("div").class("panels").all(panels))
            .add(text("p", pooled).class("note")),
    )
}

/// A line for each rival at its memory, edgepix before sharp; none unless both sides are there.
fn contenders(
    report: &Report,
    source: Source,
    ours_mb: u32,
    theirs_mb: u32,
) -> Option<Vec<Contender<'_>>> {
    let memory_of = |rival: Rival| match rival.side {
        Side::Edgepix => ours_mb,
        Side::Sharp => theirs_mb,
    };
    let mut contenders: Vec<Contender<'_>> = report
        .curve
        .lines
        .iter()
        .filter(|line| line.source == source)
        .filter_map(|line| {
            let memory_mb = memory_of(line.rival);
            let point = line.points.iter().find(|it| it.memory_mb == memory_mb)?;
            point
                .warm
                .p50_ms
                .is_finite()
                .then_some(Contender { line, point })
        })
        .collect();
    contenders.sort_by_key(|it| it.line.rival);
    let has = |side| contenders.iter().any(|it| it.line.rival.side == side);
    (has(Side::Edgepix) && has(Side::Sharp)).then_some(contenders)
}

fn row(
    it: &Contender<'_>,
    value: Option<f64>,
    words: &fn(f64) -> String,
    scale: &Scale,
) -> Element {
    let width = value
        .and_then(|value| scale.within(value))
        .unwrap_or_default();
    let rival = it.line.rival;
    element("li")
        .class(format!(
            "{} {}",
            rival_class(rival),
            source_class(it.line.source)
        ))
        .add(
            text(
                "span",
                format!("{} at {} MB", short(rival), it.point.memory_mb),
            )
            .class("who"),
        )
        .add(text("b", value.map_or_else(|| ms_or_none(None), words)))
        .add(
            element("svg")
                .class("bar")
                .with("aria-hidden", "true")
                .with("height", 8)
                .add(line("grid", (0.0, 4.0), (100.0, 4.0)))
                .add(rectangle("fill", (0.0, 0.0), width, 8.0).with("rx", 1)),
        )
}
