//! `run`: measures edgepix and its rivals as Lambda would run them, and keeps every sample.

mod looks;
mod measure;
mod prepare;
mod progress;
mod results;
mod schedule;
mod suite;

use std::{
    cell::RefCell,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tokio::{
    runtime::{Builder, Runtime},
    signal::{
        ctrl_c,
        unix::{SignalKind, signal},
    },
};

use crate::{
    case::{Pace, Rival, Setting},
    lambda::{
        self, Clock, Host, Order, Sightings,
        origin::Origin,
        programs::{self, Programs},
    },
    machine::{self, last_core},
    sample::{self, Answer, End, Fingerprint, Record, Run, SCHEMA, Start},
    store::Writer,
};
use looks::Looker;
use measure::{Measured, measure};
use progress::Progress;
use results::Results;
use schedule::{Group, Rounds, groups};
use suite::Suite;

/// What Lambda@Edge gives an origin-response function (CloudFront Developer Guide, "Quotas on
/// Lambda@Edge").
const LIMIT: Duration = Duration::from_secs(30);

/// What a quick run may take: it has to be done in five minutes, with what comes before and after.
const QUICK: Duration = Duration::from_secs(270);

/// Rounds of a quick run, if there is time for so many.
const QUICK_ROUNDS: Rounds = Rounds { full: 8, quota: 3 };

/// Rounds of a full one.
const FULL_ROUNDS: Rounds = Rounds {
    full: 30,
    quota: 10,
};

/// Options of `run`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) full: bool,
    /// What measuring may take; for a quick run a little over four minutes, for a full one for ever.
    pub(crate) minutes: Option<f64>,
    pub(crate) corpus: Option<PathBuf>,
    pub(crate) filter: String,
    /// The folder where runs are kept.
    pub(crate) store: PathBuf,
    pub(crate) edgepix: Option<PathBuf>,
    /// Settings that are emulated, in MB.
    pub(crate) memories_mb: Vec<u32>,
    pub(crate) period: Duration,
    pub(crate) origin: sample::Origin,
    pub(crate) core: Option<u32>,
    /// Whether nothing is to be fetched, installed or built.
    pub(crate) is_as_is: bool,
    /// The command line, for the record.
    pub(crate) arguments: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            full: false,
            minutes: None,
            corpus: None,
            filter: String::new(),
            store: "bench-results".into(),
            edgepix: None,
            memories_mb: vec![128, 384],
            period: lambda::Options::PERIOD,
            origin: sample::Origin::default(),
            core: None,
            is_as_is: false,
            arguments: Vec::new(),
        }
    }
}

/// Measures, and keeps what was measured even if it is stopped.
///
/// # Errors
///
/// If there is nothing to measure, or what was measured cannot be kept.
pub(crate) fn run(options: &Options) -> Result<()> {
    if !options.is_as_is {
        prepare::prepare(options);
    }
    let suite = suite::choose(options.corpus.as_deref(), options.full, &options.filter)?;
    let core = options.core.unwrap_or_else(last_core);
    let machine = machine::fingerprint();
    // Threads inherit where they may run, so this comes before there are any.
    lambda::leave_core(core)?;
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("starting threads")?;
    let stop = stopped_by_ctrl_c(&runtime);
    let mut bench = Bench::set_up(options, core, &runtime, &suite)?;
    let run = bench.describe(options, machine, &suite);
    for sentence in &run.missing {
        eprintln!("{sentence}");
    }
    let mut writer = Writer::create(&options.store, run)?;
    let images = suite.sources.iter().map(|source| source.image.clone());
    writer.add(images.map(Record::Image).collect())?;
    let results = RefCell::new(Results::beside(writer.path()));
    let mut looker = Looker::new()?;
    let mut progress = Progress::new();
    let began = Instant::now();
    let measured = measure(
        &bench.groups(options, &suite),
        limit(options),
        &stop,
        || began.elapsed(),
        |group, rival| bench.start(group, rival, &results, &stop),
        |starts| {
            let looked = results.borrow_mut().look(&mut looker, &suite);
            let starts = starts.into_iter().map(Record::Start);
            writer.add(starts.chain(looked).collect())
        },
        &mut progress,
    );
    progress.end();
    let troubles = results.into_inner().troubles();
    let troubles = troubles.chain(looker.trouble()).collect();
    let end = ended(&measured, began.elapsed(), troubles);
    writer.add(vec![Record::End(end)])?;
    ensure!(
        measured.starts > 0,
        "nothing was measured: {}",
        measured.troubles.join("; ")
    );
    println!(
        "{} starts in {} s: {}",
        measured.starts,
        began.elapsed().as_secs(),
        writer.path().display()
    );
    Ok(())
}

/// What measuring may take.
fn limit(options: &Options) -> Duration {
    match options.minutes {
        Some(minutes) => Duration::from_secs_f64(minutes * 60.0),
        None if options.full => Duration::MAX,
        None => QUICK,
    }
}

