//! The last stage before the encoder: an overlay over each strip that it reaches.

use super::Raster;
use std::rc::Rc;

use crate::{
    budget::zeroed,
    decode::Source,
    error::Result,
    pixels::{Layout, Plane, PlaneShape, Rows},
    plan::{Plan, STRIP_ROWS},
    stages::{Clock, Stage},
};

/// Lays an overlay over what a source yields. Strips begin at even rows.
pub(super) struct Lay<S> {
    source: S,
    raster: Rc<Raster>,
    layout: Layout,
    /// Copies of the planes, of strips that the overlay reaches.
    strips: Vec<Vec<u8>>,
    /// Result rows of the present strip: from, to.
    strip: (u32, u32),
    size: (u32, u32),
    clock: Clock,
}

impl<S: Source> Lay<S> {
    pub(super) fn new(source: S, raster: Rc<Raster>, plan: &Plan, clock: &Clock) -> Result<Self> {
        let strips = plan.encoded.planes.iter();
        Ok(Self {
            source,
            raster,
            strips: strips
                .map(|shape| zeroed(shape.row_bytes() * rows_of(shape, STRIP_ROWS)))
                .collect::<Result<_>>()?,
            layout: plan.encoded.clone(),
            strip: (0, 0),
            size: (plan.output.width, plan.output.height),
            clock: clock.clone(),
        })
    }

    /// Whether the overlay reaches the present strip.
    fn is_reached(&self) -> bool {
        let bottom = self.raster.top + self.raster.size.height;
        self.strip.0 < bottom && self.raster.top < self.strip.1
    }

    fn copy(&mut self) {
        let rows = self.source.rows();
        for (strip, plane) in self.strips.iter_mut().zip(rows.planes()) {
            for (y, to) in strip
                .chunks_exact_mut(plane.row_bytes.max(1))
                .take(plane.height)
                .enumerate()
            {
                to.copy_from_slice(plane.row(y));
            }
        }
    }

    /// Lays each channel, alpha last: the colours are weighted by what it was.
    fn lay(&mut self) {
        let count = self.layout.colour.channels();
        for channel in 0..usize::from(count) {
            self.lay_channel(channel);
        }
        if self.layout.alpha {
            self.lay_alpha();
        }
    }

    /// The plane of a channel, and the channel's place in it.
    fn place(&self, channel: usize) -> (usize, usize) {
        if self.layout.planes.len() == 1 {
            (0, channel)
        } else {
            (channel, 0)
        }
    }

    /// Where a pixel of the result has its sample of a full-size channel.
    fn index(&self, channel: usize, (x, y): (u32, u32)) -> (usize, usize) {
        let (plane, offset) = self.place(channel);
        let shape = &self.layout.planes[plane];
        let row = (y - self.strip.0) as usize * shape.row_bytes();
        (
            plane,
            row + x as usize * usize::from(shape.channels) + offset,
        )
    }

    /// How opaque a pixel of the result is.
    fn alpha(&self, pixel: (u32, u32)) -> u32 {
        if !self.layout.alpha {
            return 255;
        }
        let (plane, at) = self.index(self.layout.colour.channels().into(), pixel);
        self.strips[plane][at].into()
    }

    fn lay_channel(&mut self, channel: usize) {
        let (plane, offset) = self.place(channel);
        let shape = self.layout.planes[plane];
        let step = if shape.y_step > 1.0 { 2 } else { 1 };
        let Raster {
            left, top, size, ..
        } = *self.raster;
        let rows = top.max(self.strip.0)..(top + size.height).min(self.strip.1);
        for row in rows.start / step..rows.end.div_ceil(step) {
            let start = (row - self.strip.0 / step) as usize * shape.row_bytes();
            for column in left / step..(left + size.width).div_ceil(step) {
                let at = start + column as usize * usize::from(shape.channels) + offset;
                let below = self.strips[plane][at];
                self.strips[plane][at] = self.blended(channel, (column, row), step, below);
            }
        }
    }

    /// A sample with the overlay over the pixels that it spans. One that reaches past
    /// an odd edge has the last pixel twice, as everywhere.
    fn blended(&self, channel: usize, sample: (u32, u32), step: u32, below: u8) -> u8 {
        let (mut sum, mut weights) = (0, 0);
        for pixel in 0..step * step {
            let x = (sample.0 * step + pixel % step).min(self.size.0 - 1);
            let y = (sample.1 * step + pixel / step).min(self.size.1 - 1);
            let (coverage, value) = self.raster.at(channel, (x, y));
            let (over, under) = (255 * coverage, self.alpha((x, y)) * (255 - coverage));
            sum += over * value + under * u32::from(below);
            weights += over + under;
        }
        // Where nothing is to be seen, any colour will do.
        if weights == 0 {
            return below;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a mean of levels is a level"
        )]
        let mean = ((sum + weights / 2) / weights) as u8;
        mean
    }

    fn lay_alpha(&mut self) {
        let Raster {
            left, top, size, ..
        } = *self.raster;
        for y in top.max(self.strip.0)..(top + size.height).min(self.strip.1) {
            for x in left..left + size.width {
                let (coverage, _) = self.raster.at(0, (x, y));
                let sum = 255 * coverage + self.alpha((x, y)) * (255 - coverage);
                let (plane, at) = self.index(self.layout.colour.channels().into(), (x, y));
                #[expect(clippy::cast_possible_truncation, reason = "at most 255")]
                let alpha = ((sum + 127) / 255) as u8;
                self.strips[plane][at] = alpha;
            }
        }
    }
}

impl<S: Source> Source for Lay<S> {
    fn advance(&mut self) -> Result<bool> {
        let clock = self.clock.clone();
        let _timed = clock.enter(Stage::Colour);
        if !self.source.advance()? {
            return Ok(false);
        }
        let height = self.source.rows().planes()[0].height;
        let start = self.strip.1;
        #[expect(clippy::cast_possible_truncation, reason = "a strip is of few rows")]
        let height = height as u32;
        self.strip = (start, start + height);
        if self.is_reached() {
            self.copy();
            self.lay();
        }
        Ok(true)
    }

    fn rows(&self) -> Rows<'_> {
        let rows = self.source.rows();
        if !self.is_reached() {
            return rows;
        }
        let planes = self.strips.iter().zip(rows.planes());
        Rows::new(planes.map(|(strip, from)| Plane {
            data: strip,
            stride: from.row_bytes,
            row_bytes: from.row_bytes,
            height: from.height,
        }))
    }
}

/// Rows of a plane that `image_rows` rows of the image take, rounded up.
fn rows_of(shape: &PlaneShape, image_rows: u32) -> usize {
    let step = if shape.y_step > 1.0 { 2 } else { 1 };
    image_rows.div_ceil(step) as usize
}

/// The memory of [`Lay::new`].
pub(super) fn strip_bytes(plan: &Plan) -> u64 {
    let planes = plan.encoded.planes.iter();
    planes
        .map(|shape| (shape.row_bytes() * rows_of(shape, STRIP_ROWS)) as u64)
        .sum()
}
