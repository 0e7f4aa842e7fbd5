//! What an installation decides once. Read from `edgepix.toml` beside the binary, the
//! environment, and the origin's custom headers, in this order of rising precedence.

mod error;
mod file;
mod headers;
mod installation;
mod loaded;
mod nearest;
mod rule;
mod setting;
#[cfg(test)]
mod tests;

pub use error::{ConfigError, ConfigErrors, Whence, Wrong};
pub use file::File;
pub use installation::{FILE_NAME, FILE_VARIABLE, Installation};
pub use loaded::Loaded;
pub use setting::{SETTINGS, Setting};

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use edgepix_engine::Overlay;

use crate::dialect::Dialect;

/// What an installation decides once; [`Config::default`] serves every dialect.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The URL grammars that are understood. Default: all.
    pub dialects: Vec<Dialect>,
    /// What a malformed URL gets. Default: a refusal.
    pub malformed: WhenMalformed,
    /// The format of URLs that name none. Default: the original's.
    pub format: UnsaidFormat,
    /// The quality of URLs that name none, 1-100. Default: 80.
    pub quality: u8,
    /// Widths of the `variant` dialect by their names, in lower case. Default: sm 320,
    /// md 640, lg 1024, xl 1920.
    pub variants: BTreeMap<String, u32>,
    /// Whether results keep who made the image and who holds its rights. Default: false.
    pub keep_copyright: bool,
    /// An image laid over every result. Default: none.
    pub overlay: Option<Overlay>,
    /// What is served where there is no original. Default: what the origin says.
    pub fallback: Option<Fallback>,
    /// Where originals are.
    pub store: StoreConfig,
    /// What becomes of results.
    pub derivatives: Derivatives,
    /// How results are cached.
    pub caching: Caching,
    /// What one request may use.
    pub limits: LimitsConfig,
    /// What a function in a Region does that one at the edge does not.
    pub function: Function,
    /// What may be asked for, and of whom.
    pub policy: Policy,
    /// Questions of the `native` dialect by their names, in lower case, as queries.
    /// Default: none.
    pub presets: BTreeMap<String, String>,
    /// Who may ask: whoever holds one of these. Default: anyone.
    pub signing_keys: Vec<SigningKey>,
    /// What a client's own hints change.
    pub hints: Hints,
    /// Whether answers say in Server-Timing where their time went. Default: false.
    pub server_timing: bool,
}

/// What a malformed URL gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenMalformed {
    /// Status 400, and why.
    #[default]
    Refuse,
    /// The origin's own answer.
    Original,
}

/// The format of URLs that name none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnsaidFormat {
    /// The original's.
    #[default]
    Original,
    /// The best that the client shows.
    Auto,
}

/// An image that is served in place of one whose original is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fallback {
    /// The whole file.
    pub image: Bytes,
    /// Its media type.
    pub content_type: &'static str,
    /// The status that it is answered with. Default: 404.
    pub status: FallbackStatus,
}

/// The status of a fallback.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FallbackStatus {
    /// 404: it is not what was asked for.
    #[default]
    NotFound,
    /// 200, for a distribution or a page that shows no image of another status.
    Ok,
}

/// Where originals are, as far as it differs from what the origin's domain name says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreConfig {
    /// An S3 server's URL instead of the one of AWS. Default: none.
    pub endpoint: Option<String>,
    /// The bucket. Default: by the origin's domain name.
    pub bucket: Option<String>,
    /// Its Region. Default: by the origin's domain name.
    pub region: Option<String>,
}

/// What becomes of results that a store could serve from then on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derivatives {
    /// Whether results of `at`, `path` and `variant` are stored under the key that was
    /// asked for. Default: they are.
    pub keep: bool,
    /// Where, in the same bucket, results of `query` and `native` go that are too large
    /// to be answered, such as `derived/`; none: the original is answered. Default: none.
    pub overflow_prefix: Option<String>,
    /// The Cache-Control of stored results. Default: `public, max-age=604800`.
    pub cache_control: String,
    /// Whether they are tagged `createByLambda=1`, for a lifecycle rule. Default: they are.
    pub tag: bool,
    /// The bucket that a function in a Region stores them in; at the edge it is always the
    /// origin's. Default: that of the originals.
    pub bucket: Option<String>,
}

/// What a function in a Region does that one at the edge does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// What is answered once a derivative is stored. Default: the image.
    pub answer: AnswerWith,
    /// Where redirects lead, such as `https://img.example.com`, without a slash at its end.
    /// Default: to the host that was asked.
    pub site: Option<String>,
    /// Whether answers are streamed, which a function URL must be set to as well. Default:
    /// they are not.
    pub stream: bool,
    /// The distribution in which paths are invalidated. Default: none are.
    pub distribution: Option<String>,
}

