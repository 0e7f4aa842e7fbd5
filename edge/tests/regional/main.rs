//! What a function in a Region answers: one test for each behaviour of systems B and C, and
//! of a function URL behind a bucket of derivatives.

mod events;
mod shelf;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use edgepix::{
    clock::SystemClock,
    config::{AnswerWith, Config, Dimension, Etag, SigningKey, WhenMalformed},
    event::http::{Call, Carrier},
    record::Record,
    regional::{Body, Region, Reply, answer, given_up},
    room::Room,
    status::Reason,
    store::StoreError,
};
use edgepix_corpus::{synth, write};
use edgepix_engine::{Input, SourceFormat, Speed, probe};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use shelf::{Cache, Shelf};

/// What a function of 384 MB has, behind an API.
fn room() -> Room {
    Room {
        memory_bytes: 320 << 20,
        cpu_share: 1.0,
        deadline: Some(Instant::now() + Duration::from_secs(60)),
        response_bytes: Some(6_291_556),
        speed: Speed::REFERENCE,
    }
}

fn call(carrier: Carrier, path: &str, query: &str) -> Call {
    Call {
        carrier,
        method: "GET".into(),
        path: path.into(),
        query: query.into(),
        headers: BTreeMap::new(),
        request_id: "79104EXAMPLEB723".into(),
    }
}

/// A request to system B's or C's API.
fn by_key(key: &str) -> Call {
    call(Carrier::RestApi, "/", &format!("key={key}"))
}

/// A request to a function URL.
fn by_path(path: &str, query: &str) -> Call {
    call(Carrier::FunctionUrl, path, query)
}

fn with_header(mut call: Call, name: &str, value: &str) -> Call {
    call.headers.insert(name.into(), value.into());
    call
}

fn photo(width: u32, height: u32) -> Vec<u8> {
    let photo = synth::photo(width, height, 1);
    write::jpeg(&photo, &write::JpegOptions::default())
}

/// A Region with a bucket of `img/photo.jpg`, 640x480, and what has happened in it.
struct Scene {
    originals: Shelf,
    derivatives: Option<Shelf>,
    cache: Cache,
    config: Config,
    room: Room,
}

impl Scene {
    fn new() -> Self {
        Self {
            originals: Shelf::with("img/photo.jpg", photo(640, 480), "image/jpeg"),
            derivatives: None,
            cache: Cache::default(),
            config: Config::default(),
            room: room(),
        }
    }

    /// The same with a bucket of its own for derivatives.
    fn with_two_buckets() -> Self {
        let mut scene = Self::new();
        scene.derivatives = Some(Shelf::default());
        scene.config.derivatives.bucket = Some("derived".into());
        scene
    }

    /// The same as system C has it.
    fn that_redirects(answer: AnswerWith) -> Self {
        let mut scene = Self::new();
        scene.config.function.answer = answer;
        scene.config.function.site = Some("https://img.example.com".into());
        scene
    }

    fn answered(&self, call: &Call) -> (Reply, Record) {
        let region = Region {
            originals: &self.originals,
            derivatives: self.derivatives.as_ref().unwrap_or(&self.originals),
            invalidate: Some(&self.cache),
            config: &self.config,
            clock: &SystemClock,
        };
        let answered = answer(call, &region, &self.room);
        (answered.reply, answered.record)
    }

    fn reply(&self, call: &Call) -> Reply {
        self.answered(call).0
    }

    fn forgot(&self) -> Vec<String> {
        self.cache.forgot.lock().unwrap().clone()
    }
}

fn header<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    reply
        .headers
        .get(name)
        .and_then(|value| value.to_str().ok())
}

/// The format and size of the image in an answer.
fn image(reply: Reply) -> (SourceFormat, u32, u32) {
    let bytes = reply.body.whole().expect("it is whole");
    let header = probe(&mut Input::new(&mut &bytes[..])).expect("it is an image");
    let size = header.dimensions;
    (header.format, size.width, size.height)
}

