//! A section of the page: what it answers, its drawings and what is behind them.

use std::collections::HashMap;

use super::{
    markup::{Element, element, text},
    sheet::Name,
};
use crate::{case::Case, judge::report::Report};

/// A section under a heading of its own.
pub(super) fn section(id: &str, question: &str, lead: &str) -> Element {
    let heading = format!("{id}-h");
    let section = element("section")
        .with("id", id)
        .with("aria-labelledby", &heading)
        .add(text("h2", question).with("id", heading));
    if lead.is_empty() {
        section
    } else {
        section.add(text("p", lead).class("lead"))
    }
}

/// What stands where there is nothing to draw.
pub(super) fn nothing(why: &str) -> Element {
    text("p", why).class("nothing")
}

/// A note in small letters.
pub(super) fn note(words: &str) -> Element {
    text("p", words).class("note")
}

/// At most `most` of `items`, evenly from first to last, in their order. Where there is no room to
/// draw all, the ends must be seen: the best and the worst are there.
pub(super) fn thinned<T: Copy>(items: &[T], most: usize) -> Vec<T> {
    match (items.len().checked_sub(1), most.checked_sub(1)) {
        (Some(last), Some(steps)) if last > steps => (0..most)
            .map(|at| items[at * last / steps.max(1)])
            .collect(),
        _ => items.to_vec(),
    }
}

/// Where each case's detail is on the page.
pub(super) struct Cases<'a>(HashMap<&'a Case, usize>);

impl<'a> Cases<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        Self(
            report
                .cases
                .iter()
                .enumerate()
                .map(|(at, detail)| (&detail.case, at))
                .collect(),
        )
    }

    /// The case's name, leading to its detail if it has one.
    pub(super) fn link(&self, case: &Case) -> Name {
        Name::of_case(name(case), self.0.get(case).copied())
    }

    /// What shows the case, of HTML or SVG, as a link to its detail if it has one.
    pub(super) fn leading(&self, case: &Case, shown: Element) -> Element {
        match self.0.get(case) {
            Some(at) => element("a").with("href", format!("#c{at}")).add(shown),
            None => shown,
        }
    }
}

/// A case for people.
pub(super) fn name(case: &Case) -> String {
    format!(
        "{} \u{2192} {} {}",
        case.image,
        case.width,
        case.format.name()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_thinned_keeps_its_ends_and_its_order() {
        let all: Vec<u32> = (0..100).collect();
        assert_eq!(thinned(&all, 4), [0, 33, 66, 99]);
        assert_eq!(thinned(&all[..3], 4), [0, 1, 2]);
        assert_eq!(thinned(&all, 1), [0]);
        assert!(thinned::<u32>(&[], 4).is_empty());
    }
}
