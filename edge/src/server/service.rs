//! What becomes of a request: the cache in front, one flight for all who miss the same,
//! the queue before the machine's memory.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri, header};
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::{
    Log,
    admission::Admission,
    answer::Answer,
    body::{Body, pump},
    event,
    flight::Flights,
    front::{CacheKey, Found, Front},
    metrics::{self, Metrics},
    origin::{Behind, Fetched, Large},
    page::Page,
    records::{Explained, Records},
    viewer,
};
use crate::policy::masked;
use crate::viewer_request::{self, Folding, Viewer, fold};

/// Says where an answer came from, as `CloudFront` does.
const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

/// Everything that requests share.
pub(super) struct Service {
    pub(super) behind: Arc<Behind>,
    /// What becomes of requests before the cache.
    pub(super) folding: Folding,
    pub(super) front: Mutex<Front>,
    pub(super) flights: Flights<Flight, Landed>,
    pub(super) admission: Admission,
    /// For originals that are read while they are sent, and lists.
    pub(super) readers: Arc<Semaphore>,
    pub(super) records: Mutex<Records>,
    pub(super) page: Option<Page>,
    pub(super) metrics: Option<Metrics>,
    pub(super) log: Option<Log>,
}

/// What tells flights apart: the same condition may make another answer.
pub(super) type Flight = (CacheKey, Option<String>);

/// How a flight ended.
#[derive(Clone, Debug)]
pub(super) enum Landed {
    /// With something from behind the cache.
    New(Fetched),
    /// With what another flight had brought meanwhile, this long ago.
    There(Arc<Answer>, Duration),
    /// Nowhere: too many wait.
    Busy,
}

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    Hit(Duration),
    Miss,
    Refresh,
}

impl From {
    fn name(self) -> &'static str {
        match self {
            Self::Hit(_) => "Hit",
            Self::Miss => "Miss",
            Self::Refresh => "RefreshHit",
        }
    }
}

impl Service {
    /// Answers a request, whatever it is.
    pub(super) async fn respond(
        self: Arc<Self>,
        (method, uri, headers): (Method, Uri, HeaderMap),
    ) -> Response<Body> {
        let began = self.behind.clock.now();
        let (response, cache) = self.route(&method, &uri, &headers).await;
        let took = self.behind.clock.now().saturating_duration_since(began);
        if let Some(metrics) = &self.metrics {
            metrics.answered(&method, &response, cache.map(From::name), took);
        }
        self.log(took, (&method, &uri), &response, cache);
        response
    }

