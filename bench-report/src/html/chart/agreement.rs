//! Whether the model says what the emulation measured.

use std::collections::BTreeMap;

use crate::{
    case::{Case, Rival},
    html::{
        figure::{Cases, nothing, section},
        key::{format_class, rival_class},
        markup::{Element, text},
        number::{NONE, count, digits},
        sheet::{Cell, Sheet},
    },
    judge::report::{Agreement, Report},
};

/// The section.
pub(in crate::html) fn draw(report: &Report, cases: &Cases<'_>) -> Element {
    let section = section(
        "agreement",
        "Does the model hold?",
        "The model\u{2019}s median and the emulated one, in milliseconds. They agree if they differ \
         by no more than 5 % or half a period of the quota, whichever is more.",
    );
    let all = &report.agreement;
    if all.is_empty() {
        return section.add(nothing(
            "Nothing was emulated, so there is nothing to hold the model against.",
        ));
    }
    let holds = all.iter().filter(|it| it.holds()).count();
    section
        .add(
            text(
                "p",
                format!(
                    "It holds in {} of {} settings.",
                    count(holds),
                    count(all.len())
                ),
            )
            .class("finding"),
        )
        .add(table(all, cases).element())
}

fn table(all: &[Agreement], cases: &Cases<'_>) -> Sheet {
    let mut memories: Vec<u32> = all.iter().map(|it| it.memory_mb).collect();
    memories.sort_unstable();
    memories.dedup();
    let mut rows: BTreeMap<(&Case, Rival), Vec<&Agreement>> = BTreeMap::new();
    for it in all {
        rows.entry((&it.case, it.rival)).or_default().push(it);
    }
    let headings: Vec<String> = memories.iter().map(|mb| format!("{mb} MB")).collect();
    let mut columns = vec!["Case", "By"];
    columns.extend(headings.iter().map(String::as_str));
    let mut sheet = Sheet::new(
        "Model / emulated, ms; \u{2713} they agree, \u{2717} they do not",
        &columns,
    );
    for ((case, rival), of) in rows {
        let mut cells = vec![Cell::Words(rival.to_string())];
        cells.extend(memories.iter().map(|&memory_mb| {
            let here = of.iter().find(|it| it.memory_mb == memory_mb);
            Cell::Number(here.map_or_else(|| NONE.to_owned(), |it| words(it)))
        }));
        let classes = format!("{} {}", format_class(case.format), rival_class(rival));
        sheet.push(cases.link(case), cells, &classes);
    }
    sheet
}

fn words(it: &Agreement) -> String {
    let verdict = if it.holds() { '\u{2713}' } else { '\u{2717}' };
    format!(
        "{} / {} {verdict}",
        digits(it.model_ms),
        digits(it.emulated_ms)
    )
}
