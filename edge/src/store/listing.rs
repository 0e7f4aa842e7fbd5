//! Listings of some of a store's objects: never of more than is asked for, and with an end.

use std::{
    ops::RangeInclusive,
    time::{Duration, Instant, SystemTime},
};

use futures_util::StreamExt;
use object_store::{ObjectMeta, Result, path::Path};

use super::{
    Listed, Listing, StoreError,
    objects::{Kind, Objects},
    retry::Tries,
};
use crate::key::Key;

/// The most objects, or folders, that one listing looks at: ten requests to S3.
pub const MOST_LISTED: usize = 10_000;

const UNSUPPORTED: StoreError = StoreError::Unsupported("tell its objects");

/// See [`Store::beginning`](super::Store::beginning).
pub(super) fn beginning(
    objects: &Objects,
    text: &str,
    deadline: Option<Instant>,
) -> std::result::Result<Listing<Listed>, StoreError> {
    let text = format!("{}{text}", objects.prefix);
    let mut tries = Tries::of_operation(objects.patience, deadline);
    let most = objects.patience.in_all;
    let listed = match &objects.kind {
        Kind::Http => return Err(UNSUPPORTED),
        Kind::S3(s3) => {
            let attempt = || s3.beginning(&text, MOST_LISTED);
            objects.runtime.block_on(tries.run(most, attempt))
        }
        Kind::Folder(_) | Kind::Memory => {
            // They list whole segments: the folder's, of which some begin right.
            let folder = text.rsplit_once('/').map_or("", |(folder, _)| folder);
            let Ok(folder) = Path::parse(folder) else {
                return Ok(Listing::nothing());
            };
            let attempt = || picked(objects, &folder, &text);
            objects.runtime.block_on(tries.run(most, attempt))
        }
    };
    let (found, is_cut) = or_nothing(listed)?;
    let found = found.iter().filter_map(|meta| {
        Some(Listed {
            key: objects.key(&meta.location)?,
            last_modified: last_modified(meta),
        })
    });
    Ok(Listing {
        found: found.collect(),
        is_cut,
    })
}

/// See [`Store::folders`](super::Store::folders).
pub(super) fn folders(
    objects: &Objects,
    below: &str,
    first: &RangeInclusive<char>,
    deadline: Option<Instant>,
) -> std::result::Result<Listing<Key>, StoreError> {
    let below = format!("{}{below}", objects.prefix);
    let mut tries = Tries::of_operation(objects.patience, deadline);
    let most = objects.patience.in_all;
    let listed = match &objects.kind {
        Kind::Http => return Err(UNSUPPORTED),
        Kind::S3(s3) => {
            let attempt = || s3.folders(&below, first, MOST_LISTED);
            objects.runtime.block_on(tries.run(most, attempt))
        }
        Kind::Folder(_) | Kind::Memory => {
            let Ok(folder) = Path::parse(&below) else {
                return Ok(Listing::nothing());
            };
            let attempt = || async {
                let result = objects.store.list_with_delimiter(Some(&folder)).await?;
                Ok((result.common_prefixes, false))
            };
            objects.runtime.block_on(tries.run(most, attempt))
        }
    };
    let (found, is_cut) = or_nothing(listed)?;
    let begins_right = |key: &Key| {
        let name = key.as_str().rsplit('/').next();
        name.and_then(|name| name.chars().next())
            .is_some_and(|c| first.contains(&c))
    };
    let found = found.iter().filter_map(|path| objects.key(path));
    Ok(Listing {
        found: found.filter(begins_right).collect(),
        is_cut,
    })
}

/// The objects of a folder whose names begin with `text`.
async fn picked(objects: &Objects, folder: &Path, text: &str) -> Result<(Vec<ObjectMeta>, bool)> {
    let mut picked = Vec::new();
    let mut all = objects.store.list(Some(folder));
    while let Some(object) = all.next().await.transpose()? {
        if object.location.as_ref().starts_with(text) {
            if picked.len() == MOST_LISTED {
                return Ok((picked, true));
            }
            picked.push(object);
        }
    }
    Ok((picked, false))
}

/// A folder that is not there has nothing in it.
fn or_nothing<T>(
    listed: std::result::Result<(Vec<T>, bool), StoreError>,
) -> std::result::Result<(Vec<T>, bool), StoreError> {
    match listed {
        Err(StoreError::Missing) => Ok((vec![], false)),
        listed => listed,
    }
}

fn last_modified(meta: &ObjectMeta) -> SystemTime {
    let seconds = u64::try_from(meta.last_modified.timestamp()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

impl<T> Listing<T> {
    const fn nothing() -> Self {
        Self {
            found: Vec::new(),
            is_cut: false,
        }
    }
}
