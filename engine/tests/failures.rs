//! Readers and writers that fail: the error says which of them did.

mod support;

use std::io::{self, ErrorKind, Read, Write};

use edgepix_corpus::{
    synth,
    write::{self, JpegOptions},
};
use edgepix_engine::{Error, Input, Limits, OutputFormat, Request, Result, probe, transform};
use support::{run, to, to_png};

/// Hands out the beginning of a file and then fails.
struct Failing<'a> {
    file: &'a [u8],
    kind: ErrorKind,
}

impl Read for Failing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.file.is_empty() {
            Err(self.kind.into())
        } else {
            self.file.read(buffer)
        }
    }
}

fn files() -> [(&'static str, Vec<u8>); 3] {
    // Several times as long as anything that is read ahead.
    let noise = synth::noise(300, 200, 3, 2);
    let progressive = JpegOptions {
        progressive: true,
        ..JpegOptions::default()
    };
    [
        ("baseline", write::jpeg(&noise, &JpegOptions::default())),
        ("progressive", write::jpeg(&noise, &progressive)),
        ("PNG", write::png(&noise)),
    ]
}

#[test]
fn a_reader_that_fails_midway_is_a_failure_to_read() {
    for (name, file) in files() {
        for kind in [
            ErrorKind::ConnectionReset,
            ErrorKind::TimedOut,
            ErrorKind::UnexpectedEof,
            ErrorKind::Other,
        ] {
            for at in [
                0,
                1,
                20,
                100,
                file.len() / 3,
                file.len() / 2,
                file.len() * 9 / 10,
            ] {
                let mut reader = Failing {
                    file: &file[..at],
                    kind,
                };
                let mut out = Vec::new();
                let input = Input::new(&mut reader);
                match transform(&to_png(), &Limits::default(), input, &mut out) {
                    Err(Error::Read(_)) => {}
                    other => panic!("{name} failing with {kind:?} at {at}: {other:?}"),
                }
            }
        }
    }
}

#[test]
fn the_reader_s_own_error_is_passed_on() {
    for (name, file) in files() {
        let mut reader = Failing {
            file: &file[..file.len() / 2],
            kind: ErrorKind::ConnectionReset,
        };
        let input = Input::new(&mut reader);
        match transform(&to_png(), &Limits::default(), input, &mut io::sink()) {
            Err(Error::Read(error)) => {
                assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{name}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn a_probe_whose_reader_fails_is_a_failure_to_read() {
    let mut reader = Failing {
        file: b"\xff\xd8\xff",
        kind: ErrorKind::TimedOut,
    };
    assert!(matches!(
        probe(&mut Input::new(&mut reader)),
        Err(Error::Read(_))
    ));
}

/// Takes some bytes and then fails, or takes none.
struct Full {
    left: usize,
    /// Whether it says so, or just takes nothing.
    is_silent: bool,
}

impl Write for Full {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = buffer.len().min(self.left);
        self.left -= count;
        if count > 0 || self.is_silent || buffer.is_empty() {
            Ok(count)
        } else {
            Err(ErrorKind::StorageFull.into())
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Takes everything and cannot hand it on.
struct Unflushed;

impl Write for Unflushed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(ErrorKind::BrokenPipe.into())
    }
}

const FORMATS: &[OutputFormat] = &[
    OutputFormat::Jpeg,
    OutputFormat::Png,
    OutputFormat::Webp,
    #[cfg(any(feature = "libaom", feature = "rav1e"))]
    OutputFormat::Avif,
];

fn run_into(request: &Request, file: &[u8], output: &mut dyn Write) -> Result<()> {
    let mut bytes = file;
    let input = Input::new(&mut bytes);
    transform(request, &Limits::default(), input, output).map(|_| ())
}

#[test]
fn a_writer_that_fails_anywhere_is_a_failure_to_write() {
    let file = write::png(&synth::noise(60, 40, 3, 2));
    for &format in FORMATS {
        let request = to(format);
        let length = run(&request, &file).len();
        for left in [0, 1, 10, length / 2, length - 1] {
            for is_silent in [false, true] {
                let mut output = Full { left, is_silent };
                match run_into(&request, &file, &mut output) {
                    Err(Error::Write(_)) => {}
                    other => panic!("{format:?} full after {left} of {length}: {other:?}"),
                }
            }
        }
        let mut output = Full {
            left: length,
            is_silent: false,
        };
        assert!(run_into(&request, &file, &mut output).is_ok());
    }
}

#[test]
fn a_writer_that_cannot_flush_is_a_failure_to_write() {
    let file = write::png(&synth::noise(60, 40, 3, 2));
    for &format in FORMATS {
        let done = run_into(&to(format), &file, &mut Unflushed);
        assert!(matches!(done, Err(Error::Write(_))), "{format:?}");
    }
}

/// Takes one byte at a time.
struct Slow(Vec<u8>);

impl Write for Slow {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0.extend(buffer.first());
        Ok(buffer.len().min(1))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_writer_that_takes_a_byte_at_a_time_receives_the_same_image() {
    let file = write::png(&synth::noise(60, 40, 3, 2));
    for &format in FORMATS {
        let mut output = Slow(Vec::new());
        run_into(&to(format), &file, &mut output).expect("a patient writer");
        assert!(output.0 == run(&to(format), &file), "{format:?}");
    }
}

#[test]
fn a_source_that_fails_while_it_is_encoded_is_not_blamed_on_the_encoder() {
    let (_, file) = files().into_iter().next_back().expect("a PNG");
    for &format in FORMATS {
        let cut = &file[..file.len() / 2];
        let done = run_into(&to(format), cut, &mut io::sink());
        assert!(
            matches!(done, Err(Error::Malformed { .. })),
            "{format:?}: {done:?}"
        );
    }
}
