//! Time, as a parameter: tests make it up.

use std::time::{Instant, SystemTime};

/// What time it is.
pub trait Clock: Send + Sync {
    /// Now, for intervals.
    fn now(&self) -> Instant;

    /// Now, for people and logs.
    fn wall(&self) -> SystemTime;
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
}
