//! What the writers write, decoders that are not ours read back.

use std::io::Cursor;

use edgepix_corpus::synth::{self, Picture};
use edgepix_corpus::write::{self, Inks, JpegOptions, Sampling};
use edgepix_corpus::{hostile, sha256};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

const SAMPLINGS: [Sampling; 5] = [
    Sampling::S444,
    Sampling::S422,
    Sampling::S420,
    Sampling::S440,
    Sampling::S411,
];

/// Decodes strictly to RGB.
fn decoded(jpeg: &[u8]) -> Vec<u8> {
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    JpegDecoder::new_with_options(ZCursor::new(jpeg), options)
        .decode()
        .expect("a sound file")
}

fn decoded_png(png: &[u8]) -> Vec<u8> {
    let mut reader = png::Decoder::new(Cursor::new(png))
        .read_info()
        .expect("a sound header");
    let mut samples = vec![0; reader.output_buffer_size().expect("a small picture")];
    reader.next_frame(&mut samples).expect("a sound picture");
    samples
}

/// Mean square of the difference between two pictures.
fn error(a: &[u8], b: &[u8]) -> u64 {
    assert_eq!(a.len(), b.len());
    let squares = a
        .iter()
        .zip(b)
        .map(|(&a, &b)| u64::from(a.abs_diff(b)).pow(2));
    squares.sum::<u64>() / a.len() as u64
}

/// A picture whose sides fit no MCU, smooth enough that averaged chroma is no loss.
fn picture() -> Picture {
    synth::gradient(101, 67)
}

#[test]
fn a_jpeg_shows_its_picture_at_every_sampling() {
    for sampling in SAMPLINGS {
        let options = JpegOptions {
            quality: 95,
            sampling,
            ..Default::default()
        };
        let error = error(
            &decoded(&write::jpeg(&picture(), &options)),
            &picture().samples,
        );
        assert!(error < 6, "{sampling:?}: {error}");
    }
}

#[test]
fn a_progressive_jpeg_holds_the_coefficients_of_the_baseline_one() {
    for sampling in SAMPLINGS {
        let baseline = JpegOptions {
            sampling,
            ..Default::default()
        };
        let progressive = JpegOptions {
            progressive: true,
            ..baseline
        };
        let photo = synth::photo(101, 67, 1);
        let [baseline, progressive] =
            [baseline, progressive].map(|options| decoded(&write::jpeg(&photo, &options)));
        assert_eq!(baseline, progressive, "{sampling:?}");
    }
}

#[test]
fn restart_markers_change_no_pixel() {
    let photo = synth::photo(101, 67, 1);
    for progressive in [false, true] {
        let without = JpegOptions {
            progressive,
            ..Default::default()
        };
        let with = JpegOptions {
            restart_interval: 3,
            ..without
        };
        let [without, with] = [without, with].map(|options| write::jpeg(&photo, &options));
        assert!(
            with.windows(2).any(|pair| pair == [0xff, 0xd7]),
            "no restart marker"
        );
        assert_eq!(
            decoded(&with),
            decoded(&without),
            "progressive: {progressive}"
        );
    }
}

#[test]
fn separate_scans_change_no_pixel() {
    let photo = synth::photo(101, 67, 1);
    let options = JpegOptions {
        sampling: Sampling::S444,
        ..Default::default()
    };
    assert_eq!(
        decoded(&write::jpeg_by_component(&photo, &options)),
        decoded(&write::jpeg(&photo, &options))
    );
}

#[test]
fn a_grey_jpeg_has_one_component() {
    let grey = picture().grey();
    let jpeg = write::jpeg(
        &grey,
        &JpegOptions {
            quality: 95,
            ..Default::default()
        },
    );
    let mut decoder = JpegDecoder::new(ZCursor::new(&jpeg[..]));
    decoder.decode_headers().expect("a sound header");
    assert_eq!(decoder.info().expect("read").components, 1);
    assert!(error(&decoded(&jpeg), &grey.rgb().samples) < 4);
}

#[test]
fn four_inks_give_the_picture_back() {
    for inks in [Inks::Cmyk, Inks::Ycck] {
        let options = JpegOptions {
            quality: 95,
            sampling: Sampling::S444,
            ..Default::default()
        };
        let error = error(
            &decoded(&write::jpeg_inks(&picture(), inks, &options)),
            &picture().samples,
        );
        assert!(error < 12, "{inks:?}: {error}");
    }
}

#[test]
fn an_orientation_is_found_where_decoders_look() {
    let jpeg = write::jpeg(&picture(), &JpegOptions::default());
    let turned = write::with_exif_orientation(&jpeg, 6);
    let mut decoder = JpegDecoder::new(ZCursor::new(&turned[..]));
    decoder.decode_headers().expect("a sound header");
    assert_eq!(decoder.exif().expect("an EXIF segment")[18], 6);

    let turned = write::png_with_orientation(&write::png(&picture()), 8);
    let reader = png::Decoder::new(Cursor::new(turned))
        .read_info()
        .expect("a sound header");
    assert_eq!(
        reader.info().exif_metadata.as_ref().expect("an eXIf chunk")[18],
        8
    );
}

