//! A function's life: an environment made for it, its initialisation, a cold invocation and warm
//! ones, and its end, whichever way that comes.

use std::{
    env,
    ffi::OsString,
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use nix::sys::prctl::set_child_subreaper;
use tokio::runtime::Handle;

use super::{
    Life, Order,
    answer::{self, beginning},
    answered::Answered,
    api::{Api, Event, Said},
    clock::{self, Clock, Moment},
    function::{Function, Start},
    pages,
    sandbox::{Hierarchy, OVERHEAD_MB, Sandbox},
    seen::Sightings,
    segments::{cut, milliseconds},
};
use crate::{
    case::{Pace, share},
    sample::{Answer, Emulation, Ending, Init, Invocation},
};

/// How long initialisation may take (AWS Lambda Developer Guide, "Understanding the Lambda execution
/// environment lifecycle").
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// How long nothing may be said before we look whether anyone is left to say it, and whether we are
/// to stop.
const LISTEN: Duration = Duration::from_millis(10);

/// How long a message may be under way when its sender has ended.
const LAST_MESSAGE: Duration = Duration::from_millis(100);

/// What is not the order's to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// How often a share of the processor is given out.
    pub(crate) period: Duration,
    /// The core that functions run on.
    pub(crate) core: u32,
}

impl Options {
    /// Lambda's own period, as arXiv 2506.01283 infers it.
    pub(crate) const PERIOD: Duration = Duration::from_millis(20);
}

/// Where functions live, one after another.
pub(crate) struct Host {
    runtime: Handle,
    clock: Arc<Clock>,
    sightings: Arc<Sightings>,
    options: Options,
    /// Or why there are no control groups.
    groups: Result<Hierarchy, String>,
    /// The beginning of the command line that encloses a process.
    enclosure: Vec<OsString>,
    /// Lives and invocations so far; they name requests, and spread them over the period.
    lives: u64,
    invocations: u32,
}

impl Host {
    /// Looks for control groups and prepares to end functions with all their processes. The Runtime
    /// API runs on `runtime`; `clock` is set to the function's process while there is one, and what
    /// the origin adds to `sightings` is taken for the function's doing.
    ///
    /// # Errors
    ///
    /// If the system does not let us, which is not for want of control groups.
    pub(crate) fn new(
        runtime: Handle,
        clock: Arc<Clock>,
        sightings: Arc<Sightings>,
        options: Options,
    ) -> Result<Self> {
        // Processes whose parents have ended become ours, to be waited for.
        set_child_subreaper(true).context("adopting the processes that functions leave")?;
        let this = env::current_exe().context("finding this program")?;
        Ok(Self {
            runtime,
            clock,
            sightings,
            options,
            groups: Hierarchy::find(),
            enclosure: vec![this.into(), "enclosed".into()],
            lives: 0,
            invocations: 0,
        })
    }

    /// Whether a function can be held to its share of a processor.
    pub(crate) fn can_hold_back(&self) -> bool {
        self.groups.is_ok()
    }

    /// For the record of a run: `groups` says why there are none, if there are none.
    pub(crate) fn emulation(&self) -> Emulation {
        Emulation {
            groups: match &self.groups {
                Ok(hierarchy) => hierarchy.name().to_owned(),
                Err(why) => format!("none: {why}"),
            },
            period_ms: milliseconds(self.options.period),
            overhead_mb: OVERHEAD_MB,
            core: Some(self.options.core),
        }
    }

    /// Lets a function live as ordered, or until `stop` is set: then what was measured is returned,
    /// and an invocation that had no answer is not in it.
    ///
    /// Without control groups it lives without limits if its pace is [`Pace::Full`].
    ///
    /// # Errors
    ///
    /// If it cannot live at all: a file is missing, there are no control groups for its quota, or
    /// the system is at its limits. However it ends once it was started is no error but its
    /// [`Ending`].
    pub(crate) fn live(&mut self, order: &Order<'_>, stop: &AtomicBool) -> Result<Life> {
        self.lives += 1;
        let program = order.program;
        let is_path = program.program.components().count() > 1;
        ensure!(
            !is_path || program.program.exists(),
            "{} is not there",
            program.program.display()
        );
        for path in &program.reads {
            pages::forget(path)?;
        }
        let sandbox = self.sandbox(order)?;
        let api = Api::start(&self.runtime, Arc::clone(&self.clock))?;
        let function = Start {
            program,
            memory_mb: order.setting.memory_mb,
            core: self.options.core,
            enclosure: &self.enclosure,
            sandbox,
            api: &api.address(),
        }
        .start()?;
        self.clock.watch(function.process());
        self.sightings.take();
        let body = serde_json::to_vec(order.event).context("an event as JSON")?;
        let mut living = Living {
            host: self,
            order,
            stop,
            api,
            function,
            event: body.into(),
            init: None,
            invocations: Vec::new(),
            images: Vec::new(),
            asked: Vec::new(),
        };
        let end = living.all().err().unwrap_or(End::Asked);
        living.end(end)
    }

