//! AV1 by libaom, all-intra.

#![expect(unsafe_code, reason = "the calls into libaom, and nothing else")]

use std::{
    ffi::{c_int, c_uint},
    mem::MaybeUninit,
    ops::RangeInclusive,
    ptr, slice,
};

use libaom_sys as ffi;

use super::Frame;
use crate::{
    cost::Nanoseconds,
    error::{Error, Result},
    pixels::Dimensions,
    quality::{self, ByEffort},
};

pub(super) const QUALITY: ByEffort = quality::LIBAOM;

/// libaom's `cpu-used`: more is faster. What is slower than 4 buys nothing more.
pub(super) const EFFORTS: RangeInclusive<u8> = 4..=9;

/// 9 takes a quarter of 8's time, and no more bytes (`engine/docs/budgets.md`).
pub(super) const RUNGS: &[u8] = &[9];

pub(super) const EFFORT_RULE: &str = "must be 4 to 9, the fastest, for an avif";

/// The steepest and the flattest quantisation matrix, of 0 to 15. Detail is
/// quantised more coarsely than what the eye sees first: over eleven photographs
/// a tenth fewer bytes at equal SSIMULACRA2 than without (400 and 1600 px), for no
/// time. Flatter ones, 2 to 10 or 8 to 15, save less.
const MATRICES: (c_int, c_int) = (0, 8);

/// libaom's tables, its buffers of the frame with a border, and the result of
/// the least compressible noise, which grows with quality. From effort 6 down it
/// also keeps what it tried. Measured with libaom 3.11 from 16x12 to 3200x2400, efforts
/// 4 to 6 from 64x48 to 1600x1200.
pub(super) fn peak_bytes(size: Dimensions, quality: u8, effort: u8) -> u64 {
    let bordered = |side: u32| u64::from(side.next_multiple_of(16) + 67);
    let bordered = bordered(size.width) * bordered(size.height);
    match effort {
        ..=4 => return (2304 << 10) + bordered * 36,
        5 => return (1792 << 10) + bordered * 32,
        6 => return (1792 << 10) + bordered * 30,
        _ => {}
    }
    // In tenths of a byte.
    let result = 24 + 7 * u64::from(quality.saturating_sub(60)) / 10;
    (1280 << 10) + (bordered * 142 + size.pixels() * result) / 10
}

/// Encodes one frame.
pub(super) fn encode(frame: &Frame<'_>) -> Result<Vec<u8>> {
    let mut config = config(frame)?;
    let mut encoder = Encoder::new(&mut config)?;
    // 0-63, lower is better.
    let cq_level = (63 * (100 - c_uint::from(frame.quality)) + 50) / 100;
    encoder.control(ffi::AOME_SET_CPUUSED, frame.effort.into())?;
    encoder.control(ffi::AOME_SET_CQ_LEVEL, cq_level.cast_signed())?;
    encoder.control(ffi::AOME_SET_TUNING, ffi::AOM_TUNE_SSIM.cast_signed())?;
    encoder.control(ffi::AV1E_SET_ENABLE_QM, 1)?;
    encoder.control(ffi::AV1E_SET_QM_MIN, MATRICES.0)?;
    encoder.control(ffi::AV1E_SET_QM_MAX, MATRICES.1)?;
    encoder.control(
        ffi::AV1E_SET_COLOR_RANGE,
        ffi::AOM_CR_FULL_RANGE.cast_signed(),
    )?;
    encoder.control(
        ffi::AV1E_SET_MATRIX_COEFFICIENTS,
        ffi::AOM_CICP_MC_BT_601.cast_signed(),
    )?;
    encoder.control(
        ffi::AV1E_SET_COLOR_PRIMARIES,
        ffi::AOM_CICP_CP_BT_709.cast_signed(),
    )?;
    encoder.control(
        ffi::AV1E_SET_TRANSFER_CHARACTERISTICS,
        ffi::AOM_CICP_TC_SRGB.cast_signed(),
    )?;
    let mut bytes = Vec::new();
    encoder.encode(frame, &mut bytes)?;
    Ok(bytes)
}

fn failed(code: c_uint) -> Error {
    Error::Encoder {
        codec: "AV1 (libaom)",
        code: code.cast_signed(),
    }
}

fn check(code: ffi::aom_codec_err_t) -> Result<()> {
    if code == ffi::AOM_CODEC_OK {
        Ok(())
    } else {
        Err(failed(code))
    }
}

fn config(frame: &Frame<'_>) -> Result<ffi::aom_codec_enc_cfg> {
    let mut config = MaybeUninit::uninit();
    // SAFETY: libaom fills the whole structure when it returns OK.
    let mut config = unsafe {
        check(ffi::aom_codec_enc_config_default(
            ffi::aom_codec_av1_cx(),
            config.as_mut_ptr(),
            ffi::AOM_USAGE_ALL_INTRA,
        ))?;
        config.assume_init()
    };
    (config.g_w, config.g_h) = (frame.size.width, frame.size.height);
    config.g_threads = 1;
    config.g_limit = 1;
    config.g_lag_in_frames = 0;
    config.rc_end_usage = ffi::AOM_Q;
    (config.rc_min_quantizer, config.rc_max_quantizer) = (0, 63);
    config.monochrome = c_uint::from(frame.planes.len() == 1);
    Ok(config)
}

