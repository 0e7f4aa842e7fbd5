//! Broken, lying and oversized files, each built in sight and small enough to keep in
//! memory. None of them may make a program panic, hang or take memory in proportion to
//! what it claims.

mod any;
mod avif;
mod bomb;
mod gif;
mod jpeg;
mod jpeg_metadata;
mod jpeg_scans;
mod png;
mod webp;

/// A file made to do harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hostile {
    /// A file name, unique among them. The extension is what a server would believe.
    pub name: &'static str,
    /// What it lies about or breaks.
    pub reason: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Returns every hostile file, in a fixed order. Takes a fraction of a second: keep the
/// result rather than ask twice.
///
/// Most deserve an error. A few can be decoded, and are here because the straightforward
/// way to do so is expensive or wrong; their reasons say so.
pub fn all() -> Vec<Hostile> {
    [
        any::files(),
        avif::files(),
        jpeg::files(),
        jpeg_scans::files(),
        jpeg_metadata::files(),
        png::files(),
        webp::files(),
        gif::files(),
    ]
    .concat()
}

fn hostile(name: &'static str, reason: &'static str, bytes: impl Into<Vec<u8>>) -> Hostile {
    Hostile {
        name,
        reason,
        bytes: bytes.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::all;

    #[test]
    fn every_name_is_used_once() {
        let files = all();
        let names: HashSet<_> = files.iter().map(|file| file.name).collect();
        assert_eq!(names.len(), files.len());
    }

    #[test]
    fn no_two_files_are_the_same_bytes() {
        let files = all();
        for (n, file) in files.iter().enumerate() {
            let twin = files[..n].iter().find(|other| other.bytes == file.bytes);
            assert!(
                twin.is_none(),
                "{} repeats {:?}",
                file.name,
                twin.map(|twin| twin.name)
            );
        }
    }

    #[test]
    fn every_file_has_a_reason() {
        for file in all() {
            assert!(file.reason.len() > 10, "{}: {:?}", file.name, file.reason);
        }
    }

    #[test]
    fn they_are_the_same_every_time() {
        assert_eq!(all(), all());
    }

    #[test]
    fn none_is_larger_than_two_megabytes() {
        for file in all() {
            assert!(
                file.bytes.len() <= 2_000_000,
                "{} has {} bytes",
                file.name,
                file.bytes.len()
            );
        }
    }
}
