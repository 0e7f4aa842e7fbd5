//! Answers as CloudFront takes them: always the origin's headers, changed, because the
//! read-only ones among them must come back as they were.

use std::time::SystemTime;

use crate::{
    caching,
    config::{Caching, Fallback, FallbackStatus},
    event::cloudfront::{Body, Headers, Response},
    hints,
    key::Key,
    policy::Forbidden,
    record::Record,
    respond::{Answer, Image, Validators},
    status::Reason,
};

/// Bytes kept free for the headers that an answer adds to the origin's.
const OUR_HEADERS: u64 = 1024;

/// The longest text that goes into a header.
const LONGEST: usize = 300;

/// Headers that a function must not delete, add or change (AWS, "Restrictions on edge
/// functions", read-only headers of origin-response events).
const READ_ONLY: [&str; 2] = ["transfer-encoding", "via"];

/// Headers that a function's answer must not have (the same page, disallowed headers),
/// and the beginnings of more.
const DISALLOWED: [&str; 25] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "trailer",
    "upgrade",
    "x-accel-buffering",
    "x-accel-charset",
    "x-accel-limit-rate",
    "x-accel-redirect",
    "x-amzn-auth",
    "x-amzn-cf-billing",
    "x-amzn-cf-id",
    "x-amzn-cf-xff",
    "x-amzn-errortype",
    "x-amzn-fle-profile",
    "x-amzn-header-count",
    "x-amzn-header-order",
    "x-amzn-lambda-integration-tag",
    "x-amzn-requestid",
    "x-cache",
    "x-forwarded-proto",
    "x-real-ip",
];
const DISALLOWED_PREFIXES: [&str; 2] = ["x-amz-cf-", "x-edge-"];

/// Headers of the origin that are about its body, and untrue of another.
const OF_THE_BODY: [&str; 5] = [
    "accept-ranges",
    "content-encoding",
    "content-md5",
    "content-range",
    "x-amz-website-redirect-location",
];
const OF_THE_BODY_PREFIX: &str = "x-amz-checksum-";

/// The most bytes a body may have, so that it and the headers are at most `most` once
/// the body is base64.
pub(super) fn body_bytes(most: u64, headers: &Headers) -> u64 {
    most.saturating_sub(length(headers) + OUR_HEADERS) / 4 * 3
}

/// Bytes of headers as they are sent.
fn length(headers: &Headers) -> u64 {
    let lines = headers.0.iter().flat_map(|(name, values)| {
        values
            .iter()
            .map(move |header| name.len() + header.value.len() + ": \r\n".len())
    });
    lines.sum::<usize>() as u64
}

/// Bytes of an answer, its body counted as base64.
fn size(response: &Response) -> u64 {
    let body = match &response.body {
        Some(Body::Bytes(bytes)) => bytes.len().div_ceil(3) * 4,
        Some(Body::Text(text)) => text.len(),
        None => 0,
    };
    body as u64 + length(&response.headers)
}

/// What CloudFront gets for `answer` in place of the origin's `response`.
pub(super) fn to_response(
    answer: Answer,
    response: &Response,
    source: &Key,
    most: Option<u64>,
    record: &mut Record,
) -> Response {
    let made = match answer {
        Answer::Image(image) => self::image(image, response, record),
        Answer::NotModified(validators) => not_modified(&validators, response, record),
        Answer::Stored(key) => redirect(&key, Reason::Size, response, record),
        Answer::Refused(why) => return refused(response, &why, record),
        Answer::Forbidden(why) => return forbidden(response, &why, record),
        Answer::Fallback { reason, fallback } => {
            // What the origin has, it has, even if it is not for us; and what does not fit
            // is no better elsewhere.
            let room = most.map_or(u64::MAX, |most| body_bytes(most, &response.headers));
            if !is_missing(response) || fallback.image.len() as u64 > room {
                return passed(response, reason, record);
            }
            self::fallback(reason, &fallback, response, record)
        }
        Answer::Original { reason, body } => match body {
            Some((bytes, facts)) => original(reason, bytes, &facts, response, record),
            None if is_missing(response) && !is_gone(reason) => {
                record.reason = Some(reason);
                redirect(source, reason, response, record)
            }
            None => return passed(response, reason, record),
        },
    };
    if most.is_none_or(|most| size(&made) <= most) {
        return made;
    }
    record.note("the headers leave no room for the body");
    if is_missing(response) {
        return redirect(source, Reason::Size, response, record);
    }
    passed(response, Reason::Size, record)
}

