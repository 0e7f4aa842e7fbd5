//! What there is to say of the last few hundred answers, for the page: what each took,
//! and the plan that explains it.

use std::collections::VecDeque;

use edgepix_engine::Stage;
use http::header;
use serde::Serialize;

use super::{answer::Answer, front::CacheKey};
use crate::{
    cli::{DegradedText, PlanText},
    record::Record,
};

/// How many are remembered.
const MOST: usize = 300;

/// The last answers, the most recently asked for at the end.
#[derive(Debug, Default)]
pub(super) struct Records(VecDeque<(CacheKey, Explained)>);

/// What there is to say of one answer.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Explained {
    /// `Hit`, `Miss` or `RefreshHit`, the last time that it was asked for.
    cache: &'static str,
    status: u16,
    token: &'static str,
    etag: Option<String>,
    content_type: Option<String>,
    dialect: Option<&'static str>,
    outcome: String,
    source: Side,
    result: Side,
    stages: Vec<Spent>,
    /// From the event to the answer.
    time_ms: f64,
    /// As `edgepix plan` prints it.
    plan: Option<String>,
    degraded: Vec<String>,
    stored: bool,
}

/// An image, before or after.
#[derive(Clone, Debug, Default, Serialize)]
struct Side {
    format: Option<&'static str>,
    width: Option<u32>,
    height: Option<u32>,
    bytes: Option<u64>,
}

/// What a stage took.
#[derive(Clone, Debug, Serialize)]
struct Spent {
    name: &'static str,
    ms: f64,
}

impl Explained {
    pub(super) fn new(key: &CacheKey, record: &Record, status: u16) -> Self {
        let plan = record.plan.as_deref();
        let stages = record.stages.into_iter().flat_map(|stages| {
            Stage::ALL.map(|stage| Spent {
                name: stage.name(),
                ms: stages.of(stage).as_secs_f64() * 1e3,
            })
        });
        let degraded = plan.into_iter().flat_map(|plan| &plan.degraded);
        Self {
            status,
            token: key.token,
            dialect: record.dialect,
            outcome: record.outcome.clone(),
            source: Side {
                format: record.source_format,
                width: record.source.map(|source| source.width),
                height: record.source.map(|source| source.height),
                bytes: record.source_bytes,
            },
            result: Side {
                format: plan.map(|plan| plan.format.name()),
                width: plan.map(|plan| plan.output.width),
                height: plan.map(|plan| plan.output.height),
                bytes: record.bytes,
            },
            stages: stages.collect(),
            time_ms: record.time.as_secs_f64() * 1e3,
            plan: plan.map(|plan| PlanText(plan).to_string()),
            degraded: degraded
                .map(|lost| DegradedText(lost).to_string())
                .collect(),
            stored: record.stored,
            ..Self::default()
        }
    }

    /// With what only the whole answer says.
    pub(super) fn of(mut self, answer: &Answer) -> Self {
        let said = |name| answer.header(&name).map(str::to_owned);
        self.status = answer.status.as_u16();
        self.etag = said(header::ETAG);
        self.content_type = said(header::CONTENT_TYPE);
        self.of_large(answer.body.len() as u64)
    }

    /// With the bytes that there are.
    pub(super) fn of_large(mut self, bytes: u64) -> Self {
        self.result.bytes = Some(bytes);
        self
    }
}

impl Records {
    /// Remembers an answer in place of what was known of its key.
    pub(super) fn put(&mut self, key: &CacheKey, explained: Explained) {
        self.0.retain(|(known, _)| known != key);
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back((key.clone(), explained));
    }

    /// Notes that an answer was asked for, and where it came from.
    pub(super) fn asked(&mut self, key: &CacheKey, cache: &'static str) {
        if let Some(at) = self.0.iter().position(|(known, _)| known == key)
            && let Some((key, mut explained)) = self.0.remove(at)
        {
            explained.cache = cache;
            self.0.push_back((key, explained));
        }
    }

    /// What is known of the answer to a path and its query string that was asked for
    /// last, whatever the viewer's token.
    pub(super) fn last(&self, path: &str, query: &str) -> Option<&Explained> {
        let mut newest_first = self.0.iter().rev();
        let found = newest_first.find(|(key, _)| key.path == path && key.query == query);
        Some(&found?.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viewer_request::Hints;

    fn key(path: &str, token: &'static str) -> CacheKey {
        CacheKey {
            path: path.into(),
            query: "w=1".into(),
            token,
            hints: Hints::default(),
        }
    }

    fn explained(key: &CacheKey) -> Explained {
        Explained::new(key, &Record::default(), 200)
    }

    #[test]
    fn of_several_tokens_the_last_that_was_asked_for_is_told() {
        let mut records = Records::default();
        let (avif, none) = (key("/a", "avif"), key("/a", "none"));
        for key in [&avif, &none] {
            records.put(key, explained(key));
            records.asked(key, "Miss");
        }
        assert_eq!(records.last("/a", "w=1").unwrap().token, "none");
        records.asked(&avif, "Hit");
        let last = records.last("/a", "w=1").unwrap();
        assert_eq!((last.token, last.cache), ("avif", "Hit"));
        assert!(records.last("/a", "").is_none());
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut records = Records::default();
        for number in 0..=MOST {
            let key = key(&format!("/{number}"), "none");
            records.put(&key, explained(&key));
        }
        assert!(records.last("/0", "w=1").is_none());
        assert!(records.last("/1", "w=1").is_some());
        assert_eq!(records.0.len(), MOST);
    }
}
