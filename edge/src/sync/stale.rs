//! Which derivatives of an original are stale: older than the original is what it is.

use std::time::{Duration, Instant, SystemTime};

use crate::{
    config::Config,
    dialect::Dialect,
    key::Key,
    store::{Listing, Store, StoreError},
};

use super::{SyncError, SyncRecord, look, names};

/// How much younger than its original a derivative may be and still be of the one before: it
/// may have been under way while that was replaced. Too long costs a transform, too short
/// leaves a wrong image.
const UNDER_WAY: Duration = Duration::from_secs(60);

/// What our own have, where `derivatives.tag` is on.
const TAG: (&str, &str) = ("createByLambda", "1");

/// What else is where derivatives are: a name says nothing of whose an object is.
pub(super) enum Beside<'a> {
    /// Nothing: the bucket is ours alone.
    Nothing,
    /// Originals, which only lack our tag.
    Originals,
    /// Copies of the originals that this store has.
    Copies(&'a dyn Store),
}

/// A search for the stale derivatives of one original.
pub(super) struct Search<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) config: &'a Config,
    pub(super) key: &'a Key,
    /// Since when it is what it is; none: since now.
    pub(super) since: Option<SystemTime>,
    pub(super) beside: Beside<'a>,
    pub(super) deadline: Option<Instant>,
    pub(super) done: &'a mut SyncRecord,
}

impl Search<'_> {
    /// The stale ones that are there. What cannot be told is noted, and does not hide the rest.
    pub(super) fn stale(&mut self) -> Vec<Key> {
        let mut stale = Vec::new();
        if names::takes_parameters(self.key, self.config) {
            self.beginning("@", &mut stale);
        }
        if names::folds(self.config) {
            self.beginning("/~", &mut stale);
        }
        if self.config.dialects.contains(&Dialect::Path) {
            let boxes = self.boxes();
            stale.extend(self.stale_of(boxes));
        }
        stale.extend(self.stale_of(names::variants(self.key, self.config)));
        self.ours(stale)
    }

    /// Those of `names` that are there and stale. What stops one of the looks would stop the
    /// others, and is said once.
    fn stale_of(&mut self, names: Vec<Key>) -> Vec<Key> {
        let mut stale = Vec::new();
        for named in names {
            match look(self.store, &named, self.deadline) {
                Ok(Some(facts)) if self.is_stale(facts.last_modified) => stale.push(named),
                Ok(_) => {}
                Err(why) => {
                    self.done.errors.push(why);
                    break;
                }
            }
        }
        stale
    }

    /// Adds those whose names are the original's and then `mark` and whatever.
    fn beginning(&mut self, mark: &str, stale: &mut Vec<Key>) {
        let text = format!("{}{mark}", self.key);
        let listing = self.store.beginning(&text, self.deadline);
        for listed in self.found(listing, &text) {
            if names::is_of(&listed.key, self.key, self.config)
                && self.is_stale(Some(listed.last_modified))
            {
                stale.push(listed.key);
            }
        }
    }

    /// The names that boxes of the original may have: those that are allowed, or else those
    /// for which there is a folder.
    fn boxes(&mut self) -> Vec<Key> {
        let allowed = &self.config.policy.dimensions;
        if !allowed.is_empty() {
            return names::boxes(self.key, allowed, self.config);
        }
        let mut boxes = Vec::new();
        for (before, after) in names::places(self.key) {
            let listing = self.store.folders(before, '0'..='9', self.deadline);
            for folder in self.found(listing, before) {
                let named = Key::new(format!("{folder}/{after}")).ok();
                boxes.extend(named.filter(|named| names::is_of(named, self.key, self.config)));
            }
        }
        boxes
    }

    /// What a listing found, having said what is wrong with it.
    fn found<T>(&mut self, listing: Result<Listing<T>, StoreError>, of: &str) -> Vec<T> {
        match listing {
            Ok(listing) => {
                if listing.is_cut {
                    let most = crate::store::MOST_LISTED;
                    let note = format!("only {most} names after {of:?} are looked at");
                    self.done.notes.push(note);
                }
                listing.found
            }
            Err(why) => {
                let what = format!("names after {of:?} cannot be listed");
                self.done.errors.push(SyncError::of(&what, &why));
                vec![]
            }
        }
    }

    fn is_stale(&self, made: Option<SystemTime>) -> bool {
        match (self.since, made) {
            (Some(since), Some(made)) => since
                .checked_add(UNDER_WAY)
                .is_none_or(|until| made <= until),
            _ => true,
        }
    }

    /// Those of `stale` that are derivatives and not originals of that name:
    /// `icons/64x64/app.jpg` and `photo-md.jpg` may well be someone's own. What cannot be told
    /// is left. What stops one of the looks would stop the others, and is said once.
    fn ours(&mut self, stale: Vec<Key>) -> Vec<Key> {
        if matches!(self.beside, Beside::Nothing) {
            return stale;
        }
        let (mut ours, mut left) = (Vec::new(), Vec::new());
        for named in stale {
            match self.is_ours(&named) {
                Ok(true) => ours.push(named),
                Ok(false) => left.push(named),
                Err(why) => {
                    self.done.errors.push(why);
                    break;
                }
            }
        }
        if let [first, others @ ..] = &left[..] {
            let why = match self.beside {
                Beside::Copies(_) => "the originals have that name",
                _ if self.config.derivatives.tag => "it is not tagged as a derivative",
                _ => "derivatives.tag is off, and originals are beside it",
            };
            let more = match others.len() {
                0 => String::new(),
                more => format!("; so are {more} more"),
            };
            self.done
                .notes
                .push(format!("{first} is left: {why}{more}"));
        }
        ours
    }

    /// Whether `named` is a derivative, as far as it can be told.
    fn is_ours(&self, named: &Key) -> Result<bool, SyncError> {
        match self.beside {
            Beside::Nothing => Ok(true),
            Beside::Copies(originals) => Ok(look(originals, named, self.deadline)?.is_none()),
            Beside::Originals if !self.config.derivatives.tag => Ok(false),
            Beside::Originals => match self.store.is_tagged(named, TAG, self.deadline) {
                Ok(is_tagged) => Ok(is_tagged),
                Err(StoreError::Missing | StoreError::Unsupported(_)) => Ok(false),
                Err(why) => {
                    let what = format!("the tags of {named} cannot be told");
                    Err(SyncError::of(&what, &why))
                }
            },
        }
    }
}
