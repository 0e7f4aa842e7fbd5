//! What a request is about: the object that its path names, or its parameter `key`.

use edgepix_engine::Token;
use percent_encoding::percent_decode_str;

use crate::{
    config::Config,
    dialect::{self, Asked, Dialect, Malformed},
    event::http::Call,
    key::Key,
    policy::Url,
    viewer_request::{Folding, Unfolded, unfold},
};

/// What a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The object that was asked for.
    pub key: Key,
    /// Whether the parameter `key` named it, as systems B and C have it: then a store has
    /// been asked for it and has sent the viewer here.
    pub is_by_key: bool,
    /// What the key asks for, where a question is a key.
    unfolded: Option<Unfolded>,
    path: String,
    query: String,
}

impl Target {
    /// Reads a request: its path, or at the root its parameter `key`.
    ///
    /// # Errors
    ///
    /// What is missing or no object's name, for whoever wrote the URL.
    pub fn of(call: &Call, config: &Config) -> Result<Self, String> {
        if call.path != "/" && !call.path.is_empty() {
            let key = Key::from_path(&call.path).map_err(|why| why.to_string())?;
            return Ok(Self {
                unfolded: unfold(&key, &Folding::of(config)),
                key,
                is_by_key: false,
                path: call.path.clone(),
                query: call.query.clone(),
            });
        }
        let (said, rest): (Vec<_>, Vec<_>) = call
            .query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .partition(|pair| name(pair) == "key");
        let name = match said[..] {
            [] => return Err("key: should be there, and name an image".into()),
            [pair] => pair.split_once('=').map_or("", |(_, value)| value),
            _ => return Err("key: should be given once".into()),
        };
        let name = name.replace('+', " ");
        let name = percent_decode_str(&name)
            .decode_utf8()
            .map_err(|_| "key: should be UTF-8, percent-encoded")?;
        let key = Key::new(name.trim_start_matches('/'));
        let key = key.map_err(|why| format!("key: {why}"))?;
        Ok(Self {
            path: key.to_path(),
            key,
            is_by_key: true,
            unfolded: None,
            query: rest.join("&"),
        })
    }

    /// What is asked of it; `None` if nothing is.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it is asked wrongly.
    pub fn asked(&self, config: &Config) -> Result<Option<Asked>, Malformed> {
        if let Some(Unfolded { source, query, .. }) = &self.unfolded {
            return dialect::of_present(source, query, config);
        }
        match dialect::of_missing(&self.key, config)? {
            Some(asked) => Ok(Some(asked)),
            None => dialect::of_present(&self.key, &self.query, config),
        }
    }

    /// What the client shows, where the key says it.
    #[must_use]
    pub fn token(&self) -> Option<Token> {
        self.unfolded.as_ref()?.token
    }

    /// Whether a derivative that is stored under this key is found again when its original is
    /// replaced. One of an odd spelling is answered, and not stored.
    #[must_use]
    pub fn is_found_again(&self, asked: &Asked) -> bool {
        if self.unfolded.is_some() {
            return true;
        }
        let said = |side: Option<u32>| side.map(|side| side.to_string()).unwrap_or_default();
        match asked.dialect {
            Dialect::Query | Dialect::Native => false,
            // All that begins with the original's key is looked at.
            Dialect::At => true,
            Dialect::Path => {
                let request = &asked.request;
                let spelt = format!("{}x{}", said(request.width), said(request.height));
                let reads_as_box = |folder: &&str| {
                    let sides = folder.split_once(['x', 'X']);
                    let digits = |side: &str| {
                        !side.is_empty() && side.bytes().all(|byte| byte.is_ascii_digit())
                    };
                    sides.is_some_and(|(across, down)| digits(across) && digits(down))
                };
                // The first that reads as one is the box.
                let mut folders = self.key.as_str().split('/');
                folders.find(reads_as_box) == Some(&*spelt)
            }
            Dialect::Variant => asked.canonical == self.key.to_path(),
        }
    }

    /// The URL, as a signature is of it.
    #[must_use]
    pub fn url(&self) -> Url<'_> {
        Url {
            path: &self.path,
            query: &self.query,
        }
    }
}

/// The name of a parameter.
fn name(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::event::http::Carrier;

    use super::*;

    fn target(path: &str, query: &str) -> Result<Target, String> {
        let call = Call {
            carrier: Carrier::RestApi,
            method: "GET".into(),
            path: path.into(),
            query: query.into(),
            headers: BTreeMap::new(),
            request_id: String::new(),
        };
        Target::of(&call, &Config::default())
    }

    #[test]
    fn at_the_root_the_parameter_names_the_object() {
        for query in [
            "key=img/150x200/a%20b.png",
            "key=%2Fimg%2F150x200%2Fa+b.png&sig=x",
        ] {
            let target = target("/", query).expect("it names one");
            assert_eq!(target.key.as_str(), "img/150x200/a b.png");
            assert!(target.is_by_key);
            assert_eq!(target.url().path, "/img/150x200/a%20b.png");
        }
    }

    #[test]
    fn elsewhere_the_path_names_it_and_the_parameter_is_one_like_any_other() {
        let target = target("/a.png", "key=b.png").expect("it names one");
        assert_eq!(target.key.as_str(), "a.png");
        assert!(!target.is_by_key);
        assert_eq!(target.url().query, "key=b.png");
    }

    #[test]
    fn a_key_that_is_missing_or_none_is_refused() {
        for (query, why) in [
            ("", "key: should be there, and name an image"),
            ("w=300", "key: should be there, and name an image"),
            ("key=a&key=b", "key: should be given once"),
            ("key=%ff", "key: should be UTF-8, percent-encoded"),
            ("key=", "key: the path names no object: it is empty"),
            (
                "key=img/../a.png",
                "key: the path names no object: it has a segment of dots",
            ),
        ] {
            assert_eq!(target("/", query), Err(why.into()), "{query}");
        }
    }
}
