//! Work that many wait for and that is done once: whoever asks for a key while its work
//! is under way gets the same result. Nobody's leaving ends it.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

/// Work under way, by its keys.
#[derive(Debug)]
pub struct Flights<K, V>(Arc<Mutex<Running<K, V>>>);

/// Where the results will come.
type Running<K, V> = HashMap<K, watch::Receiver<Option<V>>>;

impl<K, V> Default for Flights<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K, V> Flights<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// The result of the work that is under way for `key`, or else of `work`; `None` if
    /// that panicked. Work that begins after this has returned is not the same.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub async fn share<F>(&self, key: K, work: impl FnOnce() -> F) -> Option<V>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut result = self.join(key, work);
        let arrived = result.wait_for(Option::is_some).await.ok()?;
        arrived.clone()
    }

    fn join<F>(&self, key: K, work: impl FnOnce() -> F) -> watch::Receiver<Option<V>>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(result) = running.get(&key) {
            return result.clone();
        }
        let (sender, receiver) = watch::channel(None);
        running.insert(key.clone(), receiver.clone());
        let landing = Landing {
            running: Arc::clone(&self.0),
            key,
        };
        let work = work();
        tokio::spawn(async move {
            let landing = landing;
            let result = work.await;
            // Whoever asks from here on starts anew.
            drop(landing);
            let _ = sender.send(Some(result));
        });
        receiver
    }
}

/// Ends a flight when dropped, by a panic too.
struct Landing<K: Eq + Hash, V> {
    running: Arc<Mutex<Running<K, V>>>,
    key: K,
}

impl<K: Eq + Hash, V> Drop for Landing<K, V> {
    fn drop(&mut self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::{join, join_all};
    use tokio::{runtime, sync::Notify};

    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .build();
        runtime.unwrap().block_on(future)
    }

    #[test]
    fn all_who_ask_meanwhile_share_one_flight() {
        let (flights, made) = (Flights::default(), Arc::new(AtomicUsize::new(0)));
        let go = Arc::new(Notify::new());
        let fly = || {
            let (made, go) = (Arc::clone(&made), Arc::clone(&go));
            || async move {
                go.notified().await;
                made.fetch_add(1, Ordering::SeqCst)
            }
        };
        let results = run(async {
            let all = (0..200).map(|_| flights.share("a", fly()));
            // It waits until all have asked, since they are asked in one go.
            let (results, ()) = join(join_all(all), async { go.notify_one() }).await;
            results
        });
        assert_eq!(results, [Some(0); 200]);
    }

    #[test]
    fn other_keys_and_later_times_are_other_flights() {
        let flights = Flights::default();
        let results = run(async {
            [
                flights.share("a", || async { 1 }).await,
                flights.share("b", || async { 2 }).await,
                flights.share("a", || async { 3 }).await,
            ]
        });
        assert_eq!(results, [Some(1), Some(2), Some(3)]);
    }

    #[test]
    fn a_flight_that_fell_is_told_and_the_next_one_starts() {
        let flights = Flights::default();
        run(async {
            let fallen = flights.share("a", || async { panic!("as the test wants it") });
            assert_eq!(fallen.await, None::<u8>);
            assert_eq!(flights.share("a", || async { 1 }).await, Some(1));
        });
    }

    #[test]
    fn a_flight_goes_on_when_the_first_who_asked_has_left() {
        let flights = Flights::default();
        let go = Arc::new(Notify::new());
        run(async {
            let waiting = Arc::clone(&go);
            // Asked, and left before it is waited for.
            drop(flights.join("a", || async move {
                waiting.notified().await;
                1
            }));
            let second = flights.join("a", || async { 2 });
            go.notify_one();
            let mut second = second;
            let result = second.wait_for(Option::is_some).await.unwrap();
            assert_eq!(*result, Some(1));
        });
    }
}
