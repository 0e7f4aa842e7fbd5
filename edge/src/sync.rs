//! Keeps what is served in step with the originals, when S3 says that one was created or
//! removed. The message is only a hint: what is done follows from what is there now, so it
//! may come twice, late, or in any order.
//!
//! System B's second function copies a bucket of originals into the one that is served; here
//! the derivatives of a replaced or removed original go too, and what CloudFront keeps of them.

mod names;
mod record;
mod stale;

pub use record::{Skipped, SyncError, SyncRecord};

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Instant, SystemTime},
};

use crate::{
    config::{Config, StoreConfig},
    event::s3::{Entity, Notification, Record},
    invalidation::Invalidate,
    key::Key,
    store::{Facts, Get, Store, StoreError},
};
use stale::{Beside, Search};

/// What happens to objects' bytes, by the beginnings of its names (Amazon S3 User Guide,
/// "Supported event types for SQS, SNS, and Lambda"). Tags and storage classes change none.
const KINDS: [&str; 3] = ["ObjectCreated:", "ObjectRemoved:", "LifecycleExpiration:"];

/// The Region of a `MinIO` that was given none.
const UNSAID_REGION: &str = "us-east-1";

/// The stores of buckets, by their names.
pub trait Buckets: Send + Sync {
    /// The store of the bucket `name` in `region`, or where `config` has its S3 server.
    ///
    /// # Errors
    ///
    /// Why there is none.
    fn bucket(
        &self,
        name: &str,
        region: &str,
        config: &StoreConfig,
    ) -> Result<Arc<dyn Store>, String>;
}

/// Does what `event` is a hint of: one record for each object it names.
///
/// The original is copied into the bucket that `config` serves from, or removed there, where
/// it is in another; its stale derivatives are removed; and both are invalidated, if there is
/// something to invalidate in. A record that fails does not stop the others: see
/// [`SyncRecord::may_pass`] for whether the event should come again.
#[must_use]
pub fn sync(
    event: &Notification,
    buckets: &dyn Buckets,
    invalidate: Option<&dyn Invalidate>,
    config: &Config,
    deadline: Option<Instant>,
) -> Vec<SyncRecord> {
    let run = Run {
        buckets,
        invalidate,
        config,
        deadline,
    };
    let mut known = HashSet::new();
    let mut records = Vec::new();
    for record in &event.records {
        let record = match record {
            Ok(record) => record,
            Err(unread) => {
                records.push(SyncRecord::unread(unread));
                continue;
            }
        };
        let object = record.s3.as_ref();
        let object = object.map(|it| (it.bucket.name.clone(), it.object.key.clone()));
        // What is there now is the same for both.
        if object.is_none() || known.insert(object) {
            records.push(run.one(record));
        }
    }
    records
}

/// One event, and what it is done with.
struct Run<'a> {
    buckets: &'a dyn Buckets,
    invalidate: Option<&'a dyn Invalidate>,
    config: &'a Config,
    deadline: Option<Instant>,
}

/// The names of the buckets that an event is about, and their Regions.
struct Roles<'a> {
    event: (&'a str, &'a str),
    /// Where originals are served from.
    serving: (&'a str, &'a str),
    /// Where derivatives are stored.
    derived: (&'a str, &'a str),
}

impl Roles<'_> {
    /// What is beside the derivatives, where the event is of the bucket `originals`.
    fn beside<'a>(&self, originals: &'a dyn Store) -> Beside<'a> {
        if self.derived.0 != self.serving.0 {
            Beside::Nothing
        } else if self.event.0 == self.serving.0 {
            Beside::Originals
        } else {
            Beside::Copies(originals)
        }
    }
}

