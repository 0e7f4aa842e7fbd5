//! The originals that a store has, for the page and for the line at the start.

use std::{collections::HashSet, time::Duration};

use serde::Serialize;

use super::origin::Behind;
use crate::{
    config::Config,
    dialect::of_missing,
    key::Key,
    store::{Get, Store, StoreError},
};

/// The most that are listed.
pub(super) const MOST: usize = 1000;

/// What their names end in: the formats that are read.
const EXTENSIONS: [&str; 8] = ["jpg", "jpeg", "jpe", "jfif", "png", "webp", "avif", "gif"];

/// The longest that is spent on finding out their sizes.
const PATIENCE: Duration = Duration::from_secs(1);

/// An original, as the page gets it.
#[derive(Debug, Serialize)]
pub(super) struct Original {
    /// As the store spells it.
    key: String,
    /// The same as a URL's path.
    path: String,
    /// None if there was no time to ask.
    bytes: Option<u64>,
}

/// The keys of images, without those that were made of others that are there.
pub(super) fn keys(store: &dyn Store, config: &Config) -> Result<Vec<Key>, StoreError> {
    let keys = store.list(MOST)?;
    let named: Vec<Key> = keys.into_iter().filter(is_image).collect();
    let known: HashSet<&Key> = named.iter().collect();
    let is_made = |key: &Key| {
        let asked = of_missing(key, config);
        asked.is_ok_and(|asked| asked.is_some_and(|asked| known.contains(&asked.source)))
    };
    let originals = named.iter().filter(|key| !is_made(key));
    let mut originals: Vec<Key> = originals.cloned().collect();
    // A folder's order is nobody's.
    originals.sort_unstable();
    Ok(originals)
}

/// What there is, with the sizes that can be told soon.
pub(super) fn list(behind: &Behind) -> Result<Vec<Original>, StoreError> {
    let deadline = behind.clock.now().checked_add(PATIENCE);
    let keys = keys(&*behind.store, &behind.config)?;
    let originals = keys.into_iter().map(|key| {
        let get = Get {
            deadline,
            ..Get::default()
        };
        let in_time = deadline.is_some_and(|deadline| behind.clock.now() < deadline);
        let facts = in_time.then(|| behind.store.facts(&key, &get).ok());
        Original {
            path: key.to_path(),
            bytes: facts.flatten().map(|facts| facts.bytes),
            key: key.to_string(),
        }
    });
    Ok(originals.collect())
}

fn is_image(key: &Key) -> bool {
    let extension = key.as_str().rsplit_once('.');
    extension.is_some_and(|(_, extension)| {
        let mut known = EXTENSIONS.iter();
        known.any(|known| extension.eq_ignore_ascii_case(known))
    })
}
