//! The memory that making one image took, as the system counted it.

use std::fs;

/// A measurement under way.
#[derive(Debug)]
pub(super) struct Measurement {
    before: Option<Resident>,
}

/// What is resident now, in bytes.
#[derive(Clone, Copy, Debug)]
struct Resident {
    all: u64,
    /// Of it, pages of files: the program's own code.
    files: u64,
}

impl Measurement {
    /// Sets the system's high-water mark to what is resident now.
    pub(super) fn begin() -> Self {
        // proc(5): 5 resets the peak resident set size. Refused to some.
        let reset = fs::write("/proc/self/clear_refs", "5");
        Self {
            before: reset.ok().and_then(|()| Resident::now()),
        }
    }

    /// The most that was resident at once since [`begin`](Self::begin), less what
    /// was resident then and less the code that ran for the first time since:
    /// the plan does not count code, which the system can drop and read again.
    ///
    /// It is exact to some dozens of pages, and too low by code that first ran
    /// after the peak. `None` where the system does not tell, which is
    /// everywhere but Linux.
    pub(super) fn bytes(&self) -> Option<u64> {
        let before = self.before?;
        let code = Resident::now()?.files.saturating_sub(before.files);
        let grown = status_bytes("VmHWM:")?.saturating_sub(before.all);
        Some(grown.saturating_sub(code))
    }
}

impl Resident {
    fn now() -> Option<Self> {
        Some(Self {
            all: status_bytes("VmRSS:")?,
            files: status_bytes("RssFile:")?,
        })
    }
}

fn status_bytes(key: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}
