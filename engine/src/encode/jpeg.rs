//! JPEG through `jpeg-encoder`, which pulls one row at a time: baseline, fixed
//! Huffman tables, one interleaved scan.

use std::{cell::RefCell, io::Write};

use jpeg_encoder::{Encoder, EncodingError, ImageBuffer, JpegColorType, SamplingFactor};

use super::Codec;
use crate::{
    decode::Source,
    error::{Error, Result},
    peak::Part,
    pixels::Colour,
    plan::{Plan, STRIP_ROWS},
};

pub(super) const CODEC: Codec = Codec {
    largest_side: 65_535,
    usual_quality: 80,
    effort: 0,
};

pub(super) fn encode(plan: &Plan, rows: &mut dyn Source, output: &mut impl Write) -> Result<()> {
    let side = |length: u32| {
        u16::try_from(length).map_err(|_| Error::Encoder {
            codec: "JPEG",
            code: 0,
        })
    };
    let image = Pulled {
        width: side(plan.output.width)?,
        height: side(plan.output.height)?,
        colour: plan.encoded.colour,
        state: RefCell::new(State {
            rows,
            strip_first: 0,
            strip_rows: 0,
            failed: None,
        }),
    };
    let mut encoder = Encoder::new(output, plan.quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    let done = encoder.encode_image(&image);
    if let Some(error) = image.state.into_inner().failed {
        return Err(error);
    }
    done.map_err(|error| match error {
        EncodingError::IoError(error) => Error::Write(error),
        _ => Error::Encoder {
            codec: "JPEG",
            code: 0,
        },
    })
}

/// Hands the encoder one row after another out of the strips.
struct Pulled<'a> {
    width: u16,
    height: u16,
    colour: Colour,
    state: RefCell<State<'a>>,
}

struct State<'a> {
    rows: &'a mut dyn Source,
    /// Image row at which the present strip begins, and its rows.
    strip_first: usize,
    strip_rows: usize,
    /// The encoder cannot be told of a failure, so it is kept for afterwards.
    failed: Option<Error>,
}

impl State<'_> {
    /// Moves on to the strip that holds row `y`; false if it failed.
    fn reach(&mut self, y: usize) -> bool {
        while self.failed.is_none() && y >= self.strip_first + self.strip_rows {
            self.strip_first += self.strip_rows;
            match self.rows.advance() {
                Ok(true) => self.strip_rows = self.rows.rows().planes()[0].height,
                Ok(false) => {
                    self.failed = Some(Error::Encoder {
                        codec: "JPEG",
                        code: 1,
                    });
                }
                Err(error) => self.failed = Some(error),
            }
        }
        self.failed.is_none()
    }
}

impl ImageBuffer for &Pulled<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        match self.colour {
            Colour::Grey => JpegColorType::Luma,
            _ => JpegColorType::Ycbcr,
        }
    }

    fn width(&self) -> u16 {
        self.width
    }

    fn height(&self) -> u16 {
        self.height
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let mut state = self.state.borrow_mut();
        let y = usize::from(y);
        let reached = state.reach(y);
        let at = y - state.strip_first.min(y);
        let strip = state.rows.rows();
        for (i, (buffer, plane)) in buffers.iter_mut().zip(strip.planes()).enumerate() {
            if !reached {
                // The image is given up; any row does.
                buffer.resize(buffer.len() + usize::from(self.width), 0);
            } else if i == 0 {
                buffer.extend_from_slice(plane.row(at));
            } else {
                double(plane.row(at / 2), usize::from(self.width), buffer);
            }
        }
    }
}

/// Appends each sample twice, `width` in all. The encoder averages them to the
/// same sample again.
fn double(row: &[u8], width: usize, buffer: &mut Vec<u8>) {
    let start = buffer.len();
    buffer.resize(start + 2 * row.len(), 0);
    for (pair, &sample) in buffer[start..].as_chunks_mut::<2>().0.iter_mut().zip(row) {
        *pair = [sample; 2];
    }
    buffer.truncate(start + width);
}

pub(super) fn peak(plan: &Plan) -> Vec<Part> {
    // One MCU row of full-size channels, and the encoder's tables. Measured.
    let channels = u64::from(plan.encoded.colour.channels());
    let row = u64::from(plan.output.width.next_multiple_of(16));
    vec![Part::new(
        "JPEG encoder",
        row * u64::from(STRIP_ROWS) * channels * 2 + (64 << 10),
    )]
}
