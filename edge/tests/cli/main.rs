//! The program as its users meet it: the real binary on real files.

mod accept;
mod bad_input;
mod config;
mod copyright;
mod invoke;
mod output;
mod package;
mod records;
mod run;
mod sign;
