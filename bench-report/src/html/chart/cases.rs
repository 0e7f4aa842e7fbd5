//! Every case: folded up, with its pictures and numbers inside.

use std::collections::BTreeSet;

use crate::{
    case::Rival,
    html::{
        chart::duels::fate,
        figure::{name, nothing, section},
        key::{format_class, short},
        markup::{Element, element, relative_url, text},
        number::{NONE, digits, kilobytes, mb, megabytes, ms, ms_or_none, score},
        sheet::{Cell, Name, Sheet, scrolling},
    },
    judge::report::{CaseDetail, Fate, SideDetail, Source},
};

/// The section.
pub(in crate::html) fn draw(cases: &[CaseDetail]) -> Element {
    let section = section(
        "cases",
        "Every case",
        "Open one for its pictures and its numbers.",
    );
    if cases.is_empty() {
        return section.add(nothing("No case was measured."));
    }
    section.all(cases.iter().enumerate().map(|(at, case)| detail(at, case)))
}

fn detail(at: usize, detail: &CaseDetail) -> Element {
    let name = name(&detail.case);
    let image = &detail.image;
    let facts = format!(
        "{} \u{d7} {} pixels, {}, {}.",
        image.width,
        image.height,
        image.kind,
        kilobytes(image.bytes)
    );
    let pictures: Vec<Element> = detail.sides.iter().filter_map(picture).collect();
    // The place a link leads to is inside: that is what makes a browser open what is folded up.
    let inside = element("div")
        .with("id", format!("c{at}"))
        .add(text("p", facts))
        .add(text("p", format!("Photograph: {}", image.credit)).class("note"));
    let inside = if pictures.is_empty() {
        inside.add(nothing("There are no pictures of it."))
    } else {
        inside.add(element("div").class("pictures").all(pictures))
    };
    element("details")
        .class(format!("case {}", format_class(detail.case.format)))
        .add(element("summary").add(text("span", &name)).add(text(
            "small",
            format!("{} MP, {}", digits(image.megapixels()), image.kind),
        )))
        .add(
            inside.add(scrolling(
                "In numbers",
                [numbers(detail).table()]
                    .into_iter()
                    .chain(fates(detail).map(Sheet::table)),
            )),
        )
}

fn picture(side: &SideDetail) -> Option<Element> {
    let path = side.picture.as_ref()?;
    let caption = match &side.made {
        Some((bytes, Ok(looks))) => {
            format!(
                "{}: {}, score {}",
                side.rival,
                kilobytes(*bytes),
                score(looks.score)
            )
        }
        Some((bytes, Err(_))) => format!("{}: {}", side.rival, kilobytes(*bytes)),
        None => side.rival.to_string(),
    };
    let mut image = element("img")
        .with("src", relative_url(path))
        .with("alt", format!("As made by {}", side.rival))
        .with("loading", "lazy");
    if let Some((_, Ok(looks))) = &side.made {
        image = image
            .with("width", looks.width)
            .with("height", looks.height);
    }
    Some(
        element("figure")
            .add(image)
            .add(text("figcaption", caption)),
    )
}

/// What is known of each side, a row for each thing.
fn numbers(detail: &CaseDetail) -> Sheet {
    let sides = &detail.sides;
    let mut columns = vec![""];
    columns.extend(sides.iter().map(|side| short(side.rival)));
    let mut sheet = Sheet::new("In numbers", &columns);
    let mut row = |name: &str, value: &dyn Fn(&SideDetail) -> String| {
        let cells = sides.iter().map(|side| Cell::Number(value(side)));
        sheet.push(Name::plain(name), cells, "");
    };
    row("Bytes", &|side| {
        let made = side.made.as_ref();
        made.map_or_else(|| NONE.to_owned(), |(bytes, _)| kilobytes(*bytes))
    });
    row("SSIMULACRA2", &|side| match &side.made {
        Some((_, Ok(looks))) => score(looks.score),
        Some((_, Err(why))) => format!("! {why}"),
        None => NONE.to_owned(),
    });
    row("Processor time, warm", &|side| ms_or_none(side.cpu_ms));
    row("Peak memory", &|side| {
        let peak = side.peak_bytes;
        peak.map_or_else(|| NONE.to_owned(), |bytes| mb(megabytes(bytes)))
    });
    for stage in stages(sides) {
        row(&format!("Stage: {stage}"), &|side| {
            let here = side.stages_ms.iter().find(|(name, _)| name == stage);
            here.map_or_else(|| NONE.to_owned(), |(_, value)| ms(*value))
        });
    }
    sheet
}

/// The stages of all sides, in the order they come in.
fn stages(sides: &[SideDetail]) -> Vec<&str> {
    let mut stages: Vec<&str> = Vec::new();
    for (stage, _) in sides.iter().flat_map(|side| &side.stages_ms) {
        if !stages.contains(&stage.as_str()) {
            stages.push(stage);
        }
    }
    stages
}

/// What became of it at each setting: a row for each memory, a column for each side and source.
fn fates(detail: &CaseDetail) -> Option<Sheet> {
    let all = || {
        detail.sides.iter().flat_map(|side| {
            let fates = side.fates.iter();
            fates.map(move |(memory_mb, source, fate)| ((side.rival, *source), *memory_mb, fate))
        })
    };
    let columns: BTreeSet<(Rival, Source)> = all().map(|it| it.0).collect();
    let memories: BTreeSet<u32> = all().map(|it| it.1).collect();
    if memories.is_empty() {
        return None;
    }
    let headings: Vec<String> = columns
        .iter()
        .map(|(rival, source)| format!("{}, {}", short(*rival), source.name()))
        .collect();
    let mut names = vec!["Memory"];
    names.extend(headings.iter().map(String::as_str));
    let mut sheet = Sheet::new("Warm cache miss, median in ms", &names);
    for memory_mb in memories {
        let cells = columns.iter().map(|column| {
            let here = all().find(|it| (it.0, it.1) == (*column, memory_mb));
            Cell::Number(match here.map(|it| it.2) {
                Some(Fate::Answered { p50_ms, .. }) => digits(*p50_ms),
                Some(other) => fate(other),
                None => NONE.to_owned(),
            })
        });
        sheet.push(Name::plain(format!("{memory_mb} MB")), cells, "");
    }
    Some(sheet)
}
