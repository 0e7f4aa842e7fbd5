//! From an entry to its file: draw or decode, finish, encode.

use std::fs;

use crate::decode;
use crate::folder::{is_right, path, store};
use crate::manifest::{
    Encoding, Entry, Finish, Generated, Kind, Manifest, Pattern, Transcoded, Writer,
};
use crate::synth::{self, Picture};
use crate::write::{self, JpegOptions, WebpFrame};
use crate::{Error, Result};

/// Makes the file of a generated entry, without touching the disk; `None` if the entry is
/// not a generated one.
pub fn generated(entry: &Entry) -> Option<Vec<u8>> {
    let Kind::Generated(recipe) = &entry.kind else {
        return None;
    };
    let picture = finished(drawn(recipe, entry.width, entry.height), recipe.finish);
    let file = written(&picture, &recipe.encoding, recipe.writer);
    Some(match (recipe.orientation, &recipe.encoding) {
        (None, _) => file,
        (Some(orientation), Encoding::Jpeg(_)) => write::with_exif_orientation(&file, orientation),
        (Some(orientation), _) => write::png_with_orientation(&file, orientation),
    })
}

/// Whether there was anything to do for an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// The right file was there already.
    Before,
    /// It was made and written.
    Now,
}

/// Sees to it that the file of a generated or transcoded entry lies in its place; does
/// nothing for other entries.
///
/// # Errors
///
/// [`Error::WrongHash`] if this machine makes other bytes than the manifest records,
/// [`Error::Io`] if the original of a transcoded entry is not there or the disk fails,
/// [`Error::Unreadable`] if the original cannot be decoded.
pub fn ensure(manifest: &Manifest, entry: &Entry, originals: &mut Originals) -> Result<Made> {
    if is_right(entry) {
        return Ok(Made::Before);
    }
    let file = match &entry.kind {
        Kind::Generated(_) => generated(entry),
        Kind::Transcoded(recipe) => Some(originals.transcoded(manifest, entry, recipe)?),
        _ => None,
    };
    match file {
        Some(file) => store(entry, &file).map(|()| Made::Now),
        None => Ok(Made::Before),
    }
}

/// Decodes originals for transcoding and keeps the last one, since the manifest names all
/// that is made from an original in a row.
#[derive(Debug, Default)]
pub struct Originals {
    last: Option<(String, Picture)>,
}

impl Originals {
    fn transcoded(
        &mut self,
        manifest: &Manifest,
        entry: &Entry,
        recipe: &Transcoded,
    ) -> Result<Vec<u8>> {
        let original = self.picture(manifest, recipe)?;
        let picture = finished(
            original.mirrored_to(entry.width, entry.height),
            recipe.finish,
        );
        Ok(written(&picture, &recipe.encoding, recipe.writer))
    }

    fn picture(&mut self, manifest: &Manifest, recipe: &Transcoded) -> Result<&Picture> {
        let kept = self.last.take().filter(|(name, _)| *name == recipe.from);
        let kept = match kept {
            Some(kept) => kept,
            None => {
                let original = manifest
                    .entry(&recipe.from)
                    .ok_or_else(|| Error::Manifest {
                        name: recipe.from.clone(),
                        rule: "an entry is made from it, but it is not listed",
                    })?;
                let path = path(original);
                let file = fs::read(&path).map_err(Error::at(&path))?;
                (recipe.from.clone(), decode::jpeg(&file)?)
            }
        };
        Ok(&self.last.insert(kept).1)
    }
}

fn drawn(recipe: &Generated, width: u32, height: u32) -> Picture {
    match recipe.picture {
        Pattern::Photo => synth::photo(width, height, recipe.seed),
        Pattern::Text => synth::text(width, height),
        Pattern::Noise => synth::noise(width, height, 3, recipe.seed),
        Pattern::Gradient => synth::gradient(width, height),
        Pattern::Sprite => synth::sprite(width, height),
        Pattern::Arrow => synth::arrow(width, height),
    }
}

fn finished(picture: Picture, finish: Finish) -> Picture {
    match finish {
        Finish::Plain => picture,
        Finish::Grey => picture.grey(),
        Finish::Vignette => picture.with_vignette(),
    }
}

fn written(picture: &Picture, encoding: &Encoding, writer: Writer) -> Vec<u8> {
    let file = encoded(picture, encoding);
    match writer {
        Writer::Nobody => file,
        Writer::Phone => write::as_by_phone(&file, picture),
    }
}

fn encoded(picture: &Picture, encoding: &Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Jpeg(options) => write::jpeg(picture, options),
        Encoding::JpegByComponent(options) => write::jpeg_by_component(picture, options),
        Encoding::JpegInks { inks } => write::jpeg_inks(picture, *inks, &JpegOptions::default()),
        Encoding::Png => write::png(picture),
        Encoding::PngSixteenBit => write::png_sixteen_bit(picture),
        Encoding::PngPalette => write::png_palette(picture),
        Encoding::PngInterlaced => write::png_interlaced(picture),
        Encoding::WebpLossless => write::webp_lossless(picture),
        Encoding::WebpLossy { quality } => write::webp_lossy(picture, *quality),
        Encoding::Gif => write::gif(picture),
        Encoding::GifAnimation { frames } => write::gif_animation(&rolled(picture, *frames), 8),
        Encoding::WebpAnimation { frames } => webp_animation(&rolled(picture, *frames)),
    }
}

/// A picture and the same moved to the left, round its edges, a step for each frame.
fn rolled(picture: &Picture, frames: u32) -> Vec<Picture> {
    let channels = usize::from(picture.channels);
    let roll = |frame: u32| {
        let step = u64::from(picture.width) * u64::from(frame) / u64::from(frames);
        let step = usize::try_from(step).expect("within a row");
        let mut rolled = picture.clone();
        for row in rolled
            .samples
            .chunks_exact_mut(picture.width as usize * channels)
        {
            row.rotate_left(step * channels);
        }
        rolled
    };
    (0..frames).map(roll).collect()
}

/// Pictures as lossless frames, each whole and seen for 80 milliseconds, three times over.
fn webp_animation(pictures: &[Picture]) -> Vec<u8> {
    let frames: Vec<_> = pictures
        .iter()
        .map(|picture| WebpFrame {
            still: write::webp_lossless(picture),
            width: picture.width,
            height: picture.height,
            left: 0,
            top: 0,
            milliseconds: 80,
            replaces: true,
            clears: false,
        })
        .collect();
    let size = (pictures[0].width, pictures[0].height);
    write::webp_animation(size, 3, [255; 4], &frames)
}
