//! A rung, a format at an effort, and what encoding with it gives.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use edgepix_engine::{Encoded, Input, Limits, OutputFormat, Request, Stage, Target, transform};

use crate::{
    machine::process_cpu,
    photographs::Photograph,
    score::{Decoder, Picture},
};

/// A format at an effort.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rung {
    pub(crate) format: OutputFormat,
    /// On the encoder's own scale.
    pub(crate) effort: u8,
    pub(crate) progressive: bool,
}

/// Every rung of this build that is worth a look, fastest first in each format.
pub(crate) fn all() -> Vec<Rung> {
    let mut rungs = vec![
        Rung::JPEG,
        Rung {
            progressive: true,
            ..Rung::JPEG
        },
    ];
    if cfg!(feature = "libwebp") {
        rungs.extend([0, 2, 4, 6].map(Rung::webp));
    }
    if cfg!(feature = "libaom") {
        rungs.extend([9, 8, 7, 6].map(Rung::avif));
    } else if cfg!(feature = "rav1e") {
        rungs.extend([10, 9, 8].map(Rung::avif));
    }
    rungs
}

/// The rung called `name`, with a dash for a space.
pub(crate) fn named(name: &str) -> Option<Rung> {
    let rungs = all().into_iter();
    let slow = [5, 4].map(Rung::avif);
    rungs
        .chain(slow)
        .find(|rung| rung.name().replace(' ', "-") == name)
}

/// The look of a result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Quality {
    /// The same in every format.
    Common(u8),
    /// The encoder's own number.
    Native(u8),
}

/// One encoding of a photograph that is its size already.
pub(crate) struct Made {
    bytes: Vec<u8>,
    encoded: Encoded,
    /// CPU time of the whole job.
    pub(crate) cpu_ms: f64,
    /// Wall time of encoding alone.
    pub(crate) encode_ms: f64,
}

impl Rung {
    /// What the others are measured by.
    pub(crate) const JPEG: Self = Self {
        format: OutputFormat::Jpeg,
        effort: 0,
        progressive: false,
    };

    pub(crate) const fn webp(effort: u8) -> Self {
        Self {
            format: OutputFormat::Webp,
            effort,
            progressive: false,
        }
    }

    pub(crate) const fn avif(effort: u8) -> Self {
        Self {
            format: OutputFormat::Avif,
            effort,
            progressive: false,
        }
    }

    /// "webp 4".
    pub(crate) fn name(self) -> String {
        match (self.format, self.progressive) {
            (OutputFormat::Jpeg, true) => "jpeg progressive".to_owned(),
            (OutputFormat::Jpeg, false) => "jpeg".to_owned(),
            (format, _) => format!("{} {}", format.name(), self.effort),
        }
    }

    /// Encodes `photograph`.
    ///
    /// # Errors
    ///
    /// If the engine fails, which may be because it was built without the encoder.
    pub(crate) fn encode(self, photograph: &Photograph, quality: Quality) -> Result<Made> {
        let (number, native_quality) = match quality {
            Quality::Common(number) => (number, false),
            Quality::Native(number) => (number, true),
        };
        let request = Request {
            format: Target::Format(self.format),
            effort: Some(self.effort),
            progressive: self.progressive,
            quality: Some(number),
            native_quality,
            ..Request::default()
        };
        let mut bytes = Vec::new();
        let cpu = process_cpu();
        let encoded = transform(
            &request,
            &Limits::default(),
            Input::new(&mut &photograph.png[..]),
            &mut bytes,
        )
        .with_context(|| format!("{} of {}", self.name(), photograph.name))?;
        let cpu = process_cpu().saturating_sub(cpu);
        Ok(Made {
            bytes,
            cpu_ms: cpu.as_secs_f64() * 1e3,
            encode_ms: encoded.stages.of(Stage::Encode).as_secs_f64() * 1e3,
            encoded,
        })
    }
}

impl Made {
    /// Length of the result, in bytes.
    pub(crate) fn length(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "files are far below 2^52 bytes")]
        let length = self.bytes.len() as f64;
        length
    }

    /// Memory planned for the encoder, in bytes.
    pub(crate) fn encoder_bytes(&self) -> u64 {
        let parts = self.encoded.plan.peak.parts().iter();
        let is_encoder = |name: &str| name.contains("encode");
        parts
            .filter(|part| is_encoder(part.name))
            .map(|part| part.bytes)
            .sum()
    }

    /// SSIMULACRA2 of the result, passing it to the decoder through `file`.
    ///
    /// # Errors
    ///
    /// If it cannot be decoded.
    pub(crate) fn score(
        &self,
        photograph: &Photograph,
        decoder: &mut Decoder,
        file: &Path,
    ) -> Result<f64> {
        fs::write(file, &self.bytes).with_context(|| format!("writing {}", file.display()))?;
        let picture: Picture = decoder.open(file)?;
        photograph.reference.score(&picture)
    }
}
