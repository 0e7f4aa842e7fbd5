//! `report`: what a run says, as text and as a page with its pictures beside it.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

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
    let text = format!("{text}\n{}\n", options.output.display());
    match io::stdout().write_all(text.as_bytes()) {
        // Who has read enough is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done.context("printing"),
    }
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
        match lay(&picture, from, &folder) {
            Ok(()) => side.picture = Some(format!("{name}/{picture}")),
            Err(_) => missing += 1,
        }
    }
    if missing > 0 {
        report.doubts.push(format!(
            "{missing} pictures are not shown: they are not in {}, or there is no room for them.",
            from.display()
        ));
    }
}

fn lay(picture: &str, from: &Path, folder: &Path) -> Result<()> {
    // A run's file may come from anywhere, and names no other files than its own.
    ensure!(
        Path::new(picture).file_name() == Some(picture.as_ref()),
        "{picture} is no file's name"
    );
    let bytes = fs::read(from.join(picture))?;
    fs::create_dir_all(folder)?;
    whole::write(&folder.join(picture), &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        case::{Case, Rival},
        format::Format,
        judge::report::{CaseDetail, SideDetail},
        sample::Image,
    };

    /// A report that shows one picture.
    fn showing(picture: &str) -> Report {
        let case = Case {
            image: "a.jpg".to_owned(),
            width: 400,
            format: Format::Webp,
        };
        let image = Image {
            name: "a.jpg".to_owned(),
            width: 4000,
            height: 3000,
            bytes: 1,
            kind: "jpeg".to_owned(),
            credit: String::new(),
        };
        let side = SideDetail {
            rival: Rival::EDGEPIX,
            made: None,
            picture: Some(picture.to_owned()),
            fates: Vec::new(),
            cpu_ms: None,
            peak_bytes: None,
            stages_ms: Vec::new(),
        };
        Report {
            cases: vec![CaseDetail {
                case,
                image,
                sides: vec![side],
            }],
            ..Report::default()
        }
    }

    #[test]
    fn pictures_lie_beside_the_page() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b.webp"), "a picture").unwrap();
        let mut report = showing("b.webp");
        lay_pictures(&mut report, folder.path(), &folder.path().join("r.html"));
        let picture = report.cases[0].sides[0].picture.as_deref();
        assert_eq!(picture, Some("r-pictures/b.webp"));
        let laid = fs::read(folder.path().join("r-pictures/b.webp")).unwrap();
        assert_eq!(laid, b"a picture");
        assert!(report.doubts.is_empty());
    }

    #[test]
    fn a_run_names_no_files_but_its_pictures() {
        let folder = tempfile::tempdir().unwrap();
        let other = folder.path().join("other");
        fs::write(&other, "of somebody").unwrap();
        for name in [other.to_str().unwrap(), "../other", "missing.webp", ".."] {
            let mut report = showing(name);
            let page = folder.path().join("sub/r.html");
            lay_pictures(&mut report, &folder.path().join("run"), &page);
            assert_eq!(report.cases[0].sides[0].picture, None, "{name}");
            assert_eq!(report.doubts.len(), 1);
        }
        assert_eq!(fs::read(&other).unwrap(), b"of somebody");
    }
}
