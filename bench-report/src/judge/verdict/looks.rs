//! Bytes, and what they look like.

use super::{say, tone};
use crate::{
    case::Rival,
    judge::{
        report::{Report, Sentence, Tone, Trade},
        words,
    },
    stats::geometric_mean,
};

/// How many points of SSIMULACRA2 are a difference worth a word.
const SCORE: f64 = 0.5;

/// Our bytes by the rival's, and the mean scores of both, over the cases both made. Fewer bytes at a
/// lower score are no better, and the tone says so.
pub(crate) fn bytes(report: &Report) -> Option<Sentence> {
    let of = |rival| {
        report
            .trades
            .iter()
            .filter(move |trade| trade.rival == rival)
    };
    let pairs: Vec<(&Trade, &Trade)> = of(Rival::EDGEPIX)
        .filter_map(|ours| {
            let theirs = of(Rival::SHARP).find(|theirs| theirs.case == ours.case)?;
            Some((ours, theirs))
        })
        .collect();
    #[expect(
        clippy::cast_precision_loss,
        reason = "images of far fewer than 2^52 bytes"
    )]
    let ratios: Vec<f64> = pairs
        .iter()
        .map(|(ours, theirs)| ours.bytes as f64 / theirs.bytes.max(1) as f64)
        .collect();
    let bytes = geometric_mean(&ratios)?;
    let ours = mean(pairs.iter().map(|(ours, _)| ours.score))?;
    let theirs = mean(pairs.iter().map(|(_, theirs)| theirs.score))?;
    let looks = match ours - theirs {
        better if better > SCORE => Tone::Good,
        worse if worse < -SCORE => Tone::Bad,
        _ => Tone::Neutral,
    };
    let tone = match (tone(1.0 / bytes), looks) {
        (size, Tone::Neutral) => size,
        (Tone::Neutral, looks) => looks,
        (size, looks) if size == looks => size,
        _ => Tone::Neutral,
    };
    Some(say(
        tone,
        format!(
            "edgepix's images take {bytes:.2} times the bytes of sharp's, at a mean score of {ours:.1} \
             against {theirs:.1} (SSIMULACRA2, {}).",
            words::cases(pairs.len())
        ),
    ))
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 cases")]
    let count = values.len() as f64;
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{case::Case, format::Format};

    fn tone_of(ours: (u64, f64), theirs: (u64, f64)) -> Tone {
        let trade = |rival, (bytes, score)| Trade {
            case: Case {
                image: "a.jpg".to_owned(),
                width: 400,
                format: Format::Webp,
            },
            rival,
            bytes,
            score,
            cpu_ms: 1.0,
        };
        let report = Report {
            trades: vec![trade(Rival::EDGEPIX, ours), trade(Rival::SHARP, theirs)],
            ..Default::default()
        };
        bytes(&report).expect("both made it").tone
    }

    #[test]
    fn fewer_bytes_are_good_only_at_no_lower_score() {
        assert_eq!(tone_of((80, 75.0), (100, 75.0)), Tone::Good);
        assert_eq!(tone_of((80, 70.0), (100, 75.0)), Tone::Neutral);
        assert_eq!(tone_of((120, 75.0), (100, 75.0)), Tone::Bad);
        assert_eq!(tone_of((100, 70.0), (100, 75.0)), Tone::Bad);
    }
}
