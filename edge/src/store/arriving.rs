//! The body of an object while it arrives. It is read as it comes: the first bytes can
//! be decoded while the last are still with the store. One that breaks off goes on from
//! its last byte, if the store can say that it is still the same object.

use std::{
    io::{self, Read},
    sync::Arc,
    time::Duration,
};

use bytes::{Buf, Bytes};
use futures_util::{StreamExt, stream::BoxStream};
use object_store::{GetOptions, GetResult, GetResultPayload, ObjectMeta, ObjectStore, path::Path};
use tokio::{runtime::Handle, time};

use super::{
    StoreError,
    retry::{Fault, Patience, Tries},
};

type Stream = BoxStream<'static, object_store::Result<Bytes>>;

/// A body on its way. Read on a thread that may wait, never on one of the runtime.
pub(super) struct Arriving {
    pub(super) runtime: Handle,
    pub(super) source: Source,
    /// What has come and is not read yet.
    pub(super) chunk: Bytes,
    /// Why it ended before its end, if it did.
    pub(super) failed: Option<StoreError>,
}

/// Where it comes from, and how to go on.
pub(super) struct Source {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) path: Path,
    pub(super) meta: ObjectMeta,
    pub(super) stream: Stream,
    /// Bytes that came.
    pub(super) at: u64,
    pub(super) patience: Patience,
    pub(super) tries: Tries,
}

impl Read for Arriving {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = &self.failed {
            return Err(io_error(error.clone()));
        }
        if self.chunk.is_empty() && !buffer.is_empty() {
            match self.runtime.block_on(self.source.next()) {
                Ok(chunk) => self.chunk = chunk,
                Err(error) => {
                    self.failed = Some(error.clone());
                    return Err(io_error(error));
                }
            }
        }
        let most = buffer.len().min(self.chunk.len());
        self.chunk.copy_to_slice(&mut buffer[..most]);
        Ok(most)
    }
}

/// Of no kind that a decoder would take for the end of a file, or a reader try again.
fn io_error(error: StoreError) -> io::Error {
    let kind = match error {
        StoreError::TimedOut => io::ErrorKind::TimedOut,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

impl Source {
    /// The next bytes; none of them at the end.
    async fn next(&mut self) -> Result<Bytes, StoreError> {
        while self.at < self.meta.size {
            let room = self
                .tries
                .room(self.patience.stall)
                .ok_or(StoreError::TimedOut)?;
            let error = match time::timeout(room, self.stream.next()).await {
                Ok(Some(Ok(chunk))) if chunk.is_empty() => continue,
                Ok(Some(Ok(chunk))) => {
                    self.at += chunk.len() as u64;
                    return Ok(chunk);
                }
                Ok(Some(Err(_)) | None) => StoreError::Cut { at: self.at },
                Err(_) => StoreError::TimedOut,
            };
            self.resume(error).await?;
        }
        Ok(Bytes::new())
    }

    /// Asks for the rest, after `error`.
    async fn resume(&mut self, mut error: StoreError) -> Result<(), StoreError> {
        let Some(options) = self.rest() else {
            return Err(error);
        };
        loop {
            if !self.tries.go_on().await {
                return Err(error);
            }
            let attempt = self.store.get_opts(&self.path, options.clone());
            match self.tries.once(self.first_byte(), attempt).await {
                Ok(rest) => return self.go_on_with(rest),
                Err(Fault {
                    again: true,
                    error: StoreError::Failed(_),
                }) => {
                    error = StoreError::Cut { at: self.at };
                }
                Err(Fault {
                    again: true,
                    error: last,
                }) => error = last,
                Err(Fault { error: last, .. }) => {
                    return Err(match last {
                        // It was there.
                        StoreError::Missing => StoreError::Changed,
                        StoreError::Unsupported(_) => StoreError::Cut { at: self.at },
                        last => last,
                    });
                }
            }
        }
    }

    /// How the rest is asked for, so that it can only be the same object's; none if nothing
    /// tells that. A weak `ETag` does not (RFC 9110, 13.1.1).
    fn rest(&self) -> Option<GetOptions> {
        let mut options = GetOptions {
            range: Some((self.at..self.meta.size).into()),
            ..GetOptions::default()
        };
        match &self.meta.e_tag {
            Some(etag) if !etag.starts_with("W/") => options.if_match = Some(etag.clone()),
            _ if has_last_modified(&self.meta) => {
                options.if_unmodified_since = Some(self.meta.last_modified);
            }
            _ => return None,
        }
        Some(options)
    }

    fn go_on_with(&mut self, rest: GetResult) -> Result<(), StoreError> {
        let is_same = rest.meta.e_tag == self.meta.e_tag
            && rest.meta.last_modified == self.meta.last_modified
            && rest.meta.size == self.meta.size;
        if !is_same {
            return Err(StoreError::Changed);
        }
        self.stream = match rest.payload {
            GetResultPayload::Stream(stream) => stream,
            // Files are read directly, not here.
            _ => return Err(StoreError::Cut { at: self.at }),
        };
        Ok(())
    }

    const fn first_byte(&self) -> Duration {
        self.patience.first_byte
    }
}

/// Whether the server said when it was changed: `object_store` puts 1970 where not.
pub(super) fn has_last_modified(meta: &ObjectMeta) -> bool {
    meta.last_modified.timestamp() != 0
}