/// Whether the origin does not have what was asked for.
fn is_missing(response: &Response) -> bool {
    response.status != "200"
}

/// Whether there is no original to point to.
fn is_gone(reason: Reason) -> bool {
    matches!(reason, Reason::Missing | Reason::Forbidden)
}

/// The origin's answer but for a header that says why.
pub(super) fn passed(response: &Response, reason: Reason, record: &mut Record) -> Response {
    let mut passed = response.clone();
    record.reason = Some(reason);
    say(
        &mut passed.headers,
        format!("passthrough; reason={}", reason.word()),
        record,
    );
    if reason == Reason::Unsupported {
        // What it is was decided by its first bytes, not by its name.
        passed.headers.set("X-Content-Type-Options", "nosniff");
    }
    passed
}

/// Sees that what failed for a reason that may pass, or is good for so long only, is not kept
/// for longer than `seconds`: with the original's ETag the store would call it fresh for ever.
pub(super) fn keep_briefly(passed: &mut Response, seconds: u32) {
    let headers = &mut passed.headers;
    let wanted = headers.joined("cache-control").unwrap_or_default();
    headers.set("Cache-Control", caching::at_most(&wanted, seconds));
    for name in ["etag", "last-modified", "expires"] {
        headers.remove(name);
    }
}

/// Status 400, and why; `why` may hold anything.
pub(super) fn refused(response: &Response, why: &str, record: &mut Record) -> Response {
    let refusal = other(response, "400", "Bad Request");
    because(refusal, "refused", why, record)
}

/// Status 403, and why.
pub(super) fn forbidden(response: &Response, why: &Forbidden, record: &mut Record) -> Response {
    let refusal = other(response, "403", "Forbidden");
    because(refusal, "forbidden", &why.to_string(), record)
}

/// A refusal with its reason as text and, after the word for it, as a header.
fn because(mut refusal: Response, word: &str, why: &str, record: &mut Record) -> Response {
    let why = printable(why);
    let headers = &mut refusal.headers;
    headers.set("Content-Type", "text/plain; charset=utf-8");
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Cache-Control", "public, max-age=60");
    let text = format!("{why}\n");
    headers.set("Content-Length", text.len().to_string());
    say(headers, format!("{word}; reason={why}"), record);
    refusal.body = Some(Body::Text(text));
    refusal
}

fn image(image: Image, response: &Response, record: &mut Record) -> Response {
    let mut made = other(response, "200", "OK");
    let headers = &mut made.headers;
    headers.set("Content-Type", image.format.media_type());
    headers.set("Content-Length", image.body.len().to_string());
    validate(headers, &image.validators);
    if let Some(timing) = image.server_timing {
        join(headers, "Server-Timing", [&*timing]);
    }
    let said = record.made(image.format);
    say(headers, said, record);
    made.body = Some(Body::Bytes(image.body));
    made
}

fn not_modified(validators: &Validators, response: &Response, record: &mut Record) -> Response {
    let mut same = other(response, "304", "Not Modified");
    same.headers.remove("content-length");
    same.headers.remove("content-type");
    // Without a body of ours CloudFront would send the origin's.
    same.body = Some(Body::Text(String::new()));
    validate(&mut same.headers, validators);
    say(&mut same.headers, "not-modified".into(), record);
    same
}

/// The original's bytes in place of a derivative that could not be made.
fn original(
    reason: Reason,
    bytes: bytes::Bytes,
    facts: &crate::store::Facts,
    response: &Response,
    record: &mut Record,
) -> Response {
    let mut served = other(response, "200", "OK");
    let headers = &mut served.headers;
    let media = facts.content_type.as_deref();
    if let Some(encoding) = &facts.content_encoding {
        headers.set("Content-Encoding", encoding);
    }
    headers.set("Content-Type", media.unwrap_or("application/octet-stream"));
    headers.set("Content-Length", bytes.len().to_string());
    headers.set("X-Content-Type-Options", "nosniff");
    let usual = Caching::default();
    let wanted = caching::cache_control(&usual, facts.cache_control.as_deref());
    // It stands under another's name: not for long if the next try may do better.
    let cache_control = match reason.passes() {
        true => caching::briefly(&usual, wanted),
        false => wanted.to_owned(),
    };
    headers.set("Cache-Control", cache_control);
    say(
        headers,
        format!("passthrough; reason={}", reason.word()),
        record,
    );
    record.reason = Some(reason);
    record.bytes = Some(bytes.len() as u64);
    served.body = Some(Body::Bytes(bytes));
    served
}

