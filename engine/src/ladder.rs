//! The ladder: the ways there are to write one image, best first. The plan takes
//! the first rung that fits memory and time; what comes after it is what the job
//! may fall back to.

use crate::{encode, error::Result, request::OutputFormat};

/// A format with an effort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    /// The format.
    pub format: OutputFormat,
    /// Effort handed to the encoder, on its own scale.
    pub effort: u8,
}

/// The rungs for these formats, the most wanted first: of each format its usual
/// effort and the cheaper ones, or only `effort` if that is given.
///
/// # Errors
///
/// [`Error::Request`](crate::Error) if this build cannot write one of them.
pub(crate) fn rungs(formats: &[OutputFormat], effort: Option<u8>) -> Result<Vec<Rung>> {
    let mut rungs = Vec::new();
    for &format in formats {
        let codec = encode::codec(format)?;
        let efforts = effort.as_ref().map_or(codec.efforts, std::slice::from_ref);
        rungs.extend(efforts.iter().map(|&effort| Rung { format, effort }));
    }
    Ok(rungs)
}

/// Something that is not as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Degraded {
    /// What was given up.
    pub lost: Lost,
    /// For want of what.
    pub because: Because,
}

/// What was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lost {
    /// The rung that would have been best.
    Rung(Rung),
    /// Quality: what was asked for, on the common scale.
    Quality(u8),
}

/// What there was too little of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Because {
    /// Memory.
    Memory,
    /// Time: with another machine or a quieter one the result may be better, so
    /// that it should not be kept for long.
    Time,
    /// The bytes that the result may have.
    Bytes,
}

impl Because {
    /// Its name, as printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Time => "time",
            Self::Bytes => "bytes",
        }
    }
}
