//! A function in a Region: a request over HTTP in, an answer out. It stands behind API
//! Gateway, as systems B and C have it, or behind a function URL that `CloudFront` asks for
//! what the bucket of derivatives does not have.
//!
//! What the edge leaves to the origin is done here: nobody else has the original, so it is
//! sent from here wherever there is nothing better.

mod refusal;
mod reply;
mod target;

use std::time::Duration;

use edgepix_engine::Token;

pub use refusal::Refusal;
pub use reply::{Body, Reply};
pub use target::Target;

use crate::{
    caching,
    clock::Clock,
    config::{AnswerWith, Config, WhenMalformed},
    dialect::{self, Asked},
    event::http::{Call, Carrier},
    hints,
    invalidation::Invalidate,
    key::Key,
    origin_response, policy,
    record::Record,
    respond::{Answer, Image, Purpose, Question, Validators, respond},
    room::Room,
    status::Reason,
    store::{Facts, Get, Object, Store, StoreError},
};

/// Bytes of an answer that is not streamed, as the text that the function hands over: 6 MB
/// (AWS Lambda Developer Guide, "Lambda quotas"; what the service is seen to take is this).
pub const BUFFERED_BYTES: u64 = 6_291_556;

/// Bytes of it that are kept for headers and what is around them.
const AROUND_BYTES: u64 = 4096;

/// The longest that an answer waits for its path to be invalidated.
const FORGETTING: Duration = Duration::from_secs(1);

/// What a function in a Region answers with.
#[derive(Clone, Copy)]
pub struct Region<'a> {
    /// Where originals are.
    pub originals: &'a dyn Store,
    /// Where derivatives go.
    pub derivatives: &'a dyn Store,
    /// What forgets the answers that `CloudFront` has kept; none: nothing is to be forgotten.
    pub invalidate: Option<&'a dyn Invalidate>,
    /// What the installation has decided.
    pub config: &'a Config,
    /// What time it is.
    pub clock: &'a dyn Clock,
}

/// An answer, and what there is to say of it.
#[derive(Debug)]
pub struct Answered {
    /// What the viewer gets.
    pub reply: Reply,
    /// What the log gets.
    pub record: Record,
}

impl Answered {
    fn new(replied: Result<Reply, Refusal>, mut record: Record) -> Self {
        let reply = replied.unwrap_or_else(|refusal| {
            record.outcome = refusal.outcome();
            Reply::refusal(&refusal)
        });
        Self { reply, record }
    }
}

/// Answers a request. Never fails: what cannot be made is the original, or says why not.
#[must_use]
pub fn answer(call: &Call, region: &Region<'_>, room: &Room) -> Answered {
    let mut record = Record::default();
    let began = region.clock.now();
    let said = [region.config.limits.response_bytes, room.response_bytes];
    let room = Room {
        response_bytes: said.into_iter().flatten().min(),
        ..*room
    };
    let job = Job { call, region, room };
    let mut replied = job.run(&mut record);
    if let Ok(reply) = &mut replied {
        job.expire(reply);
    }
    record.time = region.clock.now().saturating_duration_since(began);
    let mut answered = Answered::new(replied, record);
    if call.method == "HEAD" {
        answered.reply.body = Body::Empty;
    }
    answered
}

/// The answer of last resort, when work on one was given up for `reason`: the way to the
/// original, if there is one.
#[must_use]
pub fn given_up(call: &Call, reason: Reason, config: &Config) -> Answered {
    let mut record = Record {
        reason: Some(reason),
        ..Record::default()
    };
    let way = Target::of(call, config).ok().and_then(|target| {
        let asked = target.asked(config).ok().flatten()?;
        location(&asked.source, call, config)
    });
    let replied = match way {
        Some(way) => Ok(Reply::redirect(302, &way, reason.word(), &mut record)),
        None => Err(Refusal::of(reason, call)),
    };
    Answered::new(replied, record)
}

/// The answer of an installation that is not set up to answer.
#[must_use]
pub fn unconfigured(call: &Call, why: &str) -> Answered {
    let mut record = Record {
        reason: Some(Reason::Config),
        ..Record::default()
    };
    record.note(why);
    Answered::new(Err(Refusal::of(Reason::Config, call)), record)
}

