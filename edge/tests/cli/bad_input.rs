//! What goes wrong: one line that says whose fault it is, the right exit code,
//! and nothing left behind.

use crate::run::{Folder, format_of, photo};

#[test]
fn a_mistyped_option_is_named_with_the_one_meant() {
    let folder = Folder::new("mistyped").with("a.jpg", photo());
    folder
        .run("resize a.jpg -o b.jpg --widht 40")
        .says(2, &["'--widht'", "'--width'"]);
    folder
        .run("resize a.jpg -o b.jpg --fit covr")
        .says(2, &["'--fit <FIT>'", "'cover'"]);
}

#[test]
fn an_impossible_value_names_its_option() {
    let folder = Folder::new("impossible").with("a.jpg", photo());
    for (option, value) in [
        ("--width", "0"),
        ("--height", "-5"),
        ("--percent", "0"),
        ("--dpr", "NaN"),
        ("--quality", "101"),
        ("--effort", "11"),
        ("--crop", "1,2,3"),
        ("--focus", "2,2"),
        ("--rotate", "45"),
        ("--chroma", "422"),
        ("--background", "teal"),
        ("--memory", "lots"),
        ("--max-pixels", "-1"),
        ("--overlay-position", "2,2"),
        ("--overlay-margin", "0.5"),
        ("--overlay-size", "0"),
        ("--overlay-opacity", "-1"),
    ] {
        folder
            .run(&format!("plan a.jpg {option} {value}"))
            .says(2, &[&format!("'{option} <"), &format!("'{value}'")]);
    }
}

#[test]
fn a_crop_outside_the_source_names_its_option() {
    let folder = Folder::new("crop-outside").with("a.jpg", photo());
    folder
        .run("resize a.jpg -o b.jpg --crop 90,0,10,10")
        .says(1, &["edgepix: a.jpg: --crop must lie inside"]);
}

#[test]
fn an_overlay_that_cannot_be_laid_is_named() {
    let folder = Folder::new("overlay-broken")
        .with("a.jpg", photo())
        .with("logo.png", b"no image");
    folder
        .run("resize a.jpg -o b.jpg --overlay missing.png")
        .says(2, &["'--overlay <FILE>'", "'missing.png'"]);
    folder
        .run("resize a.jpg -o b.jpg --overlay logo.png")
        .says(1, &["edgepix: a.jpg: --overlay must be an image"]);
    folder
        .run("resize a.jpg -o b.jpg --overlay-size 0.5")
        .says(2, &["--overlay <FILE>"]);
    assert_eq!(folder.names(), ["a.jpg", "logo.png"]);
}

#[test]
fn what_only_a_jpeg_has_is_refused_for_other_formats() {
    let folder = Folder::new("jpeg-only").with("a.jpg", photo());
    for (option, named) in [
        ("--chroma 444", "--chroma must be 420"),
        ("--progressive", "--progressive must be left out"),
    ] {
        for command in ["resize a.jpg -o b.webp", "plan a.jpg --format webp"] {
            folder
                .run(&format!("{command} --width 40 {option}"))
                .says(1, &["edgepix: a.jpg: ", named, "jpeg"]);
        }
        folder
            .run(&format!("plan a.jpg --width 40 {option}"))
            .succeeds();
    }
    assert_eq!(folder.names(), ["a.jpg"]);
}

#[test]
fn memory_is_refused_one_byte_below_what_the_plan_needs() {
    let folder = Folder::new("memory").with("a.jpg", photo());
    let planned = folder.run("plan a.jpg --width 40 --json");
    let needed = planned.records()[0]["peak"]["planned_bytes"]
        .as_u64()
        .expect("a number");
    let (needs, allowed) = (
        format!("needs {needed} bytes"),
        format!("{} allowed", needed - 1),
    );
    for command in ["plan a.jpg", "resize a.jpg -o b.jpg"] {
        folder
            .run(&format!("{command} --width 40 --memory {}", needed - 1))
            .says(1, &["edgepix: a.jpg: ", &needs, &allowed, "--memory"]);
        assert_eq!(folder.names(), ["a.jpg"]);
    }
    folder
        .run(&format!(
            "resize a.jpg -o b.jpg --width 40 --memory {needed}"
        ))
        .succeeds();
}

#[test]
fn pixels_are_refused_one_above_the_limit() {
    let folder = Folder::new("pixels").with("a.jpg", photo());
    folder
        .run("plan a.jpg --max-pixels 6143")
        .says(1, &["6144 pixels", "6143 allowed", "--max-pixels 6144"]);
    folder.run("plan a.jpg --max-pixels 6144").succeeds();
}

#[test]
fn a_cut_source_leaves_the_old_result_as_it_was() {
    let photo = photo();
    let folder = Folder::new("cut")
        .with("a.jpg", &photo[..photo.len() / 2])
        .with("b.png", "old");
    folder
        .run("resize a.jpg -o b.png --width 40")
        .says(1, &["edgepix: a.jpg: the source is broken at byte "]);
    assert_eq!(folder.read("b.png"), b"old");
    assert_eq!(folder.names(), ["a.jpg", "b.png"]);
}

#[test]
fn a_failed_run_makes_no_folder() {
    let folder = Folder::new("no-folder").with("a.jpg", &photo()[..100]);
    folder
        .run("resize a.jpg -o out/ --width 40")
        .says(1, &["a.jpg"]);
    assert_eq!(folder.names(), ["a.jpg"]);
}

#[test]
fn one_bad_image_does_not_keep_the_next_from_being_made() {
    let folder = Folder::new("one-bad")
        .with("in/a.jpg", &photo()[..100])
        .with("in/b.jpg", photo());
    folder
        .run("resize in -o out --width 40")
        .says(1, &["in/a.jpg", "1 image made", "1 not made"]);
    assert_eq!(format_of(&folder.read("out/b.jpg")), "jpeg");
}

#[test]
fn what_is_no_image_is_said_to_be_none() {
    let folder = Folder::new("no-image")
        .with("a.jpg", "hello")
        .with("empty.jpg", "")
        .with("texts/a.txt", "hello");
    folder
        .run("info a.jpg")
        .says(1, &["edgepix: a.jpg:", "not an image of a known format"]);
    folder.run("info empty.jpg").says(1, &["a file has bytes"]);
    folder.run("info missing.jpg").says(1, &["missing.jpg"]);
    folder
        .run("resize texts -o out")
        .says(1, &["edgepix: texts: there is no image"]);
}

#[test]
fn a_reader_that_leaves_early_is_no_panic() {
    use std::{
        io::Read,
        process::{Command, Stdio},
    };

    let folder = Folder::new("early").with("a.jpg", photo());
    let mut child = Command::new(env!("CARGO_BIN_EXE_edgepix"))
        .args(["info", "--json"])
        // More than a pipe holds, so that it is written to after it closes.
        .args(vec![folder.path("a.jpg"); 2000])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary was built");
    drop(child.stdout.take());
    let mut stderr = String::new();
    let mut pipe = child.stderr.take().expect("it is piped");
    pipe.read_to_string(&mut stderr).expect("it is UTF-8");
    assert_eq!(stderr, "");
    assert_eq!(child.wait().expect("it was started").code(), Some(1));
}
