//! Rows to bytes. A format takes one file here and one arm in each function.

#[cfg(any(feature = "libaom", feature = "rav1e"))]
mod avif;
mod fallback;
mod jpeg;
mod png;
mod search;
mod webp;
mod whole;

pub(crate) use webp::CAN_BE_LOSSY as WEBP_CAN_BE_LOSSY;
#[cfg(feature = "libwebp")]
pub(crate) use webp::animated::Animation;

use std::{
    io::{self, BufWriter, Write},
    ops::RangeInclusive,
};

use crate::{
    budget::Budget,
    cost::Nanoseconds,
    decode::Source,
    error::{Error, Result},
    header::{Coding, Header, SourceFormat},
    ladder::Rung,
    peak::{Held, Part},
    pixels::{Colour, Dimensions, Layout},
    plan::{Action, Plan},
    quality::{self, Loss},
    request::{Chroma, OutputFormat, Request},
    stages::{Clock, Stage},
};
use whole::Whole;

/// What is fixed about an encoder.
pub(crate) struct Codec {
    /// Most pixels along a side.
    pub(crate) largest_side: u32,
    /// What its own quality means.
    pub(crate) loss: Loss,
    /// What it may be told about effort, on its own scale.
    pub(crate) efforts: RangeInclusive<u8>,
    /// What it is told when nothing is asked for, and then what takes less.
    pub(crate) rungs: &'static [u8],
    /// What an asked effort must satisfy.
    pub(crate) effort_rule: &'static str,
}

impl Codec {
    /// The effort that was asked for.
    ///
    /// # Errors
    ///
    /// [`Error::Request`] if the encoder does not have it.
    pub(crate) fn effort(&self, asked: u8) -> Result<u8> {
        if self.efforts.contains(&asked) {
            Ok(asked)
        } else {
            Err(Error::Request {
                option: "effort",
                rule: self.effort_rule,
            })
        }
    }

    /// Quality, where there is one, and native quality.
    pub(crate) fn quality(&self, request: &Request, effort: u8) -> (Option<u8>, u8) {
        let asked = request.quality.unwrap_or(quality::USUAL);
        match self.loss {
            Loss::None => (None, 100),
            _ if request.native_quality => (None, asked),
            _ => (Some(asked), self.native(asked, effort)),
        }
    }

    /// The native quality that looks like `asked`.
    pub(crate) fn native(&self, asked: u8, effort: u8) -> u8 {
        match self.loss {
            Loss::None => 100,
            Loss::Reference => asked,
            Loss::Measured(by_effort) => quality::native(by_effort, effort, asked),
        }
    }
}

/// The format to write when the source's own is asked for.
///
/// # Errors
///
/// [`Error::Request`] for a format that is decoded and not encoded.
pub(crate) fn same_format(source: SourceFormat) -> Result<OutputFormat> {
    match source {
        SourceFormat::Jpeg => Ok(OutputFormat::Jpeg),
        // GIF is not written, and what has 256 colours is a PNG of the same.
        SourceFormat::Png | SourceFormat::Gif => Ok(OutputFormat::Png),
        SourceFormat::Webp => Ok(OutputFormat::Webp),
        SourceFormat::Avif => Ok(OutputFormat::Avif),
        _ => Err(Error::Request {
            option: "format",
            rule: "must be one that can be written: the source's own cannot",
        }),
    }
}

/// The encoder of `format` in this build, `lossless` if it is of WebP.
///
/// # Errors
///
/// [`Error::Request`] if the build has none.
pub(crate) fn codec(format: OutputFormat, lossless: bool) -> Result<Codec> {
    match format {
        OutputFormat::Jpeg => Ok(jpeg::CODEC),
        OutputFormat::Png => Ok(png::CODEC),
        OutputFormat::Webp => Ok(webp::codec(lossless)),
        OutputFormat::Gif => Err(Error::Request {
            option: "format",
            rule: "must not be gif: none is written",
        }),
        #[cfg(any(feature = "libaom", feature = "rav1e"))]
        OutputFormat::Avif => Ok(avif::CODEC),
        #[cfg(not(any(feature = "libaom", feature = "rav1e")))]
        OutputFormat::Avif => Err(Error::Request {
            option: "format",
            rule: "must not be avif: this build has no AVIF encoder",
        }),
    }
}

