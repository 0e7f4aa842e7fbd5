//! Where functions live, one after another: what there is to limit them with, and how they are
//! started.

use std::{
    env,
    ffi::OsString,
    process,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use nix::sys::prctl::set_child_subreaper;
use tokio::runtime::Handle;

use super::{
    Life, Order,
    api::Api,
    clock::Clock,
    function::Start,
    life::Living,
    pages,
    sandbox::{Hierarchy, OVERHEAD_MB, Sandbox},
    seen::Sightings,
    segments::milliseconds,
};
use crate::{case::Pace, sample::Emulation};

/// What is not the order's to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// How often a share of the processor is given out.
    pub(crate) period: Duration,
    /// The core that functions run on.
    pub(crate) core: u32,
}

impl Options {
    /// Lambda's own period, as pwrdrvr/lambda-throttling measured it in March 2025.
    pub(crate) const PERIOD: Duration = Duration::from_millis(20);
}

/// Where functions live, one after another.
pub(crate) struct Host {
    runtime: Handle,
    pub(super) clock: Arc<Clock>,
    pub(super) sightings: Arc<Sightings>,
    options: Options,
    /// Or why there are no control groups.
    groups: Result<Hierarchy, String>,
    /// The beginning of the command line that encloses a process.
    enclosure: Vec<OsString>,
    /// Requests so far.
    requests: u32,
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
            requests: 0,
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
    /// [`Ending`](crate::sample::Ending).
    pub(crate) fn live(&mut self, order: &Order<'_>, stop: &AtomicBool) -> Result<Life> {
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
        Living::new(self, order, stop, api, function, body.into()).live()
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

    /// Names the next request, as Lambda does: with a UUID's form.
    pub(super) fn next_request(&mut self) -> String {
        self.requests = self.requests.wrapping_add(1);
        let (process, request) = (process::id(), self.requests);
        format!("{process:08x}-0000-4000-8000-{request:012x}")
    }

    /// How long to wait before an event is handed out to a function with a quota. Lambda's events
    /// come at any time of its period, but ours would always come at the same: the quota begins when
    /// the function has asked, and its answers end when it has a share. So they are spread evenly,
    /// by multiples of the golden ratio.
    pub(super) fn phase(&self) -> Duration {
        const GOLDEN: f64 = 0.618_033_988_749_895;
        self.options
            .period
            .mul_f64((f64::from(self.requests) * GOLDEN).fract())
    }
}

#[cfg(test)]
mod tests;
