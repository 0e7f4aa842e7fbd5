//! PNG through the `png` crate, row by row.

pub(super) mod palette;

use std::io::{self, Write};

use png::{BitDepth, ColorType, Compression, EncodingError, Filter, chunk};

use super::Codec;
use crate::{
    cost::Nanoseconds,
    decode::{self, Source},
    error::{Error, Result},
    peak::Part,
    pixels::Colour,
    plan::Plan,
    quality::Loss,
};

pub(super) const CODEC: Codec = Codec {
    largest_side: 65_535,
    loss: Loss::None,
    efforts: 6..=6,
    rungs: &[6],
    effort_rule: "must be left out, or 6, for a png",
};

/// Bytes of image data in a chunk.
const CHUNK_BYTES: usize = 32 << 10;

/// Says who made the image, if the plan says so.
fn keep_copyright(plan: &Plan, writer: &mut png::Writer<impl Write>) -> Result<()> {
    match plan.copyright.exif() {
        Some(exif) => writer.write_chunk(chunk::eXIf, &exif).map_err(failed),
        None => Ok(()),
    }
}

pub(super) fn encode(plan: &Plan, rows: &mut dyn Source, output: &mut impl Write) -> Result<()> {
    let mut encoder = png::Encoder::new(output, plan.output.width, plan.output.height);
    encoder.set_color(match (plan.encoded.colour, plan.encoded.alpha) {
        (Colour::Grey, false) => ColorType::Grayscale,
        (Colour::Grey, true) => ColorType::GrayscaleAlpha,
        (_, false) => ColorType::Rgb,
        (_, true) => ColorType::Rgba,
    });
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Balanced);
    encoder.set_filter(Filter::Adaptive);
    let mut writer = encoder.write_header().map_err(failed)?;
    keep_copyright(plan, &mut writer)?;
    let mut stream = writer
        .stream_writer_with_size(CHUNK_BYTES)
        .map_err(failed)?;
    while rows.advance()? {
        let strip = rows.rows();
        let plane = &strip.planes()[0];
        for y in 0..plane.height {
            stream.write_all(plane.row(y)).map_err(Error::Write)?;
        }
    }
    stream.finish().map_err(failed)?;
    writer.finish().map_err(failed)
}

fn failed(error: EncodingError) -> Error {
    Error::Write(match error {
        EncodingError::IoError(error) => error,
        other => io::Error::other(other),
    })
}

pub(super) fn peak(plan: &Plan) -> Part {
    // Rows to choose a filter from, the chunk, and deflate's state. Measured.
    let row = plan.encoded.planes[0].row_bytes() as u64;
    Part::new("PNG encoder", row * 8 + (400 << 10))
}

/// Filters are tried, and the best deflated.
pub(super) fn cost(plan: &Plan) -> Nanoseconds {
    // What is not flat takes its time, whatever there is to see.
    const FLAT: f64 = 0.35;
    let each = if plan.encoded.alpha { 65.0 } else { 97.0 };
    let flat = (decode::detail(&plan.source) / FLAT).min(1.0);
    Nanoseconds::fixed(100.0)
        .and(plan.encoded.bytes(), each)
        .times(flat)
}
