//! `report`: what a run says, as text and as a page with its pictures beside it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;

use crate::{
    history::{self, STORE},
    html,
    judge::{headline::headline, judge, report::Report, text},
    prices::Prices,
    readme, store, whole,
};

/// Options of `report`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Options {
    /// The page.
    pub(crate) output: PathBuf,
    pub(crate) store: PathBuf,
    /// The beginning of a run's id; the last run if none.
    pub(crate) run: Option<String>,
    pub(crate) prices: Option<PathBuf>,
    /// A text whose headline figures are written anew.
    pub(crate) readme: Option<PathBuf>,
    /// Whether all of it is printed, and not what comes first.
    pub(crate) is_whole: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            output: "report.html".into(),
            store: STORE.into(),
            run: None,
            prices: None,
            readme: None,
            is_whole: false,
        }
    }
}

/// The command that the README's figures are made by.
const COMMAND: &str = "cargo run --release -p bench-report -- run && cargo run --release -p bench-report -- report --readme README.md";

/// Judges a run, prints what it says, and draws it.
///
/// # Errors
///
/// If there is no run, or the page cannot be written.
pub(crate) fn report(options: &Options) -> Result<()> {
    let prices = Prices::load(options.prices.as_deref())?;
    let runs = history::read(&options.store, options.run.as_deref())?;
    let mut report = judge(&runs.histories, &prices);
    report.doubts.extend(runs.doubts);
    lay_pictures(&mut report, &store::pictures(&runs.file), &options.output);
    whole::write(&options.output, html::page(&report).as_bytes())?;
    if let Some(readme) = &options.readme {
        readme::write(readme, &headline(&report, COMMAND))?;
    }
    let text = match options.is_whole {
        true => text::text(&report),
        false => text::brief(&report),
    };
    println!("{text}\n{}", options.output.display());
    Ok(())
}

/// Copies the pictures that the page shows into a folder beside it and leads the page there. One that
/// cannot be copied is not shown, and that is said.
fn lay_pictures(report: &mut Report, from: &Path, page: &Path) {
    let stem = page.file_stem().unwrap_or_default().to_string_lossy();
    let name = format!("{stem}-pictures");
    let folder = page.with_file_name(&name);
    let mut missing = 0;
    for side in report.cases.iter_mut().flat_map(|case| &mut case.sides) {
        let Some(picture) = side.picture.take() else {
            continue;
        };
        let copied = fs::create_dir_all(&folder)
            .and_then(|()| fs::copy(from.join(&picture), folder.join(&picture)));
        match copied {
            Ok(_) => side.picture = Some(format!("{name}/{picture}")),
            Err(_) => missing += 1,
        }
    }
    if missing > 0 {
        let from = from.display();
        report.doubts.push(format!(
            "{missing} pictures are not shown: they are not in {from}, or there is no room for them"
        ));
    }
}
