//! What the policy forbids, and what CloudFront gets for it.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use edgepix::{
    clock::{Clock, SystemClock},
    config::{Config, Dimension, Etag, SigningKey, WhenMalformed},
    event::cloudfront::{Body, Exchange, Origin, Response},
    origin_response::{Stores, answer},
    store::Store,
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{answered, asked, header, image, missed, room, shelf::Only, shelf_with_photo};

const SECRET: &str = "correct-horse-battery-staple";

fn signing() -> Config {
    let key = SigningKey {
        name: "web".into(),
        secret: SECRET.into(),
    };
    Config {
        signing_keys: vec![key],
        ..Config::default()
    }
}

fn only_thumbs() -> Config {
    let mut config = Config::default();
    config.policy.dimensions = vec![Dimension {
        width: Some(150),
        height: Some(100),
    }];
    config
}

/// The query with its signature, made as the document says and not as edgepix does it.
fn signed(path: &str, query: &str) -> String {
    let mut parameters: Vec<&str> = query.split('&').collect();
    parameters.sort_unstable();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("{path}?{}", parameters.join("&")).as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    let mark = if query.is_empty() { "" } else { "&" };
    format!("{query}{mark}sig=web.{signature}")
}

fn with_query(mut exchange: Exchange, query: &str) -> Exchange {
    exchange.request.querystring = query.to_owned();
    exchange
}

/// Stores that must not be asked for.
struct Shut;

impl Stores for Shut {
    fn of_origin(&self, _: &Origin, _: &Config) -> Result<Arc<dyn Store>, String> {
        panic!("the store is opened")
    }
}

/// The answer that needs no store.
fn refused(exchange: &Exchange, config: &Config) -> Response {
    answer(exchange, &room(), &Shut, config, &SystemClock).response
}

#[test]
fn what_is_forbidden_is_refused_to_the_letter() {
    let response = refused(&asked("/photo.jpg", "w=320"), &only_thumbs());
    assert_eq!(
        serde_json::to_value(&response).unwrap(),
        json!({
            "status": "403",
            "statusDescription": "Forbidden",
            "headers": {
                "cache-control": [{ "key": "Cache-Control", "value": "public, max-age=60" }],
                "content-length": [{ "key": "Content-Length", "value": "39" }],
                "content-type": [{ "key": "Content-Type", "value": "text/plain; charset=utf-8" }],
                "x-amz-meta-author": [{ "key": "x-amz-meta-author", "value": "somebody" }],
                "x-content-type-options": [{ "key": "X-Content-Type-Options", "value": "nosniff" }],
                "x-edgepix": [{
                    "key": "X-Edgepix",
                    "value": "forbidden; reason=320x: should be a size that is allowed"
                }]
            },
            "body": "320x: should be a size that is allowed\n",
            "bodyEncoding": "text"
        })
    );
}

#[test]
fn a_forbidden_derivative_keeps_the_read_only_headers() {
    for uri in ["/photo.jpg@320w", "/320x200/photo.jpg"] {
        let response = refused(&missed(uri), &only_thumbs());
        assert_eq!(response.status, "403", "{uri}");
        assert_eq!(header(&response, "transfer-encoding"), "chunked");
        assert_eq!(header(&response, "via"), "1.1 somewhere");
        assert_eq!(header(&response, "cache-control"), "public, max-age=60");
        assert!(header(&response, "x-edgepix").starts_with("forbidden; reason=320x"));
    }
}

#[test]
fn what_is_allowed_is_made() {
    let config = only_thumbs();
    for exchange in [
        asked("/photo.jpg", "w=150&h=100"),
        missed("/photo.jpg@150w_100h_2e"),
    ] {
        let (response, _) = answered(&exchange, shelf_with_photo(), &config, &room());
        assert_eq!(image(&response), ("jpeg".into(), 150, 100));
    }
    let (response, _) = answered(
        &missed("/photo-sm.jpg"),
        shelf_with_photo(),
        &config,
        &room(),
    );
    assert_eq!(image(&response).1, 320);
}

#[test]
fn a_forbidden_question_is_not_softened_where_a_malformed_one_is() {
    let mut config = only_thumbs();
    config.malformed = WhenMalformed::Original;
    assert_eq!(
        refused(&asked("/photo.jpg", "w=320"), &config).status,
        "403"
    );
}

