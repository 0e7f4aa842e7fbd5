//! When a store is asked again, and when not. Every wait has an end: that of a try, that
//! of all tries together, and the caller's deadline.

use std::{
    error::Error,
    io,
    time::{Duration, Instant},
};

use http::StatusCode;
use tokio::time;

use super::{StoreError, connection::Trouble};

/// How long a store is waited for, and how often it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Tries in all, for an object to open and again for its body to arrive. Default: 5.
    pub tries: u32,
    /// The most that is waited before the second try; twice that before the third, and so
    /// on. Default: 50 ms.
    pub base: Duration,
    /// The most that is waited before any try. Default: 1 s.
    pub cap: Duration,
    /// Time for all tries of what has no deadline. Default: 30 s.
    pub in_all: Duration,
    /// Time for the answer of one try to begin. Default: 5 s.
    pub first_byte: Duration,
    /// Time without another byte after which a body is given up. Default: 5 s.
    pub stall: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries: 5,
            base: Duration::from_millis(50),
            cap: Duration::from_secs(1),
            in_all: Duration::from_secs(30),
            first_byte: Duration::from_secs(5),
            stall: Duration::from_secs(5),
        }
    }
}

impl Patience {
    /// Waits before try number `made + 1`: at random up to twice as long as before ("full
    /// jitter", AWS Architecture Blog, "Exponential Backoff And Jitter"), so that functions
    /// that were refused together do not come back together.
    fn pause(&self, made: u32, random: f64) -> Duration {
        let doubled = 2_u32.saturating_pow(made.saturating_sub(1));
        self.base
            .saturating_mul(doubled)
            .min(self.cap)
            .mul_f64(random)
    }
}

/// The tries of one operation.
#[derive(Debug)]
pub(super) struct Tries {
    patience: Patience,
    until: Option<Instant>,
    made: u32,
}

impl Tries {
    /// For an operation that ends by itself: at `deadline`, or else after what is patience
    /// in all.
    pub(super) fn of_operation(patience: Patience, deadline: Option<Instant>) -> Self {
        let until = deadline.or_else(|| Instant::now().checked_add(patience.in_all));
        Self::of_body(patience, until)
    }

    /// For a body, which takes as long as its reader does.
    pub(super) const fn of_body(patience: Patience, until: Option<Instant>) -> Self {
        Self {
            patience,
            until,
            made: 0,
        }
    }

    /// The time for something that may take `most`; none once the end has come.
    pub(super) fn room(&self, most: Duration) -> Option<Duration> {
        let left = self.until.map_or(Duration::MAX, |until| {
            until.saturating_duration_since(Instant::now())
        });
        (!left.is_zero()).then(|| left.min(most))
    }

    /// Counts a try that failed, and waits for the next; false if there is none, because
    /// they are used up or the wait would pass the end.
    pub(super) async fn go_on(&mut self) -> bool {
        self.made += 1;
        let pause = self.patience.pause(self.made, fastrand::f64());
        if self.made >= self.patience.tries
            || self.room(Duration::MAX).is_none_or(|left| left <= pause)
        {
            return false;
        }
        time::sleep(pause).await;
        true
    }

