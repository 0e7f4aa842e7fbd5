//! What a function's answer to an origin-response event of `CloudFront` is: an image in place of the
//! original, the original, or an error (Amazon CloudFront Developer Guide, "Lambda@Edge event
//! structure", "Response event").

use base64::{Engine, engine::general_purpose::STANDARD};
use edgepix_corpus::sha256;
use serde_json::Value;

use crate::sample::Answer;

/// Where edgepix says what it did.
const SAID: &str = "x-edgepix";

/// Reads an answer's body; with an image, its bytes.
pub(super) fn read(body: &[u8]) -> (Answer, Option<Vec<u8>>) {
    let response: Value = match serde_json::from_slice(body) {
        Ok(response) => response,
        Err(error) => return wrong(format!("it is not JSON: {error}")),
    };
    let Some(status) = status(&response) else {
        return wrong("it has no status, as a response of CloudFront has".to_owned());
    };
    let Some(text) = response.get("body").and_then(Value::as_str) else {
        let why = said(&response).unwrap_or("nothing was said").to_owned();
        return (Answer::Original { why }, None);
    };
    if response["bodyEncoding"] != "base64" || status != "200" {
        return wrong(format!("status {status}: {}", beginning(text)));
    }
    match STANDARD.decode(text) {
        Ok(image) => {
            let answer = Answer::Image {
                sha256: sha256(&image),
                bytes: image.len() as u64,
            };
            (answer, Some(image))
        }
        Err(error) => wrong(format!("its body is not base64: {error}")),
    }
}

fn wrong(why: String) -> (Answer, Option<Vec<u8>>) {
    (Answer::Error { why }, None)
}

/// Text in `CloudFront`'s events, and taken as a number too.
fn status(response: &Value) -> Option<String> {
    match response.get("status")? {
        Value::String(status) => Some(status.clone()),
        Value::Number(status) => Some(status.to_string()),
        _ => None,
    }
}

fn said(response: &Value) -> Option<&str> {
    let headers = response.get("headers")?.as_object()?;
    let (_, values) = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(SAID))?;
    values.get(0)?.get("value")?.as_str()
}

/// As much of a text as goes into a table's line.
pub(super) fn beginning(text: &str) -> &str {
    let end = text
        .char_indices()
        .nth(300)
        .map_or(text.len(), |(at, _)| at);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(response: &Value) -> (Answer, Option<Vec<u8>>) {
        read(response.to_string().as_bytes())
    }

    #[test]
    fn an_image_is_its_bytes_and_their_hash() {
        let (answer, image) = answer(&json!({
            "status": "200", "headers": {}, "bodyEncoding": "base64", "body": "YWJj"
        }));
        // FIPS 180-2, appendix B.1.
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let expected = Answer::Image {
            sha256: sha256.to_owned(),
            bytes: 3,
        };
        assert_eq!((answer, image.as_deref()), (expected, Some(&b"abc"[..])));
    }

    #[test]
    fn an_answer_without_a_body_is_the_original_and_says_why() {
        let (answer, image) = answer(&json!({ "status": "200", "headers": {
            "x-edgepix": [{ "key": "X-Edgepix", "value": "passthrough; reason=time" }] } }));
        let why = "passthrough; reason=time".to_owned();
        assert_eq!((answer, image), (Answer::Original { why }, None));
    }

    #[test]
    fn an_original_may_say_nothing() {
        let (answer, _) = answer(&json!({ "status": 404 }));
        let why = "nothing was said".to_owned();
        assert_eq!(answer, Answer::Original { why });
    }

    #[test]
    fn anything_else_is_an_error_that_says_what_it_was() {
        for (response, expected) in [
            (
                json!({ "status": "400", "body": "no such width" }),
                "status 400: no such width",
            ),
            (json!({ "status": "200", "body": "abc" }), "status 200: abc"),
            (
                json!({ "status": "200", "bodyEncoding": "base64", "body": "*" }),
                "its body is not base64",
            ),
            (json!({ "ok": true }), "it has no status"),
            (json!(null), "it has no status"),
        ] {
            let (answer, image) = answer(&response);
            let Answer::Error { why } = answer else {
                panic!("{response} is no error but {answer:?}");
            };
            assert!(why.starts_with(expected), "{why}");
            assert_eq!(image, None);
        }
        assert!(matches!(read(b"").0, Answer::Error { .. }));
    }
}
