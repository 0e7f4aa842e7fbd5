//! How long a function takes from its spawn to its first poll of the Runtime API and to
//! its first image: edgepix alone, edgepix from its package, and what people run today,
//! Node.js with sharp. Linux on `x86_64`, like the packages.
//!
//! `cargo bench -p edgepix --bench first_image -- [--runs N]`; `edge/docs/launcher.md` has
//! results. It measures: nothing of it is a test, but a wrong answer ends it.

use std::process::ExitCode;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[path = "first_image/bench.rs"]
mod bench;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> ExitCode {
    bench::main()
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() -> ExitCode {
    eprintln!("first_image: the packages are for Linux on x86_64");
    ExitCode::SUCCESS
}
