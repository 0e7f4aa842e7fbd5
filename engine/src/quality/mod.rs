//! One quality for every format: the number of our JPEG encoder, 4:2:0, that looks
//! the same. What other encoders need for it was measured by `bench-report
//! calibrate`, which writes the tables below; `engine/docs/quality.md` says how.

#[cfg(feature = "libaom")]
mod libaom;
#[cfg(feature = "libwebp")]
mod libwebp;
#[cfg(all(feature = "rav1e", not(feature = "libaom")))]
mod rav1e;

#[cfg(feature = "libaom")]
pub(crate) use libaom::LIBAOM;
#[cfg(feature = "libwebp")]
pub(crate) use libwebp::LIBWEBP;
#[cfg(all(feature = "rav1e", not(feature = "libaom")))]
pub(crate) use rav1e::RAV1E;

/// Quality when none is asked for.
pub(crate) const USUAL: u8 = 80;

/// What an encoder's own quality means.
#[derive(Clone, Copy)]
pub(crate) enum Loss {
    /// It has none: nothing is lost.
    None,
    /// It is the scale that the others are measured by.
    Reference,
    /// What was measured.
    #[cfg_attr(
        not(any(feature = "libwebp", feature = "libaom", feature = "rav1e")),
        expect(dead_code, reason = "no lossy encoder but JPEG's is built in")
    )]
    Measured(ByEffort),
}

/// Efforts, rising, and the tables measured at them.
pub(crate) type ByEffort = &'static [(u8, Table)];

/// Qualities, from 1 to 100, and tenths of the native quality that looks the same.
/// Both rise.
pub(crate) type Table = &'static [(u8, u16)];

/// The native quality, 1-100, for `quality`, 1-100, at `effort`: from the table of
/// the next effort up where its own was not measured.
pub(crate) fn native(by_effort: ByEffort, effort: u8, quality: u8) -> u8 {
    let measured = by_effort.iter().find(|(of, _)| *of >= effort);
    let Some((_, table)) = measured.or(by_effort.last()) else {
        return quality;
    };
    let above = table.partition_point(|(at, _)| *at < quality);
    let to = table[above.min(table.len() - 1)];
    let from = table[above.saturating_sub(1)];
    let tenths = if to.0 > from.0 {
        let (run, rise) = (u16::from(to.0 - from.0), to.1 - from.1);
        from.1 + (u16::from(quality - from.0) * rise + run / 2) / run
    } else {
        to.1
    };
    u8::try_from((tenths + 5) / 10).map_or(100, |native| native.clamp(1, 100))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: ByEffort = &[
        (4, &[(1, 10), (50, 500), (100, 900)]),
        (9, &[(1, 10), (50, 600), (100, 1000)]),
    ];

    /// Every encoder of this build that has tables.
    fn built() -> Vec<(&'static str, ByEffort)> {
        vec![
            #[cfg(feature = "libwebp")]
            ("libwebp", LIBWEBP),
            #[cfg(feature = "libaom")]
            ("libaom", LIBAOM),
            #[cfg(all(feature = "rav1e", not(feature = "libaom")))]
            ("rav1e", RAV1E),
        ]
    }

    #[test]
    fn what_lies_between_two_measured_qualities_is_interpolated() {
        let natives = [1, 50, 75, 76, 100].map(|quality| native(TWO, 4, quality));
        assert_eq!(natives, [1, 50, 70, 71, 90]);
    }

    #[test]
    fn an_effort_without_a_table_takes_that_of_the_next_one_up() {
        let natives = [0, 4, 5, 9, 10].map(|effort| native(TWO, effort, 50));
        assert_eq!(natives, [50, 50, 60, 60, 60]);
    }

    #[test]
    fn tables_rise_from_quality_1_to_quality_100() {
        for (encoder, by_effort) in built() {
            assert!(by_effort.is_sorted_by(|a, b| a.0 < b.0), "{encoder}");
            for (effort, table) in by_effort {
                let rises = table.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1);
                assert!(rises, "{encoder} at effort {effort}");
                assert_eq!((table[0].0, table[table.len() - 1].0), (1, 100));
                let range = 10..=1000;
                assert!(table.iter().all(|(_, tenths)| range.contains(tenths)));
            }
        }
    }

    #[test]
    fn a_better_quality_is_never_a_worse_native_one() {
        for (encoder, by_effort) in built() {
            for effort in 0..=10 {
                let natives: Vec<u8> = (1..=100)
                    .map(|quality| native(by_effort, effort, quality))
                    .collect();
                assert!(natives.is_sorted(), "{encoder} {effort}: {natives:?}");
                assert!(natives.iter().all(|native| (1..=100).contains(native)));
            }
        }
    }
}
