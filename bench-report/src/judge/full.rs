//! What was seen of a case at full speed: processor time, stages, results.

use std::collections::BTreeMap;

use super::{
    cells::{Looked, warm},
    history::History,
};
use crate::{
    case::{Case, Pace, Rival},
    sample::Made,
};

/// One case by one rival.
#[derive(Clone, Debug, Default)]
pub(crate) struct Full<'a> {
    /// Processor time of warm misses answered with the right image.
    pub(crate) cpu_ms: Vec<f64>,
    /// The same by the engine's stages.
    pub(crate) stages_ms: BTreeMap<&'a str, Vec<f64>>,
    /// What it answered with, and how often; right or not.
    results: Vec<(&'a Made, usize)>,
}

impl<'a> Full<'a> {
    /// The result it made most often.
    pub(crate) fn made(&self) -> Option<&'a Made> {
        let most = self.results.iter().rev().max_by_key(|(_, times)| times);
        most.map(|(made, _)| *made)
    }
}

/// All starts of a run at full speed, by case and rival.
pub(crate) fn full<'a>(
    history: &'a History,
    looked: &Looked<'a>,
) -> BTreeMap<(&'a Case, Rival), Full<'a>> {
    let mut all: BTreeMap<_, Full<'a>> = BTreeMap::new();
    let starts = history.starts.iter();
    for start in starts.filter(|start| start.setting.pace == Pace::Full) {
        let full = all.entry((&start.case, start.rival)).or_default();
        for invocation in warm(looked, start) {
            full.cpu_ms.push(invocation.cpu_ms);
            for (stage, &ms) in &invocation.stages_ms {
                full.stages_ms.entry(stage).or_default().push(ms);
            }
        }
        for made in start
            .invocations
            .iter()
            .filter_map(|i| looked.made(start, &i.answer))
        {
            match full
                .results
                .iter_mut()
                .find(|(known, _)| std::ptr::eq(*known, made))
            {
                Some((_, times)) => *times += 1,
                None => full.results.push((made, 1)),
            }
        }
    }
    all
}