/// The JSON of a refusal.
fn said(reply: Reply) -> Value {
    let bytes = reply.body.whole().expect("it is whole");
    serde_json::from_slice(&bytes).expect("it is JSON")
}

#[test]
fn a_missing_derivative_is_made_stored_under_its_key_and_answered() {
    let scene = Scene::new();
    let reply = scene.reply(&by_key("img/150x200/photo.jpg"));
    assert_eq!(reply.status, 200);
    assert_eq!(header(&reply, "content-type"), Some("image/jpeg"));
    assert_eq!(
        header(&reply, "cache-control"),
        Some("public, max-age=604800")
    );
    let bytes = reply.body.whole().expect("it is whole");
    let (stored, put) = scene
        .originals
        .object("img/150x200/photo.jpg")
        .expect("it is stored");
    assert_eq!(stored, bytes);
    assert_eq!(put.content_type, "image/jpeg");
    assert_eq!(put.cache_control.as_deref(), Some("public, max-age=604800"));
    let header = probe(&mut Input::new(&mut &bytes[..])).expect("it is an image");
    // Inside the box, its ratio kept.
    assert_eq!(
        (header.dimensions.width, header.dimensions.height),
        (150, 113)
    );
}

#[test]
fn the_way_that_led_here_is_forgotten() {
    let scene = Scene::new();
    scene.reply(&by_key("img/150x200/photo.jpg"));
    assert_eq!(scene.forgot(), ["/img/150x200/photo.jpg"]);
}

#[test]
fn a_cache_that_does_not_forget_is_for_the_log_alone() {
    let mut scene = Scene::new();
    scene.cache.refuses = true;
    let (reply, record) = scene.answered(&by_key("img/150x200/photo.jpg"));
    assert_eq!(reply.status, 200);
    let detail = record.detail.expect("it is noted");
    assert!(
        detail.contains("not invalidated: CloudFront is too busy"),
        "{detail}"
    );
}

#[test]
fn a_redirect_leads_back_to_what_was_stored_and_is_kept_by_nobody() {
    for (answer, status) in [(AnswerWith::Moved, 301), (AnswerWith::Temporary, 307)] {
        let scene = Scene::that_redirects(answer);
        let reply = scene.reply(&by_key("img/150x200/photo.jpg"));
        assert_eq!(reply.status, status);
        assert_eq!(
            header(&reply, "location"),
            Some("https://img.example.com/img/150x200/photo.jpg")
        );
        assert_eq!(header(&reply, "cache-control"), Some("no-store"));
        assert_eq!(reply.body.length(), 0);
        assert!(scene.originals.object("img/150x200/photo.jpg").is_some());
        assert_eq!(scene.forgot(), ["/img/150x200/photo.jpg"]);
    }
}

#[test]
fn who_comes_again_for_what_is_stored_gets_it_and_is_not_sent_in_a_circle() {
    let scene = Scene::that_redirects(AnswerWith::Moved);
    assert_eq!(scene.reply(&by_key("img/150x200/photo.jpg")).status, 301);
    let (reply, record) = scene.answered(&by_key("img/150x200/photo.jpg"));
    assert_eq!(reply.status, 200);
    assert_eq!(record.outcome, "untouched");
    assert_eq!(image(reply), (SourceFormat::Jpeg, 150, 113));
}

#[test]
fn what_is_stored_and_too_large_to_be_answered_is_answered_smaller() {
    let mut scene = Scene::new();
    let stored = Shelf::with("img/150x200/photo.jpg", vec![7; 5 << 20], "image/jpeg");
    scene.derivatives = Some(stored);
    let (reply, record) = scene.answered(&by_key("img/150x200/photo.jpg"));
    assert_eq!(reply.status, 200, "{}", record.outcome);
    assert_eq!(image(reply), (SourceFormat::Jpeg, 150, 113));
}

