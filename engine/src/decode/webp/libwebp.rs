//! WebP through libwebp's incremental decoder: lossy ones without alpha to the planes
//! they are stored in, others to red, green, blue and alpha.

#![expect(unsafe_code, reason = "the calls into libwebp, and nothing else")]

use std::{
    ffi::c_int,
    ptr::{self, NonNull},
    time::{Duration, Instant},
};

use libwebp_sys as ffi;

use super::{
    STRIP_ROWS,
    codes::{self, Unknown},
    held::Held,
    scaled,
};
use crate::{
    budget::zeroed,
    decode::{Source, jpeg::Scale},
    error::{Error, Resource, Result},
    header::{Header, WebpCoding},
    input::Input,
    pixels::{Dimensions, Layout, Plane, Rows},
    stages::{Clock, Stage},
};

/// Fewest bytes given to libwebp at a time.
const FEED_BYTES: usize = 64 << 10;

/// Most times that a lossless file is fed. libwebp begins its header anew each time
/// until all of it is there, and goes back by up to 8 rows where the bytes end.
const FEEDS: usize = 16;

/// Decodes a WebP strip by strip.
pub(in crate::decode) struct Decoder<'a> {
    libwebp: Libwebp,
    held: Held<'a>,
    layout: Layout,
    feed_bytes: usize,
    is_scaled: bool,
    size: Dimensions,
    /// What the last feed took.
    step: Duration,
    /// Whether the prefix codes of lossless data have been found to fit, or there are none.
    codes_fit: bool,
    /// Bytes that they may take: what was planned, and what the plan leaves over.
    allowed: u64,
    /// Rows of the first plane that are decoded, and rows of each that were handed on.
    ready: usize,
    handed: [usize; 3],
    /// Rows of each plane in the present strip, the last of those handed on.
    strip: [usize; 3],
    clock: Clock,
}

impl<'a> Decoder<'a> {
    pub(in crate::decode) fn new(
        header: &Header,
        coding: &WebpCoding,
        (scales, unfiltered): (&[Scale], bool),
        (mut input, left): (Input<'a>, u64),
        clock: &Clock,
    ) -> Result<Self> {
        input.set_clock(clock.clone());
        let _timed = clock.enter(Stage::Decode);
        let scale = scales.first().copied().unwrap_or(Scale::Full);
        let layout = super::layout(header, coding, scale);
        let size = header.dimensions;
        let all = usize::try_from(super::held::bytes(coding)).unwrap_or(usize::MAX);
        Ok(Self {
            libwebp: Libwebp::new(
                &layout,
                (scale != Scale::Full).then(|| scaled(size, scale)),
                unfiltered,
            )?,
            held: Held::new((size.width, size.height), coding, input)?,
            layout,
            feed_bytes: if coding.lossless {
                FEED_BYTES.max(all / FEEDS)
            } else {
                FEED_BYTES
            },
            is_scaled: scale != Scale::Full,
            size,
            codes_fit: !coding.lossless && coding.alpha.is_none(),
            allowed: left.saturating_add(CODES_BYTES),
            ready: 0,
            step: Duration::ZERO,
            handed: [0; 3],
            strip: [0; 3],
            clock: clock.clone(),
        })
    }

    fn height(&self, plane: usize) -> usize {
        self.layout.planes[plane].height as usize
    }

    /// Rows that each plane's next strip may have: as many of luma as of chroma.
    fn next_strip(&self) -> Option<[usize; 3]> {
        let strip = STRIP_ROWS as usize;
        let left = self.height(0) - self.handed[0];
        let is_done = self.ready == self.height(0);
        if is_done && left <= strip {
            let rest = |i: usize| self.height(i) - self.handed[i];
            return Some(match self.layout.planes.len() {
                1 => [left, 0, 0],
                _ => [left, rest(1), rest(2)],
            });
        }
        // Scaled chroma may be a row behind its luma.
        let behind = if self.is_scaled && !is_done { 2 } else { 0 };
        (self.handed[0] + strip + behind <= self.ready).then_some([strip, strip / 2, strip / 2])
    }

    /// Looks whether the prefix codes fit, which libwebp must not be given before.
    /// False if more bytes are needed to know.
    fn check_codes(&mut self) -> Result<bool> {
        if let Some(data) = self.held.lossless() {
            match codes::table_bytes(data, self.size.width, self.size.height) {
                Ok(needed) if needed > self.allowed => {
                    return Err(Error::TooLarge {
                        resource: Resource::Memory,
                        needed,
                        allowed: self.allowed,
                    });
                }
                Err(Unknown::Cut) if !self.held.is_whole() => return Ok(false),
                _ => {}
            }
        }
        self.codes_fit = true;
        Ok(true)
    }

    fn broken(&self, status: ffi::VP8StatusCode) -> Error {
        use ffi::VP8StatusCode as Status;
        match status {
            Status::VP8_STATUS_OUT_OF_MEMORY => crate::budget::out_of_memory(0),
            Status::VP8_STATUS_UNSUPPORTED_FEATURE => {
                Error::Unsupported("it uses a rare variant of WebP")
            }
            _ => Error::Malformed {
                offset: self.held.position(),
                rule: "its picture is as RFC 6386 and RFC 9649 say",
            },
        }
    }
}

impl Source for Decoder<'_> {
    fn advance(&mut self) -> Result<bool> {
        let clock = self.clock.clone();
        let _timed = clock.enter(Stage::Decode);
        loop {
            if let Some(strip) = self.next_strip() {
                self.strip = strip;
                for (handed, rows) in self.handed.iter_mut().zip(strip) {
                    *handed += rows;
                }
                return Ok(strip[0] > 0);
            }
            if self.held.is_whole() {
                return Err(self.held.cut());
            }
            // A lossless picture comes in a few long steps.
            self.held.admit(self.step)?;
            let began = Instant::now();
            self.held.read(self.feed_bytes)?;
            if !self.codes_fit && !self.check_codes()? {
                continue;
            }
            let status = self.libwebp.update(self.held.bytes());
            self.ready = match status {
                ffi::VP8StatusCode::VP8_STATUS_OK => self.height(0),
                ffi::VP8StatusCode::VP8_STATUS_SUSPENDED => self.libwebp.rows(),
                other => return Err(self.broken(other)),
            };
            self.step = began.elapsed();
        }
    }

