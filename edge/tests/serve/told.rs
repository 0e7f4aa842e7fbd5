//! What is told besides images: the page and what it asks, and the log.

use std::sync::{Arc, Mutex, atomic::Ordering};

use edgepix::server::Settings;

use super::{
    running,
    served::{Running, Thing},
    shelf, with_photo,
};

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
    let explain = || server.get("/.edgepix/explain?path=%2Fa.txt%3Fw%3D01%26x%3D1");
    assert_eq!(explain().status, 404);
    for cache in ["Miss", "Hit"] {
        server.get("/a.txt?x=2&W=1");
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

#[test]
fn signatures_are_not_in_the_log() {
    let (settings, lines) = logging();
    let server = Running::new(&with_photo(), settings);
    for path in [
        "/photo.jpg?width=40&sig=web.5up3r-51gn4tur3&v=1",
        "/.edgepix/explain?path=%2Fphoto.jpg%3Fwidth%3D40%26sig%3Dweb.5up3r-51gn4tur3%26v%3D1",
    ] {
        assert_eq!(server.get(path).status, 200);
    }
    let lines = lines.lock().unwrap().join("\n");
    assert!(
        lines.contains("GET /photo.jpg?width=40&sig=***&v=1 "),
        "{lines}"
    );
    assert!(lines.contains("%26sig%3D***%26v%3D1 "), "{lines}");
    assert!(!lines.contains("5up3r"), "{lines}");
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
