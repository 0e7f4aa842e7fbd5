//! Rows to bytes. A format takes one file here and one arm in each function.

#[cfg(any(feature = "libaom", feature = "rav1e"))]
mod avif;
mod jpeg;
mod png;
mod webp;
mod whole;

use std::{
    io::{self, BufWriter, Write},
    ops::RangeInclusive,
};

use crate::{
    decode::Source,
    error::{Error, Result},
    header::SourceFormat,
    peak::Part,
    pixels::{Colour, Dimensions, Layout},
    plan::Plan,
    quality::{self, Loss},
    request::{Chroma, OutputFormat, Request},
    stages::{Clock, Stage},
};

/// What is fixed about an encoder.
pub(crate) struct Codec {
    /// Most pixels along a side.
    pub(crate) largest_side: u32,
    /// What its own quality means.
    pub(crate) loss: Loss,
    /// What it may be told about effort, on its own scale.
    pub(crate) efforts: RangeInclusive<u8>,
    /// What it is told when nothing is asked for.
    pub(crate) usual_effort: u8,
    /// What an asked effort must satisfy.
    pub(crate) effort_rule: &'static str,
}

impl Codec {
    /// The effort to encode with.
    ///
    /// # Errors
    ///
    /// [`Error::Request`] if the encoder does not have what was asked.
    pub(crate) fn effort(&self, asked: Option<u8>) -> Result<u8> {
        let effort = asked.unwrap_or(self.usual_effort);
        if self.efforts.contains(&effort) {
            Ok(effort)
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
            Loss::Reference => (Some(asked), asked),
            Loss::Measured(by_effort) => (Some(asked), quality::native(by_effort, effort, asked)),
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
        SourceFormat::Png => Ok(OutputFormat::Png),
        SourceFormat::Webp => Ok(OutputFormat::Webp),
        SourceFormat::Avif => Ok(OutputFormat::Avif),
        _ => Err(Error::Request {
            option: "format",
            rule: "must be one that can be written: the source's own cannot",
        }),
    }
}

/// The encoder of `format` in this build.
///
/// # Errors
///
/// [`Error::Request`] if the build has none.
pub(crate) fn codec(format: OutputFormat) -> Result<Codec> {
    match format {
        OutputFormat::Jpeg => Ok(jpeg::CODEC),
        OutputFormat::Png => Ok(png::CODEC),
        OutputFormat::Webp => Ok(webp::CODEC),
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
/// Only JPEG has a choice of `chroma`.
pub(crate) fn layout(
    format: OutputFormat,
    chroma: Chroma,
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
        OutputFormat::Webp if webp::IS_LOSSY => Layout::ycbcr420(decoded.alpha, size),
        OutputFormat::Webp => Layout::interleaved(colour, decoded.alpha, size),
        // Grey too: avif-serialize cannot say that there is one channel.
        OutputFormat::Avif => Layout::ycbcr420(decoded.alpha, size),
    }
}

/// Whether `format` can hold transparency.
pub(crate) fn holds_alpha(format: OutputFormat) -> bool {
    !matches!(format, OutputFormat::Jpeg)
}

/// The memory that [`encode()`] will use.
pub(crate) fn peak(plan: &Plan) -> Vec<Part> {
    match plan.format {
        OutputFormat::Jpeg => jpeg::peak(plan),
        OutputFormat::Png => png::peak(plan),
        OutputFormat::Webp => webp::peak(plan),
        #[cfg(any(feature = "libaom", feature = "rav1e"))]
        OutputFormat::Avif => avif::peak(plan),
        #[cfg(not(any(feature = "libaom", feature = "rav1e")))]
        OutputFormat::Avif => Vec::new(),
    }
}

/// Pulls the image out of `rows` and writes it; returns the bytes written.
///
/// # Errors
///
/// What stopped the rows, [`Error::Write`] or [`Error::Encoder`].
pub(crate) fn encode(
    plan: &Plan,
    mut rows: Box<dyn Source + '_>,
    output: &mut dyn Write,
    clock: &Clock,
) -> Result<u64> {
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
    match plan.format {
        OutputFormat::Jpeg => jpeg::encode(plan, &mut *rows, &mut output)?,
        OutputFormat::Png => png::encode(plan, &mut *rows, &mut output)?,
        OutputFormat::Webp => webp::encode(plan, rows, &mut output)?,
        #[cfg(any(feature = "libaom", feature = "rav1e"))]
        OutputFormat::Avif => avif::encode(plan, rows, &mut output)?,
        #[cfg(not(any(feature = "libaom", feature = "rav1e")))]
        OutputFormat::Avif => {}
    }
    output.flush().map_err(Error::Write)?;
    Ok(output.get_ref().bytes)
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
