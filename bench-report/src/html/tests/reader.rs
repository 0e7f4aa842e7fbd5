//! A strict reader of pages.

/// A tag as a browser would see it.
#[derive(Debug, PartialEq)]
pub(super) struct Tag<'a> {
    pub(super) name: &'a str,
    pub(super) attributes: Vec<(&'a str, &'a str)>,
}

/// Elements whose end tag may be missing, and is when the next begins or what they are in ends.
const ENDED_BY_THE_NEXT: [&str; 5] = ["td", "th", "tr", "li", "option"];

/// Whether an element of the first kind ends when one of the second begins (HTML, 13.1.2.4).
fn is_ended_by(open: &str, next: &str) -> bool {
    match next {
        "td" | "th" => matches!(open, "td" | "th"),
        "tr" => matches!(open, "td" | "th" | "tr"),
        "li" | "option" => open == next,
        _ => false,
    }
}

/// The tag that `rest` begins with, after its `<`; whether it closes itself; and what comes after it.
fn tag(rest: &str) -> (Tag<'_>, bool, &str) {
    let length = rest
        .find(|c: char| !c.is_ascii_alphanumeric())
        .expect("a tag ends");
    let (name, mut rest) = rest.split_at(length);
    assert!(!name.is_empty(), "a < that begins no tag");
    let mut attributes = Vec::new();
    while let Some(after) = rest.strip_prefix(' ') {
        let length = after.find([' ', '=', '>', '/']).expect("an attribute ends");
        let attribute = &after[..length];
        rest = &after[length..];
        let Some(quoted) = rest.strip_prefix("=\"") else {
            attributes.push((attribute, ""));
            continue;
        };
        let end = quoted.find('"').expect("a quote ends");
        attributes.push((attribute, &quoted[..end]));
        rest = &quoted[end + 1..];
    }
    let closes_itself = rest.starts_with("/>");
    rest = rest.strip_prefix('/').unwrap_or(rest);
    rest = rest
        .strip_prefix('>')
        .unwrap_or_else(|| panic!("<{name} {attributes:?} ends"));
    if name == "style" || name == "script" {
        // Raw text: it ends where the first end tag is.
        let end = rest.find(&format!("</{name}>")).expect("it is closed");
        rest = &rest[end..];
    }
    (Tag { name, attributes }, closes_itself, rest)
}

/// Reads a page strictly: every element is closed where it should be, every attribute has its
/// quotes, and no `<` or unquoted `"` is anywhere else. Gives all tags and all text.
pub(super) fn read(page: &str) -> (Vec<Tag<'_>>, String) {
    let mut rest = page
        .strip_prefix("<!DOCTYPE html>")
        .expect("it says what it is");
    let (mut tags, mut open, mut words) = (Vec::new(), Vec::new(), String::new());
    while let Some(at) = rest.find('<') {
        words.push_str(&rest[..at]);
        words.push(' ');
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('/') {
            let end = after.find('>').expect("an end tag ends");
            while open
                .last()
                .is_some_and(|last| ENDED_BY_THE_NEXT.contains(last))
            {
                open.pop();
            }
            assert_eq!(
                open.pop(),
                Some(&after[..end]),
                "what is closed was opened last"
            );
            rest = &after[end + 1..];
            continue;
        }
        let (tag, closes_itself, after) = tag(rest);
        rest = after;
        while open.last().is_some_and(|last| is_ended_by(last, tag.name)) {
            open.pop();
        }
        if !closes_itself && !["meta", "img", "input", "br"].contains(&tag.name) {
            open.push(tag.name);
        }
        tags.push(tag);
    }
    assert!(open.is_empty(), "left open: {open:?}");
    (tags, words)
}

pub(super) fn count(tags: &[Tag<'_>], name: &str) -> usize {
    tags.iter().filter(|tag| tag.name == name).count()
}
