//! Copies between stores that cannot copy by themselves.

use std::{
    io::{self, Read},
    time::Instant,
};

use super::{Facts, Get, Put, Store, StoreError};
use crate::key::Key;

/// Bytes of the largest object that goes through memory.
const MOST: u64 = 64 * 1024 * 1024;

/// The Content-Type of what has none (RFC 9110, 8.3).
const UNKNOWN: &str = "application/octet-stream";

/// Reads an object of `facts` from one store and puts it into another.
///
/// # Errors
///
/// Why either was not possible.
pub(super) fn through_memory(
    from: &dyn Store,
    to: &(impl Store + ?Sized),
    key: &Key,
    facts: &Facts,
    deadline: Option<Instant>,
) -> Result<(), StoreError> {
    if facts.bytes > MOST {
        return Err(StoreError::Unsupported("copy an object above 64 MiB"));
    }
    if facts.content_encoding.is_some() {
        return Err(StoreError::Unsupported("copy a Content-Encoding"));
    }
    let get = Get {
        deadline,
        if_match: facts.etag.clone(),
    };
    let mut body = Vec::new();
    let mut object = from.open(key, &get)?;
    object.body.read_to_end(&mut body).map_err(cause)?;
    let put = Put {
        deadline,
        content_type: facts.content_type.clone().unwrap_or(UNKNOWN.into()),
        cache_control: facts.cache_control.clone(),
        tags: vec![],
        only_new: false,
    };
    to.put(key, body.into(), &put)?;
    Ok(())
}

/// What a body says of why it ended.
fn cause(error: io::Error) -> StoreError {
    match error.downcast::<StoreError>() {
        Ok(cause) => cause,
        Err(error) => StoreError::Failed(error.kind().to_string()),
    }
}
