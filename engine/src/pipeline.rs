//! The whole way of one image.

use std::{
    cell::Cell,
    io::{self, Write},
    rc::Rc,
};

use crate::{
    budget::{Budget, Limits},
    colour::{self, Profile},
    cost::Speed,
    decode::{self, Source},
    encode,
    error::{Error, Result},
    header::{Header, probe},
    input::Input,
    ladder::Degraded,
    orient::Orient,
    overlay,
    pad::Pad,
    pixels::Rows,
    plan::{Plan, plan},
    resize::Resize,
    stages::{Clock, Stages},
    turn::Turn,
};

/// What was made.
#[derive(Debug)]
#[non_exhaustive]
pub struct Encoded {
    /// Every decision it came from; where it was degraded on the way, the plan that
    /// was carried out in the end.
    pub plan: Plan,
    /// Bytes written.
    pub bytes: u64,
    /// Where the time went.
    pub stages: Stages,
    /// What the result lacks that the source has, in words for a person.
    pub warnings: Vec<&'static str>,
    /// How fast the machine is, by what this image took: for the next one's limits.
    pub speed: Speed,
}

impl Encoded {
    /// What is not as it was asked for, and why. Who caches the result may want to
    /// keep it only briefly, most of all where it was for want of time.
    #[must_use]
    pub fn degraded(&self) -> &[Degraded] {
        &self.plan.degraded
    }
}

/// Makes the image that `request` asks for, out of `input` and into `output`.
///
/// Nothing is written before the whole source has been planned, but `output`
/// may have received part of an image when an error comes: write to memory or
/// to a temporary file.
///
/// # Errors
///
/// See [`Error`](crate::Error): every variant is possible.
pub fn transform(
    request: &crate::Request,
    limits: &Limits,
    mut input: Input<'_>,
    output: &mut dyn Write,
) -> Result<Encoded> {
    let clock = Clock::default();
    let budget = Budget::start(limits);
    input.set_clock(clock.clone());
    input.set_budget(budget.clone());
    let in_time = |error| {
        budget
            .check()
            .err()
            .filter(|_| is_timeout(&error))
            .unwrap_or(error)
    };
    let header = probe_within(&mut input, limits).map_err(in_time)?;
    let plan = plan(request, &header, limits)?;
    let damaged = Rc::<Cell<bool>>::default();
    let overlay = overlay::made(&plan, limits, &budget, &clock).map_err(in_time)?;
    let rows = chain(&plan, limits, input, damaged.clone(), &budget, &clock).map_err(in_time)?;
    let rows = overlay::lay(rows, overlay, &plan, &clock)?;
    let done = encode::encode(&plan, rows, output, &budget, &clock).map_err(in_time)?;
    let stages = clock.stages();
    let predicted = limits.wall(plan.cost.total());
    // Another rung than was predicted for says nothing about the machine.
    let speed = if done.plan.degraded == plan.degraded && plan.max_bytes.is_none() {
        limits.speed.learned(predicted, stages.working())
    } else {
        limits.speed
    };
    Ok(Encoded {
        warnings: warnings(&plan, damaged.get()),
        plan: done.plan,
        bytes: done.bytes,
        stages,
        speed,
    })
}

/// Whether reading was ended by the budget, through [`Input`].
fn is_timeout(error: &Error) -> bool {
    matches!(error, Error::Read(error) if error.kind() == io::ErrorKind::TimedOut)
}

/// Reads what [`probe`] reads, and of a source that must be held whole and whose
/// length nobody said, everything: only then can its peak be planned. Nothing is
/// consumed.
///
/// # Errors
///
/// As [`probe`], and [`Error::TooLarge`](crate::Error) if `limits` do not let the
/// source be held.
pub fn probe_within(input: &mut Input<'_>, limits: &Limits) -> Result<Header> {
    let mut header = probe(input)?;
    if header.length.is_none() && decode::holds_source(&header) {
        // A buffer that grows is held twice while it is moved.
        let held = input.hold_whole(limits.peak_bytes / 2);
        header.head_bytes = held.map_err(|error| match error {
            Error::TooLarge {
                resource, needed, ..
            } => Error::TooLarge {
                resource,
                needed: 2 * needed,
                allowed: limits.peak_bytes,
            },
            other => other,
        })?;
        header.length = Some(header.head_bytes);
    }
    Ok(header)
}

/// Rows for as long as there is time.
struct InTime<S> {
    source: S,
    budget: Budget,
}

impl<S: Source> InTime<S> {
    fn new(source: S, budget: Budget) -> Self {
        Self { source, budget }
    }
}

impl<S: Source> Source for InTime<S> {
    fn advance(&mut self) -> Result<bool> {
        self.budget.check()?;
        self.source.advance()
    }

    fn rows(&self) -> Rows<'_> {
        self.source.rows()
    }
}

/// The sources between the file and the encoder, but for an overlay.
pub(crate) fn chain<'a>(
    plan: &Plan,
    limits: &Limits,
    input: Input<'a>,
    damaged: Rc<Cell<bool>>,
    budget: &Budget,
    clock: &Clock,
) -> Result<Box<dyn Source + 'a>> {
    // A file may turn out longer than was said, by what the plan leaves over.
    let left = limits.peak_bytes.saturating_sub(plan.peak.bytes());
    let allowed = plan.source.length.unwrap_or(0).saturating_add(left);
    let decoder = decode::open(plan, input, allowed, damaged, clock)?;
    let decoder = InTime::new(decoder, budget.clone());
    let mut rows: Box<dyn Source + 'a> = Box::new(Resize::new(decoder, plan, clock)?);
    if plan.turn != Turn::NONE {
        rows = Box::new(Orient::new(rows, plan, clock)?);
    }
    rows = colour::convert(rows, plan, clock)?;
    if let Some(padding) = plan.padding {
        rows = Box::new(Pad::new(rows, padding, plan, clock)?);
    }
    Ok(rows)
}

fn warnings(plan: &Plan, damaged: bool) -> Vec<&'static str> {
    let mut warnings = Vec::new();
    if damaged {
        warnings.push("the source is broken or ends early: what follows is grey");
    }
    if let Profile::Ignored(warning) = plan.profile {
        warnings.push(warning);
    }
    warnings
}
