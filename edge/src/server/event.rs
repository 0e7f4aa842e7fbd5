//! The origin-response event that CloudFront would build: of what the store says of the
//! object that a path names, as S3 would have said it.

use std::time::{SystemTime, UNIX_EPOCH};

use http::StatusCode;

use super::front::{CacheKey, TOKEN};
use crate::{
    event::cloudfront::{Distribution, Exchange, Headers, Origin, Request, Response},
    store::{Facts, StoreError},
};

/// What the store says of an object, or why it does not.
pub type Said = Result<Facts, StoreError>;

/// The event of a request that went on to the origin, with the ETag that it must not have
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
        Err(StoreError::Busy) => StatusCode::SERVICE_UNAVAILABLE,
        Err(StoreError::TimedOut) => StatusCode::GATEWAY_TIMEOUT,
        Err(_) => StatusCode::BAD_GATEWAY,
    }
}

fn response(said: &Said, condition: Option<&str>, now: SystemTime) -> Response {
    let mut status = status(said);
    let mut headers = Headers::default();
    headers.set("Date", http_date(now));
    match said {
        Ok(facts) => {
            if let Some(etag) = &facts.etag {
                headers.set("ETag", etag);
                if condition.is_some_and(|known| super::viewer::matches(known, etag)) {
                    status = StatusCode::NOT_MODIFIED;
                }
            }
            if let Some(changed) = facts.last_modified {
                headers.set("Last-Modified", http_date(changed));
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

/// A time as HTTP writes it (RFC 9110, 5.6.7), to the second.
fn http_date(time: SystemTime) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb",
    ];
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Years that begin in March have their odd day at the end, and 400 of them always the
    // same number of days (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    let since_march = days + 719_468;
    let (era, day) = (since_march / 146_097, since_march % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = 400 * era + year + u64::from(month >= 10);
    let name = |names: &[&'static str], index: u64| -> &'static str {
        let index = usize::try_from(index).unwrap_or_default();
        names.get(index).copied().unwrap_or_default()
    };
    format!(
        "{}, {day:02} {} {year:04} {:02}:{:02}:{:02} GMT",
        name(&DAYS, days % 7),
        name(&MONTHS, month),
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::event::cloudfront::OriginServer;

    fn facts() -> Facts {
        Facts {
            bytes: 4711,
            etag: Some("\"a\"".into()),
            last_modified: Some(UNIX_EPOCH + Duration::from_secs(784_111_777)),
            content_type: Some("image/jpeg".into()),
            cache_control: Some("max-age=60".into()),
        }
    }

    fn built(said: &Said, condition: Option<&str>) -> Exchange {
        let origin = Origin::S3(OriginServer {
            domain_name: "photos.s3.eu-west-1.amazonaws.com".into(),
            ..OriginServer::default()
        });
        let key = CacheKey::new("/a%20b.jpg", "w=1&f=webp", Some("image/webp"));
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
        assert_eq!(request.headers.get(TOKEN), Some("webp"));
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

    #[test]
    fn leap_days_have_dates() {
        for (seconds, date) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
            (1_709_251_200, "Fri, 01 Mar 2024 00:00:00 GMT"),
            (1_767_225_599, "Wed, 31 Dec 2025 23:59:59 GMT"),
        ] {
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(http_date(time), date);
        }
    }
}
