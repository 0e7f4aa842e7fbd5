//! The objects of `--json`, one a line, with the same keys in every command.

use std::{
    fmt::{self, Display},
    time::Duration,
};

use edgepix_engine::{
    Coding, Dimensions, Encoded, Header, Icc, Padding, Plan, Profile, Region, Stage,
};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    failure::Failure,
    header::{colour_name, sampling, upright},
    value,
};

/// One image. What a command does not know is left out.
#[derive(Debug, Serialize)]
pub(super) struct Record {
    source: SourceRecord,
    #[serde(flatten)]
    result: ResultRecord,
}

/// What became of it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ResultRecord {
    Described {},
    Planned(PlanRecord),
    Made(MadeRecord),
    Failed { error: ErrorRecord },
}

#[derive(Debug, Serialize)]
struct SourceRecord {
    path: String,
    #[serde(flatten)]
    header: Option<HeaderRecord>,
}

#[derive(Debug, Serialize)]
struct HeaderRecord {
    format: &'static str,
    /// As stored.
    width: u32,
    height: u32,
    /// As its camera was held.
    upright_width: u32,
    upright_height: u32,
    bytes: Option<u64>,
    /// EXIF, 1 to 8.
    orientation: u16,
    colour: &'static str,
    bit_depth: u8,
    alpha: bool,
    icc_bytes: u32,
    /// What the ICC profile calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    icc_name: Option<String>,
    /// What is done about it: absent, srgb, converted or ignored.
    profile: &'static str,
    #[serde(flatten)]
    coding: CodingRecord,
}

/// What only one format has.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum CodingRecord {
    Jpeg {
        progressive: bool,
        arithmetic: bool,
        sampling: Option<String>,
    },
    Png {
        interlaced: bool,
        palette: bool,
    },
    Other {},
}

#[derive(Debug, Serialize)]
struct ErrorRecord {
    kind: &'static str,
    message: String,
}

#[derive(Debug, Serialize)]
struct PlanRecord {
    output: OutputRecord,
    /// The part of the source that is used, in stored pixels.
    region: RegionRecord,
    /// How much smaller than stored each plane is decoded.
    scales: Vec<&'static str>,
    /// After resampling, before turning and padding.
    resized: SizeRecord,
    /// The turn of the resampled image, as the EXIF orientation that asks for it.
    turn: u16,
    padding: Option<PaddingRecord>,
    background: String,
    filter: Option<&'static str>,
    peak: PlannedPeakRecord,
}

#[derive(Debug, Serialize)]
struct MadeRecord {
    output: OutputRecord,
    total_ms: f64,
    stages_ms: Map<String, Value>,
    peak: MeasuredPeakRecord,
    warnings: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct OutputRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    format: &'static str,
    width: u32,
    height: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// The look, the same in every format; none of what is exact or was asked otherwise.
    quality: Option<u8>,
    /// What the encoder was told.
    native_quality: u8,
    effort: u8,
}

#[derive(Debug, Serialize)]
struct SizeRecord {
    width: u32,
    height: u32,
}

#[derive(Debug, Serialize)]
struct RegionRecord {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

#[derive(Debug, Serialize)]
struct PaddingRecord {
    left: u32,
    top: u32,
    image: SizeRecord,
}

#[derive(Debug, Serialize)]
struct PlannedPeakRecord {
    planned_bytes: u64,
    parts: Vec<PartRecord>,
}

#[derive(Debug, Serialize)]
struct PartRecord {
    name: &'static str,
    bytes: u64,
    held: &'static str,
}

#[derive(Debug, Serialize)]
struct MeasuredPeakRecord {
    planned_bytes: u64,
    measured_bytes: Option<u64>,
}

/// What making one image cost, beyond what the engine says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    /// From opening the source until the result was in its place.
    pub(super) total: Duration,
    /// See [`Measurement::bytes`](super::peak::Measurement::bytes).
    pub(super) measured_peak: Option<u64>,
}

impl Record {
    /// A source that was looked at.
    pub(super) fn described(path: impl Display, header: &Header) -> Self {
        Self {
            source: SourceRecord::new(path, header, header.profile(), header.length),
            result: ResultRecord::Described {},
        }
    }

    /// An image that was planned.
    pub(super) fn planned(path: impl Display, plan: &Plan) -> Self {
        Self {
            source: SourceRecord::new(path, &plan.source, plan.profile, plan.source.length),
            result: ResultRecord::Planned(PlanRecord::new(plan)),
        }
    }

