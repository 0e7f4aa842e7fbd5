//! Drawings whose width is the reader's: places along x are percentages, places along y are
//! pixels, and so is text, which is as large on a telephone as on a wall. Tick labels and names
//! stand outside the drawing, in room that the style sheet leaves around it.

use super::{
    key::rival_class,
    markup::{Element, element, text},
};
use crate::case::Rival;

/// Places along x, in percent from left to right.
pub(super) const ACROSS: (f64, f64) = (0.0, 100.0);

/// A drawing with a name and what it shows in words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    /// Of this page only.
    pub(super) id: &'a str,
    /// In pixels.
    pub(super) height: f64,
    pub(super) title: &'a str,
    /// What it shows: the finding, not the drawing.
    pub(super) finding: &'a str,
    /// Whether there are links in it, which nobody could follow in what is one picture.
    pub(super) leads: bool,
}

/// The drawing, with all of `parts` in it.
pub(super) fn drawing(frame: Frame<'_>, parts: impl IntoIterator<Item = Element>) -> Element {
    let (title, finding) = (format!("{}-t", frame.id), format!("{}-d", frame.id));
    element("div").class("frame").add(
        element("svg")
            .class("plot")
            .with("role", if frame.leads { "group" } else { "img" })
            .with("height", pixels(frame.height))
            .with("aria-labelledby", &title)
            .with("aria-describedby", &finding)
            .add(text("title", frame.title).with("id", title))
            .add(text("desc", frame.finding).with("id", finding))
            .all(parts),
    )
}

/// A percentage, to a tenth of what can be seen.
pub(super) fn percent(place: f64) -> String {
    format!("{}%", trimmed(place, 2))
}

/// Pixels, to a tenth of what can be seen.
pub(super) fn pixels(place: f64) -> String {
    trimmed(place, 1)
}

fn trimmed(place: f64, digits: usize) -> String {
    let text = format!("{place:.digits$}");
    let text = match digits {
        0 => &text,
        _ => text.trim_end_matches('0').trim_end_matches('.'),
    };
    if text == "-0" { "0" } else { text }.to_owned()
}

/// Sets where something is; 0 is where it is anyway.
trait Placed {
    fn at(self, name: &str, place: String) -> Self;
}

impl Placed for Element {
    fn at(self, name: &str, place: String) -> Self {
        match place.as_str() {
            "0" | "0%" => self,
            _ => self.with(name, place),
        }
    }
}

/// A straight line between two places.
pub(super) fn line(class: &str, from: (f64, f64), to: (f64, f64)) -> Element {
    element("line")
        .class(class)
        .at("x1", percent(from.0))
        .at("y1", pixels(from.1))
        .at("x2", percent(to.0))
        .at("y2", pixels(to.1))
}

/// A rectangle.
pub(super) fn rectangle(class: &str, at: (f64, f64), width: f64, height: f64) -> Element {
    element("rect")
        .class(class)
        .at("x", percent(at.0))
        .at("y", pixels(at.1))
        .with("width", percent(width.max(0.0)))
        .with("height", pixels(height.max(0.0)))
}

/// Words at a place, `shift` pixels from it.
pub(super) fn label(class: &str, at: (f64, f64), shift: (f64, f64), words: &str) -> Element {
    let mut label = text("text", words)
        .class(class)
        .at("x", percent(at.0))
        .at("y", pixels(at.1 + shift.1));
    if shift.0 != 0.0 {
        label = label.with("dx", pixels(shift.0));
    }
    label
}

/// A line through places, which keeps its width and its dashes however wide the drawing is.
pub(super) fn polyline(class: &str, height: f64, places: &[(f64, f64)]) -> Element {
    let mut path = String::new();
    for (at, (x, y)) in places.iter().enumerate() {
        path += if at == 0 { "M" } else { "L" };
        // Ten units to a percent, so that tenths of a percent need no point.
        path += &format!("{} {}", pixels(x * 10.0), pixels(*y));
    }
    stretched(class, height, &path)
}

