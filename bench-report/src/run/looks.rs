//! Looks at what was made: whether it is the image that was asked for, and how good it looks.

use std::{collections::HashMap, fs, path::Path};

use anyhow::{Context, Result};
use edgepix_engine::{
    Decode, Input, Limits, OutputFormat, Request, SourceFormat, Target, probe, transform,
};

use crate::{
    case::Case,
    format::Format,
    peers::{self, Scratch},
    sample::Looks,
    score::{self, Picture, Reference},
};

/// Below this a result is another image than was asked for, or a broken one: what a resizer makes
/// at usual qualities scores 60 and more, and the flattest JPEG still 20 (`engine/docs/quality.md`).
const LEAST_SCORE: f64 = 10.0;

/// Who decodes sources and results, always the same for both sides.
enum Decoder {
    /// Nobody's own work is judged by itself.
    Sharp(Box<score::Decoder>, Scratch),
    /// Where there is no sharp.
    Engine,
}

/// Looks at results.
pub(super) struct Looker {
    decoder: Decoder,
    /// The last one's: cases of an image come one after the other.
    reference: Option<((String, u32, u32), Reference)>,
    /// Sources as pictures are large; only the last is kept.
    source: Option<(String, Picture)>,
    sizes: HashMap<String, (u32, u32)>,
}

impl Looker {
    /// One that decodes by sharp if it is there.
    pub(super) fn new() -> Result<Self> {
        let scratch = Scratch::new()?;
        let decoder = match peers::decoder(&scratch) {
            Ok((decoder, _)) => Decoder::Sharp(Box::new(decoder), scratch),
            Err(_) => Decoder::Engine,
        };
        Ok(Self {
            decoder,
            reference: None,
            source: None,
            sizes: HashMap::new(),
        })
    }

    /// What is to be said of who decodes.
    pub(super) fn trouble(&self) -> Option<String> {
        matches!(self.decoder, Decoder::Engine).then(|| {
            "without sharp, edgepix decoded what is scored, its own results among them".to_owned()
        })
    }

    /// Looks at `bytes`, which are to be what `case` asks of the image in `source`: how they look, or
    /// why they are not that.
    ///
    /// # Errors
    ///
    /// If it cannot tell, because the source cannot be read.
    pub(super) fn look(
        &mut self,
        case: &Case,
        source: &Path,
        bytes: &[u8],
    ) -> Result<Result<Looks, String>> {
        let (from_width, from_height) = self.size_of(case, source)?;
        let asked = match case.format {
            Format::Jpeg => SourceFormat::Jpeg,
            Format::Webp => SourceFormat::Webp,
            Format::Avif => SourceFormat::Avif,
            Format::Png => SourceFormat::Png,
        };
        let header = match probe(&mut Input::new(&mut &*bytes)) {
            Ok(header) => header,
            Err(why) => return Ok(Err(format!("it is no image: {why}"))),
        };
        if header.format != asked {
            let (is, asked) = (header.format.name(), asked.name());
            return Ok(Err(format!("it is {is} and not {asked}")));
        }
        let picture = match self.decoded(bytes) {
            Ok(picture) => picture,
            Err(why) => return Ok(Err(format!("it cannot be decoded: {why:#}"))),
        };
        let (width, height) = picture.size();
        let exact = f64::from(case.width) * f64::from(from_height) / f64::from(from_width);
        // Rounding is everybody's own.
        if width != case.width || (f64::from(height) - exact).abs() > 1.0 {
            let asked = case.width;
            return Ok(Err(format!(
                "it is {width}x{height} and not {asked}x{exact:.0}"
            )));
        }
        let reference = self.reference(case, source, (width, height))?;
        let score = reference.score(&picture)?;
        if score < LEAST_SCORE {
            return Ok(Err(format!(
                "it does not look like its source (SSIMULACRA2 {score:.0})"
            )));
        }
        Ok(Ok(Looks {
            width,
            height,
            score,
        }))
    }

    fn size_of(&mut self, case: &Case, source: &Path) -> Result<(u32, u32)> {
        if let Some(&size) = self.sizes.get(&case.image) {
            return Ok(size);
        }
        self.open(&case.image, source)?;
        let (_, picture) = self.source.as_ref().context("it was just opened")?;
        self.sizes.insert(case.image.clone(), picture.size());
        Ok(picture.size())
    }

