//! Signed URLs: `&expires=SECONDS&sig=NAME.SIGNATURE`, an HMAC-SHA256 (RFC 2104) of the path
//! and of all else that is in the query, in base64url without padding (RFC 4648, 5).

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::percent_decode_str;
use sha2::Sha256;

use super::{Forbidden, Url};
use crate::config::{Config, SigningKey};

/// The parameter that says until when a URL is good, in seconds since 1970.
pub(crate) const EXPIRES: &str = "expires";

/// What the parameter with the signature begins with, to the letter: the rest of a query is
/// signed, whatever it says.
const SIGNATURE: &str = "sig=";

/// Lets through what is signed with one of the configuration's keys and has not expired at
/// the time `now`; everything, if there are no keys.
///
/// # Errors
///
/// [`Forbidden`], and why; never whether it is the key's name or the signature that is
/// wrong.
pub fn check_signature(url: Url<'_>, config: &Config, now: SystemTime) -> Result<(), Forbidden> {
    if config.signing_keys.is_empty() {
        return Ok(());
    }
    let forbidden = |why: &str| Err(Forbidden::new(why));
    let mut signatures = url.query.split('&').filter_map(of_parameter);
    let (said, more) = (signatures.next(), signatures.next());
    let Some(said) = said else {
        return forbidden("the URL should be signed");
    };
    if more.is_some() {
        return forbidden("sig: should be given once");
    }
    // Without it there were one more place where a character can be and say nothing.
    if url.query.split('&').any(str::is_empty) {
        return forbidden("a signed URL should have no empty parameter");
    }
    let decoded = said
        .split_once('.')
        .and_then(|(name, tag)| Some((name, URL_SAFE_NO_PAD.decode(tag).ok()?)));
    let Some((name, tag)) = decoded else {
        return forbidden("sig: should be NAME.SIGNATURE, in base64url without padding");
    };
    let key = config.signing_keys.iter().find(|key| key.name == name);
    // In constant time, and only for a signature of full length.
    if key.is_none_or(|key| mac(url, key).verify_slice(&tag).is_err()) {
        return forbidden("the signature is not one of this URL");
    }
    match expiry(url.query) {
        Ok(Some(end)) if end <= seconds(now) => forbidden("the URL has expired"),
        Ok(_) => Ok(()),
        Err(why) => Err(why),
    }
}

/// The seconds from `now` for which an answer to `url` may be kept, if it is one that
/// expires: a cache does not ask again whether its URL still holds.
#[must_use]
pub fn seconds_left(url: Url<'_>, config: &Config, now: SystemTime) -> Option<u32> {
    if config.signing_keys.is_empty() {
        return None;
    }
    let end = expiry(url.query).ok().flatten()?;
    let left = end.saturating_sub(seconds(now));
    Some(u32::try_from(left).unwrap_or(u32::MAX))
}

/// What `sig` must be for `url` to be signed with `key`.
pub(crate) fn sign(url: Url<'_>, key: &SigningKey) -> String {
    let tag = URL_SAFE_NO_PAD.encode(mac(url, key).finalize().into_bytes());
    format!("{}.{tag}", key.name)
}

/// Whether a query has a signature, right or wrong.
pub(crate) fn has_signature(query: &str) -> bool {
    query.split('&').any(|pair| of_parameter(pair).is_some())
}

/// Whether a query says when it expires, rightly or wrongly.
pub(crate) fn has_expiry(query: &str) -> bool {
    query.split('&').any(|pair| of_expiry(pair).is_some())
}

fn mac(url: Url<'_>, key: &SigningKey) -> Hmac<Sha256> {
    let mac = Hmac::<Sha256>::new_from_slice(key.secret.as_bytes());
    mac.expect("a key of HMAC may have any length")
        .chain_update(text(url))
}

/// What is signed. Parameters are in an order of their own: caches may change theirs.
fn text(url: Url<'_>) -> String {
    let signed = |pair: &&str| of_parameter(pair).is_none();
    let mut parameters: Vec<_> = url.query.split('&').filter(signed).collect();
    parameters.sort_unstable();
    format!("{}?{}", url.path, parameters.join("&"))
}

/// The signature that a parameter is, if it is one.
fn of_parameter(pair: &str) -> Option<&str> {
    pair.strip_prefix(SIGNATURE)
}

/// The time of expiry that a parameter says, however its name is spelled: who writes
/// `Expires` does not mean a URL that never does.
fn of_expiry(pair: &str) -> Option<&str> {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let name = percent_decode_str(name).decode_utf8().ok()?;
    name.eq_ignore_ascii_case(EXPIRES).then_some(value)
}

/// The second since 1970 from which on a URL is good no more, if it says one.
fn expiry(query: &str) -> Result<Option<u64>, Forbidden> {
    let mut said = query.split('&').filter_map(of_expiry);
    let (first, more) = (said.next(), said.next());
    let Some(first) = first else {
        return Ok(None);
    };
    // `parse` would take a sign.
    let digits = first.bytes().all(|byte| byte.is_ascii_digit());
    let end = first.parse().ok().filter(|_| digits && more.is_none());
    let rule = "expires: should be given once, in seconds since 1970";
    end.map(Some).ok_or_else(|| Forbidden::new(rule))
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

#[cfg(test)]
mod tests;
