//! The store, and invalidations, against a server that breaks off, refuses, stalls and
//! changes its mind.

mod bodies;
mod changes;
mod guard;
mod invalidation;
mod requests;
mod tries;

use std::{
    io::{self, Read},
    sync::Arc,
    time::Duration,
};

use edgepix::{
    config::StoreConfig,
    key::Key,
    store::{
        Get, Object, Store, StoreError, connection::Connection, credentials::Credentials,
        opened::Opened, place::Place, retry::Patience,
    },
};
use tokio::runtime::{Builder, Runtime};

#[path = "../servers/keys.rs"]
mod keys;
#[path = "../servers/scripted.rs"]
mod scripted;

use scripted::{Asked, Scripted, Step, answer};

const FACTS: &str = "etag: \"v1\"\r\nlast-modified: Wed, 21 Oct 2015 07:28:00 GMT\r\n";
const FOREVER: Duration = Duration::from_secs(3600);

/// Tries at once, and as long as it takes.
const PATIENCE: Patience = Patience {
    tries: 5,
    base: Duration::from_millis(1),
    cap: Duration::from_millis(1),
    in_all: FOREVER,
    first_byte: FOREVER,
    stall: FOREVER,
};

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

/// A store that asks a server, and what it waits on.
struct Asker {
    store: Arc<dyn Store>,
    _runtime: Runtime,
}

impl Asker {
    fn of(place: &Place, patience: Patience) -> Self {
        let runtime = runtime();
        let credentials = Credentials {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "the-secret".into(),
            session_token: Some("the-token".into()),
        };
        let opened = Opened::new(
            runtime.handle().clone(),
            Some(credentials),
            Connection::new(),
        );
        Self {
            store: opened.with_patience(patience).at(place).unwrap(),
            _runtime: runtime,
        }
    }

    /// A bucket on the server.
    fn s3(server: &Scripted, patience: Patience) -> Self {
        Self::of(&bucket(server, "photos"), patience)
    }

    /// Another one.
    fn bucket(server: &Scripted, name: &str) -> Self {
        Self::of(&bucket(server, name), PATIENCE)
    }

    /// The server itself.
    fn http(server: &Scripted) -> Self {
        Self::of(
            &Place::typed(&server.url, &StoreConfig::default()).unwrap(),
            PATIENCE,
        )
    }

    fn open(&self) -> Result<Object, StoreError> {
        self.store.open(&key("a.jpg"), &Get::default())
    }

    /// Opens the object and reads all of it.
    fn read(&self, get: &Get) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::new();
        match self
            .store
            .open(&key("a.jpg"), get)?
            .body
            .read_to_end(&mut bytes)
        {
            Ok(_) => Ok(bytes),
            Err(error) => Err(inside(error)),
        }
    }
}

fn bucket(server: &Scripted, name: &str) -> Place {
    let config = StoreConfig {
        endpoint: Some(server.url.clone()),
        ..StoreConfig::default()
    };
    Place::typed(&format!("s3://{name}"), &config).unwrap()
}

fn key(name: &str) -> Key {
    Key::new(name).unwrap()
}

/// The store's error in one of reading, having checked its kind.
fn inside(error: io::Error) -> StoreError {
    let kind = error.kind();
    let error = *error
        .into_inner()
        .unwrap()
        .downcast::<StoreError>()
        .unwrap();
    let expected = match error {
        StoreError::TimedOut => io::ErrorKind::TimedOut,
        _ => io::ErrorKind::Other,
    };
    assert_eq!(kind, expected);
    error
}

fn word<T>(result: Result<T, StoreError>) -> &'static str {
    result.map_or_else(|error| error.word(), |_| "fine")
}

fn slow_down() -> Vec<Step> {
    let body = b"<Error><Code>SlowDown</Code></Error>";
    vec![answer(503, "", body.len(), body)]
}

/// The ten bytes `0123456789`, but only those asked for, and of these no more than `most`.
fn part(asked: &Asked, most: usize) -> Vec<Step> {
    let from = asked
        .header("range")
        .trim_start_matches("bytes=")
        .trim_end_matches("-9");
    let (status, from, range) = match from.parse::<usize>() {
        Ok(from) => (206, from, format!("content-range: bytes {from}-9/10\r\n")),
        Err(_) => (200, 0, String::new()),
    };
    let body = &b"0123456789"[from..];
    let sent = &body[..body.len().min(most)];
    let mut steps = vec![answer(status, &format!("{FACTS}{range}"), body.len(), sent)];
    if sent.len() < body.len() {
        steps.push(Step::Close);
    }
    steps
}
