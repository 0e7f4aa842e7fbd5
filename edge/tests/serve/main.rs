//! `edgepix serve` over HTTP: what is in front of the function, and around it.

mod cache;
mod images;
mod metrics;
#[cfg(unix)]
mod program;
#[path = "../served/mod.rs"]
mod served;
mod told;

use std::{
    io::{Read, Write},
    sync::Arc,
};

use edgepix::server::Settings;
use edgepix_corpus::{
    synth,
    write::{self, JpegOptions},
};
use served::{Running, Shelf, Thing, receive, send};

fn shelf() -> Arc<Shelf> {
    Shelf::with([
        ("a.txt", Thing::new("text/plain", "0123456789")),
        ("now.txt", Thing::new("text/plain", "old").kept("max-age=0")),
        ("never.txt", Thing::new("text/plain", "x").kept("no-store")),
        ("large.bin", Thing::new("a/b", vec![7; (8 << 20) + 1])),
    ])
}

fn running() -> (Arc<Shelf>, Running) {
    let shelf = shelf();
    let running = Running::new(&shelf, Settings::default());
    (shelf, running)
}

#[test]
fn it_says_that_it_is_well() {
    let (_, server) = running();
    let answer = server.get("/health");
    assert_eq!((answer.status, answer.text().as_str()), (200, "ok\n"));
}

#[test]
fn nothing_can_be_changed_over_http() {
    let (_, server) = running();
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let answer = server.ask(method, "/a.txt", "Content-Length: 0\r\n");
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some("GET, HEAD"));
    }
}

#[test]
fn paths_lead_nowhere_but_to_keys() {
    let (_, server) = running();
    for path in [
        "/../a.txt",
        "/x/../a.txt",
        "/%2e%2e/a.txt",
        "/x/..%2fa.txt",
        "//a.txt",
        "/a%00.txt",
        "/a%0d%0aX:1",
        "/%ff",
        "/..%5ca.txt",
        "/./a.txt",
    ] {
        let status = server.get(path).status;
        assert!(matches!(status, 400 | 404), "{path}: {status}");
    }
}

#[test]
fn two_hundred_at_once_all_succeed() {
    let (_, server) = running();
    let mut streams: Vec<_> = (0..200).map(|_| server.connect()).collect();
    for (number, stream) in streams.iter_mut().enumerate() {
        send(stream, "GET", &format!("/a.txt?width={number}"), "");
    }
    for stream in streams {
        assert_eq!(receive(stream).status, 200);
    }
}

#[test]
fn those_who_find_no_place_in_the_queue_are_told_when_to_come_again() {
    let shelf = shelf();
    let settings = Settings {
        workers: 1,
        waiting: 0,
        ..Settings::default()
    };
    let server = Running::new(&shelf, settings);
    server.get("/a.txt");
    shelf.close();
    let mut inside = server.connect();
    send(&mut inside, "GET", "/a.txt?width=1", "");
    shelf.wait_until_asked(2);
    let refused = server.get("/a.txt?width=2");
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("retry-after"), Some("1"));
    // The cache, and what needs no memory, go on.
    assert_eq!(server.get("/a.txt").cache(), "Hit from edgepix");
    assert_eq!(server.get("/health").status, 200);
    shelf.open_gate();
    assert_eq!(receive(inside).status, 200);
    assert_eq!(server.get("/a.txt?width=2").status, 200);
}

#[test]
fn what_has_begun_is_finished_when_it_is_stopped() {
    let (shelf, mut server) = running();
    shelf.close();
    let mut begun = server.connect();
    send(&mut begun, "GET", "/a.txt", "");
    // An idle connection must not keep it.
    let mut idle = server.connect();
    write!(idle, "GET /health HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    let mut byte = [0];
    idle.read_exact(&mut byte).unwrap();
    shelf.wait_until_asked(1);
    server.stopper.stop();
    shelf.open_gate();
    assert_eq!(receive(begun).text(), "0123456789");
    server.end();
    assert!(std::net::TcpStream::connect(server.address).is_err());
}

#[test]
fn several_requests_go_over_one_connection() {
    let (_, server) = running();
    let mut stream = server.connect();
    write!(stream, "GET /health HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    send(&mut stream, "GET", "/a.txt", "");
    let both = receive(stream);
    assert!(both.text().ends_with("0123456789"), "{}", both.text());
}

#[test]
fn a_port_in_use_is_refused_at_the_start() {
    let (shelf, server) = running();
    let served = edgepix::server::Served {
        store: shelf,
        origin: edgepix::event::cloudfront::Origin::Custom(Default::default()),
        config: Default::default(),
        clock: Arc::new(edgepix::clock::SystemClock),
    };
    let address = server.address.to_string();
    let second = edgepix::server::Server::bind(&address, served, Settings::default());
    let error = second.err().expect("it is taken");
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

/// A shelf with a photograph of 120x80.
fn with_photo() -> Arc<Shelf> {
    let photo = write::jpeg(&synth::photo(120, 80, 1), &JpegOptions::default());
    Shelf::with([
        ("photo.jpg", Thing::new("image/jpeg", photo)),
        (
            "photo.jpg@50w",
            Thing::new("text/plain", "by this very name"),
        ),
    ])
}
