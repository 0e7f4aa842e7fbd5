//! Requests over HTTP as Lambda gets them: from API Gateway's REST APIs with a proxy or with
//! a mapping template, from its HTTP APIs, and from function URLs (AWS: API Gateway Developer
//! Guide, "Lambda proxy integrations" and "Create AWS Lambda proxy integrations for HTTP
//! APIs"; AWS Lambda Developer Guide, "Invoking Lambda function URLs"). Fields that are not
//! read are left out.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// What a decoded path is written without, to be a path again.
const NO_PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'?').add(b'#');

/// What a decoded name or value is written without, to be part of a query again.
const NO_PAIR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/')
    .remove(b',');

/// A request, whichever service it came by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The service, and with it the form of the answer.
    pub carrier: Carrier,
    /// In capitals.
    pub method: String,
    /// Percent-encoded, with a slash at its start, without the API's stage.
    pub path: String,
    /// Percent-encoded, without a question mark; empty if there is none.
    pub query: String,
    /// By their names in lower case, each with all its values joined (RFC 9110, 5.3).
    pub headers: BTreeMap<String, String>,
    /// What the service calls the request; empty if it says nothing.
    pub request_id: String,
}

/// What carried a request here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// A REST API, or an HTTP API with events of version 1.0: Lambda proxy integration.
    RestApi,
    /// A REST API with a mapping template, as system B has it: the answer is a body alone.
    Template,
    /// An HTTP API with events of version 2.0.
    HttpApi,
    /// A function URL, or what has the same events.
    FunctionUrl,
}

impl Call {
    /// Reads an event; `None` if it is of another kind.
    ///
    /// # Errors
    ///
    /// What is wrong with one that is of this kind.
    pub fn of_event(event: &Value) -> Result<Option<Self>, serde_json::Error> {
        let is_object = |name: &str| event.get(name).is_some_and(Value::is_object);
        if event.pointer("/requestContext/http").is_some() {
            return V2::deserialize(event).map(|it| Some(it.into()));
        }
        if event.get("httpMethod").is_some() && is_object("requestContext") {
            return V1::deserialize(event).map(|it| Some(it.into()));
        }
        if is_object("params") {
            return Mapped::deserialize(event).map(|it| Some(it.into()));
        }
        Ok(None)
    }

    /// A header's value; `name` in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// Version 2.0 of the event.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct V2 {
    raw_path: String,
    #[serde(default, deserialize_with = "or_default")]
    raw_query_string: String,
    #[serde(default, deserialize_with = "or_default")]
    headers: BTreeMap<String, String>,
    request_context: V2Context,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct V2Context {
    #[serde(default, deserialize_with = "or_default")]
    domain_name: String,
    #[serde(default, deserialize_with = "or_default")]
    request_id: String,
    #[serde(default, deserialize_with = "or_default")]
    stage: String,
    http: V2Http,
}

#[derive(Deserialize)]
struct V2Http {
    method: String,
}

impl From<V2> for Call {
    fn from(event: V2) -> Self {
        let context = event.request_context;
        // Such as abc.lambda-url.eu-west-1.on.aws; only it gives the path as it was sent.
        let is_function_url = context.domain_name.contains(".lambda-url.");
        let path = if is_function_url {
            event.raw_path
        } else {
            encoded(&event.raw_path)
        };
        Self {
            carrier: match is_function_url {
                true => Carrier::FunctionUrl,
                false => Carrier::HttpApi,
            },
            method: context.http.method,
            path: below_stage(path, &context.stage),
            query: event.raw_query_string,
            headers: event.headers.into_iter().map(lower_case).collect(),
            request_id: context.request_id,
        }
    }
}

/// Version 1.0 of the event.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct V1 {
    /// Only HTTP APIs say it.
    version: Option<String>,
    http_method: String,
    path: String,
    #[serde(default, deserialize_with = "or_default")]
    headers: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "or_default")]
    multi_value_headers: BTreeMap<String, Vec<String>>,
    #[serde(default, deserialize_with = "or_default")]
    query_string_parameters: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "or_default")]
    multi_value_query_string_parameters: BTreeMap<String, Vec<String>>,
    request_context: V1Context,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct V1Context {
    #[serde(default, deserialize_with = "or_default")]
    request_id: String,
    #[serde(default, deserialize_with = "or_default")]
    stage: String,
}

