//! What holds of every dialect, for keys and parameters that nobody would think of.

use std::fmt::Write;

use edgepix::{
    config::Config,
    dialect::{Asked, Dialect, Malformed, of_missing, of_present},
    key::Key,
};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{select, subsequence},
    test_runner::RngSeed,
};

/// The same cases on every run.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        rng_seed: RngSeed::Fixed(5),
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}

fn only(dialect: Dialect) -> Config {
    Config {
        dialects: vec![dialect],
        ..with_presets()
    }
}

/// Every dialect, and presets that say much, little and nothing new.
fn with_presets() -> Config {
    let presets = [
        (
            "thumb",
            "width=150&height=100&fit=cover&crop=1,2,3,4&flip=both&rotate=90&format=webp\
             &quality=7&native_quality=true&dpr=2&focus=top&effort=3&max_bytes=9KB&lossless=always",
        ),
        (
            "small_1-x",
            "percent=50&format=auto&chroma=444&progressive=true",
        ),
        ("plain", "percent=100"),
    ];
    Config {
        presets: presets
            .map(|(name, query)| (name.to_owned(), query.to_owned()))
            .into(),
        ..Config::default()
    }
}

/// Reads a URL as an installation does that has all but what `config` leaves out.
fn read(url: &str, config: &Config) -> Result<Option<Asked>, Malformed> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let key = Key::from_path(path).expect("the path of a key");
    match of_present(&key, query, config)? {
        Some(asked) => Ok(Some(asked)),
        None => of_missing(&key, config),
    }
}

/// A segment of a key: what URLs, forms and dialects take for something else comes often.
fn segment() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ +%&=?#@_.xX0-9a-zA-Z-]{1,3}",
        "\\PC{1,3}",
        select(
            &[
                "%2B", "%25", "@2x", "-md", "150x200", ".jpg", "@9w", "ü", "日本"
            ][..]
        )
        .prop_map(str::to_owned),
    ];
    vec(piece, 1..5)
        .prop_map(|pieces| pieces.concat().replace('/', ""))
        .prop_filter("it has a character", |segment| !segment.is_empty())
}

/// A key whose last segment ends in `ends`.
fn key_ending(ends: &'static [&'static str]) -> impl Strategy<Value = Key> {
    (vec(segment(), 1..4), select(ends))
        .prop_map(|(segments, end)| segments.join("/") + end)
        .prop_filter_map("it names an object", |name| Key::new(name).ok())
}

fn key() -> impl Strategy<Value = Key> {
    key_ending(&["", ".jpg", ".PNG", ".webp", ".gif", ".txt"])
}

/// Some of these, in any order.
fn some_of(said: Vec<BoxedStrategy<String>>) -> impl Strategy<Value = Vec<String>> {
    let count = said.len();
    subsequence(said, 1..=count)
        .prop_flat_map(|said| said)
        .prop_shuffle()
}

fn said<T: std::fmt::Debug + 'static>(
    values: impl Strategy<Value = T> + 'static,
    write: impl Fn(T) -> String + 'static,
) -> BoxedStrategy<String> {
    values.prop_map(write).boxed()
}

