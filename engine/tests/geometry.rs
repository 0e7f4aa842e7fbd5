//! Sizes and regions, as `plan` decides them from a header alone.

mod support;

use edgepix_corpus::write;
use edgepix_engine::{Crop, Fit, Focus, Limits, Region, Request, plan};
use support::{boxed, enlarged, header, planned, png_header, to_png};

/// The size of the result.
fn size((width, height): (u32, u32), request: &Request) -> (u32, u32) {
    let plan = planned(width, height, request).expect("a plan");
    (plan.output.width, plan.output.height)
}

const FITS: [Fit; 5] = [
    Fit::Inside,
    Fit::Outside,
    Fit::Cover,
    Fit::Contain,
    Fit::Fill,
];

const PHOTO: (u32, u32) = (400, 300);

#[test]
fn each_fit_meets_a_box_in_its_own_way() {
    for (fit, wide, tall, large) in [
        (Fit::Inside, (67, 50), (50, 38), (400, 300)),
        (Fit::Outside, (200, 150), (267, 200), (400, 300)),
        (Fit::Cover, (200, 50), (50, 200), (400, 240)),
        (Fit::Contain, (200, 50), (50, 200), (1000, 600)),
        (Fit::Fill, (200, 50), (50, 200), (400, 300)),
    ] {
        assert_eq!(
            size(PHOTO, &boxed(Some(200), Some(50), fit)),
            wide,
            "{fit:?}"
        );
        assert_eq!(
            size(PHOTO, &boxed(Some(50), Some(200), fit)),
            tall,
            "{fit:?}"
        );
        assert_eq!(
            size(PHOTO, &boxed(Some(1000), Some(600), fit)),
            large,
            "{fit:?}"
        );
    }
}

#[test]
fn each_fit_enlarges_if_it_may() {
    for (fit, expected) in [
        (Fit::Inside, (800, 600)),
        (Fit::Outside, (1000, 750)),
        (Fit::Cover, (1000, 600)),
        (Fit::Contain, (1000, 600)),
        (Fit::Fill, (1000, 600)),
    ] {
        let request = enlarged(boxed(Some(1000), Some(600), fit));
        assert_eq!(size(PHOTO, &request), expected, "{fit:?}");
    }
}

#[test]
fn one_side_alone_keeps_the_proportions_whatever_the_fit() {
    for fit in FITS {
        assert_eq!(size(PHOTO, &boxed(Some(100), None, fit)), (100, 75));
        assert_eq!(size(PHOTO, &boxed(None, Some(100), fit)), (133, 100));
    }
}

#[test]
fn one_side_alone_does_not_enlarge_unless_it_may() {
    let request = boxed(Some(800), None, Fit::Inside);
    assert_eq!(size(PHOTO, &request), PHOTO);
    assert_eq!(size(PHOTO, &enlarged(request)), (800, 600));
}

#[test]
fn neither_side_leaves_the_size() {
    assert_eq!(size(PHOTO, &to_png()), PHOTO);
}

#[test]
fn dpr_multiplies_what_is_asked_for() {
    let dpr = |dpr, width| Request {
        dpr,
        ..boxed(width, None, Fit::Inside)
    };
    assert_eq!(size(PHOTO, &dpr(2.0, Some(100))), (200, 150));
    assert_eq!(size(PHOTO, &dpr(1.5, Some(100))), (150, 113));
    assert_eq!(size(PHOTO, &dpr(2.0, None)), PHOTO, "nothing to multiply");
}

#[test]
fn percent_is_of_the_source_or_of_what_is_asked_for() {
    let percent = |percent, width| Request {
        percent,
        ..boxed(width, None, Fit::Inside)
    };
    assert_eq!(size(PHOTO, &percent(50.0, None)), (200, 150));
    assert_eq!(size(PHOTO, &percent(50.0, Some(200))), (100, 75));
    assert_eq!(size(PHOTO, &percent(200.0, None)), PHOTO);
    assert_eq!(size(PHOTO, &enlarged(percent(200.0, None))), (800, 600));
}

#[test]
fn halves_round_up_and_what_division_loses_does_not_show() {
    for ((width, height), to, expected) in [
        // 2.5 rows.
        ((4, 5), 2, (2, 3)),
        // 1.5 rows.
        ((6, 9), 1, (1, 2)),
        // 100 / 3 * 3 is not always 100.
        ((300, 300), 100, (100, 100)),
        ((4000, 3000), 400, (400, 300)),
        ((4272, 2848), 1068, (1068, 712)),
        ((5312, 2988), 1328, (1328, 747)),
    ] {
        let request = boxed(Some(to), None, Fit::Inside);
        assert_eq!(
            size((width, height), &request),
            expected,
            "{width}x{height}"
        );
    }
}

