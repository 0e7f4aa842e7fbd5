//! Processor time around the engine: what an answer costs beside its image. At most one
//! millisecond is asked for, for a result of about 30 KB.
//!
//! `cargo bench -p edgepix --bench overhead -- [--samples N]`
//!
//! Twice: what `answer` and the JSON of its answer take over `transform` of the same
//! request, by the time of the thread; and what a warm invocation of the whole function
//! takes over it, its connections to the Runtime API and to S3 included, by the time of
//! the process. The two alternate, and medians count.

#[path = "../src/allocator.rs"]
mod allocator;
mod function;
mod photographs;
mod process;

use std::{
    io::{Cursor, Read},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use clap::Parser;
use edgepix::{
    clock::SystemClock,
    config::Config,
    event::cloudfront::{Body, Event, Response},
    key::Key,
    origin_response::{RESPONSE_BYTES, Room, answer},
    store::{Facts, Get, Object, OneStore, Put, Store, StoreError},
};
use edgepix_engine::{Input, Limits, OutputFormat, Request, Speed, Target, transform};
use function::Function;
use rustix::time::{ClockId, clock_gettime};

#[derive(Parser)]
struct Options {
    /// Times that each is done
    #[arg(long, default_value = "200")]
    samples: usize,
    /// Passed by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

const PHOTOGRAPH: &str = "generated/lake-4000x2250-420.jpg";
const URI: &str = "/lake-4000x2250-420.jpg";
const QUERY: &str = "w=960&f=webp";
const WIDTH: u32 = 960;

/// One object, in memory.
struct Shelf(Bytes);

impl Store for Shelf {
    fn open(&self, key: &Key, get: &Get) -> Result<Object, StoreError> {
        let facts = self.facts(key, get)?;
        let body: Box<dyn Read + Send> = Box::new(Cursor::new(self.0.clone()));
        Ok(Object { facts, body })
    }

    fn facts(&self, _: &Key, _: &Get) -> Result<Facts, StoreError> {
        Ok(Facts {
            bytes: self.0.len() as u64,
            content_type: Some("image/jpeg".into()),
            ..Facts::default()
        })
    }

    fn put(&self, _: &Key, _: Bytes, _: &Put) -> Result<Option<String>, StoreError> {
        Err(StoreError::Unsupported("put"))
    }

    fn list(&self, _: usize) -> Result<Vec<Key>, StoreError> {
        Err(StoreError::Unsupported("list"))
    }
}

fn main() {
    let Options { samples, .. } = Options::parse();
    let photograph = photographs::read(PHOTOGRAPH);
    let bare = || thread_time(|| engine(&photograph));

    let stores = OneStore::new(Arc::new(Shelf(photograph.clone().into())));
    let event: Event = serde_json::from_value(function::event(URI, QUERY)).expect("an event");
    let exchange = &event.records[0].cf;
    let whole = || {
        let response = answer(exchange, &room(), &stores, &Config::default(), &SystemClock);
        let response = response.response;
        let json = serde_json::to_string(&response).expect("it is JSON");
        (response, json)
    };
    let expected = engine(&photograph);
    assert_eq!(body(&whole().0), expected, "the same work in both");
    println!("{URI}?{QUERY}: {} bytes", expected.len());

    let pairs = (0..samples).map(|_| (bare(), thread_time(whole)));
    report("answer() and its JSON", &pairs.collect::<Vec<_>>());

    let command = Command::new(env!("CARGO_BIN_EXE_edgepix"));
    let mut function = Function::start(command, &[], &[PHOTOGRAPH]);
    let cold = function.invoke(URI, QUERY);
    assert_eq!(cold.body_bytes(), expected.len().div_ceil(3) * 4);
    let pairs = (0..samples).map(|_| (bare(), function.invoke(URI, QUERY).processor));
    report("a warm invocation", &pairs.collect::<Vec<_>>());
}

/// What a function has that nothing is short of.
fn room() -> Room {
    Room {
        memory_bytes: 320 << 20,
        cpu_share: 1.0,
        deadline: Some(Instant::now() + Duration::from_secs(60)),
        response_bytes: Some(RESPONSE_BYTES),
        speed: Speed::REFERENCE,
    }
}

/// What `answer` asks of the engine.
fn engine(photograph: &[u8]) -> Vec<u8> {
    let request = Request {
        width: Some(WIDTH),
        format: Target::Format(OutputFormat::Webp),
        quality: Some(Config::default().quality),
        max_bytes: Some(RESPONSE_BYTES / 4 * 3),
        ..Request::default()
    };
    let mut source = photograph;
    let mut result = Vec::new();
    let input = Input::new(&mut source).with_length(photograph.len() as u64);
    transform(&request, &Limits::default(), input, &mut result).expect("a good file");
    result
}

fn body(response: &Response) -> &[u8] {
    match &response.body {
        Some(Body::Bytes(bytes)) => bytes,
        other => panic!("it should have been an image, not {other:?}"),
    }
}

/// Processor time of this thread for `work`.
fn thread_time<T>(work: impl FnOnce() -> T) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::try_from(time).expect("it is after the thread's start")
    };
    let before = now();
    drop(std::hint::black_box(work()));
    now() - before
}

fn report(what: &str, pairs: &[(Duration, Duration)]) {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let engine = median(pairs.iter().map(|(bare, _)| milliseconds(*bare)));
    let whole = median(pairs.iter().map(|(_, whole)| milliseconds(*whole)));
    let over = median(
        pairs
            .iter()
            .map(|(bare, whole)| milliseconds(*whole) - milliseconds(*bare)),
    );
    println!(
        "{what}: {whole:.2} ms of processor time, the engine alone {engine:.2} ms; \
         {:.2} ms over it (median of the differences {over:.2} ms, {} samples)",
        whole - engine,
        pairs.len()
    );
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
