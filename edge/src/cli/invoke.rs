//! `edgepix invoke`: answers an event from a file as the Lambda function would, at the edge
//! or in a Region.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use edgepix_engine::Speed;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    config::ConfigFile,
    failure::{Outcome, Usage},
    terminal::Terminal,
};
use crate::{
    clock::SystemClock,
    config::Config,
    event::{
        cloudfront::{Body, Event, Exchange},
        http::Call,
        s3::Notification,
    },
    lambda::{
        handed, line,
        machine::{MEMORY, Machine},
        places::Places,
    },
    origin_response::{Stores, answer},
    record::Record,
    regional::{self, Region},
    room::Room,
    store::{Connection, Credentials, OneStore, Opened, Place, Store},
    sync::{Buckets, sync},
    value::Bytes,
};

/// What its help ends with.
pub(super) const EXAMPLES: &str = "\
Prints the answer as CloudFront or API Gateway would get it; what the function would log goes to
standard error. Nothing is stored without --keep, and no cache is told to forget.

Examples:
  edgepix invoke edge/events/query.json --root corpus/fetched -o small.webp
  edgepix invoke event.json --root s3://my-photos --memory 384MB
  edgepix invoke event.json          # from the bucket that the event names
  edgepix invoke edge/events/function-url.json --root corpus/fetched -o small.webp";

/// What `edgepix invoke` takes.
#[derive(Args, Debug)]
pub(super) struct InvokeArgs {
    /// The event, as CloudFront, API Gateway, a function URL or S3 sends it: a file of JSON
    #[arg(value_name = "EVENT")]
    event: PathBuf,

    #[arg(
        long,
        value_name = "ROOT",
        help = "Where the objects are: a folder, s3://BUCKET/PREFIX or https://HOST/PREFIX \
                [default: where the event says]"
    )]
    root: Option<String>,

    /// Write the answer's body to this file, and print the answer without it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Store results of at, path and variant URLs, and copy and delete what S3's notifications ask
    /// for, as the function does
    #[arg(long)]
    keep: bool,

    /// The function's memory
    #[arg(long, value_name = "SIZE", default_value = "1769MB")]
    memory: Bytes,

    /// The seconds it may take
    #[arg(long, value_name = "SECONDS", default_value = "30")]
    timeout: u16,

    #[command(flatten)]
    config: ConfigFile,
}

/// Runs `edgepix invoke`.
pub(super) fn run(args: &InvokeArgs) -> Result<Outcome, Usage> {
    let path = args.event.display().to_string();
    let text = fs::read_to_string(&args.event).map_err(|why| usage(&path, &why))?;
    let event: Value = serde_json::from_str(&text).map_err(|why| usage(&path, &why))?;
    let loaded = args.config.load().map_err(|why| Usage(why.to_string()))?;
    let mut config = loaded.config;
    // Who looks at one answer does not expect a bucket to change.
    config.derivatives.keep &= args.keep;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|why| usage("threads", &why))?;
    let variable = |name: &str| std::env::var(name).ok();
    let credentials = Credentials::in_environment(variable);
    let connection = Connection::in_environment(variable);
    let opened = Opened::new(runtime.handle().clone(), credentials, connection);
    let memory_mb = u32::try_from(args.memory.0 >> 20).unwrap_or(u32::MAX);
    let machine = Machine::of(|name| match name {
        MEMORY => Some(memory_mb.to_string()),
        name => variable(name),
    });
    let invocation = Invocation {
        args,
        deadline: Instant::now() + Duration::from_secs(args.timeout.into()),
        config,
        opened,
        machine,
    };
    if Notification::is_meant(&event) {
        let event = Notification::deserialize(event).map_err(|why| usage(&path, &why))?;
        return invocation.bring_in_step(&event);
    }
    match Call::of_event(&event).map_err(|why| usage(&path, &why))? {
        Some(call) => invocation.answer_http(&call),
        None => {
            let event = Event::deserialize(event).map_err(|why| {
                Usage(format!(
                    "{path}: it is none of CloudFront's origin-response, a request of API Gateway or \
                     of a function URL, or S3's notification: {why}"
                ))
            })?;
            let Some(record) = event.records.into_iter().next() else {
                return Err(Usage(format!("{path}: the event has no record")));
            };
            invocation.answer_edge(&record.cf)
        }
    }
}

fn usage(what: &str, why: &dyn std::fmt::Display) -> Usage {
    Usage(format!("{what}: {why}"))
}

/// One event, and what it is answered with.
struct Invocation<'a> {
    args: &'a InvokeArgs,
    deadline: Instant,
    config: Config,
    opened: Opened,
    machine: Machine,
}

