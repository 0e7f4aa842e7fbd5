//! What tells the lines and marks apart: for each rival a colour, a dash pattern, a marker and a
//! word; filled if it was measured under a real quota, hollow if it is arithmetic.

use super::markup::{Element, element, text};
use crate::{
    case::{Boot, Rival},
    format::{Format, Side},
    judge::report::Source,
};

/// The word beside a line, where there is little room.
pub(super) fn short(rival: Rival) -> &'static str {
    match (rival.side, rival.boot) {
        (Side::Edgepix, Boot::Python) => "launcher",
        (side, _) => side.name(),
    }
}

/// The classes of what shows a rival, for colour and for choosing.
pub(super) fn rival_class(rival: Rival) -> &'static str {
    match (rival.side, rival.boot) {
        (Side::Edgepix, Boot::Python) => "r-launcher",
        (Side::Edgepix, _) => "r-edgepix",
        (Side::Sharp, _) => "r-sharp",
    }
}

/// As [`rival_class`], of a source.
pub(super) fn source_class(source: Source) -> &'static str {
    match source {
        Source::Model => "s-model",
        Source::Emulated => "s-emulated",
    }
}

/// As [`rival_class`], of a format.
pub(super) fn format_class(format: Format) -> &'static str {
    match format {
        Format::Jpeg => "f-jpeg",
        Format::Webp => "f-webp",
        Format::Avif => "f-avif",
        Format::Png => "f-png",
    }
}

/// The markers, once for the whole page, in the middle of nothing.
pub(super) fn markers() -> Element {
    let shape = |id: &str, path: &str| element("path").with("id", id).with("d", path);
    element("svg")
        .class("markers")
        .with("aria-hidden", "true")
        .add(element("defs").all([
            shape(
                "m-r-edgepix",
                "M-4.5 0A4.5 4.5 0 1 0 4.5 0A4.5 4.5 0 1 0-4.5 0Z",
            ),
            shape("m-r-launcher", "M0-7.5L7 5.5H-7Z"),
            shape("m-r-sharp", "M-4.5-4.5H4.5V4.5H-4.5Z"),
            shape("m-cross", "M-5-5L5 5M-5 5L5-5"),
        ]))
}

/// What the lines and marks of a chart mean.
pub(super) fn legend(entries: &[(Rival, Option<Source>)]) -> Element {
    let mut unique: Vec<(Rival, Option<Source>)> = entries.to_vec();
    unique.sort_by_key(|(rival, source)| (*rival, *source));
    unique.dedup();
    element("ul")
        .class("legend")
        .all(unique.into_iter().map(|(rival, source)| {
            let source_class = source.map_or("", source_class);
            let sample = element("svg")
                .class(format!("{} {source_class}", rival_class(rival)))
                .with("aria-hidden", "true")
                .with("width", 34)
                .with("height", 14)
                .add(element("path").class("line").with("d", "M0 7H34"))
                .add(
                    element("use")
                        .with("href", format!("#m-{}", rival_class(rival)))
                        .with("x", 17)
                        .with("y", 7),
                );
            let words = match source {
                Some(source) => format!("{rival}, {}", source.name()),
                None => rival.to_string(),
            };
            element("li")
                .class(format!("{} {source_class}", rival_class(rival)))
                .add(sample)
                .add(text("span", words))
        }))
}
