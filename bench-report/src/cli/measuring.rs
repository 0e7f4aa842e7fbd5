//! Options of what measures functions and reports it.

use lexopt::prelude::*;

use super::Command;
use crate::{check, report};

#[cfg(target_os = "linux")]
pub(super) fn run(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    use std::time::Duration;

    use super::values::{list, within};

    let mut options = crate::run::Options::default();
    if let Some(words) = parser.try_raw_args() {
        let words = words.as_slice().iter();
        options.arguments = words
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
    }
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Long("full") => options.full = true,
            Long("minutes") => options.minutes = Some(within(&mut parser, 0.01, 100_000.0)?),
            Long("corpus") => options.corpus = Some(parser.value()?.into()),
            Long("filter") => options.filter = parser.value()?.string()?,
            Long("store") => options.store = parser.value()?.into(),
            Long("edgepix") => options.edgepix = Some(parser.value()?.into()),
            Long("memory") => {
                // What Lambda offers (AWS Lambda Developer Guide, "Configure Lambda function
                // memory").
                let offered =
                    |item: &str| item.parse().ok().filter(|mb| (128..=10_240).contains(mb));
                options.memories_mb = list(&parser.value()?.string()?, offered)?;
            }
            Long("period-ms") => {
                // What the kernel takes (Documentation/scheduler/sched-bwc.rst).
                let period_ms = within(&mut parser, 1.0, 1000.0)?;
                options.period = Duration::from_secs_f64(period_ms / 1e3);
            }
            Long("first-byte-ms") => {
                options.origin.first_byte_ms = within(&mut parser, 0.0, 10_000.0)?;
            }
            Long("mb-per-second") => {
                options.origin.mb_per_second = within(&mut parser, 0.1, 100_000.0)?;
            }
            Long("round-trip-ms") => {
                options.origin.round_trip_ms = within(&mut parser, 0.0, 10_000.0)?;
            }
            Long("core") => options.core = Some(parser.value()?.parse()?),
            Long("as-is") => options.is_as_is = true,
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Command::Run(Box::new(options)))
}

#[cfg(target_os = "linux")]
pub(super) fn enclosed(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let (mut groups, mut core, mut command) = (Vec::new(), None, Vec::new());
    while let Some(argument) = parser.next()? {
        match argument {
            Long("group") => groups.push(parser.value()?.into()),
            Long("core") => core = Some(parser.value()?.parse()?),
            // After "--", the arguments are the program's.
            Value(program) => {
                command.push(program);
                command.extend(parser.raw_args()?);
            }
            _ => return Err(argument.unexpected()),
        }
    }
    if command.is_empty() {
        return Err("a program is missing".into());
    }
    Ok(Command::Enclosed(crate::lambda::Enclosed {
        groups,
        core: core.ok_or("--core is missing")?,
        command,
    }))
}

pub(super) fn report(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut options = report::Options::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Short('o') | Long("output") => options.output = parser.value()?.into(),
            Long("store") => options.store = parser.value()?.into(),
            Long("run") => options.run = Some(parser.value()?.string()?),
            Long("prices") => options.prices = Some(parser.value()?.into()),
            Long("all") => options.is_whole = true,
            Long("readme") => options.readme = Some(parser.value()?.into()),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Command::Report(options))
}

pub(super) fn check(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut options = check::Options::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Long("store") => options.store = parser.value()?.into(),
            Long("run") => options.run = Some(parser.value()?.string()?),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Command::Check(options))
}
