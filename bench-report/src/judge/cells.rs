//! What came of each case, by rival, source and memory.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use super::{
    Latency,
    history::History,
    report::{Fate, Source},
};
use crate::{
    case::{Case, Pace, Rival},
    format::Side,
    sample::{Answer, Ending, Invocation, Made, Part, Segment, Start},
    stats::median,
};

/// The settings that the model is asked for: the least, those that people choose by folklore, and
/// a whole processor.
pub(crate) const MODELLED_MB: [u32; 6] = [128, 256, 384, 512, 1024, 1769];

/// Where a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key<'a> {
    pub(crate) case: &'a Case,
    pub(crate) rival: Rival,
    pub(crate) source: Source,
    pub(crate) memory_mb: u32,
}

/// What all starts of a case in one setting came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Cell {
    /// Warm misses that were answered with the right image.
    pub(crate) warm_ms: Vec<f64>,
    /// Initialisations with their first answers, where that was the right image.
    pub(crate) cold_ms: Vec<f64>,
    /// The worst that happened.
    trouble: Option<Fate>,
}

/// All cells of a run.
pub(crate) type Cells<'a> = BTreeMap<Key<'a>, Cell>;

impl Cell {
    /// What became of the case. One kill is enough: a function that is killed now and then is
    /// nothing to rely on.
    pub(crate) fn fate(&self) -> Fate {
        self.fate_over(&self.warm_ms)
    }

    /// The same, over the cold starts with their first answers.
    pub(crate) fn cold_fate(&self) -> Fate {
        self.fate_over(&self.cold_ms)
    }

    fn fate_over(&self, times: &[f64]) -> Fate {
        match (&self.trouble, median(times)) {
            (Some(trouble), _) => trouble.clone(),
            (None, Some(p50_ms)) => Fate::Answered {
                p50_ms,
                samples: times.len(),
            },
            (None, None) => Fate::Unknown,
        }
    }

    /// Whether all starts answered with the right image, and warm ones are among the answers.
    pub(crate) fn is_answered(&self) -> bool {
        self.trouble.is_none() && !self.warm_ms.is_empty()
    }

    /// Whether it was tried in vain.
    pub(crate) fn is_failed(&self) -> bool {
        self.trouble.is_some()
    }

    /// Whether it came to anything, good or bad.
    pub(crate) fn is_tried(&self) -> bool {
        self.is_answered() || self.is_failed()
    }

    fn suffer(&mut self, trouble: Fate) {
        let weight = |fate: &Fate| match fate {
            Fate::Killed => 3,
            Fate::Late => 2,
            Fate::Failed(_) => 1,
            Fate::Answered { .. } | Fate::Unknown => 0,
        };
        if self
            .trouble
            .as_ref()
            .is_none_or(|worst| weight(worst) < weight(&trouble))
        {
            self.trouble = Some(trouble);
        }
    }
}

/// The results of a run, to ask whether an answer was right.
pub(crate) struct Looked<'a>(HashMap<(&'a Case, Side, &'a str), &'a Made>);

impl<'a> Looked<'a> {
    pub(crate) fn of(history: &'a History) -> Self {
        let made = history.made.iter();
        Self(
            made.map(|made| ((&made.case, made.rival.side, made.sha256.as_str()), made))
                .collect(),
        )
    }

    /// What an answer's bytes are, if it has any and they were looked at. However a side was
    /// started, the same bytes are the same result.
    pub(crate) fn made(&self, start: &Start, answer: &Answer) -> Option<&'a Made> {
        match answer {
            Answer::Image { sha256, .. } => {
                let key = (&start.case, start.rival.side, sha256.as_str());
                self.0.get(&key).copied()
            }
            Answer::Original { .. } | Answer::Error { .. } | Answer::None => None,
        }
    }

    /// Whether an answer is an image, and not known to be another than was asked for. One that nobody
    /// looked at, since the run was stopped before, took its time all the same: it counts, and is
    /// told as a doubt.
    pub(crate) fn is_right(&self, start: &Start, answer: &Answer) -> bool {
        matches!(answer, Answer::Image { .. }) && self.fault(start, answer).is_none()
    }

    /// Why an answer is wrong; none if it is right, or nobody looked at it.
    fn fault(&self, start: &Start, answer: &Answer) -> Option<String> {
        match answer {
            Answer::Image { .. } => {
                let why = self.made(start, answer)?.looks.as_ref().err()?;
                Some(format!("a wrong image: {why}"))
            }
            Answer::Original { why } => Some(format!("the original came back: {why}")),
            Answer::Error { why } => Some(why.clone()),
            Answer::None => Some("no answer".to_owned()),
        }
    }

    /// What went wrong in a start, if something did.
    fn trouble(&self, start: &Start) -> Option<Fate> {
        match &start.ending {
            Ending::Killed => return Some(Fate::Killed),
            Ending::Late { .. } => return Some(Fate::Late),
            Ending::Died { why } => return Some(Fate::Failed(why.clone())),
            Ending::Asked => {}
        }
        let mut answers = start.invocations.iter().map(|made| &made.answer);
        answers
            .find_map(|answer| self.fault(start, answer))
            .map(Fate::Failed)
    }
}

