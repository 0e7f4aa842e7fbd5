//! From raw samples to what is said of them. Pure: no files, no clock, no machine.

pub(crate) mod report;
