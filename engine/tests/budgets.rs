//! Time and bytes: what fits is made, what does not is made smaller or refused,
//! and what was given up is said.

use std::{
    io::{self, Read},
    thread,
    time::Duration,
};

use edgepix_corpus::{synth, write};
use edgepix_engine::{
    Because, Encoded, Error, Input, Limits, Lost, OutputFormat, Request, Resource, Result, Target,
    plan, probe, transform,
};

/// A photograph of 600x400 as a PNG.
fn photo() -> Vec<u8> {
    write::png(&synth::photo(600, 400, 1))
}

fn to(format: OutputFormat) -> Request {
    Request {
        format: Target::Format(format),
        ..Request::default()
    }
}

fn made(request: &Request, limits: &Limits, file: &[u8]) -> Result<(Encoded, Vec<u8>)> {
    let (mut bytes, mut result) = (file, Vec::new());
    let input = Input::new(&mut bytes).with_length(file.len() as u64);
    let encoded = transform(request, limits, input, &mut result)?;
    Ok((encoded, result))
}

fn within(milliseconds: u64) -> Limits {
    Limits {
        deadline: Some(Duration::from_millis(milliseconds)),
        ..Limits::default()
    }
}

/// What is predicted for `request`, as wall time on the reference machine.
fn predicted(request: &Request, file: &[u8]) -> Duration {
    let header = probe(&mut Input::new(&mut &file[..])).expect("a photograph");
    let limits = Limits::default();
    let plan = plan(request, &header, &limits).expect("no limits");
    limits.wall(plan.cost.total())
}

#[test]
fn what_would_take_longer_than_there_is_is_refused_and_what_would_not_is_made() {
    let (file, request) = (photo(), to(OutputFormat::Png));
    let header = probe(&mut Input::new(&mut &file[..])).expect("a photograph");
    let limits = |deadline| Limits {
        deadline: Some(deadline),
        ..Limits::default()
    };
    let needed = predicted(&request, &file);
    assert!(plan(&request, &header, &limits(needed)).is_ok());
    let refused = plan(
        &request,
        &header,
        &limits(needed - Duration::from_micros(1)),
    );
    assert!(matches!(
        refused,
        Err(Error::TooLarge {
            resource: Resource::Milliseconds,
            ..
        })
    ));
}

#[test]
fn a_small_share_of_a_processor_is_less_time() {
    let (file, request) = (photo(), to(OutputFormat::Png));
    let header = probe(&mut Input::new(&mut &file[..])).expect("a photograph");
    let limits = Limits {
        cpu_share: 0.01,
        ..within(1000)
    };
    assert!(plan(&request, &header, &within(1000)).is_ok());
    assert!(plan(&request, &header, &limits).is_err());
}

#[cfg(feature = "libwebp")]
#[test]
fn with_less_time_the_plan_takes_a_cheaper_rung_and_says_so() {
    use edgepix_engine::{Degraded, Rung};
    let file = photo();
    let header = probe(&mut Input::new(&mut &file[..])).expect("a photograph");
    let needed = predicted(&to(OutputFormat::Webp), &file);
    let limits = Limits {
        deadline: Some(needed - Duration::from_micros(1)),
        ..Limits::default()
    };
    let cheaper = plan(&to(OutputFormat::Webp), &header, &limits).expect("there is a rung");
    assert!(cheaper.effort < 4);
    let best = Rung {
        format: OutputFormat::Webp,
        effort: 4,
        lossless: false,
    };
    assert_eq!(
        cheaper.degraded[0],
        Degraded {
            lost: Lost::Rung(best),
            because: Because::Time
        }
    );
}

/// Bytes that begin to come after a while.
struct Slow<'a> {
    bytes: &'a [u8],
    wait: Duration,
}

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        thread::sleep(std::mem::take(&mut self.wait));
        self.bytes.read(buffer)
    }
}

fn made_slowly(request: &Request, limits: &Limits, wait: u64) -> Result<Encoded> {
    let file = photo();
    let wait = Duration::from_millis(wait);
    let mut slow = Slow { bytes: &file, wait };
    let input = Input::new(&mut slow).with_length(file.len() as u64);
    transform(request, limits, input, &mut Vec::new())
}

#[test]
fn a_source_that_comes_too_late_makes_no_image() {
    let late = made_slowly(&to(OutputFormat::Png), &within(300), 310);
    assert!(matches!(late, Err(Error::TimedOut { .. })), "{late:?}");
}

