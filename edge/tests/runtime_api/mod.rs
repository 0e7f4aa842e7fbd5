//! Lambda's Runtime API for tests (AWS Lambda Developer Guide, "Using the Lambda runtime
//! API"): hands out given events in their order, keeps what it is told, and then lets the
//! runtime wait, as Lambda does.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use serde_json::Value;

const VERSION: &str = "/2018-06-01/runtime";

/// Longer than any start takes on a busy machine: it ends tests that would hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A Runtime API on loopback. Its threads end with the process of the test.
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    said: Receiver<Said>,
}

/// What a runtime said.
#[derive(Debug)]
pub(crate) enum Said {
    /// It asked for an event.
    Next {
        /// When.
        at: Instant,
    },
    /// It answered one.
    Response {
        /// With this.
        body: Value,
        /// When the last byte of it was there.
        at: Instant,
    },
    /// It streamed an answer.
    #[allow(dead_code, reason = "only one of the tests that share this streams")]
    Streamed {
        /// What came before the body: status and headers.
        head: Value,
        /// The body.
        body: Vec<u8>,
    },
    /// It failed to answer one.
    #[allow(
        dead_code,
        reason = "one of the tests that share this only shows it when it fails"
    )]
    Error(Value),
    /// It cannot answer any.
    #[allow(
        dead_code,
        reason = "one of the tests that share this only shows it when it fails"
    )]
    InitError(Value),
    /// It did what the Runtime API does not allow.
    #[allow(
        dead_code,
        reason = "one of the tests that share this only shows it when it fails"
    )]
    Nonsense(String),
}

impl RuntimeApi {
    /// Starts one that has these events, on a port that is free.
    pub(crate) fn start(events: impl IntoIterator<Item = Value, IntoIter: Send + 'static>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let (sender, said) = mpsc::channel();
        let state = Arc::new(Mutex::new(State {
            events: Box::new(events.into_iter()),
            served: 0,
        }));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, sender) = (Arc::clone(&state), sender.clone());
                // A peer that goes away has said what it had to.
                thread::spawn(move || drop(converse(&stream, &state, &sender)));
            }
        });
        Self { address, said }
    }

    /// What `AWS_LAMBDA_RUNTIME_API` is to be.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Waits for the next thing that is said.
    #[track_caller]
    pub(crate) fn said(&self) -> Said {
        self.said
            .recv_timeout(PATIENCE)
            .expect("the runtime says something in time")
    }

    /// Waits until an event is asked for, and returns when it was.
    #[track_caller]
    pub(crate) fn next(&self) -> Instant {
        match self.said() {
            Said::Next { at } => at,
            other => panic!("the runtime should have asked for an event, not {other:?}"),
        }
    }

    /// Waits for an answer, and returns it and when it was there.
    #[track_caller]
    pub(crate) fn response(&self) -> (Value, Instant) {
        match self.said() {
            Said::Response { body, at } => (body, at),
            other => panic!("the runtime should have answered, not {other:?}"),
        }
    }
}

struct State {
    /// The runtime waits as long as they do.
    events: Box<dyn Iterator<Item = Value> + Send>,
    /// How many were handed out; the number of the last is its request's id.
    served: usize,
}

/// Serves one connection until its peer closes it.
fn converse(stream: &TcpStream, state: &Mutex<State>, said: &Sender<Said>) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    while let Some(request) = Request::read(&mut reader)? {
        let Some(path) = request.path.strip_prefix(VERSION) else {
            nonsense(said, &request);
            return Ok(());
        };
        if (request.method.as_str(), path) == ("GET", "/invocation/next") {
            let _ = said.send(Said::Next { at: Instant::now() });
            let Some((head, event)) = next(state) else {
                // Nothing happens for ever, or until the peer goes away.
                let _ = reader.read(&mut [0]);
                return Ok(());
            };
            reply(stream, "200 OK", &head, &event)?;
            continue;
        }
        let id = format!("{:036}", state.lock().expect("no thread panics").served);
        let invocation = path.strip_prefix(&format!("/invocation/{id}"));
        let body = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        let at = Instant::now();
        let what = match (request.method.as_str(), invocation, path) {
            ("POST", Some("/response"), _) if request.streams => streamed(&request.body),
            ("POST", Some("/response"), _) => Said::Response { body, at },
            ("POST", Some("/error"), _) => Said::Error(body),
            ("POST", _, "/init/error") => Said::InitError(body),
            _ => {
                nonsense(said, &request);
                return Ok(());
            }
        };
        // Optional to send, but wrong values are refused.
        if request.invocation.as_ref().is_some_and(|echo| *echo != id) {
            nonsense(said, &request);
            return Ok(());
        }
        let _ = said.send(what);
        reply(stream, "202 Accepted", "", r#"{"status":"OK"}"#)?;
    }
    Ok(())
}

