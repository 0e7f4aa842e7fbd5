//! An environment's limits: control groups of its own, made for one start and gone after it.
//!
//! Whoever needs a little more memory than there is, is not killed at once: Linux takes the pages of
//! its program from it, which then come from the disk again and again. Node.js with sharp, 15 MP of
//! progressive JPEG and 128 MB had 104 of its 116 MB for itself, 0.15 MB of its program in memory and
//! 200 major faults each second, for 12 s and more, even with a whole processor. So what is too large
//! for an environment may be late or killed, from one run to the next.

mod layout;
mod place;

use std::{
    fs, io,
    path::{Path, PathBuf},
    process,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use layout::{Controller, Need, Number, Setting, Version};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use place::Place;

/// MB of a function's memory that its process does not get. A function that does nothing is said to
/// use 15 MB (CloudWatch's "Max Memory Used" for Rust, maxday/lambda-perf), of which 3 are its own.
pub(super) const OVERHEAD_MB: u32 = 12;

/// Where Linux has them, as far as anyone knows.
const ROOT: &str = "/sys/fs/cgroup";

/// How the groups' names begin; their maker's process and a number follow.
const PREFIX: &str = "bench-report-life-";

/// The kernel gives out no smaller slices (`min_cfs_quota_period`).
const LEAST_SLICE: Duration = Duration::from_millis(1);

/// How long a group may take to become empty once all its processes are killed.
const EMPTYING: Duration = Duration::from_secs(5);

/// The machine's control groups.
#[derive(Clone, Debug)]
pub(super) struct Hierarchy {
    version: Version,
    memory: PathBuf,
    cpu: PathBuf,
    /// Version 2's group that the limits are under, which is put back with the last who uses it.
    _place: Option<Arc<Place>>,
}

impl Hierarchy {
    /// Finds those that we may use, by using them, and removes what killed runs have left.
    ///
    /// # Errors
    ///
    /// Why there are none, as the end of a sentence.
    pub(super) fn find() -> Result<Self, String> {
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let hierarchy = Self::look(Path::new(ROOT), &own)?;
        hierarchy.sweep();
        Sandbox::new(&hierarchy, 2 * OVERHEAD_MB, Duration::from_millis(20))
            .and_then(|sandbox| sandbox.hold(1.0))
            .map_err(|error| format!("a trial failed: {error:#}"))?;
        Ok(hierarchy)
    }

    /// `own` is what Linux says of our groups (cgroups(7), `/proc/PID/cgroup`).
    fn look(root: &Path, own: &str) -> Result<Self, String> {
        let one = Self {
            version: Version::One,
            memory: root.join("memory"),
            cpu: root.join("cpu"),
            _place: None,
        };
        let is_there = |folder: &Path| folder.join("cgroup.procs").exists();
        if is_there(&one.memory) && is_there(&one.cpu) {
            return Ok(one);
        }
        let place = Place::find(root, own)?;
        Ok(Self {
            version: Version::Two,
            memory: place.group().to_owned(),
            cpu: place.group().to_owned(),
            _place: Some(Arc::new(place)),
        })
    }

    /// For people: which version.
    pub(super) fn name(&self) -> &'static str {
        self.version.name()
    }

    fn root(&self, controller: Controller) -> &Path {
        match controller {
            Controller::Memory => &self.memory,
            Controller::Cpu => &self.cpu,
        }
    }

    /// Removes the empty groups of processes that are no more. Who made one may run in another
    /// namespace, where numbers are others: then its functions are in it, and it is left alone.
    /// Functions whose maker was killed end with it.
    fn sweep(&self) {
        for root in self.folders(Path::new("")) {
            let entries = fs::read_dir(&root).into_iter().flatten().flatten();
            for group in entries.map(|entry| entry.path()) {
                if maker(&group).is_some_and(|process| !is_running(process))
                    && !has_processes(&group)
                {
                    // Who may not remove it may not make one either, and will be told so.
                    let _ = fs::remove_dir(&group);
                }
            }
        }
    }

    /// The folders of the group with that name.
    fn folders(&self, name: &Path) -> Vec<PathBuf> {
        let mut folders = vec![self.memory.join(name), self.cpu.join(name)];
        folders.dedup();
        folders
    }
}

/// The process that a group's name names.
fn maker(group: &Path) -> Option<u32> {
    let name = group.file_name()?.to_str()?;
    let (process, _) = name.strip_prefix(PREFIX)?.split_once('-')?;
    process.parse().ok()
}

fn is_running(process: u32) -> bool {
    Path::new("/proc").join(process.to_string()).exists()
}

fn has_processes(group: &Path) -> bool {
    let processes = fs::read_to_string(group.join("cgroup.procs"));
    processes.is_ok_and(|processes| !processes.trim().is_empty())
}