#[test]
fn a_limit_of_bytes_is_kept_and_nearly_used_up() {
    for format in [OutputFormat::Jpeg, OutputFormat::Webp, OutputFormat::Avif] {
        let lossy = match format {
            OutputFormat::Webp => cfg!(feature = "libwebp"),
            OutputFormat::Avif => cfg!(feature = "libaom"),
            _ => true,
        };
        if !lossy {
            continue;
        }
        let (usual, _) = made(&to(format), &Limits::default(), &photo()).expect("a photograph");
        let most = usual.bytes / 2;
        let request = Request {
            max_bytes: Some(most),
            ..to(format)
        };
        let (smaller, file) = made(&request, &Limits::default(), &photo()).expect("it fits");
        assert_eq!(smaller.bytes, file.len() as u64);
        assert!(
            (most * 7 / 10..=most).contains(&smaller.bytes),
            "{format:?}: {} of {most}",
            smaller.bytes
        );
        let [degraded] = smaller.degraded() else {
            panic!("{format:?}: {:?}", smaller.degraded());
        };
        assert!(matches!(degraded.lost, Lost::Quality(_)));
        assert_eq!(degraded.because, Because::Bytes);
    }
}

#[test]
fn a_limit_of_bytes_that_is_met_anyway_changes_nothing() {
    let (usual, file) = made(&to(OutputFormat::Jpeg), &Limits::default(), &photo()).expect("fine");
    let request = Request {
        max_bytes: Some(usual.bytes),
        ..to(OutputFormat::Jpeg)
    };
    let (same, same_file) = made(&request, &Limits::default(), &photo()).expect("fine");
    assert!(same.degraded().is_empty());
    assert!(same_file == file, "the bytes differ");
}

#[test]
fn a_limit_of_bytes_that_no_quality_meets_is_an_error_with_both_numbers() {
    for format in [OutputFormat::Jpeg, OutputFormat::Png] {
        let request = Request {
            max_bytes: Some(300),
            ..to(format)
        };
        match made(&request, &Limits::default(), &photo()) {
            Err(Error::TooLarge {
                resource: Resource::OutputBytes,
                needed,
                allowed: 300,
            }) => assert!(needed > 300),
            other => panic!("{format:?}: {:?}", other.map(|(encoded, _)| encoded)),
        }
    }
}

#[test]
fn what_was_made_teaches_how_fast_the_machine_is() {
    let file = write::png(&synth::photo(1600, 1200, 1));
    let (encoded, _) = made(&to(OutputFormat::Png), &Limits::default(), &file).expect("fine");
    let factor = encoded.speed.factor();
    assert!((0.1..10.0).contains(&factor) && factor != 1.0, "{factor}");
}

#[test]
fn a_flat_source_is_made_smaller_by_a_rung_that_takes_its_planes() {
    let file = write::png_palette(&synth::sprite(64, 64));
    for most in [60, 100_000] {
        let request = Request {
            format: Target::Auto(edgepix_engine::Accept::parse("image/webp")),
            max_bytes: Some(most),
            ..Request::default()
        };
        match made(&request, &Limits::default(), &file) {
            Ok((encoded, _)) => assert!(encoded.bytes <= most),
            Err(Error::TooLarge {
                resource: Resource::OutputBytes,
                ..
            }) => assert_eq!(most, 60),
            Err(other) => panic!("{most}: {other}"),
        }
    }
}

#[test]
fn an_animation_keeps_to_a_limit_of_bytes_or_is_refused() {
    let frames = [synth::sprite(40, 40), synth::photo(40, 40, 1)];
    let file = write::gif_animation(&frames, 5);
    for format in [Target::Keep, Target::Format(OutputFormat::Webp)] {
        let limited = |max_bytes| Request {
            format,
            max_bytes,
            ..Request::default()
        };
        let (usual, _) = made(&limited(None), &Limits::default(), &file).expect("an animation");
        assert!(made(&limited(Some(usual.bytes)), &Limits::default(), &file).is_ok());
        let refused = made(&limited(Some(usual.bytes - 1)), &Limits::default(), &file);
        if usual.plan.action != edgepix_engine::Action::Encode {
            assert!(matches!(
                refused,
                Err(Error::TooLarge {
                    resource: Resource::OutputBytes,
                    ..
                })
            ));
        }
    }
}

#[test]
fn a_share_of_nothing_is_a_wrong_request() {
    let file = photo();
    let header = probe(&mut Input::new(&mut &file[..])).expect("a photograph");
    for cpu_share in [0.0, -1.0, 1e-300, 2.0, f64::NAN] {
        let limits = Limits {
            cpu_share,
            ..Limits::default()
        };
        assert!(matches!(
            plan(&to(OutputFormat::Png), &header, &limits),
            Err(Error::Request {
                option: "cpu-share",
                ..
            })
        ));
    }
}
