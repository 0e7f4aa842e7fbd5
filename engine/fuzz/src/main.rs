//! Looks for files on which our JPEG decoder panics, hangs, takes too much memory,
//! contradicts itself, the definition or zune-jpeg.

mod make;
#[expect(dead_code, reason = "the engine's tests also count calls")]
#[path = "../../tests/support/memory.rs"]
mod memory;
mod minimise;
mod mutate;
mod oracle;
mod panics;
mod random;
mod scan;
mod session;

use std::{
    fs,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, SystemTime},
};

use anyhow::{Context, bail};
use lexopt::{Arg, Parser, ValueExt};
use random::Random;
use session::Session;

#[global_allocator]
static MEMORY: memory::Counting = memory::Counting;

const USAGE: &str = "\
edgepix-fuzz: looks for JPEG files that our decoder gets wrong

  --minutes N       how long (default 20)
  --executions N    how many files instead
  --seed N          what random numbers begin with (default: the time)
  --seeds FOLDER    begin with the small JPEG files in there, too
  --keep FOLDER     keep a file of every reason for which one decoder refuses alone
  --file FILE       try this file, and nothing else
  --minimise FILE   make it smaller while it stays wrong in the same way";

#[derive(Default)]
struct Order {
    minutes: Option<u64>,
    executions: Option<u64>,
    seed: Option<u64>,
    seeds: Option<PathBuf>,
    keep: Option<PathBuf>,
    file: Option<PathBuf>,
    minimise: Option<PathBuf>,
}

fn main() -> anyhow::Result<ExitCode> {
    let Some(order) = order().context(USAGE)? else {
        println!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    };
    panics::keep_quiet();
    if let Some(path) = &order.file {
        return reproduce(path);
    }
    if let Some(path) = &order.minimise {
        let file = fs::read(path).with_context(|| path.display().to_string())?;
        let smaller = minimise::minimise(&file).context("nothing is wrong with it")?;
        let to = path.with_extension("min.jpg");
        fs::write(&to, &smaller)?;
        println!(
            "{} bytes of {}: {}",
            smaller.len(),
            file.len(),
            to.display()
        );
        return Ok(ExitCode::SUCCESS);
    }
    let seed = match order.seed {
        Some(seed) => seed,
        None => SystemTime::UNIX_EPOCH.elapsed()?.as_secs(),
    };
    println!("seed {seed}");
    let mut session = Session::new(seed);
    if let Some(folder) = &order.seeds {
        session.add_folder(folder)?;
    }
    let executions = order.executions.unwrap_or(u64::MAX);
    let minutes = match order.executions {
        Some(_) => u64::MAX / 60,
        None => order.minutes.unwrap_or(20),
    };
    let found = session.run(executions, Duration::from_secs(60 * minutes));
    print!("{session}");
    if let Some(folder) = &order.keep {
        session.keep(folder)?;
    }
    let Some((file, finding)) = found else {
        return Ok(ExitCode::SUCCESS);
    };
    let path = format!("finding-{seed}-{}.jpg", session.executions());
    fs::write(&path, &file)?;
    println!("{path}: {}: {}", finding.kind, finding.detail);
    Ok(ExitCode::FAILURE)
}

fn order() -> anyhow::Result<Option<Order>> {
    let mut order = Order::default();
    let mut parser = Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(None),
            Arg::Long("minutes") => order.minutes = Some(parser.value()?.parse()?),
            Arg::Long("executions") => order.executions = Some(parser.value()?.parse()?),
            Arg::Long("seed") => order.seed = Some(parser.value()?.parse()?),
            Arg::Long("seeds") => order.seeds = Some(parser.value()?.into()),
            Arg::Long("keep") => order.keep = Some(parser.value()?.into()),
            Arg::Long("file") => order.file = Some(parser.value()?.into()),
            Arg::Long("minimise") => order.minimise = Some(parser.value()?.into()),
            _ => bail!(argument.unexpected()),
        }
    }
    Ok(Some(order))
}

fn reproduce(path: &PathBuf) -> anyhow::Result<ExitCode> {
    let file = fs::read(path).with_context(|| path.display().to_string())?;
    match oracle::check(&file, None, &mut Random::new(0)) {
        Ok(seen) => {
            println!("ours {:?}, theirs {:?}", seen.ours, seen.theirs);
            println!("{} blocks compared", seen.blocks);
            Ok(ExitCode::SUCCESS)
        }
        Err(finding) => {
            println!("{}: {}", finding.kind, finding.detail);
            Ok(ExitCode::FAILURE)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_thousand_files_are_read_alike() {
        panics::keep_quiet();
        let mut session = Session::new(1);
        let found = session.run(3000, Duration::MAX);
        println!("{session}");
        if let Some((file, finding)) = found {
            panic!("{}: {}: {file:02x?}", finding.kind, finding.detail);
        }
    }
}
