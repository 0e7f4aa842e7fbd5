//! What was measured, for people: medians with the least and the most, and ratios of
//! medians.

use std::time::Duration;

use super::{
    function::Sample,
    way::{Kind, Way},
};

/// A column: its heading, its unit after the comma, and what it shows.
struct Column(&'static str, fn(&Sample) -> f64);

const COLUMNS: [Column; 5] = [
    Column("spawn to first poll, ms", |it| milliseconds(it.polled)),
    Column("poll to answer, ms", |it| {
        milliseconds(it.answered - it.polled)
    }),
    Column("spawn to first image, ms", |it| milliseconds(it.answered)),
    Column("CPU, ms", |it| milliseconds(it.cpu)),
    Column("peak memory, MB", |it| megabytes(it.peak_bytes)),
];

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn megabytes(bytes: u64) -> f64 {
    // A peak of more than 4 GB would be no function's.
    f64::from(u32::try_from(bytes >> 10).unwrap_or(u32::MAX)) / 1024.0
}

/// The table, as Markdown that is aligned, and how much faster edgepix is than sharp.
pub(crate) fn of(rows: &[(&Way, &[Sample])]) -> String {
    let heading = ["medians (least-most)", "object by"]
        .into_iter()
        .chain(COLUMNS.map(|column| column.0));
    let mut lines: Vec<Vec<String>> = vec![heading.map(str::to_owned).collect()];
    for (way, samples) in rows {
        let cells = COLUMNS.iter().map(|column| cell(samples, column.1));
        let named = [way.name.clone(), way.reads.name().to_owned()];
        lines.push(named.into_iter().chain(cells).collect());
    }
    let mut text = aligned(&lines);
    for (sharp, of_sharp) in rows.iter().filter(|(way, _)| way.kind == Kind::Sharp) {
        for (way, of_way) in rows.iter().filter(|(way, _)| way.kind == Kind::Edgepix) {
            let ratio = |what| median(of_sharp, what) / median(of_way, what);
            text += &format!(
                "{} / {}: first image {:.1}, CPU {:.1}\n",
                sharp.name,
                way.name,
                ratio(|it| milliseconds(it.answered)),
                ratio(|it| milliseconds(it.cpu))
            );
        }
    }
    text
}

fn cell(samples: &[Sample], what: fn(&Sample) -> f64) -> String {
    let values = sorted(samples, what);
    let (least, most) = (values[0], values[values.len() - 1]);
    format!("{:.1} ({least:.1}-{most:.1})", median(samples, what))
}

/// Halfway between the middle two if they are even in number.
fn median(samples: &[Sample], what: fn(&Sample) -> f64) -> f64 {
    let values = sorted(samples, what);
    f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2])
}

fn sorted(samples: &[Sample], what: fn(&Sample) -> f64) -> Vec<f64> {
    let mut values: Vec<f64> = samples.iter().map(what).collect();
    values.sort_by(f64::total_cmp);
    values
}

fn aligned(lines: &[Vec<String>]) -> String {
    let widths: Vec<usize> = (0..lines[0].len())
        .map(|at| lines.iter().map(|line| line[at].len()).max().unwrap_or(0))
        .collect();
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let mut text = String::new();
    for line in [&lines[0], &rule].into_iter().chain(&lines[1..]) {
        for (cell, width) in line.iter().zip(&widths) {
            text += &format!("| {cell:<width$} ");
        }
        text += "|\n";
    }
    text
}
