//! What `edge/deploy/viewer-request.js` makes of a request before CloudFront's cache sees it,
//! in Rust: the local server's cache does the same, and one table of cases,
//! `edge/deploy/viewer-request.cases.json`, holds both to it.
//!
//! All spellings of a question become one, so that they share an entry of the cache, and what
//! the viewer says of itself becomes a few words. What a URL asks for is never changed: what
//! is malformed stays so.

mod hints;
mod key;
mod path;
mod question;

use edgepix_engine::{Accept, Subject, Token};

use crate::{
    config::{Config, UnsaidFormat},
    dialect::Dialect,
    policy,
};
use question::Question;

pub use hints::{Hints, InUse, SAVE_DATA, SEC_CH_DPR, SEC_CH_WIDTH};
pub use key::{Unfolded, unfold};

/// The longest query that is read, in UTF-16 code units, which JavaScript counts in: reading
/// what is longer takes more time than a function has (AWS, "Restrictions on CloudFront
/// Functions"). It asks for nothing.
const LONGEST_QUERY: usize = 2048;

/// The most parameters of a query that is read, for the same reason.
const MOST_PARAMETERS: usize = 50;

/// The longest Accept header that is read, likewise. Browsers send about 100 characters.
const LONGEST_ACCEPT: usize = 512;

/// How requests are folded: the settings in the function's first lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folding {
    /// The URL grammars whose parameters are kept.
    pub dialects: Vec<Dialect>,
    /// Whether Accept has a say in formats at all.
    pub auto: bool,
    /// Whether it has where a URL names no format.
    pub unsaid: bool,
    /// Whether questions become keys of a bucket. Without effect where URLs are signed or
    /// hints are in use: neither is part of a key.
    pub stored: bool,
    /// Whether URLs may be signed.
    pub signed: bool,
    /// The hints that are read.
    pub hints: InUse,
}

impl Folding {
    /// What fits an installation that keeps its results in the cache alone.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self {
            dialects: config.dialects.clone(),
            auto: true,
            unsaid: config.format == UnsaidFormat::Auto,
            stored: false,
            signed: !config.signing_keys.is_empty(),
            hints: InUse::of(&config.hints),
        }
    }

    fn speaks(&self, dialect: Dialect) -> bool {
        self.dialects.contains(&dialect)
    }

    /// Whether a URL of this query is signed, rightly or wrongly: then it is what was sent that
    /// counts.
    fn is_signed(&self, query: &str) -> bool {
        self.signed && policy::has_signature(query)
    }

    fn stores(&self) -> bool {
        self.stored && !self.signed && self.hints == InUse::default()
    }
}

/// What a viewer sends, as far as it matters here. Several lines of a header are joined by
/// commas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Viewer<'a> {
    /// Percent-encoded, with a slash at its start.
    pub path: &'a str,
    /// Without a question mark; empty if there is none.
    pub query: &'a str,
    /// Accept.
    pub accept: Option<&'a str>,
    /// `Sec-CH-DPR`.
    pub dpr: Option<&'a str>,
    /// `Sec-CH-Width`.
    pub width: Option<&'a str>,
    /// Save-Data.
    pub save_data: Option<&'a str>,
}

/// What the cache goes by, and what goes on to the origin.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Folded {
    /// The one spelling of the path, with the question if that is in it now.
    pub path: String,
    /// The one spelling of the question.
    pub query: String,
    /// What Accept came to, of a photograph: the cache cannot know better. None if it has no
    /// say.
    pub token: Option<Token>,
    /// What the hints in use came to.
    pub hints: Hints,
}

/// Folds a request.
#[must_use]
pub fn fold(viewer: &Viewer<'_>, folding: &Folding) -> Folded {
    let question = Question::read(viewer.query, folding);
    let token = if question.negotiable && folding.auto {
        token(viewer.accept.unwrap_or_default())
    } else {
        Token::None
    };
    let mut folded = Folded {
        path: if folding.is_signed(viewer.query) {
            viewer.path.to_owned()
        } else {
            path::plain(viewer.path)
        },
        query: String::new(),
        token: folding.auto.then_some(Token::None),
        hints: Hints::of(viewer, folding.hints),
    };
    if folding.stores() {
        if key::is_one(&folded.path) {
            return folded;
        }
        if let Some(path) = key::of(&folded.path, &question, token) {
            folded.path = path;
            return folded;
        }
    }
    folded.query = question.text;
    folded.token = folding.auto.then_some(token);
    folded
}

/// What an Accept header comes to.
fn token(accept: &str) -> Token {
    if units(accept) > LONGEST_ACCEPT {
        return Token::None;
    }
    Accept::parse(accept).choice(Subject::default()).token
}

/// A text's length in UTF-16 code units.
fn units(text: &str) -> usize {
    text.encode_utf16().count()
}
