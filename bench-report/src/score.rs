//! How good a result looks: SSIMULACRA2 against the source, decoded at full
//! resolution and reduced in one whole-image Lanczos3 call. Both sides' results
//! and the source are decoded by the same decoder.

use std::{fs, path::Path, path::PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use fast_ssim2::{PixelDescriptor, PixelSlice, Ssimulacra2Reference};

use crate::{
    process::Peer,
    protocol::{Decoded, Job},
};

/// An image in 8-bit sRGB, on white where it was transparent.
pub(crate) struct Picture {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

/// What results are scored against.
pub(crate) struct Reference(Ssimulacra2Reference);

/// Decodes for everyone, in a process that is never timed, so that what it
/// leaves behind is cleaned up at nobody's expense.
pub(crate) struct Decoder {
    pub(crate) peer: Peer,
    /// File the samples pass through.
    pub(crate) samples: PathBuf,
}

impl Decoder {
    /// Decodes an image file, upright.
    ///
    /// # Errors
    ///
    /// If the decoder cannot read it.
    pub(crate) fn open(&mut self, path: &Path) -> Result<Picture> {
        let job = Job::Decode {
            source: path.to_owned(),
            output: self.samples.clone(),
        };
        let decoded: Decoded = self.peer.ask(&job)?.map_err(|why| anyhow!(why))?;
        let samples = fs::read(&self.samples)
            .with_context(|| format!("reading {}", self.samples.display()))?;
        let rgb = on_white(samples, decoded.channels)?;
        ensure!(
            rgb.len() as u64 == u64::from(decoded.width) * u64::from(decoded.height) * 3,
            "{} bytes of samples are not {}x{} pixels",
            rgb.len(),
            decoded.width,
            decoded.height
        );
        Ok(Picture {
            width: decoded.width,
            height: decoded.height,
            rgb,
        })
    }
}

impl Picture {
    /// Decodes a PNG of 8 bits, upright and in sRGB.
    ///
    /// # Errors
    ///
    /// If it is another.
    pub(crate) fn of_png(png: &[u8]) -> Result<Self> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().context("a PNG's header")?;
        let bytes = reader
            .output_buffer_size()
            .context("a PNG that fits the memory")?;
        let mut samples = vec![0; bytes];
        let frame = reader.next_frame(&mut samples).context("a PNG's rows")?;
        ensure!(
            frame.bit_depth == png::BitDepth::Eight,
            "it is not of 8 bits"
        );
        samples.truncate(frame.buffer_size());
        Ok(Self {
            width: frame.width,
            height: frame.height,
            rgb: on_white(samples, frame.color_type.samples())?,
        })
    }

    /// What this source should look like at `width` by `height`.
    ///
    /// # Errors
    ///
    /// If a size is zero.
    pub(crate) fn reference(&self, width: u32, height: u32) -> Result<Reference> {
        let source = ImageRef::new(self.width, self.height, &self.rgb, PixelType::U8x3)
            .context("the source as an image")?;
        let mut reduced = Image::new(width, height, PixelType::U8x3);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
        Resizer::new()
            .resize(&source, &mut reduced, &options)
            .context("reducing the source")?;
        let reduced = Self {
            width,
            height,
            rgb: reduced.into_vec(),
        };
        reduced.as_reference()
    }

    /// Width and height.
    pub(crate) fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// This picture, to score others against.
    ///
    /// # Errors
    ///
    /// If it is too small to be scored.
    pub(crate) fn as_reference(&self) -> Result<Reference> {
        Ssimulacra2Reference::new(&self.slice()?)
            .map(Reference)
            .map_err(|error| anyhow!("preparing the reference: {error}"))
    }

    fn slice(&self) -> Result<PixelSlice<'_>> {
        PixelSlice::new(
            &self.rgb,
            self.width,
            self.height,
            self.width as usize * 3,
            PixelDescriptor::RGB8_SRGB,
        )
        .map_err(|error| anyhow!("an image as pixels: {error}"))
    }
}

impl Reference {
    /// SSIMULACRA2 of `picture`: 100 is identical, 90 is hard to tell apart, 70 is good.
    ///
    /// # Errors
    ///
    /// If `picture` is of another size.
    pub(crate) fn score(&self, picture: &Picture) -> Result<f64> {
        self.0
            .compare(&picture.slice()?)
            .map_err(|error| anyhow!("scoring: {error}"))
    }
}

/// Makes RGB of interleaved samples, laying transparent ones on white. That
/// comes before reducing, and gives what reducing premultiplied samples would.
fn on_white(samples: Vec<u8>, channels: usize) -> Result<Vec<u8>> {
    let blend = |sample: u8, alpha: u8| {
        let (sample, alpha) = (u16::from(sample), u16::from(alpha));
        let sum = sample * alpha + 255 * (255 - alpha);
        u8::try_from((sum + 127) / 255).expect("a mean of two bytes is a byte")
    };
    match channels {
        1 => Ok(samples.iter().flat_map(|&grey| [grey; 3]).collect()),
        2 => Ok(samples
            .as_chunks()
            .0
            .iter()
            .flat_map(|&[grey, alpha]| [blend(grey, alpha); 3])
            .collect()),
        3 => Ok(samples),
        4 => Ok(samples
            .as_chunks()
            .0
            .iter()
            .flat_map(|&[red, green, blue, alpha]| [red, green, blue].map(|c| blend(c, alpha)))
            .collect()),
        _ => Err(anyhow!("{channels} channels are no image")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_transparent_is_white_and_what_is_opaque_stays() {
        let samples = vec![10, 20, 30, 255, 10, 20, 30, 0, 0, 255, 100, 128];
        let rgb = on_white(samples, 4).expect("four channels");
        assert_eq!(rgb, [10, 20, 30, 255, 255, 255, 127, 255, 177]);
    }

    #[test]
    fn grey_becomes_three_equal_channels() {
        assert_eq!(on_white(vec![7], 1).expect("one channel"), [7, 7, 7]);
        assert_eq!(
            on_white(vec![0, 0], 2).expect("two channels"),
            [255, 255, 255]
        );
    }

    #[test]
    fn a_picture_scores_100_against_itself_and_less_when_it_is_changed() {
        let rgb: Vec<u8> = (0..64 * 64 * 3_u32).map(|i| (i * 7 % 251) as u8).collect();
        let picture = |rgb| Picture {
            width: 64,
            height: 64,
            rgb,
        };
        let original = picture(rgb.clone());
        let reference = original.reference(64, 64).expect("a valid size");
        assert_eq!(reference.score(&original).expect("same size"), 100.0);
        let changed = picture(rgb.iter().map(|c| c ^ 16).collect());
        assert!(reference.score(&changed).expect("same size") < 90.0);
    }

    #[test]
    fn another_size_is_not_scored() {
        let picture = |side: u32| Picture {
            width: side,
            height: side,
            rgb: vec![128; (side * side * 3) as usize],
        };
        let reference = picture(64).reference(32, 32).expect("a valid size");
        assert!(reference.score(&picture(64)).is_err());
    }
}
