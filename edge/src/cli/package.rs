//! `edgepix package`: makes the zip that a function is made of.

use std::{
    env, fmt, fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::Args;

use super::{
    failure::{Outcome, Usage},
    part::{self, Part},
    terminal::Terminal,
    value::{Words, one_of},
};
use crate::{
    package::{
        Compression, Files, Launcher, Linkage, Package, Target, Unfit, WISHED_BYTES, linkage,
        package,
    },
    value::rounded,
};

/// `--target`.
const TARGET: Words<Target> = &[
    ("edge", Target::Edge(Launcher::Python)),
    ("lambda-x86_64", Target::LambdaX86_64),
    ("lambda-arm64", Target::LambdaArm64),
];

/// `--launcher`.
const LAUNCHER: Words<Launcher> = &[("python", Launcher::Python), ("node", Launcher::Node)];

/// What `edgepix package` takes.
#[derive(Args, Debug)]
pub(super) struct PackageArgs {
    /// Where it is to run: at the edge, or in a Region on the runtime provided.al2023
    #[arg(long, value_parser = one_of(TARGET))]
    target: Target,

    /// Folder to write the package into; it is made if it is not there
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,

    /// The program to package, built for Linux and the target's processor [default: this one]
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,

    /// A configuration to put beside it, as edgepix.toml, with the files that it names
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Compress as far as it goes: some 4 % smaller, in half a minute
    #[arg(long)]
    smallest: bool,

    /// What starts it at the edge: Python 3.11 or later, or Node.js [default: python]
    #[arg(long, value_parser = one_of(LAUNCHER))]
    launcher: Option<Launcher>,
}

impl PackageArgs {
    fn target(&self) -> Result<Target, Usage> {
        match (self.target, self.launcher) {
            (Target::Edge(_), Some(launcher)) => Ok(Target::Edge(launcher)),
            (Target::LambdaX86_64 | Target::LambdaArm64, Some(_)) => Err(Usage(
                "--launcher: only --target edge has one; a Region starts the program itself".into(),
            )),
            (target, None) => Ok(target),
        }
    }
}

/// Runs the command.
pub(super) fn run(args: &PackageArgs) -> Result<Outcome, Usage> {
    let target = args.target()?;
    part::remove_on_interrupt();
    let terminal = Terminal::plain();
    let (made, linkage) = match make(args, target) {
        Ok(made) => made,
        Err((with, what)) => {
            terminal.error(with, what);
            return Ok(Outcome::Incomplete);
        }
    };
    if !linkage.runs_on_amazon_linux_2() {
        terminal.line(format_args!(
            "warning: the program needs {linkage}: it does not run on {}; a static one, as \
             edge/deploy/package.sh builds it, runs everywhere",
            match target {
                Target::Edge(_) => "python3.11 (Amazon Linux 2, glibc 2.26), but on later ones",
                Target::LambdaX86_64 | Target::LambdaArm64 =>
                    "provided.al2 (glibc 2.26), but on provided.al2023",
            }
        ));
    }
    let path = args.output.join(target.file_name());
    let listing = Listing {
        path: &path,
        target,
        linkage,
        package: &made,
    };
    let listed = write!(io::stdout(), "{listing}");
    if let Err(error) = listed {
        terminal.lost(&error);
    }
    Ok(Outcome::Complete)
}

/// Makes the package, or says what went wrong with what.
fn make(args: &PackageArgs, target: Target) -> Result<(Package, Linkage), (String, String)> {
    let path = match &args.binary {
        Some(path) => path.clone(),
        None => env::current_exe().map_err(|error| ("this program".into(), error.to_string()))?,
    };
    let with =
        |path: &Path, what: &dyn fmt::Display| (path.display().to_string(), what.to_string());
    let binary = fs::read(&path).map_err(|error| with(&path, &error))?;
    let linkage = linkage(&binary, target.architecture());
    let linkage = linkage.map_err(|unfit| match (&args.binary, &unfit) {
        (None, Unfit::Architecture { .. }) => {
            let what = format!("{unfit}; --binary takes another program");
            ("this program".into(), what)
        }
        _ => with(&path, &unfit),
    })?;
    let files = match &args.config {
        Some(config) => Files::read(config).map_err(|what| ("--config".into(), what))?,
        None => Files::default(),
    };
    let to = args.output.join(target.file_name());
    let compression = match args.smallest {
        true => Compression::Smallest,
        false => Compression::Usual,
    };
    let made = package(target, &binary, &files, compression).map_err(|error| with(&to, &error))?;
    let written = Part::new(&to).and_then(|mut part| {
        part.write_all(&made.bytes)?;
        part.finish()
    });
    written.map_err(|error| with(&to, &error))?;
    Ok((made, linkage))
}

/// What became of a package, for people.
struct Listing<'a> {
    path: &'a Path,
    target: Target,
    linkage: Linkage,
    package: &'a Package,
}

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let package = self.package;
        write!(f, "{} ({}", self.path.display(), self.linkage)?;
        match self.target.handler() {
            Some(handler) => writeln!(f, ", handler {handler})")?,
            None => writeln!(f, ")")?,
        }
        let width = package.entries.iter().map(|entry| entry.name.len()).max();
        let width = width.unwrap_or(0).max("zip".len());
        for entry in &package.entries {
            let (size, compressed) = (rounded(entry.bytes), rounded(entry.compressed_bytes));
            writeln!(
                f,
                "  {:width$} {size:>9}, in the zip {compressed:>9}",
                entry.name
            )?;
        }
        let bytes = package.bytes.len() as u64;
        let verdict = if bytes <= WISHED_BYTES {
            "within"
        } else {
            "over"
        };
        let (size, wished) = (rounded(bytes), rounded(WISHED_BYTES));
        writeln!(f, "  {:width$} {size:>9}, {verdict} {wished}", "zip")
    }
}
