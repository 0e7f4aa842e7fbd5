//! What is signed, and that nothing else passes.

use std::{slice, time::Duration};

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::RngSeed,
};

use super::*;
use crate::{
    dialect::{Asked, of_present},
    key::Key,
};

/// A moment of 2025.
const NOW: u64 = 1_750_000_000;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn key(name: &str, secret: &str) -> SigningKey {
    SigningKey {
        name: name.into(),
        secret: secret.into(),
    }
}

fn with_keys(keys: &[SigningKey]) -> Config {
    Config {
        signing_keys: keys.to_vec(),
        ..Config::default()
    }
}

/// Two keys, as while one takes the other's place.
fn old_and_new() -> [SigningKey; 2] {
    [
        key("old", "correct-horse-battery"),
        key("new", "staple-correct-horse"),
    ]
}

fn check(path: &str, query: &str, config: &Config) -> Result<(), String> {
    check_signature(Url { path, query }, config, at(NOW)).map_err(|why| why.to_string())
}

/// The query with its signature by a key.
fn signed(path: &str, query: &str, key: &SigningKey) -> String {
    let signature = sign(Url { path, query }, key);
    let mark = if query.is_empty() { "" } else { "&" };
    format!("{query}{mark}sig={signature}")
}

const WRONG: &str = "the signature is not one of this URL";

#[test]
fn the_documents_example_is_signed_as_it_says() {
    let document = include_str!("../../../docs/policy.md");
    let path = "/photos/caf%C3%A9.jpg";
    let query = "width=300&format=auto&expires=1893456000";
    let key = key("web", "correct-horse-battery-staple");
    let signed = signed(path, query, &key);
    let vector = "web.bnbYub2pT7HecAlUWn9F7zg9hOHzpTCeaSe-pFNhNKQ";
    assert_eq!(signed, format!("{query}&sig={vector}"));
    for told in [&*key.secret, &format!("{path}?{query}"), vector] {
        assert!(document.contains(told), "{told}");
    }
    assert_eq!(check(path, &signed, &with_keys(&[key])), Ok(()));
}

#[test]
fn each_key_signs_until_it_is_taken_away() {
    let keys = old_and_new();
    let both = with_keys(&keys);
    for key in &keys {
        let query = signed("/a.jpg", "w=9", key);
        assert_eq!(check("/a.jpg", &query, &both), Ok(()));
        assert_eq!(
            check("/a.jpg", &query, &with_keys(slice::from_ref(key))),
            Ok(())
        );
    }
    let of_old = signed("/a.jpg", "w=9", &keys[0]);
    let only_new = with_keys(&keys[1..]);
    assert_eq!(check("/a.jpg", &of_old, &only_new), Err(WRONG.into()));
}

#[test]
fn a_name_that_is_not_known_and_a_signature_that_is_not_right_are_refused_alike() {
    let keys = old_and_new();
    let config = with_keys(&keys);
    let query = signed("/a.jpg", "w=9", &keys[0]);
    for other in [
        query.replace("sig=old.", "sig=new."),
        query.replace("sig=old.", "sig=older."),
        query.replace("sig=old.", "sig=OLD."),
        query.replace("sig=old.", "sig=."),
        query.replace("w=9", "w=8"),
        // What begins with the right bytes is no signature of full length.
        format!("{}AAAA", query),
        query[..query.len() - 3].to_owned(),
        "w=9&sig=old.".to_owned(),
    ] {
        assert_eq!(
            check("/a.jpg", &other, &config),
            Err(WRONG.into()),
            "{other}"
        );
    }
    assert_eq!(check("/b.jpg", &query, &config), Err(WRONG.into()));
}

#[test]
fn what_is_no_signature_says_what_it_should_be() {
    let keys = old_and_new();
    let config = with_keys(&keys);
    let query = signed("/a.jpg", "w=9", &keys[0]);
    let form = "sig: should be NAME.SIGNATURE, in base64url without padding";
    let unsigned = "the URL should be signed";
    for (query, why) in [
        (String::new(), unsigned),
        ("w=9".into(), unsigned),
        ("w=9&sig".into(), unsigned),
        (query.replace("sig=", "Sig="), unsigned),
        (query.replace("sig=", "%73ig="), unsigned),
        ("w=9&sig=".into(), form),
        ("w=9&sig=old".into(), form),
        (format!("{query}="), form),
        (query.replace("sig=old.", "sig=old.+"), form),
        (query.replace("sig=old.", "sig=old.%"), form),
        (format!("{query}&sig=a"), "sig: should be given once"),
        (
            format!("&{query}"),
            "a signed URL should have no empty parameter",
        ),
    ] {
        assert_eq!(check("/a.jpg", &query, &config), Err(why.into()), "{query}");
    }
}

#[test]
fn a_url_holds_until_the_second_in_which_it_expires() {
    let [key, _] = old_and_new();
    let config = with_keys(slice::from_ref(&key));
    let query = signed("/a.jpg", &format!("w=9&expires={NOW}"), &key);
    let url = Url {
        path: "/a.jpg",
        query: &query,
    };
    assert_eq!(check_signature(url, &config, at(NOW - 1)), Ok(()));
    assert_eq!(seconds_left(url, &config, at(NOW - 1)), Some(1));
    let expired = Forbidden::new("the URL has expired");
    for now in [NOW, NOW + 1, u64::from(u32::MAX)] {
        assert_eq!(check_signature(url, &config, at(now)), Err(expired.clone()));
    }
    // A clock that was never set is before the end of all.
    let before = UNIX_EPOCH - Duration::from_secs(1);
    assert_eq!(check_signature(url, &config, before), Ok(()));
}

