//! Reads a run's file, as far as it can be read.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use anyhow::{Context, Result, bail};
use flate2::bufread::MultiGzDecoder;

use crate::sample::{Record, SCHEMA};

/// What was read.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The first is the [`Record::Run`].
    pub(crate) records: Vec<Record>,
    /// What could not be read, in sentences.
    pub(crate) doubts: Vec<String>,
}

/// Reads a run. Lines that are not understood are passed over, and what lies behind damage is lost;
/// both are said.
///
/// # Errors
///
/// If there is no such file, or it does not begin with a run of a schema that is known.
pub(crate) fn read(path: &Path) -> Result<Kept> {
    let name = path.display();
    let file = File::open(path).with_context(|| format!("opening {name}"))?;
    // Split as bytes: text that is broken in one line says nothing of the next.
    let mut lines = BufReader::new(MultiGzDecoder::new(BufReader::new(file))).split(b'\n');
    let first = lines
        .next()
        .with_context(|| format!("{name} is empty"))?
        .with_context(|| format!("{name} is not a run's file"))?;
    let first: Record = serde_json::from_slice(&first)
        .with_context(|| format!("{name} does not begin with a run"))?;
    let Record::Run(run) = &first else {
        bail!("{name} does not begin with a run");
    };
    if run.schema > SCHEMA {
        bail!(
            "{name} is of schema {}, and this program knows those up to {SCHEMA}: use a newer one",
            run.schema
        );
    }
    let mut kept = Kept {
        records: vec![first],
        doubts: Vec::new(),
    };
    for (number, line) in (2..).zip(lines) {
        match line {
            Ok(line) => match serde_json::from_slice(&line) {
                Ok(record) => kept.records.push(record),
                Err(why) => kept
                    .doubts
                    .push(format!("{name}, line {number}: passed over, {why}")),
            },
            Err(why) => {
                kept.doubts
                    .push(format!("{name} breaks off before line {number}: {why}"));
                break;
            }
        }
    }
    Ok(kept)
}
