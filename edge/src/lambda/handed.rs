//! Answers over HTTP in the forms that the services take from a function: a proxy's object,
//! a mapping template's text, a stream (AWS: API Gateway Developer Guide, "Output format of a
//! Lambda function for proxy integration"; AWS Lambda Developer Guide, "Response streaming").

use std::{collections::BTreeMap, io::Read};

use bytes::Bytes;
use http::StatusCode;
use lambda_runtime::{
    Diagnostic, MetadataPrelude, StreamResponse,
    streaming::{self, Body as Stream},
};
use serde::{Serialize, Serializer, ser::SerializeStruct};
use tokio::runtime::Handle;

use crate::{
    event::{cloudfront::Base64, http::Carrier},
    regional::{Body, Reply},
};

/// Bytes that are read from a store and sent on at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// An answer that is held whole.
#[derive(Debug)]
pub(crate) enum Buffered {
    /// For a proxy: status, headers and body.
    Proxy {
        /// Its body is not in it.
        reply: Reply,
        /// The body.
        bytes: Bytes,
    },
    /// For a mapping template: the body alone, as base64.
    Template(Bytes),
}

impl Serialize for Buffered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Template(bytes) => Base64(bytes).serialize(serializer),
            Self::Proxy { reply, bytes } => {
                let headers: BTreeMap<_, _> = reply
                    .headers
                    .iter()
                    .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
                    .collect();
                let mut proxy = serializer.serialize_struct("Proxy", 4)?;
                proxy.serialize_field("statusCode", &reply.status.as_u16())?;
                proxy.serialize_field("headers", &headers)?;
                proxy.serialize_field("isBase64Encoded", &true)?;
                proxy.serialize_field("body", &Base64(bytes))?;
                proxy.end()
            }
        }
    }
}

/// Makes of an answer what its carrier takes. A template has no status: what is no image
/// fails, with what there is to say as the error's message, for the API to tell its status by.
///
/// # Errors
///
/// [`Diagnostic`] for a template; and if the body breaks off while it is read.
pub(crate) fn buffered(mut reply: Reply, carrier: Carrier) -> Result<Buffered, Diagnostic> {
    let body = std::mem::replace(&mut reply.body, Body::Empty);
    let bytes = body.whole().map_err(|error| Diagnostic {
        error_type: "BadGateway".into(),
        error_message: format!("the store's object broke off: {error}"),
    })?;
    if carrier != Carrier::Template {
        return Ok(Buffered::Proxy { reply, bytes });
    }
    // The fallback image is one whatever its status is.
    let media_type = reply.headers.get(http::header::CONTENT_TYPE);
    let is_image = media_type.is_some_and(|value| value.as_bytes().starts_with(b"image/"));
    if reply.status == StatusCode::OK || is_image {
        return Ok(Buffered::Template(bytes));
    }
    Err(told(&reply, &bytes))
}

/// What a template is told in place of an image. Its API knows two kinds of failure, 403 for
/// what may not be asked for and 500 for the rest, as system B has them; and redirects by
/// their status.
fn told(reply: &Reply, bytes: &[u8]) -> Diagnostic {
    let mut said: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
    let status = reply.status.as_u16();
    let status = match status {
        300..400 => status,
        400 | 403 | 405 => 403,
        _ => 500,
    };
    said["status"] = status.into();
    let location = reply.headers.get(http::header::LOCATION);
    if let Some(location) = location.and_then(|location| location.to_str().ok()) {
        said["errorType"] = "Redirect".into();
        said["location"] = location.into();
    }
    Diagnostic {
        error_type: said["errorType"].as_str().unwrap_or("Error").to_owned(),
        error_message: said.to_string(),
    }
}

