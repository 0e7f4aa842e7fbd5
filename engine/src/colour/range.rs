//! From limited range to full range, plane by plane: for YCbCr and grey that
//! stay what they are.

use crate::{
    budget::zeroed,
    decode::Source,
    error::Result,
    peak::Part,
    pixels::{Colour, Plane, PlaneShape, Range, Rows},
    plan::Plan,
    stages::{Clock, Stage},
};

/// Spreads the levels of what a source yields over the full range.
pub(crate) struct Expand<S> {
    source: S,
    strips: Vec<Vec<u8>>,
    /// The full-range level of each limited one, for luma and for chroma.
    levels: [[u8; 256]; 2],
    is_ycbcr: bool,
    clock: Clock,
}

impl<S: Source> Expand<S> {
    pub(crate) fn new(source: S, plan: &Plan, clock: &Clock) -> Result<Self> {
        Ok(Self {
            source,
            strips: shapes(plan)
                .map(|shape| zeroed(super::strip_bytes(&shape)))
                .collect::<Result<_>>()?,
            levels: [Range::Full.levels(219), Range::Full.levels(224)],
            is_ycbcr: plan.resampled.colour == Colour::Ycbcr,
            clock: clock.clone(),
        })
    }

    /// The levels of plane `i`; alpha has no range.
    fn levels(&self, i: usize) -> Option<&[u8; 256]> {
        match i {
            0 => Some(&self.levels[0]),
            1 | 2 if self.is_ycbcr => Some(&self.levels[1]),
            _ => None,
        }
    }
}

impl<S: Source> Source for Expand<S> {
    fn advance(&mut self) -> Result<bool> {
        let clock = self.clock.clone();
        let _timed = clock.enter(Stage::Colour);
        if !self.source.advance()? {
            return Ok(false);
        }
        for i in 0..self.strips.len() {
            let mut strip = std::mem::take(&mut self.strips[i]);
            let plane = self.source.rows().planes()[i];
            for (y, to) in strip
                .chunks_exact_mut(plane.row_bytes.max(1))
                .take(plane.height)
                .enumerate()
            {
                to.copy_from_slice(plane.row(y));
                if let Some(levels) = self.levels(i) {
                    for sample in to {
                        *sample = levels[usize::from(*sample)];
                    }
                }
            }
            self.strips[i] = strip;
        }
        Ok(true)
    }

    fn rows(&self) -> Rows<'_> {
        let rows = self.source.rows();
        let planes = self.strips.iter().zip(rows.planes());
        Rows::new(planes.map(|(strip, from)| Plane {
            data: strip,
            stride: from.row_bytes,
            row_bytes: from.row_bytes,
            height: from.height,
        }))
    }
}

/// The planes of the image before its padding.
fn shapes(plan: &Plan) -> impl Iterator<Item = PlaneShape> {
    super::at_image_size(plan).planes.into_iter()
}

/// The memory of [`Expand::new`].
pub(super) fn peak(plan: &Plan) -> Part {
    let bytes: usize = shapes(plan).map(|shape| super::strip_bytes(&shape)).sum();
    Part::new("full-range strip", bytes as u64)
}
