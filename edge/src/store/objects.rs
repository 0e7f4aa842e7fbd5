//! The one [`Store`] there is: S3, HTTP servers, folders and memory, all behind
//! `object_store`. Its tries, its ends and what its outcomes are called are ours.
//!
//! Callers wait on a thread of their own. Calling from a thread of the runtime panics,
//! and the runtime must have threads of its own that drive connections and timers.

use std::{
    ops::RangeInclusive,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use futures_util::StreamExt;
use http::HeaderValue;
use object_store::{
    Attribute, AttributeValue, Attributes, GetOptions, GetResultPayload, ObjectMeta, ObjectStore,
    PutMode, PutOptions, PutPayload, TagSet, memory::InMemory, path::Path,
};
use tokio::runtime::Handle;

use super::{
    Facts, Get, InS3, Listed, Listing, Object, Put, Store, StoreError,
    arriving::{Arriving, Source, has_last_modified},
    copying,
    folder::{FileBody, Folder},
    listing, media, removing,
    retry::{Patience, Tries},
    s3::S3,
};
use crate::key::Key;

/// Bytes of the longest key of S3 (Amazon S3 User Guide, "Naming Amazon S3 objects").
const S3_KEY_BYTES: usize = 1024;

/// Bytes of the longest key in a URL: escaped, it still is one to every server we know.
const HTTP_KEY_BYTES: usize = 2048;

/// Bytes per second that a put has at least time for, beside that for its answer.
const SLOWEST_PUT: u64 = 256 * 1024;

/// A store over `object_store`.
#[derive(Debug)]
pub struct Objects {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) kind: Kind,
    /// What every key begins with; empty, or with a slash at its end.
    pub(super) prefix: String,
    pub(super) runtime: Handle,
    pub(super) patience: Patience,
}

/// What a store can keep, and which keys.
#[derive(Debug)]
pub(super) enum Kind {
    S3(Box<S3>),
    Http,
    Folder(Folder),
    Memory,
}

impl Objects {
    /// `prefix` is without slashes at its ends.
    pub(super) fn new(
        store: Arc<dyn ObjectStore>,
        kind: Kind,
        prefix: &str,
        runtime: Handle,
        patience: Patience,
    ) -> Self {
        let slash = if prefix.is_empty() { "" } else { "/" };
        Self {
            store,
            kind,
            prefix: format!("{prefix}{slash}"),
            runtime,
            patience,
        }
    }

    /// An empty store that is gone with the process.
    #[must_use]
    pub fn in_memory(runtime: Handle) -> Self {
        let store = Arc::new(InMemory::new());
        Self::new(store, Kind::Memory, "", runtime, Patience::default())
    }

    pub(super) fn path(&self, key: &Key) -> Result<Path, StoreError> {
        let name = format!("{}{key}", self.prefix);
        let most = match &self.kind {
            Kind::S3(_) => S3_KEY_BYTES,
            Kind::Http => HTTP_KEY_BYTES,
            Kind::Folder(_) | Kind::Memory => usize::MAX,
        };
        let unsupported = StoreError::Unsupported("keep an object of that name");
        if name.len() > most {
            return Err(unsupported);
        }
        let path = Path::parse(&name).map_err(|_| unsupported)?;
        if let Kind::Folder(folder) = &self.kind {
            folder.admit(&path)?;
        }
        Ok(path)
    }

    fn get(
        &self,
        key: &Key,
        get: &Get,
        head: bool,
    ) -> Result<(Path, object_store::GetResult), StoreError> {
        let path = self.path(key)?;
        let if_match = match &get.if_match {
            // It never matches (RFC 9110, 13.1.1), so the answer's own is looked at below.
            Some(etag) if etag.starts_with("W/") => None,
            Some(etag) => Some(header(etag, "an `ETag`")?),
            None => None,
        };
        let options = GetOptions {
            head,
            if_match,
            ..GetOptions::default()
        };
        let mut tries = Tries::of_operation(self.patience, get.deadline);
        let attempt = || self.store.get_opts(&path, options.clone());
        let result = self
            .runtime
            .block_on(tries.run(self.patience.first_byte, attempt))?;
        if let (Some(expected), Some(etag)) = (&get.if_match, &result.meta.e_tag)
            && strong(expected) != strong(etag)
        {
            return Err(StoreError::Changed);
        }
        Ok((path, result))
    }
}

