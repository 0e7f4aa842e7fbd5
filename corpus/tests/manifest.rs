//! The manifest and the folder agree, and every image says why it is there.

use std::collections::BTreeSet;
use std::fs;

use edgepix_corpus::manifest::{Entry, Kind, Manifest};
use edgepix_corpus::{folder, header, make, path, sha256};

/// Limit on all committed images together, strict.
const MOST_COMMITTED_BYTES: u64 = 5_000_000;

/// Licences that allow what the corpus does: use, and change, with the author named.
const LICENCES: [&str; 6] = [
    "MIT OR Apache-2.0",
    "CC0-1.0",
    "CC-BY-4.0",
    "CC-BY-SA-3.0",
    "CC-BY-SA-4.0",
    "BSD-3-Clause",
];

fn committed(manifest: &Manifest) -> impl Iterator<Item = &Entry> {
    manifest
        .entries
        .iter()
        .filter(|entry| matches!(entry.kind, Kind::Committed { .. }))
}

#[test]
fn committed_files_are_what_the_manifest_says() {
    for entry in committed(&Manifest::embedded()) {
        let file = fs::read(path(entry)).expect(&entry.name);
        assert_eq!(sha256(&file), entry.sha256, "{}", entry.name);
        assert_eq!(file.len() as u64, entry.bytes, "{}", entry.name);
        assert_eq!(
            header(&file).expect(&entry.name),
            (entry.format, entry.width, entry.height),
            "{}",
            entry.name
        );
    }
}

#[test]
fn every_committed_file_is_in_the_manifest() {
    let manifest = Manifest::embedded();
    let listed: BTreeSet<_> = committed(&manifest).map(path).collect();
    let images = fs::read_dir(folder().join("images")).expect("the folder is committed");
    let there: BTreeSet<_> = images
        .map(|file| file.expect("a readable folder").path())
        .collect();
    assert_eq!(there, listed);
}

#[test]
fn committed_files_stay_small_together() {
    let total: u64 = committed(&Manifest::embedded())
        .map(|entry| entry.bytes)
        .sum();
    assert!(total < MOST_COMMITTED_BYTES, "{total} bytes");
}

#[test]
fn nothing_fetched_is_committed() {
    for entry in committed(&Manifest::embedded()) {
        assert_eq!(entry.licence, "MIT OR Apache-2.0", "{}", entry.name);
    }
}

#[test]
fn every_licence_is_stated_and_allows_the_use() {
    for entry in Manifest::embedded().entries {
        assert!(
            LICENCES.contains(&entry.licence.as_str()),
            "{}: {:?}",
            entry.name,
            entry.licence
        );
        assert!(!entry.credit.is_empty(), "{} names nobody", entry.name);
    }
}

#[test]
fn what_is_transcoded_keeps_licence_and_credit() {
    let manifest = Manifest::embedded();
    for entry in &manifest.entries {
        let Kind::Transcoded(recipe) = &entry.kind else {
            continue;
        };
        let original = manifest.entry(&recipe.from).expect(&recipe.from);
        assert_eq!(entry.licence, original.licence, "{}", entry.name);
        assert_eq!(entry.credit, original.credit, "{}", entry.name);
    }
}

#[test]
fn every_image_has_a_reason_of_its_own() {
    let manifest = Manifest::embedded();
    let reasons: BTreeSet<_> = manifest
        .entries
        .iter()
        .map(|entry| entry.reason.as_str())
        .collect();
    assert_eq!(reasons.len(), manifest.entries.len());
    assert!(reasons.iter().all(|reason| reason.len() > 10));
}

#[test]
fn every_hash_is_recorded() {
    let is_hash = |text: &str| {
        text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let manifest = Manifest::embedded();
    let hashes = manifest.entries.iter().map(|entry| &entry.sha256);
    for hash in hashes.chain(manifest.packages.iter().map(|package| &package.sha256)) {
        assert!(
            is_hash(hash) && !hash.trim_matches('0').is_empty(),
            "{hash}"
        );
    }
}

#[test]
fn small_drawn_files_are_the_same_bytes_on_this_machine() {
    let manifest = Manifest::embedded();
    let small = manifest
        .entries
        .iter()
        .filter(|entry| entry.pixels() < 1_000_000);
    for (entry, file) in small.filter_map(|entry| Some((entry, make::generated(entry)?))) {
        assert_eq!(sha256(&file), entry.sha256, "{}", entry.name);
        assert_eq!(
            header(&file).expect(&entry.name),
            (entry.format, entry.width, entry.height),
            "{}",
            entry.name
        );
    }
}

#[test]
fn there_are_six_photographs_as_cameras_store_them() {
    let manifest = Manifest::embedded();
    let photographs: BTreeSet<_> = manifest
        .entries
        .iter()
        .filter(|entry| {
            (4_000_000..=24_000_000).contains(&entry.pixels()) && entry.name.ends_with("-420.jpg")
        })
        .filter_map(|entry| match &entry.kind {
            Kind::Transcoded(recipe) => Some(recipe.from.as_str()),
            _ => None,
        })
        .collect();
    assert!(photographs.len() >= 6, "{photographs:?}");
}

#[test]
fn a_manifest_that_contradicts_itself_is_refused() {
    let image = |name: &str, kind: &str| {
        format!(
            "[[image]]\nname = \"{name}\"\nformat = \"png\"\nwidth = 1\nheight = 1\nbytes = 1\nsha256 = \"\"\n\
             licence = \"CC0-1.0\"\ncredit = \"nobody\"\nreason = \"a test\"\nkind.{kind}\n"
        )
    };
    let drawn = "generated = { picture = \"arrow\", encoding = { as = \"png\" } }";
    let orphan = "transcoded = { from = \"lost.jpg\", encoding = { as = \"png\" } }";
    let stray = "package = { package = \"unlisted\", member = \"a.jpg\" }";
    let rule = |text: String| {
        Manifest::parse(&format!("package = []\n{text}"))
            .expect_err("a contradiction")
            .to_string()
    };
    let twice = [image("a.png", drawn), image("a.png", drawn)].concat();
    assert_eq!(
        rule(twice),
        "manifest.toml, a.png: another entry has this name"
    );
    assert!(rule(image("b.png", orphan)).contains("does not stand before it"));
    assert!(rule(image("c.png", stray)).contains("package is not listed"));
}
