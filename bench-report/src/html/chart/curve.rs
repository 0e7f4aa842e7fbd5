//! Latency over memory, and below it, over the same memory, what a million cache misses cost.

use std::{cmp::Reverse, ops::Range};

use crate::{
    html::{
        axis,
        figure::{nothing, section},
        key::{legend, rival_class, short, source_class},
        markup::{Element, element, text},
        number::{NONE, digits, dollars, ms, ms_or_none, tick},
        scale::Scale,
        sheet::{Cell, Name, Sheet},
        svg::{ACROSS, Frame, apart, drawing, label, line, mark, polyline},
    },
    judge::report::{Curve, Line, Point, Recommendation},
};

const LATENCY_HEIGHT: f64 = 300.0;
const COST_HEIGHT: f64 = 170.0;
/// Between the names beside two lines, in pixels.
const NAME_HEIGHT: f64 = 15.0;

/// The section.
pub(in crate::html) fn draw(curve: &Curve) -> Element {
    let section = section(
        "memory",
        "Which memory setting?",
        "More memory is more processor: latency falls, and each millisecond costs more. \
         Lines are warm cache misses, pooled over the cases that all of them have.",
    );
    if curve.lines.iter().all(|line| line.points.is_empty()) {
        return section.add(nothing(
            "Nothing was measured that a curve could be drawn of: no case was answered at any \
             memory setting.",
        ));
    }
    let entries: Vec<_> = curve
        .lines
        .iter()
        .map(|line| (line.rival, Some(line.source)))
        .collect();
    // Radio buttons choose the offer without a script: the style sheet shows what the checked one
    // is for.
    let buttons = curve.offers.iter().enumerate().map(|(at, offer)| {
        let button = element("input")
            .with("type", "radio")
            .with("name", "offer")
            .with("value", at);
        let button = if at == 0 {
            button.flag("checked")
        } else {
            button
        };
        element("label").add(button).add(text("span", &offer.name))
    });
    section
        .add(
            element("div")
                .class("offers")
                .add(
                    element("fieldset")
                        .add(text("legend", "Prices of"))
                        .all(buttons),
                )
                .add(legend(&entries))
                .add(figure(curve)),
        )
        .add(table(curve).behind())
}

/// Latency, and below it the costs by each offer, of which the style sheet shows one.
fn figure(curve: &Curve) -> Element {
    let memories = memories(curve);
    let across = Scale::log(
        f64::from(memories.first().copied().unwrap_or(128)),
        f64::from(memories.last().copied().unwrap_or(1769)),
        ACROSS,
    );
    let points = || curve.lines.iter().flat_map(|line| &line.points);
    let latencies = points().map(|point| point.warm.p50_ms);
    let latency = Panel {
        curve,
        offers: 0..curve.offers.len(),
        gives_reasons: true,
        memories: &memories,
        across: &across,
        scale: &Scale::log_over(latencies, (LATENCY_HEIGHT, 0.0)),
        height: LATENCY_HEIGHT,
        value: &|point| Some(point.warm.p50_ms),
        words: ms,
    };
    let costs = curve.offers.iter().enumerate().map(|(at, offer)| {
        let cost_of = |point: &Point| point.costs.get(at).copied();
        let cost = Panel {
            offers: at..at + 1,
            gives_reasons: false,
            scale: &Scale::linear_over(points().filter_map(cost_of), (COST_HEIGHT, 0.0)),
            height: COST_HEIGHT,
            value: &cost_of,
            words: dollars,
            ..latency.clone()
        };
        let title = format!("Dollars for a million warm cache misses on {}", offer.name);
        let panel = cost.draw(&format!("cost-{at}"), &title, "$ per million");
        let advice = curve.recommendations.iter().filter(|it| it.offer == at);
        element("div")
            .class(format!("offer offer-{at}"))
            .add(panel)
            .all(advice.map(|it| text("figcaption", &it.sentence)))
    });
    let title = "Median latency of a warm cache miss over memory";
    let figure = element("figure").add(latency.draw("curve", title, "ms, median"));
    if curve.offers.is_empty() {
        figure.add(nothing("There are no prices to say what it costs."))
    } else {
        figure.all(costs)
    }
}

/// One of the two drawings.
#[derive(Clone)]
struct Panel<'a> {
    curve: &'a Curve,
    /// Whose recommendations it shows.
    offers: Range<usize>,
    /// Whether it says why they are recommended.
    gives_reasons: bool,
    memories: &'a [u32],
    across: &'a Scale,
    scale: &'a Scale,
    height: f64,
    value: &'a dyn Fn(&Point) -> Option<f64>,
    words: fn(f64) -> String,
}