/// What a function in a Region answers once a derivative is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnswerWith {
    /// The image (system B).
    #[default]
    Image,
    /// Status 301 and where it is stored (system C).
    Moved,
    /// The same with status 307.
    Temporary,
}

/// What may be asked for, and of whom. Nothing is forbidden by default, but for
/// [`private_origins`](Self::private_origins).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Boxes that may be asked for. Default: any. The installation's variants and presets
    /// are always allowed.
    pub dimensions: Vec<Dimension>,
    /// Extensions of originals, in lower case and without a dot. Default: any.
    pub types: Vec<String>,
    /// Pixels of a result along a side. Default: the engine's limit.
    pub side: Option<u32>,
    /// Pixels of a result in all. Default: the engine's limit.
    pub pixels: Option<u64>,
    /// Whether only presets and variants may be asked for.
    pub presets_only: bool,
    /// Host names of origins, in lower case; `*.example.com` is any below it. Default: any.
    pub origins: Vec<String>,
    /// Whether origins that speak HTTP may be at addresses that are not of the internet.
    pub private_origins: bool,
}

/// A box that may be asked for: in CSS pixels, one side of it may be left open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dimension {
    /// Its width; none: none is said.
    pub width: Option<u32>,
    /// Its height; none: none is said.
    pub height: Option<u32>,
}

/// As a configuration says it: `150x100`, `300x` or `x200`.
impl std::fmt::Display for Dimension {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let side = |side: Option<u32>| side.map(|side| side.to_string()).unwrap_or_default();
        write!(f, "{}x{}", side(self.width), side(self.height))
    }
}

/// A key that URLs are signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Its name, which is part of a signature.
    pub name: String,
    /// What must be known to sign.
    pub secret: String,
}

/// Without the secret, so that none gets into a log.
impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What a client's own hints change. They count for nothing that is stored under the viewer's
/// own key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// Whether `Sec-CH-DPR` says the pixels of a CSS pixel where the URL does not.
    pub dpr: bool,
    /// Whether `Sec-CH-Width` says the width where the URL says no size.
    pub width: bool,
    /// The quality for who sends `Save-Data: on`, where the URL says none. Default: as ever.
    pub save_data_quality: Option<u8>,
}

/// How results are cached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caching {
    /// The Cache-Control of results in place of the original's. Default: none, and
    /// `public, max-age=86400` where the original has none either.
    pub cache_control: Option<String>,
    /// The most seconds that a degraded result is cached, 0-60. Default: 60.
    pub degraded_seconds: u32,
    /// The most seconds that the original is cached in place of a result that failed for
    /// a reason that may pass, 0-60. Default: none, the origin's answer is left as it is.
    pub failure_seconds: Option<u32>,
    /// Whose ETag results carry. Default: the original's.
    pub etag: Etag,
}

/// Whose ETag results carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Etag {
    /// The original's: CloudFront's revalidation at S3 then costs no transform.
    #[default]
    Original,
    /// One of the result's own: of the original's, the question and the version.
    Own,
}

/// What one request may use; what is not said follows from the machine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitsConfig {
    /// Bytes of memory one image may take. Default: what the function has, less its own.
    pub memory_bytes: Option<u64>,
    /// Time one request may take. Default: what the invocation has left.
    pub deadline: Option<Duration>,
    /// Pixels of an original. Default: the engine's.
    pub source_pixels: Option<u64>,
    /// Bytes of an answer with its headers, its body counted as base64. Default: 1,048,576
    /// on Lambda@Edge, none elsewhere.
    pub response_bytes: Option<u64>,
}

impl Default for Config {
    fn default() -> Self {
        let widths = [("sm", 320), ("md", 640), ("lg", 1024), ("xl", 1920)];
        Self {
            dialects: Dialect::ALL.to_vec(),
            malformed: WhenMalformed::default(),
            format: UnsaidFormat::default(),
            quality: 80,
            variants: widths.map(|(name, width)| (name.to_owned(), width)).into(),
            keep_copyright: false,
            overlay: None,
            fallback: None,
            store: StoreConfig::default(),
            derivatives: Derivatives::default(),
            caching: Caching::default(),
            limits: LimitsConfig::default(),
            function: Function::default(),
            policy: Policy::default(),
            presets: BTreeMap::new(),
            signing_keys: vec![],
            hints: Hints::default(),
            server_timing: false,
        }
    }
}

impl Default for Derivatives {
    fn default() -> Self {
        Self {
            keep: true,
            overflow_prefix: None,
            cache_control: "public, max-age=604800".into(),
            tag: true,
            bucket: None,
        }
    }
}

impl Default for Caching {
    fn default() -> Self {
        Self {
            cache_control: None,
            degraded_seconds: 60,
            failure_seconds: None,
            etag: Etag::default(),
        }
    }
}
