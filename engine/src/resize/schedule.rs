//! How far each plane has got when another needs more rows: from it follow the
//! rows that must be kept, exactly and for any cutting of the source.

use super::{Axis, Plan, decode, strip_rows};
use crate::request::Filter;

/// When rows are fed, and how many rows of each kind that can make wait.
#[derive(Debug)]
pub(super) struct Schedule {
    /// Rows of the source image.
    pub(super) image_rows: u32,
    /// Image rows fed at a time. A whole strip when reducing; less when
    /// enlarging, so that one strip does not make many rows.
    pub(super) unit_rows: u32,
    pub(super) planes: Vec<PlaneSizes>,
}

/// What one plane keeps.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlaneSizes {
    /// Image rows that one row of the plane spans.
    y_step: f64,
    /// Rows of the decoded plane that are fed at a time, at most.
    pub(super) fed_rows: usize,
    /// Output rows that are begun and not finished, at most.
    pub(super) open_rows: usize,
    /// Finished output rows that wait to be handed on, at most.
    pub(super) finished_rows: usize,
    /// Output rows in a strip.
    pub(super) strip_rows: usize,
}

impl PlaneSizes {
    /// Rows of the plane that lie within the first `image_rows` rows of the image.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of rows"
    )]
    pub(super) fn rows_within(&self, image_rows: u32) -> usize {
        (f64::from(image_rows) / self.y_step + 1e-9) as usize
    }

    /// Image rows that the plane's first `rows` rows span.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a count of rows"
    )]
    pub(super) fn image_rows(&self, rows: usize) -> u32 {
        (rows as f64 * self.y_step + 1e-9) as u32
    }
}

impl Schedule {
    pub(super) fn new(plan: &Plan) -> Self {
        let image_rows = plan.source.dimensions.height;
        let strip = decode::strip_rows(&plan.source);
        let coarsest = plan
            .decoded
            .planes
            .iter()
            .map(|plane| plane.y_step)
            .fold(1.0, f64::max);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to a strip"
        )]
        let unit_rows = (f64::from(strip) * plan.region.height / f64::from(plan.resized.height))
            .clamp(coarsest, f64::from(strip).max(coarsest)) as u32;
        let outputs: Vec<_> = plan
            .decoded
            .planes
            .iter()
            .enumerate()
            .map(|(i, _)| plan.resampled.planes[i].y_step)
            .collect();
        let mut planes: Vec<_> = plan
            .decoded
            .planes
            .iter()
            .zip(&plan.axes)
            .zip(&outputs)
            .map(|((shape, (_, down)), &output_step)| {
                let fed_rows = rows_fed(unit_rows, shape.y_step);
                PlaneSizes {
                    y_step: shape.y_step,
                    fed_rows,
                    open_rows: open_rows(down, plan.filter, fed_rows),
                    finished_rows: 0,
                    strip_rows: strip_rows(output_step),
                }
            })
            .collect();
        let finished = finished_rows(plan, &planes, unit_rows);
        for (sizes, finished) in planes.iter_mut().zip(finished) {
            sizes.finished_rows = finished;
        }
        Self {
            image_rows,
            unit_rows,
            planes,
        }
    }
}

/// Rows of a plane in one feeding, at most: one more than fit, because a feeding
/// may begin within a row.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of rows"
)]
fn rows_fed(unit_rows: u32, y_step: f64) -> usize {
    (f64::from(unit_rows) / y_step).ceil() as usize + 1
}

/// Output rows that feeding `fed_rows` rows can leave or make open at once.
fn open_rows(down: &Axis, filter: Filter, fed_rows: usize) -> usize {
    let mut ahead = 0;
    let mut most = 1;
    for output in 0..down.samples {
        // It is open while its last row is missing; the feeding that brings
        // that row may bring `fed_rows - 1` more.
        let reached = down.window(filter, output).end as usize + fed_rows - 1;
        while ahead < down.samples && (down.window(filter, ahead).first as usize) < reached {
            ahead += 1;
        }
        most = most.max((ahead - output) as usize);
    }
    most
}

/// Rows of each plane that are finished when all planes have a strip.
fn finished_rows(plan: &Plan, planes: &[PlaneSizes], unit_rows: u32) -> Vec<usize> {
    // Image row after which output row `rows - 1` of a plane is finished.
    let finished_at = |i: usize, rows: usize| {
        let down = &plan.axes[i].1;
        let last = u32::try_from(rows).unwrap_or(u32::MAX).min(down.samples) - 1;
        f64::from(down.window(plan.filter, last).end) * planes[i].y_step
    };
    let all_rows = |i: usize| plan.axes[i].1.samples as usize;
    let mut most: Vec<_> = planes.iter().map(|sizes| sizes.strip_rows).collect();
    let mut done = vec![0; planes.len()];
    let mut begun = vec![0; planes.len()];
    while begun
        .iter()
        .enumerate()
        .any(|(i, &rows)| rows < all_rows(i))
    {
        let wanted: Vec<_> = (0..planes.len())
            .map(|i| (begun[i] + planes[i].strip_rows).min(all_rows(i)))
            .collect();
        let position = (0..planes.len())
            .map(|i| finished_at(i, wanted[i]))
            .fold(0.0, f64::max)
            + f64::from(unit_rows)
            + planes.iter().map(|sizes| sizes.y_step).fold(0.0, f64::max);
        for i in 0..planes.len() {
            while done[i] < all_rows(i) && finished_at(i, done[i] + 1) <= position {
                done[i] += 1;
            }
            most[i] = most[i].max(done[i] - begun[i]);
        }
        begun = wanted;
    }
    most
}
