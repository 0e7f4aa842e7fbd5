//! The names of derivatives: which an original's may have, and whose a name is. Only a name
//! that reads as a derivative of the original is ever given out.

use std::collections::HashSet;

use crate::{
    config::{Config, Dimension},
    dialect::{self, Dialect, Name},
    invalidation,
    key::Key,
};

/// Derivatives whose paths are invalidated unseen, at most.
const MOST_GUESSED: usize = 200;

/// The original that an object is a derivative of, if that is what its name says.
pub(super) fn original_of(key: &Key, config: &Config) -> Option<Key> {
    if folds(config)
        && let Some((original, question)) = key.as_str().rsplit_once("/~")
        && !question.contains('/')
    {
        return Key::new(original).ok();
    }
    // A name that asks wrongly is none that anything was stored under.
    Some(dialect::of_missing(key, config).ok()??.source)
}

/// Whether results of queries are stored, below their original's name.
pub(super) fn folds(config: &Config) -> bool {
    let dialects = &config.dialects;
    dialects.contains(&Dialect::Query) || dialects.contains(&Dialect::Native)
}

/// Whether `key` can have derivatives by `at`.
pub(super) fn takes_parameters(key: &Key, config: &Config) -> bool {
    let probe = Key::new(format!("{key}@1w")).ok();
    config.dialects.contains(&Dialect::At) && probe.is_some_and(|probe| is_of(&probe, key, config))
}

/// The derivatives by `variant` that there may be.
pub(super) fn variants(key: &Key, config: &Config) -> Vec<Key> {
    if !config.dialects.contains(&Dialect::Variant) {
        return vec![];
    }
    let name = Name::of(key.as_str());
    let named = config.variants.keys().filter_map(|variant| {
        let parts = [name.folder, name.stem, "-", variant, name.end];
        Key::new(parts.concat()).ok()
    });
    named.filter(|named| is_of(named, key, config)).collect()
}

/// Where in `key` a box can stand: what is before it and what is after.
pub(super) fn places(key: &Key) -> impl Iterator<Item = (&str, &str)> {
    let name = key.as_str();
    let slashes = name.match_indices('/').map(|(at, _)| at + 1);
    std::iter::once(0)
        .chain(slashes)
        .map(|at| name.split_at(at))
}

/// The derivatives by `path` that there may be at any place, of the sizes that are allowed.
pub(super) fn boxes(key: &Key, allowed: &[Dimension], config: &Config) -> Vec<Key> {
    boxes_at(places(key), key, allowed, config)
}

/// The same at some places.
fn boxes_at<'a>(
    places: impl IntoIterator<Item = (&'a str, &'a str)>,
    key: &Key,
    allowed: &[Dimension],
    config: &Config,
) -> Vec<Key> {
    let mut boxes = Vec::new();
    for (before, after) in places {
        for size in allowed {
            if size.width.is_some() && size.height.is_some() {
                let named = Key::new(format!("{before}{size}/{after}"));
                boxes.extend(named.ok().filter(|named| is_of(named, key, config)));
            }
        }
    }
    boxes
}

/// The derivatives that may be kept by CloudFront though no store has them: boxes where people
/// put them, right before the file and after the first folder, and variants.
fn guessed(key: &Key, config: &Config) -> Vec<Key> {
    let all: Vec<_> = places(key).collect();
    let mut usual: Vec<_> = all.last().into_iter().chain(all.get(1)).copied().collect();
    usual.dedup();
    let mut guessed = boxes_at(usual, key, &config.policy.dimensions, config);
    guessed.extend(variants(key, config));
    guessed
}

/// Whether `name` reads as a derivative of `key`.
pub(super) fn is_of(name: &Key, key: &Key, config: &Config) -> bool {
    original_of(name, config).as_ref() == Some(key)
}

/// What is to be invalidated after an original has changed.
pub(super) struct Paths {
    /// That much, each said once.
    pub(super) said: Vec<String>,
    /// How many derivatives that CloudFront may keep are not among them.
    pub(super) unsaid: usize,
}

