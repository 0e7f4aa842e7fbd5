//! Values of options.

use lexopt::prelude::*;

pub(super) fn points(points: f64) -> Result<f64, lexopt::Error> {
    if points > 0.0 {
        Ok(points)
    } else {
        Err("--check must be above 0".into())
    }
}

pub(super) fn widths(parser: &mut lexopt::Parser) -> Result<Vec<u32>, lexopt::Error> {
    list(&parser.value()?.string()?, |item| {
        item.parse().ok().filter(|&width| width > 0)
    })
}

pub(super) fn at_least_one(runs: u32) -> Result<u32, lexopt::Error> {
    if runs == 0 {
        return Err("--runs must be at least 1".into());
    }
    Ok(runs)
}

pub(super) fn list<T>(
    text: &str,
    item: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, lexopt::Error> {
    text.split(',')
        .map(|word| item(word).ok_or_else(|| format!("{word:?} makes no sense there").into()))
        .collect()
}

/// A number from `least` to `most`.
#[cfg(target_os = "linux")]
pub(super) fn within(
    parser: &mut lexopt::Parser,
    least: f64,
    most: f64,
) -> Result<f64, lexopt::Error> {
    let number: f64 = parser.value()?.parse()?;
    if (least..=most).contains(&number) {
        Ok(number)
    } else {
        Err(format!("it must be from {least} to {most}").into())
    }
}
