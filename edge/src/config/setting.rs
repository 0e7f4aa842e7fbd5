//! The list of settings: the one place that knows what they are called, how their texts
//! are read and how their values are shown. The file, the environment, the origin's
//! headers, `edgepix config` and the documents all go by it.

use bytes::Bytes as Body;
use edgepix_engine::{Overlay, Place};

use crate::value::{self, Bytes, Time, Words};

use super::{
    Config, Fallback, FallbackStatus,
    rule::{self, Ruled},
};

/// Something an installation can decide.
pub struct Setting {
    /// Its name in the file, with its table before a dot: `store.endpoint`.
    pub name: &'static str,
    /// What it is, in one sentence, with its range.
    pub says: &'static str,
    pub(super) shape: Shape,
    pub(super) set: fn(&mut Draft, &str) -> Ruled<()>,
    pub(super) show: fn(&Draft) -> Shown,
}

/// What of TOML a setting may be; text is understood for every one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Only text: whatever is said is taken, so what is not in quotes is a slip.
    Free,
    /// A word, a number, a yes or no.
    Scalar,
    /// Several.
    List,
    /// Names and their values.
    Table,
}

/// A value as it can be said again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// In quotes.
    Text(String),
    /// Without.
    Bare(String),
    /// Each in quotes.
    List(Vec<String>),
    /// By their names.
    Table(Vec<(String, String)>),
}

/// A configuration while it is read: of an overlay everything may be known but the image, and
/// so of a fallback.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Draft {
    pub(super) config: Config,
    /// The overlay with its image left out.
    pub(super) overlay: Overlay,
    pub(super) overlay_image: Option<String>,
    /// The fallback with its image left out.
    pub(super) fallback: Fallback,
    pub(super) fallback_image: Option<String>,
}

impl Draft {
    pub(super) fn new(config: Config) -> Self {
        let overlay = config.overlay.clone();
        let no_fallback = || Fallback {
            image: Body::new(),
            content_type: "",
            status: FallbackStatus::default(),
        };
        Self {
            overlay: overlay.unwrap_or_else(|| Overlay::new([])),
            overlay_image: None,
            fallback: config.fallback.clone().unwrap_or_else(no_fallback),
            fallback_image: None,
            config,
        }
    }
}

impl Setting {
    /// Its name in the environment: `EDGEPIX_STORE_ENDPOINT`.
    #[must_use]
    pub fn variable(&self) -> String {
        let name = self.name.to_ascii_uppercase().replace('.', "_");
        format!("{VARIABLES}{name}")
    }

    /// Its name among the origin's custom headers, `x-edgepix-store-endpoint`; none for
    /// images, since what a header says must not choose a file, and for what only concerns a function in a Region, to which no such headers come.
    #[must_use]
    pub fn header(&self) -> Option<String> {
        let (table, _) = self.parts();
        let is_regional = table == "function" || self.name == "derivatives.bucket";
        let is_file = [OVERLAY_IMAGE, FALLBACK_IMAGE].contains(&self.name);
        (!is_file && !is_regional).then(|| self.header_name())
    }

    /// What its header would be called, whether or not it has one.
    pub(super) fn header_name(&self) -> String {
        let name = self.name.replace(['.', '_'], "-");
        format!("{HEADERS}{name}")
    }

    /// Whether its values are secret: they are neither shown nor repeated when they are
    /// wrong.
    pub(super) fn is_secret(&self) -> bool {
        self.name == SIGNING_KEYS
    }

    /// Its table, empty at the top level, and its name there.
    pub(super) fn parts(&self) -> (&'static str, &'static str) {
        self.name.split_once('.').unwrap_or(("", self.name))
    }
}

impl std::fmt::Debug for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Shown {
    /// As the environment and headers say it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Bare(text) => text.clone(),
            Self::List(words) => words.join(","),
            Self::Table(entries) => {
                let entries = entries
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"));
                entries.collect::<Vec<_>>().join(",")
            }
        }
    }
}

