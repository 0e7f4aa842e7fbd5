//! What CloudFront gets for what it sends: one test for each rule of origin-response.

mod cors;
mod events;
mod fallback;
mod hints;
mod origins;
mod policy;
mod shelf;
mod timing;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use edgepix::{
    clock::SystemClock,
    config::{Config, Etag, UnsaidFormat, WhenMalformed},
    event::cloudfront::{Body, Event, Exchange, Response},
    origin_response::{RESPONSE_BYTES, Room, answer, given_up},
    status::Reason,
    store::StoreError,
};
use edgepix_corpus::{synth, write};
use edgepix_engine::{Input, OutputFormat, Overlay, Speed, probe};
use serde_json::{Value, json};
use shelf::{CHANGED, ETAG, Only, Shelf};

/// What a function of 384 MB has.
fn room() -> Room {
    Room {
        memory_bytes: 320 << 20,
        cpu_share: 1.0,
        deadline: Some(Instant::now() + Duration::from_secs(60)),
        response_bytes: Some(RESPONSE_BYTES),
        speed: Speed::REFERENCE,
    }
}

/// A GET that S3 answered as CloudFront tells it, with OAC: no Region, no method.
fn event(uri: &str, query: &str, status: &str, headers: Value) -> Exchange {
    let event = json!({ "Records": [{ "cf": {
        "config": {
            "distributionDomainName": "d111111abcdef8.cloudfront.net",
            "distributionId": "EDFDVBD6EXAMPLE",
            "eventType": "origin-response",
            "requestId": "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ=="
        },
        "request": {
            "clientIp": "203.0.113.178",
            "method": "GET",
            "uri": uri,
            "querystring": query,
            "headers": { "host": [{ "key": "Host", "value": "photos.s3.eu-west-1.amazonaws.com" }] },
            "origin": { "s3": {
                "authMethod": "none",
                "customHeaders": {},
                "domainName": "photos.s3.eu-west-1.amazonaws.com",
                "path": "",
                "readTimeout": 30
            } }
        },
        "response": { "status": status, "statusDescription": "as S3 says", "headers": headers }
    } }] });
    let event: Event = serde_json::from_value(event).unwrap();
    event.records.into_iter().next().unwrap().cf
}

/// What S3 says of an object that is there.
fn there() -> Value {
    json!({
        "content-type": [{ "key": "Content-Type", "value": "image/jpeg" }],
        "content-length": [{ "key": "Content-Length", "value": "2340981" }],
        "etag": [{ "key": "ETag", "value": ETAG }],
        "last-modified": [{ "key": "Last-Modified", "value": CHANGED }],
        "x-amz-meta-author": [{ "key": "x-amz-meta-author", "value": "somebody" }]
    })
}

/// What it says of one that is not.
fn gone() -> Value {
    json!({
        "content-type": [{ "key": "Content-Type", "value": "application/xml" }],
        "transfer-encoding": [{ "key": "Transfer-Encoding", "value": "chunked" }],
        "via": [{ "key": "Via", "value": "1.1 somewhere" }]
    })
}

fn asked(uri: &str, query: &str) -> Exchange {
    event(uri, query, "200", there())
}

fn missed(uri: &str) -> Exchange {
    event(uri, "", "404", gone())
}

fn with_header(mut exchange: Exchange, name: &str, value: &str) -> Exchange {
    exchange.request.headers.set(name, value);
    exchange
}

fn photo(width: u32, height: u32) -> Vec<u8> {
    jpeg(width, height, 90)
}

fn jpeg(width: u32, height: u32, quality: u8) -> Vec<u8> {
    let options = write::JpegOptions {
        quality,
        ..write::JpegOptions::default()
    };
    write::jpeg(&synth::photo(width, height, 1), &options)
}

fn shelf_with_photo() -> Shelf {
    Shelf::with("photo.jpg", photo(640, 480), "image/jpeg")
}

/// The answer to `exchange` over `shelf`, and what was stored for it.
fn answered(
    exchange: &Exchange,
    shelf: Shelf,
    config: &Config,
    room: &Room,
) -> (Response, Arc<Shelf>) {
    let shelf = Arc::new(shelf);
    let answered = answer(exchange, room, &Only(shelf.clone()), config, &SystemClock);
    (answered.response, shelf)
}

fn usual(exchange: &Exchange, shelf: Shelf) -> Response {
    answered(exchange, shelf, &Config::default(), &room()).0
}

