//! The format that each client gets: RFC 9110, 12.5.1, and the rule that a modern format is
//! only for those who name it.

mod support;

use edgepix_corpus::{synth, write};
use edgepix_engine::{
    Accept, Choice, Chroma, Limits, OutputFormat, Request, Subject, Target, Token, plan,
};
use support::{header, run, to};

const PHOTOGRAPH: Subject = Subject {
    alpha: false,
    animated: false,
    flat: false,
};
const LOGO: Subject = Subject {
    alpha: true,
    ..PHOTOGRAPH
};
const DIAGRAM: Subject = Subject {
    flat: true,
    ..PHOTOGRAPH
};
const ANIMATION: Subject = Subject {
    animated: true,
    ..DIAGRAM
};

/// What Safari 15 sends for an image.
const SAFARI_15: &str = "image/webp,image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5";
/// What Chrome has sent for an image since 85.
const CHROME: &str = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";

fn choice(header: &str, subject: Subject) -> Choice {
    Accept::parse(header).choice(subject)
}

/// The word for a cache key, of a client that sends `header` for a photograph.
fn token(header: &str) -> &'static str {
    choice(header, PHOTOGRAPH).token.name()
}

fn candidates(header: &str, subject: Subject) -> Vec<OutputFormat> {
    Accept::parse(header).candidates(subject).collect()
}

