//! The table of formats: every kind of source to every target, by what is written and by how
//! it looks. `docs/formats.md` shows the same table.

mod support;

use std::io::Cursor;

use edgepix_corpus::{
    synth::Picture,
    write::{self, Inks, JpegOptions, Sampling, WebpFrame},
};
use edgepix_engine::{Accept, Encoded, Error, Lossless, OutputFormat, Request, Target};
use support::{jpeg_planes, mean_difference, run_to_png, to, to_png, try_run};

/// What becomes of each kind of source, in a build with everything. `auto` is by the Accept
/// header: of a client that names AVIF and WebP, only WebP, or neither.
const TABLE: &str = "
| source | keep | jpeg | png | webp | webp --lossless | avif | auto: avif, webp | auto: webp | auto: neither |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| JPEG | jpeg | jpeg | png | webp lossy | webp lossless | avif | avif | webp lossy | jpeg |
| JPEG, progressive | jpeg | jpeg | png | webp lossy | webp lossless | avif | avif | webp lossy | jpeg |
| JPEG, arithmetic | jpeg | jpeg | png | webp lossy | webp lossless | avif | avif | webp lossy | jpeg |
| JPEG, 4:4:4 | jpeg | jpeg | png | webp lossy | webp lossless | avif | avif | webp lossy | jpeg |
| JPEG, grey | jpeg grey | jpeg grey | png grey | webp lossy | webp lossless | avif | avif | webp lossy | jpeg grey |
| JPEG, CMYK | jpeg | jpeg | png | webp lossy | webp lossless | avif | avif | webp lossy | jpeg |
| JPEG, YCCK | jpeg | jpeg | png | webp lossy | webp lossless | avif | avif | webp lossy | jpeg |
| JPEG, Display P3 | jpeg | jpeg | png | webp lossy | webp lossless | avif | avif | webp lossy | jpeg |
| PNG | png | jpeg | png | webp lossy | webp lossless | avif | avif | webp lossy | jpeg |
| PNG, alpha | png alpha | jpeg | png alpha | webp lossy alpha | webp lossless alpha | avif alpha | avif alpha | webp lossy alpha | png alpha |
| PNG, grey | png grey | jpeg grey | png grey | webp lossy | webp lossless | avif | avif | webp lossy | jpeg grey |
| PNG, grey and alpha | png grey alpha | jpeg grey | png grey alpha | webp lossy alpha | webp lossless alpha | avif alpha | avif alpha | webp lossy alpha | png grey alpha |
| PNG, palette | png palette | jpeg | png palette | webp lossless | webp lossless | avif | webp lossless | webp lossless | png palette |
| PNG, palette and alpha | png palette alpha | jpeg | png palette alpha | webp lossless alpha | webp lossless alpha | avif alpha | webp lossless alpha | webp lossless alpha | png palette alpha |
| PNG, keyed | png alpha | jpeg | png alpha | webp lossy alpha | webp lossless alpha | avif alpha | avif alpha | webp lossy alpha | png alpha |
| PNG, 16 bit | png | jpeg | png | webp lossy | webp lossless | avif | avif | webp lossy | jpeg |
| PNG, interlaced | png | jpeg | png | webp lossy | webp lossless | avif | avif | webp lossy | jpeg |
| GIF | png palette | jpeg | png palette | webp lossless | webp lossless | avif | webp lossless | webp lossless | png palette |
| GIF, animated | gif, kept, size ignored | jpeg, first frame | png palette, first frame | webp animated | webp lossless, animated | avif, first frame | webp animated | webp animated | gif, kept, size ignored |
| WebP, lossy | webp lossy | jpeg | png | webp lossy | webp lossless | avif | avif | webp lossy | jpeg |
| WebP, lossy and alpha | webp lossy alpha | jpeg | png alpha | webp lossy alpha | webp lossless alpha | avif alpha | avif alpha | webp lossy alpha | png alpha |
| WebP, lossless | webp lossless | jpeg | png | webp lossless | webp lossless | avif | webp lossless | webp lossless | png |
| WebP, lossless and alpha | webp lossless alpha | jpeg | png alpha | webp lossless alpha | webp lossless alpha | avif alpha | webp lossless alpha | webp lossless alpha | png alpha |
| WebP, animated | webp animated | jpeg, first frame | png alpha, first frame | webp animated | webp lossless, animated | avif, first frame | webp animated | webp animated | png alpha, first frame |
| WebP, animated with alpha | webp animated alpha | jpeg, first frame | png alpha, first frame | webp animated alpha | webp lossless, animated alpha | avif alpha, first frame | webp animated alpha | webp animated alpha | png alpha, first frame |
| AVIF | avif | jpeg | png | webp lossy | webp lossless | avif | avif | webp lossy | jpeg |
| AVIF, 10 bit | avif | jpeg | png | webp lossy | webp lossless | avif | avif | webp lossy | jpeg |
| AVIF, grey | avif | jpeg grey | png grey | webp lossy | webp lossless | avif | avif | webp lossy | jpeg grey |
| AVIF, alpha | avif alpha | jpeg | png alpha | webp lossy alpha | webp lossless alpha | avif alpha | avif alpha | webp lossy alpha | png alpha |
";

