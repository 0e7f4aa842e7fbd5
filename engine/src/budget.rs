//! What a job may use. `Limits` is plain data, `Budget` the account of one job;
//! every buffer sized by an image is made here, so that running out of memory is
//! an error and not an abort.

use std::{
    cell::Cell,
    rc::Rc,
    time::{Duration, Instant},
};

use crate::{
    cost::Speed,
    error::{Error, Resource, Result},
};

/// What one image may use. All limits are **strict**: a job that would pass
/// them is refused from the source's header, before anything is decoded, and one
/// that turns out slower than predicted ends in [`Error::TimedOut`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Bytes of memory at any moment, over an idle process. Default: 512 MiB.
    pub peak_bytes: u64,
    /// Pixels of the source. Default: 268,402,689 (16,383 squared).
    pub source_pixels: u64,
    /// Wall time from the start of [`transform`](crate::transform()) on. Waiting for
    /// the source's bytes counts, but is not predicted. Default: none.
    pub deadline: Option<Duration>,
    /// Processor time there is in a second of wall time, in seconds: on Lambda the
    /// function's memory in MB over 1,769, at most 1; at least 0.001. Default: 1.
    pub cpu_share: f64,
    /// How fast this machine is. Default: as the one that costs were measured on.
    pub speed: Speed,
    /// Pixels of all frames of an animation that is made anew: frames times the
    /// pixels of its canvas. Default: 100,000,000.
    pub animation_pixels: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            peak_bytes: 512 << 20,
            source_pixels: 16_383 * 16_383,
            deadline: None,
            cpu_share: 1.0,
            speed: Speed::REFERENCE,
            animation_pixels: 100_000_000,
        }
    }
}

/// A share of a processor is given as slices, one each period: measured on Lambda
/// by others, and the least that Linux's scheduler keeps well.
const PERIOD: Duration = Duration::from_millis(20);

/// Periods after which the time that was taken tells something.
const TELLING: u32 = 5;

/// How much longer than predicted work may take for which the rest of the time must
/// do: what cannot be interrupted is predicted within it, nearly always.
pub(crate) const MARGIN: f64 = 1.25;

impl Limits {
    /// The share of a processor that a Lambda function of this much memory has
    /// (AWS: one vCPU at 1,769 MB; more of them do not make one image faster).
    #[must_use]
    pub fn lambda_share(memory_mb: u32) -> f64 {
        (f64::from(memory_mb) / 1769.0).min(1.0)
    }

    /// The wall time that this much processor time of the reference machine takes
    /// here: what a slice leaves over waits for the next, and on average half of
    /// the last wait is spared.
    #[must_use]
    pub fn wall(&self, cpu: Duration) -> Duration {
        let cpu = self.speed.scaled(cpu);
        let slice = PERIOD.mul_f64(self.cpu_share);
        if cpu <= slice || self.cpu_share >= 1.0 {
            return cpu;
        }
        let spared = (PERIOD - slice) / 2;
        cpu.div_f64(self.cpu_share).saturating_sub(spared)
    }

    /// The speed to go on with after an image that was predicted to take `predicted`
    /// and took `measured` of wall time. What is over in a few periods says more about
    /// when it began than about the machine.
    pub(crate) fn learned(&self, predicted: Duration, measured: Duration) -> Speed {
        if self.cpu_share < 1.0 && predicted.min(measured) < TELLING * PERIOD {
            return self.speed;
        }
        self.speed.learned(predicted, measured)
    }

    /// How long before the deadline work has to stop: a process whose slice is
    /// used up sees nothing until the next.
    fn grace(&self) -> Duration {
        if self.cpu_share < 1.0 {
            PERIOD
        } else {
            Duration::ZERO
        }
    }

    /// Refuses what is predicted to take longer than there is.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] with [`Resource::Milliseconds`].
    pub(crate) fn admit(&self, cpu: Duration) -> Result<()> {
        let Some(deadline) = self.deadline else {
            return Ok(());
        };
        let needed = self.wall(cpu) + self.grace();
        if needed <= deadline {
            return Ok(());
        }
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Err(Error::TooLarge {
            resource: Resource::Milliseconds,
            needed: milliseconds(needed).max(milliseconds(deadline) + 1),
            allowed: milliseconds(deadline),
        })
    }
}

/// The time one job has left. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Rc<Account>);

#[derive(Debug)]
struct Account {
    limits: Limits,
    /// When work has to stop, and when the answer is due.
    stop: Option<(Instant, Instant)>,
    /// How much slower than predicted this job has been so far.
    slowness: Cell<f64>,
}

impl Budget {
    /// Starts counting.
    pub(crate) fn start(limits: &Limits) -> Self {
        let stop = limits.deadline.and_then(|deadline| {
            let now = Instant::now();
            let due = now.checked_add(deadline)?;
            Some((now + deadline.saturating_sub(limits.grace()), due))
        });
        Self(Rc::new(Account {
            limits: *limits,
            stop,
            slowness: Cell::new(1.0),
        }))
    }

