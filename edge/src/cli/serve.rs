//! `edgepix serve`: the function on this machine, behind an in-memory CloudFront, with a
//! page to try it.

mod folder;

use std::{
    io::{self, Write},
    path::PathBuf,
    process,
    sync::Arc,
    time::Duration,
};

use clap::Args;
use edgepix_engine::Limits;

use super::{
    bytes::Bytes,
    duration::Time,
    failure::{Outcome, Usage},
};
use crate::{
    clock::SystemClock,
    config::Config,
    event::cloudfront::{Origin, OriginServer},
    server::{Served, Server, Settings},
    store::Store,
};

/// The most bytes of an answer of Lambda@Edge, headers and base64 body.
const EDGE_RESPONSE_BYTES: u64 = 1_048_576;

/// What of a Lambda function's memory is its own.
const LAMBDA_OWN: u64 = 32 << 20;

/// What `edgepix serve` takes.
#[derive(Args, Debug)]
pub(super) struct ServeArgs {
    /// A folder, s3://BUCKET/PREFIX, or https://HOST/PREFIX with the originals
    #[arg(value_name = "ROOT")]
    root: String,

    /// Where to listen; port 0 is any that is free
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    listen: String,

    /// The configuration file [default: edgepix.toml beside the binary, if it is there]
    #[arg(long, value_name = "PATH")]
    config: Option<PathBuf>,

    /// Memory that all images together may take
    #[arg(long, value_name = "SIZE", default_value = "512MB")]
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
                let each = (u64::from(megabytes) << 20).saturating_sub(LAMBDA_OWN);
                (each * workers as u64, Limits::lambda_share(megabytes))
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
            response_bytes: self.as_edge.then_some(EDGE_RESPONSE_BYTES),
            page: !self.no_page,
            log: match self.quiet {
                true => None,
                // Nobody may be listening any more; that ends no request.
                false => Some(Box::new(|line| drop(writeln!(io::stderr(), "{line}")))),
            },
        })
    }

    fn config(&self) -> Result<Config, Usage> {
        if let Some(path) = &self.config {
            let path = path.display();
            return Err(Usage(format!("--config {path}: it cannot be read yet")));
        }
        let mut config = Config::default();
        // Nobody expects files among their photographs from looking at them.
        config.derivatives.keep = self.keep;
        Ok(config)
    }
}

/// Runs the command, until it is interrupted.
pub(super) fn run(args: &ServeArgs) -> Result<Outcome, Usage> {
    let settings = args.settings()?;
    let config = args.config()?;
    let (store, origin) = open(&args.root, &config)?;
    let served = Served {
        store,
        origin,
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
            _ => format!("--listen {listen}: {error}"),
        })
    })?;
    greet(&args.root, &server);
    stop_on_interrupt(&server);
    match server.run() {
        Ok(()) => Ok(Outcome::Complete),
        Err(error) => Err(Usage(format!("the server cannot run: {error}"))),
    }
}

/// Says where it is and what is there: the one line on standard output.
fn greet(root: &str, server: &Server) {
    let images = match server.originals() {
        None => String::new(),
        Some((1, true)) => " (1 image)".into(),
        Some((count, true)) => format!(" ({count} images)"),
        Some((count, false)) => format!(" ({count} images and more)"),
    };
    let address = server.address();
    let _ = writeln!(io::stdout(), "http://{address}/ serves {root}{images}");
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

/// The store of what was typed, and the origin that CloudFront would have for it.
fn open(root: &str, config: &Config) -> Result<(Arc<dyn Store>, Origin), Usage> {
    let _ = config;
    let path = PathBuf::from(root);
    if !path.is_dir() {
        return Err(Usage(format!("{root}: there is no such folder")));
    }
    let origin = Origin::Custom(OriginServer {
        domain_name: "localhost".into(),
        protocol: Some("http".into()),
        port: Some(80),
        ..OriginServer::default()
    });
    Ok((Arc::new(folder::Folder(path)), origin))
}
