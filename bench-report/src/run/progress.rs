//! Says how far a run is and how long it will take.

use std::{
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

/// How often a line is written where lines cannot be replaced.
const PAUSE: Duration = Duration::from_secs(15);

/// A run's progress on standard error: one line that changes, or on what is no terminal a line now
/// and then.
pub(super) struct Progress {
    is_terminal: bool,
    said: Option<Instant>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            is_terminal: io::stderr().is_terminal(),
            said: None,
        }
    }

    /// One that says nothing for a minute.
    #[cfg(test)]
    pub(super) fn silent() -> Self {
        Self {
            is_terminal: false,
            said: Some(Instant::now()),
        }
    }

    /// Says that `done` of `all` are done, what comes now, and how long the rest takes.
    pub(super) fn say(&mut self, done: usize, all: usize, left: Duration, now: &str) {
        let is_due = self.said.is_none_or(|said| said.elapsed() >= PAUSE);
        if !self.is_terminal && !is_due {
            return;
        }
        self.said = Some(Instant::now());
        self.write(&line(done, all, left, now));
    }

    /// Ends the line that changes.
    pub(super) fn end(&mut self) {
        if self.is_terminal && self.said.is_some() {
            eprintln!();
        }
    }

    fn write(&self, text: &str) {
        let mut stderr = io::stderr().lock();
        // Nobody who listens is no reason to stop measuring.
        let _ = if self.is_terminal {
            write!(stderr, "\r\x1b[2K{text}").and_then(|()| stderr.flush())
        } else {
            writeln!(stderr, "{text}")
        };
    }
}

fn line(done: usize, all: usize, left: Duration, now: &str) -> String {
    format!("{done} of {all}, {} left: {now}", roughly(left))
}

/// "4 min", "50 s".
fn roughly(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..90 => format!("{seconds} s"),
        seconds => format!("{} min", (seconds + 30) / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_much_is_done_and_how_long_the_rest_takes() {
        let said = line(3, 40, Duration::from_secs(200), "sharp, a.jpg -> 400 webp");
        assert_eq!(said, "3 of 40, 3 min left: sharp, a.jpg -> 400 webp");
        assert_eq!(roughly(Duration::from_secs(89)), "89 s");
        assert_eq!(roughly(Duration::from_secs(90)), "2 min");
    }
}
