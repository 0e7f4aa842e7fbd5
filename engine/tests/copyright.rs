//! A result says nothing about itself, but on request who made it and who holds its rights.

mod support;

use std::io::Cursor;

use edgepix_corpus::{
    synth::{self, Picture},
    write::{self, JpegOptions},
};
use edgepix_engine::{Copyright, Metadata, OutputFormat, Request};
use support::{header, run, to};

/// Two entries, artist and copyright, between a camera and a place that nobody asked for.
const CAMERA: &[u8] = b"II*\0\x08\0\0\0\x04\0\
    \x0f\x01\x02\0\x04\0\0\0Box\0\
    \x3b\x01\x02\0\x0d\0\0\0\x3e\0\0\0\
    \x98\x82\x02\0\x0a\0\0\0\x4c\0\0\0\
    \x25\x88\x04\0\x01\0\0\0\x56\0\0\0\
    \0\0\0\0\
    Ada Lovelace\0\0\
    \xc2\xa9 1843 A\0\
    GPS and more";

/// What is to be left of it.
const KEPT: &[u8] = b"MM\0*\0\0\0\x08\0\x02\
    \x01\x3b\0\x02\0\0\0\x0d\0\0\0\x26\
    \x82\x98\0\x02\0\0\0\x0a\0\0\0\x34\
    \0\0\0\0\
    Ada Lovelace\0\0\
    \xc2\xa9 1843 A\0";

fn jpeg_of(picture: &Picture, exif: &[u8]) -> Vec<u8> {
    let length = u16::try_from(exif.len() + 8).expect("a short block");
    let segment = [b"\xff\xe1", &length.to_be_bytes()[..], b"Exif\0\0", exif].concat();
    let file = write::jpeg(picture, &JpegOptions::default());
    [&file[..2], &segment, &file[2..]].concat()
}

fn png_of(picture: &Picture, chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut file = write::png(picture);
    for (kind, body) in chunks.iter().rev() {
        let length = u32::try_from(body.len()).expect("short");
        let mut crc = flate2::Crc::new();
        crc.update(*kind);
        crc.update(body);
        let chunk = [
            &length.to_be_bytes()[..],
            *kind,
            body,
            &crc.sum().to_be_bytes(),
        ]
        .concat();
        // After the signature and IHDR.
        file.splice(33..33, chunk);
    }
    file
}

fn keeping(format: OutputFormat) -> Request {
    Request {
        metadata: Metadata::Copyright,
        ..to(format)
    }
}

fn said(copyright: &Copyright) -> (Option<&str>, Option<&str>) {
    (copyright.notice.as_deref(), copyright.artist.as_deref())
}

const OF_CAMERA: (Option<&str>, Option<&str>) = (Some("© 1843 A"), Some("Ada Lovelace"));

fn photo() -> Picture {
    synth::photo(24, 16, 1)
}

fn occurrences(file: &[u8], text: &[u8]) -> usize {
    file.windows(text.len())
        .filter(|part| *part == text)
        .count()
}

#[test]
fn a_header_says_who_made_the_image() {
    assert_eq!(
        said(&header(&jpeg_of(&photo(), CAMERA)).copyright),
        OF_CAMERA
    );
    let png = png_of(&photo(), &[(b"eXIf", CAMERA)]);
    assert_eq!(said(&header(&png).copyright), OF_CAMERA);
    assert!(header(&write::png(&photo())).copyright.is_empty());
}

#[test]
fn the_texts_of_a_png_are_latin_1_and_exif_comes_first() {
    let texts: [(&[u8; 4], &[u8]); 4] = [
        (b"tEXt", b"Comment\0Copyright"),
        (b"tEXt", b"Copyright\0\xa9 Zo\xeb"),
        (b"tEXt", b"Author\0Zo\xeb"),
        (b"tEXt", b"Author\0Someone else"),
    ];
    let found = header(&png_of(&photo(), &texts)).copyright;
    assert_eq!(said(&found), (Some("© Zoë"), Some("Zoë")));
    let both = [&[(b"eXIf", CAMERA)], &texts[..]].concat();
    let found = header(&png_of(&photo(), &both)).copyright;
    assert_eq!(said(&found), OF_CAMERA);
}

#[test]
fn the_international_texts_of_a_png_are_read_unless_compressed() {
    let texts: [(&[u8; 4], &[u8]); 4] = [
        (b"iTXt", b"Copyright\0\x01\0\0\0x\x9c"),
        (b"iTXt", b"Author\0\0\0no end"),
        (
            b"iTXt",
            b"Copyright\0\0\0el\0\xce\x94\0\xce\x91\xce\xb4\xce\xb1",
        ),
        (b"iTXt", b"Author\0\0\0\0\0Ada"),
    ];
    let found = header(&png_of(&photo(), &texts)).copyright;
    assert_eq!(said(&found), (Some("\u{391}\u{3b4}\u{3b1}"), Some("Ada")));
}

