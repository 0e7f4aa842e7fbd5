//! The URL grammars that are understood, one file each. A dialect only parses: what
//! a URL asks for does not depend on the object, the client or the machine.

mod at;
mod name;
mod native;
mod pairs;
mod path;
mod query;
mod variant;
mod words;

use edgepix_engine::{OutputFormat, Request};

use crate::{config::Config, key::Key};
pub(crate) use name::Name;
use pairs::Pairs;

/// A URL grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dialect {
    /// Letters in the query: `/photo.jpg?w=300&h=200&f=webp&q=80`.
    Query,
    /// Whole words in the query, for all the engine can do:
    /// `/photo.jpg?width=300&height=200&fit=cover&format=auto`.
    Native,
    /// Parameters after an at sign: `/photo.jpg@300w_200h_80q.webp`.
    At,
    /// A box in the path: `/img/300x200/photo.jpg`.
    Path,
    /// A size by its name, at the end of the file's: `/photo-md.jpg`.
    Variant,
}

impl Dialect {
    /// Every dialect, in the order in which they are tried.
    pub const ALL: [Self; 5] = [
        Self::Query,
        Self::Native,
        Self::At,
        Self::Path,
        Self::Variant,
    ];

    /// Its name in configurations and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Native => "native",
            Self::At => "at",
            Self::Path => "path",
            Self::Variant => "variant",
        }
    }
}

/// What a URL asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The grammar it was read by.
    pub dialect: Dialect,
    /// The original's key.
    pub source: Key,
    /// What is wanted of it, but for the format and for what was not said.
    pub request: Request,
    /// The format that is wanted.
    pub format: Format,
    /// The same question as everyone's: a path and a query that all spellings of it
    /// share, and that reads as the same question again.
    pub canonical: String,
    /// What happens if the result would be larger than the original.
    pub larger: Larger,
    /// Sizes from which on a result is not scaled.
    pub unscaled_from: Option<Beyond>,
}

/// A format as a URL says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// It says nothing: the configuration does.
    #[default]
    Unsaid,
    /// The original's.
    Original,
    /// The best that the client shows.
    Auto,
    /// This one.
    Is(OutputFormat),
}

/// What happens if a result would be larger than its original along a side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Larger {
    /// It is made.
    #[default]
    Make,
    /// The original is served, as it is.
    Original,
}

/// A size above which a result is not scaled at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beyond {
    /// Pixels along a side.
    pub side: u32,
    /// Pixels in all.
    pub pixels: u64,
}

impl Beyond {
    /// Whether a result of `width` by `height` pixels is above it.
    #[must_use]
    pub fn is_passed_by(self, width: f64, height: f64) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let pixels = self.pixels as f64;
        width.max(height) > f64::from(self.side) || width * height > pixels
    }
}

/// A parameter that is out of its range or breaks its grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The grammar it was read by.
    pub dialect: Dialect,
    /// What is wrong, for whoever wrote the URL; printable ASCII, and short.
    pub reason: String,
    /// The original that was meant, where the URL is not its own.
    pub source: Option<Key>,
}

impl Malformed {
    /// What was said, and what it should: `be 1 to 100`, or the same after a `must`.
    fn new(dialect: Dialect, said: &str, should: &str) -> Self {
        let said = words::printable(said);
        let should = should.strip_prefix("must ").unwrap_or(should);
        Self {
            dialect,
            reason: format!("{said}: should {should}"),
            source: None,
        }
    }

    /// The same, of this original.
    fn of(self, source: &Key) -> Self {
        Self {
            source: Some(source.clone()),
            ..self
        }
    }
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.dialect.name(), self.reason)
    }
}

impl std::error::Error for Malformed {}

/// Reads what is asked of an object that is there, by `query` and `native` as far as
/// `config` has them; `None` if nothing is.
///
/// # Errors
///
/// [`Malformed`] if it is asked wrongly.
pub fn of_present(key: &Key, query: &str, config: &Config) -> Result<Option<Asked>, Malformed> {
    let has = |dialect| config.dialects.contains(&dialect);
    let pairs = Pairs::of(query);
    // The letters are the narrower grammar, and go first.
    if has(Dialect::Query) && query::is_meant(&pairs) {
        return query::read(key, &pairs);
    }
    if has(Dialect::Native) {
        return native::read(key, &pairs);
    }
    Ok(None)
}

/// Reads the name of an object that is not there as one to be made of another, by `at`,
/// `path` and `variant` in this order, as far as `config` has them; `None` if it is
/// none of them.
///
/// # Errors
///
/// [`Malformed`] if it is asked wrongly.
pub fn of_missing(key: &Key, config: &Config) -> Result<Option<Asked>, Malformed> {
    let has = |dialect| config.dialects.contains(&dialect);
    let mut asked = None;
    if has(Dialect::At) {
        asked = at::read(key)?;
    }
    if asked.is_none() && has(Dialect::Path) {
        asked = path::read(key)?;
    }
    if asked.is_none() && has(Dialect::Variant) {
        asked = variant::read(key, &config.variants);
    }
    Ok(asked)
}
