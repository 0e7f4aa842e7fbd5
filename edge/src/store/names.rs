//! How a static binary finds hosts by their names.

use std::ffi::{CStr, c_char, c_int};

#[expect(unsafe_code, reason = "there is no other way to tell the C library")]
unsafe extern "C" {
    /// GNU C Library, `nss.h`: which services answer questions to a database.
    fn __nss_configure_lookup(database: *const c_char, services: *const c_char) -> c_int;
}

/// Lets the C library ask `/etc/hosts` and DNS, which it has inside, and nothing else.
///
/// By the machine's `nsswitch.conf` it would load modules, and with them the machine's own
/// C library into a binary that has another one. Call it before any name is looked up.
pub(crate) fn look_up_without_modules() {
    const HOSTS: &CStr = c"hosts";
    const SERVICES: &CStr = c"files dns";
    // SAFETY: both are C strings that live for ever; the function copies what it keeps.
    #[expect(unsafe_code, reason = "the call into the C library")]
    let refused = unsafe { __nss_configure_lookup(HOSTS.as_ptr(), SERVICES.as_ptr()) };
    // Then it goes by nsswitch.conf, which mostly works too.
    let _ = refused;
}
