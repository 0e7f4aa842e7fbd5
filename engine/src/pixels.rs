//! Pixels are planes. A strip (`Rows`) is up to four planes, each with its own
//! width, height and stride, so that chroma may be coarser than luma and no
//! stage needs to make them equal.

/// Width and height in pixels; both are at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dimensions {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Dimensions {
    /// Columns times rows.
    #[must_use]
    pub fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// The same image on its side.
    #[must_use]
    pub fn transposed(self) -> Self {
        Self {
            width: self.height,
            height: self.width,
        }
    }
}

impl std::fmt::Display for Dimensions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// What the samples of an image mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Colour {
    /// One channel of luminance.
    Grey,
    /// Red, green, blue.
    Rgb,
    /// Luma and two chroma channels.
    Ycbcr,
    /// Cyan, magenta, yellow and key as a JPEG stores them: 255 less ink.
    Cmyk,
    /// The same inks, the first three not as light but as YCbCr of the ink itself.
    Ycck,
}

impl Colour {
    /// Channels without alpha.
    #[must_use]
    pub fn channels(self) -> u8 {
        match self {
            Self::Grey => 1,
            Self::Rgb | Self::Ycbcr => 3,
            Self::Cmyk | Self::Ycck => 4,
        }
    }

    /// Whether it is of four inks.
    pub(crate) fn is_of_inks(self) -> bool {
        matches!(self, Self::Cmyk | Self::Ycck)
    }
}

/// How luma and chroma are made of red, green and blue (ITU-T H.273, 8.3). The
/// default is that of JPEG (T.871), and what every encoder here takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Ycc {
    /// What luma weighs red, green and blue by.
    pub matrix: Matrix,
    /// Which levels stand for black and white.
    pub range: Range,
}

/// What luma weighs red, green and blue by (H.273, table 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Matrix {
    /// ITU-R BT.601: 5 and 6.
    #[default]
    Bt601,
    /// ITU-R BT.709: 1.
    Bt709,
    /// ITU-R BT.2020, non-constant luminance: 9.
    Bt2020,
}

/// Which levels stand for black and white.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Range {
    /// 0 to 255.
    #[default]
    Full,
    /// 16 to 235 for luma, 16 to 240 for chroma.
    Limited,
}

impl Range {
    /// The level in this range of each level in the other one, rounded, where
    /// limited range has `span` levels above its lowest; what lies outside is cut off.
    pub(crate) fn levels(self, span: i32) -> [u8; 256] {
        let mut levels = [0; 256];
        for (level, to) in (0..).zip(&mut levels) {
            let twice = match self {
                Self::Full => (level - 16) * 255 * 2 + span,
                Self::Limited => level * span * 2 + 255,
            };
            let other = match self {
                Self::Full => twice.div_euclid(2 * span),
                Self::Limited => 16 + twice.div_euclid(2 * 255),
            };
            *to = u8::try_from(other.clamp(0, 255)).unwrap_or(255);
        }
        levels
    }
}

/// How the planes of a strip hold an image's channels.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    /// What the samples mean.
    pub(crate) colour: Colour,
    /// What luma and chroma mean; of grey, the range.
    pub(crate) ycc: Ycc,
    /// Whether an alpha channel follows the colour.
    pub(crate) alpha: bool,
    /// The planes: one with interleaved channels, or one for each channel.
    pub(crate) planes: Vec<PlaneShape>,
}

impl Layout {
    /// One plane of interleaved channels.
    pub(crate) fn interleaved(colour: Colour, alpha: bool, size: Dimensions) -> Self {
        let channels = colour.channels() + u8::from(alpha);
        Self {
            colour,
            ycc: Ycc::default(),
            alpha,
            planes: vec![PlaneShape::full(size, channels)],
        }
    }

    /// One plane for each channel, all at full size.
    pub(crate) fn planar(colour: Colour, alpha: bool, size: Dimensions) -> Self {
        let channels = colour.channels() + u8::from(alpha);
        Self {
            colour,
            ycc: Ycc::default(),
            alpha,
            planes: (0..channels).map(|_| PlaneShape::full(size, 1)).collect(),
        }
    }

