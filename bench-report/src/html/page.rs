//! The page around the charts: what it may load, how it looks, and the verdict at its top.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use super::{
    chart::{
        agreement, cases, curve, distribution, duels, headline, history, peaks, trades, waterfall,
    },
    figure::Cases,
    key::markers,
    markup::{Element, element, text},
    number::count,
    theme,
};
use crate::judge::report::{About, Report, Sentence, Tone};

/// How the page looks, but for its colours.
pub(super) const STYLE: &str = include_str!("style.css");
/// What the page does beyond being read. It is whole without it.
pub(super) const SCRIPT: &str = include_str!("script.js");

/// The dashboard as one HTML file. It loads nothing but the pictures, by the paths that
/// [`crate::judge::report::SideDetail::picture`] has, and runs nothing but its own script.
pub(crate) fn page(report: &Report) -> String {
    let style = theme::properties() + STYLE;
    let head = element("head")
        .add(element("meta").with("charset", "utf-8"))
        .add(
            element("meta")
                .with("http-equiv", "Content-Security-Policy")
                .with("content", policy(&style)),
        )
        .add(
            element("meta")
                .with("name", "viewport")
                .with("content", "width=device-width, initial-scale=1"),
        )
        .add(
            element("meta")
                .with("name", "color-scheme")
                .with("content", "light dark"),
        )
        .add(text(
            "title",
            format!("edgepix, measured: {}", report.about.run),
        ))
        .add(element("style").ours(&style));
    let html = element("html")
        .with("lang", "en-GB")
        .add(head)
        .add(body(report));
    let mut page = "<!DOCTYPE html>\n".to_owned();
    html.write(&mut page);
    page.push('\n');
    page
}

/// What a browser may load and run for this page (Content Security Policy Level 3): this style and
/// this script, known by their hashes, and pictures from where the page is.
fn policy(style: &str) -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; \
         img-src 'self' file:; base-uri 'none'; form-action 'none'",
        hash(style),
        hash(SCRIPT)
    )
}

fn body(report: &Report) -> Element {
    let known = Cases::of(report);
    let charts = element("main")
        .with("id", "main")
        .add(verdict(report))
        .add(curve::draw(&report.curve))
        .add(waterfall::draw(report, &known))
        .add(distribution::draw(&report.distributions))
        .add(duels::draw(report, &known))
        .add(trades::draw(report, &known))
        .add(peaks::draw(report, &known))
        .all(history::draw(&report.history))
        .add(agreement::draw(report, &known))
        .add(cases::draw(report, &known));
    element("body")
        .add(
            text("a", "Skip to the verdict")
                .class("skip")
                .with("href", "#main"),
        )
        .add(markers())
        .add(header(report))
        .add(charts)
        .add(footer(&report.about))
        .add(
            element("div")
                .with("id", "tip")
                .with("role", "status")
                .flag("hidden"),
        )
        .add(element("script").ours(SCRIPT))
}

/// The sections a reader can jump to.
const SECTIONS: [(&str, &str); 8] = [
    ("memory", "Memory"),
    ("phases", "Phases"),
    ("distribution", "Distribution"),
    ("duels", "Against sharp"),
    ("quality", "Bytes and looks"),
    ("peak", "Peak"),
    ("agreement", "Model"),
    ("cases", "Cases"),
];

fn header(report: &Report) -> Element {
    let links = SECTIONS
        .map(|(id, name)| element("li").add(text("a", name).with("href", format!("#{id}"))));
    let about = &report.about;
    let line = [
        about.date.as_str(),
        about.commit.as_str(),
        about.machine.as_str(),
    ]
    .into_iter()
    .filter(|part| !part.is_empty())
    .collect::<Vec<_>>()
    .join(" \u{b7} ");
    element("header")
        .add(
            element("div")
                .class("masthead")
                .add(
                    element("p")
                        .class("brand")
                        .add(text("b", "edgepix"))
                        .text(", measured"),
                )
                .add(text("p", line).class("about")),
        )
        .add(
            element("div")
                .class("bar-of-links")
                .add(
                    element("nav")
                        .with("aria-label", "Sections")
                        .add(element("ul").all(links)),
                )
                .add(controls()),
        )
}

