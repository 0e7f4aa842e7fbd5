//! A folder as a store, read only.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use bytes::Bytes;

use crate::{
    key::Key,
    store::{Facts, Get, Object, Put, Store, StoreError},
};

pub(super) struct Folder(pub(super) PathBuf);

impl Store for Folder {
    fn open(&self, key: &Key, get: &Get) -> Result<Object, StoreError> {
        let facts = self.facts(key, get)?;
        let body = File::open(self.0.join(key.as_str())).map_err(failed)?;
        let body = Box::new(body);
        Ok(Object { facts, body })
    }

    fn facts(&self, key: &Key, get: &Get) -> Result<Facts, StoreError> {
        let metadata = fs::metadata(self.0.join(key.as_str())).map_err(failed)?;
        if !metadata.is_file() {
            return Err(StoreError::Missing);
        }
        let changed = metadata.modified().unwrap_or(UNIX_EPOCH);
        let nanoseconds = changed
            .duration_since(UNIX_EPOCH)
            .map_or(0, |t| t.as_nanos());
        let etag = format!("\"{nanoseconds:x}-{:x}\"", metadata.len());
        if get.if_match.as_ref().is_some_and(|known| *known != etag) {
            return Err(StoreError::Changed);
        }
        let extension = key.as_str().rsplit_once('.').map_or("", |(_, last)| last);
        let content_type = match extension.to_ascii_lowercase().as_str() {
            "jpg" | "jpeg" => Some("image/jpeg"),
            "png" => Some("image/png"),
            "webp" => Some("image/webp"),
            "avif" => Some("image/avif"),
            "gif" => Some("image/gif"),
            _ => None,
        };
        Ok(Facts {
            bytes: metadata.len(),
            etag: Some(etag),
            last_modified: Some(changed),
            content_type: content_type.map(str::to_owned),
            cache_control: None,
        })
    }

    fn put(&self, _: &Key, _: Bytes, _: &Put) -> Result<Option<String>, StoreError> {
        Err(StoreError::Unsupported("be written"))
    }

    fn list(&self, most: usize) -> Result<Vec<Key>, StoreError> {
        let mut keys = Vec::new();
        walk(&self.0, "", &mut keys).map_err(failed)?;
        keys.sort();
        keys.truncate(most);
        Ok(keys)
    }
}

fn walk(folder: &Path, prefix: &str, keys: &mut Vec<Key>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let name = format!("{prefix}{name}");
        if fs::metadata(entry.path())?.is_dir() {
            walk(&entry.path(), &format!("{name}/"), keys)?;
        } else {
            keys.extend(Key::new(name));
        }
    }
    Ok(())
}

fn failed(error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::NotFound => StoreError::Missing,
        io::ErrorKind::PermissionDenied => StoreError::Forbidden,
        _ => StoreError::Failed(error.to_string()),
    }
}
