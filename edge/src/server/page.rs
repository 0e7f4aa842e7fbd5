//! The page at `/`: one answer with everything in it, and a policy that lets nothing else
//! in. What it shows of keys and answers it sets as text, never as HTML.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use super::answer::Answer;

const HTML: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/page.js");

/// The page, as it goes out.
#[derive(Debug)]
pub(super) struct Page(Answer);

impl Page {
    pub(super) fn new() -> Self {
        let html = HTML
            .replace("/*style*/", STYLE)
            .replace("/*script*/", SCRIPT);
        // CSP 3, 8.4: what is between the tags, to the byte, by its hash.
        let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
        let policy = format!(
            "default-src 'none'; script-src {}; style-src {}; img-src 'self' blob: data:; \
             connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            hash(SCRIPT),
            hash(STYLE)
        );
        let mut answer = Answer::text(StatusCode::OK, "");
        answer.body = Bytes::from(html);
        let media_type = HeaderValue::from_static("text/html; charset=utf-8");
        answer.headers.insert(header::CONTENT_TYPE, media_type);
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            answer
                .headers
                .insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        let referrer = HeaderValue::from_static("no-referrer");
        answer.headers.insert(header::REFERRER_POLICY, referrer);
        Self(answer)
    }

    pub(super) fn answer(&self) -> Answer {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_asks_nobody_else_for_anything() {
        let page = Page::new().answer();
        let text = std::str::from_utf8(&page.body).expect("it is text");
        for outside in ["http://", "https://", "//cdn", "@import", "url("] {
            assert!(!text.contains(outside), "{outside}");
        }
    }

    #[test]
    fn the_page_makes_no_html_of_what_it_is_told() {
        for way in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
        ] {
            assert!(!SCRIPT.contains(way), "{way}");
        }
    }

    #[test]
    fn script_and_style_are_what_the_policy_hashes() {
        let page = Page::new().answer();
        let text = std::str::from_utf8(&page.body).expect("it is text");
        for (tag, source) in [("script", SCRIPT), ("style", STYLE)] {
            let whole = format!("<{tag}>{source}</{tag}>");
            assert!(text.contains(&whole), "{tag}");
            assert!(!source.contains(&format!("</{tag}")), "{tag}");
        }
        let policy = &page.headers[header::CONTENT_SECURITY_POLICY];
        assert!(!policy.to_str().expect("it is text").contains("unsafe"));
    }
}
