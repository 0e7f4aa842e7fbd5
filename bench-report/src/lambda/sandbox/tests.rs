use super::*;

const PERIOD: Duration = Duration::from_millis(20);

/// A folder that looks like version 2's, with the files that every group there has.
fn second(root: &Path) -> Hierarchy {
    fs::write(
        root.join("cgroup.controllers"),
        "cpuset cpu io memory pids\n",
    )
    .expect("room");
    Hierarchy::look(root, "").expect("it has both controllers")
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
    let hierarchy = Hierarchy::look(root.path(), "").expect("it has both controllers");
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
    let why = Hierarchy::look(root.path(), "").expect_err("there is nothing");
    assert!(why.starts_with("there are none under "), "{why}");
    fs::write(root.path().join("cgroup.controllers"), "cpuset cpu").expect("room");
    let why = Hierarchy::look(root.path(), "").expect_err("there is no memory");
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

#[test]
fn a_group_that_holds_processes_is_not_swept_away_and_they_live_on() {
    let root = tempfile::tempdir().expect("room");
    let hierarchy = second(root.path());
    // Its maker is none of ours, and may be one of another namespace.
    let group = root.path().join(format!("{PREFIX}{}-7", u32::MAX));
    fs::create_dir(&group).expect("room");
    let mut process = process::Command::new("sleep")
        .arg("1000")
        .spawn()
        .expect("sleep");
    fs::write(group.join("cgroup.procs"), format!("{}\n", process.id())).expect("room");
    hierarchy.sweep();
    let ended = process.try_wait().expect("it is ours");
    process.kill().expect("it is ours");
    process.wait().expect("it was killed");
    assert_eq!(ended, None);
    assert!(group.exists());
}
