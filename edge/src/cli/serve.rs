//! `edgepix serve`: the function on this machine, behind a `CloudFront` in memory, with a
//! page to try it.

use std::{
    env,
    fmt::Display,
    io::{self, Write},
    process,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use edgepix_engine::Speed;
use tokio::runtime::{self, Runtime};

use super::{
    config::ConfigFile,
    failure::{Outcome, Usage},
    terminal::Terminal,
};
use crate::{
    clock::SystemClock,
    config::{Config, Etag, Whence},
    event::cloudfront::{Origin, OriginServer},
    key::Key,
    lambda::machine::{MEMORY, Machine},
    origin_response::RESPONSE_BYTES,
    server::{Served, Server, Settings},
    store::{Connection, Credentials, Opened, Place},
    value::{Bytes, Time},
};

/// What `edgepix serve` takes.
#[derive(Args, Debug)]
pub(super) struct ServeArgs {
    #[arg(
        value_name = "ROOT",
        help = "Where the originals are: a folder, s3://BUCKET/PREFIX or https://HOST/PREFIX"
    )]
    root: String,

    /// Where to listen; port 0 is any that is free
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    listen: String,

    #[command(flatten)]
    file: ConfigFile,

    /// Memory that all images together may take
    #[arg(long, value_name = "SIZE", default_value = "1GB")]
    memory: Bytes,

    /// Images that are made at once; each may take its share of --memory [default: two for each
    /// processor]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=256))]
    workers: Option<u16>,

    /// Requests that wait for that; one more is answered 429
    #[arg(long, value_name = "NUMBER", default_value = "256")]
    queue: u16,

    /// Memory for cached answers; 0 for no cache
    #[arg(long, value_name = "SIZE", default_value = "64MB")]
    cache: Bytes,

    /// Longest time one image may take
    #[arg(long, value_name = "TIME", default_value = "30s")]
    deadline: Time,

    /// Hold answers to the 1,048,576 bytes of Lambda@Edge
    #[arg(long)]
    as_edge: bool,

    /// Give each image the memory and the share of a processor of a Lambda function of so many MB
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u32).range(128..=10240))]
    as_lambda: Option<u32>,

    /// Store results of at, path and variant URLs among the originals, as the function does
    #[arg(long)]
    keep: bool,

    /// Serve no page at /, and nothing below /.edgepix/
    #[arg(long)]
    no_page: bool,

    /// Serve what Prometheus collects at /metrics
    #[arg(long)]
    metrics: bool,

    /// Print no line for each request
    #[arg(long, short)]
    quiet: bool,
}

impl ServeArgs {
    fn settings(&self) -> Result<Settings, Usage> {
        let usual = Settings::default();
        let workers = self.workers.map_or(usual.workers, usize::from);
        let (memory_bytes, cpu_share) = match self.as_lambda {
            Some(megabytes) => {
                let machine = Machine::of(|name| (name == MEMORY).then(|| megabytes.to_string()));
                let room = machine.room(Instant::now(), Speed::REFERENCE);
                (room.memory_bytes * workers as u64, room.cpu_share)
            }
            None => (self.memory.0, usual.cpu_share),
        };
        if self.deadline.0 == Duration::ZERO {
            return Err(Usage("--deadline 0ms: nothing is done in no time".into()));
        }
        Ok(Settings {
            memory_bytes,
            workers,
            waiting: self.queue.into(),
            cache_bytes: usize::try_from(self.cache.0).unwrap_or(usize::MAX),
            deadline: self.deadline.0,
            cpu_share,
            response_bytes: self.as_edge.then_some(RESPONSE_BYTES),
            page: !self.no_page,
            metrics: self.metrics,
            log: match self.quiet {
                true => None,
                // Nobody may be listening any more; that ends no request.
                false => Some(Box::new(|line| drop(writeln!(io::stderr(), "{line}")))),
            },
        })
    }

    fn config(&self) -> Result<Config, Usage> {
        let loaded = self.file.load().map_err(|errors| {
            let lines = errors.0.iter().map(ToString::to_string);
            Usage(lines.collect::<Vec<_>>().join("\n"))
        })?;
        let says_etag = loaded
            .whence()
            .any(|(setting, whence)| setting.name == "caching.etag" && *whence != Whence::Default);
        let mut config = loaded.config;
        if !says_etag {
            // There is no store behind this cache that would know the original's for it.
            config.caching.etag = Etag::Own;
        }
        // Nobody expects new files among their photographs from looking at them.
        config.derivatives.keep &= self.keep;
        Ok(config)
    }
}

