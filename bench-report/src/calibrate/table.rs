//! The file of an encoder's tables: source of the engine, with where it comes from.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use edgepix_corpus::manifest::Entry;

/// The folder of the crate whose source is written.
const ENGINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../engine");

/// What one JPEG quality needs.
pub(crate) struct Row {
    pub(crate) quality: u8,
    /// Mean score of the JPEG.
    pub(crate) score: f64,
    /// Native quality of the same mean score.
    pub(crate) native: f64,
}

/// Where tables come from.
pub(crate) struct Provenance(String);

impl Provenance {
    /// As of now: date, commit, decoder, photographs.
    pub(crate) fn look(entries: &[Entry], widths: &[u32], decoder: String) -> Self {
        let widths: Vec<String> = widths.iter().map(u32::to_string).collect();
        let mut text = format!(
            "{}, engine as of {}; decoded by\n{decoder}.\nPhotographs at {} px:\n",
            answer("date", &["-u", "+%F"]),
            answer(
                "git",
                &["-C", ENGINE, "log", "-1", "--format=%h", "--", "src"]
            ),
            widths.join(", ")
        );
        for entry in entries {
            let _ = writeln!(
                text,
                "- {}, {}, {}",
                entry.name, entry.credit, entry.licence
            );
        }
        Self(text)
    }
}

/// Writes the tables of `encoder` into the engine and says where.
///
/// # Errors
///
/// If the file cannot be written.
pub(crate) fn write(
    encoder: &str,
    by_effort: &[(u8, Vec<Row>)],
    provenance: &Provenance,
) -> Result<PathBuf> {
    let path = Path::new(ENGINE)
        .join("src/quality")
        .join(format!("{encoder}.rs"));
    fs::write(
        &path,
        text(encoder, &version(encoder), by_effort, provenance),
    )
    .with_context(|| format!("writing {}", path.display()))?;
    Ok(path)
}

fn text(
    encoder: &str,
    version: &str,
    by_effort: &[(u8, Vec<Row>)],
    provenance: &Provenance,
) -> String {
    let mut text = format!(
        "//! What {encoder} needs to look like JPEG. Written by `bench-report calibrate`, not by\n\
         //! hand; `{encoder}-sys` or `{encoder}` is {version}.\n//!\n"
    );
    for line in provenance.0.lines() {
        let _ = writeln!(text, "//! {line}");
    }
    let name = encoder.to_uppercase();
    let _ = write!(
        text,
        "\nuse super::ByEffort;\n\n\
         /// Rows are quality, tenths of native quality, and the SSIMULACRA2 of both.\n\
         #[rustfmt::skip]\npub(crate) const {name}: ByEffort = &[\n"
    );
    for (effort, rows) in by_effort {
        let _ = writeln!(text, "    ({effort}, &[");
        for row in rows {
            let tenths = (row.native * 10.0).round();
            let _ = writeln!(
                text,
                "        ({}, {tenths}), // {:.1}",
                row.quality, row.score
            );
        }
        text += "    ]),\n";
    }
    text + "];\n"
}

/// The version of the package that holds `encoder`, by the lock file.
fn version(encoder: &str) -> String {
    let lock = include_str!("../../../Cargo.lock");
    [format!("{encoder}-sys"), encoder.to_owned()]
        .iter()
        .find_map(|package| {
            let entry = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
            Some(entry.1.split_once('"')?.0.to_owned())
        })
        .unwrap_or_else(|| "unknown".to_owned())
}

/// The first line a program answers with.
fn answer(program: &str, arguments: &[&str]) -> String {
    Command::new(program)
        .args(arguments)
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .and_then(|answer| Some(answer.lines().next()?.to_owned()))
        .unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_source_that_says_where_it_comes_from() {
        let rows = vec![Row {
            quality: 80,
            score: 78.26,
            native: 74.44,
        }];
        let provenance = Provenance("2026-01-02\n- a.jpg, A. Uthor, CC0-1.0\n".to_owned());
        let text = text("libaom", "1.2.3", &[(9, rows)], &provenance);
        assert_eq!(
            text,
            "//! What libaom needs to look like JPEG. Written by `bench-report calibrate`, not by\n\
             //! hand; `libaom-sys` or `libaom` is 1.2.3.\n//!\n\
             //! 2026-01-02\n//! - a.jpg, A. Uthor, CC0-1.0\n\n\
             use super::ByEffort;\n\n\
             /// Rows are quality, tenths of native quality, and the SSIMULACRA2 of both.\n\
             #[rustfmt::skip]\npub(crate) const LIBAOM: ByEffort = &[\n    (9, &[\n        \
             (80, 744), // 78.3\n    ]),\n];\n"
        );
    }

    #[test]
    fn the_encoders_versions_are_in_the_lock_file() {
        for encoder in ["libwebp", "libaom", "rav1e"] {
            assert_ne!(version(encoder), "unknown", "{encoder}");
        }
    }
}
