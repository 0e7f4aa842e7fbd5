//! Lambda@Edge's origin-response: an event in, an answer out. The Lambda function, the
//! local server and `edgepix invoke` all call this.
//!
//! What CloudFront lets such a function do: AWS, Amazon CloudFront Developer Guide,
//! "Restrictions on edge functions" and "Update HTTP responses in origin response
//! triggers". Whatever goes wrong, the origin's own answer is given.

mod translate;

use std::{sync::Arc, time::SystemTime};

use edgepix_engine::Token;

use crate::{
    clock::Clock,
    config::{Config, WhenMalformed},
    dialect,
    event::cloudfront::{Exchange, Headers, Origin, OriginServer, Request, Response},
    hints,
    key::Key,
    policy::{self, Url},
    record::Record,
    respond::{Answer, Purpose, Question, fallback, respond, respond_with_original},
    status::Reason,
    store::Store,
};

pub use crate::room::Room;

/// The most bytes that an answer of Lambda@Edge may have, headers and body (AWS,
/// CloudFront quotas: 1 MB; the error that is seen names 1,048,576).
///
/// Whether a body is counted as base64 or decoded is not documented, and reports
/// contradict one another; counted as base64 it is right either way. Measure on a
/// distribution of your own before you raise it.
pub const RESPONSE_BYTES: u64 = 1_048_576;

/// The header that carries what an Accept header came to: `avif`, `webp` or `none`.
pub const TOKEN: &str = "x-edgepix-accept";

/// Where an event's objects are.
pub trait Stores: Send + Sync {
    /// The store of an origin, as `config` has it.
    ///
    /// # Errors
    ///
    /// What is wrong with it, for the log.
    fn of_origin(&self, origin: &Origin, config: &Config) -> Result<Arc<dyn Store>, String>;
}

/// An answer, and what there is to say of it.
#[derive(Debug)]
pub struct Answered {
    /// What CloudFront gets.
    pub response: Response,
    /// What the log gets.
    pub record: Record,
}

/// Answers an event.
///
/// Never fails: whatever goes wrong, the origin's own answer is given, and the header
/// `x-edgepix` says why.
#[must_use]
pub fn answer(
    exchange: &Exchange,
    room: &Room,
    stores: &dyn Stores,
    config: &Config,
    clock: &dyn Clock,
) -> Answered {
    let Exchange {
        request, response, ..
    } = exchange;
    let Some(Concern { key, missing }) = concern(request, response) else {
        return untouched(response);
    };
    let Some(origin) = &request.origin else {
        return untouched(response);
    };
    let config = match config.with_headers(&server(origin).custom_headers) {
        Ok(config) => config,
        Err(errors) => return passed(response, Reason::Config, errors.to_string()),
    };
    let asked = if missing {
        dialect::of_missing(&key, &config)
    } else {
        dialect::of_present(&key, &request.querystring, &config)
    };
    let url = Url {
        path: &request.uri,
        query: &request.querystring,
    };
    let now = clock.wall();
    let Some(asked) = asked.transpose() else {
        return match missing {
            true => without_original(exchange, &key, room, &config, now),
            false => untouched(response),
        };
    };
    let admitted = match &asked {
        Ok(asked) => policy::admit(asked, url, &config, now),
        // Who has no signature is not taught the grammar.
        Err(_) => policy::check_signature(url, &config, now),
    };
    if let Err(why) = admitted {
        let mut record = Record::default();
        let response = translate::forbidden(response, &why, &mut record);
        return Answered { response, record };
    }
    if let Err(malformed) = &asked
        && config.malformed == WhenMalformed::Refuse
    {
        return refused(response, &malformed.to_string());
    }
    let store = match stores.of_origin(origin, &config) {
        Ok(store) => store,
        Err(why) => return passed(response, Reason::Store, why),
    };
    let response_bytes = config.limits.response_bytes.or(room.response_bytes);
    let body_bytes = response_bytes.map(|most| translate::body_bytes(most, &response.headers));
    let asked = match asked {
        Ok(asked) => asked,
        Err(malformed) => {
            let why = malformed.to_string();
            let Some(source) = malformed.source.filter(|_| missing) else {
                return passed(response, Reason::Request, why);
            };
            let store = store.as_ref();
            let (answer, mut record) =
                respond_with_original(&source, Reason::Request, body_bytes, store, room, clock);
            record.note(&why);
            let response =
                translate::to_response(answer, response, &source, response_bytes, &mut record);
            return Answered { response, record };
        }
    };
    let accept = request.headers.joined("accept");
    let if_none_match = request.headers.joined("if-none-match");
    let question = Question {
        asked: &asked,
        accept: accept.as_deref(),
        token: request.headers.get(TOKEN).and_then(token),
        hints: hints::Said::read(|name| request.headers.joined(name), &config.hints),
        if_none_match: if_none_match.as_deref(),
        purpose: if missing {
            Purpose::Missing(&key)
        } else {
            Purpose::InPlace
        },
        key_says_accept: false,
        body_bytes,
    };
    // At the edge the origin's bucket must have what is stored.
    let store = store.as_ref();
    let (answer, mut record) = respond(&question, store, store, &config, room, clock);
    let source = &asked.source;
    let mut response =
        translate::to_response(answer, response, source, response_bytes, &mut record);
    if let (Some(seconds), false) = (config.caching.failure_seconds, missing)
        && record.reason.is_some_and(Reason::passes)
    {
        translate::keep_briefly(&mut response, seconds);
    }
    if let Some(seconds) = policy::seconds_left(url, &config, now) {
        translate::keep_briefly(&mut response, seconds);
    }
    Answered { response, record }
}

