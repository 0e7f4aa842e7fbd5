//! The process's connections to stores: one pooled HTTP client, which `object_store` is
//! given as its own. It never follows a redirect and never tries again, and it keeps the
//! status of an answer where `object_store` would make one error of them all.
//!
//! Names of servers are found by the C library, on a thread of the runtime's. Linked
//! statically, glibc 2.36 has `files` and `dns` inside and loads nothing for them (strace:
//! `/etc/nsswitch.conf`, `/etc/hosts`, `/etc/resolv.conf`). Other modules in the `hosts:`
//! line are passed over if the machine does not have them; one that it has is loaded into
//! the process, and the machine's own libc with it. `__nss_configure_lookup("hosts", "files
//! dns")` prevents that, and needs neither a resolver of our own nor a byte more.

use std::{
    fmt,
    path::PathBuf,
    pin::Pin,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, StatusCode, Uri,
    header::{RANGE, USER_AGENT},
};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::dns::GaiResolver},
    rt::{TokioExecutor, TokioTimer},
};
use object_store::{
    ClientOptions,
    client::{
        HttpClient, HttpConnector as Connector, HttpError, HttpErrorKind, HttpRequest,
        HttpRequestBody, HttpResponse, HttpResponseBody, HttpService,
    },
};
use rustls::ClientConfig;
use tokio::runtime::Handle;

use super::{
    guard::{Guarded, OutOfReach, Reach},
    trust,
};

/// What stores know us as.
const AGENT: &str = concat!("edgepix/", env!("CARGO_PKG_VERSION"));

/// How long a connection waits for another request. S3 closes its end after some 20 s, and a
/// function may have been frozen meanwhile.
const IDLE: Duration = Duration::from_secs(15);

/// Bytes of a body that wait in a connection: what is read ahead of the decoder, beside what
/// the kernel keeps.
const READ_AHEAD_BYTES: usize = 128 * 1024;

/// Bytes of an error's body that are read for its code.
const ERROR_BYTES: usize = 8 * 1024;

type Pool = Client<HttpsConnector<Guarded<GaiResolver>>, HttpRequestBody>;

/// The connections of one process; its clones share them.
///
/// Made in no time: what TLS needs is made when it is first needed, or by
/// [`warm`](Self::warm).
#[derive(Clone)]
pub struct Connection {
    shared: Arc<Shared>,
    reach: Reach,
}

struct Shared {
    connect_timeout: Duration,
    /// Whom to trust besides the roots inside.
    ca_bundle: Option<PathBuf>,
    /// Or why there can be none.
    tls: OnceLock<Result<ClientConfig, String>>,
    /// A connection that leads anywhere is never lent to whom only the internet is open.
    anywhere: OnceLock<Result<Pool, String>>,
    internet: OnceLock<Result<Pool, String>>,
}

impl Connection {
    /// No connections yet. A server has one second to accept one.
    #[must_use]
    pub fn new() -> Self {
        Self::with_connect_timeout(Duration::from_secs(1))
    }

    /// The same, with another time for the server to accept a connection.
    #[must_use]
    pub fn with_connect_timeout(connect_timeout: Duration) -> Self {
        Self::made(connect_timeout, None)
    }

    /// The same as [`new`](Self::new), but servers may also be vouched for by the
    /// certificates in `ca_bundle`, a file of PEM. It is read when it is first needed; if
    /// that fails, so does every request, with the reason.
    #[must_use]
    pub fn trusting(ca_bundle: Option<PathBuf>) -> Self {
        Self::made(Duration::from_secs(1), ca_bundle)
    }

