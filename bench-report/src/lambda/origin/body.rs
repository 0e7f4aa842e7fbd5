//! A body that comes as slowly as it is due.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, SizeHint};

use super::shape::{Schedule, chunk, wait_until};
use crate::lambda::{
    clock::Clock,
    seen::{Sightings, What},
};

/// Whoever is told of the first byte and the last.
pub(crate) struct Witness {
    pub(crate) clock: Arc<Clock>,
    pub(crate) sightings: Arc<Sightings>,
}

impl Witness {
    /// Tells of something that happens now.
    pub(crate) fn sees(&self, what: What) {
        self.sightings.add(what, self.clock.now());
    }
}

/// A body that is there, handed over by and by. Whoever takes it late gets at once what was due
/// meanwhile, as fast as its connection takes it.
pub(crate) struct Paced {
    left: Bytes,
    handed_bytes: usize,
    schedule: Schedule,
    witness: Option<Witness>,
    waiting: Option<Waiting>,
}

type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Paced {
    /// `bytes` by `schedule`.
    pub(crate) fn new(bytes: Bytes, schedule: Schedule, witness: Option<Witness>) -> Self {
        Self {
            left: bytes,
            handed_bytes: 0,
            schedule,
            witness,
            waiting: None,
        }
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let body = self.get_mut();
        let bytes = chunk(body.left.len());
        if bytes == 0 {
            return Poll::Ready(None);
        }
        let due = body.schedule.body(body.handed_bytes + bytes);
        let waiting = body.waiting.get_or_insert_with(|| {
            // It fails where the runtime ends, and this with it.
            Box::pin(async move { wait_until(due).await.unwrap_or_default() })
        });
        ready!(waiting.as_mut().poll(context));
        body.waiting = None;
        if let Some(witness) = &body.witness {
            if body.handed_bytes == 0 {
                witness.sees(What::FirstByte);
            }
            if bytes == body.left.len() {
                witness.sees(What::LastByte);
            }
        }
        body.handed_bytes += bytes;
        Poll::Ready(Some(Ok(Frame::data(body.left.split_to(bytes)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}

/// All of a body that is in memory already.
pub(crate) async fn whole(body: s3s::Body) -> Bytes {
    // Where it is not whole, its length says so to the client.
    body.collect()
        .await
        .map_or_else(|_| Bytes::new(), http_body_util::Collected::to_bytes)
}
