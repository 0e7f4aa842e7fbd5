//! What becomes of requests before the cache: `edge/deploy/viewer-request.js` and the module
//! `viewer_request` are held to one table of cases, and to each other by questions of chance.
//!
//! The JavaScript runs in Node.js from `.ci/tools`. Without it the tests that need it say so on
//! standard error and pass, unless `REQUIRE_TOOLS=1`, as CI has it.

// What is not written in a build is no token: see `Accept::choice`.
#![cfg(all(feature = "libwebp", any(feature = "libaom", feature = "rav1e")))]

mod case;
mod chance;
mod javascript;

use std::{fs, path::Path};

use case::{Asked, cases};
use chance::Chance;
use edgepix::{
    config::Config,
    dialect::{Malformed, of_present},
    key::Key,
    viewer_request::{Folded, Folding, Viewer, fold, unfold},
};
use javascript::Javascript;

/// How many questions of chance are asked.
const QUESTIONS: usize = 4000;

fn function() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/viewer-request.js");
    fs::read_to_string(path).expect("it is there")
}

/// Questions of chance, the same on every run.
fn questions() -> Vec<Asked> {
    let mut chance = Chance::new(7);
    (0..QUESTIONS).map(|_| chance.asked()).collect()
}

#[test]
fn every_case_of_the_table_holds_in_rust() {
    let cases = cases();
    assert!(cases.len() >= 80, "{} cases", cases.len());
    for case in cases {
        assert_eq!(case.asked.folded(), case.gives, "{}", case.name);
    }
}

#[test]
fn every_case_of_the_table_holds_in_javascript() {
    let Some(javascript) = Javascript::new(&function()) else {
        return;
    };
    let cases = cases();
    let asked: Vec<_> = cases.iter().map(|case| case.asked.clone()).collect();
    let answers = javascript.fold(&asked);
    for (case, answer) in cases.iter().zip(answers) {
        assert_eq!(answer.of_the_query, case.gives, "{}", case.name);
        // The parts do not say whether there was an equals sign, which a signature is of.
        if !case.asked.folding.signed {
            let name = &case.name;
            assert_eq!(answer.of_the_parts, case.gives, "by parts: {name}");
        }
    }
}

#[test]
fn the_two_agree_on_questions_of_chance() {
    let Some(javascript) = Javascript::new(&function()) else {
        return;
    };
    let asked = questions();
    for (asked, answer) in asked.iter().zip(javascript.fold(&asked)) {
        let ours = asked.folded();
        assert_eq!(answer.of_the_query, ours, "{asked:?}");
        if !asked.folding.signed {
            assert_eq!(answer.of_the_parts, ours, "by parts: {asked:?}");
        }
    }
}

#[test]
fn the_functions_settings_are_those_of_the_usual_installation() {
    let Some(javascript) = Javascript::new(&function()) else {
        return;
    };
    let usual = case::to_json(&Folding::of(&Config::default()));
    assert_eq!(javascript.settings(), usual);
}

#[test]
fn what_is_folded_stays_as_it_is() {
    for asked in questions() {
        let once = asked.folded();
        let again = Asked {
            uri: once.uri.clone(),
            query: once.query.clone(),
            headers: asked.with_headers(&once),
            ..asked
        };
        assert_eq!(again.folded(), once, "{again:?}");
    }
}

/// What a query asks of an object, and of what is malformed the rule that it breaks.
fn question(key: &Key, query: &str, config: &Config) -> Result<Option<String>, String> {
    let rule = |malformed: Malformed| {
        let (_, rule) = malformed.reason.rsplit_once(": should ").expect("a rule");
        format!("{}: {rule}", malformed.dialect.name())
    };
    match of_present(key, query, config) {
        Ok(asked) => Ok(asked.map(|asked| format!("{asked:?}"))),
        Err(malformed) => Err(rule(malformed)),
    }
}

/// A request folded without headers, and an installation that speaks the same.
fn bare(asked: &Asked) -> (Folded, Config) {
    let viewer = Viewer {
        path: &asked.uri,
        query: &asked.query,
        ..Viewer::default()
    };
    let config = Config {
        dialects: asked.folding.dialects.clone(),
        ..Config::default()
    };
    (fold(&viewer, &asked.folding), config)
}

/// Whether a query has too many parameters to be read, and no signature that says otherwise.
fn is_dropped(asked: &Asked) -> bool {
    let mut pieces = asked.query.split('&');
    let is_signed = asked.folding.signed && pieces.clone().any(|piece| piece.starts_with("sig="));
    pieces.nth(50).is_some() && !is_signed
}

#[test]
fn what_is_too_long_asks_for_nothing_unless_it_is_signed() {
    let (mut dropped, mut passed) = (0, 0);
    for asked in questions() {
        let folded = asked.folded();
        if is_dropped(&asked) {
            assert_eq!(folded.query, "", "{asked:?}");
            dropped += 1;
        } else if asked.query.split('&').count() > 50 {
            assert_eq!(folded.query, asked.query, "{asked:?}");
            passed += 1;
        }
    }
    assert!(
        dropped > 50 && passed > 10,
        "{dropped} dropped, {passed} passed"
    );
}

