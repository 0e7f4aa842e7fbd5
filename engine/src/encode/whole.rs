//! An image collected for encoders that take it whole, or more than once.

use crate::{
    budget::zeroed,
    decode::Source,
    error::Result,
    pixels::{Colour, Layout, Plane, Range, Rows},
    plan::STRIP_ROWS,
};

/// The planes of a whole image, each without padding.
pub(super) struct Whole {
    layout: Layout,
    planes: Vec<Vec<u8>>,
    range: Range,
}

impl Whole {
    /// Pulls every strip out of `rows`, which is gone afterwards: the encoder
    /// gets its memory. A plane of alpha that hides nothing is left out.
    pub(super) fn collect(mut rows: Box<dyn Source + '_>, layout: &Layout) -> Result<Self> {
        let mut planes: Vec<Vec<u8>> = layout
            .planes
            .iter()
            .map(|shape| zeroed(shape.row_bytes() * shape.height as usize))
            .collect::<Result<_>>()?;
        let mut filled = vec![0; planes.len()];
        while rows.advance()? {
            let strip = rows.rows();
            for ((plane, filled), from) in planes.iter_mut().zip(&mut filled).zip(strip.planes()) {
                for y in 0..from.height {
                    let row = from.row(y);
                    plane[*filled..][..row.len()].copy_from_slice(row);
                    *filled += row.len();
                }
            }
        }
        let mut whole = Self {
            layout: layout.clone(),
            planes,
            range: layout.ycc.range,
        };
        let is_opaque = |alpha: &Vec<u8>| alpha.iter().all(|&value| value == 255);
        if whole.has_alpha() && whole.planes.last().is_some_and(is_opaque) {
            whole.planes.pop();
            whole.layout.planes.pop();
            whole.layout.alpha = false;
        }
        Ok(whole)
    }

    /// The planes of colour, in the levels of this range, and of alpha, if there is
    /// one of its own. Samples that alpha hides may be changed.
    #[cfg(any(feature = "libwebp", feature = "libaom", feature = "rav1e"))]
    pub(super) fn planes(&mut self, range: Range) -> (&mut [Vec<u8>], Option<&mut Vec<u8>>) {
        if self.range != range {
            self.spread(range);
        }
        let has_alpha = self.has_alpha();
        let (colour, alpha) = self
            .planes
            .split_at_mut(usize::from(self.layout.colour.channels()));
        (colour, alpha.first_mut().filter(|_| has_alpha))
    }

    /// Whether alpha is a plane of its own.
    fn has_alpha(&self) -> bool {
        self.layout.alpha && self.planes.len() > 1
    }

    /// The samples of the only plane.
    pub(super) fn interleaved(&self) -> &[u8] {
        &self.planes[0]
    }

    /// The image once more from its top.
    pub(super) fn rows(&mut self) -> WholeRows<'_> {
        if self.range != self.layout.ycc.range {
            self.spread(self.layout.ycc.range);
        }
        WholeRows {
            whole: self,
            top: 0,
            rows: 0,
        }
    }

    /// Spreads luma and chroma over another range, rounded. There and back again
    /// full range loses up to a level.
    fn spread(&mut self, range: Range) {
        let is_ycbcr = self.layout.colour == Colour::Ycbcr;
        for (i, plane) in self.planes.iter_mut().enumerate() {
            let span = match i {
                0 => 219,
                1 | 2 if is_ycbcr => 224,
                _ => continue,
            };
            let levels = range.levels(span);
            for sample in plane {
                *sample = levels[usize::from(*sample)];
            }
        }
        self.range = range;
    }
}

/// A whole image as strips.
pub(super) struct WholeRows<'a> {
    whole: &'a Whole,
    /// Image rows above the strip, and in it.
    top: u32,
    rows: u32,
}

impl Source for WholeRows<'_> {
    fn advance(&mut self) -> Result<bool> {
        let height = self.whole.layout.planes[0].height;
        self.top += self.rows;
        self.rows = STRIP_ROWS.min(height - self.top);
        Ok(self.rows > 0)
    }

    fn rows(&self) -> Rows<'_> {
        let planes = self.whole.planes.iter().zip(&self.whole.layout.planes);
        Rows::new(planes.map(|(plane, shape)| {
            let halved = shape.y_step > 1.0;
            let of = |rows: u32| if halved { rows.div_ceil(2) } else { rows } as usize;
            Plane {
                data: &plane[of(self.top) * shape.row_bytes()..],
                stride: shape.row_bytes(),
                row_bytes: shape.row_bytes(),
                height: of(self.rows),
            }
        }))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::pixels::Dimensions;
    #[cfg(feature = "libwebp")]
    use crate::pixels::PlaneShape;

    /// A black image in a layout.
    #[cfg(feature = "libwebp")]
    pub(in crate::encode) fn black(layout: &Layout) -> Whole {
        let samples = |shape: &PlaneShape| vec![0; shape.row_bytes() * shape.height as usize];
        let planes = layout.planes.iter().map(samples).collect();
        let source = Box::new(Once(planes, layout.clone(), false));
        Whole::collect(source, layout).expect("it is small")
    }

    /// Yields planes of a whole image once.
    struct Once(Vec<Vec<u8>>, Layout, bool);

    impl Source for Once {
        fn advance(&mut self) -> Result<bool> {
            Ok(!std::mem::replace(&mut self.2, true))
        }

        fn rows(&self) -> Rows<'_> {
            Rows::new(
                self.0
                    .iter()
                    .zip(&self.1.planes)
                    .map(|(data, shape)| Plane {
                        data,
                        stride: shape.row_bytes(),
                        row_bytes: shape.row_bytes(),
                        height: shape.height as usize,
                    }),
            )
        }
    }

    fn collected(alpha: &[u8]) -> Whole {
        let size = Dimensions {
            width: 2,
            height: 40,
        };
        let layout = Layout::ycbcr420(true, size);
        let ramp = |len: usize| (0..len).map(|i| i.to_le_bytes()[0]).collect::<Vec<u8>>();
        let planes = vec![ramp(80), ramp(20), ramp(20), alpha.to_vec()];
        let source = Box::new(Once(planes, layout.clone(), false));
        Whole::collect(source, &layout).expect("it is small")
    }

    #[test]
    fn what_was_collected_comes_out_again_as_often_as_wanted() {
        let mut whole = collected(&[7; 80]);
        for _ in 0..2 {
            let mut rows = whole.rows();
            let (mut luma, mut chroma) = (Vec::<u8>::new(), Vec::<u8>::new());
            while rows.advance().expect("no errors") {
                let strip = rows.rows();
                let [y, cb, ..] = strip.planes() else {
                    panic!("four planes")
                };
                (0..y.height).for_each(|i| luma.extend(y.row(i)));
                (0..cb.height).for_each(|i| chroma.extend(cb.row(i)));
            }
            assert_eq!(luma, whole.planes[0]);
            assert_eq!(chroma, whole.planes[1]);
        }
    }

    #[test]
    fn alpha_that_hides_nothing_is_left_out() {
        assert!(!collected(&[255; 80]).has_alpha());
        let mut hidden = [255; 80];
        hidden[79] = 254;
        assert!(collected(&hidden).has_alpha());
    }
}
