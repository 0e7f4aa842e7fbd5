//! Lossy WebP by libwebp, from YUV planes: no trip through RGB.

#![expect(unsafe_code, reason = "the calls into libwebp, and nothing else")]

use std::{ffi::c_int, io::Write, slice, time::Duration};

use libwebp_sys as ffi;

use super::container;
use crate::{
    cost::{Nanoseconds, effect_of_detail, effect_of_quality},
    encode::whole::Whole,
    error::{Error, Result},
    peak::Part,
    pixels::Range,
    plan::Plan,
};

/// Encodes; `is_late` is asked now and then, and ends it.
pub(in crate::encode) fn encode(
    plan: &Plan,
    image: &mut Whole,
    output: &mut dyn Write,
    is_late: &dyn Fn() -> bool,
) -> Result<()> {
    // The range that WebP prescribes (BT.601, RFC 9649, 2.5).
    let ([luma, cb, cr], alpha) = image.planes(Range::Limited) else {
        return Err(failed(0));
    };
    let bytes = run(plan, [luma, cb, cr], alpha, is_late)?;
    match plan.copyright.exif() {
        None => output.write_all(&bytes),
        Some(exif) => container::write(&bytes, plan.output, &exif, output),
    }
    .map_err(Error::Write)
}

fn failed(code: i32) -> Error {
    Error::Encoder {
        codec: "WebP",
        code,
    }
}

/// Encodes planes of limited range, chroma at half size.
fn run(
    plan: &Plan,
    planes: [&mut Vec<u8>; 3],
    alpha: Option<&mut Vec<u8>>,
    is_late: &dyn Fn() -> bool,
) -> Result<Vec<u8>> {
    let side = |length: u32| c_int::try_from(length).map_err(|_| failed(0));
    let (width, height) = (side(plan.output.width)?, side(plan.output.height)?);
    let mut config = ffi::WebPConfig::new().map_err(|()| failed(1))?;
    config.quality = f32::from(plan.native_quality);
    config.method = c_int::from(plan.effort);
    config.thread_level = 0;
    let mut picture = ffi::WebPPicture::new().map_err(|()| failed(1))?;
    let mut bytes = Vec::new();
    let [luma, cb, cr] = planes;
    let full = plan.output.width as usize * plan.output.height as usize;
    assert!(luma.len() == full && alpha.as_ref().is_none_or(|alpha| alpha.len() == full));
    let half = plan.output.width.div_ceil(2) as usize * plan.output.height.div_ceil(2) as usize;
    assert!(cb.len() == half && cr.len() == half);
    picture.use_argb = 0;
    picture.colorspace = ffi::WebPEncCSP::WEBP_YUV420;
    (picture.width, picture.height) = (width, height);
    (picture.y_stride, picture.uv_stride) = (width, (width + 1) / 2);
    picture.y = luma.as_mut_ptr();
    picture.u = cb.as_mut_ptr();
    picture.v = cr.as_mut_ptr();
    if let Some(alpha) = alpha {
        picture.colorspace = ffi::WebPEncCSP::WEBP_YUV420A;
        picture.a = alpha.as_mut_ptr();
        picture.a_stride = width;
    }
    picture.writer = Some(append);
    picture.custom_ptr = (&raw mut bytes).cast();
    picture.progress_hook = Some(go_on);
    picture.user_data = (&raw const is_late).cast_mut().cast();
    // SAFETY: config and picture were initialised by libwebp; the planes are as
    // long as their sizes and strides say (asserted above) and, like `bytes` and
    // `is_late`, outlive the call. libwebp may write to samples under transparency.
    let done = unsafe { ffi::WebPEncode(&raw const config, &raw mut picture) };
    // SAFETY: frees what libwebp itself allocated; the planes are not its own.
    unsafe { ffi::WebPPictureFree(&raw mut picture) };
    if done == 0 && picture.error_code == ffi::WebPEncodingError::VP8_ENC_ERROR_USER_ABORT {
        return Err(Error::TimedOut {
            late_by: Duration::ZERO,
        });
    }
    if done == 0 {
        return Err(failed(picture.error_code as i32));
    }
    Ok(bytes)
}

/// Receives a part of the result.
extern "C" fn append(data: *const u8, size: usize, picture: *const ffi::WebPPicture) -> c_int {
    // SAFETY: libwebp passes the picture it was given, whose `custom_ptr` is the
    // `Vec` that `run` put there, and `size` readable bytes at `data`.
    let (bytes, data) = unsafe {
        (
            &mut *(*picture).custom_ptr.cast::<Vec<u8>>(),
            slice::from_raw_parts(data, size),
        )
    };
    // A panic must not unwind into C.
    if bytes.try_reserve(size).is_err() {
        return 0;
    }
    bytes.extend_from_slice(data);
    1
}

/// Asked some forty times an image.
extern "C" fn go_on(_percent: c_int, picture: *const ffi::WebPPicture) -> c_int {
    // SAFETY: libwebp passes the picture it was given, whose `user_data` is the
    // `&dyn Fn` that `run` put there.
    let is_late = unsafe { *(*picture).user_data.cast::<&dyn Fn() -> bool>() };
    c_int::from(!is_late())
}

/// libwebp's macroblocks and tokens, which grow with every bit of the result:
/// this is what noise takes, several times what a photograph does. Alpha is coded
/// losslessly, and takes most where it is noise enlarged 2 to 4 times. Measured
/// with libwebp 1.6 up to 1600x1200, qualities 50 to 100.
fn encoder_bytes(plan: &Plan) -> u64 {
    let quality = u64::from(plan.native_quality);
    // In tenths of a byte a pixel. Up to effort 2 there are none, only the result, at
    // most three times while it is handed on; from quality 99 on it is thrice as long.
    let tokens = match (plan.effort, quality) {
        (..=2, ..=98) => 36,
        (..=2, _) => 100,
        _ => 120 + quality + 5 * quality.saturating_sub(80),
    };
    // Colour goes by macroblocks of 16, alpha by tiles of up to 64. Its efforts 5 and 6
    // keep what they tried.
    let (tables, tokens, tile) = match (plan.encoded.alpha, plan.effort) {
        (false, _) => (320 << 10, tokens, 16),
        (true, ..=4) => (768 << 10, tokens.max(475), 64),
        (true, 5) => (768 << 10, tokens.max(750), 64),
        (true, _) => (768 << 10, tokens.max(3600), 64),
    };
    let tiled = |side: u32| u64::from(side.next_multiple_of(tile));
    tables + tiled(plan.output.width) * tiled(plan.output.height) * tokens / 10
}

pub(in crate::encode) fn peak(plan: &Plan) -> Part {
    Part::new("WebP encoder", encoder_bytes(plan))
}

/// Modes are tried, as many as the effort says. Alpha is coded losslessly.
pub(in crate::encode) fn cost(plan: &Plan) -> Nanoseconds {
    let effort = match plan.effort {
        0 => 0.22,
        1 => 0.3,
        2 => 0.42,
        3 => 0.6,
        4 => 1.0,
        5 => 1.6,
        _ => 2.3,
    };
    let pixel = if plan.encoded.alpha { 150.0 } else { 88.0 };
    Nanoseconds::fixed(100.0)
        .and(plan.output.pixels(), pixel)
        .times(effort * effect_of_quality(plan) * effect_of_detail(plan, 0.25, 0.08))
}
