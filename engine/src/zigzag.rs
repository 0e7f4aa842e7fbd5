//! The order in which JPEG writes the coefficients of a block, for its decoder and
//! its encoder.

/// Where coefficient `k` of the zigzag order is in a block, row by row: `8 * u + v`
/// for vertical frequency `u` and horizontal frequency `v` (T.81, figure A.6).
pub(crate) const ZIGZAG: [usize; 64] = zigzag();

const fn zigzag() -> [usize; 64] {
    let mut order = [0; 64];
    let (mut u, mut v) = (0, 0);
    let mut k = 0;
    while k < 64 {
        order[k] = 8 * u + v;
        // Even diagonals go up and to the right, odd ones down and to the left.
        let up = (u + v) % 2 == 0;
        if up {
            if v == 7 {
                u += 1;
            } else {
                v += 1;
                u -= (u > 0) as usize;
            }
        } else if u == 7 {
            v += 1;
        } else {
            u += 1;
            v -= (v > 0) as usize;
        }
        k += 1;
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zigzag_is_that_of_the_standard() {
        assert_eq!(ZIGZAG[..10], [0, 1, 8, 16, 9, 2, 3, 10, 17, 24]);
        assert_eq!(ZIGZAG[54..], [39, 46, 53, 60, 61, 54, 47, 55, 62, 63]);
        let mut sorted = ZIGZAG;
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..64));
    }
}