/// Runs the command, until it is interrupted.
pub(super) fn run(args: &ServeArgs) -> Result<Outcome, Usage> {
    let settings = args.settings()?;
    let config = args.config()?;
    let root = &args.root;
    let wrong = |why: &dyn Display| Usage(format!("{root}: {why}"));
    let place = Place::typed(root, &config.store).map_err(|why| wrong(&why))?;
    // It outlives the server: what waits for a store waits here.
    let runtime = runtime().map_err(|error| wrong(&error))?;
    let variable = |name: &str| env::var(name).ok();
    let credentials = Credentials::in_environment(variable);
    if matches!(place, Place::S3 { .. }) && credentials.is_none() {
        Terminal::plain().line(
            "edgepix: there is no AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: requests to the \
             bucket are not signed, and only a public one answers them",
        );
    }
    let connection = Connection::in_environment(variable);
    let opened = Opened::new(runtime.handle().clone(), credentials, connection);
    let served = Served {
        store: opened.at(&place).map_err(|why| wrong(&why))?,
        origin: origin(&place),
        config,
        clock: Arc::new(SystemClock),
    };
    let listen = &args.listen;
    let server = Server::bind(listen, served, settings).map_err(|error| {
        Usage(match error.kind() {
            io::ErrorKind::AddrInUse => format!(
                "--listen {listen}: another program listens there; another port would do, or 0 \
                 for any that is free"
            ),
            io::ErrorKind::PermissionDenied => {
                format!("--listen {listen}: {error}; ports below 1024 are the system's")
            }
            io::ErrorKind::InvalidInput => {
                format!("--listen {listen}: {error}; it should be HOST:PORT")
            }
            _ => format!("--listen {listen}: {error}"),
        })
    })?;
    greet(&place, &server);
    stop_on_interrupt(&server);
    server.run();
    Ok(Outcome::Complete)
}

/// Says where it is and what is there: the one line on standard output.
fn greet(place: &Place, server: &Server) {
    let images = match server.originals() {
        None => String::new(),
        Some((1, true)) => " (1 image)".into(),
        Some((count, true)) => format!(" ({count} images)"),
        Some((count, false)) => format!(" ({count} images and more)"),
    };
    let address = server.address();
    let _ = writeln!(io::stdout(), "http://{address}/ serves {place}{images}");
}

fn stop_on_interrupt(server: &Server) {
    let stopper = server.stopper();
    // Fails only if there is a handler already, and then that one ends us.
    let mut interrupted = false;
    let _ = ctrlc::set_handler(move || {
        if interrupted {
            // Whoever says it twice does not want to wait.
            process::exit(1);
        }
        interrupted = true;
        stopper.stop();
    });
}

fn runtime() -> io::Result<Runtime> {
    runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
}

/// The origin that a distribution would have for a place.
fn origin(place: &Place) -> Origin {
    let server = |domain_name: String, path: &str| OriginServer {
        domain_name,
        path: path.into(),
        ..OriginServer::default()
    };
    match place {
        Place::S3 {
            bucket,
            region,
            prefix,
            ..
        } => {
            let path = Key::new(prefix.as_str()).map(|prefix| prefix.to_path());
            let name = format!("{bucket}.s3.{region}.amazonaws.com");
            Origin::S3(server(name, &path.unwrap_or_default()))
        }
        Place::Http { base } => {
            let (protocol, rest) = base.split_once("://").unwrap_or(("https", base));
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let (name, port) = match authority.rsplit_once(':') {
                Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
                _ => (authority, None),
            };
            let usual = if protocol == "http" { 80 } else { 443 };
            Origin::Custom(OriginServer {
                protocol: Some(protocol.into()),
                port: Some(port.unwrap_or(usual)),
                ..server(name.into(), path)
            })
        }
        Place::Folder { .. } => Origin::Custom(OriginServer {
            protocol: Some("http".into()),
            port: Some(80),
            ..server("localhost".into(), "")
        }),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::StoreConfig;

    use super::*;

    #[test]
    fn an_origin_leads_back_to_its_place() {
        let config = StoreConfig::default();
        for typed in [
            "s3://photos",
            "s3://photos/live/a%20b",
            "https://img.example.com",
            "http://img.example.com:8080/a%20b",
            "http://[::1]/a",
            "https://[::1]:8443",
        ] {
            let place = Place::typed(typed, &config).expect("a place");
            let back = Place::of_origin(&origin(&place), &config);
            assert_eq!(back.as_ref(), Ok(&place), "{typed}");
        }
    }
}
