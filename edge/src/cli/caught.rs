//! Panics of the engine, made into failures of the one image that met them.

use std::{
    cell::RefCell,
    env,
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

use super::failure::Failure;

thread_local! {
    /// What the last panic of this thread said, and where.
    static SAID: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs `work`. If it panics, that is the failure, said in one line; the usual
/// report is printed as well if `RUST_BACKTRACE` asks for it.
///
/// What `work` was changing when it panicked must not be used again.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Failure> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let message = info.payload_as_str().unwrap_or("no message");
            let place = info.location().map(ToString::to_string);
            let said = format!("{message} at {}", place.unwrap_or_default());
            SAID.set(said);
            if env::var_os("RUST_BACKTRACE").is_some() {
                usual(info);
            }
        }));
    });
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|_| Failure::Panic(SAID.take()))
}
