//! Turning an image that has been resized: only then is it small enough to hold.

use crate::{
    budget::zeroed,
    decode::Source,
    error::Result,
    peak::Part,
    pixels::{Layout, Plane, PlaneShape, Rows},
    plan::{Plan, STRIP_ROWS},
    stages::{Clock, Stage},
    turn::Turn,
};

/// Turns what a source yields. The whole image is held.
pub(crate) struct Orient<S> {
    source: S,
    turn: Turn,
    /// Planes as they come in, all of one channel.
    shapes: Vec<PlaneShape>,
    /// Whole planes, turned.
    planes: Vec<Vec<u8>>,
    filled: bool,
    /// Image rows handed on, and to be handed on.
    strip: (u32, u32),
    rows: u32,
    clock: Clock,
}

impl<S: Source> Orient<S> {
    pub(crate) fn new(source: S, plan: &Plan, clock: &Clock) -> Result<Self> {
        let planes = plan
            .resampled
            .planes
            .iter()
            .map(|shape| zeroed(shape.row_bytes() * shape.height as usize))
            .collect::<Result<_>>()?;
        let rows = if plan.turn.transpose {
            plan.resized.width
        } else {
            plan.resized.height
        };
        Ok(Self {
            source,
            turn: plan.turn,
            shapes: plan.resampled.planes.clone(),
            planes,
            filled: false,
            strip: (0, 0),
            rows,
            clock: clock.clone(),
        })
    }

    fn fill(&mut self) -> Result<()> {
        let mut seen = vec![0; self.planes.len()];
        while self.source.advance()? {
            let rows = self.source.rows();
            for (((strip, plane), shape), seen) in rows
                .planes()
                .iter()
                .zip(&mut self.planes)
                .zip(&self.shapes)
                .zip(&mut seen)
            {
                for y in 0..strip.height {
                    place_row(strip.row(y), *seen, self.turn, shape, plane);
                    *seen += 1;
                }
            }
        }
        Ok(())
    }

    /// Width and height of a plane once turned.
    fn turned(&self, shape: &PlaneShape) -> (usize, usize) {
        let (width, height) = (shape.width as usize, shape.height as usize);
        if self.turn.transpose {
            (height, width)
        } else {
            (width, height)
        }
    }
}

/// Writes row `y` of a plane to where it lies after `turn`.
fn place_row(row: &[u8], y: usize, turn: Turn, shape: &PlaneShape, plane: &mut [u8]) {
    let (width, height) = (shape.width as usize, shape.height as usize);
    if turn.transpose {
        // The row becomes a column of an image `height` wide.
        let x = if turn.mirror_x { height - 1 - y } else { y };
        let column = plane[x..].iter_mut().step_by(height);
        if turn.mirror_y {
            column
                .zip(row.iter().rev())
                .for_each(|(to, &from)| *to = from);
        } else {
            column.zip(row).for_each(|(to, &from)| *to = from);
        }
    } else {
        let y = if turn.mirror_y { height - 1 - y } else { y };
        let to = &mut plane[y * width..][..width];
        to.copy_from_slice(row);
        if turn.mirror_x {
            to.reverse();
        }
    }
}

impl<S: Source> Source for Orient<S> {
    fn advance(&mut self) -> Result<bool> {
        let clock = self.clock.clone();
        let _timed = clock.enter(Stage::Resize);
        if !self.filled {
            self.fill()?;
            self.filled = true;
        }
        let start = self.strip.1;
        self.strip = (start, (start + STRIP_ROWS).min(self.rows));
        Ok(start < self.rows)
    }

    fn rows(&self) -> Rows<'_> {
        Rows::new(self.planes.iter().zip(&self.shapes).map(|(plane, shape)| {
            let (width, height) = self.turned(shape);
            // A coarser plane has fewer rows in a strip.
            let step = (self.rows as usize).div_ceil(height).max(1);
            let from = (self.strip.0 as usize / step).min(height);
            let to = (self.strip.1 as usize).div_ceil(step).min(height);
            Plane {
                data: &plane[from * width..to * width],
                stride: width,
                row_bytes: width,
                height: to - from,
            }
        }))
    }
}

/// The memory of [`Orient::new`]; nothing if the image is not turned.
pub(crate) fn peak(plan: &Plan) -> Vec<Part> {
    if plan.turn == Turn::NONE {
        return Vec::new();
    }
    vec![Part::new("image to turn", Layout::bytes(&plan.resampled))]
}
