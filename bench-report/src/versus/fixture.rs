//! Made-up measurements for the tests of judging and showing.

use super::{
    curve::Point,
    run::{Case, Measured, Sample, SideRun},
};
use crate::{format::Format, protocol::Resized};

/// A 12 MP photograph made to 400 px JPEG, with these times on each side.
pub(crate) fn measured(image: &str, ours_ms: &[f64], theirs_ms: &[f64]) -> Measured {
    Measured {
        case: Case {
            image: image.to_owned(),
            kind: "jpeg 4:2:0".to_owned(),
            megapixels: 12.0,
            width: 400,
            format: Format::Jpeg,
        },
        edgepix: side(ours_ms, 20_000),
        sharp: side(theirs_ms, 22_000),
    }
}

fn side(times_ms: &[f64], bytes: u64) -> SideRun {
    SideRun {
        failure: None,
        made: Some(Resized {
            wall_ms: times_ms[0],
            cpu_ms: times_ms[0],
            bytes,
            width: 400,
            height: 300,
        }),
        samples: times_ms
            .iter()
            .map(|&ms| Sample {
                cpu_ms: ms,
                wall_ms: ms * 1.25,
            })
            .collect(),
        points: points(&[(bytes / 2, 60.0), (bytes, 70.0), (bytes * 2, 80.0)]),
    }
}

/// Encodings at qualities 70, 80, 90.
pub(crate) fn points(values: &[(u64, f64)]) -> Vec<Point> {
    values
        .iter()
        .zip([70, 80, 90])
        .map(|(&(bytes, score), quality)| Point {
            quality,
            bytes,
            score,
        })
        .collect()
}
