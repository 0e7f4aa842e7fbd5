//! What is measured: an image, what is asked of it, by whom it is made, how that was started, and
//! with how much of a machine.

use std::fmt;

use edgepix_engine::Limits;
use serde::{Deserialize, Serialize};

use crate::format::{Format, Side};

/// An image and what is asked of it: `photo-4000x3000.jpg -> 400 webp`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Case {
    /// The image's name in the corpus.
    pub(crate) image: String,
    /// Width of the result in pixels; the height follows.
    pub(crate) width: u32,
    /// Format of the result.
    pub(crate) format: Format,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {} {}", self.image, self.width, self.format.name())
    }
}

/// How a function becomes ready for its first event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Boot {
    /// The binary itself is the runtime, as on `provided.al2023`.
    Native,
    /// AWS's Python runtime imports the launcher, which becomes the binary, as on Lambda@Edge.
    Python,
    /// Node.js imports the handler.
    Node,
}

impl Boot {
    /// For people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Python => "Python launcher",
            Self::Node => "Node.js",
        }
    }
}

/// A program that answers events, and how it is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Rival {
    pub(crate) side: Side,
    pub(crate) boot: Boot,
}

impl Rival {
    /// edgepix as a Region runs it.
    pub(crate) const EDGEPIX: Self = Self {
        side: Side::Edgepix,
        boot: Boot::Native,
    };
    /// edgepix as Lambda@Edge runs it.
    pub(crate) const EDGEPIX_AT_EDGE: Self = Self {
        side: Side::Edgepix,
        boot: Boot::Python,
    };
    /// sharp, in both.
    pub(crate) const SHARP: Self = Self {
        side: Side::Sharp,
        boot: Boot::Node,
    };
}

impl fmt::Display for Rival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.boot {
            Boot::Python => write!(f, "{} behind the {}", self.side, self.boot.name()),
            Boot::Native | Boot::Node => self.side.fmt(f),
        }
    }
}

/// How much of a processor a function has while it answers. Initialisation has a whole one in
/// either case, as on Lambda.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Pace {
    /// A whole one: what the model is made from.
    Full,
    /// What its memory entitles it to, held by a control group: emulation.
    Quota,
}

/// The function's setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Setting {
    /// The function's memory in MB of 1024 KB: what it is told, and what it is limited to.
    pub(crate) memory_mb: u32,
    pub(crate) pace: Pace,
}

/// MB at which a function has one whole processor (AWS Lambda Developer Guide, "Configure Lambda
/// function memory").
pub(crate) const WHOLE_MB: u32 = 1769;

/// The share of a processor that goes with `memory_mb`, at most one: nothing here uses two.
pub(crate) fn share(memory_mb: u32) -> f64 {
    Limits::lambda_share(memory_mb)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_reads_as_what_becomes_what() {
        let case = Case {
            image: "photo-4000x3000.jpg".to_owned(),
            width: 400,
            format: Format::Webp,
        };
        assert_eq!(case.to_string(), "photo-4000x3000.jpg -> 400 webp");
    }

    #[test]
    fn the_share_is_linear_up_to_a_whole_processor() {
        assert!((share(128) - 0.07236).abs() < 1e-5);
        assert_eq!(share(1769), 1.0);
        assert_eq!(share(3008), 1.0);
    }
}
