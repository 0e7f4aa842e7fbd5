//! `costs`: what the engine predicted each stage would take, against what it took.
//! A prediction that is off by a third either way is good enough to plan with.

use anyhow::{Result, ensure};
use edgepix_corpus::{available, manifest::Manifest};

use crate::{
    cli::Costs,
    format::Format,
    machine::{Machine, last_core},
    peers,
    process::Peer,
    protocol::{Answered, Job, Timed},
    stats::median,
    table::{Table, numbers, words},
};

/// The widest ratio, either way, that counts as right.
const RIGHT: f64 = 1.5;

/// A whole image below this is too short to time one by one.
const LEAST_MS: f64 = 1.0;

/// Stages that are predicted.
const STAGES: [&str; 4] = ["decode", "resize", "colour", "encode"];

/// One image made one way: the fastest of some runs.
struct Case {
    image: String,
    to: String,
    /// Predicted and measured milliseconds of each of [`STAGES`].
    stages: [(f64, f64); 4],
}

impl Case {
    fn total(&self) -> (f64, f64) {
        self.stages
            .iter()
            .fold((0.0, 0.0), |(p, m), (predicted, measured)| {
                (p + predicted, m + measured)
            })
    }

    /// Predicted over measured.
    fn ratio(&self) -> f64 {
        let (predicted, measured) = self.total();
        predicted / measured
    }
}

/// Makes every image of the corpus every way and prints the table.
///
/// # Errors
///
/// If there is no image, or the process that makes them does not run.
pub(crate) fn costs(options: &Costs) -> Result<()> {
    let machine = Machine::look();
    let mut peer = Peer::pinned(options.core.unwrap_or_else(last_core), peers::own()?);
    let mut cases = Vec::new();
    for (entry, path) in available(&Manifest::embedded(), options.corpus.as_deref()) {
        if !entry.name.contains(&options.filter) {
            continue;
        }
        for &format in &options.formats {
            for &width in &options.widths {
                let job = Job::Answer(Answered {
                    source: path.clone(),
                    width,
                    format: Some(format),
                    effort: options.effort,
                    ..Answered::default()
                });
                let runs: Vec<Timed> = (0..options.runs)
                    .filter_map(|_| {
                        peer.ask::<Timed>(&job)
                            .and_then(|made| made.map_err(|why| anyhow::anyhow!(why)))
                            .ok()
                    })
                    .filter(|made| made.bytes > 0)
                    .collect();
                cases.extend(fastest(entry.name.clone(), format, width, &runs));
            }
        }
    }
    ensure!(!cases.is_empty(), "no image was made");
    println!(
        "{}, {} cores, {}, load {} at the start; fastest of {} runs each\n",
        machine.cpu, machine.cores, machine.system, machine.load, options.runs
    );
    println!("{}", table(&cases).write(options.style));
    print!("{}", summary(&cases));
    Ok(())
}

/// The fastest run of each stage.
fn fastest(image: String, format: Format, width: u32, runs: &[Timed]) -> Option<Case> {
    let first = runs.first()?;
    let stage = |name: &str| {
        let measured = runs
            .iter()
            .map(|run| run.stages_ms.get(name).copied().unwrap_or(0.0));
        let predicted = first.predicted_ms.get(name).copied().unwrap_or(0.0);
        (predicted, measured.fold(f64::INFINITY, f64::min))
    };
    Some(Case {
        image,
        to: format!("{} {width}", format.name()),
        stages: STAGES.map(stage),
    })
}

fn table(cases: &[Case]) -> Table {
    let mut columns = vec![
        words("", "image"),
        words("", "to"),
        numbers("", "ms"),
        numbers("predicted", "/ms"),
    ];
    columns.extend(["decode", "resize", "colour", "encode"].map(|name| words("pred./meas.", name)));
    let mut table = Table::new(&columns);
    for case in cases {
        let (_, measured) = case.total();
        let mut row = vec![
            case.image.clone(),
            case.to.clone(),
            format!("{measured:.2}"),
            format!("{:.2}", case.ratio()),
        ];
        row.extend(case.stages.iter().map(|(p, m)| format!("{p:.2}/{m:.2}")));
        table.push(row);
    }
    table
}

/// How many predictions were right.
fn summary(cases: &[Case]) -> String {
    let long: Vec<&Case> = cases
        .iter()
        .filter(|case| case.total().1 >= LEAST_MS)
        .collect();
    let ratios: Vec<f64> = long.iter().map(|case| case.ratio()).collect();
    let right = ratios
        .iter()
        .filter(|ratio| (1.0 / RIGHT..=RIGHT).contains(*ratio))
        .count();
    let worst = long
        .iter()
        .max_by(|a, b| a.ratio().ln().abs().total_cmp(&b.ratio().ln().abs()));
    let mut text = format!(
        "{right} of {} images of {LEAST_MS} ms and more were predicted within a factor of {RIGHT}; median {:.2}",
        long.len(),
        median(&ratios).unwrap_or(f64::NAN),
    );
    if let Some(worst) = worst {
        text += &format!(
            "; farthest: {} -> {}, {:.2}",
            worst.image,
            worst.to,
            worst.ratio()
        );
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(predicted: f64, measured: f64) -> Case {
        Case {
            image: format!("{measured}"),
            to: "jpeg 400".into(),
            stages: [(predicted, measured), (0.0, 0.0), (0.0, 0.0), (0.0, 0.0)],
        }
    }

    #[test]
    fn a_prediction_is_right_within_half_as_much_again_either_way() {
        let text = summary(&[
            case(3.0, 2.0),
            case(2.0, 3.0),
            case(3.1, 2.0),
            case(9.0, 0.5),
        ]);
        assert!(text.starts_with("2 of 3 images"), "{text}");
        assert!(text.contains("farthest: 2 -> jpeg 400, 1.55"), "{text}");
    }
}
