//! What Linux tells of a process (proc(5)).

use std::fs;

/// Pages that came from the disk for it and the threads it has had (`/proc/PID/stat`, field 12,
/// `majflt`).
pub(super) fn major_faults(process: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    faults_of_stat(&stat)
}

/// The most resident memory it has had, in bytes (`/proc/PID/status`, `VmHWM`); a process that has
/// ended has none any more.
pub(super) fn peak_bytes(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    peak_of_status(&status)
}

/// The program's name comes second, in brackets, and may have spaces and brackets in it.
fn faults_of_stat(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(12 - 3)?.parse().ok()
}

fn peak_of_status(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn major_faults_are_found_behind_a_name_of_any_kind() {
        let stat = "4242 (a) b (c) S 1 4242 4242 0 -1 4194304 1001 0 17 0 5 6 0 0 20";
        assert_eq!(faults_of_stat(stat), Some(17));
        assert_eq!(faults_of_stat("4242 (sh) S 1"), None);
    }

    #[test]
    fn the_peak_is_in_bytes() {
        let status = "Name:\tsh\nVmPeak:\t  9000 kB\nVmHWM:\t    1736 kB\nVmRSS:\t 1700 kB\n";
        assert_eq!(peak_of_status(status), Some(1736 * 1024));
        assert_eq!(peak_of_status("Name:\tsh\nState:\tZ (zombie)\n"), None);
    }

    #[test]
    fn a_process_that_runs_has_both_and_one_that_does_not_has_neither() {
        let this = std::process::id();
        assert!(major_faults(this).is_some());
        assert!(peak_bytes(this).is_some_and(|bytes| bytes > 0));
        assert_eq!(major_faults(u32::MAX), None);
        assert_eq!(peak_bytes(u32::MAX), None);
    }
}
