//! Latency at any memory size, from processor time and waits measured at full speed.
//!
//! Lambda holds a function to `memory / 1769` of a processor by a quota: so much processor time in
//! each period, and what is used up before the period ends is waited for (Linux,
//! Documentation/scheduler/sched-bwc.rst). Unused quota is not saved up. Periods do not begin with
//! an event, so the answer is the mean over where in a period it may come; it always finds a whole
//! quota, because the function has slept until then.
//!
//! A segment's waits are what is left of its time after its processor time. In [`Part::Body`] they
//! are the original's arrival, which goes on while the function is held back: there work is only
//! limited by what has arrived so far. Elsewhere the work comes first and then the wait.

use crate::{
    case,
    sample::{Part, Segment},
};

/// Places in a period where an event may come that are averaged over.
const PHASES: u32 = 20;

/// Milliseconds that are nothing: sums of measured times are not exact.
const NOTHING: f64 = 1e-9;

/// What an invocation of these segments takes with this memory, in milliseconds.
///
/// `period_ms` is how often the quota is given out, above 0.
pub(crate) fn latency_ms(segments: &[Segment], memory_mb: u32, period_ms: f64) -> f64 {
    parts_ms(segments, memory_mb, period_ms).iter().sum()
}

/// The same, segment by segment.
pub(crate) fn parts_ms(segments: &[Segment], memory_mb: u32, period_ms: f64) -> Vec<f64> {
    let share = case::share(memory_mb);
    let mut parts = vec![0.0; segments.len()];
    for phase in 0..PHASES {
        let mut processor = Processor {
            quota: share * period_ms,
            period: period_ms,
            left: share * period_ms,
            until_refill: period_ms * (f64::from(phase) + 0.5) / f64::from(PHASES),
        };
        for (sum, segment) in parts.iter_mut().zip(segments) {
            *sum += processor.run(segment) / f64::from(PHASES);
        }
    }
    parts
}

/// A processor of which there is a quota in every period. Times are in milliseconds.
struct Processor {
    quota: f64,
    period: f64,
    /// Of this period's quota.
    left: f64,
    until_refill: f64,
}

impl Processor {
    /// What a segment takes.
    fn run(&mut self, segment: &Segment) -> f64 {
        let Segment {
            part,
            wall_ms,
            cpu_ms,
        } = *segment;
        let wait = (wall_ms - cpu_ms).max(0.0);
        if part == Part::Body && wait > NOTHING {
            self.arriving(cpu_ms, wall_ms)
        } else {
            let worked = self.work(cpu_ms);
            self.pass(wait, 0.0);
            worked + wait
        }
    }

    /// Work that nothing but the quota holds back.
    fn work(&mut self, cpu: f64) -> f64 {
        let (mut to_do, mut time) = (cpu, 0.0);
        while to_do > NOTHING {
            if self.left <= NOTHING {
                time += self.refill();
            }
            let step = to_do.min(self.left).min(self.until_refill);
            self.pass(step, 1.0);
            time += step;
            to_do -= step;
        }
        time
    }

    /// Work on what arrives evenly over `wall`, less of it than there is time.
    fn arriving(&mut self, cpu: f64, wall: f64) -> f64 {
        // Of a processor, while nothing but the arrival holds it back.
        let rate = cpu / wall;
        let (mut done, mut time) = (0.0, 0.0);
        while time < wall - NOTHING {
            let behind = rate * time - done;
            let (pace, enough) = if self.left <= NOTHING {
                (0.0, f64::INFINITY)
            } else if behind > NOTHING {
                (1.0, behind / (1.0 - rate))
            } else {
                (rate, f64::INFINITY)
            };
            let step = match pace {
                0.0 => self.until_refill,
                pace => enough.min(self.left / pace).min(self.until_refill),
            };
            let step = step.min(wall - time);
            self.pass(step, pace);
            done += pace * step;
            time += step;
        }
        time + self.work(cpu - done)
    }

    /// Lets time pass while `pace` of a processor is used.
    fn pass(&mut self, time: f64, pace: f64) {
        self.left -= time * pace;
        self.until_refill -= time;
        while self.until_refill <= NOTHING {
            self.until_refill += self.period;
            self.left = self.quota;
        }
    }

