//! An invocation's time cut into parts at what the origin saw. Whatever it saw and however late, the
//! parts follow one another without gaps, and their times add up to the invocation's.

use std::time::Duration;

use super::{
    clock::Moment,
    seen::{Seen, What},
};
use crate::sample::{Part, Segment};

/// Cuts the time from an event's handing out to its answer's last byte.
///
/// A part that nothing was seen to end ends the cutting: the rest is [`Part::Finish`]. What was seen
/// before the beginning or after the end counts as at it, and processor time that nobody could read
/// any more as unchanged. Bytes sent after the answer count only if none were sent before.
pub(super) fn cut(from: Moment, to: Moment, seen: &[Seen]) -> Vec<Segment> {
    let first = |what| seen.iter().find(|seen| seen.what == what);
    let in_time = |seen: &&Seen| seen.what == What::LastByte && seen.moment.at <= to.at;
    let last = seen.iter().rfind(in_time).or(first(What::LastByte));
    let ends = [
        (Part::Ask, first(What::Asked)),
        (Part::Wait, first(What::FirstByte)),
        (Part::Body, last),
    ];
    let (from, to) = (Mark::of(from), Mark::of(to));
    let to = to.within(from, to);
    let mut segments = Vec::with_capacity(ends.len() + 1);
    let mut begin = from;
    for (part, seen) in ends {
        let Some(seen) = seen else { break };
        let end = Mark::of(seen.moment).within(begin, to);
        segments.push(segment(part, begin, end));
        begin = end;
    }
    segments.push(segment(Part::Finish, begin, to));
    segments
}

/// A moment whose processor time is 0 if it could not be read, which [`Mark::within`] mends.
#[derive(Clone, Copy)]
struct Mark {
    at: Duration,
    cpu: Duration,
}

impl Mark {
    fn of(moment: Moment) -> Self {
        Self {
            at: moment.at,
            cpu: moment.cpu.unwrap_or_default(),
        }
    }

    /// Not before `begin` on either clock, and not after `end` unless that is before `begin`.
    fn within(self, begin: Self, end: Self) -> Self {
        Self {
            at: self.at.min(end.at).max(begin.at),
            cpu: self.cpu.min(end.cpu).max(begin.cpu),
        }
    }
}

fn segment(part: Part, begin: Mark, end: Mark) -> Segment {
    Segment {
        part,
        wall_ms: milliseconds(end.at - begin.at),
        cpu_ms: milliseconds(end.cpu - begin.cpu),
    }
}

/// For the records.
pub(super) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(at_ms: u64, cpu_ms: u64) -> Moment {
        Moment {
            at: Duration::from_millis(at_ms),
            cpu: Some(Duration::from_millis(cpu_ms)),
        }
    }

    fn seen(what: What, at_ms: u64, cpu_ms: u64) -> Seen {
        let moment = moment(at_ms, cpu_ms);
        Seen { what, moment }
    }

    /// Part, wall and CPU time, each to the millisecond.
    fn cuts(from: Moment, to: Moment, seen: &[Seen]) -> Vec<(Part, f64, f64)> {
        let segments = cut(from, to, seen).into_iter();
        segments
            .map(|segment| {
                let (wall, cpu) = (segment.wall_ms.round(), segment.cpu_ms.round());
                (segment.part, wall, cpu)
            })
            .collect()
    }

    #[test]
    fn all_that_is_seen_makes_four_parts_that_add_up() {
        let seen = [
            seen(What::Asked, 110, 5),
            seen(What::FirstByte, 140, 6),
            seen(What::LastByte, 190, 26),
        ];
        let expected = [
            (Part::Ask, 10.0, 3.0),
            (Part::Wait, 30.0, 1.0),
            (Part::Body, 50.0, 20.0),
            (Part::Finish, 10.0, 4.0),
        ];
        assert_eq!(cuts(moment(100, 2), moment(200, 30), &seen), expected);
    }

    #[test]
    fn an_invocation_that_asked_for_nothing_is_one_part() {
        let cuts = cuts(moment(100, 2), moment(200, 30), &[]);
        assert_eq!(cuts, [(Part::Finish, 100.0, 28.0)]);
    }

    #[test]
    fn of_several_requests_the_first_byte_and_the_last_count() {
        let seen = [
            seen(What::Asked, 10, 1),
            seen(What::FirstByte, 20, 2),
            seen(What::LastByte, 30, 3),
            seen(What::Asked, 40, 4),
            seen(What::FirstByte, 50, 5),
            seen(What::LastByte, 60, 6),
        ];
        let expected = [
            (Part::Ask, 10.0, 1.0),
            (Part::Wait, 10.0, 1.0),
            (Part::Body, 40.0, 4.0),
            (Part::Finish, 40.0, 4.0),
        ];
        assert_eq!(cuts(moment(0, 0), moment(100, 10), &seen), expected);
    }

    #[test]
    fn what_nothing_ended_is_part_of_the_finish() {
        let seen = [seen(What::Asked, 10, 1), seen(What::LastByte, 60, 6)];
        let expected = [(Part::Ask, 10.0, 1.0), (Part::Finish, 90.0, 9.0)];
        assert_eq!(cuts(moment(0, 0), moment(100, 10), &seen), expected);
    }

    #[test]
    fn an_answer_before_the_last_byte_leaves_nothing_to_finish() {
        let seen = [
            seen(What::Asked, 10, 1),
            seen(What::FirstByte, 20, 2),
            seen(What::LastByte, 130, 12),
        ];
        let cuts = cuts(moment(0, 0), moment(100, 10), &seen);
        assert_eq!(
            cuts[2..],
            [(Part::Body, 80.0, 8.0), (Part::Finish, 0.0, 0.0)]
        );
    }

    #[test]
    fn what_is_sent_after_the_answer_is_not_its_body() {
        let seen = [
            seen(What::Asked, 10, 1),
            seen(What::FirstByte, 20, 2),
            seen(What::LastByte, 30, 3),
            seen(What::LastByte, 130, 12),
        ];
        let cuts = cuts(moment(0, 0), moment(100, 10), &seen);
        assert_eq!(
            cuts[2..],
            [(Part::Body, 10.0, 1.0), (Part::Finish, 70.0, 7.0)]
        );
    }

    #[test]
    fn processor_time_that_could_not_be_read_is_counted_where_it_next_could() {
        let mut unread = seen(What::Asked, 10, 0);
        unread.moment.cpu = None;
        let seen = [unread, seen(What::FirstByte, 20, 7)];
        let expected = [
            (Part::Ask, 10.0, 0.0),
            (Part::Wait, 10.0, 5.0),
            (Part::Finish, 80.0, 3.0),
        ];
        assert_eq!(cuts(moment(0, 2), moment(100, 10), &seen), expected);
    }

    #[test]
    fn a_process_that_is_gone_at_the_end_took_no_time_that_we_know_of() {
        let gone = Moment {
            at: Duration::from_millis(50),
            cpu: None,
        };
        let cuts = cuts(moment(0, 2), gone, &[seen(What::Asked, 10, 3)]);
        assert_eq!(cuts, [(Part::Ask, 10.0, 0.0), (Part::Finish, 40.0, 0.0)]);
    }
}
