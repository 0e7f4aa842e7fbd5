//! The README names the test behind each behaviour; this sees that there is one.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The names of all test functions below `src` and `tests`.
fn tests() -> BTreeSet<String> {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    files(&crate_folder.join("src"), &mut paths);
    files(&crate_folder.join("tests"), &mut paths);
    let mut names = BTreeSet::new();
    for path in paths {
        let text = fs::read_to_string(path).unwrap();
        let mut is_test = false;
        for line in text.lines().map(str::trim_start) {
            if let Some(rest) = line.strip_prefix("fn ") {
                let name = rest.split(['(', '<']).next().filter(|_| is_test);
                names.extend(name.map(str::to_owned));
                is_test = false;
            }
            is_test |= line.starts_with("#[test]");
        }
    }
    names
}

#[test]
fn every_test_that_a_document_names_is_there() {
    let tests = tests();
    for document in [
        "README.md",
        "docs/packages.md",
        "docs/serve.md",
        "docs/viewer-request.md",
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
        let text = fs::read_to_string(path).unwrap();
        let rows = text.lines().filter(|line| line.starts_with('|'));
        let mut named = 0;
        for row in rows {
            let quoted = row.split('`').skip(1).step_by(2);
            for name in quoted.filter(|name| name.contains("::")) {
                let function = name.rsplit("::").next().unwrap();
                assert!(tests.contains(function), "{document}: {name}");
                named += 1;
            }
        }
        assert!(named > 5, "{document} names {named}");
    }
}

#[test]
fn every_file_that_the_readme_points_to_is_there() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(folder.join("README.md")).unwrap();
    let links: Vec<_> = text.split("](").skip(1).collect();
    assert!(links.len() > 5);
    for link in links {
        let path = link.split(')').next().unwrap();
        assert!(folder.join(path).exists(), "{path}");
    }
}
