//! The command line.

mod measuring;
mod studies;
mod values;

use lexopt::prelude::*;

pub(crate) use studies::{Calibrate, Costs, Deadlines, Rungs, Scales, Versus};

use crate::{check, report};
#[cfg(target_os = "linux")]
use crate::{lambda::Enclosed, run};

pub(crate) const USAGE: &str = "\
bench-report: measures edgepix

bench-report run [options]      edgepix and sharp as Lambda runs them; Linux. About five minutes
  --full             every image in every way, over night
  --minutes N        stop in time to be done with measuring then
  --filter TEXT      only cases whose name contains TEXT, such as \"photo.jpg -> 400 webp\"
  --corpus DIR       the images in DIR instead of the corpus's
  --store DIR        where runs are kept. Default: bench-results
  --edgepix FILE     the program to measure. Default: what cargo makes of the source tree
  --memory MB,...    settings to emulate, which takes root. Default: 128,384
  --period-ms N      how often Lambda gives out processor time. Default: 20
  --first-byte-ms N, --mb-per-second N, --round-trip-ms N
                     how far away the originals are. Default: 25, 40, 1
  --core N           the core functions run on. Default: the last
  --as-is            fetch, install and build nothing; measure what is there

bench-report report [options]   what the last run says: as text, and as a page
  -o FILE            the page. Default: report.html; its pictures go into a folder beside it
  --store DIR        as above
  --run ID           another run than the last; the beginning of its name is enough
  --all              print every table, not only what comes first
  --prices FILE      another price table than the one built in
  --readme FILE      also write the headline figures into FILE, between its markers

bench-report check [options]    whether model and emulation agree in that run; exits 1 if not
  --store, --run as above

bench-report versus [options]   compare edgepix with sharp, both on one core
  --corpus DIR       the images in DIR instead of the corpus's
  --filter TEXT      only images whose name contains TEXT
  --width N,...      widths to make. Default: 400,1600
  --format F,...     of jpeg, webp, avif, png. Default: jpeg,webp,avif
  --runs N           timed runs per case and side. Default: 7
  --quick            3 runs of the largest image of each kind
  --core N           the core both run on. Default: the last
  --avif-effort N    effort of sharp's AVIF, 0 to 9. Default: 0, its fastest
  --markdown         the tables as Markdown
  --json FILE        also write the raw samples

bench-report scales [options]   what decoding JPEG smaller costs in looks, and saves in time
  --corpus, --filter, --core, --markdown as above
  --width N,...      widths to make. Default: 400,500,640,800,1000,1600,2000
  --runs N           timed runs per case. Default: 5
  --quick            1 run of the largest image of each kind

bench-report costs [options]    predicted times against measured ones, stage by stage
  --corpus, --filter, --width, --format, --core, --markdown as above; also png
  --runs N           timed runs per case. Default: 3
  --effort N         effort of the encoder on its own scale

bench-report deadlines [options]  whether answers come in time from a small function's share of a
                   processor; Linux, as root; exits 1 if too few do
  --corpus, --filter, --width, --core, --markdown as above
  --memory MB        the function's memory, and by that its share. Default: 128
  --deadline MS,...  Default: 300,1000,5000
bench-report calibrate [options]   the native qualities that look like each JPEG quality
  --width N,...      widths of the photographs. Default: 400,800,1600
  --encoder NAME     of libwebp, libaom, rav1e. Default: all that are built in
  --check POINTS     write nothing; fail if the tables built in are off by more

bench-report rungs [options]    what each format and effort takes and gives
  --markdown as above
  --width N,...      widths of the photographs. Default: 400,800,1600
  --runs N           timed runs per case. Default: 3
  --rung NAME,...    only these, such as jpeg or avif-9
";

/// What to do.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Help,
    /// Measure functions.
    #[cfg(target_os = "linux")]
    Run(Box<run::Options>),
    Report(report::Options),
    Check(check::Options),
    Versus(Versus),
    Scales(Scales),
    Costs(Costs),
    Deadlines(Deadlines),
    Calibrate(Calibrate),
    Rungs(Rungs),
    /// Answer jobs on standard input; what `versus` starts to measure edgepix.
    Peer,
    /// Become another program, enclosed as a function; how functions are started.
    #[cfg(target_os = "linux")]
    Enclosed(Enclosed),
}

/// Reads the command line.
///
/// # Errors
///
/// If it is not one that [`USAGE`] describes.
pub(crate) fn parse(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    match parser.next()? {
        None | Some(Short('h') | Long("help")) => Ok(Command::Help),
        #[cfg(target_os = "linux")]
        Some(Value(name)) if name == "run" => measuring::run(parser),
        Some(Value(name)) if name == "report" => measuring::report(parser),
        Some(Value(name)) if name == "check" => measuring::check(parser),
        Some(Value(name)) if name == "versus" => studies::versus(parser),
        Some(Value(name)) if name == "scales" => studies::scales(parser),
        Some(Value(name)) if name == "costs" => studies::costs(parser),
        Some(Value(name)) if name == "deadlines" => studies::deadlines(parser),
        Some(Value(name)) if name == "calibrate" => studies::calibrate(parser),
        Some(Value(name)) if name == "rungs" => studies::rungs(parser),
        Some(Value(name)) if name == "peer" => Ok(Command::Peer),
        #[cfg(target_os = "linux")]
        Some(Value(name)) if name == "enclosed" => measuring::enclosed(parser),
        Some(argument) => Err(argument.unexpected()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Format;

    fn parsed(line: &str) -> Result<Command, lexopt::Error> {
        parse(lexopt::Parser::from_args(line.split_whitespace()))
    }

    #[test]
    fn nothing_asked_is_a_call_for_help() {
        assert_eq!(parsed("").expect("valid"), Command::Help);
        assert_eq!(parsed("versus --help").expect("valid"), Command::Help);
    }

    #[test]
    fn widths_and_formats_are_lists() {
        let expected = Versus {
            widths: vec![200, 800],
            formats: vec![Format::Png, Format::Jpeg],
            ..Versus::default()
        };
        assert_eq!(
            parsed("versus --width 200,800 --format png,jpeg").expect("valid"),
            Command::Versus(expected)
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_run_is_told_what_to_measure_and_remembers_its_words() {
        let line = "run --filter webp --memory 128,256 --minutes 0.5 --first-byte-ms 0";
        let Command::Run(options) = parsed(line).expect("valid") else {
            panic!("it is a run");
        };
        assert_eq!(options.memories_mb, [128, 256]);
        assert_eq!(options.minutes, Some(0.5));
        assert_eq!(options.origin.first_byte_ms, 0.0);
        let words: Vec<&str> = line.split(' ').skip(1).collect();
        assert_eq!(options.arguments, words);
    }

    #[test]
    fn quick_runs_three_times_unless_told_otherwise() {
        for (line, runs) in [
            ("versus", 7),
            ("versus --quick", 3),
            ("versus --runs 5 --quick", 5),
        ] {
            let Command::Versus(options) = parsed(line).expect("valid") else {
                panic!("{line} is versus");
            };
            assert_eq!(options.runs, runs, "{line}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in [
            "scales --json a",
            "scales --width 0",
            "versus --format gif",
            "versus --width 0",
            "versus --runs 0",
            "versus --fast",
            "calibrate --check 0",
            "calibrate --check NaN",
            "rungs --rung webp-7,avif-3",
            "compare",
            "run --memory 64",
            "run --minutes 0",
            "run --mb-per-second 0",
            "run --period-ms 0",
            "run --period-ms 1e300",
            "run --minutes NaN",
            "report --markdown",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
