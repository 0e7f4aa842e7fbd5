//! `edgepix serve`: the function on a laptop, behind a `CloudFront` of its own. What answers
//! is what answers on Lambda@Edge; this only speaks HTTP, caches, and keeps order.

pub mod admission;
pub mod answer;
mod body;
pub mod event;
pub mod flight;
pub mod freshness;
pub mod front;
mod metrics;
mod origin;
mod originals;
mod page;
mod records;
mod service;
mod stall;
pub mod viewer;

use std::{
    convert::Infallible,
    io,
    net::{SocketAddr, ToSocketAddrs},
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use edgepix_engine::Speed;
use futures_util::future::{Either, select};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    runtime::{self, Runtime},
    sync::{Semaphore, mpsc, watch},
    time::{sleep, timeout},
};

use crate::{
    clock::Clock, config::Config, event::cloudfront::Origin, store::Store, viewer_request::Folding,
};
use admission::Admission;
use flight::Flights;
use front::Front;
use metrics::Metrics;
use origin::{Allowance, Behind};
use page::Page;
use records::Records;
use service::Service;
use stall::Stall;

/// How a server is set up.
pub struct Settings {
    /// Bytes of memory that all images together may take. **Strict**. Default: 512 MiB.
    pub memory_bytes: u64,
    /// How many images are made at once; each may take its share of the memory. Default:
    /// two for each processor.
    pub workers: usize,
    /// How many requests wait for that; one more is refused. Default: 256.
    pub waiting: usize,
    /// Bytes of answers that are kept. **Strict**. Default: 64 MiB.
    pub cache_bytes: usize,
    /// The longest that one image may take, once it has begun. Default: 30 s.
    pub deadline: Duration,
    /// Share of a processor for each image, 0.001 to 1. Default: 1.
    pub cpu_share: f64,
    /// Bytes of an answer with its headers, its body counted as base64. Default: any.
    pub response_bytes: Option<u64>,
    /// Whether there is the page at `/`, and what it asks below `/.edgepix/`. Default:
    /// there is.
    pub page: bool,
    /// Whether `/metrics` says what Prometheus collects. Default: no.
    pub metrics: bool,
    /// What a line for each request goes to. Default: nothing.
    pub log: Option<Log>,
}

/// What takes lines of a log.
pub type Log = Box<dyn Fn(&str) + Send + Sync>;

impl Default for Settings {
    fn default() -> Self {
        Self {
            memory_bytes: 512 << 20,
            workers: 2 * thread::available_parallelism().map_or(1, usize::from),
            waiting: 256,
            cache_bytes: 64 << 20,
            deadline: Duration::from_secs(30),
            cpu_share: 1.0,
            response_bytes: None,
            page: true,
            metrics: false,
            log: None,
        }
    }
}

/// Where originals are, and how they are to be answered for.
pub struct Served {
    /// The originals.
    pub store: Arc<dyn Store>,
    /// The origin that `CloudFront` would have for them.
    pub origin: Origin,
    /// What the installation has decided.
    pub config: Config,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// A server that listens and does not answer yet.
pub struct Server {
    runtime: Runtime,
    listener: TcpListener,
    address: SocketAddr,
    service: Arc<Service>,
    stopper: Stopper,
}

/// Ends a server, from any thread.
#[derive(Clone, Debug)]
pub struct Stopper(watch::Sender<bool>);

impl Stopper {
    /// Lets the server take no more connections, finish what it has begun, and end.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

/// How long requests that have begun are waited for at the end.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a client may take for its request's header, from the answer before on.
const HEADER: Duration = Duration::from_secs(30);

/// How long a client may take nothing of its answer.
const STALL: Duration = Duration::from_secs(30);

/// Connections that wait to be taken; the system may hold it to less. A client whose
/// connection finds no place there waits for a second before it tries again.
const BACKLOG: u32 = 1024;

/// Connections at once; more wait in the system's queue.
const CONNECTIONS: usize = 1024;

/// Originals that are read for as many viewers at once.
const READERS: usize = 256;

impl Server {
    /// Listens on `listen`, such as `127.0.0.1:8080`; port 0 is any that is free.
    ///
    /// # Errors
    ///
    /// What the system says to it; `AddrInUse` if another program listens there.
    pub fn bind(listen: &str, served: Served, settings: Settings) -> io::Result<Self> {
        let workers = settings.workers.max(1);
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(2)
            // Those who work, those who read for a viewer, and some that list.
            .max_blocking_threads(workers + READERS + 16)
            .enable_all()
            .build()?;
        let listener = {
            let _inside = runtime.enter();
            listen_on(listen)?
        };
        let address = listener.local_addr()?;
        let folding = Folding::of(&served.config);
        let behind = Behind {
            store: served.store,
            origin: served.origin,
            config: served.config,
            clock: served.clock,
            allowance: Allowance {
                memory_bytes: settings.memory_bytes / workers as u64,
                cpu_share: settings.cpu_share,
                response_bytes: settings.response_bytes,
                deadline: settings.deadline,
            },
            speed: Mutex::new(Speed::REFERENCE),
        };
        let service = Service {
            behind: Arc::new(behind),
            folding,
            front: Mutex::new(Front::new(settings.cache_bytes)),
            flights: Flights::default(),
            admission: Admission::new(workers, settings.waiting),
            readers: Arc::new(Semaphore::new(READERS)),
            records: Mutex::new(Records::default()),
            page: settings.page.then(Page::new),
            metrics: settings
                .metrics
                .then(|| Metrics::new(settings.memory_bytes)),
            log: settings.log,
        };
        Ok(Self {
            runtime,
            listener,
            address,
            service: Arc::new(service),
            stopper: Stopper(watch::Sender::new(false)),
        })
    }

