//! Medians, quartiles and geometric means: pure arithmetic on samples.

/// The middle of `values`, halfway between the two middle ones if they are
/// even in number; `None` if there are none.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// Half the distance between the quartiles of `values`: how far a typical one
/// lies from the median.
pub(crate) fn half_interquartile(values: &[f64]) -> Option<f64> {
    Some((quantile(values, 0.75)? - quantile(values, 0.25)?) / 2.0)
}

/// The geometric mean, which is what an average of ratios must be: a ratio and
/// its inverse cancel out.
pub(crate) fn geometric_mean(ratios: &[f64]) -> Option<f64> {
    if ratios.is_empty() {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 ratios")]
    let count = ratios.len() as f64;
    Some((ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / count).exp())
}

/// Linear between the two nearest ranks.
fn quantile(values: &[f64], at: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 samples")]
    let rank = last as f64 * at;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and `last`"
    )]
    let below = rank.floor() as usize;
    let above = (below + 1).min(last);
    Some(sorted[below] + (sorted[above] - sorted[below]) * rank.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
    }

    #[test]
    fn one_wild_sample_does_not_move_the_median() {
        assert_eq!(median(&[1.0, 2.0, 900.0]), Some(2.0));
    }

    #[test]
    fn nothing_has_no_median_and_no_mean() {
        assert_eq!(median(&[]), None);
        assert_eq!(geometric_mean(&[]), None);
        assert_eq!(half_interquartile(&[]), None);
    }

    #[test]
    fn a_single_sample_is_its_own_median_and_spreads_nothing() {
        assert_eq!(median(&[7.0]), Some(7.0));
        assert_eq!(half_interquartile(&[7.0]), Some(0.0));
    }

    #[test]
    fn half_the_interquartile_range_ignores_the_outer_quarters() {
        let spread = half_interquartile(&[0.0, 1.0, 2.0, 3.0, 400.0]);
        assert_eq!(spread, Some(1.0));
    }

    #[test]
    fn a_ratio_and_its_inverse_average_to_one() {
        let mean = geometric_mean(&[4.0, 0.25]).expect("not empty");
        assert!((mean - 1.0).abs() < 1e-12);
    }
}