impl From<V1> for Call {
    fn from(event: V1) -> Self {
        // HTTP APIs give the path decoded, REST APIs as it was sent.
        let path = match event.version {
            Some(_) => encoded(&event.path),
            None => event.path,
        };
        let single = event.headers.into_iter();
        let mut headers: BTreeMap<_, _> = single.map(lower_case).collect();
        let several = event.multi_value_headers.into_iter();
        headers.extend(several.map(|(name, values)| lower_case((name, values.join(", ")))));
        let mut several = event.multi_value_query_string_parameters;
        for (name, value) in event.query_string_parameters {
            several.entry(name).or_insert_with(|| vec![value]);
        }
        Self {
            carrier: Carrier::RestApi,
            method: event.http_method,
            path: match event.version {
                Some(_) => below_stage(path, &event.request_context.stage),
                None => path,
            },
            query: query(&several),
            headers,
            request_id: event.request_context.request_id,
        }
    }
}

/// What a mapping template passes on: `{"params": {"querystring": {}, "path": {},
/// "header": {}}}` (API Gateway Developer Guide, "Method request passthrough").
#[derive(Deserialize)]
struct Mapped {
    params: Params,
    #[serde(default, deserialize_with = "or_default")]
    context: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Params {
    #[serde(default, deserialize_with = "or_default")]
    querystring: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "or_default")]
    header: BTreeMap<String, String>,
}

impl From<Mapped> for Call {
    fn from(event: Mapped) -> Self {
        let several = event.params.querystring.into_iter();
        let several = several.map(|(name, value)| (name, vec![value])).collect();
        let said = |name: &str| event.context.get(name).and_then(Value::as_str);
        Self {
            carrier: Carrier::Template,
            // A template belongs to one method; which, it need not say.
            method: said("http-method").unwrap_or("GET").to_owned(),
            path: "/".into(),
            query: query(&several),
            headers: event.params.header.into_iter().map(lower_case).collect(),
            request_id: said("request-id").unwrap_or_default().to_owned(),
        }
    }
}

/// What is missing or null is the default: API Gateway writes null for what is empty.
fn or_default<'a, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'a>,
    D: Deserializer<'a>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn lower_case((name, value): (String, String)) -> (String, String) {
    (name.to_ascii_lowercase(), value)
}

/// A path that came decoded.
fn encoded(path: &str) -> String {
    utf8_percent_encode(path, NO_PATH).to_string()
}

/// A path without the stage that an HTTP API puts before it.
fn below_stage(path: String, stage: &str) -> String {
    let rest = path
        .strip_prefix('/')
        .and_then(|path| path.strip_prefix(stage))
        .filter(|rest| !stage.is_empty() && (rest.is_empty() || rest.starts_with('/')));
    match rest {
        Some("") => "/".into(),
        Some(rest) => rest.to_owned(),
        None => path,
    }
}

