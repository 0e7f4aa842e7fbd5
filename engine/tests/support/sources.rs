//! One small file of every kind that is read, and what is asked of each.

use edgepix_corpus::{
    synth::{self, Picture},
    write::{self, JpegOptions, Sampling},
};
use edgepix_engine::{Fit, OutputFormat, Request};

use super::to;

pub(crate) const SIZE: (u32, u32) = (130, 97);

/// A source of each kind, with what a reader calls it.
pub(crate) fn sources() -> Vec<(&'static str, Vec<u8>)> {
    let (width, height) = SIZE;
    let photo = synth::photo(width, height, 8);
    let faded = photo.with_vignette();
    let jpeg = |picture: &Picture, options: JpegOptions| write::jpeg(picture, &options);
    let usual = JpegOptions::default();
    let sampled = |sampling| JpegOptions { sampling, ..usual };
    vec![
        ("4:2:0 JPEG", jpeg(&photo, usual)),
        ("4:4:4 JPEG", jpeg(&photo, sampled(Sampling::S444))),
        ("4:2:2 JPEG", jpeg(&photo, sampled(Sampling::S422))),
        ("4:4:0 JPEG", jpeg(&photo, sampled(Sampling::S440))),
        ("4:1:1 JPEG", jpeg(&photo, sampled(Sampling::S411))),
        (
            "progressive JPEG",
            jpeg(
                &photo,
                JpegOptions {
                    progressive: true,
                    ..usual
                },
            ),
        ),
        (
            "JPEG with restarts",
            jpeg(
                &photo,
                JpegOptions {
                    restart_interval: 3,
                    ..usual
                },
            ),
        ),
        (
            "JPEG by component",
            write::jpeg_by_component(&photo, &usual),
        ),
        ("grey JPEG", jpeg(&photo.grey(), usual)),
        ("PNG", write::png(&photo)),
        ("PNG with alpha", write::png(&faded)),
        ("grey PNG", write::png(&photo.grey())),
        ("grey PNG with alpha", write::png(&faded.grey())),
        ("palette PNG", write::png_palette(&photo)),
        ("palette PNG with alpha", write::png_palette(&faded)),
        ("16-bit PNG", write::png_sixteen_bit(&photo)),
        ("16-bit PNG with alpha", write::png_sixteen_bit(&faded)),
        ("16-bit grey PNG", write::png_sixteen_bit(&photo.grey())),
        ("lossy WebP", write::webp_lossy(&photo, 90)),
        ("lossy WebP with alpha", write::webp_lossy(&faded, 90)),
        ("lossless WebP", write::webp_lossless(&photo)),
        ("lossless WebP with alpha", write::webp_lossless(&faded)),
    ]
}

/// The usual size, an odd one, and turned on a canvas.
pub(crate) fn requests(format: OutputFormat) -> [Request; 3] {
    let best = Request {
        quality: Some(95),
        ..to(format)
    };
    [
        best.clone(),
        Request {
            width: Some(61),
            ..best.clone()
        },
        Request {
            width: Some(75),
            height: Some(75),
            fit: Fit::Contain,
            ..best
        },
    ]
}
