//! The one core: what was asked and where objects are go in, what to answer comes out.
//! Shells only translate, so that the local server is the Lambda function.

mod work;

use std::time::Instant;

use bytes::Bytes;
use edgepix_engine::{OutputFormat, Token};

use crate::{
    clock::Clock,
    config::Config,
    dialect::Asked,
    key::Key,
    record::Record,
    room::Room,
    status::Reason,
    store::{Facts, Get, Put, Store, StoreError},
};
use work::{Ended, Made, Work};

/// A question, whatever carried it here.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// What is asked for.
    pub asked: &'a Asked,
    /// The client's Accept header, all its lines joined.
    pub accept: Option<&'a str>,
    /// What the Accept header came to at the cache in front, in place of it.
    pub token: Option<Token>,
    /// The client's If-None-Match.
    pub if_none_match: Option<&'a str>,
    /// What the answer is for.
    pub purpose: Purpose<'a>,
    /// The most bytes that a body may have. Default: no limit.
    pub body_bytes: Option<u64>,
}

/// What an answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose<'a> {
    /// It stands in for the object that was asked for, which is there.
    InPlace,
    /// It becomes the object of this key, which is not there.
    Missing(&'a Key),
}

/// What to answer.
#[derive(Debug)]
pub enum Answer {
    /// An image that was made.
    Image(Image),
    /// The client has it already.
    NotModified(Validators),
    /// The original, which the caller has or can point to; its bytes where it is for
    /// a missing object and they fit.
    Original {
        /// Why.
        reason: Reason,
        /// The whole original.
        body: Option<(Bytes, Facts)>,
    },
    /// An image that was made and stored, and is too large to be answered.
    Stored(Key),
    /// A question that makes no sense for this original.
    Refused(String),
}

/// An image that was made.
#[derive(Debug)]
pub struct Image {
    /// The whole file.
    pub body: Bytes,
    /// Its format.
    pub format: OutputFormat,
    /// What caches know it by.
    pub validators: Validators,
    /// Whether it is other than it was asked for, by luck or for want of something.
    pub degraded: bool,
}

/// What caches may do with an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// Its ETag, with the quotes.
    pub etag: Option<String>,
    /// The original's time of change, if it holds for the answer.
    pub last_modified: Option<std::time::SystemTime>,
    /// Its Cache-Control.
    pub cache_control: String,
    /// Whether another client might have got another format.
    pub varies: bool,
}

/// Answers `question` with what `store` has.
///
/// Never fails: an [`Answer::Original`] says why there is nothing better. `room` says
/// what it may use of this machine, `clock` what time it is.
#[must_use]
pub fn respond(
    question: &Question<'_>,
    store: &dyn Store,
    config: &Config,
    room: &Room,
    clock: &dyn Clock,
) -> (Answer, Record) {
    let began = clock.now();
    let mut record = Record {
        dialect: Some(question.asked.dialect.name()),
        ..Record::default()
    };
    let work = Work {
        question,
        store,
        config,
        room,
        clock,
    };
    // What is stored is as good as was asked for; it is answered from there later.
    let most = question.body_bytes.filter(|_| work.keeps_as().is_none());
    let answer = match work.run(most, &mut record) {
        Ended::Made(made) => finish(&work, made, &mut record),
        Ended::NotModified(validators) => Answer::NotModified(validators),
        Ended::Refused(why) => Answer::Refused(why),
        // What cannot be made small enough may still be made, and fetched from where
        // there is no limit.
        Ended::Not(Reason::Size) => match overflow(&work, &mut record) {
            Some(key) => Answer::Stored(key),
            None => original(&work, Reason::Size, &mut record),
        },
        Ended::Not(reason) => original(&work, reason, &mut record),
    };
    record.time = clock.now().saturating_duration_since(began);
    (answer, record)
}

