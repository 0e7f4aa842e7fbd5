//! Where the numbers come from: processor, cores, load. Linux tells; elsewhere
//! the fields say "unknown".

use std::{env::consts, fs, process::Command, thread, time::Duration};

use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;
use time::OffsetDateTime;

use crate::sample::Fingerprint;

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

/// What makes this machine another one than others, as far as its speed depends on it.
pub(crate) fn fingerprint() -> Fingerprint {
    let machine = Machine::look();
    let memory = field("/proc/meminfo", "MemTotal");
    let kilobytes = memory.and_then(|memory| memory.trim_end_matches(" kB").parse::<u64>().ok());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease");
    Fingerprint {
        cpu: machine.cpu,
        cores: machine.cores,
        memory_mb: kilobytes.unwrap_or(0) / 1024,
        system: machine.system,
        kernel: kernel.map_or_else(|_| "unknown".to_owned(), |kernel| kernel.trim().to_owned()),
        features: features(),
    }
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<String> {
    let all = [
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
    ];
    let there = all.iter().filter(|(_, is_there)| *is_there);
    there.map(|&(name, _)| name.to_owned()).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn features() -> Vec<String> {
    Vec::new()
}

/// The commit of the source tree, "-dirty" if it was changed; "unknown" where there is none.
pub(crate) fn commit() -> String {
    let described = Command::new("git")
        .args([
            "-C",
            env!("CARGO_MANIFEST_DIR"),
            "describe",
            "--always",
            "--dirty",
        ])
        .output()
        .ok()
        .filter(|output| output.status.success())
        .and_then(|output| String::from_utf8(output.stdout).ok());
    described.map_or("unknown".to_owned(), |commit| commit.trim().to_owned())
}

/// A time as ISO 8601 writes it within a file's name: `20261121T001500Z`.
pub(crate) fn compact(time: OffsetDateTime) -> String {
    rfc3339(time).replace(['-', ':'], "")
}

/// A time in UTC as RFC 3339 writes it: `2026-11-21T00:15:00Z`.
pub(crate) fn rfc3339(time: OffsetDateTime) -> String {
    let (date, clock) = (time.date(), time.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        clock.hour(),
        clock.minute(),
        clock.second()
    )
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
    fn a_time_is_written_for_files_and_for_records() {
        let time = OffsetDateTime::UNIX_EPOCH + Duration::from_secs(86_400 + 3661);
        assert_eq!(compact(time), "19700102T010101Z");
        assert_eq!(rfc3339(time), "1970-01-02T01:01:01Z");
    }

    #[test]
    fn the_last_core_of_a_list_may_end_a_range_or_stand_alone() {
        assert_eq!(last_of_list("0-3,8,10-11"), Some(11));
        assert_eq!(last_of_list("0,4"), Some(4));
        assert_eq!(last_of_list("0"), Some(0));
        assert_eq!(last_of_list(""), None);
    }
}
