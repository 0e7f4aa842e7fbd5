//! The history of each machine. Runs on different machines are never joined.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    about,
    cells::Looked,
    full::full,
    history::History,
    report::{Lane, Mark},
    shared_cases::shared_cases,
    words,
};
use crate::{
    case::{Case, Rival},
    sample::Fingerprint,
    stats::{geometric_mean, median},
};

/// What makes a machine another: processor, cores and system. Neither its kernel nor the memory it
/// finds is in it: an update of the one changes the other, and would end every line.
type Key<'a> = (&'a str, usize, &'a str);

/// A run's processor time of a warm miss, by case.
type Times<'a> = BTreeMap<&'a Case, f64>;

/// One lane per machine, in the order of their first runs; marks by rival and run. A rival's marks
/// are over the cases that all its runs in the lane have; a run with fewer than half the cases of
/// the fullest has none.
pub(crate) fn lanes(runs: &[History]) -> Vec<Lane> {
    let mut machines: Vec<Key<'_>> = Vec::new();
    for run in runs {
        let machine = key(&run.run.machine);
        if !machines.contains(&machine) {
            machines.push(machine);
        }
    }
    machines
        .into_iter()
        .map(|machine| {
            let here = runs.iter().filter(|run| key(&run.run.machine) == machine);
            Lane {
                machine: name(machine),
                marks: marks(&here.collect::<Vec<_>>()),
            }
        })
        .collect()
}

fn key(machine: &Fingerprint) -> Key<'_> {
    (&machine.cpu, machine.cores, &machine.system)
}

fn name((cpu, cores, system): Key<'_>) -> String {
    format!("{cpu}, {}, {system}", words::counted(cores, "core"))
}

fn marks(runs: &[&History]) -> Vec<Mark> {
    let mut rivals: BTreeMap<Rival, BTreeMap<usize, Times<'_>>> = BTreeMap::new();
    for (index, run) in runs.iter().enumerate() {
        for ((case, rival), full) in full(run, &Looked::of(run)) {
            if let Some(cpu_ms) = median(&full.cpu_ms) {
                let runs = rivals.entry(rival).or_default();
                runs.entry(index).or_default().insert(case, cpu_ms);
            }
        }
    }
    let mut marks = Vec::new();
    for (rival, times) in rivals {
        let sets: BTreeMap<usize, BTreeSet<&Case>> = times
            .iter()
            .map(|(&index, times)| (index, times.keys().copied().collect()))
            .collect();
        let (kept, cases) = shared_cases(&sets);
        for index in kept {
            let of_cases = cases.iter().filter_map(|case| times[&index].get(case));
            let of_cases: Vec<f64> = of_cases.copied().collect();
            if let Some(cpu_ms) = geometric_mean(&of_cases) {
                let run = &runs[index].run;
                marks.push(Mark {
                    run: run.id.clone(),
                    commit: run.commit.clone(),
                    date: about::date(&run.began),
                    rival,
                    cpu_ms,
                    cases: of_cases.len(),
                });
            }
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::fixture::{self, Life};

    fn run(id: &str, times: &[(&str, f64)]) -> History {
        let mut history = fixture::history(id);
        for (image, ms) in times {
            fixture::answer(&mut history, image, Life::full(Rival::EDGEPIX), *ms);
        }
        history
    }

    #[test]
    fn runs_on_two_machines_are_two_lanes() {
        let mut elsewhere = run("b", &[("a.jpg", 10.0)]);
        elsewhere.run.machine = fixture::machine("Another");
        let lanes = lanes(&[run("a", &[("a.jpg", 10.0)]), elsewhere]);
        assert_eq!(lanes.len(), 2);
        assert!(lanes.iter().all(|lane| lane.marks.len() == 1));
    }

    #[test]
    fn an_update_of_the_kernel_does_not_end_a_lane() {
        let mut later = run("b", &[("a.jpg", 10.0)]);
        later.run.machine.kernel = "6.2".to_owned();
        later.run.machine.memory_mb -= 3;
        let lanes = lanes(&[run("a", &[("a.jpg", 10.0)]), later]);
        assert_eq!(lanes.len(), 1);
        assert_eq!(lanes[0].machine, "A Processor, 2 cores, linux x86_64");
        assert_eq!(lanes[0].marks.len(), 2);
    }

    #[test]
    fn a_lane_compares_only_the_cases_that_all_its_runs_have() {
        let first = run("a", &[("a.jpg", 10.0), ("b.jpg", 1000.0)]);
        let second = run("b", &[("a.jpg", 20.0)]);
        let lanes = lanes(&[first, second]);
        let times: Vec<f64> = lanes[0].marks.iter().map(|mark| mark.cpu_ms).collect();
        assert_eq!(lanes[0].marks[0].cases, 1);
        assert!(
            (times[0] - 9.0).abs() < 1e-9 && (times[1] - 18.0).abs() < 1e-9,
            "{times:?}"
        );
    }
}
