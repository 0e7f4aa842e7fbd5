//! `/photo.jpg@300w_200h_80q.webp`: system E's parameters after an at sign, at the end of
//! the key of an image that is not there.

use std::ops::RangeInclusive;

use edgepix_engine::{Enlarge, Fit, OutputFormat, Request};

use crate::{key::Key, value::Words};

use super::{
    Asked, Beyond, Dialect, Format, Larger, Malformed,
    name::Name,
    words::{self, FORMATS, QUALITY, listed, whole},
};

const DIALECT: Dialect = Dialect::At;

/// Extensions of originals, without which an at sign is one like any other:
/// `photo@2x.jpg` is a name.
const ORIGINALS: [&str; 6] = ["jpg", "jpeg", "png", "webp", "gif", "avif"];

/// The parameters, in the order in which they are written.
const LETTERS: Words<RangeInclusive<u32>> = &[
    ("w", 1..=4096),
    ("h", 1..=4096),
    ("e", 0..=2),
    ("l", 0..=1),
    ("p", 1..=1000),
    ("q", QUALITY),
    ("r", 0..=1),
];

/// What the parameters say, by their places in [`LETTERS`].
type Values = [Option<u32>; LETTERS.len()];

/// Values where nothing is said. A side follows from the other, or is the original's.
const DEFAULTS: Values = [None, None, Some(0), Some(0), Some(100), Some(80), Some(0)];

/// What is not scaled: its write-up's "4096x4096, or a side of 4x4096".
const UNSCALED_FROM: Beyond = Beyond {
    side: 4 * 4096,
    pixels: 4096 * 4096,
};

/// Reads a key; `None` if it is not of this dialect.
pub(super) fn read(key: &Key) -> Result<Option<Asked>, Malformed> {
    let Some((source, after)) = key.as_str().rsplit_once('@') else {
        return Ok(None);
    };
    let original = Name::of(source).extension();
    if after.contains('/') || !ORIGINALS.contains(&original.as_str()) {
        return Ok(None);
    }
    let Ok(source) = Key::new(source) else {
        return Ok(None);
    };
    let of_source = |malformed: Malformed| malformed.of(&source);
    let (parameters, format) = match after.split_once('.') {
        Some((parameters, format)) => (parameters, format_of(format).map_err(of_source)?),
        None => (after, Format::Unsaid),
    };
    let makes_jpeg = match format {
        Format::Is(format) => format == OutputFormat::Jpeg,
        _ => matches!(original.as_str(), "jpg" | "jpeg"),
    };
    let values = values_of(parameters).map_err(of_source)?;
    let values = meaningful(values, makes_jpeg);
    let [width, height, edge, larger, percent, quality, progressive] = values;
    let request = Request {
        width,
        height,
        fit: match edge {
            Some(1) => Fit::Outside,
            Some(2) => Fit::Fill,
            _ => Fit::Inside,
        },
        enlarge: Enlarge::Allow,
        percent: f64::from(percent.unwrap_or(100)),
        quality: Some(quality.map_or(80, |quality| {
            u8::try_from(quality).expect("QUALITY ends below 256")
        })),
        progressive: progressive == Some(1),
        ..Request::default()
    };
    Ok(Some(Asked {
        dialect: DIALECT,
        canonical: canonical(&source, values, format),
        source,
        request,
        format,
        larger: match larger {
            Some(1) => Larger::Original,
            _ => Larger::Make,
        },
        unscaled_from: Some(UNSCALED_FROM),
        preset: None,
    }))
}

fn format_of(word: &str) -> Result<Format, Malformed> {
    let folded = word.to_ascii_lowercase();
    match words::one_of(FORMATS, &folded) {
        Ok(format) => Ok(Format::Is(format)),
        Err(rule) => Err(malformed(&format!(".{word}"), &rule)),
    }
}

fn values_of(parameters: &str) -> Result<Values, Malformed> {
    if parameters.is_empty() {
        let should = "be followed by parameters, such as 300w_200h";
        return Err(malformed("@", should));
    }
    let mut values = Values::default();
    for parameter in parameters.split('_') {
        let Some((end, _)) = parameter.char_indices().next_back() else {
            let should = "have a parameter on each side of a _";
            return Err(malformed(parameters, should));
        };
        let (value, letter) = parameter.split_at(end);
        let is_it = |(known, _): &(&str, _)| letter.eq_ignore_ascii_case(known);
        let Some(place) = LETTERS.iter().position(is_it) else {
            let should = format!("end in {}", listed(LETTERS));
            return Err(malformed(parameter, &should));
        };
        let (letter, range) = &LETTERS[place];
        let number = whole(value, range.clone())
            .map_err(|rule| malformed(&format!("{letter}={value}"), &rule))?;
        if values[place].replace(number).is_some() {
            return Err(malformed(letter, "be given once"));
        }
    }
    Ok(values)
}