    /// The same, with the bundle that the environment names, as `variable` gives it:
    /// `AWS_CA_BUNDLE`, which AWS's own tools and SDKs read.
    #[must_use]
    pub fn in_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let said = variable(trust::VARIABLE).filter(|path| !path.is_empty());
        Self::trusting(said.map(PathBuf::from))
    }

    fn made(connect_timeout: Duration, ca_bundle: Option<PathBuf>) -> Self {
        let shared = Shared {
            connect_timeout,
            ca_bundle,
            tls: OnceLock::new(),
            anywhere: OnceLock::new(),
            internet: OnceLock::new(),
        };
        Self {
            shared: Arc::new(shared),
            reach: Reach::Anywhere,
        }
    }

    /// The same connections for as far as `reach` goes.
    pub(super) fn within(&self, reach: Reach) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            reach,
        }
    }

    /// Makes what connections need, from whichever thread has nothing else to do.
    pub fn warm(&self) {
        // What cannot be made is said to whoever asks for something.
        let _ = self.pool();
    }

    /// The same, and opens a connection to the server of `url`, which waits for the first
    /// request. Whether that goes well does not matter, and is not said.
    ///
    /// # Panics
    ///
    /// If it is called on a thread of the runtime, or one with a runtime of its own.
    pub fn warm_to(&self, url: &str, runtime: &Handle) {
        let Ok(uri) = url.parse::<Uri>() else { return };
        let request = Request::builder()
            .method(Method::HEAD)
            .uri(uri)
            .header(USER_AGENT, AGENT)
            .body(HttpRequestBody::empty());
        let Ok(request) = request else { return };
        let Ok(pool) = self.pool() else { return };
        let answer =
            async { tokio::time::timeout(Duration::from_secs(2), pool.request(request)).await };
        drop(runtime.block_on(answer));
    }

    fn pool(&self) -> Result<&Pool, Trouble> {
        let pool = match self.reach {
            Reach::Anywhere => &self.shared.anywhere,
            Reach::Internet => &self.shared.internet,
        };
        let pool = pool.get_or_init(|| {
            #[cfg(all(target_os = "linux", target_env = "gnu", target_feature = "crt-static"))]
            super::names::look_up_without_modules();
            let tcp = Guarded::new(GaiResolver::new(), self.reach, |tcp| {
                tcp.enforce_http(false);
                tcp.set_nodelay(true);
                tcp.set_connect_timeout(Some(self.shared.connect_timeout));
            });
            let tls = self
                .shared
                .tls
                .get_or_init(|| trust::with_bundle(self.shared.ca_bundle.as_deref()));
            // Plain HTTP is for places whose URL says so; nothing else leads there, since
            // redirects are not followed.
            let connector = HttpsConnectorBuilder::new()
                .with_tls_config(tls.clone()?)
                .https_or_http()
                .enable_http1()
                .wrap_connector(tcp);
            Ok(Client::builder(TokioExecutor::new())
                .pool_idle_timeout(IDLE)
                .pool_timer(TokioTimer::new())
                .http1_max_buf_size(READ_AHEAD_BYTES)
                .build(connector))
        });
        pool.as_ref().map_err(|why| Trouble::Unusable(why.clone()))
    }

    /// The answer, if it is one of success.
    pub(super) async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, Trouble> {
        let (mut parts, body) = request.into_parts();
        parts
            .headers
            .insert(USER_AGENT, HeaderValue::from_static(AGENT));
        parts.uri = with_plus_escaped(parts.uri);
        let wants_part = parts.headers.contains_key(RANGE);
        let answer = self
            .pool()?
            .request(Request::from_parts(parts, body))
            .await
            .map_err(|error| Trouble::broken(&error))?;
        if !answer.status().is_success() {
            return Err(Trouble::refused(answer).await);
        }
        if wants_part && answer.status() != StatusCode::PARTIAL_CONTENT {
            return Err(Trouble::Whole);
        }
        Ok(answer.map(|body| {
            let body = body.map_err(|error| HttpError::from(Trouble::broken(&error)));
            HttpResponseBody::new(body)
        }))
    }
}

