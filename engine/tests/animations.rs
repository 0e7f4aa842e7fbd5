//! Animations from file to file: what is made anew, what is kept, what is shown by its
//! first frame, and what is refused.

#![cfg_attr(
    not(feature = "libwebp"),
    expect(
        unused_imports,
        reason = "no animation is written, and fewer things are tested"
    )
)]

mod support;

use std::io::Cursor;

use edgepix_corpus::{
    hostile,
    synth::{self, Picture},
    write::{self, Gif, GifFrame, WebpFrame},
};
use edgepix_engine::{
    Action, Encoded, Error, Fit, Header, Input, Limits, OutputFormat, Request, Resource, Result,
    Target, plan, probe_within, transform,
};
use support::{mean_difference, run, run_to_png, to, to_png, try_run};

/// Levels by which small lossy frames may differ from exact ones in the mean: they come
/// with 9 to 11, and frames of other pictures with more than 40.
#[cfg(feature = "libwebp")]
const LOSSY: f64 = 13.0;

/// Pictures of which no two are alike.
fn pictures(width: u32, height: u32) -> Vec<Picture> {
    [1, 2, 3]
        .map(|seed| synth::photo(width, height, seed))
        .into()
}

fn animated_gif() -> Vec<u8> {
    write::gif_animation(&pictures(64, 48), 7)
}

fn animated_webp(pictures: &[Picture]) -> Vec<u8> {
    let frames: Vec<_> = pictures
        .iter()
        .map(|picture| WebpFrame {
            still: write::webp_lossless(picture),
            width: picture.width,
            height: picture.height,
            left: 0,
            top: 0,
            milliseconds: 120,
            replaces: true,
            clears: false,
        })
        .collect();
    let size = (pictures[0].width, pictures[0].height);
    write::webp_animation(size, 4, [9, 8, 7, 6], &frames)
}

fn wide(width: u32, format: OutputFormat) -> Request {
    Request {
        width: Some(width),
        ..to(format)
    }
}

fn whole_header(file: &[u8]) -> Header {
    let mut bytes = file;
    probe_within(&mut Input::new(&mut bytes), &Limits::default()).expect("a sound header")
}

#[test]
fn a_still_gif_becomes_a_png_of_the_same_pixels() {
    let sprite = synth::sprite(60, 40);
    let (encoded, out) = try_run(&Request::default(), &write::gif(&sprite)).expect("a GIF");
    assert_eq!(encoded.plan.format, OutputFormat::Png);
    assert_eq!(encoded.warnings, Vec::<&str>::new());
    let seen = support::png(&out).rgba();
    for (seen, drawn) in seen
        .samples
        .as_chunks::<4>()
        .0
        .iter()
        .zip(sprite.samples.as_chunks::<4>().0)
    {
        let [red, green, blue, alpha] = *drawn;
        // As the corpus says it writes GIF: 3, 3 and 2 bits, alpha by halves.
        let level = |value: u8, bits: u8| {
            u8::try_from(u16::from(value >> (8 - bits)) * 255 / ((1 << bits) - 1)).expect("a byte")
        };
        let expected = if alpha < 128 {
            [0; 4]
        } else {
            [level(red, 3), level(green, 3), level(blue, 2), 255]
        };
        assert_eq!(*seen, expected);
    }
}

#[test]
fn a_gif_looks_like_the_png_of_its_pixels() {
    let file = write::gif(&synth::photo(160, 120, 3));
    let png = write::png(&run_to_png(&Request::default(), &file));
    let to_jpeg = wide(70, OutputFormat::Jpeg);
    let (from_gif, from_png) = (run(&to_jpeg, &file), run(&to_jpeg, &png));
    let difference = mean_difference(&support::jpeg(&from_gif), &support::jpeg(&from_png));
    assert!(difference < 0.5, "{difference}");
}

#[test]
fn an_interlaced_gif_gives_the_same_as_one_that_is_not() {
    let indices: Vec<u8> = (0..37_u32 * 29)
        .map(|pixel| u8::try_from(pixel * 7 % 31 % 4).expect("below 4"))
        .collect();
    let gif = |interlaced| {
        Gif {
            width: 40,
            height: 31,
            palette: vec![[9, 8, 7], [200, 0, 0], [0, 200, 0], [0, 0, 200]],
            repeats: None,
            frames: vec![GifFrame {
                left: 2,
                top: 1,
                width: 37,
                height: 29,
                indices: indices.clone(),
                interlaced,
                ..GifFrame::default()
            }],
        }
        .bytes()
    };
    let (one, other) = (
        run_to_png(&to_png(), &gif(true)),
        run_to_png(&to_png(), &gif(false)),
    );
    assert_eq!(one, other);
    // What the frame leaves bare is transparent.
    assert_eq!(one.pixel(0, 0), [0; 4]);
    assert_eq!(one.pixel(2, 1), [9, 8, 7, 255]);
    assert_eq!(one.pixel(3, 1), [0, 0, 200, 255]);
}