#[test]
fn nothing_is_kept_unless_asked_for() {
    let source = jpeg_of(&photo(), CAMERA);
    for format in formats() {
        let file = run(&to(format), &source);
        assert_eq!(occurrences(&file, b"Lovelace"), 0, "{}", format.name());
    }
}

#[test]
fn the_copyright_is_kept_in_every_format_and_nothing_else() {
    let photo = photo();
    let with_alpha = photo.with_vignette();
    let sources = [
        jpeg_of(&photo, CAMERA),
        png_of(&with_alpha, &[(b"eXIf", CAMERA)]),
    ];
    for source in &sources {
        for format in formats() {
            let file = run(&keeping(format), source);
            let name = format.name();
            assert_eq!(occurrences(&file, KEPT), 1, "{name}");
            assert_eq!(occurrences(&file, b"GPS"), 0, "{name}");
            assert_eq!(occurrences(&file, b"Box"), 0, "{name}");
        }
    }
}

#[test]
fn the_picture_is_the_same_with_and_without() {
    let photo = photo();
    for source in [
        jpeg_of(&photo, CAMERA),
        png_of(&photo.with_vignette(), &[(b"eXIf", CAMERA)]),
    ] {
        let both = |format| [keeping(format), to(format)].map(|request| run(&request, &source));
        let [kept, dropped] = both(OutputFormat::Jpeg).map(|file| support::jpeg(&file));
        assert!(kept == dropped);
        let [kept, dropped] = both(OutputFormat::Png).map(|file| support::png(&file));
        assert!(kept == dropped);
        let [kept, dropped] = both(OutputFormat::Webp).map(|file| support::webp(&file));
        assert!(kept == dropped);
    }
}

#[test]
fn a_jpeg_and_a_png_give_back_what_they_were_given() {
    let source = jpeg_of(&photo(), CAMERA);
    for format in [OutputFormat::Jpeg, OutputFormat::Png] {
        let again = run(&keeping(format), &run(&keeping(format), &source));
        assert_eq!(said(&header(&again).copyright), OF_CAMERA);
    }
    let progressive = Request {
        progressive: true,
        ..keeping(OutputFormat::Jpeg)
    };
    let file = run(&progressive, &source);
    assert_eq!(said(&header(&file).copyright), OF_CAMERA);
}

#[test]
fn other_readers_find_the_block() {
    let source = jpeg_of(&photo(), CAMERA);
    let png = run(&keeping(OutputFormat::Png), &source);
    let reader = png::Decoder::new(Cursor::new(&png))
        .read_info()
        .expect("a PNG");
    assert_eq!(reader.info().exif_metadata.as_deref(), Some(KEPT));
    let alpha = png_of(&photo().with_vignette(), &[(b"eXIf", CAMERA)]);
    for source in [source, alpha] {
        let webp = run(&keeping(OutputFormat::Webp), &source);
        let mut decoder = image_webp::WebPDecoder::new(Cursor::new(&webp)).expect("a WebP");
        let exif = decoder.exif_metadata().expect("a sound chunk");
        assert_eq!(exif.as_deref(), Some(KEPT));
        let length = u32::from_le_bytes(webp[4..8].try_into().expect("four bytes"));
        assert_eq!(length as usize + 8, webp.len());
    }
}

#[test]
fn a_source_that_says_nothing_makes_the_usual_file() {
    let source = write::png(&photo());
    for format in formats() {
        assert!(run(&keeping(format), &source) == run(&to(format), &source));
    }
}

#[test]
fn a_long_text_is_cut_and_kept() {
    let long = [b"Copyright\0", &[b'c'; 100_000][..]].concat();
    let source = png_of(&photo(), &[(b"tEXt", &long)]);
    for format in formats() {
        let file = run(&keeping(format), &source);
        assert_eq!(occurrences(&file, &[b'c'; 2048]), 1, "{}", format.name());
    }
}

/// Every format that this build writes.
fn formats() -> Vec<OutputFormat> {
    let mut formats = vec![OutputFormat::Jpeg, OutputFormat::Png, OutputFormat::Webp];
    if cfg!(any(feature = "libaom", feature = "rav1e")) {
        formats.push(OutputFormat::Avif);
    }
    formats
}
