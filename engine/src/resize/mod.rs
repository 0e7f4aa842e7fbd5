//! Streaming separable resampling. Rows go in as the decoder yields them; the
//! result does not depend on where strips are cut.
//!
//! The vertical pass comes first: each strip adds its weighted rows to the sums
//! of every output row that it reaches, so no source row is kept. A finished
//! row of sums is rounded to 6 fractional bits (8 bits would clamp what the
//! filter overshoots), and the horizontal pass makes one output row of it.
//!
//! The other order, with the same AVX2 kernels, lost: 12-15 ms against 7-9 for
//! a plane of 6000x4000 to 400 wide, 9-11 against 8 for 3000x2000 to 1600 (one
//! core of a Sapphire Rapids). Short rows of dot products keep no vector full.

mod filter;
pub(crate) mod kernel;
mod plane;
mod schedule;
#[cfg(test)]
mod tests;
mod weights;

use std::rc::Rc;

use plane::PlaneResizer;
use schedule::Schedule;

use crate::{
    decode::{self, Source},
    error::{Error, Result},
    peak::Part,
    pixels::Rows,
    plan::{Plan, STRIP_ROWS},
    stages::{Clock, Stage},
};

/// How one axis of a plane is sampled, in samples of that plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Axis {
    /// First sample that may be used.
    pub(crate) first: u32,
    /// End of the samples that may be used.
    pub(crate) end: u32,
    /// Where the first output sample begins.
    pub(crate) start: f64,
    /// Samples for one output sample; negative runs backwards.
    pub(crate) step: f64,
    /// Output samples.
    pub(crate) samples: u32,
}

impl Axis {
    /// The same axis counted from its first usable sample.
    fn rebased(self) -> Self {
        Self {
            first: 0,
            end: self.end - self.first,
            start: self.start - f64::from(self.first),
            ..self
        }
    }
}

/// Resamples what a source yields, strip by strip.
pub(crate) struct Resize<S> {
    source: S,
    planes: Vec<PlaneResizer>,
    schedule: Schedule,
    /// Rows of each plane that came before the present strip.
    before: Vec<usize>,
    /// Image row up to which the planes have been fed.
    position: u32,
    /// Image row at which the present strip ends.
    strip_end: u32,
    /// Rows of each output plane in the strip handed on.
    handed: Vec<usize>,
    clock: Clock,
}

impl<S: Source> Resize<S> {
    /// Takes weights from `tables`, and leaves there what it had to make.
    pub(crate) fn new(source: S, plan: &Plan, tables: &mut Tables, clock: &Clock) -> Result<Self> {
        let _timed = clock.enter(Stage::Resize);
        let schedule = Schedule::new(plan);
        let planes = plan
            .decoded
            .planes
            .iter()
            .zip(&plan.axes)
            .zip(&schedule.planes)
            .map(|((shape, axes), sizes)| PlaneResizer::new(shape, *axes, *sizes, plan, tables))
            .collect::<Result<Vec<_>>>()?;
        Ok(Self {
            before: vec![0; planes.len()],
            handed: vec![0; planes.len()],
            planes,
            schedule,
            source,
            position: 0,
            strip_end: 0,
            clock: clock.clone(),
        })
    }

    /// Moves to the next strip of the source.
    fn next_strip(&mut self) -> Result<()> {
        for (before, plane) in self.before.iter_mut().zip(self.source.rows().planes()) {
            // Nothing came before the first strip.
            *before += if self.strip_end > 0 { plane.height } else { 0 };
        }
        if !self.source.advance()? {
            return Err(Error::Malformed {
                offset: 0,
                rule: "the image has as many rows as its header says",
            });
        }
        let ends = self.source.rows();
        self.strip_end = ends
            .planes()
            .iter()
            .zip(&self.before)
            .zip(&self.schedule.planes)
            .map(|((plane, before), sizes)| sizes.image_rows(before + plane.height))
            .min()
            .unwrap_or(0)
            .min(self.schedule.image_rows)
            .max(self.strip_end + 1);
        Ok(())
    }

    /// Feeds every plane the rows up to the next stop.
    fn feed(&mut self) {
        self.position = (self.position + self.schedule.unit_rows).min(self.strip_end);
        let rows = self.source.rows();
        for (i, (plane, resizer)) in rows.planes().iter().zip(&mut self.planes).enumerate() {
            let upto = if self.position == self.strip_end {
                plane.height
            } else {
                self.schedule.planes[i]
                    .rows_within(self.position)
                    .saturating_sub(self.before[i])
                    .min(plane.height)
            };
            resizer.feed(plane, self.before[i], self.before[i] + upto);
        }
    }
}

impl<S: Source> Source for Resize<S> {
    fn advance(&mut self) -> Result<bool> {
        let clock = self.clock.clone();
        let _timed = clock.enter(Stage::Resize);
        for (resizer, handed) in self.planes.iter_mut().zip(&mut self.handed) {
            resizer.drop_rows(*handed);
            *handed = 0;
        }
        while !self.planes.iter().all(PlaneResizer::is_ready) {
            if self.position == self.strip_end {
                self.next_strip()?;
            }
            self.feed();
        }
        for (resizer, handed) in self.planes.iter_mut().zip(&mut self.handed) {
            *handed = resizer.wanted();
        }
        Ok(self.handed.iter().any(|&rows| rows > 0))
    }

    fn rows(&self) -> Rows<'_> {
        Rows::new(
            self.planes
                .iter()
                .zip(&self.handed)
                .flat_map(|(resizer, &height)| resizer.outputs(height)),
        )
    }
}

/// The weight tables, made once for planes that are sampled alike.
#[derive(Default)]
pub(crate) struct Tables(Vec<(Axis, u32, Rc<weights::Weights>)>);

impl Tables {
    fn get(&mut self, axis: Axis, plan: &Plan, bits: u32) -> Result<Rc<weights::Weights>> {
        let known = self.0.iter().find(|(a, b, _)| *a == axis && *b == bits);
        if let Some((_, _, weights)) = known {
            return Ok(weights.clone());
        }
        let weights = Rc::new(weights::Weights::new(&axis, plan.filter, bits)?);
        self.0.push((axis, bits, weights.clone()));
        Ok(weights)
    }
}

/// The memory that [`Resize::new`] will take.
pub(crate) fn peak(plan: &Plan) -> Result<Vec<Part>> {
    let schedule = Schedule::new(plan);
    let mut tables = Vec::new();
    let (mut weights, mut sums, mut strips) = (0, 0, 0);
    for ((shape, &(across, down)), sizes) in plan
        .decoded
        .planes
        .iter()
        .zip(&plan.axes)
        .zip(&schedule.planes)
    {
        for table in [(across.rebased(), "across"), (down, "down")] {
            if !tables.contains(&table) {
                tables.push(table);
                weights += table.0.table_bytes(plan.filter);
            }
        }
        let buffers = plane::buffers(shape, across, *sizes, plan);
        sums += buffers.sums;
        strips += buffers.strips;
    }
    Ok(vec![
        Part::new("filter weights", weights),
        Part::new("sums of rows", sums),
        Part::new("resized strip", strips),
    ])
}

/// Rows in a whole strip of an output plane.
fn strip_rows(y_step: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "output planes step by 1 or 2 image rows"
    )]
    let rows = (f64::from(STRIP_ROWS) / y_step) as usize;
    rows
}
