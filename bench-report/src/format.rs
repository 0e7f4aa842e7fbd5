//! The formats that are compared, and at which qualities each side is asked for them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A format both sides write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    Jpeg,
    Webp,
    Avif,
    Png,
}

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Side {
    Edgepix,
    Sharp,
}

impl Side {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Edgepix => "edgepix",
            Self::Sharp => "sharp",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Format {
    pub(crate) const ALL: [Self; 4] = [Self::Jpeg, Self::Webp, Self::Avif, Self::Png];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Webp => "webp",
            Self::Avif => "avif",
            Self::Png => "png",
        }
    }

    /// The format called `name`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The qualities `side` is asked for, rising; the middle one is timed.
    ///
    /// The numbers need not mean the same look on both sides, but their scores
    /// must overlap, or nothing can be said at equal score. PNG is lossless
    /// and ignores its number.
    pub(crate) fn qualities(self, side: Side) -> &'static [u8] {
        match (self, side) {
            (Self::Jpeg | Self::Webp, _) => &[70, 80, 90],
            (Self::Avif, Side::Edgepix) => &[62, 78, 90],
            (Self::Avif, Side::Sharp) => &[45, 60, 75],
            (Self::Png, _) => &[100],
        }
    }

    /// The quality at which time is measured.
    pub(crate) fn timed_quality(self, side: Side) -> u8 {
        let qualities = self.qualities(side);
        qualities[qualities.len() / 2]
    }
}
