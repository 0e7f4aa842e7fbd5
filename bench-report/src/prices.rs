//! What Lambda costs: a table with a date, which `--prices FILE` replaces.

use serde::Deserialize;

/// The table that is built in.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prices {
    /// When they were looked up, `2026-11-20`.
    pub(crate) date: String,
    /// Where.
    pub(crate) source: String,
    #[serde(rename = "offer")]
    pub(crate) offers: Vec<Offer>,
}

/// One way to run a function.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Offer {
    /// "Lambda@Edge", "Lambda, x86_64", "Lambda, arm64".
    pub(crate) name: String,
    /// Dollars for a million requests.
    pub(crate) dollars_per_million: f64,
    /// Dollars for a second of a GB of 1024 MB.
    pub(crate) dollars_per_gb_second: f64,
}
