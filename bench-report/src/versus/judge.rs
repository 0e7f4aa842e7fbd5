//! From raw samples to ratios. Every ratio is sharp's number over edgepix's:
//! above 1, edgepix is the faster or the smaller. No clock, no file, no screen.

use std::collections::BTreeMap;

use super::{
    curve::{EqualScore, at_equal_score},
    run::{Case, Measured, Sample},
};
use crate::{
    format::{Format, Side},
    stats::{geometric_mean, half_interquartile, median},
};

/// What can be said about one case.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    Compared(Comparison),
    /// One side failed, or the two made images of different sizes.
    Fault(String),
}

/// One case, both sides.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) cpu: Ratio,
    pub(crate) wall: Ratio,
    pub(crate) bytes: EqualScore,
}

/// A ratio of times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ratio {
    /// Median of the pairs' ratios.
    pub(crate) median: f64,
    /// Half the interquartile range of the pairs' ratios.
    pub(crate) spread: f64,
}

/// Judges one case.
pub(crate) fn judge(measured: &Measured) -> Verdict {
    for side in [Side::Edgepix, Side::Sharp] {
        if let Some(why) = &measured.side(side).failure {
            return Verdict::Fault(format!("{side} failed: {why}"));
        }
    }
    let (ours, theirs) = (&measured.edgepix, &measured.sharp);
    if let (Some(a), Some(b)) = (ours.made, theirs.made)
        && (a.width, a.height) != (b.width, b.height)
    {
        return Verdict::Fault(format!(
            "the sizes differ: edgepix made {}x{}, sharp {}x{}",
            a.width, a.height, b.width, b.height
        ));
    }
    let pairs = |time: fn(&Sample) -> f64| paired(&ours.samples, &theirs.samples, time);
    match (
        pairs(|sample| sample.cpu_ms),
        pairs(|sample| sample.wall_ms),
    ) {
        (Some(cpu), Some(wall)) => Verdict::Compared(Comparison {
            cpu,
            wall,
            bytes: at_equal_score(&ours.points, &theirs.points),
        }),
        _ => Verdict::Fault("nothing was timed".to_owned()),
    }
}

/// Median and spread of theirs over ours, pair by pair.
fn paired(ours: &[Sample], theirs: &[Sample], time: fn(&Sample) -> f64) -> Option<Ratio> {
    let ratios: Vec<f64> = ours
        .iter()
        .zip(theirs)
        .map(|(ours, theirs)| time(theirs) / time(ours))
        .collect();
    Some(Ratio {
        median: median(&ratios)?,
        spread: half_interquartile(&ratios)?,
    })
}

/// Cases of one kind of source, made to one width in one format.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    pub(crate) kind: String,
    pub(crate) width: u32,
    pub(crate) format: Format,
    pub(crate) cases: usize,
    pub(crate) faults: usize,
    pub(crate) cpu: Option<Summary>,
    pub(crate) wall: Option<Summary>,
    /// Only over the cases that could be compared at equal score.
    pub(crate) bytes: Option<Summary>,
}

/// The ratios of a group.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Summary {
    pub(crate) geometric_mean: f64,
    /// The ratio that is worst for edgepix, and the image it belongs to.
    pub(crate) worst: f64,
    pub(crate) worst_image: String,
    /// How many ratios.
    pub(crate) of: usize,
}

/// Brings the verdicts together by kind of source, width and format, in that order.
pub(crate) fn groups<'a>(judged: impl Iterator<Item = (&'a Case, &'a Verdict)>) -> Vec<Group> {
    let mut members: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (case, verdict) in judged {
        members
            .entry((case.kind.as_str(), case.width, case.format))
            .or_default()
            .push((case, verdict));
    }
    members
        .into_iter()
        .map(|((kind, width, format), members)| {
            let compared: Vec<(&str, &Comparison)> = members
                .iter()
                .filter_map(|(case, verdict)| match verdict {
                    Verdict::Compared(comparison) => Some((case.image.as_str(), comparison)),
                    Verdict::Fault(_) => None,
                })
                .collect();
            Group {
                kind: kind.to_owned(),
                width,
                format,
                cases: members.len(),
                faults: members.len() - compared.len(),
                cpu: summary(&compared, |comparison| Some(comparison.cpu.median)),
                wall: summary(&compared, |comparison| Some(comparison.wall.median)),
                bytes: summary(&compared, |comparison| match comparison.bytes {
                    EqualScore::At { ratio, .. } => Some(ratio),
                    EqualScore::NoOverlap | EqualScore::TooFewPoints => None,
                }),
            }
        })
        .collect()
}

