//! `manifest.toml` as types: every image of the corpus, where it comes from, and why it is
//! there. The manifest is part of the program, so it cannot be lost.

use std::collections::HashSet;

use serde::Deserialize;

use crate::write::{Inks, JpegOptions};
use crate::{Error, Result};

/// The images and the packages some of them come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Manifest {
    /// Packages to fetch, each pinned by version and hash.
    #[serde(rename = "package")]
    pub packages: Vec<Package>,
    /// The images, in the order they are made: an original before what is made from it.
    #[serde(rename = "image")]
    pub entries: Vec<Entry>,
}

/// A published package with photographs in it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Package {
    /// Its name in the registry.
    pub name: String,
    /// The program that brings it.
    pub client: Client,
    /// The version the hashes were taken from.
    pub version: String,
    /// SHA-256 of the package file itself.
    pub sha256: String,
}

/// A package client.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Client {
    /// `apt-get` and `dpkg`, on Debian and its descendants.
    Apt,
    /// `cargo`, wherever this crate was built.
    Cargo,
}

/// One image.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Entry {
    /// File name, unique in the corpus.
    pub name: String,
    /// What the bytes are.
    pub format: Format,
    /// Width in pixels, as stored (before any EXIF orientation).
    pub width: u32,
    /// Height in pixels, as stored.
    pub height: u32,
    /// Length of the file.
    pub bytes: u64,
    /// SHA-256 of the file, in lower-case hexadecimal. Empty in a file of the user's own.
    pub sha256: String,
    /// SPDX expression. "MIT OR Apache-2.0" for what this project made itself.
    pub licence: String,
    /// Whom the licence wants named.
    pub credit: String,
    /// What would go untested without it.
    pub reason: String,
    /// Where it comes from.
    pub kind: Kind,
}

/// Where an image comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Kind {
    /// In the repository.
    Committed {
        /// Path below the crate's folder.
        path: String,
    },
    /// Drawn by [`synth`](crate::synth).
    Generated(Generated),
    /// In a published package.
    Package {
        /// Name of the package.
        package: String,
        /// Path of the file in the installed package.
        member: String,
    },
    /// Made from another entry.
    Transcoded(Transcoded),
    /// In a folder of the user's, who needs no manifest.
    #[serde(skip)]
    Own,
}

/// How an image is drawn.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Generated {
    /// What it shows.
    pub picture: Pattern,
    /// Seed of the patterns that have one. Default: 1.
    #[serde(default = "one")]
    pub seed: u64,
    /// What is done to it before it is written. Default: nothing.
    #[serde(default)]
    pub finish: Finish,
    /// EXIF orientation written into it. Default: none.
    pub orientation: Option<u8>,
    /// Who seems to have written the file. Default: nobody.
    #[serde(default)]
    pub writer: Writer,
    /// The file it becomes.
    pub encoding: Encoding,
}

/// How an image is made from another.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Transcoded {
    /// Name of the entry it is made from: a JPEG out of a package. Its pixels are cut or
    /// continued by mirror images to the size of this entry, never scaled.
    pub from: String,
    /// What is done to it before it is written. Default: nothing.
    #[serde(default)]
    pub finish: Finish,
    /// Who seems to have written the file. Default: nobody.
    #[serde(default)]
    pub writer: Writer,
    /// The file it becomes.
    pub encoding: Encoding,
}

/// A picture [`synth`](crate::synth) can draw.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is the function of the same name")]
pub enum Pattern {
    Photo,
    Text,
    Noise,
    Gradient,
    Sprite,
    Arrow,
}

/// A last change to a picture.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Finish {
    /// None.
    #[default]
    Plain,
    /// [`Picture::grey`](crate::synth::Picture::grey).
    Grey,
    /// [`Picture::with_vignette`](crate::synth::Picture::with_vignette).
    Vignette,
}

/// What is put into a JPEG before the image.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Writer {
    /// Nothing.
    #[default]
    Nobody,
    /// [`as_by_phone`](crate::write::as_by_phone).
    Phone,
}

/// A file format of the web.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names say it")]
pub enum Format {
    Jpeg,
    Png,
    Webp,
    Gif,
}

/// A writer of [`write`](mod@crate::write) and its options.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "as", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Encoding {
    /// [`jpeg`](crate::write::jpeg).
    Jpeg(JpegOptions),
    /// [`jpeg_by_component`](crate::write::jpeg_by_component).
    JpegByComponent(JpegOptions),
    /// [`jpeg_inks`](crate::write::jpeg_inks) with default options.
    JpegInks {
        /// How the inks are stored.
        inks: Inks,
    },
    /// [`png`](crate::write::png).
    Png,
    /// [`png_sixteen_bit`](crate::write::png_sixteen_bit).
    PngSixteenBit,
    /// [`png_palette`](crate::write::png_palette).
    PngPalette,
    /// [`png_interlaced`](crate::write::png_interlaced).
    PngInterlaced,
    /// [`webp_lossless`](crate::write::webp_lossless).
    WebpLossless,
    /// [`webp_lossy`](crate::write::webp_lossy).
    WebpLossy {
        /// 0 to 100, on libwebp's scale.
        quality: u8,
    },
    /// [`gif`](crate::write::gif).
    Gif,
    /// [`gif_animation`](crate::write::gif_animation) of the picture moving to the left.
    GifAnimation {
        /// How many.
        frames: u32,
    },
    /// [`webp_animation`](crate::write::webp_animation) of the same, lossless.
    WebpAnimation {
        /// How many.
        frames: u32,
    },
}

fn one() -> u64 {
    1
}

impl Manifest {
    /// Reads the manifest this crate was built with.
    ///
    /// # Panics
    ///
    /// If it is not valid; the crate's tests see to it that it is.
    pub fn embedded() -> Self {
        Self::parse(include_str!("../manifest.toml")).expect("the manifest is tested")
    }

    /// Reads a manifest and checks that it holds together: names are unique, and whatever
    /// an entry refers to is there and stands before it.
    ///
    /// # Errors
    ///
    /// [`Error::Toml`] or [`Error::Manifest`].
    pub fn parse(text: &str) -> Result<Self> {
        let manifest: Self = toml::from_str(text).map_err(|error| Error::Toml(Box::new(error)))?;
        let mut names = HashSet::new();
        for entry in &manifest.entries {
            let broken = |rule| {
                Err(Error::Manifest {
                    name: entry.name.clone(),
                    rule,
                })
            };
            match &entry.kind {
                Kind::Package { package, .. } if manifest.package(package).is_none() => {
                    return broken("its package is not listed");
                }
                Kind::Transcoded(recipe) if !names.contains(&recipe.from) => {
                    return broken("what it is made from does not stand before it");
                }
                _ => {}
            }
            if !names.insert(entry.name.clone()) {
                return broken("another entry has this name");
            }
        }
        Ok(manifest)
    }

    /// Returns the entry called `name`.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Returns the package called `name`.
    pub fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }
}

impl Entry {
    /// Returns the number of pixels.
    pub fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}
