//! What is behind the cache: asks the store, builds the event, and has it answered as
//! Lambda@Edge would. It waits and works in the thread that calls it.

use std::{
    io::{self, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use edgepix_engine::Speed;
use http::{HeaderMap, StatusCode};

use super::{
    answer::{Answer, from_event},
    event::{self, Said},
    front::CacheKey,
};
use crate::{
    clock::Clock,
    config::Config,
    event::cloudfront::{Body, Exchange, Origin},
    key::Key,
    origin_response::{Answered, Room, answer, given_up},
    record::Record,
    status::Reason,
    store::{Facts, Get, Object, OneStore, Store, StoreError},
};

/// An original up to this many bytes is held whole, and so may be cached.
const HELD: u64 = 8 << 20;

/// The origin and the function on it.
pub(super) struct Behind {
    pub(super) store: Arc<dyn Store>,
    pub(super) origin: Origin,
    pub(super) config: Config,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) allowance: Allowance,
    /// How fast the machine has been.
    pub(super) speed: Mutex<Speed>,
}

/// What every request may use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Allowance {
    pub(super) memory_bytes: u64,
    pub(super) cpu_share: f64,
    pub(super) response_bytes: Option<u64>,
    pub(super) deadline: Duration,
}

/// What came from behind the cache.
#[derive(Clone, Debug)]
pub(super) enum Fetched {
    /// An answer that is held.
    Whole(Arc<Answer>),
    /// An original that is too large to be held.
    Large(Arc<Large>),
}

/// An original that is too large to be held: everyone reads it for themselves.
#[derive(Debug)]
pub(super) struct Large {
    key: Key,
    facts: Facts,
    pub(super) headers: HeaderMap,
}

impl Large {
    pub(super) fn bytes(&self) -> u64 {
        self.facts.bytes
    }
}

impl Behind {
    /// What the function makes of what the store says; a key that has the `ETag` of
    /// `condition` need not be made again. None of this fails: what goes wrong is an
    /// answer.
    pub(super) fn fetch(&self, key: &CacheKey, condition: Option<&str>) -> (Fetched, Record) {
        let object = match Key::from_path(&key.path) {
            Ok(object) => object,
            Err(no_key) => {
                let refusal = Answer::text(StatusCode::BAD_REQUEST, no_key.to_string());
                return (Fetched::Whole(Arc::new(refusal)), Record::default());
            }
        };
        let deadline = self.clock.now().checked_add(self.allowance.deadline);
        let get = Get {
            deadline,
            ..Get::default()
        };
        let said = self.store.facts(&object, &get);
        let now = self.clock.wall();
        let exchange = event::exchange(key, condition, &self.origin, &said, now);
        let mut answered = self.answered(&exchange, deadline);
        if let Err(error) = &said
            && !matches!(error, StoreError::Missing)
        {
            answered.record.note(&error.to_string());
        }
        let fetched = self.complete(&exchange, &answered, (object, said), deadline);
        (fetched, answered.record)
    }

    /// Opens an original to be read from its first byte.
    pub(super) fn open(&self, large: &Large) -> Result<Object, StoreError> {
        let get = Get {
            deadline: None,
            if_match: large.facts.etag.clone(),
        };
        self.store.open(&large.key, &get)
    }

    /// The function's answer; the origin's if it panics.
    fn answered(&self, exchange: &Exchange, deadline: Option<Instant>) -> Answered {
        let speed = || self.speed.lock().unwrap_or_else(PoisonError::into_inner);
        let room = Room {
            memory_bytes: self.allowance.memory_bytes,
            cpu_share: self.allowance.cpu_share,
            deadline,
            response_bytes: self.allowance.response_bytes,
            speed: *speed(),
        };
        let stores = OneStore::new(Arc::clone(&self.store));
        let work = || answer(exchange, &room, &stores, &self.config, &*self.clock);
        let answered = catch_unwind(AssertUnwindSafe(work))
            .unwrap_or_else(|_| given_up(exchange, Reason::Panic, &self.config));
        if let Some(learned) = answered.record.speed {
            *speed() = learned;
        }
        answered
    }

    /// Puts the origin's body where the function has left it alone.
    fn complete(
        &self,
        exchange: &Exchange,
        answered: &Answered,
        (object, said): (Key, Said),
        deadline: Option<Instant>,
    ) -> Fetched {
        let status = answered.response.status.parse().ok();
        let status = status.and_then(|status| StatusCode::from_u16(status).ok());
        let status = status.unwrap_or(StatusCode::BAD_GATEWAY);
        let headers = from_event(&answered.response.headers);
        let untouched = answered.response.status == exchange.response.status;
        let body = match (&answered.response.body, said) {
            (Some(Body::Bytes(bytes)), _) => bytes.clone(),
            (Some(Body::Text(text)), _) => text.clone().into(),
            (None, Ok(facts)) if untouched && status == StatusCode::OK => {
                if facts.bytes > HELD {
                    return Fetched::Large(Arc::new(Large {
                        key: object,
                        facts,
                        headers,
                    }));
                }
                match self.whole(&object, &facts, deadline) {
                    Ok(bytes) => bytes,
                    Err(error) => {
                        let status = event::status(&Err(error));
                        let refusal = Answer::text(status, "the original could not be read");
                        return Fetched::Whole(Arc::new(refusal));
                    }
                }
            }
            (None, Err(error)) if untouched => event::error_body(&error).into(),
            (None, _) => Bytes::new(),
        };
        Fetched::Whole(Arc::new(Answer {
            status,
            headers,
            body,
        }))
    }

    fn whole(
        &self,
        object: &Key,
        facts: &Facts,
        deadline: Option<Instant>,
    ) -> Result<Bytes, StoreError> {
        let get = Get {
            deadline,
            if_match: facts.etag.clone(),
        };
        let mut body = self.store.open(object, &get)?.body.take(facts.bytes);
        let mut bytes = Vec::new();
        // No more than `HELD`, as the caller has seen to.
        bytes.reserve_exact(usize::try_from(facts.bytes).unwrap_or_default());
        let failed = |error: io::Error| StoreError::Failed(error.to_string());
        let read = body.read_to_end(&mut bytes).map_err(failed)?;
        if read as u64 != facts.bytes {
            return Err(StoreError::Cut { at: read as u64 });
        }
        Ok(bytes.into())
    }
}
