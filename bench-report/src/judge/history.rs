//! A run as it was kept, its records sorted by what they are.

use std::ops::RangeInclusive;

use super::words;
use crate::sample::{End, Image, Made, Record, Run, Start};

/// Periods that a quota can have: the kernel takes from 1 ms to 1 s (Linux,
/// Documentation/scheduler/sched-bwc.rst).
const PERIODS_MS: RangeInclusive<f64> = 1.0..=1000.0;
/// The period of a run that says none: what Lambda's is taken for.
const USUAL_PERIOD_MS: f64 = 20.0;
/// More milliseconds than anything measured here can take: an hour. Lambda ends a function after
/// 15 minutes.
const LONGEST_MS: f64 = 3_600_000.0;

/// All that is known of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct History {
    pub(crate) run: Run,
    pub(crate) images: Vec<Image>,
    pub(crate) starts: Vec<Start>,
    pub(crate) made: Vec<Made>,
    /// None if it was stopped too hard to say so.
    pub(crate) end: Option<End>,
    /// What was wrong with its file, in sentences.
    pub(crate) notes: Vec<String>,
}

impl History {
    /// Sorts a run's records, or `None` if none of them says which run it was. A second run in the
    /// same file is left out with all that follows it, and a note.
    pub(crate) fn of(records: impl IntoIterator<Item = Record>) -> Option<Self> {
        let mut history = Self::default();
        let mut run = None;
        for record in records {
            match record {
                Record::Run(other) if run.is_some() => {
                    let note = format!("Its file goes on with another run, {}.", other.id);
                    history.notes.push(note);
                    break;
                }
                Record::Run(first) => run = Some(first),
                Record::Image(image) => history.images.push(image),
                Record::Start(start) => history.starts.push(start),
                Record::Result(made) => history.made.push(made),
                Record::End(end) => history.end = Some(end),
            }
        }
        history.run = run?;
        history.mend();
        Some(history)
    }

    /// Puts right what the arithmetic would never end with, or mean nothing by, and notes it.
    fn mend(&mut self) {
        let period_ms = &mut self.run.emulation.period_ms;
        // NaN is in no range.
        if !PERIODS_MS.contains(period_ms) {
            self.notes.push(format!(
                "Its file has a period of {period_ms} ms, which no quota can have: it is judged as one \
                 of {USUAL_PERIOD_MS} ms."
            ));
            *period_ms = USUAL_PERIOD_MS;
        }
        let origin = &self.run.origin;
        let delays = [origin.first_byte_ms, origin.round_trip_ms];
        let is_possible = delays.iter().all(|ms| (0.0..=LONGEST_MS).contains(ms))
            && origin.mb_per_second.is_finite()
            && origin.mb_per_second > 0.0;
        if !is_possible {
            let note =
                "Its file has an origin that cannot be: what its starts waited for is unknown.";
            self.notes.push(note.to_owned());
        }
        let before = self.starts.len();
        self.starts.retain(is_possible_start);
        let lost = before - self.starts.len();
        if lost > 0 {
            let lost = words::counted(lost, "start");
            let note = format!("Its file has {lost} with times that cannot be, left out.");
            self.notes.push(note);
        }
    }
}

fn is_possible_start(start: &Start) -> bool {
    let is_possible = |ms: f64| (0.0..=LONGEST_MS).contains(&ms);
    let init = start.init.iter().map(|init| (init.wall_ms, init.cpu_ms));
    let whole = start.invocations.iter().map(|it| (it.wall_ms, it.cpu_ms));
    let segments = start.invocations.iter().flat_map(|it| &it.segments);
    let parts = segments.map(|part| (part.wall_ms, part.cpu_ms));
    let mut times = init.chain(whole).chain(parts);
    times.all(|(wall_ms, cpu_ms)| is_possible(wall_ms) && is_possible(cpu_ms))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        case::Rival,
        judge::{
            fixture::{self, Life},
            judge,
        },
        prices::Prices,
    };

    fn possible(id: &str) -> Run {
        fixture::history(id).run
    }

    fn run(id: &str) -> Record {
        Record::Run(possible(id))
    }

    fn end(starts: u32) -> Record {
        Record::End(End {
            is_cut_short: false,
            starts,
            seconds: 1,
            troubles: Vec::new(),
        })
    }

    #[test]
    fn records_are_sorted_by_what_they_are() {
        let history = History::of([run("a"), end(3)]).expect("a run");
        assert_eq!(history.run.id, "a");
        assert_eq!(history.end.map(|end| end.starts), Some(3));
    }

    #[test]
    fn a_period_that_cannot_be_is_judged_as_the_usual_one() {
        for period_ms in [0.0, -20.0, 1e-9, 1e12, f64::NAN, f64::INFINITY] {
            let mut run = possible("a");
            run.emulation.period_ms = period_ms;
            let mut history = History::of([Record::Run(run)]).expect("a run");
            assert_eq!(history.run.emulation.period_ms, 20.0);
            assert!(history.notes.remove(0).contains("judged as one of 20 ms"));
            fixture::answer(&mut history, "a.jpg", Life::full(Rival::EDGEPIX), 20.0);
            let prices = Prices::load(None).expect("it is built in");
            assert_eq!(judge(&[history], &prices).curve.cases, 1);
        }
    }

    #[test]
    fn an_origin_that_cannot_be_is_noted() {
        let mut run = possible("a");
        assert!(History::of([Record::Run(run.clone())]).is_some_and(|it| it.notes.is_empty()));
        run.origin.mb_per_second = 0.0;
        let history = History::of([Record::Run(run)]).expect("a run");
        assert!(history.notes[0].contains("an origin that cannot be"));
    }

    #[test]
    fn a_start_with_times_that_cannot_be_is_left_out_and_noted() {
        let mut run = fixture::history("a");
        for (image, ms) in [("a.jpg", 20.0), ("b.jpg", -20.0), ("c.jpg", 1e18)] {
            fixture::answer(&mut run, image, Life::full(Rival::EDGEPIX), ms);
        }
        let starts = run.starts.into_iter().map(Record::Start);
        let records = [Record::Run(run.run)].into_iter().chain(starts);
        let history = History::of(records).expect("a run");
        assert_eq!(history.starts.len(), 1);
        let note = "Its file has 2 starts with times that cannot be, left out.";
        assert_eq!(history.notes, [note]);
    }

    #[test]
    fn records_of_no_run_are_none() {
        assert_eq!(History::of([end(3)]), None);
    }

    #[test]
    fn a_second_run_is_left_out_and_noted() {
        let history = History::of([run("a"), run("b"), end(3)]).expect("a run");
        assert_eq!(history.run.id, "a");
        assert_eq!(history.end, None);
        assert_eq!(history.notes, ["Its file goes on with another run, b."]);
    }
}