/// What our variables begin with.
pub(super) const VARIABLES: &str = "EDGEPIX_";

/// What our headers begin with.
pub(super) const HEADERS: &str = "x-edgepix-";

/// The settings that are settled only when all are read.
pub(super) const OVERLAY_IMAGE: &str = "overlay.image";
pub(super) const FALLBACK_IMAGE: &str = "fallback.image";

/// The one whose values are a dialect's.
pub(super) const PRESETS: &str = "presets";

/// The one whose values nobody is shown.
const SIGNING_KEYS: &str = "signing.keys";

fn bare(value: impl ToString) -> Shown {
    Shown::Bare(value.to_string())
}

fn text(value: &str) -> Shown {
    Shown::Text(value.to_owned())
}

/// What is not said is shown as nothing.
fn text_or_empty(value: Option<impl ToString>) -> Shown {
    Shown::Text(value.map(|value| value.to_string()).unwrap_or_default())
}

fn word<T: PartialEq>(words: Words<T>, meaning: &T) -> Shown {
    Shown::Text(value::word(words, meaning).unwrap_or_default().to_owned())
}

fn place(place: Place) -> Shown {
    let point = || format!("{},{}", place.x, place.y);
    let word = value::place_word(place);
    Shown::Text(word.map_or_else(point, str::to_owned))
}

fn bytes(text: &str) -> Ruled<u64> {
    text.parse().map(|Bytes(bytes)| bytes)
}