#[test]
fn a_redirect_without_a_site_is_refused_and_says_so_in_the_log() {
    let mut scene = Scene::that_redirects(AnswerWith::Moved);
    scene.config.function.site = None;
    let (reply, record) = scene.answered(&by_key("img/150x200/photo.jpg"));
    assert_eq!(reply.status, 500);
    let detail = record.detail.expect("it is noted");
    assert!(detail.contains("function.site is not set"), "{detail}");
}

#[test]
fn what_could_not_be_stored_is_answered_and_not_redirected_to() {
    let mut scene = Scene::that_redirects(AnswerWith::Moved);
    scene.originals.refuses_to_store = true;
    let (reply, record) = scene.answered(&by_key("img/150x200/photo.jpg"));
    assert_eq!(reply.status, 200);
    assert_eq!(image(reply), (SourceFormat::Jpeg, 150, 113));
    let detail = record.detail.expect("it is noted");
    assert!(detail.contains("not stored"), "{detail}");
    assert_eq!(scene.forgot(), [""; 0]);
}

#[test]
fn a_missing_key_is_refused() {
    let reply = Scene::new().reply(&call(Carrier::RestApi, "/", ""));
    assert_eq!(reply.status, 400);
    assert_eq!(header(&reply, "content-type"), Some("application/json"));
    assert_eq!(
        said(reply),
        json!({
            "errorType": "BadRequest",
            "status": 400,
            "requestId": "79104EXAMPLEB723",
            "message": "key: should be there, and name an image",
        })
    );
}

#[test]
fn a_derivative_of_nothing_is_not_there() {
    let scene = Scene::new();
    let reply = scene.reply(&by_key("img/150x200/nothing.jpg"));
    assert_eq!(reply.status, 404);
    assert_eq!(said(reply)["errorType"], "NotFound");
    assert_eq!(scene.originals.keys(), ["img/photo.jpg"]);
}

#[test]
fn a_malformed_box_is_refused_or_gets_the_original() {
    let mut scene = Scene::new();
    let reply = scene.reply(&by_key("img/0x200/photo.jpg"));
    assert_eq!(reply.status, 400);
    scene.config.malformed = WhenMalformed::Original;
    let reply = scene.reply(&by_key("img/0x200/photo.jpg"));
    assert_eq!(
        header(&reply, "x-edgepix"),
        Some("passthrough; reason=request")
    );
    assert_eq!(image(reply), (SourceFormat::Jpeg, 640, 480));
}

#[test]
fn other_methods_are_refused() {
    let mut post = by_key("img/150x200/photo.jpg");
    post.method = "POST".into();
    let reply = Scene::new().reply(&post);
    assert_eq!(reply.status, 405);
    assert_eq!(header(&reply, "allow"), Some("GET, HEAD"));
}

#[test]
fn a_head_is_a_get_without_its_body() {
    let mut head = by_path("/img/photo.jpg", "w=100");
    head.method = "HEAD".into();
    let reply = Scene::new().reply(&head);
    assert_eq!(header(&reply, "content-type"), Some("image/jpeg"));
    assert_eq!(reply.body.length(), 0);
}

#[test]
fn derivatives_go_to_the_bucket_of_derivatives() {
    let scene = Scene::with_two_buckets();
    let reply = scene.reply(&by_path("/img/photo.jpg@100w.webp", ""));
    assert_eq!(image(reply), (SourceFormat::Webp, 100, 75));
    let derivatives = scene.derivatives.as_ref().expect("it is there");
    assert_eq!(derivatives.keys(), ["img/photo.jpg@100w.webp"]);
    assert_eq!(scene.originals.keys(), ["img/photo.jpg"]);
    // What CloudFront keeps now is the answer itself.
    assert_eq!(scene.forgot(), [""; 0]);
}

#[test]
fn an_original_that_is_named_like_a_variant_is_an_original() {
    let mut scene = Scene::with_two_buckets();
    scene.originals = Shelf::with("img/photo-md.jpg", photo(800, 600), "image/jpeg");
    let (reply, record) = scene.answered(&by_path("/img/photo-md.jpg", ""));
    assert_eq!(record.outcome, "untouched");
    assert_eq!(image(reply), (SourceFormat::Jpeg, 800, 600));
}

