//! Sampling factors and divisions into scans that few cameras make and T.81 allows. The file of
//! many planes must give the planes of one grey file for each.

mod support;

use edgepix_corpus::{
    synth::{self, Picture},
    write::{self, JpegOptions},
};
use edgepix_engine::jpeg::Scale;
use support::{
    jpeg_planes, largest_difference, mean_difference,
    planes::{planes, segment, segments},
};

/// Factors of each component.
const LAYOUTS: [&[(u8, u8)]; 16] = [
    &[(1, 1)],
    &[(3, 1), (1, 1), (1, 1)],
    &[(1, 3), (1, 1), (1, 1)],
    &[(4, 2), (1, 1), (1, 1)],
    &[(2, 4), (1, 1), (1, 1)],
    &[(1, 4), (1, 1), (1, 1)],
    // Chroma finer than luma, and each its own.
    &[(1, 1), (2, 2), (2, 2)],
    &[(1, 1), (4, 1), (1, 4)],
    &[(2, 1), (1, 2), (1, 1)],
    // Neither divides the other.
    &[(3, 2), (2, 1), (1, 1)],
    &[(2, 3), (3, 1), (1, 1)],
    &[(2, 2), (1, 2), (2, 1)],
    &[(1, 2), (1, 2), (1, 2)],
    // Four.
    &[(1, 1), (1, 1), (1, 1), (1, 1)],
    &[(2, 2), (1, 1), (1, 1), (2, 2)],
    &[(2, 1), (1, 1), (1, 2), (1, 1)],
];

const SIZES: [(u32, u32); 6] = [(1, 1), (8, 8), (17, 33), (47, 95), (131, 97), (400, 19)];

/// Planes of the size that their factors give them, each another picture.
fn drawn((width, height): (u32, u32), factors: &[(u8, u8)]) -> Vec<(Picture, (u8, u8))> {
    let most = factors
        .iter()
        .fold((1, 1), |most, of| (most.0.max(of.0), most.1.max(of.1)));
    let side =
        |length: u32, factor: u8, most: u8| (length * u32::from(factor)).div_ceil(u32::from(most));
    (0u32..)
        .zip(factors)
        .map(|(seed, &(across, down))| {
            let size = (side(width, across, most.0), side(height, down, most.1));
            let plane = synth::photo(size.0, size.1, seed.into()).grey();
            (plane, (across, down))
        })
        .collect()
}

/// All in one scan, each in its own, and some together; in any order.
fn divisions(count: usize) -> Vec<Vec<&'static [usize]>> {
    match count {
        1 => vec![vec![&[0]]],
        3 => vec![
            vec![&[0, 1, 2]],
            vec![&[0], &[1], &[2]],
            vec![&[2], &[0], &[1]],
            vec![&[0], &[1, 2]],
            vec![&[1, 2], &[0]],
            vec![&[0, 1], &[2]],
            vec![&[1], &[0, 2]],
        ],
        _ => vec![
            vec![&[0, 1, 2, 3]],
            vec![&[3], &[1], &[0], &[2]],
            vec![&[0, 3], &[1, 2]],
            vec![&[3], &[0, 1, 2]],
        ],
    }
}

fn options(progressive: bool, restart_interval: u16) -> JpegOptions {
    JpegOptions {
        progressive,
        restart_interval,
        ..JpegOptions::default()
    }
}

/// The planes at a scale as grey files of their own give them.
fn alone(drawn: &[(Picture, (u8, u8))], scale: Scale) -> Vec<Picture> {
    let plane = |(plane, _): &(Picture, _)| {
        let file = write::jpeg(plane, &options(false, 0));
        planes(&file, scale).expect("a sound file").swap_remove(0)
    };
    drawn.iter().map(plane).collect()
}

/// The largest number of blocks in an MCU of all components.
fn blocks(layout: &[(u8, u8)]) -> u8 {
    layout.iter().map(|(across, down)| across * down).sum()
}

