//! Arithmetic-coded JPEG, which another decoder reads for us: the same pictures, the same errors.

mod support;

use edgepix_engine::{Damage, Error, Input, Request, jpeg::Decoder, jpeg::Scale};
use support::{planes, run_to_png, to_png, try_run};

/// A file that `cjpeg -arithmetic` made.
fn committed() -> Vec<u8> {
    let path = edgepix_corpus::folder().join("images/libjpeg-arithmetic.jpg");
    std::fs::read(path).expect("it is committed")
}

/// The same picture with Huffman and with arithmetic coding.
#[cfg(target_arch = "x86_64")]
fn pairs() -> Vec<(String, [Vec<u8>; 2])> {
    use edgepix_corpus::synth;
    use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};
    let mut pairs = Vec::new();
    for subsamp in [
        Subsamp::None,
        Subsamp::Sub2x2,
        Subsamp::Sub2x1,
        Subsamp::Gray,
    ] {
        for progressive in [false, true] {
            let photo = synth::photo(131, 97, 3);
            let file = |arithmetic| {
                let mut compressor = Compressor::new().expect("memory");
                compressor.set_subsamp(subsamp).expect("a sampling");
                compressor.set_progressive(progressive).expect("a choice");
                compressor.set_arithmetic(arithmetic).expect("a choice");
                let image = Image {
                    pixels: &photo.samples[..],
                    width: 131,
                    pitch: 131 * 3,
                    height: 97,
                    format: PixelFormat::RGB,
                };
                compressor.compress_to_vec(image).expect("a sound picture")
            };
            let name = format!("{subsamp:?}, progressive {progressive}");
            pairs.push((name, [file(false), file(true)]));
        }
    }
    pairs
}

#[cfg(target_arch = "x86_64")]
#[test]
fn arithmetic_coding_gives_the_picture_of_huffman_coding() {
    for (name, [huffman, arithmetic]) in pairs() {
        assert!(huffman != arithmetic, "{name}");
        let (expected, actual) = (
            run_to_png(&to_png(), &huffman),
            run_to_png(&to_png(), &arithmetic),
        );
        // Two inverse transforms, and the matrix.
        let most = support::largest_difference(&actual, &expected);
        let mean = support::mean_difference(&actual, &expected);
        assert!(most <= 6 && mean < 0.5, "{name}: {most} levels, {mean:.3}");
    }
}

#[test]
fn an_arithmetic_coded_file_is_read_at_any_size() {
    let file = committed();
    let whole = support::jpeg(&file);
    let (encoded, _) = try_run(&to_png(), &file).expect("a sound file");
    let scales = &encoded.plan.scales;
    assert!(scales.iter().all(|&scale| scale == Scale::Full));
    let actual = run_to_png(&to_png(), &file);
    assert!(support::mean_difference(&actual, &whole) < 2.0);
    for width in [1, 20, 100] {
        let request = Request {
            width: Some(width),
            ..to_png()
        };
        assert_eq!(run_to_png(&request, &file).width, width);
    }
}

#[test]
fn an_arithmetic_coded_file_that_is_cut_is_refused() {
    let file = committed();
    for at in (0..file.len() - 64).step_by(211) {
        let done = try_run(&to_png(), &file[..at]);
        assert!(
            matches!(done, Err(Error::Malformed { .. } | Error::Unsupported(_))),
            "cut at {at}: {:?}",
            done.map(|(encoded, _)| encoded.bytes)
        );
    }
}

#[test]
fn planes_of_an_arithmetic_coded_file_are_refused_as_such() {
    let file = committed();
    assert!(matches!(
        planes::planes(&file, Scale::Full),
        Err(Error::Unsupported(_))
    ));
    let mut bytes = &file[..];
    let input = Input::new(&mut bytes);
    assert!(Decoder::open(input, [Scale::Full; 4], Damage::Show).is_err());
}
