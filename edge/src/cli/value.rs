//! What of the values only the command line takes: words by clap's own parser, so that its
//! help lists them, and files by their names.

use std::{fs, sync::Arc};

use clap::builder::{PossibleValuesParser, TypedValueParser};

pub(super) use crate::value::*;

/// Takes exactly the words of a table.
pub(super) fn one_of<T>(words: Words<T>) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    PossibleValuesParser::new(words.iter().map(|(name, _)| *name))
        .map(move |name| meaning(words, &name).expect("clap lets only the table's words through"))
}

/// A file's bytes.
#[derive(Clone)]
pub(super) struct File(pub(super) Arc<[u8]>);

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// Reads a file, once for all images.
pub(super) fn file(path: &str) -> Result<File, std::io::Error> {
    fs::read(path).map(|bytes| File(bytes.into()))
}
