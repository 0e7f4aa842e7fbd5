//! Canvases against pixels that are written here.

use edgepix_corpus::{
    synth::Picture,
    write::{self, Gif, GifFrame, WebpFrame},
};

use super::{canvas::Canvas, frames};
use crate::{
    decode::Source as _,
    header::{Header, probe},
    input::Input,
    pipeline::probe_within,
};

const RED: [u8; 3] = [255, 0, 0];
const GREEN: [u8; 3] = [0, 255, 0];
const BLUE: [u8; 3] = [0, 0, 255];
const WHITE: [u8; 3] = [255, 255, 255];

/// A letter for each pixel of a canvas, row by row; a dot is transparent.
fn letters(canvas: &Canvas) -> String {
    let width = canvas.size().width as usize;
    let mut rows = canvas.rows();
    let mut text = String::new();
    while rows.advance().expect("it is in memory") {
        let strip = rows.rows();
        let plane = strip.planes()[0];
        for y in 0..plane.height {
            let (pixels, _) = plane.row(y).as_chunks::<4>();
            assert_eq!(pixels.len(), width);
            text.extend(pixels.iter().map(|pixel| match *pixel {
                [0, 0, 0, 0] => '.',
                [255, 0, 0, 255] => 'R',
                [0, 255, 0, 255] => 'G',
                [0, 0, 255, 255] => 'B',
                [255, 255, 255, 255] => 'W',
                other => panic!("{other:?}"),
            }));
            text.push(' ');
        }
    }
    text.trim_end().into()
}

fn header(file: &[u8]) -> Header {
    let mut bytes = file;
    probe_within(&mut Input::new(&mut bytes), &crate::Limits::default()).expect("a header")
}

/// Every canvas of an animation, and for how long it is seen.
fn canvases(file: &[u8]) -> Vec<(String, u32)> {
    let mut frames = frames(&header(file), file).expect("an animation");
    let mut canvases = Vec::new();
    while let Some(milliseconds) = frames.advance().expect("a sound frame") {
        canvases.push((letters(frames.canvas()), milliseconds));
    }
    canvases
}

fn seen(file: &[u8]) -> Vec<String> {
    canvases(file).into_iter().map(|(text, _)| text).collect()
}

/// A frame of red, green, blue and white; a dot is transparent.
fn frame(left: u16, top: u16, rows: &[&str]) -> GifFrame {
    let text = rows.concat();
    GifFrame {
        left,
        top,
        width: u16::try_from(rows[0].len()).expect("a short row"),
        height: u16::try_from(rows.len()).expect("few rows"),
        transparent: text.contains('.').then_some(4),
        indices: text
            .bytes()
            .map(|letter| match letter {
                b'R' => 0,
                b'G' => 1,
                b'B' => 2,
                b'W' => 3,
                _ => 4,
            })
            .collect(),
        ..GifFrame::default()
    }
}

/// A GIF of 4x3 pixels.
fn gif(frames: Vec<GifFrame>) -> Gif {
    Gif {
        width: 4,
        height: 3,
        palette: vec![RED, GREEN, BLUE, WHITE, RED, RED, RED, RED],
        repeats: None,
        frames,
    }
}

fn disposed(disposal: u8, frame: GifFrame) -> GifFrame {
    GifFrame { disposal, ..frame }
}

#[test]
fn a_frame_that_is_kept_stays_under_the_next() {
    for disposal in [0, 1, 5] {
        let file = gif(vec![
            disposed(disposal, frame(0, 0, &["RRRR", "RRRR", "RRRR"])),
            disposed(disposal, frame(1, 1, &["GG"])),
            disposed(disposal, frame(2, 1, &["B", "B"])),
        ]);
        assert_eq!(
            seen(&file.bytes()),
            ["RRRR RRRR RRRR", "RRRR RGGR RRRR", "RRRR RGBR RRBR"],
            "{disposal}"
        );
    }
}

