//! Tables: aligned text for people at a terminal, Markdown for pages.

/// Rows of cells under two-line headings.
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

/// A heading, and on which side its cells are aligned.
#[derive(Clone, Copy)]
pub(crate) struct Column {
    over: &'static str,
    name: &'static str,
    align: Align,
}

#[derive(Clone, Copy)]
enum Align {
    Left,
    Right,
}

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Style {
    #[default]
    Text,
    Markdown,
}

/// A column of words. `over` is the heading's first line, `name` its second.
pub(crate) const fn words(over: &'static str, name: &'static str) -> Column {
    Column {
        over,
        name,
        align: Align::Left,
    }
}

/// A column of numbers.
pub(crate) const fn numbers(over: &'static str, name: &'static str) -> Column {
    Column {
        over,
        name,
        align: Align::Right,
    }
}

impl Table {
    pub(crate) fn new(columns: &[Column]) -> Self {
        Self {
            columns: columns.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row of one cell per column.
    pub(crate) fn push(&mut self, row: Vec<String>) {
        debug_assert_eq!(row.len(), self.columns.len(), "one cell per column");
        self.rows.push(row);
    }

    /// Whether it has no rows.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes the table, every line ended.
    pub(crate) fn write(&self, style: Style) -> String {
        match style {
            Style::Text => self.text(),
            Style::Markdown => self.markdown(),
        }
    }

    fn text(&self) -> String {
        let over = self.columns.iter().map(|column| column.over.to_owned());
        let name = self.columns.iter().map(|column| column.name.to_owned());
        let headings = [over.collect(), name.collect::<Vec<_>>()];
        let lines: Vec<&Vec<String>> = headings.iter().chain(&self.rows).collect();
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|at| lines.iter().map(|line| line[at].chars().count()).max())
            .map(Option::unwrap_or_default)
            .collect();
        let mut text = String::new();
        for line in lines {
            let mut row = String::new();
            for ((cell, column), &width) in line.iter().zip(&self.columns).zip(&widths) {
                row += &match column.align {
                    Align::Left => format!("{cell:<width$}  "),
                    Align::Right => format!("{cell:>width$}  "),
                };
            }
            text += row.trim_end();
            text.push('\n');
        }
        text
    }

    fn markdown(&self) -> String {
        let line = |cells: &mut dyn Iterator<Item = String>| {
            format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
        };
        let heading = |column: &Column| format!("{} {}", column.over, column.name);
        let rule = |column: &Column| match column.align {
            Align::Left => "---",
            Align::Right => "---:",
        };
        let mut text = line(&mut self.columns.iter().map(|c| heading(c).trim().to_owned()));
        text += &line(&mut self.columns.iter().map(|c| rule(c).to_owned()));
        for row in &self.rows {
            text += &line(&mut row.iter().map(|cell| cell.replace('|', "\\|")));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&[words("", "image"), numbers("CPU ms", "edgepix")]);
        table.push(vec!["a|b".to_owned(), "12.0".to_owned()]);
        table.push(vec!["été.jpg".to_owned(), "3.5".to_owned()]);
        table
    }

    #[test]
    fn text_is_aligned_by_characters_and_has_no_trailing_space() {
        assert_eq!(
            table().write(Style::Text),
            "          CPU ms\n\
             image    edgepix\n\
             a|b         12.0\n\
             été.jpg      3.5\n"
        );
    }

    #[test]
    fn markdown_joins_the_two_lines_of_a_heading_and_escapes_bars() {
        assert_eq!(
            table().write(Style::Markdown),
            "| image | CPU ms edgepix |\n\
             | --- | ---: |\n\
             | a\\|b | 12.0 |\n\
             | été.jpg | 3.5 |\n"
        );
    }
}
