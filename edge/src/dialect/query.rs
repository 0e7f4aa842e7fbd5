//! `/photo.jpg?w=300&h=200&f=webp&q=80`: system A's letters, on any object that is there.
//! Its two sides cover the box, and its results may be larger than the original, as sharp
//! has it by default.

use edgepix_engine::{Enlarge, Fit, Request};

use crate::key::Key;

use super::{
    Asked, Dialect, Format, Larger, Malformed,
    name::Name,
    pairs::{Pairs, written},
    words::{self, FORMATS, Rule, SIDE, listed, whole},
};

const DIALECT: Dialect = Dialect::Query;

/// Extensions of what is resized. What has none is too, since its bytes will tell;
/// everything else is served as it is.
const RESIZED: [&str; 6] = ["jpg", "jpeg", "png", "webp", "avif", ""];

/// Whether a query is this dialect's: it has one of the letters, and does not say its
/// size in words or by a preset.
pub(super) fn is_meant(pairs: &Pairs<'_>) -> bool {
    let has_any = |names: &[&str]| names.iter().any(|name| pairs.has(name));
    has_any(&["w", "h"]) || (has_any(&["f", "q"]) && !has_any(&["width", "height", "preset"]))
}

/// Reads a query; `None` if nothing is asked, or not of an image.
pub(super) fn read(key: &Key, pairs: &Pairs<'_>) -> Result<Option<Asked>, Malformed> {
    let extension = Name::of(key.as_str()).extension();
    let has_size = pairs.has("w") || pairs.has("h");
    if !has_size || !RESIZED.contains(&extension.as_str()) {
        return Ok(None);
    }
    pairs.check_names(DIALECT)?;
    let side = |name| pairs.get(DIALECT, &[name], |text| whole(text, SIDE));
    let (width, height) = (side("w")?, side("h")?);
    let format = pairs.get(DIALECT, &["f", "format"], format)?;
    let quality = pairs.get(DIALECT, &["q", "quality"], words::quality)?;
    let request = Request {
        width,
        height,
        fit: match (width, height) {
            (Some(_), Some(_)) => Fit::Cover,
            _ => Fit::default(),
        },
        enlarge: Enlarge::Allow,
        quality,
        ..Request::default()
    };
    let format = format.unwrap_or_default();
    Ok(Some(Asked {
        dialect: DIALECT,
        source: key.clone(),
        canonical: canonical(key, &request, format),
        request,
        format,
        larger: Larger::default(),
        unscaled_from: None,
        preset: None,
    }))
}

fn format(text: &str) -> Result<Format, Rule> {
    match text {
        "auto" => Ok(Format::Auto),
        _ => words::one_of(FORMATS, text)
            .map(Format::Is)
            .map_err(|_| format!("be auto, {}", listed(FORMATS)).into()),
    }
}

fn canonical(key: &Key, request: &Request, format: Format) -> String {
    let format = match format {
        Format::Is(format) => Some(format.extension()),
        Format::Auto => Some("auto"),
        Format::Unsaid | Format::Original => None,
    };
    let said = [
        ("f", format.map(str::to_owned)),
        ("h", request.height.map(|height| height.to_string())),
        ("q", request.quality.map(|quality| quality.to_string())),
        ("w", request.width.map(|width| width.to_string())),
    ];
    written(key, said)
}

#[cfg(test)]
mod tests {
    use edgepix_engine::OutputFormat;

    use crate::{config::Config, dialect::of_present};

    use super::*;

    fn of(name: &str, query: &str) -> Result<Option<Asked>, String> {
        let key = Key::new(name).expect("a key");
        of_present(&key, query, &Config::default()).map_err(|malformed| malformed.reason)
    }

    fn asked(query: &str) -> Asked {
        let asked = of("heropy.png", query).expect("well formed");
        asked.expect("something is asked")
    }

    #[test]
    fn two_sides_cover_their_box_centred() {
        let asked = asked("w=150&h=100&f=webp&q=80");
        let wanted = Request {
            width: Some(150),
            height: Some(100),
            fit: Fit::Cover,
            enlarge: Enlarge::Allow,
            quality: Some(80),
            ..Request::default()
        };
        assert_eq!(asked.request, wanted);
        assert_eq!(asked.format, Format::Is(OutputFormat::Webp));
        assert_eq!(asked.dialect, Dialect::Query);
        assert_eq!(asked.source.as_str(), "heropy.png");
    }

