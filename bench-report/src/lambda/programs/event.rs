//! What functions are called with.

use anyhow::Result;
use serde_json::{Value, json};

use crate::{
    case::Case,
    lambda::origin::{BUCKET, Facts, Origin, REGION},
};

/// The quality asked for, which is edgepix's default and what published functions are asked for.
pub(crate) const QUALITY: u8 = 80;

/// `CloudFront`'s event of an origin that has answered 200 to a GET of the case's image, as
/// origin-response functions get it (Amazon `CloudFront` Developer Guide, "Lambda@Edge event
/// structure").
///
/// # Errors
///
/// If the origin has no object of the image's name.
pub(crate) fn event(origin: &Origin, case: &Case) -> Result<Value> {
    Ok(of_object(&origin.facts(&case.image)?, case))
}

fn of_object(facts: &Facts, case: &Case) -> Value {
    let (width, format) = (case.width, case.format.name());
    let header = |key: &str, value: &str| json!([{ "key": key, "value": value }]);
    let domain = format!("{BUCKET}.s3.{REGION}.amazonaws.com");
    json!({ "Records": [{ "cf": {
        "config": {
            "distributionDomainName": "d111111abcdef8.cloudfront.net",
            "distributionId": "EDFDVBD6EXAMPLE",
            "eventType": "origin-response",
            "requestId": "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ=="
        },
        "request": {
            "clientIp": "203.0.113.178",
            "method": "GET",
            "uri": format!("/{}", escaped(&case.image)),
            "querystring": format!("w={width}&f={format}&q={QUALITY}"),
            "headers": { "host": header("Host", &domain) },
            "origin": { "s3": {
                "authMethod": "none", "customHeaders": {}, "path": "", "region": REGION,
                "domainName": domain
            } }
        },
        "response": { "status": "200", "statusDescription": "OK", "headers": {
            "content-type": header("Content-Type", facts.content_type),
            "content-length": header("Content-Length", &facts.bytes.to_string()),
            "etag": header("ETag", &format!("\"{}\"", facts.etag())),
            "last-modified": header("Last-Modified", "Mon, 13 Jan 2025 20:12:38 GMT"),
            "server": header("Server", "AmazonS3")
        } }
    } }] })
}

/// As it stands in a path (RFC 3986, section 2.3: all but the unreserved characters).
fn escaped(name: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    name.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::format::Format;

    fn asked(image: &str) -> Value {
        let case = Case {
            image: image.to_owned(),
            width: 400,
            format: Format::Webp,
        };
        let facts = Facts {
            bytes: 1000,
            changed: UNIX_EPOCH,
            content_type: "image/png",
        };
        of_object(&facts, &case)["Records"][0]["cf"].clone()
    }

    #[test]
    fn an_event_asks_for_the_case_of_the_bucket() {
        let asked = asked("photo-1.jpg");
        assert_eq!(asked["config"]["eventType"], "origin-response");
        assert_eq!(asked["request"]["uri"], "/photo-1.jpg");
        assert_eq!(asked["request"]["querystring"], "w=400&f=webp&q=80");
        assert_eq!(
            asked["request"]["origin"]["s3"]["domainName"],
            "originals.s3.us-east-1.amazonaws.com"
        );
    }

    #[test]
    fn an_event_says_what_the_origin_answered() {
        let asked = asked("drawing.png");
        let headers = &asked["response"]["headers"];
        assert_eq!(headers["content-type"][0]["value"], "image/png");
        assert_eq!(headers["content-length"][0]["value"], "1000");
        assert_eq!(headers["etag"][0]["value"], "\"0-3e8\"");
    }

    #[test]
    fn a_name_with_a_space_is_escaped() {
        assert_eq!(asked("a b+ü.jpg")["request"]["uri"], "/a%20b%2B%C3%BC.jpg");
    }
}
