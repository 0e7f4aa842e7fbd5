//! What the judgement hands to whoever shows it: numbers that are final, and the sentences that
//! say what they mean. Nothing here is computed again by the page, the text or the README.

use crate::{
    case::{Case, Rival},
    prices::Offer,
    sample::{Image, Looks, Part},
};

/// edgepix's memory in the headline: the least there is.
pub(crate) const OURS_MB: u32 = 128;
/// The rival's memory in the headline.
pub(crate) const THEIRS_MB: u32 = 384;
/// The settings that are compared everywhere.
pub(crate) const HEADLINE_MB: [u32; 2] = [OURS_MB, THEIRS_MB];

/// All there is to show of a run, and of those before it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Report {
    pub(crate) about: About,
    /// The verdict: sentences, the most important first.
    pub(crate) verdict: Vec<Sentence>,
    /// What stands in the way of trusting it, in sentences: what is missing, failed, or off.
    pub(crate) doubts: Vec<String>,
    pub(crate) curve: Curve,
    /// None if the launcher was not measured.
    pub(crate) launch: Option<Launch>,
    pub(crate) waterfalls: Vec<Waterfall>,
    pub(crate) distributions: Vec<Distribution>,
    pub(crate) duels: Vec<Duel>,
    pub(crate) trades: Vec<Trade>,
    pub(crate) peaks: Vec<Peak>,
    pub(crate) history: Vec<Lane>,
    pub(crate) agreement: Vec<Agreement>,
    pub(crate) cases: Vec<CaseDetail>,
}

/// Where the numbers come from, ready to print.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct About {
    /// The run's id.
    pub(crate) run: String,
    /// Date and time, UTC, for people.
    pub(crate) date: String,
    pub(crate) commit: String,
    /// One line: processor, cores, system.
    pub(crate) machine: String,
    /// What was measured, with versions.
    pub(crate) artefacts: Vec<String>,
    /// What was assumed, in sentences: period, overhead, origin, prices and their date.
    pub(crate) assumptions: Vec<String>,
    /// Starts and invocations that were measured.
    pub(crate) starts: usize,
    pub(crate) invocations: usize,
}

/// A sentence of the verdict, and whether it is good for us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sentence {
    pub(crate) text: String,
    pub(crate) tone: Tone,
}

/// Whether a sentence is good for edgepix. Never shown by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Neutral,
}

/// How a number came about. Two of them never share a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Source {
    /// Processor time and waits measured at full speed, the rest arithmetic.
    Model,
    /// Measured under a real quota and a real limit.
    Emulated,
}

impl Source {
    /// For people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Emulated => "emulated",
        }
    }
}

/// Latency and cost over the memory setting, pooled over the cases that every line has.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Curve {
    /// One for each rival and source.
    pub(crate) lines: Vec<Line>,
    /// The prices that costs are in, in the order of [`Point::costs`].
    pub(crate) offers: Vec<Offer>,
    /// Which memory to pay for, by offer.
    pub(crate) recommendations: Vec<Recommendation>,
    /// How many cases are pooled.
    pub(crate) cases: usize,
    /// What failed under emulation, in every setting that was tried.
    pub(crate) tolls: Vec<Toll>,
}

/// What emulation cost a rival in one setting: of the cases that were tried, those not answered. No
/// case is counted twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Toll {
    pub(crate) rival: Rival,
    pub(crate) memory_mb: u32,
    pub(crate) tried: usize,
    pub(crate) killed: usize,
    pub(crate) late: usize,
    /// In another way.
    pub(crate) failed: usize,
}

impl Toll {
    /// Cases without an answer.
    pub(crate) fn all(&self) -> usize {
        self.killed + self.late + self.failed
    }
}

/// Cold starts of the one case that was started behind the launcher of Lambda@Edge, too.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Launch {
    pub(crate) case: Case,
    pub(crate) colds: Vec<Cold>,
}

impl Launch {
    /// What became of a cold start.
    pub(crate) fn fate(&self, rival: Rival, source: Source, memory_mb: u32) -> &Fate {
        let wanted = (rival, source, memory_mb);
        let mut colds = self.colds.iter();
        let cold = colds.find(|cold| (cold.rival, cold.source, cold.memory_mb) == wanted);
        cold.map_or(&Fate::Unknown, |cold| &cold.fate)
    }
}

/// A cold start with its first answer, in one setting.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cold {
    pub(crate) rival: Rival,
    pub(crate) source: Source,
    pub(crate) memory_mb: u32,
    /// The median, if it was answered.
    pub(crate) fate: Fate,
}

/// One line of the curve.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) rival: Rival,
    pub(crate) source: Source,
    /// By rising memory.
    pub(crate) points: Vec<Point>,
}

/// A memory setting.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) memory_mb: u32,
    pub(crate) warm: Summary,
    /// Warm misses' mean, which is what is paid for.
    pub(crate) mean_ms: f64,
    /// A cold start with its first answer, the median.
    pub(crate) cold_ms: Option<f64>,
    /// Dollars for a million warm misses, by offer.
    pub(crate) costs: Vec<f64>,
    /// How many cases were tried here: the curve's, and those that not every rival did.
    pub(crate) tried: usize,
    /// How many of those were killed, late or failed; the model knows of those that failed at full
    /// speed.
    pub(crate) failed: usize,
}

