//! What a run measures: cases, and which of them also under a quota.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use anyhow::{Result, ensure};
use edgepix_corpus::{
    available,
    manifest::{Entry, Kind, Manifest},
};
use edgepix_engine::{Coding, Colour, Header, Input, JpegCoding, probe};

use crate::{case::Case, format::Format, sample::Image};

/// Smaller sources tell more about start-up than about pixels.
const LEAST_MEGAPIXELS: f64 = 1.0;

/// What a quick run asks for; the first column is emulated, too. The first five are the cases that
/// sharp was first measured with.
const QUICK: [(bool, &str, u32, Format); 11] = [
    (true, "picosdeeuropa-2304x1728-420.jpg", 400, Format::Webp),
    (true, "picosdeeuropa-2304x1728-420.jpg", 400, Format::Avif),
    (true, "seeding-5312x2988-420.jpg", 400, Format::Jpeg),
    (true, "seeding-5312x2988-alpha.png", 400, Format::Webp),
    (true, "seeding.jpg", 400, Format::Jpeg),
    (false, "sunset-6000x4000-420.jpg", 400, Format::Webp),
    (false, "wine-2560x3837-420.jpg", 400, Format::Avif),
    (false, "life-3088x2056-420.jpg", 1600, Format::Webp),
    (false, "lake.jpg", 1600, Format::Jpeg),
    (false, "picosdeeuropa-3264x2448.png", 800, Format::Jpeg),
    (false, "seeding-5312x2988-lossy.webp", 400, Format::Webp),
];

/// What a full run asks of every image.
const FULL: [(u32, Format); 6] = [
    (400, Format::Webp),
    (400, Format::Avif),
    (400, Format::Jpeg),
    (1600, Format::Webp),
    (1600, Format::Avif),
    (1600, Format::Jpeg),
];

/// Whether all that a quick run wants is there.
pub(super) fn is_complete() -> bool {
    let there = available(&Manifest::embedded(), None);
    QUICK
        .iter()
        .all(|(_, image, ..)| there.iter().any(|(entry, _)| entry.name == *image))
}

/// What is measured.
pub(crate) struct Suite {
    pub(crate) sources: Vec<Source>,
    pub(crate) items: Vec<Item>,
    /// What it lacks, in sentences.
    pub(crate) missing: Vec<String>,
}

/// An image of the suite.
pub(crate) struct Source {
    pub(crate) image: Image,
    pub(crate) path: PathBuf,
}

/// A case of the suite.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    pub(crate) case: Case,
    /// Whether it is measured under a quota, too.
    pub(crate) is_emulated: bool,
}

/// Chooses what to measure: the quick list, or with `full` or a folder of the user's own every
/// image in every way; of those only what has `filter` in the name of its case.
///
/// # Errors
///
/// If nothing is left.
pub(crate) fn choose(folder: Option<&Path>, full: bool, filter: &str) -> Result<Suite> {
    let sources = sources(folder);
    let mut missing = Vec::new();
    let mut items = if full || folder.is_some() {
        every(&sources)
    } else {
        quick(&sources, &mut missing)
    };
    items.retain(|item| item.case.to_string().contains(filter));
    let is_used = |source: &Source| {
        let mut images = items.iter().map(|item| &item.case.image);
        images.any(|image| *image == source.image.name)
    };
    let sources: Vec<Source> = sources.into_iter().filter(is_used).collect();
    ensure!(
        !items.is_empty(),
        "there is no image to measure{}; `cargo run --release -p edgepix-corpus -- all` fills the \
         corpus, --corpus names a folder of your own",
        if filter.is_empty() {
            String::new()
        } else {
            format!(" with {filter:?} in its case")
        }
    );
    Ok(Suite {
        sources,
        items,
        missing,
    })
}

fn quick(sources: &[Source], missing: &mut Vec<String>) -> Vec<Item> {
    let mut items = Vec::new();
    for (is_emulated, image, width, format) in QUICK {
        if sources.iter().any(|source| source.image.name == image) {
            items.push(Item {
                case: Case {
                    image: image.to_owned(),
                    width,
                    format,
                },
                is_emulated,
            });
        } else {
            missing.push(format!(
                "{image} is not there, and its cases were left out; \
                 `cargo run --release -p edgepix-corpus -- all` brings it"
            ));
        }
    }
    if items.is_empty() {
        // Without photographs drawn ones show at least how it goes.
        return every(sources);
    }
    missing.dedup();
    items
}

/// Every image in every way; at 400 pixels under a quota, too, which takes long enough.
fn every(sources: &[Source]) -> Vec<Item> {
    let asked = |source: &Source| {
        let name = source.image.name.clone();
        let wide = source.image.width;
        let fits = FULL.into_iter().filter(move |&(width, _)| width < wide);
        fits.map(move |(width, format)| Item {
            case: Case {
                image: name.clone(),
                width,
                format,
            },
            is_emulated: width == 400,
        })
    };
    sources.iter().flat_map(asked).collect()
}