#[test]
fn an_animated_gif_that_stays_a_gif_stays_as_it_is() {
    let file = animated_gif();
    for request in [Request::default(), to(OutputFormat::Gif)] {
        let (encoded, out) = try_run(&request, &file).expect("it is kept");
        assert_eq!(out, file);
        assert!(encoded.is_source);
        assert_eq!(encoded.plan.action, Action::Keep);
        assert_eq!(encoded.plan.format, OutputFormat::Gif);
        assert_eq!(encoded.warnings, Vec::<&str>::new());
    }
}

#[test]
fn a_kept_animation_says_that_what_was_asked_was_ignored() {
    for request in [
        Request {
            width: Some(20),
            ..Request::default()
        },
        Request {
            percent: 50.0,
            ..Request::default()
        },
    ] {
        let (encoded, out) = try_run(&request, &animated_gif()).expect("it is kept");
        assert_eq!(out, animated_gif());
        assert!(
            encoded.warnings[0].contains("ignored"),
            "{:?}",
            encoded.warnings
        );
    }
}

#[test]
fn a_kept_animation_needs_no_memory_for_its_frames() {
    let file = write::gif_animation(&vec![synth::noise(300, 200, 3, 1); 12], 5);
    let limits = Limits {
        peak_bytes: 700_000,
        source_pixels: 60_000,
        animation_pixels: 0,
        ..Limits::default()
    };
    let mut bytes = &file[..];
    let mut out = Vec::new();
    transform(
        &Request::default(),
        &limits,
        Input::new(&mut bytes),
        &mut out,
    )
    .expect("it is kept");
    assert_eq!(out, file);
}

#[test]
fn other_formats_show_the_first_frame_and_say_so() {
    for file in [animated_gif(), animated_webp(&pictures(64, 48))] {
        let first = synth::photo(64, 48, 1);
        for format in [OutputFormat::Png, OutputFormat::Jpeg] {
            let (encoded, out) = try_run(&to(format), &file).expect("an animation");
            assert_eq!(encoded.plan.action, Action::Encode);
            assert!(encoded.warnings[0].contains("first frame"));
            let seen = match format {
                OutputFormat::Png => support::png(&out).rgb(),
                _ => support::jpeg(&out),
            };
            let difference = mean_difference(&seen, &first);
            // 3, 3 and 2 bits a channel.
            assert!(difference < 25.0, "{difference}");
        }
    }
}

#[test]
fn an_animation_of_one_frame_is_a_still_image() {
    let still = &pictures(64, 48)[..1];
    for file in [write::gif_animation(still, 9), animated_webp(still)] {
        let (encoded, out) = try_run(&wide(32, OutputFormat::Webp), &file).expect("an image");
        assert_eq!(encoded.plan.action, Action::Encode);
        assert_eq!(encoded.warnings, Vec::<&str>::new());
        let webp = support::webp(&out);
        assert_eq!((webp.width, webp.height), (32, 24));
    }
}

#[test]
fn a_screen_is_no_format_to_ask_for() {
    for file in [
        write::gif(&synth::sprite(9, 9)),
        write::png(&synth::sprite(9, 9)),
    ] {
        let refused = try_run(&to(OutputFormat::Gif), &file);
        assert!(matches!(
            refused,
            Err(Error::Request {
                option: "format",
                ..
            })
        ));
    }
}

#[test]
fn a_gif_may_lack_its_end() {
    let still = write::gif(&synth::photo(64, 48, 1));
    let whole = run_to_png(&to_png(), &still);
    for end in [
        &still[..still.len() - 1],
        &[&still[..still.len() - 1], &[0; 99]].concat(),
    ] {
        assert_eq!(run_to_png(&to_png(), end), whole);
    }
}

#[test]
fn a_gif_cut_in_its_image_is_malformed() {
    let still = write::gif(&synth::sprite(30, 20));
    // Without the trailer and the data's end there is still an image.
    for length in 6..still.len() - 2 {
        let cut = try_run(&to_png(), &still[..length]);
        assert!(
            matches!(cut, Err(Error::Malformed { .. })),
            "{length} of {}: {cut:?}",
            still.len()
        );
    }
}

