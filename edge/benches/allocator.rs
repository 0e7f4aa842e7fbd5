//! The allocator's settings against others: processor time and memory of warm invocations
//! of the whole function, in turn.
//!
//! `cargo bench -p edgepix --bench allocator -- [--samples N] [--other PROGRAM]`
//!
//! jemalloc reads `MALLOC_CONF` after what is compiled in, so its settings need no other
//! binary; another allocator does.

mod function;
mod photographs;
mod process;

use std::{path::PathBuf, process::Command};

use clap::Parser;
use function::Function;

#[derive(Parser)]
struct Options {
    /// Invocations of each
    #[arg(long, default_value = "50")]
    samples: usize,
    /// An `edgepix` with another allocator
    #[arg(long)]
    other: Option<PathBuf>,
    /// More settings of jemalloc to try
    #[arg(long)]
    settings: Vec<String>,
    /// Passed by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

/// What jemalloc 5.3 does on a machine of two processors if nobody says anything.
const DEFAULTS: &str =
    "narenas:8,dirty_decay_ms:10000,muzzy_decay_ms:0,tcache_max:32768,thp:default";

/// Other settings than those that are built in.
const SETTINGS: [&str; 3] = [
    // Small buffers are kept for a second, large ones go back at once.
    "dirty_decay_ms:1000,oversize_threshold:262144",
    "dirty_decay_ms:20",
    "dirty_decay_ms:1000",
];

const CASES: [(&str, &str); 2] = [
    ("fetched/bridge.jpg", "w=400&f=webp"),
    ("generated/seeding-5312x2988-alpha.png", "w=400&f=avif"),
];

fn main() {
    let options = Options::parse();
    let mut candidates = vec![
        ("as built".to_owned(), None, String::new()),
        ("jemalloc's defaults".to_owned(), None, DEFAULTS.to_owned()),
    ];
    let settings = SETTINGS.map(str::to_owned);
    for settings in settings.iter().chain(&options.settings) {
        candidates.push((format!("as built, {settings}"), None, settings.clone()));
    }
    if let Some(program) = &options.other {
        let name = program.display().to_string();
        candidates.push((name, Some(program), String::new()));
    }
    println!("| image | allocator | processor ms, median | peak kB | beside files kB |");
    println!("| --- | --- | --- | --- | --- |");
    for (name, query) in CASES {
        let uri = format!("/{}", name.rsplit('/').next().unwrap_or(name));
        let mut running: Vec<_> = candidates
            .iter()
            .map(|(_, program, settings)| {
                let built = env!("CARGO_BIN_EXE_edgepix").as_ref();
                let command = Command::new(program.map_or(built, |other| other.as_os_str()));
                let mut function = Function::start(command, &[("MALLOC_CONF", settings)], &[name]);
                function.invoke(&uri, query);
                (function, Vec::new(), 0, 0)
            })
            .collect();
        for _ in 0..options.samples {
            for (function, times, peak, anonymous) in &mut running {
                let made = function.invoke(&uri, query);
                assert!(made.body_bytes() > 0, "{uri}?{query}: {}", made.outcome());
                times.push(made.processor);
                *peak = made.memory.peak.max(*peak);
                *anonymous = made.memory.anonymous_peak().max(*anonymous);
            }
        }
        for ((what, ..), (_, mut times, peak, anonymous)) in candidates.iter().zip(running) {
            times.sort_unstable();
            let median = times.get(times.len() / 2).copied().unwrap_or_default();
            println!(
                "| {uri}?{query} | {what} | {:.1} | {} | {} |",
                median.as_secs_f64() * 1e3,
                peak >> 10,
                anonymous >> 10
            );
        }
    }
}