    async fn route(
        self: &Arc<Self>,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> (Response<Body>, Option<From>) {
        if method != Method::GET && method != Method::HEAD {
            let mut refusal = Answer::text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD");
            let allowed = HeaderValue::from_static("GET, HEAD");
            refusal.headers.insert(header::ALLOW, allowed);
            return (whole(refusal), None);
        }
        let own = match (uri.path(), &self.page) {
            ("/health", _) => Some(Answer::text(StatusCode::OK, "ok")),
            ("/metrics", _) if self.metrics.is_some() => self.metrics(),
            ("/", Some(page)) => Some(page.answer()),
            ("/.edgepix/originals.json", Some(_)) => Some(self.originals().await),
            ("/.edgepix/explain", Some(_)) => Some(self.explain(uri.query().unwrap_or_default())),
            _ => None,
        };
        if let Some(own) = own {
            return (whole(own), None);
        }
        let key = self.key(uri, headers);
        let (fetched, from) = self.cached(&key, headers).await;
        lock(&self.records).asked(&key, from.name());
        let mut response = match fetched {
            Fetched::Whole(answer) => whole(viewer::view(&answer, headers)),
            Fetched::Large(large) => self.large(&large, method).await,
        };
        let said = response.headers_mut();
        let x_cache = HeaderValue::from_str(&format!("{} from edgepix", from.name()));
        said.extend(x_cache.ok().map(|value| (X_CACHE, value)));
        if let From::Hit(age) = from {
            said.insert(header::AGE, age.as_secs().into());
        }
        (response, Some(from))
    }

    /// What the cache goes by.
    fn key(&self, uri: &Uri, headers: &HeaderMap) -> CacheKey {
        let said = |name| viewer::text(headers, &name);
        let hint = |name| said(HeaderName::from_static(name));
        let accept = said(header::ACCEPT);
        let dpr = hint(viewer_request::SEC_CH_DPR);
        let width = hint(viewer_request::SEC_CH_WIDTH);
        let save_data = hint(viewer_request::SAVE_DATA);
        let viewer = Viewer {
            path: uri.path(),
            query: uri.query().unwrap_or_default(),
            accept: accept.as_deref(),
            dpr: dpr.as_deref(),
            width: width.as_deref(),
            save_data: save_data.as_deref(),
        };
        CacheKey::of(fold(&viewer, &self.folding))
    }

    /// The answer for a key, from the cache or from behind it.
    async fn cached(self: &Arc<Self>, key: &CacheKey, headers: &HeaderMap) -> (Fetched, From) {
        let found = lock(&self.front).find(key, self.behind.clock.now());
        let (old, condition) = match found {
            Found::Fresh(answer, age) => return (Fetched::Whole(answer), From::Hit(age)),
            Found::Stale(old) => {
                let etag = old.header(&header::ETAG).map(str::to_owned);
                (Some(old), etag)
            }
            Found::Nothing => (None, viewer::text(headers, &header::IF_NONE_MATCH)),
        };
        let flight = (key.clone(), condition.clone());
        let landed = self.flights.share(flight, || {
            let (service, key) = (Arc::clone(self), key.clone());
            async move { service.fly(key, condition).await }
        });
        match (landed.await, old) {
            (Some(Landed::There(answer, age)), _) => (Fetched::Whole(answer), From::Hit(age)),
            (Some(Landed::New(Fetched::Whole(new))), Some(old))
                if new.status == StatusCode::NOT_MODIFIED =>
            {
                (Fetched::Whole(old), From::Refresh)
            }
            (Some(Landed::New(new)), _) => (new, From::Miss),
            (Some(Landed::Busy), _) => (Fetched::Whole(Arc::new(busy())), From::Miss),
            (None, _) => {
                let failed = Answer::text(StatusCode::BAD_GATEWAY, "the store failed");
                (Fetched::Whole(Arc::new(failed)), From::Miss)
            }
        }
    }

    /// Goes behind the cache, and keeps what comes from there.
    async fn fly(self: Arc<Self>, key: CacheKey, condition: Option<String>) -> Landed {
        let Some(permit) = self.admission.enter().await else {
            return Landed::Busy;
        };
        // The flight before this one may have landed just after the cache was looked into.
        let found = lock(&self.front).find(&key, self.behind.clock.now());
        if let Found::Fresh(answer, age) = found {
            return Landed::There(answer, age);
        }
        let behind = Arc::clone(&self.behind);
        let (asked, known) = (key.clone(), condition);
        let fetched = spawn_blocking(move || {
            let fetched = behind.fetch(&asked, known.as_deref());
            drop(permit);
            fetched
        });
        let Ok((fetched, record)) = fetched.await else {
            let failed = Answer::text(StatusCode::BAD_GATEWAY, "the store failed");
            return Landed::New(Fetched::Whole(Arc::new(failed)));
        };
        if let Some(metrics) = &self.metrics {
            metrics.made(&record);
        }
        if let (Some(log), Some(detail)) = (&self.log, &record.detail) {
            let (path, detail) = (&key.path, detail.escape_debug());
            log(&format!("    {path}: {detail}"));
        }
        let now = self.behind.clock.now();
        let explained = Explained::new(&key, &record, 200);
        match &fetched {
            Fetched::Whole(answer) if answer.status == StatusCode::NOT_MODIFIED => {
                lock(&self.front).refresh(&key, now);
            }
            Fetched::Whole(answer) => {
                lock(&self.records).put(&key, explained.of(answer));
                lock(&self.front).keep(&key, answer, now);
            }
            Fetched::Large(large) => {
                lock(&self.records).put(&key, explained.of_large(large.bytes()));
            }
        }
        Landed::New(fetched)
    }

    /// An original as it arrives from the store.
    async fn large(self: &Arc<Self>, large: &Arc<Large>, method: &Method) -> Response<Body> {
        let (sender, body) = Body::arriving(large.bytes());
        if method == Method::GET {
            let Ok(reader) = Arc::clone(&self.readers).try_acquire_owned() else {
                return whole(busy());
            };
            let (behind, original) = (Arc::clone(&self.behind), Arc::clone(large));
            let opened = spawn_blocking(move || behind.open(&original)).await;
            let object = match opened {
                Ok(Ok(object)) => object,
                Ok(Err(error)) => {
                    let status = event::status(&Err(error));
                    return whole(Answer::text(status, "the original could not be read"));
                }
                Err(_) => return whole(Answer::text(StatusCode::BAD_GATEWAY, "the store failed")),
            };
            spawn_blocking(move || {
                pump(object.body, &sender);
                drop(reader);
            });
        }
        let mut response = Response::new(body);
        *response.headers_mut() = large.headers.clone();
        let length = large.bytes().into();
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, length);
        response
    }

