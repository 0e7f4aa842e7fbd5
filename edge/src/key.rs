//! Names of objects in a store, and the way from a URL's path to one and back.
//! A key is what the store calls the object: decoded, and its case never touched.

use std::{borrow::Cow, fmt};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// The name of an object: UTF-8, without a slash at its start.
///
/// Every segment between slashes has at least one character and is not `.` or `..`,
/// and no character is a control: what a store could take for another place, or a
/// header for its end, is no key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(String);

/// What a path's segments are written without; the rest stands for itself (RFC 3986, 3.3, less
/// what proxies are known to change).
pub(crate) const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'+')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Why a text names no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoKey(&'static str);

impl Key {
    /// The key of this name, as the store spells it.
    ///
    /// # Errors
    ///
    /// [`NoKey`] if it names no object.
    pub fn new(name: impl Into<String>) -> Result<Self, NoKey> {
        let name = name.into();
        if name.is_empty() {
            return Err(NoKey("it is empty"));
        }
        if name.chars().any(char::is_control) {
            return Err(NoKey("it has a control character"));
        }
        for segment in name.split('/') {
            match segment {
                "" => return Err(NoKey("it has an empty segment")),
                "." | ".." => return Err(NoKey("it has a segment of dots")),
                _ => {}
            }
        }
        Ok(Self(name))
    }

    /// The key that a URL's path names: percent-decoded once, a `+` being a `+`.
    ///
    /// # Errors
    ///
    /// [`NoKey`] if it names no object.
    pub fn from_path(path: &str) -> Result<Self, NoKey> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let name: Cow<'_, str> = percent_decode_str(path)
            .decode_utf8()
            .map_err(|_| NoKey("it is not UTF-8"))?;
        Self::new(name)
    }

    /// The path of a URL that names this key, with a slash at its start.
    #[must_use]
    pub fn to_path(&self) -> String {
        format!("/{}", utf8_percent_encode(&self.0, ESCAPED))
    }

    /// The name, as the store spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for NoKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the path names no object: {}", self.0)
    }
}

impl std::error::Error for NoKey {}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, test_runner::RngSeed};

    use super::*;

    #[test]
    fn a_path_is_decoded_once_and_a_plus_stays() {
        let key = Key::from_path("/a%20b/1%2B1+2%2525.jpg").unwrap();
        assert_eq!(key.as_str(), "a b/1+1+2%25.jpg");
        assert_eq!(key.to_path(), "/a%20b/1%2B1%2B2%2525.jpg");
    }

    #[test]
    fn places_above_and_beside_are_no_keys() {
        for path in [
            "/",
            "/a//b",
            "/../b",
            "/a/%2e%2e/b",
            "/a%00",
            "/%ff",
            "/a%0d%0ab",
            "//a",
        ] {
            assert!(Key::from_path(path).is_err(), "{path}");
        }
    }

    /// The same cases on every run.
    fn cases() -> ProptestConfig {
        ProptestConfig {
            rng_seed: RngSeed::Fixed(5),
            failure_persistence: None,
            ..ProptestConfig::with_cases(2000)
        }
    }

    proptest! {
        #![proptest_config(cases())]

        #[test]
        fn every_key_survives_the_way_through_a_url(name in "(\\PC|[ +%/?#&.]){1,30}") {
            if let Ok(key) = Key::new(name) {
                prop_assert_eq!(Key::from_path(&key.to_path()), Ok(key));
            }
        }

        #[test]
        fn a_path_is_ascii_that_ends_at_no_mark_of_a_url(name in "(\\PC|[ +%/?#&.]){1,30}") {
            if let Ok(key) = Key::new(name) {
                let path = key.to_path();
                prop_assert!(path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert!(!path.contains(['?', '#', '+', '"', '\\']), "{}", path);
            }
        }

        #[test]
        fn what_a_path_names_is_a_key_however_it_is_written(path in "(.|[/.]|%[0-9a-fA-F]{2}){0,30}") {
            if let Ok(key) = Key::from_path(&path) {
                let name = key.as_str();
                prop_assert!(!name.chars().any(char::is_control));
                let mut segments = name.split('/');
                prop_assert!(!segments.any(|segment| matches!(segment, "" | "." | "..")));
                prop_assert_eq!(Key::from_path(&key.to_path()), Ok(key));
            }
        }
    }
}
