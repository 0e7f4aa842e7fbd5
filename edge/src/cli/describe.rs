//! `edgepix info` and `edgepix plan`: say what is known of images, or would be
//! done with them, without decoding any.

use std::{
    fmt::Display,
    io::{self, Write},
    path::PathBuf,
};

use clap::Args;
use edgepix_engine::{Coding, Header, Limits, Plan, Request, plan, probe};

use super::{
    bytes::rounded,
    caught::caught,
    failure::{Failure, Outcome, Usage},
    header::{colour_name, sampling, upright},
    options::ImageOptions,
    record::Record,
    source::{Source, find},
    terminal::Terminal,
};

/// What `edgepix info` takes.
#[derive(Args, Debug)]
pub(super) struct InfoArgs {
    #[command(flatten)]
    images: Images,
}

/// What `edgepix plan` takes.
#[derive(Args, Debug)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    images: Images,

    #[command(flatten)]
    image: ImageOptions,
}

#[derive(Args, Debug)]
struct Images {
    /// Files, folders with everything below them, or - for standard input
    #[arg(required = true, value_name = "SRC")]
    sources: Vec<PathBuf>,

    /// Print one JSON object a line for each image
    #[arg(long)]
    json: bool,
}

/// Runs `edgepix info`.
pub(super) fn info(args: &InfoArgs) -> Result<Outcome, Usage> {
    args.images.each(
        header,
        |path, header| Record::described(path, header),
        |header| Text(header).to_string(),
    )
}

/// Runs `edgepix plan`.
pub(super) fn plan_images(args: &PlanArgs) -> Result<Outcome, Usage> {
    let (request, limits) = (args.image.request(), args.image.limits());
    args.images.each(
        |source| planned(source, &request, &limits),
        |path, plan| Record::planned(path, plan),
        |plan| plan.peak.to_string(),
    )
}

impl Images {
    /// Finds each image's facts and prints them, as a record or as text under
    /// the image's name.
    fn each<T>(
        &self,
        facts: impl Fn(&Source) -> Result<T, Failure>,
        record: impl Fn(&dyn Display, &T) -> Record,
        text: impl Fn(&T) -> String,
    ) -> Result<Outcome, Usage> {
        super::check_stdin(&self.sources)?;
        let found = find(&self.sources, None);
        let terminal = Terminal::plain();
        let mut failed = 0;
        let mut print = |path: &dyn Display, facts: &Result<T, Failure>| {
            let mut stdout = io::stdout();
            failed += usize::from(facts.is_err());
            match facts {
                Ok(facts) if self.json => writeln!(stdout, "{}", record(path, facts)),
                Ok(facts) => writeln!(stdout, "{path}\n{}", text(facts)),
                Err(failure) if self.json => {
                    writeln!(stdout, "{}", Record::failed(path, failure))
                }
                Err(failure) => {
                    terminal.error(path, failure);
                    Ok(())
                }
            }
        };
        let mut printed = Ok(());
        for (path, failure) in found.failures {
            printed = printed.and_then(|()| print(&path.display(), &Err(failure)));
        }
        for source in &found.sources {
            printed = printed.and_then(|()| print(source, &facts(source)));
        }
        Ok(match printed {
            Ok(()) => Outcome::of(failed),
            // What was not printed was not described.
            Err(error) => {
                terminal.lost(&error);
                Outcome::Incomplete
            }
        })
    }
}

/// What a source claims about itself.
fn header(source: &Source) -> Result<Header, Failure> {
    let mut opened = source.open()?;
    caught(|| probe(&mut opened.input()))?.map_err(Failure::Engine)
}

fn planned(source: &Source, request: &Request, limits: &Limits) -> Result<Plan, Failure> {
    let header = header(source)?;
    caught(|| plan(request, &header, limits))?.map_err(Failure::Engine)
}

/// A header as people read it.
struct Text<'a>(&'a Header);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let header = self.0;
        write!(f, "  format       {}", header.format.name())?;
        match &header.coding {
            Coding::Jpeg(coding) => {
                let progressive = if coding.progressive {
                    "progressive"
                } else {
                    "baseline"
                };
                write!(f, ", {progressive}")?;
                if let Some(sampling) = sampling(coding) {
                    write!(f, ", {sampling}")?;
                }
            }
            &Coding::Png {
                interlaced,
                palette,
            } => {
                let palette = if palette { ", palette" } else { "" };
                let interlaced = if interlaced { ", interlaced" } else { "" };
                write!(f, "{palette}{interlaced}")?;
            }
            _ => {}
        }
        write!(f, "\n  size         {}", header.dimensions)?;
        match header.orientation.exif() {
            1 => writeln!(f)?,
            turned => {
                let upright = upright(header);
                writeln!(f, " stored, {upright} upright (EXIF orientation {turned})")?;
            }
        }
        let alpha = if header.alpha { ", alpha" } else { "" };
        let (colour, depth) = (colour_name(header.colour), header.bit_depth);
        writeln!(f, "  colour       {colour}, {depth} bits a channel{alpha}")?;
        match header.icc_bytes {
            0 => write!(f, "  ICC profile  none")?,
            bytes => write!(f, "  ICC profile  {bytes} bytes")?,
        }
        match header.length {
            Some(bytes) if bytes >= 1024 => {
                write!(f, "\n  file         {bytes} bytes ({})", rounded(bytes))
            }
            Some(bytes) => write!(f, "\n  file         {bytes} bytes"),
            None => Ok(()),
        }
    }
}