#[test]
fn pixels_of_all_frames_are_limited() {
    for file in [animated_gif(), animated_webp(&pictures(64, 48))] {
        let header = whole_header(&file);
        let planned = |animation_pixels| {
            let limits = Limits {
                animation_pixels,
                ..Limits::default()
            };
            plan(&to(OutputFormat::Webp), &header, &limits)
        };
        if cfg!(feature = "libwebp") {
            assert!(matches!(
                planned(3 * 64 * 48 - 1),
                Err(Error::TooLarge {
                    resource: Resource::AnimationPixels,
                    needed: 9216,
                    allowed: 9215
                })
            ));
        }
        assert!(planned(3 * 64 * 48).is_ok());
    }
}

#[test]
fn frames_that_are_not_made_are_not_limited() {
    let limits = Limits {
        animation_pixels: 0,
        ..Limits::default()
    };
    assert!(plan(&to_png(), &whole_header(&animated_gif()), &limits).is_ok());
}

#[test]
fn a_bomb_of_frames_is_refused_before_it_is_decoded() {
    if cfg!(not(feature = "libwebp")) {
        return;
    }
    let files = hostile::all();
    let bomb = files
        .iter()
        .find(|file| file.name == "gif-frames-bomb.gif")
        .expect("it is there");
    let refused = try_run(&wide(10, OutputFormat::Webp), &bomb.bytes);
    assert!(matches!(
        refused,
        Err(Error::TooLarge {
            resource: Resource::AnimationPixels,
            needed: 1_048_576_000,
            ..
        })
    ));
}

/// What the encoder of animations has to do.
#[cfg(feature = "libwebp")]
mod anew {
    use super::*;

    /// Every frame of an animated WebP and when it ends, as image-webp sees them, which is
    /// right where no frame is disposed of.
    struct Seen {
        frames: Vec<(Picture, u32)>,
        loops: u16,
        size: (u32, u32),
    }

    fn seen(file: &[u8]) -> Seen {
        let mut decoder = image_webp::WebPDecoder::new(Cursor::new(file)).expect("a WebP");
        assert!(decoder.is_animated());
        let (width, height) = decoder.dimensions();
        decoder
            .set_background_color([0; 4])
            .expect("it is animated");
        let channels = if decoder.has_alpha() { 4 } else { 3 };
        let mut frames = Vec::new();
        for _ in 0..decoder.num_frames() {
            let mut samples = vec![0; decoder.output_buffer_size().expect("small")];
            let milliseconds = decoder.read_frame(&mut samples).expect("a frame");
            let picture = Picture {
                width,
                height,
                channels,
                samples,
            };
            frames.push((picture, milliseconds));
        }
        Seen {
            frames,
            loops: match decoder.loop_count() {
                image_webp::LoopCount::Forever => 0,
                image_webp::LoopCount::Times(times) => times.get(),
            },
            size: (width, height),
        }
    }

    fn made(request: &Request, file: &[u8]) -> (Encoded, Seen) {
        let (encoded, out) = try_run(request, file).expect("an animation");
        assert_eq!(encoded.plan.action, Action::Animate);
        assert_eq!(encoded.warnings, Vec::<&str>::new());
        assert_eq!(encoded.bytes, out.len() as u64);
        (encoded, seen(&out))
    }

    #[test]
    fn a_gif_becomes_a_webp_of_as_many_frames() {
        let (encoded, seen) = made(&wide(32, OutputFormat::Webp), &animated_gif());
        assert!(!encoded.is_source);
        assert_eq!((seen.size, seen.loops), ((32, 24), 0));
        assert_eq!(seen.frames.len(), 3);
        for ((picture, milliseconds), original) in seen.frames.iter().zip(pictures(64, 48)) {
            assert_eq!(*milliseconds, 70);
            let still = write::gif(&original);
            let expected = run_to_png(&wide(32, OutputFormat::Png), &still);
            let difference = mean_difference(&picture.rgb(), &expected.rgb());
            assert!(difference < LOSSY, "{difference}");
        }
    }

    #[test]
    fn an_animated_webp_keeps_its_format_time_and_loops() {
        let request = Request {
            width: Some(32),
            ..Request::default()
        };
        let (_, seen) = made(&request, &animated_webp(&pictures(64, 48)));
        assert_eq!((seen.size, seen.loops), ((32, 24), 4));
        for ((picture, milliseconds), original) in seen.frames.iter().zip(pictures(64, 48)) {
            assert_eq!(*milliseconds, 120);
            let expected = run_to_png(&request, &write::png(&original));
            let difference = mean_difference(&picture.rgb(), &expected);
            assert!(difference < LOSSY, "{difference}");
        }
    }

    #[test]
    fn frames_of_other_pictures_would_be_noticed() {
        let [a, b, _] = &pictures(32, 24)[..] else {
            unreachable!("three")
        };
        assert!(mean_difference(a, b) > 3.0 * LOSSY);
    }

