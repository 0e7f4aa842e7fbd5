//! The photographs that encoders are measured with, reduced first, so that what is
//! scored is the encoder and nothing before it.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use edgepix_corpus::{
    available,
    manifest::{Entry, Manifest},
};
use edgepix_engine::{Input, Limits, OutputFormat, Request, Target, transform};

use crate::score::{Decoder, Reference};

/// The corpus's originals that a camera took; the others are drawn or blurred.
const NAMES: [&str; 9] = [
    "bridge.jpg",
    "dragonfly.jpg",
    "lake.jpg",
    "life.jpg",
    "picosdeeuropa.jpg",
    "picture-1a.jpg",
    "seeding.jpg",
    "sunset.jpg",
    "wine.jpg",
];

/// Fewer say more about the photographs than about the encoders.
const LEAST: usize = 8;

/// A photograph at the size of a result.
pub(crate) struct Photograph {
    pub(crate) name: String,
    pub(crate) width: u32,
    pub(crate) megapixels: f64,
    pub(crate) png: Vec<u8>,
    pub(crate) reference: Reference,
}

/// The photographs' entries, in the order of their names.
///
/// # Errors
///
/// If some are not there.
pub(crate) fn entries() -> Result<Vec<Entry>> {
    let mut found: Vec<Entry> = available(&Manifest::embedded(), None)
        .into_iter()
        .map(|(entry, _)| entry)
        .filter(|entry| NAMES.contains(&entry.name.as_str()))
        .collect();
    ensure!(
        found.len() >= LEAST,
        "{} of {} photographs are there; `cargo run --release -p edgepix-corpus -- fetch` fetches them",
        found.len(),
        NAMES.len()
    );
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Every photograph wide enough, at `width`.
///
/// # Errors
///
/// If one cannot be read, reduced or prepared for scoring.
pub(crate) fn reduced(
    entries: &[Entry],
    width: u32,
    decoder: &mut Decoder,
    file: &Path,
) -> Result<Vec<Photograph>> {
    entries
        .iter()
        .filter(|entry| entry.width > width)
        .map(|entry| {
            reduce(entry, width, decoder, file).with_context(|| format!("reducing {}", entry.name))
        })
        .collect()
}

fn reduce(entry: &Entry, width: u32, decoder: &mut Decoder, file: &Path) -> Result<Photograph> {
    let request = Request {
        width: Some(width),
        format: Target::Format(OutputFormat::Png),
        ..Request::default()
    };
    let source = fs::read(edgepix_corpus::path(entry))?;
    let mut png = Vec::new();
    let encoded = transform(
        &request,
        &Limits::default(),
        Input::new(&mut &source[..]).with_length(source.len() as u64),
        &mut png,
    )?;
    fs::write(file, &png)?;
    let size = encoded.plan.output;
    Ok(Photograph {
        name: entry.name.clone(),
        width,
        megapixels: f64::from(size.width) * f64::from(size.height) / 1e6,
        png,
        reference: decoder.open(file)?.as_reference()?,
    })
}
