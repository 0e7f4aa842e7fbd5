//! `calibrate`: the native quality of every encoder that looks, on average over
//! photographs, like each quality of our JPEG. What it writes is built into the
//! engine.

pub(crate) mod curve;
mod table;

use std::path::Path;

use anyhow::{Result, ensure};

use crate::{
    cli::Calibrate,
    peers::{self, Scratch},
    photographs::{self, Photograph},
    rung::{Quality, Rung},
    score::Decoder,
};
use curve::Curve;
use table::{Provenance, Row};

/// JPEG qualities that get a row each.
const QUALITIES: [u8; 14] = [1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 85, 90, 95, 100];

/// Native qualities that are tried; what lies between is interpolated.
const NATIVES: [u8; 15] = [1, 10, 25, 40, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100];

/// JPEG qualities at which tables are checked: those that are asked for.
const CHECKED: [u8; 4] = [40, 60, 80, 90];

/// An encoder and the efforts that get a table each. Efforts between share that of
/// the next one up.
struct Encoder {
    name: &'static str,
    rung: fn(u8) -> Rung,
    efforts: &'static [u8],
}

/// The encoders of this build, or the one that is asked for.
fn encoders(only: Option<&str>) -> Result<Vec<Encoder>> {
    let mut encoders = Vec::new();
    if cfg!(feature = "libwebp") {
        encoders.push(Encoder {
            name: "libwebp",
            rung: Rung::webp,
            efforts: &[2, 4, 6],
        });
    }
    if cfg!(feature = "libaom") {
        encoders.push(Encoder {
            name: "libaom",
            rung: Rung::avif,
            efforts: &[6, 7, 8, 9],
        });
    } else if cfg!(feature = "rav1e") {
        encoders.push(Encoder {
            name: "rav1e",
            rung: Rung::avif,
            efforts: &[8, 10],
        });
    }
    encoders.retain(|encoder| only.is_none_or(|name| name == encoder.name));
    ensure!(
        !encoders.is_empty(),
        "there is no such encoder in this build"
    );
    Ok(encoders)
}

/// Photographs of every size, and who looks at what becomes of them.
struct Bench<'a> {
    photographs: Vec<Photograph>,
    decoder: Decoder,
    file: &'a Path,
}

/// Measures and writes the tables, or checks those that are built in.
///
/// # Errors
///
/// If photographs or sharp, which decodes, are missing; or if a table is off by
/// more than was allowed.
pub(crate) fn calibrate(options: &Calibrate) -> Result<()> {
    let encoders = encoders(options.encoder.as_deref())?;
    let scratch = Scratch::new()?;
    let file = scratch.path().join("result");
    let (mut decoder, version) = peers::decoder(&scratch)?;
    let entries = photographs::entries()?;
    let mut photographs = Vec::new();
    for &width in &options.widths {
        let reduced = photographs::reduced(&entries, width, &mut decoder, &file)?;
        photographs.extend(reduced);
    }
    let mut bench = Bench {
        photographs,
        decoder,
        file: &file,
    };
    if let Some(points) = options.check {
        return check(&mut bench, &encoders, points);
    }
    let targets = bench.scores(Rung::JPEG, QUALITIES.map(Quality::Native))?;
    let provenance = Provenance::look(&entries, &options.widths, version);
    for encoder in encoders {
        let mut by_effort = Vec::new();
        for &effort in encoder.efforts {
            let scores = bench.scores((encoder.rung)(effort), NATIVES.map(Quality::Native))?;
            let curve = Curve::new(NATIVES.map(f64::from).into_iter().zip(scores));
            let rows = QUALITIES
                .iter()
                .zip(&targets)
                .map(|(&quality, &score)| Row {
                    quality,
                    score,
                    native: curve.reaching(score),
                });
            by_effort.push((effort, rows.collect()));
        }
        let path = table::write(encoder.name, &by_effort, &provenance)?;
        println!("{}", path.display());
    }
    Ok(())
}

/// Scores what the engine makes of one quality in every format.
fn check(bench: &mut Bench<'_>, encoders: &[Encoder], points: f64) -> Result<()> {
    let qualities = CHECKED.map(Quality::Common);
    let targets = bench.scores(Rung::JPEG, qualities)?;
    let mut worst: f64 = 0.0;
    for encoder in encoders {
        for &effort in encoder.efforts {
            let rung = (encoder.rung)(effort);
            let scores = bench.scores(rung, qualities)?;
            for ((quality, target), score) in CHECKED.iter().zip(&targets).zip(scores) {
                worst = worst.max((score - target).abs());
                println!(
                    "quality {quality}: jpeg {target:.1}, {} {score:.1}",
                    rung.name()
                );
            }
        }
    }
    ensure!(
        worst <= points,
        "a table is off by {worst:.1} points, more than {points}"
    );
    Ok(())
}

impl Bench<'_> {
    /// Mean score over all photographs and sizes, for each quality.
    fn scores<const N: usize>(&mut self, rung: Rung, qualities: [Quality; N]) -> Result<[f64; N]> {
        let mut means = [0.0; N];
        for (mean, quality) in means.iter_mut().zip(qualities) {
            let mut sum = 0.0;
            for photograph in &self.photographs {
                let made = rung.encode(photograph, quality)?;
                sum += made.score(photograph, &mut self.decoder, self.file)?;
            }
            #[expect(clippy::cast_precision_loss, reason = "a few dozen photographs")]
            let count = self.photographs.len() as f64;
            *mean = sum / count;
            eprintln!("{} {quality:?}: {mean:.2}", rung.name());
        }
        Ok(means)
    }
}
