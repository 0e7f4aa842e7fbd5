//! The same process as a function in a Region: requests over HTTP, buffered and streamed.

use base64::{Engine, engine::general_purpose::STANDARD};
use edgepix_engine::{Input, probe};
use serde_json::{Value, json};

use super::{Function, image, runtime_api::Said, server};

/// What a function with a bucket of originals says in its environment.
const BUCKET: (&str, &str) = ("EDGEPIX_STORE_BUCKET", "photos");

/// A request to a function URL.
fn by_path(path: &str, query: &str) -> Value {
    json!({
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {},
        "requestContext": {
            "domainName": "abc.lambda-url.eu-west-1.on.aws",
            "requestId": "e1506fd5",
            "stage": "$default",
            "http": { "method": "GET", "path": path },
        },
    })
}

/// A request to system B's API, through a mapping template.
fn through_template(key: &str) -> Value {
    json!({ "params": { "querystring": { "key": key }, "path": {}, "header": {} } })
}

/// The width of an image.
fn width(bytes: &[u8]) -> u32 {
    let header = probe(&mut Input::new(&mut &bytes[..])).expect("it is an image");
    header.dimensions.width
}

#[test]
fn requests_over_http_are_answered_from_the_configured_bucket() {
    let (server, bucket) = server();
    let events = [
        by_path("/photo.jpg", "w=320&f=webp"),
        by_path("/photo.jpg@100w.png", ""),
        by_path("/nothing.jpg", "w=320"),
    ];
    let function = Function::alone(&server, &[BUCKET], events);
    let answer = function.answer();
    assert_eq!(answer["statusCode"], 200);
    assert_eq!(answer["headers"]["content-type"], "image/webp");
    assert_eq!(answer["isBase64Encoded"], true);
    assert_eq!(image(&answer), ("webp".into(), 320));
    assert_eq!(image(&function.answer()), ("png".into(), 100));
    assert_eq!(function.answer()["statusCode"], 404);
    function.api.next();
    assert!(bucket.join("photo.jpg@100w.png").exists());
}

#[test]
fn a_template_gets_base64_alone_and_failures_by_their_message() {
    let (server, bucket) = server();
    let events = [
        through_template("150x200/photo.jpg"),
        through_template("0x200/photo.jpg"),
        through_template("150x200/photo.jpg"),
    ];
    let function = Function::alone(&server, &[BUCKET], events);
    let answer = function.answer();
    let body = answer.as_str().expect("it is a text alone");
    let bytes = STANDARD.decode(body).expect("it is base64");
    assert_eq!(width(&bytes), 150);
    assert!(bucket.join("150x200/photo.jpg").exists());
    function.api.next();
    let Said::Error(failed) = function.api.said() else {
        panic!("it should have failed")
    };
    assert_eq!(failed["errorType"], "BadRequest");
    let message = failed["errorMessage"].as_str().expect("it says why");
    let message: Value = serde_json::from_str(message).expect("it is JSON");
    assert_eq!(message["status"], 403);
    // One that failed ends nothing.
    assert!(function.answer().is_string());
}

#[test]
fn a_function_url_that_streams_gets_bytes_and_large_originals() {
    let (server, bucket) = server();
    let large: Vec<u8> = (0..9_000_000_u32).map(|at| (at % 251) as u8).collect();
    std::fs::write(bucket.join("large.bin"), &large).expect("there is room");
    let events = [
        by_path("/photo.jpg", "w=320&f=webp"),
        by_path("/large.bin", ""),
        by_path("/nothing.jpg", "w=320"),
    ];
    let streams = ("EDGEPIX_FUNCTION_STREAM", "true");
    let function = Function::alone(&server, &[BUCKET, streams], events);
    let streamed = || {
        function.api.next();
        match function.api.said() {
            Said::Streamed { head, body } => (head, body),
            other => panic!("it should have streamed, not {other:?}"),
        }
    };
    let (head, body) = streamed();
    assert_eq!(head["statusCode"], 200);
    assert_eq!(head["headers"]["content-type"], "image/webp");
    assert_eq!(width(&body), 320);
    let (head, body) = streamed();
    assert_eq!(head["statusCode"], 200);
    assert!(body == large, "{} bytes", body.len());
    let (head, body) = streamed();
    assert_eq!(head["statusCode"], 404);
    let said: Value = serde_json::from_slice(&body).expect("it is JSON");
    assert_eq!(said["errorType"], "NotFound");
}

