//! `scales`: what decoding a JPEG smaller than it is stored costs in looks and
//! saves in time. Each side is scored against itself at full size, so that a
//! difference of filters is in no score; and sharp against ours too, because what
//! it calls a full decode it first averages in whole pixels.

use std::path::Path;

use anyhow::{Result, anyhow, ensure};

use crate::{
    cli::Scales,
    format::Format,
    images::{Image, find, largest_of_each_kind},
    machine::Machine,
    peers::{self, Peers},
    process::Peer,
    protocol::{Decoding, Job, Resize, Resized},
    score::Picture,
    stats::{geometric_mean, median},
    table::{Table, numbers, words},
};

/// Samples decoded for each one wanted, as alternatives to our rule.
const ALTERNATIVES: [f64; 4] = [1.0, 1.25, 1.5, 2.0];

/// Smaller photographs are seldom reduced by much.
const LEAST_MEGAPIXELS: f64 = 6.0;

/// How far two scores may lie apart and mean the same.
const NOISE: f64 = 0.3;

/// One photograph made to one width.
struct Case {
    image: String,
    width: u32,
    /// Our rule.
    usual: Outcome,
    alternatives: Vec<Outcome>,
    /// Time of our full decode.
    full_ms: f64,
    /// Score of sharp's rule, against its own full decode; none if their sizes differ.
    sharp: Option<f64>,
    /// The same picture's score against our full decode; none if their sizes differ.
    sharp_against_ours: Option<f64>,
}

/// One of sharp's scores.
type ScoreOf = fn(&Case) -> Option<f64>;

/// What one rule did.
struct Outcome {
    /// SSIMULACRA2 against the full decode.
    score: f64,
    /// CPU time of the whole job, of which writing the PNG is a part.
    cpu_ms: f64,
}

/// Scores and times every way of decoding, and prints the table.
///
/// # Errors
///
/// If node, sharp, taskset or every image is missing, or a side fails.
pub(crate) fn scales(options: &Scales) -> Result<()> {
    let machine = Machine::look();
    let scratch = peers::Scratch::new()?;
    let (mut peers, [ours, theirs]) = peers::start(options.core, &scratch)?;
    let corpus = options.corpus.as_deref();
    let mut images = find(corpus, &options.filter, &mut peers.decoder.peer)?;
    images.retain(|image| {
        let is_baseline = image.kind.starts_with("jpeg 4:") && !image.kind.contains("progressive");
        is_baseline
            && image.megapixels >= LEAST_MEGAPIXELS
            && (corpus.is_some() || image.is_transcoded)
    });
    if options.quick {
        images = largest_of_each_kind(images);
    }
    let mut cases = Vec::new();
    for image in &images {
        for &width in options.widths.iter().filter(|&&w| w < image.width) {
            let case = measure(&mut peers, scratch.path(), image, width, options.runs)?;
            eprintln!(
                "{} -> {width}: edgepix {:.1}, sharp {}",
                image.name,
                case.usual.score,
                points(case.sharp)
            );
            cases.push(case);
        }
    }
    ensure!(
        !cases.is_empty(),
        "no baseline colour JPEG of {LEAST_MEGAPIXELS} megapixels is wider than the widths asked"
    );
    println!(
        "{ours} and {theirs}\n{}, {} cores, {}, load {} at the start; {} runs per case\n",
        machine.cpu, machine.cores, machine.system, machine.load, options.runs
    );
    println!("{}", table(&cases).write(options.style));
    print!("{}", summary(&cases));
    Ok(())
}

fn measure(peers: &mut Peers, folder: &Path, image: &Image, width: u32, runs: u32) -> Result<Case> {
    let output = folder.join("result");
    let job = |decode| Resize {
        source: image.path.clone(),
        width,
        format: Format::Png,
        quality: 100,
        decode,
        effort: None,
        output: Some(output.clone()),
    };
    let ways: Vec<Decoding> = [Decoding::Full, Decoding::Usual]
        .into_iter()
        .chain(ALTERNATIVES.map(Decoding::AtLeast))
        .collect();
    let mut pictures = Vec::new();
    for &way in &ways {
        made(&mut peers.edgepix, &job(way))?;
        pictures.push(peers.decoder.open(&output)?);
    }
    let scores = against_the_first(&pictures)?;
    let times = times(&mut peers.edgepix, &ways, &job, runs)?;
    let mut sharps = Vec::new();
    for way in [Decoding::Full, Decoding::Usual] {
        made(&mut peers.sharp, &job(way))?;
        sharps.push(peers.decoder.open(&output)?);
    }
    let mut outcomes = scores
        .iter()
        .zip(&times[1..])
        .map(|(&score, &cpu_ms)| Outcome { score, cpu_ms });
    Ok(Case {
        image: image.name.clone(),
        width,
        usual: outcomes.next().expect("our rule is the first"),
        alternatives: outcomes.collect(),
        full_ms: times[0],
        sharp: score(&sharps[1], &sharps[0])?,
        sharp_against_ours: score(&sharps[1], &pictures[0])?,
    })
}