#[test]
fn every_layout_in_any_scans_gives_each_plane_as_a_grey_file_does() {
    for size in SIZES {
        for layout in LAYOUTS {
            let drawn = drawn(size, layout);
            let expected = Scale::ALL.map(|scale| alone(&drawn, scale));
            for scans in divisions(layout.len()) {
                for (progressive, restarts) in [(false, 0), (false, 5), (true, 0), (true, 5)] {
                    // A progressive file comes in the usual scans, whatever is asked.
                    let is_usual = scans.len() == 1;
                    if is_usual && blocks(layout) > 10 || progressive && !is_usual {
                        continue;
                    }
                    let options = options(progressive, restarts);
                    let file = write::jpeg_of_planes(size, &drawn, &scans, &options);
                    for (scale, expected) in Scale::ALL.into_iter().zip(&expected) {
                        let name = format!(
                            "{layout:?} {size:?} {scans:?} {progressive} {restarts} {scale:?}"
                        );
                        let actual = planes(&file, scale).unwrap_or_else(|e| panic!("{name}: {e}"));
                        assert!(actual == *expected, "{name}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_grey_file_of_each_plane_is_read_the_same_by_zune_jpeg() {
    // What the test above compares with is itself compared.
    for size in SIZES {
        for (plane, _) in drawn(size, LAYOUTS[1]) {
            let file = write::jpeg(&plane, &options(false, 0));
            let (actual, expected) = (
                planes(&file, Scale::Full).expect("a sound file"),
                jpeg_planes(&file),
            );
            assert!(largest_difference(&actual[0], &expected[0]) <= 3);
            assert!(mean_difference(&actual[0], &expected[0]) <= 0.5);
        }
    }
}

#[test]
fn planes_have_the_size_that_their_factors_and_scale_give() {
    for (layout, size, scale, expected) in [
        // 17 x 33 pixels of 4:2:0: an eighth of 9 x 17 samples of chroma, rounded up.
        (
            LAYOUTS[6],
            (17, 33),
            Scale::Full,
            [(9, 17), (17, 33), (17, 33)],
        ),
        (
            LAYOUTS[6],
            (17, 33),
            Scale::Eighth,
            [(2, 3), (3, 5), (3, 5)],
        ),
        (
            LAYOUTS[1],
            (17, 33),
            Scale::Full,
            [(17, 33), (6, 33), (6, 33)],
        ),
        (
            LAYOUTS[1],
            (17, 33),
            Scale::Half,
            [(9, 17), (3, 17), (3, 17)],
        ),
        (
            LAYOUTS[9],
            (17, 33),
            Scale::Quarter,
            [(5, 9), (3, 5), (2, 5)],
        ),
    ] {
        let scans: &[&[usize]] = &[&[0, 1, 2]];
        let file = write::jpeg_of_planes(size, &drawn(size, layout), scans, &options(false, 0));
        let planes = planes(&file, scale).expect("a sound file");
        let sizes: Vec<_> = planes.iter().map(|p| (p.width, p.height)).collect();
        assert_eq!(sizes, expected, "{layout:?} at {scale:?}");
    }
}

#[test]
fn steps_of_two_bytes_are_those_of_one() {
    let file = write::jpeg(&synth::photo(61, 43, 4), &options(false, 0));
    let mut wide = file.clone();
    let frame = segment(&wide, 0xc0).start;
    // Only an extended sequential frame may have them.
    wide[frame + 1] = 0xc1;
    let tables = segments(&wide);
    for (_, table) in tables.iter().rev().filter(|(marker, _)| *marker == 0xdb) {
        let (number, steps) = (wide[table.start + 4], &wide[table.start + 5..table.end]);
        let steps = steps.iter().flat_map(|&step| [0, step]);
        let segment: Vec<u8> = [0xff, 0xdb, 0, 131, 0x10 | number]
            .into_iter()
            .chain(steps)
            .collect();
        wide.splice(table.clone(), segment);
    }
    for scale in Scale::ALL {
        let (actual, expected) = (planes(&wide, scale), planes(&file, scale));
        assert!(actual.expect("a sound file") == expected.expect("a sound file"));
    }
}

#[test]
fn more_than_ten_blocks_in_an_mcu_are_refused_and_each_component_alone_is_not() {
    let layout: &[(u8, u8)] = &[(2, 2), (2, 2), (2, 2)];
    let drawn = drawn((40, 30), layout);
    let together: &[&[usize]] = &[&[0, 1, 2]];
    let file = write::jpeg_of_planes((40, 30), &drawn, together, &options(false, 0));
    let refused = planes(&file, Scale::Full);
    assert!(refused.is_err_and(|error| error.to_string().contains("1 to 10 blocks")));
    let apart: &[&[usize]] = &[&[0], &[1], &[2]];
    let file = write::jpeg_of_planes((40, 30), &drawn, apart, &options(false, 0));
    let planes = planes(&file, Scale::Full).expect("a sound file");
    assert!(planes == alone(&drawn, Scale::Full));
}
