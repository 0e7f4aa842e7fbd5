//! The events that functions are called with, as AWS documents them.

pub mod cloudfront;
pub mod http;
pub mod s3;