/// What every source is made to: all are of its proportions, and larger.
const SIZE: (u32, u32) = (60, 45);

/// What is asked in each column.
fn columns() -> [(&'static str, Request); 9] {
    let auto = |accept| Request {
        format: Target::Auto(Accept::parse(accept)),
        ..Request::default()
    };
    let lossless = Request {
        lossless: Lossless::Always,
        ..to(OutputFormat::Webp)
    };
    [
        ("keep", Request::default()),
        ("jpeg", to(OutputFormat::Jpeg)),
        ("png", to_png()),
        ("webp", to(OutputFormat::Webp)),
        ("webp --lossless", lossless),
        ("avif", to(OutputFormat::Avif)),
        ("auto: avif, webp", auto("image/avif,image/webp,*/*;q=0.8")),
        ("auto: webp", auto("image/webp,*/*;q=0.8")),
        ("auto: neither", auto("image/*,*/*;q=0.8")),
    ]
    .map(|(name, request)| {
        let width = Some(SIZE.0);
        (name, Request { width, ..request })
    })
}

/// A file, and what it shows: one picture for each frame.
struct Source {
    name: &'static str,
    file: Vec<u8>,
    seen: Vec<Picture>,
}

/// One of each kind, in the table's order. What they show is what they were drawn from, but
/// where their colours are few: then it is what a decoder that is not ours makes of them.
fn sources() -> Vec<Source> {
    let (photo, faded) = (drawn(128, 96), drawn(128, 96).with_vignette());
    let keyed = with_key(&photo);
    let one = |name, file, seen: &Picture| Source {
        name,
        file,
        seen: vec![seen.clone()],
    };
    let usual = JpegOptions {
        quality: 95,
        ..JpegOptions::default()
    };
    let progressive = JpegOptions {
        progressive: true,
        ..usual
    };
    let full = JpegOptions {
        sampling: Sampling::S444,
        ..usual
    };
    let p3 = write::with_icc(
        &write::jpeg(&in_display_p3(&photo), &full),
        &write::icc_display_p3(),
    );
    let arithmetic = committed("images/libjpeg-arithmetic.jpg");
    let arithmetic_seen = support::jpeg(&arithmetic);
    let (palette, faded_palette) = (write::png_palette(&photo), write::png_palette(&faded));
    let (frames, faded_frames) = (frames(&photo), frames(&faded));
    let banded: Vec<_> = frames
        .iter()
        .map(|frame| support::png(&write::png_palette(frame)))
        .collect();
    let sources = vec![
        one("JPEG", write::jpeg(&photo, &usual), &photo),
        one(
            "JPEG, progressive",
            write::jpeg(&photo, &progressive),
            &photo,
        ),
        one("JPEG, arithmetic", arithmetic, &arithmetic_seen),
        one("JPEG, 4:4:4", write::jpeg(&photo, &full), &photo),
        one(
            "JPEG, grey",
            write::jpeg(&photo.grey(), &usual),
            &photo.grey(),
        ),
        one(
            "JPEG, CMYK",
            write::jpeg_inks(&photo, Inks::Cmyk, &usual),
            &photo,
        ),
        one(
            "JPEG, YCCK",
            write::jpeg_inks(&photo, Inks::Ycck, &usual),
            &photo,
        ),
        one("JPEG, Display P3", p3, &photo),
        one("PNG", write::png(&photo), &photo),
        one("PNG, alpha", write::png(&faded), &faded),
        one("PNG, grey", write::png(&photo.grey()), &photo.grey()),
        one(
            "PNG, grey and alpha",
            write::png(&faded.grey()),
            &faded.grey(),
        ),
        one("PNG, palette", palette.clone(), &support::png(&palette)),
        one(
            "PNG, palette and alpha",
            faded_palette.clone(),
            &support::png(&faded_palette),
        ),
        one(
            "PNG, keyed",
            write::png_with_chunk(&write::png(&keyed.rgb()), b"tRNS", &[0, 255, 0, 0, 0, 255]),
            &keyed,
        ),
        one("PNG, 16 bit", write::png_sixteen_bit(&photo), &photo),
        one("PNG, interlaced", write::png_interlaced(&photo), &photo),
        one("GIF", write::gif(&photo), &support::png(&palette)),
        Source {
            name: "GIF, animated",
            file: write::gif_animation(&frames, 8),
            seen: banded,
        },
        one("WebP, lossy", write::webp_lossy(&photo, 95), &photo),
        one(
            "WebP, lossy and alpha",
            write::webp_lossy(&faded, 95),
            &faded,
        ),
        one("WebP, lossless", write::webp_lossless(&photo), &photo),
        one(
            "WebP, lossless and alpha",
            write::webp_lossless(&faded),
            &faded,
        ),
        Source {
            name: "WebP, animated",
            file: animated_webp(&frames),
            seen: frames,
        },
        Source {
            name: "WebP, animated with alpha",
            file: animated_webp(&faded_frames),
            seen: faded_frames,
        },
        one("AVIF", fixture("420"), &drawn(64, 48)),
        one("AVIF, 10 bit", fixture("444-10"), &drawn(64, 48)),
        one("AVIF, grey", fixture("grey"), &red(&drawn(64, 48))),
        one("AVIF, alpha", fixture("alpha"), &with_spot(&drawn(64, 48))),
    ];
    sources
}

/// What `tests/data/avif/make.py` draws: smooth, so that shared chroma loses little, and no
/// two channels nor two sides alike.
fn drawn(width: u32, height: u32) -> Picture {
    Picture::from_fn(width, height, |x, y| {
        let (u, v) = (part(x, width), part(y, height));
        [255.0 * u, 255.0 * v, 230.0 - 150.0 * u * v].map(level)
    })
}

fn part(at: u32, side: u32) -> f64 {
    f64::from(at) / f64::from(side - 1)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to a byte"
)]
fn level(value: f64) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

