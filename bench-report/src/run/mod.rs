//! `run`: measures edgepix and its rivals as Lambda would run them, and keeps every sample.

mod looks;
mod measure;
mod pictures;
mod prepare;
mod progress;
mod schedule;
mod suite;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use tokio::runtime::{Builder, Runtime};

use crate::{
    case::{Rival, Setting},
    lambda::{
        self, Clock, Host, Order, Sightings,
        origin::Origin,
        programs::{self, Programs},
    },
    machine::{self, last_core},
    sample::{self, End, Fingerprint, Record, Run, SCHEMA, Start},
    store::Writer,
};
use looks::Looker;
use measure::{Measured, measure};
use pictures::Pictures;
use progress::Progress;
use schedule::{Group, Rounds, groups};
use suite::Suite;

/// What Lambda@Edge gives an origin-response function (CloudFront Developer Guide, "Quotas on
/// Lambda@Edge").
const LIMIT: Duration = Duration::from_secs(30);

/// What a quick run may take: it has to be done in five minutes, with what comes before and after.
const QUICK: Duration = Duration::from_secs(250);

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
    let began = Instant::now();
    if cfg!(debug_assertions) {
        eprintln!(
            "this is a build with checks; the programs that it measures may be, too. Use --release."
        );
    }
    if !options.is_as_is {
        prepare::prepare(options.corpus.is_none());
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
    let mut host = Host::new(runtime.handle().clone(), clock, sightings, emulation)?;
    let run = describe(options, machine, &suite, &found, &host);
    for sentence in &run.missing {
        eprintln!("{sentence}");
    }
    let memories: &[u32] = if host.can_hold_back() {
        &options.memories_mb
    } else {
        &[]
    };
    let rivals: Vec<Rival> = found.programs.iter().map(|program| program.rival).collect();
    let rounds = if options.full {
        FULL_ROUNDS
    } else {
        QUICK_ROUNDS
    };
    let groups = groups(&suite.items, &rivals, memories, rounds);
    let limit = match options.minutes {
        Some(minutes) => Duration::from_secs_f64(minutes * 60.0),
        None if options.full => Duration::MAX,
        None => QUICK,
    };

    let mut writer = Writer::create(&options.store, run.clone())?;
    let images = suite.sources.iter().map(|source| source.image.clone());
    writer.add(images.map(Record::Image).collect())?;
    let mut pictures = Pictures::beside(writer.path());
    let mut progress = Progress::new();
    let measured = measure(
        &groups,
        limit,
        &stop,
        || began.elapsed(),
        |group, rival| {
            one(
                &mut host,
                &found,
                &origin,
                &mut pictures,
                group,
                rival,
                &stop,
            )
        },
        |starts| writer.add(starts.into_iter().map(Record::Start).collect()),
        &mut progress,
    );
    progress.note("looking at what was made");
    let looked = looked_at(&suite, pictures, &stop);
    progress.end();
    let end = ended(&measured, began.elapsed(), looked.troubles);
    writer.add(
        looked
            .records
            .into_iter()
            .chain([Record::End(end)])
            .collect(),
    )?;
    println!(
        "{} starts in {} s: {}",
        measured.starts,
        began.elapsed().as_secs(),
        writer.path().display()
    );
    Ok(())
}

/// Set by the first Ctrl-C; the second ends the program.
fn stopped_by_ctrl_c(runtime: &Runtime) -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let set = stop.clone();
    runtime.spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if set.swap(true, Ordering::SeqCst) {
                // Functions die with us.
                std::process::exit(130);
            }
            eprintln!("\nstopping; what was measured is kept. Ctrl-C again ends it at once.");
        }
    });
    stop
}

fn describe(
    options: &Options,
    machine: Fingerprint,
    suite: &Suite,
    found: &Programs,
    host: &Host,
) -> Run {
    let now = time::OffsetDateTime::now_utc();
    let commit = machine::commit();
    let emulation = host.emulation();
    let mut missing = [&suite.missing[..], &found.missing].concat();
    if !host.can_hold_back() {
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
        artefacts: found.artefacts.clone(),
        emulation,
        origin: options.origin,
        missing,
    }
}

/// One start of one program.
fn one(
    host: &mut Host,
    found: &Programs,
    origin: &Origin,
    pictures: &mut Pictures,
    group: &Group,
    rival: Rival,
    stop: &AtomicBool,
) -> Result<Start> {
    let Group {
        round,
        case,
        setting,
        ..
    } = group;
    let program = found
        .programs
        .iter()
        .find(|program| program.rival == rival)
        .context("it is not there")?;
    let event = programs::event(origin, case)?;
    let life = host.live(
        &Order {
            program,
            setting: *setting,
            event: &event,
            warm_at_most: 4,
            warm_within: warm_within(*setting),
            limit: LIMIT,
        },
        stop,
    )?;
    let start = Start {
        case: case.clone(),
        rival,
        setting: *setting,
        round: *round,
        init: life.init,
        invocations: life.invocations,
        ending: life.ending,
        peak_bytes: life.peak_bytes,
        group_peak_bytes: life.group_peak_bytes,
        throttled_ms: life.throttled_ms,
    };
    for (invocation, image) in start.invocations.iter().zip(life.images) {
        if let (sample::Answer::Image { sha256, .. }, Some(image)) = (&invocation.answer, image) {
            pictures.keep(case, rival, sha256.clone(), image);
        }
    }
    Ok(start)
}

/// How long warm invocations may take together, beside the first of them.
fn warm_within(setting: Setting) -> Duration {
    match setting.pace {
        crate::case::Pace::Full => Duration::from_secs(2),
        crate::case::Pace::Quota => Duration::from_secs(5),
    }
}

/// What was looked at, and what went wrong with it.
struct LookedAt {
    records: Vec<Record>,
    troubles: Vec<String>,
}

fn looked_at(suite: &Suite, pictures: Pictures, stop: &AtomicBool) -> LookedAt {
    let mut looked = LookedAt {
        records: Vec::new(),
        troubles: Vec::new(),
    };
    let path = |image: &str| -> Option<&Path> {
        let mut sources = suite.sources.iter();
        let source = sources.find(|source| source.image.name == image)?;
        Some(&source.path)
    };
    let was_stopped = stop.swap(false, Ordering::SeqCst);
    match Looker::new() {
        Ok(mut looker) => {
            looked.troubles.extend(looker.trouble());
            let look = |case: &_, bytes: &[u8]| {
                let source =
                    path(&crate::case::Case::clone(case).image).context("its source is gone")?;
                looker.look(case, source, bytes)
            };
            looked.records = pictures.look(look, stop, &mut looked.troubles);
        }
        Err(why) => looked
            .troubles
            .push(format!("what was made was not looked at: {why:#}")),
    }
    stop.store(was_stopped, Ordering::SeqCst);
    looked
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
