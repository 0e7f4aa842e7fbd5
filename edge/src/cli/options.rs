//! The options that say what image is wanted and what it may cost, shared by
//! every command that plans. They become a `Request` and `Limits` unread.

use clap::Args;
use edgepix_engine::{
    Background, Chroma, Crop, Damage, Decode, Enlarge, Filter, Fit, Flip, Focus, Limits,
    Orientation, Request, Rotate, Target,
};

use super::{
    bytes::Bytes,
    value::{self, one_of},
};

/// What image is wanted.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Image")]
pub(super) struct ImageOptions {
    /// Width of the result; follows from the height if not given
    #[arg(short, long, value_name = "PIXELS", value_parser = value::pixels, allow_hyphen_values = true)]
    width: Option<u32>,

    /// Height of the result; follows from the width if not given
    #[arg(long, value_name = "PIXELS", value_parser = value::pixels, allow_hyphen_values = true)]
    height: Option<u32>,

    /// Percent of the source's size, or of --width and --height
    #[arg(long, value_name = "NUMBER", value_parser = value::percent, allow_hyphen_values = true, default_value = "100")]
    percent: f64,

    /// Device pixels per CSS pixel: multiplies --width and --height
    #[arg(long, value_name = "NUMBER", value_parser = value::dpr, allow_hyphen_values = true, default_value = "1")]
    dpr: f64,

    /// How the image meets a box of other proportions
    #[arg(long, value_parser = one_of(value::FIT), default_value = "inside")]
    fit: Fit,

    /// Allow a result larger than the source
    #[arg(long)]
    enlarge: bool,

    /// Part of the upright source to use: LEFT,TOP,WIDTH,HEIGHT in its pixels
    #[arg(long, value_name = "RECTANGLE", value_parser = value::crop, allow_hyphen_values = true)]
    crop: Option<Crop>,

    /// What --fit cover keeps in view: centre, top, top-right, right, bottom-right, bottom,
    /// bottom-left, left, top-left, or a point X,Y of fractions from 0 to 1
    #[arg(long, value_name = "PLACE", value_parser = value::focus, allow_hyphen_values = true, default_value = "centre")]
    focus: Focus,

    /// Turn clockwise by these degrees
    #[arg(long, value_name = "DEGREES", value_parser = one_of(value::ROTATE), default_value = "0")]
    rotate: Rotate,

    /// Mirror, after turning
    #[arg(long, value_name = "AXIS", value_parser = one_of(value::FLIP))]
    flip: Option<Flip>,

    /// Leave the image as it is stored, whatever its EXIF orientation
    #[arg(long)]
    ignore_orientation: bool,

    /// Resampling filter
    #[arg(long, value_parser = one_of(value::FILTER), default_value = "lanczos3")]
    filter: Filter,

    /// Decode a JPEG at full size, whatever the result's: slower, a little sharper
    #[arg(long)]
    full_decode: bool,

    /// Format of the result; "keep" is the source's [default: that of the output's extension,
    /// else keep]
    #[arg(long, value_parser = one_of(value::FORMAT))]
    format: Option<Target>,

    /// How good the result looks, 1 to 100, the same in every format: JPEG's number for it; a
    /// PNG is always exact [default: 80]
    #[arg(long, value_name = "NUMBER", value_parser = value::quality, allow_hyphen_values = true)]
    quality: Option<u8>,

    /// Hand --quality to the encoder as it is, whatever that looks like in its format
    #[arg(long, requires = "quality")]
    native_quality: bool,

    /// How hard the encoder works, on its own scale: webp 0 to 6, 0 the fastest; avif 4 to 9, 9
    /// the fastest (rav1e: 6 to 10) [default: the format's usual one]
    #[arg(long, value_name = "NUMBER", value_parser = value::effort, allow_hyphen_values = true)]
    effort: Option<u8>,

    /// Resolution of colour in a JPEG: half each way, or full
    #[arg(long, value_parser = one_of(value::CHROMA), default_value = "420")]
    chroma: Chroma,

    /// Write a JPEG that shows coarsely first; takes more memory
    #[arg(long)]
    progressive: bool,

    /// Colour of padding, and behind transparency the format cannot hold: white, black, #rgb
    /// or #rrggbb; the # may be left out
    #[arg(long, value_name = "COLOUR", value_parser = value::background, default_value = "white")]
    background: Background,

    /// Make an image of a JPEG (Huffman-coded) that ends early or is broken: what follows is grey
    #[arg(long)]
    show_damaged: bool,

    #[command(flatten)]
    cost: CostOptions,
}

/// What an image may cost.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Limits")]
struct CostOptions {
    /// Memory one image may take over what the idle program takes, in bytes, KB, MB or GB
    /// (counted in 1024s); more is refused before any work
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true, default_value_t = Bytes(Limits::default().peak_bytes))]
    memory: Bytes,

    /// Pixels a source may have; more is refused before any work
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, default_value_t = Limits::default().source_pixels)]
    max_pixels: u64,
}

impl ImageOptions {
    /// What was asked, in the engine's words.
    pub(super) fn request(&self) -> Request {
        Request {
            width: self.width,
            height: self.height,
            percent: self.percent,
            dpr: self.dpr,
            fit: self.fit,
            enlarge: if self.enlarge {
                Enlarge::Allow
            } else {
                Enlarge::Never
            },
            crop: self.crop,
            focus: self.focus,
            orientation: if self.ignore_orientation {
                Orientation::Ignore
            } else {
                Orientation::Exif
            },
            rotate: self.rotate,
            flip: self.flip.unwrap_or_default(),
            filter: self.filter,
            decode: if self.full_decode {
                Decode::Full
            } else {
                Decode::Scaled
            },
            format: self.format.unwrap_or_default(),
            quality: self.quality,
            native_quality: self.native_quality,
            effort: self.effort,
            chroma: self.chroma,
            progressive: self.progressive,
            background: self.background,
            damage: if self.show_damaged {
                Damage::Show
            } else {
                Damage::Refuse
            },
        }
    }

    /// The format that was asked for by name.
    pub(super) fn format(&self) -> Option<Target> {
        self.format
    }

    /// What one image may cost.
    pub(super) fn limits(&self) -> Limits {
        Limits {
            peak_bytes: self.cost.memory.0,
            source_pixels: self.cost.max_pixels,
        }
    }
}
