//! The origin-response event that `CloudFront` would build: of what the store says of the
//! object that a path names, as S3 would have said it.

use std::time::SystemTime;

use http::StatusCode;
use httpdate::fmt_http_date;

use super::front::CacheKey;
use crate::{
    event::cloudfront::{Distribution, Exchange, Headers, Origin, Request, Response},
    origin_response::TOKEN,
    store::{Facts, StoreError},
};

/// What the store says of an object, or why it does not.
pub type Said = Result<Facts, StoreError>;

/// The event of a request that went on to the origin, with the tag that it must not have
/// as its condition, if there is one.
#[must_use]
pub fn exchange(
    key: &CacheKey,
    condition: Option<&str>,
    origin: &Origin,
    said: &Said,
    now: SystemTime,
) -> Exchange {
    let mut headers = Headers::default();
    headers.set("User-Agent", "Amazon CloudFront");
    headers.set("Via", "1.1 edgepix (CloudFront)");
    let (Origin::S3(server) | Origin::Custom(server)) = origin;
    headers.set("Host", &*server.domain_name);
    headers.set(TOKEN, key.token);
    for (name, value) in key.hints.headers() {
        headers.set(name, value);
    }
    if let Some(condition) = condition {
        headers.set("If-None-Match", condition);
    }
    Exchange {
        config: Distribution {
            distribution_domain_name: "edgepix.localhost".into(),
            distribution_id: "EDGEPIXSERVE".into(),
            event_type: "origin-response".into(),
            request_id: "edgepix-serve".into(),
            ..Distribution::default()
        },
        request: Request {
            method: "GET".into(),
            uri: key.path.clone(),
            querystring: key.query.clone(),
            headers,
            origin: Some(origin.clone()),
            ..Request::default()
        },
        response: response(said, condition, now),
    }
}

/// The status of what a store says.
#[must_use]
pub fn status(said: &Said) -> StatusCode {
    match said {
        Ok(_) => StatusCode::OK,
        Err(StoreError::Missing) => StatusCode::NOT_FOUND,
        Err(StoreError::Forbidden) => StatusCode::FORBIDDEN,
        Err(StoreError::Unsupported(_)) => StatusCode::NOT_IMPLEMENTED,
        Err(StoreError::Busy) => StatusCode::SERVICE_UNAVAILABLE,
        Err(StoreError::TimedOut) => StatusCode::GATEWAY_TIMEOUT,
        Err(_) => StatusCode::BAD_GATEWAY,
    }
}

fn response(said: &Said, condition: Option<&str>, now: SystemTime) -> Response {
    let mut status = status(said);
    let mut headers = Headers::default();
    headers.set("Date", fmt_http_date(now));
    match said {
        Ok(facts) => {
            if let Some(etag) = &facts.etag {
                headers.set("ETag", etag);
                if condition.is_some_and(|known| super::viewer::matches(known, etag)) {
                    status = StatusCode::NOT_MODIFIED;
                }
            }
            if let Some(changed) = facts.last_modified {
                headers.set("Last-Modified", fmt_http_date(changed));
            }
            if let Some(cache_control) = &facts.cache_control {
                headers.set("Cache-Control", cache_control);
            }
            if status == StatusCode::OK {
                // What S3 says of an object that was stored without a type.
                let unsaid = "binary/octet-stream";
                let content_type = facts.content_type.as_deref().unwrap_or(unsaid);
                headers.set("Content-Type", content_type);
                headers.set("Content-Length", facts.bytes.to_string());
                headers.set("Accept-Ranges", "bytes");
            }
        }
        Err(_) => {
            headers.set("Content-Type", "application/xml");
            headers.set("Transfer-Encoding", "chunked");
        }
    }
    Response {
        status: status.as_str().into(),
        status_description: status.canonical_reason().unwrap_or_default().into(),
        headers,
        ..Response::default()
    }
}

/// The body of S3's answer to a request that failed.
#[must_use]
pub fn error_body(said: &StoreError) -> String {
    let (code, message) = match said {
        StoreError::Missing => ("NoSuchKey", "The specified key does not exist."),
        StoreError::Forbidden => ("AccessDenied", "Access Denied"),
        StoreError::Busy => ("SlowDown", "Please reduce your request rate."),
        _ => ("InternalError", "The store did not answer."),
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Error><Code>{code}</Code><Message>{message}</Message></Error>\n"
    )
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::event::cloudfront::OriginServer;

    fn facts() -> Facts {
        Facts {
            bytes: 4711,
            etag: Some("\"a\"".into()),
            last_modified: Some(UNIX_EPOCH + Duration::from_secs(784_111_777)),
            content_type: Some("image/jpeg".into()),
            content_encoding: None,
            cache_control: Some("max-age=60".into()),
        }
    }

    fn built(said: &Said, condition: Option<&str>) -> Exchange {
        let origin = Origin::S3(OriginServer {
            domain_name: "photos.s3.eu-west-1.amazonaws.com".into(),
            ..OriginServer::default()
        });
        let key = CacheKey::new("/a%20b.jpg", "w=1&f=webp", Some("image/avif"));
        exchange(&key, condition, &origin, said, UNIX_EPOCH)
    }

    #[test]
    fn an_object_that_is_there_is_described_as_s3_does() {
        let exchange = built(&Ok(facts()), None);
        assert_eq!(exchange.response.status, "200");
        for (name, value) in [
            ("content-type", "image/jpeg"),
            ("content-length", "4711"),
            ("etag", "\"a\""),
            ("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("cache-control", "max-age=60"),
        ] {
            assert_eq!(exchange.response.headers.get(name), Some(value), "{name}");
        }
    }

    #[test]
    fn a_request_goes_on_as_it_was_sent_with_the_token() {
        let request = built(&Ok(facts()), None).request;
        assert_eq!(request.method, "GET");
        assert_eq!(request.uri, "/a%20b.jpg");
        assert_eq!(request.querystring, "w=1&f=webp");
        assert_eq!(request.headers.get(TOKEN), Some("avif"));
        assert_eq!(request.headers.get("accept"), None);
    }

    #[test]
    fn what_is_not_there_is_told_in_chunked_xml() {
        for (error, status) in [(StoreError::Missing, "404"), (StoreError::Forbidden, "403")] {
            let response = built(&Err(error), None).response;
            assert_eq!(response.status, status);
            let headers = response.headers;
            assert_eq!(headers.get("content-type"), Some("application/xml"));
            assert_eq!(headers.get("transfer-encoding"), Some("chunked"));
            assert_eq!(headers.get("content-length"), None);
        }
    }

    #[test]
    fn an_object_that_is_known_already_is_not_modified() {
        let exchange = built(&Ok(facts()), Some("\"a\""));
        assert_eq!(exchange.response.status, "304");
        assert_eq!(exchange.request.headers.get("if-none-match"), Some("\"a\""));
        assert_eq!(built(&Ok(facts()), Some("\"b\"")).response.status, "200");
    }
}