fn summary(
    compared: &[(&str, &Comparison)],
    ratio: fn(&Comparison) -> Option<f64>,
) -> Option<Summary> {
    let ratios: Vec<(f64, &str)> = compared
        .iter()
        .filter_map(|(image, comparison)| Some((ratio(comparison)?, *image)))
        .collect();
    let (worst, worst_image) = *ratios.iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
    let values: Vec<f64> = ratios.iter().map(|(ratio, _)| *ratio).collect();
    Some(Summary {
        geometric_mean: geometric_mean(&values)?,
        worst,
        worst_image: worst_image.to_owned(),
        of: values.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::versus::fixture::{measured, points};

    fn compared(measured: &Measured) -> Comparison {
        match judge(measured) {
            Verdict::Compared(comparison) => comparison,
            Verdict::Fault(why) => panic!("not compared: {why}"),
        }
    }

    #[test]
    fn twice_our_time_is_a_ratio_of_two() {
        let comparison = compared(&measured("a", &[10.0; 3], &[20.0; 3]));
        assert_eq!(
            comparison.cpu,
            Ratio {
                median: 2.0,
                spread: 0.0
            }
        );
    }

    #[test]
    fn a_slow_moment_that_befalls_a_pair_leaves_its_ratio() {
        // The medians of the times alone would say 20 / 10.5.
        let comparison = compared(&measured("a", &[10.0, 40.0, 10.5], &[20.0, 80.0, 21.0]));
        assert!((comparison.cpu.median - 2.0).abs() < 1e-12);
    }

    #[test]
    fn a_failure_names_its_side() {
        let mut case = measured("a", &[10.0], &[20.0]);
        case.edgepix.failure = Some("too large".to_owned());
        assert_eq!(
            judge(&case),
            Verdict::Fault("edgepix failed: too large".to_owned())
        );
    }

    #[test]
    fn results_of_different_sizes_are_not_compared() {
        let mut case = measured("a", &[10.0], &[20.0]);
        case.sharp.made.as_mut().expect("made").height = 301;
        assert_eq!(
            judge(&case),
            Verdict::Fault("the sizes differ: edgepix made 400x300, sharp 400x301".to_owned())
        );
    }

    #[test]
    fn a_group_has_a_geometric_mean_and_names_its_worst() {
        let cases = [
            measured("fast", &[10.0], &[40.0]),
            measured("slow", &[10.0], &[10.0]),
        ];
        let verdicts: Vec<Verdict> = cases.iter().map(judge).collect();
        let groups = groups(cases.iter().map(|case| &case.case).zip(&verdicts));
        let cpu = groups[0].cpu.as_ref().expect("both were compared");
        assert!((cpu.geometric_mean - 2.0).abs() < 1e-12);
        assert_eq!((cpu.worst, cpu.worst_image.as_str()), (1.0, "slow"));
    }

    #[test]
    fn a_group_of_one_image_is_its_own_mean_and_worst() {
        let case = measured("only", &[10.0], &[15.0]);
        let verdict = judge(&case);
        let groups = groups([(&case.case, &verdict)].into_iter());
        let cpu = groups[0].cpu.as_ref().expect("it was compared");
        assert!((cpu.geometric_mean - 1.5).abs() < 1e-12);
        assert_eq!((cpu.worst, cpu.of), (1.5, 1));
    }

    #[test]
    fn an_image_without_overlap_counts_for_time_but_not_for_bytes() {
        let mut apart = measured("apart", &[10.0], &[20.0]);
        apart.sharp.points = points(&[(1000, 10.0), (2000, 20.0)]);
        let cases = [measured("meeting", &[10.0], &[20.0]), apart];
        let verdicts: Vec<Verdict> = cases.iter().map(judge).collect();
        let groups = groups(cases.iter().map(|case| &case.case).zip(&verdicts));
        assert_eq!(groups[0].cpu.as_ref().map(|cpu| cpu.of), Some(2));
        assert_eq!(groups[0].bytes.as_ref().map(|bytes| bytes.of), Some(1));
    }

    #[test]
    fn a_fault_is_counted_and_spoils_no_mean() {
        let mut broken = measured("broken", &[10.0], &[1.0]);
        broken.sharp.failure = Some("unsupported".to_owned());
        let cases = [measured("good", &[10.0], &[20.0]), broken];
        let verdicts: Vec<Verdict> = cases.iter().map(judge).collect();
        let groups = groups(cases.iter().map(|case| &case.case).zip(&verdicts));
        assert_eq!((groups[0].cases, groups[0].faults), (2, 1));
        let mean = groups[0].cpu.as_ref().map(|cpu| cpu.geometric_mean);
        assert!(mean.is_some_and(|mean| (mean - 2.0).abs() < 1e-12));
    }
}