    #[test]
    fn a_background_is_kept() {
        let out = run(
            &wide(32, OutputFormat::Webp),
            &animated_webp(&pictures(64, 48)),
        );
        let decoder = image_webp::WebPDecoder::new(Cursor::new(&out)).expect("a WebP");
        assert_eq!(decoder.background_color_hint(), Some([9, 8, 7, 6]));
    }

    #[test]
    fn transparency_stays_transparent() {
        let sprites = [
            synth::sprite(40, 40),
            synth::sprite(40, 40).mirrored_to(40, 40),
        ];
        let out = run(&to(OutputFormat::Webp), &write::gif_animation(&sprites, 9));
        let first = support::webp(&out);
        let expected = run_to_png(&to_png(), &write::gif(&sprites[0])).rgba();
        for (seen, expected) in first
            .samples
            .as_chunks::<4>()
            .0
            .iter()
            .zip(expected.samples.as_chunks::<4>().0)
        {
            assert_eq!(seen[3], expected[3]);
        }
    }

    #[test]
    fn frames_that_are_alike_become_one() {
        let [a, b, c] = &pictures(64, 48)[..] else {
            unreachable!("three")
        };
        let five = [a, a, b, b, c].map(Picture::clone);
        let (_, seen) = made(&to(OutputFormat::Webp), &write::gif_animation(&five, 5));
        let times: Vec<_> = seen.frames.iter().map(|(_, time)| *time).collect();
        assert_eq!(times, [100, 100, 50]);
    }

    #[test]
    fn frames_are_turned_cropped_and_padded_like_images() {
        let request = Request {
            width: Some(50),
            height: Some(50),
            fit: Fit::Contain,
            rotate: edgepix_engine::Rotate::Quarter,
            ..to(OutputFormat::Webp)
        };
        let (_, seen) = made(&request, &animated_gif());
        assert_eq!(seen.size, (50, 50));
        let expected = run_to_png(&request, &write::gif(&synth::photo(64, 48, 1)));
        let difference = mean_difference(&seen.frames[0].0.rgb(), &expected.rgb());
        assert!(difference < LOSSY, "{difference}");
    }

    #[test]
    fn a_webp_that_would_not_become_smaller_is_returned_as_it_is() {
        // Made by this encoder already, and of the same quality.
        let once = run(&to(OutputFormat::Webp), &animated_gif());
        let lossy = Request {
            quality: Some(100),
            ..Request::default()
        };
        let (encoded, twice) = try_run(&lossy, &once).expect("an animation");
        assert_eq!(encoded.plan.action, Action::Animate);
        assert!(encoded.is_source);
        assert_eq!(twice, once);
        // Of another size it is no result, however small.
        let smaller = Request {
            width: Some(60),
            ..lossy
        };
        let (encoded, _) = try_run(&smaller, &once).expect("an animation");
        assert!(!encoded.is_source);
    }

    #[test]
    fn an_animation_cut_anywhere_is_malformed_or_has_fewer_frames() {
        for (file, begin) in [
            (write::gif_animation(&pictures(12, 9), 5), 6),
            (animated_webp(&pictures(12, 9)), 22),
        ] {
            for length in begin..file.len() {
                let cut: Result<_> = try_run(&to(OutputFormat::Webp), &file[..length]);
                match cut {
                    Err(Error::Malformed { .. }) => {}
                    Err(other) => panic!("{length} of {}: {other}", file.len()),
                    Ok((encoded, _)) => assert!(
                        encoded.plan.source.frames < 3 || length + 1 == file.len(),
                        "{length} of {}",
                        file.len()
                    ),
                }
            }
        }
    }

    #[test]
    fn a_source_in_single_bytes_gives_the_same() {
        struct Drip<'a>(&'a [u8]);
        impl std::io::Read for Drip<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                let length = buffer.len().min(1);
                std::io::Read::read(&mut self.0, &mut buffer[..length])
            }
        }
        let file = animated_gif();
        let request = wide(20, OutputFormat::Webp);
        let mut out = Vec::new();
        let mut drip = Drip(&file);
        transform(
            &request,
            &Limits::default(),
            Input::new(&mut drip),
            &mut out,
        )
        .expect("an animation");
        assert_eq!(out, run(&request, &file));
    }

    #[test]
    fn keeping_the_format_of_an_animated_webp_animates() {
        let planned = plan(
            &Request::default(),
            &whole_header(&animated_webp(&pictures(64, 48))),
            &Limits::default(),
        )
        .expect("a plan");
        assert_eq!(planned.action, Action::Animate);
        assert_eq!(Request::default().format, Target::Keep);
    }
}
