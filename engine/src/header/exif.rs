//! The orientation out of an EXIF block, and nothing else of it.

use crate::turn::Turn;

/// Finds the orientation in a TIFF structure (Exif 2.32, 4.5 and 4.6).
///
/// Metadata never spoils an image: whatever is missing or broken means upright.
pub(super) fn orientation(tiff: &[u8]) -> Turn {
    read(tiff).unwrap_or(Turn::NONE)
}

fn read(tiff: &[u8]) -> Option<Turn> {
    const ORIENTATION: u16 = 274;
    const SHORT: u16 = 3;
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = tiff.get(at..)?.first_chunk()?;
        Some(if little {
            u16::from_le_bytes(*bytes)
        } else {
            u16::from_be_bytes(*bytes)
        })
    };
    let long = |at: usize| {
        let bytes = tiff.get(at..)?.first_chunk()?;
        Some(if little {
            u32::from_le_bytes(*bytes)
        } else {
            u32::from_be_bytes(*bytes)
        })
    };
    let directory = usize::try_from(long(4)?).ok()?;
    // The count is 16 bits, so the walk is bounded; entries are 12 bytes.
    (0..usize::from(short(directory)?))
        .map(|i| directory.checked_add(2 + 12 * i))
        .find_map(|entry| {
            let entry = entry?;
            (short(entry)? == ORIENTATION && short(entry + 2)? == SHORT)
                .then(|| short(entry + 8))
                .flatten()
        })
        .and_then(Turn::from_exif)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(tag: u16, value: u16) -> Vec<u8> {
        let mut tiff = b"MM\0*\0\0\0\x08\0\x01".to_vec();
        tiff.extend(tag.to_be_bytes());
        tiff.extend([0, 3, 0, 0, 0, 1]);
        tiff.extend(value.to_be_bytes());
        tiff.extend([0; 6]);
        tiff
    }

    #[test]
    fn the_orientation_tag_is_found() {
        assert_eq!(orientation(&block(274, 6)).exif(), 6);
    }

    #[test]
    fn other_tags_and_values_mean_upright() {
        for tiff in [block(275, 6), block(274, 0), block(274, 9)] {
            assert_eq!(orientation(&tiff), Turn::NONE);
        }
    }

    #[test]
    fn a_block_cut_anywhere_never_panics() {
        let whole = block(274, 6);
        for len in 0..whole.len() {
            let _ = orientation(&whole[..len]);
        }
        // A directory beyond the end of any address.
        assert_eq!(orientation(b"II*\0\xff\xff\xff\xff"), Turn::NONE);
    }
}
