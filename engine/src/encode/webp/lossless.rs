//! Lossless WebP through image-webp.

use std::io::{self, Write};

use image_webp::{ColorType, EncodingError, WebPEncoder};

use crate::{
    decode::Source,
    encode::whole::Whole,
    error::{Error, Result},
    peak::{Held, Part},
    pixels::{Colour, Layout},
    plan::Plan,
};

pub(in crate::encode) fn encode(
    plan: &Plan,
    rows: Box<dyn Source + '_>,
    output: &mut impl Write,
) -> Result<()> {
    let image = Whole::collect(rows, &plan.encoded)?;
    let colour = match (plan.encoded.colour, plan.encoded.alpha) {
        (Colour::Grey, false) => ColorType::L8,
        (Colour::Grey, true) => ColorType::La8,
        (_, false) => ColorType::Rgb8,
        (_, true) => ColorType::Rgba8,
    };
    WebPEncoder::new(output)
        .encode(
            &image.planes[0],
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

pub(in crate::encode) fn peak(plan: &Plan) -> Vec<Part> {
    let pixels = plan.output.pixels();
    vec![
        Part::new("image to encode", Layout::bytes(&plan.encoded)).held(Held::Throughout),
        // Its own RGBA copy and the growing result, which is held twice while it is moved,
        // and is as large as the picture if that is noise. Measured.
        Part::new("WebP encoder", pixels * 12 + (256 << 10)).held(Held::Encoding),
    ]
}
