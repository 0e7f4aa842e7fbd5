//! `edgepix invoke`: answers an event from a file as the Lambda function would.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use edgepix_engine::Speed;

use super::{
    config::ConfigFile,
    failure::{Outcome, Usage},
    terminal::Terminal,
};
use crate::{
    clock::SystemClock,
    event::cloudfront::{Body, Event},
    lambda::{
        line,
        machine::{MEMORY, Machine},
    },
    origin_response::{Stores, answer},
    store::{Connection, Credentials, OneStore, Opened, Place},
    value::Bytes,
};

/// What its help ends with.
pub(super) const EXAMPLES: &str = "\
Prints the answer as CloudFront would get it; what the function would log goes to standard error.

Examples:
  edgepix invoke edge/events/query.json --root corpus/fetched -o small.webp
  edgepix invoke event.json --root s3://my-photos --memory 384MB
  edgepix invoke event.json          # from the bucket that the event names";

/// What `edgepix invoke` takes.
#[derive(Args, Debug)]
pub(super) struct InvokeArgs {
    /// The event, as CloudFront sends it: a file of JSON
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

    /// Store results of at, path and variant URLs, as the function does
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
    let usage = |what: &str, why: &dyn std::fmt::Display| Usage(format!("{what}: {why}"));
    let path = args.event.display().to_string();
    let text = fs::read_to_string(&args.event).map_err(|why| usage(&path, &why))?;
    let event: Event = serde_json::from_str(&text).map_err(|why| usage(&path, &why))?;
    let Some(record) = event.records.first() else {
        return Err(Usage(format!("{path}: the event has no record")));
    };
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
    let stores: Arc<dyn Stores> = match &args.root {
        Some(root) => {
            let place = Place::typed(root, &config.store).map_err(|why| usage("--root", &why))?;
            let store = opened.at(&place).map_err(|why| usage("--root", &why))?;
            Arc::new(OneStore::new(store))
        }
        None => Arc::new(opened),
    };
    let memory_mb = u32::try_from(args.memory.0 >> 20).unwrap_or(u32::MAX);
    let machine = Machine::of(|name| (name == MEMORY).then(|| memory_mb.to_string()));
    let deadline = Instant::now() + Duration::from_secs(args.timeout.into());
    let room = machine.room(deadline, Speed::REFERENCE);
    let mut answered = answer(&record.cf, &room, stores.as_ref(), &config, &SystemClock);
    let terminal = Terminal::plain();
    terminal.line(line::of(
        &record.cf,
        &answered.record,
        &machine,
        false,
        "invoke",
    ));
    if let Some(output) = &args.output {
        let body = match answered.response.body.take() {
            Some(Body::Bytes(bytes)) => bytes,
            Some(Body::Text(text)) => text.into(),
            None => {
                let said = &answered.record.outcome;
                let name = output.display();
                terminal.line(format_args!(
                    "edgepix: {name}: not written, the viewer gets the origin's answer ({said})"
                ));
                printed(&answered.response)?;
                return Ok(Outcome::Incomplete);
            }
        };
        let written = write(output, &body);
        written.map_err(|why| usage(&output.display().to_string(), &why))?;
    }
    printed(&answered.response)
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
fn printed(response: &crate::event::cloudfront::Response) -> Result<Outcome, Usage> {
    let text = serde_json::to_string_pretty(response).map_err(|why| Usage(why.to_string()))?;
    // Nobody may be listening.
    let _ = writeln!(io::stdout(), "{text}");
    Ok(Outcome::Complete)
}