    /// Where it listens, with the port that it has got.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What ends it.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// How many originals there are, and whether that is all; none where a store cannot
    /// tell.
    #[must_use]
    pub fn originals(&self) -> Option<(usize, bool)> {
        let behind = &self.service.behind;
        let keys = originals::keys(&*behind.store, &behind.config).ok()?;
        Some((keys.len(), keys.len() < originals::MOST))
    }

    /// Answers until it is stopped; what has begun by then is finished, for up to ten
    /// seconds.
    pub fn run(self) {
        let Self {
            runtime,
            listener,
            service,
            stopper,
            ..
        } = self;
        runtime.block_on(accept(listener, &service, &stopper));
        // What is still read for nobody is not waited for.
        runtime.shutdown_background();
    }
}

/// Listens on the first of an address's meanings that is free.
fn listen_on(listen: &str) -> io::Result<TcpListener> {
    let mut refused = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in listen.to_socket_addrs()? {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        }?;
        // What the last server's connections leave behind is in nobody's way.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        let bound = socket.bind(address);
        match bound.and_then(|()| socket.listen(BACKLOG)) {
            Ok(listener) => return Ok(listener),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

/// Takes connections until it is told to stop, and sees them end.
async fn accept(listener: TcpListener, service: &Arc<Service>, stopper: &Stopper) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    // Nothing is ever sent: when all of them are dropped, all connections have ended.
    let (open, mut all_closed) = mpsc::channel::<Infallible>(1);
    let mut stopped = stopper.0.subscribe();
    loop {
        let next = pin!(async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        });
        let stop = pin!(told(&mut stopped));
        match select(stop, next).await {
            Either::Left(_) => break,
            Either::Right(((place, Ok((stream, _))), _)) => {
                let stopped = stopper.0.subscribe();
                let connection = connection(stream, Arc::clone(service), stopped);
                let open = open.clone();
                tokio::spawn(async move {
                    connection.await;
                    drop((place, open));
                });
            }
            // Such as too many open files: some will be closed soon.
            Either::Right(_) => sleep(Duration::from_millis(50)).await,
        }
    }
    drop((listener, open));
    let _ = timeout(PATIENCE, all_closed.recv()).await;
}

/// Answers on one connection, until the client closes it or the server is stopped.
async fn connection(stream: TcpStream, service: Arc<Service>, mut stopped: watch::Receiver<bool>) {
    // Answers are written whole; there is nothing to wait for.
    let _ = stream.set_nodelay(true);
    let answer = service_fn(move |request: Request<Incoming>| {
        let (head, _) = request.into_parts();
        let asked = (head.method, head.uri, head.headers);
        let response = Arc::clone(&service).respond(asked);
        async { Ok::<_, Infallible>(response.await) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER);
    let serving = http.serve_connection(TokioIo::new(Stall::new(stream, STALL)), answer);
    let mut serving = pin!(serving);
    let stop = pin!(told(&mut stopped));
    // A connection that breaks concerns nobody else.
    match select(stop, serving.as_mut()).await {
        Either::Left(_) => {
            Pin::as_mut(&mut serving).graceful_shutdown();
            let _ = serving.await;
        }
        Either::Right((_, _)) => {}
    }
}

/// Comes back when the server is to end.
async fn told(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
