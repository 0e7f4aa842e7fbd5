//! Lambda's Runtime API (AWS Lambda Developer Guide, "Using the Lambda runtime API"), for one
//! environment. What the runtime says arrives as messages, each with the moment it happened, in the
//! order in which it happened.

use std::{
    convert::Infallible,
    net::{SocketAddr, TcpListener},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    runtime::Handle,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::{AbortHandle, JoinSet},
};

use super::{
    answered::{self, Answered},
    clock::{Clock, Moment},
};

/// All paths begin with it.
const VERSION: &str = "/2018-06-01/runtime";

/// What a runtime said, or was told.
#[derive(Debug)]
pub(super) enum Said {
    /// It asked for an event; its question was read.
    Polled(Moment),
    /// It is about to get one: the next step is to write it.
    HandedOut(Moment),
    /// It answered, or told an error; the last byte was read.
    Answered(Answered, Moment),
    /// It cannot answer anything, and told why.
    InitFailed(String),
    /// It did what the Runtime API does not allow: what, and what that was answered with.
    Nonsense(String),
}

/// What a function is called with.
#[derive(Clone, Debug)]
pub(super) struct Event {
    /// Names the invocation.
    pub(super) id: String,
    pub(super) body: Bytes,
    /// When the function's time is up.
    pub(super) deadline: SystemTime,
}

/// A Runtime API on a port of loopback, until it is dropped.
pub(super) struct Api {
    address: SocketAddr,
    events: UnboundedSender<Event>,
    said: Receiver<Said>,
    serving: AbortHandle,
}

impl Api {
    /// Starts one that reads `clock`.
    ///
    /// # Errors
    ///
    /// If no port is free.
    pub(super) fn start(runtime: &Handle, clock: Arc<Clock>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("opening the Runtime API")?;
        let address = listener
            .local_addr()
            .context("asking for the Runtime API's port")?;
        listener
            .set_nonblocking(true)
            .context("preparing the Runtime API")?;
        let (events, waiting) = unbounded_channel();
        let (said, hears) = mpsc::channel();
        let environment = Arc::new(Environment {
            clock,
            events: tokio::sync::Mutex::new(waiting),
            said,
            phase: Mutex::new(Phase::Starting),
        });
        let _inside = runtime.enter();
        let listener =
            tokio::net::TcpListener::from_std(listener).context("preparing the Runtime API")?;
        let serving = runtime.spawn(serve(listener, environment));
        Ok(Self {
            address,
            events,
            said: hears,
            serving: serving.abort_handle(),
        })
    }

    /// What `AWS_LAMBDA_RUNTIME_API` is to be.
    pub(super) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Has the next question for an event answered with this one.
    pub(super) fn hand_out(&self, event: Event) {
        // It fails if the tokio runtime has ended, and then nothing will ever be said: the function
        // is late.
        let _ = self.events.send(event);
    }

