//! The one query of all that ask the same in the command line's words: by name, and
//! without what would be so anyway, by default or by the preset.

use edgepix_engine::{Accept, Background, Crop, Focus, Target};

use crate::{
    dialect::{Format, pairs::written},
    key::Key,
    value::{self, Words, word},
};

use super::{DAMAGE, DECODE, ENLARGE, LOSSLESS, METADATA, ORIENTATION, Said, TRUTH};

/// Path and query of what is said, by the preset of this name, if it is by one; `unsaid` is
/// what would be so without a word. No word takes back what a preset says, so all that is
/// other than there can be said.
pub(super) fn of(key: &Key, said: &Said, preset: Option<&str>, unsaid: &Said) -> String {
    let (request, default) = (&said.request, &unsaid.request);
    let format = match other(said.format, unsaid.format).unwrap_or_default() {
        Format::Unsaid => None,
        Format::Original => Some(Target::Keep),
        Format::Auto => Some(Target::Auto(Accept::ANYTHING)),
        Format::Is(format) => Some(Target::Format(format)),
    };
    let mut said = [
        (
            "background",
            other(request.background, default.background).map(hexadecimal),
        ),
        (
            "chroma",
            worded(value::CHROMA, request.chroma, default.chroma),
        ),
        ("crop", stated(request.crop, default.crop).map(rectangle)),
        ("damage", worded(DAMAGE, request.damage, default.damage)),
        ("decode", worded(DECODE, request.decode, default.decode)),
        ("dpr", other(request.dpr, default.dpr).map(shortest)),
        ("effort", number(request.effort, default.effort)),
        ("enlarge", worded(ENLARGE, request.enlarge, default.enlarge)),
        (
            "filter",
            worded(value::FILTER, request.filter, default.filter),
        ),
        ("fit", worded(value::FIT, request.fit, default.fit)),
        ("flip", worded(value::FLIP, request.flip, default.flip)),
        ("focus", other(request.focus, default.focus).map(point)),
        (
            "format",
            format.and_then(|format| Some(word(value::FORMAT, &format)?.to_owned())),
        ),
        ("height", number(request.height, default.height)),
        (
            "lossless",
            worded(LOSSLESS, request.lossless, default.lossless),
        ),
        ("max_bytes", number(request.max_bytes, default.max_bytes)),
        (
            "metadata",
            worded(METADATA, request.metadata, default.metadata),
        ),
        (
            "native_quality",
            worded(TRUTH, request.native_quality, default.native_quality),
        ),
        (
            "orientation",
            worded(ORIENTATION, request.orientation, default.orientation),
        ),
        (
            "percent",
            other(request.percent, default.percent).map(shortest),
        ),
        ("preset", preset.map(str::to_owned)),
        (
            "progressive",
            worded(TRUTH, request.progressive, default.progressive),
        ),
        ("quality", number(request.quality, default.quality)),
        (
            "rotate",
            worded(value::ROTATE, request.rotate, default.rotate),
        ),
        ("width", number(request.width, default.width)),
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

/// What is said, and not what is said anyway.
fn stated<T: PartialEq>(value: Option<T>, default: Option<T>) -> Option<T> {
    other(value, default).flatten()
}

fn number<T: PartialEq + ToString>(value: Option<T>, default: Option<T>) -> Option<String> {
    stated(value, default).map(|number| number.to_string())
}

/// The word of a value that is not its default.
fn worded<T: PartialEq>(words: Words<T>, value: T, default: T) -> Option<String> {
    let value = other(value, default)?;
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
