//! How much is done at once: so many images as there is memory for, so many that wait,
//! and no more.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The way in to the machine's memory. **Strict**: no more than `workers` are inside, and
/// no more than `waiting` before them.
#[derive(Debug)]
pub struct Admission {
    inside: Arc<Semaphore>,
    /// For those inside and those who wait together.
    lobby: Arc<Semaphore>,
    workers: usize,
    waiting: usize,
}

/// Leave to work, until it is dropped.
#[derive(Debug)]
pub struct Permit {
    _inside: OwnedSemaphorePermit,
    _lobby: OwnedSemaphorePermit,
}

impl Admission {
    /// Lets in `workers` at once, at least one, and `waiting` more wait.
    #[must_use]
    pub fn new(workers: usize, waiting: usize) -> Self {
        let workers = workers.max(1);
        Self {
            inside: Arc::new(Semaphore::new(workers)),
            lobby: Arc::new(Semaphore::new(workers + waiting)),
            workers,
            waiting,
        }
    }

    /// How many work, and how many wait for that.
    #[must_use]
    pub fn busy(&self) -> (usize, usize) {
        let left = self.inside.available_permits();
        let working = self.workers.saturating_sub(left);
        let all = self.workers + self.waiting;
        let there = all.saturating_sub(self.lobby.available_permits());
        (working, there.saturating_sub(working))
    }

    /// Waits for leave to work, first come, first served; `None`, at once, if too many wait
    /// already.
    pub async fn enter(&self) -> Option<Permit> {
        let lobby = Arc::clone(&self.lobby).try_acquire_owned().ok()?;
        let inside = Arc::clone(&self.inside).acquire_owned().await.ok()?;
        Some(Permit {
            _inside: inside,
            _lobby: lobby,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::{FutureExt, future};
    use tokio::runtime;

    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        let runtime = runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(future)
    }

    #[test]
    fn those_beyond_the_queue_are_sent_away_at_once() {
        let admission = Admission::new(1, 1);
        run(async {
            let inside = admission.enter().await;
            assert!(inside.is_some());
            let mut waiting = pin!(admission.enter());
            assert!(future::poll_immediate(&mut waiting).await.is_none());
            assert!(admission.enter().now_or_never().expect("at once").is_none());
            assert_eq!(admission.busy(), (1, 1));
            drop(inside);
            assert!(waiting.await.is_some());
        });
    }

    #[test]
    fn whoever_leaves_the_queue_makes_room_in_it() {
        let admission = Admission::new(1, 1);
        run(async {
            let _inside = admission.enter().await;
            {
                let mut waiting = pin!(admission.enter());
                assert!(future::poll_immediate(&mut waiting).await.is_none());
            }
            assert!(admission.enter().now_or_never().is_none(), "it waits");
        });
    }
}
