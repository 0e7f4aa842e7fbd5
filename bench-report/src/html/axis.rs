//! Axes: lines across the drawing at round numbers, and the numbers outside it.

use super::{
    markup::{Element, element},
    scale::Scale,
    svg::{ACROSS, label, line},
};

/// The axis at the left: its ticks, and `name` above it.
pub(super) fn left(scale: &Scale, name: &str, words: impl Fn(f64) -> String) -> Element {
    element("g")
        .class("axis")
        .all(scale.ticks().into_iter().filter_map(|tick| {
            let y = scale.at(tick)?;
            Some(
                element("g")
                    .add(line("grid", (ACROSS.0, y), (ACROSS.1, y)))
                    .add(label("tick left", (ACROSS.0, y), (-8.0, 4.0), &words(tick))),
            )
        }))
        .add(label("name", (ACROSS.0, 0.0), (-44.0, -14.0), name))
}

/// The axis below a drawing of `height`: `ticks`, and `name` below them.
pub(super) fn bottom(
    scale: &Scale,
    height: f64,
    ticks: &[f64],
    name: &str,
    words: impl Fn(f64) -> String,
) -> Element {
    element("g")
        .class("axis")
        .all(ticks.iter().filter_map(|&tick| {
            let x = scale.at(tick)?;
            Some(
                element("g")
                    .add(line("grid", (x, 0.0), (x, height)))
                    .add(label("tick", (x, height), (0.0, 18.0), &words(tick))),
            )
        }))
        .add(label("name middle", (50.0, height), (0.0, 37.0), name))
}