    fn rows(&self) -> Rows<'_> {
        let planes = self.layout.planes.iter().zip(&self.libwebp.planes);
        Rows::new(planes.enumerate().map(|(i, (shape, plane))| {
            let row_bytes = shape.row_bytes();
            let (end, height) = (self.handed[i], self.strip[i]);
            Plane {
                data: &plane[(end - height) * row_bytes..end * row_bytes],
                stride: row_bytes,
                row_bytes,
                height,
            }
        }))
    }
}

/// libwebp's decoder and what it writes to.
struct Libwebp {
    /// Invariant: from `WebPIDecode`, and not deleted.
    decoder: NonNull<ffi::WebPIDecoder>,
    /// What was decoded. Invariant: neither moved nor resized, `decoder` writes there.
    planes: Vec<Vec<u8>>,
    /// Invariant: neither moved nor changed, `decoder` refers to it.
    _config: Box<ffi::WebPDecoderConfig>,
}

impl Libwebp {
    /// Makes a decoder to planes of this layout, which are `scaled` if that is given.
    fn new(layout: &Layout, scaled: Option<Dimensions>, unfiltered: bool) -> Result<Self> {
        let mut planes: Vec<Vec<u8>> = layout
            .planes
            .iter()
            .map(|shape| zeroed(shape.row_bytes() * shape.height as usize))
            .collect::<Result<_>>()?;
        let strides: Vec<_> = layout
            .planes
            .iter()
            .map(|shape| length(shape.row_bytes()))
            .collect::<Result<_>>()?;
        let config = ffi::WebPDecoderConfig::new().map_err(|()| failed())?;
        let mut config = Box::new(config);
        if let Some(size) = scaled {
            config.options.use_scaling = 1;
            config.options.scaled_width = length(size.width as usize)?;
            config.options.scaled_height = length(size.height as usize)?;
        }
        config.options.bypass_filtering = c_int::from(unfiltered);
        config.output.is_external_memory = 1;
        match &mut planes[..] {
            [luma, cb, cr] => {
                config.output.colorspace = ffi::WEBP_CSP_MODE::MODE_YUV;
                config.output.u.YUVA = ffi::WebPYUVABuffer {
                    y: luma.as_mut_ptr(),
                    u: cb.as_mut_ptr(),
                    v: cr.as_mut_ptr(),
                    a: ptr::null_mut(),
                    y_stride: strides[0],
                    u_stride: strides[1],
                    v_stride: strides[2],
                    a_stride: 0,
                    y_size: luma.len(),
                    u_size: cb.len(),
                    v_size: cr.len(),
                    a_size: 0,
                };
            }
            [pixels] => {
                config.output.colorspace = if layout.alpha {
                    ffi::WEBP_CSP_MODE::MODE_RGBA
                } else {
                    ffi::WEBP_CSP_MODE::MODE_RGB
                };
                config.output.u.RGBA = ffi::WebPRGBABuffer {
                    rgba: pixels.as_mut_ptr(),
                    stride: strides[0],
                    size: pixels.len(),
                };
            }
            _ => return Err(failed()),
        }
        // SAFETY: no data is given; the configuration was initialised by libwebp, and
        // is kept where it is, like the planes it points to, as long as the decoder.
        let decoder = unsafe { ffi::WebPIDecode(ptr::null(), 0, &raw mut *config) };
        Ok(Self {
            decoder: NonNull::new(decoder).ok_or_else(|| crate::budget::out_of_memory(0))?,
            planes,
            _config: config,
        })
    }

