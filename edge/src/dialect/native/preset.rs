//! Presets: words of the configuration that a URL asks for by one name.

use std::collections::BTreeMap;

use crate::dialect::{Malformed, pairs::Pairs};

use super::{DIALECT, Said};

/// The word that stands for a preset's.
const PRESET: &str = "preset";

/// The preset that a query names, and its words; `None` if it names none.
pub(super) fn named<'a>(
    pairs: &Pairs<'_>,
    presets: &'a BTreeMap<String, String>,
) -> Result<Option<(&'a str, Pairs<'a>)>, Malformed> {
    pairs.get(DIALECT, &[PRESET], |name| {
        let found = presets.get_key_value(name);
        found
            .map(|(name, query)| (name.as_str(), Pairs::of(query)))
            .ok_or("be a preset of this installation")
    })
}

/// Whether a query can be a preset.
pub(in crate::dialect) fn check(query: &str) -> Result<(), Malformed> {
    let malformed = |said: &str, should: &str| Err(Malformed::new(DIALECT, said, should));
    let pairs = Pairs::of(query);
    pairs.check_names(DIALECT)?;
    if pairs.has(PRESET) {
        return malformed(PRESET, "not be in a preset");
    }
    // A word that nobody knows may be another's in a URL; here it is a slip.
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        if let Ok(Said { any: false, .. }) = Said::of(&[&Pairs::of(pair)]) {
            return malformed(pair, "be a word of native with its value");
        }
    }
    match Said::of(&[&pairs])?.any {
        true => Ok(()),
        false => malformed(query, "ask for something"),
    }
}

#[cfg(test)]
mod tests {
    use edgepix_engine::{Fit, OutputFormat};

    use crate::{
        config::Config,
        dialect::{Asked, Dialect, Format, of_present},
        key::Key,
    };

    use super::*;

    fn of(query: &str) -> Result<Option<Asked>, String> {
        let presets = [
            ("thumb", "width=150&height=100&fit=cover&format=webp"),
            ("plain", "percent=100"),
        ];
        let config = Config {
            presets: presets
                .map(|(name, query)| (name.to_owned(), query.to_owned()))
                .into(),
            ..Config::default()
        };
        let key = Key::new("a.png").expect("a key");
        of_present(&key, query, &config).map_err(|malformed| malformed.reason)
    }

    fn asked(query: &str) -> Asked {
        let asked = of(query).expect("well formed");
        asked.expect("something is asked")
    }

    #[test]
    fn a_preset_stands_for_its_words() {
        let preset = asked("preset=thumb&utm_source=x");
        let words = asked("width=150&height=100&fit=cover&format=webp");
        assert_eq!(preset.request, words.request);
        assert_eq!(preset.format, words.format);
        assert_eq!(preset.dialect, Dialect::Native);
        assert_eq!(preset.canonical, "/a.png?preset=thumb");
        assert_eq!(preset.identity(), words.canonical);
        assert_eq!(
            preset.preset.map(|preset| preset.name),
            Some("thumb".into())
        );
        assert_eq!(words.preset, None);
    }

    #[test]
    fn what_is_said_beside_a_preset_goes_before_it_even_if_it_is_the_default() {
        let asked = asked("fit=inside&preset=Thumb&format=png&quality=7");
        assert_eq!(asked.request.fit, Fit::Inside);
        assert_eq!(asked.request.width, Some(150));
        assert_eq!(asked.format, Format::Is(OutputFormat::Png));
        let canonical = "/a.png?fit=inside&format=png&preset=thumb&quality=7";
        assert_eq!(asked.canonical, canonical);
        let own = asked.preset.expect("it is one").request;
        assert_eq!((own.fit, own.quality), (Fit::Cover, None));
    }

    #[test]
    fn what_a_preset_says_anyway_makes_no_other_question() {
        assert_eq!(asked("preset=thumb&width=0150"), asked("preset=thumb"));
    }

    #[test]
    fn a_preset_of_defaults_asks_all_the_same() {
        assert_eq!(asked("preset=plain").canonical, "/a.png?preset=plain");
    }

    #[test]
    fn a_preset_is_no_letters_but_a_side_in_letters_is() {
        assert_eq!(asked("preset=thumb&q=7").request.width, Some(150));
        assert_eq!(asked("preset=thumb&w=9").dialect, Dialect::Query);
    }

    #[test]
    fn a_preset_that_is_not_known_is_malformed_and_says_so() {
        let should = "should be a preset of this installation";
        for name in ["thumbs", "", "width%3D9"] {
            let reason = of(&format!("width=9&preset={name}")).expect_err(name);
            assert!(reason.ends_with(should), "{reason}");
        }
        let twice = of("preset=thumb&preset=thumb");
        assert_eq!(twice, Err("preset: should be given once".into()));
    }

    #[test]
    fn a_preset_can_only_be_words_that_are_said_rightly() {
        assert_eq!(
            check("width=150&Max-Bytes=64KB&quality=7&native_quality=true"),
            Ok(())
        );
        for (query, reason) in [
            (
                "width=0",
                "width=0: should be a whole number of pixels, 1 to 65535",
            ),
            (
                "widht=9&fit=cover",
                "widht=9: should be a word of native with its value",
            ),
            ("w=9", "w=9: should be a word of native with its value"),
            ("width=9&preset=a", "preset: should not be in a preset"),
            ("width=9&width=9", "width: should be given once"),
            ("&", "&: should ask for something"),
            (
                "native_quality=true",
                "native_quality=true: should come with a quality, which it is about",
            ),
        ] {
            let wrong = check(query).map_err(|malformed| malformed.reason);
            assert_eq!(wrong, Err(reason.into()), "{query}");
        }
    }
}
