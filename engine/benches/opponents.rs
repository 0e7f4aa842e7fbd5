//! The stages of one image against the libraries they are measured by, in
//! alternating runs on one thread: resize against whole-image calls of
//! `fast_image_resize`, encode against the bare encoder library. JPEG has a
//! bench of its own, `encode`.
//!
//! `cargo bench -p edgepix-engine --bench opponents`; a ratio of 1.10 means
//! that the stage takes 10 % longer than its opponent. Planes are decoded from
//! the same JPEG on both sides. The stage's time is what the pipeline itself
//! reports, tables and buffers included.

use std::{hint::black_box, io, time::Duration};

use edgepix_corpus::{
    synth,
    write::{self, JpegOptions},
};
use edgepix_engine::{Dimensions, Input, Limits, OutputFormat, Request, Stage, Target, transform};
use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use zune_jpeg::JpegDecoder;

const RUNS: usize = 15;

fn main() {
    println!(
        "{:<34} {:>9} {:>9} {:>6}",
        "stage", "ours ms", "other ms", "ratio"
    );
    for (width, height, target) in [(6000, 4000, 400), (3000, 2000, 1600)] {
        let file = write::jpeg(&synth::photo(width, height, 1), &JpegOptions::default());
        let planes = decode(&file);
        let name = format!("resize {width}x{height} to {target}");
        let size = Dimensions {
            width: target,
            height: target * height / width,
        };
        compare(
            &name,
            || stage(&file, target, OutputFormat::Jpeg, Stage::Resize),
            || fir(&planes, size),
        );
    }
    for (width, height) in [(400, 267), (1600, 1067)] {
        let file = write::jpeg(&synth::photo(width, height, 1), &JpegOptions::default());
        let name = |format: &str| format!("encode {format} {width}x{height}");
        // Both sides encode what they have just decoded: as warm, or as cold.
        #[cfg(feature = "libwebp")]
        compare(
            &name("WebP"),
            || stage(&file, width, OutputFormat::Webp, Stage::Encode),
            || webp::encode(decode(&file)),
        );
    }
}

/// Runs both in turn and prints their medians and the median of the ratios.
fn compare(name: &str, mut ours: impl FnMut() -> Duration, mut other: impl FnMut() -> Duration) {
    let mut pairs: Vec<_> = (0..=RUNS).map(|_| (ours(), other())).collect();
    pairs.remove(0);
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "{name:<34} {:>9.2} {:>9.2} {:>6.2}",
        median(pairs.iter().map(|pair| ms(pair.0)).collect()),
        median(pairs.iter().map(|pair| ms(pair.1)).collect()),
        median(pairs.iter().map(|pair| ms(pair.0) / ms(pair.1)).collect()),
    );
}

/// The time that one stage of the pipeline reports.
fn stage(file: &[u8], width: u32, format: OutputFormat, stage: Stage) -> Duration {
    let request = Request {
        width: Some(width),
        format: Target::Format(format),
        ..Request::default()
    };
    let mut bytes = file;
    let input = Input::new(&mut bytes).with_length(file.len() as u64);
    let encoded = transform(&request, &Limits::default(), input, &mut io::sink());
    encoded.expect("a good file").stages.of(stage)
}

/// One plane of a whole image.
struct Plane {
    width: u16,
    height: u16,
    samples: Vec<u8>,
}

fn decode(file: &[u8]) -> Vec<Plane> {
    let mut decoder = JpegDecoder::new(zune_core::bytestream::ZCursor::new(file));
    decoder.decode_headers().expect("a good file");
    let mut raw = decoder.raw_output();
    let layout = raw.layout().expect("headers were read");
    let mut planes: Vec<_> = layout[..3]
        .iter()
        .map(|plane| vec![0; plane.width * plane.height])
        .collect();
    let mut slices: Vec<_> = planes.iter_mut().map(Vec::as_mut_slice).collect();
    let strides = [0, 1, 2].map(|i| layout[i].width);
    raw.decode_into_planes_strided(&mut slices, &strides)
        .expect("a good file");
    planes
        .into_iter()
        .zip(layout)
        .map(|(samples, shape)| Plane {
            width: u16::try_from(shape.width).expect("a JPEG"),
            height: u16::try_from(shape.height).expect("a JPEG"),
            samples,
        })
        .collect()
}

/// One call of `fast_image_resize` a plane.
fn fir(planes: &[Plane], size: Dimensions) -> Duration {
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    let mut resizer = Resizer::new();
    let began = std::time::Instant::now();
    for (i, plane) in planes.iter().enumerate() {
        let half = if i == 0 { 1 } else { 2 };
        let (width, height) = (plane.width.into(), plane.height.into());
        let from = ImageRef::new(width, height, &plane.samples, PixelType::U8).expect("whole");
        let (width, height) = (size.width.div_ceil(half), size.height.div_ceil(half));
        let mut to = Image::new(width, height, PixelType::U8);
        resizer
            .resize(&from, &mut to, &options)
            .expect("one layout");
        black_box(to.buffer());
    }
    began.elapsed()
}

/// libwebp on whole planes.
#[cfg(feature = "libwebp")]
mod webp {
    #![expect(unsafe_code, reason = "the bare library is a C library")]

    use std::time::{Duration, Instant};

    use libwebp_sys as ffi;

    use super::Plane;

    pub(super) fn encode(mut planes: Vec<Plane>) -> Duration {
        let (width, height) = (planes[0].width.into(), planes[0].height.into());
        // The range that WebP prescribes, as our side makes it.
        for plane in &mut planes {
            for sample in &mut plane.samples {
                *sample = 16 + (u16::from(*sample) * 219 / 255).to_le_bytes()[0];
            }
        }
        let began = Instant::now();
        let mut config = ffi::WebPConfig::new().expect("one version");
        config.quality = 80.0;
        let mut picture = ffi::WebPPicture::new().expect("one version");
        picture.use_argb = 0;
        (picture.width, picture.height) = (width, height);
        (picture.y_stride, picture.uv_stride) = (width, (width + 1) / 2);
        picture.y = planes[0].samples.as_mut_ptr();
        picture.u = planes[1].samples.as_mut_ptr();
        picture.v = planes[2].samples.as_mut_ptr();
        // SAFETY: the writer is initialised before it is used and freed after;
        // the planes are as long as their sizes say and outlive the call.
        unsafe {
            let mut writer = std::mem::zeroed();
            ffi::WebPMemoryWriterInit(&raw mut writer);
            picture.writer = Some(ffi::WebPMemoryWrite);
            picture.custom_ptr = (&raw mut writer).cast();
            assert_ne!(ffi::WebPEncode(&raw const config, &raw mut picture), 0);
            ffi::WebPMemoryWriterClear(&raw mut writer);
            ffi::WebPPictureFree(&raw mut picture);
        }
        began.elapsed()
    }
}