#[cfg(feature = "libwebp")]
#[test]
fn a_query_is_answered_and_nothing_is_stored() {
    let scene = Scene::new();
    let asked = with_header(
        by_path("/img/photo.jpg", "width=200&format=auto"),
        "accept",
        "image/webp,*/*",
    );
    let reply = scene.reply(&asked);
    assert_eq!(header(&reply, "vary"), Some("Accept"));
    assert_eq!(header(&reply, "etag"), Some("\"13\""));
    assert_eq!(image(reply), (SourceFormat::Webp, 200, 150));
    assert_eq!(scene.originals.keys(), ["img/photo.jpg"]);
}

#[test]
fn the_token_of_the_cache_counts_in_place_of_accept() {
    let asked = by_path("/img/photo.jpg", "width=200&format=auto");
    let asked = with_header(asked, "accept", "image/avif,image/webp");
    let asked = with_header(asked, "x-edgepix-accept", "none");
    assert_eq!(image(Scene::new().reply(&asked)).0, SourceFormat::Jpeg);
}

#[test]
fn who_has_the_result_is_told_so() {
    let mut scene = Scene::new();
    scene.config.caching.etag = Etag::Own;
    let asked = by_path("/img/photo.jpg", "width=200");
    let etag = header(&scene.reply(&asked), "etag")
        .expect("it has one")
        .to_owned();
    let reply = scene.reply(&with_header(asked, "if-none-match", &etag));
    assert_eq!(reply.status, 304);
    assert_eq!(reply.body.length(), 0);
}

#[test]
fn nothing_asked_is_the_original_as_it_is() {
    let scene = Scene::new();
    let (reply, record) = scene.answered(&by_path("/img/photo.jpg", "utm_source=x"));
    assert_eq!(record.outcome, "untouched");
    assert_eq!(header(&reply, "cache-control"), Some("public, max-age=77"));
    assert_eq!(header(&reply, "etag"), Some("\"13\""));
    let bytes = reply.body.whole().expect("it is whole");
    assert_eq!(bytes, photo(640, 480));
    let known = with_header(by_path("/img/photo.jpg", ""), "if-none-match", "\"13\"");
    assert_eq!(scene.reply(&known).status, 304);
}

#[test]
fn what_cannot_be_decoded_is_the_original() {
    let mut scene = Scene::new();
    scene.originals = Shelf::with("img/photo.jpg", "no image", "image/jpeg");
    let reply = scene.reply(&by_path("/img/photo.jpg", "w=100"));
    assert_eq!(reply.status, 200);
    assert_eq!(
        header(&reply, "x-edgepix"),
        Some("passthrough; reason=unsupported")
    );
    assert_eq!(reply.body.whole().expect("it is whole"), "no image");
}

#[test]
fn a_large_original_is_streamed_or_refused_and_never_redirected_to_itself() {
    let mut scene = Scene::new();
    scene.originals = Shelf::with("img/photo.jpg", vec![7; 5 << 20], "image/jpeg");
    let (reply, record) = scene.answered(&by_path("/img/photo.jpg", ""));
    assert_eq!(reply.status, 500);
    assert_eq!(record.reason, Some(Reason::Size));
    scene.room.response_bytes = None;
    let reply = scene.reply(&by_path("/img/photo.jpg", ""));
    assert!(matches!(reply.body, Body::Arriving(_, 5_242_880)));
}

#[test]
fn of_what_cannot_be_made_a_large_original_is_streamed_or_redirected_to() {
    let mut scene = Scene::new();
    scene.originals = Shelf::with("img/photo.jpg", vec![7; 5 << 20], "image/jpeg");
    let asked = by_path("/img/photo.jpg", "w=100");
    let reply = scene.reply(&asked);
    assert_eq!(reply.status, 302);
    assert_eq!(header(&reply, "location"), Some("/img/photo.jpg"));
    assert_eq!(header(&reply, "cache-control"), Some("no-store"));
    scene.room.response_bytes = None;
    let reply = scene.reply(&asked);
    assert_eq!(
        header(&reply, "x-edgepix"),
        Some("passthrough; reason=unsupported")
    );
    assert_eq!(reply.body.length(), 5 << 20);
}