/// The image in an answer: its format and size.
fn image(response: &Response) -> (String, u32, u32) {
    let Some(Body::Bytes(bytes)) = &response.body else {
        panic!("no image: {:?}", response.headers.get("x-edgepix"));
    };
    let mut reader = &bytes[..];
    let header = probe(&mut Input::new(&mut reader)).unwrap();
    let size = header.dimensions;
    (header.format.name().to_owned(), size.width, size.height)
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers.get(name).unwrap_or("")
}

/// Bytes of an answer as CloudFront may count them.
fn counted(response: &Response) -> u64 {
    let json = serde_json::to_value(response).unwrap();
    let body = json["body"].as_str().map_or(0, str::len);
    let headers = response.headers.0.iter().flat_map(|(name, values)| {
        values
            .iter()
            .map(move |header| name.len() + header.value.len() + 4)
    });
    (body + headers.sum::<usize>()) as u64
}

#[test]
fn a_get_of_an_object_that_is_there_is_transformed() {
    let response = usual(&asked("/photo.jpg", "w=320"), shelf_with_photo());
    assert_eq!(image(&response), ("jpeg".into(), 320, 240));
    assert_eq!(header(&response, "content-type"), "image/jpeg");
}

#[test]
fn all_but_whole_answers_to_get_pass_to_the_letter() {
    for (method, status) in [
        ("HEAD", "200"),
        ("GET", "206"),
        ("GET", "304"),
        ("GET", "301"),
        ("GET", "500"),
        ("GET", "503"),
        ("POST", "200"),
        ("OPTIONS", "200"),
    ] {
        let mut exchange = event("/photo.jpg", "w=320", status, there());
        exchange.request.method = method.into();
        let before = serde_json::to_value(&exchange.response).unwrap();
        let response = usual(&exchange, shelf_with_photo());
        let after = serde_json::to_value(&response).unwrap();
        assert_eq!(after, before, "{method} {status}");
        assert!(after.get("body").is_none(), "{method} {status}");
    }
}

#[test]
fn what_no_dialect_reads_passes_to_the_letter() {
    for exchange in [
        asked("/photo.jpg", ""),
        asked("/photo.jpg", "utm_source=mail"),
        missed("/nothing.jpg"),
        asked("/", "w=300"),
        asked("/a%00b", "w=300"),
    ] {
        let before = serde_json::to_value(&exchange.response).unwrap();
        let response = usual(&exchange, shelf_with_photo());
        assert_eq!(
            serde_json::to_value(&response).unwrap(),
            before,
            "{}",
            exchange.request.uri
        );
    }
}

#[test]
fn a_missing_derivative_is_made_stored_and_answered() {
    for (uri, size) in [
        ("/photo.jpg@320w.webp", ("webp", 320, 240)),
        ("/200x200/photo.jpg", ("jpeg", 200, 150)),
        ("/photo-sm.jpg", ("jpeg", 320, 240)),
    ] {
        for status in ["403", "404"] {
            let mut exchange = missed(uri);
            exchange.response.status = status.into();
            let (response, shelf) =
                answered(&exchange, shelf_with_photo(), &Config::default(), &room());
            assert_eq!(response.status, "200");
            assert_eq!(
                image(&response),
                (size.0.to_owned(), size.1, size.2),
                "{uri}"
            );
            let [stored] = &shelf.stored()[..] else {
                panic!("{uri}")
            };
            assert_eq!(stored.key, uri[1..]);
            assert_eq!(Some(Body::Bytes(stored.body.clone())), response.body);
            assert_eq!(stored.put.content_type, header(&response, "content-type"));
            assert_eq!(
                stored.put.cache_control.as_deref(),
                Some("public, max-age=604800")
            );
            assert_eq!(
                stored.put.tags,
                [("createByLambda".to_owned(), "1".to_owned())]
            );
        }
    }
}

#[test]
fn what_was_stored_is_revalidated_by_its_own_etag() {
    let response = usual(&missed("/photo.jpg@320w"), shelf_with_photo());
    assert_eq!(header(&response, "etag"), "\"stored\"");
    assert_eq!(header(&response, "cache-control"), "public, max-age=604800");
}

#[test]
fn neither_tag_nor_object_is_stored_where_the_configuration_says_so() {
    let mut config = Config::default();
    config.derivatives.tag = false;
    let exchange = missed("/photo.jpg@320w");
    let (_, shelf) = answered(&exchange, shelf_with_photo(), &config, &room());
    assert_eq!(shelf.stored()[0].put.tags, []);
    config.derivatives.keep = false;
    let (response, shelf) = answered(&exchange, shelf_with_photo(), &config, &room());
    assert_eq!(image(&response).1, 320);
    assert!(shelf.stored().is_empty());
}

