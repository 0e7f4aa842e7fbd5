//! `edgepix config`: says how an installation is configured, or what is wrong with that.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::Args;

use crate::config::{ConfigErrors, Installation, Loaded};

use super::{failure::Outcome, terminal::Terminal};

/// What its help ends with.
pub(super) const SOURCES: &str = "\
A setting is what the last of these says of it:
  1. its default
  2. edgepix.toml: the file of --config, else of the variable EDGEPIX_CONFIG, else the one beside
     the binary (on Lambda, in the function's folder), if there is one
  3. the environment: EDGEPIX_STORE_BUCKET for bucket of [store]
  4. the origin's custom headers in CloudFront, for that origin: x-edgepix-store-bucket; they come
     with each request, so they are not in what is printed here

Lists are written a,b and variants sm=320,md=640 where there is no TOML. What is printed can be
pasted into edgepix.toml, but for secrets, in place of which it has dots.

Exit codes: 0, the configuration is good; 1, it is not; 2, the command line was wrong.";

/// What `edgepix config` takes.
#[derive(Args, Debug)]
pub(super) struct ConfigArgs {
    /// Print only what is wrong
    #[arg(long)]
    check: bool,

    #[command(flatten)]
    file: ConfigFile,
}

/// Where the configuration is, for every command that goes by it.
#[derive(Args, Debug)]
pub(super) struct ConfigFile {
    /// The configuration's file [default: edgepix.toml beside the binary]
    #[arg(long, value_name = "PATH")]
    config: Option<PathBuf>,
}

impl ConfigFile {
    /// Finds and reads it.
    pub(super) fn load(&self) -> Result<Loaded, ConfigErrors> {
        Installation::of_process(self.config.as_deref())?.load()
    }
}

/// Runs `edgepix config`.
pub(super) fn run(args: &ConfigArgs) -> Outcome {
    let terminal = Terminal::plain();
    match args.file.load() {
        Ok(_) if args.check => Outcome::Complete,
        Ok(loaded) => match write!(io::stdout(), "{loaded}") {
            Ok(()) => Outcome::Complete,
            // What was not printed was not said.
            Err(error) => {
                terminal.lost(&error);
                Outcome::Incomplete
            }
        },
        Err(ConfigErrors(errors)) => {
            for error in &errors {
                terminal.line(format_args!("edgepix: {error}"));
            }
            Outcome::Incomplete
        }
    }
}
