//! The charts, in the order of the page: each a section with its drawings, the table behind them,
//! and a sentence where there is nothing to draw.

pub(super) mod agreement;
mod beside;
pub(super) mod cases;
pub(super) mod curve;
pub(super) mod distribution;
pub(super) mod duels;
pub(super) mod headline;
pub(super) mod history;
pub(super) mod peaks;
pub(super) mod trades;
pub(super) mod waterfall;
