//! What the origin sees of an invocation, and how it cuts the invocation's time into parts.

use std::sync::{Mutex, PoisonError};

use super::clock::Moment;

/// Something the origin saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) what: What,
    pub(crate) moment: Moment,
}

/// What it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A request for an object, its head whole.
    Asked,
    /// The first byte of the object is sent.
    FirstByte,
    /// The last byte of it has been handed to the system.
    LastByte,
}

/// What was seen since it was last taken; the origin writes, whoever measures takes.
#[derive(Debug, Default)]
pub(crate) struct Sightings(Mutex<Vec<Seen>>);

impl Sightings {
    /// Adds one.
    pub(crate) fn add(&self, what: What, moment: Moment) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(Seen { what, moment });
    }

    /// All since the last time, in their order.
    pub(crate) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
