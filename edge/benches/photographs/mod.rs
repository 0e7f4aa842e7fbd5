//! Real photographs of the corpus: `cargo run -p edgepix-corpus` brings them.

#![allow(dead_code, reason = "each benchmark uses its part of it")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file of the corpus by its folder and name.
pub(crate) fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../corpus")
        .join(name)
}

/// Reads a file of the corpus, or says how to get it.
pub(crate) fn read(name: &str) -> Vec<u8> {
    fs::read(file(name)).unwrap_or_else(|error| {
        panic!("corpus/{name}: {error}; see corpus/README.md for how to bring the corpus")
    })
}
