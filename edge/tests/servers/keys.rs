//! Keys that stores are known to trip over, the same in every run.

use edgepix::key::Key;
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner},
};

/// Calls `check` with 64 keys. Each is under a folder of its own, since no folder can have
/// a file and a folder of the same name.
pub(crate) fn for_awkward_keys(check: impl Fn(&Key)) {
    let character = prop_oneof![
        prop::sample::select(
            " +%~@:&=?#;,!'()*$[]{}|^`\"<>\\.-_aZ9éßλ日本🙂e\u{301}"
                .chars()
                .collect::<Vec<_>>()
        ),
        any::<char>(),
    ];
    let segment = prop::collection::vec(character, 1..8);
    let segment = segment.prop_map(|characters| characters.into_iter().collect::<String>());
    let name = prop::collection::vec(segment, 1..4).prop_map(|segments| segments.join("/"));
    let key = (0..u32::MAX, name).prop_filter_map("it is no key", |(number, name)| {
        Key::new(format!("{number}/{name}")).ok()
    });
    let config = Config {
        cases: 64,
        failure_persistence: None,
        ..Config::default()
    };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let result = TestRunner::new_with_rng(config, random).run(&key, |key| {
        check(&key);
        Ok(())
    });
    if let Err(TestError::Fail(why, key)) = result {
        panic!("{key}: {why}");
    }
    result.unwrap();
    for name in [
        "%2e%2e/a", "a%2fb", "C|/a", "C:/a", "..a/b..", "a#1b", "a%", "+", "a b+c", "~",
    ] {
        check(&Key::new(format!("named/{}/{name}", name.len())).unwrap());
    }
}