/// What is to be invalidated after an original has changed and its derivatives are `gone`: all
/// that begins with the original's path, if questions may follow it, and derivatives of other
/// beginnings. CloudFront keeps these whether they are stored or not.
pub(super) fn paths(key: &Key, gone: &[Key], config: &Config) -> Paths {
    let follows = folds(config) || config.dialects.contains(&Dialect::At);
    let end = if follows { "*" } else { "" };
    let of_original = invalidation::paths_of(key);
    let is_covered = |path: &String| {
        follows
            && of_original
                .iter()
                .any(|original| path.starts_with(original))
    };
    let mut guessed = guessed(key, config);
    let unsaid = guessed.split_off(guessed.len().min(MOST_GUESSED));
    let mut known = HashSet::new();
    let derivatives = gone.iter().chain(&guessed);
    let derivatives = derivatives.filter(|derivative| known.insert(*derivative));
    let others = derivatives.flat_map(invalidation::paths_of);
    let others: Vec<String> = others.filter(|path| !is_covered(path)).collect();
    let of_original = of_original.iter().map(|path| format!("{path}{end}"));
    Paths {
        said: of_original.chain(others).collect(),
        unsaid: unsaid.iter().filter(|name| !gone.contains(name)).count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        Key::new(name).unwrap()
    }

    fn size(width: u32, height: impl Into<Option<u32>>) -> Dimension {
        Dimension {
            width: Some(width),
            height: height.into(),
        }
    }

    fn only(dialects: &[Dialect]) -> Config {
        Config {
            dialects: dialects.to_vec(),
            ..Config::default()
        }
    }

    #[test]
    fn a_derivatives_name_says_its_original() {
        let config = Config::default();
        for (name, original) in [
            ("a/photo.jpg@100w_80q.webp", Some("a/photo.jpg")),
            ("img/150x200/photo.jpg", Some("img/photo.jpg")),
            ("photo-md.jpg", Some("photo.jpg")),
            ("photo.jpg/~width=300&format=auto", Some("photo.jpg")),
            ("photo.jpg", None),
            ("photo.jpg@2x", None),
            ("~me/photo.jpg", None),
            ("a/~me/photo.jpg", None),
        ] {
            let found = original_of(&key(name), &config);
            assert_eq!(found.as_ref().map(Key::as_str), original, "{name}");
        }
    }

    #[test]
    fn names_of_dialects_that_are_not_spoken_are_names() {
        let config = only(&[Dialect::Path]);
        for name in ["photo.jpg@100w", "photo-md.jpg", "photo.jpg/~width=300"] {
            assert_eq!(original_of(&key(name), &config), None, "{name}");
        }
        assert_eq!(variants(&key("photo.jpg"), &config), []);
        assert!(!takes_parameters(&key("photo.jpg"), &config));
    }

    #[test]
    fn a_box_can_stand_before_every_folder_and_before_the_file() {
        let found = boxes(
            &key("img/a b/photo.jpg"),
            &[size(9, 7), size(8, None)],
            &Config::default(),
        );
        let expected = [
            "9x7/img/a b/photo.jpg",
            "img/9x7/a b/photo.jpg",
            "img/a b/9x7/photo.jpg",
        ];
        assert_eq!(found, expected.map(key));
    }

    #[test]
    fn a_box_after_a_folder_that_reads_as_one_is_none() {
        let found = boxes(&key("7x7/photo.jpg"), &[size(9, 7)], &Config::default());
        assert_eq!(found, [key("9x7/7x7/photo.jpg")]);
    }

    #[test]
    fn variants_stand_before_the_extension() {
        let found = variants(&key("a/photo.v2.jpg"), &Config::default());
        let expected = ["lg", "md", "sm", "xl"].map(|name| format!("a/photo.v2-{name}.jpg"));
        assert_eq!(found, expected.map(|name| key(&name)));
    }

    #[test]
    fn only_images_by_their_extension_take_parameters() {
        let config = Config::default();
        assert!(takes_parameters(&key("a.JPG"), &config));
        assert!(!takes_parameters(&key("a.css"), &config));
    }

    #[test]
    fn one_wildcard_covers_an_original_and_all_that_follows_its_name() {
        let gone = ["img/a.jpg@9w", "img/9x7/a.jpg", "img/a.jpg/~w=1"].map(key);
        assert_eq!(
            paths(
                &key("img/a.jpg"),
                &gone,
                &only(&[Dialect::At, Dialect::Query])
            )
            .said,
            ["/img/a.jpg*", "/img/9x7/a.jpg"]
        );
    }

    #[test]
    fn without_questions_after_a_name_no_wildcard_is_spent() {
        let config = only(&[Dialect::Path]);
        let gone = [key("img/9x7/a.jpg")];
        assert_eq!(
            paths(&key("img/a.jpg"), &gone, &config).said,
            ["/img/a.jpg", "/img/9x7/a.jpg"]
        );
    }

    #[test]
    fn boxes_and_variants_are_named_though_no_store_had_them() {
        let mut config = only(&[Dialect::Path, Dialect::Variant]);
        config.policy.dimensions = vec![size(9, 7), size(8, None)];
        config.variants.retain(|name, _| name == "md");
        let gone = [key("img/9x7/b/c/a.jpg"), key("9x7/img/b/c/a.jpg")];
        let found = paths(&key("img/b/c/a.jpg"), &gone, &config);
        assert_eq!(
            found.said,
            [
                "/img/b/c/a.jpg",
                "/img/9x7/b/c/a.jpg",
                "/9x7/img/b/c/a.jpg",
                "/img/b/c/9x7/a.jpg",
                "/img/b/c/a-md.jpg",
            ]
        );
        assert_eq!(found.unsaid, 0);
        let found = paths(&key("a.jpg"), &[], &config);
        assert_eq!(found.said, ["/a.jpg", "/9x7/a.jpg", "/a-md.jpg"]);
    }

    #[test]
    fn of_dialects_that_are_not_spoken_none_is_named() {
        let mut config = only(&[Dialect::At]);
        config.policy.dimensions = vec![size(9, 7)];
        assert_eq!(paths(&key("a.jpg"), &[], &config).said, ["/a.jpg*"]);
    }

    #[test]
    fn no_more_than_200_are_named_unseen() {
        let mut config = only(&[Dialect::Path]);
        config.policy.dimensions = (1..=150).map(|side| size(side, side)).collect();
        let gone = [key("img/150x150/b/a.jpg")];
        let found = paths(&key("img/b/a.jpg"), &gone, &config);
        assert_eq!((found.said.len(), found.unsaid), (1 + 1 + 200, 99));
        assert!(found.said.contains(&"/img/150x150/b/a.jpg".into()));
    }

    #[test]
    fn an_asterisk_in_a_name_is_no_wildcard() {
        let found = paths(&key("a*.jpg"), &[], &only(&[Dialect::At]));
        assert_eq!(found.said, ["/a%2A.jpg*"]);
    }
}
