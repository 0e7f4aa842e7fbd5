//! The command line.

use std::path::PathBuf;

use lexopt::prelude::*;

#[cfg(target_os = "linux")]
use crate::lambda::Enclosed;
use crate::{format::Format, rung, table::Style};

pub(crate) const USAGE: &str = "\
bench-report: measures edgepix

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

/// Options of `versus`.
#[derive(Debug, PartialEq)]
pub(crate) struct Versus {
    pub(crate) corpus: Option<PathBuf>,
    pub(crate) filter: String,
    pub(crate) widths: Vec<u32>,
    pub(crate) formats: Vec<Format>,
    pub(crate) runs: u32,
    pub(crate) quick: bool,
    pub(crate) core: Option<u32>,
    pub(crate) avif_effort: u8,
    pub(crate) style: Style,
    pub(crate) json: Option<PathBuf>,
}

impl Default for Versus {
    fn default() -> Self {
        Self {
            corpus: None,
            filter: String::new(),
            widths: vec![400, 1600],
            formats: vec![Format::Jpeg, Format::Webp, Format::Avif],
            runs: 7,
            quick: false,
            core: None,
            avif_effort: 0,
            style: Style::Text,
            json: None,
        }
    }
}

/// Options of `scales`.
#[derive(Debug, PartialEq)]
pub(crate) struct Scales {
    pub(crate) corpus: Option<PathBuf>,
    pub(crate) filter: String,
    pub(crate) widths: Vec<u32>,
    pub(crate) runs: u32,
    pub(crate) quick: bool,
    pub(crate) core: Option<u32>,
    pub(crate) style: Style,
}

impl Default for Scales {
    fn default() -> Self {
        Self {
            corpus: None,
            filter: String::new(),
            widths: vec![400, 500, 640, 800, 1000, 1600, 2000],
            runs: 5,
            quick: false,
            core: None,
            style: Style::Text,
        }
    }
}

/// Options of `costs`.
#[derive(Debug, PartialEq)]
pub(crate) struct Costs {
    pub(crate) corpus: Option<PathBuf>,
    pub(crate) filter: String,
    pub(crate) widths: Vec<u32>,
    pub(crate) formats: Vec<Format>,
    pub(crate) effort: Option<u8>,
    pub(crate) runs: u32,
    pub(crate) core: Option<u32>,
    pub(crate) style: Style,
}

impl Default for Costs {
    fn default() -> Self {
        Self {
            corpus: None,
            filter: String::new(),
            widths: vec![400, 1600],
            formats: Format::ALL.to_vec(),
            effort: None,
            runs: 3,
            core: None,
            style: Style::Text,
        }
    }
}

/// Options of `deadlines`.
#[derive(Debug, PartialEq)]
pub(crate) struct Deadlines {
    pub(crate) corpus: Option<PathBuf>,
    pub(crate) filter: String,
    pub(crate) widths: Vec<u32>,
    pub(crate) memory_mb: u32,
    pub(crate) deadlines_ms: Vec<u64>,
    pub(crate) core: Option<u32>,
    pub(crate) style: Style,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            corpus: None,
            filter: String::new(),
            widths: vec![400, 1600],
            memory_mb: 128,
            deadlines_ms: vec![300, 1000, 5000],
            core: None,
            style: Style::Text,
        }
    }
}

/// Options of `calibrate`.
#[derive(Debug, PartialEq)]
pub(crate) struct Calibrate {
    pub(crate) widths: Vec<u32>,
    /// All if none.
    pub(crate) encoder: Option<String>,
    /// Points by which the tables may be off, if they are only checked.
    pub(crate) check: Option<f64>,
}

impl Default for Calibrate {
    fn default() -> Self {
        Self {
            widths: vec![400, 800, 1600],
            encoder: None,
            check: None,
        }
    }
}

/// Options of `rungs`.
#[derive(Debug, PartialEq)]
pub(crate) struct Rungs {
    pub(crate) widths: Vec<u32>,
    pub(crate) runs: u32,
    /// Names; all if empty.
    pub(crate) rungs: Vec<String>,
    pub(crate) style: Style,
}

impl Default for Rungs {
    fn default() -> Self {
        Self {
            widths: vec![400, 800, 1600],
            runs: 3,
            rungs: Vec::new(),
            style: Style::Text,
        }
    }
}

/// Reads the command line.
///
/// # Errors
///
/// If it is not one that [`USAGE`] describes.
pub(crate) fn parse(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    match parser.next()? {
        None | Some(Short('h') | Long("help")) => Ok(Command::Help),
        Some(Value(name)) if name == "versus" => versus(parser),
        Some(Value(name)) if name == "scales" => scales(parser),
        Some(Value(name)) if name == "costs" => costs(parser),
        Some(Value(name)) if name == "deadlines" => deadlines(parser),
        Some(Value(name)) if name == "calibrate" => calibrate(parser),
        Some(Value(name)) if name == "rungs" => rungs(parser),
        Some(Value(name)) if name == "peer" => Ok(Command::Peer),
        #[cfg(target_os = "linux")]
        Some(Value(name)) if name == "enclosed" => enclosed(parser),
        Some(argument) => Err(argument.unexpected()),
    }
}

