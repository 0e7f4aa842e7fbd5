//! What Linux says of a running process: its memory and the processor time it had.

#![allow(dead_code, reason = "each benchmark uses its part of it")]

use std::{fs, io, time::Duration};

/// Memory of a process in bytes, as `/proc/PID/status` has it (proc(5)).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// The most that was ever resident.
    pub(crate) peak: u64,
    /// Resident now: what the process has written itself.
    pub(crate) anonymous: u64,
    /// Resident now: pages of files, which the system can take back.
    pub(crate) file: u64,
}

impl Memory {
    /// What the process has now, and the most it had.
    ///
    /// # Errors
    ///
    /// If it has ended.
    pub(crate) fn of(process: u32) -> io::Result<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status"))?;
        let bytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
            kilobytes
                .map(|kilobytes: u64| kilobytes << 10)
                .ok_or(io::ErrorKind::NotFound)
        };
        Ok(Self {
            peak: bytes("VmHWM:")?,
            anonymous: bytes("RssAnon:")?,
            file: bytes("RssFile:")?,
        })
    }

    /// Lets the peak begin anew from what is resident now (proc(5), `clear_refs`).
    ///
    /// # Errors
    ///
    /// If the process is somebody else's, or has ended.
    pub(crate) fn forget_peak(process: u32) -> io::Result<()> {
        fs::write(format!("/proc/{process}/clear_refs"), "5")
    }

    /// The most that was resident beside pages of files.
    pub(crate) fn anonymous_peak(&self) -> u64 {
        self.peak.saturating_sub(self.file).max(self.anonymous)
    }
}

/// Processor time that all threads of a process have had, in user and kernel mode; exact
/// while they wait.
///
/// # Errors
///
/// If it has ended, or the kernel does not count (`CONFIG_SCHED_INFO`).
pub(crate) fn processor_time(process: u32) -> io::Result<Duration> {
    let mut time = Duration::ZERO;
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        let statistics = fs::read_to_string(task?.path().join("schedstat"))?;
        let nanoseconds = statistics
            .split(' ')
            .next()
            .and_then(|first| first.parse().ok());
        time += Duration::from_nanos(nanoseconds.ok_or(io::ErrorKind::InvalidData)?);
    }
    Ok(time)
}
