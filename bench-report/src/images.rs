//! Which images are compared: the corpus's that are there, or those of a folder
//! of the user's own.

use std::{
    collections::HashSet,
    fs::File,
    path::{Path, PathBuf},
};

use anyhow::{Result, ensure};
use edgepix_corpus::{
    available,
    manifest::{Entry, Kind, Manifest},
};
use edgepix_engine::{Coding, Input, probe};

use crate::{
    process::Peer,
    protocol::{Described, Job},
};

/// Smaller sources tell more about start-up than about pixels.
const LEAST_PIXELS: f64 = 1e6;

/// A source.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// Upright width.
    pub(crate) width: u32,
    pub(crate) megapixels: f64,
    /// What it is, as far as its speed depends on it: "jpeg 4:2:0 progressive".
    pub(crate) kind: String,
    /// Drawn by the corpus, for want of a photograph.
    pub(crate) is_drawn: bool,
    /// Saved by the corpus, at the size and in the coding that its name says.
    pub(crate) is_transcoded: bool,
}

/// Finds the JPEG, PNG and WebP images of at least a megapixel whose name contains
/// `filter`: the corpus's, or those in `folder` if one is given.
///
/// # Errors
///
/// If there are none, or the decoder that looks at them does not run.
pub(crate) fn find(folder: Option<&Path>, filter: &str, looker: &mut Peer) -> Result<Vec<Image>> {
    let mut images = Vec::new();
    for (entry, path) in available(&Manifest::embedded(), folder) {
        let is_own = matches!(entry.kind, Kind::Own);
        let name = display_name(&entry, &path);
        if is_own != folder.is_some() || !name.contains(filter) {
            continue;
        }
        let job = Job::Describe {
            source: path.clone(),
        };
        match looker.ask::<Described>(&job)? {
            Ok(described) => images.extend(image(name, path, &entry, &described)),
            Err(why) => eprintln!("passed over {name}: {why}"),
        }
    }
    ensure!(
        !images.is_empty(),
        "no JPEG, PNG or WebP image of a megapixel or more{} was found; \
         `cargo run --release -p edgepix-corpus -- all` fills the corpus, --corpus names a folder of your own",
        if filter.is_empty() {
            String::new()
        } else {
            format!(" with {filter:?} in its name")
        }
    );
    Ok(without_stand_ins(images))
}

/// Drops the drawn images of every kind of which there are photographs: no mean
/// over both would mean anything.
fn without_stand_ins(images: Vec<Image>) -> Vec<Image> {
    let photographed: HashSet<String> = images
        .iter()
        .filter(|image| !image.is_drawn)
        .map(|image| image.kind.clone())
        .collect();
    let is_needed = |image: &Image| !image.is_drawn || !photographed.contains(&image.kind);
    images.into_iter().filter(is_needed).collect()
}

/// Keeps the largest image of each kind.
pub(crate) fn largest_of_each_kind(images: Vec<Image>) -> Vec<Image> {
    let mut kept: Vec<Image> = Vec::new();
    for image in images {
        match kept.iter_mut().find(|kept| kept.kind == image.kind) {
            Some(other) if other.megapixels < image.megapixels => *other = image,
            Some(_) => {}
            None => kept.push(image),
        }
    }
    kept
}

/// A user's own entry is named by its whole path; its last part is enough to read.
fn display_name(entry: &Entry, path: &Path) -> String {
    path.file_name()
        .map_or_else(|| entry.name.clone(), |name| name.display().to_string())
}

/// The image, if it is one `versus` compares.
fn image(name: String, path: PathBuf, entry: &Entry, described: &Described) -> Option<Image> {
    let pixels = f64::from(described.width) * f64::from(described.height);
    let is_read = matches!(described.format.as_str(), "jpeg" | "png" | "webp");
    let is_wanted = is_read && pixels >= LEAST_PIXELS;
    let lossless = is_lossless_webp(&path);
    is_wanted.then(|| Image {
        name,
        path,
        width: described.width,
        megapixels: pixels / 1e6,
        kind: kind(described, lossless),
        is_drawn: matches!(entry.kind, Kind::Generated(_)),
        is_transcoded: matches!(entry.kind, Kind::Transcoded(_)),
    })
}

