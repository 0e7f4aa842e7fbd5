//! Which cores a thread may run on. New threads may run where the one that starts them may.

use anyhow::{Context, Result, ensure};
use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    unistd::Pid,
};

/// The calling thread.
const THIS_THREAD: Pid = Pid::from_raw(0);

/// Keeps the calling thread, and all that it starts from now on, off `core`, so that the origin and
/// the Runtime API take no time from the function that runs there. To be called before the first
/// other thread is started. Where there is no other core, nothing changes, and what they take shows
/// in the times on the wall.
///
/// # Errors
///
/// If the system does not allow it.
pub(crate) fn leave_core(core: u32) -> Result<()> {
    let mut cores = sched_getaffinity(THIS_THREAD).context("asking which cores there are")?;
    ensure!(
        cores.is_set(index(core)).unwrap_or(false),
        "{}",
        unknown(core)
    );
    cores.unset(index(core)).with_context(|| unknown(core))?;
    if (0..CpuSet::count()).any(|core| cores.is_set(core).unwrap_or(false)) {
        sched_setaffinity(THIS_THREAD, &cores)
            .with_context(|| format!("leaving core {core} to the function"))?;
    }
    Ok(())
}

/// Keeps the calling thread, and the program that it may become, on `core` alone.
///
/// # Errors
///
/// If there is no such core, or it is not for this process.
pub(super) fn keep_to(core: u32) -> Result<()> {
    let mut cores = CpuSet::new();
    cores.set(index(core)).with_context(|| unknown(core))?;
    sched_setaffinity(THIS_THREAD, &cores).with_context(|| unknown(core))
}

fn index(core: u32) -> usize {
    core.try_into().unwrap_or(usize::MAX)
}

fn unknown(core: u32) -> String {
    format!("this machine has no core {core} for us")
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn cores() -> Vec<usize> {
        let cores = sched_getaffinity(THIS_THREAD).expect("a thread runs somewhere");
        (0..CpuSet::count())
            .filter(|&core| cores.is_set(core).expect("it is below the count"))
            .collect()
    }

    #[test]
    fn threads_that_are_started_afterwards_keep_to_the_other_cores() {
        // In a thread of its own, for the sake of the other tests.
        thread::spawn(|| {
            let before = cores();
            let last = before[before.len() - 1];
            leave_core(u32::try_from(last).expect("few cores")).expect("it is ours");
            let after = thread::spawn(cores).join().expect("no panic");
            let others: Vec<_> = before
                .iter()
                .copied()
                .filter(|&core| core != last)
                .collect();
            assert_eq!(after, if others.is_empty() { before } else { others });
        })
        .join()
        .expect("no panic");
    }

    #[test]
    fn a_core_that_is_not_there_is_refused_by_its_number() {
        for core in [1000, u32::MAX] {
            let error = keep_to(core).expect_err("no machine has as many");
            assert!(
                format!("{error:#}").contains(&core.to_string()),
                "{error:#}"
            );
        }
    }
}
