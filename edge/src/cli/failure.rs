//! Why a command made less than it was asked for, and the exit code that says so.

use std::{fmt, process::ExitCode};

use edgepix_engine::{Error, Resource};

/// The command line asks for something that cannot be meant. Nothing was done.
#[derive(Debug)]
pub(super) struct Usage(pub(super) String);

/// How a command ended that was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Every image was made or described.
    Complete,
    /// At least one was not.
    Incomplete,
}

impl Outcome {
    /// Complete if `failed` is 0.
    pub(super) fn of(failed: usize) -> Self {
        if failed == 0 {
            Self::Complete
        } else {
            Self::Incomplete
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Complete => Self::SUCCESS,
            Outcome::Incomplete => Self::FAILURE,
        }
    }
}

/// Why one image was not made or described.
#[derive(Debug)]
pub(super) enum Failure {
    /// The engine refused, or a file could not be read or written.
    Engine(Error),
    /// A folder has no image in it.
    NoImages {
        /// The files that it does have, below it too.
        other_files: usize,
    },
    /// The engine panicked, and this is what it said; the fault is edgepix's.
    Panic(String),
}

impl Failure {
    /// Its name in `error.kind`: one for each party that can act.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Engine(error) => match error {
                Error::Malformed { .. } => "malformed",
                Error::Unsupported(_) => "unsupported",
                Error::Request { .. } => "request",
                Error::TooLarge { .. } => "too_large",
                Error::TimedOut { .. } => "timed_out",
                Error::Read(_) => "read",
                Error::Write(_) => "write",
                Error::Encoder { .. } => "encoder",
                _ => "other",
            },
            Self::NoImages { .. } => "unsupported",
            Self::Panic(_) => "panic",
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine(error) => {
                // The engine names options without dashes, and limits not at all.
                if matches!(error, Error::Request { .. }) {
                    f.write_str("--")?;
                }
                write!(f, "{error}")?;
                match *error {
                    // Nothing allowed: the system refused, not the limit.
                    Error::TooLarge { allowed: 0, .. } => Ok(()),
                    Error::TooLarge {
                        resource: Resource::Memory,
                        needed,
                        ..
                    } => {
                        let enough = needed.div_ceil(1 << 20);
                        write!(f, " (--memory {enough}MB would allow it)")
                    }
                    Error::TooLarge {
                        resource: Resource::SourcePixels,
                        needed,
                        ..
                    } => write!(f, " (--max-pixels {needed} would allow it)"),
                    Error::TooLarge {
                        resource: Resource::Milliseconds,
                        needed,
                        ..
                    } => write!(f, " (it needs a --deadline of {needed}ms or more)"),
                    _ => Ok(()),
                }
            }
            Self::NoImages { other_files } => write!(
                f,
                "there is no image of a known format in this folder (other files: {other_files})"
            ),
            Self::Panic(message) => write!(f, "edgepix failed, please report it: {message}"),
        }
    }
}
