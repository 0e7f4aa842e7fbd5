//! A store in memory whose times, tags and failures a test makes up; and one who is told
//! what to invalidate.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Cursor,
    ops::RangeInclusive,
    sync::{Mutex, MutexGuard},
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use edgepix::{
    invalidation::{Invalidate, InvalidationError},
    key::Key,
    store::{Facts, Get, Listed, Listing, Object, Put, Store, StoreError},
};

/// When what a store is given is put: later than everything that tests put themselves.
const NOW: u64 = 1_000_000;

#[derive(Default)]
pub(crate) struct Shelf(Mutex<Inside>);

struct Kept {
    body: Bytes,
    seconds: u64,
    content_type: String,
    cache_control: Option<String>,
}

#[derive(Default)]
struct Inside {
    objects: BTreeMap<String, Kept>,
    tagged: BTreeSet<String>,
    hidden_tags: Option<StoreError>,
    failures: BTreeMap<String, StoreError>,
    kept: BTreeSet<String>,
    listings: usize,
}

impl Shelf {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap()
    }

    /// Puts an object, `seconds` after 1970 began.
    pub(crate) fn put_at(&self, name: &str, body: &'static str, seconds: u64) {
        let object = Kept {
            body: Bytes::from_static(body.as_bytes()),
            seconds,
            content_type: "application/octet-stream".into(),
            cache_control: None,
        };
        self.inside().objects.insert(name.into(), object);
    }

    /// Says something else of an object.
    pub(crate) fn describe(&self, name: &str, content_type: &str, cache_control: Option<&str>) {
        let mut inside = self.inside();
        let object = inside.objects.get_mut(name).unwrap();
        object.content_type = content_type.into();
        object.cache_control = cache_control.map(str::to_owned);
    }

    /// Tags an object as a derivative.
    pub(crate) fn tag(&self, name: &str) {
        self.inside().tagged.insert(name.into());
    }

    /// Fails whoever asks for tags.
    pub(crate) fn hides_tags(&self, error: StoreError) {
        self.inside().hidden_tags = Some(error);
    }

    /// Fails whoever looks at an object.
    pub(crate) fn fails(&self, name: &str, error: StoreError) {
        self.inside().failures.insert(name.into(), error);
    }

    /// Does not let an object be removed.
    pub(crate) fn keeps(&self, name: &str) {
        self.inside().kept.insert(name.into());
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.inside().objects.keys().cloned().collect()
    }

    pub(crate) fn body(&self, name: &str) -> String {
        let inside = self.inside();
        String::from_utf8(inside.objects[name].body.to_vec()).unwrap()
    }

    /// Seconds after 1970 began.
    pub(crate) fn modified(&self, name: &str) -> u64 {
        self.inside().objects[name].seconds
    }

    /// How many listings there were.
    pub(crate) fn listings(&self) -> usize {
        self.inside().listings
    }
}

fn time(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

impl Store for Shelf {
    fn open(&self, key: &Key, get: &Get) -> Result<Object, StoreError> {
        let facts = self.facts(key, get)?;
        let body = self.inside().objects[key.as_str()].body.clone();
        let body = Box::new(Cursor::new(body));
        Ok(Object { facts, body })
    }

    fn facts(&self, key: &Key, _: &Get) -> Result<Facts, StoreError> {
        let inside = self.inside();
        if let Some(failure) = inside.failures.get(key.as_str()) {
            return Err(failure.clone());
        }
        let object = inside.objects.get(key.as_str());
        let object = object.ok_or(StoreError::Missing)?;
        Ok(Facts {
            bytes: object.body.len() as u64,
            etag: Some(format!("{:?}", object.body)),
            last_modified: Some(time(object.seconds)),
            content_type: Some(object.content_type.clone()),
            cache_control: object.cache_control.clone(),
            ..Facts::default()
        })
    }

    fn put(&self, key: &Key, body: Bytes, put: &Put) -> Result<Option<String>, StoreError> {
        let object = Kept {
            body,
            seconds: NOW,
            content_type: put.content_type.clone(),
            cache_control: put.cache_control.clone(),
        };
        self.inside().objects.insert(key.as_str().into(), object);
        Ok(None)
    }

    fn list(&self, _: usize) -> Result<Vec<Key>, StoreError> {
        Err(StoreError::Unsupported("list all"))
    }

    fn remove(&self, keys: &[Key], _: Option<Instant>) -> Vec<Result<(), StoreError>> {
        let mut inside = self.inside();
        let remove = |key: &Key| {
            if inside.kept.contains(key.as_str()) {
                return Err(StoreError::Forbidden);
            }
            inside.objects.remove(key.as_str());
            Ok(())
        };
        keys.iter().map(remove).collect()
    }

    fn beginning(&self, text: &str, _: Option<Instant>) -> Result<Listing<Listed>, StoreError> {
        let mut inside = self.inside();
        inside.listings += 1;
        let found = inside
            .objects
            .iter()
            .filter(|(name, _)| name.starts_with(text));
        let found = found.map(|(name, object)| Listed {
            key: Key::new(name).unwrap(),
            last_modified: time(object.seconds),
        });
        Ok(Listing {
            found: found.collect(),
            is_cut: false,
        })
    }

    fn folders(
        &self,
        below: &str,
        first: RangeInclusive<char>,
        _: Option<Instant>,
    ) -> Result<Listing<Key>, StoreError> {
        let mut inside = self.inside();
        inside.listings += 1;
        let names = inside.objects.keys().filter_map(|name| {
            let (folder, _) = name.strip_prefix(below)?.split_once('/')?;
            let begins_right = folder.starts_with(|c| first.contains(&c));
            begins_right.then(|| Key::new(format!("{below}{folder}")).unwrap())
        });
        let folders: BTreeSet<Key> = names.collect();
        Ok(Listing {
            found: folders.into_iter().collect(),
            is_cut: false,
        })
    }

    fn is_tagged(
        &self,
        key: &Key,
        tag: (&str, &str),
        _: Option<Instant>,
    ) -> Result<bool, StoreError> {
        assert_eq!(tag, ("createByLambda", "1"));
        let inside = self.inside();
        match &inside.hidden_tags {
            Some(error) => Err(error.clone()),
            None => Ok(inside.tagged.contains(key.as_str())),
        }
    }
}

/// Remembers what it was told to invalidate.
#[derive(Default)]
pub(crate) struct Told {
    paths: Mutex<Vec<String>>,
    refuses: Mutex<bool>,
}

impl Told {
    pub(crate) fn paths(&self) -> Vec<String> {
        self.paths.lock().unwrap().clone()
    }

    /// Refuses from now on.
    pub(crate) fn refuse(&self) {
        *self.refuses.lock().unwrap() = true;
    }
}

impl Invalidate for Told {
    fn invalidate(&self, paths: &[String], _: Option<Instant>) -> Result<(), InvalidationError> {
        if *self.refuses.lock().unwrap() {
            return Err(InvalidationError::Busy);
        }
        self.paths.lock().unwrap().extend_from_slice(paths);
        Ok(())
    }
}