/// What `make.py` draws as alpha.
fn with_spot(picture: &Picture) -> Picture {
    picture.with_alpha(|x, y| {
        let distance = (f64::from(x) - 32.0).hypot(f64::from(y) - 24.0);
        level((300.0 - 9.0 * distance).clamp(30.0, 255.0))
    })
}

/// What `make.py` draws in grey.
fn red(picture: &Picture) -> Picture {
    Picture::from_fn(picture.width, picture.height, |x, y| {
        [picture.pixel(x, y)[0]]
    })
}

/// The picture with a quarter in one colour that is transparent: red 255, green 0, blue 255.
fn with_key(picture: &Picture) -> Picture {
    let is_key = |x, y| x < picture.width / 2 && y < picture.height / 2;
    Picture::from_fn(picture.width, picture.height, |x, y| {
        match *picture.pixel(x, y) {
            _ if is_key(x, y) => [255, 0, 255],
            [r, g, b] => [r, g, b],
            _ => unreachable!("three channels"),
        }
    })
    .with_alpha(|x, y| if is_key(x, y) { 0 } else { 255 })
}

/// The same colours in Display P3's numbers: linear sRGB by the matrix of CSS Color 4,
/// section 10, both with the curve of IEC 61966-2-1.
fn in_display_p3(picture: &Picture) -> Picture {
    const FROM_SRGB: [[f64; 3]; 3] = [
        [0.822_462, 0.177_538, 0.0],
        [0.033_194, 0.966_806, 0.0],
        [0.017_083, 0.072_397, 0.910_520],
    ];
    let light = |level: u8| match f64::from(level) / 255.0 {
        dark @ ..=0.040_45 => dark / 12.92,
        bright => ((bright + 0.055) / 1.055).powf(2.4),
    };
    let stored = |light: f64| match light {
        ..=0.003_130_8 => level(255.0 * 12.92 * light),
        bright => level(255.0 * (1.055 * bright.powf(1.0 / 2.4) - 0.055)),
    };
    Picture::from_fn(picture.width, picture.height, |x, y| {
        let pixel = picture.pixel(x, y);
        FROM_SRGB.map(|row| stored((0..3).map(|c| row[c] * light(pixel[c])).sum()))
    })
}

