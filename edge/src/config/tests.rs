//! The three sources together: what each can say, which of them is right, and what is
//! said of what is wrong.

use std::{borrow::Cow, fs, path::Path, time::Duration};

use edgepix_corpus::{synth, write};
use edgepix_engine::Place;

use super::*;
use crate::event::cloudfront::{Header, Headers};

/// The configuration of a file and an environment.
fn load(text: &str, environment: &[(&str, &str)]) -> Result<Loaded, ConfigErrors> {
    let pairs = environment
        .iter()
        .map(|&(name, value)| (name.into(), value.into()));
    let file = File {
        name: "edgepix.toml".into(),
        text: text.to_owned(),
    };
    let installation = Installation {
        file: Some(file),
        environment: pairs.collect(),
        folder: "nowhere".into(),
    };
    installation.load()
}

fn config(text: &str, environment: &[(&str, &str)]) -> Config {
    match load(text, environment) {
        Ok(loaded) => loaded.config,
        Err(errors) => panic!("{errors}"),
    }
}

/// What is wrong with a file and an environment, an item for each.
fn wrong(text: &str, environment: &[(&str, &str)]) -> Vec<String> {
    match load(text, environment) {
        Ok(loaded) => panic!("nothing is wrong with\n{loaded}"),
        Err(ConfigErrors(errors)) => errors.iter().map(ToString::to_string).collect(),
    }
}

fn headers(lines: &[(&str, &str)]) -> Headers {
    let mut headers = Headers::default();
    for (name, value) in lines {
        headers.set(name, *value);
    }
    headers
}

/// What is wrong with headers, an item for each.
fn wrong_headers(lines: &[(&str, &str)]) -> Vec<String> {
    match Config::default().with_headers(&headers(lines)) {
        Ok(config) => panic!("nothing is wrong with {config:?}"),
        Err(ConfigErrors(errors)) => errors.iter().map(ToString::to_string).collect(),
    }
}

