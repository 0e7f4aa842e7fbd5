//! A query's one spelling.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::dialect::{self, Dialect};

use super::{Folding, LONGEST_QUERY, MOST_PARAMETERS, units};

/// The parameters of `query`.
const LETTERS: [&str; 6] = ["f", "format", "h", "q", "quality", "w"];

/// The parameters of `native`.
const WORDS: [&str; 25] = [
    "background",
    "chroma",
    "crop",
    "damage",
    "decode",
    "dpr",
    "effort",
    "enlarge",
    "filter",
    "fit",
    "flip",
    "focus",
    "format",
    "height",
    "lossless",
    "max_bytes",
    "metadata",
    "native_quality",
    "orientation",
    "percent",
    "preset",
    "progressive",
    "quality",
    "rotate",
    "width",
];

/// Those whose values are whole numbers, where a zero at the start says nothing.
const NUMBERS: [&str; 6] = ["h", "height", "q", "quality", "w", "width"];

/// What a value is written without: all but what is unreserved (RFC 3986, 2.3) and the comma.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b',');

/// What a query asks.
#[derive(Debug)]
pub(super) struct Question {
    /// Its one spelling, empty if nothing is asked.
    pub(super) text: String,
    /// Whether Accept may have a say in the format.
    pub(super) negotiable: bool,
    /// Whether something is asked, in UTF-8, so that it can be part of a key.
    pub(super) storable: bool,
}

impl Question {
    /// Reads a query as the dialects do.
    pub(super) fn read(query: &str, folding: &Folding) -> Self {
        let nothing = || {
            let paths = [Dialect::At, Dialect::Path, Dialect::Variant];
            folding.unsaid && paths.into_iter().any(|dialect| folding.speaks(dialect))
        };
        let is_signed = folding.is_signed(query);
        if units(query) > LONGEST_QUERY || query.split('&').count() > MOST_PARAMETERS {
            let sent = if is_signed { query } else { "" };
            return Self {
                text: sent.to_owned(),
                negotiable: nothing(),
                storable: false,
            };
        }
        let pieces = query.split('&').filter(|raw| !raw.is_empty());
        let pairs: Vec<_> = pieces.map(Pair::of).collect();
        let has = |name| pairs.iter().any(|pair| pair.is(name));
        let letters = folding.speaks(Dialect::Query) && dialect::has_letters(query);
        let known: &[&str] = match () {
            // Without a size the letters ask for nothing.
            () if letters && !has("w") && !has("h") => &[],
            () if letters => &LETTERS,
            () if folding.speaks(Dialect::Native) => &WORDS,
            () => &[],
        };
        let is_known = |pair: &&Pair<'_>| known.iter().any(|name| pair.is(name));
        let asks = pairs.iter().any(|pair| is_known(&pair));
        // A name that cannot be read makes the question malformed, and must go on doing so.
        let kept = pairs
            .iter()
            .filter(|pair| asks && (pair.name.is_none() || is_known(pair)));
        let kept: Vec<_> = kept.collect();
        let text = if is_signed {
            // The signature is of what was sent.
            sorted(query.split('&').map(str::to_owned).collect())
        } else {
            sorted(kept.iter().map(|pair| pair.written(letters)).collect())
        };
        Self {
            text,
            negotiable: if asks {
                is_negotiable(&kept, folding)
            } else {
                nothing()
            },
            storable: asks
                && kept
                    .iter()
                    .all(|pair| pair.name.is_some() && pair.value.is_some()),
        }
    }
}

/// Whether Accept may have a say in the format of what is asked.
fn is_negotiable(kept: &[&Pair<'_>], folding: &Folding) -> bool {
    let mut formats = kept
        .iter()
        .filter(|pair| pair.is("format") || pair.is("f"))
        .peekable();
    if formats.peek().is_none() {
        // A preset's format is the installation's secret.
        return folding.unsaid || kept.iter().any(|pair| pair.is("preset"));
    }
    formats.any(|pair| pair.value.as_deref() == Some("auto"))
}

/// A parameter.
struct Pair<'a> {
    /// The name as every dialect reads it; none if it is not UTF-8.
    name: Option<String>,
    /// The value, likewise.
    value: Option<String>,
    /// Both as they were sent.
    sent: (&'a str, &'a str),
}

impl<'a> Pair<'a> {
    fn of(raw: &'a str) -> Self {
        let sent = raw.split_once('=').unwrap_or((raw, ""));
        let decoded = |text| dialect::decoded(text).map(|text| text.to_ascii_lowercase());
        Self {
            name: decoded(sent.0).map(|name| name.replace('-', "_")),
            value: decoded(sent.1),
            sent,
        }
    }

    fn is(&self, name: &str) -> bool {
        self.name.as_deref() == Some(name)
    }

    /// The parameter as all write it who ask the same.
    fn written(&self, letters: bool) -> String {
        let Some(name) = self.name.as_deref() else {
            return format!("{}={}", self.sent.0, self.sent.1);
        };
        let short = match name {
            "format" if letters => "f",
            "quality" if letters => "q",
            _ => name,
        };
        match &self.value {
            Some(value) => {
                let value = if NUMBERS.contains(&name) {
                    without_zeros(value)
                } else {
                    value
                };
                format!("{short}={}", utf8_percent_encode(value, ESCAPED))
            }
            None => format!("{short}={}", self.sent.1),
        }
    }
}

/// Digits without the zeros at their start; anything else as it is.
fn without_zeros(text: &str) -> &str {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text;
    }
    match text.trim_start_matches('0') {
        "" => "0",
        number => number,
    }
}

/// Parameters in JavaScript's order, which is of UTF-16 code units.
fn sorted(mut pieces: Vec<String>) -> String {
    pieces.sort_by(|one, other| one.encode_utf16().cmp(other.encode_utf16()));
    pieces.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in the first column of a dialect's table in its document.
    fn documented(dialect: &str) -> Vec<String> {
        let text = include_str!("../../docs/dialects.md");
        let start = text.find(&format!("\n## {dialect}\n")).expect("its part");
        let part = &text[start + 4..];
        let part = &part[..part.find("\n## ").expect("the next part")];
        let rows = part.lines().filter(|line| line.starts_with("| `"));
        let cells = rows.filter_map(|row| row.split('|').nth(1));
        let mut names: Vec<_> = cells
            .flat_map(|cell| cell.split('`').skip(1).step_by(2))
            .map(str::to_owned)
            .collect();
        names.sort();
        names
    }

    #[test]
    fn every_parameter_of_a_dialect_is_kept() {
        assert_eq!(documented("query"), LETTERS);
        let mut words = documented("native");
        words.push("preset".into());
        words.sort();
        words.dedup();
        assert_eq!(words, WORDS);
    }
}
