//! An environment's limits: control groups of its own, made for one start and gone after it.

mod layout;

use std::{
    fs, io,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use layout::{Controller, Need, Number, Setting, Version};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

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
}

impl Hierarchy {
    /// Finds those that we may use, by using them, and removes what killed runs have left.
    ///
    /// # Errors
    ///
    /// Why there are none, as the end of a sentence.
    pub(super) fn find() -> Result<Self, String> {
        let hierarchy = Self::look(Path::new(ROOT))?;
        hierarchy.sweep();
        Sandbox::new(&hierarchy, 2 * OVERHEAD_MB, Duration::from_millis(20))
            .and_then(|sandbox| sandbox.hold(1.0))
            .map_err(|error| format!("a trial failed: {error:#}"))?;
        Ok(hierarchy)
    }

    fn look(root: &Path) -> Result<Self, String> {
        let one = Self {
            version: Version::One,
            memory: root.join("memory"),
            cpu: root.join("cpu"),
        };
        let is_there = |folder: &Path| folder.join("cgroup.procs").exists();
        if is_there(&one.memory) && is_there(&one.cpu) {
            return Ok(one);
        }
        let controllers = fs::read_to_string(root.join("cgroup.controllers"))
            .map_err(|_| format!("there are none under {}", root.display()))?;
        for controller in ["cpu", "memory"] {
            if !controllers
                .split_whitespace()
                .any(|word| word == controller)
            {
                return Err(format!("{} has no {controller} controller", root.display()));
            }
        }
        // Groups get the controllers that the one above them passes on.
        let passed_on = root.join("cgroup.subtree_control");
        fs::write(&passed_on, "+cpu +memory").map_err(|error| {
            format!(
                "the controllers of {} are not ours: {error}",
                root.display()
            )
        })?;
        Ok(Self {
            version: Version::Two,
            memory: root.to_owned(),
            cpu: root.to_owned(),
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

    /// Removes the groups of processes that are no more, with what may still run in them: all of it
    /// was started by them.
    fn sweep(&self) {
        for root in self.folders(Path::new("")) {
            let entries = fs::read_dir(&root).into_iter().flatten().flatten();
            for group in entries.map(|entry| entry.path()) {
                if maker(&group).is_some_and(|process| !is_running(process)) {
                    // Who may not remove it may not make one either, and will be told so.
                    let _ = remove(&group);
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
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_millis(20);

    /// A folder that looks like version 2's, with the files that every group there has.
    fn second(root: &Path) -> Hierarchy {
        fs::write(
            root.join("cgroup.controllers"),
            "cpuset cpu io memory pids\n",
        )
        .expect("room");
        Hierarchy::look(root).expect("it has both controllers")
    }

    fn written(sandbox: &Sandbox, controller: Controller, file: &str) -> Option<String> {
        fs::read_to_string(sandbox.path(controller, file)).ok()
    }

    #[test]
    fn the_second_version_is_told_to_pass_its_controllers_on() {
        let root = tempfile::tempdir().expect("room");
        let hierarchy = second(root.path());
        assert_eq!(hierarchy.name(), "control groups v2");
        let passed_on = fs::read_to_string(root.path().join("cgroup.subtree_control"));
        assert_eq!(passed_on.expect("written"), "+cpu +memory");
    }

    #[test]
    fn the_second_version_has_one_group_with_both_limits() {
        let root = tempfile::tempdir().expect("room");
        let sandbox = Sandbox::new(&second(root.path()), 128, PERIOD).expect("a folder");
        let [group] = &sandbox.folders()[..] else {
            panic!("there is more than one");
        };
        assert_eq!(group.parent(), Some(root.path()));
        let memory = written(&sandbox, Controller::Memory, "memory.max");
        assert_eq!(memory.as_deref(), Some("121634816"));
        let cpu = || written(&sandbox, Controller::Cpu, "cpu.max");
        assert_eq!(cpu().as_deref(), Some("max 20000"));
        sandbox.hold(128.0 / 1769.0).expect("a file");
        assert_eq!(cpu().as_deref(), Some("1447 20000"));
        sandbox.kill();
        assert_eq!(cpu().as_deref(), Some("max 20000"));
    }

    #[test]
    fn files_that_only_some_kernels_have_are_written_where_they_are() {
        let root = tempfile::tempdir().expect("room");
        let sandbox = Sandbox::new(&second(root.path()), 128, PERIOD).expect("a folder");
        let files = ["memory.swap.max", "memory.oom.group", "cpu.max.burst"];
        for file in files {
            assert_eq!(written(&sandbox, Controller::Memory, file), None, "{file}");
            fs::write(sandbox.path(Controller::Memory, file), "max").expect("room");
        }
        for setting in Version::Two.limits(1 << 20, PERIOD) {
            sandbox.write(&setting).expect("a file");
        }
        let values = files.map(|file| written(&sandbox, Controller::Memory, file));
        assert_eq!(values.map(Option::unwrap_or_default), ["0", "1", "0"]);
    }

    #[test]
    fn the_first_version_has_a_group_with_each_controller() {
        let root = tempfile::tempdir().expect("room");
        for controller in ["cpu", "memory"] {
            let folder = root.path().join(controller);
            fs::create_dir(&folder).expect("room");
            fs::write(folder.join("cgroup.procs"), "").expect("room");
        }
        let hierarchy = Hierarchy::look(root.path()).expect("it has both controllers");
        let sandbox = Sandbox::new(&hierarchy, 384, PERIOD).expect("two folders");
        assert_eq!(sandbox.folders().len(), 2);
        let memory = written(&sandbox, Controller::Memory, "memory.limit_in_bytes");
        assert_eq!(memory.as_deref(), Some("390070272"));
        let cpu = |file| written(&sandbox, Controller::Cpu, file);
        assert_eq!(cpu("cpu.cfs_period_us").as_deref(), Some("20000"));
        assert_eq!(cpu("cpu.cfs_quota_us").as_deref(), Some("-1"));
        sandbox.hold(384.0 / 1769.0).expect("a file");
        assert_eq!(cpu("cpu.cfs_quota_us").as_deref(), Some("4341"));
    }

    #[test]
    fn usage_is_what_the_files_say() {
        let root = tempfile::tempdir().expect("room");
        let sandbox = Sandbox::new(&second(root.path()), 128, PERIOD).expect("a folder");
        assert_eq!(sandbox.usage(), Usage::default());
        for (file, text) in [
            ("memory.peak", "70000000\n"),
            ("memory.events", "max 5\noom 1\noom_kill 1\n"),
            ("cpu.stat", "usage_usec 9\nthrottled_usec 1500\n"),
        ] {
            fs::write(sandbox.path(Controller::Memory, file), text).expect("room");
        }
        let expected = Usage {
            peak_bytes: Some(70_000_000),
            kills: 1,
            throttled: Some(Duration::from_micros(1500)),
        };
        assert_eq!(sandbox.usage(), expected);
    }

    #[test]
    fn a_machine_without_says_what_it_wants() {
        let root = tempfile::tempdir().expect("room");
        let why = Hierarchy::look(root.path()).expect_err("there is nothing");
        assert!(why.starts_with("there are none under "), "{why}");
        fs::write(root.path().join("cgroup.controllers"), "cpuset cpu").expect("room");
        let why = Hierarchy::look(root.path()).expect_err("there is no memory");
        assert!(why.ends_with(" has no memory controller"), "{why}");
    }

    #[test]
    fn too_little_memory_and_too_small_slices_are_refused() {
        let root = tempfile::tempdir().expect("room");
        let hierarchy = second(root.path());
        assert!(Sandbox::new(&hierarchy, OVERHEAD_MB, PERIOD).is_err());
        let sandbox = Sandbox::new(&hierarchy, 128, Duration::from_millis(10)).expect("a folder");
        assert!(sandbox.hold(0.07).is_err());
    }

    #[test]
    fn groups_of_processes_that_are_no_more_are_swept_away() {
        let root = tempfile::tempdir().expect("room");
        let hierarchy = second(root.path());
        let mine = format!("{PREFIX}{}-0", process::id());
        // No process has the highest number (`PID_MAX_LIMIT` is far below).
        let left = format!("{PREFIX}{}-7", u32::MAX);
        for name in [&mine, &left, "user.slice", "bench-report-life-x"] {
            fs::create_dir(root.path().join(name)).expect("room");
        }
        hierarchy.sweep();
        for (name, expected) in [(&mine[..], true), (&left, false), ("user.slice", true)] {
            assert_eq!(root.path().join(name).exists(), expected, "{name}");
        }
    }
}
