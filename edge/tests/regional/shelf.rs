//! A bucket in memory that says what was stored, and a cache that says what it forgot.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read},
    sync::Mutex,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use edgepix::{
    invalidation::{Invalidate, InvalidationError},
    key::Key,
    store::{Facts, Get, Object, Put, Store, StoreError},
};

/// Objects by their keys; what is put is there from then on.
#[derive(Default)]
pub(crate) struct Shelf {
    objects: Mutex<BTreeMap<String, (Bytes, Put)>>,
    /// How objects are refused.
    pub(crate) failure: Option<fn() -> StoreError>,
    /// Whether nothing can be put.
    pub(crate) refuses_to_store: bool,
}

impl Shelf {
    /// One that has this object.
    pub(crate) fn with(key: &str, body: impl Into<Bytes>, media: &str) -> Self {
        let shelf = Self::default();
        let put = Put {
            content_type: media.into(),
            cache_control: Some("public, max-age=77".into()),
            ..Put::default()
        };
        let object = (body.into(), put);
        shelf.objects.lock().unwrap().insert(key.into(), object);
        shelf
    }

    /// Puts another object beside.
    pub(crate) fn add(&self, key: &str, body: impl Into<Bytes>, media: &str) {
        let put = Put {
            content_type: media.into(),
            ..Put::default()
        };
        let object = (body.into(), put);
        self.objects.lock().unwrap().insert(key.into(), object);
    }

    /// The keys that are there.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.objects.lock().unwrap().keys().cloned().collect()
    }

    /// An object and how it was put.
    pub(crate) fn object(&self, key: &str) -> Option<(Bytes, Put)> {
        self.objects.lock().unwrap().get(key).cloned()
    }
}

impl Store for Shelf {
    fn open(&self, key: &Key, get: &Get) -> Result<Object, StoreError> {
        let facts = self.facts(key, get)?;
        let (body, _) = self.object(key.as_str()).ok_or(StoreError::Missing)?;
        let body: Box<dyn Read + Send> = Box::new(Cursor::new(body));
        Ok(Object { facts, body })
    }

    fn facts(&self, key: &Key, _get: &Get) -> Result<Facts, StoreError> {
        if let Some(failure) = self.failure {
            return Err(failure());
        }
        let (body, put) = self.object(key.as_str()).ok_or(StoreError::Missing)?;
        Ok(Facts {
            bytes: body.len() as u64,
            etag: Some(format!("\"{}\"", key.as_str().len())),
            last_modified: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_736_799_158)),
            content_type: Some(put.content_type),
            content_encoding: None,
            cache_control: put.cache_control,
        })
    }

    fn put(&self, key: &Key, body: Bytes, put: &Put) -> Result<Option<String>, StoreError> {
        if self.refuses_to_store {
            return Err(StoreError::Forbidden);
        }
        if put.only_new && self.object(key.as_str()).is_some() {
            return Err(StoreError::Changed);
        }
        let object = (body, put.clone());
        self.objects
            .lock()
            .unwrap()
            .insert(key.as_str().to_owned(), object);
        Ok(Some("\"stored\"".into()))
    }

    fn list(&self, _most: usize) -> Result<Vec<Key>, StoreError> {
        Err(StoreError::Unsupported("list"))
    }
}

/// A cache that was told to forget.
#[derive(Default)]
pub(crate) struct Cache {
    pub(crate) forgot: Mutex<Vec<String>>,
    pub(crate) refuses: bool,
}

impl Invalidate for Cache {
    fn invalidate(&self, paths: &[String], _: Option<Instant>) -> Result<(), InvalidationError> {
        if self.refuses {
            return Err(InvalidationError::Busy);
        }
        self.forgot.lock().unwrap().extend_from_slice(paths);
        Ok(())
    }
}
