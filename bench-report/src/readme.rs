//! Writes figures into a text that people keep by hand, between two markers.

use std::{fs, io::Write, path::Path};

use anyhow::{Context, Result, bail, ensure};

const BEGIN: &str = "<!-- bench-report: headline -->";
const END: &str = "<!-- /bench-report -->";

/// Replaces what stands between the markers in a file, which is changed wholly or not at all.
///
/// # Errors
///
/// If the file cannot be read or written, or has not exactly one pair of markers.
pub(crate) fn write(path: &Path, figures: &str) -> Result<()> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let text = replace_between(&text, figures).with_context(|| path.display().to_string())?;
    replace(path, &text).with_context(|| format!("writing {}", path.display()))
}

/// Writes a file beside the old one, and puts it in its place when it is whole.
fn replace(path: &Path, text: &str) -> Result<()> {
    let path = fs::canonicalize(path)?;
    let folder = path.parent().context("a file is in a folder")?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file()
        .set_permissions(fs::metadata(&path)?.permissions())?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}

/// The text with `figures` between the markers, which stay, on lines of their own.
///
/// # Errors
///
/// If a marker is missing, there twice, or the end comes first.
pub(crate) fn replace_between(text: &str, figures: &str) -> Result<String> {
    let begin = only(text, BEGIN)?;
    let end = only(text, END)?;
    ensure!(begin < end, "{END} comes before {BEGIN}");
    let (before, after) = (&text[..begin + BEGIN.len()], &text[end..]);
    Ok(format!("{before}\n\n{}\n\n{after}", figures.trim()))
}

/// Where the only `marker` begins.
fn only(text: &str, marker: &str) -> Result<usize> {
    let mut places = text.match_indices(marker);
    match (places.next(), places.next()) {
        (Some((at, _)), None) => Ok(at),
        (None, _) => bail!("the marker {marker} is missing"),
        (Some(_), Some(_)) => bail!("the marker {marker} is there more than once"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(inside: &str) -> String {
        format!("# edgepix\n\n{BEGIN}{inside}{END}\n\nMore.\n")
    }

    fn refusal(text: &str) -> String {
        format!(
            "{:#}",
            replace_between(text, "new").expect_err("no pair of markers")
        )
    }

    #[test]
    fn what_stands_between_the_markers_is_replaced_and_nothing_else() {
        let new = replace_between(&page("\nold\n"), "| a |\n").expect("a pair of markers");
        assert_eq!(new, page("\n\n| a |\n\n"));
    }

    #[test]
    fn writing_the_same_twice_changes_nothing() {
        let once = replace_between(&page(""), "new").expect("a pair of markers");
        assert_eq!(replace_between(&once, "new").expect("still"), once);
    }

    #[test]
    fn a_text_without_both_markers_is_refused() {
        assert_eq!(
            refusal("# edgepix\n"),
            format!("the marker {BEGIN} is missing")
        );
        assert_eq!(refusal(BEGIN), format!("the marker {END} is missing"));
    }

    #[test]
    fn doubled_or_swapped_markers_are_refused() {
        let doubled = page("") + BEGIN;
        assert!(refusal(&doubled).contains("more than once"));
        assert!(refusal(&format!("{END}{BEGIN}")).contains("comes before"));
    }

    #[test]
    fn a_file_that_is_refused_stays_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("README.md");
        fs::write(&path, "no markers").expect("a file");
        assert!(write(&path, "new").is_err());
        assert_eq!(fs::read_to_string(&path).expect("the file"), "no markers");
        fs::write(&path, page("")).expect("a file");
        write(&path, "new").expect("a pair of markers");
        assert_eq!(
            fs::read_to_string(&path).expect("the file"),
            page("\n\nnew\n\n")
        );
        let left = fs::read_dir(folder.path()).expect("the folder").count();
        assert_eq!(left, 1, "nothing is left beside it");
    }
}