    /// Wall time until work has to stop; `None` if it need not.
    pub(crate) fn left(&self) -> Option<Duration> {
        let (stop, _) = self.0.stop?;
        Some(stop.saturating_duration_since(Instant::now()))
    }

    /// Ends a job whose time is up.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`].
    pub(crate) fn check(&self) -> Result<()> {
        match self.0.stop {
            Some((stop, due)) if Instant::now() >= stop => Err(Error::TimedOut {
                late_by: Instant::now().saturating_duration_since(due),
            }),
            _ => Ok(()),
        }
    }

    /// Learns from work that was predicted to take `cpu` and took `wall`.
    pub(crate) fn learn(&self, cpu: Duration, wall: Duration) {
        let predicted = self.0.limits.wall(cpu);
        if self.0.limits.cpu_share < 1.0 && predicted.min(wall) < TELLING * PERIOD {
            return;
        }
        if predicted > Duration::from_micros(500) {
            let slowness = wall.as_secs_f64() / predicted.as_secs_f64();
            self.0.slowness.set(slowness.clamp(0.5, 4.0));
        }
    }

    /// Whether work of this much reference time would be done in time.
    pub(crate) fn admits(&self, cpu: Duration) -> bool {
        let factor = MARGIN * self.0.slowness.get();
        let wall = self.0.limits.wall(cpu).mul_f64(factor);
        self.left().is_none_or(|left| wall <= left)
    }
}

/// Makes a zeroed buffer, or says how much was missing.
///
/// # Errors
///
/// [`Error::TooLarge`] if the allocator refuses; `allowed` is then 0, because
/// how much it would have given is not known.
pub(crate) fn zeroed<T: Clone + Default>(len: usize) -> Result<Vec<T>> {
    let mut buffer = Vec::new();
    buffer
        .try_reserve_exact(len)
        .map_err(|_| out_of_memory(len.saturating_mul(size_of::<T>())))?;
    buffer.resize(len, T::default());
    Ok(buffer)
}

/// The error of an allocator that refused `bytes`. How much it would have
/// given is not known, so `allowed` is 0.
pub(crate) fn out_of_memory(bytes: usize) -> Error {
    Error::TooLarge {
        resource: Resource::Memory,
        needed: bytes as u64,
        allowed: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_a_processor_stretches_what_passes_its_slice() {
        let limits = Limits {
            cpu_share: 0.1,
            ..Limits::default()
        };
        let ms = Duration::from_millis;
        assert_eq!(limits.wall(ms(2)), ms(2));
        assert_eq!(limits.wall(ms(100)), ms(1000 - 9));
        assert_eq!(Limits::default().wall(ms(100)), ms(100));
    }

    #[test]
    fn a_lambda_function_has_a_share_by_its_memory() {
        assert!((Limits::lambda_share(128) - 0.072_36).abs() < 1e-4);
        assert_eq!(Limits::lambda_share(3008), 1.0);
    }

    #[test]
    fn what_cannot_be_done_in_time_is_refused_with_both_times() {
        let limits = Limits {
            deadline: Some(Duration::from_millis(300)),
            ..Limits::default()
        };
        assert!(limits.admit(Duration::from_millis(300)).is_ok());
        let refused = limits.admit(Duration::from_millis(301));
        assert!(matches!(
            refused,
            Err(Error::TooLarge {
                resource: Resource::Milliseconds,
                needed: 301,
                allowed: 300
            })
        ));
    }

    #[test]
    fn a_budget_of_no_time_is_over_at_once() {
        let none = Budget::start(&Limits {
            deadline: Some(Duration::ZERO),
            ..Limits::default()
        });
        assert!(matches!(none.check(), Err(Error::TimedOut { .. })));
        assert!(!none.admits(Duration::from_nanos(1)));
        let endless = Budget::start(&Limits::default());
        assert!(endless.check().is_ok() && endless.admits(Duration::from_secs(99)));
    }

    #[test]
    fn a_job_that_was_slow_is_expected_to_stay_slow() {
        let budget = Budget::start(&Limits {
            deadline: Some(Duration::from_secs(100)),
            ..Limits::default()
        });
        assert!(budget.admits(Duration::from_secs(50)));
        budget.learn(Duration::from_secs(1), Duration::from_secs(3));
        assert!(!budget.admits(Duration::from_secs(50)));
    }

    #[test]
    fn a_few_periods_of_a_share_teach_nothing() {
        let limits = Limits {
            cpu_share: 0.07,
            ..Limits::default()
        };
        let ms = Duration::from_millis;
        assert_eq!(limits.learned(ms(30), ms(3)), Speed::REFERENCE);
        assert!(limits.learned(ms(3000), ms(1000)).factor() > 1.0);
    }
}
