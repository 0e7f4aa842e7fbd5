//! Whether the model says what the emulation measured.

use super::beside::beside;
use crate::{
    case::Rival,
    html::{
        figure::{Cases, nothing, section},
        key::short,
        markup::{Element, text},
        number::{count, digits},
        sheet::Sheet,
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
    let cells = all.iter().map(|it| {
        let verdict = if it.holds() { '\u{2713}' } else { '\u{2717}' };
        let words = format!(
            "{} / {} {verdict}",
            digits(it.model_ms),
            digits(it.emulated_ms)
        );
        (&it.case, (it.rival, it.memory_mb), words)
    });
    let heading = |(rival, memory_mb): (Rival, u32)| {
        format!("{}: model / emulated at {memory_mb} MB, ms", short(rival))
    };
    let caption = "Model / emulated, ms; \u{2713} they agree, \u{2717} they do not";
    beside(caption, cells, heading, cases)
}
