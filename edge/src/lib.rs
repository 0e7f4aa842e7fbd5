//! The shells around `edgepix-engine`: what people and machines call it by.
//! Nothing in this crate knows about pixels.

pub mod cli;
