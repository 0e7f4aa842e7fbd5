//! Requests over HTTP as Lambda gets them: from API Gateway's REST APIs with a proxy or with
//! a mapping template, from its HTTP APIs, and from function URLs (AWS: API Gateway Developer
//! Guide, "Lambda proxy integrations" and "Create AWS Lambda proxy integrations for HTTP
//! APIs"; AWS Lambda Developer Guide, "Invoking Lambda function URLs"). Fields that are not
//! read are left out.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

use crate::key::ESCAPED;

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
    /// What is wrong with one that is of this kind; or that it is of an Application Load
    /// Balancer, which would be taken for a REST API and is none: its query comes encoded,
    /// its answers end at 1 MB (Elastic Load Balancing User Guide, "Use Lambda functions as
    /// targets of an Application Load Balancer").
    pub fn of_event(event: &Value) -> Result<Option<Self>, serde_json::Error> {
        let is_object = |name: &str| event.get(name).is_some_and(Value::is_object);
        if event.pointer("/requestContext/elb").is_some() {
            return Err(serde_json::Error::custom(
                "it is of an Application Load Balancer, which is not supported: have the \
                 function called by a function URL or by API Gateway",
            ));
        }
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
    #[serde(default, deserialize_with = "without_nulls")]
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
            path: below_stage(path, &context.stage, &context.domain_name),
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
    #[serde(default, deserialize_with = "without_nulls")]
    headers: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "several_without_nulls")]
    multi_value_headers: BTreeMap<String, Vec<String>>,
    #[serde(default, deserialize_with = "without_nulls")]
    query_string_parameters: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "several_without_nulls")]
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
    #[serde(default, deserialize_with = "or_default")]
    domain_name: String,
}

