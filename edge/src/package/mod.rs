//! The zips that functions are made of: the same input gives the same bytes, on any
//! machine and at any time, so that a deployment can tell whether anything changed.

mod binary;
mod config;

use std::{
    fmt,
    io::{Cursor, Write},
};

pub use binary::{Architecture, Linkage, Unfit, linkage};
pub use config::{Files, check_config};
use zip::{CompressionMethod, DateTime, System, ZipArchive, ZipWriter, write::SimpleFileOptions};

/// What AWS takes: bytes of a zip that is uploaded, compressed (Lambda quotas,
/// "Deployment package (.zip file archive) size"; the same at the edge).
pub const MOST_BYTES: u64 = 50 << 20;

/// What a package should stay within: it is fetched and unpacked at every cold start.
pub const WISHED_BYTES: u64 = 8 << 20;

/// Where a package is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Lambda@Edge, under the launcher of a language that it offers.
    Edge(Launcher),
    /// Lambda in a Region, on the runtime `provided.al2023` or `provided.al2`, `x86_64`.
    LambdaX86_64,
    /// Lambda in a Region, on the same runtimes, `arm64`.
    LambdaArm64,
}

/// What starts the binary at the edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Launcher {
    /// Python 3.11 or later.
    #[default]
    Python,
    /// Node.js; 22.15 or later in one process.
    Node,
}

impl Target {
    /// The file name of its package.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Edge(_) => "edgepix-edge.zip",
            Self::LambdaX86_64 => "edgepix-lambda-x86_64.zip",
            Self::LambdaArm64 => "edgepix-lambda-arm64.zip",
        }
    }

    /// What its binary is to be built for. There is no arm64 at the edge ("Restrictions on
    /// `Lambda@Edge`").
    #[must_use]
    pub fn architecture(self) -> Architecture {
        match self {
            Self::Edge(_) | Self::LambdaX86_64 => Architecture::X86_64,
            Self::LambdaArm64 => Architecture::Arm64,
        }
    }

    /// The handler that the function is to be given; any will do without a launcher.
    #[must_use]
    pub fn handler(self) -> Option<&'static str> {
        match self {
            Self::Edge(Launcher::Python) => Some("lambda_function.handler"),
            Self::Edge(Launcher::Node) => Some("index.handler"),
            Self::LambdaX86_64 | Self::LambdaArm64 => None,
        }
    }

    /// What the binary is called in it. `provided` runtimes start what is called `bootstrap`.
    fn binary_name(self) -> &'static str {
        match self {
            Self::Edge(_) => "edgepix",
            Self::LambdaX86_64 | Self::LambdaArm64 => "bootstrap",
        }
    }
}

impl Launcher {
    /// Its name in the package, which is half of the handler's, and its text.
    fn file(self) -> (&'static str, &'static str) {
        match self {
            Self::Python => (
                "lambda_function.py",
                include_str!("../../deploy/launcher/lambda_function.py"),
            ),
            Self::Node => ("index.mjs", include_str!("../../deploy/launcher/index.mjs")),
        }
    }
}

/// A package, ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The zip.
    pub bytes: Vec<u8>,
    /// What is in it, in its order.
    pub entries: Vec<Entry>,
}

/// A file of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: u64,
    /// Its bytes in the package.
    pub compressed_bytes: u64,
}

/// Why there is no package.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// AWS would not take it.
    TooLarge {
        /// Bytes it would have.
        needed: u64,
        /// [`MOST_BYTES`].
        allowed: u64,
    },
    /// A file has a name that no zip can hold, or that another file has.
    Zip(zip::result::ZipError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { needed, allowed } => write!(
                f,
                "the package would have {needed} bytes, AWS takes {allowed}"
            ),
            Self::Zip(error) => write!(f, "the package cannot be made: {error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::TooLarge { .. } => None,
            Self::Zip(error) => Some(error),
        }
    }
}

impl From<zip::result::ZipError> for Error {
    fn from(error: zip::result::ZipError) -> Self {
        Self::Zip(error)
    }
}

/// How hard a package is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// In a second or two.
    #[default]
    Usual,
    /// As far as deflate goes: some 4 % smaller, in half a minute.
    Smallest,
}

impl Compression {
    /// The level, as `zip` counts them: from 10 on zopfli compresses.
    const fn level(self) -> i64 {
        match self {
            Self::Usual => 9,
            Self::Smallest => 14,
        }
    }
}

/// Puts `binary`, the launcher that `target` needs, and `files` into a package.
///
/// It holds nothing of this machine or of now. That the binary runs there is for the
/// caller to find out, by [`linkage`].
///
/// # Errors
///
/// [`Error::TooLarge`] above [`MOST_BYTES`]; [`Error::Zip`] if a file's name is taken.
pub fn package(
    target: Target,
    binary: &[u8],
    files: &Files,
    compression: Compression,
) -> Result<Package, Error> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    // What a zip does not say of a file, systems fill in from the time and from theirs.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(compression.level()))
        .last_modified_time(DateTime::default())
        .system(System::Unix);
    let mut add = |name: &str, mode: u32, bytes: &[u8]| {
        zip.start_file(name, options.unix_permissions(mode))?;
        zip.write_all(bytes)?;
        Ok::<(), zip::result::ZipError>(())
    };
    // Lambda unpacks with the modes it finds, and starts nothing without an x.
    add(target.binary_name(), 0o755, binary)?;
    if let Target::Edge(launcher) = target {
        let (name, text) = launcher.file();
        add(name, 0o644, text.as_bytes())?;
    }
    for (name, bytes) in &files.0 {
        add(name, 0o644, bytes)?;
    }
    let bytes = zip.finish()?.into_inner();
    check_size(bytes.len() as u64)?;
    Ok(Package {
        entries: entries(&bytes)?,
        bytes,
    })
}

