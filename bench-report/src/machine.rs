//! Where the numbers come from: processor, cores, load. Linux tells; elsewhere
//! the fields say "unknown".

use std::{env::consts, fs, thread, time::Duration};

use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

/// The machine of a run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) system: String,
    /// Processes running or waiting, averaged over the minute before.
    pub(crate) load: String,
}

impl Machine {
    /// Looks at this machine.
    pub(crate) fn look() -> Self {
        let unknown = || "unknown".to_owned();
        Self {
            cpu: field("/proc/cpuinfo", "model name").unwrap_or_else(unknown),
            cores: thread::available_parallelism().map_or(1, usize::from),
            system: format!("{} {}", consts::OS, consts::ARCH),
            load: load().unwrap_or_else(unknown),
        }
    }
}

/// The load average of the last minute, as the system writes it.
pub(crate) fn load() -> Option<String> {
    let loads = fs::read_to_string("/proc/loadavg").ok()?;
    loads.split(' ').next().map(str::to_owned)
}

/// The last core this process may run on, or 0. Core 0 usually serves the
/// machine's interrupts, so the last one is the quietest guess.
pub(crate) fn last_core() -> u32 {
    field("/proc/self/status", "Cpus_allowed_list")
        .and_then(|list| last_of_list(&list))
        .unwrap_or(0)
}

/// User and system time of every thread so far, the sum that getrusage gives
/// to the other side.
pub(crate) fn process_cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).expect("CPU time is never negative"),
        u32::try_from(time.tv_nsec).expect("there are 10^9 nanoseconds in a second"),
    )
}

/// The last number of a list such as "0-3,8,10-11".
fn last_of_list(list: &str) -> Option<u32> {
    list.rsplit([',', '-']).next()?.trim().parse().ok()
}

/// The first value called `name` in one of the kernel's "name : value" files.
fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_core_of_a_list_may_end_a_range_or_stand_alone() {
        assert_eq!(last_of_list("0-3,8,10-11"), Some(11));
        assert_eq!(last_of_list("0,4"), Some(4));
        assert_eq!(last_of_list("0"), Some(0));
        assert_eq!(last_of_list(""), None);
    }
}
