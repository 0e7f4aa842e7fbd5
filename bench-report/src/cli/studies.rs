//! Options of the commands that study one thing each.

use std::path::PathBuf;

use lexopt::prelude::*;

use super::{
    Command,
    values::{at_least_one, list, points, widths},
};
use crate::{format::Format, rung, table::Style};

/// Options of `versus`.
#[derive(Debug, PartialEq)]
pub(crate) struct Versus {
    pub(crate) corpus: Option<PathBuf>,
    pub(crate) filter: String,
    pub(crate) widths: Vec<u32>,
    pub(crate) formats: Vec<Format>,
    pub(crate) runs: u32,
    pub(crate) quick: bool,
    pub(crate) core: Option<u32>,
    pub(crate) avif_effort: u8,
    pub(crate) style: Style,
    pub(crate) json: Option<PathBuf>,
}

impl Default for Versus {
    fn default() -> Self {
        Self {
            corpus: None,
            filter: String::new(),
            widths: vec![400, 1600],
            formats: vec![Format::Jpeg, Format::Webp, Format::Avif],
            runs: 7,
            quick: false,
            core: None,
            avif_effort: 0,
            style: Style::Text,
            json: None,
        }
    }
}

/// Options of `scales`.
#[derive(Debug, PartialEq)]
pub(crate) struct Scales {
    pub(crate) corpus: Option<PathBuf>,
    pub(crate) filter: String,
    pub(crate) widths: Vec<u32>,
    pub(crate) runs: u32,
    pub(crate) quick: bool,
    pub(crate) core: Option<u32>,
    pub(crate) style: Style,
}

impl Default for Scales {
    fn default() -> Self {
        Self {
            corpus: None,
            filter: String::new(),
            widths: vec![400, 500, 640, 800, 1000, 1600, 2000],
            runs: 5,
            quick: false,
            core: None,
            style: Style::Text,
        }
    }
}

/// Options of `costs`.
#[derive(Debug, PartialEq)]
pub(crate) struct Costs {
    pub(crate) corpus: Option<PathBuf>,
    pub(crate) filter: String,
    pub(crate) widths: Vec<u32>,
    pub(crate) formats: Vec<Format>,
    pub(crate) effort: Option<u8>,
    pub(crate) runs: u32,
    pub(crate) core: Option<u32>,
    pub(crate) style: Style,
}

impl Default for Costs {
    fn default() -> Self {
        Self {
            corpus: None,
            filter: String::new(),
            widths: vec![400, 1600],
            formats: Format::ALL.to_vec(),
            effort: None,
            runs: 3,
            core: None,
            style: Style::Text,
        }
    }
}

/// Options of `deadlines`.
#[derive(Debug, PartialEq)]
pub(crate) struct Deadlines {
    pub(crate) corpus: Option<PathBuf>,
    pub(crate) filter: String,
    pub(crate) widths: Vec<u32>,
    pub(crate) memory_mb: u32,
    pub(crate) deadlines_ms: Vec<u64>,
    pub(crate) core: Option<u32>,
    pub(crate) style: Style,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            corpus: None,
            filter: String::new(),
            widths: vec![400, 1600],
            memory_mb: 128,
            deadlines_ms: vec![300, 1000, 5000],
            core: None,
            style: Style::Text,
        }
    }
}

/// Options of `calibrate`.
#[derive(Debug, PartialEq)]
pub(crate) struct Calibrate {
    pub(crate) widths: Vec<u32>,
    /// All if none.
    pub(crate) encoder: Option<String>,
    /// Points by which the tables may be off, if they are only checked.
    pub(crate) check: Option<f64>,
}

impl Default for Calibrate {
    fn default() -> Self {
        Self {
            widths: vec![400, 800, 1600],
            encoder: None,
            check: None,
        }
    }
}

/// Options of `rungs`.
#[derive(Debug, PartialEq)]
pub(crate) struct Rungs {
    pub(crate) widths: Vec<u32>,
    pub(crate) runs: u32,
    /// Names; all if empty.
    pub(crate) rungs: Vec<String>,
    pub(crate) style: Style,
}

