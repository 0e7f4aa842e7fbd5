//! The canvas that frames are drawn on: RGBA, colours not multiplied by alpha.

use crate::{
    budget::zeroed,
    decode::Source,
    error::Result,
    pixels::{Dimensions, Plane, Rows},
    plan::STRIP_ROWS,
};

/// A rectangle of a canvas; what lies outside of it is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rectangle {
    pub(crate) left: usize,
    pub(crate) top: usize,
    pub(crate) right: usize,
    pub(crate) bottom: usize,
}

impl Rectangle {
    /// The part of a frame that lies on a canvas.
    pub(crate) fn on(canvas: Dimensions, (left, top): (u32, u32), size: Dimensions) -> Self {
        let right = left.saturating_add(size.width).min(canvas.width);
        let bottom = top.saturating_add(size.height).min(canvas.height);
        Self {
            left: left.min(right) as usize,
            top: top.min(bottom) as usize,
            right: right as usize,
            bottom: bottom as usize,
        }
    }

    fn width(self) -> usize {
        self.right - self.left
    }
}

/// A whole image in RGBA, transparent where nothing was drawn.
#[derive(Debug)]
pub(crate) struct Canvas {
    size: Dimensions,
    pixels: Vec<[u8; 4]>,
}

impl Canvas {
    /// # Errors
    ///
    /// [`Error::TooLarge`](crate::Error) if the allocator refuses.
    pub(crate) fn new(size: Dimensions) -> Result<Self> {
        Ok(Self {
            size,
            pixels: zeroed(size.width as usize * size.height as usize)?,
        })
    }

    pub(crate) fn size(&self) -> Dimensions {
        self.size
    }

    /// The pixels of row `y` inside `rectangle`.
    pub(crate) fn row(&mut self, rectangle: Rectangle, y: usize) -> &mut [[u8; 4]] {
        let start = y * self.size.width as usize;
        &mut self.pixels[start + rectangle.left..start + rectangle.right]
    }

    /// Makes a rectangle transparent.
    pub(crate) fn clear(&mut self, rectangle: Rectangle) {
        for y in rectangle.top..rectangle.bottom {
            self.row(rectangle, y).fill([0; 4]);
        }
    }

    /// Copies a rectangle from another canvas of the same size.
    pub(crate) fn copy(&mut self, rectangle: Rectangle, from: &mut Self) {
        for y in rectangle.top..rectangle.bottom {
            self.row(rectangle, y)
                .copy_from_slice(from.row(rectangle, y));
        }
    }

    /// Lays a frame of `channels` channels, 3 or 4, over a rectangle (RFC 9649,
    /// section 2.7.1.1, alpha-blending), or in its place.
    pub(crate) fn draw(
        &mut self,
        rectangle: Rectangle,
        (frame, channels): (&[u8], usize),
        replaces: bool,
    ) {
        let row_bytes = rectangle.width() * channels;
        for (y, row) in (rectangle.top..rectangle.bottom).zip(frame.chunks_exact(row_bytes)) {
            let pixels = self.row(rectangle, y);
            if channels == 3 {
                for (pixel, &[red, green, blue]) in pixels.iter_mut().zip(row.as_chunks().0) {
                    *pixel = [red, green, blue, 255];
                }
            } else if replaces {
                pixels.copy_from_slice(row.as_chunks().0);
            } else {
                for (pixel, &over) in pixels.iter_mut().zip(row.as_chunks().0) {
                    *pixel = blend(over, *pixel);
                }
            }
        }
    }

    /// All rows, strip by strip.
    pub(crate) fn rows(&self) -> CanvasRows<&Self> {
        CanvasRows {
            canvas: self,
            rows: (0, 0),
        }
    }

    /// All rows, strip by strip, and the canvas with them.
    pub(crate) fn into_rows(self) -> CanvasRows<Self> {
        CanvasRows {
            canvas: self,
            rows: (0, 0),
        }
    }
}

/// A colour laid over another, rounded; what is transparent has no colour.
fn blend(over: [u8; 4], under: [u8; 4]) -> [u8; 4] {
    let (above, below) = (u32::from(over[3]), u32::from(under[3]));
    if above == 255 || below == 0 {
        return if above == 0 { [0; 4] } else { over };
    }
    if above == 0 {
        return under;
    }
    // Both weights and their sum are 255 times as large as the alpha they stand for.
    let (above, below) = (above * 255, below * (255 - above));
    let sum = above + below;
    let mix = |a: u8, b: u8| {
        let mixed = u32::from(a) * above + u32::from(b) * below;
        #[expect(clippy::cast_possible_truncation, reason = "a mean of bytes")]
        let byte = ((mixed + sum / 2) / sum) as u8;
        byte
    };
    #[expect(clippy::cast_possible_truncation, reason = "at most 255")]
    let alpha = ((sum + 127) / 255) as u8;
    [
        mix(over[0], under[0]),
        mix(over[1], under[1]),
        mix(over[2], under[2]),
        alpha,
    ]
}

/// A canvas as a source of rows.
pub(crate) struct CanvasRows<C> {
    canvas: C,
    /// Rows of the present strip: from, to.
    rows: (u32, u32),
}

impl<C: AsRef<Canvas>> Source for CanvasRows<C> {
    fn advance(&mut self) -> Result<bool> {
        let start = self.rows.1;
        let height = self.canvas.as_ref().size.height;
        self.rows = (start, (start + STRIP_ROWS).min(height));
        Ok(start < height)
    }

    fn rows(&self) -> Rows<'_> {
        let canvas = self.canvas.as_ref();
        let (from, to) = (self.rows.0 as usize, self.rows.1 as usize);
        let width = canvas.size.width as usize;
        Rows::new([Plane {
            data: canvas.pixels[from * width..to * width].as_flattened(),
            stride: 4 * width,
            row_bytes: 4 * width,
            height: to - from,
        }])
    }
}

impl AsRef<Self> for Canvas {
    fn as_ref(&self) -> &Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blending_is_what_the_specification_says() {
        for (over, under, blended) in [
            ([10, 20, 30, 255], [1, 2, 3, 255], [10, 20, 30, 255]),
            ([10, 20, 30, 0], [1, 2, 3, 255], [1, 2, 3, 255]),
            ([10, 20, 30, 0], [1, 2, 3, 0], [0, 0, 0, 0]),
            ([10, 20, 30, 77], [1, 2, 3, 0], [10, 20, 30, 77]),
            // 128 over 255: half and half.
            ([200, 0, 100, 128], [0, 200, 100, 255], [100, 100, 100, 255]),
            // 128 over 128: 128 + 128 * 127/255 = 191.7, colours 128 to 63.7.
            ([255, 0, 0, 128], [0, 255, 0, 128], [170, 85, 0, 192]),
        ] {
            assert_eq!(blend(over, under), blended, "{over:?} over {under:?}");
        }
    }

    #[test]
    fn a_rectangle_is_cut_at_the_canvas() {
        let canvas = Dimensions {
            width: 10,
            height: 8,
        };
        let cut = Rectangle::on(
            canvas,
            (7, 20),
            Dimensions {
                width: 9,
                height: 4,
            },
        );
        assert_eq!((cut.left, cut.right), (7, 10));
        assert_eq!((cut.top, cut.bottom), (8, 8));
    }
}