    fn reference(
        &mut self,
        case: &Case,
        source: &Path,
        (width, height): (u32, u32),
    ) -> Result<&Reference> {
        let key = (case.image.clone(), width, height);
        if self.reference.as_ref().is_none_or(|(of, _)| *of != key) {
            self.open(&case.image, source)?;
            let (_, picture) = self.source.as_ref().context("it was just opened")?;
            self.reference = Some((key, picture.reference(width, height)?));
        }
        let (_, reference) = self.reference.as_ref().context("it was just made")?;
        Ok(reference)
    }

    /// Decodes a source, unless it is the last one.
    fn open(&mut self, name: &str, path: &Path) -> Result<()> {
        if self.source.as_ref().is_none_or(|(of, _)| of != name) {
            let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
            let picture = self
                .decoded(&bytes)
                .with_context(|| format!("decoding {name}"))?;
            self.source = Some((name.to_owned(), picture));
        }
        Ok(())
    }

    fn decoded(&mut self, bytes: &[u8]) -> Result<Picture> {
        if let Decoder::Sharp(decoder, scratch) = &mut self.decoder {
            let file = scratch.path().join("looked-at");
            let written = fs::write(&file, bytes).map_err(anyhow::Error::from);
            if let Ok(picture) = written.and_then(|()| decoder.open(&file)) {
                return Ok(picture);
            }
            // It may have died, or there was no room: that is not the picture's fault.
        }
        decoded_by_engine(bytes)
    }
}

/// Upright, whole, in sRGB: what a viewer shows. By way of PNG, which loses nothing.
fn decoded_by_engine(bytes: &[u8]) -> Result<Picture> {
    let request = Request {
        format: Target::Format(OutputFormat::Png),
        decode: Decode::Full,
        ..Request::default()
    };
    let limits = Limits {
        peak_bytes: 2 << 30,
        ..Limits::default()
    };
    let mut png = Vec::new();
    let mut rest = bytes;
    let input = Input::new(&mut rest).with_length(bytes.len() as u64);
    transform(&request, &limits, input, &mut png)?;
    Picture::of_png(&png)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looker() -> Looker {
        Looker {
            decoder: Decoder::Engine,
            reference: None,
            source: None,
            sizes: HashMap::new(),
        }
    }

    fn made(source: &[u8], width: u32, format: OutputFormat) -> Vec<u8> {
        let request = Request {
            width: Some(width),
            format: Target::Format(format),
            ..Request::default()
        };
        let mut made = Vec::new();
        transform(
            &request,
            &Limits::default(),
            Input::new(&mut &*source),
            &mut made,
        )
        .unwrap();
        made
    }

    fn case() -> Case {
        Case {
            image: "a.png".to_owned(),
            width: 160,
            format: Format::Jpeg,
        }
    }

    /// A photograph's file, and its bytes.
    fn photograph(seed: u64) -> (tempfile::NamedTempFile, Vec<u8>) {
        let photo = edgepix_corpus::synth::photo(320, 240, seed);
        let png = edgepix_corpus::write::png(&photo);
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), &png).unwrap();
        (file, png)
    }

    #[test]
    fn what_was_asked_for_is_scored() {
        let (file, source) = photograph(1);
        let result = made(&source, 160, OutputFormat::Jpeg);
        let looks = looker().look(&case(), file.path(), &result).unwrap();
        let looks = looks.unwrap();
        assert_eq!((looks.width, looks.height), (160, 120));
        assert!((60.0..100.0).contains(&looks.score), "{}", looks.score);
    }

    #[test]
    fn another_format_another_size_and_another_picture_are_refused() {
        let (file, source) = photograph(1);
        let (_, other) = photograph(2);
        let wrong = [
            (made(&source, 160, OutputFormat::Png), "it is png"),
            (made(&source, 150, OutputFormat::Jpeg), "it is 150x"),
            (made(&other, 160, OutputFormat::Jpeg), "does not look like"),
            (b"nothing".to_vec(), "it is no image"),
        ];
        for (bytes, said) in wrong {
            let looks = looker().look(&case(), file.path(), &bytes).unwrap();
            let why = looks.unwrap_err();
            assert!(why.contains(said), "{why}");
        }
    }

    #[test]
    fn a_source_that_is_gone_is_not_the_results_fault() {
        let (_, source) = photograph(1);
        let result = made(&source, 160, OutputFormat::Jpeg);
        assert!(
            looker()
                .look(&case(), Path::new("/nowhere"), &result)
                .is_err()
        );
    }
}
