//! Where results go, under which names and in which formats.

use crate::run::{Folder, format_of, photo, photo_png};

#[test]
fn an_animated_gif_stays_a_gif_through_file_folder_and_pipe() {
    let frames = [1, 2].map(|seed| edgepix_corpus::synth::photo(60, 40, seed));
    let file = edgepix_corpus::write::gif_animation(&frames, 5);
    let still = edgepix_corpus::write::gif(&frames[0]);
    let folder = Folder::new("animated-gif")
        .with("in/a.gif", &file)
        .with("in/b.gif", still);
    folder.run("resize in -o out --width 20").succeeds();
    assert_eq!(folder.read("out/a.gif"), file);
    assert_eq!(format_of(&folder.read("out/b.png")), "png");
    folder.run("resize in/a.gif -o kept.gif").succeeds();
    assert_eq!(folder.read("kept.gif"), file);
    let piped = folder.run_with("resize - -o -", &file);
    assert_eq!(piped.0.stdout, file);
    let info = folder.run("info in/a.gif").stdout();
    assert!(info.contains("2 frames"), "{info}");
    let plan = folder.run("plan in/a.gif --width 20").stdout();
    assert!(plan.contains("the source as it is"), "{plan}");
    let record = &folder.run("plan in/a.gif --json").records()[0];
    assert_eq!(record["action"], "keep");
    assert_eq!(record["source"]["frames"], 2);
}

#[test]
fn the_outputs_extension_decides_its_format() {
    let folder = Folder::new("extension").with("a.jpg", photo());
    for (name, format) in [
        ("b.jpeg", "jpeg"),
        ("b.PNG", "png"),
        ("b.webp", "webp"),
        ("b.avif", "avif"),
    ] {
        if format == "avif" && !cfg!(any(feature = "libaom", feature = "rav1e")) {
            continue;
        }
        folder
            .run(&format!("resize a.jpg -o {name} --width 40"))
            .succeeds();
        assert_eq!(format_of(&folder.read(name)), format, "{name}");
    }
}

#[test]
fn a_named_format_needs_no_extension() {
    let folder = Folder::new("named-format").with("a.jpg", photo());
    folder
        .run("resize a.jpg -o thumbnail --width 40 --format png")
        .succeeds();
    assert_eq!(format_of(&folder.read("thumbnail")), "png");
}

#[test]
fn an_extension_that_contradicts_the_format_is_refused() {
    let folder = Folder::new("contradiction").with("a.jpg", photo());
    folder
        .run("resize a.jpg -o b.png --format webp")
        .says(2, &["--format webp", "b.png"]);
    assert_eq!(folder.names(), ["a.jpg"]);
}

#[test]
fn standard_input_becomes_standard_output() {
    let folder = Folder::new("streams");
    let ran = folder.run_with("resize - -o - --width 40", &photo());
    ran.succeeds();
    assert_eq!(format_of(&ran.0.stdout), "jpeg");
    assert!(ran.stderr().contains("96x64") && ran.stderr().contains("40x27"));
    assert!(folder.names().is_empty());
}

#[test]
fn standard_input_needs_a_name_in_a_folder() {
    let folder = Folder::new("nameless");
    folder
        .run_with("resize - -o ./", &photo())
        .says(2, &["standard input has no name"]);
}

#[test]
fn a_folder_keeps_its_shape_and_leaves_other_files_out() {
    let folder = Folder::new("folder")
        .with("in/b.JPEG", photo())
        .with("in/deep/er/a.png", photo_png())
        .with("in/deep/notes.txt", "not an image")
        .with("in/wrong-name.jpg", photo_png());
    let ran = folder.run("resize in -o out --width 40");
    ran.says(0, &["3 images made", "1 other file skipped"]);
    let made: Vec<_> = folder
        .names()
        .into_iter()
        .filter(|name| name.starts_with("out/"))
        .collect();
    assert_eq!(
        made,
        [
            "out/b.JPEG",
            "out/deep",
            "out/deep/er",
            "out/deep/er/a.png",
            "out/wrong-name.png"
        ]
    );
    assert_eq!(format_of(&folder.read("out/wrong-name.png")), "png");
}