/// The images of a megapixel and more that can be read: those of `folder`, or the corpus's, of
/// which drawn ones are used only where there is no photograph at all.
fn sources(folder: Option<&Path>) -> Vec<Source> {
    let mut drawn = Vec::new();
    let mut photographs = Vec::new();
    for (entry, path) in available(&Manifest::embedded(), folder) {
        let is_own = matches!(entry.kind, Kind::Own);
        if is_own != folder.is_some() {
            continue;
        }
        let Some(source) = source(&entry, &path) else {
            continue;
        };
        match entry.kind {
            Kind::Generated(_) => drawn.push(source),
            _ => photographs.push(source),
        }
    }
    if photographs.is_empty() {
        drawn
    } else {
        photographs
    }
}

fn source(entry: &Entry, path: &Path) -> Option<Source> {
    let mut file = File::open(path).ok()?;
    let bytes = file.metadata().ok()?.len();
    let header = probe(&mut Input::new(&mut file)).ok()?;
    let name = path.file_name()?.to_str()?.to_owned();
    let image = Image {
        name,
        width: header.dimensions.width,
        height: header.dimensions.height,
        bytes,
        kind: kind(&header),
        credit: match entry.kind {
            Kind::Own => String::new(),
            _ => format!("{}, {}", entry.credit, entry.licence),
        },
    };
    (image.megapixels() >= LEAST_MEGAPIXELS && header.frames == 1).then(|| Source {
        image,
        path: path.to_owned(),
    })
}

/// Names what a source's speed depends on.
fn kind(header: &Header) -> String {
    let mut words = vec![header.format.name().to_owned()];
    match &header.coding {
        Coding::Jpeg(coding) => {
            words.extend(subsampling(coding));
            if coding.progressive {
                words.push("progressive".to_owned());
            }
        }
        Coding::Png { interlaced, .. } => {
            let colour = match header.colour {
                Colour::Grey => "grey",
                _ => "rgb",
            };
            words.push(format!("{colour}{}", if header.alpha { "a" } else { "" }));
            if header.bit_depth == 16 {
                words.push("16-bit".to_owned());
            }
            if *interlaced {
                words.push("interlaced".to_owned());
            }
        }
        Coding::Webp(coding) => {
            words.push(if coding.lossless { "lossless" } else { "lossy" }.to_owned());
            if header.alpha {
                words.push("alpha".to_owned());
            }
        }
        _ => {}
    }
    words.join(" ")
}

/// "4:2:0" and so on; nothing for grey.
fn subsampling(coding: &JpegCoding) -> Option<String> {
    let [luma, chroma, ..] = coding.components[..] else {
        return None;
    };
    let name = match (
        luma.horizontal / chroma.horizontal.max(1),
        luma.vertical / chroma.vertical.max(1),
    ) {
        (1, 1) => "4:4:4",
        (2, 1) => "4:2:2",
        (2, 2) => "4:2:0",
        (1, 2) => "4:4:0",
        (4, 1) => "4:1:1",
        (across, down) => return Some(format!("{across}x{down}")),
    };
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let photo = edgepix_corpus::synth::photo(1250, 800, 1);
        let png = edgepix_corpus::write::png(&photo);
        for name in names {
            std::fs::write(folder.path().join(name), &png).unwrap();
        }
        folder
    }

    #[test]
    fn an_image_of_ones_own_is_asked_for_in_every_way_that_makes_it_smaller() {
        let folder = folder_with(&["a.png"]);
        let suite = choose(Some(folder.path()), false, "").unwrap();
        let cases: Vec<String> = suite
            .items
            .iter()
            .map(|item| item.case.to_string())
            .collect();
        assert_eq!(
            cases,
            [
                "a.png -> 400 webp",
                "a.png -> 400 avif",
                "a.png -> 400 jpeg"
            ]
        );
        assert_eq!(suite.sources.len(), 1);
        assert_eq!(suite.sources[0].image.kind, "png rgb");
    }

    #[test]
    fn a_filter_chooses_by_the_whole_case_and_leaves_no_image_that_nobody_asks_for() {
        let folder = folder_with(&["a.png", "b.png"]);
        let suite = choose(Some(folder.path()), false, "b.png -> 400 avif").unwrap();
        assert_eq!((suite.items.len(), suite.sources.len()), (1, 1));
        assert!(choose(Some(folder.path()), false, "c.png").is_err());
    }

    #[test]
    fn files_that_are_no_images_are_passed_over() {
        let folder = folder_with(&["a.png"]);
        std::fs::write(folder.path().join("b.jpg"), "no image").unwrap();
        let suite = choose(Some(folder.path()), false, "").unwrap();
        assert_eq!(suite.sources.len(), 1);
    }

    #[test]
    fn the_quick_list_names_images_of_the_corpus() {
        let corpus = Manifest::embedded();
        for (_, image, width, _) in QUICK {
            let entry = corpus
                .entry(image)
                .unwrap_or_else(|| panic!("{image} is there"));
            assert!(entry.width > width, "{image}");
        }
    }
}
