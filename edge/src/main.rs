//! The `edgepix` program: chooses an allocator and hands over to the library.

#[cfg(not(target_env = "msvc"))]
mod allocator;

fn main() -> std::process::ExitCode {
    // Lambda starts a program called bootstrap without arguments.
    if std::env::args_os().len() == 1 && std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        return edgepix::cli::lambda();
    }
    edgepix::cli::run(std::env::args_os())
}
