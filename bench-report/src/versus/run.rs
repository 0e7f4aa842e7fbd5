//! What was measured, raw: the only thing measuring hands to judging, and what
//! `--json` writes.

use serde::Serialize;

use super::curve::Point;
use crate::{
    format::{Format, Side},
    machine::Machine,
    protocol::Resized,
};

/// One run of `versus`.
#[derive(Debug, Serialize)]
pub(crate) struct Run {
    /// The command line.
    pub(crate) command: String,
    /// Who was measured, edgepix first.
    pub(crate) versions: [String; 2],
    pub(crate) machine: Machine,
    /// Timed runs per case and side.
    pub(crate) runs: u32,
    pub(crate) cases: Vec<Measured>,
}

/// One image made to one size in one format.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Case {
    pub(crate) image: String,
    /// Format and coding of the source: "jpeg 4:2:0", "png rgba", ...
    pub(crate) kind: String,
    pub(crate) megapixels: f64,
    pub(crate) width: u32,
    pub(crate) format: Format,
}

/// A case and what each side did with it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Measured {
    pub(crate) case: Case,
    pub(crate) edgepix: SideRun,
    pub(crate) sharp: SideRun,
}

/// What one side did with a case.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct SideRun {
    /// Why it did not do all of it.
    pub(crate) failure: Option<String>,
    /// The result at the timed quality, from the warm-up.
    pub(crate) made: Option<Resized>,
    /// The timed runs. The n-th of one side and the n-th of the other are a pair.
    pub(crate) samples: Vec<Sample>,
    /// One encoding per quality.
    pub(crate) points: Vec<Point>,
}

/// One timed run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Sample {
    pub(crate) cpu_ms: f64,
    pub(crate) wall_ms: f64,
}

impl Measured {
    pub(crate) fn side(&self, side: Side) -> &SideRun {
        match side {
            Side::Edgepix => &self.edgepix,
            Side::Sharp => &self.sharp,
        }
    }

    /// Score of the encoding that was timed, if it was scored.
    pub(crate) fn timed_score(&self, side: Side) -> Option<f64> {
        let quality = self.case.format.timed_quality(side);
        let points = &self.side(side).points;
        let timed = points.iter().find(|point| point.quality == quality)?;
        Some(timed.score)
    }
}
