//! Animated WebP by libwebp's animation encoder, which finds what changed from
//! one frame to the next and merges frames that are alike.

#![expect(unsafe_code, reason = "the calls into libwebp, and nothing else")]

use std::{ffi::c_int, ptr, ptr::NonNull, slice};

use libwebp_sys as ffi;

use crate::{
    budget::zeroed,
    cost::Nanoseconds,
    decode::Source,
    error::{Error, Result},
    peak::{Held, Part},
    plan::Plan,
};

/// Quality and method where nothing may be lost: how hard it works, both of them, and
/// libwebp's usual ones.
const LOSSLESS: (f32, c_int) = (75.0, 4);

/// Collects frames.
pub(crate) struct Animation {
    /// Invariant: made by libwebp, for canvases of the size of `picture`.
    encoder: NonNull<ffi::WebPAnimEncoder>,
    config: ffi::WebPConfig,
    picture: ffi::WebPPicture,
    /// The present frame: alpha, red, green and blue from the highest bits down.
    pixels: Vec<u32>,
    /// When the present frame begins, in milliseconds.
    time: c_int,
}

/// A file that libwebp made.
pub(crate) struct File(ffi::WebPData);

impl std::ops::Deref for File {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        if self.0.bytes.is_null() {
            return &[];
        }
        // SAFETY: libwebp allocated `size` bytes there, which are this value's own.
        unsafe { slice::from_raw_parts(self.0.bytes, self.0.size) }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: it was allocated by libwebp and is freed once.
        unsafe { ffi::WebPDataClear(&mut self.0) };
    }
}

fn failed(code: i32) -> Error {
    Error::Encoder {
        codec: "animated WebP",
        code,
    }
}

impl Animation {
    /// Begins an animation that is shown `loops` times, 0 for ever.
    ///
    /// # Errors
    ///
    /// [`Error::Encoder`] or [`Error::TooLarge`] if memory runs out.
    pub(crate) fn new(plan: &Plan, loops: u16, background: u32) -> Result<Self> {
        let side = |length: u32| c_int::try_from(length).map_err(|_| failed(0));
        let (width, height) = (side(plan.output.width)?, side(plan.output.height)?);
        let mut config = ffi::WebPConfig::new().map_err(|()| failed(1))?;
        (config.quality, config.method) = if plan.lossless {
            LOSSLESS
        } else {
            (f32::from(plan.native_quality), c_int::from(plan.effort))
        };
        config.lossless = c_int::from(plan.lossless);
        config.thread_level = 0;
        let mut pixels = zeroed(plan.output.width as usize * plan.output.height as usize)?;
        let mut picture = ffi::WebPPicture::new().map_err(|()| failed(1))?;
        picture.use_argb = 1;
        (picture.width, picture.height) = (width, height);
        picture.argb = pixels.as_mut_ptr();
        picture.argb_stride = width;
        let options = ffi::WebPAnimEncoderOptions {
            anim_params: ffi::WebPMuxAnimParams {
                bgcolor: background,
                loop_count: loops.into(),
            },
            minimize_size: 0,
            // A key frame every now and then would only help seeking, which browsers
            // do not do.
            kmin: 0,
            kmax: 0,
            // Drawings are smaller and better lossless, and frames of both kinds occur.
            allow_mixed: c_int::from(!plan.lossless),
            verbose: 0,
            padding: [0; 4],
        };
        let version = ffi::WEBP_MUX_ABI_VERSION.cast_signed();
        // SAFETY: the options are complete, and copied by the call.
        let encoder =
            unsafe { ffi::WebPAnimEncoderNewInternal(width, height, &raw const options, version) };
        Ok(Self {
            encoder: NonNull::new(encoder).ok_or_else(|| failed(1))?,
            config,
            picture,
            pixels,
            time: 0,
        })
    }