#[test]
fn a_frame_that_is_cleared_leaves_a_transparent_hole() {
    let file = gif(vec![
        frame(0, 0, &["RRRR", "RRRR", "RRRR"]),
        disposed(2, frame(1, 1, &["GG"])),
        frame(0, 0, &["B"]),
    ]);
    assert_eq!(
        seen(&file.bytes()),
        ["RRRR RRRR RRRR", "RRRR RGGR RRRR", "BRRR R..R RRRR"]
    );
}

#[test]
fn a_frame_that_is_taken_back_shows_what_was_under_it() {
    for disposal in [3, 4] {
        let file = gif(vec![
            frame(0, 0, &["RRRR", "RRRR", "RRRR"]),
            disposed(disposal, frame(1, 1, &["GG", "GG"])),
            disposed(disposal, frame(0, 1, &["BB"])),
            frame(3, 0, &["W"]),
        ]);
        assert_eq!(
            seen(&file.bytes()),
            [
                "RRRR RRRR RRRR",
                "RRRR RGGR RGGR",
                "RRRR BBRR RRRR",
                "RRRW RRRR RRRR"
            ],
            "{disposal}"
        );
    }
}

#[test]
fn a_first_frame_that_is_taken_back_leaves_nothing() {
    let file = gif(vec![
        disposed(3, frame(0, 0, &["RRRR", "RRRR", "RRRR"])),
        frame(1, 1, &["GG"]),
    ]);
    assert_eq!(seen(&file.bytes()), ["RRRR RRRR RRRR", ".... .GG. ...."]);
}

#[test]
fn transparent_pixels_show_what_is_under_them() {
    let file = gif(vec![
        frame(0, 0, &["RR.R", "RRRR", ".RRR"]),
        frame(0, 0, &["G.G.", ".G.G", "...."]),
    ]);
    assert_eq!(seen(&file.bytes()), ["RR.R RRRR .RRR", "GRGR RGRG .RRR"]);
}

#[test]
fn what_lies_outside_the_screen_is_cut_off_but_for_the_first_frame() {
    let file = gif(vec![
        frame(0, 0, &["RRRRR", "RRRRR", "RRRRR"]),
        frame(3, 2, &["GGGG", "GGGG"]),
        frame(100, 100, &["BB"]),
    ]);
    assert_eq!(
        seen(&file.bytes()),
        [
            "RRRRR RRRRR RRRRR",
            "RRRRR RRRRR RRRGG",
            "RRRRR RRRRR RRRGG"
        ]
    );
}

#[test]
fn a_frame_uses_its_own_colours_if_it_has_any() {
    let own = GifFrame {
        palette: vec![BLUE, WHITE],
        ..frame(0, 0, &["RG"])
    };
    let file = gif(vec![frame(0, 0, &["RRRR", "GGGG", "RRRR"]), own]);
    assert_eq!(seen(&file.bytes()), ["RRRR GGGG RRRR", "BWRR GGGG RRRR"]);
}

#[test]
fn an_index_without_a_colour_is_transparent() {
    // Indices of two colours have two bits nevertheless.
    let mut few = gif(vec![frame(0, 0, &["RBGW"])]);
    few.palette.truncate(2);
    few.height = 1;
    few.frames.push(few.frames[0].clone());
    assert_eq!(seen(&few.bytes()), ["R.G.", "R.G."]);
}

#[test]
fn interlaced_frames_have_their_rows_in_order() {
    let rows = ["R", "G", "B", "W", "R", "R", "G", "G", "B", "B", "W"];
    let mut file = gif(vec![GifFrame {
        interlaced: true,
        ..frame(0, 0, &rows)
    }]);
    file.frames.push(file.frames[0].clone());
    (file.width, file.height) = (1, 11);
    assert_eq!(seen(&file.bytes()), vec![rows.join(" "); 2]);
}

#[test]
fn frames_are_timed_as_browsers_time_them() {
    let delays = [0, 1, 2, 10, 65_535];
    let frames = delays.map(|delay| GifFrame {
        delay,
        ..frame(0, 0, &["R"])
    });
    let times: Vec<_> = canvases(&gif(frames.into()).bytes())
        .into_iter()
        .map(|(_, milliseconds)| milliseconds)
        .collect();
    assert_eq!(times, [100, 100, 20, 100, 655_350]);
}