    /// What is said next, if it is within this time.
    pub(super) fn said(&self, within: Duration) -> Option<Said> {
        self.said.recv_timeout(within).ok()
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Accepts connections. Their tasks end with this one's.
async fn serve(listener: tokio::net::TcpListener, environment: Arc<Environment>) {
    let mut connections = JoinSet::new();
    loop {
        // What fails is one connection, whose peer has gone again.
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let environment = Arc::clone(&environment);
        connections.spawn(async move {
            // Events and answers in several pieces must not wait for each other.
            let _ = stream.set_nodelay(true);
            let service = service_fn(|request| answer(Arc::clone(&environment), request));
            // A peer that goes away has said what it had to.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// The environment whose runtime speaks to us.
struct Environment {
    clock: Arc<Clock>,
    events: tokio::sync::Mutex<UnboundedReceiver<Event>>,
    said: Sender<Said>,
    phase: Mutex<Phase>,
}

/// What the runtime may do next.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// Ask for its first event, or tell that it cannot.
    Starting,
    /// Answer the one it has.
    Busy(String),
    /// Ask for the next.
    Answered(String),
}

type Reply = Response<Full<Bytes>>;

async fn answer(
    environment: Arc<Environment>,
    request: Request<Incoming>,
) -> Result<Reply, Infallible> {
    let what = format!("{} {}", request.method(), request.uri().path());
    Ok(match environment.route(request).await {
        Ok(reply) => reply,
        Err(refusal) => {
            environment.say(Said::Nonsense(format!(
                "{what}: {} {}",
                refusal.status.as_u16(),
                refusal.kind
            )));
            refusal.reply()
        }
    })
}

/// Why something is not done, in the Runtime API's words.
struct Refusal {
    status: StatusCode,
    kind: &'static str,
}

const UNKNOWN_PATH: Refusal = Refusal {
    status: StatusCode::NOT_FOUND,
    kind: "NotFound",
};
const UNKNOWN_METHOD: Refusal = Refusal {
    status: StatusCode::METHOD_NOT_ALLOWED,
    kind: "MethodNotAllowed",
};
const UNKNOWN_ID: Refusal = Refusal {
    status: StatusCode::BAD_REQUEST,
    kind: "InvalidRequestID",
};
const WRONG_TIME: Refusal = Refusal {
    status: StatusCode::FORBIDDEN,
    kind: "InvalidStateTransition",
};
/// A body that broke off.
const BROKEN_BODY: Refusal = Refusal {
    status: StatusCode::BAD_REQUEST,
    kind: "TruncatedBody",
};
/// An answer to an invocation of the same id that is over (`Lambda-Runtime-Invocation-Id`).
const WRONG_INVOCATION: Refusal = Refusal {
    status: StatusCode::GONE,
    kind: "ErrorRuntimeInvokeTimeout",
};

impl Refusal {
    fn reply(&self) -> Reply {
        let kind = self.kind;
        let text = serde_json::json!({ "errorMessage": kind, "errorType": kind });
        json(self.status, text.to_string())
    }
}

impl Environment {
    async fn route(&self, request: Request<Incoming>) -> Result<Reply, Refusal> {
        let path = request.uri().path().to_owned();
        let path = path.strip_prefix(VERSION).ok_or(UNKNOWN_PATH)?;
        let needs = |method| {
            (request.method() == method)
                .then_some(())
                .ok_or(UNKNOWN_METHOD)
        };
        match path {
            "/invocation/next" => {
                needs(Method::GET)?;
                self.next().await
            }
            "/init/error" => {
                needs(Method::POST)?;
                self.init_error(request).await
            }
            _ => {
                let invocation = path.strip_prefix("/invocation/").ok_or(UNKNOWN_PATH)?;
                let (id, verb) = invocation.split_once('/').ok_or(UNKNOWN_PATH)?;
                if !["response", "error"].contains(&verb) {
                    return Err(UNKNOWN_PATH);
                }
                needs(Method::POST)?;
                self.must_be_answering(id, request.headers())?;
                let read = match verb {
                    "response" => answered::response(request).await,
                    _ => answered::error(request).await,
                };
                let (status, answered) = read.ok_or(BROKEN_BODY)?;
                let at = self.clock.now();
                self.enter(Phase::Answered(id.to_owned()));
                self.say(Said::Answered(answered, at));
                Ok(json(status, r#"{"status":"OK"}"#.to_owned()))
            }
        }
    }

    /// Waits as long as there is no event.
    async fn next(&self) -> Result<Reply, Refusal> {
        let at = self.clock.now();
        if matches!(self.phase(), Phase::Busy(_)) {
            return Err(WRONG_TIME);
        }
        self.say(Said::Polled(at));
        let Some(event) = self.events.lock().await.recv().await else {
            // The environment is being given up, and this connection with it.
            return std::future::pending().await;
        };
        self.enter(Phase::Busy(event.id.clone()));
        let deadline = event.deadline.duration_since(UNIX_EPOCH);
        let reply = Response::builder()
            .header("Content-Type", "application/json")
            .header("Lambda-Runtime-Aws-Request-Id", &event.id)
            .header("Lambda-Runtime-Invocation-Id", &event.id)
            .header(
                "Lambda-Runtime-Deadline-Ms",
                deadline.unwrap_or_default().as_millis().to_string(),
            )
            .header(
                "Lambda-Runtime-Invoked-Function-Arn",
                "arn:aws:lambda:us-east-1:123456789012:function:image:1",
            )
            .header(
                "Lambda-Runtime-Trace-Id",
                "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
            )
            .body(Full::new(event.body))
            .map_err(|_| UNKNOWN_ID)?;
        self.say(Said::HandedOut(self.clock.now()));
        Ok(reply)
    }

    async fn init_error(&self, request: Request<Incoming>) -> Result<Reply, Refusal> {
        if self.phase() != Phase::Starting {
            return Err(WRONG_TIME);
        }
        let (_, answered) = answered::error(request).await.ok_or(BROKEN_BODY)?;
        if let Answered::Error(why) = answered {
            self.say(Said::InitFailed(why));
        }
        Ok(json(StatusCode::ACCEPTED, r#"{"status":"OK"}"#.to_owned()))
    }

    /// Whether this is the invocation to answer now.
    fn must_be_answering(&self, id: &str, headers: &HeaderMap) -> Result<(), Refusal> {
        match self.phase() {
            Phase::Busy(current) if current == id => {}
            Phase::Answered(last) if last == id => return Err(WRONG_TIME),
            _ => return Err(UNKNOWN_ID),
        }
        let echo = headers.get("Lambda-Runtime-Invocation-Id");
        if echo.is_some_and(|echo| echo.as_bytes() != id.as_bytes()) {
            return Err(WRONG_INVOCATION);
        }
        Ok(())
    }

    fn phase(&self) -> Phase {
        let phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        phase.clone()
    }

    fn enter(&self, phase: Phase) {
        *self.phase.lock().unwrap_or_else(PoisonError::into_inner) = phase;
    }

    fn say(&self, said: Said) {
        // Nobody listens any more when the environment is being given up.
        let _ = self.said.send(said);
    }
}

fn json(status: StatusCode, text: String) -> Reply {
    let mut reply = Response::new(Full::new(text.into()));
    *reply.status_mut() = status;
    let json = http::HeaderValue::from_static("application/json");
    reply.headers_mut().insert(http::header::CONTENT_TYPE, json);
    reply
}

#[cfg(test)]
pub(super) mod tests;
