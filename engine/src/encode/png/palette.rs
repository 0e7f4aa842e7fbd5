//! PNG with a palette, for sources that had one: the colours themselves if the
//! result has no more than 256, else the 256 that stand for them best, unless
//! these are too far off.
//!
//! Reduced photographs, charts and text come to 0.3 to 0.6 of the bytes of
//! truecolour, at a PSNR of 39 to 58 dB.

use std::io::Write;

use png::{BitDepth, ColorType, Compression, Filter};

use super::{CHUNK_BYTES, failed};
use crate::{
    budget::zeroed,
    cost::Nanoseconds,
    encode::whole::Whole,
    error::{Error, Result},
    peak::Part,
    plan::Plan,
};

/// The most colours a palette has.
const MOST: usize = 256;

/// An image as indices into a palette.
struct Indexed {
    /// Ordered, those with transparency first.
    palette: Vec<[u8; 4]>,
    indices: Vec<u8>,
}

pub(in crate::encode) fn encode(plan: &Plan, image: &Whole, output: &mut impl Write) -> Result<()> {
    let image = image.interleaved();
    let indexed = match exact(image)? {
        Some(indexed) => indexed,
        None => quantised(image, plan.output.width as usize)?,
    };
    if is_far_off(&indexed, image) {
        return write_all(plan, image, output);
    }
    write(plan, &indexed, output)
}

/// The largest mean square of what a palette changes in a channel: a PSNR of 33 dB.
/// Opaque photographs stay below it; those that fade into transparency do not.
const MOST_ERROR: u64 = 32;

/// Whether a palette changes an image too much, as seen on black.
fn is_far_off(indexed: &Indexed, image: &[u8]) -> bool {
    let seen = |[red, green, blue, alpha]: [u8; 4]| {
        let on_black = |level: u8| (i32::from(level) * i32::from(alpha) + 127) / 255;
        [on_black(red), on_black(green), on_black(blue), alpha.into()]
    };
    let palette: Vec<_> = indexed.palette.iter().map(|&colour| seen(colour)).collect();
    let (pixels, _) = image.as_chunks::<4>();
    let mut sum = 0;
    for (&pixel, &index) in pixels.iter().zip(&indexed.indices) {
        let differences = seen(pixel).into_iter().zip(palette[usize::from(index)]);
        let squares = differences.map(|(a, b)| u64::from(a.abs_diff(b)).pow(2));
        sum += squares.sum::<u64>();
    }
    sum > MOST_ERROR * image.len() as u64
}

/// Writes every colour of an image.
fn write_all(plan: &Plan, image: &[u8], output: &mut impl Write) -> Result<()> {
    let (pixels, _) = image.as_chunks::<4>();
    let is_opaque = pixels.iter().all(|pixel| pixel[3] == 255);
    let mut encoder = png::Encoder::new(output, plan.output.width, plan.output.height);
    encoder.set_color(if is_opaque {
        ColorType::Rgb
    } else {
        ColorType::Rgba
    });
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Balanced);
    encoder.set_filter(Filter::Adaptive);
    let mut writer = encoder.write_header().map_err(failed)?;
    super::keep_copyright(plan, &mut writer)?;
    let mut stream = writer
        .stream_writer_with_size(CHUNK_BYTES)
        .map_err(failed)?;
    let channels = if is_opaque { 3 } else { 4 };
    let mut bytes = Vec::new();
    for row in pixels.chunks_exact(plan.output.width as usize) {
        bytes.clear();
        bytes.extend(row.iter().flat_map(|pixel| &pixel[..channels]));
        stream.write_all(&bytes).map_err(Error::Write)?;
    }
    stream.finish().map_err(failed)?;
    writer.finish().map_err(failed)
}

/// The colours of an image that has few.
fn exact(image: &[u8]) -> Result<Option<Indexed>> {
    let (pixels, _) = image.as_chunks::<4>();
    let mut colours = Colours::default();
    let mut indices = zeroed(pixels.len())?;
    let mut last = ([0; 4], None);
    for (index, &pixel) in indices.iter_mut().zip(pixels) {
        let pixel = visible(pixel);
        if last != (pixel, last.1) || last.1.is_none() {
            match colours.index(pixel) {
                Some(found) => last = (pixel, Some(found)),
                None => return Ok(None),
            }
        }
        *index = last.1.unwrap_or(0);
    }
    Ok(Some(ordered(colours.colours, indices)))
}

/// What is transparent has no colour.
fn visible(pixel: [u8; 4]) -> [u8; 4] {
    if pixel[3] == 0 { [0; 4] } else { pixel }
}

