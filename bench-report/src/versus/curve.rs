//! Bytes at equal score: what each side needs for the same look, whatever its
//! quality numbers mean. Pure arithmetic on a few (score, bytes) points.

use serde::Serialize;

/// One encoding: how good it looks and what it weighs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Point {
    pub(crate) quality: u8,
    pub(crate) bytes: u64,
    /// SSIMULACRA2 against the reference; 100 is identical.
    pub(crate) score: f64,
}

/// Two sides' bytes, brought to one score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum EqualScore {
    /// Both sides reach `score`; `ratio` is theirs over ours, above 1 if ours is smaller.
    At { score: f64, ratio: f64 },
    /// One side's best score is below the other's worst.
    NoOverlap,
    /// A side has fewer than two useful points, so no line between them.
    TooFewPoints,
}

/// Compares the bytes of two sides in the middle of the scores that both reach.
pub(crate) fn at_equal_score(ours: &[Point], theirs: &[Point]) -> EqualScore {
    let (ours, theirs) = (frontier(ours), frontier(theirs));
    if ours.len() < 2 || theirs.len() < 2 {
        return EqualScore::TooFewPoints;
    }
    let low = ours[0].score.max(theirs[0].score);
    let high = ours[ours.len() - 1]
        .score
        .min(theirs[theirs.len() - 1].score);
    if low > high {
        return EqualScore::NoOverlap;
    }
    let score = f64::midpoint(low, high);
    EqualScore::At {
        score,
        ratio: (ln_bytes(&theirs, score) - ln_bytes(&ours, score)).exp(),
    }
}

/// The points nobody would avoid: those for which no other point scores as
/// well with no more bytes. Both score and bytes rise along the result, also
/// where an encoder's quality numbers did not.
fn frontier(points: &[Point]) -> Vec<Point> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.bytes.cmp(&b.bytes).then(b.score.total_cmp(&a.score)));
    let mut best: Vec<Point> = Vec::new();
    for point in sorted {
        if best.last().is_none_or(|last| point.score > last.score) {
            best.push(point);
        }
    }
    best
}

/// The logarithm of the bytes at `score`, linear between neighbours, because
/// bytes grow by a factor per step of score. `score` lies on the frontier.
fn ln_bytes(frontier: &[Point], score: f64) -> f64 {
    let above = frontier
        .iter()
        .position(|point| point.score >= score)
        .unwrap_or(frontier.len() - 1)
        .max(1);
    let (from, to) = (frontier[above - 1], frontier[above]);
    let part = (score - from.score) / (to.score - from.score);
    ln(from.bytes) + (ln(to.bytes) - ln(from.bytes)) * part
}

#[expect(clippy::cast_precision_loss, reason = "files are far below 2^52 bytes")]
fn ln(bytes: u64) -> f64 {
    (bytes.max(1) as f64).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: &[(u64, f64)]) -> Vec<Point> {
        values
            .iter()
            .map(|&(bytes, score)| Point {
                quality: 0,
                bytes,
                score,
            })
            .collect()
    }

    fn assert_ratio(compared: EqualScore, score: f64, ratio: f64) {
        let EqualScore::At { score: s, ratio: r } = compared else {
            panic!("expected a ratio, got {compared:?}");
        };
        assert!((s - score).abs() < 1e-9, "at {s}, expected {score}");
        assert!((r - ratio).abs() < 1e-9, "ratio {r}, expected {ratio}");
    }

    #[test]
    fn the_same_curve_compares_as_one() {
        let curve = points(&[(1000, 60.0), (2000, 70.0), (4000, 80.0)]);
        assert_ratio(at_equal_score(&curve, &curve), 70.0, 1.0);
    }

    #[test]
    fn another_quality_setting_on_the_same_curve_wins_nothing() {
        let ours = points(&[(1000, 60.0), (2000, 70.0), (4000, 80.0)]);
        let theirs = points(&[(2000, 70.0), (4000, 80.0), (8000, 90.0)]);
        assert_ratio(at_equal_score(&ours, &theirs), 75.0, 1.0);
    }

    #[test]
    fn twice_the_bytes_for_every_score_is_a_ratio_of_two() {
        let ours = points(&[(1000, 60.0), (3000, 70.0), (4000, 80.0)]);
        let theirs = points(&[(2000, 60.0), (6000, 70.0), (8000, 80.0)]);
        assert_ratio(at_equal_score(&ours, &theirs), 70.0, 2.0);
    }

    #[test]
    fn between_two_points_bytes_grow_by_a_factor() {
        // Halfway from 1000 to 4000 lies 2000, not 2500.
        let ours = points(&[(1000, 60.0), (4000, 80.0)]);
        let theirs = points(&[(2000, 65.0), (2000 * 2, 75.0)]);
        assert_ratio(
            at_equal_score(&ours, &theirs),
            70.0,
            2000.0 * 2f64.sqrt() / 2000.0,
        );
    }

    #[test]
    fn scores_that_do_not_meet_are_not_compared() {
        let ours = points(&[(1000, 60.0), (2000, 65.0)]);
        let theirs = points(&[(1000, 70.0), (2000, 75.0)]);
        assert_eq!(at_equal_score(&ours, &theirs), EqualScore::NoOverlap);
        assert_eq!(at_equal_score(&theirs, &ours), EqualScore::NoOverlap);
    }

    #[test]
    fn ranges_that_touch_in_one_score_are_compared_there() {
        let ours = points(&[(1000, 60.0), (2000, 70.0)]);
        let theirs = points(&[(3000, 70.0), (6000, 80.0)]);
        assert_ratio(at_equal_score(&ours, &theirs), 70.0, 1.5);
    }

    #[test]
    fn a_point_that_costs_more_and_scores_less_is_left_out() {
        let ours = points(&[(1000, 60.0), (3000, 58.0), (4000, 80.0)]);
        let theirs = points(&[(1000, 60.0), (4000, 80.0)]);
        assert_ratio(at_equal_score(&ours, &theirs), 70.0, 1.0);
    }

    #[test]
    fn of_two_points_with_the_same_bytes_the_better_counts() {
        let ours = points(&[(1000, 50.0), (1000, 60.0), (4000, 80.0)]);
        let theirs = points(&[(1000, 60.0), (4000, 80.0)]);
        assert_ratio(at_equal_score(&ours, &theirs), 70.0, 1.0);
    }

    #[test]
    fn a_single_point_makes_no_curve() {
        let one = points(&[(1000, 60.0)]);
        let flat = points(&[(1000, 60.0), (2000, 60.0)]);
        let curve = points(&[(1000, 50.0), (4000, 80.0)]);
        assert_eq!(at_equal_score(&one, &curve), EqualScore::TooFewPoints);
        assert_eq!(at_equal_score(&curve, &flat), EqualScore::TooFewPoints);
    }
}
