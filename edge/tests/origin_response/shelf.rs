//! A store of objects in memory that says what was stored, and fails as it is told.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use edgepix::{
    config::Config,
    event::cloudfront::Origin,
    key::Key,
    origin_response::Stores,
    store::{Facts, Get, Object, Put, Store, StoreError},
};

/// Objects by their keys, and what was stored since.
#[derive(Default)]
pub(crate) struct Shelf {
    objects: BTreeMap<String, (Bytes, String)>,
    stored: Mutex<Vec<Stored>>,
    failure: Option<fn() -> StoreError>,
    refuses: bool,
}

/// An object that was stored.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub key: String,
    pub body: Bytes,
    pub put: Put,
}

/// Every original's ETag and time.
pub(crate) const ETAG: &str = "\"d41d8cd98f00b204e9800998ecf8427e\"";
pub(crate) const CHANGED: &str = "Mon, 13 Jan 2025 20:12:38 GMT";

impl Shelf {
    pub(crate) fn with(key: &str, body: impl Into<Bytes>, media: &str) -> Self {
        let mut shelf = Self::default();
        shelf
            .objects
            .insert(key.to_owned(), (body.into(), media.to_owned()));
        shelf
    }

    /// The same with another object.
    pub(crate) fn beside(mut self, key: &str, body: impl Into<Bytes>, media: &str) -> Self {
        let object = (body.into(), media.to_owned());
        self.objects.insert(key.to_owned(), object);
        self
    }

    /// Every question ends like this from now on.
    pub(crate) fn failing(mut self, failure: fn() -> StoreError) -> Self {
        self.failure = Some(failure);
        self
    }

    /// Nothing can be stored.
    pub(crate) fn refusing(mut self) -> Self {
        self.refuses = true;
        self
    }

    pub(crate) fn stored(&self) -> Vec<Stored> {
        self.stored.lock().unwrap().clone()
    }
}

impl Store for Shelf {
    fn open(&self, key: &Key, get: &Get) -> Result<Object, StoreError> {
        let facts = self.facts(key, get)?;
        let (body, _) = &self.objects[key.as_str()];
        let body: Box<dyn Read + Send> = Box::new(Cursor::new(body.clone()));
        Ok(Object { facts, body })
    }

    fn facts(&self, key: &Key, _get: &Get) -> Result<Facts, StoreError> {
        if let Some(failure) = self.failure {
            return Err(failure());
        }
        let (body, media) = self.objects.get(key.as_str()).ok_or(StoreError::Missing)?;
        Ok(Facts {
            bytes: body.len() as u64,
            etag: Some(ETAG.into()),
            last_modified: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_736_799_158)),
            content_type: Some(media.clone()),
            content_encoding: None,
            cache_control: None,
        })
    }

    fn put(&self, key: &Key, body: Bytes, put: &Put) -> Result<Option<String>, StoreError> {
        if self.refuses {
            return Err(StoreError::Forbidden);
        }
        if put.only_new && self.objects.contains_key(key.as_str()) {
            return Err(StoreError::Changed);
        }
        self.stored.lock().unwrap().push(Stored {
            key: key.as_str().to_owned(),
            body,
            put: put.clone(),
        });
        Ok(Some("\"stored\"".into()))
    }

    fn list(&self, _most: usize) -> Result<Vec<Key>, StoreError> {
        Err(StoreError::Unsupported("list"))
    }
}

/// The one store of every origin.
pub(crate) struct Only(pub(crate) Arc<Shelf>);

impl Stores for Only {
    fn of_origin(&self, _: &Origin, _: &Config) -> Result<Arc<dyn Store>, String> {
        Ok(self.0.clone())
    }
}
