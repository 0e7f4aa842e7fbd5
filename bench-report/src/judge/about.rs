//! Where a run's numbers come from, and what was assumed.

use std::collections::BTreeSet;

use super::{history::History, report::About, words};
use crate::{
    case::Pace,
    prices::Prices,
    sample::{Artefact, Fingerprint},
};

/// The report's head.
pub(crate) fn about(history: &History, prices: &Prices) -> About {
    let run = &history.run;
    About {
        run: run.id.clone(),
        date: date(&run.began),
        commit: run.commit.clone(),
        machine: machine(&run.machine),
        artefacts: run.artefacts.iter().map(artefact).collect(),
        assumptions: assumptions(history, prices),
        starts: history.starts.len(),
        invocations: history
            .starts
            .iter()
            .map(|start| start.invocations.len())
            .sum(),
    }
}

/// `2026-11-21T00:15:00Z` for people; anything else as it is.
pub(crate) fn date(began: &str) -> String {
    match began.split_once('T') {
        Some((day, time)) if began.ends_with('Z') && time.is_ascii() && time.len() >= 6 => {
            format!("{day} {} UTC", &time[..5])
        }
        _ => began.to_owned(),
    }
}

/// A machine in one line.
pub(crate) fn machine(machine: &Fingerprint) -> String {
    format!(
        "{}, {}, {} MB, {}, kernel {}",
        machine.cpu,
        words::counted(machine.cores, "core"),
        machine.memory_mb,
        machine.system,
        machine.kernel
    )
}

fn artefact(artefact: &Artefact) -> String {
    // Programs often say their name with their version.
    let mut text = if artefact.version.starts_with(&artefact.name) {
        artefact.version.clone()
    } else {
        format!("{}: {}", artefact.name, artefact.version)
    };
    if let Some(bytes) = artefact.bytes {
        text += &format!(", {bytes} bytes");
    }
    if let Some(hash) = &artefact.sha256 {
        let short: String = hash.chars().take(12).collect();
        text += &format!(", sha256 {short}");
    }
    text
}

/// What the functions that the model is made from were told of their memory, which is what edgepix
/// plans by.
fn told_mb(history: &History) -> String {
    let starts = history.starts.iter().map(|start| start.setting);
    let full = starts.filter(|setting| setting.pace == Pace::Full);
    let memories: BTreeSet<u32> = full.map(|setting| setting.memory_mb).collect();
    let memories: Vec<String> = memories.iter().map(u32::to_string).collect();
    match memories.as_slice() {
        [] => "The model has nothing to go by: there was no start at full speed.".to_owned(),
        _ => format!(
            "What the model is made from ran with {} MB; a function that plans by its memory may do \
             otherwise with less.",
            memories.join(", ")
        ),
    }
}

fn assumptions(history: &History, prices: &Prices) -> Vec<String> {
    let emulation = &history.run.emulation;
    let origin = &history.run.origin;
    vec![
        format!(
            "A function has memory / 1769 MB of a processor, given out every {} ms; while it \
             initialises it has a whole one.",
            emulation.period_ms
        ),
        if emulation.groups.starts_with("none") {
            "Nothing was emulated: no quota and no memory limit was real.".to_owned()
        } else {
            format!(
                "Emulated: measured under such a quota and a memory limit of the setting less {} MB \
                 ({}).",
                emulation.overhead_mb, emulation.groups
            )
        },
        "Model: processor time and waits measured at full speed, the rest arithmetic. It knows no \
         memory limit: who would be killed, only emulation says."
            .to_owned(),
        told_mb(history),
        format!(
            "The origin answers after {} ms with {} MB/s; a round trip takes {} ms.",
            origin.first_byte_ms, origin.mb_per_second, origin.round_trip_ms
        ),
        "Every case weighs the same, however often it was measured. A p99 is told from 300 \
         samples on."
            .to_owned(),
        format!(
            "Costs are of warm misses, without transfer and storage, at prices of {} ({}).",
            prices.date, prices.source
        ),
        "Lambda@Edge and x86_64 are costed at the speed measured here, arm64 at the same speed: \
         its own was not measured."
            .to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_told_to_the_minute_and_a_strange_one_as_it_is() {
        assert_eq!(date("2026-11-21T00:15:07Z"), "2026-11-21 00:15 UTC");
        assert_eq!(date("yesterday"), "yesterday");
        assert_eq!(date("Té1234Z"), "Té1234Z");
    }
}
