//! Answers over HTTP: status, headers, and a body that may still be arriving.

use std::io::{self, Read};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::Refusal;
use crate::{
    caching,
    config::{Caching, Fallback, FallbackStatus},
    hints,
    record::Record,
    respond::{Image, Validators},
    status::Reason,
    store::Facts,
};

/// Says what became of the request, as at the edge.
const X_EDGEPIX: HeaderName = HeaderName::from_static("x-edgepix");

/// An answer over HTTP.
#[derive(Debug)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers, but for the length.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Body,
}

/// The body of an answer.
pub enum Body {
    /// Nothing.
    Empty,
    /// All of it.
    Whole(Bytes),
    /// What is read while it is sent, and how many bytes it has.
    Arriving(Box<dyn Read + Send>, u64),
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Whole(bytes) => write!(f, "Whole({} bytes)", bytes.len()),
            Self::Arriving(_, bytes) => write!(f, "Arriving({bytes} bytes)"),
        }
    }
}

impl Body {
    /// Bytes of it.
    #[must_use]
    pub fn length(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Arriving(_, bytes) => *bytes,
        }
    }

    /// All of it, read to its end.
    ///
    /// # Errors
    ///
    /// What the store says, `UnexpectedEof` if it is shorter than it should be, and
    /// `OutOfMemory` if there is no room for it.
    pub fn whole(self) -> io::Result<Bytes> {
        match self {
            Self::Empty => Ok(Bytes::new()),
            Self::Whole(bytes) => Ok(bytes),
            Self::Arriving(body, length) => {
                let mut bytes = Vec::new();
                let size = usize::try_from(length).unwrap_or(usize::MAX);
                bytes
                    .try_reserve_exact(size)
                    .map_err(|_| io::ErrorKind::OutOfMemory)?;
                body.take(length).read_to_end(&mut bytes)?;
                if bytes.len() as u64 != length {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                Ok(bytes.into())
            }
        }
    }
}

impl Reply {
    fn new(status: StatusCode, outcome: &str) -> Self {
        let mut reply = Self {
            status,
            headers: HeaderMap::new(),
            body: Body::Empty,
        };
        reply.set(X_EDGEPIX, outcome);
        reply
    }

    /// Sets a header; what no header can hold is written with question marks.
    fn set(&mut self, name: HeaderName, value: &str) {
        let printable = |c: char| match c {
            ' '..='~' => c,
            _ => '?',
        };
        let value: String = value.chars().map(printable).collect();
        // It is printable now; and one that is missing breaks no answer.
        if let Ok(value) = HeaderValue::from_str(&value) {
            self.headers.insert(name, value);
        }
    }

    /// An image that was made.
    pub(super) fn image(image: Image, record: &mut Record) -> Self {
        let outcome = record.made(image.format);
        let mut reply = Self::new(StatusCode::OK, &outcome);
        record.outcome = outcome;
        reply.set(header::CONTENT_TYPE, image.format.media_type());
        reply.validate(&image.validators);
        if let Some(timing) = &image.server_timing {
            reply.set(HeaderName::from_static("server-timing"), timing);
        }
        reply.body = Body::Whole(image.body);
        reply
    }

    /// What the client has already.
    pub(super) fn not_modified(validators: &Validators, record: &mut Record) -> Self {
        record.outcome = "not-modified".into();
        let mut reply = Self::new(StatusCode::NOT_MODIFIED, "not-modified");
        reply.validate(validators);
        reply
    }

    /// An object as it is, because nothing else was asked for.
    pub(super) fn untouched(body: Body, facts: &Facts, record: &mut Record) -> Self {
        record.outcome = "untouched".into();
        let mut reply = Self::new(StatusCode::OK, "untouched");
        reply.describe(facts, facts.cache_control.as_deref().unwrap_or_default());
        if let Some(etag) = &facts.etag {
            reply.set(header::ETAG, etag);
        }
        if let Some(time) = facts.last_modified {
            reply.set(header::LAST_MODIFIED, &httpdate::fmt_http_date(time));
        }
        record.bytes = Some(body.length());
        reply.body = body;
        reply
    }

    /// The original in place of what was asked for.
    pub(super) fn original(reason: Reason, body: Body, facts: &Facts, record: &mut Record) -> Self {
        let outcome = format!("passthrough; reason={}", reason.word());
        let mut reply = Self::new(StatusCode::OK, &outcome);
        record.reason = Some(reason);
        record.outcome = outcome;
        let usual = Caching::default();
        let wanted = caching::cache_control(&usual, facts.cache_control.as_deref());
        // It stands under another's name: not for long if the next try may do better.
        let cache_control = match reason.passes() {
            true => caching::briefly(&usual, wanted),
            false => wanted.to_owned(),
        };
        reply.describe(facts, &cache_control);
        record.bytes = Some(body.length());
        reply.body = body;
        reply
    }

