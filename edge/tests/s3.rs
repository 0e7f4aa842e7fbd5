//! The store against a real S3 server.

use std::{fs, io::Read, sync::Arc};

use bytes::Bytes;
use edgepix::{
    config::StoreConfig,
    key::Key,
    store::{
        Get, Put, Store, StoreError, connection::Connection, credentials::Credentials,
        opened::Opened, place::Place,
    },
};
use tokio::runtime::{Builder, Runtime};

#[path = "servers/keys.rs"]
mod keys;
#[path = "servers/s3.rs"]
mod s3_server;

use s3_server::S3Server;

/// A bucket `photos`, and whoever asks for it.
struct Bucket {
    server: S3Server,
    runtime: Runtime,
}

impl Bucket {
    fn new() -> Self {
        let server = S3Server::start();
        server.bucket("photos");
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        Self { server, runtime }
    }

    fn credentials(&self) -> Credentials {
        Credentials {
            access_key_id: self.server.access_key.into(),
            secret_access_key: self.server.secret.into(),
            session_token: None,
        }
    }

    fn store(&self, place: &str, credentials: Option<Credentials>) -> Arc<dyn Store> {
        let config = StoreConfig {
            endpoint: Some(self.server.endpoint.clone()),
            ..StoreConfig::default()
        };
        let place = Place::typed(place, &config).unwrap();
        Opened::new(
            self.runtime.handle().clone(),
            credentials,
            Connection::new(),
        )
        .at(&place)
        .unwrap()
    }

    fn photos(&self) -> Arc<dyn Store> {
        self.store("s3://photos", Some(self.credentials()))
    }
}

fn key(name: &str) -> Key {
    Key::new(name).unwrap()
}

fn read(store: &dyn Store, key: &Key) -> Vec<u8> {
    let mut bytes = Vec::new();
    store
        .open(key, &Get::default())
        .unwrap()
        .body
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

fn word<T>(result: Result<T, StoreError>) -> &'static str {
    result.map_or_else(|error| error.word(), |_| "fine")
}

#[test]
fn any_key_survives_a_bucket() {
    let bucket = Bucket::new();
    let store = bucket.photos();
    keys::for_awkward_keys(|key| {
        let body = Bytes::from(key.as_str().to_owned());
        store.put(key, body.clone(), &Put::default()).unwrap();
        assert_eq!(read(&*store, key), body);
        assert_eq!(
            store.facts(key, &Get::default()).unwrap().bytes,
            body.len() as u64
        );
        assert!(store.list(usize::MAX).unwrap().contains(key));
    });
}

#[test]
fn an_object_is_the_one_that_was_put() {
    let bucket = Bucket::new();
    let store = bucket.photos();
    let body: Bytes = (0..3_000_000_u32)
        .map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3])
        .collect();
    let put = Put {
        content_type: "image/webp".into(),
        cache_control: Some("public, max-age=604800".into()),
        tags: vec![("createByLambda".into(), "1".into())],
        ..Put::default()
    };
    let etag = store.put(&key("a/b.webp"), body.clone(), &put).unwrap();
    assert!(read(&*store, &key("a/b.webp")) == body);

    let facts = store.facts(&key("a/b.webp"), &Get::default()).unwrap();
    assert_eq!(facts.bytes, 3_000_000);
    assert_eq!(facts.content_type.as_deref(), Some("image/webp"));
    assert_eq!(
        facts.cache_control.as_deref(),
        Some("public, max-age=604800")
    );
    assert_eq!(facts.etag, etag);
    assert!(
        facts
            .etag
            .is_some_and(|etag| etag.starts_with('"') && etag.ends_with('"'))
    );
    assert!(facts.last_modified.is_some());
}

#[test]
fn what_is_not_there_is_missing() {
    let bucket = Bucket::new();
    let store = bucket.photos();
    assert_eq!(
        word(store.open(&key("none.jpg"), &Get::default())),
        "missing"
    );
    assert_eq!(
        word(store.facts(&key("none.jpg"), &Get::default())),
        "missing"
    );
}

#[test]
fn who_signs_wrongly_or_not_at_all_is_forbidden() {
    let bucket = Bucket::new();
    fs::write(bucket.server.bucket("more").join("a.jpg"), "a").unwrap();
    let wrong = Credentials {
        secret_access_key: "wrong".into(),
        ..bucket.credentials()
    };
    for credentials in [Some(wrong), None] {
        let store = bucket.store("s3://more", credentials);
        assert_eq!(
            word(store.open(&key("a.jpg"), &Get::default())),
            "forbidden"
        );
        assert_eq!(
            word(store.facts(&key("a.jpg"), &Get::default())),
            "forbidden"
        );
        assert_eq!(
            word(store.put(&key("a.jpg"), Bytes::new(), &Put::default())),
            "forbidden"
        );
        assert_eq!(word(store.list(1)), "forbidden");
    }
}

#[test]
fn an_object_that_is_another_by_now_has_changed() {
    let bucket = Bucket::new();
    let store = bucket.photos();
    let first = store
        .put(&key("a"), Bytes::from_static(b"1"), &Put::default())
        .unwrap();
    let get = Get {
        if_match: first,
        ..Get::default()
    };
    assert_eq!(word(store.open(&key("a"), &get)), "fine");
    store
        .put(&key("a"), Bytes::from_static(b"2"), &Put::default())
        .unwrap();
    assert_eq!(word(store.open(&key("a"), &get)), "changed");
}

#[test]
fn a_prefix_is_part_of_no_key() {
    let bucket = Bucket::new();
    let inside = bucket.store("s3://photos/live%20now", Some(bucket.credentials()));
    inside
        .put(&key("b/c.jpg"), Bytes::from_static(b"c"), &Put::default())
        .unwrap();
    bucket
        .photos()
        .put(&key("outside.jpg"), Bytes::new(), &Put::default())
        .unwrap();
    assert_eq!(inside.list(10).unwrap(), [key("b/c.jpg")]);
    assert_eq!(read(&*bucket.photos(), &key("live now/b/c.jpg")), b"c");
}

#[test]
fn a_list_ends_where_it_should() {
    let bucket = Bucket::new();
    let store = bucket.photos();
    for name in ["a", "b", "c"] {
        store
            .put(&key(name), Bytes::new(), &Put::default())
            .unwrap();
    }
    assert_eq!(store.list(2).unwrap(), [key("a"), key("b")]);
    assert_eq!(store.list(0).unwrap(), []);
}

#[test]
fn a_key_longer_than_s3_takes_is_no_panic() {
    let bucket = Bucket::new();
    let long = key(&"a".repeat(100_000));
    assert_eq!(
        word(bucket.photos().open(&long, &Get::default())),
        "unsupported-by-store"
    );
}

#[test]
fn credentials_that_no_header_can_carry_are_an_error() {
    let bucket = Bucket::new();
    let credentials = Credentials {
        session_token: Some("a\nb".into()),
        ..bucket.credentials()
    };
    let opened = Opened::new(
        bucket.runtime.handle().clone(),
        Some(credentials),
        Connection::new(),
    );
    let place = Place::typed("s3://photos", &StoreConfig::default()).unwrap();
    assert!(opened.at(&place).is_err());
}
