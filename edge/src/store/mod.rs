//! Where originals come from and derivatives go. A store is asked from a thread that
//! may wait; what it waits with is its own affair.
//!
//! Under every store is `object_store`, for its signing, its S3, its files that appear
//! whole or not at all. Its HTTP client and its tries are not used: [`connection`] and
//! [`retry`] are ours, because a busy store, a missing object and a deadline have to stay
//! apart. So used it costs no start and some size (x86-64, `release` profile, medians of
//! nine processes): making the first store takes 0.05 ms and what TLS needs 0.03 ms, where
//! the runtime itself takes 0.05 ms; a program that only asks a store is 5.2 MB large, one
//! that asks the same HTTP client without `object_store` 2.6 MB, one without TLS 1.1 MB.

mod address;
mod arriving;
mod bucket_name;
pub mod connection;
mod copying;
pub mod credentials;
mod folder;
mod guard;
mod listing;
pub(crate) mod media;
#[cfg(all(target_os = "linux", target_env = "gnu", target_feature = "crt-static"))]
mod names;
pub mod objects;
pub mod opened;
mod origins;
pub mod place;
mod removing;
pub mod retry;
mod s3;
pub(crate) mod signed;
mod trust;

pub use connection::Connection;
pub use credentials::Credentials;
pub use listing::MOST_LISTED;
pub use opened::{OneStore, Opened};
pub use place::Place;
pub use s3::InS3;

use std::{
    fmt,
    io::Read,
    ops::RangeInclusive,
    time::{Instant, SystemTime},
};

use bytes::Bytes;

use crate::key::Key;

/// Objects by their keys.
pub trait Store: Send + Sync {
    /// Opens an object; its body arrives while it is read.
    ///
    /// A body that breaks off is asked for again from its last byte on, as long as
    /// `get` leaves time; what cannot be mended is an [`std::io::Error`] around a
    /// [`StoreError`], of kind `TimedOut` where the deadline came.
    ///
    /// # Errors
    ///
    /// Why there is none, see [`StoreError`].
    fn open(&self, key: &Key, get: &Get) -> Result<Object, StoreError>;

    /// What [`open`](Self::open) says of an object, without its body.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    fn facts(&self, key: &Key, get: &Get) -> Result<Facts, StoreError>;

    /// Stores an object whole, or not at all, in place of what was there; returns its
    /// `ETag`, if the store gives one.
    ///
    /// # Errors
    ///
    /// Why it is not stored.
    fn put(&self, key: &Key, body: Bytes, put: &Put) -> Result<Option<String>, StoreError>;

    /// The first `most` keys, in the store's order.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsupported`] where a store cannot tell.
    fn list(&self, most: usize) -> Result<Vec<Key>, StoreError>;

    /// Removes objects: one outcome for each key, in their order. What is not there is
    /// removed already.
    fn remove(&self, keys: &[Key], deadline: Option<Instant>) -> Vec<Result<(), StoreError>> {
        let _ = deadline;
        let unsupported = |_| Err(StoreError::Unsupported("remove objects"));
        keys.iter().map(unsupported).collect()
    }

    /// The objects whose keys begin with `text`, whether a segment ends there or not; at
    /// most [`MOST_LISTED`].
    ///
    /// # Errors
    ///
    /// As [`list`](Self::list).
    fn beginning(
        &self,
        text: &str,
        deadline: Option<Instant>,
    ) -> Result<Listing<Listed>, StoreError> {
        let _ = (text, deadline);
        Err(StoreError::Unsupported("tell its objects"))
    }

    /// The folders directly below the folder `below`, empty or with a slash at its end, whose
    /// own names begin with one of the ASCII characters `first`; [`MOST_LISTED`] names of
    /// folders and objects are looked at.
    ///
    /// # Errors
    ///
    /// As [`list`](Self::list).
    fn folders(
        &self,
        below: &str,
        first: RangeInclusive<char>,
        deadline: Option<Instant>,
    ) -> Result<Listing<Key>, StoreError> {
        let _ = (below, first, deadline);
        Err(StoreError::Unsupported("tell its objects"))
    }

