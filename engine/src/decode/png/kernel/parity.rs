//! Every backend equals the scalar one, bit for bit.

use super::{Filter, Row};
use crate::simd::Backend;

const FILTERS: [Filter; 5] = [
    Filter::None,
    Filter::Sub,
    Filter::Up,
    Filter::Average,
    Filter::Paeth,
];

/// Deterministic noise (xorshift); every other call in few levels, so that ties happen.
fn noise(seed: &mut u64, len: usize) -> Vec<u8> {
    let few = seed.is_multiple_of(2);
    (0..len)
        .map(|_| {
            *seed ^= *seed << 13;
            *seed ^= *seed >> 7;
            *seed ^= *seed << 17;
            let byte = seed.to_le_bytes()[2];
            if few { byte / 85 * 85 } else { byte }
        })
        .collect()
}

/// Two rows below one another, each by itself.
fn one_by_one(
    backend: Backend,
    filters: [Filter; 2],
    bytes: usize,
    [above, first, second]: [&[u8]; 3],
) -> [Vec<u8>; 2] {
    let mut upper = vec![1; above.len()];
    let mut lower = vec![2; above.len()];
    let undo = |filter, raw, above: &[u8], out: &mut Vec<u8>| {
        backend.undo(filter, bytes, Row { raw, above, out });
    };
    undo(filters[0], first, above, &mut upper);
    undo(filters[1], second, &upper, &mut lower);
    [upper, lower]
}

#[test]
fn rows_come_out_the_same_on_every_backend() {
    let scalar = Backend::available().next().expect("scalar runs anywhere");
    let mut seed = 1;
    for bytes in [1, 2, 3, 4, 6, 8] {
        for pixels in (0..70).chain([1009]) {
            let rows: [_; 3] = std::array::from_fn(|_| noise(&mut seed, pixels * bytes));
            let rows = rows.each_ref().map(Vec::as_slice);
            for filter in FILTERS {
                let filters = [filter, Filter::Paeth];
                let expected = one_by_one(scalar, filters, bytes, rows);
                for backend in Backend::available().skip(1) {
                    let ours = one_by_one(backend, filters, bytes, rows);
                    let name = backend.name();
                    assert_eq!(ours, expected, "{name} {filter:?} {pixels} of {bytes}");
                }
            }
        }
    }
}

#[test]
fn rows_in_pairs_come_out_as_one_by_one() {
    let scalar = Backend::available().next().expect("scalar runs anywhere");
    let mut seed = 2;
    for bytes in [1, 2, 3, 4, 6, 8] {
        for pixels in (0..70).chain([1009]) {
            let rows: [_; 3] = std::array::from_fn(|_| noise(&mut seed, pixels * bytes));
            let [above, first, second] = rows.each_ref().map(Vec::as_slice);
            let filters = [Filter::Paeth; 2];
            let expected = one_by_one(scalar, filters, bytes, [above, first, second]);
            for backend in Backend::available() {
                let mut out = [vec![1; above.len()], vec![2; above.len()]];
                let [upper, lower] = &mut out;
                let row = Row {
                    raw: first,
                    above,
                    out: upper,
                };
                backend.undo_paeth_pair(bytes, row, second, lower);
                assert_eq!(out, expected, "{} {pixels} of {bytes}", backend.name());
            }
        }
    }
}

/// The rule as the PNG specification states it, over every three samples.
#[test]
fn paeth_is_the_nearest_of_three() {
    for left in 0..=255u8 {
        for above in (0..=255u8).step_by(3) {
            for corner in (0..=255u8).step_by(5) {
                let estimate = i32::from(left) + i32::from(above) - i32::from(corner);
                let nearest = [left, above, corner]
                    .into_iter()
                    .min_by_key(|&sample| (estimate - i32::from(sample)).abs());
                assert_eq!(Some(super::scalar::paeth(left, above, corner)), nearest);
            }
        }
    }
}
