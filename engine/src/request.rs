//! What was asked, verbatim. Nothing here is interpreted: `plan` does that.

use std::{fmt, sync::Arc};

use crate::accept::Accept;

/// What the caller wants made of a source.
///
/// The default asks for the source's own size and format, upright.
///
/// Everything is applied in this order: EXIF orientation, [`crop`](Self::crop),
/// [`rotate`](Self::rotate), [`flip`](Self::flip), resize, padding,
/// [`overlay`](Self::overlay).
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
    /// How small a JPEG or WebP is decoded before it is resampled. Default: by the
    /// result's size.
    pub decode: Decode,
    /// Format of the result. Default: that of the source, PNG for a still GIF; an
    /// animated GIF then stays as it is.
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
    /// Whether a WebP keeps every sample of the resized image. Default: where the
    /// source's header says that it is flat.
    pub lossless: Lossless,
    /// Colour behind transparency that the target format cannot hold, and of the
    /// padding of [`Fit::Contain`]. Default: white.
    pub background: Background,
    /// An image laid over the result, such as a watermark. Default: none.
    pub overlay: Option<Overlay>,
    /// What is done about a source whose data ends early or is broken.
    /// Default: it is refused.
    pub damage: Damage,
    /// The most bytes the result may have: `quality` is lowered until it fits.
    /// Default: no limit.
    pub max_bytes: Option<u64>,
    /// What the result says about itself. Default: nothing.
    pub metadata: Metadata,
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
            lossless: Lossless::WhenFlat,
            background: Background::WHITE,
            overlay: None,
            damage: Damage::Refuse,
            max_bytes: None,
            metadata: Metadata::Drop,
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

/// An image laid over the result. It is as large, and as far from the edges, as the
/// result's own size says, so that it looks the same on every size of an image.
#[derive(Clone, PartialEq)]
pub struct Overlay {
    /// The encoded file, in any format that is read. It is shown upright and in sRGB.
    pub image: Arc<[u8]>,
    /// Where it lies. Default: bottom right.
    pub position: Place,
    /// What it keeps free at every edge, as a fraction of the result's smaller side:
    /// from 0 to below 0.5. Default: 0.03.
    pub margin: f64,
    /// Its width as a fraction of the result's, above 0 and at most 1; its height
    /// follows. It becomes smaller if it would reach into the margin. Default: 0.2.
    pub size: f64,
    /// How much of what is below it hides where it is opaque: 0 to 1. Default: 1.
    pub opacity: f64,
}

impl Overlay {
    /// An overlay of this file as the defaults have it.
    pub fn new(image: impl Into<Arc<[u8]>>) -> Self {
        Self {
            image: image.into(),
            position: Place::BOTTOM_RIGHT,
            margin: 0.03,
            size: 0.2,
            opacity: 1.0,
        }
    }
}

impl fmt::Debug for Overlay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Overlay")
            .field("bytes", &self.image.len())
            .field("position", &self.position)
            .field("margin", &self.margin)
            .field("size", &self.size)
            .field("opacity", &self.opacity)
            .finish()
    }
}

/// A place within margins, as fractions of the room there is: 0.5 is the middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// 0 is at the left, 1 at the right.
    pub x: f64,
    /// 0 is at the top, 1 at the bottom.
    pub y: f64,
}

impl Place {
    /// The corner where most watermarks are.
    pub const BOTTOM_RIGHT: Self = Self { x: 1.0, y: 1.0 };
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

/// What is kept of what a source says about itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Metadata {
    /// Nothing: not where a picture was taken, nor with what.
    #[default]
    Drop,
    /// Who holds the rights and who made it, as an Exif block of nothing else.
    Copyright,
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

/// Whether a WebP keeps every sample of the resized image. PNG always does, JPEG and
/// AVIF never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lossless {
    /// Where the source is flat by its header ([`Header::is_flat`](crate::Header::is_flat)),
    /// and in builds that have no lossy encoder.
    #[default]
    WhenFlat,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How small a JPEG, or a WebP without alpha, is decoded before it is resampled. Other
/// sources, JPEG by arithmetic codes and, in builds without libwebp, every WebP are
/// always decoded at full size.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub enum Decode {
    /// As small as still looks like a full decode.
    #[default]
    Scaled,
    /// As small as still has this many samples along a side, in each plane, for
    /// each one that is wanted: 1 or more.
    AtLeast(f64),
    /// At full size, whatever the result's, and a lossy WebP with its loop filter:
    /// slower, a little sharper.
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
    /// The best for a client of this Accept header, of what the source allows.
    Auto(Accept),
}

/// Formats this crate writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutputFormat {
    /// JPEG, ITU-T T.81, 8 bit: baseline 4:2:0 unless asked otherwise.
    Jpeg,
    /// PNG.
    Png,
    /// WebP: lossless where [`Request::lossless`] says so, and without the feature
    /// `libwebp`.
    Webp,
    /// AVIF, 8 bit 4:2:0, with the feature `libaom` or `rav1e`.
    Avif,
    /// GIF: only of a source that is kept as it is. None is written.
    Gif,
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
            Self::Gif => "gif",
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
            Self::Gif => "image/gif",
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
