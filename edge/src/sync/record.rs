//! What there is to say of one object that was brought in step: facts, for the log.

use std::fmt;

use crate::{event::s3::Unread, store::StoreError};

/// What there is to say of one object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncRecord {
    /// The bucket that the event names.
    pub bucket: String,
    /// The object's key; as the event writes it, if it is none.
    pub key: String,
    /// What the event says happened, such as `ObjectCreated:Put`.
    pub event: String,
    /// Why nothing was done, if nothing was to be.
    pub skipped: Option<Skipped>,
    /// Whether the original was copied to where it is served from.
    pub copied: bool,
    /// Whether it was removed there.
    pub removed: bool,
    /// Derivatives that were removed.
    pub deleted: usize,
    /// Paths that were invalidated.
    pub invalidated: usize,
    /// What was left as it is, and why.
    pub notes: Vec<String>,
    /// What was to be done and was not.
    pub errors: Vec<SyncError>,
}

/// Why nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// The record is not of S3.
    Source,
    /// What happened changes no bytes.
    Event,
    /// It is no key that could be asked for, such as a folder's marker.
    NoKey,
    /// It is a derivative.
    Derivative,
    /// It is in the bucket of derivatives.
    DerivativesBucket,
}

impl Skipped {
    /// One word for it, in logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Event => "event",
            Self::NoKey => "no-key",
            Self::Derivative => "derivative",
            Self::DerivativesBucket => "derivatives-bucket",
        }
    }
}

/// Something that was to be done and was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncError {
    /// What, and why.
    pub text: String,
    /// Whether it may work if the event comes again.
    pub may_pass: bool,
}

impl SyncError {
    /// `what` was not done by a store.
    pub(super) fn of(what: &str, why: &StoreError) -> Self {
        Self {
            text: format!("{what}: {why}"),
            may_pass: !matches!(why, StoreError::Forbidden | StoreError::Unsupported(_)),
        }
    }
}

impl fmt::Display for SyncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for SyncError {}

impl SyncRecord {
    /// Of what cannot be read, which is no better when it comes again.
    pub(super) fn unread(unread: &Unread) -> Self {
        Self {
            event: unread.event_name.clone(),
            errors: vec![SyncError {
                text: format!("the record cannot be read: {}", unread.why),
                may_pass: false,
            }],
            ..Self::default()
        }
    }

    /// Whether something failed that may work if the event comes again: S3 and Lambda have it
    /// come twice more if the invocation fails.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        self.errors.iter().any(|error| error.may_pass)
    }
}

/// One line: what, and what was done.
impl fmt::Display for SyncRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            bucket, key, event, ..
        } = self;
        write!(f, "{event} {bucket}/{}:", key.escape_debug())?;
        if let Some(skipped) = self.skipped {
            return write!(f, " skipped ({})", skipped.word());
        }
        if self.copied {
            f.write_str(" copied,")?;
        }
        if self.removed {
            f.write_str(" removed,")?;
        }
        let Self {
            deleted,
            invalidated,
            ..
        } = self;
        write!(
            f,
            " {deleted} derivatives deleted, {invalidated} paths invalidated"
        )?;
        for note in &self.notes {
            write!(f, "; {note}")?;
        }
        for error in &self.errors {
            write!(f, "; error: {error}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_line() {
        let record = SyncRecord {
            bucket: "photos".into(),
            key: "a\nb.jpg".into(),
            event: "ObjectCreated:Put".into(),
            copied: true,
            deleted: 2,
            invalidated: 3,
            errors: vec![SyncError::of("c is not removed", &StoreError::Busy)],
            ..SyncRecord::default()
        };
        assert_eq!(
            record.to_string(),
            "ObjectCreated:Put photos/a\\nb.jpg: copied, 2 derivatives deleted, 3 paths \
             invalidated; error: c is not removed: the store is too busy"
        );
    }
}
