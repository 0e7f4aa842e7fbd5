//! Having CloudFront forget what it keeps under a path (AWS: Amazon CloudFront API
//! Reference, `CreateInvalidation`; Amazon CloudFront Developer Guide, "What you need to
//! know when invalidating paths").

use std::{
    collections::BTreeSet,
    fmt::{self, Write as _},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use http::Method;
use tokio::runtime::Handle;

use crate::{
    key::Key,
    store::{
        Connection, Credentials, StoreError,
        retry::Patience,
        signed::{Ask, Signed},
    },
};

/// The environment's name for another endpoint (AWS SDKs and Tools Reference Guide,
/// "Service-specific endpoints").
const ENDPOINT_VARIABLE: &str = "AWS_ENDPOINT_URL_CLOUDFRONT";

const ENDPOINT: &str = "https://cloudfront.amazonaws.com";

/// Where requests to it are signed for, wherever they come from.
const REGION: &str = "us-east-1";

/// Paths that may be under way at one time, and so in one request.
const MOST_PATHS: usize = 3000;

/// The same of those that end in a `*`.
const MOST_WILDCARDS: usize = 15;

/// Whoever has a distribution forget paths.
pub trait Invalidate: Send + Sync {
    /// Asks that everything under `paths` is forgotten, which takes CloudFront some seconds
    /// more. Paths are percent-encoded as viewers send them, with a slash at their start; a
    /// `*` at the end stands for anything. Of none, nothing is asked.
    ///
    /// # Errors
    ///
    /// [`InvalidationError`]; some of the paths may have been asked for by then.
    fn invalidate(
        &self,
        paths: &[String],
        deadline: Option<Instant>,
    ) -> Result<(), InvalidationError>;
}

/// Why paths are not forgotten: one line for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidationError {
    /// The role lacks `cloudfront:CreateInvalidation`.
    Forbidden,
    /// There is no such distribution.
    NoDistribution,
    /// Too much is asked, or too many invalidations are under way, at every try.
    Busy,
    /// The deadline came first.
    TimedOut,
    /// No answer, or a refusal that is ours to mend.
    Failed(String),
}

impl InvalidationError {
    /// Whether it may work later.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        !matches!(self, Self::Forbidden | Self::NoDistribution)
    }
}

impl fmt::Display for InvalidationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden => {
                f.write_str("CloudFront does not allow cloudfront:CreateInvalidation")
            }
            Self::NoDistribution => f.write_str("there is no distribution of that identifier"),
            Self::Busy => f.write_str("CloudFront is too busy with invalidations"),
            Self::TimedOut => f.write_str("CloudFront took too long"),
            Self::Failed(detail) => write!(f, "CloudFront failed: {detail}"),
        }
    }
}

impl std::error::Error for InvalidationError {}

impl From<StoreError> for InvalidationError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Forbidden => Self::Forbidden,
            StoreError::Missing => Self::NoDistribution,
            StoreError::Busy => Self::Busy,
            StoreError::TimedOut => Self::TimedOut,
            StoreError::Failed(detail) => Self::Failed(detail),
            other => Self::Failed(other.to_string()),
        }
    }
}

/// Invalidations of one distribution.
#[derive(Debug)]
pub struct Invalidations {
    signed: Signed,
    /// Of the distribution, without a slash at its end.
    url: String,
    runtime: Handle,
    patience: Patience,
}

impl Invalidations {
    /// Those of `distribution`, as its identifier is configured; at another endpoint than
    /// that of AWS if the environment, as `variable` gives it, says so in
    /// `AWS_ENDPOINT_URL_CLOUDFRONT`. `runtime` is as for [`Opened`](crate::store::Opened);
    /// nothing is asked yet.
    #[must_use]
    pub fn new(
        distribution: &str,
        runtime: Handle,
        credentials: Option<Credentials>,
        connection: Connection,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let said = variable(ENDPOINT_VARIABLE).filter(|url| !url.is_empty());
        let endpoint = said.unwrap_or(ENDPOINT.into());
        let endpoint = endpoint.trim_end_matches('/');
        Self {
            signed: Signed {
                connection,
                credentials,
                service: "cloudfront",
                region: REGION.into(),
            },
            url: format!("{endpoint}/2020-05-31/distribution/{distribution}"),
            runtime,
            // What is under way is so for seconds, and a store's pauses are shorter.
            patience: Patience {
                tries: 8,
                base: Duration::from_millis(250),
                cap: Duration::from_secs(5),
                ..Patience::default()
            },
        }
    }