/// Drops what says nothing: defaults, how an image meets a box where there is none, and
/// how a JPEG is written where there will be none.
fn meaningful(values: Values, makes_jpeg: bool) -> Values {
    let has_box = values[0].is_some() && values[1].is_some();
    let mut meaningful = values;
    for ((value, default), (letter, _)) in meaningful.iter_mut().zip(DEFAULTS).zip(LETTERS) {
        let is_void = match *letter {
            "e" => !has_box,
            "r" => !makes_jpeg,
            _ => false,
        };
        if is_void || *value == default {
            *value = None;
        }
    }
    meaningful
}

fn canonical(source: &Key, values: Values, format: Format) -> String {
    let written: Vec<String> = LETTERS
        .iter()
        .zip(values)
        .filter_map(|((letter, _), value)| Some(format!("{}{letter}", value?)))
        .collect();
    let parameters = if written.is_empty() {
        // There has to be one.
        "100p".to_owned()
    } else {
        written.join("_")
    };
    let end = match format {
        Format::Is(format) => format!(".{}", format.extension()),
        _ => String::new(),
    };
    format!("{}@{parameters}{end}", source.to_path())
}

fn malformed(said: &str, should: &str) -> Malformed {
    Malformed::new(DIALECT, said, should)
}

#[cfg(test)]
mod tests {
    use crate::{config::Config, dialect::of_missing};

    use super::*;

    fn of(name: &str) -> Result<Option<Asked>, String> {
        let key = Key::new(name).expect("a key");
        of_missing(&key, &Config::default()).map_err(|malformed| malformed.reason)
    }

    fn asked(name: &str) -> Asked {
        of(name).expect("well formed").expect("something is asked")
    }

    #[test]
    fn parameters_follow_the_at_sign_and_a_format_them() {
        let asked = asked("a/photo.jpg@100w_200h_80q_1e.webp");
        let wanted = Request {
            width: Some(100),
            height: Some(200),
            fit: Fit::Outside,
            enlarge: Enlarge::Allow,
            quality: Some(80),
            ..Request::default()
        };
        assert_eq!(asked.request, wanted);
        assert_eq!(asked.dialect, Dialect::At);
        assert_eq!(asked.source.as_str(), "a/photo.jpg");
        assert_eq!(asked.format, Format::Is(OutputFormat::Webp));
    }

    #[test]
    fn the_edge_says_how_a_box_is_met() {
        for (name, fit) in [
            ("a.jpg@9w_9h", Fit::Inside),
            ("a.jpg@9w_9h_0e", Fit::Inside),
            ("a.jpg@9w_9h_1e", Fit::Outside),
            ("a.jpg@9w_9h_2e", Fit::Fill),
        ] {
            assert_eq!(asked(name).request.fit, fit, "{name}");
        }
    }

    #[test]
    fn the_edge_says_nothing_of_one_side() {
        assert_eq!(asked("a.jpg@9w_2e"), asked("a.jpg@9w"));
        assert_eq!(asked("a.jpg@9h_1e"), asked("a.jpg@9h"));
    }

    #[test]
    fn smaller_originals_are_enlarged_unless_l_says_no() {
        for (name, larger) in [
            ("a.jpg@9w", Larger::Make),
            ("a.jpg@9w_0l", Larger::Make),
            ("a.jpg@9w_1l", Larger::Original),
        ] {
            assert_eq!(asked(name).larger, larger, "{name}");
            assert_eq!(asked(name).request.enlarge, Enlarge::Allow, "{name}");
        }
    }

    #[test]
    fn a_percentage_is_of_the_original_or_of_the_sides() {
        let alone = asked("a.jpg@50p").request;
        assert_eq!((alone.width, alone.percent), (None, 50.0));
        let sided = asked("a.jpg@100w_200p").request;
        assert_eq!((sided.width, sided.percent), (Some(100), 200.0));
        assert_eq!(asked("a.jpg@100w").request.percent, 100.0);
    }

    #[test]
    fn the_quality_is_80_whatever_the_configuration() {
        assert_eq!(asked("a.jpg@9w").request.quality, Some(80));
        assert_eq!(asked("a.jpg@9w_100q").request.quality, Some(100));
    }

