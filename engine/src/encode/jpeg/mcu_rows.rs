//! Strips as rows of MCUs, edges repeated outwards until they are whole.

use super::{
    frame::{Component, Frame},
    kernel::Band,
};
use crate::{
    budget::zeroed,
    decode::Source,
    error::{Error, Result},
    pixels::{MAX_PLANES, Plane, Rows},
};

/// Yields the rows of MCUs of an image, from top to bottom.
///
/// A strip that holds a whole row of whole MCUs is lent as it is, anything else
/// is copied: the result does not depend on where strips are cut.
pub(super) struct McuRows<'a> {
    source: &'a mut dyn Source,
    planes: Vec<PlaneRows>,
    left: usize,
    /// The source has a strip to take from.
    has_strip: bool,
    is_lent: bool,
}

struct PlaneRows {
    component: Component,
    /// Samples of a row of whole MCUs.
    padded: usize,
    /// Rows of the plane that were not taken yet.
    left: usize,
    /// Rows that were taken of the present strip.
    taken: usize,
    /// A row of MCUs, and how many of its rows are filled.
    held: Vec<u8>,
    filled: usize,
}

impl PlaneRows {
    /// Whether a strip has the next row of MCUs as it must be.
    fn is_ready(&self, plane: &Plane<'_>) -> bool {
        self.filled == 0
            && plane.height - self.taken >= self.component.mcu_rows()
            && self.component.width == self.padded
    }

    /// Copies what there is in a strip and still needed; returns whether it was
    /// enough.
    fn copy(&mut self, plane: &Plane<'_>) -> bool {
        let needed = self.left.min(self.component.mcu_rows() - self.filled);
        let count = needed.min(plane.height - self.taken);
        for row in self.held[self.filled * self.padded..]
            .chunks_exact_mut(self.padded)
            .take(count)
        {
            let (image, beside) = row.split_at_mut(self.component.width);
            image.copy_from_slice(plane.row(self.taken));
            beside.fill(image[image.len() - 1]);
            self.taken += 1;
        }
        self.filled += count;
        self.left -= count;
        count == needed
    }

    /// Repeats the last row to fill a row of MCUs.
    fn fill_up(&mut self) {
        let (image, below) = self.held.split_at_mut(self.filled * self.padded);
        let last = &image[image.len() - self.padded..];
        for row in below.chunks_exact_mut(self.padded) {
            row.copy_from_slice(last);
        }
    }

    fn band<'a>(&'a self, lent: Option<&Plane<'a>>) -> Band<'a> {
        match lent {
            Some(plane) => Band {
                samples: &plane.data[(self.taken - self.component.mcu_rows()) * plane.stride..],
                stride: plane.stride,
            },
            None => Band {
                samples: &self.held,
                stride: self.padded,
            },
        }
    }
}

impl<'a> McuRows<'a> {
    pub(super) fn new(frame: &Frame, source: &'a mut dyn Source) -> Result<Self> {
        let plane = |component: &Component| {
            let padded = frame.padded_width(component);
            Ok(PlaneRows {
                component: *component,
                padded,
                left: component.height,
                taken: 0,
                held: zeroed(padded * component.mcu_rows())?,
                filled: 0,
            })
        };
        Ok(Self {
            source,
            planes: frame.components.iter().map(plane).collect::<Result<_>>()?,
            left: frame.down,
            has_strip: false,
            is_lent: false,
        })
    }

    /// The memory of [`McuRows::new`].
    pub(super) fn bytes(frame: &Frame) -> usize {
        let plane = |component: &Component| frame.padded_width(component) * component.mcu_rows();
        frame.components.iter().map(plane).sum()
    }

    /// Moves to the next row of MCUs; false after the last.
    ///
    /// # Errors
    ///
    /// What stopped the source, or [`Error::Encoder`] if it ended too early.
    pub(super) fn advance(&mut self) -> Result<bool> {
        if self.left == 0 {
            return Ok(false);
        }
        self.left -= 1;
        for plane in &mut self.planes {
            plane.filled = 0;
        }
        while !self.take() {
            if !self.source.advance()? {
                return Err(Error::Encoder {
                    codec: "JPEG",
                    code: 1,
                });
            }
            self.has_strip = true;
            for plane in &mut self.planes {
                plane.taken = 0;
            }
        }
        Ok(true)
    }

    /// Takes from the present strip; returns whether it was enough.
    fn take(&mut self) -> bool {
        if !self.has_strip {
            return false;
        }
        let strip = self.source.rows();
        let mut pairs = self.planes.iter().zip(strip.planes());
        self.is_lent = pairs.all(|(plane, rows)| plane.is_ready(rows));
        let mut is_enough = true;
        for (plane, rows) in self.planes.iter_mut().zip(strip.planes()) {
            if self.is_lent {
                plane.taken += plane.component.mcu_rows();
                plane.left -= plane.component.mcu_rows();
            } else {
                is_enough &= plane.copy(rows);
            }
        }
        if is_enough && !self.is_lent {
            self.planes.iter_mut().for_each(PlaneRows::fill_up);
        }
        is_enough
    }

    /// The present row of MCUs.
    pub(super) fn bands(&self) -> impl Iterator<Item = Band<'_>> {
        let strip = if self.is_lent {
            self.source.rows()
        } else {
            Rows::new([])
        };
        let planes: [Option<Plane<'_>>; MAX_PLANES] =
            std::array::from_fn(|i| strip.planes().get(i).copied());
        self.planes
            .iter()
            .zip(planes)
            .map(|(plane, lent)| plane.band(lent.as_ref()))
    }
}
