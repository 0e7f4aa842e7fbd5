//! Why an image was not produced: one variant per party that can act on it.

use std::{fmt, io, time::Duration};

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an image was not produced.
///
/// There is one variant per party that can act on the failure, so a caller
/// picks an exit code or an HTTP status with a single `match` and never reads
/// the message.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The source bytes break their own format. The file's owner can fix it.
    Malformed {
        /// Byte offset at which decoding stopped, counted from the file's start.
        offset: u64,
        /// The broken rule, in the words of the format's specification.
        rule: &'static str,
    },
    /// The source is not an image we decode, or uses a feature we do not decode.
    Unsupported(&'static str),
    /// The caller asked for something that cannot be done.
    Request {
        /// The option at fault, by its name on the command line.
        option: &'static str,
        /// What the option must satisfy.
        rule: &'static str,
    },
    /// The job is larger than [`Limits`](crate::Limits) allow.
    TooLarge {
        /// What there is too much of.
        resource: Resource,
        /// How much the job needs.
        needed: u64,
        /// How much the caller allowed.
        allowed: u64,
    },
    /// The deadline came before the result: what was made of it is not an image.
    TimedOut {
        /// How far past the deadline that was seen; zero if work stopped before it.
        late_by: Duration,
    },
    /// Reading the source failed before its end; the bytes themselves may be fine.
    Read(io::Error),
    /// Writing the result failed.
    Write(io::Error),
    /// An encoder refused valid work; the fault is this crate's.
    Encoder {
        /// Which encoder.
        codec: &'static str,
        /// The code it returned.
        code: i32,
    },
}

/// What [`Error::TooLarge`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resource {
    /// Bytes of memory over an idle process.
    Memory,
    /// Pixels of the source.
    SourcePixels,
    /// Pixels of all frames of an animation.
    AnimationPixels,
    /// Pixels along one side of the result.
    OutputSide,
    /// Bytes of the result, the smallest that was tried.
    OutputBytes,
    /// Predicted wall time.
    Milliseconds,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { offset, rule } => {
                write!(
                    f,
                    "the source is broken at byte {offset}, where it should be that {rule}"
                )
            }
            Self::Unsupported(what) => write!(f, "the source cannot be decoded: {what}"),
            Self::Request { option, rule } => write!(f, "{option} {rule}"),
            Self::TooLarge {
                resource,
                needed,
                allowed,
            } => match resource {
                Resource::Memory => {
                    write!(f, "needs {needed} bytes of memory, {allowed} allowed")
                }
                Resource::SourcePixels => {
                    write!(f, "the source has {needed} pixels, {allowed} allowed")
                }
                Resource::AnimationPixels => write!(
                    f,
                    "the animation has {needed} pixels in all its frames, {allowed} allowed"
                ),
                Resource::OutputSide => write!(
                    f,
                    "the result would be {needed} pixels along one side, its format allows {allowed}"
                ),
                Resource::OutputBytes => write!(
                    f,
                    "the smallest result that was tried has {needed} bytes, {allowed} allowed"
                ),
                Resource::Milliseconds => {
                    write!(f, "would take some {needed} ms, {allowed} ms allowed")
                }
            },
            Self::TimedOut { late_by } if late_by.is_zero() => {
                f.write_str("the time that was left was not enough for the rest of the work")
            }
            Self::TimedOut { late_by } => write!(
                f,
                "the deadline came before the result, {} ms ago",
                late_by.as_millis()
            ),
            Self::Read(error) => write!(f, "reading the source failed: {error}"),
            Self::Write(error) => write!(f, "writing the result failed: {error}"),
            Self::Encoder { codec, code } => {
                write!(f, "the {codec} encoder failed with code {code}")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read(error) | Self::Write(error) => Some(error),
            _ => None,
        }
    }
}
