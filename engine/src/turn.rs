//! Quarter turns and mirrorings, of a rectangle's corners or of a whole image.

use crate::request::{Flip, Rotate};

/// One of the eight ways a rectangle can lie on itself: an exchange of rows and
/// columns, followed by mirrorings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub struct Turn {
    /// Rows become columns, about the diagonal from the top left.
    pub transpose: bool,
    /// Left becomes right, after `transpose`.
    pub mirror_x: bool,
    /// Top becomes bottom, after `transpose`.
    pub mirror_y: bool,
}

impl Turn {
    /// Leaves the image as it is.
    pub const NONE: Self = Self::new(false, false, false);

    const fn new(transpose: bool, mirror_x: bool, mirror_y: bool) -> Self {
        Self {
            transpose,
            mirror_x,
            mirror_y,
        }
    }

    /// The turn that makes an image with this EXIF orientation upright
    /// (Exif 2.32, 4.6.4, tag 274). `None` for a value other than 1 to 8.
    #[must_use]
    pub fn from_exif(orientation: u16) -> Option<Self> {
        Some(match orientation {
            1 => Self::NONE,
            2 => Self::new(false, true, false),
            3 => Self::new(false, true, true),
            4 => Self::new(false, false, true),
            5 => Self::new(true, false, false),
            6 => Self::new(true, true, false),
            7 => Self::new(true, true, true),
            8 => Self::new(true, false, true),
            _ => return None,
        })
    }

    /// The EXIF orientation that this turn makes upright.
    #[must_use]
    pub fn exif(self) -> u16 {
        (1..=8)
            .find(|&orientation| Self::from_exif(orientation) == Some(self))
            .unwrap_or(1)
    }

    /// `rotate`, then `flip`.
    #[must_use]
    pub(crate) fn asked(rotate: Rotate, flip: Flip) -> Self {
        let rotation = match rotate {
            Rotate::None => Self::NONE,
            Rotate::Quarter => Self::new(true, true, false),
            Rotate::Half => Self::new(false, true, true),
            Rotate::ThreeQuarters => Self::new(true, false, true),
        };
        let flip = match flip {
            Flip::None => Self::NONE,
            Flip::Horizontal => Self::new(false, true, false),
            Flip::Vertical => Self::new(false, false, true),
            Flip::Both => Self::new(false, true, true),
        };
        rotation.then(flip)
    }

    /// This turn, followed by `next`.
    #[must_use]
    pub(crate) fn then(self, next: Self) -> Self {
        // A mirroring passes through an exchange of rows and columns by
        // changing its axis.
        let (x, y) = if next.transpose {
            (self.mirror_y, self.mirror_x)
        } else {
            (self.mirror_x, self.mirror_y)
        };
        Self {
            transpose: self.transpose != next.transpose,
            mirror_x: x != next.mirror_x,
            mirror_y: y != next.mirror_y,
        }
    }

    /// The turn that undoes this one.
    #[must_use]
    pub(crate) fn inverse(self) -> Self {
        if self.transpose {
            Self::new(true, self.mirror_y, self.mirror_x)
        } else {
            self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = Turn> {
        (1..=8).map(|orientation| Turn::from_exif(orientation).expect("1 to 8"))
    }

    /// Where the pixel at (x, y) of a 3 x 2 image goes.
    fn place(turn: Turn, (x, y): (i32, i32), (width, height): (i32, i32)) -> (i32, i32) {
        let ((x, y), (width, height)) = if turn.transpose {
            ((y, x), (height, width))
        } else {
            ((x, y), (width, height))
        };
        (
            if turn.mirror_x { width - 1 - x } else { x },
            if turn.mirror_y { height - 1 - y } else { y },
        )
    }

    #[test]
    fn composition_is_one_turn_after_the_other() {
        for first in all() {
            for second in all() {
                let size = (3, 2);
                let turned = if first.transpose { (2, 3) } else { size };
                for point in [(0, 0), (2, 0), (1, 1)] {
                    assert_eq!(
                        place(first.then(second), point, size),
                        place(second, place(first, point, size), turned),
                        "{first:?} then {second:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_turn_and_its_inverse_leave_the_image_as_it_was() {
        for turn in all() {
            assert_eq!(turn.then(turn.inverse()), Turn::NONE, "{turn:?}");
        }
    }

    #[test]
    fn orientation_6_is_shown_by_a_clockwise_quarter_turn() {
        let quarter = Turn::asked(Rotate::Quarter, Flip::None);
        assert_eq!(Turn::from_exif(6), Some(quarter));
        assert_eq!(quarter.exif(), 6);
    }
}
