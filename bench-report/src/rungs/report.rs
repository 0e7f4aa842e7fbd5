//! The tables of `rungs`: what a rung takes and gives at each width, and its time
//! as a line over the size of the result. Pure: cases in, text out.

use super::{Case, QUALITIES, USUAL, fit::Fit};
use crate::{
    calibrate::curve::Curve,
    rung::Rung,
    stats::{geometric_mean, median},
    table::{Style, Table, numbers, words},
};

/// One rung at one width, over all photographs.
struct Sum {
    rung: String,
    width: u32,
    ms: f64,
    /// Of JPEG's, at the score that JPEG has at the usual quality.
    bytes: Option<f64>,
    row: Vec<String>,
}

/// Both tables, and which rungs nobody needs.
pub(super) fn report(rungs: &[Rung], cases: &[Case], style: Style) -> String {
    let mut widths: Vec<u32> = cases.iter().map(|case| case.width).collect();
    widths.sort_unstable();
    widths.dedup();
    let mut sums = Vec::new();
    for &width in &widths {
        sums.extend(rungs.iter().map(|&rung| sum(rung, width, cases)));
    }
    let mut results = Table::new(&[
        words("", "rung"),
        numbers("", "width"),
        numbers("CPU ms", "median"),
        numbers("CPU ms", "most"),
        numbers("ms per", "megapixel"),
        numbers("score", "mean"),
        numbers("bytes / jpeg", "same number"),
        numbers("bytes / jpeg", "same score"),
        numbers("encoder KB", "planned"),
    ]);
    for sum in &sums {
        results.push(sum.row.clone());
    }
    format!(
        "\nAt quality {}\n\n{}\n{}\n{}",
        QUALITIES[USUAL],
        results.write(style),
        fits(rungs, cases).write(style),
        dominated(&sums)
    )
}

fn sum(rung: Rung, width: u32, cases: &[Case]) -> Sum {
    let of = |rung: Rung| {
        let is_it = move |case: &&Case| case.rung == rung && case.width == width;
        cases.iter().filter(is_it)
    };
    let ours: Vec<&Case> = of(rung).collect();
    let (mut same_number, mut same_score) = (Vec::new(), Vec::new());
    for case in &ours {
        let Some(jpeg) = of(Rung::JPEG).find(|jpeg| jpeg.photograph == case.photograph) else {
            continue;
        };
        let target = jpeg.points[USUAL];
        same_number.push(case.points[USUAL].bytes / target.bytes);
        let points = case.points.iter();
        let curve = Curve::new(points.map(|point| (point.bytes.ln(), point.score)));
        same_score.push(curve.reaching(target.score).exp() / target.bytes);
    }
    let usual = |of: fn(&Case) -> f64| -> Vec<f64> { ours.iter().map(|&case| of(case)).collect() };
    let ms = usual(|case| case.points[USUAL].ms);
    let per_megapixel = usual(|case| case.points[USUAL].ms / case.megapixels);
    let scores = usual(|case| case.points[USUAL].score);
    let memory = ours.iter().map(|case| case.points[USUAL].memory).max();
    let median_ms = median(&ms).unwrap_or(f64::NAN);
    let bytes = geometric_mean(&same_score);
    let ratio = |ratio: Option<f64>| ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.3}"));
    #[expect(clippy::cast_precision_loss, reason = "a few photographs")]
    let mean = scores.iter().sum::<f64>() / scores.len() as f64;
    Sum {
        rung: rung.name(),
        width,
        ms: median_ms,
        bytes,
        row: vec![
            rung.name(),
            width.to_string(),
            format!("{median_ms:.1}"),
            format!("{:.1}", ms.iter().copied().fold(0.0, f64::max)),
            format!("{:.1}", median(&per_megapixel).unwrap_or(f64::NAN)),
            format!("{mean:.1}"),
            ratio(geometric_mean(&same_number)),
            ratio(bytes),
            (memory.unwrap_or(0) >> 10).to_string(),
        ],
    }
}

/// Time as a line over megapixels, for each quality.
fn fits(rungs: &[Rung], cases: &[Case]) -> Table {
    let mut table = Table::new(&[
        words("", "rung"),
        numbers("", "quality"),
        numbers("fixed", "ms"),
        numbers("ms per", "megapixel"),
        numbers("least", "/ line"),
        numbers("most", "/ line"),
    ]);
    for &rung in rungs {
        for (at, quality) in QUALITIES.iter().enumerate() {
            let points: Vec<(f64, f64)> = cases
                .iter()
                .filter(|case| case.rung == rung)
                .map(|case| (case.megapixels, case.points[at].ms))
                .collect();
            let fit = Fit::through(&points);
            let ratios = || points.iter().map(|(x, y)| y / fit.at(*x));
            table.push(vec![
                rung.name(),
                quality.to_string(),
                format!("{:.2}", fit.fixed_ms),
                format!("{:.2}", fit.per_megapixel_ms),
                format!("{:.2}", ratios().fold(f64::INFINITY, f64::min)),
                format!("{:.2}", ratios().fold(0.0, f64::max)),
            ]);
        }
    }
    table
}

/// The rungs for which another takes no more time and no more bytes, by width.
fn dominated(sums: &[Sum]) -> String {
    let mut text = String::new();
    for sum in sums {
        let is_better = |other: &&Sum| {
            let no_worse = other.ms <= sum.ms && other.bytes <= sum.bytes;
            other.width == sum.width && other.rung != sum.rung && no_worse
        };
        if let Some(better) = sums.iter().find(is_better) {
            text += &format!(
                "{} px: {} takes no less time and bytes than {}\n",
                sum.width, sum.rung, better.rung
            );
        }
    }
    if text.is_empty() {
        text += "every rung takes less time or fewer bytes than any other\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{super::Point, *};

    fn case(rung: Rung, width: u32, ms: f64, bytes: f64) -> Case {
        let points = QUALITIES.map(|quality| Point {
            ms: ms * f64::from(quality) / 80.0,
            bytes: bytes * f64::from(quality) / 80.0,
            score: f64::from(quality),
            memory: 1 << 20,
        });
        Case {
            rung,
            photograph: "a.jpg".to_owned(),
            width,
            megapixels: f64::from(width) / 1000.0,
            points: points.to_vec(),
        }
    }

    #[test]
    fn a_rung_that_takes_more_of_both_is_named() {
        let rungs = [Rung::JPEG, Rung::webp(4), Rung::avif(9)];
        let costs = [(1.0, 100.0), (9.0, 60.0), (5.0, 50.0)];
        let mut cases = Vec::new();
        for width in [400, 800] {
            for (&rung, (ms, bytes)) in rungs.iter().zip(costs) {
                cases.push(case(rung, width, ms * f64::from(width) / 400.0, bytes));
            }
        }
        let text = report(&rungs, &cases, Style::Text);
        for line in [
            "400 px: webp 4 takes no less time and bytes than avif 9",
            "webp 4    400     9.0     9.0       22.5   80.0         0.600         0.600        1024",
            "avif 9       80   0.00      12.50    1.00    1.00",
        ] {
            assert!(text.contains(line), "{text}");
        }
    }
}