#[test]
fn originals_and_pages_are_no_matter_of_policy() {
    let mut config = signing();
    config.policy.presets_only = true;
    config.policy.types = vec!["png".into()];
    for exchange in [
        asked("/photo.jpg", ""),
        asked("/photo.jpg", "utm_source=x"),
        missed("/a.jpg"),
    ] {
        let response = refused(&exchange, &config);
        let before = serde_json::to_value(&exchange.response).unwrap();
        assert_eq!(serde_json::to_value(&response).unwrap(), before);
    }
}

#[test]
fn a_result_that_is_too_large_is_forbidden_once_its_size_is_known() {
    let mut config = Config::default();
    config.policy.side = Some(320);
    config.policy.pixels = Some(320 * 200);
    config.malformed = WhenMalformed::Original;
    // The photograph is 640x480: a height follows from each width.
    for (exchange, reason) in [
        (
            asked("/photo.jpg", "width=321"),
            "321x241: should be at most 320 pixels along a side",
        ),
        (
            asked("/photo.jpg", "width=160&dpr=2"),
            "320x240: should be at most 64000 pixels in all",
        ),
        (
            missed("/photo.jpg@50p"),
            "320x240: should be at most 64000 pixels in all",
        ),
        (
            missed("/photo-md.jpg"),
            "640x480: should be at most 320 pixels along a side",
        ),
        (
            asked("/photo.jpg", "format=webp"),
            "640x480: should be at most 320 pixels along a side",
        ),
    ] {
        let (response, shelf) = answered(&exchange, shelf_with_photo(), &config, &room());
        assert_eq!(response.status, "403", "{reason}");
        let said = header(&response, "x-edgepix");
        assert_eq!(said, format!("forbidden; reason={reason}"));
        assert_eq!(header(&response, "etag"), "");
        assert!(shelf.stored().is_empty());
    }
    let (response, _) = answered(
        &asked("/photo.jpg", "h=200"),
        shelf_with_photo(),
        &config,
        &room(),
    );
    assert_eq!(image(&response).2, 200);
}

#[test]
fn a_preset_is_made_as_the_configuration_says() {
    let mut config = only_thumbs();
    config.policy.presets_only = true;
    config.presets = [(
        "wide".to_owned(),
        "width=200&height=50&fit=cover".to_owned(),
    )]
    .into();
    let exchange = asked("/photo.jpg", "preset=wide&format=png");
    let (response, _) = answered(&exchange, shelf_with_photo(), &config, &room());
    assert_eq!(image(&response), ("png".into(), 200, 50));
    let forbidden = asked("/photo.jpg", "preset=wide&width=150");
    assert_eq!(refused(&forbidden, &config).status, "403");
    let unknown = refused(&asked("/photo.jpg", "preset=wider"), &config);
    assert_eq!(unknown.status, "400");
    assert_eq!(
        header(&unknown, "x-edgepix"),
        "refused; reason=native: preset=wider: should be a preset of this installation"
    );
}

#[test]
fn an_etag_of_its_own_changes_with_what_a_preset_says() {
    let etag = |query: &str| {
        let mut config = Config {
            presets: [("a".to_owned(), query.to_owned())].into(),
            ..Config::default()
        };
        config.caching.etag = Etag::Own;
        let exchange = asked("/photo.jpg", "preset=a");
        let (response, _) = answered(&exchange, shelf_with_photo(), &config, &room());
        header(&response, "etag").to_owned()
    };
    assert_eq!(etag("width=100"), etag("width=100"));
    assert_ne!(etag("width=100"), etag("width=100&fit=fill&height=75"));
}

#[test]
fn every_dialect_is_made_where_it_is_signed_and_refused_where_it_is_not() {
    let config = signing();
    for (exchange, query) in [
        (asked("/photo.jpg", ""), "w=100&h=75"),
        (asked("/photo.jpg", ""), "width=100&fit=inside"),
        (missed("/photo.jpg@100w.jpg"), ""),
        (missed("/100x75/photo.jpg"), ""),
        (missed("/photo-sm.jpg"), ""),
    ] {
        let uri = exchange.request.uri.clone();
        let unsigned = with_query(exchange.clone(), query);
        let response = refused(&unsigned, &config);
        assert_eq!(response.status, "403", "{uri}?{query}");
        let said = header(&response, "x-edgepix");
        assert_eq!(said, "forbidden; reason=the URL should be signed");
        let query = signed(&uri, query);
        let (response, _) = answered(
            &with_query(exchange.clone(), &query),
            shelf_with_photo(),
            &config,
            &room(),
        );
        assert_eq!(image(&response).0, "jpeg", "{uri}?{query}");
        // The signature of another URL is none.
        let query = query.replace("sig=web.", "v=2&sig=web.");
        let response = refused(&with_query(exchange, &query), &config);
        assert_eq!(response.status, "403", "{uri}?{query}");
    }
}

