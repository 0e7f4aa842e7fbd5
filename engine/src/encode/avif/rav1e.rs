//! AV1 by rav1e, driven directly: a still picture of 8-bit planes.

use std::ops::RangeInclusive;

use rav1e::{
    Config, Context, EncoderConfig, EncoderStatus,
    color::{
        ChromaSamplePosition, ChromaSampling, ColorDescription, ColorPrimaries, MatrixCoefficients,
        PixelRange, TransferCharacteristics,
    },
};

use super::Frame;
use crate::{
    cost::Nanoseconds,
    error::{Error, Result},
    pixels::Dimensions,
    quality::{self, ByEffort},
};

pub(super) const QUALITY: ByEffort = quality::RAV1E;

/// rav1e's speed presets: more is faster.
pub(super) const EFFORTS: RangeInclusive<u8> = 6..=10;

pub(super) const RUNGS: &[u8] = &[10];

pub(super) const EFFORT_RULE: &str = "must be 6 to 10, the fastest, for an avif";

/// rav1e's buffers of the frame with a border, and what it notes down of each
/// block before it writes, which grows with every bit of the result: this is
/// what noise takes, about twice what a photograph does. Measured with rav1e
/// 0.8.1 from 16x16 to 1600x1200, qualities 62 and 100.
pub(super) fn peak_bytes(size: Dimensions, quality: u8, _effort: u8) -> u64 {
    let bordered = |side: u32| u64::from(side.next_multiple_of(16) + 64);
    // In tenths of a byte.
    let pixel = 410 + 24 * u64::from(quality.saturating_sub(62));
    (512 << 10) + bordered(size.width) * bordered(size.height) * pixel / 10
}

fn failed(code: i32) -> Error {
    Error::Encoder {
        codec: "AV1 (rav1e)",
        code,
    }
}

/// Encodes one frame.
pub(super) fn encode(frame: &Frame<'_>) -> Result<Vec<u8>> {
    let mut context: Context<u8> = Config::new()
        .with_encoder_config(config(frame))
        .with_threads(1)
        .new_context()
        .map_err(|_| failed(1))?;
    let mut picture = context.new_frame();
    let width = frame.size.width as usize;
    for (i, (to, from)) in picture.planes.iter_mut().zip(frame.planes).enumerate() {
        let stride = if i == 0 { width } else { width.div_ceil(2) };
        to.copy_from_raw_u8(from, stride, 1);
    }
    context.send_frame(picture).map_err(|_| failed(2))?;
    context.flush();
    let mut bytes = Vec::new();
    loop {
        match context.receive_packet() {
            Ok(packet) => bytes.extend_from_slice(&packet.data),
            Err(EncoderStatus::Encoded | EncoderStatus::NeedMoreData) => {}
            Err(EncoderStatus::LimitReached) => return Ok(bytes),
            Err(_) => return Err(failed(3)),
        }
    }
}

fn config(frame: &Frame<'_>) -> EncoderConfig {
    let mut config = EncoderConfig::with_speed_preset(frame.effort);
    config.width = frame.size.width as usize;
    config.height = frame.size.height as usize;
    config.bit_depth = 8;
    config.chroma_sampling = if frame.planes.len() == 1 {
        ChromaSampling::Cs400
    } else {
        ChromaSampling::Cs420
    };
    config.chroma_sample_position = ChromaSamplePosition::Unknown;
    config.pixel_range = PixelRange::Full;
    config.color_description = Some(ColorDescription {
        color_primaries: ColorPrimaries::BT709,
        transfer_characteristics: TransferCharacteristics::SRGB,
        matrix_coefficients: MatrixCoefficients::BT601,
    });
    config.still_picture = true;
    config.low_latency = true;
    // 0-255, lower is better.
    config.quantizer = (255 * (100 - usize::from(frame.quality)) + 50) / 100;
    config
}

/// The time of one frame.
pub(super) fn cost(pixels: u64, _effort: u8) -> Nanoseconds {
    Nanoseconds::fixed(700.0).and(pixels, 480.0)
}
