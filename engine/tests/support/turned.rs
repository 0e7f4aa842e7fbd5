//! Turns by definition: where the eight EXIF orientations say that each stored pixel is
//! seen (Exif 2.32, 4.6.4, tag 274). Written from the standard's words, not from the engine.

use edgepix_corpus::synth::Picture;

/// Whether rows are seen as columns.
pub(crate) fn is_on_its_side(orientation: u8) -> bool {
    orientation >= 5
}

/// What a viewer sees of a picture stored with `orientation`.
pub(crate) fn seen(stored: &Picture, orientation: u8) -> Picture {
    let (width, height) = if is_on_its_side(orientation) {
        (stored.height, stored.width)
    } else {
        (stored.width, stored.height)
    };
    let (right, foot) = (stored.width - 1, stored.height - 1);
    rearranged(stored, width, height, |x, y| match orientation {
        // "The 0th row is at the visual top and the 0th column at the visual ..."
        1 => (x, y),
        2 => (right - x, y),
        3 => (right - x, foot - y),
        4 => (x, foot - y),
        // "The 0th row is the visual left-hand or right-hand side."
        5 => (y, x),
        6 => (y, foot - x),
        7 => (right - y, foot - x),
        8 => (right - y, x),
        _ => unreachable!("1 to 8"),
    })
}

/// The picture to store so that a viewer who heeds `orientation` sees `upright`.
pub(crate) fn stored(upright: &Picture, orientation: u8) -> Picture {
    // Only the quarter turns are not their own opposite.
    let undo = match orientation {
        6 => 8,
        8 => 6,
        other => other,
    };
    seen(upright, undo)
}

/// A picture whose pixel (x, y) is the one of `from` at `place(x, y)`.
pub(crate) fn rearranged(
    from: &Picture,
    width: u32,
    height: u32,
    place: impl Fn(u32, u32) -> (u32, u32),
) -> Picture {
    let mut samples = Vec::with_capacity(from.samples.len());
    for y in 0..height {
        for x in 0..width {
            let (x, y) = place(x, y);
            samples.extend_from_slice(from.pixel(x, y));
        }
    }
    Picture {
        width,
        height,
        channels: from.channels,
        samples,
    }
}