    fn sandbox(&self, order: &Order<'_>) -> Result<Option<Sandbox>> {
        match &self.groups {
            Ok(hierarchy) => {
                Sandbox::new(hierarchy, order.setting.memory_mb, self.options.period).map(Some)
            }
            Err(why) => {
                ensure!(
                    order.setting.pace == Pace::Full,
                    "no function can be held to a share of a processor without control groups: {why}"
                );
                Ok(None)
            }
        }
    }
}

/// Why a function lives no longer.
enum End {
    /// All was answered, or we are to stop.
    Asked,
    Late(Duration),
    /// Its process has ended.
    Gone,
    /// It said something that ends it.
    Told(String),
    /// We cannot go on.
    Ours(anyhow::Error),
}

/// A function that lives.
struct Living<'a> {
    host: &'a mut Host,
    order: &'a Order<'a>,
    stop: &'a AtomicBool,
    api: Api,
    function: Function,
    event: Bytes,
    init: Option<Init>,
    invocations: Vec<Invocation>,
    images: Vec<Option<Vec<u8>>>,
    /// The id of each invocation's request.
    asked: Vec<String>,
}

impl Living<'_> {
    /// Initialisation, and all invocations.
    fn all(&mut self) -> Result<(), End> {
        self.initialise()?;
        self.invoke()?;
        let began = clock::time();
        let mut last = Duration::ZERO;
        for number in 0..self.order.warm_at_most {
            let before = clock::time();
            if number > 0 && before - began + last > self.order.warm_within {
                break;
            }
            self.invoke()?;
            last = clock::time() - before;
        }
        Ok(())
    }

    fn initialise(&mut self) -> Result<(), End> {
        let polled = self.polled(INIT_LIMIT)?;
        let faults = self.function.major_faults();
        if self.order.setting.pace == Pace::Quota {
            let share = share(self.order.setting.memory_mb);
            self.function.hold(share).map_err(End::Ours)?;
        }
        self.function.freeze();
        let began = self.function.began(LAST_MESSAGE).ok_or_else(|| {
            let why = "it asked for an event before its program began";
            End::Told(why.to_owned())
        })?;
        let from = began.moment();
        let cpu = polled.cpu.unwrap_or_default();
        self.init = Some(Init {
            wall_ms: milliseconds(polled.at.saturating_sub(from.at)),
            cpu_ms: milliseconds(cpu.saturating_sub(from.cpu.unwrap_or_default())),
            major_faults: faults.saturating_sub(began.major_faults),
        });
        Ok(())
    }

    /// One invocation of a function that is frozen, until it is frozen again.
    fn invoke(&mut self) -> Result<(), End> {
        if self.order.setting.pace == Pace::Quota {
            thread::sleep(self.host.phase());
        }
        self.sightings();
        self.host.invocations = self.host.invocations.wrapping_add(1);
        let id = format!(
            "{:08x}-{:04x}-4000-8000-{:012x}",
            process::id(),
            self.host.lives % 0x1_0000,
            self.host.invocations
        );
        self.asked.push(id.clone());
        self.function.thaw();
        self.api.hand_out(Event {
            id,
            body: self.event.clone(),
            deadline: SystemTime::now() + self.order.limit,
        });
        let from = self.handed_out()?;
        match self.answered() {
            Ok((answered, to)) => {
                let (answer, image) = match answered {
                    Answered::Body(body) => answer::read(&body),
                    Answered::Error(why) => {
                        let why = beginning(&why).to_owned();
                        (Answer::Error { why }, None)
                    }
                };
                self.keep(from, to, answer, image);
            }
            Err(End::Asked) => return Err(End::Asked),
            Err(end) => {
                let now = self.host.clock.now();
                self.keep(from, now, Answer::None, None);
                return Err(end);
            }
        }
        // What comes between the answer and the next question is the function's too, but nobody
        // waits for it.
        self.polled(self.order.limit)?;
        self.function.freeze();
        Ok(())
    }

    fn keep(&mut self, from: Moment, to: Moment, answer: Answer, image: Option<Vec<u8>>) {
        let segments = cut(from, to, &self.sightings());
        self.invocations.push(Invocation {
            wall_ms: milliseconds(to.at.saturating_sub(from.at)),
            cpu_ms: segments.iter().map(|segment| segment.cpu_ms).sum(),
            segments,
            answer,
            // They are read at the end.
            ..Invocation::default()
        });
        self.images.push(image);
    }

    fn sightings(&self) -> Vec<super::seen::Seen> {
        self.host.sightings.take()
    }

    fn polled(&self, limit: Duration) -> Result<Moment, End> {
        let until = clock::time() + limit;
        loop {
            if let Said::Polled(moment) = self.hear(until, limit)? {
                return Ok(moment);
            }
        }
    }

    fn handed_out(&self) -> Result<Moment, End> {
        let limit = self.order.limit;
        let until = clock::time() + limit;
        loop {
            // It may have asked again, its first question's connection lost.
            if let Said::HandedOut(moment) = self.hear(until, limit)? {
                return Ok(moment);
            }
        }
    }

    fn answered(&self) -> Result<(Answered, Moment), End> {
        let limit = self.order.limit;
        let until = clock::time() + limit;
        loop {
            if let Said::Answered(answered, moment) = self.hear(until, limit)? {
                return Ok((answered, moment));
            }
        }
    }

    /// The next that is said, if nothing ends the waiting for it.
    fn hear(&self, until: Duration, limit: Duration) -> Result<Said, End> {
        let said = loop {
            if self.stop.load(Ordering::Relaxed) {
                return Err(End::Asked);
            }
            let left = until.saturating_sub(clock::time());
            if let Some(said) = self.api.said(left.min(LISTEN)) {
                break said;
            }
            if self.function.has_ended() {
                break self.api.said(LAST_MESSAGE).ok_or(End::Gone)?;
            }
            if left.is_zero() {
                return Err(End::Late(limit));
            }
        };
        match said {
            Said::InitFailed(why) => Err(End::Told(format!("initialisation failed: {why}"))),
            Said::Nonsense(what) => Err(End::Told(format!(
                "it asked for what the Runtime API does not have or allow: {what}"
            ))),
            said => Ok(said),
        }
    }

    /// Ends the function, and puts together what is known of its life.
    fn end(self, end: End) -> Result<Life> {
        let peak_bytes = self.function.peak_bytes();
        let remains = self.function.end();
        self.host.clock.forget();
        let ending = match end {
            End::Ours(error) => return Err(error),
            End::Asked => Ending::Asked,
            _ if remains.usage.kills > 0 => Ending::Killed,
            End::Late(limit) => Ending::Late {
                limit_ms: milliseconds(limit),
            },
            End::Gone => Ending::Died {
                why: remains.last_words,
            },
            End::Told(why) => Ending::Died { why },
        };
        let mut invocations = self.invocations;
        let mut stages = remains.stages;
        for (invocation, id) in invocations.iter_mut().zip(&self.asked) {
            invocation.stages_ms = stages.remove(id).unwrap_or_default();
        }
        let has_quota = self.order.setting.pace == Pace::Quota;
        Ok(Life {
            init: self.init,
            invocations,
            ending,
            peak_bytes,
            group_peak_bytes: remains.usage.peak_bytes,
            throttled_ms: remains
                .usage
                .throttled
                .filter(|_| has_quota)
                .map(milliseconds),
            images: self.images,
        })
    }
}

impl Host {
    /// How long to wait before an event is handed out to a function with a quota. Lambda's events
    /// come at any time of its period, but ours would always come at the same: the quota begins when
    /// the function has asked, and its answers end when it has a share. So they are spread evenly,
    /// by multiples of the golden ratio.
    fn phase(&self) -> Duration {
        const GOLDEN: f64 = 0.618_033_988_749_895;
        self.options
            .period
            .mul_f64((f64::from(self.invocations) * GOLDEN).fract())
    }
}

#[cfg(test)]
mod tests;