    /// Waits for the next period and returns how long that took.
    fn refill(&mut self) -> f64 {
        let time = self.until_refill;
        self.pass(time, 0.0);
        time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(part: Part, wall_ms: f64, cpu_ms: f64) -> Segment {
        Segment {
            part,
            wall_ms,
            cpu_ms,
        }
    }

    fn close(is: f64, should_be: f64) {
        assert!((is - should_be).abs() < 1e-6, "{is} is not {should_be}");
    }

    #[test]
    fn a_whole_processor_takes_what_was_measured() {
        let segments = [
            segment(Part::Ask, 3.0, 1.0),
            segment(Part::Wait, 25.0, 0.0),
            segment(Part::Body, 60.0, 33.0),
            segment(Part::Finish, 12.0, 12.0),
        ];
        close(latency_ms(&segments, 1769, 20.0), 100.0);
        close(latency_ms(&segments, 3008, 20.0), 100.0);
    }

    #[test]
    fn work_within_the_quota_is_not_held_back() {
        let segments = [segment(Part::Finish, 1.4, 1.4)];
        close(latency_ms(&segments, 128, 20.0), 1.4);
    }

    #[test]
    fn half_a_processor_works_and_waits_in_turns() {
        // Ten quotas of 10 ms in as many periods, of which the first and the last are not whole.
        let memory_mb = case::WHOLE_MB / 2;
        let share = case::share(memory_mb);
        let latency = latency_ms(&[segment(Part::Finish, 100.0, 100.0)], memory_mb, 20.0);
        assert!((100.0 / share - 20.0..=100.0 / share).contains(&latency));
    }

    #[test]
    fn the_phase_is_averaged_over() {
        // One quota and a half: the half comes with the next refill. One that comes while the
        // first is being used up adds to it, unless it comes so early that even two do not last.
        let (share, period) = (case::share(128), 20.0);
        let quota = share * period;
        let latency = latency_ms(&[segment(Part::Finish, quota, 1.5 * quota)], 128, period);
        let at_phase = |phase: f64| {
            if phase < 0.5 * quota {
                period + 0.5 * quota
            } else if phase <= quota {
                1.5 * quota
            } else {
                phase + 0.5 * quota
            }
        };
        let phases = (0..PHASES).map(|phase| period * (f64::from(phase) + 0.5) / 20.0);
        close(latency, phases.map(at_phase).sum::<f64>() / 20.0);
    }

    #[test]
    fn long_work_takes_its_share_of_the_time() {
        let latency = latency_ms(&[segment(Part::Finish, 500.0, 500.0)], 128, 20.0);
        let ideal = 500.0 * 1769.0 / 128.0;
        assert!((latency / ideal - 1.0).abs() < 0.005, "{latency} {ideal}");
    }

    #[test]
    fn waits_are_the_same_at_any_memory() {
        let segments = [segment(Part::Wait, 25.0, 0.0)];
        close(latency_ms(&segments, 128, 20.0), 25.0);
        close(latency_ms(&segments, 1769, 20.0), 25.0);
    }

    #[test]
    fn a_wait_brings_a_fresh_quota() {
        let quota = case::share(128) * 20.0;
        let segments = [
            segment(Part::Ask, quota, quota),
            segment(Part::Wait, 25.0, 0.0),
            segment(Part::Finish, quota, quota),
        ];
        close(latency_ms(&segments, 128, 20.0), 25.0 + 2.0 * quota);
    }

    #[test]
    fn what_arrives_slowly_is_worked_on_meanwhile() {
        // At a half of a processor, 20 ms of work on what takes 100 ms to arrive is not late.
        let body = [segment(Part::Body, 100.0, 20.0)];
        close(latency_ms(&body, case::WHOLE_MB / 2, 20.0), 100.0);
        // At 128 MB it takes what the same work takes without any arrival, give or take a period.
        let slow = latency_ms(&body, 128, 20.0);
        let free = latency_ms(&[segment(Part::Finish, 20.0, 20.0)], 128, 20.0);
        assert!((free..free + 20.0).contains(&slow), "{slow} {free}");
    }

    #[test]
    fn more_memory_is_never_slower() {
        let segments = [
            segment(Part::Ask, 2.0, 1.5),
            segment(Part::Wait, 25.0, 0.1),
            segment(Part::Body, 50.0, 30.0),
            segment(Part::Finish, 20.0, 20.0),
        ];
        let latencies: Vec<f64> = [128, 256, 384, 512, 1024, 1769]
            .iter()
            .map(|&memory_mb| latency_ms(&segments, memory_mb, 20.0))
            .collect();
        assert!(latencies.is_sorted_by(|a, b| a >= b), "{latencies:?}");
    }

    #[test]
    fn the_parts_add_up() {
        let segments = [
            segment(Part::Ask, 2.0, 1.5),
            segment(Part::Body, 50.0, 30.0),
            segment(Part::Finish, 20.0, 20.0),
        ];
        let parts = parts_ms(&segments, 256, 20.0);
        close(parts.iter().sum(), latency_ms(&segments, 256, 20.0));
        assert_eq!(parts.len(), 3);
    }
}
