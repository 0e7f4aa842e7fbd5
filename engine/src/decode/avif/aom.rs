//! One AV1 still by libaom, in one call that cannot be interrupted.
//!
//! rav1d 1.1 was measured beside it (one core, 8-bit 4:2:0 of 12 megapixels and 10-bit
//! 4:4:4 of 6): it takes 0.083 and 0.080 s of CPU time where libaom takes 0.24 and 0.20,
//! and 30 and 46 MB where libaom takes 172 and 119. It makes the program 2.67 MB larger,
//! 0.98 MB when packed; libaom's decoder 0.27 MB and 0.14, because the encoder has half
//! of it already. The package was to stay small.

#![expect(unsafe_code, reason = "the calls into libaom, and nothing else")]

use std::{mem::MaybeUninit, ptr, slice};

use libaom_sys as ffi;

use crate::{
    budget::out_of_memory,
    error::{Error, Result},
    header::avif::{FRAME, FRAME_HEADER, SEQUENCE_HEADER, Sequence, TILE_LIST, next_unit},
};

/// A decoded frame, and the decoder that owns it.
pub(super) struct Frame {
    // Boxed, because libaom keeps its address.
    context: Box<ffi::aom_codec_ctx_t>,
    /// Invariant: points at an image of `context` that is as `sequence` says.
    image: ptr::NonNull<ffi::aom_image_t>,
    sequence: Sequence,
}

/// Samples of one row.
#[derive(Clone, Copy)]
pub(super) enum Samples<'a> {
    /// Of 8 bits.
    Bytes(&'a [u8]),
    /// Of more.
    Words(&'a [u16]),
}

impl Frame {
    /// Decodes the one frame of `stream`, which begins at `offset` of the file and
    /// must be as `sequence` says: memory was planned for that.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`], [`Error::Unsupported`], and [`Error::TooLarge`] if
    /// the allocator refuses.
    pub(super) fn decode(stream: &[u8], sequence: &Sequence, offset: u64) -> Result<Self> {
        check_units(stream, sequence, offset)?;
        let mut context = Context::new(offset)?;
        context.decode(stream, offset)?;
        let image = context.image().ok_or(Error::Malformed {
            offset,
            rule: "an AV1 still has a frame that is shown",
        })?;
        if !is_as_planned(image, sequence) {
            return Err(Error::Malformed {
                offset,
                rule: "a frame is as its sequence header says",
            });
        }
        let image = ptr::NonNull::from(image);
        Ok(Self {
            context: context.keep(),
            image,
            sequence: *sequence,
        })
    }

    /// Row `y` of a plane: luma, or one of two of chroma.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub(super) fn row(&self, plane: usize, y: usize) -> Samples<'_> {
        // SAFETY: libaom keeps the image until the context decodes again or is
        // destroyed, and `self` owns that and does neither.
        let image = unsafe { self.image.as_ref() };
        let (across, down) = match (plane, self.sequence.chroma) {
            (1 | 2, Some((across, down))) => (u32::from(across), u32::from(down)),
            (0, _) => (1, 1),
            _ => panic!("no plane {plane}"),
        };
        let width = self.sequence.width.div_ceil(across) as usize;
        let height = self.sequence.height.div_ceil(down) as usize;
        assert!(y < height, "row {y} of {height}");
        let stride = image.stride[plane].cast_unsigned() as usize;
        let is_wide = image.fmt & ffi::AOM_IMG_FMT_HIGHBITDEPTH != 0;
        // SAFETY: a plane of libaom has at least the rows and columns that the
        // image's size and subsampling say, which were compared with `sequence`;
        // rows are `stride` bytes apart, which is at least a row's own length;
        // samples of more than 8 bits are two bytes, aligned (asserted).
        unsafe {
            let start = image.planes[plane].add(y * stride);
            if is_wide {
                let start = start.cast::<u16>();
                assert!(
                    start.is_aligned() && stride >= 2 * width,
                    "a plane of words"
                );
                Samples::Words(slice::from_raw_parts(start, width))
            } else {
                assert!(stride >= width, "a plane of bytes");
                Samples::Bytes(slice::from_raw_parts(start, width))
            }
        }
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        // SAFETY: the context was initialised and is not used again.
        unsafe { ffi::aom_codec_destroy(&raw mut *self.context) };
    }
}

/// Refuses a stream that would make the decoder hold more than one frame of one
/// size: what is looked at was planned, and nothing else may come.
fn check_units(stream: &[u8], sequence: &Sequence, offset: u64) -> Result<()> {
    if Sequence::of_stream(stream, offset)? != *sequence {
        return Err(Error::Unsupported(
            "it is a grid of tiles that are not alike",
        ));
    }
    let (mut sequences, mut frames) = (0, 0);
    let mut rest = stream;
    while let Some(unit) = next_unit(&mut rest) {
        match unit.kind {
            SEQUENCE_HEADER => sequences += 1,
            FRAME | FRAME_HEADER => frames += 1,
            TILE_LIST => return Err(Error::Unsupported("it is AV1 of large scale tiles")),
            _ => {}
        }
    }
    match (sequences, frames) {
        (1, 1) => Ok(()),
        (1, 0) => Err(Error::Malformed {
            offset,
            rule: "an AV1 still has a frame",
        }),
        _ => Err(Error::Unsupported(
            "it is an AVIF of several layers or frames",
        )),
    }
}

