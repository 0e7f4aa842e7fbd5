//! Lambda emulated: an environment for a function, the Runtime API it asks for events, and the
//! origin it reads originals from.
//!
//! What is like Lambda: initialisation has a whole processor, and the quota begins when the runtime
//! first asks for an event; memory is a real limit; the process is frozen between invocations; the
//! program's files come from the disk. What is not: the machine, its core, and the network.

mod answer;
mod answered;
mod api;
mod clock;
mod cores;
mod enclosure;
mod environment;
mod function;
mod host;
mod life;
pub(crate) mod origin;
mod output;
mod pages;
mod proc;
pub(crate) mod programs;
mod sandbox;
mod seen;
mod segments;

use std::{path::PathBuf, time::Duration};

pub(crate) use clock::Clock;
pub(crate) use cores::leave_core;
pub(crate) use enclosure::{Enclosed, become_function};
pub(crate) use host::{Host, Options};
pub(crate) use seen::Sightings;
use serde_json::Value;

use crate::{
    case::{Rival, Setting},
    sample::{Ending, Init, Invocation},
};

/// A program that is a function, laid out as it is deployed.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) rival: Rival,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    /// The unpacked package: `LAMBDA_TASK_ROOT`, and the folder it is started in.
    pub(crate) task: PathBuf,
    /// Environment variables beside those that every function has.
    pub(crate) variables: Vec<(String, String)>,
    /// What a start reads, to be dropped from the page cache before it: files, and folders with
    /// everything in them.
    pub(crate) reads: Vec<PathBuf>,
}

/// One life that a function is to have.
#[derive(Debug)]
pub(crate) struct Order<'a> {
    pub(crate) program: &'a Program,
    pub(crate) setting: Setting,
    /// What it is called with, each time.
    pub(crate) event: &'a Value,
    /// Warm invocations after the cold one: as many as fit `warm_within`, at most this many, and at
    /// least one.
    pub(crate) warm_at_most: u32,
    pub(crate) warm_within: Duration,
    /// The function's timeout.
    pub(crate) limit: Duration,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Life {
    pub(crate) init: Option<Init>,
    pub(crate) invocations: Vec<Invocation>,
    pub(crate) ending: Ending,
    pub(crate) peak_bytes: Option<u64>,
    pub(crate) group_peak_bytes: Option<u64>,
    pub(crate) throttled_ms: Option<f64>,
    /// The image of each answer that had one, in the order of `invocations`.
    pub(crate) images: Vec<Option<Vec<u8>>>,
}
