//! Awkward sizes: a single pixel, and heights about the edges of strips, through every stage.

mod support;

use edgepix_corpus::{
    synth::{self, Picture},
    write::{self, JpegOptions, Sampling},
};
use edgepix_engine::{Enlarge, Fit, OutputFormat, Request, Rotate, Target};
use support::{mean_difference, run, run_to_png, to, to_png};

const SAMPLINGS: [Sampling; 5] = [
    Sampling::S444,
    Sampling::S422,
    Sampling::S420,
    Sampling::S440,
    Sampling::S411,
];

/// One colour at full size, as every kind of source that samples it in its own way.
fn flat(width: u32, height: u32) -> Vec<Vec<u8>> {
    let picture = Picture::from_fn(width, height, |_, _| COLOUR);
    let jpeg = |sampling, progressive| {
        let options = JpegOptions {
            sampling,
            progressive,
            quality: 100,
            restart_interval: 0,
        };
        write::jpeg(&picture, &options)
    };
    let jpegs = SAMPLINGS
        .into_iter()
        .flat_map(|sampling| [jpeg(sampling, false), jpeg(sampling, true)]);
    jpegs
        .chain([write::png(&picture), write::png(&picture.rgba())])
        .collect()
}

const COLOUR: [u8; 3] = [180, 90, 40];

/// Whether every pixel is the colour, as nearly as lossy planes can hold it.
fn is_flat(picture: &Picture) -> bool {
    let mut pixels = picture.samples.chunks_exact(usize::from(picture.channels));
    pixels.all(|pixel| {
        let mut pairs = pixel.iter().zip(COLOUR);
        pairs.all(|(&sample, colour)| sample.abs_diff(colour) <= 5)
    })
}

fn assert_stays_flat(file: &[u8], request: &Request, size: (u32, u32), name: &str) {
    let with = |format| Request {
        quality: Some(100),
        format: Target::Format(format),
        ..request.clone()
    };
    for picture in [
        run_to_png(request, file),
        support::jpeg(&run(&with(OutputFormat::Jpeg), file)),
        support::webp(&run(&with(OutputFormat::Webp), file)),
    ] {
        assert_eq!((picture.width, picture.height), size, "{name}");
        assert!(is_flat(&picture), "{name}");
    }
    #[cfg(any(feature = "libaom", feature = "rav1e"))]
    {
        let avif = support::avif::read(&run(&with(OutputFormat::Avif), file));
        assert_eq!(avif.sizes, [size], "{name}");
    }
}

#[test]
fn the_smallest_pictures_go_to_every_format() {
    for (width, height) in [
        (1, 1),
        (2, 1),
        (1, 2),
        (3, 1),
        (1, 3),
        (2, 2),
        (3, 3),
        (1, 17),
    ] {
        for (i, file) in flat(width, height).iter().enumerate() {
            let name = format!("source {i} of {width}x{height}");
            assert_stays_flat(file, &to_png(), (width, height), &name);
        }
    }
}

#[test]
fn anything_can_become_one_pixel_and_a_pixel_anything() {
    let request = |width, height| Request {
        width: Some(width),
        height: Some(height),
        fit: Fit::Fill,
        enlarge: Enlarge::Allow,
        ..to_png()
    };
    for (i, file) in flat(67, 45).iter().enumerate() {
        let name = format!("source {i} to a pixel");
        assert_stays_flat(file, &request(1, 1), (1, 1), &name);
    }
    for (i, file) in flat(1, 1).iter().enumerate() {
        let name = format!("source {i} from a pixel");
        assert_stays_flat(file, &request(35, 19), (35, 19), &name);
    }
}

#[test]
fn every_height_about_a_strip_gives_every_row() {
    // No hue, so that shared chroma loses nothing; a row out of place is far from right.
    let gradient = synth::gradient(60, 200).grey().rgb();
    let options = JpegOptions {
        quality: 100,
        ..JpegOptions::default()
    };
    for file in [write::png(&gradient), write::jpeg(&gradient, &options)] {
        for height in (1..=4).chain(14..=18).chain(30..=34).chain([47, 48, 49]) {
            for (rotate, fit) in [
                (Rotate::None, Fit::Fill),
                (Rotate::Half, Fit::Fill),
                (Rotate::Quarter, Fit::Fill),
                (Rotate::None, Fit::Contain),
                (Rotate::Quarter, Fit::Contain),
            ] {
                let request = |format| Request {
                    width: Some(21),
                    height: Some(height),
                    rotate,
                    fit,
                    quality: Some(100),
                    ..to(format)
                };
                let png = run_to_png(&request(OutputFormat::Png), &file);
                assert_eq!((png.width, png.height), (21, height));
                let jpeg = support::jpeg(&run(&request(OutputFormat::Jpeg), &file));
                let webp = support::webp(&run(&request(OutputFormat::Webp), &file));
                for (name, picture) in [("JPEG", jpeg), ("WebP", webp)] {
                    let mean = mean_difference(&picture, &png);
                    assert!(mean < 3.0, "{name} {height} {rotate:?} {fit:?}: {mean:.2}");
                }
            }
        }
    }
}
