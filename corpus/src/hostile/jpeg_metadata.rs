//! JPEG files whose EXIF and ICC segments lie. The picture itself is sound.

use super::jpeg::{after_start, sound};
use super::{Hostile, hostile};
use crate::write::{app_segment, exif_orientation, with_exif_orientation};

pub(super) fn files() -> Vec<Hostile> {
    [exif(), icc()].concat()
}

/// The sound picture with this TIFF structure as its EXIF.
fn with_exif(tiff: &[u8]) -> Vec<u8> {
    after_start(&app_segment(1, &[b"Exif\0\0", tiff].concat()))
}

fn exif() -> Vec<Hostile> {
    let patched = |at: usize, bytes: &[u8]| {
        let mut tiff = exif_orientation(6);
        tiff[at..at + bytes.len()].copy_from_slice(bytes);
        with_exif(&tiff)
    };
    // Offsets of the parts: 4 first directory, 8 entry count, 10 tag, 12 type, 14 count,
    // 18 value, 22 next directory.
    vec![
        hostile(
            "exif-orientation-0.jpg",
            "an orientation of 0",
            with_exif_orientation(&sound(), 0),
        ),
        hostile(
            "exif-orientation-9.jpg",
            "an orientation of 9",
            with_exif_orientation(&sound(), 9),
        ),
        hostile(
            "exif-empty.jpg",
            "an EXIF segment with nothing in it",
            with_exif(b""),
        ),
        hostile(
            "exif-cut.jpg",
            "a TIFF structure that ends in its first entry",
            with_exif(&exif_orientation(6)[..15]),
        ),
        hostile(
            "exif-byte-order.jpg",
            "a byte order that does not exist",
            patched(0, b"XX"),
        ),
        hostile(
            "exif-directory-on-itself.jpg",
            "a directory that lies over the header",
            patched(4, &[0; 4]),
        ),
        hostile(
            "exif-directory-far-away.jpg",
            "a directory at 4 GB",
            patched(4, &[0xff; 4]),
        ),
        hostile(
            "exif-loop.jpg",
            "a directory that is followed by itself",
            patched(22, &[8, 0, 0, 0]),
        ),
        hostile(
            "exif-entries-65535.jpg",
            "counts 65,535 entries and has one",
            patched(8, &[0xff, 0xff]),
        ),
        hostile(
            "exif-count-4294967295.jpg",
            "an orientation of four billion values",
            patched(14, &[0xff; 4]),
        ),
        hostile(
            "exif-count-0.jpg",
            "an orientation without a value",
            patched(14, &[0; 4]),
        ),
        hostile(
            "exif-type-99.jpg",
            "an orientation of an unknown type",
            patched(12, &[99, 0]),
        ),
        hostile(
            "exif-twice.jpg",
            "two EXIF segments that disagree: 6, then 3",
            {
                let segment = |orientation| {
                    app_segment(
                        1,
                        &[b"Exif\0\0", &exif_orientation(orientation)[..]].concat(),
                    )
                };
                after_start(&[segment(6), segment(3)].concat())
            },
        ),
    ]
}

fn icc() -> Vec<Hostile> {
    let part = |number: u8, count: u8, length: usize| {
        app_segment(
            2,
            &[b"ICC_PROFILE\0", &[number, count][..], &vec![0x41; length]].concat(),
        )
    };
    vec![
        hostile(
            "icc-part-missing.jpg",
            "200 KB of profile in four parts, the third of which is missing",
            after_start(&[part(1, 4, 65_000), part(2, 4, 65_000), part(4, 4, 65_000)].concat()),
        ),
        hostile(
            "icc-counts-differ.jpg",
            "200 KB of profile whose parts disagree on how many they are",
            {
                after_start(
                    &[part(1, 3, 65_000), part(2, 4, 65_000), part(3, 255, 65_000)].concat(),
                )
            },
        ),
        hostile(
            "icc-same-part.jpg",
            "the same part of a profile three times",
            after_start(&[part(1, 3, 100), part(1, 3, 100), part(1, 3, 100)].concat()),
        ),
        hostile(
            "icc-part-0.jpg",
            "a part numbered 0 of 0",
            after_start(&part(0, 0, 100)),
        ),
        hostile(
            "icc-part-9-of-2.jpg",
            "a part numbered beyond their count",
            after_start(&part(9, 2, 100)),
        ),
        hostile(
            "icc-empty.jpg",
            "a profile of no bytes",
            after_start(&part(1, 1, 0)),
        ),
        hostile(
            "icc-size-lies.jpg",
            "a profile that says it is 4 GB long, with four billion tags",
            {
                let mut profile = [0xff; 132];
                profile[36..40].copy_from_slice(b"acsp");
                after_start(&app_segment(
                    2,
                    &[b"ICC_PROFILE\0\x01\x01", &profile[..]].concat(),
                ))
            },
        ),
    ]
}