    /// The installation's image, for a minute: the original may come.
    pub(super) fn fallback(reason: Reason, fallback: &Fallback, record: &mut Record) -> Self {
        let outcome = format!("fallback; reason={}", reason.word());
        let status = match fallback.status {
            FallbackStatus::NotFound => StatusCode::NOT_FOUND,
            FallbackStatus::Ok => StatusCode::OK,
        };
        let mut reply = Self::new(status, &outcome);
        record.reason = Some(reason);
        record.outcome = outcome;
        record.bytes = Some(fallback.image.len() as u64);
        reply.set(header::CONTENT_TYPE, fallback.content_type);
        reply.set(header::CACHE_CONTROL, "public, max-age=60");
        reply.body = Body::Whole(fallback.image.clone());
        reply
    }

    /// A redirect that nothing may keep.
    pub(super) fn redirect(status: u16, way: &str, why: &str, record: &mut Record) -> Self {
        let outcome = format!("redirect; reason={why}");
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::FOUND);
        let mut reply = Self::new(status, &outcome);
        record.outcome = outcome;
        reply.set(header::LOCATION, way);
        reply.set(header::CACHE_CONTROL, "no-store");
        reply
    }

    /// What there is to say when there is nothing to show.
    pub(super) fn refusal(refusal: &Refusal) -> Self {
        let status = StatusCode::from_u16(refusal.status);
        let mut reply = Self::new(
            status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            &refusal.outcome(),
        );
        reply.set(header::CONTENT_TYPE, "application/json");
        reply.set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        let cache_control = match refusal.status {
            400..500 => "public, max-age=60",
            _ => "no-store",
        };
        reply.set(header::CACHE_CONTROL, cache_control);
        if refusal.status == 405 {
            reply.set(header::ALLOW, "GET, HEAD");
        }
        if refusal.passes() {
            reply.set(header::RETRY_AFTER, "1");
        }
        // Numbers and texts are always JSON.
        let text = serde_json::to_string(refusal).unwrap_or_default();
        reply.body = Body::Whole(text.into());
        reply
    }

    /// Sees that it is not kept for longer than `seconds`, nor revalidated.
    pub(super) fn keep_briefly(&mut self, seconds: u32) {
        let wanted = self.headers.get(header::CACHE_CONTROL);
        let wanted = wanted.and_then(|value| value.to_str().ok());
        let most = caching::at_most(wanted.unwrap_or_default(), seconds);
        self.set(header::CACHE_CONTROL, &most);
        self.headers.remove(header::ETAG);
        self.headers.remove(header::LAST_MODIFIED);
    }

    /// What a store says of the bytes.
    fn describe(&mut self, facts: &Facts, cache_control: &str) {
        let media = facts.content_type.as_deref();
        self.set(
            header::CONTENT_TYPE,
            media.unwrap_or("application/octet-stream"),
        );
        self.set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        if let Some(encoding) = &facts.content_encoding {
            self.set(header::CONTENT_ENCODING, encoding);
        }
        if !cache_control.is_empty() {
            self.set(header::CACHE_CONTROL, cache_control);
        }
    }

    /// Says what caches may do.
    fn validate(&mut self, validators: &Validators) {
        if let Some(etag) = &validators.etag {
            self.set(header::ETAG, etag);
        }
        if let Some(time) = validators.last_modified {
            self.set(header::LAST_MODIFIED, &httpdate::fmt_http_date(time));
        }
        if !validators.cache_control.is_empty() {
            self.set(header::CACHE_CONTROL, &validators.cache_control);
        }
        let accept = validators.varies.then_some("Accept");
        let hints = hints::names(validators.hints);
        self.list(header::VARY, accept.into_iter().chain(hints));
        let accept_ch = HeaderName::from_static("accept-ch");
        self.list(accept_ch, hints::wanted(validators.hints));
    }

    /// Sets a header that is a list, unless nothing is in it.
    fn list(&mut self, name: HeaderName, words: impl Iterator<Item = &'static str>) {
        let words: Vec<_> = words.collect();
        if !words.is_empty() {
            self.set(name, &words.join(", "));
        }
    }
}
