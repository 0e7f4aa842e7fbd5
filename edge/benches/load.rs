//! The local server under load: connections that each ask for images nobody has asked for
//! before, then for the same again.
//!
//! `cargo bench -p edgepix --bench load -- [--connections N] [--requests N] ...`
//!
//! Asked: 200 requests at once on two processors, without an error and with the memory
//! within its bound, which is `--memory`, `--cache` and what the server has at rest.

mod photographs;
mod process;

use std::{
    collections::BTreeMap,
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use clap::Parser;
use process::{Memory, processor_time};

#[derive(Parser)]
struct Options {
    /// Connections at once; each has one request on its way
    #[arg(long, default_value = "200")]
    connections: usize,
    /// Requests in all, no two the same
    #[arg(long, default_value = "2000")]
    requests: usize,
    /// Megabytes that all images together may take
    #[arg(long, default_value = "512")]
    memory: u64,
    /// Megabytes of cached answers: enough for all, or the second round is made again
    #[arg(long, default_value = "256")]
    cache: u64,
    /// Images that are made at once; the server's choice if it is not said
    #[arg(long)]
    workers: Option<u16>,
    /// Photographs, in place of the corpus's
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Formats of the results
    #[arg(long, value_delimiter = ',', default_value = "jpeg,webp,avif")]
    formats: Vec<String>,
    /// The `edgepix` to load
    #[arg(long, default_value = env!("CARGO_BIN_EXE_edgepix"))]
    program: PathBuf,
    /// Passed by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

/// The least width of a result, and how many there are.
const LEAST_WIDTH: usize = 64;
const WIDTHS: usize = 1200;

/// From one width to the next: without a common divisor with their number, so that all
/// have their turn before one comes again.
const STEP: usize = 487;

/// No answer takes as long: the server's queue is shorter.
const PATIENCE: Duration = Duration::from_secs(300);

fn main() {
    let options = Options::parse();
    let folder = options.folder.clone();
    let folder = folder.unwrap_or_else(|| photographs::file("fetched"));
    let (server, address) = start(&options, &folder);
    let paths = paths(&options, &folder);
    thread::sleep(Duration::from_millis(500));
    let rest = server.memory();
    let bound = rest.peak + ((options.memory + options.cache) << 20);
    println!(
        "at rest {} MB; bound {} MB: --memory {} MB, --cache {} MB and that",
        rest.peak >> 20,
        bound >> 20,
        options.memory,
        options.cache
    );
    for round in ["nothing is cached", "everything is cached"] {
        let before = processor_time(server.0.id()).expect("it runs");
        let began = Instant::now();
        let asked = ask_all(&address, &paths, options.connections);
        let (took, processor) = (
            began.elapsed(),
            processor_time(server.0.id()).expect("it runs") - before,
        );
        println!("\n{round}: {}", summary(&asked, took, processor));
        for (what, count) in kinds(&asked) {
            println!("  {count:>6} {what}");
        }
        let memory = server.memory();
        println!(
            "  peak {} MB of {} MB, {} (beside pages of files {} MB, now {} MB)",
            memory.peak >> 20,
            bound >> 20,
            if memory.peak <= bound {
                "within"
            } else {
                "BEYOND"
            },
            memory.anonymous_peak() >> 20,
            memory.anonymous >> 20
        );
    }
}

/// A running server.
struct Server(Child);

impl Server {
    fn memory(&self) -> Memory {
        Memory::of(self.0.id()).expect("it runs")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a server, and returns where it listens.
fn start(options: &Options, folder: &std::path::Path) -> (Server, String) {
    let mut command = Command::new(&options.program);
    command
        .arg("serve")
        .arg(folder)
        .args(["--listen", "127.0.0.1:0", "--quiet", "--deadline", "60s"])
        .args(["--memory", &format!("{}MB", options.memory)])
        .args(["--cache", &format!("{}MB", options.cache)]);
    if let Some(workers) = options.workers {
        command.args(["--workers", &workers.to_string()]);
    }
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let mut said = BufReader::new(child.stdout.take().expect("it is piped"));
    let server = Server(child);
    let mut line = String::new();
    said.read_line(&mut line).expect("it says where it listens");
    let address = line.trim_start_matches("http://");
    let address = address.split('/').next().unwrap_or_default().to_owned();
    (server, address)
}

/// Paths with queries, no two the same, of all photographs in turn.
fn paths(options: &Options, folder: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; see corpus/README.md for how to bring the corpus",
            folder.display()
        )
    });
    let mut names: Vec<_> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    assert!(!names.is_empty(), "{}: it is empty", folder.display());
    let formats = &options.formats;
    let path = |index: usize| {
        let name = &names[index % names.len()];
        let format = &formats[index / names.len() % formats.len()];
        let turn = index / names.len() / formats.len();
        let width = LEAST_WIDTH + turn * STEP % WIDTHS;
        format!("/{name}?width={width}&format={format}")
    };
    (0..options.requests).map(path).collect()
}

/// What came of one request.
struct Asked {
    /// Its status and where it came from, or what went wrong.
    what: Result<String, String>,
    took: Duration,
    bytes: usize,
}

/// Asks for every path once, over so many connections.
fn ask_all(address: &str, paths: &[String], connections: usize) -> Vec<Asked> {
    let next = AtomicUsize::new(0);
    let all = Mutex::new(Vec::with_capacity(paths.len()));
    thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                let mut connection = None;
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let began = Instant::now();
                    let answer = ask(&mut connection, address, path);
                    let took = began.elapsed();
                    let (what, bytes) = match answer {
                        Ok((what, bytes)) => (Ok(what), bytes),
                        Err(error) => {
                            connection = None;
                            (Err(error.to_string()), 0)
                        }
                    };
                    let asked = Asked { what, took, bytes };
                    all.lock().expect("no thread panics").push(asked);
                }
            });
        }
    });
    all.into_inner().expect("no thread panics")
}