/// What the words of this file become in a build that lacks an encoder.
fn built(token: &'static str) -> &'static str {
    match token {
        "avif" if !cfg!(any(feature = "libaom", feature = "rav1e")) => built("webp"),
        "webp" if !cfg!(feature = "libwebp") => "none",
        token => token,
    }
}

#[test]
fn each_client_gets_the_best_it_names() {
    for (client, header, expected) in [
        ("Chrome 120, image", CHROME, "avif"),
        (
            "Chrome 120, page",
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,\
             image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
            "avif",
        ),
        (
            "Chrome 80",
            "image/webp,image/apng,image/*,*/*;q=0.8",
            "webp",
        ),
        (
            "Firefox 130",
            "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
            "avif",
        ),
        ("Firefox 100", "image/avif,image/webp,*/*", "avif"),
        ("Firefox 80", "image/webp,*/*", "webp"),
        ("Firefox 60", "*/*", "none"),
        (
            "Safari 17",
            "image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,\
             image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
            "avif",
        ),
        ("Safari 15", SAFARI_15, "webp"),
        (
            "Safari 13",
            "image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5",
            "none",
        ),
        (
            "Edge 18",
            "image/png, image/svg+xml, image/*; q=0.8, */*; q=0.5",
            "none",
        ),
        (
            "Internet Explorer 11",
            "image/png, image/svg+xml, image/jxr, image/*;q=0.8, */*;q=0.5",
            "none",
        ),
        (
            "Java",
            "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
            "none",
        ),
        ("curl", "*/*", "none"),
        ("no header", "", "none"),
    ] {
        assert_eq!(token(header), built(expected), "{client}");
    }
}

#[test]
fn wildcards_never_bring_a_modern_format() {
    for header in [
        "*/*",
        "image/*",
        "image/*,*/*;q=0.8",
        "image/*;q=1,image/jpeg;q=0.1",
        "image/*,image/jpeg;q=0",
    ] {
        assert_eq!(token(header), "none", "{header}");
    }
}

#[test]
fn a_quality_of_zero_refuses() {
    for (header, expected) in [
        ("image/avif;q=0,image/webp", "webp"),
        ("image/avif;q=0.000,image/webp;q=0.0,*/*", "none"),
        ("image/webp;q=0,image/*,*/*", "none"),
        ("image/avif;q=0.001,image/jpeg;q=0", "avif"),
    ] {
        assert_eq!(token(header), built(expected), "{header}");
    }
}

#[cfg(all(feature = "libwebp", any(feature = "libaom", feature = "rav1e")))]
#[test]
fn the_higher_quality_comes_first_and_avif_of_equals() {
    use OutputFormat::{Avif, Jpeg, Webp};
    for (header, expected) in [
        ("image/avif,image/webp", vec![Avif, Webp, Jpeg]),
        ("image/webp,image/avif", vec![Avif, Webp, Jpeg]),
        ("image/avif;q=0.9,image/webp", vec![Webp, Avif, Jpeg]),
        (
            "image/avif;q=0.123,image/webp;q=0.124",
            vec![Webp, Avif, Jpeg],
        ),
        ("image/avif;q=0.5,image/webp;q=0.5", vec![Avif, Webp, Jpeg]),
        ("image/avif;q=0.5,image/webp;q=0", vec![Avif, Jpeg]),
    ] {
        assert_eq!(candidates(header, PHOTOGRAPH), expected, "{header}");
    }
}

#[test]
fn a_client_that_would_rather_have_the_fallback_gets_it() {
    for header in [
        "image/jpeg,image/webp;q=0.9,image/avif;q=0.9",
        "image/webp;q=0.7,image/avif;q=0.7,image/*;q=0.8",
        "image/webp;q=0.2,image/avif;q=0.2,*/*;q=0.5",
    ] {
        assert_eq!(
            candidates(header, PHOTOGRAPH),
            [OutputFormat::Jpeg],
            "{header}"
        );
    }
    // Of PNG, which is what it would get, it says less than of WebP.
    let rather = "image/jpeg,image/png;q=0.1,image/webp;q=0.9";
    assert_eq!(choice(rather, LOGO).token.name(), "webp");
}

#[test]
fn the_most_specific_range_wins_wherever_it_stands() {
    // The table of RFC 9110, 12.5.1 with images for its texts; as erratum 7138 mends it, a
    // range with parameters means no type without them.
    let accept = Accept::parse(
        "image/*;q=0.3, image/png;q=0.7, image/webp;v=1, image/png;v=2;q=0.4, */*;q=0.5",
    );
    for (format, quality, named) in [
        (OutputFormat::Png, 700, true),
        (OutputFormat::Webp, 300, false),
        (OutputFormat::Jpeg, 300, false),
        (OutputFormat::Avif, 300, false),
    ] {
        let name = format.name();
        assert_eq!(accept.quality(format), quality, "{name}");
        assert_eq!(accept.names(format), named, "{name}");
    }
    let qualities = |header: &str| {
        let accept = Accept::parse(header);
        [OutputFormat::Webp, OutputFormat::Jpeg].map(|format| accept.quality(format))
    };
    assert_eq!(qualities("*/*,image/*;q=0.5,image/webp;q=0"), [0, 500]);
    assert_eq!(qualities("image/webp;q=0,image/*;q=0.5,*/*"), [0, 500]);
    assert_eq!(qualities("text/html,*/*;q=0.1"), [100, 100]);
    assert_eq!(qualities("text/html"), [0, 0]);
}

#[test]
fn of_ranges_alike_the_higher_quality_counts() {
    for header in [
        "image/webp;q=0.2,image/webp;q=0.6",
        "image/webp;q=0.6,image/webp;q=0.2",
    ] {
        let quality = Accept::parse(header).quality(OutputFormat::Webp);
        assert_eq!(quality, 600, "{header}");
    }
}

#[test]
fn a_header_without_a_sound_range_says_nothing() {
    for header in [
        "",
        " ",
        ",",
        " ,\t, ",
        "image/webp;q=7",
        "webp",
        "é",
        "\"image/webp",
    ] {
        assert_eq!(Accept::parse(header), Accept::ANYTHING, "{header:?}");
    }
    assert_eq!(Accept::default(), Accept::ANYTHING);
}

#[test]
fn the_fallback_is_png_where_jpeg_would_lose_and_ends_every_list() {
    for header in [
        "",
        "*/*",
        "image/webp",
        "image/jpeg;q=0,image/png;q=0",
        CHROME,
    ] {
        for (subject, fallback) in [
            (PHOTOGRAPH, OutputFormat::Jpeg),
            (LOGO, OutputFormat::Png),
            (DIAGRAM, OutputFormat::Png),
            (ANIMATION, OutputFormat::Gif),
        ] {
            assert_eq!(subject.fallback(), fallback);
            let last = candidates(header, subject).pop();
            assert_eq!(last, Some(fallback), "{header} {subject:?}");
        }
    }
}

#[test]
fn an_animation_is_never_avif() {
    for (header, expected) in [
        ("image/avif", vec![OutputFormat::Gif]),
        (CHROME, vec![OutputFormat::Webp, OutputFormat::Gif]),
    ] {
        // Without libwebp no animation is written.
        let mut expected = expected;
        if cfg!(not(feature = "libwebp")) {
            expected.retain(|&format| format != OutputFormat::Webp);
        }
        assert_eq!(candidates(header, ANIMATION), expected, "{header}");
    }
}

#[test]
fn every_choice_varies_and_its_token_determines_its_format() {
    let headers = [
        "",
        "*/*",
        "image/png",
        "image/jpeg",
        "image/jpeg;q=0",
        "image/webp",
        "image/avif",
        "image/avif,image/webp;q=0.3",
        CHROME,
        SAFARI_15,
    ];
    for subject in [PHOTOGRAPH, LOGO, DIAGRAM, ANIMATION] {
        for header in headers {
            let choice = choice(header, subject);
            assert_eq!(choice.vary, "Accept", "{header}");
            let expected = match choice.token {
                Token::Avif => OutputFormat::Avif,
                Token::Webp => OutputFormat::Webp,
                _ => subject.fallback(),
            };
            assert_eq!(choice.format, expected, "{header} {subject:?}");
        }
    }
}

#[test]
fn what_the_source_is_decides_the_fallback() {
    let photo = synth::photo(24, 16, 1);
    let logo = synth::sprite(24, 16);
    for (name, file, subject) in [
        ("a PNG photograph", write::png(&photo), PHOTOGRAPH),
        ("a PNG with alpha", write::png(&logo), LOGO),
        ("a palette", write::png_palette(&photo), DIAGRAM),
    ] {
        assert_eq!(Subject::of(&header(&file)), subject, "{name}");
    }
}

#[test]
fn a_plan_follows_the_header_and_says_so() {
    let photo = header(&write::png(&synth::photo(24, 16, 1)));
    let planned = |format| {
        let request = Request {
            format,
            ..Request::default()
        };
        plan(&request, &photo, &Limits::default()).expect("a small image")
    };
    let accept = Accept::parse(SAFARI_15);
    let plan = planned(Target::Auto(accept));
    assert_eq!(plan.choice, Some(accept.choice(PHOTOGRAPH)));
    assert_eq!(plan.format, accept.choice(PHOTOGRAPH).format);
    assert_eq!(planned(Target::Format(OutputFormat::Jpeg)).choice, None);
}

#[test]
fn a_chosen_format_is_written_as_if_asked_for_by_name() {
    let photo = write::png(&synth::photo(24, 16, 1));
    for header in ["*/*", SAFARI_15] {
        let accept = Accept::parse(header);
        let chosen = Request {
            format: Target::Auto(accept),
            ..Request::default()
        };
        let named = to(accept.choice(PHOTOGRAPH).format);
        assert!(run(&chosen, &photo) == run(&named, &photo), "{header}");
    }
}

#[test]
fn what_is_asked_of_jpeg_matters_only_where_jpeg_is_chosen() {
    let photo = write::png(&synth::photo(24, 16, 1));
    let request = |format| Request {
        chroma: Chroma::Full,
        progressive: true,
        ..to(format)
    };
    let chosen = |header| Request {
        format: Target::Auto(Accept::parse(header)),
        ..request(OutputFormat::Jpeg)
    };
    assert!(run(&chosen("*/*"), &photo) == run(&request(OutputFormat::Jpeg), &photo));
    let modern = Accept::parse(CHROME).choice(PHOTOGRAPH).format;
    if modern != OutputFormat::Jpeg {
        assert!(run(&chosen(CHROME), &photo) == run(&to(modern), &photo));
    }
}

/// The quality of a format, and whether it is named, by another reading of the RFC: cut into
/// strings, everything sorted, nothing remembered.
mod by_the_book {
    /// Cuts at every `at` that is not in quotes. `None` for a quote that stays open.
    fn cut(text: &str, at: char) -> Option<Vec<String>> {
        let (mut parts, mut quoted, mut escaped) = (vec![String::new()], false, false);
        for c in text.chars() {
            if c == at && !quoted {
                parts.push(String::new());
                continue;
            }
            parts.last_mut()?.push(c);
            match c {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                _ => {}
            }
        }
        Some(parts).filter(|_| !quoted)
    }

    fn is_token(text: &str) -> bool {
        let separators = "()<>@,;:\\\"/[]?={} \t";
        let fits = |c: char| c.is_ascii_graphic() && !separators.contains(c);
        !text.is_empty() && text.chars().all(fits)
    }

    fn is_value(text: &str) -> bool {
        let inside = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'));
        let closed_once = |inside: &str| {
            let bare = inside.replace("\\\\", "").replace("\\\"", "");
            !bare.contains('"') && !bare.ends_with('\\')
        };
        is_token(text) || inside.is_some_and(closed_once)
    }

    fn thousandths(text: &str) -> Option<u16> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let is_number = decimals.len() <= 3 && decimals.chars().all(|c| c.is_ascii_digit());
        match whole {
            "0" if is_number => format!("{decimals:0<3}").parse().ok(),
            "1" if is_number && decimals.chars().all(|c| c == '0') => Some(1000),
            _ => None,
        }
    }

    /// A range as `(type, whether it has parameters, quality)`.
    fn range(text: &str) -> Option<(String, bool, u16)> {
        let parts = cut(text, ';')?;
        let of_space = [' ', '\t'];
        let media = parts[0].trim_matches(of_space).to_ascii_lowercase();
        let (kind, subtype) = media.split_once('/')?;
        if !is_token(kind) || !is_token(subtype) || (kind == "*" && subtype != "*") {
            return None;
        }
        let (mut qualities, mut others) = (Vec::new(), 0);
        for part in &parts[1..] {
            match part.trim_matches(of_space).split_once('=') {
                None if part.trim_matches(of_space).is_empty() => {}
                Some(("q" | "Q", quality)) => qualities.push(thousandths(quality)?),
                Some((name, value)) if is_token(name) && is_value(value) => others += 1,
                _ => return None,
            }
        }
        match qualities[..] {
            [] => Some((media, others > 0, 1000)),
            [quality] => Some((media, others > 0, quality)),
            _ => None,
        }
    }

    pub(super) fn of(header: &str, format: &str) -> (u16, bool) {
        // What an open quote hides begins at the last comma before it.
        let mut sound = header;
        let parts = loop {
            match cut(sound, ',') {
                Some(parts) => break parts,
                None => sound = &sound[..sound.rfind('"').unwrap_or(0)],
            }
        };
        let hidden = sound.len() < header.len();
        let kept = parts.len() - usize::from(hidden);
        let ranges: Vec<_> = parts[..kept]
            .iter()
            .filter_map(|part| range(part))
            .collect();
        if ranges.is_empty() {
            return (1000, false);
        }
        for (wanted, named) in [(format, true), ("image/*", false), ("*/*", false)] {
            let alike = ranges
                .iter()
                .filter(|(media, special, _)| media == wanted && !special);
            if let Some(quality) = alike.map(|range| range.2).max() {
                return (quality, named);
            }
        }
        (0, false)
    }
}

