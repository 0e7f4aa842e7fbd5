//! `deadlines`: whether answers come in time from a process that has as much of a
//! processor as a small Lambda function. An answer is an image, one by a cheaper
//! rung, or a refusal; late is late, whatever it is.

mod quota;

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use edgepix_corpus::{available, manifest::Manifest};
use edgepix_engine::Limits;

use crate::{
    cli::Deadlines,
    machine::{Machine, last_core},
    peers,
    process::Peer,
    protocol::{Answered, Job, Outcome, Timed},
    table::{Table, numbers, words},
};
use quota::Quota;

/// Answers in time that are asked for, in hundredths.
const IN_TIME: f64 = 99.0;
/// Predictions within [`RIGHT`] that are asked for, in hundredths.
const PREDICTED: f64 = 90.0;
const RIGHT: f64 = 1.5;

/// One answer.
struct Case {
    name: String,
    deadline_ms: u64,
    timed: Timed,
}

impl Case {
    fn is_in_time(&self) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "seconds in milliseconds")]
        let deadline = self.deadline_ms as f64;
        self.timed.wall_ms <= deadline
    }

    /// Whether it took so many periods that when it began does not matter.
    fn is_long(&self) -> bool {
        self.timed.wall_ms >= 5.0 * quota::PERIOD.as_secs_f64() * 1e3
    }

    /// Whether the time was foreseen; only a finished image tells.
    fn is_foreseen(&self) -> Option<bool> {
        let is_made = matches!(self.timed.outcome, Outcome::Made | Outcome::Degraded);
        let ratio = self.timed.predicted_wall_ms / self.timed.wall_ms;
        is_made.then(|| (1.0 / RIGHT..=RIGHT).contains(&ratio))
    }
}

/// Asks for every image of the corpus under every deadline and prints what came.
///
/// # Errors
///
/// If there is no way to hold a process to a share of a processor, or too few
/// answers came in time or were foreseen.
pub(crate) fn deadlines(options: &Deadlines) -> Result<()> {
    let machine = Machine::look();
    let share = Limits::lambda_share(options.memory_mb);
    let mut peer = Peer::pinned(options.core.unwrap_or_else(last_core), peers::own()?);
    let quota = Quota::new(share).context("a share of a processor (run as root)")?;
    let mut cases = Vec::new();
    for (entry, path) in available(&Manifest::embedded(), options.corpus.as_deref()) {
        if !entry.name.contains(&options.filter) {
            continue;
        }
        for &width in &options.widths {
            for &deadline_ms in &options.deadlines_ms {
                // As on Lambda, starting is not held back, and answering is.
                let process = peer.process()?;
                quota.hold(process)?;
                let job = Job::Answer(Answered {
                    source: path.clone(),
                    width,
                    deadline_ms: Some(deadline_ms),
                    memory_mb: Some(options.memory_mb),
                    cpu_share: share,
                    ..Answered::default()
                });
                let timed = peer
                    .ask::<Timed>(&job)?
                    .map_err(|why| anyhow::anyhow!("{}: {why}", entry.name))?;
                cases.push(Case {
                    name: format!("{} -> {width}", entry.name),
                    deadline_ms,
                    timed,
                });
            }
        }
    }
    ensure!(!cases.is_empty(), "the corpus has no such image");
    println!(
        "{}, {} cores, {}, load {} at the start; {:.2} % of a core in periods of {} ms, {} MB\n",
        machine.cpu,
        machine.cores,
        machine.system,
        machine.load,
        share * 100.0,
        quota::PERIOD.as_millis(),
        options.memory_mb
    );
    println!(
        "{}",
        table(&cases, &options.deadlines_ms).write(options.style)
    );
    let verdict = Verdict::of(&cases);
    print!("{}", verdict.text);
    ensure!(verdict.is_kept, "deadlines were not kept");
    Ok(())
}

