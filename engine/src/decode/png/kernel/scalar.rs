//! The definition of every kernel. `B` is the bytes of a whole pixel, at least 1.

use super::{Filter, Row};

pub(super) fn undo<const B: usize>(filter: Filter, row: Row<'_>) {
    match filter {
        Filter::None => row.out.copy_from_slice(row.raw),
        Filter::Up => up(row),
        Filter::Sub => undo_from::<B>(0, row, |left, _, _| left),
        Filter::Average => undo_from::<B>(0, row, average),
        Filter::Paeth => undo_from::<B>(0, row, paeth),
    }
}

pub(super) fn up(row: Row<'_>) {
    for ((out, raw), above) in row.out.iter_mut().zip(row.raw).zip(row.above) {
        *out = raw.wrapping_add(*above);
    }
}

/// Undoes a filter from pixel `from` on; the pixels before are done.
pub(super) fn undo_from<const B: usize>(
    from: usize,
    row: Row<'_>,
    predict: impl Fn(u8, u8, u8) -> u8,
) {
    let pixel = |samples: &[u8]| -> [u8; B] {
        match from.checked_sub(1) {
            Some(last) => std::array::from_fn(|i| samples[last * B + i]),
            None => [0; B],
        }
    };
    let (mut left, mut corner) = (pixel(row.out), pixel(row.above));
    let (out, _) = row.out.as_chunks_mut::<B>();
    let (raw, _) = row.raw.as_chunks::<B>();
    let (above, _) = row.above.as_chunks::<B>();
    for ((out, raw), above) in out.iter_mut().zip(raw).zip(above).skip(from) {
        for i in 0..B {
            out[i] = raw[i].wrapping_add(predict(left[i], above[i], corner[i]));
        }
        left = *out;
        corner = *above;
    }
}

pub(super) fn average(left: u8, above: u8, _: u8) -> u8 {
    left.midpoint(above)
}

/// The nearest to `left + above - corner`; of equals, left before above before corner.
pub(super) fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(above), i16::from(corner));
    let (to_left, to_above, to_corner) = ((b - c).abs(), (a - c).abs(), (a + b - 2 * c).abs());
    if to_left <= to_above && to_left <= to_corner {
        left
    } else if to_above <= to_corner {
        above
    } else {
        corner
    }
}
