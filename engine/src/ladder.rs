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
    /// Whether it is a lossless WebP.
    pub lossless: bool,
}

impl Rung {
    /// The source as it is: an animated GIF.
    pub(crate) const KEPT: Self = Self {
        format: OutputFormat::Gif,
        effort: 0,
        lossless: false,
    };
}

/// The rungs of one format, `lossless` if it is of WebP: its usual effort and the
/// cheaper ones, or only `effort` if that is given.
///
/// # Errors
///
/// [`Error::Request`](crate::Error) if this build cannot write it.
pub(crate) fn rungs(
    format: OutputFormat,
    lossless: bool,
    effort: Option<u8>,
) -> Result<impl Iterator<Item = Rung>> {
    let codec = encode::codec(format, lossless)?;
    let efforts = match effort {
        Some(effort) => vec![codec.effort(effort)?],
        None => codec.rungs.to_vec(),
    };
    Ok(efforts.into_iter().map(move |effort| Rung {
        format,
        effort,
        lossless,
    }))
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
    /// Pixels that the frames of an animation may have together.
    Frames,
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
            Self::Frames => "frames",
            Self::Time => "time",
            Self::Bytes => "bytes",
        }
    }
}