/// The answer where an object is not there and its name is no derivative's: the origin's, or
/// the fallback where the query asks for an image of it.
fn without_original(
    exchange: &Exchange,
    key: &Key,
    room: &Room,
    config: &Config,
    now: SystemTime,
) -> Answered {
    let Exchange {
        request, response, ..
    } = exchange;
    let reason = match response.status.as_str() {
        "403" => Reason::Forbidden,
        _ => Reason::Missing,
    };
    let url = Url {
        path: &request.uri,
        query: &request.querystring,
    };
    let asks = || {
        if policy::check_signature(url, config, now).is_err() {
            return false;
        }
        let asked = dialect::of_present(key, &request.querystring, config);
        has_image_extension(key).unwrap_or(true) && asked.is_ok_and(|asked| asked.is_some())
    };
    let Some(answer) = fallback(reason, config).filter(|_| asks()) else {
        return untouched(response);
    };
    let mut record = Record::default();
    let most = config.limits.response_bytes.or(room.response_bytes);
    let response = translate::to_response(answer, response, key, most, &mut record);
    Answered { response, record }
}

/// The answer of last resort, when work on one was given up for `reason`: the origin's own,
/// or for a derivative that is missing the way to its original.
#[must_use]
pub fn given_up(exchange: &Exchange, reason: Reason, config: &Config) -> Answered {
    let response = &exchange.response;
    let derivative = concern(&exchange.request, response)
        .filter(|concern| concern.missing)
        .and_then(|concern| dialect::of_missing(&concern.key, config).ok().flatten());
    match derivative {
        Some(asked) => {
            let mut record = Record::default();
            let answer = Answer::Original { reason, body: None };
            let source = &asked.source;
            let response = translate::to_response(answer, response, source, None, &mut record);
            Answered { response, record }
        }
        None => passed(response, reason, String::new()),
    }
}

/// The answer of an installation whose configuration cannot be read: the origin's own.
#[must_use]
pub fn unconfigured(exchange: &Exchange, why: &str) -> Answered {
    passed(&exchange.response, Reason::Config, why.to_owned())
}

/// What an event is about, if it is any of our concern.
struct Concern {
    /// The object that was asked for.
    key: Key,
    /// Whether it is not there; S3 says 403 to who may not list the bucket.
    missing: bool,
}

/// Only whole objects, and missing ones, of GET: 206 is a part, 304 has no body, and
/// HEAD wants none.
fn concern(request: &Request, response: &Response) -> Option<Concern> {
    let missing = match (request.method.as_str(), response.status.as_str()) {
        ("GET", "200") => false,
        ("GET", "403" | "404") => true,
        _ => return None,
    };
    let key = Key::from_path(&request.uri).ok()?;
    (missing || may_be_image(&key, &response.headers)).then_some(Concern { key, missing })
}

/// Whether an object may be an image: by its type, unless it has the type of anything, or
/// by its name. Pages have queries of their own.
fn may_be_image(key: &Key, headers: &Headers) -> bool {
    let Some(media_type) = headers.get("content-type") else {
        return true;
    };
    let media_type = media_type.trim().to_ascii_lowercase();
    media_type.is_empty()
        || media_type.starts_with("image/")
        || media_type.ends_with("/octet-stream")
        || has_image_extension(key).unwrap_or(false)
}

/// Whether a name's extension is an image's; none if it has no extension.
fn has_image_extension(key: &Key) -> Option<bool> {
    const IMAGES: [&str; 6] = ["jpg", "jpeg", "png", "webp", "avif", "gif"];
    let (_, name) = key.as_str().rsplit_once('/').unwrap_or(("", key.as_str()));
    let (_, extension) = name.rsplit_once('.')?;
    Some(
        IMAGES
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known)),
    )
}

/// The server behind an origin, whichever kind it is.
fn server(origin: &Origin) -> &OriginServer {
    match origin {
        Origin::S3(server) | Origin::Custom(server) => server,
    }
}

/// What the cache in front made of the Accept header, as [`TOKEN`] says it.
pub(crate) fn token(said: &str) -> Option<Token> {
    [Token::Avif, Token::Webp, Token::None]
        .into_iter()
        .find(|token| said.trim().eq_ignore_ascii_case(token.name()))
}

/// The origin's answer, to the letter.
fn untouched(response: &Response) -> Answered {
    Answered {
        response: response.clone(),
        record: Record {
            outcome: "untouched".into(),
            ..Record::default()
        },
    }
}

/// The origin's answer, and why.
fn passed(response: &Response, reason: Reason, detail: String) -> Answered {
    let mut record = Record::default();
    if !detail.is_empty() {
        record.note(&detail);
    }
    Answered {
        response: translate::passed(response, reason, &mut record),
        record,
    }
}

/// Status 400, and why.
fn refused(response: &Response, why: &str) -> Answered {
    let mut record = Record::default();
    Answered {
        response: translate::refused(response, why, &mut record),
        record,
    }
}