/// A streamed answer: JSON, eight zeros, and the body.
fn streamed(text: &[u8]) -> Said {
    let end = text.windows(8).position(|window| window == [0; 8]);
    let (head, body) = text.split_at(end.unwrap_or(text.len()));
    match serde_json::from_slice(head) {
        Ok(head) if !body.is_empty() => Said::Streamed {
            head,
            body: body[8..].to_vec(),
        },
        _ => Said::Nonsense("a stream without a head".into()),
    }
}

fn nonsense(said: &Sender<Said>, request: &Request) {
    let what = format!("{} {}", request.method, request.path);
    let _ = said.send(Said::Nonsense(what));
}

/// The next event's headers and text.
fn next(state: &Mutex<State>) -> Option<(String, String)> {
    let mut state = state.lock().expect("no thread panics");
    let event = state.events.next()?.to_string();
    state.served += 1;
    let deadline = SystemTime::now() + Duration::from_secs(30);
    let deadline = deadline
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("it is after 1970");
    let head = format!(
        "Lambda-Runtime-Aws-Request-Id: {id:036}\r\n\
         Lambda-Runtime-Invocation-Id: {id:036}\r\n\
         Lambda-Runtime-Deadline-Ms: {}\r\n\
         Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:edgepix:1\r\n\
         Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700\r\n",
        deadline.as_millis(),
        id = state.served,
    );
    Some((head, event))
}

fn reply(mut stream: &TcpStream, status: &str, head: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    // In one piece: two would wait for each other (Nagle).
    let text = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{head}\r\n{body}"
    );
    stream.write_all(text.as_bytes())
}

/// A request over HTTP/1.1, whole.
struct Request {
    method: String,
    path: String,
    /// What it says of which invocation it means.
    invocation: Option<String>,
    /// Whether it said that its body is streamed.
    streams: bool,
    body: Vec<u8>,
}

impl Request {
    /// Reads one; none if the peer has closed the connection. Bodies come with their
    /// length, or in chunks (RFC 9112, 7.1).
    fn read(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split(' ').map(str::to_owned);
        let (method, path) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        );
        let (mut length, mut invocation) = (0, None);
        let (mut chunked, mut streams) = (false, false);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().unwrap_or(0),
                "transfer-encoding" => chunked = value.trim() == "chunked",
                "lambda-runtime-function-response-mode" => streams = value.trim() == "streaming",
                "lambda-runtime-invocation-id" => invocation = Some(value.trim().to_owned()),
                _ => {}
            }
        }
        let body = match chunked {
            true => chunks(reader)?,
            false => {
                let mut body = vec![0; length];
                reader.read_exact(&mut body)?;
                body
            }
        };
        Ok(Some(Self {
            method,
            path,
            invocation,
            streams,
            body,
        }))
    }
}

/// A body in chunks; one that breaks off is an error.
fn chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim_end(), 16).map_err(io::Error::other)?;
        let start = body.len();
        body.resize(start + length, 0);
        reader.read_exact(&mut body[start..])?;
        // The end of the chunk's line, and for the last one that of the trailers.
        line.clear();
        while reader.read_line(&mut line)? > 2 {
            line.clear();
        }
        if length == 0 {
            return Ok(body);
        }
    }
}
