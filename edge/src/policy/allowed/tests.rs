//! What each rule lets through and what it does not, in every dialect.

use super::*;
use crate::{
    config::Config,
    dialect::{of_missing, of_present},
    key::Key,
};

/// Three boxes, one way each that a box can be said.
fn boxes() -> Policy {
    let dimension = |width, height| Dimension { width, height };
    Policy {
        dimensions: vec![
            dimension(Some(150), Some(100)),
            dimension(Some(300), None),
            dimension(None, Some(200)),
        ],
        ..Policy::default()
    }
}

/// What the policy says to a URL.
fn told(url: &str, policy: &Policy) -> Result<(), String> {
    let presets = [
        ("thumb", "width=77&height=77&fit=cover"),
        ("half", "percent=50&dpr=4"),
        ("webp", "format=webp"),
    ];
    let config = Config {
        presets: presets
            .map(|(name, query)| (name.to_owned(), query.to_owned()))
            .into(),
        ..Config::default()
    };
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let key = Key::from_path(path).expect("a key");
    let asked = of_present(&key, query, &config).expect(url);
    let asked = asked.or_else(|| of_missing(&key, &config).expect(url));
    check(&asked.expect(url), policy).map_err(|why| why.to_string())
}

#[track_caller]
fn assert_allowed(urls: &[&str], policy: &Policy) {
    for url in urls {
        assert_eq!(told(url, policy), Ok(()), "{url}");
    }
}

#[track_caller]
fn assert_forbidden(urls: &[(&str, &str)], policy: &Policy) {
    for (url, why) in urls {
        assert_eq!(told(url, policy), Err((*why).into()), "{url}");
    }
}

#[test]
fn nothing_is_forbidden_by_default() {
    let urls = [
        "/a.jpg?w=9999",
        "/a.jpg?percent=999&dpr=10",
        "/a.jpg@4096w_1000p",
        "/65535x65535/a",
        "/a-md.tiff",
        "/a?preset=webp&width=9",
    ];
    assert_allowed(&urls, &Policy::default());
}

#[test]
fn a_box_is_allowed_as_it_is_listed_in_every_dialect() {
    let urls = [
        "/a.jpg?w=150&h=100&q=5&f=png",
        "/a.jpg?w=300",
        "/a.jpg?h=200",
        "/a.jpg?width=150&height=100&fit=contain&crop=1,2,3,4&quality=9",
        "/a.jpg?width=0300&percent=100",
        "/a.jpg@150w_100h_2e.webp",
        "/a.jpg@200h",
        "/img/150x100/a.jpg",
    ];
    assert_allowed(&urls, &boxes());
}

#[test]
fn another_box_is_forbidden_in_every_dialect() {
    for (url, asked) in [
        ("/a.jpg?w=150", "150x"),
        ("/a.jpg?h=100", "x100"),
        ("/a.jpg?w=100&h=150", "100x150"),
        ("/a.jpg?w=300&h=200", "300x200"),
        ("/a.jpg?width=301", "301x"),
        ("/a.jpg@151w_100h", "151x100"),
        ("/img/100x150/a.jpg", "100x150"),
    ] {
        let why = format!("{asked}: should be a size that is allowed");
        assert_forbidden(&[(url, &why)], &boxes());
    }
}

#[test]
fn a_size_that_is_asked_for_in_another_way_is_forbidden() {
    let half = "50 percent: should be 100, of a size that is allowed";
    let none = "a size should be asked for, and one that is allowed";
    let urls = [
        ("/a.jpg?width=300&percent=50", half),
        ("/a.jpg@300w_50p", half),
        ("/a.jpg@50p", none),
        ("/a.jpg@80q", none),
        ("/a.jpg?percent=50", none),
        ("/a.jpg?crop=1,2,3,4", none),
        ("/a.jpg?format=webp", none),
        ("/a.jpg?rotate=90", none),
    ];
    assert_forbidden(&urls, &boxes());
}

#[test]
fn a_listed_box_may_be_of_three_pixels_to_each_of_css() {
    assert_allowed(
        &["/a.jpg?width=300&dpr=2.5", "/a.jpg?width=300&dpr=3"],
        &boxes(),
    );
    let why = "dpr: should be at most 3";
    assert_forbidden(&[("/a.jpg?width=300&dpr=3.01", why)], &boxes());
}

#[test]
fn variants_and_presets_are_allowed_whatever_is_listed() {
    let urls = [
        "/a-md.jpg",
        "/a.jpg?preset=thumb",
        "/a.jpg?preset=thumb&quality=9&fit=inside&dpr=3",
        "/a.jpg?preset=half",
        "/a.jpg?preset=webp",
    ];
    assert_allowed(&urls, &boxes());
}

