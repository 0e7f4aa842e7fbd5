//! One start of a function, and what it took until its first answer.

use std::{
    env, fs,
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::{
        prctl::set_child_subreaper,
        resource::{UsageWho, getrusage},
        signal::{Signal, killpg},
        time::TimeVal,
        wait::waitpid,
    },
    unistd::Pid,
};
use serde_json::Value;

use super::{
    job::{Job, REGION},
    runtime_api::RuntimeApi,
    way::Way,
};

/// What a start took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// From its spawn until it asked for an event.
    pub(crate) polled: Duration,
    /// From its spawn until its answer was there.
    pub(crate) answered: Duration,
    /// User and system time of all its processes, their end included.
    pub(crate) cpu: Duration,
    /// The most memory that its processes had until then, each by itself, added up.
    pub(crate) peak_bytes: u64,
}

/// Lets processes whose parent ends become this one's, so that their time is known too.
pub(crate) fn adopt_orphans() {
    set_child_subreaper(true).expect("Linux has it since 3.4");
}

/// Starts a function with what Lambda gives it and the job's server in place of S3, and
/// hands it the job's event.
pub(crate) fn start(way: &Way, job: &Job) -> (Sample, Value) {
    let api = RuntimeApi::start([job.event(way.reads)]);
    let mut command = Command::new(&way.program);
    command
        .args(&way.arguments)
        .current_dir(&way.task)
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .env("AWS_LAMBDA_RUNTIME_API", api.address())
        .env("AWS_LAMBDA_FUNCTION_NAME", "us-east-1.edgepix")
        // One whole processor.
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("LAMBDA_TASK_ROOT", &way.task)
        .env("AWS_REGION", REGION)
        // The examples of AWS's documentation, as long as those of a role.
        .env("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE")
        .env(
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        )
        .env("AWS_SESSION_TOKEN", "A".repeat(700))
        .env("EDGEPIX_STORE_ENDPOINT", job.endpoint())
        .env("AWS_ENDPOINT_URL_S3", job.endpoint())
        .env("TMPDIR", &way.temporary)
        // A package cannot be written to on Lambda, so nothing is kept there from before.
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .process_group(0);
    let before = cpu_of_the_ended();
    let began = Instant::now();
    let child = command.spawn().expect("it starts");
    let polled = api.next();
    let (answer, answered) = api.response();
    let peak_bytes = peak_bytes(child.id());
    end(child);
    let sample = Sample {
        polled: polled - began,
        answered: answered - began,
        cpu: cpu_of_the_ended() - before,
        peak_bytes,
    };
    (sample, answer)
}

/// User and system time of all processes that were waited for.
fn cpu_of_the_ended() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("it asks for nothing but that");
    let duration = |time: TimeVal| {
        let seconds = u64::try_from(time.tv_sec()).expect("time is never negative");
        let micros = u64::try_from(time.tv_usec()).expect("nor is its fraction");
        Duration::from_secs(seconds) + Duration::from_micros(micros)
    };
    duration(usage.user_time()) + duration(usage.system_time())
}

/// The resident memory that a process and its children had at most (proc(5), `VmHWM`).
fn peak_bytes(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let own: u64 = kilobytes
        .and_then(|number| number.parse().ok())
        .expect("a number of kB");
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("it runs");
    let children: u64 = threads
        .flatten()
        .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok())
        .flat_map(|ids| {
            ids.split_whitespace()
                .map(peak_of_child)
                .collect::<Vec<_>>()
        })
        .sum();
    own * 1024 + children
}

fn peak_of_child(id: &str) -> u64 {
    peak_bytes(id.parse().expect("a process's number"))
}

/// Ends a function with all its processes and waits for each.
fn end(mut function: Child) {
    let group = i32::try_from(function.id()).expect("a process's number");
    // It may have ended by itself.
    let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    let _ = function.wait();
    while waitpid(Pid::from_raw(-group), None) != Err(Errno::ECHILD) {}
}
