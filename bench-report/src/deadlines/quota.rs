//! A share of a processor by Linux's control groups, version 1 or 2.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};

/// How often a share is given out; Lambda's was measured to be the same.
pub(super) const PERIOD: Duration = Duration::from_millis(20);

/// A group whose processes have a share of a processor together. It is gone with
/// its value, when no process is left in it.
pub(super) struct Quota {
    group: PathBuf,
}

impl Quota {
    /// Makes a group with this share, above 0 and at most 1.
    pub(super) fn new(share: f64) -> Result<Self> {
        let name = format!("bench-report-{}", std::process::id());
        let first = Path::new("/sys/fs/cgroup/cpu");
        let period = PERIOD.as_micros();
        let slice = PERIOD.mul_f64(share).as_micros();
        let (root, settings) =
            if first.join("cpu.cfs_quota_us").exists() || first.join("cgroup.procs").exists() {
                let settings = vec![
                    ("cpu.cfs_period_us", period.to_string()),
                    ("cpu.cfs_quota_us", slice.to_string()),
                ];
                (first, settings)
            } else {
                let settings = vec![("cpu.max", format!("{slice} {period}"))];
                (Path::new("/sys/fs/cgroup"), settings)
            };
        let group = root.join(name);
        fs::create_dir(&group).with_context(|| format!("making {}", group.display()))?;
        let quota = Self { group };
        for (file, value) in settings {
            quota.write(file, &value)?;
        }
        Ok(quota)
    }

    /// Holds a process to the share from now on.
    pub(super) fn hold(&self, process: u32) -> Result<()> {
        self.write("cgroup.procs", &process.to_string())
    }

    fn write(&self, file: &str, value: &str) -> Result<()> {
        let file = self.group.join(file);
        fs::write(&file, value).with_context(|| format!("writing {value} to {}", file.display()))
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        // Its last process has just ended, or goes back to where it came from.
        if let (Ok(processes), Some(root)) = (
            fs::read_to_string(self.group.join("cgroup.procs")),
            self.group.parent(),
        ) {
            for process in processes.lines() {
                let _ = fs::write(root.join("cgroup.procs"), process);
            }
        }
        let _ = fs::remove_dir(&self.group);
    }
}
