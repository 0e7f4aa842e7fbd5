//! The objects of `--json`, one a line, with the same keys in every command.

use std::{
    fmt::{self, Display},
    time::Duration,
};

use edgepix_engine::{
    Coding, Copyright, Degraded, Dimensions, Encoded, Header, Icc, Lost, OutputFormat, Padding,
    Plan, Profile, Region, Rung, Stage,
};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    failure::Failure,
    header::{avif_sampling, colour_name, sampling, upright},
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
    /// Of an animation, all that were counted.
    frames: u32,
    icc_bytes: u32,
    /// What the ICC profile calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    icc_name: Option<String>,
    /// What is done about it: absent, srgb, converted or ignored.
    profile: &'static str,
    #[serde(flatten)]
    copyright: CopyrightRecord,
    #[serde(flatten)]
    coding: CodingRecord,
}

/// What is said of an image's makers.
#[derive(Debug, Serialize)]
struct CopyrightRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    copyright: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    artist: Option<String>,
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
    Webp {
        lossless: bool,
    },
    Avif {
        sampling: Option<&'static str>,
        /// Columns and rows of tiles.
        grid: (u16, u16),
        /// Primaries, transfer and matrix (ITU-T H.273).
        cicp: [u16; 3],
    },
    Gif {
        interlaced: bool,
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
    /// What is done with the source: encode, animate or keep.
    action: &'static str,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    overlay: Option<OverlayRecord>,
    filter: Option<&'static str>,
    /// What is made of it instead if time or bytes turn out short, best first.
    fallbacks: Vec<RungRecord>,
    degraded: Vec<DegradedRecord>,
    predicted_ms: Map<String, Value>,
    predicted_wall_ms: f64,
    peak: PlannedPeakRecord,
}

#[derive(Debug, Serialize)]
struct RungRecord {
    format: &'static str,
    effort: u8,
}

/// What is not as it was asked for: a rung or a quality.
#[derive(Debug, Serialize)]
struct DegradedRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    rung: Option<RungRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<u8>,
    /// memory, time or bytes.
    because: &'static str,
}

#[derive(Debug, Serialize)]
struct MadeRecord {
    /// What was done with the source: encode, animate or keep.
    action: &'static str,
    /// Whether the result is the source as it was.
    is_source: bool,
    output: OutputRecord,
    total_ms: f64,
    stages_ms: Map<String, Value>,
    predicted_ms: Map<String, Value>,
    peak: MeasuredPeakRecord,
    degraded: Vec<DegradedRecord>,
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
    /// Of a WebP.
    #[serde(skip_serializing_if = "Option::is_none")]
    lossless: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    choice: Option<ChoiceRecord>,
    /// What the result says of them.
    #[serde(flatten)]
    copyright: CopyrightRecord,
}

/// How an Accept header chose the format.
#[derive(Debug, Serialize)]
struct ChoiceRecord {
    /// avif, webp or none: for cache keys.
    token: &'static str,
    /// The value of the response's Vary header.
    vary: &'static str,
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
struct OverlayRecord {
    left: u32,
    top: u32,
    size: SizeRecord,
    opacity: f64,
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
        Self {
            source: SourceRecord::new(path, &plan.source, plan.profile, Some(source_bytes)),
            result: ResultRecord::Made(MadeRecord {
                action: plan.action.name(),
                is_source: encoded.is_source,
                output: OutputRecord {
                    path: Some(to.to_string()),
                    bytes: Some(encoded.bytes),
                    ..OutputRecord::new(plan)
                },
                total_ms: milliseconds(cost.total),
                stages_ms: by_stage(|stage| encoded.stages.of(stage)),
                predicted_ms: by_stage(|stage| plan.cost.of(stage)),
                degraded: degraded(&plan.degraded),
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
                frames: header.frames,
                icc_bytes: header.icc_bytes,
                icc_name: header.icc.as_ref().and_then(Icc::name),
                profile: profile.name(),
                copyright: (&header.copyright).into(),
                coding: match &header.coding {
                    Coding::Jpeg(coding) => CodingRecord::Jpeg {
                        progressive: coding.progressive,
                        arithmetic: coding.arithmetic,
                        sampling: sampling(coding),
                    },
                    &Coding::Png {
                        interlaced,
                        palette,
                        ..
                    } => CodingRecord::Png {
                        interlaced,
                        palette,
                    },
                    Coding::Webp(coding) => CodingRecord::Webp {
                        lossless: coding.lossless,
                    },
                    Coding::Avif(coding) => CodingRecord::Avif {
                        sampling: avif_sampling(coding),
                        grid: coding.grid,
                        cicp: coding.cicp,
                    },
                    &Coding::Gif { interlaced } => CodingRecord::Gif { interlaced },
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
            lossless: (plan.format == OutputFormat::Webp).then_some(plan.lossless),
            choice: plan.choice.map(|choice| ChoiceRecord {
                token: choice.token.name(),
                vary: choice.vary,
            }),
            copyright: (&plan.copyright).into(),
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
            action: plan.action.name(),
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
            overlay: plan.overlay.as_ref().map(|overlay| OverlayRecord {
                left: overlay.left,
                top: overlay.top,
                size: overlay.size.into(),
                opacity: overlay.opacity,
            }),
            filter: value::word(value::FILTER, &plan.filter),
            fallbacks: plan.fallbacks.iter().map(RungRecord::from).collect(),
            degraded: degraded(&plan.degraded),
            predicted_ms: by_stage(|stage| plan.cost.of(stage)),
            predicted_wall_ms: milliseconds(plan.wall),
            peak: PlannedPeakRecord {
                planned_bytes: plan.peak.bytes(),
                parts: parts.collect(),
            },
        }
    }
}

/// A time for every stage.
fn by_stage(time: impl Fn(Stage) -> Duration) -> Map<String, Value> {
    let stages =
        Stage::ALL.map(|stage| (stage.name().to_owned(), milliseconds(time(stage)).into()));
    stages.into_iter().collect()
}

fn degraded(degraded: &[Degraded]) -> Vec<DegradedRecord> {
    let record = |degraded: &Degraded| {
        let (rung, quality) = match &degraded.lost {
            Lost::Rung(rung) => (Some(rung.into()), None),
            &Lost::Quality(quality) => (None, Some(quality)),
            _ => (None, None),
        };
        DegradedRecord {
            rung,
            quality,
            because: degraded.because.name(),
        }
    };
    degraded.iter().map(record).collect()
}

impl From<&Rung> for RungRecord {
    fn from(rung: &Rung) -> Self {
        Self {
            format: rung.format.name(),
            effort: rung.effort,
        }
    }
}

impl From<&Copyright> for CopyrightRecord {
    fn from(said: &Copyright) -> Self {
        Self {
            copyright: said.notice.as_deref().map(Into::into),
            artist: said.artist.as_deref().map(Into::into),
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
