//! How the texts of settings become values. Each error says what a value must be.

use std::collections::BTreeMap;

use edgepix_engine::Place;

use crate::{
    dialect::Dialect,
    key::Key,
    value::{self, Words},
};

use super::{Etag, UnsaidFormat, WhenMalformed};

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