/// A query of parameters that came decoded.
fn query(several: &BTreeMap<String, Vec<String>>) -> String {
    let pairs = several.iter().flat_map(|(name, values)| {
        let name = utf8_percent_encode(name, NO_PAIR);
        values
            .iter()
            .map(move |value| format!("{}={}", name.clone(), utf8_percent_encode(value, NO_PAIR)))
    });
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(event: &Value) -> Call {
        let call = Call::of_event(event).expect("it can be read");
        call.expect("it is a request")
    }

    #[test]
    fn a_function_urls_path_and_query_are_as_they_were_sent() {
        let call = call(&json!({
            "version": "2.0",
            "rawPath": "/a%20b/photo%2B.jpg",
            "rawQueryString": "w=300&x=%2F",
            "headers": { "accept": "image/avif,image/webp" },
            "requestContext": {
                "domainName": "abc.lambda-url.eu-west-1.on.aws",
                "requestId": "id",
                "stage": "$default",
                "http": { "method": "GET", "path": "/a b/photo+.jpg" },
            },
        }));
        assert_eq!(call.carrier, Carrier::FunctionUrl);
        assert_eq!(call.path, "/a%20b/photo%2B.jpg");
        assert_eq!(call.query, "w=300&x=%2F");
        assert_eq!(call.header("accept"), Some("image/avif,image/webp"));
        assert_eq!((&*call.method, &*call.request_id), ("GET", "id"));
    }

    #[test]
    fn an_http_apis_path_comes_decoded_and_below_its_stage() {
        let event = |path: &str, stage: &str| {
            call(&json!({
                "version": "2.0",
                "rawPath": path,
                "rawQueryString": "",
                "requestContext": {
                    "domainName": "abc.execute-api.eu-west-1.amazonaws.com",
                    "stage": stage,
                    "http": { "method": "GET" },
                },
            }))
        };
        assert_eq!(
            event("/100% é?.jpg", "$default").path,
            "/100%25%20%C3%A9%3F.jpg"
        );
        assert_eq!(event("/prod/a.jpg", "prod").path, "/a.jpg");
        assert_eq!(event("/prod", "prod").path, "/");
        assert_eq!(event("/production/a.jpg", "prod").path, "/production/a.jpg");
        assert_eq!(event("/a.jpg", "$default").carrier, Carrier::HttpApi);
    }

    #[test]
    fn a_rest_apis_parameters_are_a_query_again() {
        let call = call(&json!({
            "resource": "/",
            "path": "/",
            "httpMethod": "GET",
            "headers": { "Accept": "image/webp", "X-A": "2" },
            "multiValueHeaders": { "Accept": ["image/webp"], "X-A": ["1", "2"] },
            "queryStringParameters": { "key": "img/150x100/a b&c.png" },
            "multiValueQueryStringParameters": { "key": ["img/150x100/a b&c.png"], "w": ["1", "2"] },
            "requestContext": { "requestId": "id", "stage": "prod" },
        }));
        assert_eq!(call.carrier, Carrier::RestApi);
        assert_eq!(call.query, "key=img/150x100/a%20b%26c.png&w=1&w=2");
        assert_eq!(call.header("x-a"), Some("1, 2"));
    }

    #[test]
    fn what_a_rest_api_leaves_empty_is_null() {
        let call = call(&json!({
            "path": "/a%20b.jpg",
            "httpMethod": "GET",
            "headers": null,
            "multiValueHeaders": null,
            "queryStringParameters": null,
            "multiValueQueryStringParameters": null,
            "requestContext": { "requestId": "id", "stage": "prod" },
        }));
        assert_eq!((&*call.path, &*call.query), ("/a%20b.jpg", ""));
    }

    #[test]
    fn a_mapping_template_passes_parameters_alone() {
        let call = call(&json!({
            "params": {
                "path": {},
                "querystring": { "key": "img/150x200/AmazonS3.png" },
                "header": { "Accept": "*/*" },
            },
        }));
        assert_eq!(call.carrier, Carrier::Template);
        assert_eq!((&*call.method, &*call.path), ("GET", "/"));
        assert_eq!(call.query, "key=img/150x200/AmazonS3.png");
        assert_eq!(call.header("accept"), Some("*/*"));
    }

    #[test]
    fn events_of_other_kinds_are_left_to_others() {
        for event in [
            json!({ "Records": [{ "cf": {} }] }),
            json!({ "Records": [{ "s3": {} }] }),
            json!({ "detail-type": "Scheduled Event" }),
            json!([]),
            json!(null),
        ] {
            assert_eq!(Call::of_event(&event).expect("nothing is wrong"), None);
        }
    }
}
