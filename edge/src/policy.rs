//! What an installation lets people ask for: sizes, types, presets, and signatures.
//! Decided before anything is read, but for what depends on the original.

mod allowed;
mod mask;
mod signature;

use std::{fmt, time::SystemTime};

use crate::{config::Config, dialect::Asked, key::Key};

pub(crate) use allowed::check_result;
pub use mask::masked;
pub(crate) use signature::{EXPIRES, has_expiry, has_signature, sign};
pub use signature::{check_signature, seconds_left};

/// A URL as it was sent: what a signature is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Url<'a> {
    /// Percent-encoded, with a slash at its start.
    pub path: &'a str,
    /// Without a question mark; empty if there is none.
    pub query: &'a str,
}

/// Why something may not be asked for: printable ASCII, and short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forbidden(String);

impl Forbidden {
    /// For this reason.
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Forbidden {}

/// Lets through what may be asked for by `url`, at the time `now`.
///
/// How large the result is depends on the original, and is checked once that is known.
///
/// # Errors
///
/// [`Forbidden`], and why; viewers get status 403. What is wrong with the signature goes
/// before all else, so that nobody learns the rest without one.
pub fn admit(
    asked: &Asked,
    url: Url<'_>,
    config: &Config,
    now: SystemTime,
) -> Result<(), Forbidden> {
    check_signature(url, config, now)?;
    allowed::check(asked, &config.policy)
}

/// Lets through originals of an allowed type.
///
/// # Errors
///
/// [`Forbidden`], and why.
pub fn admit_original(key: &Key, config: &Config) -> Result<(), Forbidden> {
    allowed::check_type(key, &config.policy)
}