/// What the reader may choose. Without the script it would do nothing, so it is the script that
/// shows it.
fn controls() -> Element {
    let choose = |name: &str, words: &str, options: &[&str]| {
        element("label").text(words).add(
            element("select")
                .with("name", name)
                .add(text("option", "all").with("value", ""))
                .all(
                    options
                        .iter()
                        .map(|option| text("option", option).with("value", option)),
                ),
        )
    };
    element("form")
        .with("id", "controls")
        .with("aria-label", "What is shown")
        .flag("hidden")
        .add(choose("format", "Format", &["jpeg", "webp", "avif", "png"]))
        .add(choose("rival", "Rival", &["edgepix", "launcher", "sharp"]))
        .add(choose("source", "Source", &["model", "emulated"]))
        .add(
            element("label").text("Theme").add(
                element("select").with("name", "theme").all(
                    [("", "as the system"), ("light", "light"), ("dark", "dark")]
                        .map(|(value, name)| text("option", name).with("value", value)),
                ),
            ),
        )
}

/// The verdict in words, the doubts right below it, and the headline in figures.
fn verdict(report: &Report) -> Element {
    let section = element("section")
        .with("id", "verdict")
        .with("aria-labelledby", "verdict-h");
    let mut sentences = report.verdict.iter();
    let section = match sentences.next() {
        Some(first) => section.add(sentence("h1", first).with("id", "verdict-h")),
        None => section.add(
            text(
                "h1",
                "There is nothing to judge: no invocation was measured.",
            )
            .with("id", "verdict-h"),
        ),
    };
    let section = section.all(headline::draw(report));
    let rest: Vec<Element> = sentences.map(|it| sentence("li", it)).collect();
    let section = if rest.is_empty() {
        section
    } else {
        section.add(element("ul").class("sentences").all(rest))
    };
    if report.doubts.is_empty() {
        return section;
    }
    section.add(
        element("aside")
            .class("doubts")
            .with("aria-labelledby", "doubts-h")
            .add(text("h2", "Before you trust this").with("id", "doubts-h"))
            .add(element("ul").all(report.doubts.iter().map(|doubt| text("li", doubt)))),
    )
}

/// A sentence with a glyph for its tone, and the tone in words for who cannot see it.
fn sentence(name: &'static str, it: &Sentence) -> Element {
    let (class, glyph, words) = match it.tone {
        Tone::Good => ("good", "\u{25b2}", "For edgepix: "),
        Tone::Bad => ("bad", "\u{25bc}", "Against edgepix: "),
        Tone::Neutral => ("neutral", "\u{25cf}", ""),
    };
    let glyph = text("span", glyph)
        .class("glyph")
        .with("aria-hidden", "true");
    let sentence = element(name).class(format!("tone {class}")).add(glyph);
    let sentence = if words.is_empty() {
        sentence
    } else {
        sentence.add(text("span", words).class("unseen"))
    };
    sentence.add(text("span", &it.text))
}

fn footer(about: &About) -> Element {
    let list = |items: &[String]| element("ul").all(items.iter().map(|item| text("li", item)));
    let mut footer = element("footer").add(text("h2", "Where the numbers come from"));
    footer = footer.add(text(
        "p",
        format!(
            "Run {}: {} starts and {} invocations, {}, commit {}, on {}.",
            about.run,
            count(about.starts),
            count(about.invocations),
            about.date,
            about.commit,
            about.machine
        ),
    ));
    for (heading, items) in [
        ("Measured", &about.artefacts),
        ("Assumed", &about.assumptions),
    ] {
        if !items.is_empty() {
            footer = footer.add(text("h3", heading)).add(list(items));
        }
    }
    footer
}
