//! The command line. Exit codes: 0, every image was made; 1, one was not; 2, the
//! command line was wrong and nothing was done.

mod caught;
mod config;
mod describe;
mod failure;
mod header;
mod invoke;
mod job;
mod options;
mod output;
mod package;
mod part;
mod peak;
mod record;
mod resize;
mod serve;
mod sign;
mod source;
mod terminal;
mod text;
mod value;

use std::{
    ffi::OsString,
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{CommandFactory, Parser, Subcommand, error::ErrorKind};

use failure::Usage;
use terminal::Terminal;
pub(crate) use text::{DegradedText, PlanText};

const EXAMPLES: &str = "\
Examples:
  edgepix resize photo.jpg -o small.avif --width 400
  edgepix resize photos -o thumbnails --width 200 --height 200 --fit cover --format webp
  curl -s https://example.com/photo.jpg | edgepix resize - -o - --width 400 > small.jpg
  edgepix plan photo.jpg --width 400 --format avif --memory 128MB
  edgepix serve photos";

/// Resizes images under memory limits known before it begins.
#[derive(Debug, Parser)]
#[command(name = "edgepix", version, after_help = EXAMPLES, max_term_width = 100)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make images of another size or format
    #[command(after_help = "\
Exit codes: 0, every image was made; 1, at least one was not; 2, the command line was wrong
and nothing was done.")]
    Resize(Box<resize::ResizeArgs>),
    /// Say what images claim about themselves
    Info(describe::InfoArgs),
    /// Say what resize would do, and the memory it would take
    Plan(Box<describe::PlanArgs>),
    /// Say how this installation is configured, and what is wrong with that
    #[command(after_help = config::SOURCES)]
    Config(config::ConfigArgs),
    /// Answer requests for images over HTTP, with a cache in front and a page to try it
    Serve(Box<serve::ServeArgs>),
    /// Answer an event of CloudFront from a file, as the Lambda function would
    #[command(after_help = invoke::EXAMPLES)]
    Invoke(invoke::InvokeArgs),
    /// Sign a URL where the configuration wants that
    #[command(after_help = sign::EXAMPLES)]
    Sign(sign::SignArgs),
    /// Make the zip that a Lambda function is made of
    Package(package::PackageArgs),
    /// Be the Lambda function: answer events of the Runtime API until it ends
    Lambda,
}

/// Runs the program on `args`, the first of which is its name, and returns what
/// it should exit with.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let outcome = match CommandLine::try_parse_from(args) {
        Ok(line) => match line.command {
            Command::Resize(args) => resize::run(&args).map_err(|usage| usage.into_error("resize")),
            Command::Info(args) => describe::info(&args).map_err(|usage| usage.into_error("info")),
            Command::Plan(args) => {
                describe::plan_images(&args).map_err(|usage| usage.into_error("plan"))
            }
            Command::Config(args) => Ok(config::run(&args)),
            Command::Serve(args) => serve::run(&args).map_err(|usage| usage.into_error("serve")),
            Command::Invoke(args) => invoke::run(&args).map_err(|usage| usage.into_error("invoke")),
            Command::Sign(args) => sign::run(&args).map_err(|usage| usage.into_error("sign")),
            Command::Package(args) => {
                package::run(&args).map_err(|usage| usage.into_error("package"))
            }
            Command::Lambda => return lambda(),
        },
        Err(error) => Err(error),
    };
    match outcome {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            // Help is an "error" too, with 0 as its code. Nobody may be listening.
            let _ = error.print();
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
        }
    }
}

/// Runs as the Lambda function: `edgepix lambda`, and the program without arguments where
/// Lambda starts it.
pub fn lambda() -> ExitCode {
    if let Some(missing) = crate::lambda::missing_variable(|name| std::env::var_os(name)) {
        Terminal::plain().line(format_args!(
            "edgepix: lambda: {missing} is not set, so this is not Lambda; edgepix serve and \
             edgepix invoke do the same anywhere"
        ));
        return ExitCode::from(2);
    }
    let loaded = crate::config::Installation::of_process(None).and_then(|found| found.load());
    let config = loaded.map(|loaded| loaded.config);
    match crate::lambda::run(config.map_err(|errors| errors.to_string())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            Terminal::plain().line(error);
            ExitCode::FAILURE
        }
    }
}

impl Usage {
    /// The same in the form of the parser's own errors.
    fn into_error(self, command: &str) -> clap::Error {
        let mut line = CommandLine::command();
        line.build();
        let error = clap::Error::raw(ErrorKind::ValueValidation, self.0 + "\n");
        match line.find_subcommand(command) {
            Some(command) => error.with_cmd(command),
            None => error.with_cmd(&line),
        }
    }
}

/// Standard input can be read once, and nobody types an image.
fn check_stdin(sources: &[PathBuf]) -> Result<(), Usage> {
    let count = sources
        .iter()
        .filter(|source| source.as_path() == Path::new("-"))
        .count();
    if count > 1 {
        return Err(Usage("SRC -: standard input can be read only once".into()));
    }
    if count == 1 && io::stdin().is_terminal() {
        return Err(Usage(
            "SRC -: standard input is a terminal; send it a file or a program's output".into(),
        ));
    }
    Ok(())
}
