//! The one core: what was asked and where objects are go in, what to answer comes out.
//! Shells only translate, so that the local server is the Lambda function.

mod work;

use std::time::{Duration, Instant};

use bytes::Bytes;
use edgepix_engine::{OutputFormat, Token};

use crate::{
    clock::Clock,
    config::{Config, Fallback, Hints, WhenMalformed},
    dialect::Asked,
    hints,
    key::Key,
    policy::Forbidden,
    record::Record,
    room::Room,
    server_timing,
    status::Reason,
    store::{Facts, Get, Put, Store, StoreError},
};
use work::{Ended, Made, Wanted, Work};

/// A question, whatever carried it here.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// What is asked for.
    pub asked: &'a Asked,
    /// The client's Accept header, all its lines joined.
    pub accept: Option<&'a str>,
    /// What the Accept header came to at the cache in front, in place of it.
    pub token: Option<Token>,
    /// What the client says of itself otherwise.
    pub hints: hints::Said,
    /// The client's If-None-Match.
    pub if_none_match: Option<&'a str>,
    /// What the answer is for.
    pub purpose: Purpose<'a>,
    /// Whether the key that was asked for says what the client shows, so that a format that
    /// it chooses may be stored under that key.
    pub key_says_accept: bool,
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
    /// It is all that the viewer gets: nobody else has the original, and nothing is stored.
    Alone,
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
    /// The installation's image, in place of one of which there is no original.
    Fallback {
        /// Why there is none.
        reason: Reason,
        /// The image.
        fallback: Fallback,
    },
    /// A question that makes no sense for this original.
    Refused(String),
    /// One whose result the policy does not allow.
    Forbidden(Forbidden),
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
    /// What Server-Timing says of it, where the installation wants that said.
    pub server_timing: Option<String>,
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
    /// The hints by which another client might have got another image. Default: none.
    pub hints: Hints,
}

/// Answers `question` with what `originals` has; what is to be stored goes to `derivatives`,
/// which is often the same.
///
/// Never fails: an [`Answer::Original`] says why there is nothing better. `room` says
/// what it may use of this machine, `clock` what time it is.
#[must_use]
pub fn respond(
    question: &Question<'_>,
    originals: &dyn Store,
    derivatives: &dyn Store,
    config: &Config,
    room: &Room,
    clock: &dyn Clock,
) -> (Answer, Record) {
    let began = clock.now();
    let room = room.until(config.limits.deadline, began);
    let mut record = Record {
        dialect: Some(question.asked.dialect.name()),
        ..Record::default()
    };
    let work = Work {
        question,
        originals,
        derivatives,
        config,
        times: Times::of(&room, began),
        room: &room,
        clock,
    };
    // What is stored is as good as was asked for; it is answered from there later.
    let most = question.body_bytes.filter(|_| work.keeps_as().is_none());
    let mut answer = match work.run(Wanted::AtMost(most), &mut record) {
        Ended::Made(made) => finish(&work, made, &mut record),
        Ended::NotModified(validators) => Answer::NotModified(validators),
        Ended::Refused(why) if config.malformed == WhenMalformed::Refuse => Answer::Refused(why),
        Ended::Refused(_) => original(&work, Reason::Request, &mut record),
        Ended::Forbidden(why) => Answer::Forbidden(why),
        // What cannot be made small enough may still be made, and fetched from where
        // there is no limit.
        Ended::Not(Reason::Size) => match overflow(&work, &mut record) {
            Some(key) => Answer::Stored(key),
            None => original(&work, Reason::Size, &mut record),
        },
        Ended::There(key) => Answer::Stored(key),
        Ended::Not(reason) => original(&work, reason, &mut record),
    };
    record.time = clock.now().saturating_duration_since(began);
    if let Answer::Image(image) = &mut answer {
        image.server_timing = config.server_timing.then(|| server_timing::of(&record));
    }
    (answer, record)
}

/// The installation's image for what there is no original of, if it has one and `reason` is
/// that there is none.
#[must_use]
pub fn fallback(reason: Reason, config: &Config) -> Option<Answer> {
    let is_gone = matches!(reason, Reason::Missing | Reason::Forbidden);
    let fallback = config.fallback.clone().filter(|_| is_gone)?;
    Some(Answer::Fallback { reason, fallback })
}