#[test]
fn what_is_said_beside_a_preset_must_be_a_listed_box_too() {
    assert_allowed(&["/a.jpg?preset=webp&width=300"], &boxes());
    let size = |asked: &str| format!("{asked}: should be a size that is allowed");
    assert_forbidden(
        &[
            ("/a.jpg?preset=thumb&width=78", &size("78x77")),
            ("/a.jpg?preset=thumb&crop=1,2,3,4", &size("77x77")),
            (
                "/a.jpg?preset=thumb&percent=99",
                "99 percent: should be 100, of a size that is allowed",
            ),
            (
                "/a.jpg?preset=webp&crop=1,2,3,4",
                "a size should be asked for, and one that is allowed",
            ),
            ("/a.jpg?preset=thumb&dpr=4", "dpr: should be at most 3"),
            ("/a.jpg?preset=half&dpr=5", "dpr: should be at most 3"),
        ],
        &boxes(),
    );
}

#[test]
fn only_presets_and_variants_may_be_asked_for_where_that_is_said() {
    let policy = Policy {
        presets_only: true,
        ..boxes()
    };
    let urls = [
        "/a.jpg?preset=thumb",
        "/a.jpg?preset=thumb&format=avif&dpr=3",
        "/a.jpg?preset=thumb&width=77",
        "/a.jpg?preset=half",
        "/a-md.jpg",
    ];
    assert_allowed(&urls, &policy);
    let only = "only presets and variants may be asked for";
    let beside = "beside a preset only format and dpr may be said";
    let urls = [
        ("/a.jpg?w=150&h=100", only),
        ("/a.jpg?width=300", only),
        ("/a.jpg@200h", only),
        ("/150x100/a.jpg", only),
        ("/a.jpg?preset=thumb&w=150&h=100", only),
        ("/a.jpg?preset=thumb&width=78", beside),
        ("/a.jpg?preset=thumb&quality=9", beside),
        ("/a.jpg?preset=thumb&fit=inside", beside),
        ("/a.jpg?preset=thumb&dpr=3.5", "dpr: should be at most 3"),
    ];
    assert_forbidden(&urls, &policy);
}

#[test]
fn a_type_is_the_originals_extension_whoever_asks() {
    let policy = Policy {
        types: vec!["jpg".into(), "png".into()],
        ..Policy::default()
    };
    let urls = [
        "/a.JPG?w=9",
        "/a.png?preset=thumb",
        "/a.jpg@9w.webp",
        "/9x9/a.PNG",
        "/a-md.jpg",
    ];
    assert_allowed(&urls, &policy);
    let why = "the original: should have an extension that is allowed";
    for url in [
        "/a.jpeg?w=9",
        "/a?w=9",
        "/a.png/a?width=9",
        "/.png?w=9",
        "/a.gif?preset=thumb",
        "/a.webp@9w.jpg",
        "/9x9/a.tiff",
        "/a-md.gif",
        "/a-md",
    ] {
        assert_forbidden(&[(url, why)], &policy);
    }
}

#[test]
fn what_is_too_large_whatever_the_original_is_forbidden_by_its_url() {
    let policy = Policy {
        side: Some(1000),
        ..Policy::default()
    };
    for (url, asked) in [
        ("/a.jpg?w=1001", "1001x"),
        ("/a.jpg?w=1&h=1001", "1x1001"),
        ("/a.jpg?width=501&dpr=2&enlarge=true", "501x"),
        (
            "/a.jpg?width=1&height=2002&percent=50&fit=fill&enlarge=true",
            "1x2002",
        ),
        ("/1001x65535/a.jpg", "1001x65535"),
    ] {
        let why = format!("{asked}: should be at most 1000 pixels along a side");
        assert_forbidden(&[(url, &why)], &policy);
    }
    let urls = [
        "/a.jpg?w=1000&h=1000",
        // A half is rounded, and nobody knows here which way.
        "/a.jpg?width=2001&percent=50&enlarge=true",
        // These may come to less.
        "/a.jpg?width=1001",
        "/1000x65535/a.jpg",
        "/a.jpg@1001w",
        "/a-xl.jpg",
    ];
    assert_allowed(&urls, &policy);
}

#[test]
fn a_result_may_be_as_large_as_is_said() {
    let policy = Policy {
        side: Some(100),
        pixels: Some(5000),
        ..Policy::default()
    };
    let told = |width, height| {
        let result = check_result(Dimensions { width, height }, &policy);
        result.map_err(|why| why.to_string())
    };
    assert_eq!(told(100, 50), Ok(()));
    let side = |size: &str| Err(format!("{size}: should be at most 100 pixels along a side"));
    assert_eq!(told(101, 1), side("101x1"));
    assert_eq!(told(1, 101), side("1x101"));
    let pixels = "73x69: should be at most 5000 pixels in all";
    assert_eq!(told(73, 69), Err(pixels.into()));
    // As many as there can be are counted right.
    let no_side = Policy {
        side: None,
        ..policy
    };
    let largest = Dimensions {
        width: 65_535,
        height: 65_537,
    };
    assert!(check_result(largest, &no_side).is_err());
}
