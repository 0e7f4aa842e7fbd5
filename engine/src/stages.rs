//! Where the time of one image goes. Exactly one stage is current at any
//! moment, so the stages add up to the whole although they call one another.

use std::{
    cell::RefCell,
    rc::Rc,
    time::{Duration, Instant},
};

/// A part of the work on one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Waiting for the source's bytes.
    Read,
    /// Turning bytes into samples.
    Decode,
    /// Resampling, turning and padding.
    Resize,
    /// Converting colours.
    Colour,
    /// Turning samples into bytes.
    Encode,
    /// Handing the result's bytes on.
    Write,
}

impl Stage {
    /// All stages, in the order of the work.
    pub const ALL: [Self; 6] = [
        Self::Read,
        Self::Decode,
        Self::Resize,
        Self::Colour,
        Self::Encode,
        Self::Write,
    ];

    /// Its name in `stages_ms`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Decode => "decode",
            Self::Resize => "resize",
            Self::Colour => "colour",
            Self::Encode => "encode",
            Self::Write => "write",
        }
    }
}

/// Wall time spent in each stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stages {
    spent: [Duration; Stage::ALL.len()],
}

impl Stages {
    /// Time spent in `stage`.
    #[must_use]
    pub fn of(&self, stage: Stage) -> Duration {
        self.spent[stage as usize]
    }

    /// All stages that work rather than wait: those that are predicted.
    pub(crate) fn working(&self) -> Duration {
        let working = [Stage::Decode, Stage::Resize, Stage::Colour, Stage::Encode];
        working.map(|stage| self.of(stage)).iter().sum()
    }
}

#[derive(Debug, Default)]
struct Running {
    stages: Stages,
    current: Option<(Stage, Instant)>,
}

impl Running {
    fn switch(&mut self, to: Option<Stage>) -> Option<Stage> {
        let now = Instant::now();
        let from = self.current.map(|(stage, since)| {
            self.stages.spent[stage as usize] += now - since;
            stage
        });
        self.current = to.map(|stage| (stage, now));
        from
    }
}

/// A stopwatch shared by the stages of one image.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock(Rc<RefCell<Running>>);

impl Clock {
    /// Counts for `stage` until the guard is dropped, then for the stage before.
    #[must_use]
    pub(crate) fn enter(&self, stage: Stage) -> Timed {
        let before = self.0.borrow_mut().switch(Some(stage));
        Timed {
            clock: self.clone(),
            before,
        }
    }

    /// What has been counted so far, without the stages still running.
    pub(crate) fn stages(&self) -> Stages {
        self.0.borrow().stages
    }
}

/// Ends a stage when dropped.
pub(crate) struct Timed {
    clock: Clock,
    before: Option<Stage>,
}

impl Drop for Timed {
    fn drop(&mut self) {
        self.clock.0.borrow_mut().switch(self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_in_an_inner_stage_is_not_counted_twice() {
        let clock = Clock::default();
        let began = Instant::now();
        {
            let _encode = clock.enter(Stage::Encode);
            let _decode = clock.enter(Stage::Decode);
            std::hint::black_box((0..10_000).sum::<u64>());
        }
        let total: Duration = Stage::ALL
            .map(|stage| clock.stages().of(stage))
            .iter()
            .sum();
        assert!(total <= began.elapsed());
        assert!(clock.stages().of(Stage::Decode) > Duration::ZERO);
    }
}