impl Store for Objects {
    fn open(&self, key: &Key, get: &Get) -> Result<Object, StoreError> {
        let (path, result) = self.get(key, get, false)?;
        let facts = self.facts_of(&result.meta, &result.attributes);
        let stream = match result.payload {
            GetResultPayload::File(file, _) => {
                let body = Box::new(FileBody::new(file, facts.bytes));
                return Ok(Object { facts, body });
            }
            GetResultPayload::Stream(stream) => stream,
        };
        let body = Box::new(Arriving {
            runtime: self.runtime.clone(),
            source: Source {
                store: Arc::clone(&self.store),
                path,
                meta: result.meta,
                stream,
                at: 0,
                patience: self.patience,
                tries: Tries::of_body(self.patience, get.deadline),
            },
            chunk: Bytes::new(),
            failed: None,
        });
        Ok(Object { facts, body })
    }

    fn facts(&self, key: &Key, get: &Get) -> Result<Facts, StoreError> {
        let (_, result) = self.get(key, get, true)?;
        Ok(self.facts_of(&result.meta, &result.attributes))
    }

    fn put(&self, key: &Key, body: Bytes, put: &Put) -> Result<Option<String>, StoreError> {
        if matches!(self.kind, Kind::Http) {
            return Err(StoreError::Unsupported("keep objects"));
        }
        let path = self.path(key)?;
        let mut options = PutOptions::default();
        if put.only_new {
            options.mode = PutMode::Create;
        }
        // A folder has no place for them.
        if !matches!(self.kind, Kind::Folder(_)) {
            let value = AttributeValue::from;
            let content_type = header(&put.content_type, "a Content-Type")?;
            options
                .attributes
                .insert(Attribute::ContentType, value(content_type));
            if let Some(cache_control) = &put.cache_control {
                let cache_control = header(cache_control, "a Cache-Control")?;
                options
                    .attributes
                    .insert(Attribute::CacheControl, value(cache_control));
            }
            options.tags = tags(&put.tags);
        }
        let time = Duration::from_secs(body.len() as u64 / SLOWEST_PUT);
        let payload = PutPayload::from(body);
        let mut tries = Tries::of_operation(self.patience, put.deadline);
        // Trying again is safe: an object that is put twice is the same object.
        let attempt = || self.store.put_opts(&path, payload.clone(), options.clone());
        let done = self
            .runtime
            .block_on(tries.run(self.patience.first_byte + time, attempt))?;
        Ok(done.e_tag.map(quoted))
    }

    fn list(&self, most: usize) -> Result<Vec<Key>, StoreError> {
        if matches!(self.kind, Kind::Http) {
            return Err(StoreError::Unsupported("tell its objects"));
        }
        let prefix = Path::parse(&self.prefix).map_err(|_| StoreError::Missing)?;
        let mut tries = Tries::of_operation(self.patience, None);
        let attempt = || async {
            let mut keys = Vec::new();
            let mut objects = self
                .store
                .list((!self.prefix.is_empty()).then_some(&prefix));
            while keys.len() < most {
                let Some(object) = objects.next().await.transpose()? else {
                    break;
                };
                keys.extend(self.key(&object.location));
            }
            Ok(keys)
        };
        self.runtime
            .block_on(tries.run(self.patience.in_all, attempt))
    }

    fn remove(&self, keys: &[Key], deadline: Option<Instant>) -> Vec<Result<(), StoreError>> {
        removing::removed(self, keys, deadline)
    }

    fn beginning(
        &self,
        text: &str,
        deadline: Option<Instant>,
    ) -> Result<Listing<Listed>, StoreError> {
        listing::beginning(self, text, deadline)
    }

    fn folders(
        &self,
        below: &str,
        first: RangeInclusive<char>,
        deadline: Option<Instant>,
    ) -> Result<Listing<Key>, StoreError> {
        listing::folders(self, below, &first, deadline)
    }

