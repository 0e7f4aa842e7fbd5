//! Folders as stores.

use std::{fs, io::Read, os::unix::fs::symlink, path::Path, sync::Arc};

use bytes::Bytes;
use edgepix::{
    key::Key,
    store::{
        Facts, Get, Put, Store, StoreError, connection::Connection, objects::Objects,
        opened::Opened, place::Place,
    },
};
use tokio::runtime::{Builder, Runtime};

#[path = "servers/keys.rs"]
mod keys;

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

fn at(path: &Path, runtime: &Runtime) -> Arc<dyn Store> {
    let opened = Opened::new(runtime.handle().clone(), None, Connection::new());
    opened.at(&Place::Folder { path: path.into() }).unwrap()
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
fn any_key_survives_a_folder_and_memory() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    let memory = Objects::in_memory(runtime.handle().clone());
    let folder = at(folder.path(), &runtime);
    keys::for_awkward_keys(|key| {
        for store in [&*folder, &memory] {
            let body = Bytes::from(key.as_str().to_owned());
            store.put(key, body.clone(), &Put::default()).unwrap();
            assert_eq!(read(store, key), body);
            let hidden = key.as_str().split('/').any(|part| part.starts_with('.'));
            let is_listed = store.list(usize::MAX).unwrap().contains(key);
            assert!(is_listed || hidden, "{key}");
        }
    });
}

#[test]
fn what_a_folder_cannot_keep_is_left_out() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    let store = at(folder.path(), &runtime);
    let put = Put {
        content_type: "image/webp".into(),
        cache_control: Some("no-store".into()),
        tags: vec![("a".into(), "b".into())],
        ..Put::default()
    };
    let etag = store
        .put(&key("a/b.webp"), Bytes::from_static(b"abc"), &put)
        .unwrap();
    let facts = store.facts(&key("a/b.webp"), &Get::default()).unwrap();
    assert_eq!((facts.bytes, &facts.etag), (3, &etag));
    assert!(facts.etag.is_some_and(|etag| etag.starts_with('"')));
    assert_eq!(facts.cache_control, None);
}

#[test]
fn a_files_type_is_what_its_first_bytes_say_and_then_its_name() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    let store = at(folder.path(), &runtime);
    let png: &[u8] = b"\x89PNG\r\n\x1a\n";
    for (name, bytes, media_type) in [
        ("photo.jpg@100w", png, Some("image/png")),
        ("photo.jpg", png, Some("image/png")),
        ("notes.txt", b"words", Some("text/plain; charset=utf-8")),
        ("words", b"words", None),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
        let facts = store.facts(&key(name), &Get::default()).unwrap();
        assert_eq!(facts.content_type.as_deref(), media_type, "{name}");
    }
}

#[test]
fn nothing_unfinished_is_left_in_a_folder() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    let store = at(folder.path(), &runtime);
    store
        .put(&key("a.jpg"), Bytes::from_static(b"abc"), &Put::default())
        .unwrap();
    // A folder is in the way of the file.
    fs::create_dir_all(folder.path().join("b.jpg/c")).unwrap();
    assert!(
        store
            .put(&key("b.jpg"), Bytes::from_static(b"abc"), &Put::default())
            .is_err()
    );
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["a.jpg", "b.jpg"]);
}

#[test]
fn a_link_leads_nowhere_outside() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    let root = folder.path().join("root");
    fs::create_dir_all(root.join("in")).unwrap();
    fs::create_dir(folder.path().join("outside")).unwrap();
    fs::write(folder.path().join("outside/secret.jpg"), "secret").unwrap();
    fs::write(root.join("in/a.jpg"), "a").unwrap();
    symlink(folder.path().join("outside"), root.join("out")).unwrap();
    symlink(folder.path().join("outside/secret.jpg"), root.join("b.jpg")).unwrap();
    symlink(root.join("in/a.jpg"), root.join("c.jpg")).unwrap();

    let store = at(&root, &runtime);
    for name in ["out/secret.jpg", "b.jpg"] {
        assert_eq!(
            word(store.open(&key(name), &Get::default())),
            "forbidden",
            "{name}"
        );
        assert_eq!(
            word(store.facts(&key(name), &Get::default())),
            "forbidden",
            "{name}"
        );
        assert_eq!(
            word(store.put(&key(name), Bytes::new(), &Put::default())),
            "forbidden",
            "{name}"
        );
    }
    assert_eq!(
        word(store.put(&key("out/new/d.jpg"), Bytes::new(), &Put::default())),
        "forbidden"
    );
    assert_eq!(read(&*store, &key("c.jpg")), b"a");
    let mut listed = store.list(10).unwrap();
    listed.sort();
    assert_eq!(listed, [key("c.jpg"), key("in/a.jpg")]);
    assert_eq!(
        fs::read(folder.path().join("outside/secret.jpg")).unwrap(),
        b"secret"
    );
}

