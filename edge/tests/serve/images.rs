//! What the function makes of a question, over HTTP.

use std::sync::atomic::Ordering;

use edgepix::{
    config::{Config, Fallback, FallbackStatus},
    server::Settings,
};

use super::{served::Running, with_photo};

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
fn where_there_is_no_original_there_is_the_fallback() {
    let config = Config {
        fallback: Some(Fallback {
            image: "an image".into(),
            content_type: "image/webp",
            status: FallbackStatus::NotFound,
        }),
        ..Config::default()
    };
    let server = Running::with_config(&with_photo(), Settings::default(), config);
    for path in [
        "/nothing.jpg@40w",
        "/nothing.jpg?w=40",
        "/forbidden.jpg?w=40",
    ] {
        let answer = server.get(path);
        assert_eq!(answer.header("content-type"), Some("image/webp"), "{path}");
        assert_eq!(
            (answer.status, &*answer.text()),
            (404, "an image"),
            "{path}"
        );
        assert_eq!(server.get(path).cache(), "Hit from edgepix", "{path}");
    }
    assert_eq!(server.get("/photo.jpg?w=40").status, 200);
    let missing = server.get("/nothing.jpg");
    assert_eq!(missing.header("content-type"), Some("application/xml"));
}