#[test]
fn an_end_is_one_however_it_is_spelled() {
    let [key, _] = old_and_new();
    let config = with_keys(slice::from_ref(&key));
    let checked = |query: &str| check("/a.jpg", &signed("/a.jpg", query, &key), &config);
    for name in ["expires", "Expires", "EXPIRES", "e%78pires"] {
        let expired = Err("the URL has expired".to_owned());
        assert_eq!(checked(&format!("{name}=1&w=9")), expired, "{name}");
        assert_eq!(
            checked(&format!("{name}={}&w=9", NOW + 1)),
            Ok(()),
            "{name}"
        );
    }
    let rule = "expires: should be given once, in seconds since 1970";
    for query in [
        "expires",
        "expires=",
        "expires=+9999999999",
        "expires=9999999999.5",
        "expires=2099-01-01",
        "expires=99999999999999999999",
        "expires=9999999999&expires=9999999999",
        "expires=9999999999&Expires=1",
    ] {
        assert_eq!(checked(query), Err(rule.into()), "{query}");
    }
    assert_eq!(checked(&format!("expires={}", u64::MAX)), Ok(()));
}

#[test]
fn without_keys_nothing_need_be_signed_and_nothing_expires() {
    let config = Config::default();
    for query in ["", "w=9", "w=9&sig=old.", "w=9&expires=1&sig=&sig="] {
        assert_eq!(check("/a.jpg", query, &config), Ok(()), "{query}");
        let url = Url {
            path: "/a.jpg",
            query,
        };
        assert_eq!(seconds_left(url, &config, at(NOW)), None);
    }
}

#[test]
fn a_signature_asks_for_nothing_and_changes_nothing_that_is_asked() {
    let of = |query: &str| -> Option<Asked> {
        let key = Key::new("a.jpg").expect("a key");
        of_present(&key, query, &Config::default()).expect("well formed")
    };
    for query in ["w=300&h=200", "width=300&fit=cover", "utm_source=x"] {
        let signed = format!("expires=1&{query}&sig=old.abc");
        assert_eq!(of(&signed), of(query), "{query}");
    }
    assert_eq!(of("expires=1&sig=old.abc"), None);
}

/// The same cases on every run.
fn cases() -> ProptestConfig {
    ProptestConfig {
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::with_cases(2000)
    }
}

/// A path as it is sent, of any dialect.
fn path() -> impl Strategy<Value = String> {
    prop_oneof![
        "(/[a-zA-Z0-9._~%@+-]{1,8}){1,3}",
        select(
            &[
                "/a.jpg",
                "/a.jpg@300w_2e.webp",
                "/img/300x200/a.jpg",
                "/a-md.png"
            ][..]
        )
        .prop_map(str::to_owned),
    ]
}

/// Parameters as they are sent, in any order; one may say when they expire.
fn parameters() -> impl Strategy<Value = Vec<String>> {
    let any = "[a-zA-Z0-9._~%,=:+-]{1,9}".prop_filter("it is another's", |pair: &String| {
        of_parameter(pair).is_none() && of_expiry(pair).is_none()
    });
    let known = select(&["w=300", "h=200", "width=300", "fit=cover", "format=auto"][..]);
    let other = prop_oneof![any, known.prop_map(str::to_owned)];
    let end = proptest::option::of(NOW + 1..NOW + 1_000_000);
    (vec(other, 0..5), end)
        .prop_map(|(mut parameters, end)| {
            parameters.extend(end.map(|end| format!("expires={end}")));
            parameters
        })
        .prop_shuffle()
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn what_is_signed_passes_in_any_order(
        path in path(),
        (one, other) in parameters().prop_flat_map(|one| (Just(one.clone()), Just(one).prop_shuffle())),
        place in any::<Index>(),
        which in 0..2_usize,
    ) {
        let keys = old_and_new();
        let signature = sign(Url { path: &path, query: &one.join("&") }, &keys[which]);
        let mut other = other;
        other.insert(place.index(other.len() + 1), format!("sig={signature}"));
        prop_assert_eq!(check(&path, &other.join("&"), &with_keys(&keys)), Ok(()));
    }
}

proptest! {
    // Few URLs, and every change of each.
    #![proptest_config(ProptestConfig { cases: 20, ..cases() })]

    #[test]
    fn no_character_can_be_changed_added_or_taken_away(path in path(), parameters in parameters()) {
        let keys = old_and_new();
        let config = with_keys(&keys);
        let query = signed(&path, &parameters.join("&"), &keys[0]);
        let url = format!("{path}?{query}");
        for place in 0..url.len() {
            let (before, after) = (&url[..place], &url[place + 1..]);
            let others = (b'!'..=b'~').map(char::from).map(String::from);
            let changed = others.flat_map(|other| {
                let added = format!("{before}{other}{}", &url[place..]);
                [format!("{before}{other}{after}"), added]
            });
            for other in changed.chain([format!("{before}{after}")]) {
                let (path, query) = other.split_once('?').unwrap_or((&other, ""));
                let passes = check(path, query, &config).is_ok();
                prop_assert_eq!(passes, other == url, "{}", other);
            }
        }
        for other in (b'!'..=b'~').map(char::from) {
            let query = format!("{query}{other}");
            prop_assert!(check(&path, &query, &config).is_err(), "{}", query);
        }
    }
}
