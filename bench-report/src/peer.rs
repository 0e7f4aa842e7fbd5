//! `bench-report peer`: the engine behind the protocol that the other peers
//! speak. It reads the file within the timed section, as they do.

use std::{
    fs::{self, File},
    io::{BufRead, Write},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use edgepix_engine::{
    Accept, Decode, Error, Input, Limits, OutputFormat, Request, Speed, Stage, Target, transform,
};
use serde_json::{Value, to_value};

use crate::{
    format::Format,
    machine::process_cpu,
    protocol::{Answer, Answered, Decoding, Job, Outcome, Resize, Resized, Timed, Version},
};

/// Answers one job per line until there are no more.
///
/// # Errors
///
/// If a line is no job, or the harness does not listen any more.
pub(crate) fn serve(jobs: impl BufRead, mut answers: impl Write) -> Result<()> {
    let mut speed = Speed::REFERENCE;
    for line in jobs.lines() {
        let line = line.context("reading a job")?;
        let job = serde_json::from_str(&line).with_context(|| format!("{line:?} is no job"))?;
        let answer = answer(&job, &mut speed).unwrap_or_else(|why| Answer::Failed {
            error: format!("{why:#}"),
        });
        let answer = serde_json::to_string(&answer).context("an answer as JSON")?;
        writeln!(answers, "{answer}").context("writing an answer")?;
        answers.flush().context("writing an answer")?;
    }
    Ok(())
}

fn answer(job: &Job, speed: &mut Speed) -> Result<Answer<Value>> {
    let value = match job {
        Job::Answer(job) => to_value(in_time(job, speed)?),
        Job::Resize(job) => to_value(resize(job)?),
        Job::Version => to_value(Version {
            version: format!("edgepix {}", env!("CARGO_PKG_VERSION")),
        }),
        Job::Decode { .. } | Job::Describe { .. } => bail!("only sharp does that"),
    };
    Ok(Answer::Done(value.context("an answer as JSON")?))
}

fn resize(job: &Resize) -> Result<Resized> {
    let request = Request {
        width: Some(job.width),
        format: Target::Format(output_format(job.format)),
        quality: Some(job.quality),
        native_quality: true,
        effort: job.effort,
        decode: match job.decode {
            Decoding::Usual => Decode::Scaled,
            Decoding::AtLeast(samples) => Decode::AtLeast(samples),
            Decoding::Full => Decode::Full,
        },
        ..Request::default()
    };
    let (cpu, wall) = (process_cpu(), Instant::now());
    let mut file = File::open(&job.source)?;
    let length = file.metadata()?.len();
    let mut result = Vec::new();
    let encoded = transform(
        &request,
        &Limits::default(),
        Input::new(&mut file).with_length(length),
        &mut result,
    )?;
    let (wall, cpu) = (wall.elapsed(), process_cpu().saturating_sub(cpu));
    if let Some(output) = &job.output {
        fs::write(output, &result).with_context(|| format!("writing {}", output.display()))?;
    }
    Ok(Resized {
        wall_ms: milliseconds(wall),
        cpu_ms: milliseconds(cpu),
        bytes: result.len() as u64,
        width: encoded.plan.output.width,
        height: encoded.plan.output.height,
    })
}

/// Makes an image within limits, and learns from it.
fn in_time(job: &Answered, speed: &mut Speed) -> Result<Timed> {
    let request = Request {
        width: Some(job.width),
        format: job.format.map_or(
            Target::Auto(Accept::parse("image/avif,image/webp,image/*")),
            |format| Target::Format(output_format(format)),
        ),
        ..Request::default()
    };
    let usual = Limits::default();
    let limits = Limits {
        peak_bytes: job
            .memory_mb
            .map_or(usual.peak_bytes, |mb| u64::from(mb) << 20),
        deadline: job.deadline_ms.map(Duration::from_millis),
        cpu_share: job.cpu_share,
        speed: *speed,
        ..usual
    };
    let wall = Instant::now();
    let mut file = File::open(&job.source)?;
    let length = file.metadata()?.len();
    let mut result = Vec::new();
    let input = Input::new(&mut file).with_length(length);
    let made = transform(&request, &limits, input, &mut result);
    let wall_ms = milliseconds(wall.elapsed());
    let outcome = |outcome| Timed {
        outcome,
        wall_ms,
        ..Timed::default()
    };
    Ok(match made {
        Ok(encoded) => {
            *speed = encoded.speed;
            let by_stage = |time: &dyn Fn(Stage) -> Duration| {
                let named = |stage: Stage| (stage.name().to_owned(), milliseconds(time(stage)));
                Stage::ALL.map(named).into_iter().collect()
            };
            let cost = encoded.plan.cost;
            Timed {
                predicted_wall_ms: milliseconds(limits.wall(cost.total())),
                bytes: encoded.bytes,
                stages_ms: by_stage(&|stage| encoded.stages.of(stage)),
                predicted_ms: by_stage(&|stage| cost.of(stage)),
                ..outcome(if encoded.degraded().is_empty() {
                    Outcome::Made
                } else {
                    Outcome::Degraded
                })
            }
        }
        Err(Error::TooLarge { .. }) => outcome(Outcome::Refused),
        Err(Error::TimedOut { .. }) => outcome(Outcome::TimedOut),
        Err(_) => outcome(Outcome::Broken),
    })
}

fn output_format(format: Format) -> OutputFormat {
    match format {
        Format::Jpeg => OutputFormat::Jpeg,
        Format::Webp => OutputFormat::Webp,
        Format::Avif => OutputFormat::Avif,
        Format::Png => OutputFormat::Png,
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers_to(jobs: &str) -> String {
        let mut answers = Vec::new();
        serve(jobs.as_bytes(), &mut answers).expect("valid jobs");
        String::from_utf8(answers).expect("JSON is UTF-8")
    }

    #[test]
    fn every_job_has_one_line_for_an_answer() {
        let answers = answers_to("{\"op\":\"version\"}\n{\"op\":\"describe\",\"source\":\"a\"}\n");
        let lines: Vec<&str> = answers.lines().collect();
        assert!(lines[0].starts_with(r#"{"version":"edgepix "#));
        assert_eq!(lines[1], r#"{"error":"only sharp does that"}"#);
    }

    #[test]
    fn a_source_that_is_missing_is_an_answer() {
        let answers = answers_to(
            r#"{"op":"resize","source":"/nowhere","width":4,"format":"jpeg","quality":80,"decode":"usual"}"#,
        );
        assert!(answers.starts_with(r#"{"error":"#), "{answers}");
    }

    #[test]
    fn a_photograph_is_resized_written_and_measured() {
        let folder = std::env::temp_dir();
        let name = format!("bench-report-peer-{}", std::process::id());
        let (source, output) = (folder.join(&name), folder.join(name + ".out"));
        let photo = edgepix_corpus::synth::photo(64, 48, 1);
        fs::write(&source, edgepix_corpus::write::png(&photo)).expect("a writable folder");
        let made = resize(&Resize {
            source: source.clone(),
            width: 32,
            format: Format::Jpeg,
            quality: 80,
            decode: Decoding::Usual,
            effort: None,
            output: Some(output.clone()),
        })
        .expect("a valid PNG");
        assert_eq!((made.width, made.height), (32, 24));
        assert_eq!(fs::metadata(&output).expect("written").len(), made.bytes);
        assert!(made.cpu_ms > 0.0 && made.wall_ms > 0.0);
        fs::remove_file(source).expect("it is there");
        fs::remove_file(output).expect("it is there");
    }
}
