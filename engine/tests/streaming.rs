//! The source in pieces: where they are cut changes nothing.

mod support;

use std::io::{self, Read};

use edgepix_corpus::{
    synth,
    write::{self, JpegOptions, Sampling},
};
use edgepix_engine::{Input, Limits, OutputFormat, Request, Target, probe, transform};
use support::{run, to, to_png};

/// Hands out a file in pieces of the given sizes, and the rest in one.
struct Pieces<'a, I> {
    rest: &'a [u8],
    sizes: I,
}

impl<I: Iterator<Item = usize>> Read for Pieces<'_, I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self.sizes.next().unwrap_or(usize::MAX).max(1);
        let count = most.min(buffer.len()).min(self.rest.len());
        let (piece, rest) = self.rest.split_at(count);
        buffer[..count].copy_from_slice(piece);
        self.rest = rest;
        Ok(count)
    }
}

fn run_from(request: &Request, reader: &mut dyn Read) -> Vec<u8> {
    let mut out = Vec::new();
    let input = Input::new(reader);
    transform(request, &Limits::default(), input, &mut out).expect("a sound file");
    out
}

fn run_in_pieces(request: &Request, file: &[u8], sizes: impl Iterator<Item = usize>) -> Vec<u8> {
    run_from(request, &mut Pieces { rest: file, sizes })
}

/// One of each kind that is read in a way of its own.
fn files(width: u32, height: u32) -> Vec<(&'static str, Vec<u8>)> {
    let photo = synth::photo(width, height, 6);
    let jpeg = |progressive, restart_interval| {
        let options = JpegOptions {
            progressive,
            restart_interval,
            sampling: Sampling::S420,
            quality: 60,
        };
        write::jpeg(&photo, &options)
    };
    let grey_alpha = photo.grey().with_vignette();
    vec![
        ("baseline", jpeg(false, 0)),
        ("progressive", jpeg(true, 0)),
        ("restart intervals", jpeg(false, 2)),
        ("8 bit", write::png(&photo)),
        ("16 bit", write::png_sixteen_bit(&photo)),
        ("palette", write::png_palette(&photo)),
        (
            "palette with alpha",
            write::png_palette(&photo.with_vignette()),
        ),
        ("grey and alpha", write::png(&grey_alpha)),
    ]
}

fn request() -> Request {
    Request {
        width: Some(13),
        ..to_png()
    }
}

#[test]
fn one_byte_at_a_time_gives_the_same_result() {
    for (name, file) in files(131, 97) {
        let whole = run(&request(), &file);
        let bytes = run_in_pieces(&request(), &file, std::iter::repeat(1));
        assert!(bytes == whole, "{name}");
    }
}

#[test]
fn pieces_of_any_size_give_the_same_result() {
    for (name, file) in files(131, 97) {
        let whole = run(&request(), &file);
        for seed in 0..8 {
            // Up to 255 bytes, then up to 8 KB: across every boundary of a buffer.
            let noise = synth::noise(4096, 1, 1, seed).samples;
            let scale = if seed % 2 == 0 { 1 } else { 32 };
            let sizes = noise.into_iter().map(|size| usize::from(size) * scale);
            let bytes = run_in_pieces(&request(), &file, sizes);
            assert!(bytes == whole, "{name}, seed {seed}");
        }
    }
}

#[test]
fn every_split_of_a_small_file_in_two_gives_the_same_result() {
    for (name, file) in files(21, 17) {
        let whole = run(&request(), &file);
        for at in 1..file.len() {
            let bytes = run_in_pieces(&request(), &file, std::iter::once(at));
            assert!(bytes == whole, "{name} split at {at}");
        }
    }
}

#[test]
fn a_header_longer_than_a_buffer_gives_the_same_result_in_pieces() {
    let profile = synth::noise(1000, 200, 1, 1).samples;
    let photo = synth::photo(40, 30, 1);
    for file in [
        write::with_icc(&write::jpeg(&photo, &JpegOptions::default()), &profile),
        write::png_with_icc(&write::png(&photo), &profile),
    ] {
        let whole = run(&request(), &file);
        for size in [1, 4095, 4096, 4097] {
            let bytes = run_in_pieces(&request(), &file, std::iter::repeat(size));
            assert!(bytes == whole, "pieces of {size}");
        }
    }
}

/// Fails with `Interrupted` before every piece, as a system call does when a signal comes.
struct Interrupted<R> {
    reader: R,
    is_next: bool,
}

impl<R: Read> Read for Interrupted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.is_next = !self.is_next;
        if self.is_next {
            return Err(io::ErrorKind::Interrupted.into());
        }
        self.reader.read(buffer)
    }
}

#[test]
fn an_interrupted_read_is_tried_again() {
    for (name, file) in files(131, 97) {
        let whole = run(&request(), &file);
        let mut reader = Interrupted {
            reader: Pieces {
                rest: &file,
                sizes: std::iter::repeat(1000),
            },
            is_next: false,
        };
        let mut out = Vec::new();
        let input = Input::new(&mut reader);
        let done = transform(&request(), &Limits::default(), input, &mut out);
        assert!(done.is_ok(), "{name}: {:?}", done.err());
        assert!(out == whole, "{name}");
    }
}

#[test]
fn an_input_that_was_probed_is_still_whole() {
    for (name, file) in files(131, 97) {
        let mut bytes = &file[..];
        let mut input = Input::new(&mut bytes);
        let header = probe(&mut input).expect("a sound file");
        assert_eq!(
            (header.dimensions.width, header.dimensions.height),
            (131, 97)
        );
        let mut out = Vec::new();
        transform(&request(), &Limits::default(), input, &mut out).expect("a sound file");
        assert!(out == run(&request(), &file), "{name}");
    }
}

#[test]
fn a_length_that_is_said_changes_nothing_even_if_it_is_wrong() {
    for (name, file) in files(131, 97) {
        let whole = run(&request(), &file);
        for length in [0, 1, file.len() as u64, 1 << 20] {
            let mut bytes = &file[..];
            let input = Input::new(&mut bytes).with_length(length);
            let mut out = Vec::new();
            transform(&request(), &Limits::default(), input, &mut out).expect("a sound file");
            assert!(out == whole, "{name} said to be {length} bytes");
        }
    }
}

#[test]
fn the_same_file_gives_the_same_bytes_every_time() {
    let formats = [
        OutputFormat::Jpeg,
        OutputFormat::Png,
        OutputFormat::Webp,
        #[cfg(any(feature = "libaom", feature = "rav1e"))]
        OutputFormat::Avif,
    ];
    let (_, file) = files(131, 97).swap_remove(0);
    for format in formats {
        let request = Request {
            format: Target::Format(format),
            ..to(format)
        };
        assert!(run(&request, &file) == run(&request, &file), "{format:?}");
    }
}
