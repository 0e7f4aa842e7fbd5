//! Background around an image, in the encoder's own planes.

use crate::{
    budget::zeroed,
    colour,
    decode::Source,
    error::Result,
    peak::Part,
    pixels::{Dimensions, Layout, Plane, PlaneShape, Rows},
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
    canvas: Dimensions,
    clock: Clock,
}

struct PlaneState {
    strip: Vec<u8>,
    /// Rows of the source's present strip that were copied.
    copied: usize,
    /// Rows in this strip of the canvas, and how many are filled.
    height: usize,
    filled: usize,
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
                    filled: 0,
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
            canvas: plan.output,
            clock: clock.clone(),
        })
    }

    /// Fills the next row of plane `i`. Returns false if the source must move to
    /// its next strip first.
    fn fill_row(&mut self, i: usize) -> bool {
        let shape = &self.layout.planes[i];
        let state = &mut self.planes[i];
        let top = before(self.padding.top, shape.y_step);
        let image_rows = rows_of(shape, self.padding.image.height);
        let y = before(self.strip.0, shape.y_step) + state.filled;
        let row_bytes = shape.row_bytes();
        let row = &mut state.strip[state.filled * row_bytes..][..row_bytes];
        let pixel = &self.background[i];
        if (top..top + image_rows).contains(&y) {
            let rows = self.source.rows();
            let plane = rows.planes()[i];
            if state.copied == plane.height {
                return false;
            }
            let left = before(self.padding.left, shape.x_step) * usize::from(shape.channels);
            let image = plane.row(state.copied);
            paint(&mut row[..left], pixel);
            let (middle, after) = row[left..].split_at_mut(image.len());
            middle.copy_from_slice(image);
            paint(after, pixel);
            // A coarse sample that reaches past an odd edge shows both.
            let Dimensions { width, height } = self.padding.image;
            let below = self.padding.top + height < self.canvas.height;
            let beside = self.padding.left + width < self.canvas.width;
            let last_row = y + 1 == top + image_rows;
            if last_row && below && shape.y_step > 1.0 && height % 2 == 1 {
                blend(middle, pixel[0]);
            }
            if beside && shape.x_step > 1.0 && width % 2 == 1 {
                blend(&mut middle[image.len() - 1..], pixel[0]);
            }
            state.copied += 1;
        } else {
            paint(row, pixel);
        }
        state.filled += 1;
        true
    }

    /// Fills plane `i` as far as the source's present strip reaches; returns
    /// whether it is full.
    fn fill(&mut self, i: usize) -> bool {
        while self.planes[i].filled < self.planes[i].height {
            if !self.fill_row(i) {
                return false;
            }
        }
        true
    }
}

fn blend(samples: &mut [u8], with: u8) {
    for sample in samples {
        *sample = sample.midpoint(with);
    }
}

fn paint(row: &mut [u8], pixel: &[u8]) {
    for to in row.chunks_exact_mut(pixel.len()) {
        to.copy_from_slice(pixel);
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
fn before(offset: u32, step: f64) -> usize {
    (if step > 1.0 { offset / 2 } else { offset }) as usize
}

impl<S: Source> Source for Pad<S> {
    fn advance(&mut self) -> Result<bool> {
        let clock = self.clock.clone();
        let _timed = clock.enter(Stage::Resize);
        let start = self.strip.1;
        if start == self.canvas.height {
            return Ok(false);
        }
        self.strip = (start, (start + STRIP_ROWS).min(self.canvas.height));
        for (state, shape) in self.planes.iter_mut().zip(&self.layout.planes) {
            state.filled = 0;
            state.height = rows_of(shape, self.strip.1) - before(self.strip.0, shape.y_step);
        }
        if start == 0 {
            self.source.advance()?;
        }
        // The source's strips begin at even rows and the image at an even row of
        // the canvas, so its planes run out together.
        loop {
            let mut full = true;
            for i in 0..self.planes.len() {
                full &= self.fill(i);
            }
            if full || !self.source.advance()? {
                break;
            }
            self.planes.iter_mut().for_each(|state| state.copied = 0);
        }
        Ok(true)
    }

    fn rows(&self) -> Rows<'_> {
        Rows::new(
            self.planes
                .iter()
                .zip(&self.layout.planes)
                .map(|(state, shape)| Plane {
                    data: &state.strip,
                    stride: shape.row_bytes(),
                    row_bytes: shape.row_bytes(),
                    height: state.height,
                }),
        )
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