/// The limits of one start. Its processes are killed and its groups removed with its value.
#[derive(Debug)]
pub(super) struct Sandbox {
    hierarchy: Hierarchy,
    name: PathBuf,
    period: Duration,
}

/// What a start used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// The most that was charged, page cache included.
    pub(super) peak_bytes: Option<u64>,
    /// Processes killed for want of memory.
    pub(super) kills: u64,
    /// Time held back for want of a share.
    pub(super) throttled: Option<Duration>,
}

impl Sandbox {
    /// Makes one with the memory that is left of a function's `memory_mb`, and as yet a whole
    /// processor, given out each `period`.
    ///
    /// # Errors
    ///
    /// If nothing is left of the memory, or the system does not allow it.
    pub(super) fn new(hierarchy: &Hierarchy, memory_mb: u32, period: Duration) -> Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        ensure!(
            memory_mb > OVERHEAD_MB,
            "of {memory_mb} MB none is left for the function: Lambda itself takes {OVERHEAD_MB}"
        );
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let sandbox = Self {
            hierarchy: hierarchy.clone(),
            name: format!("{PREFIX}{}-{number}", process::id()).into(),
            period,
        };
        for folder in sandbox.folders() {
            let made = fs::create_dir(&folder);
            made.with_context(|| format!("making the group {}", folder.display()))?;
        }
        let memory_bytes = u64::from(memory_mb - OVERHEAD_MB) << 20;
        for setting in hierarchy.version.limits(memory_bytes, period) {
            sandbox.write(&setting)?;
        }
        Ok(sandbox)
    }

    /// The groups' folders, for who is to enter them.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        self.hierarchy.folders(&self.name)
    }

    /// Gives no more than this share of a processor, above 0 and at most 1, from now on.
    ///
    /// # Errors
    ///
    /// If it is too small for the period, or cannot be written.
    pub(super) fn hold(&self, share: f64) -> Result<()> {
        let slice = self.period.mul_f64(share);
        ensure!(
            slice >= LEAST_SLICE,
            "{slice:?} of every {:?} are less than Linux can give out; a longer period could be",
            self.period
        );
        self.write(&self.hierarchy.version.quota(Some(slice), self.period))
    }

    /// Kills every process in the groups, with the whole processor for it, and returns their
    /// numbers.
    pub(super) fn kill(&self) -> Vec<Pid> {
        // Dying takes time too, a share of it long.
        let _ = self.write(&self.hierarchy.version.quota(None, self.period));
        let mut processes: Vec<Pid> = self
            .folders()
            .iter()
            .flat_map(|group| kill_all(group))
            .collect();
        processes.sort_unstable();
        processes.dedup();
        processes
    }

    /// What was used so far.
    pub(super) fn usage(&self) -> Usage {
        let version = self.hierarchy.version;
        let ticks = self.read(&version.throttled());
        Usage {
            peak_bytes: self.read(&version.peak()),
            kills: self.read(&version.kills()).unwrap_or(0),
            throttled: ticks.map(|ticks| {
                let unit = version.throttled_unit().as_nanos();
                let nanos = u128::from(ticks) * unit;
                Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
            }),
        }
    }

    fn path(&self, controller: Controller, file: &str) -> PathBuf {
        self.hierarchy.root(controller).join(&self.name).join(file)
    }

    fn write(&self, setting: &Setting) -> Result<()> {
        let path = self.path(setting.controller, setting.file);
        if setting.need == Need::IfThere && !path.exists() {
            return Ok(());
        }
        fs::write(&path, &setting.value)
            .with_context(|| format!("writing {} to {}", setting.value, path.display()))
    }

    fn read(&self, number: &Number) -> Option<u64> {
        let text = fs::read_to_string(self.path(number.controller, number.file)).ok()?;
        number.find(&text)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        for group in self.folders() {
            // What cannot be removed now, a later run sweeps away.
            let _ = remove(&group);
        }
    }
}

/// Kills a group's processes, waits until none is left, and removes it.
fn remove(group: &Path) -> io::Result<()> {
    let began = Instant::now();
    loop {
        kill_all(group);
        match fs::remove_dir(group) {
            Err(error)
                if error.kind() == io::ErrorKind::ResourceBusy && began.elapsed() < EMPTYING =>
            {
                thread::sleep(Duration::from_millis(1));
            }
            done => return done,
        }
    }
}

/// Kills a group's processes, and returns who they are.
fn kill_all(group: &Path) -> Vec<Pid> {
    let processes = fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default();
    let processes = processes.lines().filter_map(|line| line.parse().ok());
    let processes: Vec<Pid> = processes
        // 0 is a process of another namespace; to kill it would be to kill ourselves.
        .filter(|&process| process > 0)
        .map(Pid::from_raw)
        .collect();
    for &process in &processes {
        // It may have ended in the meantime.
        let _ = kill(process, Signal::SIGKILL);
    }
    processes
}

#[cfg(test)]
mod tests;
