//! `edgepix serve` over HTTP: what is in front of the function, and around it.

#[cfg(unix)]
mod program;
#[path = "../served/mod.rs"]
mod served;

use std::{
    io::{Read, Write},
    sync::{Arc, Mutex, atomic::Ordering},
    thread,
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
fn an_original_is_a_miss_and_then_a_hit() {
    let (shelf, server) = running();
    let (first, second) = (server.get("/a.txt"), server.get("/a.txt"));
    assert_eq!(first.cache(), "Miss from edgepix");
    assert_eq!(second.cache(), "Hit from edgepix");
    assert_eq!(second.header("age"), Some("0"));
    for answer in [first, second] {
        assert_eq!((answer.status, answer.text().as_str()), (200, "0123456789"));
        assert_eq!(answer.header("content-type"), Some("text/plain"));
        assert_eq!(answer.header("content-length"), Some("10"));
        assert_eq!(answer.header("etag"), Some("\"10\""));
    }
    assert_eq!(shelf.opened.load(Ordering::SeqCst), 1);
}

#[cfg(feature = "libwebp")]
#[test]
fn viewers_of_other_formats_have_entries_of_their_own() {
    let (_, server) = running();
    let with = |accept: &str| {
        let header = format!("Accept: {accept}\r\n");
        server.ask("GET", "/a.txt", &header).cache().to_owned()
    };
    assert_eq!(with("image/avif,image/webp,*/*"), "Miss from edgepix");
    assert_eq!(with("image/webp,*/*"), "Miss from edgepix");
    assert_eq!(with("*/*"), "Miss from edgepix");
    assert_eq!(with("image/avif"), "Hit from edgepix");
    // Nor can a viewer say for itself what its token is.
    let forged = server.ask("GET", "/a.txt", "X-Edgepix-Accept: avif\r\n");
    assert_eq!(forged.cache(), "Hit from edgepix");
}

#[test]
fn a_stale_answer_that_is_still_right_is_not_fetched_again() {
    let (shelf, server) = running();
    server.get("/now.txt");
    let again = server.get("/now.txt");
    assert_eq!(again.cache(), "RefreshHit from edgepix");
    assert_eq!((again.status, again.text().as_str()), (200, "old"));
    assert_eq!(shelf.opened.load(Ordering::SeqCst), 1);
    let changed = Thing::new("text/plain", "newer").kept("max-age=0");
    shelf
        .objects
        .lock()
        .unwrap()
        .insert("now.txt".into(), changed);
    let new = server.get("/now.txt");
    assert_eq!(
        (new.cache(), new.text().as_str()),
        ("Miss from edgepix", "newer")
    );
}

#[test]
fn what_is_not_to_be_stored_is_asked_for_every_time() {
    let (shelf, server) = running();
    for _ in 0..2 {
        assert_eq!(server.get("/never.txt").cache(), "Miss from edgepix");
    }
    assert_eq!(shelf.opened.load(Ordering::SeqCst), 2);
}

#[test]
fn a_viewer_who_has_it_is_told_so_from_the_cache_and_from_behind_it() {
    let (shelf, server) = running();
    let known = "If-None-Match: \"10\"\r\n";
    for cache in ["Miss from edgepix", "Miss from edgepix"] {
        let answer = server.ask("GET", "/a.txt", known);
        assert_eq!((answer.status, answer.cache()), (304, cache));
        assert!(answer.body.is_empty());
    }
    assert_eq!(shelf.opened.load(Ordering::SeqCst), 0);
    server.get("/a.txt");
    let answer = server.ask("GET", "/a.txt", known);
    assert_eq!((answer.status, answer.cache()), (304, "Hit from edgepix"));
    assert_eq!(answer.header("etag"), Some("\"10\""));
}

#[test]
fn a_part_of_an_answer_can_be_asked_for() {
    let (_, server) = running();
    let answer = server.ask("GET", "/a.txt", "Range: bytes=2-4\r\n");
    assert_eq!((answer.status, answer.text().as_str()), (206, "234"));
    assert_eq!(answer.header("content-range"), Some("bytes 2-4/10"));
}

#[test]
fn head_is_get_without_the_body() {
    let (_, server) = running();
    for path in ["/a.txt", "/large.bin"] {
        let (head, get) = (server.ask("HEAD", path, ""), server.get(path));
        assert!(head.body.is_empty(), "{path}");
        for name in ["content-length", "content-type", "etag"] {
            assert!(head.header(name).is_some(), "{path} {name}");
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
    }
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
fn what_the_store_says_has_its_status_and_errors_are_kept_for_a_while() {
    let (_, server) = running();
    for (path, status) in [("/b.txt", 404), ("/forbidden.jpg", 403), ("/busy.jpg", 503)] {
        let answer = server.get(path);
        assert_eq!(
            (answer.status, answer.cache()),
            (status, "Miss from edgepix")
        );
        let answer = server.get(path);
        assert_eq!(
            (answer.status, answer.cache()),
            (status, "Hit from edgepix")
        );
        assert_eq!(answer.header("content-type"), Some("application/xml"));
        assert_eq!(answer.header("transfer-encoding"), None);
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
fn a_large_original_streams_and_is_not_kept() {
    let (_, server) = running();
    for _ in 0..2 {
        let answer = server.get("/large.bin");
        assert_eq!((answer.status, answer.cache()), (200, "Miss from edgepix"));
        assert_eq!(answer.header("content-length"), Some("8388609"));
        assert_eq!(answer.body.len(), (8 << 20) + 1);
        assert!(answer.body.iter().all(|&byte| byte == 7));
    }
}

#[test]
fn an_original_that_breaks_off_does_not_look_whole() {
    let (shelf, server) = running();
    for (key, length) in [("cut.bin", (8 << 20) + 1), ("cut.txt", 100)] {
        let thing = Thing::new("a/b", vec![7; length]);
        let thing = Thing {
            cut_at: Some(50),
            ..thing
        };
        shelf.objects.lock().unwrap().insert(key.into(), thing);
    }
    let cut = server.get("/cut.bin");
    assert_eq!(cut.header("content-length"), Some("8388609"));
    assert!(cut.body.len() <= 50, "{}", cut.body.len());
    assert_eq!(server.get("/cut.txt").status, 502);
}

#[test]
fn all_who_miss_the_same_share_one_flight() {
    let (shelf, server) = running();
    shelf.close();
    let mut streams: Vec<_> = (0..50).map(|_| server.connect()).collect();
    for stream in &mut streams {
        send(stream, "GET", "/a.txt", "");
    }
    shelf.wait_until_asked(1);
    shelf.open_gate();
    for stream in streams {
        assert_eq!(receive(stream).text(), "0123456789");
    }
    assert_eq!(shelf.asked.load(Ordering::SeqCst), 1);
    assert_eq!(shelf.opened.load(Ordering::SeqCst), 1);
}

#[test]
fn two_hundred_at_once_all_succeed() {
    let (_, server) = running();
    let mut streams: Vec<_> = (0..200).map(|_| server.connect()).collect();
    for (number, stream) in streams.iter_mut().enumerate() {
        send(stream, "GET", &format!("/a.txt?n={number}"), "");
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
    send(&mut inside, "GET", "/a.txt?inside", "");
    shelf.wait_until_asked(2);
    let refused = server.get("/a.txt?beyond");
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("retry-after"), Some("1"));
    // The cache, and what needs no memory, go on.
    assert_eq!(server.get("/a.txt").cache(), "Hit from edgepix");
    assert_eq!(server.get("/health").status, 200);
    shelf.open_gate();
    assert_eq!(receive(inside).status, 200);
    assert_eq!(server.get("/a.txt?beyond").status, 200);
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

#[test]
fn every_request_is_a_line_but_for_a_missing_favicon() {
    let (settings, lines) = logging();
    let server = Running::new(&shelf(), settings);
    for path in ["/a.txt?x=1", "/favicon.ico", "/health"] {
        server.get(path);
    }
    let lines = lines.lock().unwrap();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("200 Miss"), "{}", lines[0]);
    assert!(lines[0].contains(" 10 B  GET /a.txt?x=1"), "{}", lines[0]);
}

#[test]
fn the_page_is_at_the_root_whatever_the_store_has() {
    let shelf = shelf();
    let index = Thing::new("text/html", "from the store");
    shelf
        .objects
        .lock()
        .unwrap()
        .insert("index.html".into(), index);
    let server = Running::new(&shelf, Settings::default());
    let page = server.get("/");
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(
        policy.starts_with("default-src 'none'; script-src 'sha256-"),
        "{policy}"
    );
    assert_eq!(server.get("/index.html").text(), "from the store");
}

#[test]
fn the_page_gets_the_images_there_are() {
    let shelf = shelf();
    let name = "a <b>&\"ü.JPG";
    let image = Thing::new("image/jpeg", "abc");
    shelf.objects.lock().unwrap().insert(name.into(), image);
    let server = Running::new(&shelf, Settings::default());
    let listed = server.get("/.edgepix/originals.json");
    let listed: serde_json::Value = serde_json::from_slice(&listed.body).unwrap();
    let expected = serde_json::json!([
        {"key": name, "path": "/a%20%3Cb%3E&%22%C3%BC.JPG", "bytes": 3}
    ]);
    assert_eq!(listed, expected);
}

#[test]
fn an_answer_is_explained_after_it_was_given() {
    let (_, server) = running();
    let explain = || server.get("/.edgepix/explain?path=%2Fa.txt%3Fx%3D1");
    assert_eq!(explain().status, 404);
    for cache in ["Miss", "Hit"] {
        server.get("/a.txt?x=1");
        let explained: serde_json::Value = serde_json::from_slice(&explain().body).unwrap();
        assert_eq!(explained["cache"], cache);
        assert_eq!(explained["status"], 200);
        assert_eq!(explained["etag"], "\"10\"");
        assert_eq!(explained["result"]["bytes"], 10);
    }
}

#[test]
fn without_the_page_its_paths_are_keys_like_any_other() {
    let settings = Settings {
        page: false,
        ..Settings::default()
    };
    let server = Running::new(&shelf(), settings);
    for path in ["/.edgepix/originals.json", "/.edgepix/explain?path=/a.txt"] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
    assert_eq!(server.get("/").status, 400);
}

#[test]
fn an_answer_that_nobody_waits_for_is_there_for_the_next() {
    let (shelf, server) = running();
    shelf.close();
    let mut gone = server.connect();
    send(&mut gone, "GET", "/a.txt", "");
    shelf.wait_until_asked(1);
    drop(gone);
    let waiting = thread::scope(|scope| {
        let second = scope.spawn(|| server.get("/a.txt"));
        shelf.open_gate();
        second.join().unwrap()
    });
    assert_eq!(waiting.text(), "0123456789");
    assert_eq!(shelf.opened.load(Ordering::SeqCst), 1);
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

#[test]
fn every_dialect_is_spoken() {
    let server = Running::new(&with_photo(), Settings::default());
    for path in [
        "/photo.jpg?width=40",
        "/photo.jpg?w=40",
        "/photo.jpg@40w",
        "/40x40/photo.jpg",
        "/photo-sm.jpg",
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("image/jpeg"), "{path}");
        let said = answer.header("x-edgepix").unwrap_or_default();
        assert!(said.starts_with("made"), "{path}: {said}");
        assert_eq!(server.get(path).cache(), "Hit from edgepix", "{path}");
    }
}

#[test]
fn a_path_that_names_an_object_is_that_object() {
    let server = Running::new(&with_photo(), Settings::default());
    assert_eq!(server.get("/photo.jpg@50w").text(), "by this very name");
}

#[test]
fn a_question_that_is_malformed_is_400_and_one_for_nothing_404() {
    let server = Running::new(&with_photo(), Settings::default());
    for (path, status) in [
        ("/photo.jpg?width=0", 400),
        ("/photo.jpg?w=x", 400),
        ("/photo.jpg@0w", 400),
        ("/0x0/photo.jpg", 400),
        ("/other.jpg@40w", 404),
        ("/40x40/other.jpg", 404),
        ("/other.jpg?width=40", 404),
    ] {
        assert_eq!(server.get(path).status, status, "{path}");
    }
}

#[cfg(feature = "libwebp")]
#[test]
fn the_format_follows_the_viewer_where_the_url_leaves_it_open() {
    let server = Running::new(&with_photo(), Settings::default());
    for (accept, made) in [
        ("image/avif", "image/avif"),
        ("image/webp", "image/webp"),
        ("*/*", "image/jpeg"),
    ] {
        let header = format!("Accept: {accept}\r\n");
        let answer = server.ask("GET", "/photo.jpg?width=40&format=auto", &header);
        assert_eq!(answer.header("content-type"), Some(made), "{accept}");
        assert_eq!(answer.header("vary"), Some("Accept"), "{accept}");
    }
}

#[test]
fn what_a_result_took_and_its_plan_are_told() {
    let server = Running::new(&with_photo(), Settings::default());
    let made = server.get("/photo.jpg?width=40");
    let explained = server.get("/.edgepix/explain?path=%2Fphoto.jpg%3Fwidth%3D40");
    let explained: serde_json::Value = serde_json::from_slice(&explained.body).unwrap();
    assert_eq!(explained["dialect"], "native");
    assert_eq!(explained["source"]["width"], 120);
    assert_eq!(explained["result"]["height"], 27);
    assert_eq!(explained["result"]["bytes"], made.body.len());
    let stages: Vec<_> = explained["stages"].as_array().unwrap().iter().collect();
    assert_eq!(stages.len(), 6);
    let plan = explained["plan"].as_str().unwrap();
    assert!(
        plan.contains("output       jpeg 40x27, quality 80"),
        "{plan}"
    );
}

#[test]
fn a_result_is_still_right_while_its_original_is() {
    let shelf = with_photo();
    let photo = shelf.objects.lock().unwrap()["photo.jpg"].clone();
    let brief = photo.kept("max-age=0");
    shelf
        .objects
        .lock()
        .unwrap()
        .insert("photo.jpg".into(), brief);
    let server = Running::new(&shelf, Settings::default());
    let first = server.get("/photo.jpg?width=40");
    let opened = shelf.opened.load(Ordering::SeqCst);
    let second = server.get("/photo.jpg?width=40");
    assert_eq!(second.cache(), "RefreshHit from edgepix");
    assert_eq!(second.body, first.body);
    assert_eq!(
        shelf.opened.load(Ordering::SeqCst),
        opened,
        "nothing was made"
    );
}

#[test]
fn a_panic_is_answered_with_the_original() {
    let shelf = with_photo();
    shelf.panics.store(true, Ordering::SeqCst);
    let server = Running::new(&shelf, Settings::default());
    let answer = server.get("/photo.jpg?width=40");
    assert_eq!(answer.status, 200);
    let said = answer.header("x-edgepix");
    assert_eq!(said, Some("passthrough; reason=panic"));
    assert_eq!(
        answer.body,
        shelf.objects.lock().unwrap()["photo.jpg"].bytes
    );
}

#[test]
fn a_store_that_cannot_be_listed_says_so() {
    let shelf = shelf();
    shelf.unlisted.store(true, Ordering::SeqCst);
    let server = Running::new(&shelf, Settings::default());
    assert_eq!(server.get("/.edgepix/originals.json").status, 501);
}

#[test]
fn why_a_store_failed_is_in_the_log_and_nowhere_else() {
    let (settings, lines) = logging();
    let server = Running::new(&shelf(), settings);
    let answer = server.get("/busy.jpg?width=1");
    assert!(!answer.text().contains("too busy"), "{}", answer.text());
    let lines = lines.lock().unwrap();
    assert_eq!(lines[0], "    /busy.jpg: the store is too busy");
    assert!(lines[1].starts_with("503 Miss"), "{}", lines[1]);
}

/// Settings with a log, and its lines.
fn logging() -> (Settings, Arc<Mutex<Vec<String>>>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&lines);
    let settings = Settings {
        log: Some(Box::new(move |line| {
            log.lock().unwrap().push(line.to_owned());
        })),
        ..Settings::default()
    };
    (settings, lines)
}
