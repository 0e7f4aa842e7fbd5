//! What `--json`, `info` and `plan` say.

use edgepix_corpus::write::{icc_display_p3, icc_srgb, with_exif_orientation, with_icc};
use serde_json::json;

use crate::run::{Folder, photo, photo_png};

#[test]
fn a_record_says_what_was_made_and_what_it_cost() {
    let folder = Folder::new("record").with("a.jpg", photo());
    let ran = folder.run("resize a.jpg -o b.webp --width 40 --quality 70 --json");
    ran.succeeds();
    assert_eq!(ran.stderr(), "");
    let [record] = &ran.records()[..] else {
        panic!("one line for one image: {}", ran.stdout());
    };
    let source = &record["source"];
    assert_eq!(source["path"], "a.jpg");
    assert_eq!(source["format"], "jpeg");
    assert_eq!(
        (&source["width"], &source["height"]),
        (&json!(96), &json!(64))
    );
    assert_eq!(source["bytes"], photo().len());
    let output = &record["output"];
    assert_eq!(output["path"], "b.webp");
    assert_eq!(output["format"], "webp");
    assert_eq!(
        (&output["width"], &output["height"]),
        (&json!(40), &json!(27))
    );
    assert_eq!(output["bytes"], folder.read("b.webp").len());
    // What is lossless has no quality.
    if output["lossless"] == false {
        assert_eq!(output["quality"], 70);
    } else {
        assert!(output["quality"].is_null());
    }
    assert!(output["native_quality"].is_u64());
    assert!(output["effort"].is_u64());
    let total = record["total_ms"].as_f64().expect("a number");
    let stages = record["stages_ms"].as_object().expect("an object");
    let mut names: Vec<_> = stages.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["colour", "decode", "encode", "read", "resize", "write"]
    );
    let sum: f64 = stages.values().filter_map(serde_json::Value::as_f64).sum();
    assert!(sum > 0.0 && sum <= total + 0.01, "{sum} of {total}");
    assert!(record["peak"]["planned_bytes"].as_u64() > Some(0));
    assert!(record["peak"].get("measured_bytes").is_some());
    assert!(record["warnings"].is_array());
}

#[test]
fn every_image_has_a_record_even_if_it_failed() {
    let folder = Folder::new("failed-record")
        .with("in/a.jpg", &photo()[..100])
        .with("in/b.jpg", photo());
    let ran = folder.run("resize in missing.jpg -o out --width 40 --json");
    assert_eq!(ran.code(), 1);
    let records = ran.records();
    assert_eq!(records.len(), 3, "{}", ran.stdout());
    assert_eq!(records[0]["source"]["path"], "in/a.jpg");
    assert_eq!(records[0]["error"]["kind"], "malformed");
    let message = records[0]["error"]["message"].as_str().expect("text");
    assert!(
        message.contains("the source is broken at byte"),
        "{message}"
    );
    assert_eq!(records[1]["output"]["path"], "out/b.jpg");
    assert_eq!(records[2]["error"]["kind"], "read");
}

#[test]
fn an_image_on_standard_output_has_its_record_on_standard_error() {
    let folder = Folder::new("two-streams");
    let ran = folder.run_with("resize - -o - --width 40 --json", &photo());
    ran.succeeds();
    assert!(ran.0.stdout.starts_with(b"\xff\xd8"));
    let record: serde_json::Value = serde_json::from_str(&ran.stderr()).expect("one object");
    assert_eq!(record["source"]["path"], "-");
    assert_eq!(record["source"]["bytes"], photo().len());
    assert_eq!(record["output"]["bytes"], ran.0.stdout.len());
}

#[test]
fn info_says_how_the_camera_was_held() {
    let turned = with_exif_orientation(&photo(), 6);
    let folder = Folder::new("info")
        .with("a.jpg", &turned)
        .with("b.png", photo_png());
    let ran = folder.run("info a.jpg b.png --json");
    ran.succeeds();
    let records = ran.records();
    assert_eq!(
        records[0],
        json!({"source": {
            "path": "a.jpg", "format": "jpeg", "width": 96, "height": 64,
            "upright_width": 64, "upright_height": 96, "bytes": turned.len(),
            "orientation": 6, "colour": "ycbcr", "bit_depth": 8, "alpha": false,
            "frames": 1,
                "icc_bytes": 0, "profile": "absent", "progressive": false,
            "arithmetic": false, "sampling": "4:2:0",
        }})
    );
    assert_eq!(records[1]["source"]["interlaced"], false);
    let text = folder.run("info a.jpg").stdout();
    for words in [
        "a.jpg",
        "jpeg, baseline, 4:2:0",
        "96x64 stored, 64x96 upright",
        "orientation 6",
    ] {
        assert!(text.contains(words), "{words:?} is not in {text:?}");
    }
}

