//! `edgepix resize`: makes images one after another. One that fails does not
//! keep the next from being made.

use std::{
    fmt::Display,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use clap::Args;
use edgepix_engine::{Encoded, Error, Limits, Orientation, Request, Target, transform};

use super::{
    caught::caught,
    describe::planned,
    failure::{Failure, Outcome, Usage},
    header::upright,
    job::{self, Job, settle},
    options::ImageOptions,
    output::{Destination, Output},
    part,
    peak::Measurement,
    record::{Cost, Record},
    source::{Found, Source, find},
    terminal::Terminal,
    text::DegradedText,
    value::rounded,
};

/// What `edgepix resize` takes.
#[derive(Args, Debug)]
pub(super) struct ResizeArgs {
    /// Files, folders with everything below them, or - for standard input
    #[arg(required = true, value_name = "SRC")]
    sources: Vec<PathBuf>,

    /// File or folder to write, or - for standard output; several sources, or a folder, need a
    /// folder
    #[arg(short, long, value_name = "DST")]
    output: PathBuf,

    /// Print one JSON object a line for each image, on standard output (on standard error with
    /// -o -)
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    image: ImageOptions,
}

/// An image that was made.
struct Made {
    encoded: Encoded,
    /// Where it went.
    destination: Destination,
    source_bytes: u64,
    cost: Cost,
}

/// Runs the command.
pub(super) fn run(args: &ResizeArgs) -> Result<Outcome, Usage> {
    let to_stdout = args.output == Path::new("-");
    if to_stdout && io::stdout().is_terminal() {
        return Err(Usage(
            "--output -: standard output is a terminal; send it to a file or a program".into(),
        ));
    }
    super::check_stdin(&args.sources)?;
    let found = find(&args.sources, Some(&args.output));
    let (request, mut limits) = (args.image.request()?, args.image.limits());
    let chosen = |source: &Source| Some(planned(source, &request, &limits).ok()?.format);
    let settled = settle(&found, &args.output, args.image.format()?, &chosen)?;
    let request = Request {
        format: settled.format,
        ..request
    };
    part::remove_on_interrupt();
    let mut report = Report {
        terminal: Terminal::with_bar(settled.jobs.len()),
        json: args.json,
        json_to_stderr: to_stdout,
        upright: request.orientation == Orientation::Exif,
        sum: Sum::default(),
    };
    let began = Instant::now();
    let written = report.missing(&found).and_then(|()| {
        settled.jobs.iter().try_for_each(|job| {
            report.terminal.begin(&job.source);
            let made = make(job, &request, &limits);
            if let Ok(made) = &made {
                // What one image taught about the machine is of use for the next.
                limits.speed = made.encoded.speed;
            }
            report.job(job, &made)
        })
    });
    if let Err(error) = written {
        // Nobody reads the report any more, so nobody wants the rest.
        report.terminal.lost(&error);
        return Ok(Outcome::Incomplete);
    }
    report.end(&found, began.elapsed());
    Ok(Outcome::of(report.sum.failed))
}

/// Makes one image.
fn make(job: &Job, request: &Request, limits: &Limits) -> Result<Made, Failure> {
    let measurement = Measurement::begin();
    let began = Instant::now();
    let mut opened = job.source.open()?;
    let mut output = Output::new(&job.destination);
    let encoded = caught(|| transform(request, limits, opened.input(), &mut output))??;
    let format = encoded.plan.format;
    let destination = match (&job.destination, request.format) {
        // It was named by its plan, before anything turned out to take too long.
        (Destination::File(path), Target::Auto(_)) if !job::is_named(path, format) => {
            output.rename(format.extension())
        }
        _ => None,
    };
    let destination = destination.unwrap_or_else(|| job.destination.clone());
    output.finish().map_err(Error::Write)?;
    Ok(Made {
        encoded,
        destination,
        source_bytes: opened.bytes(),
        cost: Cost {
            total: began.elapsed(),
            measured_peak: measurement.bytes(),
        },
    })
}

/// What is said about a run.
struct Report {
    terminal: Terminal,
    json: bool,
    json_to_stderr: bool,
    /// Whether people see images upright, and so their sources' sizes.
    upright: bool,
    sum: Sum,
}

#[derive(Default)]
struct Sum {
    made: usize,
    failed: usize,
    source_bytes: u64,
    output_bytes: u64,
}

impl Report {
    /// Reports what was not found.
    fn missing(&mut self, found: &Found) -> io::Result<()> {
        found
            .failures
            .iter()
            .try_for_each(|(path, failure)| self.failed(path.display(), failure))
    }

    fn job(&mut self, job: &Job, made: &Result<Made, Failure>) -> io::Result<()> {
        match made {
            Ok(made) => self.made(job, made)?,
            Err(failure) => self.failed(&job.source, failure)?,
        }
        self.terminal.advance();
        Ok(())
    }

    fn failed(&mut self, path: impl Display, failure: &Failure) -> io::Result<()> {
        self.sum.failed += 1;
        if self.json {
            return self.record(&Record::failed(path, failure));
        }
        self.terminal.error(path, failure);
        Ok(())
    }

    fn made(&mut self, job: &Job, made: &Made) -> io::Result<()> {
        let Made {
            encoded,
            destination,
            source_bytes,
            cost,
        } = made;
        self.sum.made += 1;
        self.sum.source_bytes += source_bytes;
        self.sum.output_bytes += encoded.bytes;
        let source = &job.source;
        if self.json {
            let record = Record::made(source, *source_bytes, destination, encoded, *cost);
            return self.record(&record);
        }
        let header = &encoded.plan.source;
        let size = if self.upright {
            upright(header)
        } else {
            header.dimensions
        };
        self.terminal.line(format_args!(
            "{source} {size} {} -> {destination} {} {}, {}",
            rounded(*source_bytes),
            encoded.plan.output,
            rounded(encoded.bytes),
            spent(cost.total),
        ));
        for degraded in encoded.degraded() {
            self.terminal.line(format_args!(
                "{source}: degraded, {}",
                DegradedText(degraded)
            ));
        }
        for warning in &encoded.warnings {
            self.terminal.line(format_args!("{source}: {warning}"));
        }
        Ok(())
    }

    fn record(&self, record: &Record) -> io::Result<()> {
        self.terminal.aside(|| {
            if self.json_to_stderr {
                writeln!(io::stderr(), "{record}")
            } else {
                writeln!(io::stdout(), "{record}")
            }
        })
    }

    /// Sums up a run of several images.
    fn end(&self, found: &Found, total: Duration) {
        let Sum {
            made,
            failed,
            source_bytes,
            output_bytes,
        } = self.sum;
        if self.json || (made + failed < 2 && found.other_files == 0) {
            return;
        }
        let mut text = format!("{} made", counted(made, "image"));
        if made > 0 {
            let (from, to) = (rounded(source_bytes), rounded(output_bytes));
            text += &format!(" ({from} -> {to})");
        }
        if failed > 0 {
            text += &format!(", {failed} not made");
        }
        if found.other_files > 0 {
            text += &format!(", {} skipped", counted(found.other_files, "other file"));
        }
        self.terminal.line(format_args!("{text}, {}", spent(total)));
    }
}

/// A number of things as people read it.
fn counted(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// A duration as people read it.
fn spent(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 0.01 {
        format!("{:.1} ms", seconds * 1e3)
    } else if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1e3)
    } else {
        format!("{seconds:.1} s")
    }
}