    /// An image that was made from `source_bytes` bytes.
    pub(super) fn made(
        path: impl Display,
        source_bytes: u64,
        to: impl Display,
        encoded: &Encoded,
        cost: Cost,
    ) -> Self {
        let plan = &encoded.plan;
        let stages = Stage::ALL.map(|stage| {
            let spent = encoded.stages.of(stage);
            (stage.name().to_owned(), milliseconds(spent).into())
        });
        Self {
            source: SourceRecord::new(path, &plan.source, plan.profile, Some(source_bytes)),
            result: ResultRecord::Made(MadeRecord {
                output: OutputRecord {
                    path: Some(to.to_string()),
                    bytes: Some(encoded.bytes),
                    ..OutputRecord::new(plan)
                },
                total_ms: milliseconds(cost.total),
                stages_ms: stages.into_iter().collect(),
                peak: MeasuredPeakRecord {
                    planned_bytes: plan.peak.bytes(),
                    measured_bytes: cost.measured_peak,
                },
                warnings: encoded.warnings.clone(),
            }),
        }
    }

    /// An image that was not made or described.
    pub(super) fn failed(path: impl Display, failure: &Failure) -> Self {
        Self {
            source: SourceRecord {
                path: path.to_string(),
                header: None,
            },
            result: ResultRecord::Failed {
                error: ErrorRecord {
                    kind: failure.kind(),
                    message: failure.to_string(),
                },
            },
        }
    }
}

impl Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

impl SourceRecord {
    fn new(path: impl Display, header: &Header, profile: Profile, bytes: Option<u64>) -> Self {
        let upright = upright(header);
        Self {
            path: path.to_string(),
            header: Some(HeaderRecord {
                format: header.format.name(),
                width: header.dimensions.width,
                height: header.dimensions.height,
                upright_width: upright.width,
                upright_height: upright.height,
                bytes,
                orientation: header.orientation.exif(),
                colour: colour_name(header.colour),
                bit_depth: header.bit_depth,
                alpha: header.alpha,
                icc_bytes: header.icc_bytes,
                icc_name: header.icc.as_ref().and_then(Icc::name),
                profile: profile.name(),
                coding: match &header.coding {
                    Coding::Jpeg(coding) => CodingRecord::Jpeg {
                        progressive: coding.progressive,
                        arithmetic: coding.arithmetic,
                        sampling: sampling(coding),
                    },
                    &Coding::Png {
                        interlaced,
                        palette,
                    } => CodingRecord::Png {
                        interlaced,
                        palette,
                    },
                    _ => CodingRecord::Other {},
                },
            }),
        }
    }
}

impl OutputRecord {
    fn new(plan: &Plan) -> Self {
        Self {
            path: None,
            format: plan.format.name(),
            width: plan.output.width,
            height: plan.output.height,
            bytes: None,
            quality: plan.quality,
            native_quality: plan.native_quality,
            effort: plan.effort,
        }
    }
}

impl PlanRecord {
    fn new(plan: &Plan) -> Self {
        let Region {
            left,
            top,
            width,
            height,
        } = plan.region;
        let background = plan.background;
        let parts = plan.peak.parts().iter().map(|part| PartRecord {
            name: part.name,
            bytes: part.bytes,
            held: part.held.name(),
        });
        Self {
            output: OutputRecord::new(plan),
            region: RegionRecord {
                left,
                top,
                width,
                height,
            },
            scales: plan.scales.iter().map(|scale| scale.name()).collect(),
            resized: plan.resized.into(),
            turn: plan.turn.exif(),
            padding: plan.padding.map(|padding: Padding| PaddingRecord {
                left: padding.left,
                top: padding.top,
                image: padding.image.into(),
            }),
            background: format!(
                "#{:02x}{:02x}{:02x}",
                background.red, background.green, background.blue
            ),
            filter: value::word(value::FILTER, &plan.filter),
            peak: PlannedPeakRecord {
                planned_bytes: plan.peak.bytes(),
                parts: parts.collect(),
            },
        }
    }
}

impl From<Dimensions> for SizeRecord {
    fn from(size: Dimensions) -> Self {
        Self {
            width: size.width,
            height: size.height,
        }
    }
}

/// Milliseconds, to the microsecond.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