fn versus(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut options = Versus::default();
    let mut runs = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Long("corpus") => options.corpus = Some(parser.value()?.into()),
            Long("filter") => options.filter = parser.value()?.string()?,
            Long("width") => options.widths = widths(&mut parser)?,
            Long("format") => {
                options.formats = list(&parser.value()?.string()?, Format::named)?;
            }
            Long("runs") => runs = Some(at_least_one(parser.value()?.parse()?)?),
            Long("quick") => options.quick = true,
            Long("core") => options.core = Some(parser.value()?.parse()?),
            Long("avif-effort") => options.avif_effort = parser.value()?.parse()?,
            Long("markdown") => options.style = Style::Markdown,
            Long("json") => options.json = Some(parser.value()?.into()),
            _ => return Err(argument.unexpected()),
        }
    }
    options.runs = runs.unwrap_or(if options.quick { 3 } else { options.runs });
    Ok(Command::Versus(options))
}

fn scales(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut options = Scales::default();
    let mut runs = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Long("corpus") => options.corpus = Some(parser.value()?.into()),
            Long("filter") => options.filter = parser.value()?.string()?,
            Long("width") => options.widths = widths(&mut parser)?,
            Long("runs") => runs = Some(at_least_one(parser.value()?.parse()?)?),
            Long("quick") => options.quick = true,
            Long("core") => options.core = Some(parser.value()?.parse()?),
            Long("markdown") => options.style = Style::Markdown,
            _ => return Err(argument.unexpected()),
        }
    }
    options.runs = runs.unwrap_or(if options.quick { 1 } else { options.runs });
    Ok(Command::Scales(options))
}

fn costs(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut options = Costs::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Long("corpus") => options.corpus = Some(parser.value()?.into()),
            Long("filter") => options.filter = parser.value()?.string()?,
            Long("width") => options.widths = widths(&mut parser)?,
            Long("format") => {
                options.formats = list(&parser.value()?.string()?, Format::named)?;
            }
            Long("effort") => options.effort = Some(parser.value()?.parse()?),
            Long("runs") => options.runs = at_least_one(parser.value()?.parse()?)?,
            Long("core") => options.core = Some(parser.value()?.parse()?),
            Long("markdown") => options.style = Style::Markdown,
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Command::Costs(options))
}

fn deadlines(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut options = Deadlines::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Long("corpus") => options.corpus = Some(parser.value()?.into()),
            Long("filter") => options.filter = parser.value()?.string()?,
            Long("width") => options.widths = widths(&mut parser)?,
            Long("memory") => options.memory_mb = at_least_one(parser.value()?.parse()?)?,
            Long("deadline") => {
                options.deadlines_ms = list(&parser.value()?.string()?, |item| item.parse().ok())?;
            }
            Long("core") => options.core = Some(parser.value()?.parse()?),
            Long("markdown") => options.style = Style::Markdown,
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Command::Deadlines(options))
}

fn calibrate(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut options = Calibrate::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Long("width") => options.widths = widths(&mut parser)?,
            Long("encoder") => options.encoder = Some(parser.value()?.string()?),
            Long("check") => options.check = Some(points(parser.value()?.parse()?)?),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Command::Calibrate(options))
}

fn rungs(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut options = Rungs::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Long("width") => options.widths = widths(&mut parser)?,
            Long("runs") => options.runs = at_least_one(parser.value()?.parse()?)?,
            Long("rung") => {
                let known = |name: &str| rung::named(name).map(|_| name.to_owned());
                options.rungs = list(&parser.value()?.string()?, known)?;
            }
            Long("markdown") => options.style = Style::Markdown,
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Command::Rungs(options))
}

#[cfg(target_os = "linux")]
fn enclosed(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let (mut groups, mut core, mut command) = (Vec::new(), None, Vec::new());
    while let Some(argument) = parser.next()? {
        match argument {
            Long("group") => groups.push(parser.value()?.into()),
            Long("core") => core = Some(parser.value()?.parse()?),
            // After "--", the arguments are the program's.
            Value(program) => {
                command.push(program);
                command.extend(parser.raw_args()?);
            }
            _ => return Err(argument.unexpected()),
        }
    }
    if command.is_empty() {
        return Err("a program is missing".into());
    }
    Ok(Command::Enclosed(Enclosed {
        groups,
        core: core.ok_or("--core is missing")?,
        command,
    }))
}

fn points(points: f64) -> Result<f64, lexopt::Error> {
    if points > 0.0 {
        Ok(points)
    } else {
        Err("--check must be above 0".into())
    }
}

fn widths(parser: &mut lexopt::Parser) -> Result<Vec<u32>, lexopt::Error> {
    list(&parser.value()?.string()?, |item| {
        item.parse().ok().filter(|&width| width > 0)
    })
}

fn at_least_one(runs: u32) -> Result<u32, lexopt::Error> {
    if runs == 0 {
        return Err("--runs must be at least 1".into());
    }
    Ok(runs)
}

fn list<T>(text: &str, item: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, lexopt::Error> {
    text.split(',')
        .map(|word| item(word).ok_or_else(|| format!("{word:?} makes no sense there").into()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
