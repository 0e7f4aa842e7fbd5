//! `edgepix.toml`: what it says, each with its line.

use std::sync::Arc;

use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::{
    error::{ConfigError, Whence, Wrong},
    loaded::Reader,
    nearest::nearest,
    setting::{SETTINGS, Setting, Shape},
};

/// A file's text and its name.
#[derive(Clone)]
pub struct File {
    /// As errors call it, with its folder.
    pub name: Arc<str>,
    /// What it says.
    pub text: String,
}

/// Without its text, which may have secrets.
impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("File")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

type Entry<'a> = (&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>);

/// Lets `file` say what it says.
pub(super) fn read(file: &File, reader: &mut Reader) {
    let lines = Lines(file);
    let (document, broken) = DeTable::parse_recoverable(&file.text);
    let mut errors: Vec<_> = broken
        .iter()
        .map(|error| ConfigError {
            whence: lines.at(error.span().map_or(file.text.len(), |span| span.start)),
            wrong: Wrong::Syntax(error.message().to_owned()),
        })
        .collect();
    let before = reader.errors.len();
    for entry in document.get_ref() {
        top_level(entry, &lines, reader);
    }
    // On a line that is no TOML, what was made of it is guessed, and says nothing.
    let broken: Vec<_> = errors.iter().map(|error| error.whence.clone()).collect();
    let settled = reader.errors.drain(before..);
    errors.extend(settled.filter(|error| !broken.contains(&error.whence)));
    // The parser's tables go by the alphabet.
    errors.sort_by_key(|error| match error.whence {
        Whence::Line { line, .. } => line,
        _ => 0,
    });
    reader.errors.append(&mut errors);
}

/// The lines of a file.
struct Lines<'a>(&'a File);

impl Lines<'_> {
    /// The line of a byte.
    fn at(&self, byte: usize) -> Whence {
        let before = self.0.text.as_bytes().iter().take(byte);
        Whence::Line {
            file: self.0.name.clone(),
            line: 1 + before.filter(|byte| **byte == b'\n').count(),
        }
    }

    fn of<T>(&self, spanned: &Spanned<T>) -> Whence {
        self.at(spanned.span().start)
    }
}

fn top_level((key, value): Entry<'_>, lines: &Lines<'_>, reader: &mut Reader) {
    let name = key.get_ref().as_ref();
    let siblings = || SETTINGS.iter().map(Setting::parts);
    if let Some(setting) = named("", name) {
        return said(setting, key, value, lines, reader);
    }
    let Some((table, _)) = siblings().find(|&(table, _)| !table.is_empty() && table == name) else {
        let names = siblings().map(|(table, name)| if table.is_empty() { name } else { table });
        return unknown(key, "", nearest(name, names), lines, reader);
    };
    let DeValue::Table(entries) = value.get_ref() else {
        let must = "must be a table, its settings below its name in brackets";
        return reader.refuse(lines.of(key), name, must);
    };
    for (key, value) in entries {
        let name = key.get_ref().as_ref();
        match named(table, name) {
            Some(setting) => said(setting, key, value, lines, reader),
            None => {
                let names = siblings().filter(|of| of.0 == table).map(|of| of.1);
                unknown(key, table, nearest(name, names), lines, reader);
            }
        }
    }
}

/// The setting of this name in this table.
fn named(table: &str, name: &str) -> Option<&'static Setting> {
    SETTINGS
        .iter()
        .find(|setting| setting.parts() == (table, name))
}

fn unknown(
    key: &Spanned<DeString<'_>>,
    table: &str,
    nearest: Option<&str>,
    lines: &Lines<'_>,
    reader: &mut Reader,
) {
    let name = key.get_ref().as_ref();
    // Right, but in the wrong table; if several have it, nobody knows which is meant.
    let elsewhere = || {
        let mut of_others = SETTINGS.iter().filter(|setting| setting.parts().1 == name);
        let found = of_others.next()?;
        of_others.next().is_none().then_some(found.name)
    };
    let of = match table {
        "" => "a setting or a table".to_owned(),
        table => format!("a setting of [{table}]"),
    };
    let wrong = Wrong::Unknown {
        name: name.to_owned(),
        of,
        nearest: nearest.or_else(elsewhere).map(str::to_owned),
    };
    reader.errors.push(ConfigError {
        whence: lines.of(key),
        wrong,
    });
}

/// Lets a setting be what its value says, as the one text it stands for.
fn said(
    setting: &'static Setting,
    key: &Spanned<DeString<'_>>,
    value: &Spanned<DeValue<'_>>,
    lines: &Lines<'_>,
    reader: &mut Reader,
) {
    let whence = lines.of(key);
    let entries: Vec<(Whence, Option<String>)> = match (value.get_ref(), setting.shape) {
        (DeValue::Array(array), Shape::List) => array
            .iter()
            .map(|value| {
                let text = scalar(value.get_ref()).filter(|text| !text.trim().is_empty());
                (lines.of(value), text)
            })
            .collect(),
        (DeValue::Table(table), Shape::Table) => table
            .iter()
            .map(|(name, value)| {
                let entry = |value| format!("{}={value}", name.get_ref());
                (lines.of(name), scalar(value.get_ref()).map(entry))
            })
            .collect(),
        (DeValue::String(text), _) => return reader.say(setting, setting.name, text, whence),
        (DeValue::Array(_) | DeValue::Table(_), _) => {
            return reader.refuse(whence, setting.name, "must be one value");
        }
        (_, Shape::Free) => {
            return reader.refuse(whence, setting.name, "must be text in quotes");
        }
        (value, _) => {
            let text = scalar(value).unwrap_or_default();
            return reader.say(setting, setting.name, &text, whence);
        }
    };
    // Each by itself first, so that what is wrong is said with its own line.
    let mut texts = vec![];
    for (whence, text) in &entries {
        match text {
            Some(text) if reader.could_say(setting, text, whence) => texts.push(text.as_str()),
            Some(_) => {}
            None => reader.refuse(whence.clone(), setting.name, "must be one value each"),
        }
    }
    if texts.len() == entries.len() {
        reader.say(setting, setting.name, &texts.join(","), whence);
    }
}

/// The text that a value stands for, if it is one.
fn scalar(value: &DeValue<'_>) -> Option<String> {
    Some(match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(integer) => match u64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) => number.to_string(),
            Err(_) => integer.to_string(),
        },
        DeValue::Float(float) => float.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(_) | DeValue::Table(_) => return None,
    })
}
