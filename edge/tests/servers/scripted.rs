//! An HTTP server that does what a test tells it, byte for byte: answers, breaks off,
//! or says nothing until the client has gone.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::Receiver,
    },
    thread,
};

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Such as `GET /a?b`.
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// As text.
    pub(crate) body: String,
}

impl Asked {
    /// A header's value; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        let header = self.headers.iter().find(|(known, _)| known == name);
        header.map_or("", |(_, value)| value)
    }
}

/// What the server does next.
pub(crate) enum Step {
    /// Sends bytes.
    Send(Vec<u8>),
    /// Waits until the test says so.
    Wait(Receiver<()>),
    /// Sends nothing until the client has closed the connection.
    Stall,
    /// Closes the connection.
    Close,
}

/// An answer with `body`, said to be `length` bytes long.
pub(crate) fn answer(status: u16, headers: &str, length: usize, body: &[u8]) -> Step {
    let head = format!("HTTP/1.1 {status} Status\r\ncontent-length: {length}\r\n{headers}\r\n");
    Step::Send([head.as_bytes(), body].concat())
}

type Script = dyn Fn(usize, &Asked) -> Vec<Step> + Send + Sync;

/// A running server; dropping it stops it.
pub(crate) struct Scripted {
    /// Its URL, without a slash at its end.
    pub(crate) url: String,
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    over: Arc<AtomicBool>,
    connections: Arc<AtomicUsize>,
}

impl Scripted {
    /// Starts a server that does what `script` says of a request and its number, from 0.
    pub(crate) fn start(
        script: impl Fn(usize, &Asked) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        Self::start_with_resets(0, script)
    }

    /// The same, but the first `resets` connections are reset after the request.
    pub(crate) fn start_with_resets(
        resets: usize,
        script: impl Fn(usize, &Asked) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let over = Arc::new(AtomicBool::new(false));
        let script: Arc<Script> = Arc::new(script);
        let connections = Arc::new(AtomicUsize::new(0));
        let (log, end) = (Arc::clone(&asked), Arc::clone(&over));
        let count = Arc::clone(&connections);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                if end.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                count.fetch_add(1, Ordering::SeqCst);
                if number < resets {
                    // Closed with bytes unread, a connection is reset, not ended.
                    let _ = stream.peek(&mut [0]);
                    continue;
                }
                let (log, script) = (Arc::clone(&log), Arc::clone(&script));
                thread::spawn(move || serve(&stream, &log, &*script));
            }
        });
        Self {
            url: format!("http://{address}"),
            address,
            asked,
            over,
            connections,
        }
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // Wakes the server up, so that it sees that.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: &TcpStream, log: &Mutex<Vec<Asked>>, script: &Script) {
    let mut reader = BufReader::new(stream);
    while let Some(asked) = read(&mut reader) {
        let number = {
            let mut log = log.lock().unwrap();
            log.push(asked.clone());
            log.len() - 1
        };
        for step in script(number, &asked) {
            match step {
                Step::Send(bytes) => {
                    if (&*stream).write_all(&bytes).is_err() {
                        return;
                    }
                }
                Step::Wait(until) => drop(until.recv()),
                Step::Stall => drop((&*stream).read(&mut [0])),
                Step::Close => return,
            }
        }
    }
}

/// The next request.
fn read(reader: &mut impl BufRead) -> Option<Asked> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let headers = lines[1..].iter().filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    });
    let mut asked = Asked {
        line: lines[0].trim_end_matches(" HTTP/1.1").to_owned(),
        headers: headers.collect(),
        body: String::new(),
    };
    let length = asked.header("content-length").parse().unwrap_or(0);
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body).ok()?;
    asked.body = String::from_utf8_lossy(&body).into_owned();
    Some(asked)
}
