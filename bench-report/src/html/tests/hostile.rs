//! A report whose every name is an attack.

use super::super::sample_report::sample_report;
use crate::{
    case::Case,
    judge::report::{About, CaseDetail, Fate, Report, Sentence, Tone},
};

/// A name that would run a script wherever it is not escaped.
const HOSTILE: &str = "<img src=x onerror=alert(1)>&\"'.jpg</script></style><!--";

/// The report with every string replaced by [`HOSTILE`].
pub(super) fn hostile() -> Report {
    let mut report = sample_report();
    worsen_about(&mut report.about);
    report.verdict = [Tone::Good, Tone::Bad]
        .map(|tone| Sentence { text: bad(), tone })
        .to_vec();
    report.doubts = vec![bad()];
    report
        .curve
        .offers
        .iter_mut()
        .for_each(|it| it.name = bad());
    report
        .curve
        .recommendations
        .iter_mut()
        .for_each(|it| it.sentence = bad());
    report
        .waterfalls
        .iter_mut()
        .for_each(|it| worsen(&mut it.case));
    report.trades.iter_mut().for_each(|it| worsen(&mut it.case));
    report.peaks.iter_mut().for_each(|it| worsen(&mut it.case));
    report
        .agreement
        .iter_mut()
        .for_each(|it| worsen(&mut it.case));
    for duel in &mut report.duels {
        worsen(&mut duel.case);
        duel.kind = bad();
        duel.theirs = Fate::Failed(bad());
    }
    for lane in &mut report.history {
        lane.machine = bad();
        for mark in &mut lane.marks {
            mark.run = format!("{}{HOSTILE}", mark.run);
            mark.commit = bad();
            mark.date = bad();
        }
    }
    report.cases.iter_mut().for_each(worsen_detail);
    report
}

fn bad() -> String {
    HOSTILE.to_owned()
}

fn worsen(case: &mut Case) {
    case.image += HOSTILE;
}

fn worsen_about(about: &mut About) {
    for text in [
        &mut about.run,
        &mut about.date,
        &mut about.commit,
        &mut about.machine,
    ] {
        *text = bad();
    }
    about.artefacts = vec![bad()];
    about.assumptions = vec![bad()];
}

fn worsen_detail(detail: &mut CaseDetail) {
    worsen(&mut detail.case);
    let image = &mut detail.image;
    for text in [&mut image.name, &mut image.kind, &mut image.credit] {
        *text = bad();
    }
    for side in &mut detail.sides {
        side.picture = side.picture.as_ref().map(|_| bad());
        side.made = side.made.take().map(|(bytes, _)| (bytes, Err(bad())));
        side.stages_ms.iter_mut().for_each(|stage| stage.0 = bad());
        side.fates
            .iter_mut()
            .for_each(|it| it.2 = Fate::Failed(bad()));
    }
}
