//! Encoding: each photograph is reduced to 1600 or 400 pixels across and written
//! at quality 100; its planes are then encoded by both: ours within the pipeline,
//! whose own clock says how long it took; theirs by `tj3CompressFromYUVPlanes8` on
//! whole planes, with its fixed Huffman tables and with tables made for the image,
//! as ours are.

use std::time::{Duration, Instant};

use edgepix_engine::{
    Chroma, Enlarge, Input, Limits, OutputFormat, Request, Stage, Target, transform,
};
use turbojpeg::{Compressor, OutputBuf, Subsamp, YuvPlanesImage};
use zune_jpeg::JpegDecoder;

use super::{File, both, median};

const RUNS: usize = 31;

/// How both encode.
#[derive(Clone, Copy)]
struct Mode {
    name: &'static str,
    quality: u8,
    chroma: Chroma,
    progressive: bool,
}

const USUAL: Mode = Mode {
    name: "420 q80",
    quality: 80,
    chroma: Chroma::Half,
    progressive: false,
};

const MODES: [Mode; 4] = [
    USUAL,
    Mode {
        name: "420 q95",
        quality: 95,
        ..USUAL
    },
    Mode {
        name: "444 q80",
        chroma: Chroma::Full,
        ..USUAL
    },
    Mode {
        name: "420 q80 progressive",
        progressive: true,
        ..USUAL
    },
];

pub(super) fn main(files: &[File]) {
    println!(
        "{:<36} {:>9} {:<20} {:>7} {:>7} {:>7} {:>6} {:>6} {:>9} {:>9} {:>9}",
        "encode",
        "size",
        "mode",
        "ours ms",
        "fixed",
        "made",
        "ratio",
        "ratio",
        "ours B",
        "fixed B",
        "made B"
    );
    let mut ratios = vec![Vec::new(); MODES.len()];
    let photographs = files
        .iter()
        .filter(|(name, _)| name.ends_with("-420") && !name.starts_with("drawn"));
    for (name, file) in photographs {
        for width in [1600, 400] {
            for (mode, ratios) in MODES.into_iter().zip(&mut ratios) {
                let source = reduced(file, width, mode.chroma);
                let ratio = compare(name, &source, mode);
                if width == 1600 {
                    ratios.push(ratio);
                }
            }
        }
    }
    println!(
        "\n{:<36} {:>9} {:>6} {:>6}",
        "encode at 1600 px, fixed tables", "files", "median", "worst"
    );
    for (mode, ratios) in MODES.into_iter().zip(ratios) {
        if ratios.is_empty() {
            continue;
        }
        println!(
            "{:<36} {:>9} {:>6.2} {:>6.2}",
            mode.name,
            ratios.len(),
            median(ratios.clone()),
            ratios.iter().copied().fold(f64::MAX, f64::min)
        );
    }
}

fn request(mode: Mode) -> Request {
    Request {
        format: Target::Format(OutputFormat::Jpeg),
        quality: Some(mode.quality),
        chroma: mode.chroma,
        progressive: mode.progressive,
        ..Request::default()
    }
}

fn reduced(file: &[u8], width: u32, chroma: Chroma) -> Vec<u8> {
    let finest = Mode {
        quality: 100,
        chroma,
        ..USUAL
    };
    let request = Request {
        width: Some(width),
        enlarge: Enlarge::Allow,
        ..request(finest)
    };
    run(&request, file).1
}

fn run(request: &Request, file: &[u8]) -> (Duration, Vec<u8>) {
    let mut bytes = file;
    let mut result = Vec::with_capacity(file.len() * 2);
    let input = Input::new(&mut bytes).with_length(file.len() as u64);
    let encoded = transform(request, &Limits::default(), input, &mut result);
    let time = encoded.expect("a good file").stages.of(Stage::Encode);
    (time, result)
}

struct Plane {
    width: usize,
    height: usize,
    samples: Vec<u8>,
}

/// The planes that a file holds.
fn planes(file: &[u8]) -> Vec<Plane> {
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
            width: shape.width,
            height: shape.height,
            samples,
        })
        .collect()
}

/// Prints a line and returns the ratio to fixed tables.
fn compare(name: &str, source: &[u8], mode: Mode) -> f64 {
    let request = request(mode);
    let mut planes = planes(source);
    let luma = &mut planes[0];
    if mode.chroma == Chroma::Half && luma.height % 2 == 1 {
        // Theirs wants an even number of luma rows.
        let last = luma.samples.len() - luma.width;
        luma.samples.extend_from_within(last..);
    }
    let mut fixed = Theirs::new(mode, false);
    let mut made = Theirs::new(mode, true);
    let mut sizes = [0; 3];
    let mut times: Vec<[f64; 3]> = (0..=RUNS)
        .map(|i| {
            let (ours, (fixed, made)) = both(
                i,
                || run(&request, source),
                || (fixed.run(&planes), made.run(&planes)),
            );
            sizes = [ours.1.len(), fixed.1, made.1];
            [ours.0, fixed.0, made.0].map(|time| time.as_secs_f64() * 1e3)
        })
        .collect();
    times.remove(0);
    let [ours, fixed, made] = [0, 1, 2].map(|i| median(times.iter().map(|time| time[i]).collect()));
    let ratio = |i: usize| median(times.iter().map(|time| time[i] / time[0]).collect());
    println!(
        "{name:<36} {:>9} {:<20} {:>7.2} {:>7.2} {:>7.2} {:>6.2} {:>6.2} {:>9} {:>9} {:>9}",
        format!("{}x{}", planes[0].width, planes[0].height),
        mode.name,
        ours,
        fixed,
        made,
        ratio(1),
        ratio(2),
        sizes[0],
        sizes[1],
        sizes[2],
    );
    ratio(1)
}

struct Theirs {
    compressor: Compressor,
    subsampling: Subsamp,
    output: OutputBuf<'static>,
}

impl Theirs {
    fn new(mode: Mode, optimise: bool) -> Self {
        let mut compressor = Compressor::new().expect("memory");
        let subsampling = match mode.chroma {
            Chroma::Half => Subsamp::Sub2x2,
            Chroma::Full => Subsamp::None,
        };
        compressor.set_subsamp(subsampling).expect("a known one");
        compressor
            .set_quality(mode.quality.into())
            .expect("1 to 100");
        compressor.set_optimize(optimise).expect("a switch");
        compressor
            .set_progressive(mode.progressive)
            .expect("a switch");
        Self {
            compressor,
            subsampling,
            output: OutputBuf::new_owned(),
        }
    }

    fn run(&mut self, planes: &[Plane]) -> (Duration, usize) {
        let [y, u, v] = planes else {
            unreachable!("three planes")
        };
        let image = YuvPlanesImage {
            y_plane: &y.samples[..],
            u_plane: &u.samples[..],
            v_plane: &v.samples[..],
            width: y.width,
            height: y.height,
            y_stride: y.width,
            u_stride: u.width,
            v_stride: v.width,
            subsamp: self.subsampling,
        };
        let began = Instant::now();
        self.compressor
            .compress_yuv_planes(&image, &mut self.output)
            .expect("a valid image");
        (began.elapsed(), self.output.len())
    }
}
