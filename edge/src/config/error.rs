//! What is wrong with a configuration: everything, not only the first thing.

use std::{fmt, io, sync::Arc};

/// Where something is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whence {
    /// Nowhere: it is the default.
    Default,
    /// In the file.
    Line {
        /// The file's name, as it was found.
        file: Arc<str>,
        /// Counted from 1.
        line: usize,
    },
    /// In the file, which could not be read.
    File(Arc<str>),
    /// In the environment.
    Environment,
    /// In the origin's custom headers.
    Headers,
}

/// One thing that is wrong.
#[derive(Debug)]
pub struct ConfigError {
    /// Where.
    pub whence: Whence,
    /// What.
    pub wrong: Wrong,
}

/// What is wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum Wrong {
    /// A name that means nothing.
    Unknown {
        /// It.
        name: String,
        /// What it is none of, such as `a setting of [store]`.
        of: String,
        /// The name that was probably meant.
        nearest: Option<String>,
    },
    /// A value that a setting cannot have.
    Value {
        /// The setting, as it is called there.
        name: String,
        /// What it must be, beginning with `must`.
        must: &'static str,
        /// What it is, if that is text.
        value: Option<String>,
    },
    /// A preset that is no question of the native dialect.
    Preset {
        /// The setting, as it is called there.
        name: String,
        /// The preset's name.
        preset: String,
        /// What was said in it, and what that should be.
        reason: String,
    },
    /// The file cannot be read.
    Unread(io::Error),
    /// An image cannot be read, or is none.
    Image {
        /// The setting that names it.
        setting: &'static str,
        /// Its name, as it is said.
        file: String,
        /// Why.
        error: io::Error,
    },
    /// The file is no TOML, and why.
    Syntax(String),
}

/// Everything that is wrong with a configuration; at least one thing.
#[derive(Debug)]
pub struct ConfigErrors(pub Vec<ConfigError>);

/// The most characters of a wrong value that are repeated.
const REPEATED: usize = 60;

impl fmt::Display for Whence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Line { file, line } => write!(f, "{file}:{line}"),
            Self::File(file) => f.write_str(file),
            Self::Environment => f.write_str("environment"),
            Self::Headers => f.write_str("origin headers"),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, of, nearest } => {
                write!(f, "{} is not {of}", Quoted(name))?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean {nearest:?}?"),
                    None => Ok(()),
                }
            }
            Self::Value { name, must, value } => {
                write!(f, "{name} {must}")?;
                match value {
                    Some(value) => write!(f, "; it is {}", Quoted(value)),
                    None => Ok(()),
                }
            }
            Self::Preset {
                name,
                preset,
                reason,
            } => write!(
                f,
                "{name} must be queries of the native dialect; {preset} is not: {reason}"
            ),
            Self::Unread(error) => write!(f, "it cannot be read: {error}"),
            Self::Image {
                setting,
                file,
                error,
            } => {
                let file = Quoted(file);
                write!(f, "{setting} must be an image file; {file} is not: {error}")
            }
            Self::Syntax(rule) => f.write_str(rule),
        }
    }
}

/// Someone else's text in quotes, on one line and not too long.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(REPEATED) {
            Some((end, _)) => write!(f, "{:?}...", &self.0[..end]),
            None => write!(f, "{:?}", self.0),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.whence, self.wrong)
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let newline = if index == 0 { "" } else { "\n" };
            write!(f, "{newline}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

impl std::error::Error for ConfigErrors {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_value_cannot_forge_a_line_or_fill_the_log() {
        let wrong = Wrong::Value {
            name: "x-edgepix-store-bucket".into(),
            must: "must be a name",
            value: Some(format!("a\r\nb{}", "c".repeat(1000))),
        };
        let text = wrong.to_string();
        assert!(text.contains(r#"it is "a\r\nbccc"#), "{text}");
        assert!(text.len() < 200 && !text.contains('\n'), "{text}");
    }
}