/// A distribution in three numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Summary {
    pub(crate) samples: usize,
    pub(crate) p50_ms: f64,
    pub(crate) p95_ms: f64,
    /// Only from 300 samples on.
    pub(crate) p99_ms: Option<f64>,
}

/// The memory edgepix should have under an offer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Recommendation {
    /// Index of the offer.
    pub(crate) offer: usize,
    pub(crate) cheapest_mb: u32,
    pub(crate) fastest_mb: u32,
    /// The least product of cost and latency.
    pub(crate) balanced_mb: u32,
    pub(crate) sentence: String,
}

/// Where the time of one cold or warm miss goes, median by part.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Waterfall {
    pub(crate) case: Case,
    pub(crate) rival: Rival,
    pub(crate) source: Source,
    pub(crate) memory_mb: u32,
    pub(crate) is_cold: bool,
    pub(crate) bars: Vec<Bar>,
    pub(crate) samples: usize,
}

/// A part of a waterfall, after the one before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bar {
    /// None is the initialisation.
    pub(crate) part: Option<Part>,
    pub(crate) wall_ms: f64,
    pub(crate) cpu_ms: f64,
}

/// All warm misses of one format, by one rival.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Distribution {
    pub(crate) format: crate::format::Format,
    pub(crate) rival: Rival,
    pub(crate) source: Source,
    pub(crate) memory_mb: u32,
    pub(crate) summary: Summary,
    /// Milliseconds, rising, at evenly spaced shares from the least to the most; at most 101.
    pub(crate) quantiles_ms: Vec<f64>,
}

/// One case by both sides: us at our memory, the rival at its own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Duel {
    pub(crate) case: Case,
    pub(crate) kind: String,
    pub(crate) megapixels: f64,
    pub(crate) source: Source,
    pub(crate) ours: Fate,
    pub(crate) ours_mb: u32,
    pub(crate) theirs: Fate,
    pub(crate) theirs_mb: u32,
    /// Theirs by ours; above 1 we are faster. None if one has no time.
    pub(crate) ratio: Option<f64>,
}

/// What became of a case.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fate {
    /// Median of its warm misses.
    Answered { p50_ms: f64, samples: usize },
    /// It needed more memory.
    Killed,
    /// It did not answer in time.
    Late,
    /// The original came back, an error, or another image than was asked for; and why.
    Failed(String),
    /// Nobody tried.
    Unknown,
}

/// Bytes, looks and processor time of one result.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trade {
    pub(crate) case: Case,
    pub(crate) rival: Rival,
    pub(crate) bytes: u64,
    pub(crate) score: f64,
    /// Of a warm miss at full speed, the median.
    pub(crate) cpu_ms: f64,
}

/// The most memory a case took.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Peak {
    pub(crate) case: Case,
    pub(crate) rival: Rival,
    pub(crate) megapixels: f64,
    /// None where it was killed.
    pub(crate) bytes: Option<u64>,
    /// The setting it was measured in.
    pub(crate) memory_mb: u32,
}

/// The history of one machine. Machines are never joined.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lane {
    pub(crate) machine: String,
    pub(crate) marks: Vec<Mark>,
}

/// One run in a lane, over the cases that all runs of the lane have.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mark {
    pub(crate) run: String,
    pub(crate) commit: String,
    pub(crate) date: String,
    pub(crate) rival: Rival,
    /// Geometric mean over cases of the median processor time of a warm miss.
    pub(crate) cpu_ms: f64,
    pub(crate) cases: usize,
}

/// Model beside emulation, for one case and setting.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Agreement {
    pub(crate) case: Case,
    pub(crate) rival: Rival,
    pub(crate) memory_mb: u32,
    pub(crate) model_ms: f64,
    pub(crate) emulated_ms: f64,
    /// By how much they may differ: 5 % of the emulated, or half a period if that is more.
    pub(crate) allowed_ms: f64,
    pub(crate) samples: usize,
}

impl Agreement {
    /// Whether they agree.
    pub(crate) fn holds(&self) -> bool {
        self.apart() <= 1.0
    }

    /// How far apart they are, 1 being all that is allowed.
    pub(crate) fn apart(&self) -> f64 {
        (self.model_ms - self.emulated_ms).abs() / self.allowed_ms.max(f64::MIN_POSITIVE)
    }
}

/// Everything about one case, for who asks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CaseDetail {
    pub(crate) case: Case,
    pub(crate) image: Image,
    pub(crate) sides: Vec<SideDetail>,
}

/// One rival's share of a case.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SideDetail {
    pub(crate) rival: Rival,
    /// What it made, if it made an image; or why not.
    pub(crate) made: Option<(u64, Result<Looks, String>)>,
    /// A path from the report's file, if there is one.
    pub(crate) picture: Option<String>,
    /// By memory and source.
    pub(crate) fates: Vec<(u32, Source, Fate)>,
    /// Processor time of a warm miss at full speed, the median.
    pub(crate) cpu_ms: Option<f64>,
    pub(crate) peak_bytes: Option<u64>,
    /// The engine's stages in milliseconds, at full speed, the medians; empty for a rival.
    pub(crate) stages_ms: Vec<(String, f64)>,
}
