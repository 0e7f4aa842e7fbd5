//! The dashboard: one HTML file with everything in it but the pictures, which lie in a folder
//! beside it. Made from a report alone: no files, no clock, no statistics. What is chosen here
//! is scales, ticks, and what is left out where there is too much to draw, which is always said.

mod axis;
mod chart;
mod figure;
mod key;
mod markup;
mod number;
mod page;
#[cfg(test)]
pub(crate) mod sample_report;
mod scale;
mod sheet;
mod svg;
#[cfg(test)]
mod tests;
mod theme;

pub(crate) use page::page;
