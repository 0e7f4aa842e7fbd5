//! What can go wrong, by who can mend it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a file of the corpus is not there or not right.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The machine would not read or write a file.
    Io {
        /// The file or folder concerned.
        path: PathBuf,
        /// What the system answered.
        error: io::Error,
    },
    /// The manifest is not valid TOML, or lacks a field.
    Toml(Box<toml::de::Error>),
    /// The manifest contradicts itself.
    Manifest {
        /// The entry concerned.
        name: String,
        /// The broken rule.
        rule: &'static str,
    },
    /// A file is not what the manifest says.
    WrongHash {
        /// The entry concerned.
        name: String,
        /// SHA-256 in the manifest.
        expected: String,
        /// SHA-256 of the bytes.
        found: String,
        /// Length of the bytes.
        bytes: usize,
    },
    /// A file cannot be decoded as the format named.
    Unreadable(&'static str),
    /// A package did not come.
    Package {
        /// The package asked for.
        package: String,
        /// What stood in the way.
        problem: PackageProblem,
    },
}

/// What keeps a package from being fetched.
#[derive(Debug)]
#[non_exhaustive]
pub enum PackageProblem {
    /// The package client cannot be started here.
    NoClient(&'static str),
    /// The client ran and failed: no network, or no such package.
    ClientFailed {
        /// The program that failed.
        client: &'static str,
        /// Its exit code, if it was not killed.
        code: Option<i32>,
    },
    /// The package came without a file the manifest wants.
    NoSuchMember(String),
}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Names the file a system error is about.
    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Io {
            path: path.to_path_buf(),
            error,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Toml(error) => write!(f, "manifest.toml: {error}"),
            Self::Manifest { name, rule } => write!(f, "manifest.toml, {name}: {rule}"),
            Self::WrongHash {
                name,
                expected,
                found,
                bytes,
            } => {
                write!(
                    f,
                    "{name}: SHA-256 should be {expected}, is {found} ({bytes} bytes)"
                )
            }
            Self::Unreadable(format) => write!(f, "not a {format} file that can be read"),
            Self::Package { package, problem } => write!(f, "package {package}: {problem}"),
        }
    }
}

impl fmt::Display for PackageProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoClient(client) => write!(f, "{client} is not on this machine"),
            Self::ClientFailed {
                client,
                code: Some(code),
            } => write!(f, "{client} failed with exit code {code}"),
            Self::ClientFailed { client, code: None } => write!(f, "{client} was killed"),
            Self::NoSuchMember(member) => write!(f, "holds no {member}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            Self::Toml(error) => Some(error),
            _ => None,
        }
    }
}
