//! How long `CloudFront` keeps an answer: by its Cache-Control, with the distribution's
//! usual limits (Amazon `CloudFront` Developer Guide, "Manage how long content stays in the
//! cache": minimum TTL 0, default TTL a day). `Expires` is not read: no store has one.

use std::time::Duration;

use http::header;

use super::answer::Answer;

/// For answers that say nothing.
const DEFAULT: Duration = Duration::from_secs(86_400);

/// For errors, at least ("Error caching minimum TTL").
const ERROR: Duration = Duration::from_secs(10);

/// `CloudFront`'s maximum TTL as it comes: a year.
const MOST: Duration = Duration::from_secs(31_536_000);

/// How long an answer is fresh; `None` if it is not kept at all.
#[must_use]
pub fn fresh_for(answer: &Answer) -> Option<Duration> {
    let said = answer
        .headers
        .get_all(header::CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect::<Vec<_>>()
        .join(",");
    let said = Said::parse(&said);
    if answer.status.is_client_error() || answer.status.is_server_error() {
        let seconds = said.seconds.unwrap_or_default();
        return Some(seconds.clamp(ERROR, MOST));
    }
    (!said.kept_out).then(|| said.seconds.unwrap_or(DEFAULT).min(MOST))
}

/// What a Cache-Control says to a shared cache (RFC 9111, 5.2.2).
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    kept_out: bool,
    seconds: Option<Duration>,
}

impl Said {
    fn parse(value: &str) -> Self {
        let (mut kept_out, mut own, mut shared) = (false, None, None);
        for directive in value.split(',') {
            let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
            let seconds = || seconds(argument);
            match name.trim().to_ascii_lowercase().as_str() {
                "no-store" | "no-cache" | "private" => kept_out = true,
                "max-age" => own = own.or_else(seconds),
                "s-maxage" => shared = shared.or_else(seconds),
                _ => {}
            }
        }
        Self {
            kept_out,
            seconds: shared.or(own),
        }
    }
}

/// Seconds; what is too large to count is as good as for ever (RFC 9111, 1.2.2).
fn seconds(text: &str) -> Option<Duration> {
    let digits = text.trim().trim_matches('"');
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| Duration::from_secs(digits.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, StatusCode};

    use super::*;

    fn kept(status: u16, cache_control: &'static str) -> Option<u64> {
        let mut answer = Answer::text(StatusCode::from_u16(status).unwrap(), "");
        answer.headers.clear();
        if !cache_control.is_empty() {
            let value = HeaderValue::from_static(cache_control);
            answer.headers.insert(header::CACHE_CONTROL, value);
        }
        fresh_for(&answer).map(|time| time.as_secs())
    }

    #[test]
    fn an_answer_is_kept_as_long_as_it_says_and_a_day_if_it_says_nothing() {
        for (cache_control, seconds) in [
            ("", Some(86_400)),
            ("public", Some(86_400)),
            ("max-age=60", Some(60)),
            ("public, Max-Age=\"60\"", Some(60)),
            ("max-age=60, s-maxage=5", Some(5)),
            ("s-maxage=5,max-age=60", Some(5)),
            ("max-age=0", Some(0)),
            ("max-age=99999999999999999999", Some(31_536_000)),
            ("max-age=x", Some(86_400)),
            ("no-store", None),
            ("private, max-age=60", None),
            ("no-cache", None),
        ] {
            assert_eq!(kept(200, cache_control), seconds, "{cache_control}");
        }
    }

    #[test]
    fn errors_are_kept_for_ten_seconds_or_longer_if_they_say_so() {
        for (cache_control, seconds) in [("", 10), ("no-store", 10), ("max-age=60", 60)] {
            assert_eq!(kept(404, cache_control), Some(seconds), "{cache_control}");
        }
    }

    #[test]
    fn a_redirect_that_is_not_to_be_stored_is_not() {
        assert_eq!(kept(302, "no-store"), None);
        assert_eq!(kept(302, ""), Some(86_400));
    }
}
