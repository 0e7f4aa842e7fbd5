//! Markup that is well formed by construction: an element closes what it opens, and text cannot
//! become an element, whatever is in it.

use std::fmt::{Display, Write};

/// An element of HTML or SVG with what is in it.
#[derive(Clone, Debug)]
pub(super) struct Element {
    name: &'static str,
    attributes: String,
    content: String,
}

/// Elements that have no content and no end tag (HTML, 13.1.2 "Elements").
const VOID: [&str; 4] = ["meta", "img", "input", "br"];
/// Elements whose end tag may be left out where these are used: before another of their kind, or at
/// the end of what they are in (HTML, 13.1.2.4 "Optional tags"). A page has thousands of cells.
const ENDED_BY_THE_NEXT: [&str; 5] = ["td", "th", "tr", "li", "option"];
/// Elements of SVG that have no content here and may close themselves.
const SHAPES: [&str; 4] = ["use", "path", "line", "rect"];

/// An element with nothing in it.
pub(super) fn element(name: &'static str) -> Element {
    Element {
        name,
        attributes: String::new(),
        content: String::new(),
    }
}

/// An element with a text in it.
pub(super) fn text(name: &'static str, text: impl Display) -> Element {
    element(name).text(text)
}

impl Element {
    /// Gives it an attribute.
    pub(super) fn with(mut self, name: &str, value: impl Display) -> Self {
        let value = escape(&value.to_string());
        write!(self.attributes, " {name}=\"{value}\"").expect("a string takes all");
        self
    }

    /// Gives it an attribute whose presence is its value.
    pub(super) fn flag(mut self, name: &str) -> Self {
        self.attributes += " ";
        self.attributes += name;
        self
    }

    /// Gives it classes, separated by spaces.
    pub(super) fn class(self, class: impl Display) -> Self {
        self.with("class", class)
    }

    /// Adds text, escaped.
    pub(super) fn text(mut self, text: impl Display) -> Self {
        self.content += &escape(&text.to_string());
        self
    }

    /// Adds an element.
    pub(super) fn add(mut self, child: Self) -> Self {
        child.write(&mut self.content);
        self
    }

    /// Adds elements.
    pub(super) fn all(self, children: impl IntoIterator<Item = Self>) -> Self {
        children.into_iter().fold(self, Self::add)
    }

    /// Adds the text of this program itself, such as its script, as it is.
    ///
    /// It takes only what was known when the program was built, or is made by [`super::theme`].
    pub(super) fn ours(mut self, text: &str) -> Self {
        self.content += text;
        self
    }

    /// Appends it to `page`.
    pub(super) fn write(&self, page: &mut String) {
        let Self {
            name,
            attributes,
            content,
        } = self;
        if VOID.contains(name) {
            write!(page, "<{name}{attributes}>").expect("a string takes all");
        } else if ENDED_BY_THE_NEXT.contains(name) {
            write!(page, "<{name}{attributes}>{content}").expect("a string takes all");
        } else if SHAPES.contains(name) && content.is_empty() {
            write!(page, "<{name}{attributes}/>").expect("a string takes all");
        } else {
            write!(page, "<{name}{attributes}>{content}</{name}>").expect("a string takes all");
        }
    }
}

/// Replaces what has a meaning in markup, in text and in quoted attributes alike. Control
/// characters, of which some are not allowed in HTML at all, become the replacement character.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            '\n' | '\t' => escaped.push(' '),
            _ if character.is_control() => escaped.push(char::REPLACEMENT_CHARACTER),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// A path from the page's file as a URL: everything but letters, digits, `-._~` and `/` is
/// percent-encoded (RFC 3986, 2.3), and the `./` keeps a first segment from being read as a scheme
/// or, after two slashes, as a host.
pub(super) fn relative_url(path: &str) -> String {
    let mut url = "./".to_owned();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                url.push(char::from(byte));
            }
            _ => write!(url, "%{byte:02X}").expect("a string takes all"),
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(element: &Element) -> String {
        let mut page = String::new();
        element.write(&mut page);
        page
    }

    #[test]
    fn text_and_attributes_cannot_open_or_close_anything() {
        let hostile = "<img src=x onerror=alert(1)>&\"'";
        let made = text("p", hostile).with("title", hostile);
        let safe = "&lt;img src=x onerror=alert(1)&gt;&amp;&quot;&#39;";
        assert_eq!(written(&made), format!("<p title=\"{safe}\">{safe}</p>"));
    }

    #[test]
    fn control_characters_do_not_reach_the_page() {
        assert_eq!(
            written(&text("p", "a\u{0}\u{1b}\nb")),
            "<p>a\u{fffd}\u{fffd} b</p>"
        );
    }

    #[test]
    fn children_come_in_order_and_void_elements_have_no_end() {
        let made = element("p")
            .text("a")
            .add(element("br"))
            .all([text("b", 1), text("i", 2)]);
        assert_eq!(written(&made), "<p>a<br><b>1</b><i>2</i></p>");
    }

    #[test]
    fn a_picture_is_always_a_file_beside_the_page() {
        assert_eq!(relative_url("r/a b#1?.jpg"), "./r/a%20b%231%3F.jpg");
        assert_eq!(relative_url("//host/x"), ".///host/x");
        assert_eq!(relative_url("javascript:1"), "./javascript%3A1");
    }
}
