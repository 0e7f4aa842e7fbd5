//! What one request may use of the machine it came to.

use std::time::{Duration, Instant};

use edgepix_engine::Speed;

/// What one request may use of the machine it came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    /// Bytes of memory that one image may take, its result included. **Strict**.
    pub memory_bytes: u64,
    /// Share of a processor there is, 0.001 to 1.
    pub cpu_share: f64,
    /// When the answer must be ready. **Best effort**: what cannot be interrupted
    /// is begun only if it is predicted to end in time.
    pub deadline: Option<Instant>,
    /// Bytes of an answer with its headers, its body counted as base64. **Strict**.
    pub response_bytes: Option<u64>,
    /// How fast the machine has been.
    pub speed: Speed,
}

impl Room {
    /// The same with `most` time from `now` on, if that is less.
    pub(crate) fn until(&self, most: Option<Duration>, now: Instant) -> Self {
        let other = most.and_then(|most| now.checked_add(most));
        Self {
            deadline: [self.deadline, other].into_iter().flatten().min(),
            ..*self
        }
    }

    /// The most bytes a result may have where nobody says less: an eighth of the memory.
    pub(crate) fn result_bytes(&self) -> u64 {
        self.memory_bytes / 8
    }
}