    fn is_tagged(
        &self,
        key: &Key,
        (name, value): (&str, &str),
        deadline: Option<Instant>,
    ) -> Result<bool, StoreError> {
        let Kind::S3(s3) = &self.kind else {
            return Err(StoreError::Unsupported("tell tags"));
        };
        let path = self.path(key)?;
        let mut tries = Tries::of_operation(self.patience, deadline);
        let attempt = || s3.tags(path.as_ref());
        let tags = self
            .runtime
            .block_on(tries.run(self.patience.first_byte, attempt))?;
        Ok(tags.iter().any(|tag| tag.0 == name && tag.1 == value))
    }

    fn whereabouts(&self, key: &Key) -> Option<InS3> {
        match &self.kind {
            Kind::S3(s3) => Some(s3.whereabouts(self.path(key).ok()?.as_ref())),
            _ => None,
        }
    }

    fn copy_from(
        &self,
        source: &dyn Store,
        key: &Key,
        facts: &Facts,
        deadline: Option<Instant>,
    ) -> Result<(), StoreError> {
        if let (Kind::S3(s3), Some(from)) = (&self.kind, source.whereabouts(key))
            && s3.endpoint == from.endpoint
        {
            let path = self.path(key)?;
            let (ask, time) = s3.copy(&from, facts.etag.as_deref(), facts.bytes, path.as_ref())?;
            let mut tries = Tries::of_operation(self.patience, deadline);
            // Trying again is safe: it is the same object that is copied.
            let attempt = || s3.copied(&ask);
            return self
                .runtime
                .block_on(tries.run(self.patience.first_byte + time, attempt));
        }
        copying::through_memory(source, self, key, facts, deadline)
    }
}

impl Objects {
    /// What there is to say of an object. A folder keeps no types: first bytes and names
    /// tell them.
    fn facts_of(&self, meta: &ObjectMeta, attributes: &Attributes) -> Facts {
        let said = |attribute| attributes.get(&attribute).map(|value| value.to_string());
        let by_itself = || match &self.kind {
            Kind::Folder(folder) => folder
                .sniffed(&meta.location)
                .or_else(|| media::of_name(meta.location.as_ref()))
                .map(str::to_owned),
            _ => None,
        };
        let seconds = u64::try_from(meta.last_modified.timestamp()).unwrap_or(0);
        Facts {
            bytes: meta.size,
            etag: meta.e_tag.clone().map(quoted),
            last_modified: has_last_modified(meta)
                .then(|| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)),
            content_type: said(Attribute::ContentType).or_else(by_itself),
            content_encoding: said(Attribute::ContentEncoding),
            cache_control: said(Attribute::CacheControl),
        }
    }

    /// The key of an object that is there, unless it has none or is not shown.
    pub(super) fn key(&self, path: &Path) -> Option<Key> {
        if let Kind::Folder(folder) = &self.kind
            && !folder.shows(path)
        {
            return None;
        }
        Key::new(path.as_ref().strip_prefix(&self.prefix)?).ok()
    }
}

/// An `ETag` as HTTP writes it (RFC 9110, 8.8.3); memory's have no quotes.
fn quoted(etag: String) -> String {
    if etag.ends_with('"') {
        etag
    } else {
        format!("\"{etag}\"")
    }
}

/// The `ETag` without what makes it weak, and without quotes: what the weak comparison
/// compares (RFC 9110, 8.8.3.2).
fn strong(etag: &str) -> &str {
    etag.strip_prefix("W/").unwrap_or(etag).trim_matches('"')
}

fn tags(tags: &[(String, String)]) -> TagSet {
    let mut set = TagSet::default();
    for (name, value) in tags {
        set.push(name, value);
    }
    set
}

/// `object_store` panics at what is no header's value.
fn header(value: &str, what: &str) -> Result<String, StoreError> {
    match HeaderValue::from_str(value) {
        Ok(_) => Ok(value.to_owned()),
        Err(_) => Err(StoreError::Failed(format!(
            "it was given {what} that is none"
        ))),
    }
}
