//! What a runtime sends for an answer: whole or streaming, or an error, before its body or after it.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::Deserialize;

/// Bytes of an answer that comes whole (AWS Lambda Developer Guide, "Lambda quotas": 6 MB; the
/// emulator of AWS allows 100 bytes more).
const WHOLE_BYTES: usize = 6 * 1024 * 1024 + 100;

/// Of one that is streamed: 200 MB.
const STREAMED_BYTES: usize = 200 * 1024 * 1024;

const ERROR_TYPE: &str = "Lambda-Runtime-Function-Error-Type";
const ERROR_BODY: &str = "Lambda-Runtime-Function-Error-Body";

/// How an invocation was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answered {
    /// With this body.
    Body(Bytes),
    /// With an error: its type and what it says.
    Error(String),
}

/// Reads an answer to its last byte, and says what the runtime is told. None if it breaks off.
pub(super) async fn response(request: Request<Incoming>) -> Option<(StatusCode, Answered)> {
    let mode = request
        .headers()
        .get("Lambda-Runtime-Function-Response-Mode");
    let is_streamed = mode.is_some_and(|mode| mode.as_bytes().eq_ignore_ascii_case(b"streaming"));
    let limit = if is_streamed {
        STREAMED_BYTES
    } else {
        WHOLE_BYTES
    };
    Some(match read(request.into_body(), limit).await? {
        Read::Whole { body, trailers } => {
            let answered = failed_midway(&trailers).unwrap_or(Answered::Body(body));
            (StatusCode::ACCEPTED, answered)
        }
        Read::TooLarge => {
            let why = format!("Function.ResponseSizeTooLarge: more than {limit} bytes");
            (StatusCode::PAYLOAD_TOO_LARGE, Answered::Error(why))
        }
    })
}

/// Reads an error that is told instead of an answer. None if it breaks off.
pub(super) async fn error(request: Request<Incoming>) -> Option<(StatusCode, Answered)> {
    let kind = text(request.headers(), ERROR_TYPE);
    let why = match read(request.into_body(), WHOLE_BYTES).await? {
        Read::Whole { body, .. } => described(kind, &body),
        Read::TooLarge => described(kind, b""),
    };
    Some((StatusCode::ACCEPTED, Answered::Error(why)))
}

enum Read {
    Whole { body: Bytes, trailers: HeaderMap },
    TooLarge,
}

async fn read(mut body: Incoming, limit: usize) -> Option<Read> {
    let mut bytes = Vec::new();
    let mut trailers = HeaderMap::new();
    while let Some(frame) = body.frame().await {
        match frame.ok()?.into_data() {
            Ok(data) if bytes.len() + data.len() > limit => return Some(Read::TooLarge),
            Ok(data) => bytes.extend_from_slice(&data),
            Err(frame) => trailers.extend(frame.into_trailers().unwrap_or_default()),
        }
    }
    Some(Read::Whole {
        body: bytes.into(),
        trailers,
    })
}

/// The error of a streamed answer that began well: in its trailers, the body as base64.
fn failed_midway(trailers: &HeaderMap) -> Option<Answered> {
    let kind = text(trailers, ERROR_TYPE)?;
    let body = text(trailers, ERROR_BODY).and_then(|body| STANDARD.decode(body).ok());
    let why = described(Some(kind), &body.unwrap_or_default());
    Some(Answered::Error(why))
}

/// An error in one line, from the body that runtimes send.
fn described(kind: Option<String>, body: &[u8]) -> String {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Told {
        error_type: Option<String>,
        error_message: Option<String>,
    }
    let (body_kind, message) = match serde_json::from_slice::<Told>(body) {
        Ok(told) => (told.error_type, told.error_message.unwrap_or_default()),
        Err(_) => (None, String::from_utf8_lossy(body).into_owned()),
    };
    let kind = body_kind.or(kind).unwrap_or_else(|| "error".to_owned());
    format!("{kind}: {message}")
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.to_owned())
}
