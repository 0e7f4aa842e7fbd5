//! What one viewer gets of an answer: all of it, a part (206), or word that it is what
//! the viewer has already (304).

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::answer::Answer;

/// The answer as this viewer gets it, by the request's conditions and its range
/// (RFC 9110, 13 and 14).
#[must_use]
pub fn view(answer: &Answer, request: &HeaderMap) -> Answer {
    if answer.status != StatusCode::OK {
        return answer.clone();
    }
    let etag = answer.header(&header::ETAG);
    if let (Some(etag), Some(condition)) = (etag, text(request, &header::IF_NONE_MATCH))
        && matches(&condition, etag)
    {
        return not_modified(answer);
    }
    let unchanged = text(request, &header::IF_RANGE)
        // Strong comparison: a weak ETag, or a date, does not say that bytes are the same.
        .is_none_or(|known| etag == Some(known.as_str()) && !known.starts_with("W/"));
    let range = text(request, &header::RANGE).filter(|_| unchanged);
    match range.and_then(|range| Part::parse(&range, answer.body.len())) {
        Some(Part::Of(from, to)) => part(answer, from, to),
        Some(Part::Nowhere) => {
            let mut refusal = Answer::text(StatusCode::RANGE_NOT_SATISFIABLE, "no such range");
            let all = format!("bytes */{}", answer.body.len());
            set(&mut refusal.headers, header::CONTENT_RANGE, &all);
            refusal
        }
        None => {
            let mut whole = answer.clone();
            set(&mut whole.headers, header::ACCEPT_RANGES, "bytes");
            whole
        }
    }
}

/// Whether a list of `ETag`s has this one, by the weak comparison of If-None-Match.
#[must_use]
pub fn matches(list: &str, etag: &str) -> bool {
    let opaque = |etag: &str| etag.trim().trim_start_matches("W/").to_owned();
    let mut tags = list.split(',');
    list.trim() == "*" || tags.any(|one| opaque(one) == opaque(etag))
}

/// A request's header as one text.
#[must_use]
pub fn text(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    let values = headers.get_all(name).iter();
    let values: Vec<_> = values.filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// Without the body and what describes it (RFC 9110, 15.4.5).
fn not_modified(answer: &Answer) -> Answer {
    let mut headers = answer.headers.clone();
    headers.remove(header::CONTENT_TYPE);
    Answer {
        status: StatusCode::NOT_MODIFIED,
        headers,
        body: Bytes::new(),
    }
}

fn part(answer: &Answer, from: usize, to: usize) -> Answer {
    let mut part = answer.clone();
    part.status = StatusCode::PARTIAL_CONTENT;
    part.body = answer.body.slice(from..to);
    let said = format!("bytes {from}-{}/{}", to - 1, answer.body.len());
    set(&mut part.headers, header::CONTENT_RANGE, &said);
    part
}

fn set(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// A part of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// From a byte to before another; never empty.
    Of(usize, usize),
    /// It begins behind the end.
    Nowhere,
}

impl Part {
    /// Reads a Range; `None` for several, or for what breaks the grammar: such a header
    /// is ignored (RFC 9110, 14.2).
    fn parse(range: &str, length: usize) -> Option<Self> {
        let (unit, range) = range.split_once('=')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (first, last) = range.trim().split_once('-')?;
        let (first, last) = (position(first)?, position(last)?);
        Some(match (first, last) {
            (None, None) => return None,
            (Some(first), Some(last)) if last < first => return None,
            (Some(first), _) if first >= length => Self::Nowhere,
            (Some(first), last) => {
                let end = last.map_or(length, |last| last.saturating_add(1).min(length));
                Self::Of(first, end)
            }
            (None, Some(0)) => Self::Nowhere,
            (None, Some(_)) if length == 0 => Self::Nowhere,
            (None, Some(most)) => Self::Of(length.saturating_sub(most), length),
        })
    }
}

/// A number or nothing; `None` for anything else.
fn position(text: &str) -> Option<Option<usize>> {
    if text.is_empty() {
        return Some(None);
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Some(text.parse().unwrap_or(usize::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewed(request: &[(header::HeaderName, &'static str)]) -> Answer {
        let mut answer = Answer::text(StatusCode::OK, "012345678");
        set(&mut answer.headers, header::ETAG, "\"a\"");
        let request = request
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        view(&answer, &request.collect())
    }

    #[test]
    fn a_viewer_who_has_it_gets_no_body() {
        for known in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            let answer = viewed(&[(header::IF_NONE_MATCH, known)]);
            assert_eq!(answer.status, StatusCode::NOT_MODIFIED, "{known}");
            assert!(answer.body.is_empty());
            assert_eq!(answer.headers[header::ETAG], "\"a\"");
        }
        let answer = viewed(&[(header::IF_NONE_MATCH, "\"b\"")]);
        assert_eq!(answer.status, StatusCode::OK);
    }

    #[test]
    fn a_range_is_cut_out_of_the_body() {
        for (range, body) in [
            ("bytes=0-1", "01"),
            ("bytes=3-3", "3"),
            ("bytes=8-", "8\n"),
            ("bytes=-3", "78\n"),
            ("bytes=5-99999999999999999999999", "5678\n"),
            ("bytes=-100", "012345678\n"),
        ] {
            let answer = viewed(&[(header::RANGE, range)]);
            assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT, "{range}");
            assert_eq!(answer.body, body, "{range}");
        }
        let answer = viewed(&[(header::RANGE, "bytes=2-4")]);
        assert_eq!(answer.headers[header::CONTENT_RANGE], "bytes 2-4/10");
    }

    #[test]
    fn a_range_that_is_none_is_ignored() {
        for range in [
            "bytes=",
            "bytes=-",
            "bytes=2-1",
            "bytes=0-1,3-4",
            "lines=0-1",
            "bytes=a-",
        ] {
            let answer = viewed(&[(header::RANGE, range)]);
            assert_eq!(answer.status, StatusCode::OK, "{range}");
            assert_eq!(answer.body.len(), 10, "{range}");
        }
    }

    #[test]
    fn a_range_behind_the_end_is_refused_with_the_length() {
        for range in ["bytes=10-", "bytes=-0"] {
            let answer = viewed(&[(header::RANGE, range)]);
            assert_eq!(answer.status, StatusCode::RANGE_NOT_SATISFIABLE, "{range}");
            assert_eq!(answer.headers[header::CONTENT_RANGE], "bytes */10");
        }
    }

    #[test]
    fn a_range_of_another_version_is_ignored() {
        for (known, status) in [("\"a\"", 206), ("\"b\"", 200), ("W/\"a\"", 200)] {
            let answer = viewed(&[(header::RANGE, "bytes=0-1"), (header::IF_RANGE, known)]);
            assert_eq!(answer.status, status, "{known}");
        }
    }
}