#[test]
fn a_path_is_changed_only_where_it_is_not_signed() {
    let mut changed = 0;
    for asked in questions() {
        let stored = Folding {
            stored: false,
            ..asked.folding.clone()
        };
        let asked = Asked {
            folding: stored,
            ..asked
        };
        let path = asked.folded().uri;
        assert_eq!(
            Key::from_path(&path),
            Key::from_path(&asked.uri),
            "{asked:?}"
        );
        let is_signed = asked.folding.signed
            && asked
                .query
                .split('&')
                .any(|piece| piece.starts_with("sig="));
        assert!(!is_signed || path == asked.uri, "{asked:?}");
        changed += usize::from(path != asked.uri);
    }
    assert!(changed > 500, "{changed} changed");
}

#[test]
fn folding_changes_no_question() {
    let (mut right, mut wrong) = (0, 0);
    for asked in questions() {
        let key = Key::from_path(&asked.uri).expect("chance asks for keys");
        let (folded, config) = bare(&asked);
        let read = if is_dropped(&asked) { "" } else { &asked.query };
        let before = question(&key, read, &config);
        let new = Key::from_path(&folded.path).expect("it is a key");
        let after = if new == key {
            question(&key, &folded.query, &config)
        } else {
            assert_eq!(folded.query, "", "{asked:?}");
            let unfolded = unfold(&new, &asked.folding).expect("it is one of ours");
            assert_eq!(unfolded.source, key, "{asked:?}");
            question(&unfolded.source, &unfolded.query, &config)
        };
        assert_eq!(after, before, "{asked:?}");
        right += usize::from(matches!(before, Ok(Some(_))));
        wrong += usize::from(before.is_err());
    }
    // Chance must not have asked for nothing.
    assert!(right > 50 && wrong > 50, "{right} right, {wrong} wrong");
}

#[test]
fn a_question_has_one_key_and_no_other_is_read() {
    let folding = Folding::of(&Config::default());
    let read = |key: &str| {
        let unfolded = unfold(&Key::new(key).expect("a key"), &folding)?;
        let token = unfolded.token.map(edgepix_engine::Token::name);
        Some((unfolded.source.to_string(), unfolded.query, token))
    };
    let is = |source: &str, query: &str, token| Some((source.into(), query.into(), token));
    assert_eq!(read("a b.jpg/~width=3"), is("a b.jpg", "width=3", None));
    let automatic = read("a.jpg/~format=auto&width=3&accept=avif");
    assert_eq!(automatic, is("a.jpg", "format=auto&width=3", Some("avif")));
    let escaped = read("a/b.jpg/~background=!23fff");
    assert_eq!(escaped, is("a/b.jpg", "background=%23fff", None));
    for other in [
        "a.jpg",
        "~width=3",
        "a.jpg/~",
        "a.jpg/width=3",
        // Other spellings of what is read above.
        "a.jpg/~width=03",
        "a.jpg/~Width=3",
        "a.jpg/~width=3&format=auto&accept=avif",
        "a.jpg/~background=%23fff",
        "a.jpg/~background=#fff",
        "a.jpg/~background=!23FFF",
        "a.jpg/~width=3&v=1",
        "a.jpg/~width=3&",
        // A token where Accept has no say, none where it has, and what is none.
        "a.jpg/~width=3&accept=avif",
        "a.jpg/~format=auto&width=3",
        "a.jpg/~format=auto&width=3&accept=png",
        "a.jpg/~accept=avif",
        "a.jpg/~format=auto&accept=avif&accept=avif",
        // A result is no original.
        "a.jpg/~width=3/~width=3",
        "~width=3/~width=3",
    ] {
        assert_eq!(read(other), None, "{other}");
    }
}

#[test]
fn the_function_has_room_and_uses_what_its_runtime_documents() {
    let text = function();
    // AWS, "Quotas on CloudFront Functions": 10 KB.
    assert!(text.len() < 10_240, "{} bytes", text.len());
    let code: Vec<_> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let code = code.join("\n");
    // AWS, "JavaScript runtime 2.0 features for CloudFront Functions".
    const METHODS: [&str; 24] = [
        "every",
        "exec",
        "filter",
        "find",
        "forEach",
        "includes",
        "indexOf",
        "join",
        "keys",
        "lastIndexOf",
        "map",
        "match",
        "max",
        "push",
        "rawQueryString",
        "replace",
        "round",
        "slice",
        "some",
        "sort",
        "split",
        "test",
        "toLowerCase",
        "toUpperCase",
    ];
    let called = code.split('.').skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric())?;
        rest[end..].starts_with('(').then_some(&rest[..end])
    });
    let called: Vec<_> = called.filter(|name| !name.is_empty()).collect();
    assert!(called.len() > 20, "{called:?}");
    for name in called {
        let is_known = METHODS.contains(&name);
        assert!(is_known, "{name} is not known to be there");
    }
    // Words and signs of later editions that the page does not have.
    let mut words = code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    const LATER: [&str; 14] = [
        "of", "class", "import", "export", "async", "await", "yield", "super", "Map", "Set",
        "Symbol", "Proxy", "require", "eval",
    ];
    assert_eq!(words.find(|word| LATER.contains(word)), None);
    for sign in [
        "?.", "??", "...", "||=", "&&=", "**", "catch {", "(?<", "[^]", "const {", "const [",
        "let {", "let [", "/u.", "/s.", "/y.",
    ] {
        assert!(!code.contains(sign), "{sign}");
    }
}
