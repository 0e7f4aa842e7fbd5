//! WebP stills: by libwebp as the file arrives, in builds with it; else whole, by
//! image-webp.
//!
//! What the codec is given is a container of our own making that holds the picture
//! and its alpha and nothing else ([`held`]), so neither sees what a container says
//! of its size, or the metadata around the picture.

mod codes;
mod held;
#[cfg(feature = "libwebp")]
mod libwebp;
#[cfg(not(feature = "libwebp"))]
mod pure;

#[cfg(feature = "libwebp")]
pub(super) use libwebp::Decoder;
#[cfg(not(feature = "libwebp"))]
pub(super) use pure::Decoder;

use super::jpeg::Scale;
use crate::{
    cost::Nanoseconds,
    header::{Header, WebpCoding},
    peak::Part,
    pixels::{Colour, Dimensions, Layout, Matrix, PlaneShape, Range, Ycc},
    plan::Plan,
};

/// Rows handed on together.
pub(super) const STRIP_ROWS: u32 = 16;

/// Whether the picture can be decoded smaller than it is stored: where it has no
/// alpha, because libwebp averages the colours of a lossy one without weighing them
/// by it (`src/dec/io_dec.c`, `EmitRescaledRGB` and `EmitRescaledYUV`), so that what
/// is hidden would show at every edge.
pub(super) fn can_scale(header: &Header) -> bool {
    cfg!(feature = "libwebp") && !header.alpha
}

/// Whether a scale is as small as looks like a full decode and takes less time,
/// where `wanted` stored samples become one. libwebp averages squares of samples, so
/// it takes two for each wanted, where JPEG's own scales need hardly more than one.
///
/// Of lossless pictures 1/4 saves 8 % of the time, and 44 of 126 MB (16 megapixels to
/// 400 px); 1/2 takes as much as it saves. Of lossy ones averaging takes more than our
/// resizer: 84 ms at 1/4 and 79 at 1/8, against 65 for all samples without the loop
/// filter, which libwebp leaves out too where it scales.
pub(super) fn suits(coding: &WebpCoding, scale: Scale, wanted: f64) -> bool {
    coding.lossless && scale <= Scale::Quarter && 2.0 * f64::from(scale.reduction()) <= wanted
}

/// Whether the loop filter of a lossy picture (RFC 6386, 15) is lost in the result: it
/// takes a sixth of the time. libwebp leaves it out from 4/3 on; twice that is asked here,
/// because what it evens lies within 4 samples of an edge.
pub(super) fn filter_is_lost(wanted: f64) -> bool {
    wanted >= 8.0 / 3.0
}

/// The planes that are decoded at a scale.
pub(super) fn layout(header: &Header, coding: &WebpCoding, scale: Scale) -> Layout {
    let size = header.dimensions;
    let small = scaled(size, scale);
    if coding.lossless || header.alpha || cfg!(not(feature = "libwebp")) {
        let mut layout = Layout::interleaved(Colour::Rgb, header.alpha, small);
        layout.planes[0] = stretched(layout.planes[0], size);
        return layout;
    }
    let mut layout = Layout::ycbcr420(false, small).meaning(Ycc {
        matrix: Matrix::Bt601,
        range: Range::Limited,
    });
    // Where a side is odd, the last chroma sample reaches past it, stored and scaled.
    let even = Dimensions {
        width: size.width.next_multiple_of(2),
        height: size.height.next_multiple_of(2),
    };
    for (i, plane) in layout.planes.iter_mut().enumerate() {
        *plane = stretched(*plane, if i == 0 { size } else { even });
    }
    layout
}

/// The same plane, spanning exactly this many pixels.
fn stretched(plane: PlaneShape, over: Dimensions) -> PlaneShape {
    PlaneShape {
        x_step: f64::from(over.width) / f64::from(plane.width),
        y_step: f64::from(over.height) / f64::from(plane.height),
        ..plane
    }
}

/// The size of what is decoded at a scale.
fn scaled(size: Dimensions, scale: Scale) -> Dimensions {
    Dimensions {
        width: size.width.div_ceil(scale.reduction()),
        height: size.height.div_ceil(scale.reduction()),
    }
}

/// The memory that a decoder will use.
pub(super) fn peak(header: &Header, coding: &WebpCoding, scales: &[Scale]) -> Vec<Part> {
    let scale = scales.first().copied().unwrap_or(Scale::Full);
    vec![
        Part::new("peeked header", header.head_bytes),
        // At least what was looked at, which is held twice while it grows.
        Part::new("source file", held::bytes(coding).max(header.head_bytes)),
        Part::new("decoded image", layout(header, coding, scale).bytes()),
        Part::new("WebP decoder", Decoder::bytes(header, coding, scale)),
    ]
}

/// Bits are decoded one by one; then pixels are made of them, and scaled.
pub(super) fn cost(plan: &Plan, coding: &WebpCoding) -> Nanoseconds {
    let pixels = plan.source.dimensions.pixels();
    let bytes = super::coded_bytes(&plan.source);
    let (each_byte, each_pixel) = match (coding.lossless, plan.unfiltered) {
        (true, _) => (24.0, 1.5),
        (false, true) => (66.0, 1.6),
        (false, false) => (66.0, 2.6),
    };
    Nanoseconds::fixed(150.0)
        .and(bytes, each_byte)
        .and(pixels, each_pixel)
}

/// Bytes of tables for the prefix codes of a lossless picture or of its alpha, whose
/// transforms begin at `data`, as libwebp makes them; 0 if the data is broken, which its
/// decoder will say.
pub(crate) fn code_table_bytes(data: &[u8], size: Dimensions) -> u64 {
    codes::table_bytes(data, size.width, size.height).unwrap_or(0)
}
