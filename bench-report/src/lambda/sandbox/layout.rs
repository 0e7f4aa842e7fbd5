//! The files of Linux's control groups, version 1 and 2: which of them to write to limit a function,
//! and which to read afterwards (the kernel's documentation, admin-guide/cgroup-v1/memory.rst,
//! scheduler/sched-bwc.rst and admin-guide/cgroup-v2.rst).

use std::time::Duration;

/// The two versions of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

/// Who limits; in version 2 both have their files in one folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Controller {
    Memory,
    Cpu,
}

/// A file and what to write to it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) controller: Controller,
    pub(super) file: &'static str,
    pub(super) value: String,
    pub(super) need: Need,
}

/// Whether a kernel may do without a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// There is no limit without it.
    Always,
    /// Kernels without it do not have what it turns off.
    IfThere,
}

/// A number to read: the file, and its line's first word if it has lines.
pub(super) struct Number {
    pub(super) controller: Controller,
    pub(super) file: &'static str,
    pub(super) line: Option<&'static str>,
}

impl Version {
    /// For people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::One => "control groups v1",
            Self::Two => "control groups v2",
        }
    }

    /// What limits the memory, in the order it has to be written, and clears the way for the quota.
    pub(super) fn limits(self, memory_bytes: u64, period: Duration) -> Vec<Setting> {
        use {Controller::*, Need::*};
        let set = |controller, file, value, need| Setting {
            controller,
            file,
            value,
            need,
        };
        let bytes = memory_bytes.to_string();
        let mut settings = match self {
            Self::One => vec![
                set(Memory, "memory.limit_in_bytes", bytes.clone(), Always),
                // Memory and swap together, at least the former: so there is no swap.
                set(Memory, "memory.memsw.limit_in_bytes", bytes, IfThere),
                set(
                    Cpu,
                    "cpu.cfs_period_us",
                    period.as_micros().to_string(),
                    Always,
                ),
                // Shares are not saved up.
                set(Cpu, "cpu.cfs_burst_us", "0".to_owned(), IfThere),
            ],
            Self::Two => vec![
                set(Memory, "memory.max", bytes, Always),
                set(Memory, "memory.swap.max", "0".to_owned(), IfThere),
                // All die of it together, as an environment does.
                set(Memory, "memory.oom.group", "1".to_owned(), IfThere),
                set(Cpu, "cpu.max.burst", "0".to_owned(), IfThere),
            ],
        };
        settings.push(self.quota(None, period));
        settings
    }

    /// What gives `slice` of every `period`, or all of it.
    pub(super) fn quota(self, slice: Option<Duration>, period: Duration) -> Setting {
        let slice = slice.map(|slice| slice.as_micros().to_string());
        let (file, value) = match self {
            Self::One => ("cpu.cfs_quota_us", slice.unwrap_or_else(|| "-1".to_owned())),
            Self::Two => {
                let slice = slice.unwrap_or_else(|| "max".to_owned());
                ("cpu.max", format!("{slice} {}", period.as_micros()))
            }
        };
        Setting {
            controller: Controller::Cpu,
            file,
            value,
            need: Need::Always,
        }
    }

    /// The most bytes that were charged; version 2 tells since Linux 5.19.
    pub(super) fn peak(self) -> Number {
        Number {
            controller: Controller::Memory,
            file: match self {
                Self::One => "memory.max_usage_in_bytes",
                Self::Two => "memory.peak",
            },
            line: None,
        }
    }

    /// Processes killed for want of memory.
    pub(super) fn kills(self) -> Number {
        Number {
            controller: Controller::Memory,
            file: match self {
                Self::One => "memory.oom_control",
                Self::Two => "memory.events",
            },
            line: Some("oom_kill"),
        }
    }

    /// Time held back, in [`throttled_unit`](Self::throttled_unit).
    pub(super) fn throttled(self) -> Number {
        Number {
            controller: Controller::Cpu,
            file: "cpu.stat",
            line: Some(match self {
                Self::One => "throttled_time",
                Self::Two => "throttled_usec",
            }),
        }
    }

    /// See [`throttled`](Self::throttled).
    pub(super) fn throttled_unit(self) -> Duration {
        match self {
            Self::One => Duration::from_nanos(1),
            Self::Two => Duration::from_micros(1),
        }
    }
}

impl Number {
    /// Finds it in the file's text.
    pub(super) fn find(&self, text: &str) -> Option<u64> {
        let Some(line) = self.line else {
            return text.trim().parse().ok();
        };
        text.lines()
            .filter_map(|text| text.split_once(' '))
            .find(|(name, _)| *name == line)
            .and_then(|(_, number)| number.trim().parse().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_by_their_lines_first_word_alone() {
        let text = "oom 3\noom_kill 2\noom_group_kill 1\n";
        assert_eq!(Version::Two.kills().find(text), Some(2));
        let text = "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n";
        assert_eq!(Version::One.kills().find(text), Some(5));
        assert_eq!(Version::Two.peak().find("4096\n"), Some(4096));
        let text = "nr_periods 9\nnr_throttled 4\nthrottled_time 123456789\n";
        assert_eq!(Version::One.throttled().find(text), Some(123_456_789));
    }

    #[test]
    fn a_number_that_is_not_there_is_none() {
        assert_eq!(Version::Two.throttled().find("usage_usec 5\n"), None);
        assert_eq!(Version::One.peak().find("max\n"), None);
    }
}
