//! What the function takes beside its image, for `BASE_BYTES` in `lambda/machine.rs`, and
//! the proof: photographs under a control group of 128 MB.
//!
//! `cargo bench -p edgepix --bench base`
//!
//! The peak of each invocation is measured alone (`clear_refs`); what the engine planned
//! for is taken off. The proof needs root and the memory controller, of either version,
//! and is left out with a message where they are not.

mod function;
mod photographs;
mod process;

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use clap::Parser;
use function::Function;

#[derive(Parser)]
struct Options {
    /// The `edgepix` to measure
    #[arg(long, default_value = env!("CARGO_BIN_EXE_edgepix"))]
    program: PathBuf,
    /// Passed by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

/// Photographs, drawings and noise whose results at the best quality are too large for an
/// answer, so that the quality is chosen to fill it.
const LARGE: [&str; 5] = [
    "generated/noise.png",
    "generated/picosdeeuropa-3264x2448-420.jpg",
    "generated/lake-4000x2250-420.jpg",
    "fetched/dragonfly.jpg",
    "fetched/life.jpg",
];

const FILLING: [&str; 4] = [
    "w=1920&f=jpg&q=100",
    "w=1280&f=webp&q=100",
    "w=600&f=png",
    "w=1024&f=avif&q=100",
];

const MIXED: [&str; 9] = [
    "generated/sunset-6000x4000-progressive.jpg",
    "generated/sunset-6000x4000-420.jpg",
    "generated/sunset-6000x4000-444.jpg",
    "generated/seeding-5312x2988-alpha.png",
    "generated/sunset-6000x4000.png",
    "generated/seeding-5312x2988-lossy.webp",
    "generated/seeding-5312x2988-lossless.webp",
    "generated/dragonfly-4864x3648-progressive.jpg",
    "fetched/rhythm.jpg",
];

/// The last two are as large as a function of 128 MB makes them.
const SIZES: [&str; 8] = [
    "w=400&f=jpg",
    "w=400&f=webp",
    "w=400&f=avif",
    "w=1600&f=jpg",
    "w=1600&f=webp",
    "w=1600&f=avif",
    "w=2100&f=webp",
    "w=2200&f=avif",
];

fn main() {
    let options = Options::parse();
    beside(&options.program);
    match Group::of(128 << 20) {
        Ok(group) => under(&group, &options.program),
        Err(error) => println!("\nno control group of memory: {error}; not proved here"),
    }
}

/// The path that a file of the corpus has in the bucket.
fn uri(name: &str) -> String {
    format!("/{}", name.rsplit('/').next().unwrap_or(name))
}

/// Prints what is resident beside the engine's plan.
fn beside(program: &Path) {
    let mut function = Function::start(Command::new(program), &[], &LARGE);
    let rest = function.memory();
    println!(
        "at rest: peak {} kB, anonymous {} kB, files {} kB\n",
        rest.peak >> 10,
        rest.anonymous >> 10,
        rest.file >> 10
    );
    println!("| asked | answer bytes | planned kB | peak kB | beside the plan kB | files kB |");
    println!("| --- | --- | --- | --- | --- | --- |");
    let (mut most, mut most_anonymous, mut most_files) = (0, 0, 0);
    for name in LARGE {
        for query in FILLING {
            let made = function.invoke(&uri(name), query);
            let planned = made.planned_peak().unwrap_or_default();
            let beside = made.memory.peak.saturating_sub(planned);
            most = most.max(beside);
            most_anonymous = most_anonymous.max(beside.saturating_sub(made.memory.file));
            most_files = most_files.max(made.memory.file);
            println!(
                "| {}?{query} {} | {} | {} | {} | {} | {} |",
                uri(name),
                made.outcome(),
                made.body_bytes(),
                planned >> 10,
                made.memory.peak >> 10,
                beside >> 10,
                made.memory.file >> 10,
            );
        }
    }
    let after = function.memory();
    println!(
        "\nbeside the plan: at most {} kB, of which {} kB are not pages of files; pages of files: \
         at most {} kB; at rest afterwards: anonymous {} kB, files {} kB",
        most >> 10,
        most_anonymous >> 10,
        most_files >> 10,
        after.anonymous >> 10,
        after.file >> 10
    );
}

/// Has photographs made under a control group, and prints how it went.
fn under(group: &Group, program: &Path) {
    // Copied within the group: a file's pages count where they were first touched.
    let copy = std::env::temp_dir().join(format!("edgepix-{}", std::process::id()));
    let script = format!(
        "echo $$ > '{}/cgroup.procs' && cp \"$0\" \"$1\" && exec \"$1\"",
        group.path.display()
    );
    let mut command = Command::new("sh");
    command.args(["-c", &script]).arg(program).arg(&copy);
    let mut function = Function::start(command, &[], &MIXED);
    println!("\n| asked | outcome | planned kB | peak kB | most in the group kB |");
    println!("| --- | --- | --- | --- | --- |");
    for name in MIXED {
        for query in SIZES {
            let made = function.invoke(&uri(name), query);
            println!(
                "| {}?{query} | {} | {} | {} | {} |",
                uri(name),
                made.outcome(),
                made.planned_peak().unwrap_or_default() >> 10,
                made.memory.peak >> 10,
                group.most_bytes() >> 10,
            );
        }
    }
    let _ = fs::remove_file(copy);
    println!();
    for file in group.kind.told() {
        let text = fs::read_to_string(group.path.join(file)).unwrap_or_default();
        println!(
            "{file}: {}",
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        );
    }
}

/// A control group with a limit of memory; gone when it is dropped.
struct Group {
    path: PathBuf,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    V1,
    V2,
}

impl Kind {
    fn most(self) -> &'static str {
        match self {
            Self::V1 => "memory.max_usage_in_bytes",
            Self::V2 => "memory.peak",
        }
    }

    /// What says whether it was short of memory.
    fn told(self) -> &'static [&'static str] {
        match self {
            Self::V1 => &[
                "memory.max_usage_in_bytes",
                "memory.failcnt",
                "memory.oom_control",
            ],
            Self::V2 => &["memory.peak", "memory.events"],
        }
    }
}

impl Group {
    /// One that holds at most `bytes`, swapped ones included.
    fn of(bytes: u64) -> io::Result<Self> {
        let (v1, v2) = (
            Path::new("/sys/fs/cgroup/memory"),
            Path::new("/sys/fs/cgroup"),
        );
        let (parent, kind, limits): (_, _, &[_]) = if v1.exists() {
            // In this order: the second must not be below the first.
            let limits = &["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"];
            (v1, Kind::V1, limits)
        } else {
            (v2, Kind::V2, &["memory.max"])
        };
        let path = parent.join(format!("edgepix-{}", std::process::id()));
        fs::create_dir(&path)?;
        let group = Self { path, kind };
        for limit in limits {
            fs::write(group.path.join(limit), bytes.to_string())?;
        }
        Ok(group)
    }

    fn most_bytes(&self) -> u64 {
        let text = fs::read_to_string(self.path.join(self.kind.most())).unwrap_or_default();
        text.trim().parse().unwrap_or_default()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Those in it have ended.
        let _ = fs::remove_dir(&self.path);
    }
}
