//! Ways to break a JPEG, most of which leave it one that can be decoded.

use std::ops::Range;

use crate::random::Random;

/// Applies some changes to `file`; `other` is a file to take parts from.
pub(crate) fn mutate(random: &mut Random, file: &mut Vec<u8>, other: &[u8]) {
    for _ in 0..random.of(&[1, 1, 1, 2, 3, 6]) {
        change(random, file, other);
    }
}

/// A marker with what belongs to it.
#[derive(Clone)]
struct Segment {
    marker: u8,
    /// From its 0xFF to the last byte of its body.
    whole: Range<usize>,
    /// The entropy-coded data after it; empty but for a start of scan.
    data: Range<usize>,
}

impl Segment {
    fn body(&self) -> Range<usize> {
        (self.whole.start + 4).min(self.whole.end)..self.whole.end
    }
}

/// The segments of a file, as far as it looks like one.
fn segments(file: &[u8]) -> Vec<Segment> {
    let mut found = Vec::new();
    let mut at = 2;
    while at + 4 <= file.len() {
        if file[at] != 0xff || matches!(file[at + 1], 0 | 0xff | 0xd0..=0xd9) {
            at += 1;
            continue;
        }
        let length = usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]]));
        let end = (at + 2 + length).min(file.len());
        let mut data = end..end;
        if file[at + 1] == 0xda {
            let is_marker = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7);
            let length = file[end..].windows(2).position(is_marker);
            data.end = length.map_or(file.len(), |length| end + length);
        }
        found.push(Segment {
            marker: file[at + 1],
            whole: at..end,
            data: data.clone(),
        });
        at = data.end.max(at + 2);
    }
    found
}

fn change(random: &mut Random, file: &mut Vec<u8>, other: &[u8]) {
    if file.len() < 4 {
        file.extend_from_slice(other);
    }
    let segments = segments(file);
    let all = 0..file.len();
    match random.below(21) {
        0 => flip(random, file, all),
        1..=5 => {
            let data = random_data(random, &segments).unwrap_or(all);
            if random.once_in(3) {
                set(random, file, data);
            } else {
                flip(random, file, data);
            }
        }
        6 => set(random, file, all),
        7 => ranges(random, file),
        8 => swap_segments(random, file, &segments),
        9 => splice(random, file, other),
        10 => body(random, file, &segments, &[0xc0, 0xc1, 0xc2]),
        11 => body(random, file, &segments, &[0xda]),
        12 => body(random, file, &segments, &[0xdb]),
        13 => body(random, file, &segments, &[0xc4]),
        14 | 15 => swap_symbols(random, file, &segments),
        16 => size(random, file, &segments),
        17 => insert_segment(random, file, &segments),
        18 => insert_marker(random, file, &segments),
        19 => hide(random, file, &segments),
        _ => one_segment(random, file, &segments),
    }
}

/// A place in a range, or its start if it is empty.
fn place(random: &mut Random, range: &Range<usize>) -> usize {
    range.start + random.below(range.len())
}

fn random_data(random: &mut Random, segments: &[Segment]) -> Option<Range<usize>> {
    let data: Vec<_> = segments
        .iter()
        .map(|segment| segment.data.clone())
        .filter(|data| !data.is_empty())
        .collect();
    (!data.is_empty()).then(|| data[random.below(data.len())].clone())
}

fn flip(random: &mut Random, file: &mut [u8], range: Range<usize>) {
    for _ in 0..random.of(&[1, 1, 2, 5]) {
        if let Some(byte) = file.get_mut(place(random, &range)) {
            *byte ^= 1 << random.below(8);
        }
    }
}

fn set(random: &mut Random, file: &mut [u8], range: Range<usize>) {
    for _ in 0..random.of(&[1, 1, 2, 5]) {
        let value = match random.below(3) {
            0 => random.of(&[0, 1, 0x7f, 0x80, 0xff, 0xfe, 0xf0, 0x11]),
            _ => random.byte(),
        };
        if let Some(byte) = file.get_mut(place(random, &range)) {
            *byte = value;
        }
    }
}

/// Removes, repeats, overwrites or cuts off some bytes.
fn ranges(random: &mut Random, file: &mut Vec<u8>) {
    let start = random.below(file.len());
    let length = random.of(&[1, 2, 3, 8, 64]).min(file.len() - start);
    match random.below(5) {
        0 => drop(file.drain(start..start + length)),
        1 => {
            let copy = file[start..start + length].to_vec();
            let at = random.below(file.len());
            file.splice(at..at, copy);
        }
        2 => {
            let bytes: Vec<_> = (0..length).map(|_| random.byte()).collect();
            file.splice(start..start, bytes);
        }
        3 => {
            let value = random.of(&[0, 0xff, 0x55]);
            file[start..start + length].fill(value);
        }
        _ => file.truncate(start),
    }
}

fn swap_segments(random: &mut Random, file: &mut Vec<u8>, segments: &[Segment]) {
    if segments.len() < 2 {
        return;
    }
    let first = random.below(segments.len() - 1);
    let second = random.from(first + 1, segments.len() - 1);
    let (a, b) = (&segments[first], &segments[second]);
    let swapped = [
        &file[..a.whole.start],
        &file[b.whole.start..b.data.end],
        &file[a.data.end..b.whole.start],
        &file[a.whole.start..a.data.end],
        &file[b.data.end..],
    ]
    .concat();
    *file = swapped;
}

