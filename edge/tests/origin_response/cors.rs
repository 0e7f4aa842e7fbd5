//! Pages of other sites may use what they might have used without us.

use bytes::Bytes;
use edgepix::{
    config::{Config, Etag, Fallback, FallbackStatus},
    event::cloudfront::{Exchange, Response},
};
use edgepix_corpus::{synth, write};

use super::{answered, asked, header, missed, room, shelf::Shelf, shelf_with_photo, with_header};

/// What S3 says to a request with an Origin (Amazon S3 User Guide, "Cross-origin resource
/// sharing").
const CORS: [(&str, &str); 5] = [
    ("Access-Control-Allow-Origin", "https://shop.example"),
    ("Access-Control-Allow-Methods", "GET, HEAD"),
    ("Access-Control-Allow-Credentials", "true"),
    ("Access-Control-Expose-Headers", "ETag, x-edgepix"),
    ("Access-Control-Max-Age", "3000"),
];

fn crossing(mut exchange: Exchange) -> Exchange {
    for (name, value) in CORS {
        exchange.response.headers.set(name, value);
    }
    exchange.response.headers.set("Vary", "Origin");
    exchange
}

#[track_caller]
fn assert_kept(response: &Response, vary: &str) {
    for (name, value) in CORS {
        assert_eq!(
            header(response, &name.to_ascii_lowercase()),
            value,
            "{name}"
        );
    }
    assert_eq!(header(response, "vary"), vary);
}

#[test]
fn cors_headers_of_the_origin_are_on_every_kind_of_answer() {
    let mut own = Config::default();
    own.caching.etag = Etag::Own;
    let with_fallback = Config {
        fallback: Some(Fallback {
            image: Bytes::from_static(b"an image"),
            content_type: "image/png",
            status: FallbackStatus::NotFound,
        }),
        ..Config::default()
    };
    let usual = Config::default();
    let held = with_header(asked("/photo.jpg", "w=320"), "If-None-Match", "*");
    for (exchange, config, status, outcome, vary) in [
        (
            asked("/photo.jpg", "w=320"),
            &usual,
            "200",
            "made",
            "Origin",
        ),
        (
            asked("/photo.jpg", "width=320&format=auto"),
            &usual,
            "200",
            "made",
            "Origin, Accept",
        ),
        (missed("/photo.jpg@320w"), &usual, "200", "made", "Origin"),
        (held, &own, "304", "not-modified", "Origin"),
        (
            asked("/photo.jpg", "w=0"),
            &usual,
            "400",
            "refused",
            "Origin",
        ),
        (
            asked("/nothing.jpg", "w=9"),
            &usual,
            "200",
            "passthrough",
            "Origin",
        ),
        (
            missed("/nothing.jpg@9w"),
            &usual,
            "404",
            "passthrough",
            "Origin",
        ),
        (
            missed("/nothing.jpg@9w"),
            &with_fallback,
            "404",
            "fallback",
            "Origin",
        ),
    ] {
        let (response, _) = answered(&crossing(exchange), shelf_with_photo(), config, &room());
        assert_eq!(response.status, status);
        let said = header(&response, "x-edgepix");
        assert!(said.starts_with(outcome), "{said}");
        assert_kept(&response, vary);
    }
}

#[test]
fn cors_headers_of_the_origin_are_on_redirects_and_originals() {
    let text = || Shelf::with("photo.jpg", "no image", "text/plain");
    let exchange = crossing(missed("/photo.jpg@320w"));
    let (response, _) = answered(&exchange, text(), &Config::default(), &room());
    assert_eq!(
        header(&response, "x-edgepix"),
        "passthrough; reason=unsupported"
    );
    assert_eq!(response.status, "200");
    assert_kept(&response, "Origin");
    let noise = write::png(&synth::noise(1600, 1200, 3, 1));
    let mut broken = noise.clone();
    broken[40..60].fill(0);
    let shelf = Shelf::with("photo.jpg", broken, "image/png");
    let (response, _) = answered(&exchange, shelf, &Config::default(), &room());
    assert_eq!(response.status, "302");
    assert_eq!(header(&response, "location"), "/photo.jpg");
    assert_kept(&response, "Origin");
}
