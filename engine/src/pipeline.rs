//! The whole way of one image.

use std::{
    cell::Cell,
    io::{self, Write},
    rc::Rc,
};

use crate::{
    animation,
    budget::{Budget, Limits},
    colour::{self, Profile},
    cost::Speed,
    decode::{self, Source},
    encode::{self, Done},
    error::{Error, Resource, Result},
    header::{self, Header, probe},
    input::Input,
    ladder::Degraded,
    orient::Orient,
    overlay::{self, Raster},
    pad::Pad,
    pixels::Rows,
    plan::{self, Action, Plan, plan},
    request::Request,
    resize::{Resize, Tables},
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
    /// Whether the result is the source as it was: kept by plan, or because a new
    /// one would not have been smaller.
    pub is_source: bool,
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
    request: &Request,
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
    let header = probe_for(request, &mut input, limits).map_err(in_time)?;
    let plan = plan(request, &header, limits)?;
    let damaged = Rc::<Cell<bool>>::default();
    let overlay = overlay::made(&plan, limits, &budget, &clock).map_err(in_time)?;
    let (done, is_source) = match plan.action {
        Action::Keep => {
            let bytes = animation::copy(input, output).map_err(in_time)?;
            (Done::of(&plan, bytes), true)
        }
        Action::Animate => {
            let allowed = allowed(&plan, limits);
            let (bytes, is_source) =
                animate(&plan, (allowed, overlay), input, output, (&budget, &clock))
                    .map_err(in_time)?;
            (Done::of(&plan, bytes), is_source)
        }
        Action::Encode => {
            let rows =
                chain(&plan, limits, input, damaged.clone(), &budget, &clock).map_err(in_time)?;
            let rows = overlay::lay(rows, overlay, &plan, &clock)?;
            let done = encode::encode(&plan, rows, output, &budget, &clock).map_err(in_time)?;
            (done, false)
        }
    };
    let stages = clock.stages();
    let predicted = limits.wall(plan.cost.total());
    // Another rung or quality than was predicted for says nothing about the machine.
    let speed = if done.plan.degraded == plan.degraded {
        limits.learned(predicted, stages.working())
    } else {
        limits.speed
    };
    Ok(Encoded {
        warnings: warnings(request, &plan, damaged.get()),
        is_source,
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
    let header = probe(input)?;
    hold(header, input, limits)
}

/// Reads what [`transform`] reads before it plans `request`: what [`probe_within`]
/// does, and of a source that stays as it is, only what [`probe`] does.
///
/// # Errors
///
/// As [`probe_within`].
pub fn probe_for(request: &Request, input: &mut Input<'_>, limits: &Limits) -> Result<Header> {
    let header = probe(input)?;
    if plan::animation::is_kept(request, &header) {
        return Ok(header);
    }
    hold(header, input, limits)
}

/// Reads all of a source that must be held.
fn hold(mut header: Header, input: &mut Input<'_>, limits: &Limits) -> Result<Header> {
    let animated = header.frames > 1;
    if decode::holds_source(&header) && (header.length.is_none() || animated) {
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
    if animated {
        header::count_frames(input, &mut header)?;
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
    let decoder = decode::open(plan, input, allowed(plan, limits), damaged, clock)?;
    let decoder = Box::new(InTime::new(decoder, budget.clone()));
    between(decoder, plan, &mut Tables::default(), clock)
}

/// The most bytes a source that is held may have: it may turn out longer than was
/// said, by what the plan leaves over.
fn allowed(plan: &Plan, limits: &Limits) -> u64 {
    let left = limits.peak_bytes.saturating_sub(plan.peak.bytes());
    plan.source.length.unwrap_or(0).saturating_add(left)
}

/// The sources between a decoder and the encoder.
fn between<'a>(
    decoder: Box<dyn Source + 'a>,
    plan: &Plan,
    tables: &mut Tables,
    clock: &Clock,
) -> Result<Box<dyn Source + 'a>> {
    let mut rows: Box<dyn Source + 'a> = Box::new(Resize::new(decoder, plan, tables, clock)?);
    if plan.turn != Turn::NONE {
        rows = Box::new(Orient::new(rows, plan, clock)?);
    }
    rows = colour::convert(rows, plan, clock)?;
    if let Some(padding) = plan.padding {
        rows = Box::new(Pad::new(rows, padding, plan, clock)?);
    }
    Ok(rows)
}

/// Makes every frame of an animation anew, or returns the source if that is the
/// better result; says how many bytes were written, and whether they are the source's.
#[cfg(feature = "libwebp")]
fn animate(
    plan: &Plan,
    (allowed, overlay): (u64, Option<Rc<Raster>>),
    input: Input<'_>,
    output: &mut dyn Write,
    (budget, clock): (&Budget, &Clock),
) -> Result<(u64, bool)> {
    use crate::stages::Stage;
    let source = input.into_whole(allowed)?;
    let _timed = clock.enter(Stage::Decode);
    let mut frames = animation::frames(&plan.source, &source)?;
    let mut tables = Tables::default();
    let mut result = encode::Animation::new(plan, frames.loops(), frames.background())?;
    // As many as were counted, should the source have grown since.
    for _ in 0..plan.source.frames {
        budget.check()?;
        let Some(milliseconds) = frames.advance()? else {
            break;
        };
        let _timed = clock.enter(Stage::Encode);
        let canvas = Box::new(frames.canvas().rows());
        let rows = between(canvas, plan, &mut tables, clock)?;
        let rows = overlay::lay(rows, overlay.clone(), plan, clock)?;
        result.add(rows, milliseconds)?;
    }
    drop(frames);
    let _timed = clock.enter(Stage::Encode);
    let result = result.finish()?;
    // What a WebP says about itself (EXIF, XMP: RFC 9649, 2.7.1) is not passed on.
    let is_bare = source.get(20).is_some_and(|flags| flags & 0x0c == 0);
    let is_source =
        plan::animation::may_return_source(plan) && is_bare && result.len() >= source.len();
    let best = if is_source { &source } else { &*result };
    check_bytes(plan, best.len() as u64)?;
    let _timed = clock.enter(Stage::Write);
    output.write_all(best).map_err(Error::Write)?;
    output.flush().map_err(Error::Write)?;
    Ok((best.len() as u64, is_source))
}

/// An animation has one try at a limit of bytes.
pub(crate) fn check_bytes(plan: &Plan, needed: u64) -> Result<()> {
    match plan.max_bytes {
        Some(allowed) if needed > allowed => Err(Error::TooLarge {
            resource: Resource::OutputBytes,
            needed,
            allowed,
        }),
        _ => Ok(()),
    }
}

/// No plan of this build animates.
#[cfg(not(feature = "libwebp"))]
fn animate(
    _: &Plan,
    _: (u64, Option<Rc<Raster>>),
    _: Input<'_>,
    _: &mut dyn Write,
    _: (&Budget, &Clock),
) -> Result<(u64, bool)> {
    Err(Error::Unsupported("this build writes no animation"))
}

fn warnings(request: &Request, plan: &Plan, damaged: bool) -> Vec<&'static str> {
    let mut warnings = Vec::new();
    match plan.action {
        Action::Encode if plan.source.frames > 1 => {
            warnings.push("the source is an animation: the result shows its first frame");
        }
        Action::Keep if !animation::leaves_size(request) => {
            warnings
                .push("an animated GIF stays as it is: what was asked of its picture was ignored");
        }
        _ => {}
    }
    if damaged {
        warnings.push("the source is broken or ends early: what follows is grey");
    }
    if let Profile::Ignored(warning) = plan.profile {
        warnings.push(warning);
    }
    warnings
}