/// Three frames of which no two are alike: the picture, turned by a half, and its negative.
fn frames(picture: &Picture) -> Vec<Picture> {
    let channels = usize::from(picture.channels);
    let pixels = || picture.samples.chunks_exact(channels);
    let of = |samples| Picture {
        samples,
        ..picture.clone()
    };
    let negative = pixels().flat_map(|pixel| {
        let inverted = |(c, &value): (usize, &u8)| if c < 3 { 255 - value } else { value };
        pixel.iter().enumerate().map(inverted)
    });
    vec![
        picture.clone(),
        of(pixels().rev().flatten().copied().collect()),
        of(negative.collect()),
    ]
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
            milliseconds: 80,
            replaces: true,
            clears: false,
        })
        .collect();
    write::webp_animation((pictures[0].width, pictures[0].height), 0, [0; 4], &frames)
}

fn committed(path: &str) -> Vec<u8> {
    std::fs::read(edgepix_corpus::folder().join(path)).expect("it is committed")
}

/// A file of `tests/data/avif`.
fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/avif");
    std::fs::read(format!("{folder}/{name}.avif")).expect("it is committed")
}

/// What was made, in the table's words: format, what it holds, and what it lacks.
fn signature(encoded: &Encoded, out: &[u8]) -> String {
    let made = match out {
        [0xff, 0xd8, 0xff, ..] => match &jpeg_planes(out)[..] {
            [_] => "jpeg grey",
            [luma, blue, red] => {
                assert_eq!(luma.width.div_ceil(2), blue.width);
                assert_eq!(luma.height.div_ceil(2), red.height);
                "jpeg"
            }
            planes => panic!("{} planes", planes.len()),
        },
        // The colour type, and with a palette whether that has alphas.
        [0x89, b'P', b'N', b'G', ..] => match (out[25], support::png(out).channels) {
            (0, _) => "png grey",
            (2, _) => "png",
            (3, 3) => "png palette",
            (3, _) => "png palette alpha",
            (4, _) => "png grey alpha",
            _ => "png alpha",
        },
        [b'G', b'I', b'F', ..] => "gif",
        [b'R', b'I', b'F', b'F', ..] => webp_signature(out),
        _ => {
            let avif = support::avif::read(out);
            assert_eq!(avif.brand, b"avif");
            if avif.has_alpha { "avif alpha" } else { "avif" }
        }
    };
    let kept = if encoded.is_source { ", kept" } else { "" };
    let warnings = encoded.warnings.iter().map(|&warning| match warning {
        "the source is an animation: the result shows its first frame" => ", first frame",
        "an animated GIF stays as it is: what was asked of its picture was ignored" => {
            ", size ignored"
        }
        other => other,
    });
    [made, kept].into_iter().chain(warnings).collect()
}

fn webp_signature(file: &[u8]) -> &'static str {
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(file)).expect("a WebP");
    if decoder.is_animated() {
        assert_eq!(decoder.num_frames(), 3);
        // What is coded lossily names its chunk so; a lossless frame has no alpha of its own.
        let is_lossy = file.windows(4).any(|name| name == b"VP8 ");
        return match (is_lossy, decoder.has_alpha()) {
            (true, false) => "webp animated",
            (true, true) => "webp animated alpha",
            (false, false) => "webp lossless, animated",
            (false, true) => "webp lossless, animated alpha",
        };
    }
    match (decoder.is_lossy(), decoder.has_alpha()) {
        (true, false) => "webp lossy",
        (true, true) => "webp lossy alpha",
        (false, false) => "webp lossless",
        (false, true) => "webp lossless alpha",
    }
}

