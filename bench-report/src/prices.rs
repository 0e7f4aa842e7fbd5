//! What Lambda costs: a table with a date, which `--prices FILE` replaces.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use time::{Date, format_description::well_known::Iso8601};
use toml::Spanned;

/// The table that is built in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Prices {
    /// When they were looked up, `2026-11-20`.
    pub(crate) date: String,
    /// Where.
    pub(crate) source: String,
    pub(crate) offers: Vec<Offer>,
}

/// One way to run a function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Offer {
    /// `Lambda@Edge`, `Lambda, x86_64`, `Lambda, arm64`.
    pub(crate) name: String,
    /// Dollars for a million requests.
    pub(crate) dollars_per_million: f64,
    /// Dollars for a second of a GB of 1024 MB.
    pub(crate) dollars_per_gb_second: f64,
}

/// The most that is believed of a million requests, in dollars: a thousand times what it costs.
const DEAREST_MILLION: f64 = 600.0;
/// The most that is believed of a GB-second, in dollars: a thousand times what it costs.
const DEAREST_GB_SECOND: f64 = 0.05;

/// The file's own words, with where they stand.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    date: Spanned<String>,
    source: String,
    #[serde(rename = "offer", default)]
    offers: Vec<WrittenOffer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenOffer {
    name: Spanned<String>,
    dollars_per_million: Spanned<f64>,
    dollars_per_gb_second: Spanned<f64>,
}

impl Prices {
    /// The table that `file` holds, or the one that is built in.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or what is in it makes no sense: with the line.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self> {
        let Some(file) = file else {
            return parse(include_str!("../prices.toml")).context("prices.toml, built in");
        };
        let name = || format!("the prices in {}", file.display());
        parse(&fs::read_to_string(file).with_context(name)?).with_context(name)
    }
}

/// Reads a table.
fn parse(text: &str) -> Result<Prices> {
    let written: Written = toml::from_str(text)?;
    let date = written.date.get_ref();
    ensure!(
        Date::parse(date, &Iso8601::DATE).is_ok(),
        "line {}: {date:?} is no date like 2026-11-20",
        line(text, &written.date)
    );
    ensure!(!written.offers.is_empty(), "there is no [[offer]]");
    let mut offers: Vec<Offer> = Vec::new();
    for offer in written.offers {
        let name = offer.name.get_ref();
        let is_new = offers.iter().all(|other| other.name != *name);
        ensure!(
            is_new && !name.trim().is_empty(),
            "line {}: an offer needs a name of its own",
            line(text, &offer.name)
        );
        offers.push(Offer {
            name: name.clone(),
            dollars_per_million: sane(text, &offer.dollars_per_million, DEAREST_MILLION)?,
            dollars_per_gb_second: sane(text, &offer.dollars_per_gb_second, DEAREST_GB_SECOND)?,
        });
    }
    Ok(Prices {
        date: date.clone(),
        source: written.source,
        offers,
    })
}

/// A price that can be one.
fn sane(text: &str, price: &Spanned<f64>, most: f64) -> Result<f64> {
    let dollars = *price.get_ref();
    if !(0.0..=most).contains(&dollars) {
        bail!(
            "line {}: {dollars} is no price: it should be from 0 to {most} dollars",
            line(text, price)
        );
    }
    Ok(dollars)
}

/// The line on which a value stands, from 1.
fn line<T>(text: &str, value: &Spanned<T>) -> usize {
    let before = text.get(..value.span().start).unwrap_or_default();
    before.matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "date = \"2026-11-20\"\n\
        source = \"a list\"\n\
        [[offer]]\n\
        name = \"Lambda\"\n\
        dollars_per_million = 0.2\n\
        dollars_per_gb_second = 0.00002\n";

    fn refusal(text: &str) -> String {
        format!("{:#}", parse(text).expect_err("it makes no sense"))
    }

    #[test]
    fn the_table_that_is_built_in_is_a_table() {
        let prices = Prices::load(None).expect("it is built in");
        assert_eq!(prices.date, "2026-11-20");
        assert_eq!(prices.offers[0].name, "Lambda@Edge");
        assert_eq!(prices.offers.len(), 3);
    }

    #[test]
    fn a_table_of_ones_own_is_read() {
        let prices = parse(TABLE).expect("a table");
        assert_eq!(prices.offers[0].dollars_per_gb_second, 0.00002);
    }

    #[test]
    fn a_price_below_nothing_is_refused_with_its_line() {
        let why = refusal(&TABLE.replace("0.2\n", "-0.2\n"));
        assert!(why.starts_with("line 5: -0.2 is no price"), "{why}");
    }

    #[test]
    fn a_price_that_is_no_number_is_refused_with_its_line() {
        let why = refusal(&TABLE.replace("0.00002", "nan"));
        assert!(why.starts_with("line 6: NaN is no price"), "{why}");
    }

    #[test]
    fn dollars_per_second_for_dollars_per_million_seconds_are_noticed() {
        let why = refusal(&TABLE.replace("0.00002", "20"));
        assert!(why.starts_with("line 6: 20 is no price"), "{why}");
    }

    #[test]
    fn a_table_without_offers_is_refused() {
        let why = refusal("date = \"2026-11-20\"\nsource = \"a list\"\n");
        assert_eq!(why, "there is no [[offer]]");
    }

    #[test]
    fn a_misspelt_field_is_refused_with_its_line() {
        let why = refusal(&TABLE.replace("dollars_per_million", "dollars_per_milion"));
        assert!(why.contains("line 5") && why.contains("milion"), "{why}");
    }

    #[test]
    fn two_offers_of_one_name_are_refused() {
        let twice = format!("{TABLE}{}", &TABLE[TABLE.find("[[").expect("an offer")..]);
        let why = refusal(&twice);
        assert!(why.starts_with("line 8: an offer needs a name"), "{why}");
    }

    #[test]
    fn a_date_that_is_none_is_refused() {
        let why = refusal(&TABLE.replace("2026-11-20", "last week"));
        assert!(why.starts_with("line 1: \"last week\" is no date"), "{why}");
    }
}