/// Set by the first Ctrl-C; the second ends the program.
fn stopped_by_ctrl_c(runtime: &Runtime) -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let set = stop.clone();
    runtime.spawn(async move {
        while asked_to_stop().await.is_ok() {
            if set.swap(true, Ordering::SeqCst) {
                // Functions die with us.
                std::process::exit(130);
            }
            eprintln!("\nstopping; what was measured is kept. Ctrl-C again ends it at once.");
        }
    });
    stop
}

/// Waits for Ctrl-C, or for whoever ends programs: `timeout`, or the system on its way down.
async fn asked_to_stop() -> std::io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = ctrl_c() => pressed,
        _ = terminated.recv() => Ok(()),
    }
}

/// What functions live in, and the functions.
struct Bench {
    origin: Origin,
    found: Programs,
    host: Host,
}

impl Bench {
    fn set_up(options: &Options, core: u32, runtime: &Runtime, suite: &Suite) -> Result<Self> {
        let (clock, sightings) = (Arc::new(Clock::default()), Arc::new(Sightings::default()));
        let origin = Origin::start(
            runtime.handle(),
            &options.origin,
            clock.clone(),
            sightings.clone(),
        )?;
        for source in &suite.sources {
            origin.hold(&source.path)?;
        }
        let found = programs::lay_out(options.edgepix.as_deref(), !options.is_as_is, &origin)?;
        let emulation = lambda::Options {
            period: options.period,
            core,
        };
        let host = Host::new(runtime.handle().clone(), clock, sightings, emulation)?;
        Ok(Self {
            origin,
            found,
            host,
        })
    }

    /// The first record of the run.
    fn describe(&self, options: &Options, machine: Fingerprint, suite: &Suite) -> Run {
        let now = time::OffsetDateTime::now_utc();
        let commit = machine::commit();
        let emulation = self.host.emulation();
        let mut missing = [&suite.missing[..], &self.found.missing].concat();
        if !self.host.can_hold_back() {
            let why = &emulation.groups;
            missing.push(format!(
                "nothing is emulated, and all latencies are the model's alone; control groups: {why}"
            ));
        }
        Run {
            schema: SCHEMA,
            id: format!("{}-{}", machine::compact(now), commit),
            began: machine::rfc3339(now),
            commit,
            arguments: options.arguments.clone(),
            machine,
            artefacts: self.found.artefacts.clone(),
            emulation,
            origin: options.origin,
            missing,
        }
    }

    fn groups(&self, options: &Options, suite: &Suite) -> Vec<Group> {
        let memories: &[u32] = match self.host.can_hold_back() {
            true => &options.memories_mb,
            false => &[],
        };
        let rivals: Vec<Rival> = self
            .found
            .programs
            .iter()
            .map(|program| program.rival)
            .collect();
        let rounds = match options.full {
            true => FULL_ROUNDS,
            false => QUICK_ROUNDS,
        };
        groups(&suite.items, &rivals, memories, rounds)
    }

    /// One start of one program.
    fn start(
        &mut self,
        group: &Group,
        rival: Rival,
        results: &RefCell<Results>,
        stop: &AtomicBool,
    ) -> Result<Start> {
        let mut programs = self.found.programs.iter();
        let program = programs.find(|program| program.rival == rival);
        let order = Order {
            program: program.context("it is not there")?,
            setting: group.setting,
            event: &programs::event(&self.origin, &group.case)?,
            warm_at_most: 4,
            warm_within: warm_within(group.setting),
            limit: LIMIT,
        };
        let life = self.host.live(&order, stop)?;
        for (invocation, image) in life.invocations.iter().zip(life.images) {
            if let (Answer::Image { sha256, .. }, Some(image)) = (&invocation.answer, image) {
                results.borrow_mut().take(&group.case, rival, sha256, image);
            }
        }
        Ok(Start {
            case: group.case.clone(),
            rival,
            setting: group.setting,
            round: group.round,
            init: life.init,
            invocations: life.invocations,
            ending: life.ending,
            peak_bytes: life.peak_bytes,
            group_peak_bytes: life.group_peak_bytes,
            throttled_ms: life.throttled_ms,
        })
    }
}

/// How long warm invocations may take together, beside the first of them.
fn warm_within(setting: Setting) -> Duration {
    match setting.pace {
        Pace::Full => Duration::from_secs(2),
        Pace::Quota => Duration::from_secs(5),
    }
}

fn ended(measured: &Measured, time: Duration, mut troubles: Vec<String>) -> End {
    troubles.extend(measured.troubles.iter().cloned());
    for trouble in &troubles {
        eprintln!("{trouble}");
    }
    End {
        is_cut_short: measured.is_cut_short,
        starts: measured.starts,
        seconds: time.as_secs(),
        troubles,
    }
}