fn words(name: &'static str, words: &'static [&'static str]) -> BoxedStrategy<String> {
    said(select(words), move |word| format!("{name}={word}"))
}

/// Letters that ask for a size.
fn letters() -> impl Strategy<Value = String> {
    some_of(vec![
        said(1..=65_535_u32, |side| format!("w={side}")),
        said(1..=65_535_u32, |side| format!("H=0{side}")),
        said(1..=100_u32, |quality| format!("q={quality}")),
        words("f", &["jpg", "JPEG", "png", "webp", "avif", "auto"]),
        said("\\PC{0,9}", |text| {
            format!("utm_{}=%", text.replace(['&', '%'], ""))
        }),
    ])
    .prop_filter("it has a size", |said| {
        said.iter().any(|pair| pair.starts_with(['w', 'H']))
    })
    .prop_map(|said| said.join("&"))
}

/// Words that ask for something.
fn native() -> impl Strategy<Value = String> {
    let number = |name: &'static str, most: f64| {
        said(
            (0.0..=1.0_f64).prop_map(move |share| most * share),
            move |number| format!("{name}={}", number.max(f64::MIN_POSITIVE)),
        )
    };
    let truth = &["true", "false"];
    some_of(vec![
        said(1..=65_535_u32, |side| format!("width={side}")),
        said(1..=65_535_u32, |side| format!("Height={side}")),
        number("percent", 1000.0),
        number("dpr", 10.0),
        words("fit", &["inside", "outside", "COVER", "contain", "fill"]),
        words("enlarge", truth),
        said(
            any::<(u32, u32, u16, u16)>(),
            |(left, top, width, height)| {
                let (width, height) = (u32::from(width) + 1, u32::from(height) + 1);
                format!("crop={left},{top},{width}%2C+{height}")
            },
        ),
        words("focus", &["centre", "top", "bottom-left", "center"]),
        words("orientation", &["exif", "ignore"]),
        words("rotate", &["0", "90", "180", "270"]),
        words("flip", &["horizontal", "vertical", "both"]),
        words(
            "filter",
            &["lanczos3", "catmull-rom", "mitchell", "bilinear", "box"],
        ),
        words("decode", &["scaled", "full"]),
        words(
            "format",
            &["keep", "auto", "jpeg", "jpg", "png", "webp", "avif"],
        ),
        (1..=100_u8, select(&["", "&native_quality=true"][..]))
            .prop_map(|(quality, native)| format!("quality={quality}{native}"))
            .boxed(),
        said(0..=10_u8, |effort| format!("effort={effort}")),
        words("chroma", &["420", "444"]),
        words("progressive", truth),
        words("lossless", &["auto", "always", "never"]),
        said("(%23)?([0-9a-fA-F]{3}){1,2}", |colour| {
            format!("background={colour}")
        }),
        words("damage", &["refuse", "show"]),
        said(
            (any::<u32>(), select(&["", "b", "KB", "mib", "G"][..])),
            |(count, unit)| format!("max-bytes={count}{unit}"),
        ),
        words("metadata", &["drop", "copyright"]),
        words("preset", &["thumb", "Small_1-X", "plain"]),
    ])
    .prop_map(|said| said.join("&"))
}

/// What follows a key and an at sign.
fn at() -> impl Strategy<Value = String> {
    let parameters = some_of(vec![
        said(1..=4096_u32, |width| format!("{width}w")),
        said(1..=4096_u32, |height| format!("00{height}H")),
        said(0..=2_u32, |edge| format!("{edge}e")),
        said(0..=1_u32, |larger| format!("{larger}L")),
        said(1..=1000_u32, |percent| format!("{percent}p")),
        said(1..=100_u32, |quality| format!("{quality}q")),
        said(0..=1_u32, |progressive| format!("{progressive}r")),
    ]);
    let format = select(&["", ".jpg", ".jpeg", ".PNG", ".webp", ".avif"][..]);
    (parameters, format).prop_map(|(parameters, format)| parameters.join("_") + format)
}

fn any_box() -> impl Strategy<Value = String> {
    let side = || (0..3_usize, 1..=65_535_u32);
    (side(), select(&["x", "X"][..]), side()).prop_map(|((w0, w), x, (h0, h))| {
        let zeros = "000";
        format!("{}{w}{x}{}{h}", &zeros[..w0], &zeros[..h0])
    })
}

