//! What a client says of its screen and its line.

use edgepix::{
    config::{Config, Etag, Hints},
    event::cloudfront::{Exchange, Response},
};

use super::{answered, asked, header, image, missed, room, shelf_with_photo, with_header};

const ALL: Hints = Hints {
    dpr: true,
    width: true,
    save_data_quality: Some(20),
};

fn config(hints: Hints) -> Config {
    Config {
        hints,
        ..Config::default()
    }
}

fn with(hints: Hints, exchange: &Exchange) -> Response {
    answered(exchange, shelf_with_photo(), &config(hints), &room()).0
}

/// How wide the image of a query becomes for a client that says this.
fn width(hints: Hints, query: &str, name: &str, value: &str) -> u32 {
    let exchange = with_header(asked("/photo.jpg", query), name, value);
    image(&with(hints, &exchange)).1
}

#[test]
fn a_screens_pixels_count_where_the_url_says_a_size_and_no_dpr() {
    for (query, expected) in [
        ("w=100", 200),
        ("width=100", 200),
        ("width=100&dpr=3", 300),
        ("quality=50", 640),
    ] {
        assert_eq!(width(ALL, query, "Sec-CH-DPR", "1.75"), expected, "{query}");
    }
}

#[test]
fn a_width_counts_where_the_url_says_no_size() {
    for (query, expected) in [("quality=50", 320), ("width=100", 100), ("percent=50", 320)] {
        assert_eq!(
            width(ALL, query, "Sec-CH-Width", "200"),
            expected,
            "{query}"
        );
    }
    assert_eq!(width(ALL, "percent=25", "Sec-CH-Width", "200"), 160);
}

#[test]
fn who_saves_data_gets_fewer_bytes_where_the_url_says_no_quality() {
    let quality = |query| {
        let exchange = with_header(asked("/photo.jpg", query), "Save-Data", "on");
        let response = with(ALL, &exchange);
        let said = header(&response, "x-edgepix").to_owned();
        said.rsplit_once("quality=").unwrap().1.to_owned()
    };
    assert_eq!(quality("w=100"), "20");
    assert_eq!(quality("w=100&q=60"), "60");
}

#[test]
fn no_hint_counts_unless_it_is_enabled() {
    for (query, name, value) in [
        ("w=100", "Sec-CH-DPR", "2"),
        ("quality=50", "Sec-CH-Width", "320"),
        ("w=100", "Save-Data", "on"),
    ] {
        let plain = asked("/photo.jpg", query);
        let hinted = with_header(plain.clone(), name, value);
        let none = Hints::default();
        let (plain, hinted) = (with(none, &plain), with(none, &hinted));
        assert_eq!(hinted.body, plain.body, "{name}");
        assert_eq!(hinted.headers, plain.headers, "{name}");
        assert_eq!(hinted.headers.get("accept-ch"), None);
    }
}

#[test]
fn the_first_visitors_screen_does_not_choose_for_everyone() {
    let exchange = with_header(missed("/photo.jpg@100w"), "Sec-CH-DPR", "3");
    let exchange = with_header(exchange, "Save-Data", "on");
    let (response, shelf) = answered(&exchange, shelf_with_photo(), &config(ALL), &room());
    assert_eq!(image(&response).1, 100);
    assert_eq!(shelf.stored().len(), 1);
    for name in ["vary", "accept-ch"] {
        assert_eq!(response.headers.get(name), None, "{name}");
    }
    let mut config = config(ALL);
    config.derivatives.keep = false;
    let (response, _) = answered(&exchange, shelf_with_photo(), &config, &room());
    assert_eq!(image(&response).1, 300);
}

#[test]
fn answers_say_what_they_depend_on_each_once() {
    let dpr_alone = Hints {
        dpr: true,
        ..Hints::default()
    };
    for (hints, origin, query, vary) in [
        (dpr_alone, "", "w=100", "Sec-CH-DPR"),
        (dpr_alone, "Origin", "w=100", "Origin, Sec-CH-DPR"),
        (
            dpr_alone,
            "dpr, Origin",
            "width=100&format=auto",
            "dpr, Origin, Accept, Sec-CH-DPR",
        ),
        (dpr_alone, "*", "w=100", "*"),
        (
            ALL,
            "Origin, Accept",
            "width=100&format=auto",
            "Origin, Accept, Sec-CH-DPR, Sec-CH-Width, Save-Data",
        ),
    ] {
        let mut exchange = asked("/photo.jpg", query);
        if !origin.is_empty() {
            exchange.response.headers.set("Vary", origin);
        }
        let response = with(hints, &exchange);
        assert_eq!(header(&response, "vary"), vary);
    }
    let response = with(ALL, &asked("/photo.jpg", "w=100"));
    let wanted = "Sec-CH-DPR, Sec-CH-Width";
    assert_eq!(header(&response, "accept-ch"), wanted);
}

#[test]
fn an_etag_of_its_own_depends_on_what_the_hints_change_and_304_says_so() {
    let config = Config {
        caching: edgepix::config::Caching {
            etag: Etag::Own,
            ..Default::default()
        },
        ..config(ALL)
    };
    let answer = |exchange: &Exchange| answered(exchange, shelf_with_photo(), &config, &room()).0;
    let of = |headers: &[(&str, &str)], query: &str| {
        let mut exchange = asked("/photo.jpg", query);
        for (name, value) in headers {
            exchange = with_header(exchange, name, value);
        }
        answer(&exchange)
    };
    let etag =
        |headers: &[(&str, &str)], query: &str| header(&of(headers, query), "etag").to_owned();
    let plain = etag(&[], "w=100");
    assert_eq!(etag(&[("Sec-CH-DPR", "1")], "w=100"), plain);
    let twice = etag(&[("Sec-CH-DPR", "2")], "w=100");
    assert_ne!(twice, plain);
    assert_eq!(etag(&[("Sec-CH-DPR", "1.6")], "w=100"), twice);
    assert_ne!(etag(&[("Save-Data", "on")], "w=100"), plain);
    let narrow = etag(&[("Sec-CH-Width", "320")], "format=webp");
    assert_ne!(narrow, etag(&[("Sec-CH-Width", "480")], "format=webp"));
    let same = of(&[("Sec-CH-DPR", "2"), ("If-None-Match", &twice)], "w=100");
    assert_eq!(same.status, "304");
    assert!(header(&same, "vary").starts_with("Sec-CH-DPR"));
    assert!(header(&same, "accept-ch").contains("Sec-CH-Width"));
    let other = of(&[("If-None-Match", &twice)], "w=100");
    assert_eq!(other.status, "200");
}

#[test]
fn a_hint_that_would_lead_past_a_limit_is_not_followed() {
    let width = |side, pixels| {
        let mut config = config(ALL);
        config.policy.side = side;
        config.policy.pixels = pixels;
        let exchange = with_header(asked("/photo.jpg", "w=400"), "Sec-CH-DPR", "3");
        let exchange = with_header(exchange, "Save-Data", "on");
        let (response, _) = answered(&exchange, shelf_with_photo(), &config, &room());
        let said = header(&response, "x-edgepix");
        assert!(said.contains("quality=20"), "{said}");
        image(&response).1
    };
    assert_eq!(width(None, None), 1200);
    assert_eq!(width(Some(1200), Some(1_080_000)), 1200);
    assert_eq!(width(Some(1199), None), 400);
    // The URL leaves its height open.
    assert_eq!(width(None, Some(1_079_999)), 400);
}