#[test]
fn a_function_url_that_streams_gets_a_stream_whatever_is_wrong() {
    let (server, _) = server();
    let wrong = ("EDGEPIX_QUALTY", "80");
    let streams = ("EDGEPIX_FUNCTION_STREAM", "true");
    let function = Function::alone(
        &server,
        &[BUCKET, streams, wrong],
        [by_path("/photo.jpg", "w=320")],
    );
    function.api.next();
    match function.api.said() {
        Said::Streamed { head, .. } => assert_eq!(head["statusCode"], 500),
        other => panic!("it should have streamed, not {other:?}"),
    }
}

#[test]
fn without_a_bucket_every_request_fails_and_the_log_says_why() {
    let (server, _) = server();
    let function = Function::alone(&server, &[], [by_path("/photo.jpg", "w=320")]);
    assert_eq!(function.answer()["statusCode"], 500);
    function.api.next();
    let log = function.log();
    assert_eq!(log[0]["detail"], "store.bucket is not set");
    assert_eq!(log[0]["outcome"], "failed; reason=config");
    assert_eq!(log[0]["api_request_id"], "e1506fd5");
}

/// What S3 says of an object that was created or removed.
fn notified(bucket: &str, name: &str, key: &str) -> Value {
    json!({ "Records": [{
        "eventSource": "aws:s3",
        "awsRegion": "eu-west-1",
        "eventName": name,
        "s3": { "bucket": { "name": bucket }, "object": { "key": key } },
    }] })
}

#[test]
fn an_original_that_is_created_or_removed_is_brought_in_step() {
    let (server, bucket) = server();
    let originals = server.bucket("originals");
    std::fs::write(originals.join("a b.jpg"), "an original").expect("there is room");
    std::fs::create_dir(bucket.join("100x100")).expect("there is room");
    std::fs::write(bucket.join("100x100/a b.jpg"), "stale").expect("there is room");
    let events = [
        notified("originals", "ObjectCreated:Put", "a+b.jpg"),
        // It is there, whatever is said.
        notified("originals", "ObjectRemoved:Delete", "a+b.jpg"),
        json!({ "Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "originals" }),
    ];
    let dimensions = ("EDGEPIX_POLICY_DIMENSIONS", "100x100");
    let function = Function::alone(&server, &[BUCKET, dimensions], events);
    assert_eq!(function.answer(), Value::Null);
    let copied = std::fs::read_to_string(bucket.join("a b.jpg")).expect("it is copied");
    assert_eq!(copied, "an original");
    assert!(!bucket.join("100x100/a b.jpg").exists());
    assert_eq!(function.answer(), Value::Null);
    assert_eq!(function.answer(), Value::Null);
    function.api.next();
    assert!(bucket.join("a b.jpg").exists());
    let log = function.log();
    assert_eq!(log[0]["copied"], true);
    assert_eq!(log[0]["deleted"], 1);
    assert_eq!(log[0]["key"], "a b.jpg");
}

#[test]
fn what_could_not_be_brought_in_step_comes_again() {
    let (server, _) = server();
    let events = [notified("nowhere", "ObjectCreated:Put", "a.jpg")];
    let nowhere = ("EDGEPIX_STORE_ENDPOINT", "http://127.0.0.1:1");
    let function = Function::alone(&server, &[BUCKET, nowhere], events);
    function.api.next();
    let Said::Error(failed) = function.api.said() else {
        panic!("it should have failed")
    };
    assert_eq!(failed["errorMessage"], "1 of 1 objects failed for now");
}