impl Default for Rungs {
    fn default() -> Self {
        Self {
            widths: vec![400, 800, 1600],
            runs: 3,
            rungs: Vec::new(),
            style: Style::Text,
        }
    }
}

pub(super) fn versus(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut options = Versus::default();
    let mut runs = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Long("corpus") => options.corpus = Some(parser.value()?.into()),
            Long("filter") => options.filter = parser.value()?.string()?,
            Long("width") => options.widths = widths(&mut parser)?,
            Long("format") => {
                options.formats = list(&parser.value()?.string()?, Format::named)?;
            }
            Long("runs") => runs = Some(at_least_one(parser.value()?.parse()?)?),
            Long("quick") => options.quick = true,
            Long("core") => options.core = Some(parser.value()?.parse()?),
            Long("avif-effort") => options.avif_effort = parser.value()?.parse()?,
            Long("markdown") => options.style = Style::Markdown,
            Long("json") => options.json = Some(parser.value()?.into()),
            _ => return Err(argument.unexpected()),
        }
    }
    options.runs = runs.unwrap_or(if options.quick { 3 } else { options.runs });
    Ok(Command::Versus(options))
}

pub(super) fn scales(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut options = Scales::default();
    let mut runs = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Long("corpus") => options.corpus = Some(parser.value()?.into()),
            Long("filter") => options.filter = parser.value()?.string()?,
            Long("width") => options.widths = widths(&mut parser)?,
            Long("runs") => runs = Some(at_least_one(parser.value()?.parse()?)?),
            Long("quick") => options.quick = true,
            Long("core") => options.core = Some(parser.value()?.parse()?),
            Long("markdown") => options.style = Style::Markdown,
            _ => return Err(argument.unexpected()),
        }
    }
    options.runs = runs.unwrap_or(if options.quick { 1 } else { options.runs });
    Ok(Command::Scales(options))
}

pub(super) fn costs(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut options = Costs::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Long("corpus") => options.corpus = Some(parser.value()?.into()),
            Long("filter") => options.filter = parser.value()?.string()?,
            Long("width") => options.widths = widths(&mut parser)?,
            Long("format") => {
                options.formats = list(&parser.value()?.string()?, Format::named)?;
            }
            Long("effort") => options.effort = Some(parser.value()?.parse()?),
            Long("runs") => options.runs = at_least_one(parser.value()?.parse()?)?,
            Long("core") => options.core = Some(parser.value()?.parse()?),
            Long("markdown") => options.style = Style::Markdown,
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Command::Costs(options))
}

pub(super) fn deadlines(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut options = Deadlines::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Long("corpus") => options.corpus = Some(parser.value()?.into()),
            Long("filter") => options.filter = parser.value()?.string()?,
            Long("width") => options.widths = widths(&mut parser)?,
            Long("memory") => options.memory_mb = at_least_one(parser.value()?.parse()?)?,
            Long("deadline") => {
                options.deadlines_ms = list(&parser.value()?.string()?, |item| item.parse().ok())?;
            }
            Long("core") => options.core = Some(parser.value()?.parse()?),
            Long("markdown") => options.style = Style::Markdown,
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Command::Deadlines(options))
}

pub(super) fn calibrate(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut options = Calibrate::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Long("width") => options.widths = widths(&mut parser)?,
            Long("encoder") => options.encoder = Some(parser.value()?.string()?),
            Long("check") => options.check = Some(points(parser.value()?.parse()?)?),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Command::Calibrate(options))
}

pub(super) fn rungs(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut options = Rungs::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Long("width") => options.widths = widths(&mut parser)?,
            Long("runs") => options.runs = at_least_one(parser.value()?.parse()?)?,
            Long("rung") => {
                let known = |name: &str| rung::named(name).map(|_| name.to_owned());
                options.rungs = list(&parser.value()?.string()?, known)?;
            }
            Long("markdown") => options.style = Style::Markdown,
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Command::Rungs(options))
}
