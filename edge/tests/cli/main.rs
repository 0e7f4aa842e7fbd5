//! The program as its users meet it: the real binary on real files.

mod bad_input;
mod output;
mod records;
mod run;
