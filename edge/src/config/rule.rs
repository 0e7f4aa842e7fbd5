//! How the texts of settings become values. Each error says what a value must be.

use std::collections::BTreeMap;

use edgepix_engine::Place;

use crate::{
    dialect::Dialect,
    key::Key,
    value::{self, Words},
};

use super::{AnswerWith, Dimension, Etag, FallbackStatus, SigningKey, UnsaidFormat, WhenMalformed};

/// What a text becomes, or what it must be.
pub(super) type Ruled<T> = Result<T, &'static str>;

/// The most pixels a variant may be wide.
const WIDEST: u32 = 16_384;

pub(super) const MALFORMED: Words<WhenMalformed> = &[
    ("refuse", WhenMalformed::Refuse),
    ("original", WhenMalformed::Original),
];

pub(super) const FORMAT: Words<UnsaidFormat> = &[
    ("original", UnsaidFormat::Original),
    ("auto", UnsaidFormat::Auto),
];

pub(super) const ETAG: Words<Etag> = &[("original", Etag::Original), ("own", Etag::Own)];

pub(super) const ANSWER: Words<AnswerWith> = &[
    ("image", AnswerWith::Image),
    ("301", AnswerWith::Moved),
    ("307", AnswerWith::Temporary),
];

pub(super) const FALLBACK: Words<FallbackStatus> = &[
    ("404", FallbackStatus::NotFound),
    ("200", FallbackStatus::Ok),
];

/// What `text` means, in any case.
pub(super) fn word<T: Copy>(words: Words<T>, text: &str, rule: &'static str) -> Ruled<T> {
    value::meaning(words, &text.to_ascii_lowercase()).ok_or(rule)
}

/// A yes or no.
pub(super) fn flag(text: &str) -> Ruled<bool> {
    word(
        &[("true", true), ("false", false)],
        text,
        "must be true or false",
    )
}

/// `None` if nothing is said, else what `rule` makes of it.
pub(super) fn unless_empty<T>(text: &str, rule: impl Fn(&str) -> Ruled<T>) -> Ruled<Option<T>> {
    match text {
        "" => Ok(None),
        text => rule(text).map(Some),
    }
}

/// Names of dialects between commas; none of them twice.
pub(super) fn dialects(text: &str) -> Ruled<Vec<Dialect>> {
    const RULE: &str = "must be some of query, native, at, path and variant, each once";
    let mut dialects = vec![];
    for name in between_commas(text) {
        let is_meant = |dialect: &Dialect| dialect.name().eq_ignore_ascii_case(name);
        let dialect = Dialect::ALL.into_iter().find(is_meant).ok_or(RULE)?;
        if dialects.contains(&dialect) {
            return Err(RULE);
        }
        dialects.push(dialect);
    }
    Ok(dialects)
}

/// `name=width` between commas; names fold their case, and none of them is there twice.
pub(super) fn variants(text: &str) -> Ruled<BTreeMap<String, u32>> {
    const RULE: &str = "must be names of letters, digits and underscores, each once, with widths of 1 to \
         16384 pixels, such as sm=320,md=640";
    let mut variants = BTreeMap::new();
    for variant in between_commas(text) {
        let (name, width) = variant.split_once('=').ok_or(RULE)?;
        let name = name.trim().to_ascii_lowercase();
        let of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let width = width.trim().parse().map_err(|_| RULE)?;
        let is_right =
            (1..=WIDEST).contains(&width) && !name.is_empty() && name.chars().all(of_name);
        if !is_right || variants.insert(name, width).is_some() {
            return Err(RULE);
        }
    }
    Ok(variants)
}