    /// YCbCr with chroma at half the size each way, rounded up, and a full alpha plane.
    pub(crate) fn ycbcr420(alpha: bool, size: Dimensions) -> Self {
        let mut layout = Self::planar(Colour::Ycbcr, alpha, size);
        for plane in &mut layout.planes[1..3] {
            *plane = PlaneShape {
                width: size.width.div_ceil(2),
                height: size.height.div_ceil(2),
                channels: 1,
                x_step: 2.0,
                y_step: 2.0,
            };
        }
        layout
    }

    /// The same, its samples meaning this.
    pub(crate) fn meaning(self, ycc: Ycc) -> Self {
        Self { ycc, ..self }
    }

    /// Bytes of the whole image in this layout.
    pub(crate) fn bytes(&self) -> u64 {
        self.planes.iter().map(PlaneShape::bytes).sum()
    }
}

/// The shape of one plane of a whole image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PlaneShape {
    /// Samples across, each of `channels` bytes.
    pub(crate) width: u32,
    /// Rows.
    pub(crate) height: u32,
    /// Interleaved channels: 1 to 4.
    pub(crate) channels: u8,
    /// Image pixels that one sample spans across. The first sample begins at
    /// the image's left edge; the last may reach past its right edge.
    pub(crate) x_step: f64,
    /// Image pixels that one row spans.
    pub(crate) y_step: f64,
}

impl PlaneShape {
    fn full(size: Dimensions, channels: u8) -> Self {
        Self {
            width: size.width,
            height: size.height,
            channels,
            x_step: 1.0,
            y_step: 1.0,
        }
    }

    /// Bytes of one row without padding.
    pub(crate) fn row_bytes(&self) -> usize {
        self.width as usize * usize::from(self.channels)
    }

    fn bytes(&self) -> u64 {
        self.row_bytes() as u64 * u64::from(self.height)
    }
}

/// Some rows of one plane, borrowed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plane<'a> {
    /// The rows, `stride` bytes apart; the last may end early.
    pub data: &'a [u8],
    /// Bytes from one row to the next; at least the row's own length.
    pub stride: usize,
    /// Bytes in a row: samples times channels.
    pub row_bytes: usize,
    /// Rows in this strip; may be 0.
    pub height: usize,
}

impl<'a> Plane<'a> {
    /// Row `y` of this strip.
    ///
    /// # Panics
    ///
    /// If the strip has no such row.
    #[must_use]
    pub fn row(&self, y: usize) -> &'a [u8] {
        assert!(y < self.height, "row {y} of a strip of {}", self.height);
        &self.data[y * self.stride..][..self.row_bytes]
    }
}

/// The most planes a strip has.
pub(crate) const MAX_PLANES: usize = 4;

/// A strip: the next rows of every plane, borrowed from whatever produced them.
/// Strips follow one another from top to bottom without gap or overlap.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    planes: [Plane<'a>; MAX_PLANES],
    count: usize,
}

impl<'a> Rows<'a> {
    /// Collects a strip.
    ///
    /// # Panics
    ///
    /// If there are more than four planes.
    #[must_use]
    pub(crate) fn new(planes: impl IntoIterator<Item = Plane<'a>>) -> Self {
        let mut rows = Self {
            planes: [Plane::default(); MAX_PLANES],
            count: 0,
        };
        for plane in planes {
            rows.planes[rows.count] = plane;
            rows.count += 1;
        }
        rows
    }

    /// The planes, in the layout's order.
    #[must_use]
    pub fn planes(&self) -> &[Plane<'a>] {
        &self.planes[..self.count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_and_the_middle_of_a_range_are_exact_and_what_lies_outside_is_cut_off() {
        let (luma, chroma) = (Range::Full.levels(219), Range::Full.levels(224));
        assert_eq!([luma[16], luma[126], luma[235]], [0, 128, 255]);
        assert_eq!([luma[0], luma[255]], [0, 255]);
        assert_eq!([chroma[16], chroma[128], chroma[240]], [0, 128, 255]);
        let (luma, chroma) = (Range::Limited.levels(219), Range::Limited.levels(224));
        assert_eq!([luma[0], luma[128], luma[255]], [16, 126, 235]);
        assert_eq!([chroma[0], chroma[128], chroma[255]], [16, 128, 240]);
    }

    #[test]
    fn limited_range_survives_the_way_to_full_range_and_back() {
        for span in [219, 224] {
            let (full, limited) = (Range::Full.levels(span), Range::Limited.levels(span));
            for level in 16..=235u8 {
                assert_eq!(limited[usize::from(full[usize::from(level)])], level);
            }
        }
    }
}
