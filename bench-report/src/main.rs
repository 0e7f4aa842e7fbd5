//! Measures edgepix and its rivals, judges the numbers and shows them.
//!
//! README.md says what each command measures and what it does not.

mod calibrate;
mod case;
mod check;
mod cli;
mod costs;
mod deadlines;
mod format;
mod history;
mod html;
mod images;
mod judge;
#[cfg(target_os = "linux")]
mod lambda;
mod machine;
mod model;
mod peer;
mod peers;
mod photographs;
mod prices;
mod process;
mod protocol;
mod readme;
mod report;
#[cfg(target_os = "linux")]
mod run;
mod rung;
mod rungs;
mod sample;
mod scales;
mod score;
mod stats;
mod store;
mod table;
mod versus;
mod whole;

use std::process::ExitCode;

use cli::Command;

fn main() -> ExitCode {
    let done = match cli::parse(lexopt::Parser::from_env()) {
        Ok(Command::Help) => {
            print!("{}", cli::USAGE);
            return ExitCode::SUCCESS;
        }
        #[cfg(target_os = "linux")]
        Ok(Command::Run(options)) => run::run(&options),
        Ok(Command::Report(options)) => report::report(&options),
        Ok(Command::Check(options)) => check::check(&options),
        Ok(Command::Versus(options)) => versus::versus(&options),
        Ok(Command::Scales(options)) => scales::scales(&options),
        Ok(Command::Costs(options)) => costs::costs(&options),
        Ok(Command::Deadlines(options)) => deadlines::deadlines(&options),
        Ok(Command::Calibrate(options)) => calibrate::calibrate(&options),
        Ok(Command::Rungs(options)) => rungs::rungs(&options),
        Ok(Command::Peer) => peer::serve(std::io::stdin().lock(), std::io::stdout().lock()),
        #[cfg(target_os = "linux")]
        Ok(Command::Enclosed(enclosed)) => lambda::become_function(&enclosed),
        Err(error) => {
            eprint!("{error}\n\n{}", cli::USAGE);
            return ExitCode::FAILURE;
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
