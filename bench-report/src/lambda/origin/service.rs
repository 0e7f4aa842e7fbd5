//! One connection: its handshake, its requests, and what is seen of them.

use std::sync::Arc;

use http::{Method, Request, Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use s3s::service::S3Service;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::{
    body::{Paced, Witness, whole},
    shape::{Schedule, handshake_delay, wait_until},
};
use crate::{
    lambda::{
        clock::{self, Clock},
        seen::{Sightings, What},
    },
    sample,
};

/// What answers, and how far away it is.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) s3: S3Service,
    pub(crate) shape: sample::Origin,
    pub(crate) clock: Arc<Clock>,
    pub(crate) sightings: Arc<Sightings>,
}

impl Service {
    /// Answers one connection's requests until it ends.
    pub(crate) async fn converse(self, stream: TcpStream, acceptor: TlsAcceptor) {
        let handshake = clock::time() + handshake_delay(&self.shape);
        // Chunks go out as they are due. Without it they come a little later.
        let _ = stream.set_nodelay(true);
        if wait_until(handshake).await.is_err() {
            return;
        }
        // Whoever does not trust the certificate goes away here.
        let Ok(stream) = acceptor.accept(stream).await else {
            return;
        };
        let answer = service_fn(|request| self.answer(request));
        // The client may go away whenever it likes.
        let _ = http1::Builder::new()
            .serve_connection(TokioIo::new(stream), answer)
            .await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Paced>, s3s::HttpError> {
        let schedule = Schedule::new(&self.shape, clock::time());
        let witness = names_object(&request).then(|| Witness {
            clock: self.clock.clone(),
            sightings: self.sightings.clone(),
        });
        if let Some(witness) = &witness {
            witness.sees(What::Asked);
        }
        let (head, body) = hyper::service::Service::call(&self.s3, request)
            .await?
            .into_parts();
        let bytes = whole(body).await;
        let witness = witness.filter(|_| head.status.is_success());
        // It fails where the runtime ends, and this with it.
        let _ = wait_until(schedule.head()).await;
        Ok(Response::from_parts(
            head,
            Paced::new(bytes, schedule, witness),
        ))
    }
}

/// Whether it asks for an object's bytes: `GET /bucket/key`.
fn names_object(request: &Request<Incoming>) -> bool {
    let path = request.uri().path().trim_start_matches('/');
    let names_key = path.split_once('/').is_some_and(|(_, key)| !key.is_empty());
    request.method() == Method::GET && names_key
}
