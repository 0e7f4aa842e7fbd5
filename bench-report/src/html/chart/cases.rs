//! Every case: folded up, with its pictures and numbers inside.

use crate::{
    html::{
        chart::duels::fate,
        figure::{name, nothing, section},
        key::{format_class, short},
        markup::{Element, element, relative_url, text},
        number::{NONE, digits, kilobytes, mb, megabytes, ms, ms_or_none, score},
        sheet::{Cell, Sheet},
    },
    judge::report::{CaseDetail, SideDetail, Source},
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
    let pictures: Vec<Element> = detail
        .sides
        .iter()
        .filter_map(|side| picture(side, &name))
        .collect();
    // The place a link leads to is inside: that is what makes a browser open what is folded up.
    let inside = element("div")
        .with("id", format!("c{at}"))
        .with("tabindex", -1)
        .add(text("p", facts))
        .add(text("p", format!("Photograph: {}", image.credit)).class("note"));
    let inside = if pictures.is_empty() {
        inside.add(nothing("There are no pictures of it."))
    } else {
        inside.add(element("div").class("pictures").all(pictures))
    };
    element("details")
        .class(format!("case {}", format_class(detail.case.format)))
        .with("data-case", &name)
        .add(element("summary").add(text("span", &name)).add(text(
            "small",
            format!("{} MP, {}", digits(image.megapixels()), image.kind),
        )))
        .add(inside.add(numbers(detail, &name).element()))
}

fn picture(side: &SideDetail, name: &str) -> Option<Element> {
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
        .with("alt", format!("{name}, as made by {}", side.rival))
        .with("loading", "lazy")
        .with("decoding", "async");
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
fn numbers(detail: &CaseDetail, name: &str) -> Sheet {
    let sides = &detail.sides;
    let mut columns = vec![""];
    columns.extend(sides.iter().map(|side| short(side.rival)));
    let mut sheet = Sheet::new(format!("Numbers of {name}"), &columns);
    let mut row = |name: &str, class: &str, value: &dyn Fn(&SideDetail) -> String| {
        let cells = sides.iter().map(|side| Cell::Number(value(side)));
        sheet.push(text("span", name), cells, class);
    };
    row("Bytes", "", &|side| {
        side.made
            .as_ref()
            .map_or_else(|| NONE.to_owned(), |(bytes, _)| kilobytes(*bytes))
    });
    row("SSIMULACRA2", "", &|side| match &side.made {
        Some((_, Ok(looks))) => score(looks.score),
        Some((_, Err(why))) => format!("! {why}"),
        None => NONE.to_owned(),
    });
    row("Processor time, warm", "", &|side| ms_or_none(side.cpu_ms));
    row("Peak memory", "", &|side| {
        side.peak_bytes
            .map_or_else(|| NONE.to_owned(), |bytes| mb(megabytes(bytes)))
    });
    for (memory_mb, source) in settings(sides) {
        let class = super::super::key::source_class(source);
        row(
            &format!("{memory_mb} MB, {}", source.name()),
            class,
            &|side| {
                let here = side
                    .fates
                    .iter()
                    .find(|it| (it.0, it.1) == (memory_mb, source));
                here.map_or_else(|| NONE.to_owned(), |(_, _, it)| fate(it))
            },
        );
    }
    let stages: Vec<&str> = {
        let mut stages: Vec<&str> = Vec::new();
        for (stage, _) in sides.iter().flat_map(|side| &side.stages_ms) {
            if !stages.contains(&stage.as_str()) {
                stages.push(stage);
            }
        }
        stages
    };
    for stage in stages {
        row(&format!("Stage: {stage}"), "", &|side| {
            let here = side.stages_ms.iter().find(|(name, _)| name == stage);
            here.map_or_else(|| NONE.to_owned(), |(_, value)| ms(*value))
        });
    }
    sheet
}

/// The settings that any side was in, rising.
fn settings(sides: &[SideDetail]) -> Vec<(u32, Source)> {
    let fates = sides.iter().flat_map(|side| &side.fates);
    let mut settings: Vec<(u32, Source)> = fates.map(|it| (it.0, it.1)).collect();
    settings.sort_unstable();
    settings.dedup();
    settings
}