#[test]
fn the_thinnest_image_keeps_one_pixel() {
    let inside = |width, height| boxed(width, height, Fit::Inside);
    assert_eq!(size((10_000, 1), &inside(Some(100), None)), (100, 1));
    assert_eq!(size((1, 10_000), &inside(None, Some(100))), (1, 100));
    assert_eq!(size((10_000, 1), &inside(Some(50), Some(50))), (50, 1));
    // A column cannot be narrower than it is, so it stays.
    assert_eq!(size((1, 10_000), &inside(Some(100), None)), (1, 10_000));
    let tiny = Request {
        percent: 0.001,
        ..to_png()
    };
    assert_eq!(size(PHOTO, &tiny), (1, 1));
}

#[test]
fn every_fit_of_a_thin_image_has_pixels_to_take() {
    for source in [(1, 10_000), (10_000, 1), (1, 1)] {
        for fit in FITS {
            for (width, height) in [(100, 100), (1, 1), (1, 100), (100, 1)] {
                let request = boxed(Some(width), Some(height), fit);
                let plan = planned(source.0, source.1, &request).expect("a plan");
                assert!(plan.output.width >= 1 && plan.output.height >= 1);
                let Region {
                    left,
                    top,
                    width,
                    height,
                } = plan.region;
                assert!(width > 0.0 && height > 0.0, "{source:?} {request:?}");
                assert!(left >= 0.0 && left + width <= f64::from(source.0) + 1e-9);
                assert!(top >= 0.0 && top + height <= f64::from(source.1) + 1e-9);
            }
        }
    }
}

#[test]
fn cover_keeps_what_is_in_focus_in_view() {
    // A square of 400 x 300 leaves 100 columns to choose from.
    for (x, left) in [
        (0.0, 0.0),
        (0.25, 0.0),
        (0.5, 50.0),
        (0.6, 90.0),
        (1.0, 100.0),
    ] {
        let request = Request {
            focus: Focus { x, y: 0.5 },
            ..boxed(Some(100), Some(100), Fit::Cover)
        };
        let region = planned(400, 300, &request).expect("a plan").region;
        assert!((region.left - left).abs() < 1e-9, "{x}: {region:?}");
        assert_eq!(
            (region.top, region.width, region.height),
            (0.0, 300.0, 300.0)
        );
    }
}

#[test]
fn focus_is_a_point_of_the_image_as_it_will_be_seen() {
    // The file lies on its side; its upper edge is the right one of what is seen.
    let file = write::png_with_orientation(&png_header(400, 300), 6);
    let request = Request {
        focus: Focus { x: 1.0, y: 0.5 },
        ..boxed(Some(50), Some(200), Fit::Cover)
    };
    let plan = plan(&request, &header(&file), &Limits::default()).expect("a plan");
    assert_eq!((plan.output.width, plan.output.height), (50, 200));
    assert_eq!(
        plan.region,
        Region {
            left: 0.0,
            top: 0.0,
            width: 400.0,
            height: 100.0
        }
    );
}

#[test]
fn a_crop_is_what_the_result_is_made_of() {
    let crop = Crop {
        left: 13,
        top: 7,
        width: 101,
        height: 51,
    };
    let request = Request {
        crop: Some(crop),
        ..to_png()
    };
    let plan = planned(400, 300, &request).expect("a plan");
    assert_eq!((plan.output.width, plan.output.height), (101, 51));
    let Region { left, top, .. } = plan.region;
    assert_eq!((left, top), (13.0, 7.0));
}

#[test]
fn contain_centres_the_image_to_within_a_chroma_sample() {
    for (width, height) in [(200, 200), (201, 201), (99, 40), (40, 99), (203, 77)] {
        let request = boxed(Some(width), Some(height), Fit::Contain);
        let plan = planned(400, 300, &request).expect("a plan");
        assert_eq!((plan.output.width, plan.output.height), (width, height));
        let padding = plan.padding.expect("the box has other proportions");
        for (before, image, all) in [
            (padding.left, padding.image.width, width),
            (padding.top, padding.image.height, height),
        ] {
            let after = all - image - before;
            assert!(before.is_multiple_of(2), "chroma begins at even pixels");
            assert!(after >= before && after - before <= 3, "{before} {after}");
        }
    }
}

#[test]
fn contain_without_anything_to_add_adds_nothing() {
    let request = boxed(Some(200), Some(150), Fit::Contain);
    assert_eq!(planned(400, 300, &request).expect("a plan").padding, None);
}

#[test]
fn a_small_image_is_not_enlarged_on_a_large_canvas() {
    let request = boxed(Some(1000), Some(600), Fit::Contain);
    let plan = planned(400, 300, &request).expect("a plan");
    let padding = plan.padding.expect("a canvas");
    assert_eq!((padding.image.width, padding.image.height), (400, 300));
    assert_eq!((padding.left, padding.top), (300, 150));
}
