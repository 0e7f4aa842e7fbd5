//! Time, as a parameter: tests make it up.

use std::{
    thread,
    time::{Duration, Instant, SystemTime},
};

/// What time it is.
pub trait Clock: Send + Sync {
    /// Now, for intervals.
    fn now(&self) -> Instant;

    /// Now, for people and logs.
    fn wall(&self) -> SystemTime;

    /// Comes back after `time`.
    fn sleep(&self, time: Duration);
}

/// The machine's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, time: Duration) {
        thread::sleep(time);
    }
}
