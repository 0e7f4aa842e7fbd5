//! One line of log for each request, in CloudWatch's embedded metric format (AWS,
//! CloudWatch User Guide, "Specification: Embedded metric format"): numbers become
//! metrics, and every field can be searched.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use edgepix_engine::Stage;
use serde_json::{Map, Value, json};

use super::machine::Machine;
use crate::{
    event::{cloudfront::Exchange, http::Call},
    policy::masked,
    record::Record,
    sync::{Skipped, SyncRecord},
};

/// The names and units of what becomes a metric.
const METRICS: [(&str, &str); 4] = [
    ("duration_ms", "Milliseconds"),
    ("bytes", "Bytes"),
    ("source_bytes", "Bytes"),
    ("predicted_ms", "Milliseconds"),
];

/// What was asked, whichever event brought it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    uri: &'a str,
    query: &'a str,
    /// What the service that brought it calls the request, and what we call that.
    request_id: (&'static str, &'a str),
    /// The origin's status, at the edge.
    status: Option<&'a str>,
}

impl<'a> From<&'a Exchange> for Asked<'a> {
    fn from(exchange: &'a Exchange) -> Self {
        Self {
            uri: &exchange.request.uri,
            query: &exchange.request.querystring,
            request_id: ("cf_request_id", &exchange.config.request_id),
            status: Some(&exchange.response.status),
        }
    }
}

impl<'a> From<&'a Call> for Asked<'a> {
    fn from(call: &'a Call) -> Self {
        Self {
            uri: &call.path,
            query: &call.query,
            request_id: ("api_request_id", &call.request_id),
            status: None,
        }
    }
}

/// The line, without its end.
pub(crate) fn of(
    asked: &Asked<'_>,
    record: &Record,
    machine: &Machine,
    warm: bool,
    request_id: &str,
) -> String {
    let mut line = Map::new();
    let mut put = |name: &str, value: Value| insert(&mut line, name, value);
    put("request_id", json!(request_id));
    let (name, service_request_id) = asked.request_id;
    put(name, json!(service_request_id));
    put("uri", json!(masked(asked.uri)));
    put("query", json!(masked(asked.query)));
    put("status", json!(asked.status));
    put("outcome", json!(record.outcome));
    put("detail", json!(record.detail));
    put("dialect", json!(record.dialect));
    put("start", json!(if warm { "warm" } else { "cold" }));
    put("duration_ms", json!(milliseconds(record.time)));
    put("source_format", json!(record.source_format));
    put("source_bytes", json!(record.source_bytes));
    if let Some(size) = record.source {
        put("source_size", json!([size.width, size.height]));
    }
    put("bytes", json!(record.bytes));
    put("stored", json!(record.stored.then_some(true)));
    if let Some(plan) = &record.plan {
        put("format", json!(plan.format.name()));
        put("size", json!([plan.output.width, plan.output.height]));
        put("quality", json!(plan.quality));
        put("effort", json!(plan.effort));
        put("predicted_ms", json!(milliseconds(plan.wall)));
        put("planned_peak_bytes", json!(plan.peak.bytes()));
        let lost: Vec<_> = plan
            .degraded
            .iter()
            .map(|lost| lost.because.name())
            .collect();
        put("degraded", json!((!lost.is_empty()).then_some(lost)));
    }
    if let Some(stages) = &record.stages {
        let stages = Stage::ALL.map(|stage| {
            (
                stage.name().to_owned(),
                json!(milliseconds(stages.of(stage))),
            )
        });
        put("stages_ms", Value::Object(stages.into_iter().collect()));
    }
    put("memory_mb", json!(machine.memory_mb));
    put("region", json!(machine.region));
    put("version", json!(machine.version));
    put("cpu", json!(machine.features));
    put("function", json!(machine.function));
    let metrics = metrics(&line);
    insert(&mut line, "_aws", metrics);
    Value::Object(line).to_string()
}

/// The line of an object that was brought in step.
pub(crate) fn of_sync(record: &SyncRecord, machine: &Machine, request_id: &str) -> String {
    let mut line = Map::new();
    let mut put = |name: &str, value: Value| insert(&mut line, name, value);
    put("request_id", json!(request_id));
    put("event", json!(record.event));
    put("bucket", json!(record.bucket));
    put("key", json!(record.key));
    put("skipped", json!(record.skipped.map(Skipped::word)));
    put("copied", json!(record.copied.then_some(true)));
    put("removed", json!(record.removed.then_some(true)));
    put("deleted", json!(record.deleted));
    put("invalidated", json!(record.invalidated));
    let said = |texts: &[String]| (!texts.is_empty()).then(|| texts.join("; "));
    put("detail", json!(said(&record.notes)));
    let errors: Vec<_> = record.errors.iter().map(ToString::to_string).collect();
    put("error", json!(said(&errors)));
    put("level", json!((!errors.is_empty()).then_some("error")));
    put("region", json!(machine.region));
    put("version", json!(machine.version));
    put("function", json!(machine.function));
    Value::Object(line).to_string()
}

/// Adds a field, unless there is nothing to say.
fn insert(line: &mut Map<String, Value>, name: &str, value: Value) {
    if !value.is_null() {
        line.insert(name.to_owned(), value);
    }
}

/// Which fields are metrics: only those that are there, as the format demands.
fn metrics(line: &Map<String, Value>) -> Value {
    let metrics: Vec<_> = METRICS
        .iter()
        .filter(|(name, _)| line.contains_key(*name))
        .map(|(name, unit)| json!({ "Name": name, "Unit": unit }))
        .collect();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    json!({
        "Timestamp": u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
        "CloudWatchMetrics": [{
            "Namespace": "edgepix",
            "Dimensions": [["function"], ["function", "start"]],
            "Metrics": metrics,
        }],
    })
}

/// Milliseconds to the hundredth.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 100_000.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::cloudfront::{Distribution, Request, Response};

    #[test]
    fn signatures_are_not_in_the_log() {
        let exchange = Exchange {
            config: Distribution::default(),
            request: Request {
                uri: "/photo.jpg/~w=9&sig=web.5up3r".into(),
                querystring: "w=9&sig=web.5up3r&v=1".into(),
                ..Request::default()
            },
            response: Response::default(),
        };
        let machine = Machine::of(|_| None);
        let line = of(
            &(&exchange).into(),
            &Record::default(),
            &machine,
            false,
            "id",
        );
        let line: Value = serde_json::from_str(&line).expect("it is JSON");
        assert_eq!(line["uri"], "/photo.jpg/~w=9&sig=***");
        assert_eq!(line["query"], "w=9&sig=***&v=1");
    }
}
