//! `/images/test-md.png`: system D's sizes by their names, at the end of the file's, where
//! that file is not there.

use std::collections::BTreeMap;

use edgepix_engine::{Enlarge, Request};

use crate::key::Key;

use super::{Asked, Dialect, Format, Larger, name::Name};

/// Reads a key by the widths of `variants`; `None` if it is not of this dialect.
pub(super) fn read(key: &Key, variants: &BTreeMap<String, u32>) -> Option<Asked> {
    let name = Name::of(key.as_str());
    // Of `large` and `extra-large`, the longer is meant.
    let (stem, variant, width) = variants
        .iter()
        .filter_map(|(variant, width)| Some((stem_before(name.stem, variant)?, variant, *width)))
        .min_by_key(|(stem, ..)| stem.len())?;
    let named = |stem: &str| Key::new([name.folder, stem, name.end].concat()).ok();
    let source = named(stem)?;
    let canonical = named(&format!("{stem}-{}", variant.to_ascii_lowercase()))?;
    Some(Asked {
        dialect: Dialect::Variant,
        source,
        request: Request {
            width: Some(width),
            enlarge: Enlarge::Never,
            ..Request::default()
        },
        format: Format::Unsaid,
        canonical: canonical.to_path(),
        larger: Larger::default(),
        unscaled_from: None,
        preset: None,
    })
}

/// What is before the hyphen and the variant's name at the end of a stem, if anything is.
fn stem_before<'a>(stem: &'a str, variant: &str) -> Option<&'a str> {
    let (before, end) = stem.split_at_checked(stem.len().checked_sub(variant.len())?)?;
    let before = before.strip_suffix('-')?;
    let is_it = !variant.is_empty() && end.eq_ignore_ascii_case(variant);
    (is_it && !before.is_empty()).then_some(before)
}

#[cfg(test)]
mod tests {
    use crate::{config::Config, dialect::of_missing};

    use super::*;

    fn by(name: &str, config: &Config) -> Option<Asked> {
        let key = Key::new(name).expect("a key");
        of_missing(&key, config).expect("well formed")
    }

    fn of(name: &str) -> Option<Asked> {
        by(name, &Config::default())
    }

    #[test]
    fn a_name_at_the_end_of_the_stem_is_a_width() {
        for (variant, width) in [("sm", 320), ("md", 640), ("lg", 1024), ("xl", 1920)] {
            let asked = of(&format!("images/test-{variant}.png")).expect("a variant");
            let wanted = Request {
                width: Some(width),
                enlarge: Enlarge::Never,
                ..Request::default()
            };
            assert_eq!(asked.request, wanted, "{variant}");
            assert_eq!(asked.dialect, Dialect::Variant);
            assert_eq!(asked.format, Format::Unsaid);
            assert_eq!(asked.source.as_str(), "images/test.png");
        }
    }

    #[test]
    fn a_variant_needs_no_extension() {
        let asked = of("photo-md").expect("a variant");
        assert_eq!(asked.source.as_str(), "photo");
    }

    #[test]
    fn a_variants_name_folds_case_and_the_key_does_not() {
        let asked = of("Images/Test-MD.PNG").expect("a variant");
        assert_eq!(asked.source.as_str(), "Images/Test.PNG");
        assert_eq!(asked.canonical, "/Images/Test-md.PNG");
    }

    #[test]
    fn an_unknown_variant_is_a_name_like_any_other() {
        for name in [
            "images/test-xxl.png",
            "images/testmd.png",
            "images/test_md.png",
            "images/test-md-2.png",
            "images/test.png-md/a.png",
            "images/test-é.png",
        ] {
            assert_eq!(of(name), None, "{name}");
        }
    }

    #[test]
    fn a_variant_is_of_something() {
        for name in ["-md.png", "images/-md.png", "-md", ".-md", "..-md"] {
            assert_eq!(of(name), None, "{name}");
        }
        let twice = of("test-md-sm.png").expect("a variant");
        assert_eq!(twice.source.as_str(), "test-md.png");
    }

    #[test]
    fn variants_are_those_of_the_configuration() {
        let widths = [("large", 1000), ("extra-large", 3000), ("", 7)];
        let config = Config {
            variants: widths.map(|(name, width)| (name.to_owned(), width)).into(),
            ..Config::default()
        };
        let width = |name| by(name, &config).and_then(|asked| asked.request.width);
        assert_eq!(width("test-large.png"), Some(1000));
        assert_eq!(width("test-extra-large.png"), Some(3000));
        assert_eq!(width("extra-large.png"), Some(1000));
        assert_eq!(width("test-md.png"), None);
        assert_eq!(width("test-.png"), None);
    }
}
