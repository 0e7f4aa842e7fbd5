//! `/photo.jpg?width=300&height=200&fit=cover&format=auto`: the command line's words, on any
//! object that is there. They reach all of a [`Request`] but the overlay, which is the
//! installation's, and what they leave unsaid is the engine's default.

mod canonical;
mod preset;

use std::collections::BTreeMap;

use edgepix_engine::{
    Damage, Decode, Enlarge, Focus, Lossless, Metadata, Orientation, Request, Target,
};

use crate::{
    key::Key,
    value::{self, Bytes, Words},
};

use super::{
    Asked, Dialect, Format, Larger, Malformed, Preset,
    pairs::Pairs,
    words::{Rule, one_of},
};

pub(super) use preset::check as check_preset;

const DIALECT: Dialect = Dialect::Native;

const TRUTH: Words<bool> = &[("true", true), ("false", false)];

const ENLARGE: Words<Enlarge> = &[("true", Enlarge::Allow), ("false", Enlarge::Never)];

const ORIENTATION: Words<Orientation> =
    &[("exif", Orientation::Exif), ("ignore", Orientation::Ignore)];

const DECODE: Words<Decode> = &[("scaled", Decode::Scaled), ("full", Decode::Full)];

const LOSSLESS: Words<Lossless> = &[
    ("auto", Lossless::WhenFlat),
    ("always", Lossless::Always),
    ("never", Lossless::Never),
];

const DAMAGE: Words<Damage> = &[("refuse", Damage::Refuse), ("show", Damage::Show)];

const METADATA: Words<Metadata> = &[("drop", Metadata::Drop), ("copyright", Metadata::Copyright)];

/// Reads a query, `presets` being what some of it may stand for; `None` if it has none of
/// the words.
pub(super) fn read(
    key: &Key,
    pairs: &Pairs<'_>,
    presets: &BTreeMap<String, String>,
) -> Result<Option<Asked>, Malformed> {
    let named = preset::named(pairs, presets)?;
    let (said, of_preset) = match &named {
        None => (Said::of(&[pairs])?, None),
        Some((name, words)) => {
            let of_preset = (*name, Said::of(&[words])?);
            (Said::of(&[pairs, words])?, Some(of_preset))
        }
    };
    if !said.any && of_preset.is_none() {
        return Ok(None);
    }
    pairs.check_names(DIALECT)?;
    let spelled_out = canonical::of(key, &said, None, &Said::default());
    let (canonical, preset) = match of_preset {
        None => (spelled_out, None),
        Some((name, unsaid)) => {
            let canonical = canonical::of(key, &said, Some(name), &unsaid);
            let preset = Preset {
                name: name.to_owned(),
                request: unsaid.request,
                spelled_out,
            };
            (canonical, Some(preset))
        }
    };
    Ok(Some(Asked {
        dialect: DIALECT,
        source: key.clone(),
        canonical,
        request: said.request,
        format: said.format,
        larger: Larger::default(),
        unscaled_from: None,
        preset,
    }))
}

/// What the words of a query say.
#[derive(Default)]
struct Said {
    request: Request,
    format: Format,
    /// Whether there is any.
    any: bool,
}

impl Said {
    /// Reads several queries at once, each going before those after it.
    fn of(layers: &[&Pairs<'_>]) -> Result<Self, Malformed> {
        let mut reader = Reader {
            layers,
            has_any: false,
        };
        let request = reader.request()?;
        let format = reader.format()?;
        if request.native_quality && request.quality.is_none() {
            let should = "come with a quality, which it is about";
            return Err(Malformed::new(DIALECT, "native_quality=true", should));
        }
        Ok(Self {
            request,
            format,
            any: reader.has_any,
        })
    }
}

struct Reader<'a> {
    layers: &'a [&'a Pairs<'a>],
    /// Whether any of the words was there.
    has_any: bool,
}