/// Serves the original in place of a derivative that cannot be made of it, for `reason`.
#[must_use]
pub fn respond_with_original(
    source: &Key,
    reason: Reason,
    body_bytes: Option<u64>,
    store: &dyn Store,
    room: &Room,
    clock: &dyn Clock,
) -> (Answer, Record) {
    let began = clock.now();
    let mut record = Record::default();
    let most = body_bytes.unwrap_or(u64::MAX).min(room.result_bytes());
    let get = Get {
        deadline: Times::of(room, began).storing,
        if_match: None,
    };
    let body = whole(store, source, &get, most).unwrap_or_else(|error| {
        record.note(&format!("the original could not be read either: {error}"));
        None
    });
    record.time = clock.now().saturating_duration_since(began);
    (Answer::Original { reason, body }, record)
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
        // An object that is there after all is somebody's: S3 says 403 too where it may not
        // tell.
        match put(work, key, &image, true) {
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
    match work.run(Wanted::AtMost(work.question.body_bytes), record) {
        Ended::Made(smaller) => Answer::Image(smaller.image),
        _ if record.stored => Answer::Stored(key.clone()),
        _ => original(work, Reason::Size, record),
    }
}

/// Makes the result without a limit and stores it where the configuration lets what
/// is too large be fetched from, unless it is there already.
fn overflow(work: &Work<'_>, record: &mut Record) -> Option<Key> {
    let prefix = work.config.derivatives.overflow_prefix.as_deref()?;
    let made = match work.run(Wanted::Below(prefix), record) {
        Ended::There(key) => return Some(key),
        Ended::Made(made) if !made.image.degraded => made,
        _ => return None,
    };
    let key = made.overflow?;
    match put(work, &key, &made.image, false) {
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
    only_new: bool,
) -> Result<Option<String>, StoreError> {
    let derivatives = &work.config.derivatives;
    let tags = if derivatives.tag {
        vec![("createByLambda".to_owned(), "1".to_owned())]
    } else {
        Vec::new()
    };
    let put = Put {
        deadline: work.times.storing,
        content_type: image.format.media_type().to_owned(),
        cache_control: Some(derivatives.cache_control.clone()),
        tags,
        only_new,
    };
    work.derivatives.put(key, image.body.clone(), &put)
}

/// The original, with its bytes where nobody else can send them and they fit.
fn original(work: &Work<'_>, reason: Reason, record: &mut Record) -> Answer {
    if let Some(fallback) = fallback(reason, work.config) {
        return fallback;
    }
    let is_elsewhere = work.question.purpose == Purpose::InPlace
        || matches!(reason, Reason::Missing | Reason::Forbidden);
    if is_elsewhere {
        return Answer::Original { reason, body: None };
    }
    let source = &work.question.asked.source;
    let most = work.question.body_bytes;
    let (answer, served) =
        respond_with_original(source, reason, most, work.originals, work.room, work.clock);
    if let Some(detail) = &served.detail {
        record.note(detail);
    }
    answer
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

/// When the parts of an answer must be over, so that there is time for the rest.
#[derive(Clone, Copy, Debug, Default)]
struct Times {
    /// The image must be made, and so its source be read.
    working: Option<Instant>,
    /// It must be stored, or the original read in its place.
    storing: Option<Instant>,
}

/// Time kept for what comes after the image: storing it, or reading the original.
const STORING: Duration = Duration::from_millis(500);

/// Time kept for sending the answer.
const SENDING: Duration = Duration::from_millis(100);

impl Times {
    /// The times of an answer that is begun `now`: of little, only a part is kept.
    fn of(room: &Room, now: Instant) -> Self {
        let Some(deadline) = room.deadline else {
            return Self::default();
        };
        let left = deadline.saturating_duration_since(now);
        let sending = (left / 20).min(SENDING);
        let storing = (left / 10).min(STORING);
        Self {
            working: deadline.checked_sub(sending + storing),
            storing: deadline.checked_sub(sending),
        }
    }
}