fn is_as_planned(image: &ffi::aom_image_t, sequence: &Sequence) -> bool {
    let wide = ffi::AOM_IMG_FMT_HIGHBITDEPTH;
    let is_wide = image.fmt & wide != 0;
    let chroma = match (image.monochrome, image.fmt & !wide) {
        (0, ffi::AOM_IMG_FMT_I420) => Some((2, 2)),
        (0, ffi::AOM_IMG_FMT_I422) => Some((2, 1)),
        (0, ffi::AOM_IMG_FMT_I444) => Some((1, 1)),
        (1, _) => None,
        _ => return false,
    };
    (image.d_w, image.d_h) == (sequence.width, sequence.height)
        && image.bit_depth == u32::from(sequence.depth)
        && (is_wide || sequence.depth == 8)
        && chroma == sequence.chroma
        && image.stride.iter().all(|&stride| stride >= 0)
        && image.planes[..if chroma.is_some() { 3 } else { 1 }]
            .iter()
            .all(|plane| !plane.is_null())
}

/// An initialised libaom context.
struct Context(Option<Box<ffi::aom_codec_ctx_t>>);

impl Context {
    fn new(offset: u64) -> Result<Self> {
        // SAFETY: all zeros is how libaom wants a context before it is initialised.
        let mut context: Box<ffi::aom_codec_ctx_t> =
            Box::new(unsafe { MaybeUninit::zeroed().assume_init() });
        let config = ffi::aom_codec_dec_cfg {
            threads: 1,
            w: 0,
            h: 0,
            allow_lowbitdepth: 1,
        };
        // SAFETY: context and configuration are valid; the context keeps its
        // address, because it is boxed.
        let code = unsafe {
            ffi::aom_codec_dec_init_ver(
                &raw mut *context,
                ffi::aom_codec_av1_dx(),
                &raw const config,
                0,
                ffi::AOM_DECODER_ABI_VERSION.cast_signed(),
            )
        };
        check(code, offset)?;
        Ok(Self(Some(context)))
    }

    fn inner(&mut self) -> &mut ffi::aom_codec_ctx_t {
        self.0.as_mut().expect("it is there until it is kept")
    }

    fn decode(&mut self, stream: &[u8], offset: u64) -> Result<()> {
        // SAFETY: the context is initialised; libaom reads the stream's bytes and
        // keeps none of them.
        let code = unsafe {
            ffi::aom_codec_decode(self.inner(), stream.as_ptr(), stream.len(), ptr::null_mut())
        };
        check(code, offset)
    }

    /// The frame that was decoded.
    fn image(&mut self) -> Option<&ffi::aom_image_t> {
        let mut iterator = ptr::null();
        // SAFETY: the context is initialised; the iterator starts at null. An image
        // is valid until the next call.
        unsafe { ffi::aom_codec_get_frame(self.inner(), &raw mut iterator).as_ref() }
    }

    fn keep(mut self) -> Box<ffi::aom_codec_ctx_t> {
        self.0.take().expect("it is there until it is kept")
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        if let Some(context) = &mut self.0 {
            // SAFETY: the context was initialised and is not used again.
            unsafe { ffi::aom_codec_destroy(&raw mut **context) };
        }
    }
}

fn check(code: ffi::aom_codec_err_t, offset: u64) -> Result<()> {
    match code {
        ffi::AOM_CODEC_OK => Ok(()),
        ffi::AOM_CODEC_MEM_ERROR => Err(out_of_memory(0)),
        ffi::AOM_CODEC_UNSUP_BITSTREAM | ffi::AOM_CODEC_UNSUP_FEATURE => {
            Err(Error::Unsupported("it uses a rare variant of AV1"))
        }
        _ => Err(Error::Malformed {
            offset,
            rule: "an AV1 stream is as its specification says",
        }),
    }
}

/// What libaom holds while it decodes a still, and until the frame is let go: what it
/// notes of each block of 4 by 4 samples, which is most of it, the frame with a border,
/// and a frame for each filter that makes a copy. Measured with libaom 3.11 over noise
/// and photographs of 64x48 to 4000x3000, all of 8 and 10 bits and every subsampling.
pub(super) fn peak_bytes(sequence: &Sequence) -> u64 {
    let Sequence { width, height, .. } = *sequence;
    let aligned = |side: u32| u64::from(side.next_multiple_of(128));
    let blocks = aligned(width) * aligned(height) / 16;
    let bordered = |side: u32| u64::from(side.next_multiple_of(8) + 2 * BORDER);
    let luma = bordered(width) * bordered(height);
    // Grey has chroma like 4:2:0, which is not looked at.
    let (across, down) = sequence.chroma.unwrap_or((2, 2));
    let samples = luma + 2 * luma / (u64::from(across) * u64::from(down));
    let frame = samples * if sequence.depth > 8 { 2 } else { 1 };
    let copies = [
        sequence.has_restoration,
        sequence.has_superres,
        sequence.has_superres,
        sequence.has_grain,
    ];
    let copies = copies.into_iter().filter(|&is_made| is_made).count() as u64;
    FIXED_BYTES + blocks * BLOCK_BYTES + frame * (1 + copies)
}

/// Samples around a frame.
const BORDER: u32 = 64;

/// libaom's tables. Measured.
const FIXED_BYTES: u64 = 1152 << 10;

/// What libaom notes of a block. Measured.
const BLOCK_BYTES: u64 = 192;