/// Warm invocations of a start that were answered with the right image.
pub(crate) fn warm<'a>(
    looked: &Looked<'_>,
    start: &'a Start,
) -> impl Iterator<Item = &'a Invocation> {
    let invocations = start.invocations.iter().skip(1);
    invocations.filter(move |invocation| looked.is_right(start, &invocation.answer))
}

/// An invocation's parts. One that was not cut is one part.
pub(crate) fn segments(made: &Invocation) -> Cow<'_, [Segment]> {
    if made.segments.is_empty() {
        Cow::Owned(vec![Segment {
            part: Part::Finish,
            wall_ms: made.wall_ms,
            cpu_ms: made.cpu_ms,
        }])
    } else {
        Cow::Borrowed(&made.segments)
    }
}

/// Fills the cells of a run. Starts at full speed go to the model's, at every memory; those under
/// a quota to the emulated ones, at theirs.
pub(crate) fn cells<'a>(history: &'a History, looked: &Looked<'_>, latency: Latency) -> Cells<'a> {
    let period_ms = history.run.emulation.period_ms;
    let mut cells = Cells::new();
    for start in &history.starts {
        let mut add = |source, memory_mb, time: &dyn Fn(&Invocation) -> f64| {
            let key = Key {
                case: &start.case,
                rival: start.rival,
                source,
                memory_mb,
            };
            let cell = cells.entry(key).or_default();
            if let Some(trouble) = looked.trouble(start) {
                cell.suffer(trouble);
            }
            cell.warm_ms.extend(warm(looked, start).map(time));
            if let (Some(init), Some(first)) = (start.init, start.invocations.first())
                && looked.is_right(start, &first.answer)
            {
                cell.cold_ms.push(init.wall_ms + time(first));
            }
        };
        match start.setting.pace {
            Pace::Quota => add(Source::Emulated, start.setting.memory_mb, &|made| {
                made.wall_ms
            }),
            Pace::Full => {
                for memory_mb in MODELLED_MB {
                    add(Source::Model, memory_mb, &|made| {
                        latency(&segments(made), memory_mb, period_ms)
                    });
                }
            }
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::fixture::{self, Life};

    fn cell(history: &History, rival: Rival, source: Source, memory_mb: u32) -> Cell {
        let looked = Looked::of(history);
        let cells = cells(history, &looked, |segments, _, _| {
            segments.iter().map(|segment| segment.wall_ms).sum()
        });
        let key = Key {
            case: &history.starts[0].case,
            rival,
            source,
            memory_mb,
        };
        cells.get(&key).cloned().unwrap_or_default()
    }

    #[test]
    fn the_first_answer_is_cold_and_the_others_warm() {
        let mut history = fixture::history("a");
        fixture::answer(
            &mut history,
            "a.jpg",
            Life::quota(Rival::EDGEPIX, 128),
            100.0,
        );
        let cell = cell(&history, Rival::EDGEPIX, Source::Emulated, 128);
        assert_eq!(cell.cold_ms, [16.0 + 150.0]);
        assert_eq!(cell.warm_ms.len(), 7);
    }

    #[test]
    fn a_wrong_image_is_no_sample() {
        let mut history = fixture::history("a");
        let life = Life::quota(Rival::EDGEPIX, 128);
        fixture::mistake(&mut history, "a.jpg", life, "it is grey");
        let cell = cell(&history, Rival::EDGEPIX, Source::Emulated, 128);
        assert_eq!((cell.warm_ms.len(), cell.cold_ms.len()), (0, 0));
        assert_eq!(
            cell.fate(),
            Fate::Failed("a wrong image: it is grey".to_owned())
        );
    }

    #[test]
    fn the_same_bytes_are_right_however_the_side_was_started() {
        let mut history = fixture::history("a");
        fixture::answer(&mut history, "a.jpg", Life::full(Rival::EDGEPIX), 10.0);
        fixture::answer(
            &mut history,
            "a.jpg",
            Life::full(Rival::EDGEPIX_AT_EDGE),
            10.0,
        );
        assert_eq!(history.made.len(), 1);
        let cell = cell(&history, Rival::EDGEPIX_AT_EDGE, Source::Model, 1769);
        assert!(cell.is_answered());
    }

    #[test]
    fn an_invocation_that_was_not_cut_is_one_part() {
        let mut history = fixture::history("a");
        fixture::answer(&mut history, "a.jpg", Life::full(Rival::EDGEPIX), 10.0);
        for invocation in &mut history.starts[0].invocations {
            invocation.segments.clear();
        }
        let cell = cell(&history, Rival::EDGEPIX, Source::Model, 1769);
        assert_eq!(median(&cell.warm_ms), Some(10.0));
    }
}
