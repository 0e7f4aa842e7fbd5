//! The memory one plan holds at its peak, as parts that a person can add up.
//!
//! Our own buffers are exact. What is inside a codec is a formula measured with
//! the codec; the peak test over the corpus keeps it honest.

use std::fmt;

use crate::{decode, encode, error::Result, orient, pad, plan::Plan, resize};

/// One thing that a plan holds in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// What it is.
    pub name: &'static str,
    /// Its size.
    pub bytes: u64,
}

impl Part {
    pub(crate) fn new(name: &'static str, bytes: u64) -> Self {
        Self { name, bytes }
    }
}

/// The memory a plan holds at its peak, over an idle process. **Strict**: the
/// process never grows by more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peak {
    parts: Vec<Part>,
}

impl Peak {
    /// Everything that is held, in the order of the work.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Their sum.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.bytes).sum()
    }
}

impl fmt::Display for Peak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Part { name, bytes } in &self.parts {
            writeln!(f, "  {name:<22} {bytes:>12}")?;
        }
        write!(f, "  {:<22} {:>12}", "peak bytes", self.bytes())
    }
}

/// Adds up the parts of a plan whose other fields are complete.
pub(crate) fn of(plan: &Plan) -> Result<Peak> {
    let mut parts = decode::peak(&plan.source);
    parts.extend(resize::peak(plan)?);
    parts.extend(orient::peak(plan));
    parts.extend(crate::colour::peak(plan));
    parts.extend(pad::peak(plan));
    parts.extend(encode::peak(plan));
    parts.retain(|part| part.bytes > 0);
    Ok(Peak { parts })
}
