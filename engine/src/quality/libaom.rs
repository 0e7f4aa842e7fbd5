//! What libaom needs to look like JPEG. Written by `bench-report calibrate`, not by
//! hand; `libaom-sys` or `libaom` is 0.17.2+libaom.3.11.0.
//!
//! 2026-11-20, engine as of d0b3fae; decoded by
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
pub(crate) const LIBAOM: ByEffort = &[
    (6, &[
        (1, 10), // -61.4
        (5, 10), // -48.3
        (10, 109), // -6.1
        (20, 287), // 34.1
        (30, 392), // 50.7
        (40, 465), // 59.4
        (50, 516), // 65.1
        (60, 549), // 68.7
        (70, 617), // 73.6
        (80, 741), // 78.8
        (85, 814), // 81.6
        (90, 884), // 84.9
        (95, 957), // 88.5
        (100, 991), // 91.6
    ]),
    (7, &[
        (1, 10), // -61.4
        (5, 13), // -48.3
        (10, 145), // -6.1
        (20, 322), // 34.1
        (30, 423), // 50.7
        (40, 490), // 59.4
        (50, 536), // 65.1
        (60, 572), // 68.7
        (70, 642), // 73.6
        (80, 770), // 78.8
        (85, 830), // 81.6
        (90, 899), // 84.9
        (95, 960), // 88.5
        (100, 992), // 91.6
    ]),
    (8, &[
        (1, 10), // -61.4
        (5, 11), // -48.3
        (10, 155), // -6.1
        (20, 331), // 34.1
        (30, 432), // 50.7
        (40, 500), // 59.4
        (50, 545), // 65.1
        (60, 584), // 68.7
        (70, 665), // 73.6
        (80, 790), // 78.8
        (85, 838), // 81.6
        (90, 904), // 84.9
        (95, 961), // 88.5
        (100, 992), // 91.6
    ]),
    (9, &[
        (1, 10), // -61.4
        (5, 10), // -48.3
        (10, 151), // -6.1
        (20, 336), // 34.1
        (30, 448), // 50.7
        (40, 522), // 59.4
        (50, 582), // 65.1
        (60, 635), // 68.7
        (70, 749), // 73.6
        (80, 843), // 78.8
        (85, 892), // 81.6
        (90, 939), // 84.9
        (95, 970), // 88.5
        (100, 994), // 91.6
    ]),
];
