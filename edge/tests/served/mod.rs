//! A server in this process, over a store in memory, and raw HTTP to it.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::{
    collections::BTreeMap,
    io::{Cursor, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use bytes::Bytes;
use edgepix::{
    clock::SystemClock,
    config::Config,
    event::cloudfront::{Origin, OriginServer},
    key::Key,
    server::{Served, Server, Settings, Stopper},
    store::{Facts, Get, Object, Put, Store, StoreError},
};

/// Objects in memory, with a gate before them that a test may close, and a count of how
/// often they were asked for.
#[derive(Default)]
pub(crate) struct Shelf {
    pub(crate) objects: Mutex<BTreeMap<String, Thing>>,
    pub(crate) asked: AtomicUsize,
    pub(crate) opened: AtomicUsize,
    /// Whether it can be listed at all.
    pub(crate) unlisted: AtomicBool,
    /// Whether opening the next object panics.
    pub(crate) panics: AtomicBool,
    closed: Mutex<bool>,
    gate: Condvar,
}

/// An object.
#[derive(Clone, Default)]
pub(crate) struct Thing {
    pub(crate) bytes: Bytes,
    pub(crate) content_type: Option<String>,
    pub(crate) cache_control: Option<String>,
    pub(crate) etag: String,
    /// How many of its bytes arrive before it breaks off.
    pub(crate) cut_at: Option<usize>,
}

impl Shelf {
    pub(crate) fn with(things: impl IntoIterator<Item = (&'static str, Thing)>) -> Arc<Self> {
        let objects = things.into_iter().map(|(key, thing)| (key.into(), thing));
        Arc::new(Self {
            objects: Mutex::new(objects.collect()),
            ..Self::default()
        })
    }

    /// Lets nobody through from now on.
    pub(crate) fn close(&self) {
        *self.closed.lock().unwrap() = true;
    }

    /// Lets everybody through.
    pub(crate) fn open_gate(&self) {
        *self.closed.lock().unwrap() = false;
        self.gate.notify_all();
    }

    /// Comes back when this many have asked for facts.
    pub(crate) fn wait_until_asked(&self, times: usize) {
        while self.asked.load(Ordering::SeqCst) < times {
            thread::yield_now();
        }
    }
}

impl Thing {
    pub(crate) fn new(content_type: &str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            etag: format!("\"{}\"", bytes.len()),
            bytes,
            content_type: Some(content_type.into()),
            ..Self::default()
        }
    }

    pub(crate) fn kept(self, cache_control: &str) -> Self {
        Self {
            cache_control: Some(cache_control.into()),
            ..self
        }
    }
}

impl Store for Shelf {
    fn open(&self, key: &Key, get: &Get) -> Result<Object, StoreError> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        let panics = self.panics.swap(false, Ordering::SeqCst);
        assert!(!panics, "as the test wants it");
        let objects = self.objects.lock().unwrap();
        let thing = objects.get(key.as_str()).ok_or(StoreError::Missing)?;
        if get
            .if_match
            .as_ref()
            .is_some_and(|etag| *etag != thing.etag)
        {
            return Err(StoreError::Changed);
        }
        let arriving = thing
            .bytes
            .slice(..thing.cut_at.unwrap_or(thing.bytes.len()));
        Ok(Object {
            facts: facts(thing),
            body: Box::new(Cursor::new(arriving)),
        })
    }

    fn facts(&self, key: &Key, _: &Get) -> Result<Facts, StoreError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut closed = self.closed.lock().unwrap();
        while *closed {
            closed = self.gate.wait(closed).unwrap();
        }
        drop(closed);
        let objects = self.objects.lock().unwrap();
        match key.as_str() {
            "forbidden.jpg" => Err(StoreError::Forbidden),
            "busy.jpg" => Err(StoreError::Busy),
            key => objects.get(key).map(facts).ok_or(StoreError::Missing),
        }
    }

    fn put(&self, _: &Key, _: Bytes, _: &Put) -> Result<Option<String>, StoreError> {
        Err(StoreError::Unsupported("be written"))
    }

    fn list(&self, most: usize) -> Result<Vec<Key>, StoreError> {
        if self.unlisted.load(Ordering::SeqCst) {
            return Err(StoreError::Unsupported("be listed"));
        }
        let objects = self.objects.lock().unwrap();
        let keys = objects.keys().take(most);
        Ok(keys.filter_map(|key| Key::new(key).ok()).collect())
    }
}

fn facts(thing: &Thing) -> Facts {
    Facts {
        bytes: thing.bytes.len() as u64,
        etag: Some(thing.etag.clone()),
        last_modified: None,
        content_type: thing.content_type.clone(),
        content_encoding: None,
        cache_control: thing.cache_control.clone(),
    }
}

/// A server that runs until this is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) stopper: Stopper,
    thread: Option<thread::JoinHandle<()>>,
}

impl Running {
    pub(crate) fn new(shelf: &Arc<Shelf>, settings: Settings) -> Self {
        Self::with_config(shelf, settings, Config::default())
    }

    pub(crate) fn with_config(shelf: &Arc<Shelf>, settings: Settings, config: Config) -> Self {
        let served = Served {
            store: Arc::clone(shelf) as Arc<dyn Store>,
            origin: Origin::Custom(OriginServer {
                domain_name: "localhost".into(),
                ..OriginServer::default()
            }),
            config,
            clock: Arc::new(SystemClock),
        };
        let server = Server::bind("127.0.0.1:0", served, settings).expect("a port is free");
        let (address, stopper) = (server.address(), server.stopper());
        let thread = thread::spawn(move || server.run());
        Self {
            address,
            stopper,
            thread: Some(thread),
        }
    }

    /// Stops it, and comes back when it has ended.
    pub(crate) fn end(&mut self) {
        self.stopper.stop();
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it ends well");
        }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("it listens");
        let patience = Some(Duration::from_secs(60));
        stream.set_read_timeout(patience).expect("a time");
        stream
    }

    /// Sends a request for a path on a connection of its own and reads all of the answer.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str) -> Answer {
        let mut stream = self.connect();
        send(&mut stream, method, path, headers);
        receive(stream)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stopper.stop();
    }
}

pub(crate) fn send(stream: &mut TcpStream, method: &str, path: &str, headers: &str) {
    let head =
        format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).expect("it is taken");
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

pub(crate) fn receive(mut stream: TcpStream) -> Answer {
    let mut all = Vec::new();
    stream.read_to_end(&mut all).expect("an answer");
    let end = all.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no head: {:?}", String::from_utf8_lossy(&all)));
    let head = String::from_utf8(all[..end].to_vec()).expect("text");
    Answer {
        status: head[9..12].parse().expect("a status"),
        head,
        body: all[end + 4..].to_vec(),
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn cache(&self) -> &str {
        self.header("x-cache").unwrap_or("none")
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