    /// What Prometheus collects.
    fn metrics(&self) -> Option<Answer> {
        let now = metrics::Now {
            busy: self.admission.busy(),
            cached: lock(&self.front).held(),
        };
        let text = self.metrics.as_ref()?.text(now);
        let mut answer = Answer::text(StatusCode::OK, "");
        let media_type = HeaderValue::from_static(metrics::MEDIA_TYPE);
        answer.headers.insert(header::CONTENT_TYPE, media_type);
        answer.body = text.into();
        Some(answer)
    }

    /// The originals there are, for the page.
    async fn originals(self: &Arc<Self>) -> Answer {
        let Ok(reader) = Arc::clone(&self.readers).try_acquire_owned() else {
            return busy();
        };
        let behind = Arc::clone(&self.behind);
        let listed = spawn_blocking(move || {
            let listed = super::originals::list(&behind);
            drop(reader);
            listed
        });
        match listed.await {
            Ok(Ok(listed)) => json(&listed),
            Ok(Err(error)) => Answer::text(event::status(&Err(error)), "there is no list"),
            Err(_) => Answer::text(StatusCode::BAD_GATEWAY, "the store failed"),
        }
    }

    /// What there is to say of the last answer to `path=`, a path with its query.
    fn explain(&self, query: &str) -> Answer {
        let mut parameters = query.split('&');
        let asked = parameters.find_map(|parameter| parameter.strip_prefix("path="));
        let asked = percent_encoding::percent_decode_str(asked.unwrap_or_default());
        let asked = asked.decode_utf8_lossy();
        let (path, query) = asked.split_once('?').unwrap_or((&asked, ""));
        let viewer = Viewer {
            path,
            query,
            ..Viewer::default()
        };
        let folded = fold(&viewer, &self.folding);
        match lock(&self.records).last(&folded.path, &folded.query) {
            Some(explained) => json(explained),
            None => Answer::text(StatusCode::NOT_FOUND, "nothing is known of it"),
        }
    }

    /// One line for a request: status, cache, time, bytes, and what was asked.
    fn log(
        &self,
        took: Duration,
        (method, uri): (&Method, &Uri),
        response: &Response<Body>,
        cache: Option<From>,
    ) {
        let status = response.status();
        let favicon = uri.path() == "/favicon.ico" && status == StatusCode::NOT_FOUND;
        let Some(log) = self.log.as_ref().filter(|_| !favicon) else {
            return;
        };
        let said = |name| {
            let value = response.headers().get(name);
            value.and_then(|value| value.to_str().ok()).unwrap_or("-")
        };
        let milliseconds = took.as_secs_f64() * 1e3;
        log(&format!(
            "{} {:<10} {milliseconds:>8.1} ms {:>9} B  {method} {}  {}",
            status.as_u16(),
            cache.map_or("-", From::name),
            said("content-length"),
            masked(&uri.to_string()),
            said("x-edgepix"),
        ));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn busy() -> Answer {
    let mut refusal = Answer::text(StatusCode::TOO_MANY_REQUESTS, "too many requests wait");
    let soon = HeaderValue::from_static("1");
    refusal.headers.insert(header::RETRY_AFTER, soon);
    refusal
}

fn json(value: &impl serde::Serialize) -> Answer {
    match serde_json::to_string(value) {
        Ok(text) => {
            let mut answer = Answer::text(StatusCode::OK, text);
            let media_type = HeaderValue::from_static("application/json");
            answer.headers.insert(header::CONTENT_TYPE, media_type);
            answer
        }
        Err(error) => Answer::text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

/// A response of what is held whole.
fn whole(answer: Answer) -> Response<Body> {
    let length = answer.body.len();
    let mut response = Response::new(Body::Whole(Some(answer.body)));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    if answer.status != StatusCode::NOT_MODIFIED {
        let length = length.into();
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, length);
    }
    response
}
