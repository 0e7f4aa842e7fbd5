//! The installation's image where there is no original.

use bytes::Bytes;
use edgepix::{
    config::{Config, Fallback, FallbackStatus},
    event::cloudfront::{Body, Exchange, Response},
    origin_response::RESPONSE_BYTES,
    store::StoreError,
};

use super::{
    answered, asked, counted, event, gone, header, image, missed, room,
    shelf::{ETAG, Shelf},
    shelf_with_photo,
};

const IMAGE: &[u8] = b"not looked at again";

fn config(status: FallbackStatus) -> Config {
    Config {
        fallback: Some(Fallback {
            image: Bytes::from_static(IMAGE),
            content_type: "image/webp",
            status,
        }),
        ..Config::default()
    }
}

fn with(exchange: &Exchange, shelf: Shelf) -> Response {
    answered(exchange, shelf, &config(FallbackStatus::NotFound), &room()).0
}

#[track_caller]
fn assert_fallback(response: &Response, reason: &str) {
    let said = format!("fallback; reason={reason}");
    assert_eq!(header(response, "x-edgepix"), said);
    assert_eq!(response.body, Some(Body::Bytes(IMAGE.into())));
}

#[test]
fn a_derivative_of_nothing_is_the_fallback() {
    let mut exchange = missed("/nothing.jpg@320w.avif");
    let headers = &mut exchange.response.headers;
    headers.set("ETag", ETAG);
    headers.set("Cache-Control", "public, max-age=31536000");
    headers.set("x-amz-error-code", "NoSuchKey");
    for (status, said) in [
        (FallbackStatus::NotFound, "404"),
        (FallbackStatus::Ok, "200"),
    ] {
        let (response, shelf) = answered(&exchange, shelf_with_photo(), &config(status), &room());
        assert_fallback(&response, "missing");
        assert_eq!(response.status, said);
        assert_eq!(header(&response, "content-type"), "image/webp");
        assert_eq!(header(&response, "content-length"), IMAGE.len().to_string());
        assert_eq!(header(&response, "cache-control"), "public, max-age=60");
        for name in ["etag", "last-modified", "x-amz-error-code"] {
            assert_eq!(response.headers.get(name), None, "{name}");
        }
        assert!(shelf.stored().is_empty());
    }
}

#[test]
fn an_original_that_is_forbidden_is_as_good_as_none() {
    let mut exchange = missed("/photo-sm.jpg");
    exchange.response.status = "403".into();
    let shelf = shelf_with_photo().failing(|| StoreError::Forbidden);
    assert_fallback(&with(&exchange, shelf), "forbidden");
}

#[test]
fn a_query_on_nothing_is_the_fallback() {
    for (uri, query, status, reason) in [
        ("/nothing.jpg", "w=320", "404", "missing"),
        ("/nothing.jpg", "width=320&format=auto", "403", "forbidden"),
        ("/a.b/nothing", "w=320", "404", "missing"),
    ] {
        let exchange = event(uri, query, status, gone());
        assert_fallback(&with(&exchange, Shelf::default()), reason);
    }
}

#[test]
fn what_asks_for_no_image_is_missing_as_ever() {
    for (uri, query) in [
        ("/nothing.jpg", ""),
        ("/nothing.jpg", "utm_source=mail"),
        ("/nothing.jpg", "w=0"),
        ("/nothing.html", "width=320"),
        ("/nothing.svg", "width=320"),
    ] {
        let exchange = event(uri, query, "404", gone());
        let before = serde_json::to_value(&exchange.response).unwrap();
        let response = with(&exchange, Shelf::default());
        let after = serde_json::to_value(&response).unwrap();
        assert_eq!(after, before, "{uri}?{query}");
    }
}

#[test]
fn where_there_is_an_original_that_is_served() {
    // It is no image that is decoded.
    let shelf = Shelf::with("photo.jpg", "<svg/>", "image/svg+xml");
    let response = with(&missed("/photo.jpg@320w"), shelf);
    assert_eq!(response.body, Some(Body::Bytes("<svg/>".into())));
    // The origin has it, though not for us.
    let shelf = shelf_with_photo().failing(|| StoreError::Forbidden);
    let response = with(&asked("/photo.jpg", "w=320"), shelf);
    assert_eq!(
        header(&response, "x-edgepix"),
        "passthrough; reason=forbidden"
    );
    assert_eq!((&*response.status, &response.body), ("200", &None));
    // It may come at the next try.
    let shelf = shelf_with_photo().failing(|| StoreError::Busy);
    let response = with(&missed("/photo.jpg@320w"), shelf);
    assert_eq!(header(&response, "x-edgepix"), "redirect; reason=busy");
    // And it does not stand in the way of what can be made.
    let response = with(&missed("/photo.jpg@320w"), shelf_with_photo());
    assert_eq!(image(&response).1, 320);
}

#[test]
fn a_fallback_that_does_not_fit_an_answer_is_not_sent() {
    let mut config = config(FallbackStatus::NotFound);
    let large = vec![0; 700 << 10];
    config.fallback.as_mut().unwrap().image = large.into();
    let exchange = missed("/nothing.jpg@320w");
    for (most, fits) in [(RESPONSE_BYTES, true), (RESPONSE_BYTES / 2, false)] {
        config.limits.response_bytes = Some(most);
        let (response, _) = answered(&exchange, shelf_with_photo(), &config, &room());
        assert!(counted(&response) <= most);
        assert_eq!(response.body.is_some(), fits, "{most}");
        assert_eq!(response.status, "404");
    }
}
