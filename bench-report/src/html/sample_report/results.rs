//! Made-up results: what was made of each case, and what it took.

use super::{
    MEMORIES,
    subject::{Subject, cpu_ms, fate, megapixels},
};
use crate::{
    case::{Case, Rival},
    format::Format,
    judge::report::{CaseDetail, Peak, SideDetail, Source, Trade},
    sample::{Image, Looks},
};

pub(super) fn trade(case: &Case, subject: &Subject, rival: Rival) -> Trade {
    let (bytes, looks) = made(case, subject, rival);
    Trade {
        case: case.clone(),
        rival,
        bytes,
        score: looks.score,
        cpu_ms: cpu_ms(case, subject, rival),
    }
}

pub(super) fn made(case: &Case, subject: &Subject, rival: Rival) -> (u64, Looks) {
    let (bytes, score) = match case.format {
        Format::Jpeg => (34_000, 79.5),
        Format::Webp => (25_000, 77.0),
        Format::Avif => (19_500, 78.2),
        Format::Png => (210_000, 99.1),
    };
    // Some are harder than others.
    let hard = u64::from(subject.size.1 % 7);
    let is_sharp = rival == Rival::SHARP;
    let looks = Looks {
        width: 400,
        height: 267,
        score: score - if is_sharp { 2.5 } else { 0.0 } - megapixels(subject) % 3.0,
    };
    (bytes * (10 + hard) / if is_sharp { 9 } else { 10 }, looks)
}

pub(super) fn peak(case: &Case, subject: &Subject, rival: Rival) -> Peak {
    let mb = if rival == Rival::SHARP {
        subject.theirs_mb
    } else {
        subject.ours_mb
    };
    let is_avif = case.format == Format::Avif;
    let mb = if is_avif { mb + 14.0 } else { mb };
    let is_over = mb + 12.0 > 128.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few MB, above 0"
    )]
    let bytes = (mb * 1_048_576.0) as u64;
    Peak {
        case: case.clone(),
        rival,
        megapixels: megapixels(subject),
        bytes: (!is_over).then_some(bytes),
        memory_mb: 128,
    }
}

pub(super) fn detail(case: &Case, subject: &Subject, rivals: &[Rival]) -> CaseDetail {
    let side = |&rival: &Rival| {
        let mut fates = Vec::new();
        for memory_mb in MEMORIES {
            for source in [Source::Model, Source::Emulated] {
                fates.push((memory_mb, source, fate(case, subject, rival, memory_mb)));
            }
        }
        let cpu_ms = cpu_ms(case, subject, rival);
        let (bytes, looks) = made(case, subject, rival);
        let stages = [("decode", 0.55), ("resize", 0.15), ("encode", 0.3)];
        SideDetail {
            rival,
            made: Some((bytes, Ok(looks))),
            picture: (rival != Rival::EDGEPIX_AT_EDGE).then(|| {
                format!(
                    "report-pictures/{}/{}.{}",
                    rival.side,
                    case.image,
                    case.format.name()
                )
            }),
            fates,
            cpu_ms: Some(cpu_ms),
            peak_bytes: peak(case, subject, rival).bytes,
            stages_ms: if rival == Rival::SHARP {
                Vec::new()
            } else {
                stages
                    .map(|(name, share)| (name.to_owned(), cpu_ms * share))
                    .to_vec()
            },
        }
    };
    CaseDetail {
        case: case.clone(),
        image: Image {
            name: case.image.clone(),
            width: subject.size.0,
            height: subject.size.1,
            bytes: 3_400_000,
            kind: subject.kind.to_owned(),
            credit: "A. Photographer, CC BY 4.0".to_owned(),
        },
        sides: rivals.iter().map(side).collect(),
    }
}
