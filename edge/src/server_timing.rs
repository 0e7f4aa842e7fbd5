//! Where an answer's time went, for whoever looks at it in a browser (W3C, "Server Timing").

use std::time::Duration;

use edgepix_engine::Stage;

use crate::record::Record;

/// The value of Server-Timing for an image that was made: the engine's stages in the order of
/// their work, then all of it from the event to the answer, in milliseconds.
pub(crate) fn of(record: &Record) -> String {
    let stages = record.stages.into_iter();
    let stages = stages.flat_map(|stages| Stage::ALL.map(|stage| (stage.name(), stages.of(stage))));
    let metrics = stages.chain([("total", record.time)]);
    metrics.map(metric).collect::<Vec<_>>().join(", ")
}

fn metric((name, time): (&str, Duration)) -> String {
    format!("{name};dur={:.1}", time.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use edgepix_engine::Stages;

    use super::*;

    #[test]
    fn every_stage_is_said_and_then_the_whole() {
        let record = Record {
            stages: Some(Stages::default()),
            time: Duration::from_micros(12_345),
            ..Record::default()
        };
        assert_eq!(
            of(&record),
            "read;dur=0.0, decode;dur=0.0, resize;dur=0.0, colour;dur=0.0, encode;dur=0.0, \
             write;dur=0.0, total;dur=12.3"
        );
    }
}
