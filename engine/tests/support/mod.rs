//! What the integration tests share: one call to run the engine, and readers of what it
//! wrote that are not the engine's own.

#![allow(
    dead_code,
    reason = "every test program is a crate of its own and uses its share of this"
)]

pub(crate) mod avif;
pub(crate) mod heif;
pub(crate) mod memory;
pub(crate) mod planes;
pub(crate) mod reference;
pub(crate) mod sources;
pub(crate) mod turned;

use std::io::Cursor;

use edgepix_corpus::synth::Picture;
use edgepix_engine::{
    Encoded, Enlarge, Filter, Fit, Header, Input, Limits, OutputFormat, Plan, Request, Result,
    Target, plan, probe, transform,
};
use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

/// Every filter there is.
pub(crate) const FILTERS: [Filter; 5] = [
    Filter::Lanczos3,
    Filter::CatmullRom,
    Filter::Mitchell,
    Filter::Bilinear,
    Filter::Box,
];

/// Asks for PNG, which shows the engine's pixels as they are, and else for nothing.
pub(crate) fn to_png() -> Request {
    to(OutputFormat::Png)
}

/// Asks for PNG inside both sides, as far as they are given.
pub(crate) fn boxed(width: Option<u32>, height: Option<u32>, fit: Fit) -> Request {
    Request {
        width,
        height,
        fit,
        ..to_png()
    }
}

/// The same, and larger than the source if need be.
pub(crate) fn enlarged(request: Request) -> Request {
    Request {
        enlarge: Enlarge::Allow,
        ..request
    }
}

/// Asks for a format, and else for nothing.
pub(crate) fn to(format: OutputFormat) -> Request {
    Request {
        format: Target::Format(format),
        ..Request::default()
    }
}

/// Transforms a file under the usual limits.
pub(crate) fn try_run(request: &Request, file: &[u8]) -> Result<(Encoded, Vec<u8>)> {
    let mut bytes = file;
    let mut out = Vec::new();
    let encoded = transform(
        request,
        &Limits::default(),
        Input::new(&mut bytes),
        &mut out,
    )?;
    Ok((encoded, out))
}

/// Transforms a file that can be transformed.
pub(crate) fn run(request: &Request, file: &[u8]) -> Vec<u8> {
    match try_run(request, file) {
        Ok((_, out)) => out,
        Err(error) => panic!("{error} ({request:?})"),
    }
}

/// Transforms a file to PNG and reads the pixels back.
pub(crate) fn run_to_png(request: &Request, file: &[u8]) -> Picture {
    let request = Request {
        format: Target::Format(OutputFormat::Png),
        ..request.clone()
    };
    png(&run(&request, file))
}

/// Probes a file that has a sound header.
pub(crate) fn header(file: &[u8]) -> Header {
    let mut bytes = file;
    probe(&mut Input::new(&mut bytes)).expect("a sound header")
}

/// A PNG of 8-bit RGB that ends where its image data should begin: as much as planning reads.
pub(crate) fn png_header(width: u32, height: u32) -> Vec<u8> {
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR",
        &width.to_be_bytes()[..],
        &height.to_be_bytes(),
        &[8, 2, 0, 0, 0],
        // The checksum, which planning does not look at, then the image data's length.
        &[0; 8],
        b"IDAT",
    ]
    .concat()
}

/// Plans for a PNG of a size, with memory enough for any.
pub(crate) fn planned(width: u32, height: u32, request: &Request) -> Result<Plan> {
    let limits = Limits {
        peak_bytes: 1 << 40,
        ..Limits::default()
    };
    plan(request, &header(&png_header(width, height)), &limits)
}

/// Reads a PNG of 8 bits as it is stored, or its palette's colours.
pub(crate) fn png(file: &[u8]) -> Picture {
    let mut decoder = png::Decoder::new(Cursor::new(file));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().expect("a PNG");
    let (kind, depth) = reader.output_color_type();
    assert_eq!(depth, png::BitDepth::Eight, "written with 8 bits");
    let mut samples = vec![0; reader.output_buffer_size().expect("a small PNG")];
    reader.next_frame(&mut samples).expect("a whole PNG");
    reader.finish().expect("an end of the PNG");
    Picture {
        width: reader.info().width,
        height: reader.info().height,
        channels: u8::try_from(kind.samples()).expect("one to four"),
        samples,
    }
}

/// Reads a WebP.
pub(crate) fn webp(file: &[u8]) -> Picture {
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(file)).expect("a WebP");
    let (width, height) = decoder.dimensions();
    let mut samples = vec![0; decoder.output_buffer_size().expect("a small WebP")];
    decoder.read_image(&mut samples).expect("a whole WebP");
    Picture {
        width,
        height,
        channels: if decoder.has_alpha() { 4 } else { 3 },
        samples,
    }
}

/// Reads a JPEG as RGB.
pub(crate) fn jpeg(file: &[u8]) -> Picture {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    let samples = decoder.decode().expect("a whole JPEG");
    let (width, height) = decoder.dimensions().expect("decoded");
    Picture {
        width: u32::try_from(width).expect("16 bits"),
        height: u32::try_from(height).expect("16 bits"),
        channels: 3,
        samples,
    }
}

/// Reads the planes of a JPEG, all at once and as they are stored.
pub(crate) fn jpeg_planes(file: &[u8]) -> Vec<Picture> {
    let options = DecoderOptions::default()
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    decoder.decode_headers().expect("a JPEG");
    let mut raw = decoder.raw_output();
    let count = raw.num_components().expect("after the headers");
    let layout = raw.layout().expect("after the headers");
    let mut buffers: Vec<_> = layout[..count]
        .iter()
        .map(|plane| vec![0; plane.byte_size])
        .collect();
    let mut planes: Vec<_> = buffers.iter_mut().map(Vec::as_mut_slice).collect();
    raw.decode_into_planes(&mut planes).expect("a whole JPEG");
    layout[..count]
        .iter()
        .zip(buffers)
        .map(|(plane, buffer)| Picture {
            width: u32::try_from(plane.width).expect("16 bits"),
            height: u32::try_from(plane.height).expect("16 bits"),
            channels: 1,
            samples: buffer
                .chunks(plane.stride)
                .take(plane.height)
                .flat_map(|row| &row[..plane.width])
                .copied()
                .collect(),
        })
        .collect()
}

/// Mean difference of two pictures' samples, in levels.
pub(crate) fn mean_difference(a: &Picture, b: &Picture) -> f64 {
    assert_eq!(
        (a.width, a.height, a.channels),
        (b.width, b.height, b.channels)
    );
    let sum: f64 = differences(a, b).map(f64::from).sum();
    let pixels = f64::from(a.width) * f64::from(a.height) * f64::from(a.channels);
    sum / pixels
}

/// Largest difference of two pictures' samples, in levels.
pub(crate) fn largest_difference(a: &Picture, b: &Picture) -> u8 {
    assert_eq!(
        (a.width, a.height, a.channels),
        (b.width, b.height, b.channels)
    );
    differences(a, b).max().unwrap_or(0)
}

fn differences(a: &Picture, b: &Picture) -> impl Iterator<Item = u8> {
    a.samples
        .iter()
        .zip(&b.samples)
        .map(|(a, &b)| a.abs_diff(b))
}
