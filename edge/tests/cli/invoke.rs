//! One event answered from a file, as `edgepix invoke` does it.

use edgepix_corpus::{synth, write};
use serde_json::Value;

use crate::run::Folder;

/// A folder with one photograph of each name that the sample events ask for.
fn folder(name: &str) -> Folder {
    let photo = write::png(&synth::photo(800, 600, 1));
    let events = concat!(env!("CARGO_MANIFEST_DIR"), "/events/");
    let event = |name: &str| std::fs::read(format!("{events}{name}")).expect("it is there");
    Folder::new(name)
        .with("photos/bridge.jpg", photo.clone())
        .with("photos/sunset.jpg", photo)
        .with("query.json", event("query.json"))
        .with("at.json", event("at.json"))
        .with("variant.json", event("variant.json"))
}

#[test]
fn the_body_of_an_answer_goes_to_a_file_and_the_rest_is_printed() {
    let folder = folder("invoke");
    let run = folder.run("invoke query.json --root photos -o small.webp");
    run.succeeds();
    let answer: Value = serde_json::from_str(&run.stdout()).expect("it is JSON");
    assert_eq!(answer["status"], "200");
    assert_eq!(answer["headers"]["content-type"][0]["value"], "image/webp");
    assert_eq!(answer.get("body"), None);
    let length = answer["headers"]["content-length"][0]["value"].clone();
    let written = folder.read("small.webp");
    assert_eq!(length, written.len().to_string());
    let line: Value = serde_json::from_str(&run.stderr()).expect("the log is one line of JSON");
    assert_eq!(line["dialect"], "query");
}

#[test]
fn nothing_is_stored_unless_it_is_said() {
    let folder = folder("invoke-keep");
    let derivative = folder.path("photos/sunset.jpg@100w_200h_80q_1e.webp");
    folder.run("invoke at.json --root photos").succeeds();
    assert!(!derivative.exists());
    folder.run("invoke at.json --root photos --keep").succeeds();
    assert!(derivative.exists());
}

#[test]
fn an_image_that_is_not_written_is_a_failure() {
    let folder = folder("invoke-missing");
    let run = folder.run("invoke variant.json --root photos -o small.png");
    run.says(1, &["small.png: not written", "reason=missing"]);
    assert!(!folder.path("small.png").exists());
}

#[test]
fn only_lambda_starts_the_function() {
    let folder = Folder::new("lambda");
    folder
        .run("lambda")
        .says(2, &["AWS_LAMBDA_RUNTIME_API is not set", "edgepix serve"]);
}
