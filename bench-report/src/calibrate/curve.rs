//! Scores over what they cost, in native quality or in bytes: pure arithmetic on a
//! few points.

/// A line through points; both coordinates rise along it.
pub(crate) struct Curve(Vec<(f64, f64)>);

impl Curve {
    /// Through (cost, score) points of rising cost. A score that is not above all
    /// before it is left out: nobody need ask for what gives less for more.
    pub(crate) fn new(points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let mut rising: Vec<(f64, f64)> = Vec::new();
        for point in points {
            if rising.last().is_none_or(|last| point.1 > last.1) {
                rising.push(point);
            }
        }
        Self(rising)
    }

    /// The cost of `score`, linear between neighbours; the first or the last where
    /// none reaches so low or high.
    ///
    /// # Panics
    ///
    /// If there are no points.
    pub(crate) fn reaching(&self, score: f64) -> f64 {
        let points = &self.0;
        let above = points.partition_point(|point| point.1 < score);
        if above == 0 || above == points.len() {
            return points[above.min(points.len() - 1)].0;
        }
        let (from, to) = (points[above - 1], points[above]);
        from.0 + (to.0 - from.0) * (score - from.1) / (to.1 - from.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_between_two_points_lies_between_their_qualities() {
        let curve = Curve::new([(10.0, 40.0), (20.0, 60.0), (30.0, 70.0)]);
        assert_eq!(curve.reaching(50.0), 15.0);
        assert_eq!(curve.reaching(60.0), 20.0);
        assert_eq!(curve.reaching(69.0), 29.0);
    }

    #[test]
    fn what_no_quality_reaches_is_met_as_nearly_as_can_be() {
        let curve = Curve::new([(10.0, 40.0), (20.0, 60.0)]);
        assert_eq!(curve.reaching(-5.0), 10.0);
        assert_eq!(curve.reaching(99.0), 20.0);
    }

    #[test]
    fn a_quality_that_gives_less_for_more_is_not_used() {
        let curve = Curve::new([(10.0, 40.0), (20.0, 60.0), (30.0, 58.0), (40.0, 80.0)]);
        assert_eq!(curve.reaching(70.0), 30.0);
    }
}