/// Numbers without a pattern, the same on every run (xorshift, Marsaglia 2003).
fn random(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 33).expect("31 bits")
}

#[test]
fn any_header_means_what_it_means_by_the_book() {
    const PIECES: [&str; 36] = [
        ",image/webp",
        ",image/avif",
        ",image/*;q=0.25",
        ",IMAGE/Png;q=0.125",
        ", */*;q=0.75",
        ",image/jpeg;q=0.9",
        ",image/webp;q=0",
        ",text/html",
        ",image/avif;v=\",\"",
        ";q=0.5",
        "image/",
        "image",
        "webp",
        "avif",
        "jpeg",
        "png",
        "*",
        "*/*",
        "image/*",
        "/",
        ",",
        ",",
        ",",
        ";",
        ";",
        "q=",
        ";q=0",
        ";Q=1.000",
        "0.25",
        "1.5",
        "=",
        "=a",
        "\"",
        "\\",
        " ",
        "\t",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15;
    let mut named = 0;
    for _ in 0..200_000 {
        let length = random(&mut state) % 14;
        let header: String = (0..length)
            .map(|_| PIECES[random(&mut state) % PIECES.len()])
            .collect();
        let accept = Accept::parse(&header);
        for format in [
            OutputFormat::Avif,
            OutputFormat::Webp,
            OutputFormat::Jpeg,
            OutputFormat::Png,
        ] {
            let found = (accept.quality(format), accept.names(format));
            let expected = by_the_book::of(&header, format.media_type());
            assert_eq!(found, expected, "{} in {header:?}", format.name());
            named += usize::from(found.1);
        }
    }
    assert!(
        named > 50_000,
        "headers should not be mostly broken: {named}"
    );
}

#[test]
fn any_bytes_are_a_header() {
    let mut state = 0x2545_f491_4f6c_dd1d;
    for length in 0..2_000 {
        let bytes: Vec<u8> = (0..length)
            .map(|_| random(&mut state).to_le_bytes()[0])
            .collect();
        let accept = Accept::parse(&String::from_utf8_lossy(&bytes));
        assert!(accept.candidates(PHOTOGRAPH).count() >= 1);
    }
}
