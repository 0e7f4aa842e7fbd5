//! The `edgepix` program: chooses an allocator and hands over to the library.

#[cfg(not(target_env = "msvc"))]
mod allocator;

fn main() -> std::process::ExitCode {
    edgepix::cli::run(std::env::args_os())
}