/// Asks for one path, over the connection if there is one, and reads all of the answer.
fn ask(
    connection: &mut Option<BufReader<TcpStream>>,
    address: &str,
    path: &str,
) -> io::Result<(String, usize)> {
    if connection.is_none() {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        *connection = Some(BufReader::new(stream));
    }
    let reader = connection.as_mut().ok_or(io::ErrorKind::NotConnected)?;
    let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    reader.get_mut().write_all(head.as_bytes())?;
    let (mut status, mut length) = (String::new(), None);
    let (mut cache, mut outcome) = (String::new(), String::new());
    if reader.read_line(&mut status)? == 0 {
        return Err(io::ErrorKind::ConnectionAborted.into());
    }
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        match name {
            "content-length" => length = value.parse().ok(),
            "x-cache" => value.clone_into(&mut cache),
            // What was made of it, without its size.
            "x-edgepix" => value
                .split(';')
                .filter(|said| !said.contains("size=") && !said.contains("quality="))
                .for_each(|said| outcome += said),
            _ => {}
        }
    }
    let length: usize = length.ok_or(io::ErrorKind::InvalidData)?;
    let read = io::copy(&mut reader.take(length as u64), &mut io::sink())?;
    if read != length as u64 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let status = status.split(' ').nth(1).unwrap_or("no status");
    Ok((format!("{status} {cache}, {outcome}"), length))
}

/// How many ended in which way.
fn kinds(asked: &[Asked]) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for asked in asked {
        let what = match &asked.what {
            Ok(what) => what.clone(),
            Err(error) => format!("ERROR {error}"),
        };
        *kinds.entry(what).or_default() += 1;
    }
    kinds
}

fn summary(asked: &[Asked], took: Duration, processor: Duration) -> String {
    let errors = asked
        .iter()
        .filter(|asked| {
            !asked
                .what
                .as_ref()
                .is_ok_and(|what| what.starts_with("200"))
        })
        .count();
    let mut times: Vec<_> = asked.iter().map(|asked| asked.took).collect();
    times.sort_unstable();
    let at = |percent: usize| {
        let last = times.len().saturating_sub(1);
        let time = times.get(last * percent / 100).copied().unwrap_or_default();
        time.as_secs_f64() * 1e3
    };
    let bytes: usize = asked.iter().map(|asked| asked.bytes).sum();
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 requests")]
    let rate = asked.len() as f64 / took.as_secs_f64();
    format!(
        "{} requests, {errors} errors, {} MB in {:.1} s ({:.1} s of processor time), {rate:.1} \
         images/s; latency p50 {:.1} ms, p99 {:.1} ms, most {:.1} ms",
        asked.len(),
        bytes >> 20,
        took.as_secs_f64(),
        processor.as_secs_f64(),
        at(50),
        at(99),
        at(100)
    )
}
