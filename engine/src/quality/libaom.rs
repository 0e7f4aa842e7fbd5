//! What libaom needs to look like JPEG. Written by `bench-report calibrate`, not by
//! hand; `libaom-sys` or `libaom` is 0.17.2+libaom.3.11.0.
//!
//! 2026-11-20, engine as of 092bcc4; decoded by
//! sharp 0.35.5 (libvips 8.18.7, node 20.20.2).
//! Photographs at 400, 800 px:
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
pub(crate) const LIBAOM: ByEffort = &[
    (6, &[
        (1, 10), // -60.7
        (5, 10), // -45.5
        (10, 122), // -2.1
        (20, 296), // 36.3
        (30, 396), // 52.1
        (40, 467), // 60.1
        (50, 515), // 65.5
        (60, 547), // 69.1
        (70, 608), // 73.7
        (80, 724), // 78.7
        (85, 802), // 81.4
        (90, 869), // 84.7
        (95, 953), // 88.3
        (100, 989), // 91.4
    ]),
    (7, &[
        (1, 10), // -60.7
        (5, 20), // -45.5
        (10, 155), // -2.1
        (20, 327), // 36.3
        (30, 425), // 52.1
        (40, 489), // 60.1
        (50, 532), // 65.5
        (60, 567), // 69.1
        (70, 631), // 73.7
        (80, 752), // 78.7
        (85, 820), // 81.4
        (90, 888), // 84.7
        (95, 957), // 88.3
        (100, 990), // 91.4
    ]),
    (8, &[
        (1, 10), // -60.7
        (5, 24), // -45.5
        (10, 167), // -2.1
        (20, 337), // 36.3
        (30, 434), // 52.1
        (40, 497), // 60.1
        (50, 539), // 65.5
        (60, 575), // 69.1
        (70, 643), // 73.7
        (80, 763), // 78.7
        (85, 824), // 81.4
        (90, 890), // 84.7
        (95, 958), // 88.3
        (100, 990), // 91.4
    ]),
    (9, &[
        (1, 10), // -60.7
        (5, 11), // -45.5
        (10, 164), // -2.1
        (20, 345), // 36.3
        (30, 456), // 52.1
        (40, 526), // 60.1
        (50, 583), // 65.5
        (60, 636), // 69.1
        (70, 745), // 73.7
        (80, 839), // 78.7
        (85, 887), // 81.4
        (90, 936), // 84.7
        (95, 969), // 88.3
        (100, 993), // 91.4
    ]),
];
