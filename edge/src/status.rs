//! Why a request did not get the image it asked for: one match from every error to
//! what the viewer's headers and the log may say of it.

use edgepix_engine::{Error, Resource};

use crate::store::StoreError;

/// Why the original, or nothing, is served in place of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is no original either.
    Missing,
    /// The store does not show us the original.
    Forbidden,
    /// The store is asked too much.
    Busy,
    /// The original broke off on its way, at every try.
    Cut,
    /// The original was replaced while it was read.
    Changed,
    /// The store took longer than there was time.
    StoreTimeout,
    /// The store fails, or there is none for this origin.
    Store,
    /// The original is not an image, or of a kind that is not decoded.
    Unsupported,
    /// The original is broken.
    Broken,
    /// The original needs more memory than there is.
    Memory,
    /// The original has more pixels than are allowed.
    Pixels,
    /// It would take, or took, longer than there is time.
    Time,
    /// The result has more bytes than an answer may have.
    Size,
    /// The result would have more bytes than the original, and shows nothing more.
    WouldGrow,
    /// The URL says to leave alone what would be larger than the original.
    Larger,
    /// What was asked for is the original.
    Kept,
    /// The URL asks for what this original does not have.
    Request,
    /// The event cannot be read.
    Event,
    /// The configuration cannot be read.
    Config,
    /// A fault of this program.
    Internal,
    /// A fault of this program that ended its work.
    Panic,
}

impl Reason {
    /// Its word in the header `x-edgepix` and in logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Forbidden => "forbidden",
            Self::Busy => "busy",
            Self::Cut => "cut",
            Self::Changed => "changed",
            Self::StoreTimeout => "store-timeout",
            Self::Store => "store",
            Self::Unsupported => "unsupported",
            Self::Broken => "broken",
            Self::Memory => "memory",
            Self::Pixels => "pixels",
            Self::Time => "time",
            Self::Size => "size",
            Self::WouldGrow => "would-grow",
            Self::Larger => "larger",
            Self::Kept => "kept",
            Self::Request => "request",
            Self::Event => "event",
            Self::Config => "config",
            Self::Internal => "internal",
            Self::Panic => "panic",
        }
    }

    /// Whether the next try may well succeed, so that what is served now should not
    /// be kept.
    #[must_use]
    pub const fn passes(self) -> bool {
        matches!(
            self,
            Self::Busy
                | Self::Cut
                | Self::Changed
                | Self::StoreTimeout
                | Self::Store
                | Self::Time
                | Self::Config
                | Self::Internal
                | Self::Panic
        )
    }
}

impl From<&StoreError> for Reason {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Missing => Self::Missing,
            StoreError::Forbidden => Self::Forbidden,
            StoreError::Busy => Self::Busy,
            StoreError::Cut { .. } => Self::Cut,
            StoreError::Changed => Self::Changed,
            StoreError::TimedOut => Self::StoreTimeout,
            StoreError::Unsupported(_) | StoreError::Failed(_) => Self::Store,
        }
    }
}

impl From<&Error> for Reason {
    fn from(error: &Error) -> Self {
        match error {
            Error::Malformed { .. } => Self::Broken,
            Error::Unsupported(_) => Self::Unsupported,
            Error::Request { .. } => Self::Request,
            Error::TooLarge { resource, .. } => match resource {
                Resource::Memory => Self::Memory,
                Resource::OutputBytes => Self::Size,
                Resource::Milliseconds => Self::Time,
                Resource::OutputSide => Self::Request,
                _ => Self::Pixels,
            },
            Error::TimedOut { .. } => Self::Time,
            // The store's own word for it, where it is the store that failed.
            Error::Read(error) => error
                .get_ref()
                .and_then(|inner| inner.downcast_ref::<StoreError>())
                .map_or(Self::Cut, Self::from),
            // Results are written to memory, of which they may take so much.
            Error::Write(_) => Self::Size,
            _ => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn what_stopped_the_store_is_said_even_through_the_decoder() {
        let error = Error::Read(io::Error::other(StoreError::Changed));
        assert_eq!(Reason::from(&error), Reason::Changed);
    }

    #[test]
    fn what_luck_decided_is_not_to_be_kept() {
        assert!(Reason::Time.passes());
        assert!(!Reason::Unsupported.passes());
    }
}
