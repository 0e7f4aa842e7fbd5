//! A function's life in its environment: initialisation, a cold invocation and warm ones, and its
//! end, whichever way that comes.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, SystemTime},
};

use anyhow::Result;
use bytes::Bytes;

use super::{
    Life, Order,
    answer::{self, beginning},
    answered::Answered,
    api::{Api, Event, Said},
    clock::{self, Moment},
    function::Function,
    host::Host,
    segments::{cut, milliseconds},
};
use crate::{
    case::{Pace, share},
    sample::{Answer, Ending, Init, Invocation},
};

/// How long initialisation may take (AWS Lambda Developer Guide, "Understanding the Lambda execution
/// environment lifecycle").
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// How long nothing may be said before we look whether anyone is left to say it, and whether we are
/// to stop.
const LISTEN: Duration = Duration::from_millis(10);

/// How long a message may be under way when its sender has ended.
const LAST_MESSAGE: Duration = Duration::from_millis(100);

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
pub(super) struct Living<'a> {
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

impl<'a> Living<'a> {
    /// One that has just been started.
    pub(super) fn new(
        host: &'a mut Host,
        order: &'a Order<'a>,
        stop: &'a AtomicBool,
        api: Api,
        function: Function,
        event: Bytes,
    ) -> Self {
        Self {
            host,
            order,
            stop,
            api,
            function,
            event,
            init: None,
            invocations: Vec::new(),
            images: Vec::new(),
            asked: Vec::new(),
        }
    }

    /// Its whole life.
    ///
    /// # Errors
    ///
    /// If it cannot be held to its quota.
    pub(super) fn live(mut self) -> Result<Life> {
        let end = self.all().err().unwrap_or(End::Asked);
        self.end(end)
    }

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
        self.host.sightings.take();
        let id = self.host.next_request();
        self.asked.push(id.clone());
        self.function.thaw();
        self.api.hand_out(Event {
            id,
            body: self.event.clone(),
            deadline: SystemTime::now() + self.order.limit,
        });
        let from = self.handed_out()?;
        let (answered, to) = match self.answered() {
            Ok(answered) => answered,
            Err(End::Asked) => return Err(End::Asked),
            Err(end) => {
                let now = self.host.clock.now();
                self.keep(from, now, Answer::None, None);
                return Err(end);
            }
        };
        // What comes between the answer and the next question is the function's too, but nobody
        // waits for it.
        let polled = self.polled(self.order.limit);
        self.function.freeze();
        let (answer, image) = match answered {
            Answered::Body(body) => answer::read(&body),
            Answered::Error(why) => {
                let why = beginning(&why).to_owned();
                (Answer::Error { why }, None)
            }
        };
        self.keep(from, to, answer, image);
        polled.map(drop)
    }

    fn keep(&mut self, from: Moment, to: Moment, answer: Answer, image: Option<Vec<u8>>) {
        let segments = cut(from, to, &self.host.sightings.take());
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