/// Refuses what AWS would.
fn check_size(needed: u64) -> Result<(), Error> {
    let allowed = MOST_BYTES;
    if needed > allowed {
        return Err(Error::TooLarge { needed, allowed });
    }
    Ok(())
}

/// What a zip says it holds.
fn entries(bytes: &[u8]) -> Result<Vec<Entry>, Error> {
    let mut zip = ZipArchive::new(Cursor::new(bytes))?;
    (0..zip.len())
        .map(|index| {
            let file = zip.by_index_raw(index)?;
            Ok(Entry {
                name: String::from_utf8_lossy(file.name_raw()).into_owned(),
                bytes: file.size(),
                compressed_bytes: file.compressed_size(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn files() -> Files {
        Files(vec![
            ("edgepix.toml".into(), b"quality = 80\n".to_vec()),
            ("logo.png".into(), vec![7; 300]),
        ])
    }

    fn made(target: Target) -> Package {
        package(target, &[1; 5000], &files(), Compression::Usual).expect("nothing is wrong with it")
    }

    fn names(target: Target) -> Vec<String> {
        let entries = made(target).entries.into_iter();
        entries.map(|entry| entry.name).collect()
    }

    #[test]
    fn an_edge_package_holds_binary_launcher_and_files_in_this_order() {
        assert_eq!(
            names(Target::Edge(Launcher::Python)),
            ["edgepix", "lambda_function.py", "edgepix.toml", "logo.png"]
        );
        assert_eq!(
            names(Target::Edge(Launcher::Node)),
            ["edgepix", "index.mjs", "edgepix.toml", "logo.png"]
        );
    }

    #[test]
    fn a_lambda_package_holds_a_bootstrap_and_no_launcher() {
        for target in [Target::LambdaX86_64, Target::LambdaArm64] {
            assert_eq!(names(target), ["bootstrap", "edgepix.toml", "logo.png"]);
        }
    }

    #[test]
    fn only_the_binary_is_executable_and_no_file_has_a_time() {
        let bytes = made(Target::Edge(Launcher::Python)).bytes;
        let mut zip = ZipArchive::new(Cursor::new(bytes)).expect("it is a zip");
        for index in 0..zip.len() {
            let file = zip.by_index(index).expect("it can be read");
            let mode = if index == 0 { 0o100_755 } else { 0o100_644 };
            assert_eq!(file.unix_mode(), Some(mode), "{index}");
            let time = file.last_modified().expect("every file has one");
            assert_eq!((time.year(), time.month(), time.day()), (1980, 1, 1));
            assert_eq!((time.hour(), time.minute(), time.second()), (0, 0, 0));
        }
    }

    #[test]
    fn what_was_put_in_comes_out() {
        let bytes = made(Target::LambdaX86_64).bytes;
        let mut zip = ZipArchive::new(Cursor::new(bytes)).expect("it is a zip");
        let mut text = String::new();
        let mut file = zip.by_name("edgepix.toml").expect("it is there");
        file.read_to_string(&mut text).expect("it is text");
        assert_eq!(text, "quality = 80\n");
    }

    #[test]
    fn the_same_input_gives_the_same_bytes() {
        let target = Target::Edge(Launcher::Python);
        assert_eq!(made(target).bytes, made(target).bytes);
    }

    #[test]
    fn the_smallest_package_holds_the_same_in_no_more_bytes() {
        let target = Target::LambdaArm64;
        let binary: Vec<u8> = (0..50_000_u32)
            .map(|at| (at * at).to_le_bytes()[1])
            .collect();
        let made = |compression| {
            package(target, &binary, &files(), compression).expect("nothing is wrong with it")
        };
        let (usual, smallest) = (made(Compression::Usual), made(Compression::Smallest));
        assert!(smallest.bytes.len() <= usual.bytes.len());
        let mut zip = ZipArchive::new(Cursor::new(smallest.bytes)).expect("it is a zip");
        let mut unpacked = Vec::new();
        let mut file = zip.by_name("bootstrap").expect("it is there");
        file.read_to_end(&mut unpacked).expect("it is whole");
        assert_eq!(unpacked, binary);
    }

    #[test]
    fn a_file_cannot_take_the_binarys_name() {
        let files = Files(vec![("edgepix".into(), Vec::new())]);
        let made = package(
            Target::Edge(Launcher::Python),
            b"",
            &files,
            Compression::Usual,
        );
        assert!(matches!(made, Err(Error::Zip(_))), "{made:?}");
    }

    #[test]
    fn what_aws_would_not_take_is_refused() {
        assert!(check_size(MOST_BYTES).is_ok());
        let refusal = check_size(MOST_BYTES + 1).expect_err("it is one too many");
        assert!(refusal.to_string().contains("52428801"), "{refusal}");
    }
}