    /// The same, but waiting otherwise.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }
}

impl Invalidate for Invalidations {
    fn invalidate(
        &self,
        paths: &[String],
        deadline: Option<Instant>,
    ) -> Result<(), InvalidationError> {
        for batch in batches(paths) {
            let ask = Ask {
                method: Method::POST,
                url: format!("{}/invalidation", self.url),
                headers: vec![],
                // Every try has the same reference: one that came twice counts once.
                body: document(&batch, &reference()).into(),
            };
            self.signed
                .ask(&ask, &self.runtime, self.patience, deadline)?;
        }
        Ok(())
    }
}

/// The paths under which viewers know an object. A tilde is sent as it is by browsers, and
/// CloudFront wants what RFC 1738 calls unsafe encoded, so both are said. An asterisk is
/// encoded: as it is it would stand for any text.
#[must_use]
pub fn paths_of(key: &Key) -> Vec<String> {
    let path = key.to_path().replace('*', "%2A");
    if path.contains('~') {
        vec![path.replace('~', "%7E"), path]
    } else {
        vec![path]
    }
}

/// The paths without those said twice, in what one request may have. Those with a `*` come
/// last and by themselves: they are the ones that are refused when much is under way.
fn batches(paths: &[String]) -> Vec<Vec<&str>> {
    let mut known = BTreeSet::new();
    let paths = paths.iter().map(String::as_str);
    let (wild, plain): (Vec<_>, Vec<_>) = paths
        .filter(|path| known.insert(*path))
        .partition(|path| path.ends_with('*'));
    let plain = plain.chunks(MOST_PATHS);
    let batches = plain.chain(wild.chunks(MOST_WILDCARDS));
    batches.map(<[_]>::to_vec).collect()
}

/// A text that was never said before.
fn reference() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!("edgepix-{}-{:016x}", now.as_micros(), fastrand::u64(..))
}

fn document(paths: &[&str], reference: &str) -> String {
    let mut items = String::new();
    for path in paths {
        let _ = write!(items, "<Path>{}</Path>", Escaped(path));
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <InvalidationBatch xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\
         <CallerReference>{reference}</CallerReference>\
         <Paths><Items>{items}</Items><Quantity>{}</Quantity></Paths>\
         </InvalidationBatch>",
        paths.len()
    )
}

/// Text in a document of XML (XML 1.0, 2.4).
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_its_paths_escaped_and_counted() {
        let document = document(&["/a&b.jpg*", "/<c>"], "once");
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
            <InvalidationBatch xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\
            <CallerReference>once</CallerReference><Paths><Items><Path>/a&amp;b.jpg*</Path>\
            <Path>/&lt;c&gt;</Path></Items><Quantity>2</Quantity></Paths></InvalidationBatch>";
        assert_eq!(document, expected);
    }

    #[test]
    fn a_request_has_at_most_3000_paths_and_15_wildcards() {
        let sizes = |paths: &[String]| batches(paths).iter().map(Vec::len).collect::<Vec<_>>();
        let paths: Vec<String> = (0..3001).map(|n| format!("/{n}")).collect();
        assert_eq!(sizes(&paths), [3000, 1]);
        let wild: Vec<String> = (0..31).map(|n| format!("/{n}*")).collect();
        assert_eq!(sizes(&wild), [15, 15, 1]);
        assert_eq!(sizes(&[wild, paths].concat()), [3000, 1, 15, 15, 1]);
        assert_eq!(sizes(&[]), [0; 0]);
    }

    #[test]
    fn a_path_is_said_once() {
        let paths = ["/a", "/b", "/a"].map(str::to_owned);
        assert_eq!(batches(&paths), [["/a", "/b"]]);
    }

    #[test]
    fn references_differ() {
        assert_ne!(reference(), reference());
    }

    #[test]
    fn an_object_is_known_by_its_encoded_path() {
        let paths = |name| paths_of(&Key::new(name).unwrap());
        assert_eq!(paths("a b/é+&.jpg"), ["/a%20b/%C3%A9%2B&.jpg"]);
        assert_eq!(paths("~a.jpg"), ["/%7Ea.jpg", "/~a.jpg"]);
        assert_eq!(paths("a*/*"), ["/a%2A/%2A"]);
    }
}