/// The pictures of a result, by decoders that are not ours but for AVIF; none where this
/// build reads no AVIF.
fn shown(out: &[u8]) -> Vec<Picture> {
    match out {
        [0xff, ..] => vec![support::jpeg(out)],
        [0x89, ..] => vec![support::png(out)],
        [b'R', ..] if webp_signature(out).contains("animated") => {
            let mut decoder = image_webp::WebPDecoder::new(Cursor::new(out)).expect("a WebP");
            let (width, height) = decoder.dimensions();
            let length = decoder.output_buffer_size().expect("a small WebP");
            let channels = if decoder.has_alpha() { 4 } else { 3 };
            (0..decoder.num_frames())
                .map(|_| {
                    let mut samples = vec![0; length];
                    decoder.read_frame(&mut samples).expect("a whole frame");
                    Picture {
                        width,
                        height,
                        channels,
                        samples,
                    }
                })
                .collect()
        }
        [b'R', ..] => vec![support::webp(out)],
        _ if cfg!(feature = "libaom") => vec![run_to_png(&to_png(), out)],
        _ => Vec::new(),
    }
}

/// The picture as it is seen on a level of grey, in RGB.
fn on(picture: &Picture, level: u8) -> Picture {
    let rgba = picture.rgba();
    let (pixels, _) = rgba.samples.as_chunks::<4>();
    let over = |colour: u8, alpha: u8| {
        let (colour, alpha) = (u32::from(colour), u32::from(alpha));
        let sum = colour * alpha + u32::from(level) * (255 - alpha);
        u8::try_from((sum + 127) / 255).expect("at most 255")
    };
    Picture {
        channels: 3,
        samples: pixels
            .iter()
            .flat_map(|&[r, g, b, alpha]| [r, g, b].map(|colour| over(colour, alpha)))
            .collect(),
        ..rgba
    }
}

/// Mean difference of two pictures on white, and on black too where the result could be
/// transparent: only together do they show what alpha is.
fn difference(result: &Picture, expected: &Picture) -> f64 {
    let on_both = |level| mean_difference(&on(result, level), &on(expected, level));
    let levels: &[u8] = if result.channels.is_multiple_of(2) {
        &[255, 0]
    } else {
        &[255]
    };
    levels
        .iter()
        .map(|&level| on_both(level))
        .fold(0.0, f64::max)
}

/// The most levels by which a result may differ in the mean from what its source shows,
/// resized exactly: about a third more than the most that it does. A palette's bands, and
/// the letters of the arithmetic-coded file, have hard edges of colours: shared chroma
/// blurs them.
fn most(source: &str, made: &str) -> f64 {
    let has = |word| source.contains(word);
    let is_jpeg = made.starts_with("jpeg");
    if made.starts_with("png") || made.starts_with("webp lossless") {
        1.3
    } else if has("arithmetic") {
        if is_jpeg { 12.5 } else { 10.0 }
    } else if has("palette") || has("GIF") {
        if is_jpeg { 7.5 } else { 5.5 }
    } else {
        3.2
    }
}

/// What a source shows at the result's size: a PNG of it, resized.
fn expected(picture: &Picture) -> Picture {
    let request = Request {
        width: Some(SIZE.0),
        ..to_png()
    };
    run_to_png(&request, &write::png(picture))
}

