//! Numbers and format words as every dialect takes them, and how what was taken wrongly is
//! shown to whoever wrote it.

use std::{borrow::Cow, ops::RangeInclusive};

use edgepix_engine::OutputFormat;

use crate::value::{Words, meaning};

/// What a value should: `be 1 to 100`.
pub(super) type Rule = Cow<'static, str>;

/// The formats that can be asked for.
pub(super) const FORMATS: Words<OutputFormat> = &[
    ("jpg", OutputFormat::Jpeg),
    ("jpeg", OutputFormat::Jpeg),
    ("png", OutputFormat::Png),
    ("webp", OutputFormat::Webp),
    ("avif", OutputFormat::Avif),
];

/// Sides in pixels, as the command line takes them.
pub(super) const SIDE: RangeInclusive<u32> = 1..=65_535;

/// Qualities.
pub(super) const QUALITY: RangeInclusive<u32> = 1..=100;

/// The most characters of what was said that a reason repeats.
const MOST_SHOWN: usize = 50;

/// Takes a number of decimal digits alone, with leading zeros or without.
pub(super) fn whole(text: &str, range: RangeInclusive<u32>) -> Result<u32, Rule> {
    // `parse` would take a sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|number| digits && range.contains(number))
        .ok_or_else(|| format!("be {} to {}", range.start(), range.end()).into())
}

/// Takes a quality.
pub(super) fn quality(text: &str) -> Result<u8, Rule> {
    let quality = whole(text, QUALITY)?;
    Ok(u8::try_from(quality).expect("QUALITY ends below 256"))
}

/// Takes exactly the words of a table.
pub(super) fn one_of<T: Copy>(words: Words<T>, text: &str) -> Result<T, Rule> {
    meaning(words, text).ok_or_else(|| format!("be {}", listed(words)).into())
}

/// The words of a table as a person lists them.
pub(super) fn listed<T>(words: Words<T>) -> String {
    let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, names)) => format!("{} or {last}", names.join(", ")),
        None => String::new(),
    }
}

/// What was said in printable ASCII, and the start of it if it is long: it goes into
/// headers, logs and terminals.
pub(super) fn printable(said: &str) -> String {
    let mut shown = String::new();
    for character in said.chars() {
        let length = shown.len();
        if matches!(character, ' '..='~') {
            shown.push(character);
        } else {
            shown.extend(character.escape_unicode());
        }
        if shown.len() > MOST_SHOWN {
            shown.truncate(length);
            shown.push_str("...");
            break;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_digits_alone() {
        for (text, number) in [("1", 1), ("0300", 300), ("65535", 65_535)] {
            assert_eq!(whole(text, SIDE), Ok(number), "{text}");
        }
        for text in ["", "0", "65536", "+5", "-5", " 5", "5.0", "1e2", "٣"] {
            assert_eq!(whole(text, SIDE), Err("be 1 to 65535".into()), "{text}");
        }
        assert!(whole("99999999999999999999", SIDE).is_err());
    }

    #[test]
    fn what_was_said_is_shown_in_printable_ascii_and_short() {
        assert_eq!(printable("w=1\r\n"), "w=1\\u{d}\\u{a}");
        assert_eq!(printable("ü"), "\\u{fc}");
        let shown = printable(&"é".repeat(1000));
        assert!(shown.len() <= MOST_SHOWN + 3 && shown.ends_with("}..."));
    }

    #[test]
    fn words_are_listed_as_people_list_them() {
        assert_eq!(listed(FORMATS), "jpg, jpeg, png, webp or avif");
        assert_eq!(listed(&[("one", 1)]), "one");
    }
}
