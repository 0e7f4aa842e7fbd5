//! What is sent, and what is not.

use std::io::Read;

use bytes::Bytes;
use edgepix::{
    key::Key,
    store::{Get, Put},
};

use crate::{
    Asker, FACTS, PATIENCE, key, keys, part,
    scripted::{Scripted, answer},
    slow_down, word,
};

#[test]
fn what_is_put_says_its_type_and_its_tags() {
    let server = Scripted::start(|n, _| match n {
        0 => slow_down(),
        _ => vec![answer(200, FACTS, 0, b"")],
    });
    let put = Put {
        content_type: "image/avif".into(),
        cache_control: Some("public, max-age=604800".into()),
        tags: vec![
            ("createByLambda".into(), "1".into()),
            ("a b".into(), "&".into()),
        ],
        ..Put::default()
    };
    let asker = Asker::s3(&server, PATIENCE);
    let etag = asker
        .store
        .put(&key("a b.avif"), Bytes::from_static(b"abc"), &put)
        .unwrap();
    assert_eq!(etag.as_deref(), Some("\"v1\""));
    let asked = &server.asked()[1];
    assert_eq!(asked.line, "PUT /photos/a%20b.avif");
    assert_eq!(asked.header("x-amz-tagging"), "createByLambda=1&a+b=%26");
    assert_eq!(asked.header("content-type"), "image/avif");
    assert_eq!(asked.header("cache-control"), "public, max-age=604800");
    assert_eq!(asked.header("content-length"), "3");
    assert_eq!(asked.header("x-amz-security-token"), "the-token");
    assert_eq!(
        asked.header("user-agent"),
        concat!("edgepix/", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn a_header_that_is_none_is_an_error_and_not_sent() {
    let server = Scripted::start(|_, _| vec![answer(200, FACTS, 0, b"")]);
    let asker = Asker::s3(&server, PATIENCE);
    let put = Put {
        content_type: "image/avif\r\nx-evil: 1".into(),
        ..Put::default()
    };
    assert_eq!(
        word(asker.store.put(&key("a"), Bytes::new(), &put)),
        "store"
    );
    let get = Get {
        if_match: Some("\"\n\"".into()),
        ..Get::default()
    };
    assert_eq!(word(asker.read(&get)), "store");
    assert!(server.asked().is_empty());
}

#[test]
fn a_weak_etag_is_compared_and_not_sent() {
    let server = Scripted::start(|_, asked| part(asked, 10));
    let asker = Asker::http(&server);
    for (etag, said) in [("W/\"v1\"", "fine"), ("W/\"v2\"", "changed")] {
        let get = Get {
            if_match: Some(etag.into()),
            ..Get::default()
        };
        assert_eq!(word(asker.read(&get)), said);
    }
    assert!(
        server
            .asked()
            .iter()
            .all(|asked| asked.header("if-match").is_empty())
    );
}

#[test]
fn any_key_survives_an_http_server() {
    let server = Scripted::start(|_, asked| {
        let path = asked.line.strip_prefix("GET ").unwrap();
        let key = Key::from_path(path).unwrap();
        assert!(!path.contains('+'), "{path}");
        vec![answer(
            200,
            FACTS,
            key.as_str().len(),
            key.as_str().as_bytes(),
        )]
    });
    let asker = Asker::http(&server);
    keys::for_awkward_keys(|key| {
        let mut read = String::new();
        let mut object = asker.store.open(key, &Get::default()).unwrap();
        object.body.read_to_string(&mut read).unwrap();
        assert_eq!(read, key.as_str());
    });
}

#[test]
fn an_http_server_is_only_read() {
    let server = Scripted::start(|_, _| vec![answer(200, FACTS, 0, b"")]);
    let asker = Asker::http(&server);
    assert_eq!(
        word(asker.store.put(&key("a"), Bytes::new(), &Put::default())),
        "unsupported-by-store"
    );
    assert_eq!(word(asker.store.list(1)), "unsupported-by-store");
    assert!(server.asked().is_empty());
}