#[test]
fn a_failing_store_is_told_from_a_missing_object() {
    for (failure, status) in [
        ((|| StoreError::Missing) as fn() -> StoreError, 404),
        (|| StoreError::Forbidden, 404),
        (|| StoreError::Busy, 503),
        (|| StoreError::TimedOut, 504),
        (|| StoreError::Failed("a secret host".into()), 502),
    ] {
        let mut scene = Scene::new();
        scene.originals.failure = Some(failure);
        let reply = scene.reply(&by_key("img/150x200/photo.jpg"));
        assert_eq!(reply.status, status);
        assert!(!said(reply).to_string().contains("secret"));
    }
}

#[test]
fn work_that_was_given_up_leaves_the_way_to_the_original() {
    let config = Config::default();
    let asked = by_path("/img/photo.jpg@100w.webp", "");
    let reply = given_up(&asked, Reason::Time, &config).reply;
    assert_eq!(reply.status, 302);
    assert_eq!(header(&reply, "location"), Some("/img/photo.jpg"));
    // Behind an API nobody knows the way.
    let asked = by_key("img/150x200/photo.jpg");
    assert_eq!(given_up(&asked, Reason::Time, &config).reply.status, 504);
    let config = Scene::that_redirects(AnswerWith::Image).config;
    let reply = given_up(&asked, Reason::Time, &config).reply;
    assert_eq!(
        header(&reply, "location"),
        Some("https://img.example.com/img/photo.jpg")
    );
}

#[test]
fn formats_are_as_asked_in_every_dialect() {
    for (path, query, format) in [
        ("/img/photo.jpg", "w=64&f=png", SourceFormat::Png),
        ("/img/photo.jpg", "width=64&format=avif", SourceFormat::Avif),
        ("/img/photo.jpg@64w.webp", "", SourceFormat::Webp),
        ("/img/64x64/photo.jpg", "", SourceFormat::Jpeg),
        ("/img/photo-sm.jpg", "", SourceFormat::Jpeg),
    ] {
        let scene = Scene::with_two_buckets();
        assert_eq!(
            image(scene.reply(&by_path(path, query))).0,
            format,
            "{path}"
        );
    }
}

#[test]
fn what_is_not_allowed_is_refused_in_the_shape_of_system_b() {
    let mut scene = Scene::new();
    let box_of = |width, height| Dimension {
        width: Some(width),
        height: Some(height),
    };
    scene.config.policy.dimensions = vec![box_of(100, 100), box_of(150, 100)];
    scene.config.policy.types = vec!["jpg".into()];
    for key in ["img/151x100/photo.jpg", "img/100x100/photo.gif"] {
        let reply = scene.reply(&by_key(key));
        assert_eq!(reply.status, 403, "{key}");
        let said = said(reply);
        assert_eq!(said["errorType"], "Forbidden");
        assert_eq!(said["requestId"], "79104EXAMPLEB723");
    }
    assert_eq!(scene.originals.keys(), ["img/photo.jpg"]);
    assert_eq!(scene.reply(&by_key("img/150x100/photo.jpg")).status, 200);
}

#[test]
fn with_keys_not_even_an_original_is_given_unsigned() {
    let mut scene = Scene::new();
    scene.config.signing_keys = vec![SigningKey {
        name: "a".into(),
        secret: "0123456789abcdef".into(),
    }];
    for query in ["", "w=100", "w=x", "sig=a.AAAA"] {
        let reply = scene.reply(&by_path("/img/photo.jpg", query));
        assert_eq!(reply.status, 403, "{query}");
    }
}

