//! Every case: folded up, with its pictures inside, and all of them in one table.
//!
//! A number is on the page once. What a case's detail shows of the tables, the script brings there
//! when the case is opened; without it, the tables are what there is.

use super::beside::beside;
use crate::{
    case::Rival,
    html::{
        chart::duels::fate,
        figure::{Cases, name, nothing, section},
        key::{format_class, short},
        markup::{Element, element, relative_url, text},
        number::{NONE, digits, kb, kilobytes, megabytes, score},
        sheet::Sheet,
    },
    judge::report::{CaseDetail, Fate, Report, SideDetail, Source},
};

/// The section.
pub(in crate::html) fn draw(report: &Report, known: &Cases<'_>) -> Element {
    let section = section(
        "cases",
        "Every case",
        "Open one for its pictures and its numbers, which are those of the tables.",
    );
    let cases = &report.cases;
    if cases.is_empty() {
        return section.add(nothing("No case was measured."));
    }
    section
        .add(outcomes(cases, known).behind())
        .all(cases.iter().enumerate().map(|(at, case)| detail(at, case)))
}

fn detail(at: usize, detail: &CaseDetail) -> Element {
    let image = &detail.image;
    let facts = format!(
        "{} \u{d7} {} pixels, {}, {}. Photograph: {}",
        image.width,
        image.height,
        image.kind,
        kilobytes(image.bytes),
        image.credit
    );
    let pictures: Vec<Element> = detail.sides.iter().filter_map(picture).collect();
    // The place a link leads to is inside: that is what makes a browser open what is folded up.
    let inside = element("div")
        .with("id", format!("c{at}"))
        .add(text("p", facts));
    let inside = if pictures.is_empty() {
        inside.add(nothing("There are no pictures of it."))
    } else {
        inside.add(element("div").class("pictures").all(pictures))
    };
    element("details")
        .class(format!("case {}", format_class(detail.case.format)))
        .add(
            element("summary")
                .add(text("span", name(&detail.case)))
                .add(text("small", format!("{} MP", digits(image.megapixels())))),
        )
        .add(inside)
}

fn picture(side: &SideDetail) -> Option<Element> {
    let path = side.picture.as_ref()?;
    let mut image = element("img")
        .with("src", relative_url(path))
        .with("alt", format!("By {}", side.rival))
        .with("loading", "lazy");
    if let Some((_, Ok(looks))) = &side.made {
        image = image
            .with("width", looks.width)
            .with("height", looks.height);
    }
    Some(
        element("figure")
            .add(image)
            .add(text("figcaption", side.rival)),
    )
}

/// Something that is known of what a side made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Known<'a> {
    Kilobytes,
    Score,
    Cpu,
    Peak,
    /// A stage by its place and name.
    Stage(usize, &'a str),
}

/// A row for each case: what each side made of it and what that took.
pub(in crate::html) fn numbers(cases: &[CaseDetail], known: &Cases<'_>) -> Sheet {
    let sides = cases
        .iter()
        .flat_map(|it| it.sides.iter().map(move |side| (&it.case, side)));
    let cells = sides.flat_map(|(case, side)| {
        let of = side.rival;
        let (bytes, score) = match &side.made {
            Some((bytes, Ok(looks))) => (kb(*bytes), score(looks.score)),
            Some((bytes, Err(why))) => (kb(*bytes), format!("! {why}")),
            None => (NONE.to_owned(), NONE.to_owned()),
        };
        let cpu = side.cpu_ms.map_or_else(|| NONE.to_owned(), digits);
        let peak = side.peak_bytes.map(megabytes);
        let peak = peak.map_or_else(|| NONE.to_owned(), digits);
        let stages = side.stages_ms.iter().enumerate();
        let stages =
            stages.map(move |(at, (name, ms))| (case, (of, Known::Stage(at, name)), digits(*ms)));
        [
            (case, (of, Known::Kilobytes), bytes),
            (case, (of, Known::Score), score),
            (case, (of, Known::Cpu), cpu),
            (case, (of, Known::Peak), peak),
        ]
        .into_iter()
        .chain(stages)
    });
    let heading = |(rival, what): (Rival, Known<'_>)| {
        let what = match what {
            Known::Kilobytes => "kB".to_owned(),
            Known::Score => "SSIMULACRA2".to_owned(),
            Known::Cpu => "processor time, ms".to_owned(),
            Known::Peak => "peak, MB".to_owned(),
            Known::Stage(_, name) => format!("{name}, ms"),
        };
        format!("{}: {what}", short(rival))
    };
    beside(
        "All cases: what was made and what it took",
        cells,
        heading,
        known,
    )
}

/// A row for each case: what became of it at each setting.
fn outcomes(cases: &[CaseDetail], known: &Cases<'_>) -> Sheet {
    let cells = cases.iter().flat_map(|it| {
        it.sides.iter().flat_map(move |side| {
            side.fates.iter().map(move |(memory_mb, source, what)| {
                let words = match what {
                    Fate::Answered { p50_ms, .. } => digits(*p50_ms),
                    other => fate(other),
                };
                (&it.case, (side.rival, *memory_mb, *source), words)
            })
        })
    });
    let heading = |(rival, memory_mb, source): (Rival, u32, Source)| {
        format!("{}: ms at {memory_mb} MB, {}", short(rival), source.name())
    };
    beside(
        "All cases: median of a warm cache miss by setting",
        cells,
        heading,
        known,
    )
}