/// The head of one file and the tail of another, often at segments.
fn splice(random: &mut Random, file: &mut Vec<u8>, other: &[u8]) {
    let mut cut = |file: &[u8]| {
        let segments = segments(file);
        if segments.is_empty() || random.once_in(4) {
            random.below(file.len())
        } else {
            let segment = &segments[random.below(segments.len())];
            random.of(&[segment.whole.start, segment.whole.end, segment.data.end])
        }
    };
    let (head, tail) = (cut(file), cut(other));
    file.truncate(head);
    file.extend_from_slice(&other[tail..]);
}

/// Changes a byte in the body of a segment with one of the markers.
fn body(random: &mut Random, file: &mut [u8], segments: &[Segment], markers: &[u8]) {
    let of = |segment: &&Segment| markers.contains(&segment.marker);
    let found: Vec<_> = segments.iter().filter(of).collect();
    if found.is_empty() {
        return;
    }
    let body = found[random.below(found.len())].body();
    let Some(byte) = file.get_mut(place(random, &body)) else {
        return;
    };
    *byte = match random.below(5) {
        0 => byte.wrapping_add(1),
        1 => byte.wrapping_sub(1),
        2 => byte.rotate_left(4),
        3 => random.of(&[0, 0x11, 0x12, 0x21, 0x22, 0x13, 0x41, 1, 2, 3, 63]),
        _ => random.byte(),
    };
}

/// Gives two codes each other's symbols.
fn swap_symbols(random: &mut Random, file: &mut [u8], segments: &[Segment]) {
    let of = |segment: &&Segment| segment.marker == 0xc4 && segment.body().len() > 18;
    let found: Vec<_> = segments.iter().filter(of).collect();
    if found.is_empty() {
        return;
    }
    let body = found[random.below(found.len())].body();
    let symbols = body.start + 17..body.end;
    for _ in 0..random.from(1, 3) {
        let (a, b) = (place(random, &symbols), place(random, &symbols));
        file.swap(a, b);
    }
}

/// Another size, mostly a smaller one, which the data suffices for.
fn size(random: &mut Random, file: &mut [u8], segments: &[Segment]) {
    let frame = segments
        .iter()
        .find(|segment| matches!(segment.marker, 0xc0..=0xc2));
    let Some(frame) = frame.filter(|frame| frame.body().len() >= 5) else {
        return;
    };
    let at = frame.body().start + random.of(&[1, 3]);
    let length = usize::from(u16::from_be_bytes([file[at], file[at + 1]]));
    let length = match random.below(4) {
        0 => length + random.from(1, 20),
        _ => random.from(0, length),
    };
    let length = u16::try_from(length).unwrap_or(u16::MAX);
    file[at..at + 2].copy_from_slice(&length.to_be_bytes());
}

/// A restart interval, a comment, lines, another frame or an Adobe segment.
fn insert_segment(random: &mut Random, file: &mut Vec<u8>, segments: &[Segment]) {
    let bytes: &[u8] = match random.below(6) {
        0 | 1 => &[0xff, 0xdd, 0, 4, 0, random.byte() & 15],
        2 => &[0xff, 0xfe, 0, 8, 0xff, 0xda, 0, 8, 1, 1],
        3 => &[0xff, 0xdc, 0, 4, 0, random.byte()],
        4 => b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0",
        _ => &[0xff, 0xc0, 0, 11, 8, 0, 16, 0, 16, 1, 1, 0x11, 0],
    };
    let at = match segments.get(random.below(segments.len())) {
        Some(segment) => random.of(&[segment.whole.start, segment.data.end]),
        None => random.below(file.len()),
    };
    file.splice(at..at, bytes.iter().copied());
}

/// A marker without a segment, or bytes between segments.
fn insert_marker(random: &mut Random, file: &mut Vec<u8>, segments: &[Segment]) {
    let code = match random.below(3) {
        0 => 0xd0 | random.byte() & 7,
        1 => random.of(&[0xd8, 0xd9, 0x01, 0xff, 0x00, 0xda, 0xc4, 0xe0]),
        _ => random.byte(),
    };
    let at = match segments.get(random.below(segments.len())) {
        Some(segment) if random.once_in(2) => segment.whole.start,
        Some(segment) => place(random, &segment.data),
        None => random.below(file.len()),
    };
    let bytes = [0xff, code];
    let length = random.from(1, 2);
    file.splice(at..at, bytes.into_iter().take(length));
}

/// Makes some segments the body of another: whoever takes its marker for one that
/// stands alone still sees them.
fn hide(random: &mut Random, file: &mut Vec<u8>, segments: &[Segment]) {
    if segments.is_empty() {
        return;
    }
    let first = random.below(segments.len());
    let last = random.from(first, segments.len() - 1);
    let hidden = file[segments[first].whole.start..segments[last].data.end].to_vec();
    let Ok(length) = u16::try_from(hidden.len() + 2) else {
        return;
    };
    let marker = match random.below(3) {
        0 => random.byte(),
        _ => random.of(&[0x01, 0xd0, 0xd7, 0xd8, 0xdc, 0xfe, 0x02, 0xf0, 0xc8]),
    };
    let at = segments[random.below(segments.len())].whole.start;
    let [high, low] = length.to_be_bytes();
    let head = [0xff, marker, high, low];
    file.splice(at..at, head.into_iter().chain(hidden));
}

/// Removes or repeats a segment.
fn one_segment(random: &mut Random, file: &mut Vec<u8>, segments: &[Segment]) {
    let Some(segment) = segments.get(random.below(segments.len())) else {
        return;
    };
    let range = segment.whole.start..segment.data.end;
    if random.once_in(2) {
        file.drain(range);
    } else {
        let copy = file[range].to_vec();
        let to = segments[random.below(segments.len())].whole.start;
        file.splice(to..to, copy);
    }
}
