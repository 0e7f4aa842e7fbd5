//! Where the time went, in the answer.

use edgepix::config::{Config, Etag};

use super::{answered, asked, header, room, shelf_with_photo, with_header};

fn timed() -> Config {
    Config {
        server_timing: true,
        ..Config::default()
    }
}

/// Names and milliseconds of a Server-Timing (W3C, "Server Timing", 3).
fn metrics(value: &str) -> Vec<(&str, f64)> {
    let metrics = value.split(", ").map(|metric| {
        let (name, dur) = metric.split_once(";dur=").unwrap();
        (name, dur.parse().unwrap())
    });
    metrics.collect()
}

#[test]
fn an_image_says_where_its_time_went_if_it_is_asked_to() {
    let exchange = asked("/photo.jpg", "w=320");
    let (response, _) = answered(&exchange, shelf_with_photo(), &timed(), &room());
    let metrics = metrics(header(&response, "server-timing"));
    let names: Vec<_> = metrics.iter().map(|(name, _)| *name).collect();
    let expected = [
        "read", "decode", "resize", "colour", "encode", "write", "total",
    ];
    assert_eq!(names, expected);
    let (stages, total) = metrics.split_at(metrics.len() - 1);
    // Each is rounded by up to 0.05 ms.
    let sum: f64 = stages.iter().map(|(_, time)| time).sum();
    assert!(sum > 0.0 && sum <= total[0].1 + 0.4, "{metrics:?}");
}

#[test]
fn the_origins_own_times_stay() {
    let mut exchange = asked("/photo.jpg", "w=320");
    exchange.response.headers.set("Server-Timing", "db;dur=5");
    let (response, _) = answered(&exchange, shelf_with_photo(), &timed(), &room());
    let value = header(&response, "server-timing");
    assert!(value.starts_with("db;dur=5, read;dur="), "{value}");
}

#[test]
fn what_was_not_made_has_no_times_and_nobody_who_did_not_ask() {
    let plain = asked("/photo.jpg", "w=320");
    let (response, _) = answered(&plain, shelf_with_photo(), &Config::default(), &room());
    assert_eq!(response.headers.get("server-timing"), None);
    let mut config = timed();
    config.caching.etag = Etag::Own;
    let same = with_header(plain, "If-None-Match", "*");
    let (response, _) = answered(&same, shelf_with_photo(), &config, &room());
    assert_eq!(response.status, "304");
    assert_eq!(response.headers.get("server-timing"), None);
    let refused = asked("/photo.jpg", "w=0");
    let (response, _) = answered(&refused, shelf_with_photo(), &config, &room());
    assert_eq!(response.status, "400");
    assert_eq!(response.headers.get("server-timing"), None);
}