fn table(cases: &[Case], deadlines: &[u64]) -> Table {
    let mut table = Table::new(&[
        numbers("deadline", "ms"),
        numbers("", "answers"),
        numbers("", "images"),
        numbers("of them by", "a lower rung"),
        numbers("refused", "before work"),
        numbers("given up", "on the way"),
        numbers("broken or", "not read"),
        numbers("", "late"),
        words("", "latest"),
    ]);
    for &deadline in deadlines {
        let own: Vec<&Case> = cases
            .iter()
            .filter(|case| case.deadline_ms == deadline)
            .collect();
        let count = |outcome: &[Outcome]| {
            own.iter()
                .filter(|case| outcome.contains(&case.timed.outcome))
                .count()
                .to_string()
        };
        let late: Vec<&&Case> = own.iter().filter(|case| !case.is_in_time()).collect();
        let latest = late
            .iter()
            .max_by(|a, b| a.timed.wall_ms.total_cmp(&b.timed.wall_ms));
        table.push(vec![
            deadline.to_string(),
            own.len().to_string(),
            count(&[Outcome::Made, Outcome::Degraded]),
            count(&[Outcome::Degraded]),
            count(&[Outcome::Refused]),
            count(&[Outcome::TimedOut]),
            count(&[Outcome::Broken]),
            late.len().to_string(),
            latest.map_or(String::new(), |case| {
                format!("{}, {:.0} ms", case.name, case.timed.wall_ms)
            }),
        ]);
    }
    table
}

/// What is said in the end, and whether it is good.
struct Verdict {
    text: String,
    is_kept: bool,
}

impl Verdict {
    fn of(cases: &[Case]) -> Self {
        let share = |right: usize, all: usize| {
            #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
            let share = 100.0 * right as f64 / all.max(1) as f64;
            share
        };
        let in_time = cases.iter().filter(|case| case.is_in_time()).count();
        let foreseen = |is_counted: fn(&Case) -> bool| -> (usize, usize) {
            let counted = cases.iter().filter(|case| is_counted(case));
            let foreseen: Vec<bool> = counted.filter_map(Case::is_foreseen).collect();
            let right = foreseen.iter().filter(|&&right| right).count();
            (right, foreseen.len())
        };
        let (right, long) = foreseen(Case::is_long);
        let (all_right, all) = foreseen(|_| true);
        let (kept, known) = (share(in_time, cases.len()), share(right, long));
        let mut text = String::new();
        let _ = writeln!(
            text,
            "in time: {in_time} of {} ({kept:.1} %, {IN_TIME} % asked)\n\
             foreseen within a factor of {RIGHT}: {right} of {long} images that took five periods \
             or more ({known:.1} %, {PREDICTED} % asked), {all_right} of all {all} ({:.1} %)",
            cases.len(),
            share(all_right, all)
        );
        for case in cases
            .iter()
            .filter(|case| case.is_foreseen() == Some(false))
        {
            let Timed {
                wall_ms,
                predicted_wall_ms,
                ..
            } = case.timed;
            let _ = writeln!(
                text,
                "  not foreseen: {}, {predicted_wall_ms:.0} ms predicted, {wall_ms:.0} ms",
                case.name
            );
        }
        Self {
            text,
            is_kept: kept >= IN_TIME && known >= PREDICTED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(outcome: Outcome, wall_ms: f64, predicted_wall_ms: f64) -> Case {
        Case {
            name: "a".into(),
            deadline_ms: 300,
            timed: Timed {
                outcome,
                wall_ms,
                predicted_wall_ms,
                ..Timed::default()
            },
        }
    }

    #[test]
    fn a_late_refusal_is_late() {
        let late = case(Outcome::Refused, 301.0, 0.0);
        assert!(!late.is_in_time() && late.is_foreseen().is_none());
        assert!(!Verdict::of(&[late]).is_kept);
    }

    #[test]
    fn images_in_time_that_were_foreseen_are_good() {
        let good = Verdict::of(&[case(Outcome::Made, 200.0, 250.0)]);
        assert!(good.is_kept, "{}", good.text);
        let unforeseen = Verdict::of(&[case(Outcome::Made, 100.0, 250.0)]);
        assert!(!unforeseen.is_kept, "{}", unforeseen.text);
    }
}
