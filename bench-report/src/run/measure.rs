//! The loop of a run: group by group, as long as there is time, and nothing that was measured is
//! lost.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use anyhow::Result;

use super::{
    progress::Progress,
    schedule::{Group, Guesses},
};
use crate::{case::Rival, sample::Start};

/// What came of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Measured {
    pub(super) starts: u32,
    /// Stopped by the user, or something was never measured for want of time.
    pub(super) is_cut_short: bool,
    /// What went wrong, in sentences.
    pub(super) troubles: Vec<String>,
}

/// Measures `groups` in their order. A group that would not end within `limit` on the clock `now` is
/// left out, with all its rivals. `keep` is given each group's starts when it is done.
pub(super) fn measure(
    groups: &[Group],
    limit: Duration,
    stop: &AtomicBool,
    now: impl Fn() -> Duration,
    mut live: impl FnMut(&Group, Rival) -> Result<Start>,
    mut keep: impl FnMut(Vec<Start>) -> Result<()>,
    progress: &mut Progress,
) -> Measured {
    let mut measured = Measured::default();
    let mut troubles = BTreeSet::new();
    let mut guesses = Guesses::default();
    // By case and setting: what was measured at least once, and what never had the time.
    let (mut done, mut left_out) = (BTreeSet::new(), BTreeSet::new());
    for (number, group) in groups.iter().enumerate() {
        let key = (group.case.clone(), group.setting);
        let guess = guesses.of(group);
        if now() + guess > limit {
            left_out.insert(key);
            continue;
        }
        let rest: Duration = groups[number..].iter().map(|group| guesses.of(group)).sum();
        let left = rest.min(limit.saturating_sub(now()));
        let mut starts = Vec::new();
        for &rival in &group.rivals {
            if stop.load(Ordering::SeqCst) {
                break;
            }
            let memory = group.setting.memory_mb;
            let what = format!("{rival}, {} at {memory} MB", group.case);
            progress.say(number, groups.len(), left, &what);
            let began = now();
            match live(group, rival) {
                Ok(start) => {
                    guesses.learn(&start, now().saturating_sub(began));
                    starts.push(start);
                }
                Err(why) => {
                    troubles.insert(format!("{what}: {why:#}"));
                }
            }
        }
        measured.starts += u32::try_from(starts.len()).unwrap_or(u32::MAX);
        // A half-measured group is worth keeping, too.
        if let Err(why) = keep(starts) {
            troubles.insert(format!("{why:#}"));
        }
        if stop.load(Ordering::SeqCst) {
            measured.is_cut_short = true;
            break;
        }
        done.insert(key);
    }
    let never: Vec<_> = left_out.difference(&done).collect();
    if let Some((case, setting)) = never.first() {
        measured.is_cut_short = true;
        let memory = setting.memory_mb;
        troubles.insert(match never.len() {
            1 => format!("there was no time for {case} at {memory} MB"),
            all => {
                format!("there was no time for {all} comparisons, such as {case} at {memory} MB")
            }
        });
    }
    measured.troubles = troubles.into_iter().collect();
    measured
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use anyhow::bail;

    use super::*;
    use crate::{
        case::{Case, Pace, Setting},
        format::Format,
        sample::Ending,
    };

    fn group(image: &str) -> Group {
        Group {
            round: 0,
            case: Case {
                image: image.to_owned(),
                width: 400,
                format: Format::Webp,
            },
            setting: Setting {
                memory_mb: 128,
                pace: Pace::Quota,
            },
            rivals: vec![Rival::EDGEPIX, Rival::SHARP],
        }
    }

    fn start(group: &Group, rival: Rival) -> Start {
        Start {
            case: group.case.clone(),
            rival,
            setting: group.setting,
            round: group.round,
            init: None,
            invocations: Vec::new(),
            ending: Ending::Asked,
            peak_bytes: None,
            group_peak_bytes: None,
            throttled_ms: None,
        }
    }

    /// Measures groups of which each start takes a second, and says what was kept.
    fn measured(
        groups: &[Group],
        limit_seconds: u64,
        stop_after: u32,
        fails: &str,
    ) -> (Measured, Vec<String>) {
        let (clock, stop) = (Cell::new(Duration::ZERO), AtomicBool::new(false));
        let kept = RefCell::new(Vec::new());
        let mut lives = 0;
        let measured = measure(
            groups,
            Duration::from_secs(limit_seconds),
            &stop,
            || clock.get(),
            |group, rival| {
                clock.set(clock.get() + Duration::from_secs(1));
                lives += 1;
                if lives == stop_after {
                    stop.store(true, Ordering::SeqCst);
                }
                if group.case.image == fails {
                    bail!("it failed");
                }
                Ok(start(group, rival))
            },
            |starts| {
                let names = starts
                    .iter()
                    .map(|start| format!("{} {}", start.rival, start.case.image));
                kept.borrow_mut().extend(names);
                Ok(())
            },
            &mut Progress::silent(),
        );
        (measured, kept.into_inner())
    }

    #[test]
    fn all_groups_are_measured_where_there_is_time() {
        let (measured, kept) = measured(&[group("a"), group("b")], 100, 0, "");
        assert_eq!(kept, ["edgepix a", "sharp a", "edgepix b", "sharp b"]);
        assert_eq!(measured.starts, 4);
        assert!(!measured.is_cut_short && measured.troubles.is_empty());
    }

    #[test]
    fn what_would_not_end_in_time_is_left_out_by_all_rivals_and_said() {
        let (measured, kept) = measured(&[group("a"), group("b")], 4, 0, "");
        assert_eq!(kept, ["edgepix a", "sharp a"]);
        assert!(measured.is_cut_short);
        assert_eq!(
            measured.troubles,
            ["there was no time for b -> 400 webp at 128 MB"]
        );
    }

    #[test]
    fn another_round_that_does_not_fit_is_no_loss() {
        let (measured, kept) = measured(&[group("a"), group("a"), group("a")], 4, 0, "");
        assert_eq!(kept.len(), 4);
        assert!(!measured.is_cut_short, "{measured:?}");
    }

    #[test]
    fn what_was_measured_before_a_stop_is_kept() {
        let (measured, kept) = measured(&[group("a"), group("b")], 100, 3, "");
        assert_eq!(kept, ["edgepix a", "sharp a", "edgepix b"]);
        assert!(measured.is_cut_short);
    }

    #[test]
    fn a_start_that_fails_is_said_and_the_rest_goes_on() {
        let (measured, kept) = measured(&[group("a"), group("b")], 100, 0, "a");
        assert_eq!(kept, ["edgepix b", "sharp b"]);
        assert_eq!(measured.troubles.len(), 2);
        assert!(measured.troubles[0].contains("it failed"));
    }
}