impl Run<'_> {
    fn one(&self, record: &Record) -> SyncRecord {
        let mut done = SyncRecord {
            event: record.happened().to_owned(),
            ..SyncRecord::default()
        };
        let is_meant = KINDS.iter().any(|kind| done.event.starts_with(kind));
        match &record.s3 {
            Some(entity) if record.is_of_s3() => {
                done.bucket.clone_from(&entity.bucket.name);
                done.key.clone_from(&entity.object.key);
                if is_meant {
                    self.object(entity, &record.aws_region, &mut done);
                } else {
                    done.skipped = Some(Skipped::Event);
                }
            }
            _ => done.skipped = Some(Skipped::Source),
        }
        done
    }

    fn object(&self, entity: &Entity, region: &str, done: &mut SyncRecord) {
        let Ok(key) = entity.object.key() else {
            done.skipped = Some(Skipped::NoKey);
            return;
        };
        key.as_str().clone_into(&mut done.key);
        if let Err(error) = self.steps(&key, &self.roles(&entity.bucket.name, region), done) {
            done.errors.push(error);
        }
    }

    fn roles<'a>(&'a self, bucket: &'a str, region: &'a str) -> Roles<'a> {
        let config = &self.config.store;
        let region = match region {
            "" => config.region.as_deref().unwrap_or(UNSAID_REGION),
            region => region,
        };
        let event = (bucket, region);
        // A function hears only of buckets in its own Region, and the others are there too
        // unless it is said.
        let said = config.region.as_deref().unwrap_or(region);
        let named = |name: &'a str| (name, if name == bucket { region } else { said });
        let serving = config.bucket.as_deref().map_or(event, named);
        let derived = &self.config.derivatives.bucket;
        let derived = derived.as_deref().map_or(serving, named);
        Roles {
            event,
            serving,
            derived,
        }
    }

    fn steps(&self, key: &Key, roles: &Roles<'_>, done: &mut SyncRecord) -> Result<(), SyncError> {
        let originals = self.store(roles.event)?;
        done.skipped = self.skipped(key, roles, &*originals)?;
        if done.skipped.is_some() {
            return Ok(());
        }
        let now = self.look(&*originals, key)?;
        let since = if roles.event.0 == roles.serving.0 {
            now.and_then(|facts| facts.last_modified)
        } else {
            let serving = self.store(roles.serving)?;
            self.in_step(key, now, &*originals, &*serving, done)?
        };
        self.clean(key, roles, &*originals, since, done);
        Ok(())
    }

    /// Why an object is none of our business, if it is not: derivatives are ours, and what is
    /// done to them, by us or by a lifecycle rule, changes no original.
    fn skipped(
        &self,
        key: &Key,
        roles: &Roles<'_>,
        originals: &dyn Store,
    ) -> Result<Option<Skipped>, SyncError> {
        let named = |bucket: &Option<String>| bucket.as_deref() == Some(roles.event.0);
        if named(&self.config.derivatives.bucket) && !named(&self.config.store.bucket) {
            return Ok(Some(Skipped::DerivativesBucket));
        }
        // Elsewhere nothing is stored by us, whatever its name.
        if roles.event.0 != roles.serving.0 {
            return Ok(None);
        }
        let overflow = self.config.derivatives.overflow_prefix.as_deref();
        if overflow.is_some_and(|prefix| key.as_str().starts_with(prefix)) {
            return Ok(Some(Skipped::Derivative));
        }
        let Some(source) = names::original_of(key, self.config) else {
            return Ok(None);
        };
        // What is named like one but is of nothing is an original, if it is there.
        let is_ours =
            self.look(originals, &source)?.is_some() || self.look(originals, key)?.is_none();
        Ok(is_ours.then_some(Skipped::Derivative))
    }

    /// Makes the serving bucket have what the originals' has; since when it does, if that
    /// was before now.
    fn in_step(
        &self,
        key: &Key,
        now: Option<Facts>,
        originals: &dyn Store,
        serving: &dyn Store,
        done: &mut SyncRecord,
    ) -> Result<Option<SystemTime>, SyncError> {
        let there = self.look(serving, key)?;
        match (now, there) {
            (Some(now), Some(there)) if is_same(&now, &there) => Ok(there.last_modified),
            (Some(now), _) => {
                serving
                    .copy_from(originals, key, &now, self.deadline)
                    .map_err(|why| SyncError::of("the original is not copied", &why))?;
                done.copied = true;
                Ok(None)
            }
            (None, Some(_)) => {
                let outcomes = serving.remove(std::slice::from_ref(key), self.deadline);
                for outcome in outcomes {
                    outcome.map_err(|why| SyncError::of("the copy is not removed", &why))?;
                }
                done.removed = true;
                Ok(None)
            }
            (None, None) => Ok(None),
        }
    }

    /// Removes the derivatives of an original that has been as it is `since` then, and
    /// invalidates what was kept of them and of it.
    fn clean(
        &self,
        key: &Key,
        roles: &Roles<'_>,
        originals: &dyn Store,
        since: Option<SystemTime>,
        done: &mut SyncRecord,
    ) {
        let gone = match self.store(roles.derived) {
            Ok(store) if self.config.derivatives.keep => {
                let mut search = Search {
                    store: &*store,
                    config: self.config,
                    key,
                    since,
                    beside: roles.beside(originals),
                    deadline: self.deadline,
                    done,
                };
                let stale = search.stale();
                self.removed(&*store, stale, done)
            }
            Ok(_) => vec![],
            Err(why) => {
                done.errors.push(why);
                vec![]
            }
        };
        done.deleted = gone.len();
        if let Some(invalidate) = self.invalidate {
            let paths = names::paths(key, &gone, self.config);
            if paths.unsaid > 0 {
                let unsaid = paths.unsaid;
                let note = format!("{unsaid} more derivatives may be kept by CloudFront");
                done.notes.push(note);
            }
            match invalidate.invalidate(&paths.said, self.deadline) {
                Ok(()) => done.invalidated = paths.said.len(),
                Err(why) => done.errors.push(SyncError {
                    text: format!("not all paths are invalidated: {why}"),
                    may_pass: why.may_pass(),
                }),
            }
        }
    }

    /// Removes derivatives; those that are gone. What stops several is said once.
    fn removed(&self, store: &dyn Store, stale: Vec<Key>, done: &mut SyncRecord) -> Vec<Key> {
        let outcomes = store.remove(&stale, self.deadline);
        let (gone, left): (Vec<_>, Vec<_>) = stale
            .into_iter()
            .zip(outcomes)
            .partition(|(_, outcome)| outcome.is_ok());
        let number = left.len();
        let errors = left.iter().filter_map(|(key, outcome)| {
            let what = format!("{number} derivatives are not removed, {key} among them");
            Some(SyncError::of(&what, outcome.as_ref().err()?))
        });
        // One that may pass is worth another call, whatever the others are.
        done.errors
            .extend(errors.max_by_key(|error| error.may_pass));
        gone.into_iter().map(|(key, _)| key).collect()
    }

    fn store(&self, (name, region): (&str, &str)) -> Result<Arc<dyn Store>, SyncError> {
        let store = self.buckets.bucket(name, region, &self.config.store);
        store.map_err(|why| SyncError {
            text: format!("bucket {name}: {why}"),
            may_pass: false,
        })
    }

    /// What is known of an object; none: there is none. What a store does not let us see may
    /// be there or not, and is an error.
    fn look(&self, store: &dyn Store, key: &Key) -> Result<Option<Facts>, SyncError> {
        look(store, key, self.deadline)
    }
}

/// See [`Run::look`].
fn look(
    store: &dyn Store,
    key: &Key,
    deadline: Option<Instant>,
) -> Result<Option<Facts>, SyncError> {
    let get = Get {
        deadline,
        ..Get::default()
    };
    match store.facts(key, &get) {
        Ok(facts) => Ok(Some(facts)),
        // Nothing can be where no object of that name is kept.
        Err(StoreError::Missing | StoreError::Unsupported(_)) => Ok(None),
        Err(why) => Err(SyncError::of(&format!("{key} cannot be looked at"), &why)),
    }
}

/// Whether two objects have the same bytes and metadata, as far as it can be told. One that
/// was put in parts has another `ETag` than its copy, and is copied again.
fn is_same(one: &Facts, other: &Facts) -> bool {
    let said = |facts: &Facts| {
        let Facts {
            bytes,
            etag,
            // A copy's is its own.
            last_modified: _,
            content_type,
            content_encoding,
            cache_control,
        } = facts.clone();
        (bytes, etag, content_type, content_encoding, cache_control)
    };
    one.etag.is_some() && said(one) == said(other)
}
