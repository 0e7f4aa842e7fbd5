//! `versus`: edgepix and sharp, on one core, in turns, over the corpus.
//!
//! Measuring ([`timing`], [`measure`]), judging ([`curve`], [`judge`])
//! and showing ([`mod@report`]) meet only through [`run::Run`].

mod curve;
#[cfg(test)]
mod fixture;
mod judge;
mod measure;
mod report;
mod run;
mod timing;

use std::{env, fs};

use anyhow::{Context, Result, ensure};

use self::{
    measure::Bench,
    report::report,
    run::{Measured, Run},
};
use crate::{
    cli::Versus,
    format::Side,
    images::{Image, find, largest_of_each_kind},
    machine::Machine,
    peers,
    stats::median,
};

/// Runs the comparison and prints its report.
///
/// # Errors
///
/// If node, sharp, taskset or every image is missing, or a file cannot be written.
pub(crate) fn versus(options: &Versus) -> Result<()> {
    let machine = Machine::look();
    let scratch = peers::Scratch::new()?;
    let (peers, versions) = peers::start(options.core, &scratch)?;
    let mut bench = Bench {
        peers,
        results: scratch.path().to_owned(),
        runs: options.runs,
        avif_effort: options.avif_effort,
    };
    let mut images = find(
        options.corpus.as_deref(),
        &options.filter,
        &mut bench.peers.decoder.peer,
    )?;
    if options.quick {
        images = largest_of_each_kind(images);
    }
    let cases = measure_all(&mut bench, &images, options)?;
    ensure!(!cases.is_empty(), "no image is wider than the widths asked");
    let run = Run {
        command: command_line(),
        versions,
        machine,
        runs: options.runs,
        cases,
    };
    print!("{}", report(&run, options.style));
    if let Some(path) = &options.json {
        let text = serde_json::to_string_pretty(&run).context("the samples as JSON")?;
        fs::write(path, text + "\n").with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

/// The command without the path of its program, which says nothing.
fn command_line() -> String {
    let words = ["bench-report".to_owned()].into_iter();
    words
        .chain(env::args().skip(1))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Measures every image at every width below its own in every format.
fn measure_all(bench: &mut Bench, images: &[Image], options: &Versus) -> Result<Vec<Measured>> {
    let narrower = |image: &Image| options.widths.iter().filter(|&&w| w < image.width).count();
    let total = images.iter().map(narrower).sum::<usize>() * options.formats.len();
    let mut cases = Vec::new();
    for image in images {
        let picture = match bench.peers.decoder.open(&image.path) {
            Ok(picture) => Some(picture),
            Err(why) => {
                eprintln!("{} will not be scored: {why:#}", image.name);
                None
            }
        };
        for &width in options.widths.iter().filter(|&&w| w < image.width) {
            for &format in &options.formats {
                let measured = bench.measure(image, picture.as_ref(), width, format)?;
                cases.push(measured);
                progress(cases.len(), total, &cases[cases.len() - 1]);
            }
        }
    }
    Ok(cases)
}

fn progress(done: usize, total: usize, measured: &Measured) {
    let case = &measured.case;
    let outcome = |side| {
        let run = measured.side(side);
        let times: Vec<f64> = run.samples.iter().map(|sample| sample.cpu_ms).collect();
        match (&run.failure, median(&times)) {
            (None, Some(ms)) => format!("{side} {ms:.1} ms"),
            _ => format!("{side} failed"),
        }
    };
    eprintln!(
        "[{done}/{total}] {} ({:.1} MP {}) -> {}w {}: {}, {}",
        case.image,
        case.megapixels,
        case.kind,
        case.width,
        case.format.name(),
        outcome(Side::Edgepix),
        outcome(Side::Sharp)
    );
}