/// Stores what is worth it, and sees that what is answered fits.
fn finish(work: &Work<'_>, made: Made, record: &mut Record) -> Answer {
    let fits = |bytes: usize| {
        work.question
            .body_bytes
            .is_none_or(|most| bytes as u64 <= most)
    };
    let Some(key) = work.keeps_as() else {
        return Answer::Image(made.image);
    };
    let mut image = made.image;
    if !image.degraded {
        match put(work, key, &image, &made.cache_control) {
            Ok(etag) => {
                record.stored = true;
                // From now on this is the store's object, and revalidated as such.
                image.validators.etag = etag.or(image.validators.etag);
                image.validators.last_modified = None;
            }
            Err(error) => record.note(&format!("not stored: {error}")),
        }
    }
    if fits(image.body.len()) {
        return Answer::Image(image);
    }
    drop(image);
    // The viewer gets one that fits now, and all of it from the store later.
    match work.run(work.question.body_bytes, record) {
        Ended::Made(smaller) => Answer::Image(smaller.image),
        _ if record.stored => Answer::Stored(key.clone()),
        _ => original(work, Reason::Size, record),
    }
}

/// Makes the result without a limit and stores it where the configuration lets what
/// is too large be fetched from.
fn overflow(work: &Work<'_>, record: &mut Record) -> Option<Key> {
    let prefix = work.config.derivatives.overflow_prefix.as_deref()?;
    let Ended::Made(made) = work.run(None, record) else {
        return None;
    };
    if made.image.degraded {
        return None;
    }
    let canonical = &work.question.asked.canonical;
    let format = made.image.format.extension();
    let original = work.question.asked.source.as_str();
    let name = crate::caching::digest(canonical.as_bytes());
    let key = Key::new(format!("{prefix}{original}/{name}.{format}")).ok()?;
    match put(work, &key, &made.image, &made.cache_control) {
        Ok(_) => {
            record.stored = true;
            Some(key)
        }
        Err(error) => {
            record.note(&format!("not stored: {error}"));
            None
        }
    }
}

/// Stores an image under `key`.
fn put(
    work: &Work<'_>,
    key: &Key,
    image: &Image,
    cache_control: &str,
) -> Result<Option<String>, StoreError> {
    let tags = if work.config.derivatives.tag {
        vec![("createByLambda".to_owned(), "1".to_owned())]
    } else {
        Vec::new()
    };
    let put = Put {
        deadline: work.room.deadline,
        content_type: image.format.media_type().to_owned(),
        cache_control: Some(cache_control.to_owned()),
        tags,
    };
    work.store.put(key, image.body.clone(), &put)
}

/// The original, with its bytes where nobody else can send them and they fit.
fn original(work: &Work<'_>, reason: Reason, record: &mut Record) -> Answer {
    let bare = Answer::Original { reason, body: None };
    if work.question.purpose == Purpose::InPlace
        || matches!(reason, Reason::Missing | Reason::Forbidden)
    {
        return bare;
    }
    let get = Get {
        deadline: work.room.deadline,
        if_match: None,
    };
    let room = work.room.result_bytes();
    let most = work.question.body_bytes.map_or(room, |most| most.min(room));
    match whole(work.store, &work.question.asked.source, &get, most) {
        Ok(Some(found)) => Answer::Original {
            reason,
            body: Some(found),
        },
        Ok(None) => bare,
        Err(error) => {
            record.note(&format!("the original could not be read either: {error}"));
            bare
        }
    }
}

/// The bytes of an object, if there are at most `most`.
fn whole(
    store: &dyn Store,
    key: &Key,
    get: &Get,
    most: u64,
) -> Result<Option<(Bytes, Facts)>, StoreError> {
    let object = store.open(key, get)?;
    if object.facts.bytes > most {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let Ok(size) = usize::try_from(object.facts.bytes) else {
        return Ok(None);
    };
    if bytes.try_reserve_exact(size).is_err() {
        return Ok(None);
    }
    let mut body = std::io::Read::take(object.body, most.saturating_add(1));
    std::io::Read::read_to_end(&mut body, &mut bytes)
        .map_err(|error| StoreError::Failed(error.to_string()))?;
    if bytes.len() as u64 != object.facts.bytes {
        return Err(StoreError::Cut {
            at: bytes.len() as u64,
        });
    }
    Ok(Some((bytes.into(), object.facts)))
}

/// When work on the image must be over, so that there is time to answer in.
fn work_until(deadline: Instant, now: Instant) -> Instant {
    let left = deadline.saturating_duration_since(now);
    deadline - (left / 10).min(ANSWERING)
}

/// Time kept for what comes after the image: storing it, or reading the original in
/// its place, and sending the answer.
const ANSWERING: std::time::Duration = std::time::Duration::from_millis(500);
