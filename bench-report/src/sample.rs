//! What is kept of a run: one record per line of JSON, raw. `docs/store.md` describes each field
//! for who reads them years from now; a field is added, never renamed or given another meaning.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::case::{Case, Rival, Setting};

/// The version of these records. Readers refuse what is newer.
pub(crate) const SCHEMA: u32 = 1;

/// A line of a run's file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "lowercase")]
pub(crate) enum Record {
    /// The first line: when, where and of what.
    Run(Run),
    /// A source, before its first start.
    Image(Image),
    /// A function's life.
    Start(Start),
    /// What a side made of a case, looked at once for all starts that made the same bytes.
    Result(Made),
    /// The last line of a run that came to its end.
    End(End),
}

/// What a run's numbers depend on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) schema: u32,
    /// Names the run: its beginning and its commit, `20261121T001500Z-3dd30d9`.
    pub(crate) id: String,
    /// RFC 3339, UTC.
    pub(crate) began: String,
    /// The source tree's commit, with `-dirty` if it was changed; "unknown" without one.
    pub(crate) commit: String,
    /// `run`'s arguments as they were given.
    pub(crate) arguments: Vec<String>,
    pub(crate) machine: Fingerprint,
    /// What was measured, by its words: "edgepix 0.1.0", "sharp 0.35.5, node 24.19.0".
    pub(crate) artefacts: Vec<Artefact>,
    pub(crate) emulation: Emulation,
    pub(crate) origin: Origin,
    /// What could not be measured and why, in sentences.
    pub(crate) missing: Vec<String>,
}

/// The machine. Runs are compared only where `cpu`, `cores` and `system` are the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    /// The processor's name as the system gives it.
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) memory_mb: u64,
    /// "linux x86_64".
    pub(crate) system: String,
    pub(crate) kernel: String,
    /// Vector instructions of those that edgepix looks for.
    pub(crate) features: Vec<String>,
}

/// A program that was measured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Artefact {
    /// "edgepix", "sharp".
    pub(crate) name: String,
    /// Its version and those of what it runs on.
    pub(crate) version: String,
    /// Of the program's file, for those that are one.
    pub(crate) sha256: Option<String>,
    pub(crate) bytes: Option<u64>,
}

/// How Lambda was emulated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Emulation {
    /// "control groups v1", "control groups v2", or "none: " and why.
    pub(crate) groups: String,
    /// How often a share of the processor is given out.
    pub(crate) period_ms: f64,
    /// MB of a function's memory that its process does not get.
    pub(crate) overhead_mb: u32,
    /// The core the function runs on; the origin and the Runtime API run on others, if there are any.
    pub(crate) core: Option<u32>,
}

/// How the origin behaves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// From a request's arrival to the first byte of its answer.
    pub(crate) first_byte_ms: f64,
    /// Bytes of a body in a second, in 10^6.
    pub(crate) mb_per_second: f64,
    /// What a round trip takes; a new connection costs one, and its TLS handshake another.
    pub(crate) round_trip_ms: f64,
}

impl Default for Origin {
    fn default() -> Self {
        Self {
            first_byte_ms: 25.0,
            mb_per_second: 40.0,
            round_trip_ms: 1.0,
        }
    }
}

/// A source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Image {
    pub(crate) name: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bytes: u64,
    /// "jpeg 4:2:0 progressive", "png rgba": as far as its speed depends on it.
    pub(crate) kind: String,
    /// Who made it, and under which licence.
    pub(crate) credit: String,
}

impl Image {
    /// Millions of pixels.
    pub(crate) fn megapixels(&self) -> f64 {
        f64::from(self.width) * f64::from(self.height) / 1e6
    }
}

/// One life of a function: started in an environment of its own, asked some times for the same,
/// and ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Start {
    pub(crate) case: Case,
    pub(crate) rival: Rival,
    pub(crate) setting: Setting,
    /// Of the run's rounds, from 0.
    pub(crate) round: u32,
    /// None if it died before it asked for an event.
    pub(crate) init: Option<Init>,
    /// The first is the cold one.
    pub(crate) invocations: Vec<Invocation>,
    pub(crate) ending: Ending,
    /// The most resident memory of its process (proc(5), `VmHWM`), in bytes; none if it was gone
    /// before it could be asked.
    pub(crate) peak_bytes: Option<u64>,
    /// The most that was charged to its control group, page cache included.
    pub(crate) group_peak_bytes: Option<u64>,
    /// Time it was held back for want of its share; none without a quota.
    pub(crate) throttled_ms: Option<f64>,
}

/// From the program's start to its first question for an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Init {
    pub(crate) wall_ms: f64,
    /// User and system time together, which alone is exact.
    pub(crate) cpu_ms: f64,
    /// Pages that came from the disk. None at all means that dropping them from the page cache did
    /// not work, and the start was warmer than one on Lambda.
    pub(crate) major_faults: u64,
}

/// From an event's handing out to the last byte of its answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Invocation {
    pub(crate) wall_ms: f64,
    /// User and system time together.
    pub(crate) cpu_ms: f64,
    /// The same time cut at what the origin saw, in order; one segment if it saw nothing.
    pub(crate) segments: Vec<Segment>,
    pub(crate) answer: Answer,
    /// Time by the engine's stages as the function logged it; on the wall, so under a quota it
    /// has its pauses.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) stages_ms: BTreeMap<String, f64>,
}

/// A part of an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Segment {
    pub(crate) part: Part,
    pub(crate) wall_ms: f64,
    pub(crate) cpu_ms: f64,
}

/// Which part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Part {
    /// From the event to the origin's receiving the request: parsing, connecting, TLS, signing.
    Ask,
    /// From there to the first byte of the original.
    Wait,
    /// From there to its last: arriving, and decoding what has arrived.
    Body,
    /// From there to the answer's last byte.
    Finish,
}

/// What an answer was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "lowercase")]
pub(crate) enum Answer {
    /// An image; [`Made`] says whether the right one.
    Image { sha256: String, bytes: u64 },
    /// The origin's own answer, and why as far as was said.
    Original { why: String },
    /// An error that the function told, or something that is no answer.
    Error { why: String },
    /// None.
    #[default]
    None,
}

/// How a function's life ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "lowercase")]
pub(crate) enum Ending {
    /// We ended it, all its answers given.
    Asked,
    /// It took more memory than it had.
    Killed,
    /// It did not answer in its time.
    Late { limit_ms: f64 },
    /// It ended by itself, or told an error at initialisation.
    Died { why: String },
}

/// What came of a case by one side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Made {
    pub(crate) case: Case,
    pub(crate) rival: Rival,
    /// Of the bytes.
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
    /// Its size and how good it looks, or why it is not the image that was asked for.
    pub(crate) looks: Result<Looks, String>,
    /// Its file's name, in the folder beside the run's file that has the run's name.
    pub(crate) picture: Option<String>,
}

/// How a result looks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Looks {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// SSIMULACRA2 against the source decoded whole and reduced by Lanczos3; 100 is identical.
    pub(crate) score: f64,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct End {
    /// Stopped by the user or by its time before all was measured.
    pub(crate) is_cut_short: bool,
    pub(crate) starts: u32,
    pub(crate) seconds: u64,
    /// What went wrong on the way, in sentences.
    #[serde(default)]
    pub(crate) troubles: Vec<String>,
}
