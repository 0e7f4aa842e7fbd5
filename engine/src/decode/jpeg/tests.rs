//! Whole files in every instruction set: the kernels have tests of their own.

use edgepix_corpus::{
    synth,
    write::{self, JpegOptions},
};

use super::{Decoder, Scale};
use crate::{input::Input, request::Damage, simd::Backend};

/// Everything that a file decodes to, strip by strip.
fn samples(file: &[u8], scale: Scale, backend: Backend) -> Vec<u8> {
    let mut bytes = file;
    let decoder = Decoder::open(Input::new(&mut bytes), [scale; 4], Damage::Refuse);
    let mut decoder = decoder.expect("a sound file");
    decoder.backend = backend;
    let mut samples = Vec::new();
    while decoder.advance().expect("a sound file") {
        for plane in decoder.rows().planes() {
            for y in 0..plane.height {
                samples.extend_from_slice(plane.row(y));
            }
        }
    }
    samples
}

#[test]
fn every_backend_decodes_the_same_planes() {
    let picture = synth::noise(531, 37, 3, 1);
    let usual = JpegOptions::default();
    let progressive = JpegOptions {
        progressive: true,
        ..usual
    };
    for file in [
        write::jpeg(&picture, &usual),
        write::jpeg(&picture, &progressive),
        write::jpeg_by_component(&picture, &usual),
    ] {
        for scale in Scale::ALL {
            let all = Backend::available().map(|backend| samples(&file, scale, backend));
            let all: Vec<_> = all.collect();
            assert!(all.iter().all(|one| *one == all[0]), "{scale:?}");
        }
    }
    for backend in Backend::available() {
        println!("decoded JPEG with {}", backend.name());
    }
}