    /// Whether an object has a tag of this name and value.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsupported`] where a store keeps no tags, and why it cannot be told.
    fn is_tagged(
        &self,
        key: &Key,
        tag: (&str, &str),
        deadline: Option<Instant>,
    ) -> Result<bool, StoreError> {
        let _ = (key, tag, deadline);
        Err(StoreError::Unsupported("tell tags"))
    }

    /// Where S3 itself finds an object, if it is there that this store keeps them.
    fn whereabouts(&self, key: &Key) -> Option<InS3> {
        let _ = key;
        None
    }

    /// Copies the object that `source` has under `key`, as it was when its `facts` were
    /// looked at, to the same key here. S3 copies by itself; between others, up to 64 MiB go
    /// through memory.
    ///
    /// # Errors
    ///
    /// Why it is not copied: [`StoreError::Changed`] if it is another by now.
    fn copy_from(
        &self,
        source: &dyn Store,
        key: &Key,
        facts: &Facts,
        deadline: Option<Instant>,
    ) -> Result<(), StoreError> {
        copying::through_memory(source, self, key, facts, deadline)
    }
}

/// What was found, as far as it was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<T> {
    /// In the store's order.
    pub found: Vec<T>,
    /// Whether there is more than was looked for.
    pub is_cut: bool,
}

/// An object in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: Key,
    /// When it was last changed, to the second.
    pub last_modified: SystemTime,
}

/// How an object is asked for.
#[derive(Clone, Debug, Default)]
pub struct Get {
    /// When trying again is over. Default: never, but each try has an end of its own.
    pub deadline: Option<Instant>,
    /// The `ETag` it must have, as the store writes it. Default: any.
    pub if_match: Option<String>,
}

/// How an object is stored.
#[derive(Clone, Debug, Default)]
pub struct Put {
    /// When trying again is over. Default: never.
    pub deadline: Option<Instant>,
    /// Its Content-Type.
    pub content_type: String,
    /// Its Cache-Control.
    pub cache_control: Option<String>,
    /// Its tags, as names and values.
    pub tags: Vec<(String, String)>,
    /// Whether it must be new: what is there already stays, and is [`StoreError::Changed`].
    pub only_new: bool,
}

/// An object that is arriving.
pub struct Object {
    /// What is known of it before its first byte.
    pub facts: Facts,
    /// Its bytes, in order.
    pub body: Box<dyn Read + Send>,
}

/// What a store says of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Bytes of its body.
    pub bytes: u64,
    /// Its `ETag` with the quotes, if it has one.
    pub etag: Option<String>,
    /// When it was last changed, to the second.
    pub last_modified: Option<SystemTime>,
    /// Its Content-Type, where the store keeps one.
    pub content_type: Option<String>,
    /// Its Content-Encoding, where the store keeps one: then its bytes are not the image's.
    pub content_encoding: Option<String>,
    /// Its Cache-Control, where the store keeps one.
    pub cache_control: Option<String>,
}

/// Why a store did not do what it was asked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such object.
    Missing,
    /// The store does not let us.
    Forbidden,
    /// The store is asked too much (503 `SlowDown`, 429), and was at every try.
    Busy,
    /// The body ended before its length, at every try.
    Cut {
        /// Bytes that came.
        at: u64,
    },
    /// The object is another by now, or not the one that was expected.
    Changed,
    /// The deadline came first.
    TimedOut,
    /// The store cannot do this at all.
    Unsupported(&'static str),
    /// No answer, or one that makes no sense: for the log, never for the client.
    Failed(String),
}

impl StoreError {
    /// One word for it, in headers and logs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Forbidden => "forbidden",
            Self::Busy => "busy",
            Self::Cut { .. } => "cut",
            Self::Changed => "changed",
            Self::TimedOut => "store-timeout",
            Self::Unsupported(_) => "unsupported-by-store",
            Self::Failed(_) => "store",
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no such object"),
            Self::Forbidden => f.write_str("the store does not allow it"),
            Self::Busy => f.write_str("the store is too busy"),
            Self::Cut { at } => write!(f, "the object broke off after {at} bytes"),
            Self::Changed => f.write_str("the object has changed meanwhile"),
            Self::TimedOut => f.write_str("the store took too long"),
            Self::Unsupported(what) => write!(f, "the store cannot {what}"),
            Self::Failed(detail) => write!(f, "the store failed: {detail}"),
        }
    }
}

impl std::error::Error for StoreError {}