#[test]
fn a_colour_profile_is_named_with_what_is_done_about_it() {
    let folder = Folder::new("profile")
        .with("p3.jpg", with_icc(&photo(), &icc_display_p3()))
        .with("srgb.jpg", with_icc(&photo(), &icc_srgb()))
        .with("cut.jpg", with_icc(&photo(), &icc_srgb()[..200]));
    let p3 = folder.run("info p3.jpg --json").records().remove(0);
    assert_eq!(p3["source"]["icc_name"], "Display P3");
    assert_eq!(p3["source"]["profile"], "converted");
    for command in ["info", "plan"] {
        for (file, words) in [
            ("p3.jpg", "Display P3, converted to sRGB"),
            ("srgb.jpg", "sRGB IEC61966-2.1, sRGB in effect"),
            ("cut.jpg", "the colour profile is not complete"),
        ] {
            let text = folder.run(&format!("{command} {file}")).stdout();
            assert!(text.contains(words), "{words:?} is not in {text:?}");
        }
    }
    let cut = folder.run("resize cut.jpg -o out.png --json");
    cut.succeeds();
    let warning = cut.records()[0]["warnings"][0].to_string();
    assert!(warning.contains("not complete"), "{warning}");
}

#[test]
fn a_jpeg_is_coded_as_was_asked() {
    let folder = Folder::new("coded").with("a.jpg", photo());
    for (options, progressive, sampling) in [
        ("", false, "4:2:0"),
        ("--chroma 420", false, "4:2:0"),
        ("--chroma 444", false, "4:4:4"),
        ("--progressive", true, "4:2:0"),
        ("--progressive --chroma 444", true, "4:4:4"),
    ] {
        folder
            .run(&format!("resize a.jpg -o b.jpg --width 40 {options}"))
            .succeeds();
        let record = &folder.run("info b.jpg --json").records()[0];
        assert_eq!(record["source"]["progressive"], progressive, "{options}");
        assert_eq!(record["source"]["sampling"], sampling, "{options}");
    }
}

#[test]
fn a_plan_has_the_numbers_of_the_image_it_plans() {
    let folder = Folder::new("plan").with("a.jpg", with_exif_orientation(&photo(), 6));
    let request = "a.jpg --width 30 --height 30 --fit contain --format png";
    let ran = folder.run(&format!("plan {request} --json"));
    ran.succeeds();
    let plan = &ran.records()[0];
    assert_eq!(plan["output"]["format"], "png");
    assert_eq!(
        (&plan["output"]["width"], &plan["output"]["height"]),
        (&json!(30), &json!(30))
    );
    assert_eq!(plan["padding"]["image"], json!({"width": 20, "height": 30}));
    assert_eq!(plan["resized"], json!({"width": 30, "height": 20}));
    assert_eq!(plan["turn"], 6);
    let parts = plan["peak"]["parts"].as_array().expect("an array");
    let sum: u64 = parts.iter().filter_map(|part| part["bytes"].as_u64()).sum();
    assert_eq!(plan["peak"]["planned_bytes"], sum);

    let ran = folder.run(&format!("resize {request} -o b.png --json"));
    let made = &ran.records()[0];
    assert_eq!(made["peak"]["planned_bytes"], sum);
    let text = folder.run(&format!("plan {request}")).stdout();
    assert!(text.contains(&sum.to_string()), "{text}");
}

#[test]
fn a_plan_says_where_the_overlay_lies() {
    let folder = Folder::new("overlay")
        .with("a.jpg", photo())
        .with("logo.png", photo_png());
    let overlay = "--overlay logo.png --overlay-position top-left --overlay-margin 0.125 \
                   --overlay-size 0.25 --overlay-opacity 0.5";
    let plan = &folder
        .run(&format!("plan a.jpg {overlay} --json"))
        .records()[0];
    assert_eq!(
        plan["overlay"],
        json!({"left": 8, "top": 8, "size": {"width": 24, "height": 16}, "opacity": 0.5})
    );
    let text = folder.run(&format!("plan a.jpg {overlay}")).stdout();
    assert!(text.contains("24x16 at 8,8"), "{text}");
    folder
        .run(&format!("resize a.jpg -o b.jpg {overlay}"))
        .succeeds();
    folder.run("resize a.jpg -o c.jpg").succeeds();
    assert!(folder.read("b.jpg") != folder.read("c.jpg"));
}
