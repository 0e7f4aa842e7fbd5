//! The images edgepix is tested and measured with.
//!
//! Pictures come from [`synth`], files from [`write`](mod@write), broken files from
//! [`hostile`]. What is too large to make on the spot, or must be a real photograph, is
//! listed in the [`manifest`] and lies in [`folder()`] once the `edgepix-corpus` program has
//! brought or made it.
//!
//! ```
//! use edgepix_corpus::{synth, write};
//!
//! let sign = synth::arrow(64, 48);
//! let file = write::jpeg(&sign, &write::JpegOptions { quality: 90, ..Default::default() });
//! let turned = write::with_exif_orientation(&file, 6);
//! assert!(turned.len() > file.len());
//! ```

mod decode;
mod error;
pub mod fetch;
mod folder;
pub mod hostile;
pub mod make;
pub mod manifest;
pub mod synth;
pub mod write;

pub use decode::header;
pub use error::{Error, PackageProblem, Result};
pub use folder::{available, folder, path, sha256};
