//! Decoding at every scale. libjpeg-turbo fills whole planes that it has filled
//! before; ours hands on strips.

use std::{collections::BTreeMap, hint::black_box};

use edgepix_engine::{
    Coding, Damage, Input,
    jpeg::{Decoder, Scale},
    probe,
};
use turbojpeg::{Decompressor, ScalingFactor, YuvImage};
use zune_jpeg::{JpegDecoder, zune_core::bytestream::ZCursor};

use super::{File, both, median, timed};

const RUNS: usize = 9;

pub(super) fn main(files: &[File]) {
    println!(
        "{:<36} {:>6} {:>9} {:>9} {:>6}",
        "decode", "scale", "ours ms", "turbo ms", "ratio"
    );
    // Ratios by kind and scale.
    let mut ratios = BTreeMap::<(&str, &str), Vec<f64>>::new();
    let mut against_zune = Vec::new();
    for (name, file) in files {
        let header = probe(&mut Input::new(&mut &file[..])).expect("it was probed");
        let Coding::Jpeg(coding) = header.coding else {
            continue;
        };
        let kind = match (name.starts_with("drawn"), coding.progressive) {
            (true, false) => "drawn, baseline",
            (true, true) => "drawn, progressive",
            (false, false) => "photographs, baseline",
            (false, true) => "photographs, progressive",
        };
        for scale in Scale::ALL {
            let mut turbo = Turbo::new(file, scale);
            let mut pairs: Vec<_> = (0..=RUNS)
                .map(|i| {
                    both(
                        i,
                        || timed(|| ours(file, scale)),
                        || timed(|| turbo.run(file)),
                    )
                })
                .collect();
            pairs.remove(0);
            let ratio = median(pairs.iter().map(|pair| pair.1 / pair.0).collect());
            println!(
                "{name:<36} {:>6} {:>9.2} {:>9.2} {ratio:>6.2}",
                scale.name(),
                median(pairs.iter().map(|pair| pair.0).collect()),
                median(pairs.iter().map(|pair| pair.1).collect()),
            );
            ratios.entry((kind, scale.name())).or_default().push(ratio);
        }
        let pairs = (0..RUNS).map(|i| {
            let (ours, zune) = both(
                i,
                || timed(|| ours(file, Scale::Full)),
                || timed(|| zune(file)),
            );
            zune / ours
        });
        against_zune.push(median(pairs.collect()));
    }
    println!(
        "\n{:<36} {:>6} {:>9} {:>6} {:>6}",
        "decode", "scale", "files", "median", "worst"
    );
    for ((kind, scale), ratios) in ratios {
        println!(
            "{kind:<36} {scale:>6} {:>9} {:>6.2} {:>6.2}",
            ratios.len(),
            median(ratios.clone()),
            ratios.iter().copied().fold(f64::MAX, f64::min)
        );
    }
    println!(
        "{:<36} {:>6} {:>9} {:>6.2} {:>6.2}\n",
        "all, against zune-jpeg",
        Scale::Full.name(),
        against_zune.len(),
        median(against_zune.clone()),
        against_zune.iter().copied().fold(f64::MAX, f64::min)
    );
}

fn ours(file: &[u8], scale: Scale) {
    let mut bytes = file;
    let input = Input::new(&mut bytes);
    let mut decoder = Decoder::open(input, [scale; 4], Damage::Refuse).expect("a good file");
    while decoder.advance().expect("a good file") {
        black_box(decoder.rows());
    }
}

struct Turbo {
    decoder: Decompressor,
    image: YuvImage<Vec<u8>>,
}

impl Turbo {
    fn new(file: &[u8], scale: Scale) -> Self {
        let mut decoder = Decompressor::new().expect("memory");
        let factor = ScalingFactor::new(scale.samples() as usize, 8);
        decoder.set_scaling_factor(factor).expect("a factor it has");
        let header = decoder.read_header(file).expect("a good file");
        let size = header.scaled(factor);
        let length = turbojpeg::yuv_pixels_len(size.width, 1, size.height, header.subsamp)
            .expect("a size it has");
        let image = YuvImage {
            pixels: vec![0; length],
            width: size.width,
            align: 1,
            height: size.height,
            subsamp: header.subsamp,
        };
        Self { decoder, image }
    }

    fn run(&mut self, file: &[u8]) {
        self.decoder
            .decompress_to_yuv(file, self.image.as_deref_mut())
            .expect("a good file");
        black_box(&self.image.pixels);
    }
}

fn zune(file: &[u8]) {
    let mut decoder = JpegDecoder::new(ZCursor::new(file));
    decoder.decode_headers().expect("a good file");
    let mut raw = decoder.raw_output();
    let layout = raw.layout().expect("headers were read");
    let mut planes: Vec<_> = layout[..3]
        .iter()
        .map(|plane| vec![0; plane.width.next_multiple_of(8) * 64])
        .collect();
    let strides = [0, 1, 2].map(|i| layout[i].width.next_multiple_of(8));
    loop {
        let mut slices: Vec<_> = planes.iter_mut().map(Vec::as_mut_slice).collect();
        match raw.decode_next_imcu_row(&mut slices, &strides) {
            Ok(zune_jpeg::RawImcuRowStatus::RowReady { .. }) => {}
            _ => break,
        }
        black_box(&planes);
    }
}
