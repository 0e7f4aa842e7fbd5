//! A still picture through libwebp, lossy or lossless.

#![expect(unsafe_code, reason = "the calls into libwebp, and nothing else")]

use std::{ffi::c_int, io::Write, slice, time::Duration};

use libwebp_sys as ffi;

use super::container;
use crate::{
    error::{Error, Result},
    plan::Plan,
};

/// The picture, which libwebp may write to where it is transparent.
pub(super) enum Samples<'a> {
    /// Planes of limited range, chroma at half size, and of alpha.
    Ycbcr([&'a mut [u8]; 3], Option<&'a mut [u8]>),
    /// Alpha, red, green and blue from the highest bits down.
    Argb(&'a mut [u32]),
}

pub(super) fn failed(code: i32) -> Error {
    Error::Encoder {
        codec: "WebP",
        code,
    }
}

/// Writes the file of `samples`, as large as the plan's output, with the copyright
/// that the plan names; `is_late` is asked now and then, and ends it.
///
/// # Errors
///
/// [`Error::Encoder`], [`Error::TimedOut`] and [`Error::Write`].
///
/// # Panics
///
/// If there are not as many samples as the plan's output has.
pub(super) fn encode(
    plan: &Plan,
    configure: impl FnOnce(&mut ffi::WebPConfig),
    samples: Samples<'_>,
    output: &mut dyn Write,
    is_late: &dyn Fn() -> bool,
) -> Result<()> {
    let bytes = run(plan, configure, samples, is_late)?;
    match plan.copyright.exif() {
        None => output.write_all(&bytes),
        Some(exif) => container::write(&bytes, plan.output, &exif, output),
    }
    .map_err(Error::Write)
}

fn run(
    plan: &Plan,
    configure: impl FnOnce(&mut ffi::WebPConfig),
    samples: Samples<'_>,
    is_late: &dyn Fn() -> bool,
) -> Result<Vec<u8>> {
    let side = |length: u32| c_int::try_from(length).map_err(|_| failed(0));
    let (width, height) = (side(plan.output.width)?, side(plan.output.height)?);
    let mut config = ffi::WebPConfig::new().map_err(|()| failed(1))?;
    config.thread_level = 0;
    configure(&mut config);
    let mut picture = ffi::WebPPicture::new().map_err(|()| failed(1))?;
    (picture.width, picture.height) = (width, height);
    let full = plan.output.width as usize * plan.output.height as usize;
    match samples {
        Samples::Ycbcr([luma, cb, cr], alpha) => {
            assert!(luma.len() == full && alpha.as_ref().is_none_or(|alpha| alpha.len() == full));
            let halved = |side: u32| side.div_ceil(2) as usize;
            let half = halved(plan.output.width) * halved(plan.output.height);
            assert!(cb.len() == half && cr.len() == half);
            picture.use_argb = 0;
            picture.colorspace = ffi::WebPEncCSP::WEBP_YUV420;
            (picture.y_stride, picture.uv_stride) = (width, (width + 1) / 2);
            picture.y = luma.as_mut_ptr();
            picture.u = cb.as_mut_ptr();
            picture.v = cr.as_mut_ptr();
            if let Some(alpha) = alpha {
                picture.colorspace = ffi::WebPEncCSP::WEBP_YUV420A;
                picture.a = alpha.as_mut_ptr();
                picture.a_stride = width;
            }
        }
        Samples::Argb(pixels) => {
            assert!(pixels.len() == full);
            picture.use_argb = 1;
            picture.argb = pixels.as_mut_ptr();
            picture.argb_stride = width;
        }
    }
    let mut bytes = Vec::new();
    picture.writer = Some(append);
    picture.custom_ptr = (&raw mut bytes).cast();
    picture.progress_hook = Some(go_on);
    picture.user_data = (&raw const is_late).cast_mut().cast();
    // SAFETY: config and picture were initialised by libwebp; the samples are as
    // many as their sizes and strides say (asserted above), borrowed for writing and,
    // like `bytes` and `is_late`, outlive the call.
    let done = unsafe { ffi::WebPEncode(&raw const config, &raw mut picture) };
    // SAFETY: frees what libwebp itself allocated; the samples are not its own.
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

/// Asked now and then.
extern "C" fn go_on(_percent: c_int, picture: *const ffi::WebPPicture) -> c_int {
    // SAFETY: libwebp passes the picture it was given, whose `user_data` is the
    // `&dyn Fn` that `run` put there.
    let is_late = unsafe { *(*picture).user_data.cast::<&dyn Fn() -> bool>() };
    c_int::from(!is_late())
}