/// Orders a palette by opacity and then by colour: transparency is told only of
/// its first entries, and neighbours that are alike compress.
fn ordered(colours: Vec<[u8; 4]>, mut indices: Vec<u8>) -> Indexed {
    let mut order: Vec<usize> = (0..colours.len()).collect();
    order.sort_by_key(|&index| {
        let [red, green, blue, alpha] = colours[index];
        let luma = 2 * u16::from(red) + 5 * u16::from(green) + u16::from(blue);
        (alpha, luma, red, green)
    });
    let mut place = [0_u8; MOST];
    for (to, &from) in (0..=255).zip(&order) {
        place[from] = to;
    }
    for index in &mut indices {
        *index = place[usize::from(*index)];
    }
    Indexed {
        palette: order.into_iter().map(|index| colours[index]).collect(),
        indices,
    }
}

/// Up to 256 colours and where each is, by a hash with open addressing.
struct Colours {
    colours: Vec<[u8; 4]>,
    /// One more than an index into `colours`; 0 is free. At most a quarter is used.
    slots: [u16; 4 * MOST],
}

impl Default for Colours {
    fn default() -> Self {
        Self {
            colours: Vec::with_capacity(MOST),
            slots: [0; 4 * MOST],
        }
    }
}

impl Colours {
    /// The index of a colour, new or not; `None` if there are too many.
    fn index(&mut self, colour: [u8; 4]) -> Option<u8> {
        let hash = u32::from_le_bytes(colour).wrapping_mul(0x9e37_79b1) >> 22;
        let mut slot = hash as usize;
        loop {
            match self.slots[slot].checked_sub(1) {
                Some(index) if self.colours[usize::from(index)] == colour => {
                    return u8::try_from(index).ok();
                }
                Some(_) => slot = (slot + 1) % self.slots.len(),
                None => break,
            }
        }
        let index = u8::try_from(self.colours.len()).ok()?;
        self.colours.push(colour);
        self.slots[slot] = u16::from(index) + 1;
        Some(index)
    }
}

/// The most pixels that colours are counted of: its memory is bounded, and more
/// say hardly more.
const SAMPLES: usize = 1 << 18;

/// Strength of the error diffusion, 0 to 1: less than full keeps flat colours flat.
const DITHERING: f32 = 0.9;

/// The 256 colours that stand best for those of an image.
fn quantised(image: &[u8], width: usize) -> Result<Indexed> {
    let failed = |_| Error::Encoder {
        codec: "PNG palette",
        code: 0,
    };
    let pixels = image.len() / 4;
    let step = pixels.div_ceil(SAMPLES);
    let mut histogram = quantizr::Histogram::new();
    if step == 1 {
        let all = quantizr::Image::new(image, width, pixels / width).map_err(failed)?;
        histogram.add_image(&all);
    } else {
        let mut some = zeroed(pixels.div_ceil(step) * 4)?;
        let from = image.as_chunks::<4>().0.iter().step_by(step);
        for (to, from) in some.as_chunks_mut::<4>().0.iter_mut().zip(from) {
            *to = *from;
        }
        let count = some.len() / 4;
        let some = quantizr::Image::new(&some, count, 1).map_err(failed)?;
        histogram.add_image(&some);
    }
    let mut found =
        quantizr::QuantizeResult::quantize_histogram(&histogram, &quantizr::Options::default());
    drop(histogram);
    found.set_dithering_level(DITHERING).map_err(failed)?;
    let mut indices = zeroed(pixels)?;
    let image = quantizr::Image::new(image, width, pixels / width).map_err(failed)?;
    found.remap_image(&image, &mut indices).map_err(failed)?;
    let palette = found.get_palette();
    let entries = palette.entries.iter().take(palette.count as usize);
    let colours = entries.map(|colour| [colour.r, colour.g, colour.b, colour.a]);
    Ok(ordered(colours.collect(), indices))
}

