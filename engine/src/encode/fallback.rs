//! Down the ladder while a job runs: the first rung that there is time for, and
//! whose result is small enough.

use std::{io::Write, time::Duration};

use super::{encode_whole, search, whole::Whole};
use crate::{
    budget::Budget,
    cost::Cost,
    error::{Error, Resource, Result},
    ladder::{Because, Degraded, Lost, Rung},
    plan::Plan,
    stages::Stage,
};

/// Encodes by the plan's rung or the best of its fallbacks that can be done;
/// returns the plan that was carried out.
pub(super) fn encode(
    plan: &Plan,
    image: &mut Whole,
    output: &mut dyn Write,
    budget: &Budget,
) -> Result<Plan> {
    let rungs: Vec<Rung> = [plan.rung()]
        .into_iter()
        .chain(plan.fallbacks.iter().copied())
        .collect();
    let mut degraded = plan.degraded.clone();
    let mut refused = None;
    for (i, &rung) in rungs.iter().enumerate() {
        let own = plan.at(rung);
        // What comes after needs its time too.
        let reserve = rungs[i + 1..].iter().map(|&rung| time(&plan.at(rung)));
        let reserve = reserve.min().unwrap_or_default();
        let is_late = || budget.check().is_err() || !budget.admits(reserve);
        let result = if budget.admits(time(&own)) {
            one_rung(&own, image, output, budget, &is_late)
        } else {
            Err(late(budget))
        };
        let (error, because) = match result {
            Ok(done) => {
                degraded.extend(done.degraded);
                return Ok(Plan { degraded, ..done });
            }
            Err(error @ Error::TimedOut { .. }) => (error, Because::Time),
            Err(
                error @ Error::TooLarge {
                    resource: Resource::OutputBytes,
                    ..
                },
            ) => (error, Because::Bytes),
            Err(error) => return Err(error),
        };
        degraded.push(Degraded {
            lost: Lost::Rung(rung),
            because,
        });
        refused = Some(match refused {
            Some(before) => smaller(before, error),
            None => error,
        });
    }
    Err(refused.unwrap_or_else(|| late(budget)))
}

/// Of two refusals the one that was nearer to a result; the first, if neither was.
fn smaller(before: Error, error: Error) -> Error {
    let bytes = |error: &Error| match error {
        Error::TooLarge { needed, .. } => *needed,
        _ => u64::MAX,
    };
    if bytes(&error) < bytes(&before) {
        error
    } else {
        before
    }
}

/// Encodes by a plan's own rung.
fn one_rung(
    plan: &Plan,
    image: &mut Whole,
    output: &mut dyn Write,
    budget: &Budget,
    is_late: &dyn Fn() -> bool,
) -> Result<Plan> {
    if let Some(most) = plan.max_bytes {
        let found = search::smaller_than(most, plan, image, budget, is_late)?;
        output.write_all(&found.bytes).map_err(Error::Write)?;
        return Ok(found.plan);
    }
    encode_whole(plan, image, output, is_late)?;
    Ok(Plan {
        degraded: Vec::new(),
        ..plan.clone()
    })
}

/// The encoder's share of a plan's time.
fn time(plan: &Plan) -> Duration {
    Cost::predict(plan).of(Stage::Encode)
}

fn late(budget: &Budget) -> Error {
    budget.check().err().unwrap_or(Error::TimedOut {
        late_by: Duration::ZERO,
    })
}

#[cfg(all(test, feature = "libwebp"))]
mod tests {
    use edgepix_corpus::{synth, write};

    use super::*;
    use crate::{
        Input, Limits, OutputFormat, Request, Target, encode::whole::tests::black, plan, probe,
    };

    /// So little of a processor that only what is predicted counts.
    const SHARE: f64 = 1e-6;

    /// What becomes of a small image when there is a little more time than `effort` is
    /// predicted to take.
    fn with_time_for(effort: u8) -> Result<Plan> {
        let file = write::png(&synth::photo(64, 64, 1));
        let request = Request {
            format: Target::Format(OutputFormat::Webp),
            ..Request::default()
        };
        let header = probe(&mut Input::new(&mut &file[..]))?;
        let plan = plan(&request, &header, &Limits::default())?;
        let rung = Rung {
            effort,
            ..plan.rung()
        };
        let limits = Limits {
            cpu_share: SHARE,
            ..Limits::default()
        };
        let budget = Budget::start(&Limits {
            deadline: Some(
                limits.wall(time(&plan.at(rung))).mul_f64(1.25) + Duration::from_secs(20),
            ),
            ..limits
        });
        encode(&plan, &mut black(&plan.encoded), &mut Vec::new(), &budget)
    }

    #[test]
    fn the_best_rung_that_there_is_time_for_is_taken_and_those_above_are_named() {
        for (effort, above) in [(4, vec![]), (2, vec![4]), (0, vec![4, 2])] {
            let done = with_time_for(effort).expect("there is time");
            assert_eq!(done.effort, effort);
            let lost = done.degraded.iter().map(|degraded| match degraded.lost {
                Lost::Rung(rung) if degraded.because == Because::Time => rung.effort,
                _ => panic!("{degraded:?}"),
            });
            assert_eq!(lost.collect::<Vec<_>>(), above);
        }
    }

    #[test]
    fn without_time_for_any_rung_there_is_no_image() {
        let file = write::png(&synth::photo(64, 64, 1));
        let request = Request {
            format: Target::Format(OutputFormat::Webp),
            ..Request::default()
        };
        let header = probe(&mut Input::new(&mut &file[..])).expect("a photograph");
        let plan = plan(&request, &header, &Limits::default()).expect("no limits");
        let budget = Budget::start(&Limits {
            deadline: Some(Duration::from_secs(20)),
            cpu_share: SHARE,
            ..Limits::default()
        });
        let mut output = Vec::new();
        let done = encode(&plan, &mut black(&plan.encoded), &mut output, &budget);
        assert!(matches!(done, Err(Error::TimedOut { .. })));
        assert!(output.is_empty());
    }
}
