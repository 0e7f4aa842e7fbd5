//! URLs as `edgepix sign` signs them, and those that it does not.

use std::{
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::run::Folder;

const CONFIG: &str = "\
[presets]
thumb = \"width=150&height=150&fit=cover\"
[signing]
keys = [\"web:correct-horse-battery-staple\", \"app:5up3r-53cr3t-0123456789\"]
[policy]
types = [\".jpg\"]
";

fn folder(test: &str) -> Folder {
    Folder::new(test).with("a.toml", CONFIG)
}

/// What follows the URL in every command line here.
const WEB: &str = "--key web --config a.toml";

#[test]
fn a_url_is_signed_as_the_document_says() {
    let run = folder("sign").run(&format!(
        "sign /photos/caf%C3%A9.jpg?width=300&format=auto&expires=1893456000 {WEB}"
    ));
    run.succeeds();
    assert_eq!(
        run.stdout(),
        "/photos/caf%C3%A9.jpg?width=300&format=auto&expires=1893456000\
         &sig=web.bnbYub2pT7HecAlUWn9F7zg9hOHzpTCeaSe-pFNhNKQ\n"
    );
    assert_eq!(run.stderr(), "");
}

#[test]
fn what_is_before_the_path_is_left_as_it_is_and_not_signed() {
    let folder = folder("sign-host");
    let signed = |url: &str| {
        let run = folder.run(&format!("sign {url} {WEB}"));
        run.succeeds();
        run.stdout()
    };
    let path = signed("/a-md.jpg");
    assert!(path.starts_with("/a-md.jpg?sig=web."), "{path}");
    let whole = signed("https://img.example.com:8443/a-md.jpg");
    assert_eq!(whole, format!("https://img.example.com:8443{path}"));
}

#[test]
fn an_end_is_counted_from_now() {
    let now = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.expect("it is after 1970").as_secs()
    };
    let before = now();
    let run = folder("sign-expires").run(&format!("sign /a.jpg?preset=thumb --expires 7d {WEB}"));
    run.succeeds();
    let url = run.stdout();
    let (_, after) = url.split_once("preset=thumb&expires=").expect(&url);
    let (end, _) = after.split_once("&sig=web.").expect(&url);
    let end: u64 = end.parse().expect(&url);
    let lifetime = 7 * 86_400;
    assert!(
        (before + lifetime..=now() + lifetime).contains(&end),
        "{url}"
    );
}

#[test]
fn what_would_be_refused_is_not_signed() {
    let folder = folder("sign-refused");
    for (url, why) in [
        ("/a.jpg?w=0", "query: w=0: should be 1 to 65535"),
        (
            "/a.jpg?preset=thumbs",
            "should be a preset of this installation",
        ),
        ("/a.jpg@0w", "at: w=0: should be 1 to 4096"),
        (
            "/a.png?w=9",
            "the original: should have an extension that is allowed",
        ),
        ("/a.jpg?w=9&expires=1", "the URL has expired"),
        (
            "/a.jpg?w=9&expires=soon",
            "expires: should be given once, in seconds since 1970",
        ),
        ("/a.jpg?w=9&", "a signed URL should have no empty parameter"),
    ] {
        let run = folder.run(&format!("sign {url} {WEB}"));
        run.says(1, &[url, why]);
        assert_eq!(run.stdout(), "", "{url}");
    }
}

#[test]
fn what_asks_for_nothing_is_signed_and_said_to() {
    let run = folder("sign-original").run(&format!("sign /a.jpg?widht=300 {WEB}"));
    run.says(0, &["/a.jpg: this asks for nothing but the original"]);
    assert!(run.stdout().starts_with("/a.jpg?widht=300&sig=web."));
}

#[test]
fn a_url_that_nobody_sends_is_refused() {
    let folder = folder("sign-url");
    for (url, why) in [
        (
            "photo.jpg?w=9",
            "it must be https://HOST/PATH, or begin with the slash",
        ),
        ("https://img.example.com", "it must be https://HOST/PATH"),
        ("/?w=9", "the path names no object: it is empty"),
        ("/a//b.jpg?w=9", "it has an empty segment"),
        (
            "/é.jpg?w=9",
            "'é' must be percent-encoded, as it will be sent",
        ),
        ("/a.jpg?background={}", "'{' must be percent-encoded"),
        (
            "/a.jpg?w=9#top",
            "it must end before its #, which is never sent",
        ),
        ("/a.jpg?w=9&sig=web.x", "it is signed already"),
    ] {
        let run = folder.run(&format!("sign {url} {WEB}"));
        run.says(2, &[url, why]);
        assert_eq!(run.stdout(), "", "{url}");
    }
    folder
        .run(&format!(
            "sign /a.jpg?w=9&expires=9999999999 --expires 1h {WEB}"
        ))
        .says(2, &["--expires: the URL says already when it expires"]);
    folder
        .run(&format!("sign /a.jpg?w=9 --expires 7w {WEB}"))
        .says(2, &["must be a whole number of s, m, h or d"]);
}

#[test]
fn a_key_is_one_of_the_configurations() {
    let folder = folder("sign-key").with("none.toml", "quality = 70");
    folder
        .run("sign /a.jpg?w=9 --key wbe --config a.toml")
        .says(
            2,
            &["--key wbe: signing.keys of the configuration has web, app"],
        );
    folder
        .run("sign /a.jpg?w=9 --key web --config none.toml")
        .says(
            2,
            &["--key web: signing.keys of the configuration has none"],
        );
    folder.run("sign /a.jpg?w=9").says(2, &["--key <NAME>"]);
}

#[test]
fn a_configuration_that_is_not_good_is_told_without_its_secrets() {
    let folder = Folder::new("sign-config").with("a.toml", "signing.keys = ['web:5up3r 53cr3t']");
    let run = folder.run(&format!("sign /a.jpg?w=9 {WEB}"));
    run.says(1, &["edgepix: a.toml:1: signing.keys must be NAME:SECRET"]);
    assert!(!run.stderr().contains("5up3r"), "{}", run.stderr());
}

#[test]
fn no_secret_is_printed_with_the_configuration() {
    let folder = folder("sign-shown");
    let printed = folder.run("config --config a.toml");
    printed.succeeds();
    let line = "keys = [\"web:...\", \"app:...\"]  # a.toml:4";
    let text = printed.stdout();
    assert!(text.lines().any(|printed| printed == line), "{text}");
    assert!(
        !text.contains("5up3r") && !text.contains("correct-horse"),
        "{text}"
    );
    // What is pasted back is refused, and says what is missing.
    let again = folder
        .with("b.toml", text)
        .run("config --check --config b.toml");
    again.says(
        1,
        &["must be NAME:SECRET with the secret in place of the ..."],
    );
}

#[test]
fn a_key_may_be_of_the_environment() {
    let ran = Command::new(env!("CARGO_BIN_EXE_edgepix"))
        .args(["sign", "/a.jpg?w=9", "--key", "env"])
        .env("EDGEPIX_SIGNING_KEYS", "env:0123456789abcdef")
        .output()
        .expect("the binary was built");
    let url = String::from_utf8(ran.stdout).expect("it is UTF-8");
    assert!(url.starts_with("/a.jpg?w=9&sig=env."), "{url}");
}