/// An initialised libaom context.
struct Encoder(Box<ffi::aom_codec_ctx_t>);

impl Encoder {
    fn new(config: &mut ffi::aom_codec_enc_cfg) -> Result<Self> {
        // SAFETY: all zeros is how libaom wants a context before it is initialised.
        let mut context: Box<ffi::aom_codec_ctx_t> =
            Box::new(unsafe { MaybeUninit::zeroed().assume_init() });
        // SAFETY: context and configuration are valid; the context keeps its
        // address, because it is boxed.
        check(unsafe {
            ffi::aom_codec_enc_init_ver(
                &raw mut *context,
                ffi::aom_codec_av1_cx(),
                config,
                0,
                ffi::AOM_ENCODER_ABI_VERSION.cast_signed(),
            )
        })?;
        Ok(Self(context))
    }

    /// Sets a control that takes one integer.
    fn control(&mut self, id: ffi::aome_enc_control_id, value: c_int) -> Result<()> {
        // SAFETY: the context is initialised; every control used here takes one int.
        check(unsafe { ffi::aom_codec_control(&raw mut *self.0, id.cast_signed(), value) })
    }

    fn encode(&mut self, frame: &Frame<'_>, bytes: &mut Vec<u8>) -> Result<()> {
        let neutral;
        let (cb, cr) = if let [_, cb, cr] = frame.planes {
            (cb, cr)
        } else {
            // Not looked at for a monochrome frame, but it must be there.
            neutral = vec![128; half(frame.size)];
            (&neutral, &neutral)
        };
        let luma = &frame.planes[0];
        let full = frame.size.width as usize * frame.size.height as usize;
        assert!(luma.len() == full && cb.len() == half(frame.size) && cr.len() == cb.len());
        let image = image(frame, [luma, cb, cr]);
        // SAFETY: the image's planes are as long as its sizes and strides say
        // (asserted above); libaom reads them, and copies what it keeps.
        check(unsafe { ffi::aom_codec_encode(&raw mut *self.0, &raw const image, 0, 1, 0) })?;
        self.drain(bytes);
        // SAFETY: no image means that there are no more.
        check(unsafe { ffi::aom_codec_encode(&raw mut *self.0, ptr::null(), 0, 1, 0) })?;
        self.drain(bytes);
        Ok(())
    }

    /// Takes the packets that are ready.
    fn drain(&mut self, bytes: &mut Vec<u8>) {
        let mut iterator = ptr::null();
        loop {
            // SAFETY: the context is initialised; the iterator starts at null. A
            // packet is valid until the next call, and is a frame if it says so.
            unsafe {
                let packet = ffi::aom_codec_get_cx_data(&raw mut *self.0, &raw mut iterator);
                let Some(packet) = packet.as_ref() else { break };
                if packet.kind == ffi::AOM_CODEC_CX_FRAME_PKT {
                    let frame = packet.data.frame;
                    bytes.extend_from_slice(slice::from_raw_parts(frame.buf.cast(), frame.sz));
                }
            }
        }
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: the context was initialised and is not used again.
        unsafe { ffi::aom_codec_destroy(&raw mut *self.0) };
    }
}

fn half(size: Dimensions) -> usize {
    size.width.div_ceil(2) as usize * size.height.div_ceil(2) as usize
}

fn image(frame: &Frame<'_>, planes: [&Vec<u8>; 3]) -> ffi::aom_image {
    // SAFETY: all zeros is a valid descriptor without planes.
    let mut image: ffi::aom_image = unsafe { MaybeUninit::zeroed().assume_init() };
    image.fmt = ffi::AOM_IMG_FMT_I420;
    image.monochrome = c_int::from(frame.planes.len() == 1);
    image.range = ffi::AOM_CR_FULL_RANGE;
    image.cp = ffi::AOM_CICP_CP_BT_709;
    image.tc = ffi::AOM_CICP_TC_SRGB;
    image.mc = ffi::AOM_CICP_MC_BT_601;
    image.bit_depth = 8;
    image.bps = 12;
    (image.w, image.h) = (frame.size.width, frame.size.height);
    (image.d_w, image.d_h) = (frame.size.width, frame.size.height);
    (image.x_chroma_shift, image.y_chroma_shift) = (1, 1);
    let width = frame.size.width.cast_signed();
    image.stride = [width, (width + 1) / 2, (width + 1) / 2];
    image.planes = planes.map(|plane| plane.as_ptr().cast_mut());
    image
}

/// The time of one frame.
pub(super) fn cost(pixels: u64, effort: u8) -> Nanoseconds {
    let effort = match effort {
        ..=4 => 45.0,
        5 => 20.0,
        6 => 9.0,
        7 => 6.0,
        8 => 4.0,
        _ => 1.0,
    };
    Nanoseconds::fixed(730.0).and(pixels, 37.0).times(effort)
}
