//! Processor time from run to run, for each machine by itself: two machines are never joined.

use std::collections::BTreeMap;

use crate::{
    case::Rival,
    html::{
        axis,
        figure::{note, section},
        key::{legend, rival_class, short},
        markup::{Element, element, text},
        number::{digits, ms, tick},
        scale::Scale,
        sheet::{Cell, Name, Sheet},
        svg::{ACROSS, Frame, apart, drawing, label, mark, polyline},
    },
    judge::report::{Lane, Mark},
};

const HEIGHT: f64 = 180.0;
/// The latest runs that are drawn and listed.
const DRAWN_RUNS: usize = 60;

/// The section; none unless a machine has more than one run.
pub(in crate::html) fn draw(lanes: &[Lane]) -> Option<Element> {
    let lanes: Vec<(&Lane, Vec<&str>)> = lanes
        .iter()
        .map(|lane| (lane, runs(lane)))
        .filter(|(_, runs)| runs.len() > 1)
        .collect();
    if lanes.is_empty() {
        return None;
    }
    let section = section(
        "history",
        "Since when?",
        "Processor time of a warm cache miss, the geometric mean over the cases that all runs of \
         the machine have. Each machine stands by itself.",
    );
    let drawn = lanes.iter().enumerate().map(|(at, (lane, runs))| {
        let latest = &runs[runs.len().saturating_sub(DRAWN_RUNS)..];
        let figure = element("figure")
            .add(text("h3", &lane.machine))
            .add(chart(lane, latest, &format!("history-{at}")))
            .add(table(lane, latest).behind());
        if latest.len() < runs.len() {
            figure.add(note(&format!(
                "The latest {} of {} runs.",
                latest.len(),
                runs.len()
            )))
        } else {
            figure
        }
    });
    let entries: Vec<_> = lanes
        .iter()
        .flat_map(|(lane, _)| lane.marks.iter().map(|mark| (mark.rival, None)))
        .collect();
    Some(section.add(legend(&entries)).all(drawn))
}

/// The runs of a lane, in their order.
fn runs(lane: &Lane) -> Vec<&str> {
    let mut runs: Vec<&str> = Vec::new();
    for mark in &lane.marks {
        if !runs.contains(&mark.run.as_str()) {
            runs.push(&mark.run);
        }
    }
    runs
}

fn chart(lane: &Lane, runs: &[&str], id: &str) -> Element {
    let number = |at: usize| f64::from(u16::try_from(at).unwrap_or(u16::MAX));
    let across = Scale::linear(0.0, number(runs.len().saturating_sub(1)), ACROSS);
    let is_shown = |mark: &&Mark| runs.contains(&mark.run.as_str());
    let marks: Vec<&Mark> = lane.marks.iter().filter(is_shown).collect();
    let down = Scale::linear_over(marks.iter().map(|mark| mark.cpu_ms), (HEIGHT, 0.0));
    let place = |mark: &Mark| {
        let at = runs.iter().position(|run| *run == mark.run)?;
        Some((across.at(number(at))?, down.at(mark.cpu_ms)?))
    };
    let mut rivals: BTreeMap<Rival, Vec<&Mark>> = BTreeMap::new();
    for mark in marks {
        rivals.entry(mark.rival).or_default().push(mark);
    }
    let findings: Vec<String> = rivals.values().filter_map(|marks| change(marks)).collect();
    let frame = Frame {
        id,
        height: HEIGHT,
        title: "Processor time of a warm cache miss, run by run",
        finding: &findings.join(" "),
        leads: false,
    };
    let axes = [
        axis::left(&down, "ms of processor time", tick),
        axis::bottom(&across, HEIGHT, &[], "runs, the latest at the right", tick),
    ];
    let lines = rivals.values().flat_map(|marks| course(marks, place));
    let ends: Vec<(Rival, (f64, f64))> = rivals
        .iter()
        .filter_map(|(rival, marks)| {
            Some((*rival, marks.iter().filter_map(|it| place(it)).next_back()?))
        })
        .collect();
    drawing(frame, axes.into_iter().chain(lines).chain(names(&ends)))
}

/// What became of a rival's processor time, in a sentence.
fn change(marks: &[&Mark]) -> Option<String> {
    let (first, last) = (marks.first()?, marks.last()?);
    Some(format!(
        "{}: {} at first, {} now.",
        first.rival,
        ms(first.cpu_ms),
        ms(last.cpu_ms)
    ))
}

/// A rival's line and its marks.
fn course(marks: &[&Mark], place: impl Fn(&Mark) -> Option<(f64, f64)>) -> Vec<Element> {
    let Some(rival) = marks.first().map(|mark| mark.rival) else {
        return Vec::new();
    };
    let class = rival_class(rival);
    let places: Vec<_> = marks.iter().filter_map(|mark| place(mark)).collect();
    let marks = marks.iter().filter_map(|it| {
        let words = format!(
            "{}, {}, {}: {} over {} cases",
            it.date,
            it.commit,
            it.rival,
            ms(it.cpu_ms),
            it.cases
        );
        Some(mark(class, rival, place(it)?, &words))
    });
    [polyline(class, HEIGHT, &places)]
        .into_iter()
        .chain(marks)
        .collect()
}

/// Each rival's name beside the end of its line.
fn names(ends: &[(Rival, (f64, f64))]) -> Vec<Element> {
    let mut heights: Vec<f64> = ends.iter().map(|(_, end)| end.1).collect();
    apart(&mut heights, 15.0, 0.0, HEIGHT);
    let names = ends.iter().zip(heights).map(|((rival, end), y)| {
        let class = format!("direct {}", rival_class(*rival));
        label(&class, (end.0, y), (12.0, 4.0), short(*rival))
    });
    names.collect()
}

fn table(lane: &Lane, runs: &[&str]) -> Sheet {
    let mut sheet = Sheet::new(
        format!("Runs on {}", lane.machine),
        &["Run", "Date", "Commit", "By", "Processor time, ms", "Cases"],
    );
    for mark in lane
        .marks
        .iter()
        .filter(|mark| runs.contains(&mark.run.as_str()))
    {
        let cells = [
            Cell::Words(mark.date.clone()),
            Cell::Words(mark.commit.clone()),
            Cell::Words(mark.rival.to_string()),
            Cell::Number(digits(mark.cpu_ms)),
            Cell::Number(mark.cases.to_string()),
        ];
        sheet.push(
            Name::plain(mark.run.clone()),
            cells,
            rival_class(mark.rival),
        );
    }
    sheet
}