    /// Adds the frame that `rows` yield in RGBA, seen for `milliseconds`.
    ///
    /// # Errors
    ///
    /// What stopped the rows, [`Error::Encoder`].
    pub(crate) fn add(&mut self, mut rows: Box<dyn Source + '_>, milliseconds: u32) -> Result<()> {
        let mut left = &mut self.pixels[..];
        while rows.advance()? {
            let strip = rows.rows();
            let plane = &strip.planes()[0];
            for y in 0..plane.height {
                let row = plane.row(y).as_chunks().0;
                let (pixels, rest) = left.split_at_mut(row.len());
                for (pixel, &[red, green, blue, alpha]) in pixels.iter_mut().zip(row) {
                    *pixel = u32::from_be_bytes([alpha, red, green, blue]);
                }
                left = rest;
            }
        }
        // Its memory is the encoder's now.
        drop(rows);
        // SAFETY: the encoder lives; the picture is of its size, and its pixels are
        // `self.pixels`, which neither moved nor changed length since `new`. The
        // encoder keeps no pointer to either.
        let added = unsafe {
            ffi::WebPAnimEncoderAdd(
                self.encoder.as_ptr(),
                &raw mut self.picture,
                self.time,
                &raw const self.config,
            )
        };
        if added == 0 {
            return Err(failed(self.picture.error_code as i32));
        }
        let milliseconds = c_int::try_from(milliseconds).unwrap_or(c_int::MAX);
        self.time = self
            .time
            .checked_add(milliseconds)
            .ok_or(Error::Unsupported("its frames are shown for over 24 days"))?;
        Ok(())
    }

    /// Ends the animation.
    ///
    /// # Errors
    ///
    /// [`Error::Encoder`].
    pub(crate) fn finish(mut self) -> Result<File> {
        // What the last frame takes in memory, the file may.
        self.pixels = Vec::new();
        let mut file = File(ffi::WebPData {
            bytes: ptr::null(),
            size: 0,
        });
        // SAFETY: the encoder lives; no frame is how the end is told to it, and the
        // file is a place for what it allocates.
        let done = unsafe {
            let encoder = self.encoder.as_ptr();
            ffi::WebPAnimEncoderAdd(encoder, ptr::null_mut(), self.time, ptr::null()) != 0
                && ffi::WebPAnimEncoderAssemble(encoder, &raw mut file.0) != 0
        };
        if done { Ok(file) } else { Err(failed(2)) }
    }
}

impl Drop for Animation {
    fn drop(&mut self) {
        // SAFETY: it lives until here, and nothing else holds it.
        unsafe { ffi::WebPAnimEncoderDelete(self.encoder.as_ptr()) };
    }
}

/// The encoder keeps three canvases and the frame, makes a changed part's picture
/// lossy and lossless and keeps both, and holds the result twice at the end.
pub(crate) fn peak(plan: &Plan) -> Vec<Part> {
    let tiled = |side: u32| u64::from(side.next_multiple_of(64));
    let pixels = tiled(plan.output.width) * tiled(plan.output.height);
    let frame = Part::new("frame", 4 * plan.output.pixels()).held(Held::Throughout);
    let canvases = Part::new("WebP canvases", 12 * plan.output.pixels()).held(Held::Throughout);
    let (fixed, tenths) = if plan.lossless {
        LOSSLESS_ENCODER
    } else {
        ENCODER
    };
    let encoder = fixed + pixels * tenths / 10;
    let encoder = Part::new("WebP encoder", encoder).held(Held::Encoding);
    let tenths = if plan.lossless {
        LOSSLESS_TENTHS
    } else {
        result_tenths(plan.native_quality)
    };
    let pixels = plan.output.pixels() * tenths / 10;
    let result = u64::from(plan.source.frames) * (FRAME_BYTES + pixels);
    let result = Part::new("result", 2 * result).held(Held::Throughout);
    vec![frame, canvases, encoder, result]
}

/// What one frame's encoding takes: bytes, and tenths of a byte for each pixel. Measured.
const ENCODER: (u64, u64) = (768 << 10, 560);

/// The same where nothing is lost. Measured over noise, with alpha and without, and
/// photographs at 200 to 960 px: enlarged noise with alpha comes to 4 % below the whole plan.
const LOSSLESS_ENCODER: (u64, u64) = (1 << 20, 700);

/// What a frame takes beside its pixels.
const FRAME_BYTES: u64 = 512;

/// Tenths of a byte that noise with alpha takes for each pixel where nothing is lost: the
/// four it has, and what says so.
const LOSSLESS_TENTHS: u64 = 41;

/// Tenths of a byte that noise with alpha takes for each pixel of the result. Measured.
fn result_tenths(quality: u8) -> u64 {
    18 + u64::from(quality.saturating_sub(80)) / 4
}

/// Every frame is tried in both ways.
pub(in crate::encode) fn cost(plan: &Plan) -> Nanoseconds {
    let pixels = plan.output.pixels() * u64::from(plan.source.frames);
    Nanoseconds::fixed(500.0).and(pixels, 300.0)
}
