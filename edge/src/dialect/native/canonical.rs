//! The one query of all that ask the same in the command line's words: by name, and
//! without what is the default anyway.

use edgepix_engine::{Accept, Background, Crop, Focus, Request, Target};

use crate::{
    dialect::{Format, pairs::written},
    key::Key,
    value::{self, Words, word},
};

use super::{DAMAGE, DECODE, ENLARGE, LOSSLESS, METADATA, ORIENTATION, TRUTH};

/// Path and query of this question.
pub(super) fn of(key: &Key, request: &Request, format: Format) -> String {
    let format = match format {
        Format::Unsaid => None,
        Format::Original => Some(Target::Keep),
        Format::Auto => Some(Target::Auto(Accept::ANYTHING)),
        Format::Is(format) => Some(Target::Format(format)),
    };
    let default = Request::default();
    let mut said = [
        (
            "background",
            other(request.background, default.background).map(hexadecimal),
        ),
        ("chroma", worded(value::CHROMA, request.chroma)),
        ("crop", request.crop.map(rectangle)),
        ("damage", worded(DAMAGE, request.damage)),
        ("decode", worded(DECODE, request.decode)),
        ("dpr", other(request.dpr, default.dpr).map(shortest)),
        ("effort", request.effort.map(|effort| effort.to_string())),
        ("enlarge", worded(ENLARGE, request.enlarge)),
        ("filter", worded(value::FILTER, request.filter)),
        ("fit", worded(value::FIT, request.fit)),
        ("flip", worded(value::FLIP, request.flip)),
        ("focus", other(request.focus, default.focus).map(point)),
        (
            "format",
            format.and_then(|format| Some(word(value::FORMAT, &format)?.to_owned())),
        ),
        ("height", request.height.map(|height| height.to_string())),
        ("lossless", worded(LOSSLESS, request.lossless)),
        (
            "max_bytes",
            request.max_bytes.map(|bytes| bytes.to_string()),
        ),
        ("metadata", worded(METADATA, request.metadata)),
        ("native_quality", worded(TRUTH, request.native_quality)),
        ("orientation", worded(ORIENTATION, request.orientation)),
        (
            "percent",
            other(request.percent, default.percent).map(shortest),
        ),
        ("progressive", worded(TRUTH, request.progressive)),
        (
            "quality",
            request.quality.map(|quality| quality.to_string()),
        ),
        ("rotate", worded(value::ROTATE, request.rotate)),
        ("width", request.width.map(|width| width.to_string())),
    ];
    // Every default, said by name, still asks for a result; so one is named.
    if said.iter().all(|(_, value)| value.is_none())
        && let Some((_, value)) = said.iter_mut().find(|(name, _)| *name == "percent")
    {
        *value = Some(shortest(default.percent));
    }
    written(key, said)
}

/// A value that is not its default.
fn other<T: PartialEq>(value: T, default: T) -> Option<T> {
    (value != default).then_some(value)
}

/// The word of a value that is not its default.
fn worded<T: PartialEq + Default>(words: Words<T>, value: T) -> Option<String> {
    let value = other(value, T::default())?;
    word(words, &value).map(str::to_owned)
}

fn hexadecimal(colour: Background) -> String {
    let Background { red, green, blue } = colour;
    format!("{red:02x}{green:02x}{blue:02x}")
}

fn rectangle(crop: Crop) -> String {
    let Crop {
        left,
        top,
        width,
        height,
    } = crop;
    format!("{left},{top},{width},{height}")
}

fn point(focus: Focus) -> String {
    format!("{},{}", shortest(focus.x), shortest(focus.y))
}

/// The shortest decimal number that is read as this one. `Debug` writes very small ones
/// with an exponent, where `Display` writes 300 zeros.
fn shortest(number: f64) -> String {
    let text = format!("{number:?}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}
