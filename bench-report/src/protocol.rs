//! What the harness and a measured process say to each other: one JSON job per
//! line in, one JSON answer per line out. `peers/sharp/peer.mjs` speaks it too.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::format::Format;

/// Something to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub(crate) enum Job {
    /// Read a file, resize it and encode it in memory, timed. Answered by [`Resized`].
    Resize(Resize),
    /// Make an image within limits, and say what was predicted. Answered by [`Timed`];
    /// only edgepix does that.
    Answer(Answered),
    /// Write a file's upright 8-bit samples to `output`. Answered by [`Decoded`].
    Decode { source: PathBuf, output: PathBuf },
    /// Read a file's header. Answered by [`Described`].
    Describe { source: PathBuf },
    /// Say who answers. Answered by [`Version`].
    Version,
}

/// One image to make.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Resize {
    pub(crate) source: PathBuf,
    /// Width of the result; the height follows.
    pub(crate) width: u32,
    pub(crate) format: Format,
    pub(crate) quality: u8,
    /// How small a JPEG may be decoded first.
    pub(crate) decode: Decoding,
    /// Effort on the encoder's own scale; its usual one if absent.
    pub(crate) effort: Option<u8>,
    /// Where to write the result once the clocks have stopped.
    pub(crate) output: Option<PathBuf>,
}

/// An image to answer a browser with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Answered {
    pub(crate) source: PathBuf,
    /// Width of the result; the height follows.
    pub(crate) width: u32,
    /// The format; negotiated with a browser that takes every one if absent.
    pub(crate) format: Option<Format>,
    /// Effort on the encoder's own scale; its usual one if absent.
    pub(crate) effort: Option<u8>,
    /// Wall time there is.
    pub(crate) deadline_ms: Option<u64>,
    /// Memory there is.
    pub(crate) memory_mb: Option<u32>,
    /// Processor time there is in a second.
    pub(crate) cpu_share: f64,
}

impl Default for Answered {
    fn default() -> Self {
        Self {
            source: PathBuf::new(),
            width: 400,
            format: None,
            effort: None,
            deadline_ms: None,
            memory_mb: None,
            cpu_share: 1.0,
        }
    }
}

/// How an answer went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Timed {
    pub(crate) outcome: Outcome,
    /// From opening the file to the end.
    pub(crate) wall_ms: f64,
    /// What was predicted of it, with what was learned from the answers before.
    pub(crate) predicted_wall_ms: f64,
    pub(crate) bytes: u64,
    /// Measured and predicted by stage; predicted for the reference machine.
    pub(crate) stages_ms: BTreeMap<String, f64>,
    pub(crate) predicted_ms: BTreeMap<String, f64>,
}

/// What an answer was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// The image.
    #[default]
    Made,
    /// The image by a lower rung.
    Degraded,
    /// Nothing, said before any work.
    Refused,
    /// Nothing, after some work.
    TimedOut,
    /// Nothing: the source is broken or of a kind that is not read.
    Broken,
}

/// How small a JPEG may be decoded before it is resized.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Decoding {
    /// As the side chooses.
    #[default]
    Usual,
    /// With at least so many samples along a side for each one wanted. Only edgepix
    /// does that.
    AtLeast(f64),
    /// At full size.
    Full,
}

/// One image made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Resized {
    pub(crate) wall_ms: f64,
    /// User and system time of every thread of the process.
    pub(crate) cpu_ms: f64,
    pub(crate) bytes: u64,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// Samples written: rows from the top, interleaved, without padding.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Decoded {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Grey, grey and alpha, RGB or RGBA.
    pub(crate) channels: usize,
}

/// What a file's header says, upright.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Described {
    /// "jpeg", "png", ...
    pub(crate) format: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// libvips' name of the colour space: "srgb", "b-w", "cmyk", "rgb16", ...
    pub(crate) space: String,
    pub(crate) alpha: bool,
    pub(crate) progressive: bool,
    /// "4:2:0" and so on, for JPEG in YCbCr.
    pub(crate) subsampling: Option<String>,
}

/// Name and version of whoever answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) version: String,
}

/// An answer: what was asked for, or why not.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Answer<T> {
    Done(T),
    Failed { error: String },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_one_flat_object_with_its_name_in_op() {
        let job = Job::Resize(Resize {
            source: "a.jpg".into(),
            width: 400,
            format: Format::Webp,
            quality: 80,
            decode: Decoding::Usual,
            effort: None,
            output: None,
        });
        assert_eq!(
            serde_json::to_string(&job).expect("a plain struct"),
            r#"{"op":"resize","source":"a.jpg","width":400,"format":"webp","quality":80,"decode":"usual","effort":null,"output":null}"#
        );
    }

    #[test]
    fn a_failure_is_told_from_an_answer_by_its_error() {
        let answer: Answer<Version> =
            serde_json::from_str(r#"{"error":"no such file"}"#).expect("valid JSON");
        assert!(matches!(answer, Answer::Failed { error } if error == "no such file"));
    }
}