#[test]
fn results_inside_the_source_folder_are_not_sources() {
    let folder = Folder::new("inside").with("a.jpg", photo());
    for _ in 0..2 {
        folder.run("resize . -o small --width 40").succeeds();
    }
    assert_eq!(folder.names(), ["a.jpg", "small", "small/a.jpg"]);
}

#[test]
fn several_sources_need_a_folder() {
    let folder = Folder::new("several")
        .with("a.jpg", photo())
        .with("b.jpg", photo())
        .with("there", "already");
    folder
        .run("resize a.jpg b.jpg -o there")
        .says(2, &["--output there", "folder"]);
    folder
        .run("resize a.jpg b.jpg -o c.webp")
        .says(2, &["--output c.webp", "folder"]);
    folder
        .run("resize a.jpg b.jpg -o -")
        .says(2, &["--output -", "one image"]);
    folder.run("resize a.jpg b.jpg -o out").succeeds();
    assert_eq!(
        folder.names(),
        ["a.jpg", "b.jpg", "out", "out/a.jpg", "out/b.jpg", "there"]
    );
}

#[test]
fn sources_of_one_result_are_refused_by_name() {
    let folder = Folder::new("collision")
        .with("in/a.jpg", photo())
        .with("in/a.png", photo_png());
    folder
        .run("resize in -o out --format webp")
        .says(2, &["in/a.jpg", "in/a.png", "out/a.webp"]);
    assert_eq!(folder.names(), ["in", "in/a.jpg", "in/a.png"]);
}

#[test]
fn a_source_is_never_replaced() {
    let folder = Folder::new("replaced")
        .with("in/a.jpg", photo())
        .with("in/b.png", photo_png());
    for arguments in [
        "resize in/a.jpg -o in/a.jpg --width 40",
        "resize in/a.jpg -o ./in/../in/a.jpg --width 40",
        "resize in -o in --width 40",
        "resize in/a.jpg in/b.png -o in --format png",
    ] {
        folder
            .run(arguments)
            .says(2, &["would replace the source", "in/"]);
    }
    assert_eq!(folder.read("in/a.jpg"), photo());
    assert_eq!(folder.names(), ["in", "in/a.jpg", "in/b.png"]);
}

#[test]
fn a_missing_folder_is_named_before_any_work() {
    let folder = Folder::new("missing-folder").with("a.jpg", photo());
    folder
        .run("resize a.jpg -o typo/b.jpg")
        .says(2, &["--output", "no folder typo"]);
    folder.run("resize a.jpg -o new/ --width 40").succeeds();
    assert_eq!(folder.names(), ["a.jpg", "new", "new/a.jpg"]);
}

#[cfg(unix)]
#[test]
fn a_result_keeps_the_permissions_and_the_link_it_replaces() {
    use std::{fs, os::unix::fs::PermissionsExt};

    let folder = Folder::new("permissions")
        .with("a.jpg", photo())
        .with("real.jpg", "old");
    let there = |name| folder.path(name);
    fs::set_permissions(there("real.jpg"), fs::Permissions::from_mode(0o600)).expect("it is ours");
    std::os::unix::fs::symlink("real.jpg", there("link.jpg")).expect("it is ours");
    folder.run("resize a.jpg -o link.jpg --width 40").succeeds();
    assert!(there("link.jpg").is_symlink());
    assert_eq!(format_of(&folder.read("real.jpg")), "jpeg");
    let mode = fs::metadata(there("real.jpg"))
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[cfg(unix)]
#[test]
fn a_device_is_written_to_and_not_replaced() {
    let folder = Folder::new("device").with("a.jpg", photo());
    folder
        .run("resize a.jpg -o /dev/null --width 40")
        .succeeds();
    let kind = std::fs::metadata("/dev/null")
        .expect("it is there")
        .file_type();
    assert!(std::os::unix::fs::FileTypeExt::is_char_device(&kind));
}
