//! A table with a row for each case, what the rivals did of it beside each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    case::Case,
    html::{
        figure::Cases,
        key::format_class,
        number::NONE,
        sheet::{Cell, Sheet},
    },
};

/// A table of `cells`, each of a case and a column. Columns come in their order, each under the
/// `heading` it is given.
pub(super) fn beside<'a, K: Ord + Copy>(
    caption: &str,
    cells: impl Iterator<Item = (&'a Case, K, String)>,
    heading: impl Fn(K) -> String,
    cases: &Cases<'_>,
) -> Sheet {
    let mut rows: BTreeMap<&Case, BTreeMap<K, String>> = BTreeMap::new();
    for (case, column, cell) in cells {
        rows.entry(case).or_default().insert(column, cell);
    }
    let columns: BTreeSet<K> = rows.values().flat_map(|row| row.keys().copied()).collect();
    let headings: Vec<String> = columns.iter().map(|column| heading(*column)).collect();
    let mut names = vec!["Case"];
    names.extend(headings.iter().map(String::as_str));
    let mut sheet = Sheet::new(caption, &names);
    for (case, row) in rows {
        let cells = columns.iter().map(|column| {
            let cell = row.get(column).cloned();
            Cell::Number(cell.unwrap_or_else(|| NONE.to_owned()))
        });
        sheet.push(cases.link(case), cells, format_class(case.format));
    }
    sheet
}