impl Reader<'_> {
    // No `..`: a field that the engine gains is reached here, or said not to be.
    fn request(&mut self) -> Result<Request, Malformed> {
        let default = Request::default();
        Ok(Request {
            width: self.number("width", value::pixels)?,
            height: self.number("height", value::pixels)?,
            percent: self
                .number("percent", value::percent)?
                .unwrap_or(default.percent),
            dpr: self.number("dpr", value::dpr)?.unwrap_or(default.dpr),
            fit: self.word("fit", value::FIT)?,
            enlarge: self.word("enlarge", ENLARGE)?,
            crop: self.number("crop", value::crop)?,
            focus: self
                .number("focus", value::focus)?
                .map_or(default.focus, |Focus { x, y }| Focus {
                    // -0 is a number of its own, and the same place.
                    x: x + 0.0,
                    y: y + 0.0,
                }),
            orientation: self.word("orientation", ORIENTATION)?,
            rotate: self.word("rotate", value::ROTATE)?,
            flip: self.word("flip", value::FLIP)?,
            filter: self.word("filter", value::FILTER)?,
            decode: self.word("decode", DECODE)?,
            format: default.format,
            quality: self.number("quality", value::quality)?,
            native_quality: self.word("native_quality", TRUTH)?,
            effort: self.number("effort", value::effort)?,
            chroma: self.word("chroma", value::CHROMA)?,
            progressive: self.word("progressive", TRUTH)?,
            lossless: self.word("lossless", LOSSLESS)?,
            background: self
                .number("background", value::background)?
                .unwrap_or(default.background),
            overlay: default.overlay,
            damage: self.word("damage", DAMAGE)?,
            max_bytes: self
                .number("max_bytes", str::parse::<Bytes>)?
                .map(|Bytes(bytes)| bytes),
            metadata: self.word("metadata", METADATA)?,
        })
    }

    fn format(&mut self) -> Result<Format, Malformed> {
        let target = self.get("format", |text| one_of(value::FORMAT, text))?;
        Ok(match target {
            None => Format::Unsaid,
            Some(Target::Keep) => Format::Original,
            Some(Target::Auto(_)) => Format::Auto,
            Some(Target::Format(format)) => Format::Is(format),
        })
    }

    /// What a word means, and the default, which is the engine's, without one.
    fn word<T: Copy + Default>(&mut self, name: &str, words: Words<T>) -> Result<T, Malformed> {
        let word = self.get(name, |text| one_of(words, text))?;
        Ok(word.unwrap_or_default())
    }

    /// What one of the command line's parsers makes of a value.
    fn number<T>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Result<Option<T>, Malformed> {
        self.get(name, parse)
    }

    fn get<T, R: Into<Rule>>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, R>,
    ) -> Result<Option<T>, Malformed> {
        for pairs in self.layers {
            if let Some(value) = pairs.get(DIALECT, &[name], &parse)? {
                self.has_any = true;
                return Ok(Some(value));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use edgepix_engine::{Background, Chroma, Crop, Filter, Fit, Flip, OutputFormat, Rotate};

    use crate::{config::Config, dialect::of_present};

    use super::*;

    fn of(query: &str) -> Result<Option<Asked>, String> {
        let key = Key::new("a b.gif").expect("a key");
        of_present(&key, query, &Config::default()).map_err(|malformed| malformed.reason)
    }

    fn asked(query: &str) -> Asked {
        let asked = of(query).expect("well formed");
        asked.expect("something is asked")
    }

    #[test]
    fn every_word_reaches_its_field() {
        let query = "width=300&height=200&percent=50&dpr=2&fit=cover&enlarge=true&crop=1,2,3,4\
                     &focus=top-left&orientation=ignore&rotate=90&flip=both&filter=box&decode=full\
                     &quality=70&native_quality=true&effort=3&chroma=444&progressive=true\
                     &lossless=always&background=%23089&damage=show&max_bytes=64KB\
                     &metadata=copyright&format=avif";
        let wanted = Request {
            width: Some(300),
            height: Some(200),
            percent: 50.0,
            dpr: 2.0,
            fit: Fit::Cover,
            enlarge: Enlarge::Allow,
            crop: Some(Crop {
                left: 1,
                top: 2,
                width: 3,
                height: 4,
            }),
            focus: Focus { x: 0.0, y: 0.0 },
            orientation: Orientation::Ignore,
            rotate: Rotate::Quarter,
            flip: Flip::Both,
            filter: Filter::Box,
            decode: Decode::Full,
            format: Target::Keep,
            quality: Some(70),
            native_quality: true,
            effort: Some(3),
            chroma: Chroma::Full,
            progressive: true,
            lossless: Lossless::Always,
            background: Background {
                red: 0,
                green: 0x88,
                blue: 0x99,
            },
            overlay: None,
            damage: Damage::Show,
            max_bytes: Some(65_536),
            metadata: Metadata::Copyright,
        };
        let asked = asked(query);
        assert_eq!(asked.request, wanted);
        assert_eq!(asked.format, Format::Is(OutputFormat::Avif));
        assert_eq!(asked.dialect, Dialect::Native);
    }

    #[test]
    fn what_is_unsaid_is_the_engines_default() {
        let asked = asked("width=300");
        let wanted = Request {
            width: Some(300),
            ..Request::default()
        };
        assert_eq!(asked.request, wanted);
        assert_eq!(asked.format, Format::Unsaid);
        assert_eq!(asked.canonical, "/a%20b.gif?width=300");
    }

    #[test]
    fn any_word_alone_asks() {
        for query in ["format=webp", "quality=50", "enlarge=false", "percent=100"] {
            assert_eq!(asked(query).dialect, Dialect::Native, "{query}");
        }
        assert_eq!(of("utm_source=x&v=3&widht=9"), Ok(None));
    }

    #[test]
    fn the_letters_go_before_the_words() {
        assert_eq!(of("q=80&format=webp"), Ok(None));
        // A size in words is no letter's, whatever else is there.
        assert_eq!(asked("q=80&width=300").request.width, Some(300));
        let only_native = Config {
            dialects: vec![Dialect::Native],
            ..Config::default()
        };
        let key = Key::new("a.png").expect("a key");
        let asked = of_present(&key, "q=80&width=300", &only_native).expect("well formed");
        assert_eq!(asked.and_then(|asked| asked.request.width), Some(300));
    }

    #[test]
    fn every_format_is_known_by_its_names() {
        for (word, format) in [
            ("keep", Format::Original),
            ("auto", Format::Auto),
            ("jpeg", Format::Is(OutputFormat::Jpeg)),
            ("JPG", Format::Is(OutputFormat::Jpeg)),
            ("png", Format::Is(OutputFormat::Png)),
            ("WebP", Format::Is(OutputFormat::Webp)),
            ("avif", Format::Is(OutputFormat::Avif)),
        ] {
            assert_eq!(asked(&format!("format={word}")).format, format, "{word}");
        }
    }

    #[test]
    fn every_spelling_of_a_question_is_one() {
        for (one, other, canonical) in [
            (
                "Max-Bytes=64KB&WIDTH=0300&Fit=COVER",
                "fit=cover&width=300&max_bytes=65536&dpr=1.0&flop=1",
                "/a%20b.gif?fit=cover&max_bytes=65536&width=300",
            ),
            ("rotate=0", "focus=0.5,0.5", "/a%20b.gif?percent=100"),
            (
                "focus=left&background=white",
                "focus=-0,+.5",
                "/a%20b.gif?focus=0,0.5",
            ),
            (
                "percent=0.0000001%25&background=%23FfF000",
                "percent=1e-7&background=fff000",
                "/a%20b.gif?background=fff000&percent=1e-7",
            ),
        ] {
            assert_eq!(asked(one), asked(other), "{one}");
            assert_eq!(asked(one).canonical, canonical);
        }
    }

    #[test]
    fn what_is_wrong_says_what_it_should_be() {
        for (query, reason) in [
            (
                "width=0",
                "width=0: should be a whole number of pixels, 1 to 65535",
            ),
            ("quality=101", "quality=101: should be 1 to 100"),
            ("enlarge=yes", "enlarge=yes: should be true or false"),
            ("rotate=45", "rotate=45: should be 0, 90, 180 or 270"),
            ("dpr=", "dpr=: should be above 0 and at most 10"),
            ("width=9&Width=9", "width: should be given once"),
            ("fit=%ff", "fit=%ff: should be UTF-8, percent-encoded"),
            (
                "width=9&%ff",
                "%ff: should have a name in UTF-8, percent-encoded",
            ),
            (
                "native_quality=true",
                "native_quality=true: should come with a quality, which it is about",
            ),
        ] {
            assert_eq!(of(query), Err(reason.into()), "{query}");
        }
    }
}
