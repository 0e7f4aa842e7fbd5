//! The overlay at its size on the result, in the channels of the result.

use std::{cell::Cell, rc::Rc};

use super::{Overlaid, input};
use crate::{
    budget::{Budget, Limits, zeroed},
    colour,
    decode::Source as _,
    error::Result,
    pipeline::{chain, probe_within},
    pixels::{Colour, Dimensions, Layout},
    stages::Clock,
};

/// An image with its coverage: alpha times opacity.
pub(crate) struct Raster {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) size: Dimensions,
    /// Three channels, or one of grey and two that are empty.
    channels: [Vec<u8>; 3],
    coverage: Vec<u8>,
}

impl Raster {
    /// Decodes the overlay and resizes it, for a result of a colour model.
    pub(super) fn new(
        overlay: &Overlaid,
        colour: Colour,
        limits: &Limits,
        (budget, clock): (&Budget, &Clock),
    ) -> Result<Self> {
        let Dimensions { width, height } = overlay.size;
        let (width, pixels) = (width as usize, width as usize * height as usize);
        let more = if colour == Colour::Grey { 0 } else { pixels };
        let mut raster = Self {
            left: overlay.left,
            top: overlay.top,
            size: overlay.size,
            channels: [zeroed(pixels)?, zeroed(more)?, zeroed(more)?],
            coverage: zeroed(pixels)?,
        };
        let mut bytes = &*overlay.image.0;
        let mut input = input(&mut bytes);
        input.set_clock(clock.clone());
        input.set_budget(budget.clone());
        probe_within(&mut input, limits)?;
        let damaged = Rc::<Cell<bool>>::default();
        let mut rows = chain(&overlay.plan, limits, input, damaged, budget, clock)?;
        let mut row = [
            zeroed(width)?,
            zeroed(width)?,
            zeroed(width)?,
            zeroed(width)?,
        ];
        let mut start = 0;
        while rows.advance()? {
            let strip = rows.rows().planes()[0];
            for y in 0..strip.height {
                apart(strip.row(y), &overlay.plan.encoded, &mut row);
                let place = start..start + width;
                let channels = raster.channels.each_mut();
                let channels =
                    channels.map(|channel| channel.get_mut(place.clone()).unwrap_or_default());
                colour::from_rgb(colour, &row, channels);
                let coverage = &mut raster.coverage[start..start + width];
                for (coverage, &alpha) in coverage.iter_mut().zip(&row[3]) {
                    *coverage = covered(alpha, overlay.opacity);
                }
                start += width;
            }
        }
        Ok(raster)
    }

    /// How much pixel `(x, y)` of the result is covered, and its sample of a channel;
    /// outside the overlay it is not.
    pub(super) fn at(&self, channel: usize, (x, y): (u32, u32)) -> (u32, u32) {
        let (Some(x), Some(y)) = (x.checked_sub(self.left), y.checked_sub(self.top)) else {
            return (0, 0);
        };
        if x >= self.size.width || y >= self.size.height {
            return (0, 0);
        }
        let at = y as usize * self.size.width as usize + x as usize;
        let sample = self.channels[channel][at];
        (self.coverage[at].into(), sample.into())
    }
}

/// An interleaved row as red, green, blue and alpha.
fn apart(row: &[u8], layout: &Layout, out: &mut [Vec<u8>; 4]) {
    let count = usize::from(layout.planes[0].channels);
    let colours = if layout.colour == Colour::Grey { 1 } else { 3 };
    for (x, pixel) in row.chunks_exact(count).enumerate() {
        for (c, out) in out.iter_mut().enumerate() {
            out[x] = match c {
                3 if layout.alpha => pixel[colours],
                3 => 255,
                c => pixel[c.min(colours - 1)],
            };
        }
    }
}

fn covered(alpha: u8, opacity: f64) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "opacity is 0 to 1"
    )]
    let coverage = (f64::from(alpha) * opacity + 0.5) as u8;
    coverage
}

/// The memory of a [`Raster`].
pub(super) fn bytes(overlay: &Overlaid, colour: Colour) -> u64 {
    overlay.size.pixels() * u64::from(colour.channels() + 1)
}

/// What [`Raster::new`] holds beside it and the overlay's own chain.
pub(super) fn row_bytes(overlay: &Overlaid) -> u64 {
    4 * u64::from(overlay.size.width)
}