/// As [`polyline`], going along before it goes up or down, as a distribution does.
pub(super) fn steps(class: &str, height: f64, places: &[(f64, f64)]) -> Element {
    let mut path = String::new();
    // From the place before, which takes fewer digits; both are rounded first, so that no error adds
    // up over a hundred steps.
    let mut last: Option<(f64, f64)> = None;
    for (x, y) in places {
        let (x, y) = ((x * 10.0).round(), (y * 10.0).round() / 10.0);
        path += &match last {
            None => format!("M{} {}", pixels(x), pixels(y)),
            Some(last) => {
                let (along, down) = (pixels(x - last.0), pixels(y - last.1));
                let along = if along == "0" {
                    String::new()
                } else {
                    format!("h{along}")
                };
                format!("{along}v{down}")
            }
        };
        last = Some((x, y));
    }
    stretched(class, height, &path)
}

fn stretched(class: &str, height: f64, path: &str) -> Element {
    let svg = element("svg");
    let svg = if class.is_empty() {
        svg
    } else {
        svg.class(class)
    };
    svg.with("viewBox", format!("0 0 1000 {}", pixels(height)))
        .with("preserveAspectRatio", "none")
        .with("width", "100%")
        .with("height", pixels(height))
        .add(element("path").class("line").with("d", path))
}

/// A rival's mark at a place, with what is to be read of it.
pub(super) fn mark(class: &str, rival: Rival, at: (f64, f64), words: &str) -> Element {
    shape(class, rival_class(rival), at, words)
}

/// A cross at a place: something is missing there.
pub(super) fn cross(class: &str, at: (f64, f64), words: &str) -> Element {
    shape(class, "cross", at, words)
}

fn shape(class: &str, name: &str, at: (f64, f64), words: &str) -> Element {
    element("g")
        .class(format!("mark {class}").trim_end())
        .add(text("title", words))
        .add(
            element("use")
                .with("href", format!("#m-{name}"))
                .at("x", percent(at.0))
                .at("y", pixels(at.1)),
        )
}

/// As [`mark`], `size` times as long and as high.
pub(super) fn sized_mark(
    class: &str,
    rival: Rival,
    at: (f64, f64),
    size: f64,
    words: &str,
) -> Element {
    element("svg")
        .class(format!("mark {class}"))
        .at("x", percent(at.0))
        .at("y", pixels(at.1))
        .add(text("title", words))
        .add(
            element("use")
                .with("href", format!("#m-{}", rival_class(rival)))
                .with("transform", format!("scale({})", trimmed(size, 2))),
        )
}

/// Moves places apart that are less than `room` from each other, as little as that takes, keeping
/// them between `top` and `bottom` and in order. For names beside the ends of lines.
pub(super) fn apart(places: &mut [f64], room: f64, top: f64, bottom: f64) {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by(|&a, &b| places[a].total_cmp(&places[b]));
    let mut least = top;
    for &at in &order {
        places[at] = places[at].max(least);
        least = places[at] + room;
    }
    let mut most = bottom;
    for &at in order.iter().rev() {
        places[at] = places[at].min(most);
        most = places[at] - room;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(element: &Element) -> String {
        let mut page = String::new();
        element.write(&mut page);
        page
    }

    #[test]
    fn a_mark_is_where_it_was_put() {
        let mark = written(&mark("c", Rival::SHARP, (12.345, 67.89), "words"));
        assert!(
            mark.contains(r##"href="#m-r-sharp" x="12.35%" y="67.9""##),
            "{mark}"
        );
    }

    #[test]
    fn steps_go_along_before_they_go_up() {
        let steps = written(&steps(
            "c",
            100.0,
            &[(0.0, 100.0), (50.0, 50.0), (60.0, 0.0)],
        ));
        assert!(steps.contains(r#"d="M0 100h500v-50h100v-50""#), "{steps}");
    }

    #[test]
    fn names_at_one_place_are_moved_apart_and_stay_inside() {
        let mut places = [50.0, 50.0, 95.0, 99.0];
        apart(&mut places, 10.0, 0.0, 100.0);
        assert_eq!(places, [50.0, 60.0, 90.0, 100.0]);
    }

    #[test]
    fn a_place_has_no_idle_digits() {
        assert_eq!(
            (percent(50.0), pixels(-0.01)),
            ("50%".to_owned(), "0".to_owned())
        );
    }
}