#[test]
fn what_is_signed_is_not_stored_where_everyone_finds_it() {
    let mut scene = Scene::new();
    scene.config.signing_keys = vec![SigningKey {
        name: "a".into(),
        secret: "0123456789abcdef".into(),
    }];
    let mut mac = Hmac::<Sha256>::new_from_slice(b"0123456789abcdef").expect("any length");
    mac.update(b"/img/photo.jpg@64w.jpg?");
    let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    let asked = by_path("/img/photo.jpg@64w.jpg", &format!("sig=a.{signature}"));
    assert_eq!(scene.reply(&asked).status, 200);
    assert_eq!(scene.originals.keys(), ["img/photo.jpg"]);
}

#[cfg(feature = "libwebp")]
#[test]
fn a_question_that_is_a_key_is_answered_and_stored_under_it() {
    for (token, format) in [
        ("avif", SourceFormat::Avif),
        ("webp", SourceFormat::Webp),
        ("none", SourceFormat::Jpeg),
    ] {
        let scene = Scene::with_two_buckets();
        let key = format!("img/photo.jpg/~format=auto&width=200&accept={token}");
        // What the viewer itself says counts for nothing: the key is everyone's.
        let asked = with_header(by_path(&format!("/{key}"), ""), "accept", "image/avif");
        let (made, width, _) = image(scene.reply(&asked));
        assert_eq!((made, width), (format, 200), "{token}");
        let derivatives = scene.derivatives.as_ref().expect("it is there");
        assert_eq!(derivatives.keys(), [key]);
    }
}

#[test]
fn a_question_that_is_a_key_of_its_own_spelling_is_no_question() {
    let scene = Scene::with_two_buckets();
    for key in [
        "img/photo.jpg/~width=200&format=auto&accept=avif",
        "img/photo.jpg/~format=auto&width=0200&accept=avif",
        "img/photo.jpg/~format=auto&width=200&accept=jxl",
        "img/photo.jpg/~",
    ] {
        let reply = scene.reply(&by_path(&format!("/{key}"), ""));
        assert_eq!(reply.status, 404, "{key}");
    }
    let derivatives = scene.derivatives.as_ref().expect("it is there");
    assert_eq!(derivatives.keys(), [""; 0]);
}

#[test]
fn an_answer_is_kept_for_no_longer_than_its_url_is_good_for() {
    let mut scene = Scene::new();
    scene.config.signing_keys = vec![SigningKey {
        name: "a".into(),
        secret: "0123456789abcdef".into(),
    }];
    let end = SystemTime::now() + Duration::from_secs(40);
    let end = end.duration_since(UNIX_EPOCH).expect("it is after 1970");
    let query = format!("expires={}&w=100", end.as_secs());
    let signed = |path: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"0123456789abcdef").expect("any length");
        mac.update(format!("{path}?{query}").as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        by_path(path, &format!("{query}&sig=a.{signature}"))
    };
    let reply = scene.reply(&signed("/img/photo.jpg"));
    assert_eq!(reply.status, 200);
    let kept = header(&reply, "cache-control").expect("it says so");
    let seconds = kept.strip_prefix("public, max-age=").expect(kept);
    assert!(seconds.parse::<u32>().expect(kept) <= 40, "{kept}");
    assert_eq!(header(&reply, "etag"), None);
}

#[test]
fn a_derivative_of_an_odd_spelling_is_answered_and_not_stored() {
    for path in [
        "/img/0100X75/photo.jpg",
        "/img/photo-SM.jpg",
        "/img/0100x75/100x75/photo.jpg",
    ] {
        let scene = Scene::with_two_buckets();
        let other = "img/100x75/photo.jpg";
        scene.originals.add(other, photo(640, 480), "image/jpeg");
        assert_eq!(scene.reply(&by_path(path, "")).status, 200, "{path}");
        let derivatives = scene.derivatives.as_ref().expect("it is there");
        assert_eq!(derivatives.keys(), [""; 0], "{path}");
    }
}

