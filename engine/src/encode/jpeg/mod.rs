//! JPEG, ITU-T T.81: baseline in one scan or progressive, with Huffman tables
//! made for the image. The same bytes on every machine.
//!
//! `mcu_rows` cuts strips into rows of blocks, `kernel` transforms and quantises
//! them, `baseline` and `progressive` code what comes out.

mod baseline;
mod bits;
mod frame;
mod huffman;
mod kernel;
mod markers;
mod mcu_rows;
mod progressive;
mod refine;
mod tables;
#[cfg(test)]
mod tests;
mod tokens;

use std::io::Write;

use super::Codec;
use crate::{
    cost::{Nanoseconds, effect_of_detail, effect_of_quality},
    decode::Source,
    error::Result,
    peak::Part,
    plan::Plan,
    quality::Loss,
};
use frame::Frame;

pub(super) const CODEC: Codec = Codec {
    largest_side: 65_535,
    loss: Loss::Reference,
    efforts: 0..=0,
    rungs: &[0],
    effort_rule: "must be left out, or 0, for a jpeg",
};

pub(super) fn encode(plan: &Plan, rows: &mut dyn Source, output: &mut impl Write) -> Result<()> {
    let frame = Frame::new(plan);
    if plan.progressive {
        progressive::encode(plan, &frame, rows, output)
    } else {
        baseline::encode(plan, &frame, rows, output)
    }
}

pub(super) fn peak(plan: &Plan) -> Part {
    let frame = Frame::new(plan);
    let bytes = if plan.progressive {
        progressive::bytes(&frame)
    } else {
        baseline::bytes(&frame)
    };
    Part::new("JPEG encoder", bytes as u64)
}

/// Samples are transformed, and what is left of them is coded.
pub(super) fn cost(plan: &Plan) -> Nanoseconds {
    let passes = if plan.progressive { 2.5 } else { 1.0 };
    Nanoseconds::fixed(26.0)
        .and(plan.encoded.bytes(), 1.34)
        .times(passes * effect_of_quality(plan) * effect_of_detail(plan, 0.2, 0.075))
}
