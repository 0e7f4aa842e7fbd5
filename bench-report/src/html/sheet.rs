//! Tables: what a chart shows, in numbers.

use super::markup::{Element, element, text};

/// A table of numbers under a heading for each column. The first column names the row.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    caption: String,
    columns: Vec<String>,
    rows: Vec<Element>,
}

/// What a row is of.
pub(super) struct Name {
    words: String,
    /// The case whose detail it leads to.
    case: Option<usize>,
}

impl Name {
    /// Words that lead nowhere.
    pub(super) fn plain(words: impl Into<String>) -> Self {
        Self {
            words: words.into(),
            case: None,
        }
    }

    /// A case's name, leading to its numbers and pictures if they are on the page.
    pub(super) fn of_case(words: String, case: Option<usize>) -> Self {
        Self { words, case }
    }
}

/// A cell.
pub(super) enum Cell {
    /// Digits, aligned at the right.
    Number(String),
    /// Words, aligned at the left.
    Words(String),
}

impl Cell {
    fn element(self) -> Element {
        match self {
            Self::Number(number) => text("td", number),
            Self::Words(words) => text("td", words).class("w"),
        }
    }
}

impl Sheet {
    pub(super) fn new(caption: impl Into<String>, columns: &[&str]) -> Self {
        Self {
            caption: caption.into(),
            columns: columns.iter().map(|&name| name.to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row: its name, its cells, and the classes by which it is chosen.
    pub(super) fn push(
        &mut self,
        name: Name,
        cells: impl IntoIterator<Item = Cell>,
        classes: &str,
    ) {
        let mut row = element("tr");
        if !classes.is_empty() {
            row = row.class(classes);
        }
        let heading = element("th").with("scope", "row");
        let heading = match name.case {
            Some(at) => heading.add(text("a", name.words).with("href", format!("#c{at}"))),
            None => heading.text(name.words),
        };
        self.rows
            .push(row.add(heading).all(cells.into_iter().map(Cell::element)));
    }

    /// The table, in a box in which it scrolls if it is wider than the page.
    pub(super) fn element(self) -> Element {
        let caption = self.caption.clone();
        scrolling(&caption, [self.table()])
    }

    /// The table alone.
    pub(super) fn table(self) -> Element {
        let heading = |name: String| text("th", name).with("scope", "col");
        element("table")
            .add(text("caption", &self.caption))
            .add(element("thead").add(element("tr").all(self.columns.into_iter().map(heading))))
            .add(element("tbody").all(self.rows))
    }

    /// The table behind a chart, folded up.
    pub(super) fn behind(self) -> Element {
        element("details")
            .class("behind")
            .add(text("summary", "The numbers as a table"))
            .add(self.element())
    }
}

/// A box in which tables scroll if they are wider than the page.
pub(super) fn scrolling(name: &str, tables: impl IntoIterator<Item = Element>) -> Element {
    // What scrolls must be reachable by the keyboard.
    element("div")
        .class("scroll")
        .with("tabindex", 0)
        .with("role", "region")
        .with("aria-label", name)
        .all(tables)
}