/// The installation's image, for a minute: the original may come.
fn fallback(
    reason: Reason,
    fallback: &Fallback,
    response: &Response,
    record: &mut Record,
) -> Response {
    let (status, description) = match fallback.status {
        FallbackStatus::NotFound => ("404", "Not Found"),
        FallbackStatus::Ok => ("200", "OK"),
    };
    let mut served = other(response, status, description);
    let headers = &mut served.headers;
    headers.set("Content-Type", fallback.content_type);
    headers.set("Content-Length", fallback.image.len().to_string());
    headers.set("Cache-Control", "public, max-age=60");
    record.reason = Some(reason);
    record.bytes = Some(fallback.image.len() as u64);
    say(
        headers,
        format!("fallback; reason={}", reason.word()),
        record,
    );
    served.body = Some(Body::Bytes(fallback.image.clone()));
    served
}

/// A redirect that nothing may keep.
fn redirect(key: &Key, reason: Reason, response: &Response, record: &mut Record) -> Response {
    let mut redirect = other(response, "302", "Found");
    let headers = &mut redirect.headers;
    headers.remove("content-type");
    headers.set("Content-Length", "0");
    headers.set("Location", key.to_path());
    headers.set("Cache-Control", "no-store");
    say(
        headers,
        format!("redirect; reason={}", reason.word()),
        record,
    );
    redirect.body = Some(Body::Text(String::new()));
    redirect
}

/// An answer of another status with the origin's headers, as far as they can be true
/// of it.
fn other(response: &Response, status: &str, description: &str) -> Response {
    let mut other = response.clone();
    status.clone_into(&mut other.status);
    description.clone_into(&mut other.status_description);
    let is_missing = is_missing(response);
    other.headers.0.retain(|name, _| {
        let name = name.as_str();
        if READ_ONLY.contains(&name) {
            return true;
        }
        let disallowed = DISALLOWED.contains(&name)
            || DISALLOWED_PREFIXES
                .iter()
                .any(|prefix| name.starts_with(prefix));
        let of_the_body = OF_THE_BODY.contains(&name) || name.starts_with(OF_THE_BODY_PREFIX);
        let of_the_error = is_missing
            && (matches!(name, "cache-control" | "expires" | "x-amz-delete-marker")
                || name.starts_with("x-amz-error-"));
        !(disallowed || of_the_body || of_the_error)
    });
    for name in ["etag", "last-modified"] {
        if status != "200" || is_missing {
            other.headers.remove(name);
        }
    }
    other
}

/// Says what caches may do.
fn validate(headers: &mut Headers, validators: &Validators) {
    match &validators.etag {
        Some(etag) => headers.set("ETag", etag),
        None => headers.remove("etag"),
    }
    match validators.last_modified {
        Some(time) => headers.set("Last-Modified", date(time)),
        None => headers.remove("last-modified"),
    }
    headers.remove("expires");
    headers.set("Cache-Control", &validators.cache_control);
    let accept = validators.varies.then_some("Accept");
    let depends_on = accept.into_iter().chain(hints::names(validators.hints));
    join(headers, "Vary", depends_on);
    join(headers, "Accept-CH", hints::wanted(validators.hints));
}

/// Adds words to a header that is a list, as far as it does not have them.
fn join<'a>(headers: &mut Headers, name: &str, words: impl IntoIterator<Item = &'a str>) {
    let mut list = headers
        .joined(&name.to_ascii_lowercase())
        .unwrap_or_default();
    let before = list.len();
    for word in words {
        let is_it = |known: &str| known.trim().eq_ignore_ascii_case(word) || known.trim() == "*";
        if !list.split(',').any(is_it) {
            let comma = if list.is_empty() { "" } else { ", " };
            list = format!("{list}{comma}{word}");
        }
    }
    if list.len() > before {
        headers.set(name, list);
    }
}

/// A time as headers say it (RFC 9110, 5.6.7).
fn date(time: SystemTime) -> String {
    httpdate::fmt_http_date(time)
}

/// Says what became of the request, in the header and in the record.
fn say(headers: &mut Headers, outcome: String, record: &mut Record) {
    headers.set("X-Edgepix", &outcome);
    record.outcome = outcome;
}

/// Text that a header can hold, whatever it came from.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c == ' ' || c.is_ascii_graphic() {
                c
            } else {
                '?'
            }
        })
        .take(LONGEST)
        .collect()
}
