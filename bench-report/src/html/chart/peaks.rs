//! Peak memory against the size of the original, with the settings as lines.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashSet},
};

use super::beside::beside;
use crate::{
    case::Rival,
    html::{
        axis,
        figure::{Cases, name, nothing, section},
        key::{format_class, legend, rival_class, short},
        markup::{Element, text},
        number::{digits, mb, megabytes, tick},
        scale::Scale,
        sheet::Sheet,
        svg::{ACROSS, Frame, cross, drawing, label, line, mark, pixels},
    },
    judge::report::{Peak, Report},
};

const HEIGHT: f64 = 320.0;
/// Above what is drawn to scale: where the killed are.
const KILLED_HEIGHT: f64 = 26.0;
/// Settings that are drawn as lines, in MB.
const LIMITS_MB: [f64; 3] = [128.0, 256.0, 384.0];

/// The section.
pub(in crate::html) fn draw(report: &Report, cases: &Cases<'_>) -> Element {
    let section = section(
        "peak",
        "How much memory does it take?",
        "The most resident memory of the function\u{2019}s process, by the size of the original. \
         A cross at the top was killed: it wanted more than it had. Each mark leads to its case.",
    );
    let peaks = &report.peaks;
    if peaks.is_empty() {
        return section.add(nothing("No peak was measured."));
    }
    let entries: Vec<_> = peaks.iter().map(|it| (it.rival, None)).collect();
    section
        .add(legend(&entries))
        .add(text("p", findings(peaks)).class("finding"))
        .add(chart(peaks, cases))
        .add(table(peaks, cases).behind())
}

fn chart(peaks: &[Peak], cases: &Cases<'_>) -> Element {
    let across = Scale::log_over(peaks.iter().map(|it| it.megapixels), ACROSS);
    let values = peaks.iter().filter_map(|it| it.bytes).map(megabytes);
    let down = Scale::linear_over(values.chain(LIMITS_MB), (HEIGHT, KILLED_HEIGHT));
    let frame = Frame {
        id: "peak-chart",
        height: HEIGHT,
        title: "Peak memory by megapixels of the original",
        finding: &findings(peaks),
        leads: true,
    };
    let axes = [
        axis::left(&down, "MB resident", tick),
        axis::bottom(
            &across,
            HEIGHT,
            &across.ticks(),
            "megapixels of the original",
            tick,
        ),
    ];
    let is_any_killed = peaks.iter().any(|it| it.bytes.is_none());
    let killed = is_any_killed.then(|| {
        let place = (100.0, KILLED_HEIGHT / 2.0);
        label("limit-name", place, (8.0, 4.0), "killed")
    });
    let parts = axes.into_iter().chain(limits(&down));
    let parts = parts.chain(marks(peaks, cases, &across, &down));
    drawing(frame, parts.chain(killed))
}

/// The settings, as lines.
fn limits(down: &Scale) -> Vec<Element> {
    let lines = LIMITS_MB.into_iter().filter_map(|limit| {
        let y = down.at(limit)?;
        Some([
            line("limit", (0.0, y), (100.0, y)),
            label("limit-name", (100.0, y), (8.0, 4.0), &mb(limit)),
        ])
    });
    lines.flatten().collect()
}

/// What each took. Marks that would hide each other are drawn once; the table has all.
fn marks(peaks: &[Peak], cases: &Cases<'_>, across: &Scale, down: &Scale) -> Vec<Element> {
    let mut drawn = HashSet::new();
    let mut behind_first: Vec<&Peak> = peaks.iter().collect();
    behind_first.sort_by_key(|it| Reverse(it.rival));
    let marks = behind_first.into_iter().filter_map(|it| {
        let (x, y) = place(it, across, down)?;
        let class = format!("{} {}", rival_class(it.rival), format_class(it.case.format));
        let spot = (class.clone(), pixels(x), pixels((y / 2.0).round()));
        drawn
            .insert(spot)
            .then(|| cases.leading(&it.case, peak_mark(it, &class, (x, y))))
    });
    marks.collect()
}

/// Where a peak is; none if it has no such number.
fn place(it: &Peak, across: &Scale, down: &Scale) -> Option<(f64, f64)> {
    let y = match it.bytes {
        Some(bytes) => down.at(megabytes(bytes))?,
        None => KILLED_HEIGHT / 2.0,
    };
    Some((across.within(it.megapixels)?, y))
}

fn peak_mark(it: &Peak, class: &str, place: (f64, f64)) -> Element {
    let who = format!("{}, {} at {} MB", name(&it.case), it.rival, it.memory_mb);
    match it.bytes {
        Some(bytes) => {
            let words = format!("{who}: {}", mb(megabytes(bytes)));
            mark(class, it.rival, place, &words)
        }
        None => cross(&format!("{class} killed"), place, &format!("{who}: killed")),
    }
}

/// The most each rival took, and how often it was killed.
fn findings(peaks: &[Peak]) -> String {
    let mut rivals: BTreeMap<Rival, (u64, usize)> = BTreeMap::new();
    for it in peaks {
        let entry = rivals.entry(it.rival).or_default();
        match it.bytes {
            Some(bytes) => entry.0 = entry.0.max(bytes),
            None => entry.1 += 1,
        }
    }
    let sentences = rivals.into_iter().map(|(rival, (most, killed))| {
        let killed = match killed {
            0 => "never killed".to_owned(),
            1 => "killed once".to_owned(),
            _ => format!("killed {killed} times"),
        };
        format!("{rival}: at most {}, {killed}.", mb(megabytes(most)))
    });
    sentences.collect::<Vec<_>>().join(" ")
}

fn table(peaks: &[Peak], cases: &Cases<'_>) -> Sheet {
    let cells = peaks.iter().flat_map(|it| {
        let peak = it.bytes.map_or_else(
            || "\u{2715} killed".to_owned(),
            |bytes| digits(megabytes(bytes)),
        );
        [
            (&it.case, None, digits(it.megapixels)),
            (&it.case, Some((it.rival, it.memory_mb)), peak),
        ]
    });
    let heading = |column: Option<(Rival, u32)>| match column {
        None => "Megapixels".to_owned(),
        Some((rival, memory_mb)) => format!("{}: peak at {memory_mb} MB, MB", short(rival)),
    };
    beside(
        "Peak resident memory in MB, by who and at which setting",
        cells,
        heading,
        cases,
    )
}
