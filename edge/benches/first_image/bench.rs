//! The benchmark: every way of answering, in turns, then a table. The job is one: a
//! photograph of 4 MP from a server on loopback to 400 px of WebP.

mod function;
mod job;
mod origin;
#[path = "../../tests/runtime_api/mod.rs"]
mod runtime_api;
mod table;
mod way;

use std::{env, fs, path::PathBuf, process::ExitCode, thread};

use function::{Sample, start};
use job::Job;
use way::Way;

/// Starts of each way, if nobody says.
const RUNS: usize = 15;

const USAGE: &str = "usage: cargo bench -p edgepix --bench first_image -- [--runs N]";

pub(crate) fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("first_image: nothing to test; {USAGE}");
        return ExitCode::SUCCESS;
    }
    match runs(&arguments).and_then(measure) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("first_image: {why}");
            ExitCode::FAILURE
        }
    }
}

fn runs(arguments: &[String]) -> Result<usize, String> {
    let mut arguments = arguments.iter().filter(|argument| *argument != "--bench");
    let runs = match (arguments.next().map(String::as_str), arguments.next()) {
        (None, _) => Some(RUNS),
        (Some("--runs"), Some(number)) => number.parse().ok().filter(|runs| *runs > 0),
        _ => None,
    };
    runs.filter(|_| arguments.next().is_none())
        .ok_or_else(|| USAGE.to_owned())
}

fn measure(runs: usize) -> Result<(), String> {
    // The static one, as it ships, if its path is given.
    let binary = env::var_os("FIRST_IMAGE_BINARY")
        .map_or(env!("CARGO_BIN_EXE_edgepix").into(), PathBuf::from);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("first_image");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let job = Job::new(&binary, &folder)?;
    let ways = way::all(&binary, &folder)?;
    let mut samples: Vec<Vec<Sample>> = ways.iter().map(|_| Vec::new()).collect();
    function::adopt_orphans();
    println!("{}", job.describe());
    println!("{runs} starts of each, in turns, unpinned; {}", machine());
    // The first round fills the disk's cache and is not counted.
    for round in 0..=runs {
        let mut turns: Vec<usize> = (0..ways.len()).collect();
        if round % 2 == 1 {
            turns.reverse();
        }
        for turn in turns {
            let (sample, answer) = start(&ways[turn], &job);
            job.check(&answer)
                .map_err(|why| format!("{}: {why}", ways[turn].name))?;
            if round > 0 {
                samples[turn].push(sample);
            }
        }
    }
    let rows: Vec<(&Way, &[Sample])> = ways.iter().zip(samples.iter().map(Vec::as_slice)).collect();
    print!("{}", table::of(&rows));
    println!("afterwards: {}", machine());
    Ok(())
}

/// What the numbers depend on besides us.
fn machine() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown");
    format!("{cores} cores, load of the last minute {load}")
}
