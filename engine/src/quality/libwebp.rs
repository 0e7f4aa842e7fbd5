//! What libwebp needs to look like JPEG. Written by `bench-report calibrate`, not by
//! hand; `libwebp-sys` or `libwebp` is 0.14.4.
//!
//! 2026-11-20, engine as of 092bcc4; decoded by
//! sharp 0.35.5 (libvips 8.18.7, node 20.20.2).
//! Photographs at 400, 800, 1600 px:
//! - bridge.jpg, Sander Klootwijk, CC-BY-SA-4.0
//! - dragonfly.jpg, Bolly, CC-BY-SA-4.0
//! - lake.jpg, Jared Forth, MIT OR Apache-2.0
//! - life.jpg, Aitzol Berasategi, CC-BY-4.0
//! - picosdeeuropa.jpg, Aitzol Berasategi, CC-BY-4.0
//! - picture-1a.jpg, Trevor Freespace, CC-BY-4.0
//! - seeding.jpg, Clemens Engelhardt, CC0-1.0
//! - sunset.jpg, Aitzol Berasategi, CC-BY-4.0
//! - wine.jpg, Jakub Mede, CC-BY-4.0

use super::ByEffort;

/// Rows are quality, tenths of native quality, and the SSIMULACRA2 of both.
#[rustfmt::skip]
pub(crate) const LIBWEBP: ByEffort = &[
    (2, &[
        (1, 10), // -61.4
        (5, 10), // -48.3
        (10, 10), // -6.1
        (20, 126), // 34.1
        (30, 294), // 50.7
        (40, 439), // 59.4
        (50, 579), // 65.1
        (60, 690), // 68.7
        (70, 792), // 73.6
        (80, 859), // 78.8
        (85, 895), // 81.6
        (90, 939), // 84.9
        (95, 1000), // 88.5
        (100, 1000), // 91.6
    ]),
    (4, &[
        (1, 10), // -61.4
        (5, 10), // -48.3
        (10, 10), // -6.1
        (20, 141), // 34.1
        (30, 318), // 50.7
        (40, 462), // 59.4
        (50, 599), // 65.1
        (60, 702), // 68.7
        (70, 787), // 73.6
        (80, 851), // 78.8
        (85, 884), // 81.6
        (90, 930), // 84.9
        (95, 1000), // 88.5
        (100, 1000), // 91.6
    ]),
    (6, &[
        (1, 10), // -61.4
        (5, 10), // -48.3
        (10, 10), // -6.1
        (20, 144), // 34.1
        (30, 322), // 50.7
        (40, 466), // 59.4
        (50, 610), // 65.1
        (60, 711), // 68.7
        (70, 790), // 73.6
        (80, 851), // 78.8
        (85, 885), // 81.6
        (90, 931), // 84.9
        (95, 1000), // 88.5
        (100, 1000), // 91.6
    ]),
];