/// An answer that is sent while it is read. The first byte of an image leaves when all of it
/// is made: nothing half-made is ever sent.
pub(crate) fn streamed(reply: Reply, runtime: &Handle) -> StreamResponse<Stream> {
    let Reply {
        status,
        headers,
        body,
    } = reply;
    let stream = match body {
        Body::Empty => Stream::from(Bytes::new()),
        Body::Whole(bytes) => Stream::from(bytes),
        Body::Arriving(body, length) => arriving(body.take(length), length, runtime.clone()),
    };
    StreamResponse {
        metadata_prelude: MetadataPrelude {
            status_code: status,
            headers,
            cookies: vec![],
        },
        stream,
    }
}

/// Reads on a thread of its own, no further ahead than the channel holds.
fn arriving(mut body: impl Read + Send + 'static, length: u64, runtime: Handle) -> Stream {
    let (mut sender, stream) = streaming::channel();
    let sending = runtime.clone();
    runtime.spawn_blocking(move || {
        let mut left = length;
        while left > 0 {
            let mut chunk = vec![0; CHUNK_BYTES];
            match body.read(&mut chunk) {
                // The viewer must see that it is not all.
                Ok(0) | Err(_) => return sender.abort(),
                Ok(read) => {
                    chunk.truncate(read);
                    left = left.saturating_sub(read as u64);
                    if sending.block_on(sender.send_data(chunk.into())).is_err() {
                        return; // Nobody listens any more.
                    }
                }
            }
        }
    });
    stream
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header};

    use super::*;

    fn reply(status: u16, body: Body) -> Reply {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
        Reply {
            status: StatusCode::from_u16(status).expect("it is one"),
            headers,
            body,
        }
    }

    fn json(buffered: &Buffered) -> serde_json::Value {
        serde_json::to_value(buffered).expect("it is JSON")
    }

    #[test]
    fn a_proxy_takes_status_headers_and_base64() {
        let body = Body::Arriving(Box::new(&b"\x01\x02\xff"[..]), 3);
        let buffered = buffered(reply(200, body), Carrier::HttpApi).expect("it is whole");
        let expected = serde_json::json!({
            "statusCode": 200,
            "headers": { "content-type": "image/png" },
            "isBase64Encoded": true,
            "body": "AQL/",
        });
        assert_eq!(json(&buffered), expected);
    }

    #[test]
    fn a_template_takes_the_base64_alone() {
        let body = Body::Whole(Bytes::from_static(b"\x01\x02\xff"));
        let buffered = buffered(reply(200, body), Carrier::Template).expect("it is whole");
        assert_eq!(json(&buffered), serde_json::json!("AQL/"));
    }

    #[test]
    fn a_template_tells_failures_by_their_message() {
        for (status, told) in [(403, 403), (400, 403), (404, 500), (502, 500)] {
            let text = format!(r#"{{"errorType":"X","status":{status},"message":"m"}}"#);
            let mut reply = reply(status, Body::Whole(text.into()));
            let json = HeaderValue::from_static("application/json");
            reply.headers.insert(header::CONTENT_TYPE, json);
            let failed = buffered(reply, Carrier::Template);
            let diagnostic = failed.expect_err("it is no image");
            assert_eq!(diagnostic.error_type, "X");
            let said = format!(r#""status":{told}"#);
            assert!(diagnostic.error_message.contains(&said), "{diagnostic:?}");
        }
    }

    #[test]
    fn a_template_tells_redirects_with_where_they_lead() {
        let mut redirect = reply(301, Body::Empty);
        redirect.headers.remove(header::CONTENT_TYPE);
        let way = HeaderValue::from_static("https://img.example.com/a.png");
        redirect.headers.insert(header::LOCATION, way);
        let diagnostic = buffered(redirect, Carrier::Template).expect_err("it is no image");
        let message: serde_json::Value =
            serde_json::from_str(&diagnostic.error_message).expect("it is JSON");
        let expected = serde_json::json!({
            "errorType": "Redirect",
            "status": 301,
            "location": "https://img.example.com/a.png",
        });
        assert_eq!(message, expected);
    }

    #[test]
    fn an_object_that_breaks_off_is_no_answer() {
        let body = Body::Arriving(Box::new(&b"ab"[..]), 3);
        assert!(buffered(reply(200, body), Carrier::RestApi).is_err());
    }
}
