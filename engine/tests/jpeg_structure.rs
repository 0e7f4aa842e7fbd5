//! Segments and markers of JPEG: what the standard allows between and inside them, and what it
//! does not.

mod support;

use edgepix_corpus::{
    synth::{self, Picture},
    write::{self, JpegOptions},
};
use edgepix_engine::{Damage, Error, jpeg::Scale};
use support::planes::{decoded, planes, segment, segments, with};

const START_OF_SCAN: u8 = 0xda;
const HUFFMAN: u8 = 0xc4;
const QUANTISATION: u8 = 0xdb;

fn photo() -> Picture {
    synth::photo(61, 83, 9)
}

fn baseline(restart_interval: u16) -> Vec<u8> {
    let options = JpegOptions {
        restart_interval,
        ..JpegOptions::default()
    };
    write::jpeg(&photo(), &options)
}

fn progressive() -> Vec<u8> {
    let options = JpegOptions {
        progressive: true,
        ..JpegOptions::default()
    };
    write::jpeg(&photo(), &options)
}

fn by_component() -> Vec<u8> {
    write::jpeg_by_component(&photo(), &JpegOptions::default())
}

fn kinds() -> [(&'static str, Vec<u8>); 4] {
    [
        ("baseline", baseline(0)),
        ("restarts", baseline(2)),
        ("progressive", progressive()),
        ("by component", by_component()),
    ]
}

/// Asserts that a changed file gives the planes of the original at every scale.
fn assert_same(name: &str, changed: &[u8], original: &[u8]) {
    assert!(changed != original, "{name}: nothing was changed");
    for scale in Scale::ALL {
        let actual = planes(changed, scale).unwrap_or_else(|e| panic!("{name} {scale:?}: {e}"));
        let expected = planes(original, scale).expect("a sound file");
        assert!(actual == expected, "{name} at {scale:?}");
    }
}

/// Asserts that a file is refused at every scale, as broken in one particular way.
fn assert_malformed(name: &str, file: &[u8], words: &str) {
    for scale in Scale::ALL {
        match planes(file, scale) {
            Err(Error::Malformed { rule, .. }) if rule.contains(words) => {}
            other => panic!("{name} at {scale:?}: {:?}", other.map(|_| "planes")),
        }
    }
}

/// The file with `bytes` before each segment but the first two, and before the end.
fn between_segments(file: &[u8], bytes: &[u8]) -> Vec<u8> {
    let ends = [file.len() - 2];
    let starts = segments(file).into_iter().skip(2).map(|(_, s)| s.start);
    let places: Vec<_> = starts.chain(ends).collect();
    let places = places.iter().rev();
    places.fold(file.to_vec(), |file, &at| with(&file, at, bytes))
}

/// Positions of the markers 0xFF `code` in a file's scans.
fn markers(file: &[u8], codes: std::ops::RangeInclusive<u8>) -> Vec<usize> {
    let first = segment(file, START_OF_SCAN).end;
    (first..file.len() - 1)
        .filter(|&at| file[at] == 0xff && codes.contains(&file[at + 1]))
        .collect()
}

#[test]
fn fill_bytes_may_come_before_any_marker() {
    for (kind, file) in kinds() {
        assert_same(kind, &between_segments(&file, &[0xff; 5]), &file);
    }
    let file = baseline(2);
    let markers = markers(&file, 0xd0..=0xd7).into_iter().rev();
    let filled = markers.fold(file.clone(), |file, at| with(&file, at, &[0xff; 3]));
    assert_same("before restart markers", &filled, &file);
}

#[test]
fn fill_bytes_may_come_before_a_stuffed_byte() {
    // No encoder does it; libjpeg reads it as the one byte that it is.
    for (kind, file) in kinds() {
        let stuffed = markers(&file, 0..=0);
        let first = stuffed.first().copied().expect("a 0xFF in the data");
        assert_same(kind, &with(&file, first, &[0xff, 0xff]), &file);
    }
}

#[test]
fn junk_between_segments_is_passed_over() {
    for (kind, file) in kinds() {
        // Before a segment that follows a scan it would be scan data.
        let first = segment(&file, START_OF_SCAN).start;
        let places = segments(&file).into_iter().skip(2);
        let places = places.map(|(_, segment)| segment.start);
        let places: Vec<_> = places.filter(|&at| at <= first).collect();
        let places = places.iter().rev();
        let junk = b"junk\xff\0 and more";
        let changed = places.fold(file.clone(), |file, &at| with(&file, at, junk));
        assert_same(kind, &changed, &file);
    }
}

#[test]
fn unknown_segments_between_scans_are_passed_over() {
    for (kind, file) in kinds() {
        let comment = b"\xff\xfe\0\x0a\xff\xd9\xff\xda\0\x08\xff\xf0\0\x04\xff\xff";
        assert_same(kind, &between_segments(&file, comment), &file);
    }
}

#[test]
fn what_follows_the_image_is_not_read() {
    let second = write::jpeg(&synth::noise(99, 99, 3, 1), &JpegOptions::default());
    for (kind, file) in kinds() {
        for (tail, bytes) in [
            ("another image", &second[..]),
            ("a gain map", &[&b"\0\0MPF\0"[..], &second].concat()),
            ("junk", &synth::noise(500, 1, 1, 1).samples),
            ("nothing but 0xFF", &[0xff; 300]),
        ] {
            let longer = [&file[..], bytes].concat();
            assert_same(&format!("{kind} and {tail}"), &longer, &file);
        }
    }
}

#[test]
fn one_sequential_scan_needs_no_end_marker_and_many_progressive_ones_do() {
    for (kind, file) in kinds() {
        let cut = &file[..file.len() - 2];
        if kind == "progressive" {
            assert_malformed(kind, cut, "ends with a marker");
        } else {
            assert_same(kind, cut, &file);
        }
    }
}

#[test]
fn a_height_that_comes_after_the_first_scan_counts() {
    for (kind, file) in kinds() {
        let frame = segments(&file)
            .into_iter()
            .find(|(marker, _)| (0xc0..=0xc2).contains(marker));
        let height = frame.expect("a frame").1.start + 5;
        // After the first scan: before the segment that follows it, or the end.
        let scan = segment(&file, START_OF_SCAN).start;
        let next = segments(&file).into_iter().map(|(_, s)| s.start);
        let after = next.filter(|&at| at > scan).min().unwrap_or(file.len() - 2);
        let lines = [&b"\xff\xdc\0\x04"[..], &file[height..height + 2]].concat();
        let mut late = with(&file, after, &lines);
        late[height..height + 2].fill(0);
        assert_same(kind, &late, &file);
        let mut never = file.clone();
        never[height..height + 2].fill(0);
        assert_malformed(kind, &never, "a height of 0");
    }
}

#[test]
fn restart_markers_that_are_wrong_are_refused() {
    let file = baseline(2);
    let at = markers(&file, 0xd0..=0xd7);
    let mut wrong = file.clone();
    wrong[at[3] + 1] ^= 1;
    assert_malformed("another number", &wrong, "restart markers come in order");
    let missing = [&file[..at[3]], &file[at[3] + 2..]].concat();
    assert_malformed("a missing marker", &missing, "");
    let twice = with(&file, at[3], &file[at[3]..at[3] + 2]);
    assert_malformed("a marker twice", &twice, "lasts to the end");
    let other = with(&file, at[3], b"\xff\xfe\0\x04hi");
    assert_malformed("a comment", &other, "restart markers come in order");
    // The interval that is said, and the one that is kept.
    let interval = segment(&file, 0xdd);
    for (said, words) in [(0, "lasts to"), (1, "in order"), (3, "lasts to")] {
        let mut lying = file.clone();
        lying[interval.start + 5] = said;
        assert_malformed(&format!("an interval of {said}"), &lying, words);
    }
}

#[test]
fn a_scan_of_fewer_units_than_the_image_is_refused_and_of_more_is_not() {
    for (kind, file) in kinds() {
        let frame = segments(&file)
            .into_iter()
            .find(|(marker, _)| (0xc0..=0xc2).contains(marker));
        let height = frame.expect("a frame").1.start + 6;
        let mut short = file.clone();
        short[height] += 16;
        for scale in Scale::ALL {
            assert!(planes(&short, scale).is_err(), "{kind} at {scale:?}");
        }
        let mut long = baseline(0);
        long[height] -= 32;
        assert!(planes(&long, Scale::Full).is_ok());
    }
}

#[test]
fn a_table_that_is_missing_is_asked_for() {
    for (kind, file) in kinds() {
        for (marker, words) in [
            (HUFFMAN, "a Huffman table is"),
            (QUANTISATION, "quantisation"),
        ] {
            let tables = segments(&file).into_iter().filter(|(m, _)| *m == marker);
            for (_, table) in tables {
                let without = [&file[..table.start], &file[table.end..]].concat();
                // In a progressive file an older table of the number may be there.
                if kind == "progressive" && marker == HUFFMAN {
                    assert!(planes(&without, Scale::Full).is_err(), "{kind}");
                } else {
                    assert_malformed(kind, &without, words);
                }
            }
        }
    }
}

#[test]
fn tables_may_be_replaced_between_scans() {
    let file = by_component();
    // Chroma's tables move before chroma's first scan, and take the numbers of luma's.
    let scans: Vec<_> = segments(&file)
        .into_iter()
        .filter(|(marker, _)| *marker == START_OF_SCAN)
        .collect();
    let is_chroma = |segment: &std::ops::Range<usize>| file[segment.start + 4] & 15 == 1;
    let tables: Vec<_> = segments(&file)
        .into_iter()
        .filter(|(marker, segment)| *marker == HUFFMAN && is_chroma(segment))
        .map(|(_, segment)| segment)
        .collect();
    assert_eq!(tables.len(), 2);
    let mut late: Vec<u8> = tables
        .iter()
        .flat_map(|t| file[t.clone()].to_vec())
        .collect();
    let length = tables[0].len();
    late[4] &= 0xf0;
    late[length + 4] &= 0xf0;
    let mut changed = file.clone();
    for (_, scan) in &scans[1..] {
        changed[scan.start + 6] = 0;
    }
    changed = with(&changed, scans[1].1.start, &late);
    for table in tables.iter().rev() {
        changed.drain(table.clone());
    }
    assert_same("other Huffman tables", &changed, &file);
}

#[test]
fn a_component_keeps_the_steps_that_its_first_scan_finds() {
    let steps = [
        &b"\xff\xdb\0\x43\0"[..],
        &[255; 64],
        b"\xff\xdb\0\x43\x01",
        &[255; 64],
    ]
    .concat();
    for (kind, file) in [("progressive", progressive()), ("baseline", baseline(0))] {
        let scan = segment(&file, START_OF_SCAN).start;
        let next = segments(&file).into_iter().map(|(_, s)| s.start);
        let after = next.filter(|&at| at > scan).min().unwrap_or(file.len() - 2);
        assert_same(kind, &with(&file, after, &steps), &file);
    }
    // Chroma's may come as late as its first scan, under luma's number.
    let file = by_component();
    let table = segments(&file)
        .into_iter()
        .find(|(marker, s)| *marker == QUANTISATION && file[s.start + 4] == 1);
    let table = table.expect("chroma's").1;
    let scan = segment(&file, START_OF_SCAN).start;
    let starts = segments(&file).into_iter().map(|(_, s)| s.start);
    let second = starts.filter(|&at| at > scan).min().expect("a second scan");
    let mut late = file[table.clone()].to_vec();
    late[4] = 0;
    let mut changed = with(&file, second, &late);
    let frame = segment(&file, 0xc0).start;
    (changed[frame + 15], changed[frame + 18]) = (0, 0);
    changed.drain(table);
    assert_same("a late table", &changed, &file);
}

#[test]
fn scans_that_name_components_wrongly_are_refused() {
    for (name, file, at, id, words) in [
        ("repeated", baseline(0), 7, 1, "each component once"),
        ("unknown", baseline(0), 7, 9, "components of the frame"),
        ("unknown", progressive(), 7, 9, "components of the frame"),
    ] {
        let mut changed = file.clone();
        changed[segment(&file, START_OF_SCAN).start + at] = id;
        assert_malformed(name, &changed, words);
    }
    let file = by_component();
    let second = segments(&file)
        .into_iter()
        .filter(|(marker, _)| *marker == START_OF_SCAN)
        .nth(1);
    let mut twice = file.clone();
    twice[second.expect("three scans").1.start + 5] = 1;
    assert_malformed("a component in two scans", &twice, "comes in one scan");
}

#[test]
fn what_hides_behind_a_second_start_of_image_is_not_taken_for_a_scan() {
    // Read as a segment, the second start hides a scan of one component; read as a marker, it
    // does not: both must not happen to one file.
    let file = by_component();
    let scan = segment(&file, START_OF_SCAN);
    let tables = segment(&file, 0xc0);
    let (hidden, rest) = (&file[scan.start..file.len() - 2], &baseline(0)[2..]);
    let length = u16::try_from(hidden.len() + 2).expect("a small file");
    let start = [&b"\xff\xd8"[..], &length.to_be_bytes(), hidden].concat();
    let head = [&file[..tables.start], &file[tables.end..scan.start]].concat();
    let crafted = [&head, &start[..], rest].concat();
    assert_malformed("a second start", &crafted, "one start of image");
    let late = with(&file, scan.start, b"\xff\xd8");
    assert_malformed("a late start", &late, "one start of image");
    let second = segments(&file).into_iter().map(|(_, s)| s.start);
    let second = second.filter(|&at| at > scan.start).min();
    let late = with(&file, second.expect("three scans"), b"\xff\xd8");
    assert_malformed("a start between scans", &late, "one start of image");
}

#[test]
fn a_component_without_any_scan_is_refused_or_shown_grey() {
    let file = by_component();
    let scan = segment(&file, START_OF_SCAN).start;
    let starts = segments(&file).into_iter().map(|(_, s)| s.start);
    let second = starts.filter(|&at| at > scan).min().expect("three scans");
    let sequential = [&file[..second], b"\xff\xd9"].concat();
    // The first scan of a progressive file, whose header is made to name luma alone.
    let file = progressive();
    let scan = segment(&file, START_OF_SCAN);
    let header = b"\xff\xda\0\x08\x01\x01\0\0\0\x01";
    let alone = [
        &file[..scan.start],
        header,
        &file[scan.end..scan.end + 40],
        b"\xff\xd9",
    ]
    .concat();
    for (kind, file) in [("sequential", sequential), ("progressive", alone)] {
        for scale in Scale::ALL {
            assert!(planes(&file, scale).is_err(), "{kind}");
            let shown = decoded(&mut &file[..], [scale; 4], Damage::Show);
            let (shown, is_damaged) = shown.unwrap_or_else(|error| panic!("{kind}: {error}"));
            assert!(is_damaged, "{kind}");
            for plane in &shown[1..] {
                assert!(
                    plane.samples.iter().all(|&s| s == 128),
                    "{kind} at {scale:?}"
                );
            }
        }
    }
}

#[test]
fn any_script_of_scans_gives_the_planes_of_one_scan() {
    // A picture of 45 x 37 by `cjpeg -quality 75 -optimize`; from it, by `jpegtran -copy none
    // -scans script`, 26 scans that divide bands and bits in ways that no encoder does of itself
    // (DC of each component alone, from three bits down; bands 1-1, 2-5, 6-14 and 15-63 of luma
    // from up to four bits down; chroma's bands joined in its last scan); and the same with
    // `-restart 5B`.
    let one = include_bytes!("jpeg/one.jpg");
    for (name, many) in [
        ("many scans", &include_bytes!("jpeg/many.jpg")[..]),
        (
            "many scans with restarts",
            include_bytes!("jpeg/restarts.jpg"),
        ),
    ] {
        let scans = segments(many)
            .into_iter()
            .filter(|(m, _)| *m == START_OF_SCAN);
        assert_eq!(scans.count(), 26, "{name}");
        assert_same(name, many, one);
    }
}