    /// Makes one try, of at most `most`.
    pub(super) async fn once<T>(
        &self,
        most: Duration,
        attempt: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, Fault> {
        let timed_out = Fault {
            error: StoreError::TimedOut,
            again: true,
        };
        let Some(room) = self.room(most) else {
            return Err(timed_out);
        };
        match time::timeout(room, attempt).await {
            Ok(result) => result.map_err(|error| Fault::of(&error)),
            Err(_) => Err(timed_out),
        }
    }

    /// Tries until it works, or nothing more may be tried; then says why the last did not.
    pub(super) async fn run<T, F>(
        &mut self,
        most: Duration,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = object_store::Result<T>>,
    {
        loop {
            let fault = match self.once(most, attempt()).await {
                Ok(done) => return Ok(done),
                Err(fault) => fault,
            };
            if !fault.again || !self.go_on().await {
                return Err(fault.error);
            }
        }
    }
}

/// Why a try failed.
#[derive(Debug)]
pub(super) struct Fault {
    /// What to say if it was the last.
    pub(super) error: StoreError,
    /// Whether another may work.
    pub(super) again: bool,
}

impl Fault {
    /// What an error of `object_store` means.
    pub(super) fn of(error: &object_store::Error) -> Self {
        let mut cause: Option<&(dyn Error + 'static)> = Some(error);
        let mut root = String::new();
        while let Some(error) = cause {
            if let Some(trouble) = error.downcast_ref::<Trouble>() {
                return Self::of_trouble(trouble);
            }
            if let Some(error) = error.downcast_ref::<io::Error>() {
                return Self::of_file(error);
            }
            root = error.to_string();
            cause = error.source();
        }
        let error = match error {
            object_store::Error::NotFound { .. } => StoreError::Missing,
            object_store::Error::Precondition { .. }
            | object_store::Error::AlreadyExists { .. } => StoreError::Changed,
            // The innermost cause has no URL in it.
            _ => StoreError::Failed(root),
        };
        Self {
            error,
            again: false,
        }
    }

    fn of_trouble(trouble: &Trouble) -> Self {
        let failed = || StoreError::Failed(trouble.to_string());
        let (error, again) = match trouble {
            Trouble::Broken(_) => (failed(), true),
            Trouble::Unusable(_) => (failed(), false),
            Trouble::Whole => (StoreError::Unsupported("give a part of an object"), false),
            Trouble::Refused { status, code, .. } => match *status {
                StatusCode::NOT_FOUND if code.as_deref() == Some("NoSuchBucket") => {
                    (failed(), false)
                }
                StatusCode::NOT_FOUND | StatusCode::GONE => (StoreError::Missing, false),
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => (StoreError::Forbidden, false),
                // A part that is not there was there when it was decided to ask for it.
                StatusCode::PRECONDITION_FAILED | StatusCode::RANGE_NOT_SATISFIABLE => {
                    (StoreError::Changed, false)
                }
                StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                    (StoreError::Busy, true)
                }
                StatusCode::REQUEST_TIMEOUT => (failed(), true),
                status => (failed(), status.is_server_error()),
            },
        };
        Self { error, again }
    }

    fn of_file(error: &io::Error) -> Self {
        use io::ErrorKind as Kind;
        let error = match error.kind() {
            Kind::NotFound | Kind::NotADirectory | Kind::IsADirectory | Kind::InvalidFilename => {
                StoreError::Missing
            }
            Kind::PermissionDenied => StoreError::Forbidden,
            // The kind alone: the text may have a path of this machine.
            kind => StoreError::Failed(kind.to_string()),
        };
        Self {
            error,
            again: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_their_cap() {
        let patience = Patience::default();
        let longest = |made| patience.pause(made, 1.0).as_millis();
        assert_eq!([1, 2, 3, 4].map(longest), [50, 100, 200, 400]);
        assert_eq!(longest(40), 1000);
        assert_eq!(patience.pause(3, 0.5), Duration::from_millis(100));
    }

    #[test]
    fn nothing_is_tried_past_the_deadline() {
        let past = Instant::now();
        assert_eq!(
            Tries::of_operation(Patience::default(), Some(past)).room(Duration::MAX),
            None
        );
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for (status, again, word) in [
            (500, true, "store"),
            (502, true, "store"),
            (503, true, "busy"),
            (429, true, "busy"),
            (408, true, "store"),
            (400, false, "store"),
            (401, false, "forbidden"),
            (403, false, "forbidden"),
            (404, false, "missing"),
            (412, false, "changed"),
            (301, false, "store"),
        ] {
            let fault = Fault::of_trouble(&Trouble::Refused {
                status: StatusCode::from_u16(status).unwrap(),
                code: None,
                region: None,
            });
            assert_eq!((fault.again, fault.error.word()), (again, word), "{status}");
        }
    }
}
