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
pub mod credentials;
mod folder;
mod guard;
pub(crate) mod media;
#[cfg(all(target_os = "linux", target_env = "gnu", target_feature = "crt-static"))]
mod names;
pub mod objects;
pub mod opened;
mod origins;
pub mod place;
pub mod retry;
mod trust;

pub use connection::Connection;
pub use credentials::Credentials;
pub use opened::{OneStore, Opened};
pub use place::Place;

use std::{
    fmt,
    io::Read,
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
