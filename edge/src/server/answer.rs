//! An answer that is held whole, as it goes to any number of viewers.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::event::cloudfront::Headers;

/// An answer that is held whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers; what depends on the connection or the length of the body is not
    /// among them.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// What belongs to one connection (RFC 9110, 7.6.1), or follows from the body.
const OF_THE_CONNECTION: [HeaderName; 6] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

impl Answer {
    /// A few words for a person, which nobody keeps.
    #[must_use]
    pub fn text(status: StatusCode, text: impl Into<String>) -> Self {
        let mut headers = HeaderMap::new();
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, plain);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        let mut text = text.into();
        text.push('\n');
        Self {
            status,
            headers,
            body: text.into(),
        }
    }

    /// A header's value, if it has it and it is text.
    #[must_use]
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Bytes that it takes to keep: body, headers, and what goes with each of them.
    #[must_use]
    pub fn weight(&self) -> usize {
        const EACH: usize = 64;
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| name.as_str().len() + value.len() + EACH);
        self.body.len() + headers.sum::<usize>() + EACH
    }
}

/// An event's headers as HTTP has them. What is none, or belongs to the connection, is
/// left out.
#[must_use]
pub fn from_event(headers: &Headers) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, values) in &headers.0 {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
            continue;
        };
        if OF_THE_CONNECTION.contains(&name) {
            continue;
        }
        for value in values {
            if let Ok(value) = HeaderValue::from_str(&value.value) {
                map.append(&name, value);
            }
        }
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_the_connection_does_not_come_over() {
        let mut headers = Headers::default();
        headers.set("Transfer-Encoding", "chunked");
        headers.set("Content-Length", "7");
        headers.set("ETag", "\"a\"");
        headers.set("X-Broken", "a\r\nb");
        let map = from_event(&headers);
        assert_eq!(map.len(), 1);
        assert_eq!(map["etag"], "\"a\"");
    }
}
