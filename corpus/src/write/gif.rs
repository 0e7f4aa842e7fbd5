//! GIF files, block by block, so that a test can say what each frame holds.

use weezl::{BitOrder, encode::Encoder};

use crate::synth::Picture;

/// One image of a GIF.
#[derive(Clone, Debug, Default)]
pub struct GifFrame {
    /// Columns left of it.
    pub left: u16,
    /// Rows above it.
    pub top: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
    /// One index for each pixel, rows from the top.
    pub indices: Vec<u8>,
    /// A colour table of its own; empty for none. Its length is a power of two.
    pub palette: Vec<[u8; 3]>,
    /// The index that shows what is under it.
    pub transparent: Option<u8>,
    /// What becomes of it: 0 to 7.
    pub disposal: u8,
    /// Hundredths of a second.
    pub delay: u16,
    /// Whether its rows are stored in four passes.
    pub interlaced: bool,
}

/// A GIF.
#[derive(Clone, Debug, Default)]
pub struct Gif {
    /// Columns of the screen.
    pub width: u16,
    /// Rows of the screen.
    pub height: u16,
    /// The colour table of the screen; empty for none. Its length is a power of two.
    pub palette: Vec<[u8; 3]>,
    /// How often it is repeated; 0 is for ever, and `None` says nothing.
    pub repeats: Option<u16>,
    /// Its images.
    pub frames: Vec<GifFrame>,
}

impl Gif {
    /// Writes the file.
    ///
    /// # Panics
    ///
    /// If a colour table has more than 256 colours, or none has any.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = b"GIF89a".to_vec();
        out.extend(self.width.to_le_bytes());
        out.extend(self.height.to_le_bytes());
        out.extend([table_bits(&self.palette), 0, 0]);
        out.extend(self.palette.as_flattened());
        if let Some(repeats) = self.repeats {
            out.extend(b"\x21\xff\x0bNETSCAPE2.0\x03\x01");
            out.extend(repeats.to_le_bytes());
            out.push(0);
        }
        for frame in &self.frames {
            let flags = frame.disposal << 2 | u8::from(frame.transparent.is_some());
            out.extend([0x21, 0xf9, 4, flags]);
            out.extend(frame.delay.to_le_bytes());
            out.extend([frame.transparent.unwrap_or(0), 0, 0x2c]);
            for number in [frame.left, frame.top, frame.width, frame.height] {
                out.extend(number.to_le_bytes());
            }
            out.push(table_bits(&frame.palette) | u8::from(frame.interlaced) << 6);
            out.extend(frame.palette.as_flattened());
            let table = if frame.palette.is_empty() {
                &self.palette
            } else {
                &frame.palette
            };
            let bits = u8::try_from(table.len().trailing_zeros()).expect("a small table");
            let bits = bits.max(2);
            out.push(bits);
            let indices = if frame.interlaced {
                interlaced(&frame.indices, frame.width.into())
            } else {
                frame.indices.clone()
            };
            let data = Encoder::new(BitOrder::Lsb, bits)
                .encode(&indices)
                .expect("indices within the table");
            for part in data.chunks(255) {
                out.push(u8::try_from(part.len()).expect("at most 255"));
                out.extend(part);
            }
            out.push(0);
        }
        out.push(0x3b);
        out
    }
}

/// The field that announces a colour table.
fn table_bits(palette: &[[u8; 3]]) -> u8 {
    match palette.len() {
        0 => 0,
        colours => {
            assert!(colours.is_power_of_two() && (2..=256).contains(&colours));
            let bits = u8::try_from(colours.trailing_zeros()).expect("at most 8");
            0x80 | (bits - 1)
        }
    }
}

fn interlaced(indices: &[u8], width: usize) -> Vec<u8> {
    let rows: Vec<_> = indices.chunks(width).collect();
    [(0, 8), (4, 8), (2, 4), (1, 2)]
        .into_iter()
        .flat_map(|(first, step)| rows.iter().skip(first).step_by(step))
        .copied()
        .flatten()
        .copied()
        .collect()
}

/// Writes a picture as a GIF of 256 colours: 3 bits of red and green, 2 of blue. Alpha
/// below a half is transparent, by the darkest blue's index.
///
/// # Panics
///
/// If a side is above 65,535.
pub fn gif(picture: &Picture) -> Vec<u8> {
    gif_of(std::slice::from_ref(picture), 0).bytes()
}

/// Writes pictures of one size as an animated GIF that repeats for ever, each seen for
/// `delay` hundredths of a second and whole: colours as in [`gif()`].
///
/// # Panics
///
/// If a side is above 65,535, or there is no picture.
pub fn gif_animation(pictures: &[Picture], delay: u16) -> Vec<u8> {
    gif_of(pictures, delay).bytes()
}

/// The index that [`gif()`] gives what is transparent.
const TRANSPARENT: u8 = 1;

fn gif_of(pictures: &[Picture], delay: u16) -> Gif {
    let side = |side: u32| u16::try_from(side).expect("a side GIF can state");
    let (width, height) = (side(pictures[0].width), side(pictures[0].height));
    let level = |value: u8, levels: u16| {
        u8::try_from(u16::from(value) * 255 / (levels - 1)).expect("at most 255")
    };
    Gif {
        width,
        height,
        palette: (0..=255)
            .map(|index: u8| {
                let (red, green, blue) = (index >> 5, index >> 2 & 7, index & 3);
                [level(red, 8), level(green, 8), level(blue, 4)]
            })
            .collect(),
        repeats: (pictures.len() > 1).then_some(0),
        frames: pictures
            .iter()
            .map(|picture| {
                let rgba = picture.rgba();
                let (pixels, _) = rgba.samples.as_chunks::<4>();
                let index = |&[red, green, blue, alpha]: &[u8; 4]| match alpha {
                    0..128 => TRANSPARENT,
                    _ => red & 0xe0 | (green & 0xe0) >> 3 | blue >> 6,
                };
                GifFrame {
                    width,
                    height,
                    indices: pixels.iter().map(index).collect(),
                    transparent: picture.channels.is_multiple_of(2).then_some(TRANSPARENT),
                    disposal: if picture.channels.is_multiple_of(2) {
                        2
                    } else {
                        1
                    },
                    delay,
                    ..GifFrame::default()
                }
            })
            .collect(),
    }
}