#[test]
fn a_root_that_is_a_link_is_followed() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    fs::create_dir(folder.path().join("real 100%")).unwrap();
    fs::write(folder.path().join("real 100%/a.jpg"), "a").unwrap();
    symlink(folder.path().join("real 100%"), folder.path().join("link")).unwrap();
    assert_eq!(
        read(&*at(&folder.path().join("link"), &runtime), &key("a.jpg")),
        b"a"
    );
}

#[test]
fn hidden_files_are_not_listed() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    fs::create_dir(folder.path().join(".git")).unwrap();
    fs::write(folder.path().join(".git/a.jpg"), "").unwrap();
    fs::write(folder.path().join(".b.jpg"), "").unwrap();
    fs::write(folder.path().join("c.jpg"), "").unwrap();
    assert_eq!(
        at(folder.path(), &runtime).list(10).unwrap(),
        [key("c.jpg")]
    );
}

#[test]
fn what_is_no_file_is_missing() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    fs::create_dir(folder.path().join("folder")).unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let store = at(folder.path(), &runtime);
    for name in ["none.jpg", "none/a.jpg", "folder", "file/a.jpg"] {
        assert_eq!(
            word(store.open(&key(name), &Get::default())),
            "missing",
            "{name}"
        );
        assert_eq!(
            word(store.facts(&key(name), &Get::default())),
            "missing",
            "{name}"
        );
    }
}

#[test]
fn names_that_no_file_can_have_are_unsupported() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    let store = at(folder.path(), &runtime);
    for name in ["a".repeat(300), "a.jpg#1".into()] {
        let word = word(store.open(&key(&name), &Get::default()));
        assert_eq!(word, "unsupported-by-store", "{name}");
    }
}

#[test]
fn a_file_that_is_another_by_now_has_changed() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    let store = at(folder.path(), &runtime);
    let get = Get {
        if_match: store
            .put(&key("a"), Bytes::from_static(b"1"), &Put::default())
            .unwrap(),
        ..Get::default()
    };
    assert_eq!(word(store.open(&key("a"), &get)), "fine");
    store
        .put(&key("a"), Bytes::from_static(b"22"), &Put::default())
        .unwrap();
    assert_eq!(word(store.open(&key("a"), &get)), "changed");
}

#[test]
fn a_folder_that_is_not_there_is_no_store() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    let opened = Opened::new(runtime.handle().clone(), None, Connection::new());
    let path = folder.path().join("none");
    assert!(opened.at(&Place::Folder { path }).is_err());
}

#[test]
fn folders_and_memory_remove_list_and_copy_as_buckets_do() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    let files = at(folder.path(), &runtime);
    let memory: Arc<dyn Store> = Arc::new(Objects::in_memory(runtime.handle().clone()));
    let put = |store: &dyn Store, name: &str| {
        let put = Put {
            content_type: "image/jpeg".into(),
            ..Put::default()
        };
        let body = Bytes::from(name.to_owned());
        store.put(&key(name), body, &put).unwrap();
    };
    for (store, other) in [(&files, &memory), (&memory, &files)] {
        let names = [
            "a/b.jpg",
            "a/b.jpg@9w",
            "a/b.jpg@9w_9h",
            "a/b.jpg2@9w",
            "a/9x7/b.jpg",
        ];
        for name in names {
            put(&**store, name);
        }
        let mut found = store.beginning("a/b.jpg@", None).unwrap().found;
        found.sort_by(|one, other| one.key.cmp(&other.key));
        let keys: Vec<_> = found.into_iter().map(|found| found.key).collect();
        assert_eq!(keys, ["a/b.jpg@9w", "a/b.jpg@9w_9h"].map(key));
        let folders = |below| store.folders(below, '0'..='9', None).unwrap().found;
        assert_eq!(folders("a/"), [key("a/9x7")]);
        assert_eq!(folders(""), []);
        assert_eq!(folders("none/"), []);
        assert_eq!(store.beginning("none/", None).unwrap().found, []);

        let outcomes = store.remove(&["a/b.jpg@9w", "a/none.jpg"].map(key), None);
        assert!(matches!(outcomes[..], [Ok(()), Ok(())]), "{outcomes:?}");
        let removed = store.facts(&key("a/b.jpg@9w"), &Get::default());
        assert_eq!(word(removed), "missing");

        let facts = store.facts(&key("a/b.jpg"), &Get::default()).unwrap();
        other.remove(&[key("a/b.jpg")], None);
        other
            .copy_from(&**store, &key("a/b.jpg"), &facts, None)
            .unwrap();
        assert_eq!(read(&**other, &key("a/b.jpg")), b"a/b.jpg");
        let changed = Facts {
            etag: Some("\"other\"".into()),
            ..facts
        };
        let outcome = other.copy_from(&**store, &key("a/b.jpg"), &changed, None);
        assert_eq!(word(outcome), "changed");
        let large = Facts {
            bytes: 64 * 1024 * 1024 + 1,
            ..changed
        };
        let outcome = other.copy_from(&**store, &key("a/b.jpg"), &large, None);
        assert_eq!(word(outcome), "unsupported-by-store");
        let tagged = store.is_tagged(&key("a/b.jpg"), ("a", "b"), None);
        assert_eq!(word(tagged), "unsupported-by-store");
    }
}