#[test]
fn a_profile_of_several_segments_comes_back_whole() {
    let profile = synth::noise(500, 400, 1, 3).samples;
    let jpeg = write::with_icc(&write::jpeg(&picture(), &JpegOptions::default()), &profile);
    let mut decoder = JpegDecoder::new(ZCursor::new(&jpeg[..]));
    decoder.decode_headers().expect("a sound header");
    assert_eq!(decoder.icc_profile().expect("a profile"), profile);

    let png = write::png_with_icc(&write::png(&picture()), &profile);
    let reader = png::Decoder::new(Cursor::new(png))
        .read_info()
        .expect("a sound header");
    assert_eq!(
        reader.info().icc_profile.as_deref().expect("a profile"),
        profile
    );
}

#[test]
fn png_gives_every_sample_back() {
    for picture in [
        picture(),
        picture().grey(),
        synth::sprite(50, 40),
        synth::sprite(50, 40).grey(),
    ] {
        assert_eq!(decoded_png(&write::png(&picture)), picture.samples);
        assert_eq!(
            decoded_png(&write::png_interlaced(&picture)),
            picture.samples
        );
        let wide: Vec<u8> = picture
            .samples
            .iter()
            .flat_map(|&sample| [sample; 2])
            .collect();
        assert_eq!(decoded_png(&write::png_sixteen_bit(&picture)), wide);
    }
}

#[test]
fn every_small_size_survives_interlacing() {
    for (width, height) in (1..10).flat_map(|width| (1..10).map(move |height| (width, height))) {
        let picture = synth::noise(width, height, 3, 1);
        assert_eq!(
            decoded_png(&write::png_interlaced(&picture)),
            picture.samples,
            "{width}x{height}"
        );
    }
}

#[test]
fn a_palette_keeps_the_leading_bits() {
    for picture in [picture(), synth::sprite(50, 40)] {
        let png = write::png_palette(&picture);
        let mut decoder = png::Decoder::new(Cursor::new(png));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().expect("a sound header");
        let mut samples = vec![0; reader.output_buffer_size().expect("a small picture")];
        reader.next_frame(&mut samples).expect("a sound picture");
        let furthest = samples
            .iter()
            .zip(&picture.samples)
            .map(|(a, b)| a.abs_diff(*b))
            .max();
        assert!(furthest <= Some(64), "{furthest:?}");
    }
}

#[test]
fn lossless_webp_gives_every_sample_back() {
    for picture in [picture(), synth::sprite(50, 40)] {
        let webp = write::webp_lossless(&picture);
        let mut decoder = image_webp::WebPDecoder::new(Cursor::new(webp)).expect("a sound header");
        let mut samples = vec![0; decoder.output_buffer_size().expect("a small picture")];
        decoder.read_image(&mut samples).expect("a sound picture");
        assert_eq!(samples, picture.samples);
    }
}

#[test]
fn lossy_webp_shows_its_picture_and_keeps_alpha() {
    let sprite = synth::sprite(50, 40);
    for picture in [picture(), sprite.clone()] {
        let webp = write::webp_lossy(&picture, 90);
        let mut decoder = image_webp::WebPDecoder::new(Cursor::new(webp)).expect("a sound header");
        let mut samples = vec![0; decoder.output_buffer_size().expect("a small picture")];
        decoder.read_image(&mut samples).expect("a sound picture");
        if picture.channels == 4 {
            let alpha = |samples: &[u8]| {
                samples
                    .iter()
                    .skip(3)
                    .step_by(4)
                    .copied()
                    .collect::<Vec<_>>()
            };
            assert_eq!(alpha(&samples), alpha(&sprite.samples));
        } else {
            assert!(error(&samples, &picture.samples) < 16);
        }
    }
}

#[test]
fn a_picture_is_the_same_on_every_machine() {
    let pictures = [
        ("photo", synth::photo(300, 200, 1)),
        ("text", synth::text(300, 200)),
        ("noise", synth::noise(30, 20, 4, 1)),
        ("gradient", synth::gradient(300, 200)),
        ("sprite", synth::sprite(300, 200)),
        ("arrow", synth::arrow(300, 200)),
        ("vignette", synth::gradient(300, 200).with_vignette()),
        ("mirrored", synth::arrow(100, 70).mirrored_to(250, 50)),
    ];
    let found: Vec<_> = pictures
        .iter()
        .map(|(name, picture)| (*name, sha256(&picture.samples)))
        .collect();
    let found: Vec<_> = found
        .iter()
        .map(|(name, hash)| (*name, &hash[..16]))
        .collect();
    assert_eq!(found, EXPECTED);
}

/// The first 64 bits of each SHA-256, as first computed on x86-64.
const EXPECTED: [(&str, &str); 8] = [
    ("photo", "682c3db626f8b9b6"),
    ("text", "5be35c6a7a39e752"),
    ("noise", "363fae686bce5c09"),
    ("gradient", "b378a0539435e284"),
    ("sprite", "3c1b6622b5058227"),
    ("arrow", "7f9e05648ed9cd3f"),
    ("vignette", "ee4c653afa553eb6"),
    ("mirrored", "70aafb9c7f9a565b"),
];

#[test]
fn hostile_files_do_not_panic_the_decoders_that_made_the_corpus() {
    // The engine's tests ask for more; this keeps the files from being accidents.
    for file in hostile::all()
        .iter()
        .filter(|file| file.bytes.len() < 100_000)
    {
        let options = DecoderOptions::default()
            .set_max_width(2000)
            .set_max_height(2000);
        let _ =
            JpegDecoder::new_with_options(ZCursor::new(&file.bytes[..]), options).decode_headers();
        let _ = png::Decoder::new(Cursor::new(&file.bytes))
            .read_info()
            .map(|_| ());
    }
}
