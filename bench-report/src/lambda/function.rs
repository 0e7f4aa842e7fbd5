//! The process of a function: started enclosed, frozen between its invocations, and ended with all
//! that it has started.

use std::{
    collections::HashMap,
    ffi::OsString,
    os::unix::process::{CommandExt, ExitStatusExt},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};
use nix::{
    errno::Errno,
    sys::{
        signal::{Signal, killpg},
        wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid},
    },
    unistd::Pid,
};
use tempfile::TempDir;

use super::{
    Program,
    enclosure::{Began, Enclosed},
    environment,
    output::{Output, Stages},
    proc,
    sandbox::{Sandbox, Usage},
};

/// How a function is started.
pub(super) struct Start<'a> {
    pub(super) program: &'a Program,
    pub(super) memory_mb: u32,
    pub(super) core: u32,
    /// The beginning of the command line that encloses a process.
    pub(super) enclosure: &'a [OsString],
    /// Its limits; none if there are no control groups.
    pub(super) sandbox: Option<Sandbox>,
    /// Where the Runtime API is.
    pub(super) api: &'a str,
}

/// A function that runs. It ends with its value.
pub(super) struct Function {
    child: Child,
    output: Output,
    sandbox: Option<Sandbox>,
    /// Its folder for temporary files.
    _temporary: TempDir,
    ended: Option<ExitStatus>,
}

/// What is left of a function.
pub(super) struct Remains {
    pub(super) usage: Usage,
    /// By the request's id.
    pub(super) stages: HashMap<String, Stages>,
    /// "exit status: 1", and the end of its standard error.
    pub(super) last_words: String,
}

impl Start<'_> {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// If it cannot be; whether its program can be shows in its ending.
    pub(super) fn start(self) -> Result<Function> {
        let temporary = tempfile::tempdir().context("making a folder for temporary files")?;
        let mut command = vec![self.program.program.clone().into_os_string()];
        command.extend(self.program.arguments.iter().map(OsString::from));
        let enclosed = Enclosed {
            groups: self.sandbox.as_ref().map_or(Vec::new(), Sandbox::folders),
            core: self.core,
            command,
        };
        let (enclosure, arguments) = self
            .enclosure
            .split_first()
            .context("there is no program to enclose a function")?;
        let variables = environment::of(self.program, self.memory_mb, self.api, temporary.path());
        let mut child = Command::new(enclosure)
            .args(arguments)
            .args(enclosed.arguments())
            .current_dir(&self.program.task)
            .env_clear()
            .envs(variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Signals are for all its processes, and Ctrl-C is not for it.
            .process_group(0)
            .spawn()
            .with_context(|| format!("starting a function in {}", self.program.task.display()))?;
        let output = Output::read(child.stdout.take(), child.stderr.take());
        Ok(Function {
            child,
            output,
            sandbox: self.sandbox,
            _temporary: temporary,
            ended: None,
        })
    }
}

impl Function {
    /// Its process, and its process group.
    pub(super) fn process(&self) -> Pid {
        let process = self.child.id().try_into();
        Pid::from_raw(process.expect("Linux gives out no numbers above 2^22"))
    }

    /// When its program began, if it does so within this time.
    pub(super) fn began(&self, within: Duration) -> Option<Began> {
        self.output.began(within)
    }

    /// Pages that came from the disk for it so far.
    pub(super) fn major_faults(&self) -> u64 {
        proc::major_faults(self.child.id()).unwrap_or(0)
    }

    /// The most resident memory it has had, if it still runs.
    pub(super) fn peak_bytes(&self) -> Option<u64> {
        proc::peak_bytes(self.child.id())
    }

    /// Holds it to a share of a processor from now on, if it has limits at all.
    pub(super) fn hold(&self, share: f64) -> Result<()> {
        self.sandbox
            .as_ref()
            .map_or(Ok(()), |sandbox| sandbox.hold(share))
    }

    /// Stops all its processes where they are, as Lambda freezes an environment once its runtime has
    /// asked for the next event: what goes on in the background then goes on in the next invocation.
    pub(super) fn freeze(&self) {
        // A process that has ended in the meantime shows that elsewhere.
        let _ = killpg(self.process(), Signal::SIGSTOP);
    }

    /// Lets them go on.
    pub(super) fn thaw(&self) {
        let _ = killpg(self.process(), Signal::SIGCONT);
    }

    /// Whether its first process has ended by itself, or been killed.
    pub(super) fn has_ended(&self) -> bool {
        // It stays to be waited for, so that its number is not given to another process.
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        !matches!(
            waitid(Id::Pid(self.process()), flags),
            Ok(WaitStatus::StillAlive)
        )
    }

    /// Ends it, and says what is left of it.
    pub(super) fn end(mut self) -> Remains {
        // What its kill needs is not its own.
        let usage = self.sandbox.as_ref().map(Sandbox::usage);
        self.kill();
        // A kill for want of memory may have been under way.
        let kills = self
            .sandbox
            .as_ref()
            .map_or(0, |sandbox| sandbox.usage().kills);
        let (stages, words) = self.output.rest();
        let status = self.ended.map_or("no status".to_owned(), described);
        Remains {
            usage: Usage {
                kills,
                ..usage.unwrap_or_default()
            },
            stages,
            last_words: if words.is_empty() {
                status
            } else {
                format!("{status}: {words}")
            },
        }
    }

    /// Kills all its processes and waits for each, those included whose parents have ended and that
    /// are ours since (see [`Host::new`](super::host::Host::new)).
    fn kill(&mut self) {
        if self.ended.is_some() {
            return;
        }
        let group = self.process();
        let others = self.sandbox.as_ref().map_or(Vec::new(), Sandbox::kill);
        let _ = killpg(group, Signal::SIGKILL);
        self.ended = self.child.wait().ok();
        let of_the_group = Pid::from_raw(-group.as_raw());
        while !matches!(waitpid(of_the_group, None), Err(Errno::ECHILD)) {}
        for process in others {
            // Most are gone by now; one that has left the process group has not.
            let _ = waitpid(process, None);
        }
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.kill();
    }
}

/// "exit status 1" or "signal 6".
fn described(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => {
            let name = Signal::try_from(signal).map_or("unknown", Signal::as_str);
            format!("signal {signal} ({name})")
        }
        (None, None) => status.to_string(),
    }
}