#[test]
fn who_has_no_signature_is_not_taught_the_grammar() {
    for malformed in [WhenMalformed::Refuse, WhenMalformed::Original] {
        let config = Config {
            malformed,
            ..signing()
        };
        for exchange in [asked("/photo.jpg", "w=0"), missed("/photo.jpg@0w")] {
            let said = refused(&exchange, &config);
            assert_eq!(said.status, "403");
            let why = Some(Body::Text("the URL should be signed\n".into()));
            assert_eq!(said.body, why);
        }
    }
    let query = signed("/photo.jpg", "w=0");
    let said = refused(&asked("/photo.jpg", &query), &signing());
    assert_eq!(said.status, "400");
    // A signature is no way round the rest.
    let config = Config {
        policy: only_thumbs().policy,
        ..signing()
    };
    let query = signed("/photo.jpg", "w=320");
    let said = refused(&asked("/photo.jpg", &query), &config);
    let why = "forbidden; reason=320x: should be a size that is allowed";
    assert_eq!(header(&said, "x-edgepix"), why);
}

#[test]
fn keys_may_be_an_origins_own() {
    let query = signed("/photo.jpg", "w=100");
    for (query, status) in [("w=100", "403"), (&*query, "200")] {
        let mut exchange = asked("/photo.jpg", query);
        let Some(Origin::S3(server)) = &mut exchange.request.origin else {
            panic!("it is S3's");
        };
        let keys = format!("web:{SECRET}");
        server.custom_headers.set("x-edgepix-signing-keys", keys);
        let (response, _) = answered(&exchange, shelf_with_photo(), &Config::default(), &room());
        assert_eq!(response.status, status);
    }
}

/// A clock that stands still for people.
struct At(u64);

impl Clock for At {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wall(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0)
    }
}

#[test]
fn an_answer_is_kept_no_longer_than_its_url_is_good() {
    const END: u64 = 1_800_000_000;
    let config = signing();
    let respond = |exchange: &Exchange, now: u64| {
        let shelf = Arc::new(shelf_with_photo());
        answer(exchange, &room(), &Only(shelf), &config, &At(now)).response
    };
    for (exchange, query) in [
        (asked("/photo.jpg", ""), format!("w=100&expires={END}")),
        (missed("/photo.jpg@100w"), format!("expires={END}")),
    ] {
        let query = signed(&exchange.request.uri, &query);
        let exchange = with_query(exchange, &query);
        let response = respond(&exchange, END - 30);
        assert_eq!(image(&response).1, 100);
        assert_eq!(header(&response, "cache-control"), "public, max-age=30");
        // By these the store would call it fresh after its end, without asking us.
        assert_eq!(response.headers.get("etag"), None);
        assert_eq!(response.headers.get("last-modified"), None);
        let response = respond(&exchange, END);
        assert_eq!(response.status, "403");
        let said = header(&response, "x-edgepix");
        assert_eq!(said, "forbidden; reason=the URL has expired");
    }
    let without_end = asked("/photo.jpg", &signed("/photo.jpg", "w=100"));
    let response = respond(&without_end, END);
    assert_eq!(header(&response, "cache-control"), "public, max-age=86400");
    assert_ne!(header(&response, "etag"), "");
}

#[test]
fn a_refusal_says_nothing_of_the_signature() {
    let query = signed("/photo.jpg", "w=100").replace("w=100", "w=101");
    let exchange = asked("/photo.jpg", &query);
    let answered = answer(&exchange, &room(), &Shut, &signing(), &SystemClock);
    let signature = query.rsplit_once('.').unwrap().1;
    let told: Value = serde_json::to_value(&answered.response).unwrap();
    for told in [told.to_string(), format!("{:?}", answered.record)] {
        assert!(
            !told.contains(signature) && !told.contains(SECRET),
            "{told}"
        );
    }
}