impl From<V1> for Call {
    fn from(event: V1) -> Self {
        // HTTP APIs give the path decoded, REST APIs as it was sent.
        let path = match event.version {
            Some(_) => encoded(&event.path),
            None => event.path,
        };
        let context = event.request_context;
        let single = event.headers.into_iter();
        let mut headers: BTreeMap<_, _> = single.map(lower_case).collect();
        let several = event.multi_value_headers.into_iter();
        let several = several.filter(|(_, values)| !values.is_empty());
        headers.extend(several.map(|(name, values)| lower_case((name, values.join(", ")))));
        let mut several = event.multi_value_query_string_parameters;
        for (name, value) in event.query_string_parameters {
            several.entry(name).or_insert_with(|| vec![value]);
        }
        Self {
            carrier: Carrier::RestApi,
            method: event.http_method,
            path: match event.version {
                Some(_) => below_stage(path, &context.stage, &context.domain_name),
                None => path,
            },
            query: query(&several),
            headers,
            request_id: context.request_id,
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
    #[serde(default, deserialize_with = "without_nulls")]
    querystring: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "without_nulls")]
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

/// A map as by [`or_default`], without the names that are null.
fn without_nulls<'a, T, D>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error>
where
    T: Deserialize<'a>,
    D: Deserializer<'a>,
{
    let all: BTreeMap<String, Option<T>> = or_default(deserializer)?;
    let said = all.into_iter();
    Ok(said
        .filter_map(|(name, value)| Some((name, value?)))
        .collect())
}

/// The same of lists, and without what is null in these.
fn several_without_nulls<'a, D: Deserializer<'a>>(
    deserializer: D,
) -> Result<BTreeMap<String, Vec<String>>, D::Error> {
    let lists: BTreeMap<String, Vec<Option<String>>> = without_nulls(deserializer)?;
    let said = lists.into_iter();
    Ok(said
        .map(|(name, values)| (name, values.into_iter().flatten().collect()))
        .collect())
}

fn lower_case((name, value): (String, String)) -> (String, String) {
    (name.to_ascii_lowercase(), value)
}

/// A path that came decoded, written as a key's is: signatures are of that.
fn encoded(path: &str) -> String {
    utf8_percent_encode(path, ESCAPED).to_string()
}

/// A path without the stage that an HTTP API puts before it. At a domain of one's own a
/// mapping says what is before the path, and no URL ever has the stage `$default`.
fn below_stage(path: String, stage: &str, domain: &str) -> String {
    let is_its_own = domain.split('.').nth(1) == Some("execute-api");
    let has_stage = is_its_own && !stage.is_empty() && stage != "$default";
    let rest = path
        .strip_prefix('/')
        .and_then(|path| path.strip_prefix(stage))
        .filter(|rest| has_stage && (rest.is_empty() || rest.starts_with('/')));
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

    /// What an HTTP API at `domain` calls with, in either version of its events.
    fn http_api(domain: &str, stage: &str, path: &str) -> [Call; 2] {
        let two = json!({
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": "",
            "requestContext": {
                "domainName": domain,
                "stage": stage,
                "http": { "method": "GET" },
            },
        });
        let one = json!({
            "version": "1.0",
            "path": path,
            "httpMethod": "GET",
            "requestContext": { "domainName": domain, "stage": stage },
        });
        [call(&one), call(&two)]
    }

    const OF_AWS: &str = "abc.execute-api.eu-west-1.amazonaws.com";

    #[test]
    fn an_http_apis_path_comes_decoded_and_below_its_stage() {
        for (stage, came, path) in [
            ("$default", "/100% é?.jpg", "/100%25%20%C3%A9%3F.jpg"),
            ("prod", "/prod/a.jpg", "/a.jpg"),
            ("prod", "/prod", "/"),
            ("prod", "/production/a.jpg", "/production/a.jpg"),
            ("$default", "/$default/a.jpg", "/$default/a.jpg"),
        ] {
            for call in http_api(OF_AWS, stage, came) {
                assert_eq!(call.path, path, "{:?}", call.carrier);
            }
        }
        let carriers = http_api(OF_AWS, "prod", "/").map(|call| call.carrier);
        assert_eq!(carriers, [Carrier::RestApi, Carrier::HttpApi]);
    }

    #[test]
    fn at_a_domain_of_ones_own_a_path_has_no_stage() {
        for domain in ["img.example.com", "execute-api.example.com", ""] {
            for call in http_api(domain, "prod", "/prod/a.jpg") {
                assert_eq!(call.path, "/prod/a.jpg", "{domain}");
            }
        }
    }

    #[test]
    fn a_path_that_came_decoded_is_written_as_its_key_is() {
        let name = "a+\"<>[]^`{|}\\&'()*,;=@!$~é.jpg";
        let path = crate::key::Key::new(name).expect("a key").to_path();
        for call in http_api(OF_AWS, "$default", &format!("/{name}")) {
            assert_eq!(call.path, path);
        }
    }

    #[test]
    fn what_is_null_among_headers_and_parameters_is_not_there() {
        let rest = call(&json!({
            "path": "/a.jpg",
            "httpMethod": "GET",
            "headers": { "Accept": "image/webp", "X-A": null },
            "multiValueHeaders": { "Accept": null, "X-A": [null], "X-B": ["1", null] },
            "queryStringParameters": { "w": "300", "h": null },
            "multiValueQueryStringParameters": { "w": ["300", null], "h": null },
            "requestContext": {},
        }));
        assert_eq!(rest.query, "w=300");
        let header = |name| rest.header(name);
        assert_eq!(header("accept"), Some("image/webp"));
        assert_eq!((header("x-a"), header("x-b")), (None, Some("1")));
        let mapped = call(&json!({ "params": {
            "querystring": { "key": "a.jpg", "w": null },
            "header": { "Accept": null },
        } }));
        assert_eq!(
            (&*mapped.query, mapped.header("accept")),
            ("key=a.jpg", None)
        );
        let url = call(&json!({
            "rawPath": "/a.jpg",
            "headers": { "accept": null },
            "requestContext": { "http": { "method": "GET" } },
        }));
        assert_eq!(url.header("accept"), None);
    }

    #[test]
    fn a_load_balancers_event_is_not_taken_for_a_rest_apis() {
        let refused = Call::of_event(&json!({
            "path": "/a%20b.jpg",
            "httpMethod": "GET",
            "queryStringParameters": { "key": "a%20b.jpg" },
            "requestContext": { "elb": { "targetGroupArn": "arn:aws:elasticloadbalancing:" } },
        }));
        let why = refused.expect_err("it is refused").to_string();
        assert!(why.contains("Application Load Balancer"), "{why}");
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