/// The planes that the encoder of `format` takes for an image of `size` that
/// was decoded as `decoded`; `coloured` says that a background brings colour.
/// Only JPEG has a choice of `chroma`, and WebP of being `lossless`.
pub(crate) fn layout(
    (format, lossless, chroma): (OutputFormat, bool, Chroma),
    decoded: &Layout,
    size: Dimensions,
    coloured: bool,
) -> Layout {
    let grey = decoded.colour == Colour::Grey && !coloured;
    let colour = if grey { Colour::Grey } else { Colour::Rgb };
    match format {
        OutputFormat::Jpeg if grey => Layout::planar(Colour::Grey, false, size),
        OutputFormat::Jpeg if chroma == Chroma::Full => Layout::planar(Colour::Ycbcr, false, size),
        OutputFormat::Jpeg => Layout::ycbcr420(false, size),
        OutputFormat::Png => Layout::interleaved(colour, decoded.alpha, size),
        OutputFormat::Webp if lossless => Layout::interleaved(colour, decoded.alpha, size),
        OutputFormat::Webp => Layout::ycbcr420(decoded.alpha, size),
        // Grey too: avif-serialize 0.8.9 can say that the stream is grey, and writes three
        // channels in `pixi` all the same.
        OutputFormat::Avif => Layout::ycbcr420(decoded.alpha, size),
        OutputFormat::Gif => decoded.clone(),
    }
}

/// Whether this build writes animations.
pub(crate) const WRITES_ANIMATIONS: bool = cfg!(feature = "libwebp");

/// Whether the result of such a source has a palette, as the source has.
pub(crate) fn indexes(source: &Header, format: OutputFormat) -> bool {
    format == OutputFormat::Png
        && matches!(
            source.coding,
            Coding::Gif { .. } | Coding::Png { palette: true, .. }
        )
}

/// Whether the encoder of a plan has a quality.
fn is_lossy(plan: &Plan) -> bool {
    let codec = codec(plan.format, plan.lossless);
    codec.is_ok_and(|codec| !matches!(codec.loss, Loss::None))
}

/// Whether `format` can hold transparency.
pub(crate) fn holds_alpha(format: OutputFormat) -> bool {
    !matches!(format, OutputFormat::Jpeg)
}

/// The memory that [`encode()`] will use, falling back included.
pub(crate) fn peak(plan: &Plan) -> Vec<Part> {
    #[cfg(feature = "libwebp")]
    if plan.action == Action::Animate {
        return webp::animated::peak(plan);
    }
    if !takes_whole(plan) {
        return encoder(plan);
    }
    let encoders = [plan.rung()]
        .into_iter()
        .chain(plan.fallbacks.iter().copied());
    let largest = encoders
        .map(|rung| encoder(&plan.at(rung)))
        .max_by_key(|parts| parts.iter().map(|part| part.bytes).sum::<u64>());
    let mut parts =
        vec![Part::new("image to encode", Layout::bytes(&plan.encoded)).held(Held::Throughout)];
    let largest = largest.into_iter().flatten();
    parts.extend(largest.map(|part| part.held(Held::Encoding)));
    parts.push(Part::new("results to choose from", search::bytes(plan)).held(Held::Encoding));
    parts
}

/// The memory inside the encoder of a plan's own rung.
fn encoder(plan: &Plan) -> Vec<Part> {
    match plan.format {
        OutputFormat::Jpeg => vec![jpeg::peak(plan)],
        OutputFormat::Png if indexes(&plan.source, plan.format) => png::palette::peak(plan),
        OutputFormat::Png => vec![png::peak(plan)],
        OutputFormat::Webp => vec![webp::peak(plan)],
        OutputFormat::Gif => Vec::new(),
        #[cfg(any(feature = "libaom", feature = "rav1e"))]
        OutputFormat::Avif => vec![avif::peak(plan)],
        #[cfg(not(any(feature = "libaom", feature = "rav1e")))]
        OutputFormat::Avif => Vec::new(),
    }
}

/// The time that one go of a plan's own rung will take.
pub(crate) fn cost(plan: &Plan) -> Nanoseconds {
    #[cfg(feature = "libwebp")]
    if plan.action == Action::Animate {
        return webp::animated::cost(plan);
    }
    match plan.format {
        OutputFormat::Jpeg => jpeg::cost(plan),
        OutputFormat::Png if indexes(&plan.source, plan.format) => png::palette::cost(plan),
        OutputFormat::Png => png::cost(plan),
        OutputFormat::Gif => Nanoseconds::fixed(0.0),
        OutputFormat::Webp => webp::cost(plan),
        #[cfg(any(feature = "libaom", feature = "rav1e"))]
        OutputFormat::Avif => avif::cost(plan),
        #[cfg(not(any(feature = "libaom", feature = "rav1e")))]
        OutputFormat::Avif => Nanoseconds::fixed(0.0),
    }
}