/// Every setting, in the order of the file: those without a table first.
pub static SETTINGS: &[Setting] = &[
    Setting {
        name: "dialects",
        says: "The URL grammars that are understood: query, native, at, path, variant.",
        shape: Shape::List,
        set: |draft, text| rule::dialects(text).map(|it| draft.config.dialects = it),
        show: |draft| {
            let dialects = draft.config.dialects.iter();
            Shown::List(dialects.map(|dialect| dialect.name().to_owned()).collect())
        },
    },
    Setting {
        name: "malformed",
        says: "What a malformed URL gets: refuse, status 400 and why; original, the origin's own answer.",
        shape: Shape::Scalar,
        set: |draft, text| {
            let malformed = rule::word(rule::MALFORMED, text, "must be refuse or original");
            malformed.map(|it| draft.config.malformed = it)
        },
        show: |draft| word(rule::MALFORMED, &draft.config.malformed),
    },
    Setting {
        name: "format",
        says: "The format of URLs that name none: original, the original's; auto, the best the client shows.",
        shape: Shape::Scalar,
        set: |draft, text| {
            let format = rule::word(rule::FORMAT, text, "must be original or auto");
            format.map(|it| draft.config.format = it)
        },
        show: |draft| word(rule::FORMAT, &draft.config.format),
    },
    Setting {
        name: "quality",
        says: "The quality of URLs that name none, 1 to 100.",
        shape: Shape::Scalar,
        set: |draft, text| value::quality(text).map(|it| draft.config.quality = it),
        show: |draft| bare(draft.config.quality),
    },
    Setting {
        name: "keep_copyright",
        says: "Whether results keep who made the image and who holds its rights.",
        shape: Shape::Scalar,
        set: |draft, text| rule::flag(text).map(|it| draft.config.keep_copyright = it),
        show: |draft| bare(draft.config.keep_copyright),
    },
    Setting {
        name: "server_timing",
        says: "Whether answers say in Server-Timing where their time went.",
        shape: Shape::Scalar,
        set: |draft, text| rule::flag(text).map(|it| draft.config.server_timing = it),
        show: |draft| bare(draft.config.server_timing),
    },
    Setting {
        name: "variants",
        says: "Widths of the variant dialect by names of your own, 1 to 16384 pixels, in place of these.",
        shape: Shape::Table,
        set: |draft, text| rule::variants(text).map(|it| draft.config.variants = it),
        show: |draft| {
            let variants = draft.config.variants.iter();
            let mut variants: Vec<_> = variants.collect();
            // People think of them by their widths.
            variants.sort_by_key(|&(_, width)| width);
            let shown = |(name, width): (&String, &u32)| (name.clone(), width.to_string());
            Shown::Table(variants.into_iter().map(shown).collect())
        },
    },
    Setting {
        name: PRESETS,
        says: "Questions by names of your own, as queries of the native dialect, commas as %2C: \
               thumb = \"width=150&height=150&fit=cover\" is asked for as ?preset=thumb.",
        shape: Shape::Table,
        set: |draft, text| rule::presets(text).map(|it| draft.config.presets = it),
        show: |draft| {
            let presets = draft.config.presets.clone();
            Shown::Table(presets.into_iter().collect())
        },
    },
    Setting {
        name: "store.endpoint",
        says: "An S3 server's URL instead of the one of AWS.",
        shape: Shape::Free,
        set: |draft, text| {
            rule::unless_empty(text, rule::endpoint).map(|it| draft.config.store.endpoint = it)
        },
        show: |draft| text_or_empty(draft.config.store.endpoint.as_ref()),
    },
    Setting {
        name: "store.bucket",
        says: "The bucket, if the origin's domain name does not say it.",
        shape: Shape::Free,
        set: |draft, text| {
            rule::unless_empty(text, rule::bucket).map(|it| draft.config.store.bucket = it)
        },
        show: |draft| text_or_empty(draft.config.store.bucket.as_ref()),
    },
    Setting {
        name: "store.region",
        says: "Its Region, if the origin's domain name does not say it.",
        shape: Shape::Free,
        set: |draft, text| {
            rule::unless_empty(text, rule::region).map(|it| draft.config.store.region = it)
        },
        show: |draft| text_or_empty(draft.config.store.region.as_ref()),
    },
    Setting {
        name: "derivatives.keep",
        says: "Whether results of at, path and variant are stored under the key that was asked for.",
        shape: Shape::Scalar,
        set: |draft, text| rule::flag(text).map(|it| draft.config.derivatives.keep = it),
        show: |draft| bare(draft.config.derivatives.keep),
    },
    Setting {
        name: "derivatives.overflow_prefix",
        says: "Where in the same bucket results of query and native go that are too large to be answered, \
               such as derived/; if empty, the original is answered.",
        shape: Shape::Free,
        set: |draft, text| {
            let prefix = rule::unless_empty(text, rule::prefix);
            prefix.map(|it| draft.config.derivatives.overflow_prefix = it)
        },
        show: |draft| text_or_empty(draft.config.derivatives.overflow_prefix.as_ref()),
    },
    Setting {
        name: "derivatives.cache_control",
        says: "The Cache-Control of stored results.",
        shape: Shape::Free,
        set: |draft, text| {
            rule::cache_control(text).map(|it| draft.config.derivatives.cache_control = it)
        },
        show: |draft| text(&draft.config.derivatives.cache_control),
    },
    Setting {
        name: "derivatives.tag",
        says: "Whether stored results are tagged createByLambda=1, for a lifecycle rule.",
        shape: Shape::Scalar,
        set: |draft, text| rule::flag(text).map(|it| draft.config.derivatives.tag = it),
        show: |draft| bare(draft.config.derivatives.tag),
    },
    Setting {
        name: "derivatives.bucket",
        says: "The bucket that a function in a Region stores results in; if empty, that of the \
               originals. At the edge it is always the origin's.",
        shape: Shape::Free,
        set: |draft, text| {
            let bucket = rule::unless_empty(text, rule::bucket);
            bucket.map(|it| draft.config.derivatives.bucket = it)
        },
        show: |draft| text_or_empty(draft.config.derivatives.bucket.as_ref()),
    },
    Setting {
        name: "caching.cache_control",
        says: "The Cache-Control of results in place of the original's; if empty, the original's, and \
               public, max-age=86400 where it has none.",
        shape: Shape::Free,
        set: |draft, text| {
            let value = rule::unless_empty(text, rule::cache_control);
            value.map(|it| draft.config.caching.cache_control = it)
        },
        show: |draft| text_or_empty(draft.config.caching.cache_control.as_ref()),
    },
    Setting {
        name: "caching.degraded_seconds",
        says: "The most seconds that a degraded result is cached, 0 to 60.",
        shape: Shape::Scalar,
        set: |draft, text| {
            rule::degraded_seconds(text).map(|it| draft.config.caching.degraded_seconds = it)
        },
        show: |draft| bare(draft.config.caching.degraded_seconds),
    },
    Setting {
        name: "caching.failure_seconds",
        says: "The most seconds that the original is cached in place of a result that failed for a \
               reason that may pass (busy, cut, time, ...), 0 to 60; if empty, as long as it says.",
        shape: Shape::Scalar,
        set: |draft, text| {
            let seconds = rule::unless_empty(text, rule::degraded_seconds);
            seconds.map(|it| draft.config.caching.failure_seconds = it)
        },
        show: |draft| text_or_empty(draft.config.caching.failure_seconds),
    },
    Setting {
        name: "caching.etag",
        says: "Whose ETag results carry: original, which makes CloudFront's revalidation cheap; own.",
        shape: Shape::Scalar,
        set: |draft, text| {
            let etag = rule::word(rule::ETAG, text, "must be original or own");
            etag.map(|it| draft.config.caching.etag = it)
        },
        show: |draft| word(rule::ETAG, &draft.config.caching.etag),
    },
    Setting {
        name: "limits.memory",
        says: "Memory one image may take, such as 96MB (counted in 1024s); if empty, what the function \
               has, less its own.",
        shape: Shape::Scalar,
        set: |draft, text| {
            rule::unless_empty(text, bytes).map(|it| draft.config.limits.memory_bytes = it)
        },
        show: |draft| text_or_empty(draft.config.limits.memory_bytes.map(Bytes)),
    },
    Setting {
        name: "limits.deadline",
        says: "Time one request may take, such as 1.5s or 300ms; if empty, what the invocation has left.",
        shape: Shape::Scalar,
        set: |draft, text| {
            let time = rule::unless_empty(text, |text| text.parse().map(|Time(time)| time));
            time.map(|it| draft.config.limits.deadline = it)
        },
        show: |draft| text_or_empty(draft.config.limits.deadline.map(Time)),
    },
    Setting {
        name: "limits.source_pixels",
        says: "Pixels an original may have; if empty, the engine's limit.",
        shape: Shape::Scalar,
        set: |draft, text| {
            let pixels = rule::unless_empty(text, rule::source_pixels);
            pixels.map(|it| draft.config.limits.source_pixels = it)
        },
        show: |draft| match draft.config.limits.source_pixels {
            Some(pixels) => bare(pixels),
            None => text(""),
        },
    },
    Setting {
        name: "limits.response",
        says: "Bytes of an answer with its headers, its body counted as base64, such as 1MB; if empty, \
               1MB on Lambda@Edge, 6MB in a Region that does not stream, and no limit elsewhere.",
        shape: Shape::Scalar,
        set: |draft, text| {
            rule::unless_empty(text, bytes).map(|it| draft.config.limits.response_bytes = it)
        },
        show: |draft| text_or_empty(draft.config.limits.response_bytes.map(Bytes)),
    },
    Setting {
        name: "function.answer",
        says: "What a function in a Region answers once a result is stored: image; 301 or 307, a \
               redirect to where it is stored.",
        shape: Shape::Scalar,
        set: |draft, text| {
            let answer = rule::word(rule::ANSWER, text, "must be image, 301 or 307");
            answer.map(|it| draft.config.function.answer = it)
        },
        show: |draft| word(rule::ANSWER, &draft.config.function.answer),
    },
    Setting {
        name: "function.site",
        says: "Where a Region's redirects lead, such as https://img.example.com; if empty, to the host \
               that was asked.",
        shape: Shape::Free,
        set: |draft, text| {
            rule::unless_empty(text, rule::endpoint).map(|it| draft.config.function.site = it)
        },
        show: |draft| text_or_empty(draft.config.function.site.as_ref()),
    },
    Setting {
        name: "function.stream",
        says: "Whether a function in a Region streams its answers: only behind a function URL whose \
               invoke mode is RESPONSE_STREAM.",
        shape: Shape::Scalar,
        set: |draft, text| rule::flag(text).map(|it| draft.config.function.stream = it),
        show: |draft| bare(draft.config.function.stream),
    },
    Setting {
        name: "function.distribution",
        says: "The distribution in which a function in a Region invalidates what it has stored or \
               deleted, such as EDFDVBD6EXAMPLE; if empty, none.",
        shape: Shape::Free,
        set: |draft, text| {
            let id = rule::unless_empty(text, rule::distribution);
            id.map(|it| draft.config.function.distribution = it)
        },
        show: |draft| text_or_empty(draft.config.function.distribution.as_ref()),
    },
    Setting {
        name: "policy.dimensions",
        says: "Boxes that may be asked for, such as 150x100, 300x or x200 (one side, the other left \
               open); if empty, any. Variants and presets always may.",
        shape: Shape::List,
        set: |draft, text| rule::dimensions(text).map(|it| draft.config.policy.dimensions = it),
        show: |draft| {
            let dimensions = draft.config.policy.dimensions.iter();
            Shown::List(dimensions.map(ToString::to_string).collect())
        },
    },
    Setting {
        name: "policy.types",
        says: "Extensions of originals that may be asked for, such as .png and .jpg; if empty, any.",
        shape: Shape::List,
        set: |draft, text| rule::types(text).map(|it| draft.config.policy.types = it),
        show: |draft| {
            let types = draft.config.policy.types.iter();
            Shown::List(types.map(|extension| format!(".{extension}")).collect())
        },
    },
    Setting {
        name: "policy.side",
        says: "Pixels that a result may have along a side; if empty, the engine's limit.",
        shape: Shape::Scalar,
        set: |draft, text| {
            rule::unless_empty(text, rule::side).map(|it| draft.config.policy.side = it)
        },
        show: |draft| text_or_empty(draft.config.policy.side),
    },
    Setting {
        name: "policy.pixels",
        says: "Pixels that a result may have in all; if empty, the engine's limit.",
        shape: Shape::Scalar,
        set: |draft, text| {
            let pixels = rule::unless_empty(text, rule::source_pixels);
            pixels.map(|it| draft.config.policy.pixels = it)
        },
        show: |draft| text_or_empty(draft.config.policy.pixels),
    },
    Setting {
        name: "policy.presets_only",
        says: "Whether nothing but presets and variants may be asked for.",
        shape: Shape::Scalar,
        set: |draft, text| rule::flag(text).map(|it| draft.config.policy.presets_only = it),
        show: |draft| bare(draft.config.policy.presets_only),
    },
    Setting {
        name: "policy.origins",
        says: "Host names of origins that are read, *.example.com being any below it; if empty, any.",
        shape: Shape::List,
        set: |draft, text| rule::hosts(text).map(|it| draft.config.policy.origins = it),
        show: |draft| Shown::List(draft.config.policy.origins.clone()),
    },
    Setting {
        name: "policy.private_origins",
        says: "Whether origins that speak HTTP may be at addresses that are not of the internet.",
        shape: Shape::Scalar,
        set: |draft, text| rule::flag(text).map(|it| draft.config.policy.private_origins = it),
        show: |draft| bare(draft.config.policy.private_origins),
    },
    Setting {
        name: SIGNING_KEYS,
        says: "NAME:SECRET of keys that URLs must be signed with, one of them; if empty, URLs need no \
               signature. A secret has 16 characters or more.",
        shape: Shape::List,
        set: |draft, text| rule::signing_keys(text).map(|it| draft.config.signing_keys = it),
        show: |draft| {
            let keys = draft.config.signing_keys.iter();
            Shown::List(
                keys.map(|key| format!("{}:{}", key.name, rule::UNSHOWN))
                    .collect(),
            )
        },
    },
    Setting {
        name: "hints.dpr",
        says: "Whether Sec-CH-DPR says the pixels of a CSS pixel where the URL does not.",
        shape: Shape::Scalar,
        set: |draft, text| rule::flag(text).map(|it| draft.config.hints.dpr = it),
        show: |draft| bare(draft.config.hints.dpr),
    },
    Setting {
        name: "hints.width",
        says: "Whether Sec-CH-Width says the width where the URL says no size.",
        shape: Shape::Scalar,
        set: |draft, text| rule::flag(text).map(|it| draft.config.hints.width = it),
        show: |draft| bare(draft.config.hints.width),
    },
    Setting {
        name: "hints.save_data_quality",
        says: "The quality for clients that send Save-Data, 1 to 100, where the URL says none; if \
               empty, as for all.",
        shape: Shape::Scalar,
        set: |draft, text| {
            let quality = rule::unless_empty(text, value::quality);
            quality.map(|it| draft.config.hints.save_data_quality = it)
        },
        show: |draft| text_or_empty(draft.config.hints.save_data_quality),
    },
    Setting {
        name: FALLBACK_IMAGE,
        says: "A file beside edgepix.toml of at most 512 KB, served where a result is asked for and \
               there is no original; if empty, none. No header can set it.",
        shape: Shape::Free,
        set: |draft, text| rule::unless_empty(text, rule::file).map(|it| draft.fallback_image = it),
        show: |draft| text_or_empty(draft.fallback_image.as_ref()),
    },
    Setting {
        name: "fallback.status",
        says: "The status it is served with: 404; 200, where an image of another is not shown.",
        shape: Shape::Scalar,
        set: |draft, text| {
            let status = rule::word(rule::FALLBACK, text, "must be 404 or 200");
            status.map(|it| draft.fallback.status = it)
        },
        show: |draft| word(rule::FALLBACK, &draft.fallback.status),
    },
    Setting {
        name: OVERLAY_IMAGE,
        says: "A file beside edgepix.toml, laid over every result; if empty, none. No header can set it.",
        shape: Shape::Free,
        set: |draft, text| rule::unless_empty(text, rule::file).map(|it| draft.overlay_image = it),
        show: |draft| text_or_empty(draft.overlay_image.as_ref()),
    },
    Setting {
        name: "overlay.position",
        says: "Where it lies: centre, top, top-right, right, bottom-right, bottom, bottom-left, left, \
               top-left, or a point X,Y of fractions of the room there is.",
        shape: Shape::Free,
        set: |draft, text| rule::place(text).map(|it| draft.overlay.position = it),
        show: |draft| place(draft.overlay.position),
    },
    Setting {
        name: "overlay.margin",
        says: "What it keeps free at the edges, as a fraction of the result's smaller side, 0 to below 0.5.",
        shape: Shape::Scalar,
        set: |draft, text| value::margin(text).map(|it| draft.overlay.margin = it),
        show: |draft| bare(draft.overlay.margin),
    },
    Setting {
        name: "overlay.size",
        says: "Its width as a fraction of the result's, above 0 to 1.",
        shape: Shape::Scalar,
        set: |draft, text| value::share(text).map(|it| draft.overlay.size = it),
        show: |draft| bare(draft.overlay.size),
    },
    Setting {
        name: "overlay.opacity",
        says: "How much it hides of what is below it, 0 to 1.",
        shape: Shape::Scalar,
        set: |draft, text| value::opacity(text).map(|it| draft.overlay.opacity = it),
        show: |draft| bare(draft.overlay.opacity),
    },
];
