//! What an AVIF says of itself. No decoder is linked: the boxes and the coded images' own
//! headers are read and must agree.

#![cfg(any(feature = "libaom", feature = "rav1e"))]

mod support;

use edgepix_corpus::{synth, write};
use edgepix_engine::{OutputFormat, Request};
use support::{
    run, run_to_png,
    sources::{requests, sources},
    to,
};

#[test]
fn avif_says_what_a_decoder_must_know() {
    for (name, file) in sources() {
        for request in requests(OutputFormat::Avif) {
            let expected = run_to_png(&request, &file);
            let avif = support::avif::read(&run(&request, &file));
            let (width, height) = (expected.width, expected.height);
            let has_alpha = expected.channels.is_multiple_of(2);
            assert_eq!(avif.brand, b"avif", "{name}");
            assert_eq!(avif.sizes, [(width, height)], "{name}");
            assert_eq!(avif.has_alpha, has_alpha, "{name}");
            assert_eq!(avif.configs.len(), 1 + usize::from(has_alpha), "{name}");
            for config in &avif.configs {
                // Marker and version; profile 0; 8 bits.
                assert_eq!((config[0], config[1] >> 5), (0x81, 0), "{name}");
                assert_eq!(config[2] & 0x60, 0, "{name}: 8 bits");
            }
            let says_grey = avif.configs[0][2] & 0x10 != 0;
            assert!(!says_grey, "{name}: grey is written with neutral chroma");
            assert!(
                avif.depths.iter().flatten().all(|&bits| bits == 8),
                "{name}"
            );
            // Primaries 1 (sRGB's), transfer 13 (sRGB's), matrix 6 (BT.601), full range:
            // stated, or left out because it is what their absence means.
            if let Some(colour) = avif.colour {
                assert_eq!(colour, b"nclx\0\x01\0\x0d\0\x06\x80", "{name}");
            }
            assert_eq!(avif.sequences.len(), 1 + usize::from(has_alpha), "{name}");
            let (colour, alpha) = avif.sequences.split_last().expect("an image");
            assert_eq!((colour.width, colour.height), (width, height), "{name}");
            assert!(!colour.is_monochrome && colour.is_full_range, "{name}");
            assert_eq!(colour.description, Some([1, 13, 6]), "{name}");
            for alpha in alpha {
                assert_eq!((alpha.width, alpha.height), (width, height), "{name}");
                assert!(alpha.is_monochrome && alpha.is_full_range, "{name}");
            }
        }
    }
}

#[test]
fn channels_are_stated_as_they_are_coded() {
    let grey = synth::photo(64, 48, 1).grey();
    for (picture, expected) in [
        (grey.clone(), vec![vec![8, 8, 8]]),
        (grey.with_vignette(), vec![vec![8, 8, 8], vec![8]]),
        (grey.rgb(), vec![vec![8, 8, 8]]),
    ] {
        let avif = support::avif::read(&run(&to(OutputFormat::Avif), &write::png(&picture)));
        assert_eq!(avif.depths, expected, "{} channels", picture.channels);
    }
}

#[test]
fn a_better_quality_makes_a_larger_avif() {
    let file = write::png(&synth::photo(130, 97, 8));
    let size = |quality| {
        let request = Request {
            quality: Some(quality),
            ..to(OutputFormat::Avif)
        };
        run(&request, &file).len()
    };
    assert!(size(10) < size(50) && size(50) < size(90));
}
