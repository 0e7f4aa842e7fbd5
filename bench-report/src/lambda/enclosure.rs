//! From an ordinary process to one that is enclosed as a function's is, before its program begins.
//!
//! Between fork and exec only unsafe code could do it, so it is done by a program in between: this
//! one, started with `enclosed`. What it took is told, and none of it is the function's.

use std::{
    fs,
    io::{self, Write},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Command, id},
    time::Duration,
};

use anyhow::{Context, Result};
use nix::{
    sys::{prctl::set_pdeathsig, signal::Signal},
    unistd::Pid,
};
use serde::{Deserialize, Serialize};

use super::{
    clock::{Clock, Moment},
    cores,
    proc::major_faults,
};

/// What a process is to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Enclosed {
    /// The folders of the control groups it is to be in.
    pub(crate) groups: Vec<PathBuf>,
    /// The one core it may run on.
    pub(crate) core: u32,
    /// The program, and its arguments.
    pub(crate) command: Vec<std::ffi::OsString>,
}

impl Enclosed {
    /// The arguments after `enclosed` that say the same.
    pub(super) fn arguments(&self) -> Vec<std::ffi::OsString> {
        let mut arguments = Vec::new();
        for group in &self.groups {
            arguments.extend(["--group".into(), group.into()]);
        }
        arguments.extend(["--core".into(), self.core.to_string().into(), "--".into()]);
        arguments.extend(self.command.iter().cloned());
        arguments
    }
}

/// Where a process was when its program began: the first line on its standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Began {
    at_ns: u64,
    cpu_ns: u64,
    /// Pages that had come from the disk for the program before.
    pub(super) major_faults: u64,
}

impl Began {
    /// On both clocks.
    pub(super) fn moment(&self) -> Moment {
        Moment {
            at: Duration::from_nanos(self.at_ns),
            cpu: Some(Duration::from_nanos(self.cpu_ns)),
        }
    }

    fn now() -> Self {
        let clock = Clock::default();
        clock.watch(Pid::this());
        let major_faults = major_faults(id()).unwrap_or(0);
        let now = clock.now();
        Self {
            at_ns: nanoseconds(now.at),
            cpu_ns: nanoseconds(now.cpu.unwrap_or_default()),
            major_faults,
        }
    }
}

/// Enters the groups, keeps to the core, tells when the program begins, and becomes it. The process
/// dies with the thread that started it, so that none is left of a killed run.
///
/// # Errors
///
/// If any of it is impossible; otherwise there is nobody to return to.
pub(crate) fn become_function(enclosed: &Enclosed) -> Result<()> {
    set_pdeathsig(Signal::SIGKILL).context("asking to die with the harness")?;
    for group in &enclosed.groups {
        // 0 is who writes it.
        fs::write(group.join("cgroup.procs"), "0")
            .with_context(|| format!("entering the group {}", group.display()))?;
    }
    cores::keep_to(enclosed.core)?;
    let (program, arguments) = enclosed
        .command
        .split_first()
        .context("there is no program to start")?;
    let mut command = Command::new(program);
    command.args(arguments);
    let line = serde_json::to_string(&Began::now()).context("a line of JSON")?;
    writeln!(io::stderr(), "{line}").context("telling when the program begins")?;
    Err(command.exec()).with_context(|| format!("starting {}", program.display()))
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
pub(super) mod tests {
    use std::{
        env,
        ffi::OsString,
        process::{Output, Stdio},
    };

    use super::*;
    use crate::{cli, machine};

    /// The beginning of a command line that does what `bench-report enclosed` does, by the program
    /// that runs the tests: it runs the test below alone, which finds the rest behind the `--`.
    pub(in crate::lambda) fn program() -> Vec<OsString> {
        let tests = env::current_exe().expect("a running program has a file");
        let test = "lambda::enclosure::tests::a_process_without_a_program_is_refused";
        let rest = ["--exact", "--nocapture", "--test-threads=1", test, "--"];
        [tests.into_os_string()]
            .into_iter()
            .chain(rest.map(OsString::from))
            .collect()
    }

    fn run(enclosed: &Enclosed) -> Output {
        let program = program();
        Command::new(&program[0])
            .args(&program[1..])
            .args(enclosed.arguments())
            .stdin(Stdio::null())
            .output()
            .expect("the tests can be run again")
    }

    fn shell(script: &str) -> Enclosed {
        Enclosed {
            groups: Vec::new(),
            core: machine::last_core(),
            command: ["sh", "-c", script].map(OsString::from).to_vec(),
        }
    }

    fn lines(output: &Output) -> (Began, String) {
        let text = String::from_utf8(output.stderr.clone()).expect("text");
        let (first, rest) = text.split_once('\n').expect("a line");
        let began = serde_json::from_str(first).expect("when it began");
        (began, rest.to_owned())
    }

    #[test]
    fn a_process_without_a_program_is_refused() {
        let rest = env::args_os()
            .skip_while(|argument| argument != "--")
            .skip(1);
        let line = std::iter::once(OsString::from("enclosed")).chain(rest);
        match cli::parse(lexopt::Parser::from_args(line)) {
            // Only in a process that a test below has started.
            Ok(cli::Command::Enclosed(enclosed)) => {
                let error = become_function(&enclosed).expect_err("or it would be gone");
                eprintln!("{error:#}");
                std::process::exit(127);
            }
            other => assert!(other.is_err(), "{other:?}"),
        }
    }

    #[test]
    fn what_began_is_told_before_the_program_says_anything() {
        let before = Began::now();
        let (began, rest) = lines(&run(&shell("echo \"$0 $1\" >&2")));
        assert_eq!(rest, "sh \n");
        assert!(before.at_ns < began.at_ns && began.at_ns < Began::now().at_ns);
        assert!(began.cpu_ns > 0);
    }

    #[test]
    fn the_program_runs_on_its_core_alone() {
        let enclosed = shell("grep Cpus_allowed_list /proc/self/status >&2");
        let (_, rest) = lines(&run(&enclosed));
        let list = rest.split_whitespace().last().map(str::to_owned);
        assert_eq!(list, Some(enclosed.core.to_string()));
    }

    #[test]
    fn the_program_is_in_its_groups() {
        let group = tempfile::tempdir().expect("room");
        let enclosed = Enclosed {
            groups: vec![group.path().to_owned()],
            ..shell("exit 3")
        };
        assert_eq!(run(&enclosed).status.code(), Some(3));
        let entered = fs::read_to_string(group.path().join("cgroup.procs"));
        assert_eq!(entered.expect("written"), "0");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let enclosed = Enclosed {
            command: vec!["/no/such/program".into()],
            ..shell("")
        };
        let output = run(&enclosed);
        assert_eq!(output.status.code(), Some(127));
        let (_, rest) = lines(&output);
        assert!(rest.starts_with("starting /no/such/program"), "{rest}");
    }
}