#[test]
fn a_store_that_refuses_does_not_cost_the_viewer_the_image() {
    let exchange = missed("/photo.jpg@320w");
    let (response, _) = answered(
        &exchange,
        shelf_with_photo().refusing(),
        &Config::default(),
        &room(),
    );
    assert_eq!(image(&response).1, 320);
}

#[test]
fn read_only_headers_come_back_as_they_were() {
    let response = usual(&missed("/photo.jpg@320w"), shelf_with_photo());
    assert_eq!(header(&response, "transfer-encoding"), "chunked");
    assert_eq!(header(&response, "via"), "1.1 somewhere");
}

#[test]
fn the_origins_headers_stay_but_those_about_its_body() {
    let mut exchange = asked("/photo.jpg", "w=320");
    let headers = &mut exchange.response.headers;
    headers.set("Content-Encoding", "gzip");
    headers.set("Content-MD5", "abc");
    headers.set("Accept-Ranges", "bytes");
    headers.set("x-amz-checksum-crc32", "abc");
    headers.set("Access-Control-Allow-Origin", "*");
    let response = usual(&exchange, shelf_with_photo());
    assert_eq!(header(&response, "x-amz-meta-author"), "somebody");
    assert_eq!(header(&response, "access-control-allow-origin"), "*");
    for name in [
        "content-encoding",
        "content-md5",
        "accept-ranges",
        "x-amz-checksum-crc32",
    ] {
        assert_eq!(response.headers.get(name), None, "{name}");
    }
}

#[test]
fn headers_that_a_function_must_not_send_are_not_sent() {
    let mut exchange = asked("/photo.jpg", "w=320");
    for name in [
        "Connection",
        "Keep-Alive",
        "X-Cache",
        "X-Amz-Cf-Id",
        "X-Edge-Location",
        "X-Real-IP",
    ] {
        exchange.response.headers.set(name, "of a custom origin");
    }
    let response = usual(&exchange, shelf_with_photo());
    for name in [
        "connection",
        "keep-alive",
        "x-cache",
        "x-amz-cf-id",
        "x-edge-location",
        "x-real-ip",
    ] {
        assert_eq!(response.headers.get(name), None, "{name}");
    }
    assert!(response.headers.get("x-edgepix").is_some());
}

#[test]
fn the_answer_is_json_as_cloudfront_documents_it() {
    let response = usual(&asked("/photo.jpg", "w=320"), shelf_with_photo());
    let json = serde_json::to_value(&response).unwrap();
    assert_eq!(json["status"], json!("200"));
    assert_eq!(json["bodyEncoding"], json!("base64"));
    let Some(Body::Bytes(bytes)) = &response.body else {
        panic!()
    };
    let length = bytes.len().to_string();
    assert_eq!(json["headers"]["content-length"][0]["value"], json!(length));
    assert_eq!(
        json["body"].as_str().unwrap().len(),
        bytes.len().div_ceil(3) * 4
    );
}

#[test]
fn quality_is_lowered_until_an_answer_fits() {
    let noise = write::png(&synth::noise(1600, 1200, 3, 1));
    let shelf = Shelf::with("noise.png", noise, "image/png");
    let response = usual(&asked("/noise.png", "w=1600&f=jpg&q=95"), shelf);
    assert_eq!(image(&response), ("jpeg".into(), 1600, 1200));
    assert!(
        counted(&response) <= RESPONSE_BYTES,
        "{}",
        counted(&response)
    );
    assert!(header(&response, "x-edgepix").contains("degraded=bytes"));
    assert_eq!(header(&response, "cache-control"), "public, max-age=60");
}

#[test]
fn what_cannot_fit_passes_the_original() {
    let noise = write::png(&synth::noise(1600, 1200, 3, 1));
    let shelf = Shelf::with("noise.png", noise, "image/png");
    let response = usual(&asked("/noise.png", "w=1500"), shelf);
    assert_eq!(response.body, None);
    assert_eq!(header(&response, "x-edgepix"), "passthrough; reason=size");
}

#[test]
fn what_cannot_fit_is_fetched_from_the_store_where_there_is_a_place_for_it() {
    let noise = write::png(&synth::noise(1600, 1200, 3, 1));
    let shelf = Shelf::with("noise.png", noise, "image/png");
    let mut config = Config::default();
    config.derivatives.overflow_prefix = Some("derived/".into());
    let (response, shelf) = answered(&asked("/noise.png", "w=1500"), shelf, &config, &room());
    assert_eq!(response.status, "302");
    assert_eq!(header(&response, "cache-control"), "no-store");
    let [stored] = &shelf.stored()[..] else {
        panic!()
    };
    assert_eq!(header(&response, "location"), format!("/{}", stored.key));
    assert!(
        stored.key.starts_with("derived/noise.png/"),
        "{}",
        stored.key
    );
    assert!(stored.key.ends_with(".png"));
}

