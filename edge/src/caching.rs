//! What caches may do with an answer: Cache-Control, ETag and the comparison with
//! If-None-Match (RFC 9110, 8.8.3 and 13.1.2; RFC 9111).

use std::fmt::Write;

use edgepix_engine::{Plan, Request};
use sha2::{Digest, Sha256};

use crate::{
    config::{Caching, Etag},
    store::Facts,
};

/// Cache-Control of results whose original has none and where none is configured.
const USUAL: &str = "public, max-age=86400";

/// The Cache-Control of a result that is as it should be.
#[must_use]
pub fn cache_control<'a>(caching: &'a Caching, original: Option<&'a str>) -> &'a str {
    caching
        .cache_control
        .as_deref()
        .or(original)
        .unwrap_or(USUAL)
}

/// `wanted`, but for no longer than a degraded result may be kept.
#[must_use]
pub fn briefly(caching: &Caching, wanted: &str) -> String {
    at_most(wanted, caching.degraded_seconds.min(60))
}

/// `wanted`, but for no longer than `most` seconds.
#[must_use]
pub fn at_most(wanted: &str, most: u32) -> String {
    if has(wanted, "no-store") || has(wanted, "no-cache") {
        return wanted.to_owned();
    }
    let least = ["max-age", "s-maxage"]
        .iter()
        .filter_map(|name| seconds(wanted, name))
        .chain([u64::from(most)])
        .min()
        .unwrap_or(0);
    let scope = if has(wanted, "private") {
        "private"
    } else {
        "public"
    };
    format!("{scope}, max-age={least}")
}

/// The directives of a Cache-Control, in lower case.
fn directives(value: &str) -> impl Iterator<Item = String> + '_ {
    value
        .split(',')
        .map(|part| part.trim().to_ascii_lowercase())
}

fn has(value: &str, name: &str) -> bool {
    directives(value).any(|part| part == name)
}

/// The seconds that the directive `name` gives.
fn seconds(value: &str, name: &str) -> Option<u64> {
    directives(value).find_map(|part| {
        let (found, seconds) = part.split_once('=')?;
        (found.trim() == name)
            .then(|| seconds.trim().trim_matches('"').parse().ok())
            .flatten()
    })
}

/// The ETag of what `plan` makes of an original, known before anything is decoded.
/// `None` where it has none: where the original's is wanted and it has none either, or
/// where the original cannot be told from what it was before.
#[must_use]
pub fn etag(
    caching: &Caching,
    original: &Facts,
    question: &str,
    request: &Request,
    plan: &Plan,
) -> Option<String> {
    match caching.etag {
        Etag::Original => original.etag.clone(),
        Etag::Own => {
            let etag = original.etag.as_ref();
            etag.filter(|etag| !etag.starts_with("W/"))?;
            let identity = identity(original, question, request, plan);
            Some(format!("\"{identity}\""))
        }
    }
}

/// A name for what `plan` makes of an original, and for nothing else: the same plan of the
/// same bytes gives the same bytes on every machine. What an answer may hold is not in it,
/// because that depends on the origin's headers: who lowers a quality for it takes the name
/// away.
#[must_use]
pub fn identity(original: &Facts, question: &str, request: &Request, plan: &Plan) -> String {
    let rung = plan.rung();
    let bytes = match &original.etag {
        Some(etag) => etag.clone(),
        None => format!("{} {:?}", original.bytes, original.last_modified),
    };
    let made = format!(
        "{:?} {} {} {} {:?} {:?} {:?} {:?} {}",
        rung.format,
        plan.native_quality,
        rung.effort,
        rung.lossless,
        request.metadata,
        request.overlay,
        // A client's hints may say what the question does not.
        request.width,
        request.height,
        request.dpr,
    );
    let overlay = request.overlay.as_ref();
    let mut hash = Sha256::new();
    for part in [
        bytes.as_bytes(),
        question.as_bytes(),
        made.as_bytes(),
        overlay.map_or(&[][..], |overlay| &overlay.image),
        env!("CARGO_PKG_VERSION").as_bytes(),
    ] {
        // The length keeps one part from passing for the end of another.
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let hash = hash.finalize();
    hash[..16].iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whether If-None-Match names `etag`, so that its holder has the result already:
/// the weak comparison, as 13.1.2 says.
#[must_use]
pub fn is_held(if_none_match: Option<&str>, etag: Option<&str>) -> bool {
    let (Some(held), Some(etag)) = (if_none_match, etag) else {
        return false;
    };
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    held.trim() == "*" || held.split(',').any(|tag| opaque(tag) == opaque(etag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_degraded_result_is_kept_for_a_minute_at_most() {
        let caching = Caching::default();
        assert_eq!(
            briefly(&caching, "public, max-age=31536000"),
            "public, max-age=60"
        );
        assert_eq!(
            briefly(&caching, "max-age=31536000, s-maxage=5"),
            "public, max-age=5"
        );
        assert_eq!(
            briefly(&caching, "private, max-age=600"),
            "private, max-age=60"
        );
        assert_eq!(briefly(&caching, "no-store"), "no-store");
        assert_eq!(briefly(&caching, "immutable"), "public, max-age=60");
    }

    #[test]
    fn if_none_match_is_compared_weakly() {
        assert!(is_held(Some("\"a\", W/\"b\""), Some("\"b\"")));
        assert!(is_held(Some("*"), Some("\"b\"")));
        assert!(!is_held(Some("\"a\""), Some("\"b\"")));
        assert!(!is_held(Some("*"), None));
        assert!(!is_held(None, Some("\"b\"")));
    }
}
