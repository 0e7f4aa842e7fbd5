//! Lambda@Edge's origin-response event and its answer (AWS: Amazon CloudFront Developer
//! Guide, "Lambda@Edge event structure"). Fields that are not known are kept, so that an
//! answer that is to be left alone is.

use std::collections::BTreeMap;

use base64::{display::Base64Display, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

/// What the function is called with.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Event {
    /// Exactly one record.
    #[serde(rename = "Records")]
    pub records: Vec<Record>,
}

/// A record of an event.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Record {
    /// What CloudFront says.
    pub cf: Exchange,
}

/// A request of CloudFront to an origin, and the origin's answer.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Exchange {
    /// Where it happened.
    #[serde(default, deserialize_with = "or_default")]
    pub config: Distribution,
    /// What the origin was asked.
    pub request: Request,
    /// What it answered, without the body: CloudFront never shows that.
    pub response: Response,
}

/// The distribution, and the kind of event.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Distribution {
    /// Such as `d111111abcdef8.cloudfront.net`.
    pub distribution_domain_name: String,
    /// Such as `EDFDVBD6EXAMPLE`.
    pub distribution_id: String,
    /// `origin-response`.
    pub event_type: String,
    /// What CloudFront's support asks for.
    pub request_id: String,
    /// What else is said.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A request to an origin.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// In capitals.
    pub method: String,
    /// The path, percent-encoded as the viewer sent it, without the origin's own path.
    pub uri: String,
    /// Without a question mark; empty if there is none.
    #[serde(default, deserialize_with = "or_default")]
    pub querystring: String,
    /// By their names in lower case.
    #[serde(default, deserialize_with = "or_default")]
    pub headers: Headers,
    /// Where it was sent.
    pub origin: Option<Origin>,
    /// What else is said.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Where a request was sent.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A bucket.
    S3(OriginServer),
    /// Anything that speaks HTTP, a bucket's website endpoint too.
    Custom(OriginServer),
}

/// What is missing or null is the default: an event is not refused for what is not read.
fn or_default<'a, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'a>,
    D: Deserializer<'a>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A server that CloudFront asks.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OriginServer {
    /// Headers that the distribution adds for the origin; ours configure us.
    #[serde(default, deserialize_with = "or_default")]
    pub custom_headers: Headers,
    /// Its name.
    pub domain_name: String,
    /// What comes before the URI; empty, or with a slash at its start and none at its end.
    #[serde(default, deserialize_with = "or_default")]
    pub path: String,
    /// A bucket's Region, of buckets with an origin access identity; empty or missing with
    /// origin access control.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Its port, of custom origins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// `http` or `https`, of custom origins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// What else is said.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// An origin's answer, and the function's.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// Three digits, as text.
    pub status: String,
    /// Such as `OK`.
    #[serde(
        default,
        deserialize_with = "or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub status_description: String,
    /// By their names in lower case.
    #[serde(default, deserialize_with = "or_default")]
    pub headers: Headers,
    /// A body in place of the origin's; none leaves that as it is.
    #[serde(flatten, skip_deserializing)]
    pub body: Option<Body>,
    /// What else is said.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Text.
    Text(String),
    /// Bytes, which travel as base64.
    Bytes(Bytes),
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        match self {
            Self::Text(text) => {
                map.serialize_entry("bodyEncoding", "text")?;
                map.serialize_entry("body", text)?;
            }
            Self::Bytes(bytes) => {
                map.serialize_entry("bodyEncoding", "base64")?;
                map.serialize_entry("body", &Base64(bytes))?;
            }
        }
        map.end()
    }
}

/// Written as it is encoded, so that the encoded form is held once.
pub(crate) struct Base64<'a>(pub(crate) &'a [u8]);

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(self.0, &STANDARD))
    }
}

/// Headers by their names in lower case, each with all its values in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Headers(pub BTreeMap<String, Vec<Header>>);

/// One line of a header.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Header {
    /// The name as it was written, in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The value.
    #[serde(default)]
    pub value: String,
}

impl Headers {
    /// The first value of the header `name`, given in lower case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        Some(self.0.get(name)?.first()?.value.as_str())
    }

    /// All values of the header `name` as one list (RFC 9110, 5.3).
    #[must_use]
    pub fn joined(&self, name: &str) -> Option<String> {
        let values = self.0.get(name)?.iter().map(|header| header.value.as_str());
        Some(values.collect::<Vec<_>>().join(", "))
    }

    /// Sets a header to one value, in place of all it had; `name` as it is usually
    /// written.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let header = Header {
            key: Some(name.to_owned()),
            value: value.into(),
        };
        self.0.insert(name.to_ascii_lowercase(), vec![header]);
    }

    /// Takes a header out; `name` in lower case.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }
}