#[test]
fn an_object_that_is_there_is_served_and_never_written_over() {
    for key in ["img/64x64/app.jpg", "img/app-md.jpg", "img/app.jpg@64w.jpg"] {
        let mut scene = Scene::new();
        scene.originals = Shelf::with(key, photo(640, 480), "image/jpeg");
        scene
            .originals
            .add("img/app.jpg", photo(800, 600), "image/jpeg");
        let (reply, record) = scene.answered(&by_path(&format!("/{key}"), ""));
        assert_eq!(record.outcome, "untouched", "{key}");
        assert_eq!(image(reply), (SourceFormat::Jpeg, 640, 480), "{key}");
        let (body, _) = scene.originals.object(key).expect("it is there");
        assert_eq!(body, photo(640, 480), "{key}");
    }
}

#[test]
fn an_original_under_a_derivatives_name_is_an_original_in_every_dialect() {
    for key in ["img/64x64/app.jpg", "img/app-md.jpg", "img/app.jpg@64w.jpg"] {
        let mut scene = Scene::with_two_buckets();
        scene.originals = Shelf::with(key, photo(640, 480), "image/jpeg");
        scene
            .originals
            .add("img/app.jpg", photo(800, 600), "image/jpeg");
        let (_, record) = scene.answered(&by_path(&format!("/{key}"), ""));
        assert_eq!(record.outcome, "untouched", "{key}");
        let derivatives = scene.derivatives.as_ref().expect("it is there");
        assert_eq!(derivatives.keys(), [""; 0], "{key}");
    }
}

#[test]
fn where_nobody_can_tell_what_is_there_nothing_is_stored() {
    let mut scene = Scene::with_two_buckets();
    let mut derivatives = Shelf::default();
    derivatives.failure = Some(|| StoreError::Busy);
    scene.derivatives = Some(derivatives);
    let reply = scene.reply(&by_path("/img/photo.jpg@64w.jpg", ""));
    assert_eq!(reply.status, 200);
    let derivatives = scene.derivatives.as_ref().expect("it is there");
    assert_eq!(derivatives.keys(), [""; 0]);
    scene.originals.failure = Some(|| StoreError::Busy);
    let reply = scene.reply(&by_path("/img/photo-md.jpg", ""));
    assert_eq!(reply.status, 503);
}

#[test]
fn a_derivative_of_a_derivative_is_answered_and_not_stored() {
    let mut scene = Scene::with_two_buckets();
    scene.originals = Shelf::with("img/photo-md.jpg", photo(640, 480), "image/jpeg");
    let reply = scene.reply(&by_path("/img/photo-md.jpg@64w.jpg", ""));
    assert_eq!(image(reply), (SourceFormat::Jpeg, 64, 48));
    let derivatives = scene.derivatives.as_ref().expect("it is there");
    assert_eq!(derivatives.keys(), [""; 0]);
}

#[test]
fn originals_are_of_an_allowed_type_too() {
    let mut scene = Scene::new();
    scene.originals = Shelf::with("docs/secret.pdf", "%PDF", "application/pdf");
    scene.config.policy.types = vec!["jpg".into()];
    assert_eq!(scene.reply(&by_path("/docs/secret.pdf", "")).status, 403);
    scene.config.malformed = WhenMalformed::Original;
    assert_eq!(
        scene.reply(&by_path("/0x0/docs/secret.pdf", "")).status,
        403
    );
}

#[test]
fn a_template_is_never_told_that_nothing_has_changed() {
    let scene = Scene::new();
    let asked = call(Carrier::Template, "/", "key=img/150x200/photo.jpg");
    assert_eq!(scene.reply(&asked).status, 200);
    let etag = header(&scene.reply(&asked), "etag")
        .expect("it has one")
        .to_owned();
    let again = with_header(asked, "if-none-match", &etag);
    assert_eq!(scene.reply(&again).status, 200);
}

#[test]
fn no_setting_lets_an_answer_be_larger_than_it_can_be() {
    let mut scene = Scene::new();
    scene.config.limits.response_bytes = Some(64 << 20);
    scene.originals = Shelf::with("img/photo.jpg", vec![7; 5 << 20], "image/jpeg");
    assert_eq!(scene.reply(&by_path("/img/photo.jpg", "")).status, 500);
}