/// Median CPU time each way, all of them in turns.
fn times(
    peer: &mut Peer,
    ways: &[Decoding],
    job: &impl Fn(Decoding) -> Resize,
    runs: u32,
) -> Result<Vec<f64>> {
    let mut samples = vec![Vec::new(); ways.len()];
    for run in 0..runs {
        let mut order: Vec<usize> = (0..ways.len()).collect();
        if run % 2 == 1 {
            order.reverse();
        }
        for at in order {
            let job = Resize {
                output: None,
                ..job(ways[at])
            };
            samples[at].push(made(peer, &job)?.cpu_ms);
        }
    }
    Ok(samples
        .iter()
        .map(|samples| median(samples).unwrap_or(f64::NAN))
        .collect())
}

fn made(peer: &mut Peer, job: &Resize) -> Result<Resized> {
    peer.ask(&Job::Resize(job.clone()))?
        .map_err(|why| anyhow!("{}: {why}", job.source.display()))
}

fn against_the_first(pictures: &[Picture]) -> Result<Vec<f64>> {
    let reference = pictures[0].as_reference()?;
    pictures[1..]
        .iter()
        .map(|picture| reference.score(picture))
        .collect()
}

/// One rounds the side that follows up where the other rounds down, now and then.
fn score(picture: &Picture, reference: &Picture) -> Result<Option<f64>> {
    if picture.size() != reference.size() {
        return Ok(None);
    }
    reference.as_reference()?.score(picture).map(Some)
}

fn points(score: Option<f64>) -> String {
    score.map_or_else(|| "-".to_owned(), |score| format!("{score:.1}"))
}

fn table(cases: &[Case]) -> Table {
    let mut columns = vec![
        words("", "image"),
        numbers("", "width"),
        numbers("sharp to", "own full"),
        numbers("sharp to", "our full"),
        numbers("score", "edgepix"),
    ];
    columns.extend(["1", "1.25", "1.5", "2"].map(|name| numbers("score", name)));
    columns.push(numbers("CPU ms", "edgepix"));
    columns.extend(["1", "1.25", "1.5", "2"].map(|name| numbers("CPU ms", name)));
    columns.push(numbers("CPU ms", "full"));
    let mut table = Table::new(&columns);
    for case in cases {
        let outcomes = || [&case.usual].into_iter().chain(&case.alternatives);
        let mut row = vec![
            case.image.clone(),
            case.width.to_string(),
            points(case.sharp),
            points(case.sharp_against_ours),
        ];
        row.extend(outcomes().map(|outcome| format!("{:.1}", outcome.score)));
        row.extend(outcomes().map(|outcome| format!("{:.1}", outcome.cpu_ms)));
        row.push(format!("{:.1}", case.full_ms));
        table.push(row);
    }
    table
}

fn summary(cases: &[Case]) -> String {
    let worse = |sharp: ScoreOf| -> Vec<String> {
        cases
            .iter()
            .filter_map(|case| {
                let (ours, sharp) = (case.usual.score, sharp(case)?);
                let line = || {
                    let (image, width) = (&case.image, case.width);
                    format!("  {image} -> {width}: {ours:.1}, sharp {sharp:.1}\n")
                };
                (ours < sharp - NOISE).then(line)
            })
            .collect()
    };
    let cost = |ms: &dyn Fn(&Case) -> f64| {
        let ratios: Vec<f64> = cases
            .iter()
            .map(|case| ms(case) / case.alternatives[0].cpu_ms)
            .collect();
        geometric_mean(&ratios).unwrap_or(f64::NAN)
    };
    let mut text = format!(
        "CPU time over that of 1 sample for each wanted, geometric mean: edgepix {:.2}",
        cost(&|case| case.usual.cpu_ms)
    );
    for (at, samples) in ALTERNATIVES.iter().enumerate().skip(1) {
        let cost = cost(&|case| case.alternatives[at].cpu_ms);
        text += &format!(", {samples}: {cost:.2}");
    }
    text += &format!(", full: {:.2}\n", cost(&|case| case.full_ms));
    let references: [(_, ScoreOf); 2] = [
        ("its own full decode", |case| case.sharp),
        ("our full decode", |case| case.sharp_against_ours),
    ];
    for (name, sharp) in references {
        let worse = worse(sharp);
        text += &format!(
            "more than {NOISE} below sharp against {name}: {} of {}\n{}",
            worse.len(),
            cases.len(),
            worse.concat()
        );
    }
    text
}
