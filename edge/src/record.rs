//! What there is to say of one request: facts, for the log and the page.

use std::time::Duration;

use edgepix_engine::{Dimensions, OutputFormat, Plan, Speed, Stages};

use crate::status::Reason;

/// What there is to say of one request.
#[derive(Debug, Default)]
pub struct Record {
    /// The grammar its URL was read by, if any.
    pub dialect: Option<&'static str>,
    /// Why the original is served, if it is.
    pub reason: Option<Reason>,
    /// What became of it, as `x-edgepix` says it.
    pub outcome: String,
    /// What is only for the log.
    pub detail: Option<String>,
    /// The original's format.
    pub source_format: Option<&'static str>,
    /// The original's size, upright.
    pub source: Option<Dimensions>,
    /// The original's bytes.
    pub source_bytes: Option<u64>,
    /// The result's bytes.
    pub bytes: Option<u64>,
    /// The plan that was carried out.
    pub plan: Option<Box<Plan>>,
    /// Where the engine's time went.
    pub stages: Option<Stages>,
    /// From the event's arrival to the answer.
    pub time: Duration,
    /// Whether the result is stored now.
    pub stored: bool,
    /// How fast the machine is, for the next request.
    pub speed: Option<Speed>,
}

impl Record {
    /// What became of a request whose image was made, as `x-edgepix` says it.
    #[must_use]
    pub fn made(&self, format: OutputFormat) -> String {
        let mut said = format!("made; format={}", format.name());
        if let Some(plan) = &self.plan {
            said += &format!("; size={}x{}", plan.output.width, plan.output.height);
            if let Some(quality) = plan.quality {
                said += &format!("; quality={quality}");
            }
            for lost in &plan.degraded {
                said += &format!("; degraded={}", lost.because.name());
            }
        }
        if self.stored {
            said += "; stored";
        }
        said
    }

    /// Adds to what is only for the log.
    pub fn note(&mut self, text: &str) {
        let detail = self.detail.get_or_insert_default();
        if !detail.is_empty() {
            detail.push_str("; ");
        }
        detail.push_str(text);
    }
}
