//! What a progressive image keeps between its scans.
//!
//! Of every block the coefficients that the scale uses, and a bit for each of
//! its 64 coefficients that is not zero: that is all a later scan needs of the
//! others (T.81, G.1.2.3).

use super::{
    frame::{Component, LANES},
    scale::Scale,
};
use crate::{budget::zeroed, error::Result};

/// One component's coefficients.
pub(super) struct Coefficients {
    slots: usize,
    /// Groups in a row of blocks.
    groups: usize,
    /// Groups as they are decoded: for each slot, its value in each block.
    values: Vec<i16>,
    /// For each block a bit a coefficient, in zigzag order. None at 1/8, where
    /// only DC is decoded.
    pub(super) nonzero: Vec<u64>,
}

impl Coefficients {
    /// Room for a component of an image of so many MCUs across and down.
    pub(super) fn new(component: &Component, mcus: (usize, usize)) -> Result<Self> {
        let blocks = blocks(component, mcus);
        Ok(Self {
            slots: component.scale.slots(),
            groups: component.groups(mcus.0),
            values: zeroed(blocks * component.scale.slots())?,
            nonzero: zeroed(if component.scale == Scale::Eighth {
                0
            } else {
                blocks
            })?,
        })
    }

    /// Number of the block at column `x` of row `y`.
    pub(super) fn block(&self, x: usize, y: usize) -> usize {
        y * self.groups * LANES + x
    }

    /// Where slot 0 of a block is; slot `n` is `n * LANES` further.
    pub(super) fn place(&self, block: usize) -> usize {
        block / LANES * self.slots * LANES + block % LANES
    }

    pub(super) fn values(&mut self) -> &mut [i16] {
        &mut self.values
    }

    /// Group `x` of row `y` of blocks.
    pub(super) fn group(&self, x: usize, y: usize) -> &[i16] {
        let length = self.slots * LANES;
        &self.values[(y * self.groups + x) * length..][..length]
    }

    /// Groups in a row of blocks.
    pub(super) fn groups(&self) -> usize {
        self.groups
    }
}

/// Blocks that are kept of a component, those of unfinished groups included.
fn blocks(component: &Component, (mcus_across, mcus_down): (usize, usize)) -> usize {
    component.groups(mcus_across) * LANES * component.down * mcus_down
}

/// The bytes of [`Coefficients::new`].
pub(super) fn bytes(component: &Component, mcus: (usize, usize)) -> u64 {
    let mask = if component.scale == Scale::Eighth {
        0
    } else {
        8
    };
    blocks(component, mcus) as u64 * (component.scale.slots() * 2 + mask) as u64
}
