//! The JPEG decoder against libjpeg-turbo at every scale, in alternating runs on
//! one thread, in processor time.
//!
//! `cargo bench -p edgepix-engine --bench jpeg [-- FILTER]`: FILTER is a part of a
//! file's name. The files are those of `edgepix-corpus all`. A ratio of 2.00 means
//! that libjpeg-turbo takes twice as long.

use std::{fs, hint::black_box, path::Path};

use edgepix_engine::{
    Coding, Damage, Input,
    jpeg::{Decoder, Scale},
    probe,
};
use turbojpeg::{Decompressor, ScalingFactor, YuvImage};

const RUNS: usize = 9;

fn main() {
    let filter = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/generated");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("run `edgepix-corpus all` first")
        .map(|entry| entry.expect("a folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jpg"))
        .filter(|path| {
            let name = path.file_name().expect("a file").to_string_lossy();
            filter.as_ref().is_none_or(|filter| name.contains(filter))
        })
        .collect();
    files.sort();
    println!(
        "{:<38} {:>5} {:>9} {:>9} {:>6}",
        "file", "scale", "ours ms", "turbo ms", "ratio"
    );
    for path in files {
        let file = fs::read(&path).expect("a file");
        let name = path
            .file_stem()
            .expect("a file")
            .to_string_lossy()
            .into_owned();
        let mut bytes = &file[..];
        let Ok(header) = probe(&mut Input::new(&mut bytes)) else {
            continue;
        };
        let Coding::Jpeg(_) = header.coding else {
            continue;
        };
        if header.dimensions.pixels() < 4_000_000 {
            continue;
        }
        for scale in Scale::ALL {
            let mut turbo = Turbo::new(&file, scale);
            let mut pairs: Vec<_> = (0..=RUNS)
                .map(|_| (timed(|| ours(&file, scale)), timed(|| turbo.run(&file))))
                .collect();
            pairs.remove(0);
            let median = |mut values: Vec<f64>| {
                values.sort_by(f64::total_cmp);
                values[values.len() / 2]
            };
            println!(
                "{name:<38} {:>5} {:>9.2} {:>9.2} {:>6.2}",
                format!("{}/8", scale.samples()),
                median(pairs.iter().map(|pair| pair.0).collect()),
                median(pairs.iter().map(|pair| pair.1).collect()),
                median(pairs.iter().map(|pair| pair.1 / pair.0).collect()),
            );
        }
    }
}

fn ours(file: &[u8], scale: Scale) {
    let mut bytes = file;
    let mut decoder =
        Decoder::open(Input::new(&mut bytes), [scale; 4], Damage::Refuse).expect("a good file");
    while decoder.advance().expect("a good file") {
        black_box(decoder.rows());
    }
}

/// libjpeg-turbo, with memory that it has used before: it fills whole planes.
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

/// Milliseconds of this thread's processor time.
#[expect(unsafe_code, reason = "the clock is a C function")]
fn timed(work: impl FnOnce()) -> f64 {
    let now = || {
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: it writes one timespec.
        unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
        time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
    };
    let before = now();
    work();
    now() - before
}
