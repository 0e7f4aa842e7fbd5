//! The shells around `edgepix-engine`: what people and machines call it by.
//! Nothing in this crate knows about pixels.

pub mod caching;
pub mod cli;
pub mod clock;
pub mod config;
pub mod dialect;
pub mod event;
pub mod hints;
pub mod invalidation;
pub mod key;
pub mod lambda;
pub mod origin_response;
pub mod package;
pub mod policy;
pub mod record;
pub mod regional;
pub mod respond;
pub mod room;
pub mod server;
mod server_timing;
pub mod status;
pub mod store;
pub mod sync;
mod value;
pub mod viewer_request;