/// `name=query` between commas; names fold their case, and none of them is there twice.
pub(super) fn presets(text: &str) -> Ruled<BTreeMap<String, String>> {
    const RULE: &str = "must be names of letters, digits, dashes and underscores, each once, with queries of \
         the native dialect in printable ASCII, commas as %2C, such as thumb=width=150&height=150";
    let mut presets = BTreeMap::new();
    for preset in between_commas(text) {
        let (name, query) = preset.split_once('=').ok_or(RULE)?;
        let name = name.trim().to_ascii_lowercase();
        let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let query = query.trim();
        let of_query = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\');
        let is_right = !name.is_empty()
            && name.chars().all(of_name)
            && !query.is_empty()
            && query.chars().all(of_query);
        if !is_right || presets.insert(name, query.to_owned()).is_some() {
            return Err(RULE);
        }
    }
    Ok(presets)
}

/// `WIDTHxHEIGHT` between commas, one side of which may be missing.
pub(super) fn dimensions(text: &str) -> Ruled<Vec<Dimension>> {
    const RULE: &str =
        "must be boxes of 1 to 65535 pixels along a side, such as 150x100, 300x or x200";
    let side = |digits: &str| match digits {
        "" => Ok(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => match digits.parse() {
            Ok(pixels @ 1..=65535) => Ok(Some(pixels)),
            _ => Err(RULE),
        },
        _ => Err(RULE),
    };
    let mut dimensions = vec![];
    for dimension in between_commas(text) {
        let (width, height) = dimension.split_once(['x', 'X']).ok_or(RULE)?;
        let dimension = Dimension {
            width: side(width)?,
            height: side(height)?,
        };
        if dimension.width.or(dimension.height).is_none() {
            return Err(RULE);
        }
        dimensions.push(dimension);
    }
    Ok(dimensions)
}

/// Extensions between commas, with a dot or without.
pub(super) fn types(text: &str) -> Ruled<Vec<String>> {
    const RULE: &str = "must be extensions of letters and digits, such as .png";
    let extension = |text: &str| {
        let extension = text.strip_prefix('.').unwrap_or(text);
        let is_right =
            !extension.is_empty() && extension.chars().all(|c| c.is_ascii_alphanumeric());
        is_right.then(|| extension.to_ascii_lowercase()).ok_or(RULE)
    };
    between_commas(text).map(extension).collect()
}

/// Names of hosts between commas; `*.` before one stands for all below it.
pub(super) fn hosts(text: &str) -> Ruled<Vec<String>> {
    const RULE: &str =
        "must be names of hosts without a port, such as img.example.com or *.example.com";
    let host = |text: &str| {
        let name = text.strip_prefix("*.").unwrap_or(text);
        let label = |label: &str| {
            let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            !label.is_empty() && label.len() <= 63 && label.chars().all(inside)
        };
        let is_right = name.len() <= 253 && name.split('.').all(label);
        is_right.then(|| text.to_ascii_lowercase()).ok_or(RULE)
    };
    between_commas(text).map(host).collect()
}

/// What is shown in place of a secret.
pub(super) const UNSHOWN: &str = "...";

/// `NAME:SECRET` between commas; no name is there twice.
pub(super) fn signing_keys(text: &str) -> Ruled<Vec<SigningKey>> {
    const RULE: &str = "must be NAME:SECRET, each name once and of letters, digits, dashes and underscores, \
         each secret of 16 to 256 printable characters without a comma or a space";
    let mut keys: Vec<SigningKey> = vec![];
    for key in between_commas(text) {
        let (name, secret) = key.split_once(':').ok_or(RULE)?;
        if secret == UNSHOWN {
            return Err(
                "must be NAME:SECRET with the secret in place of the ... that edgepix config shows",
            );
        }
        let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let is_right = !name.is_empty()
            && name.chars().all(of_name)
            && (16..=256).contains(&secret.len())
            && secret.chars().all(|c| c.is_ascii_graphic())
            && keys.iter().all(|other| other.name != name);
        if !is_right {
            return Err(RULE);
        }
        keys.push(SigningKey {
            name: name.to_owned(),
            secret: secret.to_owned(),
        });
    }
    Ok(keys)
}

/// A distribution's identifier.
pub(super) fn distribution(text: &str) -> Ruled<String> {
    let of_id = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    let is_right = (1..=32).contains(&text.len()) && text.chars().all(of_id);
    is_right
        .then(|| text.to_owned())
        .ok_or("must be a distribution's identifier, such as EDFDVBD6EXAMPLE")
}

/// A number of pixels along a side.
pub(super) fn side(text: &str) -> Ruled<u32> {
    match text.parse() {
        Ok(pixels @ 1..=65535) => Ok(pixels),
        _ => Err("must be a whole number of pixels, 1 to 65535"),
    }
}

fn between_commas(text: &str) -> impl Iterator<Item = &str> {
    let text = text.trim();
    // Nothing is a list of nothing, not of one empty word.
    let words = (!text.is_empty()).then(|| text.split(',').map(str::trim));
    words.into_iter().flatten()
}

/// The URL of a server, without a slash at its end.
pub(super) fn endpoint(text: &str) -> Ruled<String> {
    const RULE: &str =
        "must be the URL of a server, such as https://s3.example.com or http://localhost:9000";
    let uri: http::Uri = text.parse().map_err(|_| RULE)?;
    let has_server = uri.authority().is_some_and(|authority| {
        let is_anonymous = !authority.as_str().contains('@');
        is_anonymous && !authority.host().is_empty()
    });
    let is_right = matches!(uri.scheme_str(), Some("http" | "https"))
        && has_server
        && uri.query().is_none()
        && !text.contains('#');
    let url = text.trim_end_matches('/');
    is_right.then(|| url.to_owned()).ok_or(RULE)
}

/// A bucket's name (Amazon S3 User Guide, "General purpose bucket naming rules", and the
/// wider ones that hold for old buckets).
pub(super) fn bucket(text: &str) -> Ruled<String> {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let at_ends = |c: char| c.is_ascii_alphanumeric();
    let is_right = (3..=255).contains(&text.len())
        && text.chars().all(inside)
        && text.starts_with(at_ends)
        && text.ends_with(at_ends)
        && !text.contains("..");
    is_right.then(|| text.to_owned()).ok_or(
        "must be a bucket's name: 3 letters, digits, dots, dashes and underscores or more, beginning and \
         ending with a letter or digit",
    )
}

/// A Region's name.
pub(super) fn region(text: &str) -> Ruled<String> {
    let of_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let is_right = (1..=63).contains(&text.len()) && text.chars().all(of_name);
    is_right
        .then(|| text.to_owned())
        .ok_or("must be a Region's name, such as eu-west-1")
}

/// What keys begin with, up to a slash.
pub(super) fn prefix(text: &str) -> Ruled<String> {
    text.strip_suffix('/')
        .filter(|folder| Key::new(*folder).is_ok())
        .map(|_| text.to_owned())
        .ok_or("must be the beginning of keys with a slash at its end and none at its start, such as derived/")
}

/// The value of a header: nothing that could end it and begin another (RFC 9110, 5.5).
pub(super) fn cache_control(text: &str) -> Ruled<String> {
    let is_right =
        !text.is_empty() && text.len() <= 1024 && text.chars().all(|c| matches!(c, ' '..='~'));
    is_right
        .then(|| text.to_owned())
        .ok_or("must be 1 to 1024 characters of printable ASCII, such as public, max-age=86400")
}

/// The seconds that a degraded result is cached.
pub(super) fn degraded_seconds(text: &str) -> Ruled<u32> {
    match text.parse() {
        Ok(seconds @ 0..=60) => Ok(seconds),
        _ => Err("must be a whole number of seconds, 0 to 60"),
    }
}

/// A number of pixels in all.
pub(super) fn source_pixels(text: &str) -> Ruled<u64> {
    match text.parse() {
        Ok(pixels @ 1..) => Ok(pixels),
        _ => Err("must be a whole number of pixels, at least 1"),
    }
}

/// The name of a file. Only its place is looked at here.
pub(super) fn file(text: &str) -> Ruled<String> {
    let is_right = !text.chars().any(char::is_control);
    is_right
        .then(|| text.to_owned())
        .ok_or("must be a file's name without control characters")
}

/// A place or a point, in any case.
pub(super) fn place(text: &str) -> Ruled<Place> {
    value::place(&text.to_ascii_lowercase())
}