/// A value of every setting that is not its default: as text, and as TOML.
const OTHERS: &[(&str, &str, &str)] = &[
    ("dialects", "at,query", r#"["at", "query"]"#),
    ("malformed", "original", r#""original""#),
    ("format", "auto", r#""auto""#),
    ("quality", "70", "70"),
    ("keep_copyright", "true", "true"),
    ("server_timing", "true", "true"),
    (
        "variants",
        "small=100,large=2000",
        "{ small = 100, large = 2000 }",
    ),
    (
        "presets",
        "thumb=width=150&fit=cover,wide=width=9",
        r#"{ thumb = "width=150&fit=cover", wide = "width=9" }"#,
    ),
    (
        "store.endpoint",
        "http://localhost:9000",
        r#""http://localhost:9000""#,
    ),
    ("store.bucket", "photos", r#""photos""#),
    ("store.region", "eu-west-1", r#""eu-west-1""#),
    ("derivatives.keep", "false", "false"),
    ("derivatives.overflow_prefix", "derived/", r#""derived/""#),
    ("derivatives.cache_control", "no-store", r#""no-store""#),
    ("derivatives.tag", "false", "false"),
    ("derivatives.bucket", "derived", r#""derived""#),
    ("caching.cache_control", "no-cache", r#""no-cache""#),
    ("caching.degraded_seconds", "5", "5"),
    ("caching.failure_seconds", "10", "10"),
    ("caching.etag", "own", r#""own""#),
    ("limits.memory", "96MB", r#""96MB""#),
    ("limits.deadline", "1500ms", r#""1500ms""#),
    ("limits.source_pixels", "1000000", "1_000_000"),
    ("limits.response", "64KB", "65536"),
    ("function.answer", "301", r#""301""#),
    (
        "function.site",
        "https://img.example.com",
        r#""https://img.example.com""#,
    ),
    ("function.stream", "true", "true"),
    (
        "function.distribution",
        "EDFDVBD6EXAMPLE",
        r#""EDFDVBD6EXAMPLE""#,
    ),
    (
        "policy.dimensions",
        "150x100,300x,x200",
        r#"["150x100", "300x", "x200"]"#,
    ),
    ("policy.types", ".png,.jpg", r#"[".png", ".jpg"]"#),
    ("policy.side", "4096", "4096"),
    ("policy.pixels", "1000000", "1_000_000"),
    ("policy.presets_only", "true", "true"),
    (
        "policy.origins",
        "a.example,*.b.example",
        r#"["a.example", "*.b.example"]"#,
    ),
    ("policy.private_origins", "true", "true"),
    (
        "signing.keys",
        "a:0123456789abcdef",
        r#"["a:0123456789abcdef"]"#,
    ),
    ("hints.dpr", "true", "true"),
    ("hints.width", "true", "true"),
    ("hints.save_data_quality", "50", "50"),
    ("fallback.image", "", r#""""#),
    ("fallback.status", "200", "200"),
    ("overlay.image", "", r#""""#),
    ("overlay.position", "0.25,1", r#""0.25,1""#),
    ("overlay.margin", "0.1", "0.1"),
    ("overlay.size", "0.5", "0.5"),
    ("overlay.opacity", "0.75", "0.75"),
];

/// Each setting that is its default anywhere but where it is said.
fn others() -> impl Iterator<Item = (&'static Setting, &'static str, &'static str)> {
    assert_eq!(OTHERS.len(), SETTINGS.len());
    let settings = SETTINGS.iter().zip(OTHERS);
    settings.map(|(setting, &(name, text, toml))| {
        assert_eq!(setting.name, name);
        (setting, text, toml)
    })
}

/// The one value that `loaded` does not have by default.
#[track_caller]
fn assert_only(loaded: &Loaded, name: &str, text: &str, whence: &Whence) {
    let default = load("", &[]).expect("nothing is said");
    // Of a secret only the name that it goes by is shown.
    let text = if name == "signing.keys" {
        "a:..."
    } else {
        text
    };
    for ((setting, value), (_, default)) in loaded.values().zip(default.values()) {
        let expected = if setting.name == name { text } else { &default };
        assert_eq!(value, expected, "{name} and {}", setting.name);
    }
    for (setting, at) in loaded.whence() {
        let expected = if setting.name == name {
            whence
        } else {
            &Whence::Default
        };
        assert_eq!(at, expected, "{name} and {}", setting.name);
    }
}

#[test]
fn nothing_said_is_the_default() {
    assert_eq!(config("", &[]), Config::default());
    let installation = Installation::default();
    let loaded = installation.load().expect("nothing is said");
    assert_eq!(loaded.config, Config::default());
}

#[test]
fn every_setting_can_be_said_in_the_file_as_toml_and_as_text() {
    let whence = Whence::Line {
        file: "edgepix.toml".into(),
        line: 2,
    };
    for (setting, text, toml) in others() {
        for toml in [toml.to_owned(), format!("{text:?}")] {
            let loaded = load(&format!("\n{} = {toml}", setting.name), &[]);
            assert_only(&loaded.expect(setting.name), setting.name, text, &whence);
        }
    }
}

#[test]
fn every_setting_can_be_said_in_the_environment() {
    for (setting, text, _) in others() {
        let loaded = load("", &[(&setting.variable(), text)]).expect(setting.name);
        assert_only(&loaded, setting.name, text, &Whence::Environment);
    }
}

#[test]
fn every_setting_but_a_file_and_a_regions_can_be_said_in_a_header() {
    let folder = Folder::new("overlay-headers");
    // Where there is no image, nothing lays it.
    let base = folder.config("overlay.image = \"logo.png\"\nfallback.image = \"logo.png\"");
    for (setting, text, _) in others() {
        let Some(header) = setting.header() else {
            let is_regional = setting.name.starts_with("function.");
            let others = ["overlay.image", "fallback.image", "derivatives.bucket"];
            assert!(is_regional || others.contains(&setting.name));
            continue;
        };
        let said = base
            .with_headers(&headers(&[(&header, text)]))
            .expect(setting.name);
        let mut expected = setting::Draft::new(base.clone());
        (setting.set)(&mut expected, text).expect(setting.name);
        expected.config.overlay = Some(expected.overlay);
        expected.config.fallback = Some(expected.fallback);
        assert_eq!(*said, expected.config, "{header}");
        assert_ne!(*said, base, "{header}");
    }
}

#[test]
fn where_an_overlay_would_lie_makes_none() {
    let config = Config::default();
    let said = headers(&[("x-edgepix-overlay-size", "0.5")]);
    let said = config.with_headers(&said).expect("it is right");
    assert_eq!(said.overlay, None);
    assert_eq!(self::config("overlay.size = 0.5", &[]).overlay, None);
}

#[test]
fn every_name_is_one_settings_alone() {
    let mut names: Vec<_> = SETTINGS
        .iter()
        .flat_map(|setting| {
            [
                Some(setting.name.to_owned()),
                Some(setting.variable()),
                setting.header(),
            ]
        })
        .flatten()
        .chain([FILE_VARIABLE.to_owned(), "x-edgepix-accept".to_owned()])
        .collect();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all);
    let setting = SETTINGS
        .iter()
        .find(|setting| setting.name == "derivatives.cache_control");
    let setting = setting.expect("it is one");
    assert_eq!(setting.variable(), "EDGEPIX_DERIVATIVES_CACHE_CONTROL");
    assert_eq!(
        setting.header().as_deref(),
        Some("x-edgepix-derivatives-cache-control")
    );
}

#[test]
fn headers_are_over_the_environment_and_that_over_the_file() {
    let text = "quality = 10\n[store]\nbucket = \"of-file\"\nregion = \"of-file\"\nendpoint = \"http://of.file\"";
    let environment = [
        ("EDGEPIX_STORE_BUCKET", "of-environment"),
        ("EDGEPIX_STORE_REGION", "of-environment"),
        ("PATH", "/bin"),
    ];
    let config = config(text, &environment);
    let config = config
        .with_headers(&headers(&[
            ("x-edgepix-store-bucket", "of-header"),
            ("x-other", "1"),
        ]))
        .expect("it is right");
    let store = StoreConfig {
        endpoint: Some("http://of.file".into()),
        bucket: Some("of-header".into()),
        region: Some("of-environment".into()),
    };
    assert_eq!((config.quality, &config.store), (10, &store));
}

#[test]
fn what_is_empty_takes_back_what_was_said_before() {
    let text = "[store]\nbucket = \"photos\"\n[limits]\nmemory = \"96MB\"";
    let environment = [("EDGEPIX_STORE_BUCKET", ""), ("EDGEPIX_LIMITS_MEMORY", "")];
    assert_eq!(config(text, &environment), Config::default());
}

#[test]
fn headers_of_others_cost_no_copy() {
    let config = Config::default();
    let headers = headers(&[
        ("x-edgepi", "1"),
        ("x-edgepix-accept", "avif"),
        ("x-edgepixel", "1"),
        ("y", "1"),
    ]);
    let same = config.with_headers(&headers).expect("none is ours");
    assert!(matches!(same, Cow::Borrowed(same) if std::ptr::eq(same, &config)));
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest() {
    for (text, error) in [
        (
            "\n[store]\nendpont = \"x\"",
            r#"edgepix.toml:3: "endpont" is not a setting of [store]; did you mean "endpoint"?"#,
        ),
        (
            "qualty = 5",
            r#"edgepix.toml:1: "qualty" is not a setting or a table; did you mean "quality"?"#,
        ),
        (
            "# ours\r\n\r\n[stroe]\r\nbucket = \"x\"",
            r#"edgepix.toml:3: "stroe" is not a setting or a table; did you mean "store"?"#,
        ),
        (
            "endpoint = \"x\"",
            r#"edgepix.toml:1: "endpoint" is not a setting or a table; did you mean "store.endpoint"?"#,
        ),
        (
            "cache_control = \"x\"",
            r#"edgepix.toml:1: "cache_control" is not a setting or a table"#,
        ),
        (
            "store.bukket = 1",
            r#"edgepix.toml:1: "bukket" is not a setting of [store]; did you mean "bucket"?"#,
        ),
        (
            "\"a\\nb\" = 1",
            r#"edgepix.toml:1: "a\nb" is not a setting or a table"#,
        ),
    ] {
        assert_eq!(wrong(text, &[]), [error]);
    }
}

#[test]
fn an_unknown_variable_or_header_is_refused_with_the_nearest() {
    assert_eq!(
        wrong(
            "",
            &[("EDGEPIX_STORE_ENDPONT", "x"), ("EDGEPIX_CONFIG", "x")]
        ),
        [
            r#"environment: "EDGEPIX_STORE_ENDPONT" is not the variable of a setting; did you mean "EDGEPIX_STORE_ENDPOINT"?"#
        ]
    );
    assert_eq!(
        wrong("", &[("EDGEPIX_CONFGI", "x")]),
        [
            r#"environment: "EDGEPIX_CONFGI" is not the variable of a setting; did you mean "EDGEPIX_CONFIG"?"#
        ]
    );
    assert_eq!(
        wrong_headers(&[("x-edgepix-qualiti", "5")]),
        [
            r#"origin headers: "x-edgepix-qualiti" is not the header of a setting; did you mean "x-edgepix-quality"?"#
        ]
    );
    // A header must not choose a file.
    assert_eq!(
        wrong_headers(&[("x-edgepix-overlay-image", "/etc/passwd")]),
        [
            "origin headers: x-edgepix-overlay-image must be left to edgepix.toml and the environment"
        ]
    );
}

#[test]
fn everything_that_is_wrong_is_said_at_once_in_the_order_of_the_file() {
    let text = "\
quality = 0
variants = { sm = 0, md = 640 }
colour = 1
[store]
bucket = \"a/b\"
[limits]
memory = \"lots\"
deadline = 5
[caching]
degraded_seconds = 61
cache_control = \"a\\r\\nset-cookie: b\"
";
    let environment = [
        ("EDGEPIX_FORMAT", "webp"),
        ("EDGEPIX_DERIVATIVES_TAG", "maybe"),
    ];
    let wrong = wrong(text, &environment);
    let begin = [
        r"edgepix.toml:1: quality must be 1 to 100",
        r"edgepix.toml:2: variants must be names",
        r#"edgepix.toml:3: "colour" is not"#,
        r"edgepix.toml:5: store.bucket must be a bucket's name",
        r"edgepix.toml:7: limits.memory must be a whole number of bytes",
        r"edgepix.toml:8: limits.deadline must be a time",
        r"edgepix.toml:10: caching.degraded_seconds must be a whole number of seconds, 0 to 60",
        r"edgepix.toml:11: caching.cache_control must be 1 to 1024 characters of printable ASCII",
        r"environment: EDGEPIX_DERIVATIVES_TAG must be true or false",
        r"environment: EDGEPIX_FORMAT must be original or auto",
    ];
    assert_eq!(wrong.len(), begin.len(), "{wrong:#?}");
    for (error, begin) in wrong.iter().zip(begin) {
        assert!(error.starts_with(begin), "{error}");
    }
    assert!(wrong[10 - 1].ends_with(r#"; it is "webp""#), "{wrong:#?}");
    assert!(
        wrong[7].ends_with(r#"; it is "a\r\nset-cookie: b""#),
        "{wrong:#?}"
    );
}

#[test]
fn what_is_no_toml_is_refused_with_the_rest() {
    let wrong = wrong(
        "quality =\nformat = \"webp\"\nquality = 5\n[store\nbuckte = \"x\"",
        &[],
    );
    assert!(wrong[0].starts_with("edgepix.toml:1: "), "{wrong:#?}");
    assert!(
        wrong[1].starts_with("edgepix.toml:2: format must be original or auto"),
        "{wrong:#?}"
    );
    assert!(
        wrong[2].starts_with("edgepix.toml:3: duplicate key"),
        "{wrong:#?}"
    );
    assert!(wrong[3].starts_with("edgepix.toml:4: "), "{wrong:#?}");
}

#[test]
fn a_setting_is_refused_what_it_is_not() {
    for (text, error) in [
        ("store = 5", "edgepix.toml:1: store must be a table"),
        ("quality = [1]", "edgepix.toml:1: quality must be one value"),
        ("[quality]", "edgepix.toml:1: quality must be one value"),
        ("quality = 80.5", "edgepix.toml:1: quality must be 1 to 100"),
        ("quality = true", "edgepix.toml:1: quality must be 1 to 100"),
        (
            "keep_copyright = 1",
            "edgepix.toml:1: keep_copyright must be true or false",
        ),
        (
            "store.bucket = 500",
            "edgepix.toml:1: store.bucket must be text in quotes",
        ),
        (
            "store.region = 2000-01-01",
            "edgepix.toml:1: store.region must be text in quotes",
        ),
        (
            "dialects = [\"at\",\n\"att\",\n]",
            "edgepix.toml:2: dialects must be some of query",
        ),
        (
            "dialects = [\"at\", \"AT\"]",
            "edgepix.toml:1: dialects must be some of query",
        ),
        (
            "dialects = [[\"at\"]]",
            "edgepix.toml:1: dialects must be one value each",
        ),
        (
            "[variants]\nsm = 1\nmd = 16385",
            "edgepix.toml:3: variants must be names",
        ),
        (
            "[variants]\n\"s-m\" = 1",
            "edgepix.toml:2: variants must be names",
        ),
        (
            "[variants]\nsm = 1\nSM = 2",
            "edgepix.toml:1: variants must be names",
        ),
        (
            "[variants]\nsm = {}",
            "edgepix.toml:2: variants must be one value each",
        ),
        (
            "variants = \"sm\"",
            "edgepix.toml:1: variants must be names",
        ),
        (
            "store.endpoint = \"ftp://x\"",
            "edgepix.toml:1: store.endpoint must be the URL",
        ),
        (
            "store.endpoint = \"https://a@b\"",
            "edgepix.toml:1: store.endpoint must be the URL",
        ),
        (
            "store.endpoint = \"https://b?c\"",
            "edgepix.toml:1: store.endpoint must be the URL",
        ),
        (
            "store.bucket = \"a..b\"",
            "edgepix.toml:1: store.bucket must be a bucket's name",
        ),
        (
            "store.region = \"eu/west\"",
            "edgepix.toml:1: store.region must be a Region's name",
        ),
        (
            "derivatives.overflow_prefix = \"a\"",
            "edgepix.toml:1: derivatives.overflow_prefix must",
        ),
        (
            "derivatives.overflow_prefix = \"/a/\"",
            "edgepix.toml:1: derivatives.overflow_prefix must",
        ),
        (
            "derivatives.overflow_prefix = \"../\"",
            "edgepix.toml:1: derivatives.overflow_prefix must",
        ),
        (
            "derivatives.cache_control = \"\"",
            "edgepix.toml:1: derivatives.cache_control must",
        ),
        (
            "caching.cache_control = \"é\"",
            "edgepix.toml:1: caching.cache_control must",
        ),
        (
            "limits.source_pixels = 0",
            "edgepix.toml:1: limits.source_pixels must",
        ),
        ("limits.memory = -1", "edgepix.toml:1: limits.memory must"),
        (
            "overlay.margin = 0.5",
            "edgepix.toml:1: overlay.margin must",
        ),
        ("overlay.size = 0", "edgepix.toml:1: overlay.size must"),
        (
            "overlay.opacity = nan",
            "edgepix.toml:1: overlay.opacity must",
        ),
        (
            "overlay.position = \"middle\"",
            "edgepix.toml:1: overlay.position must be centre",
        ),
    ] {
        let wrong = wrong(text, &[]);
        assert!(
            wrong.len() == 1 && wrong[0].starts_with(error),
            "{text}: {wrong:#?}"
        );
    }
}

#[test]
fn words_are_understood_in_any_case_and_numbers_as_toml_writes_them() {
    let text = "\
dialects = [\"Query\", \" AT \"]
malformed = \"ORIGINAL\"
quality = 0x32
keep_copyright = \"True\"
variants = { Big = 1_000 }
limits = { deadline = \"1.5s\", memory = 1_024 }
overlay.position = \"Top-Left\"
store.endpoint = \"https://s3.example.com:8443/base/\"
";
    let loaded = load(text, &[]).expect("it is right");
    let config = &loaded.config;
    assert_eq!(config.dialects, [Dialect::Query, Dialect::At]);
    assert_eq!(config.malformed, WhenMalformed::Original);
    assert_eq!((config.quality, config.keep_copyright), (50, true));
    assert_eq!(config.variants, BTreeMap::from([("big".to_owned(), 1000)]));
    assert_eq!(config.limits.deadline, Some(Duration::from_millis(1500)));
    assert_eq!(config.limits.memory_bytes, Some(1024));
    assert_eq!(
        config.store.endpoint.as_deref(),
        Some("https://s3.example.com:8443/base")
    );
    let position = loaded
        .values()
        .find(|(setting, _)| setting.name == "overlay.position");
    assert_eq!(position.expect("it is one").1, "top-left");
}

#[test]
fn limits_are_met_from_both_sides() {
    let is_right = |text: &str| load(text, &[]).is_ok();
    for (right, wrong) in [
        ("quality = 1", "quality = 0"),
        ("quality = 100", "quality = 101"),
        ("variants.a = 1", "variants.a = 0"),
        ("variants.a = 16384", "variants.a = 16385"),
        (
            "caching.degraded_seconds = 0",
            "caching.degraded_seconds = -1",
        ),
        (
            "caching.degraded_seconds = 60",
            "caching.degraded_seconds = 61",
        ),
        ("limits.source_pixels = 1", "limits.source_pixels = 0"),
        ("overlay.opacity = 1", "overlay.opacity = 1.1"),
        ("dialects = []", "dialects = [\"\"]"),
        ("variants = {}", "variants = { \"\" = 1 }"),
    ] {
        assert!(is_right(right), "{right}");
        assert!(!is_right(wrong), "{wrong}");
    }
    let cache_control = |length| format!("caching.cache_control = {:?}", "a".repeat(length));
    assert!(is_right(&cache_control(1024)) && !is_right(&cache_control(1025)));
}

#[test]
fn no_header_brings_a_line_of_its_own() {
    for (setting, text, _) in others() {
        let Some(header) = setting.header() else {
            continue;
        };
        for end in [
            "\r\nset-cookie: a",
            "\nset-cookie: a",
            "\ra",
            "\0a",
            "\u{85}a",
        ] {
            let lines = headers(&[(&header, &format!("{text}{end}"))]);
            let config = Config::default();
            let said = config.with_headers(&lines);
            let errors = said.expect_err(&header).to_string();
            assert!(errors.starts_with("origin headers: x-edgepix-"), "{errors}");
            assert!(!errors.contains(char::is_control), "{errors}");
        }
    }
}

#[test]
fn a_header_that_is_there_twice_is_refused() {
    let mut headers = headers(&[("x-edgepix-quality", "5")]);
    let lines = headers.0.get_mut("x-edgepix-quality").expect("it is there");
    lines.push(Header::default());
    let errors = Config::default()
        .with_headers(&headers)
        .expect_err("it is there twice");
    assert_eq!(
        errors.to_string(),
        "origin headers: x-edgepix-quality must be there once"
    );
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_refused() {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt};

    let installation = Installation {
        environment: vec![(
            "EDGEPIX_STORE_BUCKET".into(),
            OsString::from_vec(vec![0xff]),
        )],
        ..Installation::default()
    };
    let errors = installation.load().expect_err("it is not UTF-8");
    assert_eq!(
        errors.to_string(),
        "environment: EDGEPIX_STORE_BUCKET must be UTF-8"
    );
}

#[test]
fn what_is_shown_says_the_same_again() {
    let text: String = others()
        // What is shown of a secret must not be enough to be it.
        .filter(|(setting, ..)| setting.name != "signing.keys")
        .map(|(setting, _, toml)| format!("{} = {toml}\n", setting.name))
        .collect();
    let environment = [
        ("EDGEPIX_CACHING_CACHE_CONTROL", r#"a="\b", c='d' # e"#),
        ("EDGEPIX_DERIVATIVES_OVERFLOW_PREFIX", "dérivé/"),
    ];
    let said = load(&text, &environment).expect("all of it is right");
    let shown = said.to_string();
    let again = load(&shown, &[]).expect(&shown);
    assert!(
        said.values()
            .map(|(_, value)| value)
            .eq(again.values().map(|(_, value)| value))
    );
    assert_eq!(said.config, again.config);
    assert!(
        shown.contains("quality = 70  # edgepix.toml:4\n"),
        "{shown}"
    );
    assert!(
        shown.contains("  # EDGEPIX_CACHING_CACHE_CONTROL\n"),
        "{shown}"
    );
}

/// A secret that no text of ours has by chance.
const SECRET: &str = "5up3r-53cr3t-0123456789";

#[test]
fn no_secret_is_shown() {
    let text = format!("[signing]\nkeys = [\"old:{SECRET}\", \"new:{SECRET}{SECRET}\"]");
    let loaded = load(&text, &[]).expect("it is right");
    assert_eq!(loaded.config.signing_keys[0].secret, SECRET);
    let shown = loaded.to_string();
    let line = r#"keys = ["old:...", "new:..."]  # edgepix.toml:2"#;
    assert!(shown.lines().any(|shown| shown == line), "{shown}");
    let installation = Installation {
        file: Some(File {
            name: "edgepix.toml".into(),
            text,
        }),
        environment: vec![("EDGEPIX_SIGNING_KEYS".into(), SECRET.into())],
        ..Installation::default()
    };
    let values: String = loaded.values().map(|(_, value)| value).collect();
    for told in [
        shown,
        values,
        format!("{loaded:?}"),
        format!("{:?}", loaded.config),
        format!("{installation:?}"),
    ] {
        assert!(!told.contains("5up3r"), "{told}");
    }
}

#[test]
fn what_is_shown_in_place_of_a_secret_is_none() {
    assert_eq!(
        wrong("signing.keys = [\"a:...\"]", &[]),
        [
            "edgepix.toml:1: signing.keys must be NAME:SECRET with the secret in place of the ... \
             that edgepix config shows"
        ]
    );
}

#[test]
fn a_secret_that_is_wrong_is_not_repeated() {
    let twice = format!("a:{SECRET},a:{SECRET}");
    for value in [
        SECRET,
        ":5up3r-53cr3t-0123456789",
        "a:5up3r",
        &twice,
        "a:5up3r 53cr3t 0123456",
    ] {
        let variable = wrong("", &[("EDGEPIX_SIGNING_KEYS", value)]);
        let header = wrong_headers(&[("x-edgepix-signing-keys", value)]);
        let mut told = [variable, header].concat();
        for toml in [
            format!("signing.keys = {value:?}"),
            format!("signing.keys = [{value:?}]"),
            format!("signing.keys = [[{value:?}]]"),
            format!("signing.keys = {{ a = {value:?} }}"),
            format!("signing = {value:?}"),
            format!("signing.kyes = {value:?}"),
            format!("signing.keys = [{value:?}"),
            format!("signing.keys = [\"{value}]"),
            format!("signing.keys = {value}"),
        ] {
            told.extend(wrong(&toml, &[]));
        }
        assert!(told.len() >= 11, "{told:#?}");
        for error in told {
            assert!(!error.contains("5up3r"), "{error}");
        }
    }
}

#[test]
fn a_preset_that_is_no_question_is_named_with_its_line() {
    let text =
        "[presets]\nthumb = \"width=150\"\nwide = \"widht=900&fit=cover\"\nbig = \"width=0\"";
    let must = "presets must be queries of the native dialect";
    assert_eq!(
        wrong(text, &[]),
        [
            format!(
                "edgepix.toml:3: {must}; wide is not: widht=900: should be a word of native with \
                 its value"
            ),
            format!(
                "edgepix.toml:4: {must}; big is not: width=0: should be a whole number of pixels, \
                 1 to 65535"
            ),
        ]
    );
    let said = "a=width=9,b=preset=a";
    let reason =
        "must be queries of the native dialect; b is not: preset: should not be in a preset";
    assert_eq!(
        wrong("", &[("EDGEPIX_PRESETS", said)]),
        [format!("environment: EDGEPIX_PRESETS {reason}")]
    );
    assert_eq!(
        wrong_headers(&[("x-edgepix-presets", said)]),
        [format!("origin headers: x-edgepix-presets {reason}")]
    );
}

/// A folder with an overlay's image, `logo.png`, and one that is none, `text.png`.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(test: &str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix(test)
            .tempdir()
            .expect("there is room");
        fs::write(
            folder.path().join("logo.png"),
            write::png(&synth::photo(8, 4, 1)),
        )
        .expect("as above");
        fs::write(folder.path().join("text.png"), "hello").expect("as above");
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn load(&self, text: &str) -> Result<Loaded, ConfigErrors> {
        fs::write(self.path().join(FILE_NAME), text).expect("as above");
        Installation::find(None, [], Some(self.path()))?.load()
    }

    fn config(&self, text: &str) -> Config {
        self.load(text).expect("it is right").config
    }
}

#[test]
fn an_overlay_is_read_from_beside_the_file() {
    let folder = Folder::new("overlay");
    let config = folder.config("[overlay]\nopacity = 0.5\nimage = \"logo.png\"");
    let overlay = config.overlay.expect("it is said");
    assert_eq!(
        *overlay.image,
        *fs::read(folder.path().join("logo.png")).expect("it is there")
    );
    assert_eq!(
        (overlay.opacity, overlay.position),
        (0.5, Place::BOTTOM_RIGHT)
    );
}

#[test]
fn an_overlay_that_cannot_be_laid_is_refused_with_its_line() {
    let folder = Folder::new("no-overlay");
    for (name, why) in [
        ("missing.png", "os error 2"),
        ("text.png", "not an image of a known format"),
    ] {
        let errors = folder
            .load(&format!("[overlay]\nimage = \"{name}\""))
            .expect_err(name)
            .to_string();
        let begin =
            format!("edgepix.toml:2: overlay.image must be an image file; \"{name}\" is not: ");
        assert!(errors.contains(&begin) && errors.contains(why), "{errors}");
    }
    let large = vec![0; (4 << 20) + 1];
    fs::write(folder.path().join("large.png"), large).expect("there is room");
    let errors = folder
        .load("overlay.image = \"large.png\"")
        .expect_err("it is large")
        .to_string();
    assert!(errors.contains("more than 4 MB"), "{errors}");
}

#[test]
fn a_fallback_is_read_from_beside_the_file_with_its_type() {
    let folder = Folder::new("fallback");
    let config = folder.config("fallback.image = \"logo.png\"");
    let fallback = config.fallback.expect("it is said");
    let file = fs::read(folder.path().join("logo.png")).expect("it is there");
    assert_eq!(fallback.image, file);
    assert_eq!(fallback.content_type, "image/png");
    assert_eq!(fallback.status, FallbackStatus::NotFound);
    assert_eq!(self::config("fallback.status = 200", &[]).fallback, None);
}

#[test]
fn a_fallback_that_is_none_or_too_large_is_refused_with_its_line() {
    let folder = Folder::new("no-fallback");
    let large = vec![0; (512 << 10) + 1];
    fs::write(folder.path().join("large.png"), large).expect("there is room");
    for (name, why) in [
        ("text.png", "not an image of a known format"),
        ("large.png", "more than 512 KB"),
    ] {
        let errors = folder
            .load(&format!("[fallback]\nimage = \"{name}\""))
            .expect_err(name)
            .to_string();
        let begin = "edgepix.toml:2: fallback.image must be an image file; ";
        assert!(errors.contains(begin) && errors.contains(why), "{errors}");
    }
}

#[test]
fn the_file_is_the_one_asked_for_or_the_variables_or_the_one_beside_the_binary() {
    let folder = Folder::new("find");
    let put = |name: &str, quality: u8| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("there is room");
        fs::write(&path, format!("quality = {quality}")).expect("there is room");
        path
    };
    let asked = put("asked.toml", 1);
    let variable = ("EDGEPIX_CONFIG".into(), put("variable.toml", 2).into());
    put("task/edgepix.toml", 3);
    let task = ("LAMBDA_TASK_ROOT".into(), folder.path().join("task").into());
    put("edgepix.toml", 4);
    let nothing = folder.path().join("nothing");
    let quality =
        |asked: Option<&Path>, environment: &[(std::ffi::OsString, std::ffi::OsString)], beside| {
            let found = Installation::find(asked, environment.iter().cloned(), Some(beside));
            found
                .and_then(|found| found.load())
                .expect("it is right")
                .config
                .quality
        };
    let both = [variable, task.clone()];
    assert_eq!(quality(Some(&asked), &both, folder.path()), 1);
    assert_eq!(quality(None, &both, folder.path()), 2);
    assert_eq!(quality(None, &[task], folder.path()), 3);
    assert_eq!(quality(None, &[], folder.path()), 4);
    assert_eq!(quality(None, &[], &nothing), 80);
    let missing = Installation::find(Some(&nothing), [], None).expect_err("it is not there");
    assert!(
        missing.to_string().contains("nothing: it cannot be read: "),
        "{missing}"
    );
}

#[test]
fn what_others_have_in_the_environment_is_not_held() {
    let environment = [
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("EDGEPIX_QUALITY", "5"),
    ];
    let pairs = environment.map(|(name, value)| (name.into(), value.into()));
    let found = Installation::find(None, pairs, None).expect("it is right");
    assert_eq!(found.environment, [("EDGEPIX_QUALITY".into(), "5".into())]);
}

const SAMPLE: &str = include_str!("../../edgepix.toml");

#[test]
fn the_sample_says_every_default_and_what_it_is() {
    let sample = load(SAMPLE, &[]).expect("it is right");
    assert_eq!(sample.config, Config::default());
    for (setting, whence) in sample.whence() {
        assert!(
            matches!(whence, Whence::Line { .. }),
            "{} is not in it",
            setting.name
        );
    }
    let default = load("", &[]).expect("nothing is said");
    assert!(
        sample
            .values()
            .map(|(_, value)| value)
            .eq(default.values().map(|(_, value)| value))
    );
    // All of it but the comments before the first setting.
    let (_, settings) = SAMPLE.split_once("\n\n").expect("they end");
    let expected = sample_of(&default);
    assert_eq!(settings, expected, "\n{expected}\n");
}

/// What is shown, with what each setting is above it in place of where it was said.
fn sample_of(default: &Loaded) -> String {
    let mut sample = String::new();
    let mut settings = SETTINGS.iter();
    for line in default.to_string().lines() {
        let said = line.strip_suffix("  # default");
        if said.is_some() {
            let setting = settings.next().expect("each is shown once");
            let mut width = 0;
            for word in setting.says.split(' ') {
                let before = match width {
                    0 => "# ",
                    width if width + 1 + word.len() <= 98 => " ",
                    _ => "\n# ",
                };
                width = if before == " " { width + 1 } else { 2 } + word.len();
                sample += before;
                sample += word;
            }
            sample += "\n";
        }
        sample += said.unwrap_or(line);
        sample += "\n";
    }
    assert!(settings.next().is_none(), "each is shown");
    sample
}

#[test]
fn the_documents_table_is_the_list() {
    let document = include_str!("../../docs/configuration.md");
    let rows: Vec<_> = document
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    let default = load("", &[]).expect("nothing is said");
    let expected = default.values().map(|(setting, value)| {
        let header = setting
            .header()
            .map_or("none".into(), |header| format!("`{header}`"));
        let value = if value.is_empty() {
            "none".into()
        } else {
            format!("`{value}`")
        };
        format!(
            "| `{}` | `{}` | {header} | {value} | {} |",
            setting.name,
            setting.variable(),
            setting.says
        )
    });
    let expected: Vec<_> = expected.collect();
    assert_eq!(rows, expected, "\n{}\n", expected.join("\n"));
}
