//! Lossless WebP through image-webp, in builds without libwebp.

use std::io::{self, Write};

use image_webp::{ColorType, EncodingError, WebPEncoder};

use super::LARGEST_SIDE;
use crate::{
    cost::{Nanoseconds, effect_of_detail},
    encode::{Codec, whole::Whole},
    error::{Error, Result},
    peak::Part,
    pixels::Colour,
    plan::Plan,
    quality::Loss,
};

pub(super) const CODEC: Codec = Codec {
    largest_side: LARGEST_SIDE,
    loss: Loss::None,
    efforts: 0..=0,
    rungs: &[0],
    effort_rule: "must be left out, or 0, for a lossless webp",
};

pub(in crate::encode) fn encode(
    plan: &Plan,
    image: &mut Whole,
    output: &mut dyn Write,
    _is_late: &dyn Fn() -> bool,
) -> Result<()> {
    let colour = match (plan.encoded.colour, plan.encoded.alpha) {
        (Colour::Grey, false) => ColorType::L8,
        (Colour::Grey, true) => ColorType::La8,
        (_, false) => ColorType::Rgb8,
        (_, true) => ColorType::Rgba8,
    };
    let mut encoder = WebPEncoder::new(output);
    if let Some(exif) = plan.copyright.exif() {
        encoder.set_exif_metadata(exif);
    }
    encoder
        .encode(
            image.interleaved(),
            plan.output.width,
            plan.output.height,
            colour,
        )
        .map_err(|error| {
            Error::Write(match error {
                EncodingError::IoError(error) => error,
                other => io::Error::other(other),
            })
        })
}

/// Its own RGBA copy and the growing result, which is held twice while it is moved,
/// and is as large as the picture if that is noise. Measured.
pub(super) fn peak(plan: &Plan) -> Part {
    Part::new("WebP encoder", plan.output.pixels() * 12 + (256 << 10))
}

pub(super) fn cost(plan: &Plan) -> Nanoseconds {
    Nanoseconds::fixed(20.0)
        .and(plan.output.pixels(), 11.0)
        .times(effect_of_detail(plan, 0.5, 0.28))
}