/// Whether it is a WebP that keeps every sample, which sharp does not tell.
fn is_lossless_webp(path: &Path) -> Option<bool> {
    let mut file = File::open(path).ok()?;
    match probe(&mut Input::new(&mut file)).ok()?.coding {
        Coding::Webp(coding) => Some(coding.lossless),
        _ => None,
    }
}

/// Names what a source's speed depends on.
fn kind(described: &Described, lossless_webp: Option<bool>) -> String {
    let mut words = vec![described.format.as_str()];
    if let Some(lossless) = lossless_webp {
        words.push(if lossless { "lossless" } else { "lossy" });
        words.extend(described.alpha.then_some("alpha"));
        return words.join(" ");
    }
    let (space, depth) = match described.space.as_str() {
        "b-w" => ("grey", ""),
        "grey16" => ("grey", "16-bit"),
        "srgb" | "rgb" => ("rgb", ""),
        "rgb16" => ("rgb", "16-bit"),
        other => (other, ""),
    };
    match (&described.subsampling, described.alpha) {
        (Some(subsampling), _) if space == "rgb" => words.push(subsampling),
        (_, true) if space == "rgb" => words.push("rgba"),
        (_, true) => words.extend([space, "alpha"]),
        (_, false) => words.push(space),
    }
    words.push(depth);
    if described.progressive {
        words.push(if described.format == "png" {
            "interlaced"
        } else {
            "progressive"
        });
    }
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(format: &str, space: &str, subsampling: Option<&str>) -> Described {
        Described {
            format: format.to_owned(),
            width: 4000,
            height: 3000,
            space: space.to_owned(),
            alpha: false,
            progressive: false,
            subsampling: subsampling.map(str::to_owned),
        }
    }

    #[test]
    fn a_kind_says_coding_and_sampling() {
        let mut photo = described("jpeg", "srgb", Some("4:2:0"));
        assert_eq!(kind(&photo, None), "jpeg 4:2:0");
        photo.progressive = true;
        assert_eq!(kind(&photo, None), "jpeg 4:2:0 progressive");
    }

    #[test]
    fn a_webp_is_named_by_its_coding_and_alpha() {
        let mut webp = described("webp", "srgb", Some("4:2:0"));
        assert_eq!(kind(&webp, Some(false)), "webp lossy");
        webp.alpha = true;
        assert_eq!(kind(&webp, Some(true)), "webp lossless alpha");
    }

    #[test]
    fn a_kind_says_alpha_grey_inks_depth_and_interlacing() {
        let mut png = described("png", "srgb", None);
        png.alpha = true;
        assert_eq!(kind(&png, None), "png rgba");
        png.progressive = true;
        png.space = "b-w".to_owned();
        assert_eq!(kind(&png, None), "png grey alpha interlaced");
        let grey = described("jpeg", "b-w", Some("4:4:4"));
        assert_eq!(kind(&grey, None), "jpeg grey");
        let inks = described("jpeg", "cmyk", Some("4:4:4"));
        assert_eq!(kind(&inks, None), "jpeg cmyk");
        let deep = described("png", "rgb16", None);
        assert_eq!(kind(&deep, None), "png rgb 16-bit");
    }

    fn image(name: &str, kind: &str, megapixels: f64) -> Image {
        Image {
            name: name.to_owned(),
            path: PathBuf::new(),
            width: 4000,
            megapixels,
            kind: kind.to_owned(),
            is_drawn: name.starts_with("drawn"),
            is_transcoded: false,
        }
    }

    #[test]
    fn drawn_images_are_kept_only_where_there_is_no_photograph() {
        let kept = without_stand_ins(vec![
            image("photo", "jpeg", 9.0),
            image("drawn-1", "jpeg", 12.0),
            image("drawn-2", "png", 12.0),
        ]);
        let names: Vec<&str> = kept.iter().map(|image| image.name.as_str()).collect();
        assert_eq!(names, ["photo", "drawn-2"]);
    }

    #[test]
    fn of_each_kind_the_largest_is_kept() {
        let kept = largest_of_each_kind(vec![
            image("a", "png", 2.0),
            image("b", "jpeg", 9.0),
            image("c", "png", 3.0),
            image("d", "jpeg", 1.0),
        ]);
        let names: Vec<&str> = kept.iter().map(|image| image.name.as_str()).collect();
        assert_eq!(names, ["c", "b"]);
    }
}
