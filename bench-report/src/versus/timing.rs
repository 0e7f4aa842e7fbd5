//! Times two sides on one case, alternating, so that whatever else the machine
//! does befalls both alike.

use anyhow::Result;

use super::run::{Sample, SideRun};
use crate::{
    process::Peer,
    protocol::{Job, Resize, Resized},
};

/// Something that resizes when told to.
pub(crate) trait Resizer {
    /// Does `job`, or says why not.
    ///
    /// # Errors
    ///
    /// If the harness itself is broken.
    fn resize(&mut self, job: &Resize) -> Result<std::result::Result<Resized, String>>;
}

impl Resizer for Peer {
    fn resize(&mut self, job: &Resize) -> Result<std::result::Result<Resized, String>> {
        self.ask(&Job::Resize(job.clone()))
    }
}

/// One side: who resizes, and what it is told.
pub(crate) type Contender<'a> = (&'a mut dyn Resizer, &'a Resize);

/// Warms both sides up with one run each, which writes the job's output, then
/// times `runs` pairs in the order A B, B A, A B, ... A side that fails is not
/// asked again; the other one is still timed.
///
/// # Errors
///
/// If the harness itself is broken.
pub(crate) fn alternate(contenders: [Contender<'_>; 2], runs: u32) -> Result<[SideRun; 2]> {
    let [mut first, mut second] = contenders;
    let mut sides = [SideRun::default(), SideRun::default()];
    for (side, (resizer, job)) in sides.iter_mut().zip([&mut first, &mut second]) {
        match resizer.resize(job)? {
            Ok(made) => side.made = Some(made),
            Err(why) => side.failure = Some(why),
        }
    }
    for pair in 0..runs {
        let order = if pair % 2 == 0 { [0, 1] } else { [1, 0] };
        for which in order {
            let (resizer, job) = if which == 0 { &mut first } else { &mut second };
            time_once(*resizer, job, &mut sides[which])?;
        }
    }
    Ok(sides)
}

fn time_once(resizer: &mut dyn Resizer, job: &Resize, side: &mut SideRun) -> Result<()> {
    if side.failure.is_some() {
        return Ok(());
    }
    let unwritten = Resize {
        output: None,
        ..job.clone()
    };
    match resizer.resize(&unwritten)? {
        Ok(made) => side.samples.push(Sample {
            cpu_ms: made.cpu_ms,
            wall_ms: made.wall_ms,
        }),
        Err(why) => side.failure = Some(why),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::{format::Format, protocol::Decoding};

    struct Fake<'a> {
        name: char,
        log: &'a RefCell<String>,
        fails: bool,
    }

    impl Resizer for Fake<'_> {
        fn resize(&mut self, job: &Resize) -> Result<std::result::Result<Resized, String>> {
            let mut log = self.log.borrow_mut();
            log.push(self.name);
            if job.output.is_some() {
                log.push('!');
            }
            if self.fails {
                return Ok(Err("too large".to_owned()));
            }
            Ok(Ok(Resized {
                wall_ms: 12.0,
                cpu_ms: 10.0,
                bytes: 1000,
                width: 400,
                height: 300,
            }))
        }
    }

    fn job() -> Resize {
        Resize {
            source: "a.jpg".into(),
            width: 400,
            format: Format::Jpeg,
            quality: 80,
            decode: Decoding::Usual,
            effort: None,
            output: Some("a.out".into()),
        }
    }

    fn run(fails: bool, runs: u32) -> ([SideRun; 2], String) {
        let log = RefCell::default();
        let fake = |name, fails| Fake {
            name,
            log: &log,
            fails,
        };
        let (mut a, mut b, job) = (fake('A', fails), fake('B', false), job());
        let sides = alternate([(&mut a, &job), (&mut b, &job)], runs).expect("nothing breaks");
        (sides, log.into_inner())
    }

    #[test]
    fn both_warm_up_and_then_take_turns_at_going_first() {
        let (sides, log) = run(false, 3);
        assert_eq!(log, "A!B!ABBAAB");
        assert_eq!((sides[0].samples.len(), sides[1].samples.len()), (3, 3));
    }

    #[test]
    fn a_side_that_fails_is_not_asked_again_and_the_other_is_timed() {
        let (sides, log) = run(true, 2);
        assert_eq!(log, "A!B!BB");
        assert_eq!(sides[0].failure.as_deref(), Some("too large"));
        assert_eq!(sides[1].samples.len(), 2);
    }
}
