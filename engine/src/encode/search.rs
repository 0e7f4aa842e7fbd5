//! The highest quality whose result has at most so many bytes.

use std::io::{self, Write};

use super::{encode_whole, whole::Whole};
use crate::{
    budget::{Budget, out_of_memory},
    cost::Cost,
    error::{Error, Resource, Result},
    ladder::{Because, Degraded, Lost},
    pixels::Layout,
    plan::Plan,
    stages::Stage,
};

/// The most results that are made of one image.
const TRIES: usize = 7;

/// Near enough to the limit, in hundredths of it.
const NEAR: u64 = 95;

/// A result, and the plan it was made by.
pub(super) struct Found {
    pub(super) plan: Plan,
    pub(super) bytes: Vec<u8>,
}

/// Encodes with the plan's quality and, while the result has more than `most`
/// bytes, with lower ones: the best that was found when the tries or the time for
/// another are used up.
///
/// # Errors
///
/// [`Error::TooLarge`] with [`Resource::OutputBytes`] if none was small enough, and
/// what stops the encoder.
pub(super) fn smaller_than(
    most: u64,
    plan: &Plan,
    image: &mut Whole,
    budget: &Budget,
    is_late: &dyn Fn() -> bool,
) -> Result<Found> {
    let asked = plan.quality;
    let mut quality = asked;
    // The lowest quality known to be too large, the highest known to fit, and
    // what they make.
    let mut above: Option<(u8, u64)> = None;
    let mut best: Option<(u8, Found)> = None;
    for attempt in 0..TRIES {
        let own = plan.with_quality(quality);
        let time = Cost::predict(&own).of(Stage::Encode);
        if attempt > 0 && !budget.admits(time) {
            break;
        }
        let mut sink = Bounded::new(most, room(plan))?;
        match encode_whole(&own, image, &mut sink, is_late) {
            Err(Error::TimedOut { .. }) if best.is_some() => break,
            result => result?,
        }
        match sink.fits() {
            Ok(bytes) => {
                let size = bytes.len() as u64;
                best = Some((quality, Found { plan: own, bytes }));
                if quality == asked || size * 100 >= most * NEAR {
                    break;
                }
            }
            Err(size) => above = Some((quality, size)),
        }
        let below = best
            .as_ref()
            .map(|(q, found)| (*q, found.bytes.len() as u64));
        let Some(next) = next(below, above, most) else {
            break;
        };
        quality = next;
    }
    let needed = above.map_or(0, |(_, size)| size);
    let (quality, mut found) = best.ok_or(Error::TooLarge {
        resource: Resource::OutputBytes,
        needed,
        allowed: most,
    })?;
    found.plan.degraded = Vec::from_iter((quality < asked).then_some(Degraded {
        lost: Lost::Quality(asked),
        because: Because::Bytes,
    }));
    Ok(found)
}

/// The quality to try next, between one known to fit and one known not to:
/// where a straight line through the logarithms of their sizes meets the limit.
/// `None` when nothing is left between them.
fn next(below: Option<(u8, u64)>, above: Option<(u8, u64)>, most: u64) -> Option<u8> {
    let (high, too_many) = above?;
    let (low, fewest) = below.unwrap_or((0, 0));
    if high - low <= 1 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "a guess")]
    let log = |bytes: u64| (bytes.max(1) as f64).ln();
    let range = f64::from(high - low);
    let share = if low == 0 {
        // Of photographs, half the bytes take some 40 points off the usual quality
        // and fewer the lower it is.
        1.0 - (log(too_many) - log(most)) / 2.0
    } else {
        (log(most) - log(fewest)) / (log(too_many) - log(fewest)).max(f64::EPSILON)
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between two qualities"
    )]
    let step = (range * share.clamp(0.0, 1.0)).floor() as u8;
    // The lowest is tried before it is said that nothing fits.
    Some((low + step).clamp(low + 1, high - 1))
}

/// The memory of the best result so far and the one that is being made.
pub(super) fn bytes(plan: &Plan) -> u64 {
    2 * room(plan) as u64
}

/// The most bytes that a result is kept of: no encoder makes more of noise than
/// twice its samples.
fn room(plan: &Plan) -> usize {
    let largest = 2 * Layout::bytes(&plan.encoded) + (64 << 10);
    let most = plan.max_bytes.map_or(0, |most| most.min(largest));
    usize::try_from(most).unwrap_or(usize::MAX)
}

/// Keeps what is written up to a limit, and counts what comes after.
struct Bounded {
    most: u64,
    count: u64,
    bytes: Vec<u8>,
}

impl Bounded {
    /// With all its room from the start: a buffer that grows is held twice.
    fn new(most: u64, room: usize) -> Result<Self> {
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(room)
            .map_err(|_| out_of_memory(room))?;
        Ok(Self {
            most,
            count: 0,
            bytes,
        })
    }

    /// What was written, or how much it was.
    fn fits(self) -> Result<Vec<u8>, u64> {
        if self.count <= self.most {
            Ok(self.bytes)
        } else {
            Err(self.count)
        }
    }
}

impl Write for Bounded {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.count += buffer.len() as u64;
        if self.count > self.most {
            self.bytes = Vec::new();
        } else {
            self.bytes.extend_from_slice(buffer);
        }
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_quality_lies_between_what_fits_and_what_does_not() {
        for (low, high) in [(1, 80), (40, 42), (79, 100)] {
            for most in [10, 1000, 1999] {
                let quality = next(Some((low, 5)), Some((high, 2000)), most);
                assert!(quality.is_some_and(|q| (low + 1..high).contains(&q)));
            }
        }
    }

    #[test]
    fn between_two_neighbours_there_is_nothing_to_try() {
        assert_eq!(next(Some((41, 5)), Some((42, 2000)), 100), None);
        assert_eq!(next(None, Some((1, 2000)), 100), None);
    }

    #[test]
    fn far_too_many_bytes_lead_to_the_lowest_quality() {
        assert_eq!(next(None, Some((80, 1_000_000)), 10), Some(1));
    }

    #[test]
    fn what_is_too_large_is_counted_and_not_kept() {
        let mut sink = Bounded::new(10, 10).expect("it is small");
        sink.write_all(&[0; 10]).expect("it keeps that");
        assert_eq!(sink.bytes.len(), 10);
        sink.write_all(&[0; 10]).expect("it counts that");
        assert_eq!((sink.bytes.capacity(), sink.fits()), (0, Err(20)));
    }
}
