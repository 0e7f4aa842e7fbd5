//! The memory one plan holds at its peak, as parts that a person can add up.
//!
//! Our own buffers are exact. What is inside a codec is a formula measured with
//! the codec; the peak test over the corpus keeps it honest.

use std::fmt;

use crate::{
    animation, decode, encode,
    error::Result,
    header::Icc,
    orient, overlay, pad,
    plan::{Action, Plan},
    resize,
};

/// One thing that a plan holds in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// What it is.
    pub name: &'static str,
    /// Its size.
    pub bytes: u64,
    /// When it is held.
    pub held: Held,
}

/// When a part is held. Encoders that take the image whole begin when the
/// source is done and gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// While the image is planned, and over before its rows stream.
    Planning,
    /// While an overlay is made, before the source is opened.
    Overlaying,
    /// While rows stream from the source.
    Streaming,
    /// While a whole image is encoded.
    Encoding,
    /// All the time.
    Throughout,
}

impl Held {
    /// Its name, as printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Planning => "planning",
            Self::Overlaying => "overlaying",
            Self::Streaming => "streaming",
            Self::Encoding => "encoding",
            Self::Throughout => "throughout",
        }
    }
}

impl Part {
    /// A part that is held while rows stream.
    pub(crate) fn new(name: &'static str, bytes: u64) -> Self {
        Self {
            name,
            bytes,
            held: Held::Streaming,
        }
    }

    /// The same, held at another time.
    pub(crate) fn held(self, held: Held) -> Self {
        Self { held, ..self }
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

    /// The largest of what is held while the image is planned, while an overlay is
    /// made, while rows stream and while it is encoded.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        largest(&self.parts)
    }
}

/// The most that is held at once of these.
pub(crate) fn largest(parts: &[Part]) -> u64 {
    let during = |phase: Held| -> u64 {
        parts
            .iter()
            .filter(|part| part.held == phase || part.held == Held::Throughout)
            .fold(0, |sum: u64, part| sum.saturating_add(part.bytes))
    };
    let phases = [
        Held::Planning,
        Held::Overlaying,
        Held::Streaming,
        Held::Encoding,
    ];
    phases.map(during).into_iter().fold(0, u64::max)
}

impl fmt::Display for Peak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Part { name, bytes, held } in &self.parts {
            writeln!(f, "  {name:<22} {bytes:>12}  {}", held.name())?;
        }
        write!(f, "  {:<22} {:>12}", "peak bytes", self.bytes())
    }
}

/// Pages that the allocator and the program's own small buffers fill, to which
/// comes a 64th of everything, for what is rounded up. Some 100 KB more than was
/// ever measured, because the system's own count is coarse.
const ALLOCATOR_BYTES: u64 = 384 << 10;

/// Adds up the parts of a plan whose other fields are complete.
pub(crate) fn of(plan: &Plan) -> Result<Peak> {
    if plan.action == Action::Keep {
        return Ok(with_overhead(animation::copy_peak(&plan.source)));
    }
    let mut parts = of_rows(plan)?;
    parts.extend(overlay::peak(plan)?);
    parts.extend(encode::peak(plan));
    Ok(with_overhead(parts))
}

/// Adds what the allocator takes.
fn with_overhead(mut parts: Vec<Part>) -> Peak {
    parts.retain(|part| part.bytes > 0);
    let mut peak = Peak { parts };
    let overhead = ALLOCATOR_BYTES + peak.bytes() / 64;
    peak.parts
        .push(Part::new("allocator", overhead).held(Held::Throughout));
    peak
}

/// The parts before the overlay and the encoder.
pub(crate) fn of_rows(plan: &Plan) -> Result<Vec<Part>> {
    let profile = plan.source.icc.as_ref().map_or(0, Icc::held_bytes);
    let mut parts = vec![Part::new("colour profile", profile).held(Held::Throughout)];
    parts.extend(decode::peak(plan));
    parts.extend(resize::peak(plan)?);
    parts.extend(orient::peak(plan));
    parts.extend(crate::colour::peak(plan));
    parts.extend(pad::peak(plan));
    Ok(parts)
}
