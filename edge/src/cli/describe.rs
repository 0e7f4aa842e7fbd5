//! `edgepix info` and `edgepix plan`: say what is known of images, or would be
//! done with them, without decoding any.

use std::{
    fmt::Display,
    io::{self, Write},
    path::PathBuf,
};

use clap::Args;
use edgepix_engine::{Header, Limits, Plan, Request, plan, probe_for, probe_within};

use super::{
    caught::caught,
    failure::{Failure, Outcome, Usage},
    options::ImageOptions,
    record::Record,
    source::{Source, find},
    terminal::Terminal,
    text::{HeaderText, PlanText},
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
        |header| HeaderText(header).to_string(),
    )
}

/// Runs `edgepix plan`.
pub(super) fn plan_images(args: &PlanArgs) -> Result<Outcome, Usage> {
    let (request, limits) = (args.image.request()?, args.image.limits());
    args.images.each(
        |source| planned(source, &request, &limits),
        |path, plan| Record::planned(path, plan),
        |plan| PlanText(plan).to_string(),
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
    // An animation's frames are counted, and for that it is held.
    let probed = || probe_within(&mut opened.input(), &Limits::default());
    caught(probed)?.map_err(Failure::Engine)
}

/// What would be done with a source.
pub(super) fn planned(
    source: &Source,
    request: &Request,
    limits: &Limits,
) -> Result<Plan, Failure> {
    let mut opened = source.open()?;
    let planned = || {
        let header = probe_for(request, &mut opened.input(), limits)?;
        plan(request, &header, limits)
    };
    caught(planned)?.map_err(Failure::Engine)
}