#[test]
fn of_a_derivative_that_is_too_large_the_whole_is_stored_and_a_smaller_one_answered() {
    let noise = write::png(&synth::noise(1600, 1200, 3, 1));
    let shelf = Shelf::with("noise.png", noise, "image/png");
    let exchange = missed("/noise.png@1600w_95q.jpg");
    let (response, shelf) = answered(&exchange, shelf, &Config::default(), &room());
    assert!(counted(&response) <= RESPONSE_BYTES);
    assert_eq!(image(&response).1, 1600);
    assert_eq!(header(&response, "cache-control"), "public, max-age=60");
    let [stored] = &shelf.stored()[..] else {
        panic!()
    };
    assert!(stored.body.len() as u64 > RESPONSE_BYTES);
}

#[test]
fn the_originals_etag_and_time_stay() {
    let response = usual(&asked("/photo.jpg", "w=320&f=webp"), shelf_with_photo());
    assert_eq!(header(&response, "etag"), ETAG);
    assert_eq!(header(&response, "last-modified"), CHANGED);
}

#[test]
fn an_etag_of_its_own_depends_on_the_question() {
    let mut config = Config::default();
    config.caching.etag = Etag::Own;
    let etag = |query: &str| {
        let (response, _) = answered(
            &asked("/photo.jpg", query),
            shelf_with_photo(),
            &config,
            &room(),
        );
        header(&response, "etag").to_owned()
    };
    assert_eq!(etag("w=320&q=70"), etag("Q=70&W=320"));
    assert_ne!(etag("w=320&q=70"), etag("w=320&q=71"));
    assert_ne!(etag("w=320&f=webp"), etag("w=320&f=avif"));
    assert_ne!(etag("w=320"), ETAG);
}

#[test]
fn an_etag_of_its_own_does_not_depend_on_the_origins_headers() {
    let mut config = Config::default();
    config.caching.etag = Etag::Own;
    let etag = |query: &str, id: &str| {
        let mut exchange = asked("/noise.png", query);
        exchange.response.headers.set("x-amz-id-2", id);
        let noise = write::png(&synth::noise(1600, 1200, 3, 1));
        let shelf = Shelf::with("noise.png", noise, "image/png");
        let (response, _) = answered(&exchange, shelf, &config, &room());
        assert!(response.body.is_some());
        response.headers.get("etag").map(str::to_owned)
    };
    let short = etag("w=300&f=jpg", "abc");
    assert!(short.is_some());
    assert_eq!(short, etag("w=300&f=jpg", &"abc".repeat(30)));
    // What was made smaller than asked, to fit, has none.
    assert_eq!(etag("w=1600&f=jpg&q=95", "abc"), None);
}

#[test]
fn who_has_the_result_is_told_so_before_anything_is_decoded() {
    let mut config = Config::default();
    config.caching.etag = Etag::Own;
    let first = answered(
        &asked("/photo.jpg", "w=320"),
        shelf_with_photo(),
        &config,
        &room(),
    )
    .0;
    let held = header(&first, "etag").to_owned();
    // Only the header is whole: decoding would fail.
    let mut broken = photo(640, 480);
    broken.truncate(2_000);
    let shelf = Shelf::with("photo.jpg", broken, "image/jpeg");
    let exchange = with_header(asked("/photo.jpg", "w=320"), "If-None-Match", &held);
    let (response, _) = answered(&exchange, shelf, &config, &room());
    assert_eq!(response.status, "304");
    assert_eq!(header(&response, "etag"), held);
    assert_eq!(response.body, Some(Body::Text(String::new())));
}

/// So little of a processor that AVIF's usual effort is predicted to be late.
#[cfg(feature = "libwebp")]
fn hurried() -> Room {
    Room {
        cpu_share: 0.002,
        deadline: Some(Instant::now() + Duration::from_secs(30)),
        ..room()
    }
}

