//! What the server counts, as Prometheus collects it (`OpenMetrics` 1.0; Prometheus, "Metric and
//! label naming"). No label has a key or a path in it: each value of one is a series for ever.

use std::{sync::atomic::AtomicU64, time::Duration};

use http::{Method, Response, StatusCode, header};
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};

use super::body::Body;
use crate::record::Record;

/// The media type of the text.
pub(super) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The upper ends of what answer times are sorted into, in seconds: from what the cache answers
/// to the longest that an image may take.
const SECONDS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// Names and values.
type Labels<const N: usize> = [(&'static str, &'static str); N];

type Number = Gauge<u64, AtomicU64>;

/// All counts since the start.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<Labels<2>, Counter>,
    answer_time: Histogram,
    images: Family<Labels<1>, Counter>,
    passthroughs: Family<Labels<1>, Counter>,
    refused: Counter,
    body_bytes: Counter,
    cache_bytes: Number,
    cache_entries: Number,
    working: Number,
    waiting: Number,
}

/// What is asked of the server each time that it is collected.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    /// Requests that are worked on, and that wait for it.
    pub(super) busy: (usize, usize),
    /// Answers in the cache, and their bytes.
    pub(super) cached: (usize, usize),
}

impl Metrics {
    /// Nothing counted yet; images may take `memory_bytes` together.
    pub(super) fn new(memory_bytes: u64) -> Self {
        let mut registry = Registry::with_prefix("edgepix");
        let requests = Family::default();
        let help = "Requests by the status of their answers and where those came from";
        registry.register("requests", help, requests.clone());
        let answer_time = Histogram::new(SECONDS);
        let help = "Time from a request to its answer's header";
        registry.register_with_unit("answer", help, Unit::Seconds, answer_time.clone());
        let images = Family::default();
        let help = "Images that were made, by format";
        registry.register("images", help, images.clone());
        let passthroughs = Family::default();
        let help = "Answers that are not the result that was asked for, by reason";
        registry.register("passthroughs", help, passthroughs.clone());
        let refused = Counter::default();
        let help = "Requests that found no place in the queue and were answered 429";
        registry.register("refused", help, refused.clone());
        let body_bytes = Counter::default();
        let help = "Bytes of the bodies of answers, by their Content-Length";
        registry.register_with_unit("bodies", help, Unit::Bytes, body_bytes.clone());
        let cache_bytes = Number::default();
        let help = "Bytes of answers in the cache";
        registry.register_with_unit("cache", help, Unit::Bytes, cache_bytes.clone());
        let cache_entries = Number::default();
        registry.register(
            "cache_entries",
            "Answers in the cache",
            cache_entries.clone(),
        );
        let working = Number::default();
        let help = "Requests that are worked on behind the cache";
        registry.register("working_requests", help, working.clone());
        let waiting = Number::default();
        let help = "Requests that wait to be worked on";
        registry.register("waiting_requests", help, waiting.clone());
        let memory = Number::default();
        memory.set(memory_bytes);
        let help = "Memory that all images together may take";
        registry.register_with_unit("memory_budget", help, Unit::Bytes, memory);
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "What runs here", build);
        Self {
            registry,
            requests,
            answer_time,
            images,
            passthroughs,
            refused,
            body_bytes,
            cache_bytes,
            cache_entries,
            working,
            waiting,
        }
    }

    /// Counts an answer; `cache` is where it came from, if it went by the cache at all.
    pub(super) fn answered(
        &self,
        method: &Method,
        response: &Response<Body>,
        cache: Option<&'static str>,
        took: Duration,
    ) {
        let status = response.status();
        let class = match status.as_u16() / 100 {
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            _ => "5xx",
        };
        let cache = match cache {
            Some("Hit") => "hit",
            Some("RefreshHit") => "refresh",
            Some(_) => "miss",
            None => "none",
        };
        let labels = [("status", class), ("cache", cache)];
        self.requests.get_or_create(&labels).inc();
        self.answer_time.observe(took.as_secs_f64());
        if status == StatusCode::TOO_MANY_REQUESTS {
            self.refused.inc();
        }
        let length = response.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        if let Some(length) = length.filter(|_| method != Method::HEAD) {
            self.body_bytes.inc_by(length);
        }
    }

    /// Counts what was made behind the cache, or why it was not.
    pub(super) fn made(&self, record: &Record) {
        if let Some(reason) = record.reason {
            let labels = [("reason", reason.word())];
            self.passthroughs.get_or_create(&labels).inc();
        } else if let Some(plan) = record.plan.as_deref() {
            let labels = [("format", plan.format.name())];
            self.images.get_or_create(&labels).inc();
        }
    }

    /// All of it as text.
    pub(super) fn text(&self, now: Now) -> String {
        let as_number = |count: usize| count as u64;
        self.cache_entries.set(as_number(now.cached.0));
        self.cache_bytes.set(as_number(now.cached.1));
        self.working.set(as_number(now.busy.0));
        self.waiting.set(as_number(now.busy.1));
        let mut text = String::new();
        // Writing to memory does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