/// Whether the image is collected before it is encoded: for encoders that take it
/// whole, or to be encoded more than once.
pub(crate) fn takes_whole(plan: &Plan) -> bool {
    plan.action == Action::Encode
        && (matches!(plan.format, OutputFormat::Webp | OutputFormat::Avif)
            || indexes(&plan.source, plan.format)
            || plan.max_bytes.is_some())
}

/// Whether the encoder of a rung takes the planes that `plan` makes.
pub(crate) fn takes_same(plan: &Plan, rung: Rung) -> bool {
    let Layout {
        colour,
        alpha,
        planes,
        ..
    } = &plan.encoded;
    match rung.format {
        OutputFormat::Gif => false,
        OutputFormat::Jpeg => (planes.len() > 1 || *colour == Colour::Grey) && !alpha,
        OutputFormat::Webp if !rung.lossless => is_ycbcr420(&plan.encoded),
        // A palette is made of all four channels.
        OutputFormat::Png if indexes(&plan.source, rung.format) => planes[0].channels == 4,
        OutputFormat::Png | OutputFormat::Webp => planes.len() == 1,
        OutputFormat::Avif => is_ycbcr420(&plan.encoded),
    }
}

fn is_ycbcr420(layout: &Layout) -> bool {
    layout.colour == Colour::Ycbcr && layout.planes[1].x_step > 1.0
}

/// What came out of [`encode()`].
pub(crate) struct Done {
    /// Bytes written.
    pub(crate) bytes: u64,
    /// The plan that was carried out in the end: the one given, or one a rung or
    /// some quality below it.
    pub(crate) plan: Plan,
}

impl Done {
    /// What `plan` said.
    pub(crate) fn of(plan: &Plan, bytes: u64) -> Self {
        Self {
            bytes,
            plan: plan.clone(),
        }
    }
}

/// Pulls the image out of `rows` and writes it.
///
/// # Errors
///
/// What stopped the rows, [`Error::Write`], [`Error::Encoder`], [`Error::TimedOut`],
/// or [`Error::TooLarge`] if no quality makes it small enough.
pub(crate) fn encode(
    plan: &Plan,
    mut rows: Box<dyn Source + '_>,
    output: &mut dyn Write,
    budget: &Budget,
    clock: &Clock,
) -> Result<Done> {
    let _timed = clock.enter(Stage::Encode);
    // Encoders write by the byte; the clock is switched at each write.
    let mut output = BufWriter::with_capacity(
        OUTPUT_BYTES,
        Output {
            inner: output,
            bytes: 0,
            clock: clock.clone(),
        },
    );
    let done = if takes_whole(plan) {
        let mut image = Whole::collect(rows, &plan.encoded)?;
        budget.learn(plan.cost.before_encoding(), clock.stages().working());
        fallback::encode(plan, &mut image, &mut output, budget)?
    } else {
        match plan.format {
            OutputFormat::Jpeg => jpeg::encode(plan, &mut *rows, &mut output)?,
            _ => png::encode(plan, &mut *rows, &mut output)?,
        }
        plan.clone()
    };
    output.flush().map_err(Error::Write)?;
    Ok(Done {
        bytes: output.get_ref().bytes,
        plan: done,
    })
}

/// Encodes a whole image by a plan's own rung; gives up with [`Error::TimedOut`]
/// when `is_late` says so, where the encoder asks.
fn encode_whole(
    plan: &Plan,
    image: &mut Whole,
    mut output: &mut dyn Write,
    is_late: &dyn Fn() -> bool,
) -> Result<()> {
    match plan.format {
        OutputFormat::Jpeg => jpeg::encode(plan, &mut image.rows(), &mut output),
        OutputFormat::Png if indexes(&plan.source, plan.format) => {
            png::palette::encode(plan, image, &mut output)
        }
        OutputFormat::Gif => Ok(()),
        OutputFormat::Png => png::encode(plan, &mut image.rows(), &mut output),
        OutputFormat::Webp => webp::encode(plan, image, output, is_late),
        #[cfg(any(feature = "libaom", feature = "rav1e"))]
        OutputFormat::Avif => avif::encode(plan, image, output, is_late),
        #[cfg(not(any(feature = "libaom", feature = "rav1e")))]
        OutputFormat::Avif => Ok(()),
    }
}

/// Bytes handed to the output at a time.
const OUTPUT_BYTES: usize = 16 << 10;

/// Counts bytes, and the time that handing them on takes.
struct Output<'a> {
    inner: &'a mut dyn Write,
    bytes: u64,
    clock: Clock,
}

impl Write for Output<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let _timed = self.clock.enter(Stage::Write);
        let count = self.inner.write(buffer)?;
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