    #[test]
    fn only_a_jpeg_is_progressive() {
        for (name, progressive) in [
            ("a.jpg@9w_1r", true),
            ("a.JPEG@9w_1r", true),
            ("a.png@9w_1r.jpg", true),
            ("a.jpg@9w_0r", false),
            ("a.jpg@9w", false),
            ("a.png@9w_1r", false),
            ("a.jpg@9w_1r.webp", false),
        ] {
            assert_eq!(asked(name).request.progressive, progressive, "{name}");
        }
    }

    #[test]
    fn a_format_that_is_left_out_is_the_originals() {
        assert_eq!(asked("a.png@9w").format, Format::Unsaid);
        for (name, format) in [
            ("a.png@9w.jpg", OutputFormat::Jpeg),
            ("a.png@9w.JPEG", OutputFormat::Jpeg),
            ("a.jpg@9w.png", OutputFormat::Png),
            ("a.jpg@9w.webp", OutputFormat::Webp),
            ("a.jpg@9w.avif", OutputFormat::Avif),
        ] {
            assert_eq!(asked(name).format, Format::Is(format), "{name}");
        }
    }

    #[test]
    fn results_above_4096_squared_are_not_scaled() {
        let beyond = asked("a.jpg@4096w_1000p").unscaled_from;
        let Beyond { side, pixels } = beyond.expect("there is a size");
        assert_eq!((side, pixels), (16_384, 16_777_216));
    }

    #[test]
    fn an_at_sign_after_no_image_is_part_of_the_name() {
        for name in [
            "photo@2x.jpg",
            "me@example.com",
            "a.txt@9w",
            "jpg@9w",
            ".jpg@9w",
            "a.jpg@9w@2x.png",
            "a.jpg@9w/b",
        ] {
            assert_eq!(of(name), Ok(None), "{name}");
        }
    }

    #[test]
    fn the_last_at_sign_counts() {
        let asked = asked("a@b.jpg@0/c@d.PNG@9w");
        assert_eq!(asked.source.as_str(), "a@b.jpg@0/c@d.PNG");
    }

    #[test]
    fn every_spelling_of_a_question_is_one() {
        for (spellings, canonical) in [
            (
                ["a.jpg@200H_100W_080q.JPEG", "a.jpg@100w_0200h_0e_100p.jpg"],
                "/a.jpg@100w_200h.jpg",
            ),
            (["a.jpg@80q", "a.jpg@0l_0r"], "/a.jpg@100p"),
            (["a.png@1l_9w_1r", "a.png@9w_1l_2e"], "/a.png@9w_1l"),
        ] {
            let [one, other] = spellings.map(asked);
            assert_eq!(one, other);
            assert_eq!(one.canonical, canonical);
        }
        let every = asked("b c.jpg@1r_70q_50p_1l_2e_3h_4w.jpg").canonical;
        assert_eq!(every, "/b%20c.jpg@4w_3h_2e_1l_50p_70q_1r.jpg");
    }

    #[test]
    fn what_is_out_of_range_says_what_it_should_be() {
        for (name, reason) in [
            ("a.jpg@0w", "w=0: should be 1 to 4096"),
            ("a.jpg@4097h", "h=4097: should be 1 to 4096"),
            ("a.jpg@9w_3e", "e=3: should be 0 to 2"),
            ("a.jpg@9w_2l", "l=2: should be 0 to 1"),
            ("a.jpg@0p", "p=0: should be 1 to 1000"),
            ("a.jpg@1001p", "p=1001: should be 1 to 1000"),
            ("a.jpg@0q", "q=0: should be 1 to 100"),
            ("a.jpg@101q", "q=101: should be 1 to 100"),
            ("a.jpg@2r", "r=2: should be 0 to 1"),
            ("a.jpg@W", "w=: should be 1 to 4096"),
            ("a.jpg@-1w", "w=-1: should be 1 to 4096"),
            ("a.jpg@9w_9W", "w: should be given once"),
            ("a.jpg@2x", "2x: should end in w, h, e, l, p, q or r"),
            ("a.jpg@9é", "9\\u{e9}: should end in w, h, e, l, p, q or r"),
            (
                "a.jpg@9w_",
                "9w_: should have a parameter on each side of a _",
            ),
            (
                "a.jpg@9w.gif",
                ".gif: should be jpg, jpeg, png, webp or avif",
            ),
            ("a.jpg@9w.", ".: should be jpg, jpeg, png, webp or avif"),
        ] {
            assert_eq!(of(name), Err(reason.into()), "{name}");
        }
    }

    #[test]
    fn an_at_sign_with_no_parameter_is_malformed() {
        for name in ["photo.jpg@", "photo.jpg@.webp"] {
            let reason = "@: should be followed by parameters, such as 300w_200h";
            assert_eq!(of(name), Err(reason.into()), "{name}");
        }
    }
}