impl Invocation<'_> {
    /// An event of the edge.
    fn answer_edge(self, exchange: &Exchange) -> Result<Outcome, Usage> {
        let stores: Arc<dyn Stores> = match self.root()? {
            Some(store) => Arc::new(OneStore::new(store)),
            None => Arc::new(self.opened),
        };
        let room = self.machine.room(self.deadline, Speed::REFERENCE);
        let mut answered = answer(exchange, &room, stores.as_ref(), &self.config, &SystemClock);
        log(&exchange.into(), &answered.record, &self.machine);
        let body = match (&self.args.output, answered.response.body.take()) {
            (Some(_), Some(Body::Bytes(bytes))) => Some(bytes),
            (Some(_), Some(Body::Text(text))) => Some(text.into()),
            (_, body) => {
                answered.response.body = body;
                None
            }
        };
        let outcome = self.args.write(body, &answered.record)?;
        printed(&answered.response)?;
        Ok(outcome)
    }

    /// A request over HTTP.
    fn answer_http(self, call: &Call) -> Result<Outcome, Usage> {
        let (originals, derivatives) = match self.root()? {
            Some(store) => (store.clone(), store),
            None => Places::of(&self.config, &self.machine.region)
                .and_then(|places| places.open(&self.opened))
                .map_err(|why| Usage(format!("{why}; or --root says where the objects are")))?,
        };
        let room = Room {
            response_bytes: Some(regional::BUFFERED_BYTES),
            ..self.machine.room(self.deadline, Speed::REFERENCE)
        };
        let region = Region {
            originals: &*originals,
            derivatives: &*derivatives,
            // Who looks at one answer does not expect a cache to change either.
            invalidate: None,
            config: &self.config,
            clock: &SystemClock,
        };
        let regional::Answered { mut reply, record } = regional::answer(call, &region, &room);
        log(&call.into(), &record, &self.machine);
        let mut body = None;
        if self.args.output.is_some() && reply.status.is_success() {
            let whole = std::mem::replace(&mut reply.body, regional::Body::Empty).whole();
            body = Some(whole.map_err(|why| usage("the store", &why))?);
        }
        let outcome = self.args.write(body, &record)?;
        match handed::buffered(reply, call.carrier) {
            Ok(buffered) => printed(&buffered)?,
            Err(failed) => printed(&failed)?,
        }
        Ok(outcome)
    }

    /// S3's notifications.
    fn bring_in_step(self, event: &Notification) -> Result<Outcome, Usage> {
        if !self.args.keep {
            return Err(Usage(
                "a notification of S3 has objects copied and deleted: say --keep if that is meant"
                    .into(),
            ));
        }
        let buckets: Arc<dyn Buckets> = match self.root()? {
            Some(store) => Arc::new(OneStore::new(store)),
            None => Arc::new(self.opened),
        };
        let records = sync(
            event,
            buckets.as_ref(),
            // Who tries something out does not expect a cache to change.
            None,
            &self.config,
            Some(self.deadline),
        );
        let mut outcome = Outcome::Complete;
        for record in &records {
            Terminal::plain().line(record);
            if !record.errors.is_empty() {
                outcome = Outcome::Incomplete;
            }
        }
        Ok(outcome)
    }

    /// The store that was typed.
    fn root(&self) -> Result<Option<Arc<dyn Store>>, Usage> {
        let Some(root) = &self.args.root else {
            return Ok(None);
        };
        let place = Place::typed(root, &self.config.store).map_err(|why| usage("--root", &why))?;
        let store = self
            .opened
            .at(&place)
            .map_err(|why| usage("--root", &why))?;
        Ok(Some(store))
    }
}

impl InvokeArgs {
    /// Writes the answer's body, if it is to be written.
    fn write(&self, body: Option<bytes::Bytes>, record: &Record) -> Result<Outcome, Usage> {
        let Some(output) = &self.output else {
            return Ok(Outcome::Complete);
        };
        let name = output.display();
        let Some(body) = body else {
            let said = &record.outcome;
            Terminal::plain().line(format_args!(
                "edgepix: {name}: not written, the answer has no image of its own ({said})"
            ));
            return Ok(Outcome::Incomplete);
        };
        write(output, &body).map_err(|why| usage(&name.to_string(), &why))?;
        Ok(Outcome::Complete)
    }
}

/// Says what the function would log.
fn log(asked: &line::Asked<'_>, record: &Record, machine: &Machine) {
    Terminal::plain().line(line::of(asked, record, machine, false, "invoke"));
}

/// Writes a file that appears whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

/// Prints the answer.
fn printed(answer: &impl Serialize) -> Result<(), Usage> {
    let text = serde_json::to_string_pretty(answer).map_err(|why| Usage(why.to_string()))?;
    // Nobody may be listening.
    let _ = writeln!(io::stdout(), "{text}");
    Ok(())
}