#[test]
fn a_gif_counts_repetitions_and_an_animation_how_often_it_is_shown() {
    for (repeats, loops) in [
        (None, 1),
        (Some(0), 0),
        (Some(1), 2),
        (Some(65_535), 65_535),
    ] {
        let file = Gif {
            repeats,
            ..gif(vec![frame(0, 0, &["R"]), frame(0, 0, &["G"])])
        }
        .bytes();
        let frames = frames(&header(&file), &file).expect("an animation");
        assert_eq!(frames.loops(), loops, "{repeats:?}");
    }
}

#[test]
fn every_frame_of_a_held_gif_is_counted() {
    let file = gif(vec![frame(0, 0, &["R"]); 7]).bytes();
    let mut bytes = &file[..];
    let seen = probe(&mut Input::new(&mut bytes)).expect("a header");
    assert_eq!((seen.frames, header(&file).frames), (2, 7));
}

/// A lossless frame.
fn webp(left: u32, top: u32, rows: &[&str]) -> WebpFrame {
    let (width, height) = (rows[0].len(), rows.len());
    let size = |side| u32::try_from(side).expect("small");
    let picture = Picture::from_fn(size(width), size(height), |x, y| {
        match rows[y as usize].as_bytes()[x as usize] {
            b'R' => [255, 0, 0, 255],
            b'G' => [0, 255, 0, 255],
            b'B' => [0, 0, 255, 255],
            b'W' => [255, 255, 255, 255],
            _ => [0, 0, 0, 0],
        }
    });
    let opaque = rows.iter().all(|row| !row.contains('.'));
    let picture = if opaque { picture.rgb() } else { picture };
    WebpFrame {
        still: write::webp_lossless(&picture),
        width: picture.width,
        height: picture.height,
        left,
        top,
        milliseconds: 40,
        replaces: false,
        clears: false,
    }
}

fn animated(frames: &[WebpFrame]) -> Vec<u8> {
    write::webp_animation((4, 3), 5, [1, 2, 3, 4], frames)
}

#[test]
fn webp_frames_are_laid_over_one_another() {
    let file = animated(&[
        webp(0, 0, &["RRRR", "RRRR", "RRRR"]),
        webp(2, 0, &["G.", ".G"]),
        webp(0, 2, &["BB"]),
    ]);
    assert_eq!(
        seen(&file),
        ["RRRR RRRR RRRR", "RRGR RRRG RRRR", "RRGR RRRG BBRR"]
    );
}

#[test]
fn webp_frames_replace_what_is_under_them_if_they_say_so() {
    let file = animated(&[
        webp(0, 0, &["RRRR", "RRRR", "RRRR"]),
        WebpFrame {
            replaces: true,
            ..webp(2, 0, &["G.", ".G"])
        },
    ]);
    assert_eq!(seen(&file), ["RRRR RRRR RRRR", "RRG. RR.G RRRR"]);
}

/// What image-webp's own compositing gets wrong: 0.2.4 does not clear at all, or under an
/// opaque frame the wrong pixels.
#[test]
fn webp_frames_that_are_cleared_leave_a_transparent_hole() {
    for next in ["B", "."] {
        let file = animated(&[
            webp(0, 0, &["RRRR", "RRRR", "RRRR"]),
            WebpFrame {
                clears: true,
                ..webp(2, 0, &["GG", "GG"])
            },
            webp(0, 2, &[next]),
        ]);
        let last = format!("RR.. RR.. {}RRR", next.replace('.', "R"));
        assert_eq!(seen(&file), ["RRRR RRRR RRRR", "RRGG RRGG RRRR", &last]);
    }
}

#[test]
fn webp_says_its_time_loops_and_background() {
    let file = animated(&[webp(0, 0, &["R"]), webp(2, 2, &["GG"])]);
    let header = header(&file);
    assert_eq!((header.frames, header.alpha), (2, true));
    let frames = frames(&header, &file).expect("an animation");
    assert_eq!(frames.loops(), 5);
    assert_eq!(frames.background(), u32::from_le_bytes([1, 2, 3, 4]));
    assert_eq!(canvases(&file)[1], ("R... .... ..GG".into(), 40));
}
