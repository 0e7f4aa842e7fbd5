//! What an invocation would take with less of a processor.

use crate::{case::share, sample::Segment};

/// The latency of an invocation at `memory_mb`, in milliseconds.
pub(crate) fn latency_ms(segments: &[Segment], memory_mb: u32, _period_ms: f64) -> f64 {
    let share = share(memory_mb);
    segments
        .iter()
        .map(|s| (s.wall_ms - s.cpu_ms).max(0.0) + s.cpu_ms / share)
        .sum()
}
