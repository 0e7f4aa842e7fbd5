//! `rungs`: what each format and effort takes, in time and memory, and gives, in
//! bytes and looks. The engine's ladder and its prediction of time are made of this.

mod fit;
mod report;

use std::path::Path;

use anyhow::Result;

use crate::{
    cli::Rungs,
    machine::Machine,
    peers::{self, Scratch},
    photographs::{self, Photograph},
    rung::{self, Made, Quality, Rung},
    score::Decoder,
};

/// The common qualities that are measured; tables are about [`USUAL`]. Its neighbours
/// are near, because bytes at equal score are interpolated between them.
const QUALITIES: [u8; 6] = [40, 60, 75, 80, 85, 95];

/// Where it stands in [`QUALITIES`].
const USUAL: usize = 3;

/// One photograph at one size, by one rung.
struct Case {
    rung: Rung,
    photograph: String,
    width: u32,
    megapixels: f64,
    /// One for each quality.
    points: Vec<Point>,
}

/// A case at one quality.
#[derive(Clone, Copy)]
struct Point {
    /// CPU time of encoding.
    ms: f64,
    bytes: f64,
    /// SSIMULACRA2.
    score: f64,
    /// Planned for the encoder.
    memory: u64,
}

/// Measures every rung and prints the tables.
///
/// # Errors
///
/// If photographs or sharp, which decodes, are missing, or an encoder fails.
pub(crate) fn rungs(options: &Rungs) -> Result<()> {
    let scratch = Scratch::new()?;
    let file = scratch.path().join("result");
    let (mut decoder, _) = peers::decoder(&scratch)?;
    let machine = Machine::look();
    let mut rungs: Vec<Rung> = if options.rungs.is_empty() {
        rung::all()
    } else {
        let named = |name: &String| rung::named(name);
        options.rungs.iter().filter_map(named).collect()
    };
    rungs.retain(|&rung| rung != Rung::JPEG);
    rungs.insert(0, Rung::JPEG);
    let entries = photographs::entries()?;
    let mut cases = Vec::new();
    for &width in &options.widths {
        for photograph in photographs::reduced(&entries, width, &mut decoder, &file)? {
            cases.extend(measure(
                &photograph,
                &rungs,
                options.runs,
                (&mut decoder, &file),
            )?);
            eprintln!("{} at {width}", photograph.name);
        }
    }
    println!(
        "{}, {} cores, load {} at the start; the least CPU time of {} runs",
        machine.cpu, machine.cores, machine.load, options.runs
    );
    print!("{}", report::report(&rungs, &cases, options.style));
    Ok(())
}

/// Encodes `photograph` by every rung at every quality, all of them in turns.
///
/// Reading the PNG costs the same whatever is made of it. What it costs is a JPEG's CPU
/// time less the wall time of encoding that JPEG, which is so short that the least of
/// the runs is seldom interrupted; the rest of a job's CPU time is its encoder's.
fn measure(
    photograph: &Photograph,
    rungs: &[Rung],
    runs: u32,
    (decoder, file): (&mut Decoder, &Path),
) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    let mut jpeg_encode_ms = f64::INFINITY;
    let mut jpeg_ms = f64::INFINITY;
    let mut note = |rung: Rung, made: &Made| {
        if rung == Rung::JPEG {
            jpeg_encode_ms = jpeg_encode_ms.min(made.encode_ms);
            jpeg_ms = jpeg_ms.min(made.cpu_ms);
        }
    };
    for &rung in rungs {
        let mut points = Vec::new();
        for quality in QUALITIES {
            let made = rung.encode(photograph, Quality::Common(quality))?;
            note(rung, &made);
            points.push(Point {
                ms: made.cpu_ms,
                bytes: made.length(),
                score: made.score(photograph, decoder, file)?,
                memory: made.encoder_bytes(),
            });
        }
        cases.push(Case {
            rung,
            photograph: photograph.name.clone(),
            width: photograph.width,
            megapixels: photograph.megapixels,
            points,
        });
    }
    for _ in 1..runs {
        for case in &mut cases {
            for (point, quality) in case.points.iter_mut().zip(QUALITIES) {
                let made = case.rung.encode(photograph, Quality::Common(quality))?;
                note(case.rung, &made);
                point.ms = point.ms.min(made.cpu_ms);
            }
        }
    }
    let before_ms = jpeg_ms - jpeg_encode_ms;
    for point in cases.iter_mut().flat_map(|case| &mut case.points) {
        point.ms = (point.ms - before_ms).max(jpeg_encode_ms);
    }
    Ok(cases)
}
