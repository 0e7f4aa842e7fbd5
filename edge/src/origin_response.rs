//! Lambda@Edge's origin-response: an event in, an answer out. The Lambda function, the
//! local server and `edgepix invoke` all call this.

use std::{sync::Arc, time::Instant};

use edgepix_engine::Speed;

use crate::{
    clock::Clock,
    config::Config,
    event::cloudfront::{Exchange, Origin, Response},
    store::Store,
};

/// Where an event's objects are.
pub trait Stores: Send + Sync {
    /// The store of an origin, as `config` has it.
    ///
    /// # Errors
    ///
    /// What is wrong with it, for the log.
    fn of_origin(&self, origin: &Origin, config: &Config) -> Result<Arc<dyn Store>, String>;
}

/// What one request may use of the machine it came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    /// Bytes of memory that one image may take.
    pub memory_bytes: u64,
    /// Share of a processor there is, 0.001 to 1.
    pub cpu_share: f64,
    /// When the answer must be ready.
    pub deadline: Option<Instant>,
    /// Bytes of an answer with its headers, its body counted as base64.
    pub response_bytes: Option<u64>,
    /// How fast the machine has been.
    pub speed: Speed,
}

/// An answer, and what there is to say of it.
#[derive(Debug)]
pub struct Answered {
    /// What CloudFront gets.
    pub response: Response,
    /// What the log gets.
    pub record: crate::record::Record,
}

/// Answers an event.
///
/// Never fails: whatever goes wrong, the origin's own answer is given, and the header
/// `x-edgepix` says why.
#[must_use]
pub fn answer(
    exchange: &Exchange,
    room: &Room,
    stores: &dyn Stores,
    config: &Config,
    clock: &dyn Clock,
) -> Answered {
    let _ = (room, stores, config, clock);
    Answered {
        response: exchange.response.clone(),
        record: crate::record::Record::default(),
    }
}
