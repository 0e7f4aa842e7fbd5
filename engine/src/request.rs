//! What was asked, verbatim. Nothing here is interpreted: `plan` does that.

/// What the caller wants made of a source.
///
/// The default asks for the source's own size and format, upright.
///
/// Everything is applied in this order: EXIF orientation, [`crop`](Self::crop),
/// [`rotate`](Self::rotate), [`flip`](Self::flip), resize, padding.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Width of the result in CSS pixels; `None` follows from the height.
    pub width: Option<u32>,
    /// Height of the result in CSS pixels; `None` follows from the width.
    pub height: Option<u32>,
    /// Percent of the source's size, or of `width` and `height` when either is given.
    /// Default: 100.
    pub percent: f64,
    /// Device pixels per CSS pixel; multiplies `width` and `height`. Default: 1.
    pub dpr: f64,
    /// How the image meets a box of other proportions. Default: inside.
    pub fit: Fit,
    /// Whether the image may become larger than it is. Default: never.
    pub enlarge: Enlarge,
    /// The part of the upright source to use, in its pixels. Default: all.
    pub crop: Option<Crop>,
    /// What [`Fit::Cover`] keeps in view. Default: the centre.
    pub focus: Focus,
    /// Whether the EXIF orientation is applied. Default: it is.
    pub orientation: Orientation,
    /// Clockwise quarter turns. Default: none.
    pub rotate: Rotate,
    /// Mirroring, after `rotate`. Default: none.
    pub flip: Flip,
    /// Resampling filter. Default: Lanczos3.
    pub filter: Filter,
    /// How small a JPEG is decoded before it is resampled. Default: by the result's size.
    pub decode: Decode,
    /// Format of the result. Default: that of the source.
    pub format: Target,
    /// How good the result looks, 1-100, the same in every format: 4:2:0 JPEG's
    /// number for it. PNG is always exact. Default: 80.
    pub quality: Option<u8>,
    /// Whether `quality` is the encoder's own number instead. Default: false.
    pub native_quality: bool,
    /// How hard the encoder works, on its own scale: libwebp 0 (fastest) to 6, libaom
    /// 9 (fastest) to 4, rav1e 10 (fastest) to 6; the others have one effort.
    /// Default: the format's usual one.
    pub effort: Option<u8>,
    /// Resolution of colour against brightness; JPEG alone has a choice. Default: half.
    pub chroma: Chroma,
    /// Whether a JPEG shows coarsely first and finer as it arrives, which holds
    /// the whole result in memory; only for JPEG. Default: false.
    pub progressive: bool,
    /// Colour behind transparency that the target format cannot hold, and of the
    /// padding of [`Fit::Contain`]. Default: white.
    pub background: Background,
    /// What is done about a source whose data ends early or is broken.
    /// Default: it is refused.
    pub damage: Damage,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            width: None,
            height: None,
            percent: 100.0,
            dpr: 1.0,
            fit: Fit::Inside,
            enlarge: Enlarge::Never,
            crop: None,
            focus: Focus::CENTRE,
            orientation: Orientation::Exif,
            rotate: Rotate::None,
            flip: Flip::None,
            filter: Filter::Lanczos3,
            decode: Decode::Scaled,
            format: Target::Keep,
            quality: None,
            native_quality: false,
            effort: None,
            chroma: Chroma::Half,
            progressive: false,
            background: Background::WHITE,
            damage: Damage::Refuse,
        }
    }
}

/// How an image meets a box of other proportions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Fit {
    /// As large as fits inside the box.
    #[default]
    Inside,
    /// As small as covers the box, overhanging it.
    Outside,
    /// Covers the box; what hangs over is cut off.
    Cover,
    /// Fits inside the box; the rest of the box is background.
    Contain,
    /// Exactly the box, proportions ignored.
    Fill,
}

/// Whether an image may become larger than it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Enlarge {
    /// Never: the result is at most as large as the source.
    #[default]
    Never,
    /// As asked.
    Allow,
}

/// A rectangle of the upright source, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crop {
    /// Columns left of it.
    pub left: u32,
    /// Rows above it.
    pub top: u32,
    /// Its columns.
    pub width: u32,
    /// Its rows.
    pub height: u32,
}

/// What stays in view when edges are cut off: a point of the image as it will
/// be seen, as fractions of its width and height, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Focus {
    /// 0 is the left edge, 1 the right.
    pub x: f64,
    /// 0 is the top edge, 1 the bottom.
    pub y: f64,
}

impl Focus {
    /// The middle of the image.
    pub const CENTRE: Self = Self { x: 0.5, y: 0.5 };
}

/// Whether the EXIF orientation is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Orientation {
    /// The image is shown the way its camera was held.
    #[default]
    Exif,
    /// The rows are taken as they are stored.
    Ignore,
}

/// Clockwise quarter turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Rotate {
    /// None.
    #[default]
    None,
    /// 90 degrees clockwise.
    Quarter,
    /// 180 degrees.
    Half,
    /// 270 degrees clockwise.
    ThreeQuarters,
}

/// Mirroring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Flip {
    /// None.
    #[default]
    None,
    /// Left becomes right.
    Horizontal,
    /// Top becomes bottom.
    Vertical,
    /// Both.
    Both,
}

/// What is done about a source whose data ends early or is broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Damage {
    /// It is an error.
    #[default]
    Refuse,
    /// What came before is shown, and grey after it. JPEG by Huffman codes only:
    /// of other sources it is still an error.
    Show,
}

/// Resampling filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Filter {
    /// Windowed sinc, three lobes: the sharpest.
    #[default]
    Lanczos3,
    /// Cubic with B = 0, C = 1/2.
    CatmullRom,
    /// Cubic with B = C = 1/3.
    Mitchell,
    /// Triangle.
    Bilinear,
    /// Average of the covered pixels.
    Box,
}

/// Resolution of colour against brightness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Chroma {
    /// Half each way, 4:2:0: what eyes need of photographs.
    #[default]
    Half,
    /// The same, 4:4:4: for text and drawings.
    Full,
}

/// How small a JPEG is decoded before it is resampled. Other sources, and JPEG by
/// arithmetic codes, are always decoded at full size.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub enum Decode {
    /// As small as still looks like a full decode.
    #[default]
    Scaled,
    /// As small as still has this many samples along a side, in each plane, for
    /// each one that is wanted: 1 or more.
    AtLeast(f64),
    /// At full size, whatever the result's: slower, a little sharper.
    Full,
}

/// Format of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Target {
    /// The source's format.
    #[default]
    Keep,
    /// This format.
    Format(OutputFormat),
}

/// Formats this crate writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutputFormat {
    /// JPEG, ITU-T T.81, 8 bit: baseline 4:2:0 unless asked otherwise.
    Jpeg,
    /// PNG.
    Png,
    /// WebP: lossy with the feature `libwebp`, else lossless.
    Webp,
    /// AVIF, 8 bit 4:2:0, with the feature `libaom` or `rav1e`.
    Avif,
}

impl OutputFormat {
    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Avif => "avif",
        }
    }

    /// Its usual file extension, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            other => other.name(),
        }
    }

    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Avif => "image/avif",
        }
    }
}

/// An opaque sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Background {
    /// Red, 0-255.
    pub red: u8,
    /// Green, 0-255.
    pub green: u8,
    /// Blue, 0-255.
    pub blue: u8,
}

impl Background {
    /// White.
    pub const WHITE: Self = Self {
        red: 255,
        green: 255,
        blue: 255,
    };

    /// Whether it has no hue.
    pub(crate) fn is_grey(self) -> bool {
        self.red == self.green && self.green == self.blue
    }
}
