//! In which order things are measured, and what still fits into the time.
//!
//! Rounds are repeated, so that whatever else the machine does befalls all alike, and each round is
//! run the other way round than the one before. All rivals do a case in one setting one after the
//! other, or none does.

use std::{collections::HashMap, time::Duration};

use crate::{
    case::{Case, Pace, Rival, Setting, WHOLE_MB, share},
    sample::Ending,
};

use super::suite::Item;

/// What a start takes at least: laying out its environment, and its end.
const AROUND: Duration = Duration::from_millis(150);

/// What a start is taken to need before anything is known of it.
const UNKNOWN: Duration = Duration::from_millis(1500);

/// A case in one setting, by all rivals.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group {
    pub(super) round: u32,
    pub(super) case: Case,
    pub(super) setting: Setting,
    /// In the order they take turns.
    pub(super) rivals: Vec<Rival>,
}

/// How often things are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rounds {
    /// At full speed.
    pub(super) full: u32,
    /// Under a quota.
    pub(super) quota: u32,
}

/// All groups in their order. The launcher of Lambda@Edge only matters for the start, so
/// [`Rival::EDGEPIX_AT_EDGE`] does the first case alone.
pub(super) fn groups(
    items: &[Item],
    rivals: &[Rival],
    memories_mb: &[u32],
    rounds: Rounds,
) -> Vec<Group> {
    let whole = [Setting {
        memory_mb: WHOLE_MB,
        pace: Pace::Full,
    }];
    let quotas: Vec<Setting> = memories_mb
        .iter()
        .map(|&memory_mb| Setting {
            memory_mb,
            pace: Pace::Quota,
        })
        .collect();
    let mut groups = Vec::new();
    for round in 0..rounds.full.max(rounds.quota) {
        if round < rounds.full {
            groups.extend(pass(items, rivals, &whole, round, |_| true));
        }
        if round < rounds.quota {
            groups.extend(pass(items, rivals, &quotas, round, |item| item.is_emulated));
        }
    }
    groups
}

fn pass(
    items: &[Item],
    rivals: &[Rival],
    settings: &[Setting],
    round: u32,
    is_wanted: impl Fn(&Item) -> bool,
) -> Vec<Group> {
    let mut groups = Vec::new();
    for (number, item) in items.iter().filter(|item| is_wanted(item)).enumerate() {
        for &setting in settings {
            let does = |rival: &&Rival| number == 0 || **rival != Rival::EDGEPIX_AT_EDGE;
            let mut rivals: Vec<Rival> = rivals.iter().filter(does).copied().collect();
            if round % 2 == 1 {
                rivals.reverse();
            }
            groups.push(Group {
                round,
                case: item.case.clone(),
                setting,
                rivals,
            });
        }
    }
    if round % 2 == 1 {
        groups.reverse();
    }
    groups
}

/// What a start took, by what it was; guesses what others will take.
#[derive(Debug, Default)]
pub(super) struct Guesses {
    known: HashMap<(Case, Rival, Setting), Duration>,
    /// Of one invocation at full speed: time, and processor time in it.
    invocations: HashMap<(Case, Rival), (Duration, Duration)>,
}

impl Guesses {
    /// Learns from a start.
    pub(super) fn learn(&mut self, start: &crate::sample::Start, took: Duration) {
        let (case, rival) = (start.case.clone(), start.rival);
        if start.setting.pace == Pace::Full
            && start.ending == Ending::Asked
            && let Some(last) = start.invocations.last()
        {
            let time = |ms: f64| Duration::from_secs_f64(ms.max(0.0) / 1e3);
            let times = (time(last.wall_ms), time(last.cpu_ms));
            self.invocations.insert((case.clone(), rival), times);
        }
        self.known.insert((case, rival, start.setting), took);
    }

    /// What a group is going to take.
    pub(super) fn of(&self, group: &Group) -> Duration {
        let rivals = group.rivals.iter();
        rivals.map(|&rival| self.one(group, rival)).sum()
    }

