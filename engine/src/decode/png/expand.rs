//! Samples as stored to channels of 8 bits: palettes, transparent colours, fewer bits and
//! more.

use super::chunks::Head;

/// What is done to the samples of a row.
pub(super) enum Expansion {
    /// Nothing: they are channels.
    None,
    /// 16 bits are rounded to 8.
    Round,
    /// Each sample of so many bits is looked up, and becomes so many channels.
    LookUp {
        bits: usize,
        channels: usize,
        table: Box<[[u8; 4]; 256]>,
    },
    /// An alpha channel follows the pixel: 0 where it is exactly this one. Pixels of more
    /// bytes than channels are of 16 bits.
    Key { key: Vec<u8>, channels: usize },
}

impl Expansion {
    /// How samples of `depth` bits become channels, with an alpha channel if there is
    /// transparency; none if palette and transparency do not fit the samples.
    pub(super) fn new(head: &Head, depth: u8) -> Option<Self> {
        let bits = usize::from(depth);
        let transparency = head.transparency.as_deref();
        let key = |channels: usize| {
            // Samples are stored as words, of which 8 bits are the lower byte.
            let words = transparency?.get(..2 * channels)?;
            let skip = if depth == 16 { 1 } else { 2 };
            let key = words.iter().skip(skip - 1).step_by(skip).copied().collect();
            Some(Self::Key { key, channels })
        };
        Some(match (head.kind, depth) {
            (0, 1..8) => {
                let transparent = match transparency {
                    Some(level) => Some(*level.get(1)?),
                    None => None,
                };
                let most = u8::MAX >> (8 - depth);
                let level = |sample: u8| {
                    let level = sample.min(most) * (255 / most);
                    let alpha = if Some(sample) == transparent { 0 } else { 255 };
                    [level, alpha, 0, 0]
                };
                let channels = 1 + usize::from(transparency.is_some());
                Self::look_up(bits, channels, level)
            }
            (0, _) if transparency.is_some() => key(1)?,
            (2, _) if transparency.is_some() => key(3)?,
            (3, _) => {
                let (colours, []) = head.palette.as_deref()?.as_chunks::<3>() else {
                    return None;
                };
                // More of them than colours are as good as none, as other decoders have it.
                let alphas = transparency.filter(|alphas| alphas.len() <= colours.len());
                let colour = |sample: u8| {
                    let index = usize::from(sample);
                    let [r, g, b] = colours.get(index).copied().unwrap_or_default();
                    let alpha = alphas.and_then(|alphas| alphas.get(index));
                    [r, g, b, alpha.copied().unwrap_or(255)]
                };
                let channels = 3 + usize::from(transparency.is_some());
                Self::look_up(bits, channels, colour)
            }
            (_, 16) => Self::Round,
            _ => Self::None,
        })
    }

    fn look_up(bits: usize, channels: usize, entry: impl Fn(u8) -> [u8; 4]) -> Self {
        let mut table = Box::new([[0; 4]; 256]);
        for (sample, out) in (0..=255).zip(table.iter_mut()) {
            *out = entry(sample);
        }
        Self::LookUp {
            bits,
            channels,
            table,
        }
    }

    /// Channels of a pixel that was stored with `stored` samples.
    pub(super) fn channels(&self, stored: usize) -> usize {
        match self {
            Self::None | Self::Round => stored,
            Self::LookUp { channels, .. } => *channels,
            Self::Key { channels, .. } => channels + 1,
        }
    }

    /// Makes as many pixels as `out` has room for.
    pub(super) fn run(&self, row: &[u8], out: &mut [u8]) {
        match self {
            Self::None => out.copy_from_slice(row),
            Self::Round => {
                for (out, pair) in out.iter_mut().zip(row.as_chunks().0) {
                    *out = round(*pair);
                }
            }
            Self::LookUp {
                bits,
                channels,
                table,
            } => match channels {
                1 => look_up::<1>(row, *bits, table, out),
                2 => look_up::<2>(row, *bits, table, out),
                3 => look_up::<3>(row, *bits, table, out),
                _ => look_up::<4>(row, *bits, table, out),
            },
            Self::Key { key, channels } => {
                let pixels = row.chunks_exact(key.len());
                for (out, pixel) in out.chunks_exact_mut(channels + 1).zip(pixels) {
                    let (colour, alpha) = out.split_at_mut(*channels);
                    if key.len() == *channels {
                        colour.copy_from_slice(pixel);
                    } else {
                        for (out, pair) in colour.iter_mut().zip(pixel.as_chunks().0) {
                            *out = round(*pair);
                        }
                    }
                    alpha[0] = if pixel == key { 0 } else { 255 };
                }
            }
        }
    }
}

/// Looks up samples, of which the first is in a byte's highest bits.
fn look_up<const C: usize>(row: &[u8], bits: usize, table: &[[u8; 4]; 256], out: &mut [u8]) {
    let (out, _) = out.as_chunks_mut::<C>();
    let put = |out: &mut [u8; C], sample: u8| {
        out.copy_from_slice(&table[usize::from(sample)][..C]);
    };
    if bits == 8 {
        for (out, &sample) in out.iter_mut().zip(row) {
            put(out, sample);
        }
        return;
    }
    for (out, &byte) in out.chunks_mut(8 / bits).zip(row) {
        let mut byte = byte;
        for out in out {
            put(out, byte >> (8 - bits));
            byte <<= bits;
        }
    }
}

/// Rounds a 16-bit sample to the nearest 8-bit one: 65535 is 255.
fn round(sample: [u8; 2]) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "65535 * 255 / 65535 is at most 255"
    )]
    let byte = ((u32::from(u16::from_be_bytes(sample)) * 255 + 32_767) / 65_535) as u8;
    byte
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_bits_round_to_the_nearest_byte() {
        for (sample, byte) in [(0u16, 0), (128, 0), (129, 1), (257, 1), (65_535, 255)] {
            assert_eq!(round(sample.to_be_bytes()), byte, "{sample}");
        }
    }
}
