//! Pictures made by arithmetic: the same samples on every machine, because nothing here
//! is a float and nothing depends on the platform.

mod art;
mod glyphs;
mod noise;
mod photo;

pub use art::{arrow, gradient, sprite, text};
pub use noise::noise;
pub use photo::photo;

/// A picture in memory: interleaved 8-bit samples, rows from the top, no padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; alpha is not premultiplied.
    pub channels: u8,
    /// `width * height * channels` samples.
    pub samples: Vec<u8>,
}

impl Picture {
    /// Builds a picture by asking for the samples of every pixel, row by row.
    pub fn from_fn<const N: usize>(
        width: u32,
        height: u32,
        mut pixel: impl FnMut(u32, u32) -> [u8; N],
    ) -> Self {
        let mut samples = Vec::with_capacity(width as usize * height as usize * N);
        for y in 0..height {
            for x in 0..width {
                samples.extend_from_slice(&pixel(x, y));
            }
        }
        let channels = channel_count::<N>();
        Self {
            width,
            height,
            channels,
            samples,
        }
    }

    /// Returns the samples of one pixel.
    ///
    /// # Panics
    ///
    /// If the pixel lies outside the picture.
    pub fn pixel(&self, x: u32, y: u32) -> &[u8] {
        assert!(x < self.width && y < self.height, "a pixel of the picture");
        let channels = usize::from(self.channels);
        let at = (y as usize * self.width as usize + x as usize) * channels;
        &self.samples[at..at + channels]
    }

    /// Returns the picture in grey, by the luma weights of JPEG; alpha is kept.
    pub fn grey(&self) -> Self {
        match self.channels {
            3 => self.mapped(|p: &[u8; 3]| [luma(p[0], p[1], p[2])]),
            4 => self.mapped(|p: &[u8; 4]| [luma(p[0], p[1], p[2]), p[3]]),
            _ => self.clone(),
        }
    }

    /// Returns the picture in RGB; alpha is dropped, not blended.
    pub fn rgb(&self) -> Self {
        match self.channels {
            1 => self.mapped(|&[v]| [v; 3]),
            2 => self.mapped(|&[v, _]| [v; 3]),
            4 => self.mapped(|&[r, g, b, _]| [r, g, b]),
            _ => self.clone(),
        }
    }

    /// Returns the picture in RGBA, opaque if it had no alpha.
    pub fn rgba(&self) -> Self {
        match self.channels {
            1 => self.mapped(|&[v]| [v, v, v, 255]),
            2 => self.mapped(|&[v, a]| [v, v, v, a]),
            3 => self.mapped(|&[r, g, b]| [r, g, b, 255]),
            _ => self.clone(),
        }
    }

    /// Returns the picture with the alpha that `alpha(x, y)` gives each pixel, in place of
    /// any it had.
    pub fn with_alpha(&self, mut alpha: impl FnMut(u32, u32) -> u8) -> Self {
        let colour = if self.channels < 3 { 1 } else { 3 };
        let channels = if colour == 1 { 2 } else { 4 };
        let mut samples = Vec::with_capacity(
            self.samples.len() / usize::from(self.channels) * usize::from(channels),
        );
        let mut pixels = self.samples.chunks_exact(usize::from(self.channels));
        for y in 0..self.height {
            for (x, pixel) in (0..self.width).zip(&mut pixels) {
                samples.extend_from_slice(&pixel[..colour]);
                samples.push(alpha(x, y));
            }
        }
        Self {
            channels,
            samples,
            ..*self
        }
    }

    /// Returns the picture with a soft round vignette as its alpha: opaque over the middle,
    /// fully transparent in the corners.
    pub fn with_vignette(&self) -> Self {
        let (half_width, half_height) = (
            i64::from(self.width.max(2) / 2),
            i64::from(self.height.max(2) / 2),
        );
        self.with_alpha(|x, y| {
            let dx = (i64::from(x) - half_width) * 4096 / half_width;
            let dy = (i64::from(y) - half_height) * 4096 / half_height;
            // Squared radius: 1.0 at the middle of a side, 2.0 in a corner. Opaque up to
            // 0.75, transparent from 1.25, so that every side fades half out.
            let radius = (dx * dx + dy * dy) >> 12;
            let alpha = (5120 - radius) * 255 / 2048;
            level(alpha)
        })
    }

    /// Returns a picture of another size from the same pixels: cut out of the middle where it
    /// is smaller, continued by mirror images where it is larger. Nothing is resampled, so
    /// the detail per pixel stays that of the original.
    pub fn mirrored_to(&self, width: u32, height: u32) -> Self {
        let columns = mirror(self.width, width);
        let rows = mirror(self.height, height);
        let channels = usize::from(self.channels);
        let stride = self.width as usize * channels;
        let mut samples = Vec::with_capacity(width as usize * height as usize * channels);
        for row in rows {
            let row = &self.samples[row * stride..][..stride];
            for &column in &columns {
                samples.extend_from_slice(&row[column * channels..][..channels]);
            }
        }
        Self {
            width,
            height,
            channels: self.channels,
            samples,
        }
    }

    fn mapped<const M: usize, const N: usize>(&self, pixel: impl Fn(&[u8; M]) -> [u8; N]) -> Self {
        let samples = self.samples.as_chunks().0.iter().flat_map(pixel).collect();
        let channels = channel_count::<N>();
        Self {
            channels,
            samples,
            ..*self
        }
    }
}

/// Which source index each of `wanted` outputs shows: the middle `wanted` of `have`, or all of
/// them, then back, then forth.
fn mirror(have: u32, wanted: u32) -> Vec<usize> {
    let have = have as usize;
    let skip = have.saturating_sub(wanted as usize) / 2;
    (0..wanted as usize)
        .map(|at| (at + skip) % (2 * have))
        .map(|at| if at < have { at } else { 2 * have - 1 - at })
        .collect()
}

/// Brings a number into the range of a sample.
#[expect(
    clippy::cast_sign_loss,
    reason = "clamped to 0..=255 in the same expression"
)]
fn level(value: i64) -> u8 {
    value.clamp(0, 255) as u8
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "asserted to be 1 to 4 when compiled"
)]
const fn channel_count<const N: usize>() -> u8 {
    const { assert!(N >= 1 && N <= 4, "one to four channels") };
    N as u8
}

fn luma(r: u8, g: u8, b: u8) -> u8 {
    level((19_595 * i64::from(r) + 38_470 * i64::from(g) + 7_471 * i64::from(b) + 0x8000) >> 16)
}