    fn one(&self, group: &Group, rival: Rival) -> Duration {
        let key = (group.case.clone(), rival, group.setting);
        if let Some(&took) = self.known.get(&key) {
            return took;
        }
        let Some(&(wall, cpu)) = self.invocations.get(&(key.0, rival)) else {
            return UNKNOWN;
        };
        // A cold one and a warm one, the cold with something on top.
        let held = cpu.div_f64(share(group.setting.memory_mb)) + wall.saturating_sub(cpu);
        AROUND + held.mul_f64(2.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        format::Format,
        sample::{Invocation, Start},
    };

    fn items() -> Vec<Item> {
        [("a", true), ("b", false), ("c", true)]
            .map(|(image, is_emulated)| Item {
                case: Case {
                    image: image.to_owned(),
                    width: 400,
                    format: Format::Webp,
                },
                is_emulated,
            })
            .to_vec()
    }

    fn names(groups: &[Group]) -> Vec<String> {
        let name = |group: &Group| {
            let Group { case, setting, .. } = group;
            format!("{}{}{:?}", group.round, case.image, setting.pace)
        };
        groups.iter().map(name).collect()
    }

    const RIVALS: [Rival; 3] = [Rival::EDGEPIX, Rival::EDGEPIX_AT_EDGE, Rival::SHARP];

    #[test]
    fn every_other_round_goes_backwards() {
        let rounds = Rounds { full: 2, quota: 1 };
        let groups = groups(&items(), &RIVALS, &[128], rounds);
        assert_eq!(
            names(&groups),
            [
                "0aFull", "0bFull", "0cFull", "0aQuota", "0cQuota", "1cFull", "1bFull", "1aFull"
            ]
        );
        assert_eq!(groups[1].rivals, [Rival::EDGEPIX, Rival::SHARP]);
        assert_eq!(groups[6].rivals, [Rival::SHARP, Rival::EDGEPIX]);
    }

    #[test]
    fn the_launcher_does_the_first_case_alone() {
        let rounds = Rounds { full: 1, quota: 1 };
        let groups = groups(&items(), &RIVALS, &[128], rounds);
        let launched: Vec<bool> = groups
            .iter()
            .map(|group| group.rivals.contains(&Rival::EDGEPIX_AT_EDGE))
            .collect();
        assert_eq!(launched, [true, false, false, true, false]);
    }

    fn start(setting: Setting, wall_ms: f64, cpu_ms: f64) -> Start {
        Start {
            case: items()[0].case.clone(),
            rival: Rival::SHARP,
            setting,
            round: 0,
            init: None,
            invocations: vec![Invocation {
                wall_ms,
                cpu_ms,
                ..Invocation::default()
            }],
            ending: Ending::Asked,
            peak_bytes: None,
            group_peak_bytes: None,
            throttled_ms: None,
        }
    }

    #[test]
    fn what_was_measured_once_is_expected_again() {
        let rounds = Rounds { full: 1, quota: 0 };
        let group = &groups(&items(), &[Rival::SHARP], &[], rounds)[0];
        let mut guesses = Guesses::default();
        assert_eq!(guesses.of(group), UNKNOWN);
        let took = Duration::from_secs(4);
        guesses.learn(&start(group.setting, 10.0, 10.0), took);
        assert_eq!(guesses.of(group), took);
    }

    #[test]
    fn a_share_of_a_processor_is_expected_to_take_longer() {
        let rounds = Rounds { full: 1, quota: 1 };
        let groups = groups(&items()[..1], &[Rival::SHARP], &[128], rounds);
        let mut guesses = Guesses::default();
        guesses.learn(&start(groups[0].setting, 130.0, 100.0), AROUND);
        let expected = guesses.of(&groups[1]).as_secs_f64();
        let held = 0.1 * 1769.0 / 128.0 + 0.03;
        assert!((expected - 0.15 - 2.5 * held).abs() < 1e-3, "{expected}");
    }
}