impl Default for Connection {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl Connector for Connection {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

impl HttpService for Connection {
    // What `#[async_trait]` would write.
    fn call<'a, 'b>(
        &'a self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move { Ok(self.answer(request).await?) })
    }
}

/// A `+` stands for a space to some servers, S3 among them, and for itself to others; its
/// escape is the same to all. Signed paths have none (Signature Version 4, `UriEncode`).
fn with_plus_escaped(uri: Uri) -> Uri {
    if !uri.path().contains('+') {
        return uri;
    }
    let path = uri.path().replace('+', "%2B");
    let path = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    let mut parts = uri.clone().into_parts();
    match path.parse() {
        Ok(path) => parts.path_and_query = Some(path),
        Err(_) => return uri,
    }
    Uri::from_parts(parts).unwrap_or(uri)
}

/// Why a request has no answer that is of use; found again in `object_store`'s errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The server refused.
    Refused {
        status: StatusCode,
        /// The code in S3's answer, such as `NoSuchKey`.
        code: Option<String>,
        /// Where the bucket is, if that is what is wrong.
        region: Option<String>,
    },
    /// The server gave the whole object where a part was asked for.
    Whole,
    /// There was no connection, or it broke.
    Broken(String),
    /// There can be no connection, however often it is tried.
    Unusable(String),
}

impl Trouble {
    pub(super) fn broken(error: &dyn std::error::Error) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            if let Some(refusal) = error.downcast_ref::<OutOfReach>() {
                return Self::Unusable(refusal.to_string());
            }
            text = format!("{text}: {error}");
            cause = error.source();
        }
        Self::Broken(text)
    }

    async fn refused(answer: http::Response<Incoming>) -> Self {
        let (parts, body) = answer.into_parts();
        let region = parts.headers.get("x-amz-bucket-region");
        let region = region.and_then(|region| Some(region.to_str().ok()?.to_owned()));
        // Read to its end, so that the connection can be used again.
        let body = Limited::new(body, ERROR_BYTES).collect().await;
        let body = body.map_or_else(|_| Bytes::new(), http_body_util::Collected::to_bytes);
        Self::Refused {
            status: parts.status,
            code: error_code(&String::from_utf8_lossy(&body)),
            region,
        }
    }
}

/// The code in an error of S3 (Amazon S3 API Reference, "REST error responses").
pub(super) fn error_code(body: &str) -> Option<String> {
    let (_, rest) = body.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let is_word = code.len() <= 64 && code.bytes().all(|b| b.is_ascii_alphanumeric());
    is_word.then(|| code.to_owned())
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused {
                status,
                code,
                region,
            } => {
                write!(f, "it answered {}", status.as_u16())?;
                if let Some(code) = code {
                    write!(f, " {code}")?;
                }
                if let Some(region) = region {
                    write!(f, ", from Region {region}")?;
                }
                Ok(())
            }
            Self::Whole => f.write_str("it gives no parts of objects"),
            Self::Broken(detail) | Self::Unusable(detail) => f.write_str(detail),
        }
    }
}

impl std::error::Error for Trouble {}

impl From<Trouble> for object_store::Error {
    fn from(trouble: Trouble) -> Self {
        Self::Generic {
            store: "AWS",
            source: Box::new(trouble),
        }
    }
}

impl From<Trouble> for HttpError {
    fn from(trouble: Trouble) -> Self {
        // Of no kind that `object_store` would try again.
        Self::new(HttpErrorKind::Unknown, trouble)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_in_a_path_is_escaped_and_one_in_a_query_is_not() {
        let uri = Uri::from_static("https://example.com/a+b/c?d+e");
        assert_eq!(
            with_plus_escaped(uri).to_string(),
            "https://example.com/a%2Bb/c?d+e"
        );
    }

    #[test]
    fn the_code_of_an_error_is_found() {
        let body = "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Please</Message>";
        assert_eq!(error_code(body).as_deref(), Some("SlowDown"));
        assert_eq!(error_code("<Code>a b</Code>"), None);
        assert_eq!(error_code("<html>"), None);
    }
}