#[cfg(feature = "libwebp")]
#[test]
fn what_was_degraded_for_want_of_time_is_kept_briefly_and_made_again() {
    let shelf = Shelf::with("photo.jpg", photo(1600, 1200), "image/jpeg");
    let exchange = with_header(
        asked("/photo.jpg", "width=1200&format=auto"),
        "Accept",
        "image/avif,image/webp",
    );
    let (response, _) = answered(&exchange, shelf, &Config::default(), &hurried());
    assert!(
        header(&response, "x-edgepix").contains("degraded=time"),
        "{}",
        header(&response, "x-edgepix")
    );
    assert_eq!(header(&response, "cache-control"), "public, max-age=60");
    // Or the bucket would call it fresh whenever it is asked.
    assert_eq!(response.headers.get("etag"), None);
    assert_eq!(response.headers.get("last-modified"), None);
}

#[test]
fn an_object_that_only_seemed_to_be_missing_is_not_written_over() {
    // S3 says 403 of what is there, too, where the origin may not read it.
    let exchange = event("/photo-md.jpg", "", "403", gone());
    let shelf = shelf_with_photo().beside("photo-md.jpg", photo(900, 600), "image/jpeg");
    let (response, shelf) = answered(&exchange, shelf, &Config::default(), &room());
    assert_eq!(response.status, "200");
    assert!(shelf.stored().is_empty());
}

#[cfg(feature = "libwebp")]
#[test]
fn a_degraded_derivative_is_not_stored() {
    let shelf = Shelf::with("photo.jpg", photo(1600, 1200), "image/jpeg");
    let exchange = missed("/photo.jpg@1200w.webp");
    let (response, shelf) = answered(&exchange, shelf, &Config::default(), &hurried());
    assert!(
        header(&response, "x-edgepix").contains("degraded=time"),
        "{}",
        header(&response, "x-edgepix")
    );
    assert!(shelf.stored().is_empty());
    assert_eq!(header(&response, "cache-control"), "public, max-age=60");
}

#[test]
fn a_watermark_is_laid_over_every_result() {
    let logo = write::png(&synth::sprite(64, 64));
    let config = Config {
        overlay: Some(Overlay::new(logo)),
        ..Config::default()
    };
    let body = |config: &Config| {
        let (response, _) = answered(
            &missed("/photo.jpg@320w"),
            shelf_with_photo(),
            config,
            &room(),
        );
        assert_eq!(image(&response).1, 320);
        response.body
    };
    assert_ne!(body(&config), body(&Config::default()));
}

#[test]
fn the_clients_accept_chooses_for_what_is_not_stored() {
    let config = Config {
        format: UnsaidFormat::Auto,
        ..Config::default()
    };
    let accepts = |exchange: Exchange, accept: &str| {
        let exchange = with_header(exchange, "Accept", accept);
        answered(&exchange, shelf_with_photo(), &config, &room()).0
    };
    let avif = accepts(asked("/photo.jpg", "w=320"), "image/avif,image/webp,*/*");
    assert_eq!(image(&avif).0, "avif");
    assert_eq!(header(&avif, "vary"), "Accept");
    let jpeg = accepts(asked("/photo.jpg", "w=320"), "image/avif;q=0,*/*");
    assert_eq!(image(&jpeg).0, "jpeg");
    assert_eq!(header(&jpeg, "vary"), "Accept");
}

#[test]
fn the_first_visitors_accept_does_not_choose_for_everyone() {
    let config = Config {
        format: UnsaidFormat::Auto,
        ..Config::default()
    };
    for uri in ["/photo.jpg@320w", "/320x320/photo.jpg", "/photo-sm.jpg"] {
        let exchange = with_header(missed(uri), "Accept", "image/avif,image/webp,*/*");
        let (response, _) = answered(&exchange, shelf_with_photo(), &config, &room());
        assert_eq!(image(&response).0, "jpeg", "{uri}");
        assert_eq!(response.headers.get("vary"), None, "{uri}");
        // Where nothing is stored each cache keeps what its own clients show.
        let mut passing = config.clone();
        passing.derivatives.keep = false;
        let (response, _) = answered(&exchange, shelf_with_photo(), &passing, &room());
        assert_eq!(image(&response).0, "avif", "{uri}");
    }
}

// Without libwebp a photograph is no WebP for whom Accept chooses, and has one rung.
#[cfg(feature = "libwebp")]
#[test]
fn the_token_counts_in_place_of_accept() {
    for (token, format) in [
        ("avif", "avif"),
        ("webp", "webp"),
        ("none", "jpeg"),
        ("WebP", "webp"),
    ] {
        let exchange = asked("/photo.jpg", "width=320&format=auto");
        let exchange = with_header(exchange, "Accept", "image/avif,image/webp");
        let exchange = with_header(exchange, "x-edgepix-accept", token);
        assert_eq!(
            image(&usual(&exchange, shelf_with_photo())).0,
            format,
            "{token}"
        );
    }
    let exchange = asked("/photo.jpg", "width=320&format=auto");
    let exchange = with_header(exchange, "Accept", "image/webp");
    let exchange = with_header(exchange, "x-edgepix-accept", "no such word");
    assert_eq!(image(&usual(&exchange, shelf_with_photo())).0, "webp");
}