/// The most bytes of a body within a text of `most`, where it is base64.
fn decoded_bytes(most: u64) -> u64 {
    most.saturating_sub(AROUND_BYTES) / 4 * 3
}

/// Where viewers find an object, if that can be told: behind a function URL it is the host
/// that they asked, and behind an API it is another. What must be signed is found nowhere.
fn location(key: &Key, call: &Call, config: &Config) -> Option<String> {
    if !config.signing_keys.is_empty() {
        return None;
    }
    let path = key.to_path();
    match (&config.function.site, call.carrier) {
        (Some(site), _) => Some(format!("{site}{path}")),
        (None, Carrier::FunctionUrl) => Some(path),
        (None, _) => None,
    }
}

/// A request that is answered.
struct Job<'a> {
    call: &'a Call,
    region: &'a Region<'a>,
    room: Room,
}

impl Job<'_> {
    fn run(&self, record: &mut Record) -> Result<Reply, Refusal> {
        let call = self.call;
        if call.method != "GET" && call.method != "HEAD" {
            return Err(Refusal::method(call));
        }
        let config = self.region.config;
        let target = Target::of(call, config).map_err(|why| Refusal::request(&why, call))?;
        let (url, now) = (target.url(), self.region.clock.wall());
        // Before all else, so that nobody learns the rest without a signature.
        policy::check_signature(url, config, now)
            .map_err(|forbidden| Refusal::forbidden(&forbidden.to_string(), call))?;
        let asked = match target.asked(config) {
            Ok(Some(asked)) => self.unless_original(&target.key, asked, record)?,
            Ok(None) => None,
            Err(malformed) => {
                let source = malformed.source.as_ref().unwrap_or(&target.key);
                if config.malformed == WhenMalformed::Refuse {
                    return Err(Refusal::request(&malformed.to_string(), call));
                }
                record.note(&malformed.to_string());
                return self.original(source, Some(Reason::Request), record);
            }
        };
        let Some(asked) = asked else {
            return self.original(&target.key, None, record);
        };
        policy::admit(&asked, url, config, now)
            .map_err(|forbidden| Refusal::forbidden(&forbidden.to_string(), call))?;
        self.derivative(&target, &asked, record)
    }

    /// Sees that nothing is kept for longer than its URL is good for.
    fn expire(&self, reply: &mut Reply) {
        let Region { config, clock, .. } = self.region;
        if let Ok(target) = Target::of(self.call, config)
            && let Some(seconds) = policy::seconds_left(target.url(), config, clock.wall())
        {
            reply.keep_briefly(seconds);
        }
    }

    /// What is asked, unless the name that asks it is an original's: at the edge the bucket has
    /// looked before us, here another has been looked into.
    fn unless_original(
        &self,
        key: &Key,
        asked: Asked,
        record: &mut Record,
    ) -> Result<Option<Asked>, Refusal> {
        let is_other_bucket = self.region.config.derivatives.bucket.is_some();
        if asked.source == *key || !is_other_bucket {
            return Ok(Some(asked));
        }
        match self.region.originals.facts(key, &self.get()) {
            Ok(_) => Ok(None),
            Err(StoreError::Missing | StoreError::Forbidden | StoreError::Unsupported(_)) => {
                Ok(Some(asked))
            }
            // What cannot be told is not guessed: a derivative could take an original's place.
            Err(error) => Err(self.failed(&error, record)),
        }
    }

    /// What there is to say when a store fails.
    fn failed(&self, error: &StoreError, record: &mut Record) -> Refusal {
        record.note(&error.to_string());
        let reason = Reason::from(error);
        record.reason = Some(reason);
        Refusal::of(reason, self.call)
    }

    /// Whether a result is stored under the key that was asked for.
    fn keeps(&self, target: &Target, asked: &Asked) -> bool {
        let config = self.region.config;
        // Of a derivative's own derivative nobody would know whose it is.
        let is_of_original = !matches!(dialect::of_missing(&asked.source, config), Ok(Some(_)));
        target.is_found_again(asked)
            && config.derivatives.keep
            && config.signing_keys.is_empty()
            && is_of_original
    }

    fn derivative(
        &self,
        target: &Target,
        asked: &Asked,
        record: &mut Record,
    ) -> Result<Reply, Refusal> {
        let Region {
            originals,
            derivatives,
            config,
            clock,
            ..
        } = *self.region;
        let mut keeps = self.keeps(target, asked);
        if keeps {
            match derivatives.open(&target.key, &self.get()) {
                // Stored, and yet the viewer is here: whoever sent them has kept the way, and
                // a redirect back would lead in a circle.
                Ok(object) if self.fits(object.facts.bytes) => {
                    return Ok(self.as_it_is(object, record));
                }
                Err(StoreError::Missing | StoreError::Forbidden) => {}
                Ok(_) | Err(_) => keeps = false,
            }
        }
        let redirects = keeps && target.is_by_key && config.function.answer != AnswerWith::Image;
        let accept = self.call.header("accept");
        let question = Question {
            asked,
            accept,
            token: self.token(target),
            if_none_match: self.if_none_match(),
            hints: hints::Said::read(
                |name| self.call.header(name).map(str::to_owned),
                &config.hints,
            ),
            purpose: match keeps {
                true => Purpose::Missing(&target.key),
                false => Purpose::Alone,
            },
            key_says_accept: target.token().is_some(),
            body_bytes: match redirects {
                // It is not answered, but fetched.
                true => None,
                false => self.body_bytes(),
            },
        };
        let (answer, made) = respond(&question, originals, derivatives, config, &self.room, clock);
        *record = made;
        if record.stored && target.is_by_key {
            self.forget(&target.key, record);
        }
        match answer {
            Answer::Image(image) if redirects && record.stored => {
                let bytes = image.body.len();
                drop(image);
                self.moved(&target.key, bytes, record)
            }
            answer => self.reply(answer, asked, record),
        }
    }

    /// What the viewer gets for an answer.
    fn reply(&self, answer: Answer, asked: &Asked, record: &mut Record) -> Result<Reply, Refusal> {
        match answer {
            Answer::Image(image) => self.image(image, asked, record),
            Answer::NotModified(validators) => Ok(Reply::not_modified(&validators, record)),
            Answer::Stored(key) => {
                let way = location(&key, self.call, self.region.config);
                let way = way.ok_or_else(|| Refusal::of(Reason::Size, self.call))?;
                Ok(Reply::redirect(302, &way, Reason::Size.word(), record))
            }
            Answer::Fallback { reason, fallback } if self.fits(fallback.image.len() as u64) => {
                Ok(Reply::fallback(reason, &fallback, record))
            }
            Answer::Fallback { reason, .. } => {
                record.reason = Some(reason);
                Err(Refusal::of(reason, self.call))
            }
            Answer::Forbidden(why) => Err(Refusal::forbidden(&why.to_string(), self.call)),
            Answer::Refused(why) => Err(Refusal::request(&why, self.call)),
            Answer::Original { reason, body } => match body {
                Some((bytes, facts)) if self.fits(bytes.len() as u64) => {
                    Ok(Reply::original(reason, Body::Whole(bytes), &facts, record))
                }
                _ if matches!(reason, Reason::Missing | Reason::Forbidden) => {
                    record.reason = Some(reason);
                    Err(Refusal::of(reason, self.call))
                }
                _ => self.way_to_original(&asked.source, reason, record),
            },
        }
    }

    /// What the client has; a template's answer is a body, and cannot say that nothing has
    /// changed.
    fn if_none_match(&self) -> Option<&str> {
        let is_template = self.call.carrier == Carrier::Template;
        self.call.header("if-none-match").filter(|_| !is_template)
    }

    /// What the cache in front made of the Accept header: said by the key, or beside it.
    fn token(&self, target: &Target) -> Option<Token> {
        target
            .token()
            .or_else(|| origin_response::token(self.call.header(origin_response::TOKEN)?))
    }

    /// An object that is there, with what its store says of it.
    fn as_it_is(&self, object: Object, record: &mut Record) -> Reply {
        let Object { facts, body } = object;
        if caching::is_held(self.if_none_match(), facts.etag.as_deref()) {
            return Reply::not_modified(&unchanged(&facts), record);
        }
        Reply::untouched(Body::Arriving(body, facts.bytes), &facts, record)
    }

    /// The redirect of system C.
    fn moved(&self, key: &Key, bytes: usize, record: &mut Record) -> Result<Reply, Refusal> {
        let config = self.region.config;
        let status = match config.function.answer {
            AnswerWith::Moved => 301,
            AnswerWith::Temporary | AnswerWith::Image => 307,
        };
        let Some(way) = location(key, self.call, config) else {
            record.note("function.site is not set, so there is nowhere to redirect to");
            return Err(Refusal::of(Reason::Config, self.call));
        };
        record.bytes = Some(bytes as u64);
        Ok(Reply::redirect(status, &way, "stored", record))
    }

    fn image(&self, image: Image, asked: &Asked, record: &mut Record) -> Result<Reply, Refusal> {
        if self.fits(image.body.len() as u64) {
            return Ok(Reply::image(image, record));
        }
        // Made to be redirected to, and then not stored.
        drop(image);
        self.way_to_original(&asked.source, Reason::Size, record)
    }

    /// The original in place of what cannot be made of it, from here if it fits.
    fn way_to_original(
        &self,
        source: &Key,
        reason: Reason,
        record: &mut Record,
    ) -> Result<Reply, Refusal> {
        if self.body_bytes().is_none() {
            return self.original(source, Some(reason), record);
        }
        record.reason = Some(reason);
        match location(source, self.call, self.region.config) {
            Some(way) => Ok(Reply::redirect(302, &way, reason.word(), record)),
            None => Err(Refusal::of(reason, self.call)),
        }
    }

    /// An original as it is; `reason` says why, if something else was asked for. Never a
    /// redirect: it would lead back here.
    fn original(
        &self,
        key: &Key,
        reason: Option<Reason>,
        record: &mut Record,
    ) -> Result<Reply, Refusal> {
        // Nobody else has looked whether it may be given.
        policy::admit_original(key, self.region.config)
            .map_err(|forbidden| Refusal::forbidden(&forbidden.to_string(), self.call))?;
        let opened = self.region.originals.open(key, &self.get());
        let object = opened.map_err(|error| self.failed(&error, record))?;
        record.source_bytes = Some(object.facts.bytes);
        if !self.fits(object.facts.bytes) {
            record.reason = Some(Reason::Size);
            record.note(&format!("the original has {} bytes", object.facts.bytes));
            return Err(Refusal::of(Reason::Size, self.call));
        }
        let Some(reason) = reason else {
            return Ok(self.as_it_is(object, record));
        };
        let Object { facts, body } = object;
        let body = Body::Arriving(body, facts.bytes);
        Ok(Reply::original(reason, body, &facts, record))
    }

    /// Whether a body of so many bytes may be answered.
    fn fits(&self, bytes: u64) -> bool {
        self.body_bytes().is_none_or(|most| bytes <= most)
    }

    /// The most bytes of a body; none: it is streamed.
    fn body_bytes(&self) -> Option<u64> {
        self.room.response_bytes.map(decoded_bytes)
    }

    fn get(&self) -> Get {
        Get {
            deadline: self.room.deadline,
            if_match: None,
        }
    }

    /// Has the answer forgotten that led here: `CloudFront` may have kept it.
    fn forget(&self, key: &Key, record: &mut Record) {
        let Some(invalidate) = self.region.invalidate else {
            return;
        };
        // The viewer waits. It is asked for once: each path has its price.
        let soon = self.region.clock.now().checked_add(FORGETTING);
        let deadline = [soon, self.room.deadline].into_iter().flatten().min();
        if let Err(why) = invalidate.invalidate(&[key.to_path()], deadline) {
            record.note(&format!("not invalidated: {why}"));
        }
    }
}

/// What a cache knows an object by that is served as it is.
fn unchanged(facts: &Facts) -> Validators {
    Validators {
        etag: facts.etag.clone(),
        last_modified: facts.last_modified,
        cache_control: facts.cache_control.clone().unwrap_or_default(),
        ..Validators::default()
    }
}
