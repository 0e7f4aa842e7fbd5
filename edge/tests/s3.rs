//! The store against a real S3 server.

use std::{collections::BTreeSet, fs, io::Read, sync::Arc};

use bytes::Bytes;
use edgepix::{
    config::{Config, StoreConfig},
    key::Key,
    store::{
        Get, Put, Store, StoreError, connection::Connection, credentials::Credentials,
        opened::Opened, place::Place,
    },
    sync::sync,
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

#[test]
fn any_key_is_removed_and_those_beside_it_stay() {
    let bucket = Bucket::new();
    let store = bucket.photos();
    keys::for_awkward_keys(|key| {
        let beside = Key::new(format!("{key}.bak")).unwrap();
        for key in [key, &beside] {
            store.put(key, Bytes::new(), &Put::default()).unwrap();
        }
        let outcomes = store.remove(std::slice::from_ref(key), None);
        assert!(matches!(outcomes[..], [Ok(())]), "{key}: {outcomes:?}");
        assert_eq!(word(store.facts(key, &Get::default())), "missing");
        assert_eq!(word(store.facts(&beside, &Get::default())), "fine");
    });
}

#[test]
fn what_is_not_there_is_removed_already() {
    let bucket = Bucket::new();
    let store = bucket.photos();
    store
        .put(&key("a/there.jpg"), Bytes::new(), &Put::default())
        .unwrap();
    let keys = [key("a/none.jpg"), key("a/there.jpg")];
    let outcomes = store.remove(&keys, None);
    assert!(matches!(outcomes[..], [Ok(()), Ok(())]), "{outcomes:?}");
    assert_eq!(store.list(10).unwrap(), []);
}

#[test]
fn more_than_a_thousand_objects_are_removed() {
    let bucket = Bucket::new();
    let store = bucket.photos();
    let folder = bucket.server.bucket("many");
    let many = bucket.store("s3://many", Some(bucket.credentials()));
    let keys: Vec<Key> = (0..1001).map(|n| key(&format!("{n}.jpg"))).collect();
    for key in &keys {
        fs::write(folder.join(key.as_str()), "").unwrap();
    }
    assert!(many.remove(&keys, None).iter().all(Result::is_ok));
    assert_eq!(many.list(1).unwrap(), []);
    assert_eq!(store.list(1).unwrap(), []);
}

#[test]
fn who_may_not_remove_is_told_so_of_every_object() {
    let bucket = Bucket::new();
    let store = bucket.store("s3://photos", None);
    let words = store.remove(&[key("a"), key("b")], None);
    let words: Vec<_> = words.into_iter().map(word).collect();
    assert_eq!(words, ["forbidden", "forbidden"]);
}

#[test]
fn a_listing_of_a_beginning_may_end_within_a_name() {
    let bucket = Bucket::new();
    for prefix in ["", "live%20now/"] {
        let place = format!("s3://photos/{prefix}");
        let store = bucket.store(&place, Some(bucket.credentials()));
        for name in [
            "a/b+ &=~é.jpg@100w",
            "a/b+ &=~é.jpg@9w.webp",
            "a/b+ &=~é.jpg2@9w",
            "a/c.jpg/~w=1&h=2",
            "a/c.jpg@9w",
        ] {
            store
                .put(&key(name), Bytes::new(), &Put::default())
                .unwrap();
        }
        let found = |text: &str| {
            let listing = store.beginning(text, None).unwrap();
            assert!(!listing.is_cut);
            let keys = listing.found.into_iter().map(|found| found.key);
            keys.collect::<BTreeSet<_>>()
        };
        let expected = ["a/b+ &=~é.jpg@100w", "a/b+ &=~é.jpg@9w.webp"].map(key);
        assert_eq!(found("a/b+ &=~é.jpg@"), expected.into());
        assert_eq!(found("a/c.jpg/~"), [key("a/c.jpg/~w=1&h=2")].into());
        assert_eq!(found("none/"), BTreeSet::new());
    }
}

#[test]
fn folders_are_listed_by_the_first_characters_of_their_names() {
    let bucket = Bucket::new();
    for prefix in ["", "live/"] {
        let store = bucket.store(&format!("s3://photos/{prefix}"), Some(bucket.credentials()));
        for name in [
            "0x1/a",
            "150x200/a",
            "9/7x7/a",
            "9z",
            "abc/a",
            "img/5x5/a",
            "~/a",
        ] {
            store
                .put(&key(name), Bytes::new(), &Put::default())
                .unwrap();
        }
        let found = |below| store.folders(below, '0'..='9', None).unwrap().found;
        assert_eq!(found(""), ["0x1", "150x200", "9"].map(key));
        assert_eq!(found("9/"), [key("9/7x7")]);
        assert_eq!(found("img/"), [key("img/5x5")]);
        assert_eq!(found("none/"), []);
    }
}

#[test]
fn any_object_is_copied_between_buckets_with_what_is_known_of_it() {
    let bucket = Bucket::new();
    bucket.server.bucket("originals");
    let from = bucket.store("s3://originals", Some(bucket.credentials()));
    let to = bucket.photos();
    let put = Put {
        content_type: "image/jpeg".into(),
        cache_control: Some("no-cache".into()),
        ..Put::default()
    };
    keys::for_awkward_keys(|key| {
        let body = Bytes::from(key.as_str().to_owned());
        from.put(key, body.clone(), &put).unwrap();
        let seen = from.facts(key, &Get::default()).unwrap();
        to.copy_from(&*from, key, &seen, None).unwrap();
        assert_eq!(read(&*to, key), body);
        let facts = to.facts(key, &Get::default()).unwrap();
        assert_eq!(facts.content_type.as_deref(), Some("image/jpeg"));
        assert_eq!(facts.cache_control.as_deref(), Some("no-cache"));
        assert_eq!(facts.etag, seen.etag);
    });
}

#[test]
fn an_object_that_is_another_by_now_is_not_copied() {
    let bucket = Bucket::new();
    bucket.server.bucket("originals");
    let from = bucket.store("s3://originals", Some(bucket.credentials()));
    let to = bucket.photos();
    let body = Bytes::from_static;
    from.put(&key("a"), body(b"1"), &Put::default()).unwrap();
    let seen = from.facts(&key("a"), &Get::default()).unwrap();
    from.put(&key("a"), body(b"2"), &Put::default()).unwrap();
    assert_eq!(
        word(to.copy_from(&*from, &key("a"), &seen, None)),
        "changed"
    );
    assert_eq!(word(to.facts(&key("a"), &Get::default())), "missing");
    from.remove(&[key("a")], None).pop().unwrap().unwrap();
    assert_eq!(
        word(to.copy_from(&*from, &key("a"), &seen, None)),
        "missing"
    );
}

#[test]
fn a_bucket_is_kept_in_step_with_another() {
    let bucket = Bucket::new();
    bucket.server.bucket("example-originals");
    let originals = bucket.store("s3://example-originals", Some(bucket.credentials()));
    let photos = bucket.photos();
    let put = |store: &dyn Store, name: &str, body: &'static str| {
        let body = Bytes::from_static(body.as_bytes());
        store.put(&key(name), body, &Put::default()).unwrap();
    };
    put(&*photos, "img/150x200/red flower.jpg", "stale");
    put(&*photos, "img/red flower.jpg@9w", "stale");
    put(&*photos, "img/red flower.jpeg@9w", "another's");
    let config = Config {
        store: StoreConfig {
            endpoint: Some(bucket.server.endpoint.clone()),
            bucket: Some("photos".into()),
            region: None,
        },
        ..Config::default()
    };
    let opened = Opened::new(
        bucket.runtime.handle().clone(),
        Some(bucket.credentials()),
        Connection::new(),
    );
    let hears = |text| {
        let event = serde_json::from_str(text).unwrap();
        let mut records = sync(&event, &opened, None, &config, None);
        assert_eq!((records.len(), &records[0].errors[..]), (1, &[][..]));
        records.remove(0)
    };
    let created = include_str!("../events/s3-created.json").replace("img/red+flower", "img/red");
    put(&*originals, "img/red.jpg", "new");
    put(&*photos, "img/9x7/red.jpg", "stale");
    put(&*photos, "img/red.jpg@9w", "stale");
    let record = hears(&created);
    assert!(record.copied);
    assert_eq!(record.deleted, 2);
    assert_eq!(read(&*photos, &key("img/red.jpg")), b"new");

    let record = hears(include_str!("../events/s3-removed.json"));
    assert_eq!(record.deleted, 2);
    let left = ["img/red flower.jpeg@9w", "img/red.jpg"];
    assert_eq!(photos.list(10).unwrap(), left.map(key));
}