#[test]
fn what_would_grow_is_the_original() {
    let small = jpeg(320, 240, 30);
    let shelf = || Shelf::with("photo.jpg", small.clone(), "image/jpeg");
    let response = usual(&asked("/photo.jpg", "width=320&quality=95"), shelf());
    assert_eq!(response.body, None);
    assert_eq!(
        header(&response, "x-edgepix"),
        "passthrough; reason=would-grow"
    );
    // Fewer pixels or another format are what was asked for, whatever they weigh.
    let response = usual(&asked("/photo.jpg", "width=310&quality=100"), shelf());
    assert_eq!(image(&response).1, 310);
}

#[test]
fn a_failing_store_passes_the_original_and_says_why() {
    type Failure = (fn() -> StoreError, &'static str);
    let failures: [Failure; 7] = [
        (|| StoreError::Missing, "missing"),
        (|| StoreError::Forbidden, "forbidden"),
        (|| StoreError::Busy, "busy"),
        (|| StoreError::Cut { at: 10 }, "cut"),
        (|| StoreError::Changed, "changed"),
        (|| StoreError::TimedOut, "store-timeout"),
        (|| StoreError::Failed("secret".into()), "store"),
    ];
    for (failure, word) in failures {
        let exchange = asked("/photo.jpg", "w=320");
        let response = usual(&exchange, shelf_with_photo().failing(failure));
        let mut expected = exchange.response.clone();
        expected
            .headers
            .set("X-Edgepix", format!("passthrough; reason={word}"));
        assert_eq!(
            serde_json::to_value(&response).unwrap(),
            serde_json::to_value(&expected).unwrap(),
        );
    }
}

#[test]
fn what_failed_for_a_passing_reason_is_kept_briefly_where_the_configuration_says_so() {
    let mut config = Config::default();
    config.caching.failure_seconds = Some(10);
    let exchange = asked("/photo.jpg", "w=320");
    let busy = shelf_with_photo().failing(|| StoreError::Busy);
    let (response, _) = answered(&exchange, busy, &config, &room());
    assert_eq!(header(&response, "cache-control"), "public, max-age=10");
    assert_eq!(response.headers.get("etag"), None);
    let broken = shelf_with_photo().failing(|| StoreError::Forbidden);
    let (response, _) = answered(&exchange, broken, &config, &room());
    assert_eq!(header(&response, "etag"), ETAG);
}

#[test]
fn of_a_derivative_that_cannot_be_made_the_original_is_served_if_it_fits() {
    let mut broken = photo(640, 480);
    broken.truncate(20_000);
    let shelf = Shelf::with("photo.jpg", broken.clone(), "image/jpeg");
    let (response, shelf) = answered(
        &missed("/photo.jpg@320w"),
        shelf,
        &Config::default(),
        &room(),
    );
    assert_eq!(response.status, "200");
    assert_eq!(response.body, Some(Body::Bytes(broken.into())));
    assert_eq!(header(&response, "content-type"), "image/jpeg");
    assert_eq!(header(&response, "x-edgepix"), "passthrough; reason=broken");
    assert!(shelf.stored().is_empty());
}

#[test]
fn of_a_derivative_that_cannot_be_made_the_viewer_is_sent_to_an_original_that_does_not_fit() {
    let mut broken = photo(640, 480);
    broken.truncate(20_000);
    broken.resize(1_000_000, 0xFF);
    let shelf = Shelf::with("a b/photo.jpg", broken, "image/jpeg");
    let response = usual(&missed("/a%20b/photo.jpg@320w.png"), shelf);
    assert_eq!(response.status, "302");
    assert_eq!(header(&response, "location"), "/a%20b/photo.jpg");
    assert_eq!(header(&response, "cache-control"), "no-store");
    assert_eq!(header(&response, "transfer-encoding"), "chunked");
}

#[test]
fn a_derivative_of_nothing_stays_missing() {
    let exchange = missed("/nothing.jpg@320w");
    let response = usual(&exchange, shelf_with_photo());
    assert_eq!(response.status, "404");
    assert_eq!(response.body, None);
    assert_eq!(
        header(&response, "x-edgepix"),
        "passthrough; reason=missing"
    );
}

#[test]
fn what_is_not_decoded_passes_with_its_type_and_is_not_sniffed() {
    let svg = "<svg xmlns='http://www.w3.org/2000/svg'/>";
    let shelf = Shelf::with("drawing.jpg", svg, "image/svg+xml");
    let response = usual(&asked("/drawing.jpg", "w=320"), shelf);
    assert_eq!(response.body, None);
    assert_eq!(header(&response, "content-type"), "image/jpeg");
    assert_eq!(header(&response, "x-content-type-options"), "nosniff");
    assert_eq!(
        header(&response, "x-edgepix"),
        "passthrough; reason=unsupported"
    );
}

#[test]
fn a_malformed_question_is_refused_or_gets_the_original() {
    let mut config = Config::default();
    for exchange in [
        asked("/photo.jpg", "w=0"),
        missed("/photo.jpg@0w"),
        asked("/photo.jpg", "width=99999"),
    ] {
        config.malformed = WhenMalformed::Refuse;
        let (response, _) = answered(&exchange, shelf_with_photo(), &config, &room());
        assert_eq!(response.status, "400", "{}", exchange.request.uri);
        assert!(matches!(&response.body, Some(Body::Text(why)) if why.len() > 5));
        assert_eq!(
            header(&response, "content-type"),
            "text/plain; charset=utf-8"
        );
        assert_eq!(response.headers.get("etag"), None);
        config.malformed = WhenMalformed::Original;
        let (response, _) = answered(&exchange, shelf_with_photo(), &config, &room());
        assert_eq!(response.status, "200");
        // Of a derivative that is missing, its original's bytes.
        let is_missing = exchange.response.status == "404";
        assert_eq!(response.body.is_some(), is_missing);
        let said = header(&response, "x-edgepix");
        assert_eq!(said, "passthrough; reason=request");
    }
}

#[test]
fn what_does_not_suit_the_original_is_malformed_too() {
    let response = usual(
        &asked("/photo.jpg", "crop=600,0,100,100"),
        shelf_with_photo(),
    );
    assert_eq!(response.status, "400");
}

#[test]
fn a_url_that_says_so_leaves_alone_what_would_be_larger() {
    let response = usual(&missed("/photo.jpg@800w_1l"), shelf_with_photo());
    assert_eq!(response.body, Some(Body::Bytes(photo(640, 480).into())));
    assert_eq!(header(&response, "x-edgepix"), "passthrough; reason=larger");
    let response = usual(&missed("/photo.jpg@800w"), shelf_with_photo());
    assert_eq!(image(&response).1, 800);
}

#[test]
fn a_target_beyond_4096_squared_is_not_scaled() {
    // 400 % of 4200 is a side of 16,800, above four times 4096.
    let wide = jpeg(4200, 60, 80);
    let shelf = Shelf::with("wide.jpg", wide, "image/jpeg");
    let response = usual(&missed("/wide.jpg@400p_70q"), shelf);
    assert_eq!(image(&response), ("jpeg".into(), 4200, 60));
    // 1000 % of it is more than any format has room for, and 4700 x 3600 too many pixels.
    for uri in ["/photo.jpg@1000p.webp", "/photo.jpg@735p"] {
        let shelf = Shelf::with("photo.jpg", photo(640, 490), "image/jpeg");
        assert_eq!(image(&usual(&missed(uri), shelf)).1, 640, "{uri}");
    }
    let response = usual(&missed("/photo.jpg@300p"), shelf_with_photo());
    assert_eq!(image(&response).1, 1920);
}

#[test]
fn an_animation_that_stays_as_it_is_is_the_original() {
    let gif = write::gif_animation(&[synth::photo(32, 32, 1), synth::photo(32, 32, 2)], 10);
    let shelf = Shelf::with("moving", gif, "image/gif");
    let response = usual(&asked("/moving", "w=16"), shelf);
    assert_eq!(header(&response, "x-edgepix"), "passthrough; reason=kept");
    assert_eq!(response.body, None);
}

#[test]
fn too_little_memory_passes_the_original() {
    let exchange = asked("/photo.jpg", "w=320");
    let small = Room {
        memory_bytes: 200_000,
        ..room()
    };
    let (response, _) = answered(&exchange, shelf_with_photo(), &Config::default(), &small);
    assert_eq!(header(&response, "x-edgepix"), "passthrough; reason=memory");
}

#[test]
fn too_little_time_passes_the_original() {
    let exchange = asked("/photo.jpg", "w=320");
    let late = Room {
        deadline: Some(Instant::now()),
        ..room()
    };
    let (response, _) = answered(&exchange, shelf_with_photo(), &Config::default(), &late);
    assert_eq!(header(&response, "x-edgepix"), "passthrough; reason=time");
}

#[test]
fn headers_that_leave_no_room_for_a_body_pass_the_original() {
    let mut exchange = asked("/photo.jpg", "w=320");
    exchange.response.headers.set("X-Large", "x".repeat(3_000));
    let narrow = Room {
        response_bytes: Some(3_200),
        ..room()
    };
    let (response, _) = answered(&exchange, shelf_with_photo(), &Config::default(), &narrow);
    assert_eq!(response.body, None);
    assert_eq!(header(&response, "x-edgepix"), "passthrough; reason=size");
}

#[test]
fn work_that_was_given_up_leaves_the_original_or_the_way_to_it() {
    let config = Config::default();
    let response = given_up(&asked("/photo.jpg", "w=320"), Reason::Panic, &config).response;
    assert_eq!(response.body, None);
    assert_eq!(response.status, "200");
    assert_eq!(header(&response, "x-edgepix"), "passthrough; reason=panic");
    let response = given_up(&missed("/photo.jpg@320w"), Reason::Time, &config).response;
    assert_eq!(response.status, "302");
    assert_eq!(header(&response, "location"), "/photo.jpg");
    assert_eq!(header(&response, "x-edgepix"), "redirect; reason=time");
}

#[test]
fn what_is_larger_or_of_another_shape_is_made_whatever_it_weighs() {
    let small = jpeg(400, 300, 30);
    for (exchange, size) in [
        (asked("/s.jpg", "w=800"), (800, 600)),
        (asked("/s.jpg", "w=500&h=500"), (500, 500)),
        (asked("/s.jpg", "w=400&h=400&q=95"), (400, 400)),
        (missed("/s.jpg@800w"), (800, 600)),
        (missed("/s.jpg@500w_500h_2e"), (500, 500)),
        (missed("/500x500/s.jpg"), (500, 375)),
    ] {
        let shelf = Shelf::with("s.jpg", small.clone(), "image/jpeg");
        let (_, width, height) = image(&usual(&exchange, shelf));
        assert_eq!((width, height), size, "{}", exchange.request.uri);
    }
}

#[test]
fn pages_have_queries_of_their_own() {
    for (uri, query) in [
        ("/page.html", "format=json"),
        ("/search", "quality=high"),
        ("/a.pdf", "w=wide"),
    ] {
        let mut exchange = asked(uri, query);
        exchange.response.headers.set("Content-Type", "text/html");
        let before = serde_json::to_value(&exchange.response).unwrap();
        let response = usual(&exchange, shelf_with_photo());
        assert_eq!(serde_json::to_value(&response).unwrap(), before, "{uri}");
    }
    // An image that was stored with the wrong type is still one by its name.
    let mut exchange = asked("/photo.jpg", "w=320");
    exchange.response.headers.set("Content-Type", "text/plain");
    assert_eq!(image(&usual(&exchange, shelf_with_photo())).1, 320);
}

#[cfg(feature = "libwebp")]
#[test]
fn bytes_that_the_url_asks_for_are_nothing_lost() {
    let exchange = asked("/photo.jpg", "width=640&format=webp&max_bytes=9KB");
    let response = usual(&exchange, shelf_with_photo());
    assert!(header(&response, "x-edgepix").contains("degraded=bytes"));
    assert_eq!(header(&response, "cache-control"), "public, max-age=86400");
}

#[test]
fn an_overlay_counts_as_memory() {
    let logo = write::png(&synth::noise(600, 600, 3, 1));
    let room = Room {
        memory_bytes: logo.len() as u64,
        ..room()
    };
    let config = Config {
        overlay: Some(Overlay::new(logo)),
        ..Config::default()
    };
    let (response, _) = answered(
        &asked("/photo.jpg", "w=32"),
        shelf_with_photo(),
        &config,
        &room,
    );
    assert_eq!(header(&response, "x-edgepix"), "passthrough; reason=memory");
}

#[test]
fn formats_are_as_asked_in_every_dialect() {
    for (query, format) in [
        ("w=100&f=webp", OutputFormat::Webp),
        ("w=100&format=PNG", OutputFormat::Png),
        ("w=100&f=jpeg", OutputFormat::Jpeg),
        ("width=100&format=avif", OutputFormat::Avif),
    ] {
        let response = usual(&asked("/photo.jpg", query), shelf_with_photo());
        assert_eq!(
            header(&response, "content-type"),
            format.media_type(),
            "{query}"
        );
    }
}
