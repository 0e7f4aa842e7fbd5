//! The highest quality whose result has at most so many bytes.

use std::{
    io::{self, Write},
    time::Duration,
};

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
    let asked = plan.quality.unwrap_or(plan.native_quality);
    let mut quality = asked;
    // What was too large, the lowest quality last, and the highest that fits.
    let mut above: Vec<Tried> = Vec::new();
    let mut best: Option<(Tried, Found)> = None;
    let mut out_of_time = false;
    for attempt in 0..TRIES {
        let own = plan.with_quality(quality);
        let time = Cost::predict(&own).of(Stage::Encode);
        if attempt > 0 && !budget.admits(time) {
            out_of_time = true;
            break;
        }
        let mut sink = Bounded::new(most, room(plan))?;
        match encode_whole(&own, image, &mut sink, is_late) {
            Err(Error::TimedOut { .. }) if best.is_some() => break,
            result => result?,
        }
        match sink.fits() {
            Ok(bytes) => {
                let tried = Tried::new(quality, bytes.len() as u64);
                best = Some((tried, Found { plan: own, bytes }));
                if quality == asked || tried.bytes * 100 >= most * NEAR {
                    break;
                }
            }
            Err(bytes) => above.push(Tried::new(quality, bytes)),
        }
        if !super::is_lossy(plan) {
            break;
        }
        let below = best.as_ref().map(|(tried, _)| *tried);
        let last = attempt + 2 == TRIES;
        let Some(next) = next(below, &above, most, last) else {
            break;
        };
        quality = next;
    }
    let needed = above.iter().map(|tried| tried.bytes).min().unwrap_or(0);
    let (Tried { quality, .. }, mut found) = best.ok_or(if out_of_time {
        Error::TimedOut {
            late_by: Duration::ZERO,
        }
    } else {
        Error::TooLarge {
            resource: Resource::OutputBytes,
            needed,
            allowed: most,
        }
    })?;
    found.plan.degraded = Vec::from_iter((quality < asked).then_some(Degraded {
        lost: Lost::Quality(asked),
        because: Because::Bytes,
    }));
    Ok(found)
}

/// What a quality made.
#[derive(Clone, Copy, Debug)]
struct Tried {
    quality: u8,
    bytes: u64,
}

impl Tried {
    fn new(quality: u8, bytes: u64) -> Self {
        Self { quality, bytes }
    }

    /// Where the line through the logarithms of two sizes meets that of `most`.
    fn meets(self, other: Self, most: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a guess")]
        let log = |bytes: u64| (bytes.max(1) as f64).ln();
        let slope = (log(self.bytes) - log(other.bytes))
            / (f64::from(self.quality) - f64::from(other.quality));
        f64::from(self.quality) + (log(most) - log(self.bytes)) / slope.max(SLOPE / 4.0)
    }
}

/// By how much a point of quality changes the logarithm of a photograph's size, from
/// the usual quality down to where an eighth is left.
const SLOPE: f64 = 0.033;

/// The quality to try next, above what fits and below what does not; the lowest
/// in the last try of a search that has found nothing. `None` when nothing is left.
fn next(below: Option<Tried>, above: &[Tried], most: u64, last: bool) -> Option<u8> {
    let high = above.last()?;
    let low = below.map_or(0, |tried| tried.quality);
    if high.quality - low <= 1 {
        return None;
    }
    let guess = match (below, above) {
        (Some(below), _) => below.meets(*high, most).floor(),
        (None, _) if last => 1.0,
        // A little further than needed: what fits is worth more than what nearly does.
        (None, [.., before, high]) => high.meets(*before, most).floor() - 3.0,
        (None, _) => {
            // As if the sizes of photographs' lower qualities were known.
            #[expect(clippy::cast_precision_loss, reason = "a guess")]
            let excess = (high.bytes as f64 / most.max(1) as f64).ln();
            (f64::from(high.quality) - excess / SLOPE).floor()
        }
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between two qualities"
    )]
    let quality = guess.clamp(f64::from(low + 1), f64::from(high.quality - 1)) as u8;
    Some(quality)
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
                let (fits, not) = (Tried::new(low, 5), Tried::new(high, 2000));
                let quality = next(Some(fits), &[not], most, false);
                assert!(quality.is_some_and(|q| (low + 1..high).contains(&q)));
            }
        }
    }

    #[test]
    fn between_two_neighbours_there_is_nothing_to_try() {
        let not = Tried::new(42, 2000);
        assert_eq!(next(Some(Tried::new(41, 5)), &[not], 100, false), None);
        assert_eq!(next(None, &[Tried::new(1, 2000)], 100, false), None);
    }

    #[test]
    fn far_too_many_bytes_lead_to_the_lowest_quality() {
        let far = [Tried::new(80, 1_000_000)];
        assert_eq!(next(None, &far, 10, false), Some(1));
        let near = [Tried::new(80, 1000), Tried::new(70, 900)];
        assert_eq!(next(None, &near, 850, true), Some(1));
    }

    #[test]
    fn any_smooth_growth_of_bytes_is_searched_in_a_few_tries() {
        for (base, growth) in [
            (100.0, 0.02),
            (1000.0, 0.035),
            (10.0, 0.09),
            (5000.0, 0.008),
        ] {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "some thousands"
            )]
            let size = |quality: u8| (base * (growth * f64::from(quality)).exp()) as u64;
            let most = size(80) / 2;
            let (mut below, mut above, mut quality) = (None, Vec::new(), 80);
            for attempt in 0..TRIES {
                let tried = Tried::new(quality, size(quality));
                if tried.bytes > most {
                    above.push(tried);
                } else {
                    below = Some(tried);
                }
                match next(below, &above, most, attempt + 2 == TRIES) {
                    Some(next) => quality = next,
                    None => break,
                }
            }
            let found = below.or((size(1) > most).then_some(Tried::new(0, 0)));
            assert!(found.is_some(), "{base} {growth}");
            if let Some(Tried {
                quality: 1..,
                bytes,
            }) = below
            {
                assert!(bytes * 10 >= most * 8, "{base} {growth}: {bytes} of {most}");
            }
        }
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