    /// Decodes what has come, `data` being all of it from the beginning.
    fn update(&mut self, data: &[u8]) -> ffi::VP8StatusCode {
        // SAFETY: `data` is readable and holds what it held at the call before, which
        // libwebp asks for; it keeps no more than where that was, to find its place
        // in this. Planes are as large as the configuration says, which it checks
        // against the size in `data` before it writes.
        unsafe { ffi::WebPIUpdate(self.decoder.as_ptr(), data.as_ptr(), data.len()) }
    }

    /// Rows of the first plane that are decoded.
    fn rows(&self) -> usize {
        let mut rows = 0;
        let none = ptr::null_mut();
        // SAFETY: libwebp reads its own decoder; null is for what is not asked.
        unsafe {
            ffi::WebPIDecodedArea(self.decoder.as_ptr(), none, none, none, &raw mut rows);
        }
        usize::try_from(rows).unwrap_or(0)
    }
}

impl Drop for Libwebp {
    fn drop(&mut self) {
        // SAFETY: the decoder is libwebp's own, and is not used again.
        unsafe { ffi::WebPIDelete(self.decoder.as_ptr()) };
    }
}

fn length(bytes: usize) -> Result<c_int> {
    c_int::try_from(bytes).map_err(|_| crate::budget::out_of_memory(bytes))
}

/// libwebp of another version than its bindings, or a layout it has none for.
fn failed() -> Error {
    Error::Unsupported("this build's libwebp does not fit it")
}

impl Decoder<'_> {
    /// What is inside libwebp.
    pub(super) fn bytes(header: &Header, coding: &WebpCoding, scale: Scale) -> u64 {
        let size = header.dimensions;
        // Sums of the rescaler: 2 a sample, of 4 bytes, for each channel.
        let rescaler = if scale == Scale::Full {
            0
        } else {
            let channels = 4;
            u64::from(scaled(size, scale).width) * 2 * 4 * channels
        };
        let inside = if coding.lossless {
            lossless_bytes(size.width.into(), size.pixels())
        } else {
            // The plane, and what decodes it.
            let alpha = match &coding.alpha {
                Some(_) => size.pixels() + lossless_bytes(size.width.into(), size.pixels()),
                None => 0,
            };
            // By macroblocks across: 1,152 samples of the rows that are filtered, 800
            // bytes of coefficients, 42 of what the rows above left behind.
            (96 << 10) + u64::from(size.width.div_ceil(16)) * 2000 + alpha
        };
        inside + rescaler
    }
}

/// What is planned for the tables of prefix codes, and what else is small. Few
/// pictures need more, and those may only have it if the limits leave it over.
const CODES_BYTES: u64 = 256 << 10;

/// What is inside the decoder of lossless pictures.
fn lossless_bytes(width: u64, pixels: u64) -> u64 {
    // The picture, 17 rows of it, and 3 images of a quarter a side: two transforms and
    // which codes are used where.
    let image = 4 * (pixels + 17 * width) + 3 * pixels / 4;
    image + CODES_BYTES
}