/// What the table says of a row and a column, in this build.
fn built(row: &[&'static str], column: usize) -> String {
    const AUTO: [usize; 3] = [6, 7, 8];
    let cell = row[column];
    if cell.starts_with("avif") && !cfg!(any(feature = "libaom", feature = "rav1e")) {
        return if AUTO.contains(&column) {
            built(row, AUTO[1])
        } else {
            "format must not be avif: this build has no AVIF encoder".into()
        };
    }
    let needs_libwebp = ["webp lossy", "webp animated", "webp lossless, animated"]
        .iter()
        .any(|made| cell.starts_with(made));
    if !needs_libwebp || cfg!(feature = "libwebp") {
        return cell.into();
    }
    // Of a photograph, and of a GIF that moves, the fallback is the better.
    if AUTO.contains(&column) && !row[AUTO[2]].starts_with("png") {
        return row[AUTO[2]].into();
    }
    if cell.contains("animated") {
        // Its header leaves room for transparency, and so does what is lossless.
        return "webp lossless alpha, first frame".into();
    }
    cell.replace("lossy", "lossless")
}

/// The table's lines of sources: a name and a cell for each column.
fn rows() -> Vec<(&'static str, Vec<&'static str>)> {
    let cells = |line: &'static str| {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        (cells.next().expect("a name"), cells.collect())
    };
    TABLE.trim().lines().skip(2).map(cells).collect()
}

#[test]
fn every_source_becomes_what_the_table_says() {
    let sources = sources();
    let rows = rows();
    assert!(
        rows.iter()
            .map(|row| row.0)
            .eq(sources.iter().map(|source| source.name))
    );
    for (source, (name, row)) in sources.iter().zip(&rows) {
        if name.starts_with("AVIF") && !cfg!(feature = "libaom") {
            let refused = try_run(&to_png(), &source.file);
            assert!(matches!(
                refused,
                Err(Error::Unsupported("this build reads no AVIF"))
            ));
            continue;
        }
        for (column, (target, request)) in columns().iter().enumerate() {
            let case = format!("{name} to {target}");
            let says = built(row, column);
            match try_run(request, &source.file) {
                Ok((encoded, out)) => {
                    assert_eq!(signature(&encoded, &out), says, "{case}");
                    if encoded.is_source {
                        assert!(out == source.file, "{case}");
                    } else {
                        assert_looks_like(&out, source, &says, &case);
                    }
                }
                Err(error) => assert_eq!(error.to_string(), says, "{case}"),
            }
        }
    }
}

fn assert_looks_like(out: &[u8], source: &Source, made: &str, case: &str) {
    let frames = shown(out);
    let is_animated = made.contains("animated");
    let count = if is_animated { source.seen.len() } else { 1 };
    let is_readable = !made.starts_with("avif") || cfg!(feature = "libaom");
    assert_eq!(frames.len(), if is_readable { count } else { 0 }, "{case}");
    for (i, (frame, seen)) in frames.iter().zip(&source.seen).enumerate() {
        assert_eq!((frame.width, frame.height), SIZE, "{case}");
        let difference = difference(frame, &expected(seen));
        let most = most(source.name, made);
        assert!(
            difference < most,
            "{case}, frame {i}: {difference:.2} levels"
        );
    }
}

#[test]
fn what_is_mixed_up_differs_far_more_than_is_allowed() {
    let channels = |[r, g, b]: [usize; 3]| move |pixel: &[u8]| [pixel[r], pixel[g], pixel[b]];
    let least = |picture: &Picture| {
        let of = |samples| Picture {
            samples,
            ..picture.clone()
        };
        let pixels = || picture.samples.chunks_exact(3);
        let orders = [
            [0, 2, 1],
            [1, 0, 2],
            [2, 1, 0],
            [1, 2, 0],
            [2, 0, 1],
            [0, 0, 0],
        ];
        orders
            .map(|order| of(pixels().flat_map(channels(order)).collect()))
            .into_iter()
            .chain([of(pixels().rev().flatten().copied().collect())])
            .map(|other| mean_difference(picture, &other))
            .fold(f64::INFINITY, f64::min)
    };
    let picture = drawn(64, 48);
    let banded = support::png(&write::png_palette(&picture));
    assert!(
        least(&picture) > 10.0 * most("JPEG", "jpeg"),
        "{}",
        least(&picture)
    );
    assert!(
        least(&banded) > 5.0 * most("GIF", "jpeg"),
        "{}",
        least(&banded)
    );
}

#[test]
fn the_document_shows_this_table() {
    let document = include_str!("../docs/formats.md");
    assert!(document.contains(TABLE), "docs/formats.md has another");
}
