//! The options that say what image is wanted and what it may cost, shared by
//! every command that plans. They become a `Request` and `Limits` unread.

use clap::Args;
use edgepix_engine::{
    Accept, Background, Chroma, Crop, Damage, Decode, Enlarge, Filter, Fit, Flip, Focus, Limits,
    Lossless, Metadata, Orientation, Overlay, Place, Request, Rotate, Target,
};

use super::{
    failure::Usage,
    value::{self, Bytes, Time, one_of},
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

    /// Decode a JPEG or WebP at full size, whatever the result's: slower, a little sharper
    #[arg(long)]
    full_decode: bool,

    /// Format of the result; "keep" is the source's, "auto" the best that --accept names
    /// [default: that of the output's extension, else keep]
    #[arg(long, value_parser = one_of(value::FORMAT), requires_if("auto", "accept"))]
    format: Option<Target>,

    /// The Accept header of the client that --format auto chooses for, such as
    /// image/avif,image/webp,*/*; "" for one that sends none
    #[arg(long, value_name = "HEADER", requires = "format")]
    accept: Option<String>,

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

    /// Write a WebP that keeps every sample [default: for palette PNG and lossless WebP]
    #[arg(long, conflicts_with = "lossy")]
    lossless: bool,

    /// Write a WebP that looks alike in fewer bytes, whatever the source
    #[arg(long)]
    lossy: bool,

    /// Colour of padding, and behind transparency the format cannot hold: white, black, #rgb
    /// or #rrggbb; the # may be left out
    #[arg(long, value_name = "COLOUR", value_parser = value::background, default_value = "white")]
    background: Background,

    /// Image laid over every result, such as a watermark; of any format that is read
    #[arg(long, value_name = "FILE", value_parser = value::file)]
    overlay: Option<value::File>,

    /// Where the overlay lies: centre, top, top-right, right, bottom-right, bottom, bottom-left,
    /// left, top-left, or a point X,Y of fractions from 0 to 1 of the room there is
    #[arg(long, value_name = "PLACE", value_parser = value::place, allow_hyphen_values = true, default_value = "bottom-right", requires = "overlay")]
    overlay_position: Place,

    /// What the overlay keeps free at the edges, as a fraction of the result's smaller side, from
    /// 0 to below 0.5
    #[arg(long, value_name = "FRACTION", value_parser = value::margin, allow_hyphen_values = true, default_value = "0.03", requires = "overlay")]
    overlay_margin: f64,

    /// The overlay's width as a fraction of the result's, above 0 to 1
    #[arg(long, value_name = "FRACTION", value_parser = value::share, allow_hyphen_values = true, default_value = "0.2", requires = "overlay")]
    overlay_size: f64,

    /// How much the overlay hides of what is below it, 0 to 1
    #[arg(long, value_name = "FRACTION", value_parser = value::opacity, allow_hyphen_values = true, default_value = "1", requires = "overlay")]
    overlay_opacity: f64,

    /// Make an image of a JPEG (Huffman-coded) that ends early or is broken: what follows is grey
    #[arg(long)]
    show_damaged: bool,

    /// Keep who made the image and who holds its rights; all else it says of itself is dropped
    #[arg(long)]
    keep_copyright: bool,

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

    /// Bytes the result may have, in bytes, KB, MB or GB: quality is lowered until it fits
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true)]
    max_bytes: Option<Bytes>,

    /// Time one image may take, such as 300ms or 1.5s: what would take longer is made with less
    /// effort or in a cheaper accepted format, or refused before any work
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    deadline: Option<Time>,

    /// Share of a processor there is, 0.001 to 1, for the prediction of times; a Lambda
    /// function's is its memory in MB over 1769
    #[arg(long, value_name = "SHARE", value_parser = value::cpu_share, allow_hyphen_values = true, default_value_t = 1.0)]
    cpu_share: f64,
}

impl ImageOptions {
    /// What was asked, in the engine's words.
    pub(super) fn request(&self) -> Result<Request, Usage> {
        Ok(Request {
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
            format: self.format()?.unwrap_or_default(),
            quality: self.quality,
            native_quality: self.native_quality,
            effort: self.effort,
            chroma: self.chroma,
            progressive: self.progressive,
            lossless: match (self.lossless, self.lossy) {
                (true, _) => Lossless::Always,
                (_, true) => Lossless::Never,
                _ => Lossless::WhenFlat,
            },
            background: self.background,
            overlay: self.overlay.as_ref().map(|file| Overlay {
                image: file.0.clone(),
                position: self.overlay_position,
                margin: self.overlay_margin,
                size: self.overlay_size,
                opacity: self.overlay_opacity,
            }),
            damage: if self.show_damaged {
                Damage::Show
            } else {
                Damage::Refuse
            },
            max_bytes: self.cost.max_bytes.map(|bytes| bytes.0),
            metadata: if self.keep_copyright {
                Metadata::Copyright
            } else {
                Metadata::Drop
            },
        })
    }

    /// The format that was asked for by name.
    pub(super) fn format(&self) -> Result<Option<Target>, Usage> {
        match (self.format, &self.accept) {
            (Some(Target::Auto(_)), Some(header)) => Ok(Some(Target::Auto(Accept::parse(header)))),
            (_, Some(_)) => Err(Usage("--accept: only --format auto goes by it".into())),
            (format, None) => Ok(format),
        }
    }

    /// What one image may cost.
    pub(super) fn limits(&self) -> Limits {
        Limits {
            peak_bytes: self.cost.memory.0,
            source_pixels: self.cost.max_pixels,
            deadline: self.cost.deadline.map(|time| time.0),
            cpu_share: self.cost.cpu_share,
            ..Limits::default()
        }
    }
}
