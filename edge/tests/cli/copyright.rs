//! `--keep-copyright`, and what is said of it.

use crate::run::{Folder, photo};

/// The photograph with a copyright, which ends in what would colour a terminal.
fn signed() -> Vec<u8> {
    let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x02\
        \x01\x3b\0\x02\0\0\0\x04Ada\0\
        \x82\x98\0\x02\0\0\0\x0a\0\0\0\x26\0\0\0\0\xc2\xa9 Ada\x1b[m\0";
    let length = u16::try_from(exif.len() + 2).expect("short");
    let segment = [b"\xff\xe1", &length.to_be_bytes()[..], exif].concat();
    let photo = photo();
    [&photo[..2], &segment, &photo[2..]].concat()
}

#[test]
fn the_copyright_is_kept_on_request_and_recorded() {
    let folder = Folder::new("copyright").with("a.jpg", signed());
    for (option, kept) in [("", None), ("--keep-copyright", Some("\u{a9} Ada\u{1b}[m"))] {
        let ran = folder.run(&format!("resize a.jpg -o b.jpg --width 40 --json {option}"));
        let record = &ran.records()[0];
        assert_eq!(record["source"]["artist"], "Ada");
        assert_eq!(record["output"]["copyright"].as_str(), kept);
        assert_eq!(record["output"]["artist"].as_str(), kept.map(|_| "Ada"));
        let result = &folder.run("info b.jpg --json").records()[0];
        assert_eq!(result["source"]["copyright"].as_str(), kept, "{option}");
    }
}

#[test]
fn info_and_plan_print_it_without_control_characters() {
    let folder = Folder::new("copyright-text").with("a.jpg", signed());
    for command in ["info a.jpg", "plan a.jpg --keep-copyright"] {
        let text = folder.run(command).stdout();
        assert!(text.contains("copyright    \u{a9} Ada [m\n"), "{text}");
        assert!(text.contains("artist       Ada\n"), "{text}");
    }
    assert!(!folder.run("plan a.jpg").stdout().contains("Ada"));
}
