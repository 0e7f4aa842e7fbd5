//! A long-lived process that is given jobs and answers them: one of the two
//! that are measured, or the one that decodes for both. It may die of a job;
//! that is an answer too, and the next job finds a new process.

use std::{
    ffi::OsString,
    io::{BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;

use crate::protocol::{Answer, Job, Version};

/// A command that speaks the protocol, started when first asked.
pub(crate) struct Peer {
    command: Vec<OsString>,
    running: Option<Running>,
}

struct Running {
    child: Child,
    jobs: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    /// A peer that may run on any core.
    pub(crate) fn new(command: Vec<OsString>) -> Self {
        Self {
            command,
            running: None,
        }
    }

    /// A peer that never leaves `core`, nor do its threads.
    pub(crate) fn pinned(core: u32, command: Vec<OsString>) -> Self {
        let mut pinned: Vec<OsString> = vec!["taskset".into(), "-c".into()];
        pinned.push(core.to_string().into());
        pinned.extend(command);
        Self::new(pinned)
    }

    /// The process's number, once it has started and answers.
    ///
    /// # Errors
    ///
    /// As [`ask`](Self::ask).
    pub(crate) fn process(&mut self) -> Result<u32> {
        if self.running.is_none() {
            self.running = Some(self.start()?);
            let _ = self.ask::<Version>(&Job::Version)?;
        }
        self.running
            .as_ref()
            .map(|running| running.child.id())
            .context("a peer ended at once")
    }

    /// Hands over `job` and waits for its answer, which may be why there is none.
    ///
    /// # Errors
    ///
    /// If the process cannot be started or answers in another language: the
    /// harness is broken, not the image.
    pub(crate) fn ask<T: DeserializeOwned>(
        &mut self,
        job: &Job,
    ) -> Result<std::result::Result<T, String>> {
        let mut running = match self.running.take() {
            Some(running) => running,
            None => self.start()?,
        };
        let Some(line) = running.exchange(job)? else {
            let status = running.child.wait().context("waiting for a peer to end")?;
            return Ok(Err(format!("the process died ({status})")));
        };
        self.running = Some(running);
        let answer =
            serde_json::from_str(&line).with_context(|| format!("a peer answered {line:?}"))?;
        Ok(match answer {
            Answer::Done(answer) => Ok(answer),
            Answer::Failed { error } => Err(error),
        })
    }

    fn start(&self) -> Result<Running> {
        let mut child = Command::new(&self.command[0])
            .args(&self.command[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A terminal's Ctrl-C is for who reads the answers; the end of the jobs ends it too.
            .process_group(0)
            .spawn()
            .with_context(|| format!("starting {}", self.command[0].display()))?;
        let jobs = child.stdin.take().expect("it was asked for above");
        let answers = child.stdout.take().expect("it was asked for above");
        Ok(Running {
            child,
            jobs,
            answers: BufReader::new(answers),
        })
    }
}

impl Running {
    /// The answer's line, or `None` if the process ended instead.
    fn exchange(&mut self, job: &Job) -> Result<Option<String>> {
        let mut line = serde_json::to_string(job).context("a job as JSON")?;
        line.push('\n');
        // A failure to write means the process is gone, which reading tells too.
        let _ = self.jobs.write_all(line.as_bytes());
        let mut answer = String::new();
        let read = self
            .answers
            .read_line(&mut answer)
            .context("reading a peer's answer")?;
        Ok((read > 0).then_some(answer))
    }
}

impl Drop for Peer {
    /// Ends the process: its input ends, and it is waited for.
    fn drop(&mut self) {
        if let Some(Running {
            mut child, jobs, ..
        }) = self.running.take()
        {
            drop(jobs);
            let _ = child.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Peer {
        Peer::new(vec!["sh".into(), "-c".into(), script.into()])
    }

    #[test]
    fn one_process_answers_job_after_job() {
        let mut peer =
            shell(r#"n=0; while read -r _; do n=$((n+1)); echo "{\"version\":\"$n\"}"; done"#);
        for count in ["1", "2"] {
            let answer: Version = peer
                .ask(&Job::Version)
                .expect("a running shell")
                .expect("an answer");
            assert_eq!(answer.version, count);
        }
    }

    #[test]
    fn a_process_is_not_of_our_group_to_which_a_terminals_signals_go() {
        let mut peer = shell(r#"while read -r _; do echo '{"version":"1"}'; done"#);
        let process = peer.process().expect("a running shell");
        let process = nix::unistd::Pid::from_raw(process.try_into().expect("a small number"));
        assert_eq!(nix::unistd::getpgid(Some(process)), Ok(process));
    }

    #[test]
    fn a_process_that_dies_is_an_answer_and_is_replaced() {
        let mut peer = shell("read -r _; exit 3");
        for _ in 0..2 {
            let answer = peer.ask::<Version>(&Job::Version).expect("a shell");
            assert_eq!(
                answer.expect_err("it died"),
                "the process died (exit status: 3)"
            );
        }
    }

    #[test]
    fn an_answer_that_is_not_json_is_an_error_of_the_harness() {
        let mut peer = shell("read -r _; echo hello");
        assert!(peer.ask::<Version>(&Job::Version).is_err());
    }
}
