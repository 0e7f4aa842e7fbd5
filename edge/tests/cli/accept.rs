//! `--format auto`: formats that a client's Accept header chooses.

use edgepix_corpus::{synth, write};

use crate::run::{Folder, format_of, photo};

/// A header that names the modern formats this build writes well, and the one it comes to
/// for a photograph.
const MODERN: (&str, &str) = if cfg!(any(feature = "libaom", feature = "rav1e")) {
    ("image/avif,image/webp,*/*", "avif")
} else if cfg!(feature = "libwebp") {
    ("image/avif,image/webp,*/*", "webp")
} else {
    ("image/avif,image/webp,*/*", "jpeg")
};

fn logo() -> Vec<u8> {
    write::png(&synth::sprite(96, 64))
}

#[test]
fn the_header_chooses_the_format() {
    let folder = Folder::new("auto").with("photo.png", write::png(&synth::photo(96, 64, 1)));
    for (header, format) in [
        MODERN,
        ("image/avif;q=0,image/webp;q=0,*/*", "jpeg"),
        ("*/*", "jpeg"),
    ] {
        let command =
            format!("resize photo.png -o small --width 40 --format auto --accept {header}");
        folder.run(&command).succeeds();
        assert_eq!(format_of(&folder.read("small")), format, "{header}");
    }
}

#[test]
fn in_a_folder_each_result_is_named_by_its_own_format() {
    let folder = Folder::new("auto-folder")
        .with("in/photo.jpeg", photo())
        .with("in/logo.png", logo())
        .with("in/broken.png", &logo()[..20]);
    folder
        .run("resize in -o out --width 40 --format auto --accept */*")
        .says(1, &["in/broken.png", "2 images made"]);
    let (header, format) = MODERN;
    folder
        .run(&format!(
            "resize in/photo.jpeg -o modern/ --width 40 --format auto --accept {header}"
        ))
        .succeeds();
    let names = folder.names();
    let made: Vec<_> = names
        .iter()
        .filter(|name| name.starts_with("out/") || name.starts_with("modern/"))
        .collect();
    let modern = format!("modern/photo.{format}");
    assert_eq!(made, [&modern, "out/logo.png", "out/photo.jpeg"]);
    assert_eq!(format_of(&folder.read(&modern)), format);
    assert_eq!(format_of(&folder.read("out/logo.png")), "png");
}

#[test]
fn an_extension_is_not_for_auto_to_contradict() {
    let folder = Folder::new("auto-extension").with("a.jpg", photo());
    folder
        .run("resize a.jpg -o b.jpg --format auto --accept */*")
        .says(2, &["--format auto", "b.jpg", "folder"]);
    assert_eq!(folder.names(), ["a.jpg"]);
}

#[test]
fn auto_and_the_header_come_together() {
    let folder = Folder::new("auto-alone").with("a.jpg", photo());
    for (arguments, word) in [
        ("plan a.jpg --format auto", "--accept"),
        ("plan a.jpg --accept */*", "--format"),
        ("plan a.jpg --format png --accept */*", "--format auto"),
        (
            "resize a.jpg -o b --format png --accept */*",
            "--format auto",
        ),
    ] {
        folder.run(arguments).says(2, &[word]);
    }
    assert_eq!(folder.names(), ["a.jpg"]);
}

#[test]
fn plan_and_records_say_what_was_chosen() {
    let folder = Folder::new("auto-records").with("a.jpg", photo());
    let plan = folder.run("plan a.jpg --format auto --accept */*");
    plan.succeeds();
    assert!(
        plan.stdout().contains("cache key    none"),
        "{}",
        plan.stdout()
    );
    assert!(plan.stdout().contains("Vary: Accept"));
    for command in [
        "plan a.jpg --json --format auto --accept */*",
        "resize a.jpg -o small/ --json --format auto --accept */*",
    ] {
        let output = &folder.run(command).records()[0]["output"];
        assert_eq!(output["format"], "jpeg", "{command}");
        assert_eq!(output["choice"]["token"], "none", "{command}");
        assert_eq!(output["choice"]["vary"], "Accept", "{command}");
    }
    let kept = &folder.run("plan a.jpg --json").records()[0]["output"];
    assert!(kept.get("choice").is_none());
}

#[test]
fn jpg_is_another_word_for_jpeg() {
    let folder = Folder::new("jpg").with("a.png", logo());
    folder
        .run("resize a.png -o b.jpg --width 40 --format jpg")
        .succeeds();
    assert_eq!(format_of(&folder.read("b.jpg")), "jpeg");
}
