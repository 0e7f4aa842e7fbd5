//! AVIF: AV1 intra frames by libaom or rav1e in an AVIF container, colour and
//! alpha each a frame of its own.

#[cfg(feature = "libaom")]
mod aom;
#[cfg(not(feature = "libaom"))]
mod rav1e;

use std::io::Write;

#[cfg(feature = "libaom")]
use aom as av1;
use avif_serialize::{
    Aviffy,
    constants::{ColorPrimaries, MatrixCoefficients, TransferCharacteristics},
};
#[cfg(not(feature = "libaom"))]
use rav1e as av1;

use super::{Codec, whole::Whole};
use crate::{
    decode::Source,
    error::{Error, Result},
    peak::{Held, Part},
    pixels::{Dimensions, Layout},
    plan::Plan,
    quality::Loss,
};

pub(super) const CODEC: Codec = Codec {
    largest_side: 65_535,
    loss: Loss::Measured(av1::QUALITY),
    efforts: av1::EFFORTS,
    usual_effort: av1::USUAL_EFFORT,
    effort_rule: av1::EFFORT_RULE,
};

/// One AV1 frame to make: 8 bit, full range.
struct Frame<'a> {
    size: Dimensions,
    /// Luma and chroma at half size, or alpha alone.
    planes: &'a [Vec<u8>],
    /// Of this encoder, 1-100.
    quality: u8,
    effort: u8,
}

pub(super) fn encode(
    plan: &Plan,
    rows: Box<dyn Source + '_>,
    output: &mut impl Write,
) -> Result<()> {
    let mut image = Whole::collect(rows, &plan.encoded)?;
    let alpha = image.take_alpha(&plan.encoded);
    let colour = av1::encode(&Frame {
        size: plan.output,
        planes: &image.planes,
        quality: plan.native_quality,
        effort: plan.effort,
    })?;
    drop(image);
    let alpha = match alpha {
        // Alpha is looked at through every edge: give it more.
        Some(alpha) => Some(av1::encode(&Frame {
            size: plan.output,
            planes: &[alpha],
            quality: plan.native_quality.midpoint(100),
            effort: plan.effort,
        })?),
        None => None,
    };
    Aviffy::new()
        .set_color_primaries(ColorPrimaries::Bt709)
        .set_transfer_characteristics(TransferCharacteristics::Srgb)
        .set_matrix_coefficients(MatrixCoefficients::Bt601)
        .set_full_color_range(true)
        .set_chroma_subsampling((true, true))
        // 8-bit 4:2:0 is the main profile; its default is 1 (4:4:4).
        .set_seq_profile(0)
        .set_width(plan.output.width)
        .set_height(plan.output.height)
        .set_bit_depth(8)
        .write_slice(output, &colour, alpha.as_deref())
        .map_err(Error::Write)
}

pub(super) fn peak(plan: &Plan) -> Vec<Part> {
    let bytes = av1::peak_bytes(plan.output, plan.native_quality, plan.effort);
    vec![
        Part::new("image to encode", Layout::bytes(&plan.encoded)).held(Held::Throughout),
        Part::new("AV1 encoder", bytes).held(Held::Encoding),
    ]
}
