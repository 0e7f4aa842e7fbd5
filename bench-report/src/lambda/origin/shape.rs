//! When an answer's bytes are due: arithmetic alone, and how to wait for a moment.

use std::{thread, time::Duration};

use tokio::task;

use crate::{lambda::clock, sample};

/// Bytes that are handed over at once.
pub(crate) const CHUNK_BYTES: usize = 64 * 1024;

/// From a connection's arrival to where its handshake begins: one round trip that opening it takes,
/// which loopback does not have, and one for the handshake (RFC 8446, section 2).
pub(crate) fn handshake_delay(shape: &sample::Origin) -> Duration {
    milliseconds(2.0 * shape.round_trip_ms)
}

/// When the bytes of one answer are due. It is absolute: what is late does not make later what
/// comes after it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Schedule {
    first: Duration,
    bytes_per_second: f64,
}

impl Schedule {
    /// For an answer to what was asked at `asked`, a time of [`clock::time`].
    pub(crate) fn new(shape: &sample::Origin, asked: Duration) -> Self {
        Self {
            first: asked + milliseconds(shape.first_byte_ms),
            bytes_per_second: shape.mb_per_second * 1e6,
        }
    }

    /// When the answer's head is due, and with it the body's beginning.
    pub(crate) fn head(&self) -> Duration {
        self.first
    }

    /// When the first `bytes` of the body have all arrived.
    pub(crate) fn body(&self, bytes: usize) -> Duration {
        self.first + seconds(bytes as f64 / self.bytes_per_second)
    }
}

/// Bytes of the next chunk, with so many left.
pub(crate) fn chunk(left_bytes: usize) -> usize {
    left_bytes.min(CHUNK_BYTES)
}

/// Waits until a time of [`clock::time`] has come, on a thread that sleeps: tokio's timers are
/// late by half a millisecond in the mean, and a chunk at 40 MB/s takes 1.6 ms. This is late by
/// less than 0.1 ms (`PR_SET_TIMERSLACK` is 50 us), and never early.
///
/// # Errors
///
/// If the runtime is ending.
pub(crate) async fn wait_until(moment: Duration) -> Result<(), task::JoinError> {
    let Some(left) = moment
        .checked_sub(clock::time())
        .filter(|left| !left.is_zero())
    else {
        return Ok(());
    };
    task::spawn_blocking(move || thread::sleep(left)).await
}

fn milliseconds(number: f64) -> Duration {
    seconds(number / 1e3)
}

/// None for what is no time: a rate of zero is as fast as none was set.
fn seconds(number: f64) -> Duration {
    Duration::try_from_secs_f64(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: sample::Origin = sample::Origin {
        first_byte_ms: 25.0,
        mb_per_second: 40.0,
        round_trip_ms: 1.5,
    };

    const ASKED: Duration = Duration::from_secs(100);

    fn after(moment: Duration) -> f64 {
        (moment - ASKED).as_secs_f64() * 1e3
    }

    #[test]
    fn a_body_begins_with_its_head() {
        let schedule = Schedule::new(&SHAPE, ASKED);
        assert_eq!(after(schedule.head()), 25.0);
        assert_eq!(schedule.body(0), schedule.head());
    }

    #[test]
    fn a_body_arrives_at_its_rate() {
        let schedule = Schedule::new(&SHAPE, ASKED);
        assert_eq!(after(schedule.body(400_000)), 35.0);
        assert_eq!(after(schedule.body(40_000_000)), 1025.0);
    }

    #[test]
    fn a_chunk_is_due_when_its_last_byte_is() {
        let schedule = Schedule::new(&SHAPE, ASKED);
        let bytes = chunk(1_000_000);
        let arrived = after(schedule.body(bytes)) - after(schedule.head());
        assert!((arrived - 1.6384).abs() < 1e-6, "{arrived}");
    }

    #[test]
    fn chunks_add_up_to_the_body() {
        let mut sent = 0;
        let mut sizes = Vec::new();
        while sent < 150_000 {
            sizes.push(chunk(150_000 - sent));
            sent += sizes[sizes.len() - 1];
        }
        assert_eq!(sizes, [65_536, 65_536, 18_928]);
    }

    #[test]
    fn a_connection_takes_two_round_trips() {
        assert_eq!(handshake_delay(&SHAPE), Duration::from_millis(3));
    }

    #[test]
    fn an_origin_without_a_shape_makes_nobody_wait() {
        let shape = sample::Origin {
            first_byte_ms: 0.0,
            mb_per_second: 0.0,
            round_trip_ms: 0.0,
        };
        let schedule = Schedule::new(&shape, ASKED);
        assert_eq!(schedule.body(1_000_000), ASKED);
        assert_eq!(handshake_delay(&shape), Duration::ZERO);
    }
}