fn write(plan: &Plan, image: &Indexed, output: &mut impl Write) -> Result<()> {
    let (depth, bits) = match image.palette.len() {
        0..=2 => (BitDepth::One, 1),
        3..=4 => (BitDepth::Two, 2),
        5..=16 => (BitDepth::Four, 4),
        _ => (BitDepth::Eight, 8),
    };
    let mut encoder = png::Encoder::new(output, plan.output.width, plan.output.height);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(depth);
    let colours = image.palette.iter();
    let rgb: Vec<u8> = colours
        .clone()
        .flat_map(|colour| colour[..3].to_vec())
        .collect();
    encoder.set_palette(rgb);
    let alphas: Vec<u8> = colours
        .map(|colour| colour[3])
        .take_while(|&alpha| alpha < 255)
        .collect();
    if !alphas.is_empty() {
        encoder.set_trns(alphas);
    }
    encoder.set_compression(Compression::Balanced);
    // Differences of indices mean nothing (PNG specification, 12.7).
    encoder.set_filter(Filter::NoFilter);
    let mut writer = encoder.write_header().map_err(failed)?;
    super::keep_copyright(plan, &mut writer)?;
    let mut stream = writer
        .stream_writer_with_size(CHUNK_BYTES)
        .map_err(failed)?;
    let mut packed = Vec::new();
    for row in image.indices.chunks_exact(plan.output.width as usize) {
        packed.clear();
        packed.extend(row.chunks(8 / bits).map(|indices| {
            let places = (0..8).step_by(bits).rev();
            let bits = indices.iter().zip(places);
            bits.fold(0, |byte, (&index, place)| byte | index << place)
        }));
        stream.write_all(&packed).map_err(Error::Write)?;
    }
    stream.finish().map_err(failed)?;
    writer.finish().map_err(failed)
}

pub(in crate::encode) fn peak(plan: &Plan) -> Vec<Part> {
    let pixels = plan.output.pixels();
    let samples = pixels.min(SAMPLES as u64);
    let row = u64::from(plan.output.width);
    vec![
        Part::new("indices", pixels),
        // Counts of colours, grown and moved, and clusters of them; rows of errors.
        // Measured.
        Part::new("palette", samples * COLOUR_BYTES + 32 * (row + 2)),
        Part::new("PNG encoder", row * 36 + (400 << 10)),
    ]
}

/// Colours are counted, and rows of indices deflated.
pub(in crate::encode) fn cost(plan: &Plan) -> Nanoseconds {
    Nanoseconds::fixed(2000.0).and(plan.output.pixels(), 100.0)
}

/// What counting takes for each pixel that has a colour of its own. Measured.
const COLOUR_BYTES: u64 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    /// As many colours as asked for, in turn.
    fn image(colours: u32, pixels: u32) -> Vec<u8> {
        let pixel = |n: u32| {
            let [low, high, ..] = (n % colours).to_le_bytes();
            [low, 7, high, 255]
        };
        (0..pixels).flat_map(pixel).collect()
    }

    fn colours(indexed: &Indexed) -> Vec<u8> {
        let pixels = indexed.indices.iter();
        pixels
            .flat_map(|&index| indexed.palette[usize::from(index)])
            .collect()
    }

    #[test]
    fn up_to_256_colours_are_exact() {
        for count in [1, 2, 255, 256] {
            let image = image(count, 1000);
            let indexed = exact(&image).expect("memory").expect("few colours");
            assert_eq!(indexed.palette.len(), count as usize);
            assert_eq!(colours(&indexed), image);
        }
        assert!(exact(&image(257, 1000)).expect("memory").is_none());
    }

    #[test]
    fn what_is_transparent_is_one_colour_and_the_first() {
        let pixels = [[9, 9, 9, 255], [1, 2, 3, 0], [4, 5, 6, 0], [7, 7, 7, 128]];
        let indexed = exact(pixels.as_flattened()).expect("memory");
        let indexed = indexed.expect("few colours");
        assert_eq!(indexed.palette, [[0; 4], [7, 7, 7, 128], [9, 9, 9, 255]]);
        assert_eq!(indexed.indices, [2, 0, 0, 1]);
    }

    #[test]
    fn more_colours_become_256_that_are_near() {
        // 2,000 shades along one line: 256 are at most 8 steps apart.
        let shades: Vec<u8> = (0..2000_u32)
            .flat_map(|n| {
                let level = u8::try_from(n * 255 / 1999).expect("a byte");
                [level, level / 2 + u8::from(n % 2 == 0), 255 - level, 255]
            })
            .collect();
        let indexed = quantised(&shades, 100).expect("memory");
        assert!(indexed.palette.len() <= 256);
        assert!(!is_far_off(&indexed, &shades));
        let largest = colours(&indexed)
            .iter()
            .zip(&shades)
            .map(|(a, b)| a.abs_diff(*b))
            .max();
        assert!(largest <= Some(8), "{largest:?}");
    }

    #[test]
    fn a_palette_that_is_far_off_is_noticed() {
        let image = [[100, 100, 100, 255]; 8];
        let off = |by: u8| Indexed {
            palette: vec![[100 + by, 100 + by, 100 + by, 255]],
            indices: vec![0; 8],
        };
        // Three of four channels: 6 gives a mean square of 27, 7 of 36.75.
        assert!(!is_far_off(&off(6), image.as_flattened()));
        assert!(is_far_off(&off(7), image.as_flattened()));
    }
}
