//! Panics as text: they are expected of one decoder and a finding in the other.

use std::{cell::RefCell, panic};

thread_local! {
    static LAST: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps what panics while `tries` are made; elsewhere they are printed as ever.
pub(crate) fn keep_quiet() {
    panic::set_hook(Box::new(|info| {
        LAST.with_borrow_mut(|last| *last = info.to_string());
    }));
}

/// What the last panic of this thread said, and where.
pub(crate) fn last() -> String {
    LAST.with_borrow(Clone::clone)
}