/// The URL of a question whose object is `source`, and a dialect that reads it.
fn question() -> impl Strategy<Value = (Dialect, Key, String)> {
    let image = &[".jpg", ".JPEG", ".png", ".webp", ".Avif"];
    let original = &[".jpg", ".JPEG", ".png", ".webp", ".Gif", ".avif"];
    prop_oneof![
        (key_ending(image), letters()).prop_map(|(key, query)| {
            let url = format!("{}?{query}", key.to_path());
            (Dialect::Query, key, url)
        }),
        (key(), native()).prop_map(|(key, query)| {
            let url = format!("{}?{query}", key.to_path());
            (Dialect::Native, key, url)
        }),
        (key_ending(original), at()).prop_map(|(key, parameters)| {
            let url = format!("{}@{parameters}", key.to_path());
            (Dialect::At, key, url)
        }),
        (key(), any_box()).prop_map(|(key, size)| {
            let url = format!("/{size}{}", key.to_path());
            (Dialect::Path, key, url)
        }),
        (segment(), segment(), select(&["sm", "MD", "lg", "Xl"][..])).prop_filter_map(
            "it names an object",
            |(folder, stem, variant)| {
                let key = Key::new(format!("{folder}/{stem}.png")).ok()?;
                let url = format!("{}-{variant}.png", key.to_path().strip_suffix(".png")?);
                Some((Dialect::Variant, key, url))
            }
        ),
    ]
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn a_url_leads_to_its_original_whatever_that_is_called((dialect, source, url) in question()) {
        let asked = read(&url, &only(dialect)).unwrap().unwrap();
        prop_assert_eq!(asked.dialect, dialect);
        prop_assert_eq!(asked.source, source);
    }

    #[test]
    fn what_is_canonical_asks_the_same_question((dialect, _, url) in question()) {
        let config = only(dialect);
        let asked = read(&url, &config).unwrap().unwrap();
        let again = read(&asked.canonical, &config).unwrap().unwrap();
        prop_assert_eq!(again, asked);
    }

    #[test]
    fn what_is_canonical_asks_the_same_question_where_all_are_spoken((_, _, url) in question()) {
        let config = with_presets();
        // Another dialect may find the question wrong, or its own.
        if let Ok(Some(asked)) = read(&url, &config) {
            let again = read(&asked.canonical, &config).unwrap().unwrap();
            prop_assert_eq!(again, asked);
        }
    }

    #[test]
    fn the_order_of_a_query_does_not_matter(
        key in key(),
        (one, other) in native().prop_flat_map(|query| {
            let pairs: Vec<String> = query.split('&').map(str::to_owned).collect();
            (Just(query), Just(pairs).prop_shuffle().prop_map(|pairs| pairs.join("&")))
        }),
    ) {
        let of = |query: &str| of_present(&key, query, &with_presets());
        prop_assert_eq!(of(&one), of(&other));
    }

    #[test]
    fn nothing_that_is_asked_panics_and_every_reason_is_short_ascii(
        name in "\\PC{0,40}",
        segments in vec(segment(), 1..4),
        pairs in vec((anything(), "(=|=\\PC{0,60}|=[0-9%a-fx,._+-]{0,6})?"), 0..5),
    ) {
        let mut query = String::new();
        for (name, value) in pairs {
            write!(query, "&{name}{value}").unwrap();
        }
        let keys = [name, segments.concat(), segments.join("/")];
        for key in keys.into_iter().filter_map(|name| Key::new(name).ok()) {
            for config in Dialect::ALL.map(only).into_iter().chain([with_presets()]) {
                for read in [of_present(&key, &query, &config), of_missing(&key, &config)] {
                    match read {
                        Ok(Some(asked)) => prop_assert!(config.dialects.contains(&asked.dialect)),
                        Ok(None) => {}
                        Err(malformed) => {
                            let reason = malformed.reason;
                            prop_assert!(reason.bytes().all(|byte| matches!(byte, b' '..=b'~')));
                            prop_assert!(reason.len() <= 200, "{}", reason);
                        }
                    }
                }
            }
        }
    }
}

/// A name of a parameter, more or less.
fn anything() -> impl Strategy<Value = String> {
    let known = [
        "w",
        "h",
        "f",
        "q",
        "width",
        "height",
        "percent",
        "dpr",
        "fit",
        "enlarge",
        "crop",
        "focus",
        "orientation",
        "rotate",
        "flip",
        "filter",
        "decode",
        "format",
        "quality",
        "max-bytes",
        "native_quality",
        "effort",
        "chroma",
        "progressive",
        "lossless",
        "background",
        "damage",
        "metadata",
        "preset",
        "%ff",
        "",
    ];
    prop_oneof![
        4 => select(known.to_vec()).prop_map(str::to_owned),
        1 => "\\PC{0,9}",
    ]
}
