//! The report's tables that are no more than their rows.

use super::{fate, optional};
use crate::{
    judge::{
        report::{Report, SideDetail},
        words,
    },
    table::{Table, numbers, words as column},
};

pub(crate) fn distributions(report: &Report) -> Table {
    let mut table = Table::new(&[
        column("", "format"),
        column("", "rival"),
        column("", "source"),
        numbers("", "MB"),
        numbers("", "least"),
        numbers("", "p50"),
        numbers("", "p95"),
        numbers("", "p99"),
        numbers("", "most"),
        numbers("", "samples"),
    ]);
    for one in &report.distributions {
        table.push(vec![
            one.format.name().to_owned(),
            one.rival.to_string(),
            one.source.name().to_owned(),
            one.memory_mb.to_string(),
            optional(one.quantiles_ms.first().copied()),
            words::ms(one.summary.p50_ms),
            words::ms(one.summary.p95_ms),
            optional(one.summary.p99_ms),
            optional(one.quantiles_ms.last().copied()),
            one.summary.samples.to_string(),
        ]);
    }
    table
}

pub(crate) fn duels(report: &Report) -> Table {
    let mut table = Table::new(&[
        column("", "case"),
        column("", "kind"),
        numbers("source", "MP"),
        numbers("edgepix", "MB"),
        numbers("", "edgepix"),
        numbers("sharp", "MB"),
        numbers("", "sharp"),
        numbers("", "ratio"),
        column("", "source"),
    ]);
    for duel in &report.duels {
        table.push(vec![
            duel.case.to_string(),
            duel.kind.clone(),
            format!("{:.1}", duel.megapixels),
            duel.ours_mb.to_string(),
            fate(&duel.ours),
            duel.theirs_mb.to_string(),
            fate(&duel.theirs),
            duel.ratio
                .map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")),
            duel.source.name().to_owned(),
        ]);
    }
    table
}

pub(crate) fn trades(report: &Report) -> Table {
    let mut table = Table::new(&[
        column("", "case"),
        column("", "rival"),
        numbers("", "bytes"),
        numbers("", "score"),
        numbers("", "processor time"),
    ]);
    for trade in &report.trades {
        table.push(vec![
            trade.case.to_string(),
            trade.rival.to_string(),
            trade.bytes.to_string(),
            format!("{:.1}", trade.score),
            words::ms(trade.cpu_ms),
        ]);
    }
    table
}

pub(crate) fn peaks(report: &Report) -> Table {
    let mut table = Table::new(&[
        column("", "case"),
        column("", "rival"),
        numbers("source", "MP"),
        numbers("given", "MB"),
        numbers("", "took"),
    ]);
    for peak in &report.peaks {
        table.push(vec![
            peak.case.to_string(),
            peak.rival.to_string(),
            format!("{:.1}", peak.megapixels),
            peak.memory_mb.to_string(),
            peak.bytes.map_or_else(|| "killed".to_owned(), words::mb),
        ]);
    }
    table
}

pub(crate) fn history(report: &Report) -> Table {
    let mut table = Table::new(&[
        column("", "machine"),
        column("", "rival"),
        column("", "run"),
        column("", "date"),
        column("", "commit"),
        numbers("processor", "time"),
        numbers("", "cases"),
    ]);
    for lane in &report.history {
        for mark in &lane.marks {
            table.push(vec![
                lane.machine.clone(),
                mark.rival.to_string(),
                mark.run.clone(),
                mark.date.clone(),
                mark.commit.clone(),
                words::ms(mark.cpu_ms),
                mark.cases.to_string(),
            ]);
        }
    }
    table
}

pub(crate) fn agreement(report: &Report) -> Table {
    let mut table = Table::new(&[
        column("", "case"),
        column("", "rival"),
        numbers("", "MB"),
        numbers("", "model"),
        numbers("", "emulated"),
        numbers("may differ", "by"),
        numbers("", "samples"),
        column("", "agree"),
    ]);
    for one in &report.agreement {
        table.push(vec![
            one.case.to_string(),
            one.rival.to_string(),
            one.memory_mb.to_string(),
            words::ms(one.model_ms),
            words::ms(one.emulated_ms),
            words::ms(one.allowed_ms),
            one.samples.to_string(),
            if one.holds() { "yes" } else { "no" }.to_owned(),
        ]);
    }
    table
}

pub(crate) fn cases(report: &Report) -> Table {
    let mut table = Table::new(&[
        column("", "case"),
        column("", "source"),
        column("", "rival"),
        column("", "result"),
        numbers("processor", "time"),
        numbers("most", "memory"),
        column("", "stages"),
        column("", "by memory"),
    ]);
    for detail in &report.cases {
        let image = &detail.image;
        for side in &detail.sides {
            table.push(vec![
                detail.case.to_string(),
                format!("{}x{} {}", image.width, image.height, image.kind),
                side.rival.to_string(),
                result(side),
                optional(side.cpu_ms),
                side.peak_bytes.map_or_else(|| "-".to_owned(), words::mb),
                joined(&side.stages_ms, |(name, ms)| {
                    format!("{name} {}", words::ms(*ms))
                }),
                joined(&side.fates, |(memory_mb, source, fate)| {
                    format!("{memory_mb} {}: {}", source.name(), super::fate(fate))
                }),
            ]);
        }
    }
    table
}

/// What a side made.
fn result(side: &SideDetail) -> String {
    match &side.made {
        None => "-".to_owned(),
        Some((_, Err(why))) => why.clone(),
        Some((bytes, Ok(looks))) => format!(
            "{bytes} bytes, {}x{}, score {:.1}",
            looks.width, looks.height, looks.score
        ),
    }
}

fn joined<T>(items: &[T], tell: impl Fn(&T) -> String) -> String {
    match items {
        [] => "-".to_owned(),
        _ => items.iter().map(tell).collect::<Vec<_>>().join(", "),
    }
}
