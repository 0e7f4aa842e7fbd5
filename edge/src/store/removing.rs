//! Removals, in as few requests as a store knows: a thousand objects each at S3.

use std::time::Instant;

use futures_util::{StreamExt, stream};
use object_store::path::Path;

use super::{
    StoreError,
    objects::{Kind, Objects},
    retry::{Fault, Tries},
};
use crate::key::Key;

/// Objects of one request (Amazon S3 API Reference, `DeleteObjects`).
const AT_ONCE: usize = 1000;

/// An outcome for each key, in their order.
type Outcomes = Vec<Result<(), StoreError>>;

/// See [`Store::remove`](super::Store::remove).
pub(super) fn removed(objects: &Objects, keys: &[Key], deadline: Option<Instant>) -> Outcomes {
    if matches!(objects.kind, Kind::Http) {
        let unsupported = |_| Err(StoreError::Unsupported("remove objects"));
        return keys.iter().map(unsupported).collect();
    }
    let mut outcomes: Outcomes = Vec::with_capacity(keys.len());
    let mut waiting = Vec::new();
    for (place, key) in keys.iter().enumerate() {
        let path = objects.path(key);
        outcomes.push(path.as_ref().map(|_| ()).map_err(Clone::clone));
        waiting.extend(path.ok().map(|path| (place, path)));
    }
    for chunk in waiting.chunks(AT_ONCE) {
        let tries = Tries::of_operation(objects.patience, deadline);
        objects
            .runtime
            .block_on(chunk_removed(objects, chunk.to_vec(), tries, &mut outcomes));
    }
    outcomes
}

/// Removes the objects of one request, and those again that it leaves for a passing reason.
async fn chunk_removed(
    objects: &Objects,
    mut waiting: Vec<(usize, Path)>,
    mut tries: Tries,
    outcomes: &mut Outcomes,
) {
    loop {
        let paths = waiting.iter().map(|(_, path)| Ok(path.clone()));
        let paths = stream::iter(paths.collect::<Vec<_>>()).boxed();
        let attempt = async { Ok(objects.store.delete_stream(paths).collect::<Vec<_>>().await) };
        let answers = match tries.once(objects.patience.first_byte, attempt).await {
            Ok(answers) => answers
                .into_iter()
                .map(|answer| fault_of(answer, &objects.kind))
                .collect(),
            Err(fault) => vec![Some(fault)],
        };
        let mut again = Vec::new();
        for (number, (place, path)) in waiting.into_iter().enumerate() {
            // A request that fails as a whole has one answer for all its objects.
            let answer = answers.get(number).or(answers.last());
            let fault = answer.and_then(Option::as_ref);
            outcomes[place] = fault.map_or(Ok(()), |fault| Err(fault.error.clone()));
            if fault.is_some_and(|fault| fault.again) {
                again.push((place, path));
            }
        }
        if again.is_empty() || !tries.go_on().await {
            return;
        }
        waiting = again;
    }
}

/// Why an object is not removed, if it is not.
fn fault_of(answer: object_store::Result<Path>, kind: &Kind) -> Option<Fault> {
    let fault = Fault::of(&answer.err()?);
    let detail = match (&fault.error, kind) {
        // Of S3 it would be the bucket.
        (StoreError::Missing, Kind::Folder(_) | Kind::Memory) => return None,
        (StoreError::Failed(detail), _) => detail,
        _ => return Some(fault),
    };
    // An answer with a server's error of some object is taken for one of them all by
    // `object_store`. Removing the others again does no harm.
    if detail.starts_with("Server returned error response") {
        let error = StoreError::Failed("it answered with an error of its own".into());
        return Some(Fault { error, again: true });
    }
    // What `DeleteObjects` says of one object has its code at the end.
    let (error, again) = match detail.rsplit_once("(code: ").map(|(_, code)| code) {
        Some("AccessDenied)") => (StoreError::Forbidden, false),
        Some("ServiceUnavailable)") => (StoreError::Busy, true),
        _ => return Some(fault),
    };
    Some(Fault { error, again })
}
