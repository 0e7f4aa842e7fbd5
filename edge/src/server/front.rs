//! A `CloudFront` in memory: what it keys, keeps, and gives up. Time is given to it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use edgepix_engine::Token;
use http::header;

use super::{answer::Answer, freshness::fresh_for};
use crate::viewer_request::{Folded, Hints};

/// What tells cached answers apart, as the distribution's cache policy has it, of a request
/// that the Function has folded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CacheKey {
    /// The path, percent-encoded as it was sent.
    pub path: String,
    /// The query string, without its question mark.
    pub query: String,
    /// `avif`, `webp` or `none`.
    pub token: &'static str,
    /// What the client's hints came to.
    pub hints: Hints,
}

impl CacheKey {
    /// The key of a request.
    #[must_use]
    pub fn of(folded: Folded) -> Self {
        Self {
            path: folded.path,
            query: folded.query,
            token: folded.token.map_or("none", Token::name),
            hints: folded.hints,
        }
    }

    fn weight(&self) -> usize {
        self.path.len() + self.query.len()
    }
}

/// What the cache knows of a key.
#[derive(Clone, Debug)]
pub enum Found {
    /// An answer that is good for this long already.
    Fresh(Arc<Answer>, Duration),
    /// An answer that was good once: its `ETag` may show that it still is.
    Stale(Arc<Answer>),
    /// Nothing.
    Nothing,
}

/// Answers by their keys, those that were least recently used given up first.
#[derive(Debug)]
pub struct Front {
    entries: HashMap<CacheKey, Entry>,
    /// Keys in the order in which they were used.
    order: BTreeMap<u64, CacheKey>,
    uses: u64,
    bytes: usize,
    /// The most that `bytes` may be: **strict**.
    most_bytes: usize,
}

#[derive(Debug)]
struct Entry {
    answer: Arc<Answer>,
    /// When it came from the origin, or was last found to be as there.
    since: Instant,
    fresh_for: Duration,
    used: u64,
    weight: usize,
}

impl Front {
    /// An empty cache that keeps at most this many bytes.
    #[must_use]
    pub fn new(most_bytes: usize) -> Self {
        Self {
            entries: HashMap::new(),
            order: BTreeMap::new(),
            uses: 0,
            bytes: 0,
            most_bytes,
        }
    }

    /// What is known of `key` at this moment.
    pub fn find(&mut self, key: &CacheKey, now: Instant) -> Found {
        let Some(entry) = self.entries.get_mut(key) else {
            return Found::Nothing;
        };
        self.uses += 1;
        self.order.remove(&entry.used);
        entry.used = self.uses;
        self.order.insert(self.uses, key.clone());
        let age = now.saturating_duration_since(entry.since);
        let answer = Arc::clone(&entry.answer);
        if age < entry.fresh_for {
            Found::Fresh(answer, age)
        } else if answer.headers.contains_key(header::ETAG) {
            Found::Stale(answer)
        } else {
            Found::Nothing
        }
    }

    /// Keeps an answer that came now, if it may be kept and has room; else what was there
    /// goes too, since it is no longer what the origin says.
    pub fn keep(&mut self, key: &CacheKey, answer: &Arc<Answer>, now: Instant) {
        self.forget(key);
        let weight = answer.weight() + key.weight();
        let Some(fresh_for) = fresh_for(answer).filter(|_| weight <= self.most_bytes) else {
            return;
        };
        while self.bytes + weight > self.most_bytes {
            let Some((_, oldest)) = self.order.pop_first() else {
                break;
            };
            self.forget(&oldest);
        }
        self.uses += 1;
        self.bytes += weight;
        self.order.insert(self.uses, key.clone());
        let entry = Entry {
            answer: Arc::clone(answer),
            since: now,
            fresh_for,
            used: self.uses,
            weight,
        };
        self.entries.insert(key.clone(), entry);
    }

