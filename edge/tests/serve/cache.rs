//! What is in front of the function: what is kept, shared, and found to be right still.

use std::{io::Read, sync::atomic::Ordering, thread};

use edgepix::{
    config::{Config, Etag, Hints},
    server::Settings,
};

use super::{
    running,
    served::{Running, Thing, receive, send},
    with_photo,
};

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
fn viewers_of_other_formats_have_entries_of_their_own_where_they_have_a_say() {
    let (_, server) = running();
    let with = |path: &str, accept: &str| {
        let header = format!("Accept: {accept}\r\n");
        server.ask("GET", path, &header).cache().to_owned()
    };
    let auto = "/a.txt?format=auto";
    assert_eq!(with(auto, "image/avif,image/webp,*/*"), "Miss from edgepix");
    assert_eq!(with(auto, "image/webp,*/*"), "Miss from edgepix");
    assert_eq!(with(auto, "*/*"), "Miss from edgepix");
    assert_eq!(with(auto, "image/avif"), "Hit from edgepix");
    // Nor can a viewer say for itself what its token is.
    let forged = server.ask("GET", auto, "X-Edgepix-Accept: avif\r\n");
    assert_eq!(forged.cache(), "Hit from edgepix");
    for path in ["/a.txt", "/a.txt?format=png"] {
        assert_eq!(with(path, "image/avif"), "Miss from edgepix", "{path}");
        assert_eq!(with(path, "image/webp"), "Hit from edgepix", "{path}");
    }
}

#[test]
fn all_spellings_of_a_question_share_an_entry() {
    let (_, server) = running();
    let first = server.get("/a.txt?width=30&fit=cover&utm_source=x");
    assert_eq!(first.cache(), "Miss from edgepix");
    for other in ["?Fit=COVER&width=030", "?width=30&v=2&fit=%63over"] {
        let answer = server.get(&format!("/a.txt{other}"));
        assert_eq!(answer.cache(), "Hit from edgepix", "{other}");
    }
    let twice = server.get("/a.txt?fit=cover&width=30&width=30");
    assert_eq!(twice.cache(), "Miss from edgepix");
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

/// The head and the body of what came, both empty where not even a whole head did.
fn parts(came: &[u8]) -> (String, &[u8]) {
    let end = came.windows(4).position(|four| four == b"\r\n\r\n");
    end.map_or((String::new(), &[]), |end| {
        (
            String::from_utf8_lossy(&came[..end]).into_owned(),
            &came[end + 4..],
        )
    })
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
    // How much of it leaves before the connection is broken off is a matter of luck: the head and
    // 50 bytes, or nothing at all.
    let mut stream = server.connect();
    send(&mut stream, "GET", "/cut.bin", "");
    let mut came = Vec::new();
    let _broken_off = stream.read_to_end(&mut came);
    let (head, body) = parts(&came);
    assert!(
        head.is_empty() || head.contains("content-length: 8388609"),
        "{head}"
    );
    assert!(body.len() <= 50, "{}", body.len());
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
fn a_result_with_an_etag_of_its_own_is_found_right_by_that() {
    let shelf = with_photo();
    let brief = shelf.objects.lock().unwrap()["photo.jpg"].clone();
    let brief = brief.kept("max-age=0");
    shelf
        .objects
        .lock()
        .unwrap()
        .insert("photo.jpg".into(), brief);
    let mut config = Config::default();
    config.caching.etag = Etag::Own;
    let server = Running::with_config(&shelf, Settings::default(), config);
    for path in ["/photo.jpg?width=40", "/photo-sm.jpg"] {
        let first = server.get(path);
        let etag = first.header("etag").expect("it has one");
        let known = format!("If-None-Match: {etag}\r\n");
        assert_eq!(server.ask("GET", path, &known).status, 304, "{path}");
    }
    let second = server.get("/photo.jpg?width=40");
    assert_eq!(second.cache(), "RefreshHit from edgepix");
    let explained = server.get("/.edgepix/explain?path=%2Fphoto.jpg%3Fwidth%3D40");
    assert!(
        explained.text().contains("RefreshHit"),
        "{}",
        explained.text()
    );
}

#[test]
fn viewers_of_other_screens_have_entries_of_their_own_where_hints_count() {
    let config = |dpr| Config {
        hints: Hints {
            dpr,
            ..Hints::default()
        },
        ..Config::default()
    };
    let shelf = with_photo();
    let server = Running::with_config(&shelf, Settings::default(), config(true));
    for (headers, cache, size) in [
        ("", "Miss", "size=20x13"),
        ("Sec-CH-DPR: 2\r\n", "Miss", "size=40x27"),
        ("Sec-CH-DPR: 1.8\r\n", "Hit", "size=40x27"),
        ("Sec-CH-DPR: 1\r\n", "Hit", "size=20x13"),
        ("Save-Data: on\r\n", "Hit", "size=20x13"),
    ] {
        let answer = server.ask("GET", "/photo.jpg?w=20", headers);
        assert_eq!(answer.cache(), format!("{cache} from edgepix"), "{headers}");
        let said = answer.header("x-edgepix").unwrap();
        assert!(said.contains(size), "{headers}: {said}");
        assert_eq!(answer.header("vary"), Some("Sec-CH-DPR"));
    }
    let server = Running::with_config(&shelf, Settings::default(), config(false));
    for (headers, cache) in [("", "Miss"), ("Sec-CH-DPR: 2\r\n", "Hit")] {
        let answer = server.ask("GET", "/photo.jpg?w=20", headers);
        assert_eq!(answer.cache(), format!("{cache} from edgepix"), "{headers}");
        assert_eq!(answer.header("vary"), None);
    }
}
