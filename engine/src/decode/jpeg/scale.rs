//! How much smaller than stored a component is decoded.

use crate::zigzag::ZIGZAG;

/// Samples along a side that a decoded block yields, of the 8 that are stored.
///
/// A block at scale N is the N-point inverse DCT of its N lowest frequencies
/// each way: the picture without the detail that the scale cannot show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scale {
    /// One sample a block: its mean.
    Eighth,
    /// 2 x 2 samples a block.
    Quarter,
    /// 4 x 4 samples a block.
    Half,
    /// All 8 x 8 samples.
    Full,
}

impl Scale {
    /// From the smallest picture to the largest.
    pub const ALL: [Self; 4] = [Self::Eighth, Self::Quarter, Self::Half, Self::Full];

    /// Samples along a side of a block: 1, 2, 4 or 8.
    #[must_use]
    pub const fn samples(self) -> u32 {
        match self {
            Self::Eighth => 1,
            Self::Quarter => 2,
            Self::Half => 4,
            Self::Full => 8,
        }
    }

    /// Stored samples for each decoded one, along a side: 8, 4, 2 or 1.
    #[must_use]
    pub const fn reduction(self) -> u32 {
        8 / self.samples()
    }

    /// Its name, as printed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Eighth => "1/8",
            Self::Quarter => "1/4",
            Self::Half => "1/2",
            Self::Full => "1/1",
        }
    }

    /// Coefficients of a block that are used.
    pub(super) const fn slots(self) -> usize {
        (self.samples() * self.samples()) as usize
    }

    /// Where coefficient `k` of the zigzag is among those that are used, which
    /// are kept row by row.
    pub(super) const fn slot(self, k: usize) -> Option<usize> {
        let (row, column) = (ZIGZAG[k] / 8, ZIGZAG[k] % 8);
        let side = self.samples() as usize;
        if row < side && column < side {
            Some(row * side + column)
        } else {
            None
        }
    }

    /// The last coefficient of the zigzag that is used.
    pub(super) const fn last(self) -> usize {
        match self {
            Self::Eighth => 0,
            Self::Quarter => 4,
            Self::Half => 24,
            Self::Full => 63,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_used_coefficient_is_the_corners_own() {
        for scale in Scale::ALL {
            let used: Vec<_> = (0..64).filter(|&k| scale.slot(k).is_some()).collect();
            assert_eq!(used.len(), scale.slots());
            assert_eq!(used.last(), Some(&scale.last()));
        }
    }
}
