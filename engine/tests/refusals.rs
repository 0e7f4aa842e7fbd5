//! What is refused from a header and a request alone, and in whose name.

mod support;

use edgepix_corpus::write;
use edgepix_engine::{
    Crop, Enlarge, Error, Fit, Focus, Limits, OutputFormat, Request, Resource, Rotate, plan,
};
use support::{boxed, enlarged, header, planned, png_header, to, to_png};

/// The option that a request is refused for.
fn refused(width: u32, height: u32, request: &Request) -> &'static str {
    match planned(width, height, request) {
        Err(Error::Request { option, .. }) => option,
        other => panic!("{request:?} gave {other:?}"),
    }
}

#[test]
fn a_crop_that_leaves_the_source_is_refused() {
    for (left, top, width, height) in [
        (0, 0, 401, 300),
        (0, 0, 400, 301),
        (1, 0, 400, 300),
        (400, 0, 1, 1),
        (0, 300, 1, 1),
        (0, 0, 0, 10),
        (0, 0, 10, 0),
        (u32::MAX, 0, u32::MAX, 1),
    ] {
        let crop = Some(Crop {
            left,
            top,
            width,
            height,
        });
        let request = Request { crop, ..to_png() };
        assert_eq!(refused(400, 300, &request), "crop", "{crop:?}");
    }
}

#[test]
fn a_crop_is_measured_on_the_upright_source() {
    let crop = Some(Crop {
        left: 0,
        top: 0,
        width: 300,
        height: 400,
    });
    let request = Request { crop, ..to_png() };
    let limits = Limits::default();
    let upright = header(&png_header(400, 300));
    assert!(plan(&request, &upright, &limits).is_err());
    let turned = header(&write::png_with_orientation(&png_header(400, 300), 8));
    assert!(plan(&request, &turned, &limits).is_ok());
    // A rotation comes after the crop and does not help.
    let rotated = Request {
        rotate: Rotate::Quarter,
        ..request
    };
    assert!(plan(&rotated, &upright, &limits).is_err());
}

#[test]
fn numbers_that_make_no_sense_are_refused_by_name() {
    let off = |x, y| Request {
        focus: Focus { x, y },
        ..to_png()
    };
    let percent = |percent| Request {
        percent,
        ..to_png()
    };
    let dpr = |dpr| Request { dpr, ..to_png() };
    let quality = |quality| Request {
        quality: Some(quality),
        ..to_png()
    };
    for (option, request) in [
        ("width", boxed(Some(0), None, Fit::Inside)),
        ("width", boxed(Some(0), Some(10), Fit::Cover)),
        ("height", boxed(None, Some(0), Fit::Inside)),
        ("percent", percent(0.0)),
        ("percent", percent(-5.0)),
        ("percent", percent(1000.5)),
        ("percent", percent(f64::NAN)),
        ("percent", percent(f64::INFINITY)),
        ("dpr", dpr(0.0)),
        ("dpr", dpr(-1.0)),
        ("dpr", dpr(10.5)),
        ("dpr", dpr(f64::NAN)),
        ("focus", off(-0.1, 0.5)),
        ("focus", off(0.5, 1.1)),
        ("focus", off(f64::NAN, 0.5)),
        ("quality", quality(0)),
        ("quality", quality(101)),
    ] {
        assert_eq!(refused(400, 300, &request), option, "{request:?}");
    }
}

/// The length of a side that is too long, and the most that is allowed.
fn too_long(width: u32, height: u32, request: &Request) -> (u64, u64) {
    match planned(width, height, request) {
        Err(Error::TooLarge {
            resource: Resource::OutputSide,
            needed,
            allowed,
        }) => (needed, allowed),
        other => panic!("{request:?} gave {other:?}"),
    }
}

#[test]
fn a_side_that_no_format_could_hold_is_refused_by_name() {
    let wide = enlarged(boxed(Some(65_536), None, Fit::Inside));
    assert_eq!(refused(400, 1, &wide), "width");
    let tall = enlarged(boxed(None, Some(70_000), Fit::Inside));
    assert_eq!(refused(1, 400, &tall), "height");
    // The canvas counts, not only the image on it.
    let canvas = boxed(Some(70_000), Some(10), Fit::Contain);
    assert_eq!(refused(400, 300, &canvas), "width");
}

#[test]
fn a_side_that_follows_from_the_source_s_own_shape_is_not_blamed_on_the_request() {
    // Nobody asked for 500,000 rows: the file has a million.
    let request = boxed(Some(1), None, Fit::Inside);
    assert_eq!(too_long(2, 1_000_000, &request), (500_000, 65_535));
    assert_eq!(too_long(2, 1_000_000, &to_png()), (1_000_000, 65_535));
}

#[test]
fn a_result_beyond_its_format_s_limit_is_refused() {
    let wide = |format, width| {
        let request = Request {
            width: Some(width),
            enlarge: Enlarge::Allow,
            ..to(format)
        };
        planned(400, 1, &request)
    };
    assert!(wide(OutputFormat::Webp, 16_383).is_ok());
    assert!(matches!(
        wide(OutputFormat::Webp, 16_384),
        Err(Error::TooLarge {
            resource: Resource::OutputSide,
            needed: 16_384,
            allowed: 16_383
        })
    ));
    assert!(wide(OutputFormat::Jpeg, 65_535).is_ok());
    assert!(wide(OutputFormat::Png, 65_535).is_ok());
}

#[test]
fn a_source_beyond_the_limit_of_pixels_is_refused_and_one_at_it_is_not() {
    let limits = Limits {
        source_pixels: 400 * 300,
        ..Limits::default()
    };
    let at = header(&png_header(400, 300));
    assert!(plan(&to_png(), &at, &limits).is_ok());
    let beyond = header(&png_header(401, 300));
    assert!(matches!(
        plan(&to_png(), &beyond, &limits),
        Err(Error::TooLarge {
            resource: Resource::SourcePixels,
            needed: 120_300,
            allowed: 120_000
        })
    ));
}

#[test]
fn a_plan_beyond_the_limit_of_memory_is_refused_and_one_at_it_is_not() {
    let header = header(&png_header(400, 300));
    let with = |peak_bytes| {
        let limits = Limits {
            peak_bytes,
            ..Limits::default()
        };
        plan(&to_png(), &header, &limits)
    };
    let peak = with(u64::MAX).expect("a plan").peak.bytes();
    assert!(with(peak).is_ok());
    match with(peak - 1) {
        Err(Error::TooLarge {
            resource, needed, ..
        }) => assert_eq!((resource, needed), (Resource::Memory, peak)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_peak_is_printed_part_by_part() {
    let peak = planned(400, 300, &to_png()).expect("a plan").peak;
    let table = peak.to_string();
    for part in peak.parts() {
        assert!(part.bytes <= peak.bytes(), "{}", part.name);
        assert!(table.contains(part.name) && table.contains(&part.bytes.to_string()));
    }
    assert!(table.ends_with(&peak.bytes().to_string()));
}