    #[test]
    fn one_side_keeps_the_ratio() {
        for (query, width, height) in [("w=150", Some(150), None), ("h=100", None, Some(100))] {
            let request = asked(query).request;
            assert_eq!((request.width, request.height), (width, height));
            assert_eq!(request.fit, Fit::Inside);
        }
    }

    #[test]
    fn smaller_originals_are_enlarged() {
        assert_eq!(asked("w=4000").request.enlarge, Enlarge::Allow);
        assert_eq!(asked("w=4000").larger, Larger::Make);
    }

    #[test]
    fn without_a_size_the_original_passes() {
        for query in ["", "f=webp", "q=80", "f=webp&q=80", "q=shoes", "f="] {
            assert_eq!(of("heropy.png", query), Ok(None), "{query}");
        }
    }

    #[test]
    fn the_long_names_of_format_and_quality_are_the_same() {
        assert_eq!(asked("w=9&format=png&quality=7"), asked("w=9&f=png&q=7"));
    }

    #[test]
    fn the_order_of_parameters_and_the_case_of_names_and_formats_do_not_matter() {
        let one = asked("w=150&h=100&f=webp&q=80");
        assert_eq!(asked("Q=80&F=WebP&H=0100&W=150"), one);
        assert_eq!(one.canonical, "/heropy.png?f=webp&h=100&q=80&w=150");
    }

    #[test]
    fn every_format_is_known_by_its_names() {
        for (word, format) in [
            ("jpg", Format::Is(OutputFormat::Jpeg)),
            ("jpeg", Format::Is(OutputFormat::Jpeg)),
            ("png", Format::Is(OutputFormat::Png)),
            ("webp", Format::Is(OutputFormat::Webp)),
            ("avif", Format::Is(OutputFormat::Avif)),
            ("auto", Format::Auto),
        ] {
            assert_eq!(asked(&format!("w=9&f={word}")).format, format, "{word}");
        }
        assert_eq!(asked("w=9").format, Format::Unsaid);
    }

    #[test]
    fn an_unsaid_quality_is_left_to_the_configuration() {
        assert_eq!(asked("w=9").request.quality, None);
    }

    #[test]
    fn what_is_no_image_by_its_extension_passes() {
        for name in ["a.gif", "a.GIF", "a.svg", "a.tiff", "a.txt", "b.jpg/a.js"] {
            assert_eq!(of(name, "w=9"), Ok(None), "{name}");
            assert_eq!(of(name, "w=0"), Ok(None), "{name}");
        }
        for name in ["a.JPG", "a.jpeg", "a.Png", "a.webp", "a.avif"] {
            assert!(of(name, "w=9").is_ok_and(|asked| asked.is_some()), "{name}");
        }
    }

    #[test]
    fn a_key_without_extension_is_resized() {
        for name in ["photo", "v1.2/photo", ".png"] {
            assert!(of(name, "w=9").is_ok_and(|asked| asked.is_some()), "{name}");
        }
    }

    #[test]
    fn unknown_parameters_are_ignored() {
        assert_eq!(asked("utm_source=x&w=9&v=3&fit=fill&x=%ff"), asked("w=9"));
    }

    #[test]
    fn what_is_out_of_range_says_what_it_should_be() {
        for (query, reason) in [
            ("w=0", "w=0: should be 1 to 65535"),
            ("w=65536", "w=65536: should be 1 to 65535"),
            ("w=", "w=: should be 1 to 65535"),
            ("h", "h=: should be 1 to 65535"),
            ("h=-5", "h=-5: should be 1 to 65535"),
            ("W=1.5", "w=1.5: should be 1 to 65535"),
            ("w=+5", "w= 5: should be 1 to 65535"),
            ("w=%D9%A3", "w=\\u{663}: should be 1 to 65535"),
            ("w=9&q=0", "q=0: should be 1 to 100"),
            ("w=9&quality=101", "quality=101: should be 1 to 100"),
            (
                "w=9&f=gif",
                "f=gif: should be auto, jpg, jpeg, png, webp or avif",
            ),
            ("w=9&w=9", "w: should be given once"),
            ("w=9&f=png&format=png", "f or format: should be given once"),
            ("w=9&q=1&quality=1", "q or quality: should be given once"),
            ("w=%ff", "w=%ff: should be UTF-8, percent-encoded"),
        ] {
            assert_eq!(of("heropy.png", query), Err(reason.into()), "{query}");
        }
    }
}