impl Panel<'_> {
    fn draw(&self, id: &str, title: &str, axis_name: &str) -> Element {
        let finding = self.finding();
        let frame = Frame {
            id,
            height: self.height,
            title,
            finding: &finding,
            leads: false,
        };
        let ticks: Vec<f64> = self.memories.iter().map(|&mb| f64::from(mb)).collect();
        let parts = [
            axis::left(self.scale, axis_name, tick),
            axis::bottom(self.across, self.height, &ticks, "MB of memory", tick),
        ];
        // Where two meet, the first of the rivals is on top.
        let mut lines: Vec<&Line> = self.curve.lines.iter().collect();
        lines.sort_by_key(|line| Reverse(line.rival));
        let lines = lines.into_iter().map(|line| self.line(line));
        let parts = parts.into_iter().chain(self.recommended()).chain(lines);
        drawing(frame, parts.chain(self.names()))
    }

    /// Where a point is; none if it has no such number.
    fn place(&self, point: &Point) -> Option<(f64, f64)> {
        let x = self.across.at(f64::from(point.memory_mb))?;
        Some((x, self.scale.at((self.value)(point)?)?))
    }

    /// A line and its marks.
    fn line(&self, line: &Line) -> Element {
        let places: Vec<_> = line
            .points
            .iter()
            .filter_map(|point| self.place(point))
            .collect();
        let marks = line.points.iter().filter_map(|point| {
            let failed = match point.failed {
                0 => String::new(),
                failed => format!("; {failed} of {} cases failed here", point.tried),
            };
            let words = format!(
                "{}, {}, {} MB: {}{failed}",
                short(line.rival),
                line.source.name(),
                point.memory_mb,
                (self.words)((self.value)(point)?)
            );
            Some(mark("", line.rival, self.place(point)?, &words))
        });
        element("g")
            .class(format!(
                "{} {}",
                rival_class(line.rival),
                source_class(line.source)
            ))
            .add(polyline("", self.height, &places))
            .all(marks)
    }

    /// Each rival's name beside the end of its line.
    fn names(&self) -> Vec<Element> {
        let mut ends: Vec<(&Line, (f64, f64))> = Vec::new();
        for line in &self.curve.lines {
            let Some(end) = line
                .points
                .iter()
                .filter_map(|point| self.place(point))
                .next_back()
            else {
                continue;
            };
            match ends.iter_mut().find(|(other, _)| other.rival == line.rival) {
                Some(other) if other.1.0 < end.0 => *other = (line, end),
                Some(_) => {}
                None => ends.push((line, end)),
            }
        }
        let mut heights: Vec<f64> = ends.iter().map(|(_, end)| end.1).collect();
        apart(&mut heights, NAME_HEIGHT, 0.0, self.height);
        let names = ends.iter().zip(heights).map(|((line, end), y)| {
            let class = format!("direct {}", rival_class(line.rival));
            label(&class, (end.0, y), (12.0, 4.0), short(line.rival))
        });
        names.collect()
    }

    /// The settings that are recommended, as lines from top to bottom with their reasons.
    fn recommended(&self) -> Vec<Element> {
        let all = self.curve.recommendations.iter();
        let shown = all.filter(|it| self.offers.contains(&it.offer));
        shown.map(|it| self.advice(it)).collect()
    }

    fn advice(&self, it: &Recommendation) -> Element {
        let reasons = [
            (it.fastest_mb, "fastest"),
            (it.balanced_mb, "balanced"),
            (it.cheapest_mb, "cheapest"),
        ];
        let mut group = element("g").class(format!("offer offer-{}", it.offer));
        for &memory_mb in self.memories {
            let here = reasons.iter().filter(|(mb, _)| *mb == memory_mb);
            let Some(x) = self
                .across
                .at(f64::from(memory_mb))
                .filter(|_| here.clone().count() > 0)
            else {
                continue;
            };
            group = group.add(line("recommended", (x, 0.0), (x, self.height)));
            // Reasons for one setting are stacked, so that those for its neighbours do not meet.
            for (at, (_, why)) in (0_u8..).zip(here.filter(|_| self.gives_reasons)) {
                let up = -8.0 - 13.0 * f64::from(at);
                group = group.add(label("reason", (x, 0.0), (0.0, up), why));
            }
        }
        group
    }

    fn finding(&self) -> String {
        let ends = self.curve.lines.iter().filter_map(|line| {
            let with = |point: &Point| Some((point.memory_mb, (self.value)(point)?));
            let (from_mb, from) = line.points.iter().filter_map(with).next()?;
            let (to_mb, to) = line.points.iter().filter_map(with).next_back()?;
            Some(format!(
                "{}, {}: {} at {from_mb} MB, {} at {to_mb} MB.",
                line.rival,
                line.source.name(),
                (self.words)(from),
                (self.words)(to)
            ))
        });
        ends.collect::<Vec<_>>().join(" ")
    }
}

/// All settings that any line has, rising.
fn memories(curve: &Curve) -> Vec<u32> {
    let points = curve.lines.iter().flat_map(|line| &line.points);
    let mut memories: Vec<u32> = points.map(|point| point.memory_mb).collect();
    memories.sort_unstable();
    memories.dedup();
    memories
}

fn table(curve: &Curve) -> Sheet {
    let costs: Vec<String> = curve
        .offers
        .iter()
        .map(|offer| format!("$ per million, {}", offer.name))
        .collect();
    let mut columns = vec![
        "Line",
        "Memory, MB",
        "p50, ms",
        "p95, ms",
        "p99, ms",
        "Mean, ms",
        "Cold start, ms",
        "Samples",
        "Failed",
    ];
    columns.extend(costs.iter().map(String::as_str));
    let mut sheet = Sheet::new("Latency and cost by memory", &columns);
    for line in &curve.lines {
        for point in &line.points {
            let mut cells: Vec<String> = vec![
                point.memory_mb.to_string(),
                digits(point.warm.p50_ms),
                digits(point.warm.p95_ms),
                point.warm.p99_ms.map_or_else(|| NONE.to_owned(), digits),
                digits(point.mean_ms),
                point.cold_ms.map_or_else(|| ms_or_none(None), digits),
                point.warm.samples.to_string(),
                point.failed.to_string(),
            ];
            cells.extend((0..curve.offers.len()).map(|offer| {
                let cost = point.costs.get(offer).copied();
                cost.map_or_else(|| NONE.to_owned(), dollars)
            }));
            let name = format!("{}, {}", line.rival, line.source.name());
            let classes = format!("{} {}", rival_class(line.rival), source_class(line.source));
            sheet.push(
                Name::plain(name),
                cells.into_iter().map(Cell::Number),
                &classes,
            );
        }
    }
    sheet
}