    /// Takes a stale answer for as good as new: the origin has said so now.
    pub fn refresh(&mut self, key: &CacheKey, now: Instant) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.since = now;
        }
    }

    /// How many answers are kept, and their bytes.
    #[must_use]
    pub fn held(&self) -> (usize, usize) {
        (self.entries.len(), self.bytes)
    }

    fn forget(&mut self, key: &CacheKey) {
        if let Some(entry) = self.entries.remove(key) {
            self.order.remove(&entry.used);
            self.bytes -= entry.weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, StatusCode};

    use super::*;

    fn answer(bytes: usize, cache_control: &'static str) -> Arc<Answer> {
        let mut answer = Answer::text(StatusCode::OK, "x".repeat(bytes));
        let value = HeaderValue::from_static(cache_control);
        answer.headers.insert(header::CACHE_CONTROL, value);
        let etag = HeaderValue::from_static("\"a\"");
        answer.headers.insert(header::ETAG, etag);
        Arc::new(answer)
    }

    fn key(path: &str) -> CacheKey {
        CacheKey {
            path: path.into(),
            query: String::new(),
            token: "none",
            hints: Hints::default(),
        }
    }

    fn after(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn path_query_token_and_hints_tell_answers_apart() {
        let one = key("/a");
        for other in [
            key("/A"),
            key("/%61"),
            CacheKey {
                query: "w=1".into(),
                ..key("/a")
            },
            CacheKey {
                token: "avif",
                ..key("/a")
            },
            CacheKey {
                hints: Hints {
                    dpr: Some("2"),
                    ..Hints::default()
                },
                ..key("/a")
            },
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn an_answer_is_fresh_until_its_time_is_over_and_then_stale() {
        let (mut front, now) = (Front::new(1 << 20), Instant::now());
        front.keep(&key("/a"), &answer(1, "max-age=60"), now);
        let found = front.find(&key("/a"), now + after(59));
        assert!(matches!(found, Found::Fresh(_, age) if age == after(59)));
        let found = front.find(&key("/a"), now + after(60));
        assert!(matches!(found, Found::Stale(_)));
        assert!(matches!(front.find(&key("/b"), now), Found::Nothing));
    }

    #[test]
    fn a_refreshed_answer_begins_anew() {
        let (mut front, now) = (Front::new(1 << 20), Instant::now());
        front.keep(&key("/a"), &answer(1, "max-age=60"), now);
        front.refresh(&key("/a"), now + after(100));
        let found = front.find(&key("/a"), now + after(130));
        assert!(matches!(found, Found::Fresh(_, age) if age == after(30)));
    }

    #[test]
    fn a_stale_answer_without_an_etag_is_of_no_use() {
        let (mut front, now) = (Front::new(1 << 20), Instant::now());
        let mut bare = Answer::clone(&answer(1, "max-age=60"));
        bare.headers.remove(header::ETAG);
        front.keep(&key("/a"), &Arc::new(bare), now);
        assert!(matches!(
            front.find(&key("/a"), now + after(60)),
            Found::Nothing
        ));
    }

    #[test]
    fn an_answer_that_may_not_be_kept_takes_the_old_one_with_it() {
        let (mut front, now) = (Front::new(1 << 20), Instant::now());
        front.keep(&key("/a"), &answer(1, "max-age=60"), now);
        front.keep(&key("/a"), &answer(1, "no-store"), now);
        assert!(matches!(front.find(&key("/a"), now), Found::Nothing));
        assert_eq!(front.bytes, 0);
    }

    #[test]
    fn what_was_least_recently_used_goes_first() {
        let (one, now) = (answer(1000, "max-age=60"), Instant::now());
        let room_for_two = 2 * (one.weight() + key("/a").weight());
        let mut front = Front::new(room_for_two);
        front.keep(&key("/a"), &one, now);
        front.keep(&key("/b"), &one, now);
        front.find(&key("/a"), now);
        front.keep(&key("/c"), &one, now);
        let there =
            |front: &mut Front, path| !matches!(front.find(&key(path), now), Found::Nothing);
        assert!(there(&mut front, "/a"));
        assert!(!there(&mut front, "/b"));
        assert!(there(&mut front, "/c"));
        assert_eq!(front.bytes, room_for_two);
    }

    #[test]
    fn an_answer_larger_than_the_cache_is_not_kept_and_nothing_goes_for_it() {
        let (mut front, now) = (Front::new(4096), Instant::now());
        front.keep(&key("/a"), &answer(1, "max-age=60"), now);
        front.keep(&key("/b"), &answer(5000, "max-age=60"), now);
        assert!(matches!(front.find(&key("/a"), now), Found::Fresh(..)));
        assert!(matches!(front.find(&key("/b"), now), Found::Nothing));
    }
}
