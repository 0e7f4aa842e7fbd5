//! Background around an image, in the encoder's own planes.

use crate::{
    budget::zeroed,
    colour,
    decode::Source,
    error::Result,
    peak::Part,
    pixels::{Layout, Plane, PlaneShape, Rows},
    plan::{Padding, Plan, STRIP_ROWS},
    stages::{Clock, Stage},
};

/// Puts what a source yields onto a canvas.
pub(crate) struct Pad<S> {
    source: S,
    layout: Layout,
    padding: Padding,
    /// The background's value in each channel of each plane.
    background: Vec<Vec<u8>>,
    planes: Vec<PlaneState>,
    /// Image rows in the present strip of the canvas: from, to.
    strip: (u32, u32),
    rows: u32,
    ended: bool,
    clock: Clock,
}

struct PlaneState {
    strip: Vec<u8>,
    /// Rows of the source's present strip that were copied.
    copied: usize,
    height: usize,
}

impl<S: Source> Pad<S> {
    pub(crate) fn new(source: S, padding: Padding, plan: &Plan, clock: &Clock) -> Result<Self> {
        let layout = plan.encoded.clone();
        let planes = layout
            .planes
            .iter()
            .map(|shape| {
                Ok(PlaneState {
                    strip: zeroed(shape.row_bytes() * rows_of(shape, STRIP_ROWS))?,
                    copied: 0,
                    height: 0,
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            source,
            background: colour::background(&layout, plan.background),
            layout,
            padding,
            planes,
            strip: (0, 0),
            rows: plan.output.height,
            ended: false,
            clock: clock.clone(),
        })
    }

    /// Fills the canvas row `y` of plane `i` and moves on in the source.
    /// Returns false if the source must move to its next strip first.
    fn fill_row(&mut self, i: usize, y: usize) -> bool {
        let shape = &self.layout.planes[i];
        let state = &mut self.planes[i];
        let top = rows_of_offset(self.padding.top, shape.y_step);
        let image_rows = rows_of(shape, self.padding.image.height);
        let row_bytes = shape.row_bytes();
        let at = y - rows_of_offset(self.strip.0, shape.y_step);
        let row = &mut state.strip[at * row_bytes..][..row_bytes];
        let pixel = &self.background[i];
        if !(top..top + image_rows).contains(&y) {
            row.chunks_exact_mut(pixel.len())
                .for_each(|to| to.copy_from_slice(pixel));
            return true;
        }
        let rows = self.source.rows();
        let plane = rows.planes()[i];
        if state.copied == plane.height {
            return false;
        }
        let left = rows_of_offset(self.padding.left, shape.x_step) * usize::from(shape.channels);
        let image = plane.row(state.copied);
        let (before, rest) = row.split_at_mut(left);
        let (middle, after) = rest.split_at_mut(image.len());
        for side in [before, after] {
            side.chunks_exact_mut(pixel.len())
                .for_each(|to| to.copy_from_slice(pixel));
        }
        middle.copy_from_slice(image);
        state.copied += 1;
        true
    }
}

/// Rows of a plane that `image_rows` rows of the image take, rounded up.
fn rows_of(shape: &PlaneShape, image_rows: u32) -> usize {
    if shape.y_step > 1.0 {
        image_rows.div_ceil(2) as usize
    } else {
        image_rows as usize
    }
}

/// Samples of a plane before an even offset into the image.
fn rows_of_offset(offset: u32, step: f64) -> usize {
    (if step > 1.0 { offset / 2 } else { offset }) as usize
}

impl<S: Source> Source for Pad<S> {
    fn advance(&mut self) -> Result<bool> {
        let clock = self.clock.clone();
        let _timed = clock.enter(Stage::Resize);
        let start = self.strip.1;
        if start == self.rows {
            return Ok(false);
        }
        self.strip = (start, (start + STRIP_ROWS).min(self.rows));
        if start == 0 {
            self.ended = !self.source.advance()?;
        }
        for i in 0..self.planes.len() {
            let shape = &self.layout.planes[i];
            let from = rows_of_offset(self.strip.0, shape.y_step);
            self.planes[i].height = rows_of(shape, self.strip.1) - from;
        }
        // Planes wait for one another where the source's strips end.
        let mut next: Vec<usize> = vec![0; self.planes.len()];
        loop {
            let mut waiting = false;
            for i in 0..self.planes.len() {
                let from = rows_of_offset(self.strip.0, self.layout.planes[i].y_step);
                while next[i] < self.planes[i].height && self.fill_row(i, from + next[i]) {
                    next[i] += 1;
                }
                waiting |= next[i] < self.planes[i].height;
            }
            if !waiting || self.ended {
                return Ok(true);
            }
            self.ended = !self.source.advance()?;
            self.planes.iter_mut().for_each(|state| state.copied = 0);
        }
    }

    fn rows(&self) -> Rows<'_> {
        Rows::new(self.planes.iter().zip(&self.layout.planes).map(|(state, shape)| Plane {
            data: &state.strip,
            stride: shape.row_bytes(),
            row_bytes: shape.row_bytes(),
            height: state.height,
        }))
    }
}

/// The memory of [`Pad::new`]; nothing if there is no padding.
pub(crate) fn peak(plan: &Plan) -> Vec<Part> {
    if plan.padding.is_none() {
        return Vec::new();
    }
    let bytes = plan
        .encoded
        .planes
        .iter()
        .map(|shape| (shape.row_bytes() * rows_of(shape, STRIP_ROWS)) as u64)
        .sum();
    vec![Part::new("padded strip", bytes)]
}
